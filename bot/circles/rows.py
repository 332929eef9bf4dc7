"""The tables of circles, rooms, members and joinings, and every query on them."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time

from sqlalchemy import UniqueConstraint, delete, func, update
from sqlmodel import Field, SQLModel, col, select

from bot.circles.model import (
    FACILITATING,
    Calendar,
    Circle,
    CircleRoom,
    CircleState,
    Consents,
    Course,
    Joining,
    LeftOut,
    Member,
    MemberState,
    RolesChange,
    Step,
    StepKind,
    ThreadUse,
    Told,
)
from bot.conversation.model import PersonRef, RoomRef
from bot.store.columns import Instant, Json
from bot.store.work import UnitOfWork


class CircleRow(SQLModel, table=True):
    """A circle."""

    __tablename__ = "circle"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    purpose: str = ""
    question: str = ""
    method: str
    language: str = "en"
    zone: str
    state: str = CircleState.DRAFT.value
    calendar: Calendar = Field(sa_type=Json(Calendar))
    quiet_since: time = time(21)
    quiet_until: time = time(8)
    threads: str = ThreadUse.AUTO.value
    licence: str = ""
    made_at: datetime = Field(sa_type=Instant)
    opened_at: datetime | None = Field(default=None, sa_type=Instant)
    closed_at: datetime | None = Field(default=None, sa_type=Instant)

    def value(self) -> Circle:
        """Return the circle."""
        return Circle(
            id=self.id or 0,
            name=self.name,
            purpose=self.purpose,
            question=self.question,
            method=self.method,
            language=self.language,
            zone=self.zone,
            state=CircleState(self.state),
            calendar=self.calendar,
            quiet_since=self.quiet_since,
            quiet_until=self.quiet_until,
            threads=ThreadUse(self.threads),
            licence=self.licence,
        )


class RoomRow(SQLModel, table=True):
    """A room of a circle; a room belongs to one circle."""

    __tablename__ = "room"
    __table_args__ = (UniqueConstraint("platform", "room"),)
    id: int | None = Field(default=None, primary_key=True)
    circle_id: int = Field(foreign_key="circle.id", index=True)
    platform: str
    room: str
    gone: bool = False

    def value(self) -> CircleRoom:
        """Return the room."""
        return CircleRoom(self.circle_id, RoomRef(self.platform, self.room), self.gone)


class MemberRow(SQLModel, table=True):
    """Somebody in a circle."""

    __tablename__ = "member"
    __table_args__ = (UniqueConstraint("circle_id", "platform", "person"),)
    id: int | None = Field(default=None, primary_key=True)
    circle_id: int = Field(foreign_key="circle.id", index=True)
    platform: str
    person: str = Field(index=True)
    name: str
    roles: list[str] = Field(sa_type=Json(list[str]))
    state: str
    joined_at: datetime = Field(sa_type=Instant)
    goal: str = ""
    gives: str = ""
    needs: str = ""
    zone: str = "UTC"
    away_until: date | None = None
    takes_part: bool = False
    counted: bool = False
    quoted: bool = False
    named: bool = False
    unreachable: bool = False

    def value(self) -> Member:
        """Return the member."""
        return Member(
            id=self.id or 0,
            circle=self.circle_id,
            person=PersonRef(self.platform, self.person),
            name=self.name,
            roles=frozenset(self.roles),
            state=MemberState(self.state),
            joined_at=self.joined_at,
            goal=self.goal,
            gives=self.gives,
            needs=self.needs,
            zone=self.zone,
            away_until=self.away_until,
            consents=Consents(self.takes_part, self.counted, self.quoted, self.named),
            unreachable=self.unreachable,
        )


class JoiningRow(SQLModel, table=True):
    """A guided exchange that is under way; one a person."""

    __tablename__ = "joining"
    platform: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    circle_id: int = Field(foreign_key="circle.id")
    name: str
    answers: list[str] = Field(sa_type=Json(list[str]))
    begun_at: datetime = Field(sa_type=Instant)

    def value(self) -> Joining:
        """Return the exchange."""
        who = PersonRef(self.platform, self.person)
        return Joining(self.circle_id, who, self.name, tuple(self.answers))


class StepRow(SQLModel, table=True):
    """What somebody did with a circle; never changed but by being undone or forgotten.

    Who did it is a person, not a member: organisers may lead a circle that they are not in.
    """

    __tablename__ = "step"
    __table_args__ = ({"sqlite_autoincrement": True},)  # the ids are the order
    id: int | None = Field(default=None, primary_key=True)
    circle_id: int = Field(foreign_key="circle.id", index=True)
    at: datetime = Field(sa_type=Instant)
    platform: str | None = None
    person: str | None = Field(default=None, index=True)
    kind: str
    before: Course | RolesChange | LeftOut | None = Field(
        default=None, sa_type=Json(Course | RolesChange | LeftOut)
    )
    about_id: int | None = Field(default=None, foreign_key="member.id", ondelete="SET NULL")
    told: tuple[Told, ...] = Field(default=(), sa_type=Json(tuple[Told, ...]))
    undone_at: datetime | None = Field(default=None, sa_type=Instant)

    def value(self) -> Step:
        """Return the step."""
        by = PersonRef(self.platform, self.person) if self.platform and self.person else None
        return Step(
            id=self.id or 0,
            circle=self.circle_id,
            at=self.at,
            by=by,
            kind=StepKind(self.kind),
            before=self.before,
            about=self.about_id,
            told=self.told,
            undone_at=self.undone_at,
        )


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
                MemberRow.platform == person.platform,
                MemberRow.person == person.id,
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


class Members:
    """The people of circles."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def row(self, circle: int, person: PersonRef) -> MemberRow | None:
        """Return somebody's row in a circle."""
        row: MemberRow | None = await self._work.first(
            select(MemberRow).where(
                MemberRow.circle_id == circle,
                MemberRow.platform == person.platform,
                MemberRow.person == person.id,
            )
        )
        return row

    async def of(self, circle: int, person: PersonRef) -> Member | None:
        """Return somebody as a member of a circle, None for others."""
        row = await self.row(circle, person)
        return None if row is None else row.value()

    async def get(self, member: int) -> Member:
        """Return a member by id."""
        row: MemberRow = await self._work.session.get_one(MemberRow, member)
        return row.value()

    async def everywhere(self, person: PersonRef) -> list[MemberRow]:
        """Return somebody's rows in every circle."""
        return list(
            await self._work.all(
                select(MemberRow)
                .where(MemberRow.platform == person.platform, MemberRow.person == person.id)
                .order_by(col(MemberRow.id))
            )
        )

    async def in_circle(self, circle: int) -> list[Member]:
        """Return everyone who is or was in a circle, the longest-standing first."""
        rows = await self._work.all(
            select(MemberRow)
            .where(MemberRow.circle_id == circle)
            .order_by(col(MemberRow.joined_at), col(MemberRow.id))
        )
        return [row.value() for row in rows]

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
        """Remove somebody from every circle."""
        mine = (col(MemberRow.platform) == person.platform, col(MemberRow.person) == person.id)
        await self._work.run(delete(MemberRow).where(*mine))


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


def by_id(members: Iterable[Member]) -> dict[int, Member]:
    """Return members by their id."""
    return {member.id: member for member in members}
