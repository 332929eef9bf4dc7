"""A circle: its calendar, its members and what they agreed to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.conversation.model import DeliveryKey, DomainError, PersonRef, Role, RoomRef

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


class CircleState(StrEnum):
    """Where a circle is in its life."""

    DRAFT = "draft"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"


class ThreadUse(StrEnum):
    """Which posts of a circle open a thread; AUTO is what suits the platform: one a prompt."""

    AUTO = "auto"
    PROMPT = "prompt"
    WEEK = "week"
    NONE = "none"

    @property
    def each(self) -> bool:
        """Whether every prompt has a thread of its own."""
        return self in (ThreadUse.AUTO, ThreadUse.PROMPT)


class MemberState(StrEnum):
    """Whether somebody is a member now."""

    INVITED = "invited"
    JOINED = "joined"
    LEFT = "left"
    BANNED = "banned"
    ASIDE = "aside"  # somebody's second account, while it is linked with the first


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `starts_on` (inclusive) until `ends_on` (exclusive)."""

    starts_on: date
    ends_on: date

    def __contains__(self, day: date) -> bool:
        return self.starts_on <= day < self.ends_on


@dataclass(frozen=True, slots=True)
class Placed:
    """A phase on its dates."""

    key: str
    title: str
    span: Span

    @property
    def last_day(self) -> date:
        """The last day that belongs to the phase."""
        return self.span.ends_on - DAY


@dataclass(frozen=True, slots=True)
class Calendar:
    """Phases laid on dates, one after the other, and the breaks between or inside them."""

    phases: tuple[Placed, ...] = ()
    breaks: tuple[Span, ...] = ()

    @property
    def opens_on(self) -> date:
        """The first day of the first phase."""
        return self.phases[0].span.starts_on

    @property
    def closes_on(self) -> date:
        """The last day of the last phase."""
        return self.phases[-1].last_day

    def on(self, day: date) -> Placed | None:
        """Return the phase of a day, None before, after and in a break."""
        if self.in_break(day):
            return None
        return next((phase for phase in self.phases if day in phase.span), None)

    def after(self, day: date) -> Placed | None:
        """Return the next phase that begins after a day."""
        return next((phase for phase in self.phases if phase.span.starts_on > day), None)

    def in_break(self, day: date) -> bool:
        """Return whether a day falls in a break."""
        return any(day in each for each in self.breaks)

    def day_of(self, phase: Placed, offset: int) -> date | None:
        """Return the phase's day number `offset` (0 first), breaks not counted; None beyond it."""
        day = phase.span.starts_on
        while day < phase.span.ends_on:
            if not self.in_break(day):
                if offset == 0:
                    return day
                offset -= 1
            day += DAY
        return None

    def days_in(self, phase: Placed) -> int:
        """Return how many days the phase has, breaks not counted."""
        count = (phase.span.ends_on - phase.span.starts_on).days
        return sum(
            not self.in_break(phase.span.starts_on + timedelta(days=number))
            for number in range(count)
        )

    def extended(self, key: str, weeks: int) -> "Calendar":
        """Return the calendar with one phase longer by `weeks`, and all after it later."""
        return self._shifted(self._index(key), timedelta(weeks=weeks), first_too=False)

    def moved(self, key: str, starts_on: date, *, rest: bool) -> "Calendar":
        """Return the calendar with a phase starting on another day, and the rest with it or not.

        Raises:
            DomainError: a phase would lose all its days.
        """
        index = self._index(key)
        by = starts_on - self.phases[index].span.starts_on
        if rest:
            return _checked(self._shifted(index, by, first_too=True))
        phases = list(self.phases)
        phases[index] = _starting(phases[index], starts_on)
        if index > 0:
            phases[index - 1] = _ending(phases[index - 1], starts_on)
        return _checked(replace(self, phases=tuple(phases)))

    def _index(self, key: str) -> int:
        for index, phase in enumerate(self.phases):
            if key.lower() in (phase.key.lower(), phase.title.lower()):
                return index
        known = ", ".join(phase.key for phase in self.phases)
        raise DomainError(f"There is no phase {key}. The phases are: {known}.")

    def _shifted(self, index: int, by: timedelta, *, first_too: bool) -> "Calendar":
        """Return the calendar with everything from phase `index` on moved by `by`."""
        phases = list(self.phases)
        edge = phases[index].span.starts_on if first_too else phases[index].span.ends_on
        for number, phase in enumerate(phases):
            if number > index or (number == index and first_too):
                phases[number] = _at(phase, phase.span.starts_on + by)
        if not first_too:
            phases[index] = _ending(phases[index], phases[index].span.ends_on + by)
        elif index > 0:
            phases[index - 1] = _ending(phases[index - 1], phases[index].span.starts_on)
        breaks = (
            Span(each.starts_on + by, each.ends_on + by) if each.starts_on >= edge else each
            for each in self.breaks
        )
        return Calendar(tuple(phases), tuple(breaks))


def lay(
    weeks: Sequence[tuple[str, str, int]], opens_on: date, break_on: date | None = None
) -> Calendar:
    """Return phases `(key, title, weeks)` laid on dates, those marked before week 1 first.

    A break of one week, from `break_on`, makes the phase it falls into a week longer.

    Raises:
        DomainError: the break does not fall into the circle.
    """
    pause = (Span(break_on, break_on + WEEK),) if break_on else ()
    placed: list[Placed] = []
    day = opens_on
    for key, title, length in weeks:
        end = day + WEEK * length
        if break_on and day <= break_on < end:
            end += WEEK
        placed.append(Placed(key, title, Span(day, end)))
        day = end
    if break_on and not opens_on <= break_on < day:
        raise DomainError(f"The break week must lie between {opens_on} and {day}.")
    return Calendar(tuple(placed), pause)


def _at(phase: Placed, starts_on: date) -> Placed:
    return replace(
        phase, span=Span(starts_on, starts_on + (phase.span.ends_on - phase.span.starts_on))
    )


def _starting(phase: Placed, day: date) -> Placed:
    return replace(phase, span=Span(day, phase.span.ends_on))


def _ending(phase: Placed, day: date) -> Placed:
    return replace(phase, span=Span(phase.span.starts_on, day))


def _checked(calendar: Calendar) -> Calendar:
    for phase in calendar.phases:
        if phase.span.ends_on <= phase.span.starts_on:
            raise DomainError(
                f"Then {phase.title} would have no days left. Move the phases around it first."
            )
    return calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """A group that learns together from an opening to a close."""

    id: int
    name: str
    purpose: str
    question: str
    method: str
    language: str
    zone: str
    state: CircleState
    calendar: Calendar
    quiet_since: time
    quiet_until: time
    threads: ThreadUse
    licence: str

    def today(self, now: datetime) -> date:
        """Return the date on the circle's own clocks."""
        return now.astimezone(ZoneInfo(self.zone)).date()

    def phase_at(self, moment: datetime) -> Placed | None:
        """Return the phase of a moment."""
        return self.calendar.on(self.today(moment))


@dataclass(frozen=True, slots=True)
class CircleRoom:
    """A room of a circle; `gone` when the bot is not in it any more."""

    circle: int
    ref: RoomRef
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Consents:
    """What a member agreed to; taking part never depends on the other three."""

    takes_part: bool = False
    counted: bool = False
    quoted: bool = False
    named: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody in a circle; `others` are accounts that they linked with that of `person`."""

    id: int
    circle: int
    person: PersonRef
    name: str
    roles: frozenset[str]
    state: MemberState
    joined_at: datetime
    goal: str = ""
    gives: str = ""
    needs: str = ""
    zone: str = "UTC"
    away_until: date | None = None
    consents: Consents = Consents()
    unreachable: bool = False
    others: tuple[PersonRef, ...] = ()

    @property
    def accounts(self) -> tuple[PersonRef, ...]:
        """Every account of the member, the one in use first."""
        return (self.person, *self.others)

    def away_on(self, day: date) -> bool:
        """Return whether the member is away on a day; the day they are back is not away."""
        return self.away_until is not None and day < self.away_until


def stricter(one: Consents, other: Consents) -> Consents:
    """Return what both agree to."""
    given = (getattr(one, f.name) and getattr(other, f.name) for f in fields(Consents))
    return Consents(*given)


FACILITATING = frozenset({"facilitator", "co-facilitator"})
ROLES = ("facilitator", "co-facilitator", "carer", "member")


def roles_of(member: Member | None) -> frozenset[Role]:
    """Return what a member may do, from their roles in the circle."""
    if member is None or member.state is not MemberState.JOINED:
        return frozenset({Role.ANYONE})
    roles = {Role.ANYONE, Role.MEMBER}
    if "carer" in member.roles:
        roles.add(Role.CARER)
    if member.roles & FACILITATING:
        roles |= {Role.CARER, Role.FACILITATOR}
    return frozenset(roles)


def taking_part(members: Iterable[Member]) -> list[Member]:
    """Return the members who are in the circle now and agreed to take part."""
    return [m for m in members if m.state is MemberState.JOINED and m.consents.takes_part]


# --- steps: what facilitators did, and how it was before --------------------------------------

UNDO_WITHIN = timedelta(hours=24)
"""How long a step can be undone."""


class StepKind(StrEnum):
    """What a facilitator did."""

    OPENED = "opened"
    PAUSED = "paused"
    RESUMED = "resumed"
    CLOSED = "closed"
    EXTENDED = "extended"
    MOVED = "moved"
    ROLES = "roles"
    LEFT_OUT = "left-out"


@dataclass(frozen=True, slots=True)
class Course:
    """How a circle went on: its state, its calendar, and since when its schedules were laid."""

    state: CircleState
    calendar: Calendar
    since: datetime


@dataclass(frozen=True, slots=True)
class RolesChange:
    """A member's roles before and after, in order."""

    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A prompt that was left out, and the kinds and subjects of its schedules."""

    title: str
    schedules: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A post that announced a step, and its room."""

    room: RoomRef
    key: DeliveryKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What somebody did with a circle.

    `before` is what undoing needs, None for what cannot be undone; `about` is the member it
    concerned. `by` is None when that person was forgotten.
    """

    circle: int
    at: datetime
    by: PersonRef | None
    kind: StepKind
    before: Course | RolesChange | LeftOut | None = None
    about: int | None = None
    told: tuple[Told, ...] = ()
    undone_at: datetime | None = None
    id: int = 0


def changed_phase(before: Calendar, after: Calendar, kind: StepKind) -> tuple[Placed, Placed]:
    """Return the phase that a step moved or lengthened, as it was and as it is."""
    return next(
        (was, now)
        for was, now in zip(before.phases, after.phases, strict=True)
        if (
            was.span.ends_on != now.span.ends_on
            if kind is StepKind.EXTENDED
            else was.span.starts_on != now.span.starts_on
        )
    )


# --- the guided exchange in which somebody joins --------------------------------------------

QUESTIONS = ("goal", "gives", "needs", "zone", "consents")
_YES = ("yes", "y", "ok", "agree", "si", "ja")
_NO = ("no", "n", "nein")


@dataclass(frozen=True, slots=True)
class Joining:
    """How far somebody is in joining: the answers so far, in the order of `QUESTIONS`."""

    circle: int
    person: PersonRef
    name: str
    answers: tuple[str, ...] = ()

    @property
    def asks(self) -> str | None:
        """What is asked next; None when all is said."""
        return QUESTIONS[len(self.answers)] if len(self.answers) < len(QUESTIONS) else None


@dataclass(frozen=True, slots=True)
class Arrival:
    """What somebody says who joins."""

    goal: str
    gives: str
    needs: str
    zone: str
    consents: Consents


CONSENTS = {"part": "takes_part", "counted": "counted", "quoted": "quoted", "named": "named"}
"""The consents by the words that people say for them, in the order in which they are asked."""


def consents_named(text: str) -> Consents:
    """Return the consents that are named in a list of words; all others are a no.

    Raises:
        DomainError: a word is none of them.
    """
    words = text.replace(",", " ").lower().split()
    unknown = [word for word in words if word not in CONSENTS]
    if unknown:
        known = ", ".join(CONSENTS)
        raise DomainError(f"There is no consent {unknown[0]}. The consents are: {known}.")
    return Consents(**{CONSENTS[word]: True for word in words})


class ConsentsUnclear(DomainError):
    """An answer does not say yes or no to each of the four consents."""


def understand_consents(text: str) -> Consents:
    """Return the consents that four answers of yes or no give.

    Raises:
        ConsentsUnclear: the words are not four of yes and no.
    """
    words = [word.strip(".,;:!").lower() for word in text.replace(",", " ").split()]
    if len(words) != len(fields(Consents)) or any(word not in _YES + _NO for word in words):
        raise ConsentsUnclear("Please answer with four words, each yes or no.")
    return Consents(*(word in _YES for word in words))
