"""Answers to prompts: in the thread, as a reply, or by command; edited and deleted with them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.circles.model import Circle, CircleState, Member, MemberState
from bot.circles.rows import Circles, Members
from bot.circles.telling import withdraw_from
from bot.circles.usecases.ports import Methods
from bot.conversation.model import (
    Clock,
    Event,
    Kind,
    MessageRef,
)
from bot.prompting.model import Asked, PromptAnswer, Shown
from bot.prompting.rows import Answers
from bot.prompting.usecases.asking import REMINDS
from bot.prompting.usecases.placing import AskedUnder, takes_answers
from bot.prompting.usecases.reading import ReadAnswer
from bot.prompting.usecases.showing import ShowAnswer, hide
from bot.store.work import UnitOfWork

AT_ONCE = timedelta(minutes=10)
"""Within this time of each other a reminder and a question came together: the reminder counts."""


@dataclass(frozen=True)
class HearAnswers:
    """Takes a member's first words under a question as their answer, and follows edits.

    What the bot shows of an answer that was written elsewhere changes and goes with it.
    """

    clock: Clock
    methods: Methods
    read: ReadAnswer
    under: AskedUnder
    show: ShowAnswer

    async def __call__(self, event: Event, work: UnitOfWork) -> None:
        """Write what the event changes about answers."""
        if event.kind is Kind.MESSAGE and not event.bot:
            await self._said(event, work)
        elif event.kind is Kind.EDIT and event.target:
            await self._edited(event, MessageRef(event.where, event.target), work)
        elif event.kind is Kind.DELETE and event.target:
            await self._deleted(MessageRef(event.where, event.target), work)

    async def _said(self, event: Event, work: UnitOfWork) -> None:
        circle = await Circles(work).at(event.where)
        if circle is None or circle.state is CircleState.CLOSED:
            return
        member = await Members(work).of(circle.id, event.person)
        thread = None if event.reply_to else event.thread  # a reply answers what it replies to
        asked = await self.under(circle, event.where, (thread, event.reply_to), event.at, work)
        if member is None or asked is None or not takes_answers(circle, self.methods, asked):
            return
        if member.state is not MemberState.JOINED or not member.consents.takes_part:
            return
        given = await Answers(work).of(circle.id, asked)
        if all(answer.member != member.id for answer in given):
            said = event.text if event.readable else None
            await Answers(work).put(_answer(circle, asked, member, event.ref, said, event.at))
            await remind_no_more(member, asked, work)

    async def _edited(self, event: Event, target: MessageRef, work: UnitOfWork) -> None:
        row = await Answers(work).at(target)
        if row is None:
            return
        member = await Members(work).get(row.member_id)
        if event.person in member.accounts:
            said = self.read(event, await Circles(work).get(row.circle_id))
            keeps = member.consents.quoted and row.shown != Shown.COUNTED.value
            row.text = said if keeps and event.readable else None
            row.edited_at = event.at
            if row.value().by_bot and event.readable:
                await self.show(row.value(), said, work)

    async def _deleted(self, target: MessageRef, work: UnitOfWork) -> None:
        row = await Answers(work).at(target)
        if row is not None:
            await hide(row.value(), self.clock.now(), work)
            await Answers(work).remove(target)


async def remind_no_more(member: Member, asked: Asked, work: UnitOfWork) -> None:
    """Take back the reminder that waits for the morning of somebody who has answered."""
    await withdraw_from(member, work, f"{asked.prompt}{REMINDS}")


def _answer(
    circle: Circle,
    asked: Asked,
    member: Member,
    message: MessageRef,
    text: str | None,
    at: datetime,
) -> PromptAnswer:
    return PromptAnswer(
        id=0,
        circle=circle.id,
        asked=asked,
        member=member.id,
        message=message,
        text=text if member.consents.quoted else None,
        answered_at=at,
    )
