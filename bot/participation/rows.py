"""The table of contributions, and every query on it; counts are queries, never counters."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func
from sqlalchemy.dialects.sqlite import insert
from sqlmodel import Field, SQLModel, col, select

from bot.conversation.model import MessageRef, RoomRef
from bot.participation.model import Contributed, Contribution
from bot.store.columns import Instant
from bot.store.work import UnitOfWork


class ContributionRow(SQLModel, table=True):
    """A contribution, by the platform's own message id."""

    __tablename__ = "contribution"
    platform: str = Field(primary_key=True)
    room: str = Field(primary_key=True)
    message: str = Field(primary_key=True)
    circle_id: int = Field(foreign_key="circle.id", index=True)
    member_id: int = Field(foreign_key="member.id", ondelete="CASCADE", index=True)
    phase: str
    kind: str
    sent_at: datetime = Field(sa_type=Instant)
    words: int | None
    thread: str | None = None
    towards: str | None = None

    def value(self) -> Contribution:
        """Return the contribution."""
        return Contribution(
            message=MessageRef(RoomRef(self.platform, self.room), self.message),
            circle=self.circle_id,
            member=self.member_id,
            phase=self.phase,
            kind=Contributed(self.kind),
            sent_at=self.sent_at,
            words=self.words,
            thread=self.thread,
            towards=self.towards,
        )


class Contributions:
    """Who contributed what kind of thing, and when."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def put(self, contribution: Contribution) -> None:
        """Write a contribution; the same message again changes nothing."""
        where = contribution.message.room
        row = {
            "platform": where.platform,
            "room": where.id,
            "message": contribution.message.id,
            "circle_id": contribution.circle,
            "member_id": contribution.member,
            "phase": contribution.phase,
            "kind": contribution.kind.value,
            "sent_at": contribution.sent_at,
            "words": contribution.words,
            "thread": contribution.thread,
            "towards": contribution.towards,
        }
        await self._work.run(insert(ContributionRow).values(**row).on_conflict_do_nothing())

    async def at(self, message: MessageRef) -> ContributionRow | None:
        """Return the row of a message."""
        key = (message.room.platform, message.room.id, message.id)
        return await self._work.session.get(ContributionRow, key)

    async def remove(self, message: MessageRef) -> None:
        """Remove a message's contribution."""
        await self._work.run(
            delete(ContributionRow).where(
                col(ContributionRow.platform) == message.room.platform,
                col(ContributionRow.room) == message.room.id,
                col(ContributionRow.message) == message.id,
            )
        )

    async def unreact(self, member: int, target: MessageRef) -> None:
        """Remove a member's last reaction to a message."""
        row: ContributionRow | None = await self._work.first(
            select(ContributionRow)
            .where(
                ContributionRow.member_id == member,
                ContributionRow.kind == Contributed.REACTION.value,
                ContributionRow.platform == target.room.platform,
                ContributionRow.room == target.room.id,
                ContributionRow.towards == target.id,
            )
            .order_by(col(ContributionRow.sent_at).desc())
            .limit(1)
        )
        if row is not None:
            await self.remove(row.value().message)

    async def in_circle(self, circle: int, *, since: datetime | None = None) -> list[Contribution]:
        """Return a circle's contributions since a moment, the oldest first."""
        wanted = select(ContributionRow).where(ContributionRow.circle_id == circle)
        if since is not None:
            wanted = wanted.where(col(ContributionRow.sent_at) >= since)
        return _values(await self._work.all(wanted.order_by(col(ContributionRow.sent_at))))

    async def of_member(self, member: int) -> list[Contribution]:
        """Return a member's contributions, the oldest first."""
        wanted = select(ContributionRow).where(ContributionRow.member_id == member)
        return _values(await self._work.all(wanted.order_by(col(ContributionRow.sent_at))))

    async def all_read(self, circle: int) -> bool:
        """Return whether the words of every contribution of a circle were shown to the bot."""
        wanted = select(ContributionRow.message).where(
            ContributionRow.circle_id == circle, col(ContributionRow.words).is_(None)
        )
        return await self._work.first(wanted.limit(1)) is None

    async def last_heard(self, circle: int) -> dict[int, datetime]:
        """Return when each counted member last contributed."""
        rows = await self._work.session.execute(
            select(ContributionRow.member_id, func.max(ContributionRow.sent_at))
            .where(ContributionRow.circle_id == circle)
            .group_by(col(ContributionRow.member_id))
        )
        return {row[0]: row[1] for row in rows}

    async def forget_circle(self, circle: int) -> None:
        """Remove a circle's contributions."""
        await self._work.run(
            delete(ContributionRow).where(col(ContributionRow.circle_id) == circle)
        )

    async def forget(self, member: int) -> None:
        """Remove a member's contributions."""
        await self._work.run(
            delete(ContributionRow).where(col(ContributionRow.member_id) == member)
        )


def _values(rows: Iterable[ContributionRow]) -> list[Contribution]:
    return [row.value() for row in rows]
