"""Follow deletions and edits, so that words taken back are nowhere."""

from dataclasses import dataclass, replace

from bot.circles.rows import Circles, Members
from bot.conversation.model import Event, Kind, MessageRef
from bot.prompting.model import PromptAnswer, Shown
from bot.prompting.usecases.showing import answer_in, places_of, take_down
from bot.publication.model import QuoteState, fingerprint, kind_of, reread, unnamed, with_files
from bot.publication.rows import Gone, Harvested, Quotes
from bot.publication.usecases.marking import said_in
from bot.publication.usecases.taking import TakeBack
from bot.store.work import UnitOfWork


@dataclass(frozen=True)
class PublicationHears:
    """Hears what becomes of messages that are kept, answered or marked."""

    take_back: TakeBack

    async def __call__(self, event: Event, work: UnitOfWork) -> None:
        """Write what the event changes; the same event again changes nothing more."""
        if not event.target:
            return
        target = MessageRef(event.where, event.target)
        if event.kind is Kind.DELETE:
            await self._deleted(event, target, work)
        elif event.kind is Kind.EDIT:
            await self._edited(event, target, work)
        elif event.kind is Kind.UNREACTION:
            await self._unreacted(event, target, work)

    async def answered(
        self,
        answer: PromptAnswer,
        words: int,  # noqa: ARG002 - the port's form
        work: UnitOfWork,
    ) -> None:
        """Make a line agree with an answer that is given again by command, wherever it is."""
        quote = await Quotes(work).at(answer.message)
        if quote is None:
            return
        if answer.text is None:
            await self.take_back.lines([answer.message], work)
            return
        await self._to_review(answer.message, fingerprint(answer.text), work)
        if answer.shown is Shown.UNNAMED and not quote.nameless:
            left = await Quotes(work).at(answer.message) or quote
            await Quotes(work).put(replace(left, nameless=True))
            circle = await Circles(work).get(answer.circle)
            await self.take_back.published(circle, lambda s: unnamed(s, [quote.number]), work)

    async def _deleted(self, event: Event, target: MessageRef, work: UnitOfWork) -> None:
        circle = await Circles(work).at(event.where)
        if circle is None and await Quotes(work).at(target) is None:
            return
        if circle is not None:
            await Gone(work).note(target, event.at)
            if await Harvested(work).unreact(target):
                await Harvested(work).sweep(circle.id)
        await self._edit_gone(target, work)
        await self._shown_no_more(target, work)
        await self.take_back.lines([target], work)

    async def _shown_no_more(self, target: MessageRef, work: UnitOfWork) -> None:
        """Let go of the words of an answer that somebody takes down where the bot shows it.

        What the bot takes down itself is over already: then nothing is to be done.
        """
        answer = await answer_in(target, work)
        if answer is None or target not in await places_of(answer, work):
            return
        await take_down(answer, self.take_back.post.clock.now(), work)
        await self.take_back.lines([answer.message], work)

    async def _unreacted(self, event: Event, target: MessageRef, work: UnitOfWork) -> None:
        """Take the mark away that a reaction was, and words that no other mark holds."""
        circle, kind = await Circles(work).at(event.where), kind_of(event.text)
        member = None if circle is None else await Members(work).of(circle.id, event.person)
        if circle is None or member is None or kind is None:
            return
        message = await said_in(target, work)
        if await Harvested(work).unreacted(message, member.id, kind):
            await Harvested(work).sweep(circle.id)

    async def _edit_gone(self, edit: MessageRef, work: UnitOfWork) -> None:
        """Drop words that came with an edit that is gone; the message is read before it is used."""
        row = await Harvested(work).edited_by(edit)
        if row is not None:
            message = row.value().message
            await Harvested(work).reword(message, "")
            await self._to_review(message, "", work)

    async def _edited(self, event: Event, target: MessageRef, work: UnitOfWork) -> None:
        row = await Harvested(work).row(target)
        quote = await Quotes(work).at(target)
        author = row.member_id if row is not None else quote.member if quote else None
        if author is None or event.person not in (await Members(work).get(author)).accounts:
            return
        said = with_files(event).text if event.readable else ""  # unknown words are none
        if row is not None and row.text != said:
            row.text, row.edited_at, row.edit = said, event.at, event.id
            await work.session.flush()
        await self._to_review(target, fingerprint(said), work)

    async def _to_review(self, message: MessageRef, now: str, work: UnitOfWork) -> None:
        """Ask again about a line whose words are others now, wherever it was."""
        quote = await Quotes(work).at(message)
        if quote is None or quote.fingerprint == now or quote.state is QuoteState.WITHDRAWN:
            return
        await Quotes(work).put(reread(quote, now))
        await self.take_back.words(quote, work)
