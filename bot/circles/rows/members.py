"""Every query on members: each person is one, whichever of their accounts is meant."""

from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import delete
from sqlmodel import col, select

from bot.circles.model import FACILITATING, Member, MemberState
from bot.circles.rows.accounts import Accounts, theirs
from bot.circles.rows.tables import MemberRow
from bot.conversation.model import PersonRef
from bot.store.work import UnitOfWork


class Members:
    """The people of circles."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def row(self, circle: int, person: PersonRef) -> MemberRow | None:
        """Return somebody's row in a circle, whichever of their accounts it is under."""
        row: MemberRow | None = await self._work.first(
            select(MemberRow).where(
                MemberRow.circle_id == circle,
                theirs(await Accounts(self._work).of(person)),
                MemberRow.state != MemberState.ASIDE.value,
            )
        )
        return row

    async def of(self, circle: int, person: PersonRef) -> Member | None:
        """Return somebody as a member of a circle, None for others."""
        row = await self.row(circle, person)
        return None if row is None else await self._value(row)

    async def get(self, member: int) -> Member:
        """Return a member by id."""
        return await self._value(await self._work.session.get_one(MemberRow, member))

    async def _value(self, row: MemberRow) -> Member:
        member = row.value()
        return replace(member, others=(await Accounts(self._work).of(member.person))[1:])

    async def everywhere(self, person: PersonRef) -> list[MemberRow]:
        """Return somebody's rows in every circle, one a circle."""
        accounts = await Accounts(self._work).of(person)
        return list(
            await self._work.all(
                select(MemberRow)
                .where(theirs(accounts), MemberRow.state != MemberState.ASIDE.value)
                .order_by(col(MemberRow.id))
            )
        )

    async def aside(self, person: PersonRef) -> list[MemberRow]:
        """Return the memberships of somebody that are kept aside while accounts are linked."""
        accounts = await Accounts(self._work).of(person)
        return list(
            await self._work.all(
                select(MemberRow).where(
                    theirs(accounts), MemberRow.state == MemberState.ASIDE.value
                )
            )
        )

    async def under(self, circle: int, account: PersonRef) -> MemberRow | None:
        """Return the row that stands under just this account."""
        row: MemberRow | None = await self._work.first(
            select(MemberRow).where(MemberRow.circle_id == circle, theirs((account,)))
        )
        return row

    async def in_circle(self, circle: int) -> list[Member]:
        """Return everyone who is or was in a circle, the longest-standing first."""
        rows = await self._work.all(
            select(MemberRow)
            .where(MemberRow.circle_id == circle, MemberRow.state != MemberState.ASIDE.value)
            .order_by(col(MemberRow.joined_at), col(MemberRow.id))
        )
        linked = await Accounts(self._work).all()
        members = [row.value() for row in rows]
        return [replace(m, others=linked.get(m.person, (m.person,))[1:]) for m in members]

    async def present(self, circle: int) -> list[Member]:
        """Return who is in a circle now, the longest-standing first."""
        return [m for m in await self.in_circle(circle) if m.state is MemberState.JOINED]

    async def facilitating(self, circle: int) -> list[Member]:
        """Return the facilitators and co-facilitators who are there now."""
        return [m for m in await self.present(circle) if m.roles & FACILITATING]

    async def put(self, member: Member) -> Member:
        """Write a member; one who is there already is replaced, the id kept.

        The joining date is kept as well, unless they come from outside, or back.
        """
        row = await self.row(member.circle, member.person)
        if row is None:
            row = MemberRow(
                circle_id=member.circle,
                platform=member.person.platform,
                person=member.person.id,
                name=member.name,
                roles=[],
                state=member.state.value,
                joined_at=member.joined_at,
            )
        if row.state != MemberState.JOINED.value and member.state is MemberState.JOINED:
            row.joined_at = member.joined_at
        for name in ("name", "goal", "gives", "needs", "zone", "away_until", "unreachable"):
            setattr(row, name, getattr(member, name))
        row.roles, row.state = sorted(member.roles), member.state.value
        row.takes_part, row.counted = member.consents.takes_part, member.consents.counted
        row.quoted, row.named = member.consents.quoted, member.consents.named
        await self._work.put(row)
        return replace(member, id=row.id or 0, joined_at=row.joined_at)

    async def forget(self, person: PersonRef) -> None:
        """Remove somebody from every circle, whichever of their accounts is there."""
        accounts = await Accounts(self._work).of(person)
        await self._work.run(delete(MemberRow).where(theirs(accounts)))


def by_id(members: Iterable[Member]) -> dict[int, Member]:
    """Return members by their id."""
    return {member.id: member for member in members}
