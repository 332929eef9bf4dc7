"""A circle over two invented platforms, wired as the bot is: people do things, posts arrive."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from sqlmodel import select

from adapters.console.client import BOT, Community, Entry
from adapters.console.platform import ConsolePlatform
from bot.bootstrap import Installation, wire
from bot.circles.model import Calendar, CircleState, Consents, Member, MemberState
from bot.circles.rows import CircleRow, Circles, Members
from bot.conversation.model import (
    Actions,
    Batch,
    Capabilities,
    DeliveryKey,
    Document,
    Event,
    Kind,
    MessageRef,
    People,
    PersonRef,
    PlatformError,
    RoomRef,
    Target,
)
from bot.delivery.rows import OutboxRow
from bot.runtime import Running, running
from bot.store.engine import Database
from tests.support.clocks import DrivenClock
from tests.support.scene import fresh_database

START = datetime(2026, 3, 3, 12, tzinfo=UTC)
SQUARE = "square"
"""The circle's room in either town."""

RIVER = Capabilities(longest=16_000, memory=timedelta(minutes=5))
HILL = Capabilities(
    longest=1_800,
    memory=timedelta(minutes=5),
    buttons=True,
    forms=True,
    groups=False,
    reads=False,
    members=False,
    replays=False,
)
"""A town in which the bot can open no room for several people, and reads only what is for it."""

PEOPLE = {
    "fay": "river",
    "ana": "river",
    "bo": "river",
    "dia": "hill",
    "eva": "hill",
    "gus": "hill",
}


class Crash(BaseException):
    """The bot's process ends here."""


class Town(Community):
    """People and rooms on a platform of the given name."""

    def __init__(self, clock: DrivenClock, name: str) -> None:
        super().__init__(clock)
        self.name = name

    def _event(self, who: str, where: str, kind: Kind) -> Event:
        return replace(super()._event(who, where, kind), platform=self.name)


class TownPlatform(ConsolePlatform):
    """The bot's account in a town; the next posts fail with the `faults`, shown first or not."""

    def __init__(self, town: Town, capabilities: Capabilities) -> None:
        super().__init__(town)
        self._town, self._capabilities = town, capabilities
        self.faults: list[PlatformError | Crash] = []
        self.shows_first = False

    @property
    def name(self) -> str:
        """The town's name."""
        return self._town.name

    @property
    def account(self) -> str:
        """The bot's own id, another one in each town."""
        return f"{BOT}-{self.name}"

    @property
    def capabilities(self) -> Capabilities:
        """What the town can do."""
        return self._capabilities

    async def reach(self, target: Target, *, key: DeliveryKey) -> RoomRef:
        """Return the room for `target`, in this town."""
        return replace(await super().reach(target, key=key), platform=self.name)

    def link(self, place: MessageRef | RoomRef | PersonRef) -> str:
        """Return an address in this town."""
        return f"https://{self.name}.example/{place.id}"

    async def post(
        self, room: RoomRef, document: Document, *, key: DeliveryKey, thread: str | None = None
    ) -> MessageRef:
        """Show it, and fail before or after where a fault waits."""
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None and not self.shows_first:
            raise fault
        shown = await super().post(room, document, key=key, thread=thread)
        if fault is not None:
            raise fault
        return shown


class Towns:
    """The circle north in two towns, its people and what they are told."""

    def __init__(
        self, database: Database, clock: DrivenClock, towns: Mapping[str, TownPlatform]
    ) -> None:
        self.database, self.clock, self.platforms = database, clock, towns
        self.bot: Running
        self._taken = dict.fromkeys(towns, 0)

    def town(self, who: str) -> Town:
        """Return where somebody lives."""
        return self.platforms[PEOPLE[who]]._town  # noqa: SLF001 - of the same scene

    def direct(self, who: str) -> str:
        """Return somebody's direct room with the bot."""
        people = People(PEOPLE[who], (who,))
        return self.town(who).direct(people, DeliveryKey("-", "-", "-", 0, str(people))).id

    async def says(self, who: str, text: str, where: str = "") -> str:
        """Let somebody say something, privately unless a room is named; return what they hear."""
        before = len(self.heard(who))
        self.town(who).say(who, where or self.direct(who), text)
        await self.on()
        return "\n".join(entry.event.text for entry in self.heard(who)[before:])

    async def presses(self, who: str, label: str) -> str:
        """Let somebody press the newest button of this label in their direct room."""
        action = next(
            action
            for entry in reversed(self.heard(who))
            for block in (entry.document.blocks if entry.document else ())
            if isinstance(block, Actions)
            for action in block.actions
            if action.label == label
        )
        return await self.gives(who, action.command, action.given)

    async def gives(
        self, who: str, command: str, given: Sequence[tuple[str, str]], where: str = ""
    ) -> str:
        """Let somebody give a command that is not typed; return what they hear."""
        before, room = len(self.heard(who)), where or self.direct(who)
        town = self.town(who)
        event = Event(
            id=f"press-{len(town.entries)}",
            at=self.clock.now(),
            platform=town.name,
            room=room,
            kind=Kind.COMMAND,
            author=who,
            name=who.title(),
            text=command,
            given=tuple(given),
            direct=not where,
        )
        await self.bot.take(Batch(self.platforms[town.name].account, event.id, (event,)))
        await self.on()
        return "\n".join(entry.event.text for entry in self.heard(who)[before:])

    async def on(self, wait: timedelta = timedelta(0)) -> None:
        """Let time pass, hear what happened, and do what there is to do."""
        self.clock.moment += wait
        for name, platform in self.platforms.items():
            entries = platform._town.entries  # noqa: SLF001 - of the same scene
            news = entries[self._taken[name] :]
            said = tuple(e.event for e in news if not e.event.bot and e.event.author != BOT)
            await self.bot.take(Batch(platform.account, str(len(entries)), said))
            self._taken[name] = len(entries)
        await self.bot.settle()

    def heard(self, who: str) -> list[Entry]:
        """Return what the bot said to somebody alone, oldest first."""
        return [e for e in self.town(who).here(self.direct(who)) if e.event.author == BOT]

    def last(self, who: str) -> str:
        """Return the newest words that the bot said to somebody alone."""
        return self.heard(who)[-1].event.text

    def in_the_room(self, town: str) -> list[str]:
        """Return what the bot said in the circle's room of a town."""
        here = self.platforms[town]._town.here(SQUARE)  # noqa: SLF001 - of the same scene
        return [entry.event.text for entry in here if entry.event.author == BOT]

    async def everything(self) -> str:
        """Return every value that the database holds, as text."""
        async with self.database.look() as work:
            connection = await work.session.connection()
            raw = await connection.get_raw_connection()
            lines = [line async for line in raw.driver_connection.iterdump()]  # type: ignore[union-attr]  # it is aiosqlite's
        return "\n".join(lines)

    async def outbox(self) -> list[OutboxRow]:
        """Return every post that the database knows of."""
        async with self.database.look() as work:
            return list(await work.all(select(OutboxRow)))


async def _settled(database: Database, clock: DrivenClock) -> None:
    """Write the circle, in both towns, and its people."""
    async with database.begin() as work:
        row = CircleRow(
            name="north",
            method="learning-circle",
            zone="UTC",
            calendar=Calendar(),
            quiet_since=time(21),
            quiet_until=time(8),
            state=CircleState.OPEN.value,
            made_at=clock.now(),
        )
        circle = await Circles(work).add(row)
        for town in ("river", "hill"):
            await Circles(work).attach(circle.id, RoomRef(town, SQUARE))
        for who, town in PEOPLE.items():
            member = Member(
                id=0,
                circle=circle.id,
                person=PersonRef(town, who),
                name=who.title(),
                roles=frozenset({"facilitator"} if who == "fay" else {"member"}),
                state=MemberState.JOINED,
                joined_at=clock.now(),
                zone="UTC",
                consents=Consents(takes_part=True, counted=True, quoted=True, named=True),
            )
            await Members(work).put(member)
        await work.commit()


@asynccontextmanager
async def two_towns(folder: Path) -> AsyncIterator[Towns]:
    """Open the bot on both, with the circle in it."""
    clock = DrivenClock(START)
    platforms = {
        "river": TownPlatform(Town(clock, "river"), RIVER),
        "hill": TownPlatform(Town(clock, "hill"), HILL),
    }
    database = await fresh_database(folder / "circle.db")
    await _settled(database, clock)
    here = Towns(database, clock, platforms)
    for who in PEOPLE:
        here.town(who).person(who, who.title())
    for name, manager in (("river", "fay"), ("hill", "dia")):
        people = [who for who, town in PEOPLE.items() if town == name]
        here.town(manager).room(SQUARE, "The square", people, manager=manager)
    try:
        async with again(here):
            await here.on()
            yield here
    finally:
        await database.aclose()


@asynccontextmanager
async def again(here: Towns) -> AsyncIterator[Towns]:
    """Open the bot, as after a crash, on the same database and in the same towns."""
    application = wire(here.database, here.clock, dict(here.platforms), Installation())
    async with running(application) as bot:
        here.bot = bot
        yield here
