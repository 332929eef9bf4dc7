"""What goes wrong around interactions, and what people are told then."""

# ruff: noqa: ARG001 - a handler takes all three

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from adapters.discord.client import build
from adapters.discord.syncing import differ, held, wanted
from bot.conversation.model import Caller, Document, Form
from bot.conversation.registry import Command
from tests.adapters.discord.kept import Kept, kept
from tests.adapters.discord.plates import Menu, Order, Table
from tests.support.discord.humans import Human
from tests.support.discord.model import Channel
from tests.support.discord.server import StandIn


class Slow(Table):
    """A table at which everything takes its time, or breaks."""

    seconds = 0.0
    broken = False


async def _form(table: Slow, given: Mapping[str, str], caller: Caller) -> Form:
    await asyncio.sleep(table.seconds)
    raise RuntimeError("a form that nobody can make")


async def _fail(table: Slow, ask: object, caller: Caller) -> Document:
    raise RuntimeError("a verb that fails")


BROKEN_FORM = Command("plate order", Order, _fail, form=_form)
BROKEN = Command("plate menu", Menu, _fail)


class Bench:
    """A bot whose commands fail, and Ana."""

    def __init__(self, bot: Kept, table: Slow, ana: Human, room: Channel) -> None:
        self.bot, self.table, self.ana, self.room = bot, table, ana, room


@pytest_asyncio.fixture
async def bench(discord: StandIn, tmp_path: Path) -> AsyncIterator[Bench]:
    guild = discord.world.guild("Inn")
    room = discord.world.text(guild, "tables")
    fay, ana = discord.human("Fay", guild), discord.human("Ana", guild)
    table = Slow()
    more = (BROKEN_FORM.using(table), BROKEN.using(table))
    async with kept(discord, tmp_path, fay, more=more) as bot:
        yield Bench(bot, table, ana, room)


async def test_a_form_that_cannot_be_made_is_told_kindly(bench: Bench) -> None:
    async with bench.bot.running():
        shown = await (await bench.ana.slash("plate order", channel=bench.room)).answer()
    assert "went wrong on my side" in shown.content
    assert shown.ephemeral


async def test_a_form_that_takes_too_long_is_told_before_discord_gives_up(bench: Bench) -> None:
    bench.table.seconds = 10
    async with bench.bot.running():
        shown = await (await bench.ana.slash("plate order", channel=bench.room)).answer()
    assert "once more" in shown.content


@pytest.mark.parametrize("heard", [True, False])
async def test_a_command_that_fails_is_answered(bench: Bench, *, heard: bool) -> None:
    async with bench.bot.running(heard=heard):
        asked = await bench.ana.slash("plate menu", channel=bench.room)
        assert "went wrong on my side" in (await asked.answer()).content
    assert len(asked.interaction.shown) == 1


async def test_a_command_as_it_was_before_an_update_is_answered(bench: Bench) -> None:
    async with bench.bot.running():
        held = bench.bot.standin.world.application.commands[None]
        (join,) = [each for each in held if each["name"] == "join"]
        old = {**join, "name": "joining"}
        held.append(old)
        shown = await (await bench.ana.slash("joining", channel=bench.room)).answer()
    assert "once more" in shown.content
    assert shown.ephemeral


async def test_an_apology_that_cannot_be_shown_ends_nothing(bench: Bench) -> None:
    async with bench.bot.running():
        bench.bot.standin.faults.answer(404, "POST /interactions/")
        await bench.ana.slash("plate order", channel=bench.room)
        await asyncio.sleep(0.3)
        shown = await (await bench.ana.slash("my circles", channel=bench.room)).answer()
    assert "no circle" in shown.content


async def test_suggestions_that_come_too_late_are_missed_by_nobody(bench: Bench) -> None:
    async with bench.bot.running():
        bench.bot.standin.faults.answer(404, "POST /interactions/")
        await bench.ana.autocomplete("circle status", "circle", "n", channel=bench.room)
        await asyncio.sleep(0.2)
        asked = await bench.ana.autocomplete("circle status", "circle", "n", channel=bench.room)
        assert (await asked.answer()).choices == []


async def test_the_bot_connects_when_its_commands_cannot_be_told_and_tells_them_later(
    bench: Bench,
) -> None:
    bench.bot.standin.faults.answer(403, "GET /applications/", times=2)
    async with bench.bot.running() as client:
        assert client.in_step
        shown = await (await bench.ana.slash("my circles", channel=bench.room)).answer()
    assert "no circle" in shown.content


def german(text: str, language: str) -> str | None:
    return {"de": {"Leave a circle.": "Einen Kreis verlassen."}}.get(language, {}).get(text)


async def test_descriptions_are_told_in_the_languages_of_a_catalogue_and_names_stay(
    bench: Bench,
) -> None:
    async with bench.bot.running():
        dispatch = bench.bot.application.dispatch
    client = build(
        dispatch,
        catalogue=german,
        connector=bench.bot.standin.connector(),
        guild_ready_timeout=0.02,
    )
    async with asyncio.TaskGroup() as tasks:
        started = tasks.create_task(client.start(bench.bot.standin.token))
        async with asyncio.timeout(5):
            while not (client.is_ready() and client.in_step):  # noqa: ASYNC110 - as in kept.py
                await asyncio.sleep(0.01)
        there = await held(client, client.application_id or 0)
        assert not differ(there, await wanted(client.tree))
        await client.close()
        await started
    told = bench.bot.standin.world.application.commands[None]
    (leave,) = [each for each in told if each["name"] == "leave"]
    assert leave["description_localizations"] == {"de": "Einen Kreis verlassen."}
    assert not leave.get("name_localizations")
