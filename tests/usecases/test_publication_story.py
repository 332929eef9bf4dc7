"""From a mark to a publication, typed and reacted by its people, on a real database."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy.event
from sqlalchemy import update
from sqlmodel import SQLModel, select

from bot.circles.model import CircleState, Consents, Member, MemberState, lay
from bot.circles.rows import CircleRow, Circles, MemberRow, Members
from bot.circles.usecases.membership import ChangeMembership, EndMembership
from bot.conversation.dispatch import Dispatch
from bot.conversation.model import (
    Batch,
    Caller,
    Capabilities,
    DeliveryKey,
    Document,
    Event,
    File,
    Kind,
    Mention,
    MessageRef,
    Moment,
    NotPermitted,
    People,
    PersonRef,
    PlatformUnavailable,
    Role,
    RoomRef,
    Target,
    lines_of,
)
from bot.conversation.platform import Take
from bot.conversation.registry import Registry
from bot.delivery.model import Outgoing, State
from bot.delivery.rows import Outbox, OutboxRow
from bot.delivery.usecases import Post
from bot.intake.usecases import AnswerCommand, AnswerInbox
from bot.intake.usecases import Take as TakeBatch
from bot.prompting.commands import ANSWER
from bot.prompting.model import Asked, PromptAnswer
from bot.prompting.rows import Answers
from bot.prompting.usecases.reading import ReadAnswer
from bot.publication.commands import publication_commands
from bot.publication.model import QuoteState
from bot.publication.rows import Harvested, KeptRow, MarkRow, PublicationRow, Quotes
from bot.publication.usecases.drafting import Compose, DraftSummary, PublishSummary
from bot.publication.usecases.gathering import LookAgain
from bot.publication.usecases.hearing import PublicationHears
from bot.publication.usecases.illustrating import LARGEST, FetchPictures
from bot.publication.usecases.leaving import LeaveOut
from bot.publication.usecases.marking import (
    AnswerMark,
    KeepMessage,
    MarkMessage,
    UnmarkMessage,
)
from bot.publication.usecases.reviewing import ListLines, ReviewLines
from bot.publication.usecases.rights import PublicationRights
from bot.publication.usecases.settling import Settle
from bot.publication.usecases.taking import TakeBack
from bot.store.engine import Database
from tests.support.pictures import png

ROOM, DIRECT = RoomRef("matrix", "!north:x"), RoomRef("matrix", "!direct:x")
WELCOME = Asked("opening", "who-are-you")
PEOPLE = {
    "fay": Consents(takes_part=True, counted=True, quoted=False, named=True),
    "ana": Consents(takes_part=True, counted=True, quoted=True, named=True),
    "bo": Consents(takes_part=True, counted=True, quoted=True, named=False),
    "cem": Consents(takes_part=True, counted=False, quoted=False, named=False),
}
NAMES = {"fay": "Fay", "ana": "Ana Diaz", "bo": "Bo Lindqvist", "cem": "Cem"}


BOTH = ("ana", "bo")
"""Those who agreed to be quoted."""


def person(who: str) -> PersonRef:
    return PersonRef("matrix", f"@{who}:x")


@dataclass
class Clock:
    """A clock that is moved by hand."""

    time: datetime = datetime(2026, 3, 4, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


@dataclass
class Room:
    """A platform with one room, in memory."""

    messages: dict[str, Event] = field(default_factory=dict)
    attached: dict[str, Sequence[File]] = field(default_factory=dict)
    closed: bool = False
    away: bool = False
    name: str = "matrix"
    account: str = "@bot:x"
    capabilities: Capabilities = field(default=Capabilities(16_000, timedelta(minutes=5)))

    async def listen(self, take: Take, *, since: str | None) -> None:
        raise NotImplementedError

    async def reach(self, target: Target, *, key: DeliveryKey) -> RoomRef:  # noqa: ARG002
        return DIRECT if isinstance(target, People) else target

    async def post(
        self, room: RoomRef, document: Document, *, key: DeliveryKey, thread: str | None = None
    ) -> MessageRef:
        raise NotImplementedError

    async def find(self, room: RoomRef, key: DeliveryKey, *, since: datetime) -> MessageRef | None:
        raise NotImplementedError

    async def history(self, room: RoomRef, *, since: datetime) -> AsyncIterator[Event]:  # noqa: ARG002
        for event in self.messages.values():
            yield event

    async def fetch(self, message: MessageRef) -> Event | None:
        if self.away:
            raise PlatformUnavailable("down")
        if self.closed:
            raise NotPermitted("not in that room")
        return self.messages.get(message.id)

    async def files(self, message: MessageRef, *, largest: int) -> Sequence[File]:
        files = self.attached.get(message.id, ())
        return [f if len(f.content) <= largest else replace(f, content=b"") for f in files]

    async def redact(self, message: MessageRef, *, key: DeliveryKey) -> None:
        raise NotImplementedError

    async def may_manage(self, person: PersonRef, room: RoomRef) -> bool:  # noqa: ARG002
        return False

    async def present(self, room: RoomRef) -> dict[str, str]:  # noqa: ARG002
        return {person(who).id: name for who, name in NAMES.items()} | {"@guest:x": "Gustav"}

    def link(self, place: MessageRef | RoomRef) -> str:
        assert isinstance(place, MessageRef)
        return f"https://matrix.to/#/{place.room.id}/{place.id}"


@dataclass(frozen=True)
class InNorth:
    """The standing of everybody in the one circle there is."""

    async def named(self, name: str) -> int | None:
        return 1 if name == "north" else None

    async def usual(self, _person: PersonRef, _room: RoomRef) -> Sequence[tuple[int, str]]:
        return [(1, "north")]

    async def roles(self, who: PersonRef, _circle: int | None) -> frozenset[Role]:
        more = {Role.FACILITATOR} if who == person("fay") else set()
        return frozenset({Role.ANYONE, Role.MEMBER, *more})

    async def zone(self, _person: PersonRef, _circle: int | None) -> str:
        return "UTC"


def words(document: Document | None) -> str:
    """Return a document's plain words."""
    assert document is not None
    parts = (part for block in document.blocks for each in lines_of(block) for part in each)
    return " ".join(
        part.name if isinstance(part, Mention) else part.text
        for part in parts
        if not isinstance(part, Moment)
    )


class World:
    """The circle north, its people, its room and the bot's verbs."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0
        self.clock, self.room = Clock(), Room()
        self.db = db = Database.at(folder / "x.db")
        platforms = {"matrix": self.room}
        self.post = post = Post(self.clock, platforms)
        take_back = TakeBack(post, "!")
        keep = KeepMessage(db.begin, platforms)
        registry = Registry()
        dispatch = Dispatch(registry, InNorth(), platforms, "!", lambda: "1", self.clock)
        look_again = LookAgain(db.look, platforms, ReadAnswer(dispatch))
        settle = Settle(take_back)
        compose = Compose(
            settle,
            lambda _, asked: self.title(asked),
            lambda circle: circle.calendar.opens_on,
            platforms,
        )
        commands = publication_commands(
            mark=MarkMessage(keep, "!"),
            unmark=UnmarkMessage(db.begin),
            leave_out=LeaveOut(db.begin, platforms, take_back),
            list_lines=ListLines(db.begin, look_again, settle, "!"),
            review=ReviewLines(db.begin, look_again, settle, take_back),
            draft=DraftSummary(db.begin, look_again, compose, post, "!", platforms),
            publish=PublishSummary(
                db.begin,
                self.clock,
                look_again,
                compose,
                post,
                platforms,
                FetchPictures(db.look, platforms),
            ),
        )
        registry.add([*commands, ANSWER.using(None)])
        responders = [AnswerMark(keep, platforms), AnswerCommand(dispatch, db.look)]
        self.rights = PublicationRights(take_back)
        self.take = TakeBatch(db.begin, self.clock, [PublicationHears(take_back)], responders)
        self.answer = AnswerInbox(
            db.begin, db.look, db.together, self.clock, responders, post, db.after_erasure
        )

    def title(self, asked: Asked) -> str:
        return {"who-are-you": "Who are you?", "hopes": "What do you hope?"}.get(asked.prompt, "")

    async def open(self) -> None:
        async with self.db.writer.begin() as connection:
            await connection.run_sync(SQLModel.metadata.create_all)
        weeks = [("opening", "Opening", 1), ("asking", "Asking", 2), ("closing", "Closing", 1)]
        async with self.db.begin() as work:
            row = CircleRow(
                name="north",
                purpose="Learn together",
                question="What helps?",
                method="learning-circle",
                zone="Europe/Berlin",
                calendar=lay(weeks, date(2026, 3, 2)),
                state=CircleState.OPEN.value,
                licence="CC BY 4.0",
                made_at=self.clock.now(),
            )
            circle = await Circles(work).add(row)
            await Circles(work).attach(circle.id, ROOM)
            for who, consents in PEOPLE.items():
                await Members(work).put(self._member(circle.id, who, consents))
            await work.commit()

    def _member(self, circle: int, who: str, consents: Consents) -> Member:
        return Member(
            id=0,
            circle=circle,
            person=person(who),
            name=NAMES[who],
            roles=frozenset({"facilitator"} if who == "fay" else {"member"}),
            state=MemberState.JOINED,
            joined_at=self.clock.now(),
            consents=consents,
        )

    def event(self, who: str, kind: Kind = Kind.MESSAGE, text: str = "", **more: Any) -> Event:  # noqa: ANN401 - any further field
        self.count += 1
        return Event(
            id=f"$e{self.count}",
            at=self.clock.now(),
            platform="matrix",
            room=ROOM.id,
            kind=kind,
            author=person(who).id,
            name=NAMES[who],
            text=text,
            **more,
        )

    async def brings(self, *events: Event) -> None:
        """Let the platform bring events, and answer them."""
        await self.take(Batch("@bot:x", f"t{self.count}", events))
        await self.answer()

    async def writes(self, who: str, text: str) -> str:
        """Return the id of what somebody says in the room."""
        said = self.event(who, text=text)
        self.room.messages[said.id] = said
        await self.brings(said)
        return said.id

    async def reacts(self, who: str, message: str, emoji: str = "💡") -> str:
        reaction = self.event(who, Kind.REACTION, emoji, target=message)
        await self.brings(reaction)
        return reaction.id

    async def deletes(self, who: str, message: str) -> None:
        self.room.messages.pop(message, None)
        async with self.db.begin() as work:  # as the room that hears answers does
            await Answers(work).remove(MessageRef(ROOM, message))
            await work.commit()
        await self.brings(self.event(who, Kind.DELETE, target=message))

    async def edits(self, who: str, message: str, text: str, *, heard: bool = True) -> str:
        self.room.messages[message] = replace(self.room.messages[message], text=text)
        edit = self.event(who, Kind.EDIT, text, target=message)
        if heard:
            await self.brings(edit)
        return edit.id

    async def types(self, who: str, text: str, reply_to: str | None = None) -> str:
        """Return what somebody is answered to a command in their direct room, or as a reply."""
        where = {} if reply_to else {"direct": True}
        command = self.event(who, text=text, reply_to=reply_to, **where)
        if not reply_to:
            command = replace(command, room=DIRECT.id)
        await self.brings(command)
        (row,) = [row for row in await self.rows(OutboxRow) if row.prompt == command.id]
        return words(row.document)

    async def answers(self, who: str, text: str, asked: Asked = WELCOME) -> str:
        """Return the id of an answer to a prompt."""
        message = await self.writes(who, text)
        async with self.db.begin() as work:
            member = await Members(work).of(1, person(who))
            assert member is not None
            answer = PromptAnswer(
                id=0,
                circle=1,
                asked=asked,
                member=member.id,
                message=MessageRef(ROOM, message),
                text=text if member.consents.quoted else None,
                answered_at=self.clock.now(),
            )
            await Answers(work).put(answer)
            await work.commit()
        return message

    async def prompts(self, prompt: str) -> None:
        """Note that a prompt was posted."""
        key = DeliveryKey("1", "opening", prompt, 0, str(ROOM))
        post = Outgoing(key=key, to=ROOM, document=Document(), circle=1)
        async with self.db.begin() as work:
            await Outbox(work).add([post], self.clock.now())
            await work.commit()
        await self.sent(prompt)

    async def sent(self, prompt: str) -> None:
        """Let the posts of a prompt have gone."""
        async with self.db.begin() as work:
            await work.run(
                update(OutboxRow)
                .where(OutboxRow.prompt == prompt)
                .values(state=State.SENT.value, document=None, sent_at=self.clock.now())
            )
            await work.commit()

    async def consents(self, who: str, **changes: bool) -> None:
        """Change consents as the room of circles does."""
        async with self.db.begin() as work:
            member = await Members(work).of(1, person(who))
            assert member is not None
            now = replace(member, consents=replace(member.consents, **changes))
            await Members(work).put(now)
            await self.rights.consent_changed(now, member.consents, work)
            await work.commit()

    async def forgets(self, who: str) -> None:
        """Forget somebody as the room of rights does."""
        async with self.db.begin() as work:
            for row in await Members(work).everywhere(person(who)):
                await Answers(work).forget(row.id or 0)
            await self.rights.forget(person(who), work)
            await Outbox(work).forget(str(People.of(person(who))))
            await Members(work).forget(person(who))
            await work.commit()

    async def rows(self, kind: type[Any]) -> list[Any]:
        async with self.db.look() as work:
            return list(await work.all(select(kind)))

    async def number(self, message: str) -> int:
        async with self.db.look() as work:
            quote = await Quotes(work).at(MessageRef(ROOM, message))
        assert quote is not None
        return quote.number

    async def state(self, message: str) -> QuoteState | None:
        async with self.db.look() as work:
            quote = await Quotes(work).at(MessageRef(ROOM, message))
        return quote and quote.state

    async def to(self, who: str, phase: str = "-review") -> list[str]:
        """Return what waits to be told to somebody."""
        target = str(People.of(person(who)))
        return [
            words(row.document)
            for row in await self.rows(OutboxRow)
            if row.target == target and row.phase == phase and row.state == State.WAITING.value
        ]

    async def files(self) -> dict[str, str]:
        """Return the files that wait to be posted, the last version of each."""
        found = {}
        for row in await self.rows(OutboxRow):
            for block in row.document.blocks if row.document else ():
                if isinstance(block, File):
                    found[block.name] = block.content.decode()
        return found

    async def published(self) -> str:
        """Return the last publication as Markdown and HTML in one."""
        rows = await self.rows(PublicationRow)
        return rows[-1].markdown + rows[-1].html if rows else ""

    async def bytes_of_store(self) -> bytes:
        """Return every byte of the database's files, after it was closed."""
        await self.db.aclose()
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("x.db*")))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Give a circle that has begun."""
    made = World(tmp_path)
    await made.open()
    yield made
    await made.db.aclose()


# --- marks -------------------------------------------------------------------------------------


async def test_a_reaction_keeps_a_message_without_a_word(world: World) -> None:
    message = await world.writes("ana", "Small steps carry far")
    await world.writes("ana", "Nobody marks this")

    await world.reacts("cem", message, "⭐\ufe0f")

    (kept,) = await world.rows(KeptRow)
    assert (kept.text, kept.phase) == ("Small steps carry far", "opening")
    assert [row.kind for row in await world.rows(MarkRow)] == ["insight"]
    assert await world.rows(OutboxRow) == []


async def test_other_reactions_and_strangers_mark_nothing(world: World) -> None:
    message = await world.writes("ana", "Small steps")

    await world.reacts("bo", message, "👍")
    stranger = replace(world.event("bo", Kind.REACTION, "💡", target=message), author="@guest:x")
    await world.brings(stranger)

    assert await world.rows(KeptRow) == []


async def test_a_reaction_taken_away_takes_the_words_away(world: World) -> None:
    message = await world.writes("ana", "Small steps")
    reaction = await world.reacts("bo", message)
    await world.reacts("cem", message, "🎯")

    await world.deletes("bo", reaction)
    assert len(await world.rows(KeptRow)) == 1
    await world.brings(world.event("cem", Kind.DELETE, target=f"$e{world.count - 1}"))

    assert await world.rows(KeptRow) == []
    assert await world.rows(MarkRow) == []


async def test_a_reaction_taken_away_before_it_was_answered_marks_nothing(world: World) -> None:
    message = await world.writes("ana", "Small steps")
    reaction = world.event("bo", Kind.REACTION, "💡", target=message)
    gone = world.event("bo", Kind.DELETE, target=reaction.id)

    await world.brings(reaction, gone)

    assert await world.rows(KeptRow) == []


async def test_a_mark_on_words_of_somebody_who_did_not_agree_stores_nothing_and_tells_nothing(
    world: World,
) -> None:
    message = await world.writes("cem", "My private thought")
    open_ = await world.writes("bo", "My open thought")

    await world.reacts("ana", message)
    await world.reacts("ana", message, "🎯")
    assert await world.rows(OutboxRow) == []
    for typed in ("!mark thanks", "!unmark", "!unmark"):
        refused = await world.types("ana", typed, reply_to=message)
        assert refused == await world.types("ana", typed, reply_to=open_)

    assert await world.rows(KeptRow) == []
    assert await world.rows(MarkRow) == []
    assert b"My private thought" not in await world.bytes_of_store()


async def test_a_command_marks_the_message_it_replies_to(world: World) -> None:
    message = await world.writes("ana", "Read chapter two")

    told = await world.types("bo", "!mark resource", reply_to=message)
    assert "marked as resource" in told
    assert [row.kind for row in await world.rows(MarkRow)] == ["resource"]

    assert "No mark of yours" in await world.types("bo", "!unmark", reply_to=message)
    assert await world.rows(KeptRow) == []


async def test_a_command_says_what_it_cannot_mark(world: World) -> None:
    theirs = await world.writes("cem", "Mine")

    assert "as a reply" in await world.types("bo", "!mark")
    assert "cannot find" in await world.types("bo", "!mark", reply_to="$nothing")
    assert "kind is one of" in await world.types("bo", "!mark nonsense", reply_to=theirs)
    assert await world.rows(KeptRow) == []


# --- draft and review --------------------------------------------------------------------------


async def test_a_draft_asks_everyone_quoted_once_and_privately(world: World) -> None:
    await world.prompts("who-are-you")
    await world.answers("ana", "I mend bicycles")
    await world.answers("bo", "I bake bread")
    await world.answers("cem", "I say nothing aloud")
    marked = await world.writes("bo", "Ask early")
    await world.reacts("ana", marked)

    told = await world.types("fay", "!summary draft")
    again = await world.types("fay", "!summary draft")

    assert "0 lines approved" in told
    assert "3 lines still waiting" in told
    assert "2 people asked" in told
    assert "asked privately" not in again
    assert "bicycles" not in told
    (bo,) = await world.to("bo")
    assert "I bake bread" in bo
    assert "Ask early" in bo
    assert "without your name" in bo
    assert f"Line {await world.number(marked)}" in bo
    (ana,) = await world.to("ana")
    assert "as Ana Diaz" in ana
    assert await world.to("cem") == []


async def test_only_facilitators_draft_and_publish(world: World) -> None:
    assert "facilitators" in await world.types("bo", "!summary draft")
    assert "facilitators" in await world.types("bo", "!summary publish")


async def test_silence_publishes_nothing(world: World) -> None:
    await world.answers("ana", "I mend bicycles")
    await world.types("fay", "!summary draft")

    told = await world.types("fay", "!summary publish")

    assert "Nothing can be published yet" in told
    assert await world.rows(PublicationRow) == []
    assert await world.files() == {}


async def test_what_was_approved_is_published_in_every_room(world: World) -> None:
    await world.prompts("who-are-you")
    await world.prompts("hopes")
    await world.prompts("checklist")
    ana = await world.answers("ana", "I mend bicycles, says Ana Diaz")
    bo = await world.answers("bo", "I bake bread with Ana Diaz and Cem and @bo:x and Gustav")
    silent = await world.writes("bo", "Not approved")
    await world.reacts("ana", silent)
    await world.types("fay", "!summary draft")
    assert "approved" in await world.types("ana", "!review approve")
    assert "approved" in await world.types("bo", f"!review approve {await world.number(bo)}")

    told = await world.types("fay", "!summary publish")

    assert "Version 1 with 2 lines goes to 1 room" in told
    assert "1 line without an approval" in told
    files = await world.files()
    assert set(files) == {"north.md", "north.html"}
    for text in files.values():
        plain = text.replace("\\", "")
        assert "I mend bicycles, says Ana Diaz" in plain
        assert "I bake bread with Ana Diaz and [a member] and [a member] and [a member]" in plain
        assert f"https://matrix.to/#/!north:x/{ana}" in plain
        assert f"!north:x/{bo}" not in plain
        assert "Not approved" not in plain
        assert "What do you hope?" in plain
        assert "checklist" not in plain
        for hidden in ("Bo Lindqvist", "Cem", "Gustav", "@bo"):
            assert hidden not in plain
    posts = [row for row in await world.rows(OutboxRow) if row.phase == "-publication"]
    assert [(row.target, row.prompt) for row in posts] == [
        (str(ROOM), "contents"),
        (str(ROOM), "markdown"),
        (str(ROOM), "html"),
    ]
    assert [len(row.document.blocks) for row in posts[1:]] == [1, 1]


async def test_a_line_can_be_published_without_the_name_of_its_author(world: World) -> None:
    message = await world.answers("ana", "Signed: Ana Diaz")
    await world.types("fay", "!summary draft")

    await world.types("ana", "!review unname")
    await world.types("ana", "!review approve all")
    await world.types("fay", "!summary publish")

    whole = await world.published()
    assert await world.state(message) is QuoteState.UNNAMED
    assert "[a member]" in whole
    assert "matrix.to" not in whole
    assert whole.count("Ana Diaz") == 2, "once in each list of who took part"


async def test_publishing_again_posts_only_what_is_new(world: World) -> None:
    await world.answers("ana", "I mend bicycles")
    await world.types("fay", "!summary draft")
    await world.types("ana", "!review approve all")
    await world.types("fay", "!summary publish")
    first = await world.files()

    assert "Nothing has changed since version 1" in await world.types("fay", "!summary publish")

    bread = await world.answers("bo", "I bake bread")
    await world.types("fay", "!summary draft")
    await world.types("bo", "!review approve all")
    assert "Version 2" in await world.types("fay", "!summary publish")
    assert await world.files() != first

    assert "taken back" in await world.types("bo", f"!review withdraw {await world.number(bread)}")
    assert "Version 3" in await world.types("fay", "!summary publish")
    assert await world.files() == first, "the same state gives the same bytes"


async def test_a_member_sees_and_decides_only_about_their_own_lines(world: World) -> None:
    mine = await world.answers("ana", "I mend bicycles")
    theirs = await world.answers("bo", "I bake bread")
    await world.types("fay", "!summary draft")

    listed = await world.types("ana", "!review list")
    assert "I mend bicycles" in listed
    assert "bread" not in listed
    number = await world.number(theirs)
    assert f"no line {number} of yours" in await world.types("ana", f"!review approve {number}")
    assert "which line" in await world.types("ana", "!review approve please")
    assert await world.state(theirs) is QuoteState.ASKED
    assert await world.state(mine) is QuoteState.ASKED
    assert "No words of yours" in await world.types("cem", "!review list")


async def test_who_withdrew_a_marked_line_can_mark_it_again_and_nobody_else(world: World) -> None:
    message = await world.writes("bo", "Second thoughts")
    await world.reacts("ana", message)
    await world.types("fay", "!summary draft")
    number = await world.number(message)

    await world.types("bo", f"!review withdraw {number}")

    assert await world.rows(KeptRow) == []
    assert "Noted" in await world.types("ana", "!mark", reply_to=message)
    assert await world.rows(KeptRow) == []
    assert "no words of that line" in await world.types("bo", f"!review approve {number}")
    await world.types("bo", "!mark", reply_to=message)
    assert [row.text for row in await world.rows(KeptRow)] == ["Second thoughts"]


# --- taking back -------------------------------------------------------------------------------


async def published_both(world: World) -> tuple[str, str]:
    """Publish an answer of Ana's and a marked message of Bo's."""
    ana = await world.answers("ana", "I mend bicycles with Bo Lindqvist")
    bo = await world.writes("bo", "Zwieback is my secret")
    await world.reacts("ana", bo)
    await world.types("fay", "!summary draft")
    await world.types("ana", "!review approve all")
    await world.types("bo", "!review approve all")
    await world.types("fay", "!summary publish")
    return ana, bo


async def test_deleted_words_are_nowhere(world: World) -> None:
    _, bo = await published_both(world)
    assert "Zwieback" in await world.published()

    await world.deletes("bo", bo)

    assert "Zwieback" not in await world.published()
    assert await world.files() == {}, "what waits with old words is taken back"
    assert any("post a new version" in told for told in await world.to("fay", "-republish"))
    assert not any("Bo" in told for told in await world.to("fay", "-republish"))
    assert "Version 2 with 1 line" in await world.types("fay", "!summary publish")
    assert all("Zwieback" not in text for text in (await world.files()).values())
    assert b"Zwieback" not in await world.bytes_of_store()


async def test_deleted_words_leave_a_question_that_had_not_gone_yet(world: World) -> None:
    await world.answers("bo", "I bake bread")
    marked = await world.writes("bo", "Zwieback is my secret")
    await world.reacts("ana", marked)
    await world.types("fay", "!summary draft")

    await world.deletes("bo", marked)

    (left,) = await world.to("bo")
    assert "bread" in left
    assert "Zwieback" not in left
    assert b"Zwieback" not in await world.bytes_of_store()


async def test_words_deleted_while_nobody_listened_are_gone_at_the_next_draft(world: World) -> None:
    _, bo = await published_both(world)
    del world.room.messages[bo]

    await world.types("fay", "!summary draft")

    assert await world.state(bo) is None
    assert b"Zwieback" not in await world.bytes_of_store()


@pytest.mark.parametrize("heard", [True, False])
async def test_edited_words_go_back_to_review(world: World, heard: bool) -> None:
    ana, bo = await published_both(world)

    await world.edits("bo", bo, "Rye is my secret", heard=heard)
    await world.types("fay", "!summary draft")

    assert await world.state(bo) is QuoteState.ASKED
    assert await world.state(ana) is QuoteState.APPROVED
    assert any("Rye is my secret" in told for told in await world.to("bo"))
    assert "Version 2 with 1 line" in await world.types("fay", "!summary publish")
    assert b"Zwieback" not in await world.bytes_of_store()


async def test_nobody_edits_the_words_of_others(world: World) -> None:
    _, bo = await published_both(world)

    await world.brings(world.event("cem", Kind.EDIT, "Bo is silly", target=bo))

    assert [row.text for row in await world.rows(KeptRow)] == ["Zwieback is my secret"]
    assert await world.state(bo) is QuoteState.APPROVED


async def test_an_edit_taken_away_leaves_none_of_its_words(world: World) -> None:
    message = await world.writes("bo", "Rye")
    await world.reacts("ana", message)
    edit = await world.edits("bo", message, "Zwieback is my secret")

    world.room.messages[message] = replace(world.room.messages[message], text="Rye")
    await world.brings(world.event("bo", Kind.DELETE, target=edit))

    assert [row.text for row in await world.rows(KeptRow)] == [""]
    await world.types("fay", "!summary draft")
    assert [row.text for row in await world.rows(KeptRow)] == ["Rye"]
    assert b"Zwieback" not in await world.bytes_of_store()


async def test_a_consent_withdrawn_between_draft_and_publication_counts(world: World) -> None:
    ana = await world.answers("ana", "I mend bicycles")
    bo = await world.writes("bo", "Zwieback is my secret")
    await world.reacts("ana", bo)
    await world.types("fay", "!summary draft")
    await world.types("ana", "!review approve all")
    await world.types("bo", "!review approve all")

    await world.consents("bo", quoted=False)
    await world.consents("ana", named=False)
    await world.types("fay", "!summary publish")

    whole = await world.published()
    assert "I mend bicycles" in whole
    assert "Zwieback" not in whole
    assert "Ana" not in whole
    assert f"/{ana}" not in whole
    assert b"Zwieback" not in await world.bytes_of_store()


async def test_a_consent_changed_behind_our_back_counts_too(world: World) -> None:
    _, bo = await published_both(world)
    async with world.db.begin() as work:
        await work.run(update(MemberRow).where(MemberRow.name == NAMES["bo"]).values(quoted=False))
        await work.commit()

    await world.types("fay", "!summary publish")

    assert "Zwieback" not in await world.published()
    assert await world.rows(KeptRow) == []
    assert await world.state(bo) is None


async def test_who_no_longer_wants_to_be_named_is_taken_out_of_the_kept_copy(world: World) -> None:
    await published_both(world)
    assert "Ana Diaz" in await world.published()

    await world.consents("ana", named=False)

    whole = await world.published()
    assert "Ana" not in whole
    assert "bicycles" in whole
    assert "matrix.to" not in whole
    assert await world.to("fay", "-republish") != []


async def test_who_has_left_can_still_take_name_and_words_out_of_what_was_published(
    world: World,
) -> None:
    await published_both(world)
    async with world.db.begin() as work:
        await work.run(update(MemberRow).where(MemberRow.name == NAMES["ana"]).values(state="left"))
        await work.commit()
    change = ChangeMembership(
        world.db.begin,
        world.clock,
        EndMembership(world.clock, world.post, ()),
        (world.rights.consent_changed,),
        "!",
    )
    ana = Caller(person=person("ana"), name="Ana", room=ROOM, circle=1)

    await change.consent("named", False, ana)
    assert "Ana" not in await world.published()
    assert "bicycles" in await world.published()
    await change.consent("quoted", False, ana)
    assert "bicycles" not in await world.published()
    assert await world.to("fay", "-republish") != []


async def test_who_is_forgotten_is_nowhere_and_the_publication_is_made_anew(world: World) -> None:
    ana, _ = await published_both(world)
    await world.reacts("bo", ana)

    await world.forgets("bo")

    assert "Zwieback" not in await world.published()
    assert await world.to("fay", "-republish") != []
    assert "Version 2" in await world.types("fay", "!summary publish")
    whole = await world.published()
    assert "I mend bicycles with [a member]" in whole.replace("\\", "")
    store = await world.bytes_of_store()
    assert b"I mend bicycles" in store
    for trace in (b"Zwieback", b"Lindqvist", b"@bo:x"):
        assert trace not in store


async def test_a_marker_who_is_forgotten_takes_their_marks_along(world: World) -> None:
    message = await world.writes("ana", "Small steps")
    await world.reacts("cem", message)

    await world.forgets("cem")

    assert await world.rows(KeptRow) == []
    assert await world.rows(MarkRow) == []


async def test_a_member_is_shown_all_that_is_kept(world: World) -> None:
    await published_both(world)

    async with world.db.look() as work:
        bo = words(await world.rights.shown(person("bo"), work))
        ana = words(await world.rights.shown(person("ana"), work))
        cem = (await world.rights.shown(person("cem"), work)).blocks

    assert "Zwieback is my secret" in bo
    assert "approved" in bo
    assert "Your mark on a message, as insight" in ana
    assert cem == ()


# --- trouble -----------------------------------------------------------------------------------


async def test_publishing_goes_well_while_words_and_consents_change(world: World) -> None:
    messages = [await world.writes(who, f"Thought {n} of {who}") for n in range(6) for who in BOTH]
    for message in messages:
        await world.reacts("ana" if "bo" in world.room.messages[message].author else "bo", message)
    await world.types("fay", "!summary draft")
    over, told = asyncio.Event(), list[str]()

    async def publish() -> None:
        while not over.is_set():
            told.append(await world.types("fay", "!summary publish"))
            told.append(await world.types("fay", "!summary draft"))

    async def change() -> None:
        for n, message in enumerate(messages):
            who = "ana" if world.room.messages[message].author == person("ana").id else "bo"
            approve = replace(world.event(who, text="!review approve all", direct=True))
            await world.take(Batch("@bot:x", f"a{n}", (replace(approve, room=DIRECT.id),)))
            if n % 3 == 0:
                del world.room.messages[message]
                gone = world.event(who, Kind.DELETE, target=message)
                await world.take(Batch("@bot:x", f"d{n}", (gone,)))
            elif n % 3 == 1:
                world.room.messages[message] = replace(
                    world.room.messages[message], text=f"Changed {n}"
                )
                edit = world.event(who, Kind.EDIT, f"Changed {n}", target=message)
                await world.take(Batch("@bot:x", f"e{n}", (edit,)))
            else:
                await world.consents(who, named=n % 2 == 0, quoted=n % 4 == 1)
                await world.consents(who, quoted=True)
        over.set()

    async with asyncio.TaskGroup() as group:
        group.create_task(publish())
        group.create_task(change())

    assert len(told) > 4
    answers = [words(row.document) for row in await world.rows(OutboxRow) if row.document]
    assert not any("went wrong" in said for said in [*told, *answers])
    await world.types("fay", "!summary publish")
    whole = await world.published()
    assert not any(f"Thought {n} of" in whole for n in (0, 3)), "those were deleted or changed"


async def test_a_draft_reads_and_changes_all_lines_together(world: World) -> None:
    async def statements() -> int:
        asked = list[str]()

        def note(_c: object, _cursor: object, statement: str, *_more: object) -> None:
            asked.append(statement)

        writer = world.db.writer.sync_engine
        sqlalchemy.event.listen(writer, "before_cursor_execute", note)
        await world.types("fay", "!summary draft")
        sqlalchemy.event.remove(writer, "before_cursor_execute", note)
        return sum(each.startswith(("SELECT", "UPDATE")) for each in asked)

    async def one_more(count: int) -> None:
        for _ in range(count):
            message = await world.writes("ana", f"Thought {world.count}")
            await world.reacts("bo", message)

    await one_more(2)
    few = await statements()
    await one_more(12)
    assert await statements() == few


async def test_what_cannot_be_looked_at_is_left_out_and_told(world: World) -> None:
    await published_both(world)
    world.room.closed = True

    told = await world.types("fay", "!summary draft")

    assert "2 messages that I could not look at" in told
    assert len(await world.rows(KeptRow)) == 1
    assert "Nothing can be published" in await world.types("fay", "!summary publish")


async def test_a_platform_that_is_away_changes_nothing(world: World) -> None:
    message = await world.answers("ana", "I mend bicycles")
    world.room.away = True

    assert "try again" in await world.types("fay", "!summary draft")
    assert await world.state(message) is None


async def test_the_same_events_again_change_nothing(world: World) -> None:
    message = await world.writes("ana", "Small steps")
    reaction = world.event("bo", Kind.REACTION, "💡", target=message)

    await world.brings(reaction)
    await world.brings(reaction)

    assert len(await world.rows(MarkRow)) == 1
    gone = world.event("bo", Kind.DELETE, target=reaction.id)
    await world.brings(gone)
    await world.brings(gone)
    assert await world.rows(KeptRow) == []


async def test_two_circles_that_lived_the_same_publish_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        world = World(tmp_path / name)
        await world.open()
        await published_both(world)
        made.append(await world.files())
        await world.db.aclose()

    assert made[0] == made[1]


async def test_who_left_is_not_quoted(world: World) -> None:
    await published_both(world)
    async with world.db.begin() as work:
        member = await Members(work).of(1, person("bo"))
        assert member is not None
        await Members(work).put(replace(member, state=MemberState.LEFT))
        await work.commit()

    assert "Version 2 with 1 line" in await world.types("fay", "!summary publish")
    assert "Zwieback" not in await world.published()


@pytest.mark.parametrize(
    ("typed", "more"),
    [
        ("!answer I mend bicycles", {}),
        ("!answer North I mend bicycles", {}),
        ("/answer I mend bicycles", {}),
        ("@bot answer north I mend bicycles", {"called": "answer north I mend bicycles"}),
        ("answer north I mend bicycles", {"direct": True}),
    ],
)
async def test_an_answer_given_by_command_is_quoted_without_the_command(
    world: World, typed: str, more: dict[str, Any]
) -> None:
    message = await world.answers("ana", "I mend bicycles")
    said = world.room.messages[message]
    world.room.messages[message] = replace(said, text=typed, **more)

    await world.types("fay", "!summary draft")

    (asked,) = await world.to("ana")
    assert "!answer" not in asked
    async with world.db.look() as work:
        (answer,) = await Answers(work).in_circle(1)
        kept = await Harvested(work).in_circle(1)
    assert (answer.text, kept) == ("I mend bicycles", [])


# --- what is attached ---------------------------------------------------------------------------


async def shows(world: World, who: str, *files: File, text: str = "my bread") -> str:
    """Return the id of a marked message with files, whose author approved it."""
    message = await world.writes(who, text)
    names = tuple(file.description for file in files)
    world.room.messages[message] = replace(world.room.messages[message], files=names)
    world.room.attached[message] = files
    await world.types("fay", "!mark", message)
    await world.types("fay", "!summary draft")
    await world.types(who, "!review approve all")
    return message


async def test_pictures_of_approved_lines_are_in_the_page_and_named_elsewhere(world: World) -> None:
    loaf = File("loaf.png", "image/png", png(b"loaf"), "A loaf that Cem baked")
    plan = File("plan.pdf", "application/pdf", b"", "plan.pdf")
    await shows(world, "ana", loaf, plan)
    assert "[file: plan.pdf]" in await world.types("ana", "!review list")
    await world.types("fay", "!summary publish")
    (row,) = await world.rows(PublicationRow)
    data = b64encode(png(b"loaf")).decode()
    assert (
        f'<img src="data:image/png;base64,{data}" alt="A loaf that [a member] baked"/>' in row.html
    )
    for text in (row.markdown.replace("\\", ""), row.html):
        assert "[file: A loaf that [a member] baked]" in text
        assert "[file: plan.pdf]" in text
    assert data not in row.markdown
    assert "Nothing has changed" in await world.types("fay", "!summary publish")


async def test_pictures_go_with_their_line(world: World) -> None:
    await shows(world, "ana", File("loaf.png", "image/png", png(b"loaf"), "A loaf"))
    await shows(world, "bo", File("soup.png", "image/png", png(b"soup"), "A soup"))
    await world.types("fay", "!summary publish")
    await world.types("ana", "!review withdraw 1")
    (row,) = await world.rows(PublicationRow)
    loaf, soup = (b64encode(png(name)).decode() for name in (b"loaf", b"soup"))
    assert loaf not in row.html
    assert loaf not in str(row.summary)
    assert soup in row.html


async def test_what_is_too_large_or_no_picture_that_can_be_cleaned_is_only_named(
    world: World,
) -> None:
    large = File("large.png", "image/png", png(bytes(LARGEST)), "large.png")
    odd = File("odd.svg", "image/svg+xml", b"<svg/>", "odd.svg")
    await shows(world, "ana", large, odd)
    await world.types("fay", "!summary publish")
    (row,) = await world.rows(PublicationRow)
    assert "<img" not in row.html
    assert "[file: large.png]" in row.html
    assert "[file: odd.svg]" in row.html


async def test_a_file_that_is_added_after_the_approval_goes_back_to_review(world: World) -> None:
    message = await shows(world, "ana")
    world.room.messages[message] = replace(world.room.messages[message], files=("secret.png",))
    await world.types("fay", "!summary draft")
    assert await world.state(message) is QuoteState.ASKED
