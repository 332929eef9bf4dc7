"""Joining and answering in Discord's own forms, from the buttons of real posts, after restarts."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlmodel import select

from bot.circles.rows import MemberRow
from bot.prompting.rows import AnswerRow
from tests.adapters.discord.kept import Kept, kept
from tests.support.discord import permissions
from tests.support.discord.humans import Human
from tests.support.discord.model import Channel, Message
from tests.support.discord.server import StandIn

NAME = "n" * 40
"""As long as a circle's name may be."""

ALL = ["part", "counted", "quoted", "named"]


@dataclass
class Hall:
    """A room with Fay, who leads a circle there, and Ana, who is not in it yet."""

    bot: Kept
    fay: Human
    ana: Human
    room: Channel

    async def opened(self) -> Message:
        """Let Fay make the circle and open it; return the post that tells of it."""
        day = (self.bot.standin.world.now() + timedelta(days=8)).date().isoformat()
        await self.leads("circle new", name=NAME, first_day=day)
        await self.leads("circle open", circle=NAME)
        return await self.ana.wait_for_text(self.room, "is open")

    async def leads(self, command: str, **options: str) -> None:
        """Let Fay give a command, and be answered."""
        await (await self.fay.slash(command, channel=self.room, **options)).answer()

    async def asked(self) -> Message:
        """Let time go by until the circle is asked who is here."""
        for _ in range(12):
            self.bot.standin.world.pass_time(hours=6)
            await self.bot.application.tick()
            await asyncio.sleep(0.1)
        return await self.ana.wait_for_text(self.room, "Who is here?")

    async def rows(self, table: type) -> list[object]:
        """Return what is kept in a table."""
        async with self.bot.application.database.look() as work:
            return list(await work.all(select(table)))


@pytest_asyncio.fixture
async def hall(discord: StandIn, tmp_path: Path) -> AsyncIterator[Hall]:
    guild = discord.world.guild("Hall")
    room = discord.world.text(guild, "north")
    fay, ana = discord.human("Fay", guild), discord.human("Ana", guild)
    leads = discord.world.role(guild, "Leads", permissions.MANAGE_CHANNELS)
    discord.world.grant(guild, fay.user, leads)
    async with kept(discord, tmp_path, fay) as bot:
        yield Hall(bot, fay, ana, room)


async def joined(hall: Hall, post: Message, *consents: str) -> str:
    """Let Ana join by the button of a post; return what she is shown."""
    form = (await (await hall.ana.press(post, "Join")).answer()).modal
    said = {"goal": "to listen", "zone": "Europe/Berlin", "consents": list(consents)}
    return (await (await hall.ana.submit(form, said)).answer()).content


async def test_who_presses_join_is_in_after_one_form(hall: Hall) -> None:
    async with hall.bot.running():
        post = await hall.opened()
    async with hall.bot.running():
        assert "You are in" in await joined(hall, post, "part", "quoted")
    members = [row for row in await hall.rows(MemberRow) if isinstance(row, MemberRow)]
    (ana,) = [row.value() for row in members if row.person == str(hall.ana.id)]
    assert (ana.goal, ana.consents.quoted, ana.consents.counted) == ("to listen", True, False)


@pytest.mark.parametrize("show", ["named", "unnamed", "counted"])
async def test_an_answer_by_the_prompts_button_is_shown_as_chosen_after_restarts(
    hall: Hall, show: str
) -> None:
    async with hall.bot.running():
        await joined(hall, await hall.opened(), *ALL)
        prompt = await hall.asked()
    async with hall.bot.running():
        form = (await (await hall.ana.press(prompt, "Answer")).answer()).modal
    async with hall.bot.running():
        said = {"words": "I bring bread.", "show": show}
        told = await (await hall.ana.submit(form, said)).answer()
        assert "Thank you" in told.content
        if show != "counted":
            world = hall.bot.standin.world
            thread = await world.until(lambda: world.channels.get(prompt.id), 5, "the thread")
            shown = await hall.ana.wait_for_text(thread, "I bring bread.")
            assert ("Ana" in shown.content) == (show == "named")
    (row,) = await hall.rows(AnswerRow)
    assert isinstance(row, AnswerRow)
    assert (row.shown, row.text) == (show, None if show == "counted" else "I bring bread.")


async def test_a_form_that_comes_too_late_is_refused_and_gives_the_words_back(hall: Hall) -> None:
    async with hall.bot.running():
        await joined(hall, await hall.opened(), *ALL)
        form = (await (await hall.ana.press(await hall.asked(), "Answer")).answer()).modal
        await hall.leads("circle close", circle=NAME)
        said = {"words": "I bring bread.", "show": "named"}
        told = await (await hall.ana.submit(form, said)).answer()
    assert "is closed" in told.content
    assert "I bring bread." in told.content
    assert await hall.rows(AnswerRow) == []
