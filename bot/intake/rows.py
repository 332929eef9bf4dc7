"""The tables of cursors and of words that still want an answer."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Index, UniqueConstraint, delete, text, update
from sqlalchemy.dialects.sqlite import insert
from sqlmodel import Field, SQLModel, col, select

from bot.conversation.model import Event, Kind, MessageRef, PersonRef, RoomRef
from bot.store.columns import Instant, Json
from bot.store.work import UnitOfWork

_INSTANCE = "instance"
RESTORED = "restored"
"""The account under which it is noted that a backup was put back: until when it knows, and when."""


class CursorRow(SQLModel, table=True):
    """How far an account has listened."""

    __tablename__ = "cursor"
    account: str = Field(primary_key=True)
    token: str
    moved_at: datetime = Field(sa_type=Instant)


class InboxRow(SQLModel, table=True):
    """An event that wants an answer; the words go when it was given, the id stays a while.

    The author stays only where `shown` is true: a private command, typed where others read it.
    """

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("platform", "room", "event_id"),
        Index("inbox_waiting", "id", sqlite_where=text("handled_at IS NULL")),
    )
    id: int | None = Field(default=None, primary_key=True)
    platform: str
    room: str
    event_id: str
    author: str = Field(index=True)
    event: Event | None = Field(sa_type=Json(Event))
    received_at: datetime = Field(sa_type=Instant)
    handled_at: datetime | None = Field(default=None, sa_type=Instant)
    failures: int = 0
    shown: bool = False


_WAITING = select(InboxRow).where(text("handled_at IS NULL")).order_by(col(InboxRow.id))


class Cursors:
    """How far each account has listened."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def of(self, account: str) -> str | None:
        """Return the token to go on from."""
        row = await self._work.session.get(CursorRow, account)
        return None if row is None else row.token

    async def moved_at(self, account: str) -> datetime | None:
        """Return when an account last heard something, None when it never did."""
        row = await self._work.session.get(CursorRow, account)
        return None if row is None else row.moved_at

    async def move(self, account: str, token: str, now: datetime) -> None:
        """Remember the token."""
        moved = {"token": token, "moved_at": now}
        await self._work.run(
            insert(CursorRow)
            .values(account=account, **moved)
            .on_conflict_do_update(index_elements=["account"], set_=moved)
        )

    async def restored(self) -> tuple[datetime, datetime] | None:
        """Return until when the last backup that was put back knows, and when that was done."""
        row = await self._work.session.get(CursorRow, RESTORED)
        return None if row is None else (datetime.fromisoformat(row.token), row.moved_at)

    async def instance(self, otherwise: str, now: datetime) -> str:
        """Return the database's own name; `otherwise` is written when it has none yet."""
        known = await self.of(_INSTANCE)
        if known is None:
            await self.move(_INSTANCE, otherwise, now)
        return known or otherwise


class Inbox:
    """Events that want an answer."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def put(self, event: Event, now: datetime) -> None:
        """Keep an event until it is answered; one that came before changes nothing."""
        row = {
            "platform": event.platform,
            "room": event.room,
            "event_id": event.id,
            "author": event.author,
            "event": event,
            "received_at": now,
            "failures": 0,
            "shown": False,
        }
        await self._work.run(insert(InboxRow).values(**row).on_conflict_do_nothing())

    async def changed(self, event: Event) -> None:
        """Follow an edit or a deletion of words that wait for an answer."""
        row = await self._work.first(
            select(InboxRow).where(
                InboxRow.platform == event.platform,
                InboxRow.room == event.room,
                InboxRow.event_id == event.target,
                text("handled_at IS NULL"),
            )
        )
        if row is None or row.event is None:
            return
        if event.kind is Kind.DELETE:
            row.event, row.author, row.handled_at = None, "", event.at
        elif row.author == event.author:
            row.event = replace(row.event, text=event.text, called=event.called)
        await self._work.session.flush()

    async def taken_away(self, event: Event) -> None:
        """Drop a reaction that waits for an answer and was taken away again."""
        for row in await self._work.all(_WAITING.where(InboxRow.author == event.author)):
            held = row.event
            same = held and (held.where, held.target, held.text) == (
                event.where,
                event.target,
                event.text,
            )
            if held is not None and same and held.kind is Kind.REACTION:
                row.event, row.author, row.handled_at = None, "", event.at
        await self._work.session.flush()

    async def handled(self, row: int, now: datetime, *, shown: bool) -> None:
        """Note that an event was answered: its words go, and its author where nothing is shown."""
        gone = {"handled_at": now, "event": None, "shown": shown}
        await self._work.run(
            update(InboxRow)
            .where(col(InboxRow.id) == row)
            .values(**gone if shown else gone | {"author": ""})
        )

    async def waiting(self, platform: str | None = None) -> list[InboxRow]:
        """Return what waits for an answer, in the order in which it came."""
        there = () if platform is None else (InboxRow.platform == platform,)
        return list(await self._work.all(_WAITING.where(*there)))

    async def was_shown(self, person: PersonRef, room: RoomRef, since: datetime) -> bool:
        """Return whether a private command that a person typed in a room came since a moment."""
        row = await self._work.first(
            select(InboxRow).where(
                InboxRow.platform == person.platform,
                InboxRow.author == person.id,
                InboxRow.room == room.id,
                InboxRow.shown,
                InboxRow.received_at >= since,
            )
        )
        return row is not None

    async def shown_by(self, person: PersonRef) -> list[MessageRef]:
        """Return the private commands that a person typed where others can read them."""
        rows = await self._work.all(
            select(InboxRow).where(
                InboxRow.platform == person.platform, InboxRow.author == person.id, InboxRow.shown
            )
        )
        return [MessageRef(RoomRef(row.platform, row.room), row.event_id) for row in rows]

    async def by(self, person: PersonRef) -> list[InboxRow]:
        """Return what is kept of a person's commands: the open ones, and what still waits."""
        mine = (InboxRow.platform == person.platform, InboxRow.author == person.id)
        return list(await self._work.all(select(InboxRow).where(*mine).order_by(col(InboxRow.id))))

    async def no_longer_shown(self, person: PersonRef) -> None:
        """Forget who typed those commands: they were removed, or their author is forgotten."""
        await self._work.run(
            update(InboxRow)
            .where(
                col(InboxRow.platform) == person.platform,
                col(InboxRow.author) == person.id,
                col(InboxRow.handled_at).is_not(None),
            )
            .values(shown=False, author="")
        )

    async def prune(self, before: datetime) -> None:
        """Remove what was answered before a moment."""
        await self._work.run(delete(InboxRow).where(col(InboxRow.handled_at) < before))
