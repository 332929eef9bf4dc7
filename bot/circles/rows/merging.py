"""What two memberships hold becomes one's, and is parted again.

Every table is found by its key to `member`: whatever a room keeps of a member is taken along.
"""

from collections.abc import Iterator, Mapping

from sqlalchemy import Column, Table, delete, select, update
from sqlmodel import SQLModel, col
from sqlmodel import select as rows_of

from bot.circles.rows.tables import AsideRow, MemberRow
from bot.store.work import UnitOfWork

_OWN = frozenset({"aside"})
"""Tables about the memberships themselves."""


def keys_to_members() -> Iterator[tuple[Table, Column[int]]]:
    """Yield every column that tells which member a row is about."""
    for table in SQLModel.metadata.sorted_tables:
        for column in table.columns:
            to_member = any(key.target_fullname == "member.id" for key in column.foreign_keys)
            if to_member and table.name not in _OWN:
                yield table, column


def tells_its_platform(table: Table, column: Column[int]) -> bool:
    """Return whether the platform of a row is that on which the member did what it is about."""
    return "platform" in table.columns and column.name != "about_id"


class Merging:
    """Memberships of one person in one circle."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def merge(self, row: MemberRow, into: MemberRow) -> None:
        """Let everything of one membership be the other's, and keep the first aside.

        Nothing of the first may be in the way of the other's: that is settled before.
        """
        moved: dict[str, list[int]] = {}
        for table, column in keys_to_members():
            if not tells_its_platform(table, column):
                (key,) = table.primary_key.columns
                found = await self._work.all(select(key).where(column == row.id))
                moved[f"{table.name}.{column.name}"] = [int(each) for each in found]
            change = update(table).where(column == row.id).values({column.name: into.id})
            await self._work.run(change)
        aside = AsideRow(
            member_id=row.id or 0,
            into_id=into.id or 0,
            state=row.state,
            roles=into.roles,
            moved=moved,
        )
        await self._work.put(aside)

    async def aside(self, into: int) -> list[AsideRow]:
        """Return what is kept aside of a membership."""
        return list(await self._work.all(rows_of(AsideRow).where(AsideRow.into_id == into)))

    async def part(self, aside: AsideRow, row: MemberRow) -> None:
        """Give back to a membership what came from it, and what was done since with its account."""
        moved: Mapping[str, list[int]] = aside.moved
        for table, column in keys_to_members():
            change = update(table).where(column == aside.into_id).values({column.name: row.id})
            if tells_its_platform(table, column):
                await self._work.run(change.where(table.columns.platform == row.platform))
            else:
                (key,) = table.primary_key.columns
                mine = moved.get(f"{table.name}.{column.name}", [])
                await self._work.run(change.where(key.in_(mine)))
        await self._work.run(delete(AsideRow).where(col(AsideRow.member_id) == aside.member_id))
