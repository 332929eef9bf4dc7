"""What a summary may be made from: what is stored, and how it reads at the platform now."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.circles.model import Circle
from bot.circles.rows import Circles, Members, by_id
from bot.conversation.model import (
    AccountLost,
    Caller,
    DomainError,
    Event,
    Kind,
    MessageRef,
    PersonRef,
    PlatformError,
    PlatformUnavailable,
    RoomRef,
)
from bot.conversation.platform import Platform
from bot.prompting.model import Asked, PromptAnswer, Shown
from bot.prompting.rows import Answers
from bot.prompting.usecases.reading import ReadAnswer
from bot.prompting.usecases.showing import shown_at
from bot.publication.choosing import Names, Stock, ranked
from bot.publication.model import MarkKind, Source, may_be_quoted, with_files, words_now
from bot.publication.rows import Harvested, Quotes, Spoken
from bot.store.work import Begin, UnitOfWork

TitleOf = Callable[[Circle, Asked], str]
"""Returns the title of a prompt that asks something; empty for what is no question."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """What the platforms show now: messages (None for one that is gone) and people's names.

    A message that could not be looked at is not in `events`.
    """

    events: Mapping[MessageRef, Event | None]
    present: Mapping[PersonRef, str]
    missed: int = 0


@dataclass(frozen=True)
class LookAgain:
    """Reads every message that may be used once more, and who is in the rooms."""

    look: Begin
    platforms: Mapping[str, Platform]
    read: ReadAnswer

    async def __call__(self, circle: int, by: PersonRef | None = None) -> Fresh:
        """Return what is there now; with `by` only that person's lines, and nobody's name.

        Raises:
            PlatformUnavailable: a platform does not answer.
        """
        async with self.look() as work:
            where = await Circles(work).get(circle)
            rooms = await Circles(work).rooms(circle) if by is None else ()
            sources = list((await sources_of(circle, work)).values())
            if by is not None:
                lines = await _lines_of(circle, by, work)
                sources = [source for source in sources if source.message in lines]
        events: dict[MessageRef, Event | None] = {}
        for source in sources:
            await self._read(source, where, events)
        present = {who: name for room in rooms for who, name in (await self._in(room)).items()}
        return Fresh(events, present, len(sources) - len(events))

    async def _read(
        self, source: Source, circle: Circle, into: dict[MessageRef, Event | None]
    ) -> None:
        message = source.message
        if not source.own:
            into[message] = None if await self._is_taken_down(source) else _as_kept(source)
            return
        platform = self.platforms.get(message.room.platform)
        if platform is None:
            return
        try:
            event = await platform.fetch(message)
        except (PlatformUnavailable, AccountLost):
            raise
        except PlatformError:
            return
        into[message] = event and _as_read(source, event, self.read(event, circle))

    async def _is_taken_down(self, source: Source) -> bool:
        """Return whether somebody removed the post in which the bot shows an answer."""
        platform = self.platforms.get(source.place.room.platform) if source.place else None
        if source.place is None or platform is None:
            return False
        try:
            return await platform.fetch(source.place) is None
        except (PlatformUnavailable, AccountLost):
            raise
        except PlatformError:
            return False

    async def _in(self, room: RoomRef) -> dict[PersonRef, str]:
        platform = self.platforms.get(room.platform)
        try:
            found = {} if platform is None else await platform.present(room)
        except (PlatformUnavailable, AccountLost):
            raise
        except PlatformError:
            return {}
        return {PersonRef(room.platform, who): name for who, name in found.items()}


def _as_kept(source: Source) -> Event:
    """Return words that stand in no message of their author's: they read as they were given."""
    return Event(
        id=source.message.id,
        at=source.sent_at,
        platform=source.message.room.platform,
        room=source.message.room.id,
        kind=Kind.ANSWER,
        author="",
        text=source.text,
    )


def _as_read(source: Source, event: Event, read: str) -> Event:
    """Return a message with its words as they may be quoted, and what is attached to it."""
    return replace(event, text=words_now(source, event, with_files(replace(event, text=read)).text))


def circle_named(caller: Caller) -> int:
    """Return the circle that a caller means.

    Raises:
        DomainError: none is meant.
    """
    if caller.circle is None:
        raise DomainError("I do not know which circle you mean. Name it with the command.")
    return caller.circle


async def _lines_of(circle: int, person: PersonRef, work: UnitOfWork) -> frozenset[MessageRef]:
    """Return the messages of a person that are lines already."""
    member = await Members(work).of(circle, person)
    quotes = [] if member is None else await Quotes(work).of_member(member.id)
    return frozenset(quote.message for quote in quotes)


async def sources_of(circle: int, work: UnitOfWork) -> dict[MessageRef, Source]:
    """Return every message of a circle whose words are stored here."""
    marks: dict[MessageRef, list[MarkKind]] = {}
    for mark in await Harvested(work).marks(circle):
        marks.setdefault(mark.message, []).append(mark.kind)
    given = {a.message: a for a in await Answers(work).in_circle(circle) if a.text is not None}
    kept = {
        each.message: Source(
            message=each.message,
            member=each.member,
            text=each.text,
            sent_at=each.sent_at,
            phase=each.phase,
            edited_at=each.edited_at,
        )
        for each in await Harvested(work).in_circle(circle)
    }
    found = kept | {message: await _answered(answer, work) for message, answer in given.items()}
    return {m: replace(s, kinds=ranked(marks.get(m, ()))) for m, s in found.items()}


async def _answered(answer: PromptAnswer, work: UnitOfWork) -> Source:
    return Source(
        message=answer.message,
        member=answer.member,
        text=answer.text or "",
        sent_at=answer.answered_at,
        phase=answer.asked.phase,
        asked=answer.asked,
        edited_at=answer.edited_at,
        own=answer.own,
        place=await shown_at(answer, work) if answer.by_bot else None,
        nameless=answer.shown is Shown.UNNAMED,
    )


async def stocked(
    circle: Circle, work: UnitOfWork, *, title_of: TitleOf | None = None, fresh: Fresh | None = None
) -> Stock:
    """Return all that a summary is made from; with `fresh` only what was seen there."""
    members = by_id(await Members(work).in_circle(circle.id))
    quotes = {quote.message: quote for quote in await Quotes(work).in_circle(circle.id)}
    sources = [
        source
        for message, source in (await sources_of(circle.id, work)).items()
        if message in quotes and may_be_quoted(members[source.member]) and source.text.strip()
        if fresh is None or fresh.events.get(message) is not None
    ]
    return Stock(
        circle=circle,
        members=members,
        sources=sorted(sources, key=lambda s: quotes[s.message].number),
        quotes=quotes,
        asked=await _asked(circle, sources, title_of, work) if title_of else (),
        names=Names.of(members.values(), fresh.present if fresh else {}),
    )


async def _asked(
    circle: Circle, sources: Sequence[Source], title_of: TitleOf, work: UnitOfWork
) -> list[tuple[Asked, str]]:
    """Return the questions that were asked, and their titles, in the order of asking."""
    rooms = await Circles(work).rooms(circle.id, gone=True)
    phases = [phase.key for phase in circle.calendar.phases]
    posted = await Spoken(work).asked(circle.id, rooms, phases)
    answered = [s.asked for s in sorted(sources, key=lambda s: s.sent_at) if s.asked is not None]
    titles = {asked: title_of(circle, asked) for asked in (*posted, *answered)}
    return [(a, title or a.prompt) for a, title in titles.items() if title or a in answered]
