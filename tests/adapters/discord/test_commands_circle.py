"""A circle's own forms and buttons on Discord, with the real commands."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.adapters.discord.kept import kept
from tests.adapters.discord.test_commands_slash import North
from tests.support.discord import permissions
from tests.support.discord.server import StandIn

ALL = ["part", "counted", "quoted", "named"]


@pytest_asyncio.fixture
async def north(discord: StandIn, tmp_path: Path) -> AsyncIterator[North]:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    fay, ana = discord.human("Fay", guild), discord.human("Ana", guild)
    leads = discord.world.role(guild, "Leads", permissions.MANAGE_CHANNELS)
    discord.world.grant(guild, fay.user, leads)
    async with kept(discord, tmp_path, fay) as bot:
        yield North(bot, fay, ana, room)


async def test_somebody_joins_answers_and_changes_the_answer_by_forms(north: North) -> None:
    fay, ana, room = north.fay, north.ana, north.room
    async with north.bot.running():
        new = {"name": "north", "first_day": north.day(1)}
        await (await fay.slash("circle new", channel=room, **new)).answer()
        invitation = await ana.wait_for(room, lambda message: "Join" in message.labels())
        form = (await (await ana.press(invitation, "Join")).answer()).modal
        asked = await ana.submit(form, {"goal": "to listen", "consents": ALL})
        assert "You are in" in (await asked.answer()).content

        await (await fay.slash("circle open", channel=room)).answer()
        await (await fay.slash("prompt send", channel=room, prompt="introductions")).answer()
        prompt = await ana.wait_for(room, lambda message: "Answer" in message.labels())
        form = (await (await ana.press(prompt, "Answer")).answer()).modal
        await (await ana.submit(form, {"words": "I bake."})).answer()
        world = north.bot.standin.world
        thread = await world.until(lambda: world.channels.get(prompt.id), 5, "the thread")
        shown = await ana.wait_for_text(thread, "I bake.")

    async with north.bot.running():
        form = (await (await ana.press(prompt, "Answer")).answer()).modal
        assert form.fields()["words"]["value"] == "I bake."
        await (await ana.submit(form, {"words": "I bake bread."})).answer()
        assert await ana.wait_for_text(thread, "I bake bread.") is shown


async def test_who_may_not_answer_is_told_when_they_press_the_button(north: North) -> None:
    fay, ana, room = north.fay, north.ana, north.room
    async with north.bot.running():
        new = {"name": "north", "first_day": north.day(1)}
        await (await fay.slash("circle new", channel=room, **new)).answer()
        await (await fay.slash("circle open", channel=room)).answer()
        await (await fay.slash("prompt send", channel=room, prompt="introductions")).answer()
        prompt = await ana.wait_for(room, lambda message: "Answer" in message.labels())
        shown = await (await ana.press(prompt, "Answer")).answer()
    assert "for members of the circle" in shown.content
    assert shown.ephemeral


async def test_what_a_refusal_names_can_be_clicked(north: North) -> None:
    async with north.bot.running():
        shown = await (await north.ana.slash("circle status", channel=north.room)).answer()
        held = north.bot.standin.world.application.commands[None]
        (mine,) = [each["id"] for each in held if each["name"] == "my"]
    assert f"</my circles:{mine}>" in shown.content
