"""Mark a message as worth keeping, by reaction or by command, and take a mark away."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.circles.model import Circle, Member, MemberState
from bot.circles.rows import Circles, Members
from bot.circles.telling import privately
from bot.conversation.model import (
    Caller,
    Document,
    DomainError,
    Event,
    Kind,
    MessageRef,
    PersonRef,
)
from bot.conversation.platform import Platform
from bot.delivery.model import Outgoing
from bot.prompting.model import PromptAnswer
from bot.prompting.usecases.showing import answer_in
from bot.publication import words
from bot.publication.model import (
    Kept,
    Mark,
    MarkKind,
    QuoteState,
    fingerprint,
    kind_of,
    may_be_quoted,
    reread,
    with_files,
    words_now,
)
from bot.publication.rows import Gone, Harvested, Quotes
from bot.publication.usecases.gathering import sources_of
from bot.store.work import Begin, UnitOfWork


class NotQuotable(DomainError):
    """The author of the message did not agree to its being quoted; nobody else learns of it."""


class NotShown(DomainError):
    """The platform keeps the words of a message from the bot, which knows its author only."""

    def __init__(self, event: Event) -> None:
        super().__init__(words.USE_THE_MENU)
        self.event = event


@dataclass(frozen=True, slots=True)
class Marking:
    """Somebody wants a message kept.

    `reaction` is the reaction's id, empty for a command; `shown` is the message as it came with
    the command, which some platforms do whatever else the bot may read.
    """

    message: MessageRef
    by: PersonRef
    kind: MarkKind
    reaction: str = ""
    shown: Event | None = None


@dataclass(frozen=True)
class KeepMessage:
    """Keeps the words of a message that a member marks, when its author agreed to be quoted."""

    begin: Begin
    platforms: Mapping[str, Platform]

    async def __call__(self, marking: Marking) -> None:
        """Read the message, and keep it with the mark.

        Raises:
            NotQuotable: the author has not agreed; nothing is stored.
            NotShown: the platform keeps the words from the bot; nothing is stored.
            DomainError: there is no such message, or it cannot be marked.
            PlatformUnavailable: the platform does not answer.
        """
        event = marking.shown or await found(marking.message, self.platforms)
        async with self.begin() as work:
            circle, marker = await _where(marking, work)
            answer = await answer_in(marking.message, work)
            if answer is not None:
                message = await self._answered(answer, marking, marker, work)
            else:
                message = await self._said(circle, event, marking, marker, work)
            mark = Mark(
                message=message,
                circle=circle.id,
                by=marker.id,
                kind=marking.kind,
                reaction=marking.reaction,
            )
            await Harvested(work).mark(mark)
            await work.commit()

    async def _said(
        self, circle: Circle, event: Event, marking: Marking, marker: Member, work: UnitOfWork
    ) -> MessageRef:
        """Keep the words of a member's message; return it."""
        event = await self._with_words(circle, marking.message, event, work)
        author = await self._author(circle, event, work)
        await self._check(marking, marker, author, marking.message, work)
        await self._keep(circle, author, marking.message, event, work)
        return marking.message

    async def _answered(
        self, answer: PromptAnswer, marking: Marking, marker: Member, work: UnitOfWork
    ) -> MessageRef:
        """Return what stands for an answer that the bot shows; its words are kept already."""
        author = await Members(work).get(answer.member)
        if answer.text is None or not may_be_quoted(author):
            raise NotQuotable("its author did not agree to be quoted")
        await self._check(marking, marker, author, answer.message, work)
        return answer.message

    async def _with_words(
        self, circle: Circle, message: MessageRef, event: Event, work: UnitOfWork
    ) -> Event:
        """Return the message with its words, also where those are known from before only."""
        if event.readable or event.bot or event.kind is Kind.POST:
            return with_files(event)
        source = (await sources_of(circle.id, work)).get(message)
        known = words_now(source, event, "") if source is not None else ""
        if not known:
            raise NotShown(event)
        return replace(event, text=known, readable=True)

    async def _author(self, circle: Circle, event: Event, work: UnitOfWork) -> Member:
        if event.bot or event.kind is Kind.POST:
            raise DomainError(
                "That is one of my own messages. Mark what a member wrote: reply to that message."
            )
        author = await Members(work).of(circle.id, event.person)
        if author is None or not may_be_quoted(author):
            raise NotQuotable("its author did not agree to be quoted")
        return author

    async def _check(
        self,
        marking: Marking,
        marker: Member,
        author: Member,
        message: MessageRef,
        work: UnitOfWork,
    ) -> None:
        reaction = MessageRef(marking.message.room, marking.reaction)
        if await Gone(work).any([marking.message, reaction]):
            raise DomainError("That was taken away in the meantime.")
        quote = await Quotes(work).at(message)
        if quote is not None and quote.state is QuoteState.WITHDRAWN:
            if marker.id != author.id:
                raise NotQuotable("its author took it back")
            await Quotes(work).remove([message])

    async def _keep(
        self, circle: Circle, author: Member, message: MessageRef, event: Event, work: UnitOfWork
    ) -> None:
        """Keep the words, unless the same ones are here: names may have been taken out of those."""
        now = fingerprint(event.text)
        quote = await Quotes(work).at(message)
        row = await Harvested(work).row(message)
        if row is not None and quote is not None and quote.fingerprint == now:
            return
        if quote is not None:
            await Quotes(work).put(reread(quote, now))
        phase = circle.phase_at(event.at)
        kept = Kept(
            message=message,
            circle=circle.id,
            member=author.id,
            text=event.text,
            sent_at=event.at,
            phase=phase.key if phase else "",
            edited_at=event.edited_at,
        )
        await Harvested(work).keep(kept)


async def found(message: MessageRef, platforms: Mapping[str, Platform]) -> Event:
    """Return a message as it reads now.

    Raises:
        DomainError: it is gone.
        PlatformUnavailable: the platform does not answer.
    """
    event = await platforms[message.room.platform].fetch(message)
    if event is None:
        raise DomainError("I cannot find that message any more.")
    return event


async def said_in(message: MessageRef, work: UnitOfWork) -> MessageRef:
    """Return the message whose words one shows: itself, or the answer that the bot shows in it."""
    answer = await answer_in(message, work)
    return message if answer is None else answer.message


async def _where(marking: Marking, work: UnitOfWork) -> tuple[Circle, Member]:
    """Return the circle of the message's room, and the member who marks."""
    circle = await Circles(work).at(marking.message.room)
    marker = None if circle is None else await Members(work).of(circle.id, marking.by)
    if circle is None or marker is None or marker.state is not MemberState.JOINED:
        raise DomainError("Messages are marked in the rooms of a circle, by its members.")
    return circle, marker


def meant(caller: Caller) -> MessageRef:
    """Return the message that a caller means: that of the menu, the one replied to, the thread's.

    Raises:
        DomainError: neither is there.
    """
    if caller.subject is not None:
        return caller.subject.ref
    message = caller.reply_to or caller.thread
    if caller.direct or message is None:
        raise DomainError(
            "I do not know which message you mean. Where commands are typed, write it in the "
            "circle's room as a reply to that message; elsewhere the message's own menu has it."
        )
    return MessageRef(caller.room, message)


@dataclass(frozen=True)
class MarkMessage:
    """Marks the message that a command replies to, or was given on."""

    keep: KeepMessage
    prefix: str

    async def __call__(self, kind: MarkKind, caller: Caller) -> Document:
        """Return the answer, the same for words that may not be kept.

        Raises:
            DomainError: there is no such message, it cannot be marked, or its words are not shown.
        """
        with suppress(NotQuotable):
            await self.keep(Marking(meant(caller), caller.person, kind, shown=caller.subject))
        return words.marked(kind, self.prefix)


@dataclass(frozen=True)
class UnmarkMessage:
    """Takes the caller's marks away from a message."""

    begin: Begin

    async def __call__(self, caller: Caller) -> Document:
        """Return the answer; a message without any mark left is not kept."""
        marking = Marking(meant(caller), caller.person, MarkKind.INSIGHT)
        async with self.begin() as work:
            circle, member = await _where(marking, work)
            await Harvested(work).unmark(await said_in(marking.message, work), member.id)
            await Harvested(work).sweep(circle.id)
            await work.commit()
        return words.unmarked()


@dataclass(frozen=True)
class AnswerMark:
    """Takes a member's reaction as a mark, and says nothing to them, whatever becomes of it.

    Where the words are not shown to the bot, their author is asked, privately and once.
    """

    keep: KeepMessage
    platforms: Mapping[str, Platform]

    async def wants(self, event: Event, work: UnitOfWork) -> bool:
        """Return whether the event is a mark by a member in a room of their circle."""
        if event.kind is not Kind.REACTION or event.bot or not event.target:
            return False
        circle = await Circles(work).at(event.where) if kind_of(event.text) else None
        member = None if circle is None else await Members(work).of(circle.id, event.person)
        return member is not None and member.state is MemberState.JOINED

    async def __call__(self, event: Event) -> Sequence[Outgoing]:
        """Keep what is marked, where it may be."""
        kind = kind_of(event.text)
        if kind is None or event.target is None:
            return ()
        message = MessageRef(event.where, event.target)
        try:
            await self.keep(Marking(message, event.person, kind, event.id))
        except NotShown as unread:
            return await self._ask(message, unread.event)
        except DomainError:
            return ()
        return ()

    async def _ask(self, message: MessageRef, event: Event) -> Sequence[Outgoing]:
        """Return the question to the author of words that the bot is not shown."""
        async with self.keep.begin() as work:
            circle = await Circles(work).at(message.room)
            author = None if circle is None else await Members(work).of(circle.id, event.person)
            if circle is None or author is None or not may_be_quoted(author):
                return ()
            quote = await Quotes(work).at(message)
            if quote is not None and quote.state is QuoteState.WITHDRAWN:
                return ()
            rooms = await Circles(work).rooms(circle.id)
        link = self.platforms[message.room.platform].link(message)
        about = ("-", f"marked-{message.id}", 0)
        return [
            privately(author, circle, words.ask_to_mark(circle, link), about=about, rooms=rooms)
        ]
