"""Every query on steps and on joinings that are under way."""

from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import col, select

from bot.circles.model import Joining, Step, StepKind
from bot.circles.rows.tables import JoiningRow, StepRow
from bot.conversation.model import PersonRef
from bot.store.work import UnitOfWork


class Steps:
    """What was done with circles, and by whom."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def add(self, step: Step) -> None:
        """Write a step."""
        row = StepRow(
            circle_id=step.circle,
            at=step.at,
            platform=step.by.platform if step.by else None,
            person=step.by.id if step.by else None,
            kind=step.kind.value,
            before=step.before,
            about_id=step.about,
            told=step.told,
        )
        await self._work.put(row)

    async def last(self, circle: int) -> Step | None:
        """Return a circle's newest step that is not undone; None without one.

        A change of roles of somebody who was forgotten is passed over.
        """
        rows = await self._of(StepRow.circle_id == circle)
        steps = [row.value() for row in reversed(rows) if row.undone_at is None]
        return next((s for s in steps if s.kind is not StepKind.ROLES or s.about), None)

    async def undo(self, step: int, now: datetime) -> None:
        """Note that a step is undone."""
        row: StepRow = await self._work.session.get_one(StepRow, step)
        row.undone_at = now
        await self._work.session.flush()

    async def in_circle(self, circle: int) -> list[Step]:
        """Return a circle's steps, the first one first."""
        return [row.value() for row in await self._of(StepRow.circle_id == circle)]

    async def by(self, person: PersonRef) -> list[Step]:
        """Return what a person did, in every circle."""
        mine = (StepRow.platform == person.platform, StepRow.person == person.id)
        return [row.value() for row in await self._of(*mine)]

    async def about(self, member: int) -> list[Step]:
        """Return what was done about a member."""
        return [row.value() for row in await self._of(StepRow.about_id == member)]

    async def forget(self, person: PersonRef) -> None:
        """Take a person out of what they did, and their commands out of how it was told."""
        await self._work.run(
            update(StepRow)
            .where(col(StepRow.platform) == person.platform, col(StepRow.person) == person.id)
            .values(platform=None, person=None, told=())
        )

    async def forget_member(self, member: int) -> None:
        """Take a member, and the roles they had, out of what was done about them."""
        await self._work.run(
            update(StepRow)
            .where(col(StepRow.about_id) == member)
            .values(about_id=None, before=None)
        )

    async def forget_circle(self, circle: int) -> None:
        """Remove a circle's steps."""
        await self._work.run(delete(StepRow).where(col(StepRow.circle_id) == circle))

    async def _of(self, *which: object) -> list[StepRow]:
        wanted = select(StepRow).where(*which).order_by(col(StepRow.id))  # type: ignore[arg-type]  # SQLModel's own columns
        return list(await self._work.all(wanted))


class Joinings:
    """Guided exchanges under way."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def of(self, person: PersonRef) -> Joining | None:
        """Return the exchange that somebody is in."""
        row = await self._work.session.get(JoiningRow, (person.platform, person.id))
        return None if row is None else row.value()

    async def put(self, joining: Joining, now: datetime) -> None:
        """Write how far it is."""
        row = JoiningRow(
            platform=joining.person.platform,
            person=joining.person.id,
            circle_id=joining.circle,
            name=joining.name,
            answers=list(joining.answers),
            begun_at=now,
        )
        await self._work.session.merge(row)
        await self._work.session.flush()

    async def prune(self, before: datetime) -> None:
        """Remove the exchanges that nobody went on with since a moment."""
        await self._work.run(delete(JoiningRow).where(col(JoiningRow.begun_at) < before))

    async def end(self, person: PersonRef) -> None:
        """Remove it."""
        await self._work.run(
            delete(JoiningRow).where(
                col(JoiningRow.platform) == person.platform, col(JoiningRow.person) == person.id
            )
        )
