"""A circle's rooms on Discord: threads that live, are locked or deleted; forums; what is missed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio
from sqlmodel import select

from adapters.discord.platform import DiscordPlatform
from bot.bootstrap import Application, Installation, wire
from bot.circles.usecases.ports import Defaults
from bot.delivery.rows import OutboxRow
from bot.prompting.rows import AnswerRow
from bot.publication.rows import KeptRow, MarkRow
from bot.runtime import running
from bot.store.engine import Database
from tests.contracts.discord import settings
from tests.support.discord import permissions
from tests.support.discord.humans import Human
from tests.support.discord.model import Channel, Message
from tests.support.discord.server import StandIn
from tests.support.scene import fresh_database

ALL = ["part", "counted", "quoted", "named"]
NOON, WITHIN = 12, 20.0


@dataclass
class North:
    """A guild with a text channel and a forum, Fay who may manage them, and Ana."""

    standin: StandIn
    fay: Human
    ana: Human
    room: Channel
    forum: Channel
    folder: Path
    application: Application | None = None

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[Application]:
        """Let the bot run until the end of the block; another block is a restart."""
        path = self.folder / "circle.db"
        database = Database.at(path) if path.exists() else await fresh_database(path)
        wanted = settings(self.standin, clock=self.standin.world)
        given = Installation(defaults=Defaults(run_by="Fay"), organisers=frozenset({self.fay_id}))
        async with aclosing(database), DiscordPlatform(wanted) as platform:
            application = wire(database, self.standin.world, {"discord": platform}, given)
            platform.serve(application.dispatch)
            self.application = application
            async with running(application) as bot, asyncio.TaskGroup() as group:
                going = group.create_task(bot.forever(0.05))
                try:
                    await until(lambda: self.standin.gateway.connected)
                    yield application
                finally:
                    going.cancel()

    @property
    def fay_id(self) -> str:
        return str(self.fay.id)

    async def ask(self, who: Human, command: str, where: Channel, **given: str) -> str:
        """Let somebody give a slash command; return the answer that they alone see."""
        return (await (await who.slash(command, channel=where, **given)).answer()).content

    async def begins(self, where: Channel, threads: str) -> None:
        """Let a circle with Ana begin today."""
        day = self.standin.world.now().date().isoformat()
        await self.ask(self.fay, "circle new", where, name="north", first_day=day, threads=threads)
        form = (await (await self.ana.slash("join", channel=where)).answer()).modal
        assert form is not None
        await (await self.ana.submit(form, {"goal": "to listen", "consents": ALL})).answer()
        await self.ask(self.fay, "circle open", where)

    async def sends(self, prompt: str, where: Channel) -> Message:
        """Let Fay send a prompt; return where it is shown."""
        await self.ask(self.fay, "prompt send", where, prompt=prompt)
        title = TITLES[prompt]
        return await self.seen(lambda message: title in message.content)

    async def seen(self, which: Callable[[Message], bool]) -> Message:
        """Return the last message of such a kind on the server, as soon as there is one."""

        def look() -> Message | None:
            channels = [c for c in self.standin.world.channels.values() if not c.deleted]
            found = [m for c in channels for m in c.messages.values() if which(m)]
            return max(found, key=lambda message: message.id, default=None)

        return await self.standin.world.until(look, WITHIN, "a message")

    async def until_kept(self, table: type, count: int = 1) -> None:
        """Wait until so many rows of a table are there."""
        async with asyncio.timeout(WITHIN):
            while len(await self.rows(table)) != count:  # noqa: ASYNC110 - a database wakes nobody
                await asyncio.sleep(0.02)

    async def noted(self, message: Message) -> None:
        """Wait until the bot knows that it has posted a message."""
        async with asyncio.timeout(WITHIN):
            while str(message.id) not in [row.message for row in await self.rows(OutboxRow)]:  # type: ignore[attr-defined]  # noqa: ASYNC110
                await asyncio.sleep(0.02)

    async def keeps_threads(self) -> None:
        """Let the bot do what it does with threads once a day."""
        assert self.application is not None
        await self.application.keep_threads()

    async def rows(self, table: type) -> list[object]:
        """Return every row of a table."""
        assert self.application is not None
        async with self.application.database.look() as work:
            return list(await work.all(select(table)))


async def until(true: Callable[[], object]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(WITHIN):
        while not true():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.02)


TITLES = {
    "introductions": "who are you?",
    "norms": "How shall we treat one another?",
    "teach-and-need": "What can you teach",
}


@pytest_asyncio.fixture
async def north(discord: StandIn, tmp_path: Path) -> AsyncIterator[North]:
    discord.world.application.intents = 0  # nothing privileged
    now = discord.world.now()
    discord.world.pass_time(hours=(NOON - now.hour) % 24)
    guild = discord.world.guild("North")
    room, forum = discord.world.text(guild, "general"), discord.world.forum(guild, "circle")
    fay, ana = discord.human("Fay", guild), discord.human("Ana", guild)
    keepers = discord.world.role(
        guild, "Keepers", permissions.MANAGE_CHANNELS | permissions.MANAGE_THREADS
    )
    discord.world.grant(guild, fay.user, keepers)
    yield North(discord, fay, ana, room, forum, tmp_path)


def says(words: str) -> Callable[[Message], bool]:
    """Return what matches messages with these words."""
    return lambda message: words in message.content


# --- threads ----------------------------------------------------------------------------------


async def test_a_weeks_thread_is_woken_and_where_it_is_locked_the_room_gets_the_post(
    north: North,
) -> None:
    async with north.bot():
        await north.begins(north.room, "week")
        week = await north.seen(says("Week 1: Opening"))
        first = await north.seen(says(TITLES["introductions"]))
        thread = first.channel
        assert (week.channel, thread.id, thread.parent) == (north.room, week.id, north.room)
        assert thread.name == "Week 1: Opening"
        await north.fay.change_thread(thread, archived=True)
        assert (await north.sends("norms", north.room)).channel is thread
        assert not thread.state().archived
        await north.fay.change_thread(thread, locked=True)
        assert (await north.sends("teach-and-need", north.room)).channel is north.room
        told = await north.seen(says("locked or was deleted"))
        assert north.fay.user in told.channel.recipients


async def test_the_thread_of_an_open_question_is_woken_once_a_day(north: North) -> None:
    async with north.bot():
        await north.begins(north.room, "prompt")
        first = await north.seen(says(TITLES["introductions"]))
        world = north.standin.world
        thread = await world.until(lambda: world.channels.get(first.id), WITHIN, "a thread")
        await north.noted(first)
        await north.fay.change_thread(thread, archived=True)
        await north.keeps_threads()
        assert not thread.state().archived
        await north.fay.change_thread(thread, locked=True)
        await north.fay.change_thread(thread, archived=True)
        await north.keeps_threads()
        assert thread.state().archived
        world.remove(thread)
        await north.keeps_threads()


async def test_a_reply_in_a_weeks_thread_answers_what_it_replies_to(north: North) -> None:
    async with north.bot():
        await north.begins(north.room, "week")
        first = await north.seen(says(TITLES["introductions"]))
        await north.sends("norms", north.room)
        await north.ana.say(first.channel, "I bake.", reply_to=first)
        await north.until_kept(AnswerRow)
        (answer,) = await north.rows(AnswerRow)
    assert isinstance(answer, AnswerRow)
    assert (answer.prompt, answer.text) == ("introductions", "I bake.")


async def test_in_a_forum_each_question_is_a_post_that_is_answered_in_it(north: North) -> None:
    async with north.bot():
        hall = await north.fay.post_in_forum(north.forum, "Hall", "Welcome")
        await north.begins(hall, "auto")
        first = await north.seen(says(TITLES["introductions"]))
        assert first.channel.parent is north.forum
        assert first.channel.name == "Welcome: who are you?"
        await north.ana.say(first.channel, "I bake.", reply_to=first)
        await north.until_kept(AnswerRow)
        (answer,) = await north.rows(AnswerRow)
    assert isinstance(answer, AnswerRow)
    assert answer.prompt == "introductions"


# --- what nobody told, and what is not shown --------------------------------------------------


async def test_an_answer_that_is_deleted_while_the_bot_is_away_is_gone_after_its_start(
    north: North,
) -> None:
    async with north.bot():
        await north.begins(north.room, "prompt")
        first = await north.seen(says(TITLES["introductions"]))
        await north.noted(first)
        said = await north.ana.say(north.room, "I bake.", reply_to=first)
        await north.until_kept(AnswerRow)
    await north.ana.delete(said)
    async with north.bot():
        await north.until_kept(AnswerRow, count=0)


async def test_a_reaction_asks_the_author_and_the_menu_brings_the_words(north: North) -> None:
    async with north.bot():
        await north.begins(north.room, "none")
        said = await north.ana.say(north.room, "Bread rises slowly.")
        await north.fay.react(said, "\N{ELECTRIC LIGHT BULB}")
        asked = await north.seen(says("would like to keep"))
        assert north.ana.user in asked.channel.recipients
        assert await north.rows(MarkRow) == []
        await (await north.ana.context_menu("Mark for the publication", said)).answer()
        await north.until_kept(KeptRow)
        (kept,) = await north.rows(KeptRow)
        assert isinstance(kept, KeptRow)
        assert kept.text == "Bread rises slowly."
        await (await north.ana.context_menu("Leave out of the publication", said)).answer()
        await north.until_kept(KeptRow, count=0)
