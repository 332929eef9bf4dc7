"""Take words back: out of the store, out of what was published, out of what is on its way."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from bot.circles.model import Circle, Member
from bot.circles.rows import Circles, Members
from bot.circles.telling import privately, to_facilitators
from bot.conversation.model import MessageRef
from bot.delivery.model import Outgoing
from bot.delivery.usecases import Post
from bot.publication import words
from bot.publication.choosing import Stock
from bot.publication.model import Quote, QuoteState, Summary, without
from bot.publication.rendering import html, markdown
from bot.publication.rows import Harvested, Publications, Quotes, Spoken
from bot.publication.usecases.gathering import stocked
from bot.store.work import UnitOfWork

REVIEW, PUBLICATION, REPUBLISH = "-review", "-publication", "-republish"
"""What posts of this room stand under in their keys, where others have a phase."""


@dataclass(frozen=True)
class TakeBack:
    """Takes words out of everything that is kept; every step is part of the caller's work."""

    post: Post
    prefix: str

    async def lines(self, messages: Iterable[MessageRef], work: UnitOfWork) -> None:
        """Remove messages and the lines they were."""
        for message in messages:
            quote = await Quotes(work).at(message)
            await Harvested(work).remove(message)
            await Quotes(work).remove([message])
            if quote is not None:
                await self.words(quote, work)

    async def words(self, quote: Quote, work: UnitOfWork) -> None:
        """Take a line's words out of publications and of questions that are still on their way."""
        circle = await Circles(work).get(quote.circle)
        await self.published(circle, lambda summary: without(summary, [quote.number]), work)
        await self.question(circle, await Members(work).get(quote.member), work)

    async def published(
        self, circle: Circle, change: Callable[[Summary], Summary], work: UnitOfWork
    ) -> None:
        """Change every kept copy; when the last one is concerned, its facilitators are told."""
        last = None
        for row in reversed(await Publications(work).of(circle.id)):
            left = change(row.summary)
            last = row if left != row.summary else None
            if last is not None:
                row.summary, row.stale = left, True
                row.markdown, row.html = markdown(left), html(left)
        await work.session.flush()
        if last is not None:
            await Spoken(work).take_back(circle.id, PUBLICATION)
            people = await Members(work).facilitating(circle.id)
            about = (REPUBLISH, "version", last.version)
            told = to_facilitators(
                people, circle, words.republish(circle, self.prefix), about=about
            )
            await self.post(told, work)

    async def question(self, circle: Circle, member: Member, work: UnitOfWork) -> None:
        """Ask a member anew about what is left, when the question had not been sent yet."""
        if await Spoken(work).take_back(circle.id, REVIEW, member.person):
            stock = await stocked(circle, work)
            await self.post(await asked(stock, member, self.prefix, work), work)


async def asked(stock: Stock, member: Member, prefix: str, work: UnitOfWork) -> list[Outgoing]:
    """Return the question to a member about the lines that wait; nothing when none does.

    The lines count as told from then on.
    """
    waiting = [
        source
        for source in stock.sources
        if source.member == member.id and stock.quotes[source.message].state is QuoteState.ASKED
    ]
    if not waiting:
        return []
    told = [replace(stock.quotes[source.message], told=True) for source in waiting]
    await Quotes(work).put_all(stock.circle.id, told)
    count = await Spoken(work).said(stock.circle.id, REVIEW, member.person)
    post = privately(
        member,
        stock.circle,
        words.asking(stock, waiting, prefix),
        about=(REVIEW, "lines", count),
        rooms=await Circles(work).rooms(stock.circle.id),
    )
    return [post]
