"""Marks, quotes and the summary of a circle: values and the rules of consent."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from bot.circles.model import Member, MemberState
from bot.conversation.model import Event, MessageRef
from bot.prompting.model import Asked

FEWEST = 5
"""Below this many people a number could single somebody out."""

SOMEBODY = "[a member]"
"""What stands in a quoted line for the name of somebody who is not named."""


class MarkKind(StrEnum):
    """What a marked message is worth keeping as."""

    INSIGHT = "insight"
    QUESTION = "question"
    RESOURCE = "resource"
    DECISION = "decision"
    ACTION = "action"
    THANKS = "thanks"


EMOJI = {
    "💡": MarkKind.INSIGHT,
    "⭐": MarkKind.INSIGHT,
    "❓": MarkKind.QUESTION,
    "📚": MarkKind.RESOURCE,
    "✅": MarkKind.DECISION,
    "🎯": MarkKind.ACTION,
    "🙏": MarkKind.THANKS,
}
_VARIANTS = dict.fromkeys([0xFE0E, 0xFE0F, *range(0x1F3FB, 0x1F400)])


def kind_of(reaction: str) -> MarkKind | None:
    """Return what a reaction marks, whatever its skin tone; None for other reactions."""
    return EMOJI.get(reaction.strip().translate(_VARIANTS))


class QuoteState(StrEnum):
    """What the author of a line said to its being quoted."""

    ASKED = "asked"
    APPROVED = "approved"
    UNNAMED = "unnamed"  # approved, without the name
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A marked message and its words, of an author who agreed to be quoted."""

    message: MessageRef
    circle: int
    member: int
    text: str
    sent_at: datetime
    phase: str
    edited_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A member's mark on a message; `reaction` is the reaction's own id, empty for a command."""

    message: MessageRef
    circle: int
    by: int
    kind: MarkKind
    reaction: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A line that may be quoted, under a number that tells nothing.

    `fingerprint` is that of the message as it was read last; `told` whether its author was asked
    about it as it reads now; `nameless` stays once the author wanted the line without the name.
    """

    number: int
    circle: int
    message: MessageRef
    member: int
    state: QuoteState = QuoteState.ASKED
    fingerprint: str = ""
    told: bool = False
    nameless: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A message that a summary may quote: an answer, a marked message, or both.

    `edited_at` is when its words were changed last, as far as the bot knows. `own` tells that
    `message` is its author's and can be read again; otherwise it only tells the words from others.
    `place` is the post in which the bot shows the words, where it does, and `nameless` that
    their author does not want to be known for them.
    """

    message: MessageRef
    member: int
    text: str
    sent_at: datetime
    phase: str
    asked: Asked | None = None
    kinds: tuple[MarkKind, ...] = ()
    edited_at: datetime | None = None
    own: bool = True
    place: MessageRef | None = None
    nameless: bool = False


# --- the summary -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture that a member attached; `data` is its content in base64."""

    about: str
    media_type: str
    data: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A quoted line as it is shown: `author` and `link` are empty when its author is not named."""

    number: int
    text: str
    on: date
    author: str = ""
    link: str = ""
    kinds: tuple[MarkKind, ...] = ()
    pictures: tuple[Picture, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A prompt that was asked, and the quoted answers to it."""

    title: str
    answers: tuple[Said, ...] = ()


@dataclass(frozen=True, slots=True)
class Harvest:
    """What was marked as one kind."""

    kind: MarkKind
    lines: tuple[Said, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A phase: its last day is `until`; both days are None for what was said between phases."""

    title: str
    since: date | None
    until: date | None
    questions: tuple[Question, ...] = ()
    harvests: tuple[Harvest, ...] = ()

    @property
    def lines(self) -> tuple[Said, ...]:
        """Every quoted line, in reading order."""
        answers = [said for question in self.questions for said in question.answers]
        return tuple(answers + [said for harvest in self.harvests for said in harvest.lines])


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What a circle publishes; `others` counts the members who are not named."""

    circle: str
    purpose: str
    question: str
    language: str
    zone: str
    licence: str
    since: date
    until: date
    named: tuple[str, ...] = ()
    others: int = 0
    chapters: tuple[Chapter, ...] = ()

    @property
    def lines(self) -> tuple[Said, ...]:
        """Every quoted line, in reading order."""
        return tuple(said for chapter in self.chapters for said in chapter.lines)

    @property
    def weeks(self) -> int:
        """How many weeks it took, a begun one counted."""
        return -(-((self.until - self.since).days + 1) // 7)


def with_files(event: Event) -> Event:
    """Return a message whose words name what is attached to it, as far as they do not already."""
    named = [f"[file: {name}]" for name in event.files if name not in event.text]
    return replace(event, text="\n".join([event.text, *named]).strip()) if named else event


def words_now(source: Source, event: Event, read: str) -> str:
    """Return the words of a message that was looked at again; `read` are those it showed.

    Where they are kept from the bot, the ones that were given before are still right, unless the
    message was edited since: then nothing is known of them.
    """
    if event.readable:
        return read
    known = source.edited_at or source.sent_at
    return source.text if event.edited_at is None or event.edited_at <= known else ""


def fingerprint(text: str) -> str:
    """Return what tells whether words have changed."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def may_be_quoted(member: Member) -> bool:
    """Return whether a member takes part now and agreed to be quoted."""
    agreed = member.consents.takes_part and member.consents.quoted
    return agreed and member.state is MemberState.JOINED


def is_published(quote: Quote) -> bool:
    """Return whether the author approved the line; silence adds no consent."""
    return quote.state in (QuoteState.APPROVED, QuoteState.UNNAMED)


def shows_name(quote: Quote, author: Member) -> bool:
    """Return whether a line carries its author's name."""
    wanted = not quote.nameless and quote.state is not QuoteState.UNNAMED
    return author.consents.named and wanted


def reviewed(quote: Quote, verdict: QuoteState, *, one: bool) -> Quote:
    """Return the quote after its author's verdict.

    To approve all leaves a line without the name that was wanted so; to approve that `one` line
    brings the name back.
    """
    if verdict is QuoteState.WITHDRAWN:
        return replace(quote, state=verdict, fingerprint="")
    again = one and quote.state is QuoteState.UNNAMED
    nameless = verdict is QuoteState.UNNAMED or (quote.nameless and not again)
    state = QuoteState.UNNAMED if nameless else QuoteState.APPROVED
    return replace(quote, state=state, nameless=nameless)


def reread(quote: Quote, now: str) -> Quote:
    """Return the quote after its message was read again; changed words go back to review."""
    if quote.state is QuoteState.WITHDRAWN or quote.fingerprint == now:
        return quote
    return replace(quote, state=QuoteState.ASKED, fingerprint=now, told=False)


def people_not_named(count: int) -> str:
    """Return how members who are not named are spoken of; empty when there are none."""
    if count == 0:
        return ""
    return f"{count} members who are not named" if count >= FEWEST else "other members"


# --- taking words back out of what was published -----------------------------------------------


def without(summary: Summary, numbers: Iterable[int]) -> Summary:
    """Return the summary without these lines."""
    gone = frozenset(numbers)
    return _each(summary, lambda said: None if said.number in gone else said)


def unnamed(summary: Summary, numbers: Iterable[int]) -> Summary:
    """Return the summary with these lines under no name and with no link."""
    hidden = frozenset(numbers)
    return _each(
        summary, lambda said: replace(said, author="", link="") if said.number in hidden else said
    )


def without_name(summary: Summary, name: str, *, stays: bool) -> Summary:
    """Return the summary without a name among those who took part.

    Somebody who `stays` counts among the others from then on; one who goes counts nowhere.
    """
    named = list(summary.named)
    if name in named:
        named.remove(name)
        return replace(summary, named=tuple(named), others=summary.others + stays)
    return summary if stays else replace(summary, others=max(0, summary.others - 1))


def illustrated(summary: Summary, pictures: Mapping[int, tuple[Picture, ...]]) -> Summary:
    """Return the summary with pictures beside the lines of these numbers."""
    return _each(summary, lambda said: replace(said, pictures=pictures.get(said.number, ())))


def reworded(summary: Summary, words: Callable[[str], str]) -> Summary:
    """Return the summary with every line's words passed through `words`."""
    return _each(summary, lambda said: replace(said, text=words(said.text)))


def _each(summary: Summary, change: Callable[[Said], Said | None]) -> Summary:
    def lines(old: tuple[Said, ...]) -> tuple[Said, ...]:
        return tuple(new for said in old if (new := change(said)) is not None)

    def chapter(old: Chapter) -> Chapter:
        harvests = (replace(each, lines=lines(each.lines)) for each in old.harvests)
        return replace(
            old,
            questions=tuple(replace(q, answers=lines(q.answers)) for q in old.questions),
            harvests=tuple(each for each in harvests if each.lines),
        )

    return replace(summary, chapters=tuple(map(chapter, summary.chapters)))
