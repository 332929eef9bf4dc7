"""Slash commands of the real registry, by people's clients, on the wired application."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.adapters.discord.kept import Kept, kept
from tests.support.discord import permissions
from tests.support.discord.asking import NotPossible
from tests.support.discord.humans import Human
from tests.support.discord.model import Channel
from tests.support.discord.server import StandIn


@dataclass
class North:
    """A guild with a room, Fay who may manage it, and Ana."""

    bot: Kept
    fay: Human
    ana: Human
    room: Channel

    def day(self, ahead: int = 14) -> str:
        return (self.bot.standin.world.now() + timedelta(days=ahead)).date().isoformat()


@pytest_asyncio.fixture
async def north(discord: StandIn, tmp_path: Path) -> AsyncIterator[North]:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    fay, ana = discord.human("Fay", guild), discord.human("Ana", guild)
    leads = discord.world.role(guild, "Leads", permissions.MANAGE_CHANNELS)
    discord.world.grant(guild, fay.user, leads)
    async with kept(discord, tmp_path, fay) as bot:
        yield North(bot, fay, ana, room)


async def test_every_command_is_there_and_discord_takes_it(north: North) -> None:
    async with north.bot.running():
        held = north.bot.standin.world.application.commands[None]
    names = {
        " ".join(filter(None, (each["name"], option)))
        for each in held
        if each["type"] == 1
        for option in [o["name"] for o in each["options"] if o["type"] == 1] or [""]
    }
    registry = north.bot.application.registry
    assert names == {bound.command.name for bound in registry}
    menus = {each["name"] for each in held if each["type"] == 3}
    assert menus == {bound.command.menu for bound in registry if bound.command.menu}


async def test_a_command_is_noted_acknowledged_once_and_answered_by_an_edit(north: North) -> None:
    async with north.bot.running():
        asked = await north.fay.slash("my circles", channel=north.room)
        shown = await asked.answer()
    assert shown.ephemeral
    assert "no circle" in shown.content
    assert len(asked.interaction.shown) == 1
    assert asked.interaction.answered == 5


async def test_a_circle_is_made_in_the_room_for_all_and_its_maker_is_told(north: North) -> None:
    async with north.bot.running():
        asked = await north.fay.slash(
            "circle new", channel=north.room, name="north", first_day=north.day()
        )
        assert "in the room" in (await asked.answer()).content
        await north.ana.wait_for_text(north.room, "north")
        asked = await north.fay.slash("circle status", channel=north.room)
        assert "north" in (await asked.answer()).content


async def test_without_a_listener_the_answer_is_given_directly(north: North) -> None:
    async with north.bot.running(heard=False):
        asked = await north.fay.slash(
            "circle new", channel=north.room, name="north", first_day=north.day()
        )
        shown = await asked.answer()
        assert "north" in shown.content
        assert not shown.ephemeral
        shown = await (await north.fay.slash("my circles", channel=north.room)).answer()
        assert "north" in shown.content
        assert shown.ephemeral
    assert north.bot.events == []


async def test_who_may_not_is_refused_kindly(north: North) -> None:
    async with north.bot.running():
        asked = await north.ana.slash(
            "circle new", channel=north.room, name="south", first_day=north.day()
        )
        assert "organiser" in (await asked.answer()).content


async def test_the_people_who_run_the_bot_have_commands_that_others_do_not_see(
    north: North,
) -> None:
    async with north.bot.running():
        with pytest.raises(NotPossible, match="hidden"):
            await north.ana.slash("admin status", channel=north.room)
        asked = await north.fay.slash("admin status")
        assert "database" in (await asked.answer()).content


async def test_commands_work_in_the_direct_conversation(north: North) -> None:
    async with north.bot.running():
        shown = await (await north.ana.slash("help")).answer()
    assert "my circles" in shown.content


async def test_circles_phases_and_members_are_suggested(north: North) -> None:
    async with north.bot.running():
        new = {"name": "north", "first_day": north.day()}
        await (await north.fay.slash("circle new", channel=north.room, **new)).answer()

        async def suggested(who: Human, option: str, text: str) -> list[str]:
            asked = await who.autocomplete("circle move", option, text, channel=north.room)
            return [choice["value"] for choice in (await asked.answer()).choices]

        assert await suggested(north.fay, "circle", "no") == ["north"]
        assert "planning" in await suggested(north.fay, "phase", "")
        assert await suggested(north.ana, "phase", "") == []


async def test_numbers_beyond_a_bound_are_held_back_by_the_client(north: North) -> None:
    async with north.bot.running():
        with pytest.raises(NotPossible, match="between 1 and 12"):
            await north.fay.slash("circle extend", channel=north.room, weeks=13)


async def test_an_interaction_that_comes_twice_is_answered_once(north: North) -> None:
    north.bot.standin.faults.double("INTERACTION_CREATE")
    async with north.bot.running():
        asked = await north.fay.slash("my circles", channel=north.room)
        await asked.answer()
        await asyncio.sleep(0.2)
    assert len(north.bot.events) == 1
    assert len(asked.interaction.shown) == 1


async def test_an_acknowledgement_whose_answer_was_lost_is_not_repeated(north: North) -> None:
    async with north.bot.running():
        north.bot.standin.faults.lose("POST /interactions/")
        asked = await north.fay.slash("my circles", channel=north.room)
        assert "no circle" in (await asked.answer()).content
    assert len(asked.interaction.shown) == 1


async def test_an_answer_waits_for_an_acknowledgement_that_is_on_its_way(north: North) -> None:
    async with north.bot.running():
        north.bot.standin.faults.cut("POST /interactions/")
        asked = await north.fay.slash("my circles", channel=north.room)
        shown = await asked.answer()
    assert "no circle" in shown.content
    assert shown.ephemeral
    assert north.fay.read(north.fay.dm()) == []


@pytest.mark.parametrize("commits", [True, False])
async def test_an_acknowledgement_that_discord_could_not_answer_is_tried_again(
    north: North, commits: bool
) -> None:
    async with north.bot.running():
        north.bot.standin.faults.answer(502, "POST /interactions/", commits=commits)
        asked = await north.fay.slash("my circles", channel=north.room)
        assert "no circle" in (await asked.answer()).content
    assert len(asked.interaction.shown) == 1


async def test_a_slow_database_does_not_let_the_three_seconds_pass(north: North) -> None:
    async def slowly() -> None:
        await asyncio.sleep(3.5)

    north.bot.before_storing = slowly
    async with north.bot.running():
        asked = await north.fay.slash("my circles", channel=north.room)
        assert "no circle" in (await asked.answer()).content
    assert len(asked.interaction.shown) == 1


@pytest.mark.parametrize("seconds", [0.0, 2.5])
async def test_what_could_not_be_stored_is_told(north: North, seconds: float) -> None:
    async def fail(_: object) -> None:
        await asyncio.sleep(seconds)
        raise OSError("the disk is full")

    async with north.bot.running() as client:
        client.hear = fail
        asked = await north.fay.slash("my circles", channel=north.room)
        shown = await asked.answer()
    assert "try again" in shown.content
    assert shown.ephemeral
    assert len(asked.interaction.shown) == 1


async def test_an_answer_that_comes_too_late_goes_to_the_person_directly(north: North) -> None:
    async def pass_time() -> None:
        north.bot.standin.world.pass_time(seconds=4)

    north.bot.before_storing = pass_time
    async with north.bot.running():
        await north.fay.slash("my circles", channel=north.room)
        await north.fay.wait_for_text(north.fay.dm(), "no circle")


async def test_commands_are_told_only_when_they_changed(north: North) -> None:
    commands = north.bot.standin.world.application.commands

    def versions() -> list[str]:
        return [each["version"] for each in commands[None]]

    async with north.bot.running():
        first = versions()
    async with north.bot.running():
        assert versions() == first
    commands[None][0]["options"][0]["description"] = "As it was before"
    async with north.bot.running():
        assert versions() != first


async def test_texts_show_commands_that_can_be_clicked(north: North) -> None:
    async with north.bot.running():
        shown = await (await north.fay.slash("help", channel=north.room)).answer()
        held = north.bot.standin.world.application.commands[None]
        (mine,) = [each["id"] for each in held if each["name"] == "my"]
    assert f"</my circles:{mine}>" in shown.content
