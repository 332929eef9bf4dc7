"""Answers that the bot shows to the circle, as their authors chose."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.circles.model import Circle, Consents, Member, ThreadUse
from bot.circles.rows import Circles, Members
from bot.circles.usecases.ports import Methods
from bot.conversation.model import DeliveryKey, MessageRef, RoomRef
from bot.delivery.model import Outgoing, Posted, State
from bot.delivery.rows import Changes, Outbox
from bot.delivery.usecases import Post
from bot.prompting import words
from bot.prompting.model import PromptAnswer, Shown
from bot.prompting.rows import Answers
from bot.prompting.usecases.asking import prompt_of
from bot.store.work import UnitOfWork

ANSWERS = "-answers"
"""What posts that show an answer stand under in their keys, where others have a phase."""


@dataclass(frozen=True)
class ShowAnswer:
    """Shows an answer under its prompt, in every room of the circle where the prompt stands."""

    methods: Methods
    post: Post

    async def __call__(self, answer: PromptAnswer, text: str, work: UnitOfWork) -> bool:
        """Show the answer as its author chose; return whether a room shows it now.

        What was shown of an earlier one says the new words, or goes.
        """
        if not answer.by_bot:
            await hide(answer, self.post.clock.now(), work)
            return False
        circle = await Circles(work).get(answer.circle)
        member = await Members(work).get(answer.member)
        stands = await _stands(circle, answer, work)
        posts = [self._post(circle, member, answer, text, each) for each in stands]
        await self.post.anew(posts, work)
        return bool(posts)

    def _post(
        self,
        circle: Circle,
        member: Member,
        answer: PromptAnswer,
        text: str,
        stands: tuple[RoomRef, Posted],
    ) -> Outgoing:
        """Return the post below the one that asks: in its thread, or in the one that it is in."""
        room, asked = stands
        found = prompt_of(circle, self.methods, answer.asked)
        title = found[0].title if found else answer.asked.prompt
        name = member.name if answer.shown is Shown.NAMED else ""
        alone = circle.threads is not ThreadUse.NONE and asked.under is None
        return Outgoing(
            key=_key(answer, room),
            to=room,
            document=words.shown(name, text, "" if alone else title, circle.language),
            circle=circle.id,
            thread_of=asked.key if alone else asked.under,
        )


def _subject(answer: PromptAnswer) -> str:
    """Return what stands in the keys of the posts that show an answer."""
    return f"{_subjects(answer.member)}{answer.asked.prompt}"


def _subjects(member: int) -> str:
    """Return how what stands in the keys of a member's answers begins."""
    return f"answer-{member}-"


def _key(answer: PromptAnswer, room: RoomRef) -> DeliveryKey:
    circle, occurrence = str(answer.circle), answer.asked.occurrence
    return DeliveryKey(circle, ANSWERS, _subject(answer), occurrence, str(room))


async def _stands(
    circle: Circle, answer: PromptAnswer, work: UnitOfWork
) -> list[tuple[RoomRef, Posted]]:
    """Return the circle's rooms in which the prompt stands, with the post that asks it there."""
    asked = answer.asked
    rooms = await Circles(work).rooms(circle.id)
    posted = await Outbox(work).of_prompt(circle.id, asked.prompt, asked.occurrence)
    first = [post for post in posted if _is_first(post, asked.phase)]
    return [(post.where, post) for post in first if post.where is not None and post.where in rooms]


def _is_first(post: Posted, phase: str) -> bool:
    return post.phase == phase and post.state is State.SENT and post.key.endswith("/0")


async def hide(answer: PromptAnswer, now: datetime, work: UnitOfWork) -> None:
    """Remove what the bot shows of an answer."""
    occurrence = answer.asked.occurrence
    await Changes(work).remove(answer.circle, _subject(answer), occurrence, now)


async def hide_all(circle: int, member: int, now: datetime, work: UnitOfWork) -> None:
    """Remove what the bot shows of a member's answers, also of those that are not kept any more."""
    await Changes(work).remove_all(circle, ANSWERS, _subjects(member), now)


async def take_down(answer: PromptAnswer, now: datetime, work: UnitOfWork) -> None:
    """Let go of the words of an answer that somebody took down where the bot shows it."""
    await hide(answer, now, work)
    await Answers(work).put(replace(answer, text=None, shown=Shown.COUNTED))


async def answer_in(message: MessageRef, work: UnitOfWork) -> PromptAnswer | None:
    """Return the answer that the bot shows in a message of its own, None in any other."""
    posted = await Outbox(work).of_message(message)
    if posted is None or posted.phase != ANSWERS or posted.circle is None:
        return None
    answers = await Answers(work).in_circle(posted.circle)
    found = (each for each in answers if _subject(each) == posted.prompt)
    return next((each for each in found if each.asked.occurrence == posted.occurrence), None)


async def places_of(answer: PromptAnswer, work: UnitOfWork) -> list[MessageRef]:
    """Return the messages in which the bot shows an answer, and is to go on showing it."""
    return await Changes(work).shown(answer.circle, _subject(answer), answer.asked.occurrence)


async def shown_at(answer: PromptAnswer, work: UnitOfWork) -> MessageRef | None:
    """Return the first message in which the bot shows an answer, None when there is none."""
    return next(iter(await places_of(answer, work)), None)


@dataclass(frozen=True)
class ShownNoMore:
    """Removes or changes what the bot shows of a member who agrees to less than before."""

    show: ShowAnswer

    async def __call__(self, member: Member, before: Consents, work: UnitOfWork) -> None:
        """Do it, before the words are let go of.

        A post that shows a name goes, and the words come again without it: an edited message may
        still be read as it was.
        """
        now = member.consents
        if (before.quoted and not now.quoted) or (before.takes_part and not now.takes_part):
            await self._silence(member, work)
        elif before.named and not now.named:
            await self._unname(member, work)

    async def _silence(self, member: Member, work: UnitOfWork) -> None:
        for answer in await Answers(work).of_member(member.id):
            if answer.by_bot:
                await Answers(work).put(replace(answer, shown=Shown.COUNTED, text=None))
        await hide_all(member.circle, member.id, self.show.post.clock.now(), work)

    async def _unname(self, member: Member, work: UnitOfWork) -> None:
        """Take the name away; words that are not kept cannot be shown again without it."""
        answers = [each for each in await Answers(work).of_member(member.id) if each.by_bot]
        stay = {_place(each) for each in answers if each.shown is Shown.UNNAMED}
        moment = self.show.post.clock.now()
        await Changes(work).remove_all(member.circle, ANSWERS, _subjects(member.id), moment, stay)
        for answer in answers:
            if answer.shown is Shown.NAMED and answer.text is not None:
                changed = replace(answer, shown=Shown.UNNAMED)
                await Answers(work).put(changed)
                await self.show(changed, answer.text, work)
            elif answer.shown is Shown.NAMED:
                await Answers(work).put(replace(answer, shown=Shown.COUNTED))


def _place(answer: PromptAnswer) -> tuple[str, int]:
    return _subject(answer), answer.asked.occurrence
