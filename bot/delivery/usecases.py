"""The tick, which turns what is due into posts, and the drain, the only code that sends."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from bot.conversation.model import (
    AccountLost,
    Ambiguous,
    Clock,
    DeliveryKey,
    MessageRef,
    NotPermitted,
    People,
    PlatformError,
    PlatformUnavailable,
    RoomRef,
    Target,
    ThreadLost,
    Unreachable,
)
from bot.conversation.platform import Platform
from bot.delivery.model import AWAY, RELAY, Outgoing, Redaction, Schedule, State, backoff, parts
from bot.delivery.rows import Changes, Outbox, OutboxRow, ScheduleRow, Schedules, next_moments
from bot.store.work import Begin, UnitOfWork

log = structlog.get_logger()

TRIES = 8
"""How often a post that the platform answers with an error is tried before it counts as refused."""

ANSWER = "answer"
"""The phase of answers to commands: once they are sent, nothing of them is kept."""

VANISHES = frozenset({ANSWER, RELAY})
"""The phases of posts whose rows go with the words, whether they arrived or not."""


def answer_key(message: str, target: Target, occurrence: int = 0) -> DeliveryKey:
    """Return the key of the answer that a command, typed as `message`, gets in `target`."""
    return DeliveryKey("-", ANSWER, message, occurrence, str(target))


class Compose(Protocol):
    """What a due schedule of one kind says; filled by the room that made the schedule."""

    async def __call__(self, due: Schedule, work: UnitOfWork) -> Sequence[Outgoing]:
        """Return the posts; an empty list when nobody is concerned any more."""
        ...


THREAD = "thread"
"""Why a post is said in the room itself: the thread that it was for is locked or gone."""

TellMissed = Callable[[Schedule, str, UnitOfWork], Awaitable[Sequence[Outgoing]]]
"""Returns what the facilitators are told of a schedule that was not posted, and why."""

TellRefused = Callable[[OutboxRow, str, UnitOfWork], Awaitable[Sequence[Outgoing]]]
"""Returns what the facilitators are told of a post that did not arrive, and why."""


Doubt = Callable[[OutboxRow], Awaitable[datetime | None]]
"""Returns since when a post may be there that the database knows nothing of; None if it is not."""


async def nothing_is_doubted(_: OutboxRow) -> datetime | None:
    """Return that every post is as the database says."""
    return None


@dataclass(frozen=True)
class Post:
    """Writes posts into the outbox, cut to what their platform takes."""

    clock: Clock
    platforms: Mapping[str, Platform]

    async def __call__(self, posts: Sequence[Outgoing], work: UnitOfWork) -> None:
        """Write them; a post whose key is there already is left as it is."""
        await Outbox(work).add(self._cut(posts), self.clock.now())

    async def again(self, posts: Sequence[Outgoing], work: UnitOfWork) -> None:
        """Write them, also those that were given up or held back before."""
        await Outbox(work).again(self._cut(posts), self.clock.now())

    async def anew(self, posts: Sequence[Outgoing], work: UnitOfWork) -> None:
        """Let earlier posts with the keys of these read as these do now, part by part.

        Parts that are new are posted and parts too many removed. Where nothing is shown under a
        key the post is a new one, and one without words removes what is shown.
        """
        for post in posts:
            if post.to.platform in self.platforms:
                wanted = self._cut([post]) if post.document.blocks else []
                await Changes(work).rewrite(post.key, wanted, self.clock.now())

    def _cut(self, posts: Sequence[Outgoing]) -> list[Outgoing]:
        return [
            part
            for post in posts
            if post.to.platform in self.platforms
            for part in parts(post, self.platforms[post.to.platform].capabilities.longest)
        ]


@dataclass(frozen=True)
class Tick:
    """Turns schedules that are due into posts: one transaction, one savepoint a schedule."""

    begin: Begin
    look: Begin
    clock: Clock
    composers: Mapping[str, Compose]
    missed: TellMissed
    post: Post

    async def waits(self) -> tuple[bool, bool]:
        """Return whether a schedule is due now, and whether a post may go."""
        now = self.clock.now()
        async with self.look() as work:
            schedule, post = await next_moments(work)
        return schedule is not None and schedule <= now, post is not None and post <= now

    async def __call__(self) -> int:
        """Deal with what is due now; return how many schedules that were."""
        now = self.clock.now()
        async with self.begin() as work:
            due = await Schedules(work).due(now)
            for row in due:
                await self._deal_with(row, now, work)
            await work.commit()
        return len(due)

    async def _deal_with(self, row: ScheduleRow, now: datetime, work: UnitOfWork) -> None:
        schedule = row.value()
        late = now > row.due_at + schedule.window
        try:
            async with work.savepoint():
                if late:
                    reason = "late" if row.failures == 0 else "failed"
                    posts = await self.missed(schedule, reason, work)
                    log.warning("skipped", action="schedule_skipped", schedule=row.id, why=reason)
                else:
                    posts = await self.composers[schedule.kind](schedule, work)
                await self.post(posts, work)
        except Exception:
            log.exception("compose failed", action="compose_failed", schedule=row.id)
            row.failures += 1
            row.not_before = now + backoff(row.failures)
            row.active = not late
        else:
            row.active, row.fired_at = False, now
        await work.session.flush()


class TooLate(Exception):  # a fact between two methods, nobody else's business
    """The post's time is past and no earlier attempt at it got through."""


class TakenBack(TooLate):
    """The post was taken back after an attempt at it, and that attempt did not get through."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A post that is about to be sent, when it was last tried, and the message it stands under.

    `changed` is the message that it changes; `last` tells that nothing else waited behind it.
    """

    row: OutboxRow
    previous: datetime | None
    under: str | None
    changed: MessageRef | None
    last: bool


@dataclass(frozen=True)
class Drain:
    """Sends the waiting posts of one target in order; the only code that sends."""

    begin: Begin
    look: Begin
    clock: Clock
    platforms: Mapping[str, Platform]
    refused: TellRefused
    post: Post
    doubt: Doubt = nothing_is_doubted

    async def targets(self) -> list[str]:
        """Return the targets that have something to send now, on platforms that are there."""
        async with self.look() as work:
            found = await Outbox(work).waiting_targets(self.clock.now())
        return [target for target in found if target.partition(":")[0] in self.platforms]

    async def __call__(self, target: str) -> int:
        """Send what waits for `target`, until nothing does or a post must wait; return how many."""
        sent = 0
        while (attempt := await self._next(target)) is not None and await self._send(attempt):
            sent += 1
            if attempt.last:
                break
        return sent

    async def _next(self, target: str) -> Attempt | None:
        """Note an attempt at the post to send now and return it; None when nothing may go."""
        now = self.clock.now()
        async with self.begin() as work:
            first = await self._first_worth_sending(target, now, work)
            attempt = None
            if first and first[0].not_before <= now:
                row = first[0]
                under = row.thread or await Outbox(work).message_of(row.thread_of)
                changed = await Outbox(work).place_of(row.changes)
                attempt = Attempt(row, row.last_attempt_at, under, changed, last=len(first) == 1)
                row.attempts += 1
                row.first_attempt_at = row.first_attempt_at or now
                row.last_attempt_at = now
            await work.commit()
        return attempt

    async def _first_worth_sending(
        self, target: str, now: datetime, work: UnitOfWork
    ) -> Sequence[OutboxRow]:
        """Return the first posts; too late ones are skipped, quiet hours hold others for later.

        What is held holds up nothing else: an answer to a command comes also at night.
        """
        first = await Outbox(work).first_two(target, now)
        while first and first[0].not_before <= now:
            row = first[0]
            over_at = now if row.quiet is None else row.quiet.over_at(now)
            if row.attempts == 0 and row.expires_at and now > row.expires_at:
                await self._end(row, State.SKIPPED, "late", work)
            elif over_at > now:
                row.not_before = over_at
                await work.session.flush()
            else:
                break
            first = await Outbox(work).first_two(target, now)
        return first

    async def _send(self, attempt: Attempt) -> bool:
        """Post one row and remember it; return whether the next one may follow."""
        row = attempt.row
        platform = self.platforms[row.to.platform]
        try:
            message = await self._post_once(platform, attempt)
        except AccountLost:
            raise
        except TooLate as over:
            return await self._over(row, over)
        except PlatformUnavailable as trouble:
            return await self._later(row, trouble.retry_after)
        except NotPermitted as trouble:
            return await self._elsewhere(attempt, trouble)
        except Exception as trouble:
            log.exception("post failed", action="post_failed", post=row.id)
            if row.attempts >= TRIES or isinstance(trouble, Ambiguous):
                return await self._refuse(row, trouble)
            return await self._later(row, None)
        await self._remember(row, message)
        return True

    async def _post_once(self, platform: Platform, attempt: Attempt) -> MessageRef:
        """Post, unless an attempt older than the platform's memory got through."""
        row = attempt.row
        if row.first_attempt_at is None:
            raise PlatformError("the post was not tried yet")
        if row.changes is not None:
            return await self._change(platform, attempt)
        room = await platform.reach(row.to, key=row.identity)
        if row.redacts is not None:
            return await self._redact(platform, room, row.redacts, row.identity)
        now, forgotten = self.clock.now(), platform.capabilities.memory / 2
        too_late = row.expires_at is not None and now > row.expires_at
        moments = [doubted] if (doubted := await self.doubt(row)) is not None else []
        tried, long_ago = attempt.previous is not None, False
        if attempt.previous is not None:
            long_ago = now - attempt.previous > forgotten
        moved = attempt.under is None and bool(row.thread or row.thread_of)
        if (tried and (too_late or long_ago or moved)) or row.document is None:
            moments.append(row.first_attempt_at)
        if moments:
            since = min(moments) - timedelta(minutes=5)
            found = await platform.find(room, row.identity, since=since, document=row.document)
            if found is not None and not await self._is_anothers(found, row):
                return found
            if too_late and tried:
                raise TooLate
        if row.document is None:
            raise TakenBack
        return await platform.post(room, row.document, key=row.identity, thread=attempt.under)

    async def _is_anothers(self, message: MessageRef, row: OutboxRow) -> bool:
        """Return whether a message that was found by its words is known as another post's."""
        async with self.look() as work:
            known = await Outbox(work).of_message(message)
        return known is not None and known.id != row.id

    async def _change(self, platform: Platform, attempt: Attempt) -> MessageRef:
        """Let an earlier message say something else, or nothing; one that never was stays so."""
        row, message = attempt.row, attempt.changed
        if message is not None and row.document is not None:
            if row.document.blocks:
                await platform.edit(message, row.document, key=row.identity)
            else:
                await platform.redact(message, key=row.identity)
        room = RoomRef(row.to.platform, "") if message is None else message.room
        return MessageRef(room, "")

    async def _redact(
        self, platform: Platform, room: RoomRef, redaction: Redaction, key: DeliveryKey
    ) -> MessageRef:
        """Remove every part of an earlier post, the last one first: so the next try finds all."""
        found: list[MessageRef] = []
        part = redaction.key
        while (message := await self._shown(platform, room, part, redaction.since)) is not None:
            found.append(message)
            part = replace(part, part=len(found))
        for number, message in reversed(list(enumerate(found))):
            await platform.redact(message, key=replace(key, part=number))
        return MessageRef(room, "")

    async def _shown(
        self, platform: Platform, room: RoomRef, part: DeliveryKey, since: datetime
    ) -> MessageRef | None:
        """Return the message that a post became: as it was noted, else as it is found there."""
        async with self.look() as work:
            noted = await Outbox(work).place_of(part)
        return noted or await platform.find(room, part, since=since)

    async def _remember(self, row: OutboxRow, message: MessageRef) -> None:
        async with self.begin() as work:
            if row.phase in VANISHES:
                await Outbox(work).remove(row.id or 0)
            else:
                await Outbox(work).sent(row.id or 0, message, self.clock.now())
            await work.commit()
        log.info("posted", action="posted", post=row.id, attempts=row.attempts)

    async def _later(self, row: OutboxRow, wait: timedelta | None) -> bool:
        """Put the post back; its room waits with it."""
        async with self.begin() as work:
            held = await work.session.get(OutboxRow, row.id)
            if held is not None and held.not_before != AWAY:
                held.not_before = self.clock.now() + (wait or backoff(row.attempts))
            await work.commit()
        log.warning("will try again", action="post_delayed", post=row.id, attempts=row.attempts)
        return False

    async def _elsewhere(self, attempt: Attempt, trouble: NotPermitted) -> bool:
        """Send a post whose thread is lost to the room itself; any other is refused."""
        if attempt.under is None or not isinstance(trouble, ThreadLost):
            return await self._refuse(attempt.row, trouble)
        async with self.begin() as work:
            held = await work.session.get(OutboxRow, attempt.row.id)
            if held is not None:
                held.thread = held.thread_of = None
            await self.post(await self.refused(attempt.row, THREAD, work), work)
            await work.commit()
        log.warning("thread lost", action="thread_lost", post=attempt.row.id)
        return await self._send(replace(attempt, under=None))

    async def _over(self, row: OutboxRow, over: TooLate) -> bool:
        """End a post that is not worth sending; nobody needs to hear of one that was taken back."""
        if not isinstance(over, TakenBack):
            return await self._give_up(row, State.SKIPPED, "late")
        async with self.begin() as work:
            held = await work.session.get(OutboxRow, row.id)
            if held is not None:
                held.state = State.WITHDRAWN.value
            await work.commit()
        return True

    async def _refuse(self, row: OutboxRow, trouble: Exception) -> bool:
        why = "ambiguous" if isinstance(trouble, Ambiguous) else "refused"
        if isinstance(trouble, Unreachable) and isinstance(row.to, People):
            why = "closed"
        return await self._give_up(row, State.REFUSED, why)

    async def _give_up(self, row: OutboxRow, state: State, why: str) -> bool:
        async with self.begin() as work:
            held = await work.session.get(OutboxRow, row.id)
            if held is not None and (held.not_before != AWAY or why != "refused"):
                await self._end(held, state, why, work)
            await work.commit()
        log.warning("given up", action="post_given_up", post=row.id, why=why)
        return True

    async def _end(self, row: OutboxRow, state: State, why: str, work: UnitOfWork) -> None:
        """Give a post up: say it elsewhere if it may be, and tell the facilitators."""
        told = list(await self.refused(row, why, work))
        elsewhere = why == "closed" or (why == "refused" and isinstance(row.to, RoomRef))
        if row.instead is not None and elsewhere and row.identity.part == 0:
            room, words = row.instead
            key = replace(row.identity, phase="-", prompt="unreachable", occurrence=0, part=0)
            if row.phase == ANSWER:
                key = replace(row.identity, prompt=f"{row.prompt}-instead")
            told.append(Outgoing(key=key, to=room, document=words, circle=row.circle_id))
        row.state, row.document, row.instead = state.value, None, None
        await self.post(told, work)
        await work.session.flush()
        if row.phase in VANISHES:
            await Outbox(work).remove(row.id or 0)
