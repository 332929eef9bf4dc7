"""What who looks on sees: plain lines, or the room passing by."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from adapters.console.client import BOT, Entry
from bot.circles.model import Circle
from bot.conversation.model import Kind
from bot.demo.acts import ROOM, Scene
from bot.demo.cast import Cast
from bot.demo.story import ZONE

LONGEST, LONGEST_PRIVATE = 300, 160
"""How much of what the bot says is shown; the transcript has it all."""

Waits = Callable[[], None]
"""Waits until who looks on wants to go on."""


class Screen(Protocol):
    """Shows the story as it goes."""

    async def scene(self, scene: Scene) -> None:
        """Show a heading, and wait where who looks on wants that."""
        ...

    def happened(self, entry: Entry, kind: Kind) -> None:
        """Show what happened."""
        ...

    def moved(self, now: datetime, circle: Circle | None) -> None:
        """Show what time it is, and how far the circle is."""
        ...


class PlainScreen:
    """Plain lines, one for each thing that happens, from the top to the bottom."""

    def __init__(self, cast: Cast, write: Callable[[str], None], wait: Waits | None = None) -> None:
        self._cast, self._write, self._wait = cast, write, wait

    async def scene(self, scene: Scene) -> None:
        """Write a heading."""
        self._write("")
        self._write(f"{scene.title}. {scene.about}")
        if self._wait is not None:
            self._wait()

    def happened(self, entry: Entry, kind: Kind) -> None:
        """Write a line."""
        event = entry.event
        when = event.at.astimezone(ZoneInfo(ZONE))
        head = f"{when:%a} {when.day} {when:%b %H:%M}, {who(entry, self._cast)}"
        self._write(f"{head}{where(entry, self._cast)}: {what(entry, kind, whole=True)}")

    def moved(self, now: datetime, circle: Circle | None) -> None:
        """Nothing: each line has its time."""


def who(entry: Entry, cast: Cast) -> str:
    """Return who did it, as the others call them."""
    author = entry.event.author
    return "Circlekeeper" if author == BOT else cast[author].name


def where(entry: Entry, cast: Cast) -> str:
    """Return where it happened, when that is not the circle's room."""
    event = entry.event
    if event.room == ROOM:
        return " (in a thread)" if event.thread else ""
    there = event.room.removeprefix("direct-").split("-")
    names = [cast[person].first_name for person in there if person in cast.people]
    if event.author == BOT:
        return f" to {' and '.join(names)}, privately"
    return ", privately"


def what(entry: Entry, kind: Kind, *, whole: bool = False) -> str:
    """Return what was done, on one line; what the bot says is cut unless `whole`."""
    event = entry.event
    words = " ".join(event.text.split())
    longest = LONGEST if event.room == ROOM else LONGEST_PRIVATE
    if event.author == BOT and len(words) > longest and not whole:
        words = f"{words[:longest].rsplit(' ', 1)[0]} ..."
    return {
        Kind.JOIN: "comes into the room" if event.room == ROOM else "opens a direct room",
        Kind.LEAVE: "leaves the room",
        Kind.DELETE: "deletes a message",
        Kind.REACTION: f"reacts with {words}",
        Kind.EDIT: f"changes it to: {words}",
        Kind.ANSWER: f"answers: {words}",
    }.get(kind, words)
