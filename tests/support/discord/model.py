"""What Discord knows: people, guilds, channels, messages. Ids are whole numbers here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

TEXT, DM, FORUM = 0, 1, 15
PUBLIC_THREAD, PRIVATE_THREAD = 11, 12
THREADS = frozenset({PUBLIC_THREAD, PRIVATE_THREAD})

EPHEMERAL = 1 << 6
LOADING = 1 << 7
COMPONENTS_V2 = 1 << 15
HAS_THREAD = 1 << 5


class ApiError(Exception):
    """Discord refuses: an HTTP status, its own code and a sentence, as they stand on the wire."""

    def __init__(self, status: int, code: int, text: str, **details: Any) -> None:  # noqa: ANN401
        super().__init__(f"{status} ({code}): {text}")
        self.status = status
        self.code = code
        self.body: Json = {"code": code, "message": text} | details


@dataclass(eq=False)
class User:
    """An account."""

    id: int
    name: str
    bot: bool = False
    takes_direct_messages: bool = True
    locale: str = "en-US"


@dataclass(eq=False)
class Role:
    """A role of a guild; @everyone has the guild's id."""

    id: int
    name: str
    permissions: int
    position: int = 1
    mentionable: bool = False
    bot: int | None = None


@dataclass(eq=False)
class Member:
    """A person in a guild."""

    user: User
    joined_at: datetime
    roles: list[int] = field(default_factory=list)
    nick: str | None = None


@dataclass(eq=False)
class Guild:
    """A server, as people call it."""

    id: int
    name: str
    owner: User
    locale: str = "en-US"
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    banned: set[int] = field(default_factory=set)
    system_channel: int | None = None


@dataclass
class Overwrite:
    """What a channel allows and denies one role (kind 0) or member (kind 1)."""

    id: int
    kind: int
    allow: int = 0
    deny: int = 0


@dataclass
class ThreadState:
    """What a thread has beyond a channel."""

    owner: int
    created_at: datetime
    archived_at: datetime
    archived: bool = False
    locked: bool = False
    invitable: bool = True
    auto_archive_minutes: int = 4320
    members: dict[int, datetime] = field(default_factory=dict)
    total_sent: int = 0


@dataclass
class Tag:
    """A tag that posts of a forum may have."""

    id: int
    name: str
    moderated: bool = False


@dataclass(eq=False)
class Attachment:
    """A file in a message."""

    id: int
    filename: str
    data: bytes
    content_type: str
    channel: int
    description: str | None = None


@dataclass(frozen=True)
class Pings:
    """Who a message really rang for."""

    users: frozenset[int] = frozenset()
    roles: frozenset[int] = frozenset()
    everyone: bool = False


@dataclass(frozen=True)
class Version:
    """How a message read before an edit."""

    content: str
    embeds: list[Json]
    components: list[Json]
    until: datetime


@dataclass(eq=False)
class Channel:
    """A text channel, a forum, a thread or a direct conversation."""

    id: int
    kind: int
    guild: Guild | None = None
    name: str = ""
    parent: "Channel | None" = None
    topic: str | None = None
    position: int = 0
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    messages: "dict[int, Message]" = field(default_factory=dict)
    thread: ThreadState | None = None
    recipients: list[User] = field(default_factory=list)
    tags: list[Tag] = field(default_factory=list)
    applied_tags: list[int] = field(default_factory=list)
    slow_mode: int = 0
    deleted: bool = False
    last_message: int | None = None

    @property
    def is_thread(self) -> bool:
        """Whether this is a thread, also one that is a forum's post."""
        return self.thread is not None

    @property
    def guild_id(self) -> int | None:
        """The id of the guild, None for a direct conversation."""
        return self.guild.id if self.guild else None

    def state(self) -> ThreadState:
        """Return the state of this thread."""
        assert self.thread is not None, f"{self.name} is no thread"
        return self.thread


@dataclass(eq=False)
class Message:
    """A message; `rang` is who was pinged, `versions` how it read before each edit."""

    id: int
    channel: Channel
    author: User
    at: datetime
    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    kind: int = 0
    flags: int = 0
    edited_at: datetime | None = None
    pinned_at: datetime | None = None
    nonce: str | int | None = None
    reply_to: int | None = None
    reply_channel: int | None = None
    mentions: list[User] = field(default_factory=list)
    mention_roles: list[int] = field(default_factory=list)
    mention_everyone: bool = False
    rang: Pings = field(default_factory=Pings)
    reactions: dict[str, list[int]] = field(default_factory=dict)
    application: int | None = None
    interaction: Json | None = None
    seen_by: int | None = None
    thread: Channel | None = None
    versions: list[Version] = field(default_factory=list)
    deleted: bool = False

    @property
    def ephemeral(self) -> bool:
        """Whether only one person sees this."""
        return bool(self.flags & EPHEMERAL)

    @property
    def loading(self) -> bool:
        """Whether this is still "thinking"."""
        return bool(self.flags & LOADING)

    def controls(self) -> list[Json]:
        """Return every component that somebody can press, choose from or fill in."""
        return controls(self.components)

    def labels(self) -> list[str]:
        """Return the words on the buttons, in order."""
        return [each.get("label", "") for each in self.controls() if each["type"] == 2]

    def text(self) -> str:
        """Return all that is to be read: content, embeds and text displays."""
        words = [self.content, *(each["content"] for each in walk(self.components, 10))]
        for embed in self.embeds:
            words += [embed.get("title", ""), embed.get("description", "")]
            words += [f"{row['name']}\n{row['value']}" for row in embed.get("fields", [])]
            words.append(embed.get("footer", {}).get("text", ""))
        return "\n".join(word for word in words if word)


def everything(components: list[Json]) -> list[Json]:
    """Return components and all that is within them, in order."""
    found = []
    for each in components:
        found.append(each)
        inner = [*each.get("components", [])]
        inner += [each[key] for key in ("accessory", "component") if each.get(key)]
        found += everything(inner)
    return found


def walk(components: list[Json], kind: int) -> list[Json]:
    """Return the components of one type, at any depth."""
    return [each for each in everything(components) if each["type"] == kind]


def controls(components: list[Json]) -> list[Json]:
    """Return the components with a custom id, at any depth; links have none."""
    return [each for each in everything(components) if each.get("custom_id")]


def without_nulls(part: Json) -> Json:
    """Return a component without its empty keys, at any depth."""
    kept: Json = {}
    for key, value in part.items():
        if isinstance(value, dict):
            kept[key] = without_nulls(value)
        elif isinstance(value, list):
            kept[key] = [without_nulls(v) if isinstance(v, dict) else v for v in value]
        elif value is not None:
            kept[key] = value
    return kept


@dataclass
class Draft:
    """What somebody wants to post."""

    content: str = ""
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flags: int = 0
    nonce: str | int | None = None
    enforce_nonce: bool = False
    reply_to: int | None = None
    reply_must_exist: bool = True
    allowed_mentions: Mapping[str, Any] | None = None
    kind: int = 0
    application: int | None = None
    interaction: Json | None = None
    seen_by: int | None = None
