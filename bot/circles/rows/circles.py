"""Every query on circles and their rooms."""

from datetime import datetime

from sqlalchemy import delete, func
from sqlmodel import col, select

from bot.circles.model import Circle, MemberState
from bot.circles.rows.accounts import Accounts, theirs
from bot.circles.rows.tables import CircleRow, MemberRow, RoomRow
from bot.conversation.model import PersonRef, RoomRef
from bot.store.work import UnitOfWork


class Circles:
    """Circles and their rooms."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def add(self, row: CircleRow) -> Circle:
        """Write a new circle."""
        await self._work.put(row)
        return row.value()

    async def row(self, circle: int) -> CircleRow:
        """Return the row of a circle that is there."""
        row: CircleRow = await self._work.session.get_one(CircleRow, circle)
        return row

    async def get(self, circle: int) -> Circle:
        """Return a circle that is there."""
        return (await self.row(circle)).value()

    async def all(self) -> list[Circle]:
        """Return every circle by name."""
        rows = await self._work.all(select(CircleRow).order_by(col(CircleRow.name)))
        return [row.value() for row in rows]

    async def named(self, name: str) -> Circle | None:
        """Return the circle of a name, capitals not regarded."""
        row = await self._work.first(
            select(CircleRow).where(func.lower(CircleRow.name) == name.strip().lower())
        )
        return None if row is None else row.value()

    async def closed_before(self, moment: datetime) -> list[int]:
        """Return the circles that have been closed since before a moment."""
        return list(
            await self._work.all(select(CircleRow.id).where(col(CircleRow.closed_at) < moment))
        )

    async def at(self, room: RoomRef) -> Circle | None:
        """Return the circle that a room belongs to."""
        row = await self._work.first(
            select(CircleRow)
            .join(RoomRow, col(RoomRow.circle_id) == col(CircleRow.id))
            .where(RoomRow.platform == room.platform, RoomRow.room == room.id)
        )
        return None if row is None else row.value()

    async def of_person(self, person: PersonRef) -> list[Circle]:
        """Return the circles in which somebody is a member now, by name."""
        rows = await self._work.all(
            select(CircleRow)
            .join(MemberRow, col(MemberRow.circle_id) == col(CircleRow.id))
            .where(
                theirs(await Accounts(self._work).of(person)),
                MemberRow.state == MemberState.JOINED.value,
            )
            .order_by(col(CircleRow.name))
        )
        return [row.value() for row in rows]

    async def rooms(self, circle: int, *, gone: bool = False) -> list[RoomRef]:
        """Return the rooms of a circle in which the bot is; with `gone` all of them."""
        wanted = select(RoomRow).where(RoomRow.circle_id == circle).order_by(col(RoomRow.id))
        rows = await self._work.all(wanted)
        return [row.value().ref for row in rows if gone or not row.gone]

    async def room(self, room: RoomRef) -> RoomRow | None:
        """Return the row of a room that belongs to a circle."""
        row: RoomRow | None = await self._work.first(
            select(RoomRow).where(RoomRow.platform == room.platform, RoomRow.room == room.id)
        )
        return row

    async def detach(self, room: RoomRef) -> None:
        """Make a room nobody's."""
        await self._work.run(
            delete(RoomRow).where(
                col(RoomRow.platform) == room.platform, col(RoomRow.room) == room.id
            )
        )

    async def attach(self, circle: int, room: RoomRef) -> None:
        """Make a room one of the circle's."""
        row = RoomRow(circle_id=circle, platform=room.platform, room=room.id)
        await self._work.put(row)
