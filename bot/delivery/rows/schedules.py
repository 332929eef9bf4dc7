"""Every query on schedules, and the one on both tables that an idle tick asks."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, text, update
from sqlmodel import col, select

from bot.delivery.model import (
    Schedule,
)
from bot.delivery.rows.tables import OutboxRow, ScheduleRow
from bot.store.work import UnitOfWork


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
