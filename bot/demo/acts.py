"""What people in the story do, when, and what is remembered of it."""

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

ROOM = "reading-room"
"""The room in which the circle meets."""


def direct(who: str) -> str:
    """Return the id of somebody's direct room with the bot."""
    return f"direct-{who}"


@dataclass(slots=True)
class Memory:
    """Where things stand: messages by label, and what the bot said last in each room."""

    labels: dict[str, str] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)

    def message(self, label: str) -> str | None:
        """Return the id of a message by its label or by itself; None when it is not there."""
        return self.labels.get(label)


Words = str | Callable[[Memory], str]
"""What is said; words that depend on what was read are found when it is time. Empty: nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Say:
    """Say something; left out when a message that it belongs to is not there."""

    who: str
    words: Words
    room: str = ROOM
    thread: str = ""
    reply_to: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Change an own message: put other words behind it, or with none delete it."""

    who: str
    label: str
    words: str = ""
    room: str = ROOM


@dataclass(frozen=True, slots=True, kw_only=True)
class React:
    """React to a message."""

    who: str
    label: str
    sign: str
    room: str = ROOM


@dataclass(frozen=True, slots=True)
class CloseDoor:
    """Take no direct messages any more."""

    who: str


@dataclass(frozen=True, slots=True)
class Enter:
    """Come into the room; without a name it is the bot that comes."""

    who: str = ""


@dataclass(frozen=True, slots=True)
class GoOut:
    """Leave the room for good."""

    who: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Begin a scene: only a heading for who looks on."""

    title: str
    about: str


Act = Say | Change | React | CloseDoor | Enter | GoOut | Scene


@dataclass(slots=True)
class Agenda:
    """What is still to come, the next first; acts of one moment keep their order."""

    _heap: list[tuple[datetime, int, Act]] = field(default_factory=list)
    _count: int = 0

    def add(self, acts: Iterable[tuple[datetime, Act]]) -> None:
        """Note what is to come."""
        for moment, act in acts:
            heapq.heappush(self._heap, (moment, self._count, act))
            self._count += 1

    @property
    def next_moment(self) -> datetime | None:
        """When the next act comes."""
        return self._heap[0][0] if self._heap else None

    def due(self, now: datetime) -> Act | None:
        """Take out and return the next act whose moment has come."""
        if self._heap and self._heap[0][0] <= now:
            return heapq.heappop(self._heap)[2]
        return None
