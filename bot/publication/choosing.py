"""What of a circle's words goes into a summary, and which names come out of them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from unicodedata import normalize
from urllib.parse import quote as percent
from zoneinfo import ZoneInfo

from bot.circles.model import Circle, Member, Placed, taking_part
from bot.conversation.model import MessageRef, PersonRef
from bot.prompting.model import Asked
from bot.publication.model import (
    SOMEBODY,
    Chapter,
    Harvest,
    MarkKind,
    Question,
    Quote,
    Said,
    Source,
    Summary,
    is_published,
    shows_name,
)

_UNSEEN = "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]*"
_SPLIT = re.compile(r"[\s\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_ANY_ID = r"<@!?\d+>|@[\w.=+/-]+:[\w-]+(?:\.[\w-]+)*"
_SMALL = frozenset(
    "and,das,dem,den,der,des,die,del,della,dos,for,les,mrs,the,und,van,von,with".split(",")  # noqa: SIM905 - reads better
)
_ID_LIKE = ("@", "%40", "<@")

# --- names -------------------------------------------------------------------------------------


def names_of(person: PersonRef, *shown: str) -> frozenset[str]:
    """Return every way in which words may name or mention a person who is shown as `shown`."""
    local = person.id.removeprefix("@").partition(":")[0]
    ids = {person.id, percent(person.id, safe=""), percent(person.id, safe=":")}
    ids = ids | {f"<@{person.id}>", f"<@!{person.id}>"} if person.id.isdigit() else ids
    return frozenset({name.strip() for name in shown if _can_be_met(name)} | ids | {f"@{local}"})


def parts_of(name: str) -> frozenset[str]:
    """Return the single words of a name by which people may call somebody, small words left out."""
    words = (re.sub(r"^[\W_]+|[\W_]+$", "", word) for word in _SPLIT.split(name))
    return frozenset(w for w in words if len(w) >= _least(w) and w.casefold() not in _SMALL)


def _least(word: str) -> int:
    """Return how many letters say enough: one sign of a script without capitals says more."""
    return 3 if word[:1].lower() != word[:1].upper() or word.isdigit() else 2


def _can_be_met(name: str) -> bool:
    return any(not sign.isspace() and (not sign.isascii() or sign.isalnum()) for sign in name)


@dataclass(frozen=True, slots=True)
class Names:
    """The names in a circle's rooms: of each member, of strangers, and who may be named."""

    members: Mapping[int, frozenset[str]]
    named: frozenset[int]
    strangers: frozenset[str] = frozenset()
    mentioned: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    """How words mention a member by an id that nobody could read, and the name to read instead."""

    @classmethod
    def of(cls, members: Iterable[Member], present: Mapping[PersonRef, str]) -> "Names":
        """Return the names of members, and of who is in the rooms under which shown name."""
        known = list(members)
        people = {member.person for member in known}
        strangers = (names_of(who, name) for who, name in present.items() if who not in people)
        return cls(
            {m.id: names_of(m.person, m.name, present.get(m.person, "")) for m in known},
            frozenset(m.id for m in known if m.consents.named),
            frozenset(name for names in strangers for name in names),
            {m.id: (f"<@{m.person.id}>", f"@{m.name}") for m in known if m.person.id.isdigit()},
        )

    def masked(self, text: str, *, without: int | None = None) -> str:
        """Return words without the names of those who are not named, `without` one more."""
        shown = self.named - {without}
        hidden = [names for member, names in self.members.items() if member not in shown]
        kept = [self.members[member] for member in shown if member in self.members]
        for mention, name in (self.mentioned[each] for each in shown if each in self.mentioned):
            text = text.replace(mention, name)
        return masked(text, self.strangers.union(*hidden), frozenset().union(*kept))

    def without(self, text: str, member: int) -> str:
        """Return words without the names of one member; all others stay."""
        rest = (names for each, names in self.members.items() if each != member)
        return masked(text, self.members[member], frozenset().union(*rest), ids=False)


def masked(text: str, hidden: Iterable[str], shown: Iterable[str] = (), *, ids: bool = True) -> str:
    """Return `text` with `[a member]` for every name of `hidden`, and for `ids` of nobody known.

    The single words of a hidden name count too. A name of `shown` that holds a hidden one is
    left, as long as no whole hidden name shows.
    """
    whole = {name for name in hidden if _can_be_met(name)}
    parts = {p for name in whole if not name.startswith(_ID_LIKE) for p in parts_of(name)}
    left = {_folded(name) for name in (*shown, SOMEBODY)} - set(map(_folded, whole | parts))
    once = _replaced(text, whole | parts | set(shown) | {SOMEBODY}, left, ids=ids)
    return _replaced(once, whole | {SOMEBODY}, {_folded(SOMEBODY)}, ids=False)


def _replaced(text: str, names: Iterable[str], left: set[str], *, ids: bool = True) -> str:
    there = _folded(text)
    met = {name for name in names if (folded := _folded(name)) and folded in there}
    if not met and not (ids and "@" in text):
        return text
    ordered = sorted(met, key=lambda name: (-len(name), name))
    spelled = [_ANY_ID] if ids else []
    spelled += [form for name in ordered for form in _forms(name)]

    def instead(found: re.Match[str]) -> str:
        return found[0] if _folded(found[0]) in left else SOMEBODY

    return re.sub("|".join(spelled), instead, text, flags=re.IGNORECASE)


def _forms(name: str) -> list[str]:
    """Return patterns for a name, composed or not, that unseen signs do not break up.

    The folded name and its capitals are there because they may have more letters: ß becomes SS,
    and ǰ a J with a sign of its own.
    """
    ways = (name, name.casefold(), name.upper())
    forms = dict.fromkeys(normalize(form, way) for way in ways for form in ("NFC", "NFD"))
    return [_bounded(form) for form in forms if _SPLIT.sub("", form)]


def _bounded(name: str) -> str:
    words = [word for word in _SPLIT.split(name) if word]
    spelled = rf"{_UNSEEN}\s+{_UNSEEN}".join(_UNSEEN.join(map(re.escape, w)) for w in words)
    before = r"(?<![^\W_])" if _is_cased(words[0][0]) else ""
    after = r"(?=s?(?![^\W_]))" if _is_cased(words[-1][-1]) else ""
    return f"{before}{spelled}{after}"


def _is_cased(sign: str) -> bool:
    """Return whether a sign is of a script whose words stand apart."""
    return sign.isdigit() or sign.lower() != sign.upper()


def _folded(name: str) -> str:
    """Return a name or text for comparison: no spaces, no unseen signs, no capitals, one i."""
    joined = "".join(_SPLIT.split(normalize("NFC", name)))
    return joined.casefold().replace("\u0307", "").replace("\u0131", "i")


# --- the summary -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """All that a summary is made from; `quotes` by message, `asked` in the order of asking."""

    circle: Circle
    members: Mapping[int, Member]
    sources: Sequence[Source]
    quotes: Mapping[MessageRef, Quote]
    asked: Sequence[tuple[Asked, str]]
    names: Names


Link = Callable[[MessageRef], str]
"""Returns the address of a message; empty where members could not open it."""


def words_shown(stock: Stock, source: Source) -> str:
    """Return a source's words as a publication would show them."""
    return masked_for(stock, source, source.text)


def masked_for(stock: Stock, source: Source, text: str) -> str:
    """Return words without the names that may not stand beside a source."""
    quote, author = stock.quotes[source.message], stock.members[source.member]
    hide = None if shows_name(quote, author) else author.id
    return stock.names.masked(text, without=hide)


def composed(stock: Stock, link: Link, since: date) -> Summary:
    """Return the summary of the lines that their authors approved.

    `since` is the day from which the circle's weeks count.
    """
    circle = stock.circle
    agreed = [s for s in stock.sources if is_published(stock.quotes[s.message])]
    there = taking_part(stock.members.values())
    return Summary(
        circle=circle.name,
        purpose=circle.purpose,
        question=circle.question,
        language=circle.language,
        zone=circle.zone,
        licence=circle.licence,
        since=since,
        until=circle.calendar.closes_on,
        named=tuple(sorted((m.name for m in there if m.consents.named), key=_by_name)),
        others=sum(not m.consents.named for m in there),
        chapters=_chapters(stock, agreed, link),
    )


def _by_name(name: str) -> tuple[str, str]:
    return name.casefold(), name


def _chapters(stock: Stock, agreed: Sequence[Source], link: Link) -> tuple[Chapter, ...]:
    phases = stock.circle.calendar.phases
    known = {phase.key for phase in phases}
    made = [
        _chapter(stock, phase, [s for s in agreed if s.phase == phase.key], link)
        for phase in phases
    ]
    rest = [s for s in agreed if s.phase not in known]
    return tuple([*made, _chapter(stock, None, rest, link)] if rest else made)


def _chapter(stock: Stock, phase: Placed | None, here: Sequence[Source], link: Link) -> Chapter:
    lines = {s.message: _said(stock, s, link) for s in _in_time(here)}
    key = None if phase is None else phase.key
    mine = {s.asked for s in here}
    asked = [(a, title) for a, title in stock.asked if a.phase == key or a in mine]
    questions = [
        Question(title, tuple(lines.pop(s.message) for s in _in_time(here) if s.asked == each))
        for each, title in asked
    ]
    return Chapter(
        title="Between the phases" if phase is None else phase.title,
        since=None if phase is None else phase.span.starts_on,
        until=None if phase is None else phase.last_day,
        questions=tuple(questions),
        harvests=_harvests(lines.values()),
    )


def _in_time(sources: Iterable[Source]) -> list[Source]:
    return sorted(sources, key=lambda s: (s.sent_at, s.message))


def _harvests(lines: Iterable[Said]) -> tuple[Harvest, ...]:
    """Return lines under what they were marked as most often."""
    left = list(lines)
    found = ((kind, tuple(s for s in left if s.kinds[:1] == (kind,))) for kind in MarkKind)
    return tuple(Harvest(kind, lines) for kind, lines in found if lines)


def _said(stock: Stock, source: Source, link: Link) -> Said:
    quote, author = stock.quotes[source.message], stock.members[source.member]
    named = shows_name(quote, author)
    return Said(
        number=quote.number,
        text=words_shown(stock, source),
        on=day_of(source.sent_at, stock.circle.zone),
        author=author.name if named else "",
        link=link(source.place or source.message) if named else "",
        kinds=source.kinds,
    )


def day_of(moment: datetime, zone: str) -> date:
    """Return the date of a moment on clocks in a zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


def ranked(kinds: Iterable[MarkKind]) -> tuple[MarkKind, ...]:
    """Return each kind once, the one that most members marked first."""
    given = list(kinds)
    order = list(MarkKind)
    return tuple(sorted(set(given), key=lambda kind: (-given.count(kind), order.index(kind))))
