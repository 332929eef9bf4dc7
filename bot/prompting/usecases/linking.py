"""Answers of a person with two accounts: one to each question, shown under one membership."""

from dataclasses import dataclass, replace

from bot.prompting.model import PromptAnswer, Shown
from bot.prompting.rows import Answers
from bot.prompting.usecases.showing import ShowAnswer, hide
from bot.store.work import UnitOfWork


@dataclass(frozen=True)
class HandOverAnswers:
    """Hands answers over; where both memberships gave one to a question, the later one stays."""

    show: ShowAnswer

    async def __call__(self, source: int, target: int, of: str, work: UnitOfWork) -> None:
        """Do it; what the bot shows is shown anew, for it is known by whose it is."""
        there = {answer.asked: answer for answer in await Answers(work).of_member(target)}
        for answer in await Answers(work).of_member(source):
            if of and answer.message.room.platform != of:
                continue
            await self._take_away(answer, work)
            other = there.get(answer.asked)
            if other is None or _moment(answer) > _moment(other):
                if other is not None:
                    await self._take_away(other, work)
                await self._put(replace(answer, member=target), work)

    async def _take_away(self, answer: PromptAnswer, work: UnitOfWork) -> None:
        await hide(answer, self.show.post.clock.now(), work)
        await Answers(work).remove(answer.message)

    async def _put(self, answer: PromptAnswer, work: UnitOfWork) -> None:
        """Write an answer under its new membership; words that are not kept are shown no more."""
        if answer.by_bot and answer.text is None:
            answer = replace(answer, shown=Shown.COUNTED)
        await Answers(work).put(answer)
        if answer.by_bot and answer.text is not None:
            await self.show(answer, answer.text, work)


def _moment(answer: PromptAnswer) -> float:
    return (answer.edited_at or answer.answered_at).timestamp()
