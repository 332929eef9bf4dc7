"""Answers to prompts: in the thread, as a reply, or by command; edited and deleted with them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.circles.methods import Answer
from bot.circles.model import Circle, CircleState, Member, MemberState
from bot.circles.rows import Circles, Members
from bot.circles.usecases.life import circle_of
from bot.circles.usecases.ports import Methods
from bot.conversation.model import Answer as Said
from bot.conversation.model import (
    Caller,
    Clock,
    Document,
    DomainError,
    Event,
    Kind,
    MessageRef,
    People,
    PersonRef,
    say,
)
from bot.delivery.model import Outgoing, Posted
from bot.delivery.rows import Outbox
from bot.intake.usecases import reply
from bot.prompting import words
from bot.prompting.model import Asked, PromptAnswer
from bot.prompting.rows import Answers
from bot.prompting.usecases.asking import REMINDS, planned, prompt_of
from bot.prompting.usecases.placing import AskedUnder, asked_by, posted_as, takes_answers
from bot.prompting.usecases.reading import ReadAnswer
from bot.store.work import Begin, UnitOfWork

AT_ONCE = timedelta(minutes=10)
"""Within this time of each other a reminder and a question came together: the reminder counts."""


@dataclass(frozen=True)
class HearAnswers:
    """Takes a member's first words under a question as their answer, and follows edits."""

    clock: Clock
    methods: Methods
    read: ReadAnswer
    under: AskedUnder

    async def __call__(self, event: Event, work: UnitOfWork) -> None:
        """Write what the event changes about answers."""
        if event.kind is Kind.MESSAGE and not event.bot:
            await self._said(event, work)
        elif event.kind is Kind.EDIT and event.target:
            await self._edited(event, MessageRef(event.where, event.target), work)
        elif event.kind is Kind.DELETE and event.target:
            await Answers(work).remove(MessageRef(event.where, event.target))

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
            await remind_no_more(circle, asked, event.person, work)

    async def _edited(self, event: Event, target: MessageRef, work: UnitOfWork) -> None:
        row = await Answers(work).at(target)
        if row is None:
            return
        member = await Members(work).get(row.member_id)
        if member.person == event.person:
            said = self.read(event, await Circles(work).get(row.circle_id))
            row.text = said if member.consents.quoted and event.readable else None
            row.edited_at = event.at


async def remind_no_more(circle: Circle, asked: Asked, who: PersonRef, work: UnitOfWork) -> None:
    """Take back the reminder that waits for the morning of somebody who has answered."""
    await Outbox(work).withdraw_from(circle.id, People.of(who), f"{asked.prompt}{REMINDS}")


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


class Answered(Protocol):
    """What else becomes of an answer that is given by command; filled by the rooms above."""

    async def __call__(self, answer: PromptAnswer, words: int, work: UnitOfWork) -> None:
        """Write it; `words` is how many the member gave, kept or not."""
        ...


@dataclass(frozen=True)
class GiveAnswer:
    """Takes an answer given by command: under a prompt, or to the latest question."""

    begin: Begin
    clock: Clock
    methods: Methods
    under: AskedUnder
    answered: Sequence[Answered] = ()

    async def __call__(self, text: str, caller: Caller) -> Document:
        """Return the thanks; an earlier answer of the caller is replaced.

        Raises:
            DomainError: no question was asked yet, or the caller does not take part.
        """
        async with self.begin() as work:
            circle = await circle_of(caller, work)
            member = await Members(work).of(circle.id, caller.person)
            if member is None or not member.consents.takes_part:
                raise DomainError("Answers are for members who take part. Join the circle first.")
            asked = await self._asked(circle, member, caller, work)
            ref = MessageRef(caller.room, caller.message)
            said_at = caller.said_at or self.clock.now()
            answer = _answer(circle, asked, member, ref, text, said_at)
            await Answers(work).put(answer)
            for note in self.answered:
                await note(answer, len(text.split()), work)
            await remind_no_more(circle, asked, caller.person, work)
            await work.commit()
        found = prompt_of(circle, self.methods, asked)
        title = found[0].title if found else asked.prompt
        return words.answered(title, kept=member.consents.quoted)

    async def _asked(
        self, circle: Circle, member: Member, caller: Caller, work: UnitOfWork
    ) -> Asked:
        """Return what is answered: what stands above, else what the member was asked last."""
        above, said_at = (caller.reply_to, caller.thread), caller.said_at or self.clock.now()
        under = await self.under(circle, caller.room, above, said_at, work)
        if under is not None and takes_answers(circle, self.methods, under):
            return under
        latest = await self._latest(circle, work)
        reminded = await self._reminded(circle, member, work) if caller.direct else None
        if latest is None or latest.sent_at is None:
            raise DomainError("No question has been asked yet.")
        if reminded and reminded.sent_at and reminded.sent_at > latest.sent_at - AT_ONCE:
            return asked_by(reminded)
        return asked_by(latest)

    async def _latest(self, circle: Circle, work: UnitOfWork) -> Posted | None:
        method = self.methods.of(circle.method, circle.language)
        questions = [
            asked
            for asked, prompt, _ in sorted(planned(circle, method), key=lambda each: each[2])
            if prompt.answer is not Answer.NONE
        ]
        for asked in reversed(questions):
            sent = await Outbox(work).of_prompt(circle.id, asked.prompt, asked.occurrence)
            here = (post for post in sent if post.message and post.phase == asked.phase)
            if (post := next(here, None)) is not None:
                return post
        return None

    async def _reminded(self, circle: Circle, member: Member, work: UnitOfWork) -> Posted | None:
        """Return the last reminder to the member, None when they have answered that question."""
        target = str(People.of(member.person))
        post = await Outbox(work).last_to(circle.id, target, REMINDS)
        if post is None:
            return None
        given = await Answers(work).of(circle.id, asked_by(post))
        return None if any(answer.member == member.id for answer in given) else post


@dataclass(frozen=True)
class AnswerReminder:
    """Takes plain words in reply to a private reminder as the answer that it asks for."""

    give: GiveAnswer
    prefix: str

    async def wants(self, event: Event, work: UnitOfWork) -> bool:
        """Return whether somebody replies to a reminder without a command."""
        if event.kind is not Kind.MESSAGE or not event.direct:
            return False
        if event.text.strip().startswith((self.prefix, "/")):
            return False
        return await self._reminder(event, work) is not None

    async def __call__(self, event: Event) -> Sequence[Outgoing]:
        """Return the thanks."""
        async with self.give.begin() as work:
            reminder = await self._reminder(event, work)
            caller = Caller(
                person=event.person,
                name=event.name,
                room=event.where,
                direct=True,
                circle=reminder.circle if reminder else None,
                message=event.id,
                thread=event.thread,
                reply_to=event.reply_to,
                said_at=event.at,
            )
        try:
            said = await self.give(event.text.strip(), caller)
        except DomainError as refusal:
            said = say(str(refusal))
        return [reply(event, Said(said))]

    async def _reminder(self, event: Event, work: UnitOfWork) -> Posted | None:
        for message in (event.reply_to, event.thread):
            posted = None if message is None else await posted_as(event.where, message, work)
            if posted is not None and posted.prompt.endswith(REMINDS):
                return posted
        return None
