"""What the outbox changes on Discord: in place in its thread, part by part, each thing once."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from bot.conversation.model import DeliveryKey, Document, RoomRef, document, say
from bot.delivery.model import Outgoing, Redaction
from bot.delivery.rows import Outbox, OutboxRow
from bot.delivery.usecases import Drain, Post
from bot.store.engine import Database
from bot.store.work import UnitOfWork
from tests.contracts.discord import DiscordStage
from tests.contracts.platform import Member, Platform, WallClock
from tests.support.discord.server import StandIn
from tests.support.scene import fresh_database

LONG = "word " * 250
"""More than half of what Discord takes in one message."""


class Board:
    """A room on Discord, and the outbox for it."""

    def __init__(self, database: Database, bot: Platform, ana: Member, room: RoomRef) -> None:
        self.database, self.bot, self.ana, self.room = database, bot, ana, room
        clock, platforms = WallClock(), {bot.name: bot}
        self.post = Post(clock, platforms)
        self.drain = Drain(
            database.begin, database.look, clock, platforms, self._refused, self.post
        )
        self.question = DeliveryKey("1", "opening", "question", 0, str(room))
        self.said = DeliveryKey("1", "-answers", "answer-1-question", 0, str(room))

    async def ask(self) -> None:
        """Post the question that opens a thread."""
        asked = Outgoing(
            key=self.question, to=self.room, document=say("Who is here?"), threaded=True
        )
        async with self.database.begin() as work:
            await self.post([asked], work)
            await work.commit()
        await self.settle()

    async def anew(self, *words: str) -> list[str]:
        """Let what stands under the question be these words; return it as Ana sees it then."""
        post = Outgoing(
            key=self.said, to=self.room, document=document(*words), thread_of=str(self.question)
        )
        async with self.database.begin() as work:
            await self.post.anew([post], work)
            await work.commit()
        await self.settle()
        async with self.database.look() as work:
            thread = await Outbox(work).message_of(str(self.question))
        return [s.text for s in await self.ana.sees(self.room) if s.thread == thread]

    async def take_back(self, key: DeliveryKey) -> None:
        """Remove a post, every part of it."""
        redaction = Redaction(key, WallClock().now() - timedelta(hours=1))
        removal = Outgoing(
            key=DeliveryKey("1", "-", "removed", 0, str(self.room)),
            to=self.room,
            document=Document(),
            redacts=redaction,
        )
        async with self.database.begin() as work:
            await self.post([removal], work)
            await work.commit()
        await self.settle()

    async def settle(self) -> None:
        """Send all that waits."""
        for target in await self.drain.targets():
            await self.drain(target)

    async def _refused(self, row: OutboxRow, why: str, _: UnitOfWork) -> list[Outgoing]:
        raise AssertionError(f"{row.key} did not go: {why}")


@pytest_asyncio.fixture
async def board(discord: StandIn, tmp_path: Path) -> AsyncIterator[Board]:
    stage = DiscordStage(discord, reads=False)
    database = await fresh_database(tmp_path / "outbox.db")
    try:
        async with stage.bot() as bot:
            ana = await stage.member("Ana")
            made = Board(database, bot, ana, await stage.room(ana))
            await made.ask()
            yield made
    finally:
        await database.aclose()


async def test_a_post_in_a_thread_says_other_words_in_place(board: Board) -> None:
    assert await board.anew("I bring bread.") == ["I bring bread."]
    (before,) = [s for s in await board.ana.sees(board.room) if "bread" in s.text]
    assert await board.anew("I bring soup.") == ["I bring soup."]
    (after,) = [s for s in await board.ana.sees(board.room) if "soup" in s.text]
    assert after.id == before.id


async def test_parts_come_and_go_also_within_the_memory_of_discord(board: Board) -> None:
    await board.anew("short")
    assert [t[0] for t in await board.anew(f"a {LONG}", f"b {LONG}")] == ["a", "b"]
    assert [t[0] for t in await board.anew(f"c {LONG}")] == ["c"]
    assert [t[0] for t in await board.anew(f"d {LONG}", f"e {LONG}")] == ["d", "e"]
    assert await board.anew() == []
    assert await board.anew("back") == ["back"]


async def test_words_that_are_taken_back_are_gone_though_they_carry_no_key(board: Board) -> None:
    await board.anew(f"a {LONG}", f"b {LONG}")
    await board.take_back(board.said)
    assert [shown.text for shown in await board.ana.sees(board.room)] == ["Who is here?"]
