"""What waits for the end of quiet hours holds up nothing that may go now."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, time
from pathlib import Path

import pytest_asyncio

from adapters.console.client import PLATFORM, Community
from adapters.console.platform import ConsolePlatform
from bot.conversation.model import DeliveryKey, People, PersonRef, say
from bot.delivery.model import Outgoing, Quiet
from bot.delivery.usecases import Drain, Post
from bot.store.engine import Database
from bot.store.migrate import upgrade
from tests.support.clocks import DrivenClock

NIGHT = datetime(2026, 3, 3, 22, 30, tzinfo=UTC)
ANA = People.of(PersonRef(PLATFORM, "ana"))
QUIET = Quiet(time(21), time(8), "UTC")


class Letters:
    """A community, the outbox and its drain."""

    def __init__(self, database: Database) -> None:
        self.clock = DrivenClock(NIGHT)
        self.community = Community(self.clock)
        self.community.person("ana", "Ana")
        platforms = {PLATFORM: ConsolePlatform(self.community)}
        self.begin = database.begin
        self.post = Post(self.clock, platforms)
        self.drain = Drain(
            database.begin, database.look, self.clock, platforms, nobody_is_told, self.post
        )

    async def write(self, words: str, quiet: Quiet | None) -> None:
        """Put a private post into the outbox."""
        key = DeliveryKey("1", "opening", words, 0, str(ANA))
        async with self.begin() as work:
            await self.post([Outgoing(key=key, to=ANA, document=say(words), quiet=quiet)], work)
            await work.commit()

    async def send(self) -> list[str]:
        """Send what may go, and return what Ana sees."""
        for target in await self.drain.targets():
            await self.drain(target)
        room = "direct-ana"
        return [e.event.text for e in self.community.here(room) if e.event.text]


async def nobody_is_told(*_: object) -> list[Outgoing]:
    return []


@pytest_asyncio.fixture
async def outbox(tmp_path: Path) -> AsyncIterator[Letters]:
    database = Database.at(tmp_path / "test.sqlite3")
    await upgrade(database)
    yield Letters(database)
    await database.aclose()


async def test_an_answer_comes_at_night_though_a_note_waits_for_the_morning(
    outbox: Letters,
) -> None:
    await outbox.write("a note", QUIET)
    await outbox.write("another note", QUIET)
    await outbox.write("an answer", None)

    assert await outbox.send() == ["an answer"]
    outbox.clock.advance(hours=9, minutes=29)
    assert await outbox.send() == ["an answer"]
    outbox.clock.advance(minutes=1)
    assert await outbox.send() == ["an answer", "a note", "another note"]


async def test_what_is_held_is_no_work_until_its_moment(outbox: Letters) -> None:
    await outbox.write("a note", QUIET)
    await outbox.send()

    assert await outbox.drain.targets() == []
