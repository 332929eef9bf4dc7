"""What the lower rooms hold of a member, shown and removed."""

from collections.abc import Sequence

from bot.circles.model import Member
from bot.conversation.model import Block, Moment, Quote, line, paragraph
from bot.participation.rows import Contributions
from bot.prompting.rows import Answers
from bot.store.work import UnitOfWork


class AnswersHeld:
    """Answers to prompts."""

    async def show(self, member: Member, work: UnitOfWork) -> Sequence[Block]:
        """Return each answer with its prompt and words."""
        blocks: list[Block] = []
        for answer in await Answers(work).of_member(member.id):
            when = Moment(answer.answered_at, member.zone)
            blocks.append(paragraph(f"answered {answer.asked.prompt} on ", when))
            if answer.text:
                blocks.append(Quote(line(answer.text)))
        return blocks

    async def forget(self, member: Member, work: UnitOfWork) -> None:
        """Remove them."""
        await Answers(work).forget(member.id)


class ContributionsHeld:
    """Counted contributions."""

    async def show(self, member: Member, work: UnitOfWork) -> Sequence[Block]:
        """Return how many there are, how many words, and from when to when."""
        found = await Contributions(work).of_member(member.id)
        if not found:
            return []
        words = sum(each.words for each in found)
        first, last = found[0].sent_at, found[-1].sent_at
        return [
            paragraph(
                f"{len(found)} contributions counted ({words} words; for each its place, time, "
                "kind, length and what it answers; no text), from ",
                Moment(first, member.zone),
                " to ",
                Moment(last, member.zone),
            )
        ]

    async def forget(self, member: Member, work: UnitOfWork) -> None:
        """Remove them."""
        await Contributions(work).forget(member.id)
