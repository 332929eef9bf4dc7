"""Every query on linked accounts, and on the codes by which they are linked."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, func, or_
from sqlmodel import col, select

from bot.circles.rows.tables import LinkCodeRow, LinkRow, LinkTryRow, MemberRow
from bot.conversation.model import PersonRef
from bot.store.work import UnitOfWork


def theirs(accounts: Iterable[PersonRef]) -> ColumnElement[bool]:
    """Return the condition that a membership belongs to one of these accounts."""
    return or_(
        *(
            and_(col(MemberRow.platform) == who.platform, col(MemberRow.person) == who.id)
            for who in accounts
        )
    )


class Accounts:
    """Which accounts are one person's."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def of(self, person: PersonRef) -> tuple[PersonRef, ...]:
        """Return all accounts of the person whose account it is, this one first."""
        row = await self._work.session.get(LinkRow, (person.platform, person.id))
        other = () if row is None else (PersonRef(row.other_platform, row.other_person),)
        return (person, *other)

    async def all(self) -> Mapping[PersonRef, tuple[PersonRef, ...]]:
        """Return the accounts of those who have more than one, by each of them."""
        found: dict[PersonRef, tuple[PersonRef, ...]] = {}
        for row in await self._work.all(select(LinkRow)):
            mine = PersonRef(row.platform, row.person)
            found[mine] = (mine, PersonRef(row.other_platform, row.other_person))
        return found

    async def link(self, one: PersonRef, other: PersonRef, now: datetime) -> None:
        """Note that two accounts are one person's."""
        for mine, theirs_ in ((one, other), (other, one)):
            row = LinkRow(
                platform=mine.platform,
                person=mine.id,
                other_platform=theirs_.platform,
                other_person=theirs_.id,
                linked_at=now,
            )
            await self._work.put(row)

    async def part(self, accounts: Iterable[PersonRef]) -> None:
        """Note that they are not."""
        for who in accounts:
            mine = (col(LinkRow.platform) == who.platform, col(LinkRow.person) == who.id)
            await self._work.run(delete(LinkRow).where(*mine))


class Codes:
    """Codes that are out, and wrong ones that were given."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def put(self, person: PersonRef, hashed: str, now: datetime) -> None:
        """Keep a code; an earlier one of the account is worth nothing any more."""
        row = LinkCodeRow(platform=person.platform, person=person.id, hashed=hashed, made_at=now)
        await self._work.session.merge(row)
        await self._work.session.flush()

    async def owner(self, hashed: str, since: datetime) -> PersonRef | None:
        """Return whose code it is, made since then."""
        row = await self._work.first(
            select(LinkCodeRow).where(
                LinkCodeRow.hashed == hashed, col(LinkCodeRow.made_at) >= since
            )
        )
        return None if row is None else PersonRef(row.platform, row.person)

    async def wrong(self, person: PersonRef, now: datetime) -> None:
        """Note that an account gave a wrong code."""
        await self._work.put(LinkTryRow(platform=person.platform, person=person.id, at=now))

    async def tries(self, person: PersonRef, since: datetime) -> int:
        """Return how often an account gave a wrong code since then."""
        found = await self._work.first(
            select(func.count())
            .select_from(LinkTryRow)
            .where(
                LinkTryRow.platform == person.platform,
                LinkTryRow.person == person.id,
                col(LinkTryRow.at) >= since,
            )
        )
        return int(found or 0)

    async def forget(self, person: PersonRef) -> None:
        """Remove an account's code and what it tried."""
        for table in (LinkCodeRow, LinkTryRow):
            mine = (col(table.platform) == person.platform, col(table.person) == person.id)
            await self._work.run(delete(table).where(*mine))

    async def prune(self, before: datetime) -> None:
        """Remove what is worth nothing any more."""
        await self._work.run(delete(LinkCodeRow).where(col(LinkCodeRow.made_at) < before))
        await self._work.run(delete(LinkTryRow).where(col(LinkTryRow.at) < before))
