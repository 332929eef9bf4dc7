"""The story: the scenes that are fixed, whoever plays which part."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from bot.demo.acts import (
    ROOM,
    Act,
    Change,
    CloseDoor,
    Enter,
    GoOut,
    Memory,
    React,
    Say,
    Scene,
    direct,
)
from bot.demo.cast import Cast, Lots, told
from bot.demo.clock import awake, local

ZONE = "Europe/Berlin"
BEGINS = local("2026-02-19", "09:00", ZONE)
ENDS = local("2026-04-12", "21:00", ZONE)
OPENS, CLOSES = "2026-03-02", "2026-04-12"
NAME = "newcomers"
AWAY_SINCE, BACK = local("2026-03-08", "19:00", ZONE), local("2026-03-16", "08:00", ZONE)
LATE = local("2026-03-10", "15:30", ZONE)
"""When the late one comes: after the opening and before the first week of giving."""

Timed = tuple[datetime, Act]


def story(cast: Cast, lots: Lots) -> Iterator[Timed]:
    """Yield the fixed scenes."""
    teller = _Teller(cast, lots)
    yield from teller.beginning()
    yield from teller.joining()
    yield from teller.opening()
    yield from teller.planning()
    yield from teller.exchanging()
    yield from teller.mentoring()
    yield from teller.marking()
    yield from teller.publishing()
    yield from teller.ending()


class _Teller:
    """Tells the story of one cast."""

    def __init__(self, cast: Cast, lots: Lots) -> None:
        self.cast, self.lots = cast, lots
        self.words = told("shared.toml")
        self.spoken = self.words["facilitator"]

    def beginning(self) -> Iterator[Timed]:
        """A facilitator has a room and a question."""
        day, new = "2026-02-19", f"!circle new {NAME} {OPENS} 6-week zone={ZONE}"
        question, purpose = self.spoken["question"], self.spoken["purpose"]
        yield self._scene(day, "09:00", "A room and a question", "Somebody wants to begin.")
        yield local(day, "09:05", self.cast[self.cast.facilitator].zone), Enter()
        yield self._lead(day, "09:10", self.spoken["welcome"])
        yield self._lead(day, "09:20", f'{new} question="{question}" purpose="{purpose}"')
        yield self._lead(day, "09:40", self.spoken["join"])
        yield self._lead("2026-02-22", "17:00", "!prompt preview roll-call", private=True)
        yield self._lead("2026-02-22", "17:10", "!circle open")
        yield self._scene(
            "2026-02-23", "08:30", "Getting ready", "A roll call, and a week to settle in."
        )

    def joining(self) -> Iterator[Timed]:
        """Each of them joins in a short private exchange."""
        yield self._scene(
            "2026-02-19", "10:35", "People join", "Five questions each, in private; consent first."
        )
        first = local("2026-02-19", "10:40", ZONE)
        for who in self.cast.people:
            lot = self.lots.of("joins", who)
            begun = first + timedelta(minutes=lot.randrange(10, 60 * 48))
            if who == self.cast.late:
                begun = LATE
                yield begun - timedelta(minutes=30), Enter(who)
            yield from self._joins(who, awake(begun, self.cast[who].zone, lot))

    def _joins(self, who: str, begun: datetime) -> Iterator[Timed]:
        somebody = self.cast[who]
        given = (somebody.goal, somebody.gives, somebody.needs, somebody.zone)
        yield begun, Say(who=who, words="!join")
        for number, words in enumerate((*given, self.cast.consents(who)), 1):
            moment = begun + timedelta(minutes=2 * number)
            yield moment, Say(who=who, words=to_question(number, words, who), room=direct(who))

    def opening(self) -> Iterator[Timed]:
        """The first week; somebody closes their door, somebody says what was meant elsewhere."""
        cast, slip = self.cast, local("2026-03-05", "18:00", ZONE)
        slip = awake(slip, cast[cast.deleter].zone, self.lots.of("slip"))
        yield self._scene(OPENS, "08:00", "Opening", "Who are you, and how shall we be together?")
        yield local(OPENS, "08:10", ZONE), CloseDoor(cast.closed)
        yield self._lead(OPENS, "09:05", self.spoken["opening"])
        yield slip, Say(who=cast.deleter, words=self.words["deleted"]["plain"], label="slip")
        yield slip + timedelta(minutes=9), Change(who=cast.deleter, label="slip")
        yield AWAY_SINCE, self._asks(cast.away, "!my away 2026-03-16")
        yield self._lead("2026-03-07", "16:00", self.spoken["norms"])

    def planning(self) -> Iterator[Timed]:
        """The second week; somebody comes late, and one is missed."""
        day = "2026-03-09"
        yield self._scene(day, "08:00", "Planning", "Everybody starts a small project.")
        yield self._lead(day, "18:00", "!circle status", private=True)
        yield self._lead(day, "18:05", "!circle quiet 14", private=True)
        yield LATE + timedelta(hours=1), Say(who=self.cast.facilitator, words=self.spoken["late"])

    def exchanging(self) -> Iterator[Timed]:
        """Two weeks of giving; a private command typed in the open."""
        cast, day = self.cast, "2026-03-16"
        yield self._scene(day, "08:00", "Exchanging", "Two weeks of giving, and a few pairs.")
        shown = local("2026-03-21", "13:00", ZONE)
        yield shown, Say(who=cast.late, words="!my data")
        yield shown + timedelta(minutes=5), self._asks(cast.late, "!my tidy")
        yield self._lead("2026-03-23", "11:30", self.spoken["midway"])

    def mentoring(self) -> Iterator[Timed]:
        """Three seek and two offer; one of them has to wait, and is told so kindly."""
        cast = self.cast
        mentors, mentees = (cast.editor, cast.away), (cast.deleter, cast.unnamer, cast.late)
        day, hours = local("2026-03-17", "12:00", ZONE), 'hours="mon-fri 8-20"'
        topics = [cast[who].knows[0] for who in mentors]
        asked = [(who, f"!mentor offer {hours} {', '.join(cast[who].knows)}") for who in mentors]
        for who in mentees:
            wanted = self.lots.of("topics", who).sample(topics, len(topics))
            asked.append((who, f"!mentor seek {hours} {', '.join(dict.fromkeys(wanted))}"))
        for number, (who, words) in enumerate(asked):
            lot = self.lots.of("mentoring", who)
            moment = awake(day + timedelta(minutes=20 * number), cast[who].zone, lot)
            yield moment, self._asks(who, words)
        yield self._lead("2026-03-19", "11:00", "!pairs preview", private=True)
        yield self._lead("2026-03-19", "11:10", "!pairs send", private=True)

    def marking(self) -> Iterator[Timed]:
        """Lines worth keeping are marked; one of them is taken back by its author."""
        cast = self.cast
        yield from self._insights()
        said = awake(local("2026-03-19", "15:00", ZONE), cast[cast.deleter].zone, self.lots.of("m"))
        words = self.words["deleted"]["marked"]
        yield said, Say(who=cast.deleter, words=words, label="marked")
        yield said + timedelta(hours=1), React(who=cast.unnamer, label="marked", sign="💡")
        yield said + timedelta(hours=26), Change(who=cast.deleter, label="marked")

    def _insights(self) -> Iterator[Timed]:
        cast, lot = self.cast, self.lots.of("insights")
        lines = lot.sample(self.words["insights"]["lines"], 5)
        authors = (cast.unnamer, cast.editor, cast.late, cast.deleter)
        others = [cast.facilitator, *authors]
        for number, who in enumerate(authors):
            line = suitable(lines, cast[who].language)
            day = local("2026-03-17", "16:00", ZONE) + timedelta(days=2 * number)
            moment = awake(day, cast[who].zone, lot)
            yield moment, Say(who=who, words=line, label=f"insight-{number}")
            marker = lot.choice([other for other in others if other != who])
            later = awake(moment + timedelta(hours=2), cast[marker].zone, lot)
            act: Act = React(who=marker, label=f"insight-{number}", sign=lot.choice("💡⭐"))
            if number == 0:
                act = Say(who=marker, words="!mark insight", reply_to="insight-0")
            yield later, act

    def publishing(self) -> Iterator[Timed]:
        """The draft; those quoted are asked, and one of them stays silent."""
        day = "2026-04-07"
        yield self._scene("2026-03-30", "08:00", "Publishing", "Each makes sense of what came in.")
        yield self._scene("2026-04-06", "08:00", "Closing", "Looking back, thanking, publishing.")
        yield self._lead(day, "15:00", self.spoken["publication"])
        yield self._lead(day, "15:05", "!summary draft", private=True)
        yield local("2026-04-09", "17:00", ZONE), self._asks(self.cast.editor, "!my data")
        yield self._lead("2026-04-10", "16:00", "!summary draft", private=True)

    def ending(self) -> Iterator[Timed]:
        """The publication goes out, and the circle closes."""
        yield self._lead(CLOSES, "15:00", "!summary publish", private=True)
        yield self._lead(CLOSES, "18:00", self.spoken["goodbye"])
        yield self._lead(CLOSES, "19:00", "!circle close")
        yield local(CLOSES, "20:30", ZONE), GoOut(self.cast.silent)

    def _scene(self, day: str, clock: str, title: str, about: str) -> Timed:
        return local(day, clock, ZONE), Scene(title, about)

    def _lead(self, day: str, clock: str, words: str, *, private: bool = False) -> Timed:
        """Return what the facilitator says, in the room or to the bot alone."""
        who = self.cast.facilitator
        room = direct(who) if private else ROOM
        return local(day, clock, self.cast[who].zone), Say(who=who, words=words, room=room)

    def _asks(self, who: str, words: str) -> Say:
        return Say(who=who, words=words, room=direct(who))


def to_question(number: int, words: str, who: str) -> Callable[[Memory], str]:
    """Return words for one of the questions of joining, said only where it was asked last.

    Who plays along may have said something else before, and then nobody waits for these.
    """
    asked = f"{number} of 5."

    def answer(memory: Memory) -> str:
        return words if asked in memory.last.get(direct(who), "") else ""

    return answer


def suitable(lines: list[str], language: str) -> str:
    """Take out and return the first line that somebody may say in their languages; else none."""
    for line in lines:
        german = line.startswith("de: ")
        if not german or language == "de":
            lines.remove(line)
            return line.removeprefix("de: ")
    return ""


def present(cast: Cast, moment: datetime) -> Sequence[str]:
    """Return who is there to say something at a moment, the silent one left out."""
    gone = {cast.silent}
    gone |= {cast.away} if AWAY_SINCE <= moment < BACK else set()
    gone |= {cast.late} if moment < LATE + timedelta(hours=2) else set()
    return [who for who in cast.people if who not in gone]
