"""What ends a client or keeps it from connecting is waited out, in plain words."""

import asyncio
import socket
from contextlib import suppress
from datetime import timedelta
from typing import Any

import aiohttp
import discord as library
import pytest
import structlog
from aiohttp.abc import AbstractResolver, ResolveResult

from adapters.discord.client import CircleClient
from adapters.discord.supervising import trouble_of
from adapters.discord.waiting import Pauses, asked_for, passes
from bot.conversation.model import AccountLost, Batch
from tests.adapters.discord.listener import Account, actions, said
from tests.support.discord.humans import Human
from tests.support.discord.model import Channel
from tests.support.discord.server import StandIn

SOON = timedelta(milliseconds=400)


def scene(discord: StandIn) -> tuple[Channel, Human]:
    guild = discord.world.guild("North")
    return discord.world.text(guild, "general"), discord.human("Anna", guild)


async def forget(_: Batch) -> None:
    """Take a batch and keep nothing."""


async def hears_again(account: Account, room: Channel, anna: Human) -> list[Any]:
    """Let the bot start, and return what it logged until it heard something."""
    with structlog.testing.capture_logs() as lines:
        async with account.ears() as ears:
            await anna.say(room, "Hello")
            await ears.hear_text("Hello")
            assert said(ears) == ["Hello"]
    return lines


@pytest.mark.parametrize("how", ["refused", "503", "mute"])
async def test_a_first_connection_that_fails_is_made_again(discord: StandIn, how: str) -> None:
    room, anna = scene(discord)
    if how == "refused":
        discord.faults.refuse_connections()
    elif how == "503":
        discord.faults.refuse_handshakes(503)
    else:
        discord.faults.mute_connections = 1
    lines = await hears_again(Account(discord, first_line=SOON), room, anna)
    assert actions(lines)[0] == "not_connected"
    assert discord.gateway.identified == 1


async def test_a_login_that_fails_is_tried_again(discord: StandIn) -> None:
    room, anna = scene(discord)
    fault = discord.faults.answer(503, "GET /users/@me", times=2)
    lines = await hears_again(Account(discord), room, anna)
    assert (fault.met, actions(lines)[:2]) == (2, ["discord_away"] * 2)
    assert lines[0]["says"] == "Discord does not answer or is down; I try again."


async def test_a_name_that_is_not_found_is_looked_up_again(discord: StandIn) -> None:
    room, anna = scene(discord)

    class NoNames(AbstractResolver):
        async def resolve(
            self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
        ) -> list[ResolveResult]:
            del host, port, family
            raise OSError("Temporary failure in name resolution")

        async def close(self) -> None:
            """Nothing is open."""

    class Offline(Account):
        def make(self) -> CircleClient:
            made = super().make()
            if len(self.clients) == 1:
                made.http.connector = aiohttp.TCPConnector(resolver=NoNames())
            return made

    lines = await hears_again(Offline(discord), room, anna)
    assert actions(lines)[0] == "discord_away"


async def test_a_malformed_event_costs_a_client_and_no_words(discord: StandIn) -> None:
    room, anna = scene(discord)
    account = Account(discord)
    with structlog.testing.capture_logs() as lines:
        async with account.ears() as ears:
            await anna.say(room, "One")
            discord.faults.malform("MESSAGE_CREATE")
            await anna.say(room, "Two")
            await anna.say(room, "Three")
            await ears.hear_text("Three")
            await anna.say(room, "Four")
            await ears.hear_text("Four")
    assert said(ears) == ["One", "Two", "Three", "Four"]
    assert (len(account.clients), "client_broken" in actions(lines)) == (2, True)


@pytest.mark.parametrize("code", [1000, 1001, 1012, *range(4000, 4004), 4005, 4007, 4008, 4009])
async def test_close_codes_that_pass_are_connected_over(discord: StandIn, code: int) -> None:
    room, anna = scene(discord)
    account = Account(discord)
    async with account.ears() as ears:
        await anna.say(room, "One")
        await ears.hear_text("One")
        await discord.gateway.close(code)
        await anna.say(room, "Two")
        await ears.hear_text("Two")
    assert (said(ears), len(account.clients)) == (["One", "Two"], 1)


@pytest.mark.parametrize("code", [4010, 4011])
async def test_shards_that_no_longer_fit_are_counted_anew(discord: StandIn, code: int) -> None:
    room, anna = scene(discord)
    account = Account(discord)
    with structlog.testing.capture_logs() as lines:
        async with account.ears() as ears:
            await anna.say(room, "One")
            await ears.hear_text("One")
            discord.gateway.shards = 2
            await discord.gateway.close(code)
            await anna.say(room, "Two")
            await ears.hear_text("Two")
    assert (said(ears), len(account.clients)) == (["One", "Two"], 2)
    assert "shards_refused" in actions(lines)
    assert {each.shard for each in discord.gateway.sessions.values()} <= {(0, 2), (1, 2), (0, 1)}


async def test_a_connection_that_discord_py_forgets_is_made_anew(discord: StandIn) -> None:
    """It forgets one only now and then, as two of them begin: so it is tried until it does."""
    room, anna = scene(discord)
    discord.gateway.shards = 2
    account = Account(discord, guild_ready_timeout=1.5)
    async with account.ears() as ears:
        await anna.say(room, "0")
        await ears.hear_text("0")
    forgotten, token = 0, ears.token
    for number in map(str, range(1, 9)):
        with structlog.testing.capture_logs() as lines:
            async with account.ears(token) as again:
                await discord.world.until(lambda: _stand(discord, 2), 20, "two connections")
                await asyncio.sleep(0.05)
                await discord.gateway.invalidate(resumable=False)
                await anna.say(room, number)
                await again.hear_text(number)
        token = again.token
        assert said(again) == [number]
        forgotten = actions(lines).count("not_connected")
        if forgotten:
            break
    assert forgotten == 1


def _stand(discord: StandIn, count: int) -> bool | None:
    return (
        sum(each.socket is not None for each in discord.gateway.sessions.values()) == count or None
    )


@pytest.mark.parametrize("code", [4012, 4013])
async def test_a_version_that_discord_knows_no_more_ends_the_bot(
    discord: StandIn, code: int
) -> None:
    scene(discord)
    ended = await _ended(discord, Account(discord), lambda: discord.gateway.close(code))
    assert "Update Circlekeeper" in ended


async def test_a_token_that_is_not_taken_ends_the_bot(discord: StandIn) -> None:
    scene(discord)
    with pytest.raises(AccountLost, match="Reset Token"):
        await Account(discord, token="another").listen(forget, since=None)


async def test_a_token_that_was_taken_back_ends_the_bot(discord: StandIn) -> None:
    scene(discord)

    async def take_back() -> None:
        discord.world.application.token = "another"
        await discord.gateway.drop()

    assert "Reset Token" in await _ended(discord, Account(discord), take_back)


async def test_intents_that_are_switched_off_end_the_bot_with_the_switch(discord: StandIn) -> None:
    discord.world.application.intents = 0
    with pytest.raises(AccountLost) as ended:
        await Account(discord).listen(forget, since=None)
    assert "Message Content Intent" in str(ended.value)
    assert "read_rooms = false" in str(ended.value)
    _, anna = scene(discord)
    assert await hears_again(Account(discord, reads=False), anna.dm(), anna)


async def _ended(discord: StandIn, account: Account, fault: Any) -> str:  # noqa: ANN401
    """Return the words with which a bot ends that was connected."""
    listening = asyncio.ensure_future(account.listen(forget, since=None))
    await discord.world.until(lambda: discord.gateway.connected or None, 5, "the connection")
    await fault()
    with pytest.raises(AccountLost) as ended:
        await asyncio.wait_for(listening, 5)
    return str(ended.value)


async def test_the_last_sessions_of_a_day_are_not_used_up(discord: StandIn) -> None:
    room, anna = scene(discord)
    discord.gateway.sessions_left, discord.gateway.sessions_reset_seconds = 2, 0.4
    with structlog.testing.capture_logs() as lines, suppress(TimeoutError):
        async with asyncio.timeout(1):
            await Account(discord).listen(forget, since=None)
    assert (discord.gateway.identified, set(actions(lines))) == (0, {"sessions_spent"})
    assert 2 <= len(lines) <= 3
    discord.gateway.sessions_left = 1000
    await hears_again(Account(discord), room, anna)


async def test_a_ban_for_too_many_requests_is_not_made_longer(discord: StandIn) -> None:
    room, anna = scene(discord)
    fault = discord.faults.too_many(0.05, "GET /users/@me", via=False, times=2)
    lines = await hears_again(Account(discord), room, anna)
    assert (fault.met, actions(lines)[:2]) == (2, ["told_to_wait"] * 2)
    patient = Account(discord, longest_pause=timedelta(minutes=5))
    fault = discord.faults.too_many(0.05, "GET /users/@me", via=False, times=100)
    with suppress(TimeoutError):
        async with asyncio.timeout(1):
            await patient.listen(forget, since=None)
    assert fault.met == 1


def test_pauses_grow_up_to_the_longest_and_are_long_where_discord_refuses() -> None:
    pauses = Pauses(timedelta(minutes=2))
    assert [pauses.next() for _ in range(9)] == [1, 2, 4, 8, 16, 32, 64, 120, 120]
    pauses.begin_anew()
    assert [pauses.next(least=30) for _ in range(4)] == [30, 60, 120, 120]
    assert pauses.next(500) == 500


def test_what_passes_is_waited_for_and_what_does_not_is_not() -> None:
    slow = library.RateLimited(45.0)
    assert (passes(slow), asked_for(slow), passes(ValueError())) == (True, 45.0, False)
    told = {each: trouble_of(each) for each in (slow, TimeoutError(), KeyError("id"))}
    assert [each.action for each in told.values()] == [
        "told_to_wait",
        "discord_away",
        "client_broken",
    ]
    assert (told[slow].asked, told[slow].least) == (45.0, 30.0)


async def test_an_outage_of_everything_is_waited_out(discord: StandIn) -> None:
    room, anna = scene(discord)
    account = Account(discord)
    with structlog.testing.capture_logs() as lines:
        async with account.ears() as ears:
            await anna.say(room, "One")
            await ears.hear_text("One")
            await discord.stop()
            await anna.say(room, "Two")
            await asyncio.sleep(1.5)
            await discord.start()
            await ears.hear_text("Two")
    assert said(ears) == ["One", "Two"]
    assert {"line_broken", "discord_away"} <= set(actions(lines))


async def test_a_line_that_says_nothing_more_is_left(discord: StandIn) -> None:
    room, anna = scene(discord)
    discord.gateway.heartbeat_seconds = 0.1
    account = Account(discord, heartbeat_timeout=0.5)
    async with account.ears() as ears:
        await anna.say(room, "One")
        await ears.hear_text("One")
        discord.faults.deaf = True
        await discord.world.until(lambda: discord.gateway.resumed or None, 5, "a new line")
        discord.faults.deaf = False
        await anna.say(room, "Two")
        await ears.hear_text("Two")
    assert said(ears) == ["One", "Two"]


@pytest.mark.parametrize("moment", [0.0, 0.02, 0.05, 0.1, 0.3])
async def test_it_can_be_stopped_at_any_moment(discord: StandIn, moment: float) -> None:
    scene(discord)
    account = Account(discord)
    with suppress(TimeoutError):
        async with asyncio.timeout(moment):
            await account.listen(forget, since=None)
    assert all(client.is_closed() for client in account.clients)
    assert not [task for task in asyncio.all_tasks() if "discord" in task.get_name()]
