"""The tables of circles, rooms, members, their linked accounts, joinings and steps."""

from datetime import date, datetime, time

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.circles.model import (
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


class LinkRow(SQLModel, table=True):
    """Two accounts on two platforms that are one person's: a row for each of the two.

    `aside` is what parting them again needs: the memberships of `person` that are kept aside, by
    their circles, each with what came from it.
    """

    __tablename__ = "link"
    platform: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    other_platform: str
    other_person: str
    linked_at: datetime = Field(sa_type=Instant)


class AsideRow(SQLModel, table=True):
    """A membership that is kept aside while its account is linked with one that is in the circle.

    `state` is how it stood before, `roles` are those that the other one had; `moved` the rows that
    came from this one and do not tell by themselves where they belong, by their tables.
    """

    __tablename__ = "aside"
    member_id: int = Field(foreign_key="member.id", ondelete="CASCADE", primary_key=True)
    into_id: int = Field(index=True)
    state: str
    roles: list[str] = Field(sa_type=Json(list[str]))
    moved: dict[str, list[int]] = Field(sa_type=Json(dict[str, list[int]]))


class LinkCodeRow(SQLModel, table=True):
    """A code by which somebody links another account, as its hash; one an account."""

    __tablename__ = "link_code"
    platform: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    hashed: str = Field(index=True)
    made_at: datetime = Field(sa_type=Instant)


class LinkTryRow(SQLModel, table=True):
    """A code that was wrong, and who gave it."""

    __tablename__ = "link_try"
    id: int | None = Field(default=None, primary_key=True)
    platform: str
    person: str = Field(index=True)
    at: datetime = Field(sa_type=Instant)


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
