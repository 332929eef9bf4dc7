"""Whatever goes wrong over a day, every room is heard whole, once and in its order."""

import asyncio
import random

import pytest

from bot.conversation.model import Event, Kind
from tests.adapters.discord.listener import Account
from tests.support.discord.model import Channel
from tests.support.discord.server import StandIn

STARTS, TURNS = 5, 6


@pytest.mark.parametrize("seed", range(6))
async def test_a_restless_day_loses_doubles_and_reorders_nothing(
    discord: StandIn, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - no secret
    guilds = [discord.world.guild(f"Guild {number}") for number in range(3)]
    discord.gateway.shards = 1 + seed % 2
    anna = discord.human("Anna", *guilds)
    places = [discord.world.text(guild, "general") for guild in guilds]
    account, heard, number = Account(discord), list[Event](), 0
    async with account.ears() as ears:
        for room in list(places):
            root = await anna.say(room, "root")
            places.append(await anna.open_thread(root, "Aside"))
        places.append(anna.dm())
        await anna.say(anna.dm(), "hello")
        await ears.hear_text("hello")
    token, heard = ears.token, heard + ears.events
    for _ in range(STARTS):
        async with account.ears(token, failing=dice.randrange(2)) as ears:
            for _ in range(TURNS):
                for _ in range(dice.randrange(5)):
                    number += 1
                    await anna.say(dice.choice(places), f"{number}")
                await _trouble(discord, dice.randrange(9))
                await asyncio.sleep(0.03 * dice.randrange(6))
            if dice.random() < 0.5:  # else it ends in the midst of it
                await anna.say(places[0], f"last {number}")
                await ears.hear_text(f"last {number}")
        token, heard = ears.token, heard + ears.events
        await anna.say(dice.choice(places), f"away {number}")
    async with account.ears(token) as ears:
        for room in guilds_rooms(places):
            await anna.say(room, f"end of {room.id}")
            await ears.hear_text(f"end of {room.id}")
    heard += ears.events
    for place in places:
        written = [each.content for each in anna.read(place) if each.author is anna.user]
        assert told(heard, place) == written, f"seed {seed}, {place.name}"


def guilds_rooms(places: list[Channel]) -> list[Channel]:
    """Return the channels among places."""
    return [place for place in places if place.guild and not place.is_thread]


def told(heard: list[Event], place: Channel) -> list[str]:
    """Return what was heard from one place."""
    room = place.parent or place
    thread = str(place.id) if place.is_thread else None
    where = f"{room.guild_id or '@me'}-{room.id}"
    messages = [each for each in heard if each.kind is Kind.MESSAGE]
    return [each.text for each in messages if (each.room, each.thread) == (where, thread)]


async def _trouble(discord: StandIn, which: int) -> None:
    """Let one thing go wrong, or nothing; what needs a line happens only where there is one."""
    line, faults = discord.gateway, discord.faults
    if which == 0 and line.sockets:
        await line.drop()
    elif which == 1 and line.sockets:
        await line.ask_to_reconnect()
    elif which == 2 and line.sockets:
        await line.invalidate(resumable=False)
    elif which == 3:
        faults.double("MESSAGE_CREATE", 2)
    elif which == 4:
        faults.malform("MESSAGE_CREATE")
    elif which == 5:
        faults.answer(503, "GET /channels/")
    elif which == 6:
        faults.answer(503, "GET /users/@me")
