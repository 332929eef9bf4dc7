"""What the drain does when the way is blocked: later, elsewhere, not at all, and never twice."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlmodel import select

from adapters.console.client import PLATFORM, Community
from adapters.console.platform import ConsolePlatform
from bot.conversation.model import (
    Capabilities,
    DeliveryKey,
    Document,
    Kind,
    MessageRef,
    NotPermitted,
    People,
    PersonRef,
    PlatformError,
    PlatformUnavailable,
    RoomRef,
    ThreadLost,
    document,
    say,
)
from bot.conversation.plain import plain
from bot.delivery.clockwork import Delivery
from bot.delivery.model import Outgoing, Redaction
from bot.delivery.rows import Outbox, OutboxRow
from bot.delivery.usecases import ANSWER, TRIES, Drain, Post, Tick
from bot.store.engine import Database
from tests.support.clocks import DrivenClock
from tests.support.scene import fresh_database

START = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
ROOM = RoomRef(PLATFORM, "!room")
ONE = DeliveryKey("1", "opening", "one", 0, str(ROOM))
ANA = People.of(PersonRef(PLATFORM, "ana"))


class Blocked(ConsolePlatform):
    """The console, whose next posts end with the given faults; before or after they got through.

    Something may happen `meanwhile`.
    """

    faults: list[PlatformError]
    after = False
    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def edit(self, message: MessageRef, document: Document, *, key: DeliveryKey) -> None:
        """Let a message say something else, or raise the next fault."""
        if self.faults and not self.after:
            raise self.faults.pop(0)
        await super().edit(message, document, key=key)
        if self.faults:
            raise self.faults.pop(0)

    async def redact(self, message: MessageRef, *, key: DeliveryKey) -> None:
        """Remove a message, or raise the next fault."""
        if self.faults and not self.after:
            raise self.faults.pop(0)
        await super().redact(message, key=key)
        if self.faults:
            raise self.faults.pop(0)

    async def post(
        self, room: RoomRef, document: Document, *, key: DeliveryKey, thread: str | None = None
    ) -> MessageRef:
        """Show the document, or raise the next fault."""
        if self.meanwhile is not None:
            await self.meanwhile()
            self.meanwhile = None
        if self.faults and not self.after:
            raise self.faults.pop(0)
        message = await super().post(room, document, key=key, thread=thread)
        if self.faults:
            raise self.faults.pop(0)
        return message


class Way:
    """A community, the outbox, its drain, and what facilitators would be told."""

    def __init__(self, database: Database) -> None:
        self.clock = DrivenClock(START)
        self.community = Community(self.clock)
        self.community.person("ana", "Ana")
        self.community.room("!room", "Room", ["ana"], manager="ana", bot=True)
        self.platform = Blocked(self.community)
        self.platform.faults = []
        self.told: list[str] = []
        self.database = database
        self.post = Post(self.clock, {PLATFORM: self.platform})
        self.drain = Drain(
            database.begin,
            database.look,
            self.clock,
            {PLATFORM: self.platform},
            self._tell,
            self.post,
        )

    async def _tell(self, row: OutboxRow, why: str, _work: object) -> list[Outgoing]:
        self.told.append(f"{row.prompt}: {why}")
        return []

    async def write(self, words: str, **more: object) -> None:
        """Put a post into the outbox."""
        given = {"key": DeliveryKey("1", "opening", words, 0, str(ROOM)), "to": ROOM} | more
        async with self.database.begin() as work:
            await self.post([Outgoing(document=say(words), **given)], work)  # type: ignore[arg-type]
            await work.commit()

    async def anew(self, *words: str) -> None:
        """Let the post `one` say these words now, a paragraph each; none removes it."""
        post = Outgoing(key=ONE, to=ROOM, document=document(*words), circle=1)
        async with self.database.begin() as work:
            await self.post.anew([post], work)
            await work.commit()

    async def go(self, **later: float) -> list[str]:
        """Send what may go a while later, and return what the room shows."""
        self.clock.advance(**later)
        for target in await self.drain.targets():
            await self.drain(target)
        return [e.event.text for e in self.community.here("!room") if e.event.kind is Kind.POST]

    async def states(self) -> dict[str, str]:
        """Return what became of each post."""
        async with self.database.look() as work:
            return {row.prompt: row.state for row in await work.all(select(OutboxRow))}


@pytest_asyncio.fixture
async def way(tmp_path: Path) -> AsyncIterator[Way]:
    database = await fresh_database(tmp_path / "test.sqlite3")
    yield Way(database)
    await database.aclose()


async def test_an_idle_tick_is_one_statement(way: Way) -> None:
    asked = list[str]()

    def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
        asked.append(statement)

    async def missed(*_: object) -> list[Outgoing]:
        return []

    tick = Tick(way.database.begin, way.database.look, way.clock, {}, missed, way.post)
    await way.write("later", not_before=START + timedelta(days=1))
    event.listen(Engine, "before_cursor_execute", note)
    try:
        async with Delivery(tick, way.drain) as delivery:
            await delivery.once()
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len(asked) == 1


async def test_a_post_that_is_delayed_keeps_its_place(way: Way) -> None:
    way.platform.faults = [PlatformUnavailable("slow down", timedelta(seconds=30))]
    await way.write("one")
    await way.write("two")
    assert await way.go() == []
    assert await way.go(seconds=29) == []
    assert await way.go(seconds=1) == ["one", "two"]


async def test_a_post_that_got_through_unheard_is_not_doubled(way: Way) -> None:
    way.platform.faults, way.platform.after = [PlatformUnavailable("answer lost")], True
    await way.write("one")
    assert await way.go() == ["one"]
    assert await way.go(minutes=1) == ["one"]
    assert await way.states() == {"one": "sent"}


async def test_after_a_long_outage_a_post_is_looked_for_first(way: Way) -> None:
    way.platform.faults, way.platform.after = [PlatformUnavailable("answer lost")], True
    await way.write("one", expires_at=START + timedelta(hours=24))
    await way.go()
    assert await way.go(days=3) == ["one"]
    assert await way.states() == {"one": "sent"}


class Wordy(Blocked):
    """A platform on which a message carries no key: it is found by what it says."""

    @property
    def capabilities(self) -> Capabilities:
        """Forget what was posted within minutes."""
        return replace(super().capabilities, memory=timedelta(minutes=4))

    async def find(
        self, room: RoomRef, key: DeliveryKey, *, document: Document | None = None, **_: object
    ) -> MessageRef | None:
        """Return the last message that says the same."""
        wanted = None if document is None else plain(document)
        said = [e.event for e in self._community.here(room.id) if e.event.text == wanted]
        return MessageRef(room, said[-1].id) if said and key.target == str(room) else None


@pytest.mark.parametrize("arrived", [True, False])
async def test_where_words_alone_tell_no_other_post_is_taken_for_the_one_that_is_missing(
    way: Way, *, arrived: bool
) -> None:
    way.platform.__class__ = Wordy
    await way.write("one")
    await way.go()
    way.platform.faults, way.platform.after = [PlatformUnavailable("answer lost")], arrived
    again = DeliveryKey("1", "opening", "two", 0, str(ROOM))
    await way.write("one", key=again, expires_at=START + timedelta(hours=24))
    await way.go(minutes=1)
    assert await way.go(hours=2) == ["one", "one"]


async def test_after_too_long_an_outage_a_post_is_skipped_and_told(way: Way) -> None:
    way.platform.faults = [PlatformUnavailable("down")]
    await way.write("one", expires_at=START + timedelta(hours=24))
    await way.write("two", expires_at=START + timedelta(hours=96))
    await way.go()
    assert await way.go(days=3) == ["two"]
    assert await way.states() == {"one": "skipped", "two": "sent"}
    assert way.told == ["one: late"]


async def test_a_post_that_may_not_be_there_is_told_and_holds_up_nothing(way: Way) -> None:
    way.platform.faults = [NotPermitted("no")]
    await way.write("one")
    await way.write("two")
    assert await way.go() == ["two"]
    assert way.told == ["one: refused"]


async def test_a_post_to_a_room_that_the_bot_is_put_out_of_meanwhile_waits_for_it(way: Way) -> None:
    async def put_out() -> None:
        async with way.database.begin() as work:
            await Outbox(work).hold(ROOM, timedelta(hours=24))
            await work.commit()

    way.platform.meanwhile, way.platform.faults = put_out, [NotPermitted("not in the room")]
    await way.write("one", circle=1)
    assert await way.go(hours=1) == []
    assert (await way.states(), way.told) == ({"one": "waiting"}, [])
    async with way.database.begin() as work:
        await Outbox(work).let_go(ROOM, way.clock.now())
        await work.commit()
    assert await way.go() == ["one"]


async def test_a_fault_that_stays_ends_after_some_tries(way: Way) -> None:
    way.platform.faults = [PlatformError("odd") for _ in range(TRIES)]
    await way.write("one")
    for _ in range(TRIES):
        await way.go(minutes=6)
    assert await way.states() == {"one": "refused"}
    assert way.told == ["one: refused"]


async def test_every_answer_to_who_takes_no_direct_messages_is_said_in_the_room(way: Way) -> None:
    way.community.people["ana"].closed = True
    for number in (1, 2):
        key = DeliveryKey("-", ANSWER, f"$command{number}", 0, str(ANA))
        await way.write(f"answer {number}", key=key, to=ANA, instead=(ROOM, say(f"sorry {number}")))
    await way.go()
    assert await way.go() == ["sorry 1", "sorry 2"]
    assert await way.states() == {}, "nothing of an answer is kept"


async def test_a_note_to_who_takes_no_direct_messages_is_said_once(way: Way) -> None:
    way.community.people["ana"].closed = True
    for number in (1, 2):
        key = DeliveryKey("1", "opening", f"note{number}", 0, str(ANA))
        await way.write("a note", key=key, to=ANA, instead=(ROOM, say("I cannot reach you")))
    await way.go()
    assert await way.go() == ["I cannot reach you"]


async def test_a_post_is_removed_again_with_all_its_parts_also_after_a_crash(way: Way) -> None:
    key = DeliveryKey("1", "-", "moved", 7, str(ROOM))
    await way.write("one", key=key)
    await way.write("two", key=replace(key, part=1))
    await way.write("three")
    assert await way.go() == ["one", "two", "three"]
    for number in (1, 2):
        removal = DeliveryKey("1", "-", f"removed-{number}", 1, str(ROOM))
        await way.write("", key=removal, redacts=Redaction(key, START))
        assert await way.go(minutes=1) == ["three"]
        assert (await way.states())[f"removed-{number}"] == "sent"


async def test_a_post_whose_thread_is_lost_stands_in_the_room_and_is_told(way: Way) -> None:
    way.platform.faults = [ThreadLost("locked")]
    await way.write("one", thread="$gone")
    await way.write("two")
    assert await way.go() == ["one", "two"]
    assert await way.states() == {"one": "sent", "two": "sent"}
    assert way.told == ["one: thread"]
    (first,) = [e.event for e in way.community.here("!room") if e.event.text == "one"]
    assert first.thread is None


async def test_a_post_whose_room_takes_nothing_either_is_refused(way: Way) -> None:
    way.platform.faults = [ThreadLost("locked"), ThreadLost("gone too")]
    await way.write("one", thread="$gone")
    assert await way.go() == []
    assert await way.states() == {"one": "refused"}
    assert way.told == ["one: thread", "one: refused"]


async def test_a_post_that_stood_in_its_thread_before_that_was_locked_is_not_doubled(
    way: Way,
) -> None:
    way.platform.faults, way.platform.after = [PlatformUnavailable("answer lost")], True
    await way.write("one", thread="$there")
    assert await way.go() == ["one"]
    way.platform.faults, way.platform.after = [ThreadLost("locked")], False
    assert await way.go(minutes=1) == ["one"]
    assert await way.states() == {"one": "sent"}


# --- what was said reads otherwise now --------------------------------------------------------

LONG = "word " * 2000
"""More than half of what the console takes in one message."""


async def test_a_post_that_was_sent_says_something_else_where_it_stands(way: Way) -> None:
    await way.anew("first")
    await way.write("two")
    assert await way.go() == ["first", "two"]
    await way.anew("second")
    await way.anew("third")
    assert await way.go() == ["third", "two"]


async def test_a_post_that_waits_is_written_anew_before_anybody_sees_it(way: Way) -> None:
    await way.anew("first")
    await way.anew("second")
    assert await way.go() == ["second"]
    assert len(await way.states()) == 1


async def test_parts_are_added_removed_and_added_again(way: Way) -> None:
    await way.anew("short")
    await way.go()
    await way.anew(f"a {LONG}", f"b {LONG}", f"c {LONG}")
    assert [text[0] for text in await way.go()] == ["a", "b", "c"]
    await way.anew(f"d {LONG}")
    assert [text[0] for text in await way.go()] == ["d"]
    await way.anew(f"e {LONG}", f"f {LONG}")
    assert [text[0] for text in await way.go()] == ["e", "f"], "under a key that was not used yet"
    await way.anew()
    assert await way.go() == []
    await way.anew("back")
    assert await way.go() == ["back"]


@pytest.mark.parametrize("after", [True, False])
async def test_a_change_that_is_interrupted_is_made_once_and_holds_its_room(
    way: Way, *, after: bool
) -> None:
    await way.anew(f"a {LONG}", f"b {LONG}")
    await way.go()
    way.platform.after = after
    await way.anew("short")
    await way.write("two")
    for _ in range(3):
        way.platform.faults = [PlatformUnavailable("connection lost")]
        await way.go(minutes=1)
    assert await way.go(minutes=1) == ["short", "two"]
    edits = [e for e in way.community.entries if e.event.kind is Kind.EDIT]
    assert len(edits) == 1


@pytest.mark.parametrize("got_through", [True, False])
async def test_what_is_taken_back_while_it_is_on_its_way_stays_nowhere(
    way: Way, *, got_through: bool
) -> None:
    way.platform.faults, way.platform.after = [PlatformUnavailable("answer lost")], got_through
    await way.anew("a secret")
    await way.go()
    await way.anew()
    async with way.database.look() as work:
        assert "a secret" not in str([row.document for row in await work.all(select(OutboxRow))])
    assert await way.go(minutes=1) == []
    assert way.told == []
    await way.anew("other words")
    assert await way.go() == ["other words"]


async def test_a_change_whose_post_never_came_is_no_trouble(way: Way) -> None:
    way.platform.faults = [PlatformUnavailable("down"), NotPermitted("no")]
    await way.anew("first")
    await way.go()
    await way.anew("second")
    assert await way.go(minutes=1) == []
    assert way.told == ["one: refused"]
    await way.anew("third")
    assert await way.go() == ["third"]


async def test_what_is_to_be_removed_is_removed_however_late_the_bot_is_back(way: Way) -> None:
    await way.anew("a secret")
    await way.go()
    await way.anew()
    async with way.database.begin() as work:
        await Outbox(work).hold(ROOM, timedelta(hours=24))
        await work.commit()
    assert await way.go(days=9) == ["a secret"]
    async with way.database.begin() as work:
        assert await Outbox(work).skip_late(ROOM, way.clock.now()) == []
        await Outbox(work).let_go(ROOM, way.clock.now())
        await work.commit()
    assert await way.go() == []


async def test_posts_to_a_platform_that_is_not_there_any_more_wait_untried(way: Way) -> None:
    await way.write("one")
    drain = replace(way.drain, platforms={})
    assert await drain.targets() == []
    assert await way.go() == ["one"]
