"""What this room keeps of a person: shown, narrowed when a consent is, removed when asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.circles.model import Circle, Consents, Member
from bot.circles.rows import Circles, Members, by_id
from bot.conversation.model import Block, Document, PersonRef
from bot.publication import words
from bot.publication.choosing import Names
from bot.publication.model import (
    Quote,
    Source,
    Summary,
    fingerprint,
    reworded,
    unnamed,
    without,
    without_name,
)
from bot.publication.rows import Harvested, Publications, Quotes, Spoken
from bot.publication.usecases.gathering import sources_of
from bot.publication.usecases.settling import reword
from bot.publication.usecases.taking import REVIEW, TakeBack
from bot.store.work import UnitOfWork


@dataclass(frozen=True)
class PublicationRights:
    """Holds a member's words, marks and lines, and lets go of them; part of the caller's work."""

    take_back: TakeBack

    async def held_about(self, member: int, work: UnitOfWork) -> tuple[Block, ...]:
        """Return all that is kept of a member; empty when nothing is."""
        quotes = await Quotes(work).of_member(member)
        circle = (await Members(work).get(member)).circle
        numbers = {quote.number for quote in quotes}
        return words.held(
            await Harvested(work).of_member(member),
            await Harvested(work).marks_by(member),
            quotes,
            sum(
                said.number in numbers
                for row in await Publications(work).of(circle)
                for said in row.summary.lines
            ),
        )

    async def shown(self, person: PersonRef, work: UnitOfWork) -> Document:
        """Return all that is kept of a person, in every circle."""
        mine = [row.id or 0 for row in await Members(work).everywhere(person)]
        held = [await self.held_about(member, work) for member in mine]
        return Document(tuple(block for blocks in held for block in blocks))

    async def in_full(self, person: PersonRef, work: UnitOfWork) -> Mapping[str, Sequence[object]]:
        """Return every marked message, mark, line, and where a line was published."""
        mine = [row.value() for row in await Members(work).everywhere(person)]
        quotes = [quote for m in mine for quote in await Quotes(work).of_member(m.id)]
        numbers = {quote.number for quote in quotes}
        return {
            "marked messages": [k for m in mine for k in await Harvested(work).of_member(m.id)],
            "marks": [mark for m in mine for mark in await Harvested(work).marks_by(m.id)],
            "lines": quotes,
            "published lines": [
                {"circle": row.circle_id, "version": row.version, "line": said}
                for m in mine
                for row in await Publications(work).of(m.circle)
                for said in row.summary.lines
                if said.number in numbers
            ],
        }

    async def forget(self, person: PersonRef, work: UnitOfWork) -> None:
        """Remove all of it, before the memberships go."""
        for row in await Members(work).everywhere(person):
            await self.forget_member(row.id or 0, work)

    async def forget_member(self, member: int, work: UnitOfWork) -> None:
        """Remove all that is kept of a member, and the name in what others wrote."""
        who = await Members(work).get(member)
        circle = await Circles(work).get(who.circle)
        names = await self._names(circle, who, work)
        numbers = [quote.number for quote in await Quotes(work).of_member(member)]

        def change(summary: Summary) -> Summary:
            left = without_name(without(summary, numbers), who.name, stays=False)
            return reworded(left, lambda text: names.masked(text, without=member))

        await self._drop(circle, who, work)
        await self._unwrite(circle, who, names, work)
        await Harvested(work).forget_marks(member)
        await Harvested(work).sweep(circle.id)
        await self.take_back.published(circle, change, work)

    async def consent_changed(self, member: Member, before: Consents, work: UnitOfWork) -> None:
        """Make a narrower consent true for what is kept and for what was published."""
        circle = await Circles(work).get(member.circle)
        numbers = [quote.number for quote in await Quotes(work).of_member(member.id)]
        names = await self._names(circle, member, work)
        now = member.consents

        def unname(summary: Summary) -> Summary:
            left = without_name(unnamed(summary, numbers), member.name, stays=True)
            return reworded(left, lambda text: names.masked(text, without=member.id))

        if before.named and not now.named:
            await self.take_back.published(circle, unname, work)
        if before.takes_part and not now.takes_part:
            await self.take_back.published(
                circle, lambda s: without_name(s, member.name, stays=False), work
            )
        if not (now.quoted and now.takes_part):
            await self._drop(circle, member, work)
            await self.take_back.published(circle, lambda s: without(s, numbers), work)

    async def _drop(self, circle: Circle, member: Member, work: UnitOfWork) -> None:
        """Remove a member's words and lines, and the question about them."""
        for kept in await Harvested(work).of_member(member.id):
            await Harvested(work).remove(kept.message)
        await Quotes(work).remove([q.message for q in await Quotes(work).of_member(member.id)])
        await Spoken(work).take_back(circle.id, REVIEW, member.person)

    async def _names(self, circle: Circle, member: Member, work: UnitOfWork) -> Names:
        """Return the names in a circle, with the member as they are now."""
        members = by_id(await Members(work).in_circle(circle.id)) | {member.id: member}
        return Names.of(members.values(), {})

    async def _unwrite(
        self, circle: Circle, member: Member, names: Names, work: UnitOfWork
    ) -> None:
        """Take a member's names out of the words of others that are kept."""
        for message, source in (await sources_of(circle.id, work)).items():
            left = names.without(source.text, member.id)
            if left != source.text and source.member != member.id:
                quote = await Quotes(work).at(message) or await self._line(circle, source, work)
                await reword(source, left, work)
                author = await Members(work).get(quote.member)
                await self.take_back.question(circle, author, work)

    async def _line(self, circle: Circle, source: Source, work: UnitOfWork) -> Quote:
        """Return the line of a message, which remembers how the message read at the platform."""
        line = Quote(number=0, circle=circle.id, message=source.message, member=source.member)
        return await Quotes(work).put(replace(line, fingerprint=fingerprint(source.text)))
