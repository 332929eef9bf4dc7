"""Let members decide about their own lines: approve, unname, withdraw."""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from bot.circles.model import Member
from bot.circles.rows import Members
from bot.circles.usecases.life import circle_of
from bot.conversation.model import Caller, Document, DomainError, MessageRef
from bot.publication import words
from bot.publication.choosing import Stock
from bot.publication.model import (
    Quote,
    QuoteState,
    Source,
    fingerprint,
    reviewed,
    unnamed,
)
from bot.publication.rows import Harvested, Quotes
from bot.publication.usecases.gathering import LookAgain, circle_named, stocked
from bot.publication.usecases.settling import Settle
from bot.publication.usecases.taking import TakeBack
from bot.store.work import Begin, UnitOfWork


@dataclass(frozen=True)
class ListLines:
    """Shows a member the lines in which they would be quoted, as their messages read now."""

    begin: Begin
    look_again: LookAgain
    settle: Settle
    prefix: str

    async def __call__(self, caller: Caller) -> Document:
        """Return the caller's lines with their numbers and states."""
        fresh = await self.look_again(circle_named(caller), caller.person)
        async with self.begin() as work:
            circle = await circle_of(caller, work)
            member = await _member(caller, circle.id, work)
            await self.settle(circle, fresh, work)
            stock = await stocked(circle, work)
            await work.commit()
        back = [q for q in stock.quotes.values() if _is_back(q, member)]
        gone = {quote.message for quote in back}
        mine = [s for s in stock.sources if s.member == member.id and s.message not in gone]
        return words.listed(stock, mine, len(back), self.prefix)


def _is_back(quote: Quote, member: Member) -> bool:
    return quote.member == member.id and quote.state is QuoteState.WITHDRAWN


async def _member(caller: Caller, circle: int, work: UnitOfWork) -> Member:
    member = await Members(work).of(circle, caller.person)
    if member is None:
        raise DomainError("You are not a member of that circle, so no line there is yours.")
    return member


@dataclass(frozen=True)
class ReviewLines:
    """Writes an author's verdict on lines of theirs, as their messages read now."""

    begin: Begin
    look_again: LookAgain
    settle: Settle
    take_back: TakeBack

    async def __call__(self, verdict: QuoteState, which: str, caller: Caller) -> Document:
        """Return the answer; `which` is a number or the word all.

        Lines that were edited unheard are shown, and not yet decided about.

        Raises:
            DomainError: there is no such line of the caller.
        """
        fresh = await self.look_again(circle_named(caller), caller.person)
        async with self.begin() as work:
            circle = await circle_of(caller, work)
            member = await _member(caller, circle.id, work)
            before = await Quotes(work).in_circle(circle.id)
            await self.settle(circle, fresh, work)
            await work.commit()
        async with self.begin() as work:
            stock = await stocked(circle, work)
            chosen = _chosen(stock, member, verdict, which)
            edited = _edited(before, chosen) if verdict is not QuoteState.WITHDRAWN else ()
            if edited:
                await Quotes(work).put_all(circle.id, [replace(q, told=True) for q in edited])
                await work.commit()
                return words.edited(stock, [s for s in stock.sources if _is_of(s, edited)])
            one = not _is_all(which)
            now = [reviewed(_known(stock, quote), verdict, one=one) for quote in chosen]
            await Quotes(work).put_all(circle.id, [replace(quote, told=True) for quote in now])
            for quote in chosen:
                await self._follow(stock, quote, verdict, work)
            await work.commit()
        return words.reviewed(verdict, [quote.number for quote in chosen])

    async def _follow(
        self, stock: Stock, quote: Quote, verdict: QuoteState, work: UnitOfWork
    ) -> None:
        """Take what must not stand any more out of what is kept and was published."""
        if verdict is QuoteState.WITHDRAWN:
            await Harvested(work).remove(quote.message)
            await self.take_back.words(quote, work)
        elif verdict is QuoteState.UNNAMED:
            change = [quote.number]
            await self.take_back.published(stock.circle, lambda s: unnamed(s, change), work)


def _edited(before: Sequence[Quote], now: Sequence[Quote]) -> Sequence[Quote]:
    """Return the lines whose words are others than they were, before they were looked at again."""
    were = {quote.number: quote.fingerprint for quote in before}
    return [q for q in now if were.get(q.number, "") not in ("", q.fingerprint)]


def _is_of(source: Source, quotes: Sequence[Quote]) -> bool:
    return any(quote.message == source.message for quote in quotes)


def _known(stock: Stock, quote: Quote) -> Quote:
    """Return a line that was taken back with the fingerprint of its words, as others have it."""
    if quote.state is not QuoteState.WITHDRAWN:
        return quote
    text = next((s.text for s in stock.sources if s.message == quote.message), "")
    return replace(quote, fingerprint=fingerprint(text))


def _is_all(which: str) -> bool:
    return which.strip().lower() == "all"


def _chosen(stock: Stock, member: Member, verdict: QuoteState, which: str) -> Sequence[Quote]:
    """Return the lines that a verdict is about."""
    mine = sorted((q for q in stock.quotes.values() if q.member == member.id), key=_number)
    there = {source.message for source in stock.sources}
    if not _is_all(which):
        return [_the_one([q for q in mine if _open(q, verdict)], mine, which, verdict, there)]
    wanted = [q for q in mine if _open(q, verdict) and (q.message in there or _back(verdict))]
    if not wanted:
        raise DomainError("There is no line of yours that this would change.")
    return wanted


def _number(quote: Quote) -> int:
    return quote.number


def _back(verdict: QuoteState) -> bool:
    return verdict is QuoteState.WITHDRAWN


def _open(quote: Quote, verdict: QuoteState) -> bool:
    """Return whether a verdict on all lines changes this one."""
    if verdict is QuoteState.APPROVED:
        return quote.state is QuoteState.ASKED
    return quote.state not in (verdict, QuoteState.WITHDRAWN)


def _the_one(
    left: Sequence[Quote],
    mine: Sequence[Quote],
    which: str,
    verdict: QuoteState,
    there: AbstractSet[MessageRef],
) -> Quote:
    """Return the line of a number; without a number the only one that is left."""
    found = re.search(r"\d+", which)
    if not which.strip() and len(left) == 1:
        return left[0]
    if found is None:
        raise DomainError("Say which line: its number, or the word all.")
    quote = next((q for q in mine if q.number == int(found[0])), None)
    if quote is None:
        raise DomainError(f"There is no line {int(found[0])} of yours here.")
    if quote.message not in there and not _back(verdict):
        raise DomainError(
            "I keep no words of that line any more. If you want it quoted after all, mark the "
            "message again yourself."
        )
    return quote
