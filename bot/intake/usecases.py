"""Take what a platform brings, once; answer what wants an answer, once."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

import structlog

from bot.conversation.dispatch import Dispatch
from bot.conversation.model import (
    Answer,
    Audience,
    Batch,
    Clock,
    Event,
    Kind,
    People,
    PlatformUnavailable,
    RoomRef,
    Target,
)
from bot.delivery.model import Outgoing
from bot.delivery.rows import OutboxRow
from bot.delivery.usecases import Post, answer_key
from bot.intake.rows import Cursors, Inbox, InboxRow
from bot.intake.words import answered_elsewhere, answered_here, offer_to_tidy, only_you
from bot.store.work import Begin, StoreAway, UnitOfWork, Whole

log = structlog.get_logger()

OFFERED = 1
"""The occurrence of an answer that offers to tidy the command away: its place is remembered."""

LONGEST_WAIT = timedelta(days=1)
"""How long an event waits for a platform that is away, before it counts as failed."""

TRIES = 3
"""How often an event whose answer failed without a word is tried before it is given up."""


class Hear(Protocol):
    """What becomes of an event; called inside the transaction that stores the batch."""

    async def __call__(self, event: Event, work: UnitOfWork) -> None:
        """Write what the event changes; the same event again must change nothing more."""
        ...


class Respond(Protocol):
    """Answers events of one sort, after the batch is stored."""

    async def wants(self, event: Event, work: UnitOfWork) -> bool:
        """Return whether the event is of that sort."""
        ...

    async def __call__(self, event: Event) -> Sequence[Outgoing]:
        """Return the posts that answer; may ask the network before its first unit of work."""
        ...


@dataclass(frozen=True)
class Take:
    """Stores a batch: what is heard, what wants an answer, and the cursor, in one transaction.

    A message that the bot answers is said to it and not to the circle: hearers do not get it, so
    that no command is counted, and none becomes an answer because it stands under a prompt.
    """

    begin: Begin
    clock: Clock
    hearers: Sequence[Hear]
    responders: Sequence[Respond]

    async def __call__(self, batch: Batch) -> None:
        """Take the batch; when this returns, it is kept for good.

        Where an event cannot be understood, all are taken once more, each apart from the others.
        A database that cannot be used fails the batch, which then comes again.
        """
        try:
            await self._all(batch, self._one)
        except StoreAway:
            raise
        except Exception:
            log.warning("batch failed", action="batch_apart", exc_info=True)
            await self._all(batch, self._apart)

    async def late(self, event: Event) -> None:
        """Take what happened unheard and was found out later."""
        async with self.begin() as work:
            await self._one(event, work)
            await work.commit()

    async def _all(self, batch: Batch, one: Callable[[Event, UnitOfWork], Awaitable[None]]) -> None:
        async with self.begin() as work:
            for event in batch.events:
                await one(event, work)
            await Cursors(work).move(batch.account, batch.token, self.clock.now())
            await work.commit()

    async def _one(self, event: Event, work: UnitOfWork) -> None:
        if event.kind in (Kind.DELETE, Kind.EDIT):
            await Inbox(work).changed(event)
        elif event.kind is Kind.UNREACTION:
            await Inbox(work).taken_away(event)
        wanted = await self._wanted(event, work)
        if wanted:
            await Inbox(work).put(event, self.clock.now())
        if wanted and event.kind in (Kind.MESSAGE, Kind.COMMAND):
            return
        for hear in self.hearers:
            await hear(event, work)

    async def _apart(self, event: Event, work: UnitOfWork) -> None:
        """Take one event; one that cannot be understood is logged and stops no other."""
        try:
            async with work.savepoint():
                await self._one(event, work)
        except StoreAway:
            raise
        except Exception:
            log.exception("event failed", action="event_failed", kind=event.kind)

    async def _wanted(self, event: Event, work: UnitOfWork) -> bool:
        for responder in self.responders:
            if await responder.wants(event, work):
                return True
        return False


@dataclass(frozen=True)
class AnswerInbox:
    """Answers what waits in the inbox, in order: effects, answer and mark in one transaction."""

    begin: Begin
    look: Begin
    together: Callable[[], AbstractAsyncContextManager[Whole]]
    clock: Clock
    responders: Sequence[Respond]
    post: Post
    answered: Callable[[], Awaitable[object]]

    async def __call__(self, platform: str | None = None) -> int:
        """Answer what waits now, of one platform or of all; return how many events that were."""
        async with self.look() as work:
            waiting = await Inbox(work).waiting(platform)
        held_up: set[str] = set()
        for row in waiting:
            if row.author not in held_up and not await self._one(row):
                held_up.add(row.author)
            await self.answered()
        return len(waiting) - sum(row.author in held_up for row in waiting)

    async def _one(self, row: InboxRow) -> bool:
        """Answer one event; return whether its author's next may follow.

        When a platform is away the event waits, and what its author said after it; nobody else's.
        """
        event = row.event
        try:
            async with self.together() as whole:
                posts = await self._answer(event) if event is not None else ()
                async with self.begin() as work:
                    await self.post(posts, work)
                    await self._handled(row, event, posts, work)
                    await work.commit()
                await whole.commit()
        except PlatformUnavailable:
            log.warning("platform away", action="answer_delayed", row=row.id)
            if self.clock.now() - row.received_at > LONGEST_WAIT:
                await self._failed(row)
            return False
        except Exception:
            log.exception("answer failed", action="answer_failed", row=row.id)
            await self._failed(row)
        return True

    async def _answer(self, event: Event) -> Sequence[Outgoing]:
        responder = await self._responder(event)
        return () if responder is None else await responder(event)

    async def _responder(self, event: Event) -> Respond | None:
        async with self.look() as work:
            for responder in self.responders:
                if await responder.wants(event, work):
                    return responder
        return None

    async def _handled(
        self, row: InboxRow, event: Event | None, posts: Sequence[Outgoing], work: UnitOfWork
    ) -> None:
        if event is not None:
            shown = any(post.key.occurrence == OFFERED for post in posts)
            await Inbox(work).handled(row.id or 0, self.clock.now(), shown=shown)

    async def _failed(self, row: InboxRow) -> None:
        async with self.begin() as work:
            held = await work.session.get(InboxRow, row.id)
            if held is not None:
                held.failures += 1
                if held.failures >= TRIES:
                    held.handled_at, held.event, held.author = self.clock.now(), None, ""
            await work.commit()


class DoubtAfterRestore:
    """Doubts what is written soon after a backup was put back: it may have gone before that.

    What was said between the backup and its return is unknown: the same prompts come due again,
    and the same commands are heard again.
    """

    def __init__(self, look: Begin, window: timedelta) -> None:
        self._look = look
        self._window = window
        self._read = False
        self._restored: tuple[datetime, datetime] | None = None

    async def __call__(self, row: OutboxRow) -> datetime | None:
        """Return since when the post may be there; nothing is put back while the bot runs."""
        if not self._read:
            async with self._look() as work:
                self._restored, self._read = await Cursors(work).restored(), True
        if self._restored is None:
            return None
        known_until, put_back_at = self._restored
        return known_until if row.created_at < put_back_at + self._window else None


@dataclass(frozen=True)
class AnswerCommand:
    """Answers typed commands: in the room, or in the direct room when the answer is private."""

    dispatch: Dispatch
    look: Begin

    async def wants(self, event: Event, work: UnitOfWork) -> bool:  # noqa: ARG002 - the port's form
        """Return whether the event is a command, or addressed to the bot."""
        return event.kind in (Kind.MESSAGE, Kind.COMMAND) and self.dispatch.recognises(event)

    async def __call__(self, event: Event) -> Sequence[Outgoing]:
        """Return the answer, with the offer to tidy once a day, a person and a room."""
        answer = await self.dispatch(event)
        if answer.private_in_public and not await self._offered_today(event):
            offer = offer_to_tidy(self.dispatch.prefix)
            answer = replace(answer, document=answer.document + offer)
        return replies(event, answer)

    async def _offered_today(self, event: Event) -> bool:
        """Return whether the author typed a private command in that room on this day already.

        The day is that of the author's clocks. What was tidied away since is not known any more.
        """
        zone = ZoneInfo(await self.dispatch.standing.zone(event.person, None))
        day = self.dispatch.clock.now().astimezone(zone).date()
        async with self.look() as work:
            since = datetime.combine(day, time(), zone)
            return await Inbox(work).was_shown(event.person, event.where, since)


def replies(event: Event, answer: Answer) -> list[Outgoing]:
    """Return the posts that answer a command.

    Where its author waits for an answer in a place of their own, there is one there, also when the
    answer is for the room. That place also gets what the bot may not say in the room.
    """
    if answer.audience is Audience.CALLER or event.direct or not event.answer_at:
        return [reply(event, answer)]
    apart = RoomRef(event.platform, event.answer_at)
    here = reply(replace(event, answer_at=""), answer)
    here = replace(here, instead=(apart, only_you() + answer.document))
    return [here, reply(event, Answer(answered_here()))]


def reply(event: Event, answer: Answer) -> Outgoing:
    """Return the post that answers an event; a private answer to open words goes elsewhere."""
    target: Target = event.where
    instead, thread = None, event.thread
    if event.answer_at:
        target, thread = RoomRef(event.platform, event.answer_at), None
    elif answer.audience is Audience.CALLER and not event.direct:
        target, thread = People.of(event.person), None
        instead = (event.where, answered_elsewhere(event.person, event.name))
    offered = answer.private_in_public and isinstance(target, People)
    key = answer_key(event.id, target, OFFERED if offered else 0)
    return Outgoing(key=key, to=target, document=answer.document, thread=thread, instead=instead)
