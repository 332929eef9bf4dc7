"""An invented community: rooms, people and what they do, in memory. It outlives the bot."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from bot.conversation.model import (
    Clock,
    DeliveryKey,
    Document,
    Event,
    Kind,
    NotPermitted,
    People,
    PlatformError,
    Unreachable,
)

PLATFORM = "console"
BOT = "circlekeeper"

_CALLED = re.compile(r"@([\w-]+)")


@dataclass(slots=True)
class Person:
    """Somebody; `closed` takes no direct messages, `waits` comes to a direct room when told to."""

    id: str
    name: str
    closed: bool = False
    waits: bool = False


@dataclass(slots=True)
class Room:
    """A room; `bot` tells whether the bot is in it, `about` whose direct room it is."""

    id: str
    name: str
    bot: bool = True
    managers: frozenset[str] = frozenset()
    about: tuple[str, ...] = ()
    alone: bool = False
    inside: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)
    count: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened; `gone` when it was deleted, and then it has no words any more."""

    event: Event
    document: Document | None = None
    key: str = ""
    gone: bool = False


class Community:
    """Who is there, where, and what happened, oldest first; ids are counted, never drawn."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.people: dict[str, Person] = {}
        self.rooms: dict[str, Room] = {}
        self.entries: list[Entry] = []
        self._places: dict[tuple[str, str], int] = {}
        self._posted: dict[str, Event] = {}
        self._news = asyncio.Event()

    async def news(self) -> None:
        """Wait until something more happens."""
        self._news.clear()
        await self._news.wait()

    # --- what people do ----------------------------------------------------------------------

    def person(self, id_: str, name: str, *, waits: bool = False) -> Person:
        """Return somebody new."""
        self.people[id_] = Person(id_, name, waits=waits)
        return self.people[id_]

    def room(
        self, id_: str, name: str, people: Sequence[str] = (), *, manager: str, bot: bool = True
    ) -> Room:
        """Return a new room, in which `people` and its manager are."""
        room = Room(id_, name, bot=bot, managers=frozenset({manager}))
        self.rooms[id_] = room
        for who in (manager, *people):
            self.join(who, id_)
        return room

    def say(
        self,
        who: str,
        where: str,
        text: str,
        *,
        thread: str | None = None,
        reply_to: str | None = None,
    ) -> Event:
        """Say something in a room."""
        called = tuple(dict.fromkeys(name for name in _CALLED.findall(text) if self._knows(name)))
        said = self._event(who, where, Kind.MESSAGE)
        said = replace(said, text=text, thread=thread, reply_to=reply_to, mentions=called)
        return self._note(
            replace(said, addressed=self._is_addressed(said), called=_called(said.text))
        )

    def edit(self, who: str, where: str, message: str, text: str) -> Event:
        """Change an own message."""
        self._own(who, where, message)
        said = replace(self._event(who, where, Kind.EDIT), text=text, target=message)
        return self._note(replace(said, called=_called(text)))

    def react(self, who: str, where: str, message: str, sign: str) -> Event:
        """React to a message."""
        return self._note(
            replace(self._event(who, where, Kind.REACTION), text=sign, target=message)
        )

    def delete(self, who: str, where: str, message: str) -> Event:
        """Delete an own message or reaction: its words and those of its edits are gone."""
        self._own(who, where, message)
        self._forget(where, message)
        return self._note(replace(self._event(who, where, Kind.DELETE), target=message))

    def join(self, who: str, where: str) -> None:
        """Come into a room; who is there already stays."""
        room = self.rooms[where]
        if who not in room.inside:
            room.inside.add(who)
            room.left.discard(who)
            self._note(self._event(who, where, Kind.JOIN))

    def leave(self, who: str, where: str) -> None:
        """Go out of a room, or refuse an invitation into it."""
        room = self.rooms[where]
        room.left.add(who)
        if who in room.inside:
            gone = self._event(who, where, Kind.LEAVE)
            room.inside.discard(who)
            self._note(gone)

    def admit(self, where: str) -> None:
        """Let the bot into a room, as somebody who manages it does."""
        self.rooms[where].bot = True
        self._note(replace(self._event(BOT, where, Kind.JOIN), bot=True))

    # --- what the bot does -------------------------------------------------------------------

    def direct(self, people: People, key: DeliveryKey) -> Room:
        """Return the bot's direct room with these people, made when there is none.

        Raises:
            Unreachable: one of them takes no direct messages or left it.
        """
        about = people.ids if len(people.ids) == 1 else (*people.ids, key.circle, key.prompt)
        if any(who not in self.people or self.people[who].closed for who in people.ids):
            raise Unreachable("One of them takes no direct messages.")
        room = next((each for each in self.rooms.values() if each.about == about), None)
        if room is None:
            room = self._made(people, about)
        if room.left:
            raise Unreachable("One of them left the direct room.")
        return room

    def post(
        self, where: str, document: Document, text: str, key: DeliveryKey, thread: str | None
    ) -> Event:
        """Show what the bot says; a key that was shown is not shown again."""
        if str(key) in self._posted:
            return self._posted[str(key)]
        mentions = tuple(person.id for person in document.mentions)
        said = self._event(BOT, where, Kind.POST)
        said = replace(said, text=text, thread=thread, mentions=mentions, bot=True)
        self._posted[str(key)] = self._note(said, document, str(key))
        return said

    def rewrite(self, where: str, message: str, document: Document, text: str, key: str) -> None:
        """Let a message of the bot's say something else; one that is gone already stays gone."""
        entry = self.entry(where, message)
        if entry is None or entry.gone or key in self._posted:
            return
        said = replace(entry.event, text=text)
        self.entries[self._places[where, message]] = replace(entry, event=said, document=document)
        changed = replace(self._event(BOT, where, Kind.EDIT), text=text, target=message, bot=True)
        self._posted[key] = self._note(changed, document, key)

    def redact(self, where: str, message: str) -> None:
        """Remove a message for all; one that is gone already stays gone."""
        entry = self.entry(where, message)
        if entry is not None and not entry.gone:
            self._forget(where, message)
            gone = replace(self._event(BOT, where, Kind.DELETE), target=message, bot=True)
            self._note(gone)

    # --- what can be seen --------------------------------------------------------------------

    def entry(self, where: str, message: str) -> Entry | None:
        """Return what happened under an id."""
        place = self._places.get((where, message))
        return None if place is None else self.entries[place]

    def here(self, where: str) -> Iterator[Entry]:
        """Yield what happened in a room and was not deleted, oldest first."""
        yield from (e for e in self.entries if e.event.room == where and not e.gone)

    def as_it_reads(self, where: str, message: str) -> Event | None:
        """Return a message with its last edit applied, None when it is gone."""
        entry = self.entry(where, message)
        if entry is None or entry.gone or entry.event.kind not in (Kind.MESSAGE, Kind.POST):
            return None
        edits = [e.event for e in self.here(where) if e.event.kind is Kind.EDIT]
        texts = [edit.text for edit in edits if edit.target == message]
        last = texts[-1] if texts else entry.event.text
        return replace(entry.event, text=last, called=_called(last))

    # -----------------------------------------------------------------------------------------

    def _event(self, who: str, where: str, kind: Kind) -> Event:
        room = self.rooms.get(where)
        if room is None or (not room.bot if who == BOT else who not in room.inside):
            raise NotPermitted(f"{who} is not in {where}")
        room.count += 1
        name = self.people[who].name if who in self.people else who
        return Event(
            id=f"{where}.{room.count}",
            at=self.clock.now(),
            platform=PLATFORM,
            room=where,
            kind=kind,
            author=who,
            name=name,
            direct=room.alone,
        )

    def _note(self, event: Event, document: Document | None = None, key: str = "") -> Event:
        self._places[event.room, event.id] = len(self.entries)
        self.entries.append(Entry(event, document, key))
        self._news.set()
        return event

    def _forget(self, where: str, message: str) -> None:
        for place, entry in enumerate(self.entries):
            event = entry.event
            edited = event.kind is Kind.EDIT and event.target == message
            if event.room == where and (event.id == message or edited):
                bare = replace(event, text="", mentions=())
                self.entries[place] = Entry(bare, key=entry.key, gone=True)

    def _own(self, who: str, where: str, message: str) -> None:
        entry = self.entry(where, message)
        if entry is None or entry.event.author != who:
            raise PlatformError(f"{message} is not a message of {who}")

    def _made(self, people: People, about: tuple[str, ...]) -> Room:
        name = "-".join(("direct", *people.ids))
        again = sum(room.about[: len(people.ids)] == people.ids for room in self.rooms.values())
        id_ = f"{name}~{again + 1}" if again else name
        room = Room(id_, "a direct room", about=about, alone=len(people.ids) == 1)
        self.rooms[id_] = room
        for who in people.ids:
            if not self.people[who].waits:
                self.join(who, id_)
        return room

    def _knows(self, name: str) -> bool:
        return name == BOT or name in self.people

    def _is_addressed(self, said: Event) -> bool:
        answered = self.entry(said.room, said.reply_to or "")
        to_the_bot = answered is not None and answered.event.author == BOT
        return to_the_bot or BOT in said.mentions or bool(_called(said.text))


def _called(text: str) -> str:
    """Return what follows the bot's name where words begin with it."""
    before, name, rest = text.removeprefix("@").partition(BOT)
    return (rest.lstrip(" :,") or name) if not before and not rest[:1].isalnum() else ""
