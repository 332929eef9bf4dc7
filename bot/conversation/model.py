"""The values that every room shares: references, documents, events, roles, errors."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol


class DomainError(Exception):
    """A rule said no; the text is a sentence for the person who asked."""


class PlatformError(Exception):
    """A platform answered with something that trying again does not mend."""


class PlatformUnavailable(PlatformError):
    """The service is down or asks to slow down; trying again later may work."""

    def __init__(self, text: str, retry_after: timedelta | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class NotPermitted(PlatformError):
    """The bot may not do that there."""


class Unreachable(NotPermitted):
    """The person does not take direct messages from the bot."""


class ThreadLost(NotPermitted):
    """A post cannot stand in its thread any more, which is locked or gone; its room may take it."""


class Ambiguous(PlatformError):
    """Several messages may be the one that is looked for."""


class AccountLost(PlatformError):
    """The bot's account no longer works (a dead token); only a person can mend that."""


class Clock(Protocol):
    """Tells the time; the only source of now."""

    def now(self) -> datetime:
        """Return the present moment, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True, order=True)
class PersonRef:
    """One account on one platform."""

    platform: str
    id: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.id}"


@dataclass(frozen=True, slots=True, order=True)
class RoomRef:
    """One room or channel on one platform."""

    platform: str
    id: str

    def __str__(self) -> str:
        return f"{self.platform}:{self.id}"


@dataclass(frozen=True, slots=True, order=True)
class MessageRef:
    """One message, in the room where it stands."""

    room: RoomRef
    id: str


@dataclass(frozen=True, slots=True, order=True)
class People:
    """A direct room with exactly these people and the bot; `ids` are sorted and not empty."""

    platform: str
    ids: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.platform}:{'+'.join(self.ids)}"

    @classmethod
    def of(cls, *people: PersonRef) -> "People":
        """Return the direct room of `people`, who are all on one platform."""
        (platform,) = {person.platform for person in people}
        return cls(platform, tuple(sorted({person.id for person in people})))


Target = RoomRef | People


@dataclass(frozen=True, slots=True)
class DeliveryKey:
    """The identity of one post, for ever: what it says, of which occasion, to whom.

    `target` is the room or the people; `part` counts the messages of a long document.
    """

    circle: str
    phase: str
    prompt: str
    occurrence: int
    target: str
    part: int = 0

    def __str__(self) -> str:
        return (
            f"{self.circle}/{self.phase}/{self.prompt}/{self.occurrence}/{self.target}/{self.part}"
        )


# --- documents: what is said, before any platform's markup ---------------------------------


@dataclass(frozen=True, slots=True)
class Text:
    """Words, plain or in one style.

    `given` is what a typed command gives, by field, for platforms that show the fields.
    """

    text: str
    style: Literal["", "strong", "emph", "code"] = ""
    kind: Literal["text"] = "text"
    given: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """Words that lead to `url` (http, https, mailto or matrix)."""

    text: str
    url: str
    kind: Literal["link"] = "link"


@dataclass(frozen=True, slots=True)
class Mention:
    """A person's name that rings for that person, by the account that is where it is shown.

    `others` are accounts of the same person on other platforms.
    """

    person: PersonRef
    name: str
    others: tuple[PersonRef, ...] = ()
    kind: Literal["mention"] = "mention"

    def on(self, platform: str) -> PersonRef | None:
        """Return the person's account on a platform, None without one."""
        return next((who for who in (self.person, *self.others) if who.platform == platform), None)


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment, shown in the reader's zone where the platform can, else in `zone`, named."""

    at: datetime
    zone: str = "UTC"
    form: Literal["datetime", "date"] = "datetime"
    kind: Literal["moment"] = "moment"


Inline = Text | Link | Mention | Moment
Line = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A title; `level` from 1."""

    text: Line
    level: int = 2
    kind: Literal["heading"] = "heading"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph."""

    text: Line
    kind: Literal["paragraph"] = "paragraph"


@dataclass(frozen=True, slots=True)
class Bullets:
    """A list, numbered or not."""

    items: tuple[Line, ...]
    ordered: bool = False
    kind: Literal["bullets"] = "bullets"


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody's words, verbatim."""

    text: Line
    kind: Literal["quote"] = "quote"


@dataclass(frozen=True, slots=True)
class Code:
    """Words to type or copy as they stand."""

    text: str
    kind: Literal["code"] = "code"


@dataclass(frozen=True, slots=True)
class Table:
    """A table; platforms without tables show it as a list."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    kind: Literal["table"] = "table"


@dataclass(frozen=True, slots=True)
class File:
    """A file that is sent along; `description` says what is in it to who cannot open it."""

    name: str
    media_type: str
    content: bytes
    description: str
    kind: Literal["file"] = "file"


@dataclass(frozen=True, slots=True)
class Action:
    """A button that gives `command` with what is `given`, by field; `form` asks the rest first.

    Whoever has no buttons types the command; the words around an action say so.
    """

    label: str
    command: str
    given: tuple[tuple[str, str], ...] = ()
    form: bool = False


@dataclass(frozen=True, slots=True)
class Actions:
    """Buttons below the words; platforms without buttons leave them out."""

    actions: tuple[Action, ...]
    kind: Literal["actions"] = "actions"


Block = Heading | Paragraph | Bullets | Quote | Code | Table | File | Actions


@dataclass(frozen=True, slots=True)
class Document:
    """What is said; `rings` is for words that should reach people who are not looking.

    `opens` is the title of the thread in which it is to be answered; empty where it opens none.
    """

    blocks: tuple[Block, ...] = ()
    rings: bool = False
    language: str = "en"
    opens: str = ""

    def __add__(self, other: "Document") -> "Document":
        """Return both, one after the other."""
        return replace(self, blocks=self.blocks + other.blocks, rings=self.rings or other.rings)

    @property
    def mentions(self) -> tuple[PersonRef, ...]:
        """Everyone whom the document mentions, once each, in order."""
        mentioned = (part for part in self.inlines() if isinstance(part, Mention))
        found = (who for part in mentioned for who in (part.person, *part.others))
        return tuple(dict.fromkeys(found))

    def inlines(self) -> Iterator[Inline]:
        """Yield every inline part in reading order."""
        for block in self.blocks:
            for line in lines_of(block):
                yield from line


def lines_of(block: Block) -> tuple[Line, ...]:
    """Return the lines of inline parts that a block holds."""
    if isinstance(block, Heading | Paragraph | Quote):
        return (block.text,)
    return block.items if isinstance(block, Bullets) else ()


def without_mention(document: Document, person: PersonRef) -> Document:
    """Return the document with "a member" where it mentions a person."""

    def is_meant(part: Inline) -> bool:
        return isinstance(part, Mention) and person in (part.person, *part.others)

    def bare(words: Line) -> Line:
        return tuple(Text("a member") if is_meant(part) else part for part in words)

    def cleared(block: Block) -> Block:
        if isinstance(block, Heading | Paragraph | Quote):
            return replace(block, text=bare(block.text))
        if isinstance(block, Bullets):
            return replace(block, items=tuple(map(bare, block.items)))
        return block

    return replace(document, blocks=tuple(map(cleared, document.blocks)))


def line(*parts: str | Inline) -> Line:
    """Return parts as one line; a plain string is plain text."""
    return tuple(Text(part) if isinstance(part, str) else part for part in parts if part != "")


def typed(text: str, **given: str) -> Text:
    """Return a command as it is typed, and what it gives by field."""
    return Text(text, "code", given=tuple(given.items()))


def paragraph(*parts: str | Inline) -> Paragraph:
    """Return a paragraph of these parts."""
    return Paragraph(line(*parts))


def bullets(items: Iterable[str | Line]) -> Bullets:
    """Return a list with one entry an item."""
    return Bullets(tuple(line(item) if isinstance(item, str) else item for item in items))


def say(*parts: str | Inline, rings: bool = False) -> Document:
    """Return a document of one paragraph."""
    return Document((paragraph(*parts),), rings=rings)


def document(*blocks: Block | str, rings: bool = False) -> Document:
    """Return a document of these blocks; a plain string is a paragraph."""
    made = tuple(paragraph(block) if isinstance(block, str) else block for block in blocks)
    return Document(made, rings=rings)


# --- forms: what is asked all at once, where a platform has forms ----------------------------


@dataclass(frozen=True, slots=True)
class FormField:
    """One question of a form, whose answer fills the command's field `name`.

    `many` lets several of the `choices` be taken; they come back joined by spaces. `value` is what
    stands there already (for choices: those taken, joined by spaces). A choice is a value and its
    words.
    """

    name: str
    label: str
    about: str = ""
    value: str = ""
    required: bool = False
    long: bool = False
    choices: tuple[tuple[str, str], ...] = ()
    many: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A form of one to five questions that gives `command`, `given` added to the answers."""

    title: str
    command: str
    fields: tuple[FormField, ...]
    given: tuple[tuple[str, str], ...] = ()


# --- events: one record of a conversation --------------------------------------------------


class Kind(StrEnum):
    """What happened; the first nine are the kinds of the record that files hold."""

    POST = "post"
    MESSAGE = "message"
    ANSWER = "answer"
    EDIT = "edit"
    DELETE = "delete"
    REACTION = "reaction"
    JOIN = "join"
    LEAVE = "leave"
    COMMAND = "command"
    MOVED = "moved"  # the room goes on under another id, which is the target
    UNREACTION = "unreaction"  # the author took the reaction `text` to the target away again


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened in a room: the record of a conversation, and what adapters tell.

    `thread` is the id of the thread's first message; `target` the id that an edit, a deletion or
    a reaction is about. `direct` is true in a room that only the author shares with the bot,
    `addressed` when the bot is mentioned or replied to; `called` is what follows the bot's name
    where the words begin with it. A COMMAND that was not typed has the command's name as `text`
    and its fields in `given`; `subject` is the message it was given on, as the platform showed it.
    `readable` is false where the platform keeps the words from the bot: they are unknown then,
    not empty. `edited_at` is when a message that was fetched got its present words, None for its
    first ones and where the platform does not tell. `files` are the descriptions of what is
    attached to a message, or the names where it has none. `answer_at` is the id of the place in
    which its author alone sees an answer to just this event, where the platform has such places.
    For JOIN and LEAVE `author` is who came or went (`bot` true when that is the bot itself) and
    `by` who did it.
    """

    id: str
    at: datetime
    platform: str
    room: str
    kind: Kind
    author: str
    text: str = ""
    thread: str | None = None
    reply_to: str | None = None
    target: str | None = None
    mentions: tuple[str, ...] = ()
    name: str = ""
    direct: bool = False
    addressed: bool = False
    called: str = ""
    bot: bool = False
    by: str = ""
    banned: bool = False
    given: tuple[tuple[str, str], ...] = ()
    subject: "Event | None" = None
    readable: bool = True
    edited_at: datetime | None = None
    files: tuple[str, ...] = ()
    answer_at: str = ""

    @property
    def person(self) -> PersonRef:
        """Who did it."""
        return PersonRef(self.platform, self.author)

    @property
    def where(self) -> RoomRef:
        """The room it happened in."""
        return RoomRef(self.platform, self.room)

    @property
    def ref(self) -> MessageRef:
        """The event's own place."""
        return MessageRef(self.where, self.id)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one look at a platform brought, and the `token` to ask on from."""

    account: str
    token: str
    events: tuple[Event, ...] = ()


# --- callers and roles ----------------------------------------------------------------------


class Role(StrEnum):
    """What a caller must be to use a command."""

    ANYONE = "anyone"
    MEMBER = "member"
    CARER = "carer"
    FACILITATOR = "facilitator"
    ORGANISER = "organiser"  # named in the config, or may manage the room
    ADMIN = "admin"


class Audience(StrEnum):
    """Who sees an answer."""

    CALLER = "caller"
    ROOM = "room"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, from where, and what they are in the circle that is meant.

    `circle` is the id of that circle, None when the command is about none. `typed` tells that
    `message` is a message of theirs which can be read again, and not only the id of a click.
    """

    person: PersonRef
    name: str
    room: RoomRef
    direct: bool = False
    roles: frozenset[Role] = frozenset({Role.ANYONE})
    circle: int | None = None
    message: str = ""
    thread: str | None = None
    reply_to: str | None = None
    said_at: datetime | None = None
    zone: str = "UTC"
    subject: Event | None = None
    typed: bool = True

    def may(self, role: Role) -> bool:
        """Return whether the caller has `role`."""
        return role in self.roles


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a platform can do; contract tests skip by these, never by a platform's name.

    `longest` counts the UTF-8 bytes of a message's plain words; `memory` is how long the platform
    recognises a repeated post by its key. `buttons` and `forms` are as in `Actions` and `Form`;
    `groups` tells that several people can share one direct room with the bot, `reads` that it
    sees the words of whole conversations and not only of what is said to it, `members` that it is
    told who is in a room and who leaves it, and `replays` that edits and deletions of the time in
    which it was away are told later.
    """

    longest: int
    memory: timedelta
    threads: bool = True
    reactions: bool = True
    edits: bool = True
    history: bool = True
    files: bool = True
    restarts: bool = True
    buttons: bool = False
    forms: bool = False
    groups: bool = True
    reads: bool = True
    members: bool = True
    replays: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command is answered with, and who sees it."""

    document: Document
    audience: Audience = Audience.CALLER
    private_in_public: bool = field(default=False)
