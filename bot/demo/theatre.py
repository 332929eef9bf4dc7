"""The theatre: acts and cues on one side, the real bot on the other, a driven clock between."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.console.client import BOT, Community, Entry
from adapters.console.platform import ConsolePlatform
from bot.bootstrap import Installation, wire
from bot.circles.model import Circle
from bot.circles.rows import Circles
from bot.circles.usecases.ports import Defaults
from bot.conversation.model import Event, Kind
from bot.conversation.typed import Typed, recognise
from bot.delivery.rows import next_moments
from bot.demo.acts import (
    ROOM,
    Act,
    Agenda,
    Change,
    CloseDoor,
    Enter,
    GoOut,
    Memory,
    React,
    Say,
    Scene,
)
from bot.demo.clock import DrivenClock
from bot.demo.cues import Cues, Posted
from bot.demo.playing import Player
from bot.demo.screen import Screen
from bot.demo.story import ENDS, ZONE
from bot.intake.rows import Inbox
from bot.prompting.rows import Answers
from bot.runtime import Running, running
from bot.store.engine import Database
from bot.store.migrate import upgrade

NEVER = datetime.max.replace(tzinfo=UTC)


@asynccontextmanager
async def installed(clock: DrivenClock, platform: ConsolePlatform) -> AsyncIterator[Running]:
    """Yield the real bot on a database of its own, which goes when it is over."""
    with TemporaryDirectory(prefix="circlekeeper-demo-") as folder:
        database = Database.at(Path(folder) / "demo.sqlite3")
        try:
            await upgrade(database)
            defaults = Defaults(zone=ZONE, run_by="the people of this demo")
            installation = Installation(defaults=defaults, contact="Ines Duarte")
            application = wire(database, clock, {platform.name: platform}, installation)
            async with running(application) as bot, asyncio.TaskGroup() as group:
                listening = group.create_task(bot.listen(platform))
                yield bot
                listening.cancel()
        except BaseExceptionGroup as several:
            raise _first(several) from several
        finally:
            await database.aclose()


def _first(error: BaseException) -> BaseException:
    """Return the first fault inside a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


@dataclass(slots=True)
class Theatre:
    """Plays a story: whatever is due next, an act or the bot's own schedule, comes next."""

    community: Community
    platform: ConsolePlatform
    clock: DrivenClock
    bot: Running
    cues: Cues
    screen: Screen
    player: Player
    agenda: Agenda = field(default_factory=Agenda)
    memory: Memory = field(default_factory=Memory)
    kinds: dict[str, Kind] = field(default_factory=dict)
    _seen: int = 0
    _bots: datetime = NEVER
    _day: date | None = None
    _circle: Circle | None = None

    async def play(self) -> None:
        """Play until the story ends; what is due for the bot comes before what people do."""
        await self._settle()
        while True:
            peoples = self.agenda.next_moment or NEVER
            if min(self._bots, peoples) > ENDS:
                return
            self.clock.move_to(min(self._bots, peoples))
            act = self.agenda.due(peoples) if peoples < self._bots else None
            if act is None:
                await self._settle()
            else:
                await self._perform(act)
                await self._be_heard()
            await self._look_on()

    async def _be_heard(self) -> None:
        """Let the bot take in what was done; what it has to answer or to say is due now."""
        await self.platform.caught_up()
        now = self.clock.now()
        async with self.bot.application.database.look() as work:
            moments = [] if await Inbox(work).waiting() else await next_moments(work)
        if not moments or (moments[1] is not None and moments[1] <= now):
            self._bots = now

    async def _settle(self) -> None:
        """Let the bot answer, tick and send until nothing more can be done now."""
        await self.platform.caught_up()
        await self.bot.settle()
        async with self.bot.application.database.look() as work:
            moments = await next_moments(work)
        now = self.clock.now()
        self._bots = min((m for m in moments if m is not None and m > now), default=NEVER)

    async def _look_on(self) -> None:
        """Let people and screen see what is new."""
        while self._seen < len(self.community.entries):
            entry = self.community.entries[self._seen]
            self._seen += 1
            await self._note(entry)
            self.agenda.add(self.cues.after(entry))
        day = self.clock.now().date()
        if day != self._day or self._circle is None:
            self._day, self._circle = day, await self._look_up()
        self.screen.moved(self.clock.now(), self._circle)

    async def _look_up(self) -> Circle | None:
        async with self.bot.application.database.look() as work:
            circles = await Circles(work).all()
        return circles[0] if circles else None

    async def _note(self, entry: Entry) -> None:
        event = entry.event
        if event.author == BOT and event.kind is Kind.POST:
            self.memory.last[event.room] = event.text
            if event.room == ROOM:
                self.memory.labels.setdefault(Posted.of(entry.key).label, event.id)
        self.memory.labels[event.id] = event.id
        kind = await self._kind(event)
        self.kinds[event.id] = kind
        self.screen.happened(entry, kind)

    async def _kind(self, event: Event) -> Kind:
        """Return what an event is in the record: commands and answers have names of their own."""
        if event.kind is not Kind.MESSAGE or event.author == BOT:
            return event.kind
        if self.bot.application.dispatch.recognises(event) and event.text.startswith("!"):
            return Kind.COMMAND
        if not event.thread and not event.reply_to:
            return Kind.MESSAGE
        async with self.bot.application.database.look() as work:
            answer = await Answers(work).at(event.ref)
        return Kind.MESSAGE if answer is None else Kind.ANSWER

    # --- acts --------------------------------------------------------------------------------

    async def _perform(self, act: Act) -> None:
        match act:
            case Scene():
                await self.screen.scene(act)
            case Say():
                await self._turn(act)
            case Change():
                self._change(act)
            case React():
                self._react(act)
            case CloseDoor():
                self.community.people[act.who].closed = True
            case Enter(who=who):
                self.community.join(who, ROOM) if who else self.community.admit(ROOM)
            case GoOut(who=who):
                self.community.leave(who, ROOM)

    async def _turn(self, act: Say) -> None:
        """Let somebody speak; who is played may say something else, and more."""
        words = act.words if isinstance(act.words, str) else act.words(self.memory)
        if not words or not self._can_be_said(act, words):
            return
        if not self.player.speaks(act):
            self._say(act, words)
            return
        given = self.player.turn(act, words)
        while given:
            self._say(act, given)
            await self._settle()
            await self._look_on()
            given = self.player.more() if given != words else ""

    def _can_be_said(self, act: Say, words: str) -> bool:
        messages = [label for label in (act.thread, act.reply_to) if label]
        whole = all(self.memory.message(label) for label in messages)
        return whole and act.room in self.community.rooms and self._known(words)

    def _say(self, act: Say, words: str) -> None:
        thread, reply_to = self.memory.message(act.thread), self.memory.message(act.reply_to)
        said = self.community.say(act.who, act.room, words, thread=thread, reply_to=reply_to)
        if act.label:
            self.memory.labels.setdefault(act.label, said.id)

    def _known(self, words: str) -> bool:
        """Return whether words are none of a command that this bot does not have."""
        registry = self.bot.application.registry
        return not words.startswith("!") or isinstance(recognise(registry, words[1:]), Typed)

    def _change(self, act: Change) -> None:
        message = self.memory.message(act.label)
        if message is not None and act.words:
            self.community.edit(act.who, act.room, message, act.words)
        elif message is not None:
            self.community.delete(act.who, act.room, message)

    def _react(self, act: React) -> None:
        message = self.memory.message(act.label)
        if message is not None:
            self.community.react(act.who, act.room, message, act.sign)
