"""Answers that are given by command: typed, or in a form; given again, they are changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.circles.methods import Answer
from bot.circles.model import Circle, CircleState, Consents, Member, MemberState
from bot.circles.rows import Members
from bot.circles.usecases.life import circle_of
from bot.circles.usecases.ports import Methods
from bot.conversation.model import Answer as Said
from bot.conversation.model import (
    Caller,
    Clock,
    Document,
    DomainError,
    Event,
    Form,
    Kind,
    MessageRef,
    People,
    say,
)
from bot.delivery.model import Outgoing, Posted
from bot.delivery.rows import Outbox
from bot.intake.usecases import reply
from bot.prompting import words
from bot.prompting.model import Asked, PromptAnswer, Shown
from bot.prompting.rows import Answers
from bot.prompting.usecases.answering import AT_ONCE, remind_no_more
from bot.prompting.usecases.asking import REMINDS, planned, prompt_of
from bot.prompting.usecases.placing import AskedUnder, asked_by, posted_as, takes_answers
from bot.prompting.usecases.showing import ShowAnswer, hide
from bot.store.work import Begin, UnitOfWork

LONGEST = 4000
"""The most characters of an answer that the bot shows: what forms take."""


class Answered(Protocol):
    """What else becomes of an answer that is given by command; filled by the rooms above."""

    async def __call__(self, answer: PromptAnswer, words: int, work: UnitOfWork) -> None:
        """Write it; `words` is how many the member gave, kept or not."""
        ...


@dataclass(frozen=True, slots=True)
class Given:
    """What a member gives: words, how they are shown, and to which prompt; empty is not said."""

    words: str
    show: str = ""
    prompt: str = ""


@dataclass(frozen=True)
class GiveAnswer:
    """Takes an answer given by command: to a prompt it names or stands under, or to the latest."""

    begin: Begin
    look: Begin
    clock: Clock
    methods: Methods
    under: AskedUnder
    show: ShowAnswer
    answered: Sequence[Answered] = ()

    async def __call__(self, given: Given, caller: Caller) -> Document:
        """Return the thanks; an earlier answer of the caller is changed.

        Raises:
            DomainError: no question was asked yet, it takes no answers any more, there are no words
                or too many, or the caller does not take part. Nothing is changed then.
        """
        if not given.words.strip():
            raise DomainError(words.EMPTY)
        async with self.begin() as work:
            circle, member, asked = await self._about(given.prompt, caller, work)
            shown = _shown(given, member.consents, caller)
            if shown is not Shown.HERE and len(given.words) > LONGEST:
                raise DomainError(words.too_long(len(given.words), LONGEST))
            before = await _before(circle, member, asked, work)
            answer = self._answer(circle, asked, member, given.words, shown, before, caller)
            await Answers(work).put(answer)
            if before is not None and before.shown is Shown.NAMED and shown is not Shown.NAMED:
                await hide(before, self.clock.now(), work)
            there = await self.show(answer, given.words, work)
            for note in self.answered:
                await note(answer, len(given.words.split()), work)
            await remind_no_more(member, asked, work)
            await work.commit()
        title = self._title(circle, asked)
        return words.answered(title, answer, kept=member.consents.quoted, there=there)

    async def form(self, given: Mapping[str, str], caller: Caller) -> Form:
        """Return the form in which a prompt is answered, with the caller's earlier answer in it.

        Raises:
            DomainError: as above.
        """
        async with self.look() as work:
            circle, member, asked = await self._about(given.get("prompt", ""), caller, work)
            before = await _before(circle, member, asked, work)
        shown = _usual(member.consents)
        if before is not None and before.shown is not Shown.HERE:
            shown = before.shown
        text = given.get("words") or (before.text if before else "") or ""
        return words.answer_form(
            circle,
            self._title(circle, asked),
            text[:LONGEST],
            given.get("show") or shown.value,
            asked.short,
        )

    async def _about(
        self, prompt: str, caller: Caller, work: UnitOfWork
    ) -> tuple[Circle, Member, Asked]:
        """Return what is answered, and who answers.

        Raises:
            DomainError: they cannot.
        """
        circle = await circle_of(caller, work)
        member = await Members(work).of(circle.id, caller.person)
        there = member is not None and member.state is MemberState.JOINED
        if member is None or not there or not member.consents.takes_part:
            raise DomainError("Answers are for members who take part. Join the circle first.")
        if circle.state is CircleState.CLOSED or (prompt and circle.state is CircleState.PAUSED):
            raise DomainError(words.too_late(circle))
        asked = await (
            self._named(circle, prompt, work)
            if prompt
            else self._asked(circle, member, caller, work)
        )
        return circle, member, asked

    def _title(self, circle: Circle, asked: Asked) -> str:
        found = prompt_of(circle, self.methods, asked)
        return found[0].title if found else asked.prompt

    def _answer(
        self,
        circle: Circle,
        asked: Asked,
        member: Member,
        text: str,
        shown: Shown,
        before: PromptAnswer | None,
        caller: Caller,
    ) -> PromptAnswer:
        """Return the answer; a typed one is new, what comes by fields changes an earlier one."""
        said_at = caller.said_at or self.clock.now()
        kept = None if caller.typed else before
        here = MessageRef(caller.room, caller.message)
        return PromptAnswer(
            id=0,
            circle=circle.id,
            asked=asked,
            member=member.id,
            message=kept.message if kept and not kept.own else here,
            text=text if member.consents.quoted and shown is not Shown.COUNTED else None,
            answered_at=kept.answered_at if kept else said_at,
            edited_at=said_at if kept else None,
            shown=shown,
            own=caller.typed,
        )

    async def _named(self, circle: Circle, name: str, work: UnitOfWork) -> Asked:
        """Return the latest question of this name that was asked.

        Raises:
            DomainError: there is none.
        """
        for asked in reversed(self._questions(circle)):
            if asked.is_named(name) and await _post_of(circle, asked, work) is not None:
                return asked
        raise DomainError(words.no_such_question(name))

    def _questions(self, circle: Circle) -> list[Asked]:
        """Return what takes answers, in the order of its moments."""
        method = self.methods.of(circle.method, circle.language)
        return [
            asked
            for asked, prompt, _ in sorted(planned(circle, method), key=lambda each: each[2])
            if prompt.answer is not Answer.NONE
        ]

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
        for asked in reversed(self._questions(circle)):
            if (post := await _post_of(circle, asked, work)) is not None:
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


async def _post_of(circle: Circle, asked: Asked, work: UnitOfWork) -> Posted | None:
    """Return a post that asks a question, None while it was not asked."""
    sent = await Outbox(work).of_prompt(circle.id, asked.prompt, asked.occurrence)
    return next((post for post in sent if post.message and post.phase == asked.phase), None)


async def _before(
    circle: Circle, member: Member, asked: Asked, work: UnitOfWork
) -> PromptAnswer | None:
    given = await Answers(work).of(circle.id, asked)
    return next((answer for answer in given if answer.member == member.id), None)


def _usual(consents: Consents) -> Shown:
    """Return how an answer is shown whose author does not say."""
    return Shown.NAMED if consents.named else Shown.UNNAMED


def _shown(given: Given, consents: Consents, caller: Caller) -> Shown:
    """Return how an answer is shown; what is typed stands where it was typed.

    Raises:
        DomainError: everybody has read already what its author does not want to be known for.
    """
    public = caller.typed and not caller.direct
    if public and given.show in (Shown.UNNAMED, Shown.COUNTED):
        raise DomainError(words.read_already(given.show))
    if caller.typed and (public or not given.show):
        return Shown.HERE
    return Shown(given.show) if given.show else _usual(consents)


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
            said = await self.give(Given(event.text.strip()), caller)
        except DomainError as refusal:
            said = say(str(refusal))
        return [reply(event, Said(said))]

    async def _reminder(self, event: Event, work: UnitOfWork) -> Posted | None:
        for message in (event.reply_to, event.thread):
            posted = None if message is None else await posted_as(event.where, message, work)
            if posted is not None and posted.prompt.endswith(REMINDS):
                return posted
        return None
