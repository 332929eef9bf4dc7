"""What people do because of what they read: they answer, reply, react, and say yes."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from adapters.console.client import BOT, Entry
from bot.conversation.model import Event, Kind
from bot.demo.acts import ROOM, Act, Change, Memory, React, Say
from bot.demo.cast import Cast, Lots, told
from bot.demo.clock import awake
from bot.demo.story import ENDS, present, suitable

Timed = tuple[datetime, Act]
_LINE = re.compile(r"Line (\d+)")

OWN, COMMON, LEADING = 0.9, 0.62, 0.4
"""How often somebody answers what has an answer of their own, and what all may answer alike."""

REPLIES, REACTS, REMINDED = 0.3, 0.5, 0.5
NOT_YET = ("roll-call", "introductions")
"""What the one with the closed door leaves unanswered at first, so that a reminder is due."""


@dataclass(frozen=True, slots=True)
class Posted:
    """What the key of a post tells."""

    phase: str
    prompt: str
    occurrence: str
    part: str

    @classmethod
    def of(cls, key: str) -> "Posted":
        """Return what a key tells."""
        _, phase, prompt, occurrence, rest = key.split("/", 4)
        return cls(phase, prompt, occurrence, rest.rpartition("/")[2])

    @property
    def label(self) -> str:
        """The name of the prompt in the story."""
        return f"{self.phase}/{self.prompt}/{self.occurrence}"


@dataclass(slots=True)
class Cues:
    """Draws what follows on each thing that happens."""

    cast: Cast
    lots: Lots
    _pools: dict[str, list[str]] = field(default_factory=dict)
    _particular: set[str] = field(default_factory=set)
    _edited: bool = False

    def after(self, entry: Entry) -> Iterator[Timed]:
        """Yield what people will do about it."""
        event = entry.event
        if event.kind is Kind.POST:
            yield from self._read(event, Posted.of(entry.key))
        elif event.kind is Kind.MESSAGE and event.room == ROOM and event.thread:
            yield from self._heard(event)

    def _read(self, event: Event, posted: Posted) -> Iterator[Timed]:
        if posted.part != "0":
            return
        if event.room == ROOM and posted.phase != "-":
            yield from self._asked(event, posted)
        elif posted.prompt.endswith("-reminder"):
            yield from self._reminded(event, posted)
        elif posted.phase == "-review":
            yield from self._quoted(event)
        elif posted.prompt == "proposal":
            yield from self._proposed(event)
        elif posted.prompt == "introduction" and len(event.mentions) > 1:
            yield from self._introduced(event)

    # --- prompts -----------------------------------------------------------------------------

    def _asked(self, event: Event, posted: Posted) -> Iterator[Timed]:
        for who in present(self.cast, event.at):
            lot = self.lots.of(posted.label, who)
            keen = lot.random() < self._keenness(who, posted.prompt)
            reluctant = who == self.cast.closed and posted.prompt in NOT_YET
            words = self._answer(who, posted.prompt, lot) if keen and not reluctant else ""
            if words:
                hours = lot.choice((1, 2, 3, 5, 8, 13, 21, 30))
                moment = event.at + timedelta(hours=hours, minutes=lot.randrange(60))
                moment = awake(moment, self.cast[who].zone, lot)
                if who in present(self.cast, moment):
                    yield from self._answers(who, words, posted, moment)

    def _keenness(self, who: str, prompt: str) -> float:
        if who == self.cast.facilitator:
            return LEADING
        return OWN if prompt in self.cast[who].says else COMMON

    def _answers(self, who: str, words: str, posted: Posted, at: datetime) -> Iterator[Timed]:
        label = f"{posted.label}:{who}"
        yield at, Say(who=who, words=words, thread=posted.label, label=label)
        if who == self.cast.editor and not self._edited and posted.prompt in self.cast[who].says:
            self._edited = True
            changed = f"{words} {told('shared.toml')['edited']['note']}"
            yield at + timedelta(minutes=11), Change(who=who, label=label, words=changed)

    def _answer(self, who: str, prompt: str, lot: Random) -> str:
        own = self.cast[who].says.get(prompt)
        if own:
            return own
        line = self._drawn(prompt, self.cast[who].language)
        return self._filled(line, who, lot)

    def _drawn(self, pool: str, language: str) -> str:
        """Return a line that nobody has said yet; empty when there is none left."""
        if pool not in self._pools:
            shared = told("shared.toml")
            lines = shared["answers"].get(pool, ()) if pool != "replies" else shared[pool]["lines"]
            self._pools[pool] = self.lots.of("lines", pool).sample(lines, len(lines))
        return suitable(self._pools[pool], language)

    def _filled(self, line: str, who: str, lot: Random) -> str:
        others = [p for p in self.cast.people.values() if p.id not in (who, self.cast.silent)]
        other = lot.choice(others)
        return line.format(name=other.first_name, project=other.project)

    # --- what others say ---------------------------------------------------------------------

    def _heard(self, event: Event) -> Iterator[Timed]:
        lot = self.lots.of("heard", event.author, event.text)  # an id would move with every post
        others = [who for who in present(self.cast, event.at) if who != event.author]
        if event.reply_to or event.author == BOT or event.text.startswith("!"):
            return
        if lot.random() < REPLIES:
            who = lot.choice(others)
            line = self._drawn("replies", self.cast[who].language)
            words = line.format(name=event.name.split()[0]) if line else ""
            moment = self._later(event, who, lot)
            yield moment, Say(who=who, words=words, thread=event.thread or "", reply_to=event.id)
        if lot.random() < REACTS:
            who = lot.choice(others)
            sign = lot.choice(("❤️", "👏", "🙂", "💡", "🙏"))
            yield self._later(event, who, lot), React(who=who, label=event.id, sign=sign)

    def _later(self, event: Event, who: str, lot: Random) -> datetime:
        moment = event.at + timedelta(minutes=lot.randrange(20, 300))
        return awake(moment, self.cast[who].zone, lot)

    # --- what the bot says to one or two -----------------------------------------------------

    def _reminded(self, event: Event, posted: Posted) -> Iterator[Timed]:
        """Some answer after all, right there; the silent one does not, and that is fine."""
        who = event.room.removeprefix("direct-")
        lot = self.lots.of("reminded", posted.label, who)
        prompt = posted.prompt.removesuffix("-reminder")
        if who in present(self.cast, event.at) and lot.random() < REMINDED:
            words = self._answer(who, prompt, lot)
            if words:
                moment = self._later(event, who, lot)
                yield moment, Say(who=who, words=f"!answer {words}", room=event.room)

    def _quoted(self, event: Event) -> Iterator[Timed]:
        """Each looks at their lines: one wants no name on one of them, one takes one back."""
        who = event.room.removeprefix("direct-")
        verb = {self.cast.unnamer: "unname", self.cast.away: "withdraw"}.get(who, "")
        moment = self._later(event, who, self.lots.of("review", who, event.at))
        if verb and who not in self._particular:
            self._particular.add(who)
            words = about_a_line(verb, event.room)
            yield moment, Say(who=who, words="!review list", room=event.room)
            yield moment + timedelta(minutes=3), Say(who=who, words=words, room=event.room)
        moment += timedelta(minutes=6)
        yield moment, Say(who=who, words="!review approve all", room=event.room)

    def _proposed(self, event: Event) -> Iterator[Timed]:
        who = event.room.removeprefix("direct-")
        lot = self.lots.of("proposed", who)
        moment = self._later(event, who, lot)
        yield moment, Say(who=who, words="!mentor accept", room=event.room)

    def _introduced(self, event: Event) -> Iterator[Timed]:
        mentor, mentee, *_ = event.mentions
        lot = self.lots.of("introduced", mentee)
        first, second = told("shared.toml")["hellos"]["lines"]
        moment = self._later(event, mentee, lot)
        for who, other, line in ((mentee, mentor, first), (mentor, mentee, second)):
            moment = awake(moment + timedelta(hours=1), self.cast[who].zone, lot)
            words = line.format(name=self.cast[other].first_name)
            if moment < ENDS:
                yield moment, Say(who=who, words=words, room=event.room)


def about_a_line(verb: str, room: str) -> Callable[[Memory], str]:
    """Return words about the first of the lines that the bot listed last."""

    def words(memory: Memory) -> str:
        numbers = _LINE.findall(memory.last.get(room, ""))
        return f"!review {verb} {numbers[0]}" if numbers else ""

    return words
