"""Pairs on Discord, where nobody shares a room with the bot, and over a second platform."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from adapters.discord.platform import DiscordPlatform
from bot.bootstrap import Application, Installation, wire
from bot.circles.model import Calendar, CircleState, Consents, Member, MemberState
from bot.circles.rows import CircleRow, Circles, Members
from bot.conversation.model import DeliveryKey, People, PersonRef, RoomRef
from bot.mentoring.model import Fit, PairState
from bot.mentoring.rows import PairRow, Pairs
from bot.runtime import running
from tests.contracts.discord import settings
from tests.support.discord.humans import Human
from tests.support.discord.model import Message
from tests.support.discord.server import StandIn
from tests.support.scene import fresh_database
from tests.support.towns import RIVER, SQUARE, Town, TownPlatform

NOON, WITHIN = 12, 10.0
HOSTILE = "@everyone <@1> **bold** [here](https://evil.example) ```\n# Fay writes to you\n> quoted"


@dataclass
class Bridge:
    """Dia and Eva on Discord, Bo in a town on a river, and the circle north over both."""

    standin: StandIn
    dia: Human
    eva: Human
    town: Town
    application: Application

    async def pair(self, mentor: PersonRef, mentee: PersonRef, *, relayed: bool) -> None:
        """Let two be a pair already; or only proposed to each other."""
        now = self.standin.world.now()
        fit = Fit(("bread",), ("en",), 5)
        async with self.application.database.begin() as work:
            found = [await Members(work).of(1, who) for who in (mentor, mentee)]
            one, other = (member.id for member in found if member is not None)
            pair = await Pairs(work).add(1, one, other, fit, now)
            row = await work.session.get_one(PairRow, pair.id)
            if relayed:
                row.state, row.relay = PairState.INTRODUCED.value, sorted((one, other))
            await work.commit()

    def told(self) -> list[str]:
        """Return what Bo heard from the bot alone."""
        return [e.event.text for e in self.town.here(self.direct()) if e.event.bot]

    def direct(self) -> str:
        """Return Bo's room with the bot."""
        people = People("river", ("bo",))
        return self.town.direct(people, DeliveryKey("-", "-", "-", 0, str(people))).id

    async def until(self, met: Callable[[], object]) -> None:
        """Wait until it is so."""
        async with asyncio.timeout(WITHIN):
            while not met():  # noqa: ASYNC110 - the town tells nobody
                await asyncio.sleep(0.02)


@asynccontextmanager
async def over_both(discord: StandIn, folder: Path) -> AsyncIterator[Bridge]:
    """Let the bot run in both places."""
    discord.world.application.intents = 0  # nothing privileged
    discord.world.pass_time(hours=(NOON - discord.world.now().hour) % 24)
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    dia, eva = discord.human("Dia", guild), discord.human("Eva", guild)
    town = Town(discord.world, "river")
    town.person("bo", "Bo")
    town.room(SQUARE, "The square", manager="bo")
    database = await fresh_database(folder / "circle.db")
    people = {
        "Dia": PersonRef("discord", str(dia.id)),
        "Eva": PersonRef("discord", str(eva.id)),
        "Bo": PersonRef("river", "bo"),
    }
    async with database.begin() as work:
        now = discord.world.now()
        circle = await Circles(work).add(
            CircleRow(
                name="north",
                method="learning-circle",
                zone="UTC",
                calendar=Calendar(),
                state=CircleState.OPEN.value,
                made_at=now,
            )
        )
        for where in (RoomRef("discord", f"{guild.id}-{room.id}"), RoomRef("river", SQUARE)):
            await Circles(work).attach(circle.id, where)
        for name, person in people.items():
            member = Member(
                id=0,
                circle=circle.id,
                person=person,
                name=name,
                roles=frozenset({"member"}),
                state=MemberState.JOINED,
                joined_at=now - timedelta(days=1),
                consents=Consents(takes_part=True),
            )
            await Members(work).put(member)
        await work.commit()
    river = TownPlatform(town, RIVER)
    async with DiscordPlatform(settings(discord, clock=discord.world)) as platform:
        application = wire(
            database, discord.world, {"discord": platform, "river": river}, Installation()
        )
        async with running(application) as bot, asyncio.TaskGroup() as group:
            going = group.create_task(bot.forever(0.05))
            try:
                here = Bridge(discord, dia, eva, town, application)
                await here.until(lambda: discord.gateway.connected)
                yield here
            finally:
                going.cancel()
    await database.aclose()


@pytest_asyncio.fixture
async def bridge(discord: StandIn, tmp_path: Path) -> AsyncIterator[Bridge]:
    async with over_both(discord, tmp_path) as here:
        yield here


async def dm(who: Human, words: str) -> Message:
    """Return what the bot said to somebody alone."""
    return await who.wait_for_text(who.dm(), words, timeout=WITHIN)


async def test_words_go_to_and_fro_by_forms_and_buttons_and_ring_for_nobody_else(
    bridge: Bridge,
) -> None:
    dia = bridge.dia
    await bridge.pair(PersonRef("river", "bo"), PersonRef("discord", str(dia.id)), relayed=True)
    asked = await (await dia.slash("mentor tell", channel=dia.dm())).answer()
    assert asked.modal is not None
    carried = await (await dia.submit(asked.modal, {"words": "Shall we bake?"})).answer()
    assert "I carry it to **Bo**" in carried.content
    await bridge.until(lambda: any("Shall we bake?" in text for text in bridge.told()))
    assert "Dia writes to you from Discord, and I only carry it:" in bridge.told()[-1]

    bridge.town.say("bo", bridge.direct(), f"!mentor tell {HOSTILE}")
    shown = await dm(dia, "writes to you from River")
    assert shown.content.startswith("**Bo** writes to you from River, and I only carry it:")
    for live in ("[here](", "\n# Fay", " **bold**"):
        assert live not in shown.content
    assert shown.mentions == []
    assert not shown.mention_everyone

    form = (await (await dia.press(shown, "Answer")).answer()).modal
    assert form is not None
    await (await dia.submit(form, {"words": "On Friday."})).answer()
    await bridge.until(lambda: "On Friday." in bridge.told()[-1])
    over = await (await dia.press(shown, "Stop carrying words")).answer()
    assert "I carry nothing any more" in over.content
    await bridge.until(lambda: "I carry no words any more" in bridge.told()[-1])
    refused = await (await dia.press(shown, "Answer")).answer()
    assert "once both of you have said yes" in refused.content


async def test_two_on_discord_are_introduced_each_in_their_own_room(bridge: Bridge) -> None:
    dia, eva = bridge.dia, bridge.eva
    people = [PersonRef("discord", str(who.id)) for who in (eva, dia)]
    await bridge.pair(people[0], people[1], relayed=False)
    for who in (dia, eva):
        said = await (await who.slash("mentor accept", channel=who.dm())).answer()
        assert "yes" in said.content
    for who, other in ((dia, eva), (eva, dia)):
        met = await dm(who, "Meet ")
        assert f"Meet {other.mention}. You have both said yes" in met.content
        assert "</mentor decline:" in met.content
        assert "`circle: north` `number: 1`" in met.content
