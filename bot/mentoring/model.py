"""Profiles, what makes two people fit, and the life of a pair."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from bot.conversation.model import DomainError

MOST_TOPICS = 6
LONGEST_TOPIC = 60
ENOUGH_HOURS = 5
"""Shared hours a week beyond which more do not count: nobody meets more often than that."""

LONGEST_RELAYED = 1500
"""The most characters of somebody's words that are carried at a time."""

CHECKIN_AFTER = timedelta(days=14)
CHECKIN_AT = time(10)
CHECKIN_WINDOW = timedelta(days=3)
"""How late it may be asked: the day matters less than that it is asked."""

_DAY = 24
_WEEK = 7 * _DAY


class Side(StrEnum):
    """Whether somebody offers to be a mentor or seeks one."""

    OFFER = "offer"
    SEEK = "seek"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What a member offers or seeks.

    `topics` come in the order of their weight, `languages` are ISO codes, `hours` are the hours
    of a week (0 is Monday, midnight to one) on clocks in `zone`. `capacity` is how many people a
    mentor takes on at a time; it means nothing for who seeks.
    """

    member: int
    side: Side
    topics: tuple[str, ...]
    languages: tuple[str, ...]
    hours: frozenset[int]
    zone: str = "UTC"
    capacity: int = 1


@dataclass(frozen=True, slots=True)
class Fit:
    """Why two people may go together: what they share; `again` when they were partners before."""

    topics: tuple[str, ...]
    languages: tuple[str, ...]
    hours: int
    again: bool = False


@dataclass(frozen=True, slots=True)
class History:
    """Who was with whom, and who is not to be proposed to whom ever again."""

    past: frozenset[frozenset[int]] = frozenset()
    never: frozenset[frozenset[int]] = frozenset()


NO_HISTORY = History()


def usable(profile: Profile, monday: date) -> int:
    """Return a mask of the quarters of a UTC week (bit 0: Monday, midnight) that are usable.

    The clocks are as they stand at noon of `monday`, so that a week in which they change is
    compared like any other; what runs over the week's end counts at its beginning.
    """
    noon = datetime.combine(monday, time(12), ZoneInfo(profile.zone))
    ahead = (noon.utcoffset() or timedelta()) // timedelta(minutes=15)
    mask = 0
    for hour in profile.hours:
        for quarter in range(hour * 4, hour * 4 + 4):
            mask |= 1 << (quarter - ahead) % (_WEEK * 4)
    return mask


def shared(wanted: Sequence[str], other: Sequence[str]) -> tuple[str, ...]:
    """Return the words of `wanted` that `other` holds too, capitals not regarded."""
    held = {word.casefold() for word in other}
    return tuple(word for word in wanted if word.casefold() in held)


def fit_of(
    mentor: Profile, mentee: Profile, quarters: int, history: History = NO_HISTORY
) -> Fit | None:
    """Return what speaks for a pair that shares `quarters` a week; None where a rule forbids it.

    The rules: two different people, a topic that one seeks and the other offers, a language in
    common, and neither ever said no to the other.
    """
    couple = frozenset((mentor.member, mentee.member))
    topics = shared(mentee.topics, mentor.topics)
    languages = shared(mentee.languages, mentor.languages)
    if len(couple) == 1 or couple in history.never or not topics or not languages:
        return None
    return Fit(topics, languages, quarters // 4, again=couple in history.past)


def score(fit: Fit, mentee: Profile) -> int:
    """Return how well a pair fits, an integer from 1 to 1000; all divisions round down.

    - topics: 700 times the weights of the shared topics, divided by the weights of all that the
      mentee named; the topic at place r (from 1) weighs 60 divided by r;
    - hours: 50 for each shared hour a week, at most 250;
    - language: 50 when the language that the mentee named first is shared, else 25.
    """
    weights = {topic: 60 // place for place, topic in enumerate(mentee.topics, start=1)}
    topics = 700 * sum(weights[topic] for topic in fit.topics) // sum(weights.values())
    language = 50 if mentee.languages[0] in fit.languages else 25
    return topics + 50 * min(fit.hours, ENOUGH_HOURS) + language


# --- the life of a pair -----------------------------------------------------------------------


class PairState(StrEnum):
    """How far a pair is."""

    PROPOSED = "proposed"
    ACCEPTED_BY_MENTOR = "accepted by mentor"
    ACCEPTED_BY_MENTEE = "accepted by mentee"
    INTRODUCED = "introduced"
    DECLINED = "declined"  # one of them said no: never proposed again
    ENDED = "ended"


class Way(StrEnum):
    """How two people come together: in a room of their own, or each told of the other privately."""

    ROOM = "room"
    APART = "apart"  # on one platform, where the bot can open no room for several people
    ACROSS = "across"  # on two platforms


OPEN = frozenset({PairState.PROPOSED, PairState.ACCEPTED_BY_MENTOR, PairState.ACCEPTED_BY_MENTEE})
LIVE = OPEN | {PairState.INTRODUCED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A mentor and a mentee, by their ids as members, and why they were proposed.

    `relay` are those of them who said yes to having words carried between them, and `relays` how
    often that was ended; words are carried while both have said yes.
    """

    id: int
    circle: int
    mentor: int
    mentee: int
    state: PairState
    fit: Fit
    proposed_at: datetime
    relay: frozenset[int] = frozenset()
    relays: int = 0

    def __contains__(self, member: int) -> bool:
        return member in (self.mentor, self.mentee)

    def partner_of(self, member: int) -> int:
        """Return the other one."""
        return self.mentee if member == self.mentor else self.mentor

    def awaits(self, member: int) -> bool:
        """Return whether this member has yet to say yes or no."""
        said = (PairState.ACCEPTED_BY_MENTOR, PairState.ACCEPTED_BY_MENTEE)
        mine = said[0] if member == self.mentor else said[1]
        return member in self and self.state in OPEN and self.state is not mine

    def accepted_by(self, member: int) -> "Pair":
        """Return the pair after a yes of somebody it awaits: introduced when both said yes."""
        if self.state is not PairState.PROPOSED:
            return replace(self, state=PairState.INTRODUCED)
        mentor = member == self.mentor
        state = PairState.ACCEPTED_BY_MENTOR if mentor else PairState.ACCEPTED_BY_MENTEE
        return replace(self, state=state)

    def refused(self) -> "Pair":
        """Return the pair after a no: declined, or ended if they were introduced already."""
        declined = self.state in OPEN
        state = PairState.DECLINED if declined else PairState.ENDED
        return replace(self, state=state, relay=frozenset())

    def ended(self) -> "Pair":
        """Return the pair when it is over and nobody said no."""
        return replace(self, state=PairState.ENDED, relay=frozenset())

    @property
    def is_relayed(self) -> bool:
        """Whether words are carried between the two."""
        both = {self.mentor, self.mentee}
        return self.state is PairState.INTRODUCED and self.relay == both

    def relayed_for(self, member: int) -> "Pair":
        """Return the pair after a member's yes to having words carried."""
        return replace(self, relay=self.relay | {member})

    def relayed_no_more(self) -> "Pair":
        """Return the pair when no words are carried any more; it takes two yeses again."""
        return replace(self, relay=frozenset(), relays=self.relays + self.is_relayed)


def checkin_wall(today: date) -> datetime:
    """Return when both are asked how it goes, on the circle's clocks."""
    return datetime.combine(today + CHECKIN_AFTER, CHECKIN_AT)


# --- what people type -------------------------------------------------------------------------

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_GROUPS = {"weekdays": range(5), "weekends": range(5, 7), "daily": range(7)}
_HOURS_LIKE = (
    'I could not read the hours. Whole hours on your own clocks, like hours="mon-fri 17-20" '
    'or hours="tue,thu 18-21; sat 10-12".'
)
_TOPICS_LIKE = (
    "Name up to six topics, the most important one first, with commas between them, "
    "like: facilitation, evaluation."
)
EVENINGS = frozenset(day * _DAY + hour for day in range(5) for hour in range(17, 21))
"""The hours of somebody who named none: weekdays from 17 to 21."""


def understand_topics(text: str) -> tuple[str, ...]:
    """Return the topics that `text` names, in its order, each once.

    Raises:
        DomainError: there are none or too many, one is very long, or other words got among them.
    """
    words = (" ".join(part.split()) for part in text.replace(";", ",").split(","))
    topics: dict[str, str] = {}
    for word in words:
        topics |= {} if not word or word.casefold() in topics else {word.casefold(): word}
    if any(mark in text for mark in '="“”'):
        raise DomainError(f"Something like name=value got among the topics. {_TOPICS_LIKE}")
    if not 0 < len(topics) <= MOST_TOPICS or any(len(t) > LONGEST_TOPIC for t in topics):
        raise DomainError(_TOPICS_LIKE)
    return tuple(topics.values())


def understand_hours(text: str) -> frozenset[int]:
    """Return the hours of a week that words like `mon-fri 17-20; sat 10-12` name.

    A span without a day means every day; one that passes midnight goes on in the next day. No
    words at all mean weekday evenings.

    Raises:
        DomainError: the words are not of that form.
    """
    if not text.strip():
        return EVENINGS
    hours: set[int] = set()
    days: set[int] = set()
    closed = False
    for word in _words(text):
        named = _days(word)
        if named:
            days = named if closed else days | named
        else:
            hours |= {(day * _DAY + h) % _WEEK for day in days or range(7) for h in _span(word)}
        closed = not named
    if not closed:
        raise DomainError(_HOURS_LIKE)
    return frozenset(hours)


def _words(text: str) -> list[str]:
    for dash in ("–", "—", " - "):  # noqa: RUF001 - what phones make of a hyphen
        text = text.replace(dash, "-")
    for mark in ',;"“”':
        text = text.replace(mark, " ")
    return text.lower().split()


def _days(word: str) -> set[int]:
    """Return the days that a word names, none when it names none."""
    if word in _GROUPS:
        return set(_GROUPS[word])
    first, dash, last = word.partition("-")
    begin, end = _day(first), _day(last if dash else first)
    if begin is None or end is None:
        return set()
    return {day % 7 for day in range(begin, (end if end >= begin else end + 7) + 1)}


def _day(word: str) -> int | None:
    short = word.removesuffix("s") if len(word) > len("mon") else word
    found = (number for number, day in enumerate(DAYS) if day.startswith(short))
    return next(found, None) if len(short) >= len("mon") else None


def _span(word: str) -> range:
    first, _, last = word.partition("-")
    begin, end = _hour(first), _hour(last)
    if begin == end:
        raise DomainError(_HOURS_LIKE)
    return range(begin, end if end > begin else end + _DAY)


def _hour(word: str) -> int:
    digits = word.removesuffix(":00").removesuffix("h")
    if not (digits.isascii() and digits.isdigit() and int(digits) <= _DAY):
        raise DomainError(_HOURS_LIKE)
    return int(digits)


def spans(hours: Iterable[int]) -> list[tuple[int, int]]:
    """Return hours of one day (0 to 23) as spans from (inclusive) until (exclusive)."""
    found: list[tuple[int, int]] = []
    for hour in sorted(hours):
        if found and found[-1][1] == hour:
            found[-1] = (found[-1][0], hour + 1)
        else:
            found.append((hour, hour + 1))
    return found
