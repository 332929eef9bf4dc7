"""The wired application on the invented community: people write and click, posts are shown."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from sqlmodel import select

from adapters.console.client import BOT, PLATFORM, Community, Entry
from adapters.console.platform import ConsolePlatform
from bot.bootstrap import Application, Installation, wire
from bot.circles.usecases.ports import Defaults
from bot.conversation.model import (
    Action,
    Actions,
    Batch,
    Event,
    Form,
    Kind,
    RoomRef,
)
from tests.support.clocks import DrivenClock
from tests.support.scene import fresh_database

ROOM = RoomRef(PLATFORM, "!room")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Commons:
    """A circle's room, the people in it, and the bot, which hears and posts when told to."""

    def __init__(self, application: Application, community: Community, clock: DrivenClock) -> None:
        self.application, self.community, self.clock = application, community, clock
        self._ids, self._heard = count(1), 0

    # --- what people do ----------------------------------------------------------------------

    async def say(self, who: str, text: str, *, room: str = ROOM.id, **how: str) -> Event:
        """Let somebody say something, and the bot do what follows."""
        said = self.community.say(who, room, text, **how)
        await self.settle()
        return said

    async def privately(self, who: str, text: str) -> str:
        """Let somebody say something to the bot alone; return what it answers."""
        room = self.direct(who)
        before = len(self.shown(room))
        await self.say(who, text, room=room)
        return "\n".join(self.shown(room)[before:])

    def direct(self, who: str) -> str:
        """Return the id of somebody's direct room with the bot."""
        return f"direct-{who}"

    def click(self, who: str, command: str, *given: tuple[str, str], room: str = "") -> Event:
        """Return the event of a command that comes by its fields, which leaves no message."""
        return Event(
            id=f"click-{next(self._ids)}",
            at=self.clock.now(),
            platform=PLATFORM,
            room=room or ROOM.id,
            kind=Kind.COMMAND,
            author=who,
            name=self.community.people[who].name,
            text=command,
            given=given,
        )

    async def form(self, who: str, action: Action) -> Form | None:
        """Let somebody press a button; return the form that it opens."""
        return await self.application.dispatch.form(self.click(who, action.command, *action.given))

    async def submit(self, who: str, form: Form, **fields: str) -> str:
        """Let somebody send a form, changed in these fields; return what the bot answers."""
        filled = {field.name: field.value for field in form.fields} | fields
        return await self.give(who, form.command, *form.given, *filled.items())

    async def give(self, who: str, command: str, *given: tuple[str, str]) -> str:
        """Let somebody give a command by its fields; return what the bot answers privately."""
        before = len(self.shown(self.direct(who)))
        await self.hear(self.click(who, command, *given))
        await self.settle()
        return "\n".join(self.shown(self.direct(who))[before:])

    async def join(self, who: str, consents: str = "yes yes yes yes") -> None:
        """Let somebody join by the guided exchange."""
        await self.say(who, "!join north")
        for answer in ("to listen", "bread", "company", "-", consents):
            await self.privately(who, answer)

    # --- what the bot does -------------------------------------------------------------------

    async def hear(self, *events: Event) -> None:
        """Let the bot take events and answer what wants an answer."""
        await self.application.take(Batch(BOT, str(next(self._ids)), events))
        await self.application.answer()

    async def settle(self) -> None:
        """Let the bot hear all that happened, and post what it has to say."""
        while self._heard < len(self.community.entries):
            entry = self.community.entries[self._heard]
            self._heard += 1
            if entry.event.author != BOT and not entry.gone:
                await self.hear(entry.event)
        for target in await self.application.drain.targets():
            await self.application.drain(target)

    async def until(self, moment: datetime) -> None:
        """Let the clock show a moment, and post what is due."""
        self.clock.moment = moment
        await self.application.tick()
        await self.settle()

    # --- what can be seen --------------------------------------------------------------------

    def entries(self, room: str = ROOM.id) -> list[Entry]:
        """Return the bot's posts in a room that are not gone."""
        return [e for e in self.community.here(room) if e.event.kind is Kind.POST]

    def shown(self, room: str = ROOM.id) -> list[str]:
        """Return the words of the bot's posts in a room, as they read now."""
        return [entry.event.text for entry in self.entries(room)] if self._knows(room) else []

    def under(self, message: str) -> list[str]:
        """Return what the bot shows in the thread of a message."""
        return [e.event.text for e in self.entries() if e.event.thread == message]

    def prompt(self, title: str) -> tuple[Event, Action]:
        """Return a prompt in the room by its title, and its button."""
        entry = next(e for e in reversed(self.entries()) if title in e.event.text)
        return entry.event, button(entry)

    async def all(self, table: type) -> list[object]:
        """Return every row of a table."""
        async with self.application.database.look() as work:
            return list(await work.all(select(table)))

    def _knows(self, room: str) -> bool:
        return room in self.community.rooms


def button(entry: Entry) -> Action:
    """Return the first button of a post."""
    blocks = entry.document.blocks if entry.document else ()
    return next(block for block in blocks if isinstance(block, Actions)).actions[0]


@asynccontextmanager
async def commons(
    folder: Path, *, circle: str = "", account: type[ConsolePlatform] = ConsolePlatform
) -> AsyncIterator[Commons]:
    """Open the application on a community in which Fay leads the circle north, not open yet.

    `circle` are more words for the command that makes it.
    """
    clock = DrivenClock(START)
    community = Community(clock)
    for who in ("fay", "ana", "ben"):
        community.person(who, who.title())
    community.room(ROOM.id, "Room", ["ana", "ben"], manager="fay", bot=True)
    database = await fresh_database(folder / "circle.db")
    platform = account(community)
    given = Installation(defaults=Defaults(run_by="Fay", zone="Europe/Berlin"))
    try:
        here = Commons(wire(database, clock, {PLATFORM: platform}, given), community, clock)
        await here.settle()
        await here.say("fay", f"!circle new north 2026-03-16 {circle}")
        yield here
    finally:
        await database.aclose()
