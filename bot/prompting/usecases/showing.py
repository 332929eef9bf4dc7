"""Answers that the bot shows to the circle, as their authors chose."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.circles.model import Circle, Consents, Member, ThreadUse
from bot.circles.rows import Circles, Members
from bot.circles.usecases.ports import Methods
from bot.conversation.model import DeliveryKey, MessageRef, RoomRef
from bot.delivery.model import Outgoing, Posted, State
from bot.delivery.rows import Outbox
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
    return f"answer-{answer.member}-{answer.asked.prompt}"


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
    await Outbox(work).remove_posts(answer.circle, _subject(answer), now, occurrence)


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
    return await Outbox(work).shown(answer.circle, _subject(answer), answer.asked.occurrence)


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
        quiet = (before.quoted and not now.quoted) or (before.takes_part and not now.takes_part)
        unnamed = before.named and not now.named
        for answer in await Answers(work).of_member(member.id):
            named = answer.shown is Shown.NAMED
            if answer.by_bot and (quiet or (unnamed and named)):
                await hide(answer, self.show.post.clock.now(), work)
                text = None if quiet else answer.text
                shown = Shown.COUNTED if text is None else Shown.UNNAMED
                changed = replace(answer, shown=shown, text=text)
                await Answers(work).put(changed)
                if text is not None:
                    await self.show(changed, text, work)
