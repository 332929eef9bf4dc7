"""The bot on Discord is killed at every step, and Discord fails and goes away: nothing is lost."""

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.support.bot_process import Accounts, BotProcess
from tests.support.discord.model import Message
from tests.support.discord.server import StandIn
from tests.support.driven_bot import STEPS
from tests.support.faulty import Rates
from tests.support.guild_crowd import GuildCrowd, Resident
from tests.support.life import moment
from tests.support.nursery import Nursery

SEED = 20250303
INVALID_AT_MOST = 100
"""Requests that Discord refuses, in one of these tests; it bans who has 10,000 in ten minutes."""


@pytest.fixture(scope="module")
def nursery() -> "AsyncIterator[Nursery]":
    """Give bots that are born grown up."""
    with Nursery() as made:
        yield made


@pytest_asyncio.fixture
async def crowd(discord: StandIn, nursery: Nursery, tmp_path: Path) -> AsyncIterator[GuildCrowd]:
    """Give three people in an open circle on Discord, and their bot, all well."""
    async with AsyncExitStack() as stack:
        accounts = Accounts.on_discord(discord, reads=True)
        bot = BotProcess(tmp_path, accounts, moment("2025-02-20 10:00"), nursery=nursery)
        people = [Resident(discord, discord.human(n), bot) for n in ("Fay", "Ana", "Ben")]
        bot.organisers = (people[0].user_id,)
        made = GuildCrowd(bot, people, random.Random(SEED), standin=discord)  # type: ignore[arg-type]  # noqa: S311 - repeatable; residents have the hands of people
        await stack.enter_async_context(bot)
        await made.open_circle()
        await made.guild_life.until("2025-02-25 12:00")
        yield made


async def whole(crowd: GuildCrowd) -> None:
    """Start the bot, let it come to rest, and assert that everything is there, once."""
    crowd.standin.faults.behave()
    if not crowd.bot.running:
        await crowd.bot.start()
    await crowd.settled()
    crowd.bot.clock.advance(minutes=10)
    await crowd.settled()
    audit = await crowd.audit()
    assert audit.faults == [], f"seed {SEED}"
    assert audit.prompts > 0
    assert audit.answers > 0
    assert crowd.bot.mishaps() == []
    assert crowd.standin.invalid < INVALID_AT_MOST


async def noise_until_it_dies(crowd: GuildCrowd) -> None:
    """Let time and people go on until the bot is dead, and a little longer."""
    for _ in range(200):
        crowd.forward()
        await crowd.act()
        if not crowd.bot.running:
            break
        await asyncio.sleep(0.1)
    await crowd.bot.dies()
    await crowd.act(2)


async def test_a_kill_at_each_step_loses_and_doubles_nothing(crowd: GuildCrowd) -> None:
    before = crowd.bot.kills
    for nth, step in enumerate(STEPS):
        await crowd.bot.stop()
        await crowd.bot.start(dies_at=step, nth=1 + nth % 2, wait=False)
        await crowd.make()
        await noise_until_it_dies(crowd)
    assert crowd.bot.kills - before == len(STEPS)
    await whole(crowd)


@pytest.mark.parametrize(
    "asked", [r"POST /channels/\d+/messages", r"POST /interactions/", r"PATCH /webhooks/"]
)
async def test_a_kill_around_each_request_loses_and_doubles_nothing(
    crowd: GuildCrowd, asked: str
) -> None:
    async def die() -> None:
        if crowd.bot.process is not None and crowd.bot.process.poll() is None:
            crowd.bot.process.kill()

    for after in (False, True):
        await crowd.bot.stop()
        await crowd.guild_life.restart()
        crowd.standin.faults.around(asked, die, after=after)
        for _ in range(100):
            crowd.forward()
            await crowd.slash()
            await crowd.act()
            if not crowd.bot.running:
                break
            await asyncio.sleep(0.05)
        assert await crowd.bot.ended() == -signal.SIGKILL
    await whole(crowd)


async def test_random_kills_and_a_failing_discord_lose_and_double_nothing(
    crowd: GuildCrowd,
) -> None:
    crowd.standin.faults.rates = Rates(too_many=0.05, bad_gateway=0.04, lost=0.06)
    for _ in range(12):
        crowd.forward()
        await crowd.act(2)
        await asyncio.sleep(crowd.chance.uniform(0, 1.5))
        await crowd.bot.kill()
        await crowd.act(2)
        await crowd.bot.start(wait=False)
    assert crowd.standin.faults.counted["lost"] > 0
    await whole(crowd)


async def test_a_discord_that_goes_away_and_comes_back_costs_nothing(crowd: GuildCrowd) -> None:
    await crowd.act(3)
    await crowd.standin.stop()
    crowd.forward()
    await asyncio.sleep(1)
    await crowd.standin.start()
    await crowd.act(3)
    await whole(crowd)


async def test_a_long_absence_is_filled_from_the_channels_and_threads(crowd: GuildCrowd) -> None:
    before = len(crowd.ledger.said)
    await crowd.bot.kill()
    for _ in range(120):
        await crowd.talk()
        await crowd.answer()
    assert len(crowd.ledger.said) == before + 240
    await whole(crowd)


class Forgetful(dict[tuple[int, int, str], tuple[Message, datetime]]):
    """A memory of nonces that keeps none."""

    def __setitem__(self, key: tuple[int, int, str], value: tuple[Message, datetime]) -> None:
        """Forget it at once."""


async def test_the_audit_sees_a_post_that_discord_doubles(crowd: GuildCrowd) -> None:
    """A Discord that forgets nonces at once breaks what it promises: that one we cannot mend."""
    crowd.standin.world.nonces = Forgetful()
    crowd.standin.faults.lose(r"POST /channels/\d+/messages$")
    crowd.forward()
    clock = crowd.bot.clock
    for _ in range(2):  # within the time in which the bot trusts the nonce alone
        clock.set(clock.now() + timedelta(seconds=30), pace=1)
        await crowd.settled()
    audit = await crowd.audit()
    assert audit.doubled
    assert audit.lost == audit.out_of_order == []
