"""Logging in, keeping a login, and one running bot an account."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from adapters.matrix.client import Homeserver
from adapters.matrix.errors import AlreadyRunning, expect
from adapters.matrix.lease import MARK, Lease
from adapters.matrix.login import check, login, versions
from adapters.matrix.platform import MatrixPlatform
from adapters.matrix.settings import Credentials, MatrixSettings
from bot.conversation.model import (
    AccountLost,
    Batch,
    NotPermitted,
    PlatformError,
    PlatformUnavailable,
)
from tests.contracts.matrix import settings
from tests.support.faulty import FaultyProxy, answering
from tests.support.synapse import Account, NewAccount, Synapse


@dataclass
class SetClock:
    """A clock that is set by hand."""

    moment: datetime

    def now(self) -> datetime:
        return self.moment


@pytest_asyncio.fixture
async def account(new_account: NewAccount) -> Account:
    return await new_account("bot")


@pytest_asyncio.fixture
async def server(synapse: Synapse, account: Account) -> AsyncIterator[Homeserver]:
    known = settings(synapse.base_url, account).credentials
    async with Homeserver(known) as homeserver:
        yield homeserver


@asynccontextmanager
async def listening(wanted: MatrixSettings) -> AsyncIterator[None]:
    """Run a bot that has taken its account and hears something; end it afterwards."""
    heard = asyncio.Event()

    async def take(_: Batch) -> None:
        heard.set()

    async with MatrixPlatform(wanted) as bot, asyncio.TaskGroup() as group:
        ear = group.create_task(bot.listen(take, since=None))
        await heard.wait()
        yield
        ear.cancel()


# --- logging in ------------------------------------------------------------------------------


async def test_a_login_is_a_device_that_works(synapse: Synapse, account: Account) -> None:
    made = await login(synapse.base_url, account.user_id, account.password, "Circlekeeper")
    assert made.user_id == account.user_id
    assert made.device_id not in ("", account.device_id)
    assert await check(synapse.base_url, made.access_token, made.device_id) == made
    assert made.access_token not in repr(made)


async def test_a_localpart_is_enough_to_log_in(synapse: Synapse, account: Account) -> None:
    name = account.user_id[1:].partition(":")[0]
    made = await login(synapse.base_url + "/", name, account.password, "Circlekeeper")
    assert made.user_id == account.user_id


async def test_a_wrong_password_is_told(synapse: Synapse, account: Account) -> None:
    with pytest.raises(NotPermitted, match="does not accept this password for @bot-"):
        await login(synapse.base_url, account.user_id, "wrong", "Circlekeeper")


async def test_a_token_tells_its_device(synapse: Synapse, account: Account) -> None:
    found = await check(synapse.base_url, account.access_token)
    assert (found.user_id, found.device_id) == (account.user_id, account.device_id)


async def test_a_token_of_another_device_is_told(synapse: Synapse, account: Account) -> None:
    with pytest.raises(PlatformError, match="belongs to the device"):
        await check(synapse.base_url, account.access_token, "ANOTHER")


async def test_a_token_that_does_not_work_is_told(synapse: Synapse) -> None:
    with pytest.raises(AccountLost, match="no longer accepts"):
        await check(synapse.base_url, "syt_nonsense")


async def test_a_homeserver_without_passwords_is_told(synapse: Synapse) -> None:
    async with FaultyProxy(synapse.base_url) as proxy:
        flows = {"flows": [{"type": "m.login.sso"}]}
        proxy.before(matching="login", do=answering(200, flows), times=None)
        with pytest.raises(PlatformError, match="takes no passwords"):
            await login(proxy.url, "ana", "secret", "Circlekeeper")
        assert proxy.counts["login"] == 1


async def test_what_is_no_homeserver_is_told(synapse: Synapse) -> None:
    nowhere = {"errcode": "M_UNRECOGNIZED", "error": "?"}
    async with FaultyProxy(synapse.base_url) as proxy:
        proxy.before(matching="*", do=answering(404, nowhere), times=None)
        for asking in (login(proxy.url, "ana", "secret", "x"), versions(proxy.url)):
            with pytest.raises(PlatformError, match="no Matrix homeserver at"):
                await asking


async def test_nobody_at_home_is_told() -> None:
    with pytest.raises(PlatformUnavailable, match="does not answer"):
        await versions("http://127.0.0.1:9")


async def test_the_homeservers_versions_are_told(synapse: Synapse) -> None:
    assert "v1.11" in await versions(synapse.base_url)


# --- refusals --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, {"errcode": "M_UNKNOWN_TOKEN", "soft_logout": True}, AccountLost),
        (403, {"errcode": "M_USER_DEACTIVATED"}, AccountLost),
        (403, {"errcode": "M_FORBIDDEN"}, NotPermitted),
        (403, {}, NotPermitted),
        (404, {"errcode": "M_NOT_FOUND"}, PlatformError),
        (413, {"errcode": "M_TOO_LARGE"}, PlatformError),
        (429, {"errcode": "M_LIMIT_EXCEEDED"}, PlatformUnavailable),
        (500, {"errcode": "M_UNKNOWN"}, PlatformUnavailable),
        (502, None, PlatformUnavailable),
        (200, None, PlatformUnavailable),
        (403, None, PlatformUnavailable),
    ],
)
def test_what_a_refusal_means(
    status: int, body: dict[str, object] | None, error: type[Exception]
) -> None:
    with pytest.raises(error) as refused:
        expect(status, body)
    assert isinstance(refused.value, PlatformUnavailable) == (error is PlatformUnavailable)


@pytest.mark.parametrize(
    ("body", "header", "seconds"),
    [
        ({"retry_after_ms": 2500}, "", 2.5),
        ({"retry_after_ms": 2500}, "9", 2.5),
        ({}, "9", 9),
        ({"retry_after_ms": "soon"}, "Fri, 31 Dec", None),
        (None, "", None),
    ],
)
def test_how_long_to_wait(
    body: dict[str, object] | None, header: str, seconds: float | None
) -> None:
    with pytest.raises(PlatformUnavailable) as refused:
        expect(429, body, header)
    asked = refused.value.retry_after
    assert (asked and asked.total_seconds()) == seconds


# --- the lease -------------------------------------------------------------------------------


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 11, 20, tzinfo=UTC))


async def test_another_bot_on_the_account_is_refused(server: Homeserver, clock: SetClock) -> None:
    await Lease(server, clock).take("one")
    with pytest.raises(AlreadyRunning, match="Another bot uses the account @bot-"):
        await Lease(server, clock).take("two")


async def test_the_same_bot_is_not_refused(server: Homeserver, clock: SetClock) -> None:
    await Lease(server, clock).take("one")
    await Lease(server, clock).take("one")


async def test_a_bot_that_died_makes_way_after_a_while(server: Homeserver, clock: SetClock) -> None:
    await Lease(server, clock).take("one")
    clock.moment += timedelta(seconds=89)
    with pytest.raises(AlreadyRunning):
        await Lease(server, clock).take("two")
    clock.moment += timedelta(seconds=1)
    await Lease(server, clock).take("two")


async def test_a_bot_that_ends_gives_the_account_back(
    synapse: Synapse, account: Account, server: Homeserver
) -> None:
    async with listening(settings(synapse.base_url, account, instance="one")):
        assert (await server.get("user", server.me, "account_data", MARK))["instance"] == "one"
    async with listening(settings(synapse.base_url, account, instance="two")):
        assert (await server.get("user", server.me, "account_data", MARK))["instance"] == "two"


async def test_a_bot_gives_back_only_its_own(server: Homeserver, clock: SetClock) -> None:
    first, second = Lease(server, clock), Lease(server, clock)
    await first.take("one")
    clock.moment += timedelta(minutes=5)
    await second.take("two")
    await first.give_back()
    with pytest.raises(AlreadyRunning):
        await Lease(server, clock).take("one")


async def test_listening_takes_the_account_first(synapse: Synapse, account: Account) -> None:
    async def nothing(_: Batch) -> None:
        """Take a batch."""

    async with (
        listening(settings(synapse.base_url, account, instance="one")),
        MatrixPlatform(settings(synapse.base_url, account, instance="two")) as two,
    ):
        with pytest.raises(AlreadyRunning):
            await two.listen(nothing, since=None)


async def test_ending_while_the_homeserver_is_away_is_no_error(
    synapse: Synapse, account: Account
) -> None:
    async with AsyncExitStack() as bot, FaultyProxy(synapse.base_url) as proxy:
        await bot.enter_async_context(listening(settings(proxy.url, account, instance="one")))


def test_credentials_do_not_show_their_token() -> None:
    assert "secret" not in repr(Credentials("https://x", "@a:x", "D", "secret"))


def test_importing_the_adapter_imports_no_library_of_the_platform() -> None:
    words = (
        "import sys, adapters.matrix.platform, adapters.matrix.login;"
        "print(sorted({'nio', 'aiohttp'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", words], capture_output=True, check=False)  # noqa: S603 - our words
    assert found.stdout == b"[]\n"
