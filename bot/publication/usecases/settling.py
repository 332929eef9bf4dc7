"""Make the store agree with what the platforms show, before anything is quoted."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.circles.model import Circle
from bot.circles.rows import Members, by_id
from bot.conversation.model import Event, MessageRef
from bot.prompting.rows import Answers
from bot.prompting.usecases.showing import hide, take_down
from bot.publication.model import (
    Quote,
    Source,
    fingerprint,
    may_be_quoted,
    reread,
)
from bot.publication.rows import Harvested, Quotes
from bot.publication.usecases.gathering import Fresh, sources_of
from bot.publication.usecases.taking import TakeBack
from bot.store.work import UnitOfWork


@dataclass(frozen=True)
class Settle:
    """Brings what may be quoted up to date."""

    take_back: TakeBack

    async def __call__(self, circle: Circle, fresh: Fresh, work: UnitOfWork) -> None:
        """Remove what is gone, send what was edited back to review, give new lines a number.

        The words of somebody who no longer agrees to be quoted are dropped.
        """
        members = by_id(await Members(work).in_circle(circle.id))
        sources = (await sources_of(circle.id, work)).items()
        left: list[tuple[Source, Event]] = []
        for message, source in sorted(sources, key=lambda each: (each[1].sent_at, each[0])):
            author = members[source.member]
            there = fresh.events.get(message, source)
            if there is None:
                await self._remove_answer(message, work)
            if there is None or not (author.consents.quoted and author.consents.takes_part):
                await self.take_back.lines([message], work)
            elif isinstance(there, Event) and may_be_quoted(author):
                left.append((source, there))
        await self._read_again(circle, left, work)

    async def _remove_answer(self, message: MessageRef, work: UnitOfWork) -> None:
        """Remove an answer whose message is gone, and what the bot shows of it elsewhere.

        Of one that only the bot showed it stays known that it was given.
        """
        row, now = await Answers(work).at(message), self.take_back.post.clock.now()
        if row is not None and not row.own:
            await take_down(row.value(), now, work)
        elif row is not None:
            await hide(row.value(), now, work)
            await Answers(work).remove(message)

    async def _read_again(
        self, circle: Circle, left: Iterable[tuple[Source, Event]], work: UnitOfWork
    ) -> None:
        held = {quote.message: quote for quote in await Quotes(work).in_circle(circle.id)}
        found: list[Quote] = []
        for source, event in left:
            text = event.text
            quote = held.get(source.message) or Quote(
                number=0, circle=circle.id, message=source.message, member=source.member
            )
            nameless = quote.nameless or source.nameless
            found.append(replace(reread(quote, fingerprint(text)), nameless=nameless))
            if quote.fingerprint != fingerprint(text) and source.text != text:
                await reword(source, text, work)
        await Quotes(work).put_all(circle.id, found)
        for quote in found:
            before = held.get(quote.message)
            if before is not None and before.fingerprint not in ("", quote.fingerprint):
                await self.take_back.words(before, work)


async def reword(source: Source, text: str, work: UnitOfWork) -> None:
    """Replace the stored words of a message."""
    await Harvested(work).reword(source.message, text)
    row = await Answers(work).at(source.message)
    if row is not None and row.text is not None:
        row.text = text
        await work.session.flush()
