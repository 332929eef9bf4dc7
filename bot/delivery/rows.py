"""The tables of schedules and posts, and every query on them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, Index, UniqueConstraint, delete, func, or_, text, update
from sqlalchemy.dialects.sqlite import insert
from sqlmodel import Field, SQLModel, col, select

from bot.conversation.model import (
    DeliveryKey,
    Document,
    MessageRef,
    People,
    PersonRef,
    RoomRef,
    Target,
    without_mention,
)
from bot.delivery.model import (
    AWAY,
    RELAY,
    Outgoing,
    Posted,
    Quiet,
    Redaction,
    Schedule,
    State,
    change_of,
    removal_of,
)
from bot.store.columns import Instant, Json
from bot.store.work import UnitOfWork

Instead = tuple[RoomRef, Document]


class ScheduleRow(SQLModel, table=True):
    """Something that is due; `fired_at` is set once it was dealt with."""

    __tablename__ = "schedule"
    __table_args__ = (
        UniqueConstraint("circle_id", "kind", "subject"),
        Index("schedule_due", "not_before", sqlite_where=text("active")),
    )
    id: int | None = Field(default=None, primary_key=True)
    circle_id: int = Field(index=True)
    kind: str
    subject: str
    wall: datetime = Field(sa_type=DateTime)
    zone: str
    due_at: datetime = Field(sa_type=Instant)
    window_seconds: int
    not_before: datetime = Field(sa_type=Instant)
    failures: int = 0
    active: bool = True
    fired_at: datetime | None = Field(default=None, sa_type=Instant)

    def value(self) -> Schedule:
        """Return the schedule."""
        return Schedule(
            id=self.id,
            circle=self.circle_id,
            kind=self.kind,
            subject=self.subject,
            wall=self.wall,
            zone=self.zone,
            window=timedelta(seconds=self.window_seconds),
        )


class OutboxRow(SQLModel, table=True):
    """A post and what became of it; its identity is its key, for ever.

    The document is emptied when it is sent: the room holds the words, the row only that they went.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_waiting", "target", "id", sqlite_where=text("state='waiting'")),
        Index("outbox_changes", "changes", sqlite_where=text("changes IS NOT NULL")),
        {"sqlite_autoincrement": True},  # the ids are the order, also after rows went
    )
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    circle_id: int | None = Field(default=None, index=True)
    phase: str
    prompt: str = Field(index=True)
    occurrence: int
    identity: DeliveryKey = Field(sa_type=Json(DeliveryKey))
    target: str
    to: Target = Field(sa_type=Json(Target))
    document: Document | None = Field(sa_type=Json(Document))
    thread: str | None = None
    thread_of: str | None = None
    quiet: Quiet | None = Field(default=None, sa_type=Json(Quiet))
    instead: Instead | None = Field(default=None, sa_type=Json(Instead))
    redacts: Redaction | None = Field(default=None, sa_type=Json(Redaction))
    changes: DeliveryKey | None = Field(default=None, sa_type=Json(DeliveryKey))
    created_at: datetime = Field(sa_type=Instant)
    not_before: datetime = Field(sa_type=Instant)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    state: str = State.WAITING.value
    attempts: int = 0
    first_attempt_at: datetime | None = Field(default=None, sa_type=Instant)
    last_attempt_at: datetime | None = Field(default=None, sa_type=Instant)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    room: str | None = Field(default=None, index=True)
    message: str | None = Field(default=None, index=True)

    def posted(self) -> Posted:
        """Return what became of the post."""
        where = RoomRef(self.to.platform, self.room) if self.room else None
        return Posted(
            id=self.id or 0,
            key=self.key,
            circle=self.circle_id,
            phase=self.phase,
            prompt=self.prompt,
            occurrence=self.occurrence,
            target=self.target,
            state=State(self.state),
            attempts=self.attempts,
            where=where,
            message=self.message,
            created_at=self.created_at,
            sent_at=self.sent_at,
            under=self.thread_of,
        )


class Schedules:
    """What is due, and when."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def put(self, schedules: Iterable[Schedule]) -> None:
        """Write schedules; one of the same circle, kind and subject is moved unless it fired."""
        for schedule in schedules:
            row = await self._row(schedule)
            if row is None:
                row = ScheduleRow(
                    circle_id=schedule.circle,
                    kind=schedule.kind,
                    subject=schedule.subject,
                    **_times(schedule),
                )
                await self._work.put(row)
            elif row.fired_at is None:
                for name, value in _times(schedule).items():
                    setattr(row, name, value)
                row.active = True
        await self._work.session.flush()

    async def _row(self, schedule: Schedule) -> ScheduleRow | None:
        found: ScheduleRow | None = await self._work.first(
            select(ScheduleRow).where(
                ScheduleRow.circle_id == schedule.circle,
                ScheduleRow.kind == schedule.kind,
                ScheduleRow.subject == schedule.subject,
            )
        )
        return found

    async def due(self, now: datetime, limit: int = 500) -> list[ScheduleRow]:
        """Return the rows whose moment has come, the earliest first."""
        return list(
            await self._work.all(
                select(ScheduleRow)
                .where(text("active"), col(ScheduleRow.not_before) <= now)
                .order_by(col(ScheduleRow.due_at), col(ScheduleRow.id))
                .limit(limit)
            )
        )

    async def coming(self, circle: int, kind: str | None = None) -> list[Schedule]:
        """Return what a circle still has before it, the next one first."""
        wanted = select(ScheduleRow).where(text("active"), ScheduleRow.circle_id == circle)
        if kind is not None:
            wanted = wanted.where(ScheduleRow.kind == kind)
        rows = await self._work.all(wanted.order_by(col(ScheduleRow.due_at), col(ScheduleRow.id)))
        return [row.value() for row in rows]

    async def next_moment(self) -> datetime | None:
        """Return when the next schedule wants to be looked at, None if nothing is due ever."""
        moment: datetime | None = await self._work.first(
            select(func.min(ScheduleRow.not_before)).where(text("active"))
        )
        return moment

    async def stop(self, circle: int, kind: str | None = None, subject: str | None = None) -> None:
        """Make a circle's schedules rest: all, those of a kind, or one."""
        which = update(ScheduleRow).where(col(ScheduleRow.circle_id) == circle)
        if kind is not None:
            which = which.where(col(ScheduleRow.kind) == kind)
        if subject is not None:
            which = which.where(col(ScheduleRow.subject) == subject)
        await self._work.run(which.values(active=False))

    async def drop(self, circle: int, kind: str) -> None:
        """Remove the schedules of a kind that have not fired, to be laid anew."""
        await self._work.run(
            delete(ScheduleRow).where(
                col(ScheduleRow.circle_id) == circle,
                col(ScheduleRow.kind) == kind,
                col(ScheduleRow.fired_at).is_(None),
            )
        )

    async def fire(self, circle: int, kind: str, subject: str, now: datetime) -> bool:
        """Note that a schedule was dealt with; return False when none was waiting."""
        touched = await self._work.run(
            update(ScheduleRow)
            .where(
                col(ScheduleRow.circle_id) == circle,
                col(ScheduleRow.kind) == kind,
                col(ScheduleRow.subject) == subject,
                col(ScheduleRow.fired_at).is_(None),
            )
            .values(active=False, fired_at=now)
        )
        return touched > 0

    async def unfire(self, circle: int, kind: str, subject: str, *, active: bool) -> None:
        """Let a schedule that was dealt with wait again."""
        await self._work.run(
            update(ScheduleRow)
            .where(
                col(ScheduleRow.circle_id) == circle,
                col(ScheduleRow.kind) == kind,
                col(ScheduleRow.subject) == subject,
            )
            .values(active=active, fired_at=None)
        )

    async def earliest(self, circle: int, kinds: Sequence[str]) -> datetime | None:
        """Return the first moment of those kinds that was not dealt with, resting ones too."""
        moment: datetime | None = await self._work.first(
            select(func.min(ScheduleRow.due_at)).where(
                ScheduleRow.circle_id == circle,
                col(ScheduleRow.kind).in_(kinds),
                col(ScheduleRow.fired_at).is_(None),
            )
        )
        return moment

    async def wake(self, circle: int) -> None:
        """Make a circle's schedules that have not fired run again, late ones too."""
        await self._work.run(
            update(ScheduleRow)
            .where(
                col(ScheduleRow.circle_id) == circle,
                col(ScheduleRow.fired_at).is_(None),
            )
            .values(active=True)
        )


def _changing(row: OutboxRow, key: DeliveryKey, document: Document) -> Outgoing:
    """Return the post that lets an earlier one say the document."""
    return Outgoing(
        key=key, to=row.to, document=document, circle=row.circle_id, changes=row.identity
    )


def _not_held(now: datetime) -> Any:  # noqa: ANN401 - a condition
    return or_(col(OutboxRow.attempts) > 0, col(OutboxRow.not_before) <= now)


def _times(schedule: Schedule) -> dict[str, Any]:
    return {
        "wall": schedule.wall,
        "zone": schedule.zone,
        "due_at": schedule.due_at,
        "not_before": schedule.due_at,
        "window_seconds": int(schedule.window.total_seconds()),
    }


_NEXT = select(
    select(func.min(ScheduleRow.not_before)).where(text("active")).scalar_subquery(),
    select(func.min(OutboxRow.not_before)).where(text("state='waiting'")).scalar_subquery(),
)


async def next_moments(work: UnitOfWork) -> tuple[datetime | None, datetime | None]:
    """Return when the next schedule is to be looked at, and when the next post may go.

    None stands for never. It is one statement: all that an idle tick asks.
    """
    schedule, post = (await work.session.execute(_NEXT)).one()
    return schedule, post


class Outbox:
    """Posts on their way and posts that went."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def add(self, posts: Iterable[Outgoing], now: datetime) -> None:
        """Write posts that are not there yet; one whose key is there is left as it is."""
        for post in posts:
            row = OutboxRow(
                key=str(post.key),
                circle_id=post.circle,
                phase=post.key.phase,
                prompt=post.key.prompt,
                occurrence=post.key.occurrence,
                identity=post.key,
                target=str(post.to),
                to=post.to,
                document=post.document,
                thread=post.thread,
                thread_of=post.thread_of,
                quiet=post.quiet,
                instead=post.instead,
                redacts=post.redacts,
                changes=post.changes,
                created_at=now,
                not_before=post.not_before or now,
                expires_at=post.expires_at,
            )
            values = {key: value for key, value in row if key != "id"}
            await self._work.run(insert(OutboxRow).values(**values).on_conflict_do_nothing())

    async def waiting_targets(self, now: datetime) -> list[str]:
        """Return the targets whose first post, as `first_two` says, may go now."""
        first = (
            select(OutboxRow.target, func.min(OutboxRow.id).label("id"))
            .where(text("state='waiting'"), _not_held(now))
            .group_by(col(OutboxRow.target))
            .subquery()
        )
        found = await self._work.all(
            select(OutboxRow.target)
            .join(first, first.c.id == OutboxRow.id)
            .where(col(OutboxRow.not_before) <= now)
            .order_by(col(OutboxRow.id))
        )
        return list(found)

    async def first_two(self, target: str, now: datetime) -> Sequence[OutboxRow]:
        """Return the first waiting posts of a target; one that is held for later holds up none.

        One that was tried and waits for another attempt keeps its place.
        """
        return await self._work.all(
            select(OutboxRow)
            .where(text("state='waiting'"), OutboxRow.target == target, _not_held(now))
            .order_by(col(OutboxRow.id))
            .limit(2)
        )

    async def sent(self, row: int, message: MessageRef, now: datetime) -> None:
        """Note that a post was sent, and let go of its words."""
        where = {"room": message.room.id, "message": message.id}
        await self._work.run(
            update(OutboxRow)
            .where(col(OutboxRow.id) == row)
            .values(state=State.SENT.value, sent_at=now, document=None, instead=None, **where)
        )

    async def count_waiting(self) -> int:
        """Return how many posts wait."""
        wanted = select(func.count(col(OutboxRow.id))).where(text("state='waiting'"))
        return int(await self._work.first(wanted))

    async def of_key(self, key: str) -> Posted | None:
        """Return the post with this key."""
        row = await self._work.first(select(OutboxRow).where(OutboxRow.key == key))
        return None if row is None else row.posted()

    async def message_of(self, key: str | None) -> str | None:
        """Return the id of the message that the post with this key became, if it did."""
        posted = None if key is None else await self.of_key(key)
        return None if posted is None else posted.message

    async def place_of(self, key: DeliveryKey | None) -> MessageRef | None:
        """Return the message that the post with this key became, if it did."""
        posted = None if key is None else await self.of_key(str(key))
        if posted is None or posted.where is None or not posted.message:
            return None
        return MessageRef(posted.where, posted.message)

    async def of_message(self, message: MessageRef) -> Posted | None:
        """Return the post that a message of ours is."""
        row = await self._work.first(
            select(OutboxRow).where(
                OutboxRow.room == message.room.id, OutboxRow.message == message.id
            )
        )
        return None if row is None else row.posted()

    async def under(self, circle: int, key: str) -> list[Posted]:
        """Return what a circle sent into the thread of the post with this key, in order."""
        wanted = select(OutboxRow).where(
            OutboxRow.circle_id == circle,
            OutboxRow.thread_of == key,
            col(OutboxRow.message).is_not(None),
        )
        return [row.posted() for row in await self._work.all(wanted.order_by(col(OutboxRow.id)))]

    async def of_prompt(self, circle: int, prompt: str, occurrence: int) -> list[Posted]:
        """Return every room's post of one prompt, in the order in which they were written."""
        rows = await self._work.all(
            select(OutboxRow)
            .where(
                OutboxRow.circle_id == circle,
                OutboxRow.prompt == prompt,
                OutboxRow.occurrence == occurrence,
            )
            .order_by(col(OutboxRow.id))
        )
        return [row.posted() for row in rows]

    async def shown(self, circle: int, prompt: str, occurrence: int) -> list[MessageRef]:
        """Return the messages about something that are shown and are to stay, in order."""
        rows = await self._work.all(
            select(OutboxRow)
            .where(
                OutboxRow.circle_id == circle,
                OutboxRow.prompt == prompt,
                OutboxRow.occurrence == occurrence,
                OutboxRow.state == State.SENT.value,
            )
            .order_by(col(OutboxRow.id))
        )
        there = [row.identity for row in rows if await self._is_there(row)]
        places = [await self.place_of(key) for key in there]
        return [place for place in places if place is not None]

    async def last_to(self, circle: int, target: str, ending: str) -> Posted | None:
        """Return the last post sent to a target of those whose prompt ends with `ending`."""
        row = await self._work.first(
            select(OutboxRow)
            .where(
                OutboxRow.circle_id == circle,
                OutboxRow.target == target,
                col(OutboxRow.prompt).endswith(ending, autoescape=True),
                col(OutboxRow.sent_at).is_not(None),
            )
            .order_by(col(OutboxRow.sent_at).desc(), col(OutboxRow.id).desc())
            .limit(1)
        )
        return None if row is None else row.posted()

    async def withdraw(self, circle: int) -> None:
        """Hold back the timely posts that a circle has not sent yet; the others still go.

        What one person writes to another is no post of the circle's.
        """
        await self._work.run(
            update(OutboxRow)
            .where(
                text("state='waiting'"),
                col(OutboxRow.circle_id) == circle,
                col(OutboxRow.expires_at).is_not(None),
                col(OutboxRow.phase) != RELAY,
            )
            .values(state=State.WITHDRAWN.value)
        )

    async def put_back(self, circle: int, now: datetime) -> None:
        """Let the posts that were held back go after all, where it is not too late."""
        await self._work.run(
            update(OutboxRow)
            .where(
                text("state='withdrawn'"),
                col(OutboxRow.circle_id) == circle,
                col(OutboxRow.expires_at) > now,
            )
            .values(state=State.WAITING.value)
        )

    async def take_back(self, key: DeliveryKey) -> bool:
        """Remove a post that nobody tried to send, in all its parts; return whether it is gone."""
        parts = str(key).rpartition("/")[0] + "/"
        mine = (
            col(OutboxRow.prompt) == key.prompt,
            col(OutboxRow.key).startswith(parts, autoescape=True),
        )
        untried = (text("state='waiting'"), col(OutboxRow.attempts) == 0)
        await self._work.run(delete(OutboxRow).where(*mine, *untried))
        return await self._work.first(select(OutboxRow.id).where(*mine)) is None

    async def rewrite(self, key: DeliveryKey, wanted: Sequence[Outgoing], now: datetime) -> None:
        """Let what was posted under a key, in all its parts, say what is `wanted` now.

        Parts that are new stand behind the others and get numbers that were never used, so that
        no platform takes one for a part that was removed.
        """
        parts = await self._parts(key)
        there = [row for row in parts if await self._is_there(row)]
        for row, part in zip(there, wanted, strict=False):
            await self._change(row, part.document, now)
        await self._remove(there[len(wanted) :], now)
        number = max((row.identity.part for row in parts), default=-1) + 1
        new = enumerate(wanted[len(there) :], start=number)
        await self.add([replace(p, key=replace(key, part=n)) for n, p in new], now)

    async def remove_posts(
        self, circle: int, prompt: str, now: datetime, occurrence: int | None = None
    ) -> None:
        """Remove every post of a circle about something from where it is shown.

        Its words go at once; the message goes when its room's turn comes.
        """
        wanted = select(OutboxRow).where(
            OutboxRow.circle_id == circle,
            OutboxRow.prompt == prompt,
            col(OutboxRow.changes).is_(None),
        )
        if occurrence is not None:
            wanted = wanted.where(OutboxRow.occurrence == occurrence)
        rows = await self._work.all(wanted.order_by(col(OutboxRow.id)))
        await self._remove([row for row in rows if await self._is_there(row)], now)

    async def _parts(self, key: DeliveryKey) -> list[OutboxRow]:
        parts = str(key).rpartition("/")[0] + "/"
        mine = (
            OutboxRow.prompt == key.prompt,
            col(OutboxRow.key).startswith(parts, autoescape=True),
        )
        return list(
            await self._work.all(select(OutboxRow).where(*mine).order_by(col(OutboxRow.id)))
        )

    async def _is_there(self, row: OutboxRow) -> bool:
        """Return whether a post is shown, or will be, and nobody has it removed."""
        if row.state not in (State.SENT.value, State.WAITING.value):
            return False
        return await self.of_key(str(removal_of(row.identity))) is None

    async def _changes(self, row: OutboxRow) -> list[OutboxRow]:
        """Return the changes of what a post says, in order."""
        wanted = select(OutboxRow).where(OutboxRow.changes == row.identity)
        return list(await self._work.all(wanted.order_by(col(OutboxRow.id))))

    async def _change(self, row: OutboxRow, document: Document, now: datetime) -> None:
        """Let a post say the document: at once while nobody tried to send it, else by a change."""
        changes = await self._changes(row)
        last = [row, *changes][-1]
        if last.state == State.WAITING.value and not last.attempts:
            last.document = document
            await self._work.session.flush()
        else:
            await self.add(
                [_changing(row, change_of(row.identity, len(changes) + 1), document)], now
            )

    async def _remove(self, rows: Iterable[OutboxRow], now: datetime) -> None:
        for row in rows:
            changes = await self._changes(row)
            for each in (row, *changes):
                each.document, each.instead = None, None
            await self._work.session.flush()
            if row.state == State.WAITING.value and not row.attempts:
                await self._work.session.delete(row)
                await self._work.session.flush()
            else:
                await self.add([_changing(row, removal_of(row.identity), Document())], now)

    async def written_since(self, circle: int, moment: datetime) -> list[Posted]:
        """Return a circle's posts since a moment (inclusive) that went or will go, in order."""
        rows = await self._work.all(
            select(OutboxRow)
            .where(
                OutboxRow.circle_id == circle,
                col(OutboxRow.created_at) >= moment,
                col(OutboxRow.state).in_([State.SENT.value, State.WAITING.value]),
            )
            .order_by(col(OutboxRow.id))
        )
        return [row.posted() for row in rows]

    async def withdraw_from(self, circle: int, person: People, prompt: str = "") -> None:
        """Remove the timely posts that wait for a person: all of a circle's, or one prompt's."""
        which = delete(OutboxRow).where(
            text("state='waiting'"),
            col(OutboxRow.circle_id) == circle,
            col(OutboxRow.target) == str(person),
            col(OutboxRow.expires_at).is_not(None),
        )
        await self._work.run(which.where(col(OutboxRow.prompt) == prompt) if prompt else which)

    async def again(self, posts: Iterable[Outgoing], now: datetime) -> None:
        """Write posts, also those that were given up or held back before."""
        posts = list(posts)
        over = [State.REFUSED.value, State.SKIPPED.value, State.WITHDRAWN.value]
        for post in posts:
            await self._work.run(
                delete(OutboxRow).where(
                    col(OutboxRow.key) == str(post.key), col(OutboxRow.state).in_(over)
                )
            )
        await self.add(posts, now)

    async def move_room(self, old: RoomRef, new: RoomRef) -> None:
        """Send what waits for a room to the room that goes on from it."""
        await self._work.run(
            update(OutboxRow)
            .where(text("state='waiting'"), col(OutboxRow.target) == str(old))
            .values(target=str(new), to=new)
        )

    async def hold(self, room: RoomRef, window: timedelta) -> None:
        """Keep what waits for a room that the bot is no longer in, until it comes back.

        What has no time of its own is worth sending for `window` longer; what changes or removes an
        earlier post is worth it always. What is no circle's is dropped: it answers somebody there,
        who has seen the bot go.
        """
        for row in await self._of(room, State.WAITING):
            if row.circle_id is None:
                await self._work.session.delete(row)
            elif row.not_before != AWAY:
                if row.changes is None and row.redacts is None:
                    row.expires_at = row.expires_at or row.not_before + window
                row.not_before = AWAY
        await self._work.session.flush()

    async def skip_late(self, room: RoomRef, now: datetime) -> list[Posted]:
        """Give up what was held for a room, never tried, and is too late now; return it."""
        late = [
            row
            for row in await self._of(room, State.WAITING)
            if row.not_before == AWAY and not row.attempts and row.expires_at
            if now > row.expires_at
        ]
        for row in late:
            row.state, row.document, row.instead = State.SKIPPED.value, None, None
        await self._work.session.flush()
        return [row.posted() for row in late]

    async def let_go(self, room: RoomRef, now: datetime) -> None:
        """Let what was held for a room go, in its order, after what waits for the room already."""
        for row in await self._of(room, State.WAITING, State.WITHDRAWN):
            if row.not_before == AWAY:
                values = {name: value for name, value in row if name != "id"}
                await self._work.session.delete(row)
                await self._work.session.flush()
                await self._work.run(insert(OutboxRow).values(**values | {"not_before": now}))

    async def held(self, room: RoomRef) -> int:
        """Return how many posts wait until the bot is in a room again."""
        return sum(row.not_before == AWAY for row in await self._of(room, State.WAITING))

    async def _of(self, room: RoomRef, *states: State) -> list[OutboxRow]:
        wanted = select(OutboxRow).where(
            OutboxRow.target == str(room), col(OutboxRow.state).in_([s.value for s in states])
        )
        return list(await self._work.all(wanted.order_by(col(OutboxRow.id))))

    async def unname(self, person: PersonRef) -> None:
        """Take mentions of a person out of posts that have not gone yet."""
        for row in await self._work.all(
            select(OutboxRow).where(col(OutboxRow.document).is_not(None))
        ):
            if person in row.document.mentions:
                row.document = without_mention(row.document, person)
        await self._work.session.flush()

    async def remove_about(self, circle: int, prompts: Sequence[str]) -> None:
        """Remove posts of a circle by what they are about, sent or not."""
        await self._work.run(
            delete(OutboxRow).where(
                col(OutboxRow.circle_id) == circle, col(OutboxRow.prompt).in_(prompts)
            )
        )

    async def to_person(self, person: People) -> list[OutboxRow]:
        """Return every post to a person, or said in a room instead, in order."""
        mine = func.instr(OutboxRow.key, f"/{person}/") > 0
        wanted = select(OutboxRow).where(or_(col(OutboxRow.target) == str(person), mine))
        return list(await self._work.all(wanted.order_by(col(OutboxRow.id))))

    async def forget(self, person: People) -> None:
        """Remove every post to a person, or said in a room instead, sent or not."""
        mine = func.instr(OutboxRow.key, f"/{person}/") > 0
        await self._work.run(
            delete(OutboxRow).where(or_(col(OutboxRow.target) == str(person), mine))
        )

    async def remove(self, row: int) -> None:
        """Remove one post: nothing needs to know any more that it went."""
        await self._work.run(delete(OutboxRow).where(col(OutboxRow.id) == row))

    async def refused(self, circle: int) -> Sequence[Posted]:
        """Return a circle's posts that did not arrive, for the facilitator."""
        rows = await self._work.all(
            select(OutboxRow)
            .where(
                OutboxRow.circle_id == circle,
                col(OutboxRow.state).in_([State.REFUSED.value, State.SKIPPED.value]),
            )
            .order_by(col(OutboxRow.id))
        )
        return [row.posted() for row in rows]
