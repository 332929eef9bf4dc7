"""What the lower rooms hold of a person, shown and removed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.circles.rows import Members, Steps
from bot.conversation.model import (
    Block,
    Clock,
    Document,
    Moment,
    People,
    PersonRef,
    Quote,
    line,
    paragraph,
)
from bot.delivery.rows import Outbox, OutboxRow
from bot.delivery.usecases import ANSWER
from bot.participation.rows import Contributions
from bot.participation.usecases import counts_words
from bot.prompting.model import Shown
from bot.prompting.rows import Answers
from bot.prompting.usecases.showing import hide_all
from bot.store.work import UnitOfWork


@dataclass(frozen=True)
class AnswersHeld:
    """Answers to prompts, and what the bot shows of them."""

    clock: Clock

    async def shown(self, person: PersonRef, work: UnitOfWork) -> Document:
        """Return each answer with its prompt and words."""
        blocks: list[Block] = []
        for member in await Members(work).everywhere(person):
            for answer in await Answers(work).of_member(member.id or 0):
                when = Moment(answer.answered_at, member.zone)
                how = _SHOWN[answer.shown]
                blocks.append(paragraph(f"answered {answer.asked.prompt} on ", when, how))
                if answer.text:
                    blocks.append(Quote(line(answer.text)))
        return Document(tuple(blocks))

    async def in_full(self, person: PersonRef, work: UnitOfWork) -> Mapping[str, Sequence[object]]:
        """Return every answer."""
        mine = await Members(work).everywhere(person)
        return {"answers": [a for m in mine for a in await Answers(work).of_member(m.id or 0)]}

    async def forget(self, person: PersonRef, work: UnitOfWork) -> None:
        """Remove them, also from the rooms where the bot shows them."""
        for member in await Members(work).everywhere(person):
            await hide_all(member.circle_id, member.id or 0, self.clock.now(), work)
            await Answers(work).forget(member.id or 0)


_SHOWN = {
    Shown.HERE: "",
    Shown.NAMED: ", shown to the circle with your name",
    Shown.UNNAMED: ", shown to the circle without your name",
    Shown.COUNTED: ", only counted",
}


@dataclass(frozen=True)
class ContributionsHeld:
    """Counted contributions; `unread` are the platforms that keep words from the bot."""

    unread: frozenset[str]

    async def shown(self, person: PersonRef, work: UnitOfWork) -> Document:
        """Return how many there are, how many words, and from when to when."""
        blocks: list[Block] = []
        for member in await Members(work).everywhere(person):
            found = await Contributions(work).of_member(member.id or 0)
            if found:
                words = sum(each.words for each in found if each.words is not None)
                known = await counts_words(member.circle_id, self.unread, work)
                number = f"{words} words" if known else "no number of words: I am not shown all"
                said = (
                    f"{len(found)} contributions counted ({number}; for each its place, "
                    "time, kind, length and what it answers; no text), from "
                )
                first = Moment(found[0].sent_at, member.zone)
                last = Moment(found[-1].sent_at, member.zone)
                blocks.append(paragraph(said, first, " to ", last))
        return Document(tuple(blocks))

    async def in_full(self, person: PersonRef, work: UnitOfWork) -> Mapping[str, Sequence[object]]:
        """Return every contribution."""
        mine = await Members(work).everywhere(person)
        found = [c for m in mine for c in await Contributions(work).of_member(m.id or 0)]
        return {"contributions": found}

    async def forget(self, person: PersonRef, work: UnitOfWork) -> None:
        """Remove them."""
        for member in await Members(work).everywhere(person):
            await Contributions(work).forget(member.id or 0)


class StepsHeld:
    """What a person did with circles, and the roles that others gave or took."""

    async def shown(self, person: PersonRef, work: UnitOfWork) -> Document:
        """Return how many steps there are, and from when to when."""
        found = await Steps(work).by(person)
        if not found:
            return Document()
        count = "1 step" if len(found) == 1 else f"{len(found)} steps"
        said = f"{count} that you took with a circle, like moving its dates (what, and when), from "
        return Document((paragraph(said, Moment(found[0].at), " to ", Moment(found[-1].at)),))

    async def in_full(self, person: PersonRef, work: UnitOfWork) -> Mapping[str, Sequence[object]]:
        """Return every step; who else took one is theirs."""
        mine = await Members(work).everywhere(person)
        about = [step for m in mine for step in await Steps(work).about(m.id or 0)]
        return {
            "steps you took": await Steps(work).by(person),
            "changes of your roles": [
                {"circle": s.circle, "at": s.at, "roles": s.before, "undone_at": s.undone_at}
                for s in about
            ],
        }

    async def forget(self, person: PersonRef, work: UnitOfWork) -> None:
        """Take the person out of them; that something was done stays."""
        await Steps(work).forget(person)
        for member in await Members(work).everywhere(person):
            await Steps(work).forget_member(member.id or 0)


class PostsHeld:
    """What was or will be said to a person alone; answers to commands go when they are sent."""

    async def shown(self, person: PersonRef, work: UnitOfWork) -> Document:
        """Return how many posts there are, and from when to when."""
        found = await _notes(person, work)
        if not found:
            return Document()
        count = f"{len(found)} private notes to you" if len(found) > 1 else "1 private note to you"
        first, last = Moment(found[0].created_at), Moment(found[-1].created_at)
        said = f"{count} (what each was about, and when; its words only until it is sent), from "
        return Document((paragraph(said, first, " to ", last),))

    async def in_full(self, person: PersonRef, work: UnitOfWork) -> Mapping[str, Sequence[object]]:
        """Return what each was, when, and where it stands; its words while it waits."""
        found = await _notes(person, work)
        return {
            "notes to you": [{name: getattr(row, name) for name in _OF_A_NOTE} for row in found]
        }

    async def forget(self, person: PersonRef, work: UnitOfWork) -> None:
        """Remove them."""
        await Outbox(work).forget(People.of(person))


_OF_A_NOTE = (
    *("key", "phase", "prompt", "state", "created_at", "not_before", "sent_at"),
    *("room", "message", "document", "instead"),
)


async def _notes(person: PersonRef, work: UnitOfWork) -> list[OutboxRow]:
    found = await Outbox(work).to_person(People.of(person))
    return [row for row in found if row.phase != ANSWER]
