"""Recording what members contribute, and finding, privately, who may need a hand."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from bot.circles.model import Circle, CircleState, Consents, Member, MemberState, taking_part
from bot.circles.rows import Circles, Members
from bot.circles.usecases.life import circle_of
from bot.conversation.model import (
    Caller,
    Clock,
    Document,
    Event,
    Kind,
    Line,
    MessageRef,
    Text,
    line,
)
from bot.participation import words
from bot.participation.model import Contributed, Contribution, quiet_members
from bot.participation.rows import Contributions
from bot.prompting.model import PromptAnswer
from bot.prompting.rows import Answers
from bot.prompting.usecases.reading import ReadAnswer
from bot.store.work import Begin, UnitOfWork

SILENT_DAYS = 14
"""Two weeks without contact harm a circle (Riel's rule for learning circles)."""


@dataclass(frozen=True)
class HearContributions:
    """Records contributions of members who agreed to be counted; the rest is dropped unread."""

    read: ReadAnswer

    async def __call__(self, event: Event, work: UnitOfWork) -> None:
        """Write what the event changes; the same event again changes nothing."""
        if event.kind in (Kind.MESSAGE, Kind.REACTION):
            await self._said(event, work)
        elif event.kind is Kind.EDIT and event.target:
            await self._edited(event, MessageRef(event.where, event.target), work)
        elif event.kind is Kind.DELETE and event.target:
            await Contributions(work).remove(MessageRef(event.where, event.target))
        elif event.kind is Kind.UNREACTION and event.target:
            await self._unreacted(event, MessageRef(event.where, event.target), work)

    async def _said(self, event: Event, work: UnitOfWork) -> None:
        circle = await Circles(work).at(event.where)
        if circle is not None and circle.state is CircleState.CLOSED:
            return
        member = await _counted(circle, event, work)
        phase = circle.phase_at(event.at) if circle is not None else None
        if circle is None or member is None:
            return
        await Contributions(work).put(
            Contribution(
                message=event.ref,
                circle=circle.id,
                member=member.id,
                phase=phase.key if phase else "",
                kind=await self._kind(event, work),
                sent_at=event.at,
                words=_words(event, event.text),
                thread=event.thread,
                towards=event.target or event.reply_to,
            )
        )

    async def _unreacted(self, event: Event, target: MessageRef, work: UnitOfWork) -> None:
        """Remove one reaction of its author to a message: which one it was is not kept."""
        circle = await Circles(work).at(event.where)
        member = None if circle is None else await Members(work).of(circle.id, event.person)
        if member is not None:
            await Contributions(work).unreact(member.id, target)

    async def _kind(self, event: Event, work: UnitOfWork) -> Contributed:
        if event.kind is Kind.REACTION:
            return Contributed.REACTION
        if await Answers(work).at(event.ref) is not None:
            return Contributed.ANSWER
        return Contributed.REPLY if event.reply_to or event.thread else Contributed.MESSAGE

    async def _edited(self, event: Event, target: MessageRef, work: UnitOfWork) -> None:
        row = await Contributions(work).at(target)
        if row is not None and event.person in (await Members(work).get(row.member_id)).accounts:
            circle = await Circles(work).get(row.circle_id)
            row.words = _words(event, self.read(event, circle))


def _words(event: Event, text: str) -> int | None:
    """Return how many words were said, None when the bot was not shown them."""
    if event.kind is Kind.REACTION:
        return 0
    return len(text.split()) if event.readable else None


async def counts_words(circle: int, unread: Collection[str], work: UnitOfWork) -> bool:
    """Return whether words of a circle have a number: the bot is shown those of all its rooms.

    `unread` are the platforms that keep words from it. A number that leaves some out would say
    that their authors said less.
    """
    rooms = await Circles(work).rooms(circle, gone=True)
    if any(room.platform in unread for room in rooms):
        return False
    return await Contributions(work).all_read(circle)


@dataclass(frozen=True)
class CountAnswer:
    """Counts an answer that was given by command, also in a direct room."""

    async def __call__(self, answer: PromptAnswer, words: int, work: UnitOfWork) -> None:
        """Write the contribution of a member who agreed to be counted."""
        circle = await Circles(work).get(answer.circle)
        consents = (await Members(work).get(answer.member)).consents
        phase = circle.phase_at(answer.answered_at)
        if not (consents.takes_part and consents.counted):
            return
        row = await Contributions(work).at(answer.message)
        if row is not None:
            row.words = words
        await Contributions(work).put(
            Contribution(
                message=answer.message,
                circle=circle.id,
                member=answer.member,
                phase=phase.key if phase else "",
                kind=Contributed.ANSWER,
                sent_at=answer.answered_at,
                words=words,
            )
        )


async def _counted(circle: Circle | None, event: Event, work: UnitOfWork) -> Member | None:
    """Return the author if they are a member who agreed to be counted."""
    if circle is None:
        return None
    member = await Members(work).of(circle.id, event.person)
    if member is None or member.state is not MemberState.JOINED:
        return None
    return member if member.consents.takes_part and member.consents.counted else None


@dataclass(frozen=True)
class FindQuiet:
    """Finds members who have not been heard from, for the facilitator alone."""

    begin: Begin
    clock: Clock

    async def __call__(self, days: int, caller: Caller) -> Document:
        """Return them, with what can be done; only those who agreed to be counted."""
        async with self.begin() as work:
            circle = await circle_of(caller, work)
            quiet = await _quiet(circle, days, self.clock, work)
            last = await Contributions(work).last_heard(circle.id)
        return words.quiet(circle, [(m, last.get(m.id)) for m in quiet], days)

    async def needs(self, circle: Circle, work: UnitOfWork) -> list[Line]:
        """Return a line for the facilitator's status, without names."""
        quiet = await _quiet(circle, SILENT_DAYS, self.clock, work)
        if not quiet:
            return []
        return [line(f"{len(quiet)} may need a friendly word: ", Text("circle quiet", "code"))]


async def _quiet(circle: Circle, days: int, clock: Clock, work: UnitOfWork) -> list[Member]:
    now = clock.now()
    since = now - timedelta(days=days)
    members = taking_part(await Members(work).present(circle.id))
    heard = await Contributions(work).in_circle(circle.id, since=since)
    return quiet_members(members, heard, since=since, today=circle.today(now))


@dataclass(frozen=True)
class CountedNoMore:
    """Removes contributions of members who no longer agree to be counted."""

    async def __call__(self, member: Member, before: Consents, work: UnitOfWork) -> None:
        """Remove them."""
        if before.counted and not (member.consents.counted and member.consents.takes_part):
            await Contributions(work).forget(member.id)


@dataclass(frozen=True)
class QuotedNoMore:
    """Removes the words of answers whose author no longer agrees to be quoted."""

    async def __call__(self, member: Member, before: Consents, work: UnitOfWork) -> None:
        """Remove them; that they answered stays, so that nobody reminds them."""
        if before.quoted and not member.consents.quoted:
            await Answers(work).without_words(member.id)
        if before.takes_part and not member.consents.takes_part:
            await Answers(work).forget(member.id)
