"""Leave a message out of the publication, whatever was kept of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.circles.model import Circle, Member
from bot.circles.rows import Circles, Members
from bot.conversation.model import Caller, Document, DomainError, MessageRef
from bot.conversation.platform import Platform
from bot.prompting.usecases.showing import answer_in
from bot.publication import words
from bot.publication.model import Quote, QuoteState, reviewed
from bot.publication.rows import Harvested, Quotes
from bot.publication.usecases.marking import found, meant
from bot.publication.usecases.taking import TakeBack
from bot.store.work import Begin, UnitOfWork


@dataclass(frozen=True)
class LeaveOut:
    """Leaves a message out: for its author always; anybody else takes their own mark away."""

    begin: Begin
    platforms: Mapping[str, Platform]
    take_back: TakeBack

    async def __call__(self, caller: Caller) -> Document:
        """Return the answer.

        Raises:
            DomainError: there is no such message, or the caller is in no circle there.
        """
        message = meant(caller)
        event = caller.subject or await found(message, self.platforms)
        async with self.begin() as work:
            circle = await Circles(work).at(message.room)
            member = None if circle is None else await Members(work).of(circle.id, caller.person)
            if circle is None or member is None:
                raise DomainError("Messages are left out in the rooms of a circle, by its members.")
            answer = await answer_in(message, work)
            author = await Members(work).of(circle.id, event.person)
            written_by = answer.member if answer else author.id if author else None
            message = answer.message if answer else message
            mine = written_by == member.id
            if mine:
                await self._leave_out(circle, member, message, work)
            else:
                await Harvested(work).unmark(message, member.id)
                await Harvested(work).sweep(circle.id)
            await work.commit()
        return words.left_out() if mine else words.not_yours()

    async def _leave_out(
        self, circle: Circle, author: Member, message: MessageRef, work: UnitOfWork
    ) -> None:
        """Take the words back, and note that they stay out also when somebody marks them later."""
        known = await Quotes(work).at(message)
        quote = known or Quote(number=0, circle=circle.id, message=message, member=author.id)
        await Harvested(work).remove(message)
        withdrawn = reviewed(quote, QuoteState.WITHDRAWN, one=True)
        await Quotes(work).put(replace(withdrawn, told=True))
        if known is not None:
            await self.take_back.words(known, work)
