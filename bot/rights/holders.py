"""What the lower rooms hold of a person, shown and removed."""

from bot.circles.rows import Members
from bot.conversation.model import Block, Document, Moment, PersonRef, Quote, line, paragraph
from bot.participation.rows import Contributions
from bot.prompting.rows import Answers
from bot.store.work import UnitOfWork


class AnswersHeld:
    """Answers to prompts."""

    async def shown(self, person: PersonRef, work: UnitOfWork) -> Document:
        """Return each answer with its prompt and words."""
        blocks: list[Block] = []
        for member in await Members(work).everywhere(person):
            for answer in await Answers(work).of_member(member.id or 0):
                when = Moment(answer.answered_at, member.zone)
                blocks.append(paragraph(f"answered {answer.asked.prompt} on ", when))
                if answer.text:
                    blocks.append(Quote(line(answer.text)))
        return Document(tuple(blocks))

    async def forget(self, person: PersonRef, work: UnitOfWork) -> None:
        """Remove them."""
        for member in await Members(work).everywhere(person):
            await Answers(work).forget(member.id or 0)


class ContributionsHeld:
    """Counted contributions."""

    async def shown(self, person: PersonRef, work: UnitOfWork) -> Document:
        """Return how many there are, how many words, and from when to when."""
        blocks: list[Block] = []
        for member in await Members(work).everywhere(person):
            found = await Contributions(work).of_member(member.id or 0)
            if found:
                words = sum(each.words for each in found)
                said = (
                    f"{len(found)} contributions counted ({words} words; for each its place, "
                    "time, kind, length and what it answers; no text), from "
                )
                first = Moment(found[0].sent_at, member.zone)
                last = Moment(found[-1].sent_at, member.zone)
                blocks.append(paragraph(said, first, " to ", last))
        return Document(tuple(blocks))

    async def forget(self, person: PersonRef, work: UnitOfWork) -> None:
        """Remove them."""
        for member in await Members(work).everywhere(person):
            await Contributions(work).forget(member.id or 0)
