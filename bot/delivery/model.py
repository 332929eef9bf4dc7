"""Schedules and posts: when they are due, what identifies them, how they are cut."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.conversation.model import (
    Actions,
    Block,
    Bullets,
    DeliveryKey,
    Document,
    File,
    Inline,
    Line,
    Mention,
    Moment,
    Paragraph,
    Quote,
    RoomRef,
    Table,
    Target,
    Text,
    lines_of,
)

CATCH_UP = timedelta(hours=24)
"""How late a prompt may still be posted; later it is recorded as skipped and told."""

AWAY = datetime(9999, 1, 1, tzinfo=UTC)
"""Not before what a post waits for that is held until the bot is in the room again."""

RELAY = "relay"
"""The phase of what is carried from one person to another: once it is sent, nothing is kept."""


def due_at(wall: datetime, zone: str) -> datetime:
    """Return the moment, in UTC, at which clocks in `zone` show `wall` (naive).

    A time that a spring change leaves out is moved on by the gap; of a time that comes twice in
    autumn, the first one counts.
    """
    return wall.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours in which nothing is sent unasked, on clocks in `zone`; may span midnight."""

    since: time
    until: time
    zone: str

    def over_at(self, moment: datetime) -> datetime:
        """Return `moment` itself outside quiet hours, else the moment at which they end."""
        local = moment.astimezone(ZoneInfo(self.zone))
        clock = local.time()
        if self.since <= self.until:
            inside, tomorrow = self.since <= clock < self.until, False
        else:
            inside, tomorrow = clock >= self.since or clock < self.until, clock >= self.since
        if not inside:
            return moment
        day = local.date() + timedelta(days=1 if tomorrow else 0)
        return max(moment, due_at(datetime.combine(day, self.until), self.zone))


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Something of `kind` that is due for a circle; `subject` says what, in the kind's own words.

    `wall` is the local time in `zone` and is the truth; `due_at` follows from it.
    """

    circle: int
    kind: str
    subject: str
    wall: datetime
    zone: str
    window: timedelta = CATCH_UP
    id: int | None = None

    @property
    def due_at(self) -> datetime:
        """The moment in UTC."""
        return due_at(self.wall, self.zone)


class State(StrEnum):
    """What became of a post."""

    WAITING = "waiting"
    SENT = "sent"
    SKIPPED = "skipped"  # too late to be worth sending
    REFUSED = "refused"  # the platform says no, for good
    WITHDRAWN = "withdrawn"  # the circle no longer wants it


@dataclass(frozen=True, slots=True)
class Redaction:
    """A post to remove again, every part of it; it was written at `since`, not before."""

    key: DeliveryKey
    since: datetime


def change_of(part: DeliveryKey, number: int) -> DeliveryKey:
    """Return the key of the nth change of what a post says."""
    return replace(part, prompt=f"{part.prompt}-as-{number}")


def removal_of(part: DeliveryKey) -> DeliveryKey:
    """Return the key under which a post is removed: once and for good."""
    return replace(part, prompt=f"{part.prompt}-gone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """A post on its way.

    `thread` is the id of the message under which it stands, or `thread_of` the key of one that
    may not be sent yet. `quiet` holds it back in those hours, `expires_at` is when it is no longer
    worth sending, and `instead` is said in a room when the people cannot be reached, or when the
    room that was meant is shut. A post that is `threaded` opens a thread with its first part, in
    which the other parts stand. One that `redacts` says nothing: it removes an earlier post from
    the room. One that `changes` an earlier message of ours lets it say the document, and removes
    it when the document is empty.
    """

    key: DeliveryKey
    to: Target
    document: Document
    circle: int | None = None
    thread: str | None = None
    thread_of: str | None = None
    quiet: Quiet | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None
    instead: tuple[RoomRef, Document] | None = None
    threaded: bool = False
    redacts: Redaction | None = None
    changes: DeliveryKey | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A post as the outbox holds it; `where` and `message` are known once it is sent.

    `under` is the key of the post in whose thread it stands.
    """

    id: int
    key: str
    circle: int | None
    phase: str
    prompt: str
    occurrence: int
    target: str
    state: State
    attempts: int
    where: RoomRef | None
    message: str | None
    created_at: datetime
    sent_at: datetime | None
    under: str | None = None


def backoff(attempts: int) -> timedelta:
    """Return how long to wait after the nth failed attempt: doubling, five minutes at most."""
    return timedelta(seconds=min(300, 2 ** min(attempts, 9)))


def parts(post: Outgoing, longest: int) -> list[Outgoing]:
    """Return the post cut at block ends into messages of at most `longest` bytes of words.

    Each part has its own key; a file stands alone; parts after the first open no thread, and
    stand in the post's own, or in the first one's when the post is threaded.
    """
    first, *more = _pages(post.document, longest)
    inside = post.thread or post.thread_of
    under = str(post.key) if post.threaded and not inside else post.thread_of
    return [
        replace(post, document=first),
        *(
            replace(
                post,
                key=replace(post.key, part=post.key.part + number),
                document=replace(document, opens=""),
                thread_of=under,
            )
            for number, document in enumerate(more, start=1)
        ),
    ]


def _pages(document: Document, longest: int) -> Iterator[Document]:
    """Yield documents that fit, each holding whole blocks where a block fits."""
    page: list[Block] = []
    for block in document.blocks:
        for piece in _pieces(block, longest):
            alone = isinstance(piece, File) or (page and isinstance(page[0], File))
            if page and (alone or sum(map(size, page)) + size(piece) > longest):
                yield replace(document, blocks=tuple(page))
                page = []
            page.append(piece)
    if page or not document.blocks:
        yield replace(document, blocks=tuple(page))


def size(block: Block) -> int:
    """Return the UTF-8 bytes of the block's plain words, line ends and marks counted."""
    if isinstance(block, Table):
        return sum(len(cell.encode()) + 4 for row in (block.head, *block.rows) for cell in row)
    if isinstance(block, File | Actions):
        return 0
    if isinstance(block, Bullets):
        return sum(_width(item) + 4 for item in block.items)
    words = lines_of(block)
    return sum(map(_width, words)) + 6 if words else len(getattr(block, "text", "").encode()) + 8


def _width(words: Line) -> int:
    return sum(map(_inline_width, words))


def _inline_width(part: Inline) -> int:
    if isinstance(part, Moment):
        return 48
    words = part.name if isinstance(part, Mention) else part.text
    return len(words.encode()) + len(getattr(part, "url", "").encode()) + 4


def _pieces(block: Block, longest: int) -> Iterator[Block]:
    """Yield the block itself when it fits, else smaller blocks of its kind that do."""
    if size(block) <= longest:
        yield block
    elif isinstance(block, Bullets):
        yield from (Bullets((item,), block.ordered) for item in _lines(block.items, longest))
    elif isinstance(block, Table):
        yield from (Table(block.head, (row,)) for row in block.rows)
    elif isinstance(block, Paragraph | Quote):
        yield from (type(block)(text) for text in _lines((block.text,), longest))
    else:
        yield block


def _lines(lines: tuple[Line, ...], longest: int) -> Iterator[Line]:
    """Yield lines that fit; plain words longer than that are cut between words."""
    for words in lines:
        held: list[Inline] = []
        for part in words:
            for piece in _words(part, longest // 2):
                if held and _width(tuple(held)) + _inline_width(piece) > longest - 16:
                    yield tuple(held)
                    held = []
                held.append(piece)
        yield tuple(held)


def _words(part: Inline, longest: int) -> Iterator[Inline]:
    """Yield the part in pieces of at most about `longest` bytes, cut at spaces where it can."""
    if not isinstance(part, Text) or len(part.text.encode()) <= longest:
        yield part
        return
    rest = part.text
    while rest:
        head = rest.encode()[:longest].decode(errors="ignore")
        space = head.rfind(" ")
        if len(head) < len(rest) and space > 0:
            head = head[: space + 1]
        yield replace(part, text=head)
        rest = rest[len(head) :]
