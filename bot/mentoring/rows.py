"""The tables of mentoring profiles and pairs, and every query on them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import combinations, product
from typing import Any

from sqlalchemy import UniqueConstraint, delete, or_, text, update
from sqlalchemy.orm import aliased
from sqlmodel import Field, SQLModel, col, select

from bot.circles.model import Member
from bot.circles.rows import MemberRow
from bot.conversation.model import People, PersonRef
from bot.delivery.model import RELAY, State
from bot.delivery.rows import OutboxRow, ScheduleRow
from bot.mentoring.model import LIVE, Fit, History, Pair, PairState, Profile, Side
from bot.store.columns import Instant, Json
from bot.store.work import UnitOfWork

Accounts = Mapping[PersonRef, Collection[PersonRef]]
"""All accounts of those who have more than one, by each of them."""

PHASE = "mentoring"
"""The phase in the identity of everything that the room posts."""

CHECKIN = "checkin"
"""The kind of the schedule that asks a pair how it goes; its subject is the pair's id."""

ALONE = "unmatched"
"""The one prompt whose occurrence is not a pair's id but a member's."""


KNOCK = "unreachable"
"""The prompt that the drain gives to what it says in a room in place of a private post."""


class MentorProfileRow(SQLModel, table=True):
    """What a member offers or seeks; one of each side a member."""

    __tablename__ = "mentor_profile"
    __table_args__ = (UniqueConstraint("member_id", "side"),)
    id: int | None = Field(default=None, primary_key=True)
    circle_id: int = Field(foreign_key="circle.id", index=True)
    member_id: int = Field(foreign_key="member.id", ondelete="CASCADE")
    side: str
    topics: list[str] = Field(sa_type=Json(list[str]))
    languages: list[str] = Field(sa_type=Json(list[str]))
    hours: list[int] = Field(sa_type=Json(list[int]))
    capacity: int
    said_at: datetime = Field(sa_type=Instant)

    def value(self, zone: str) -> Profile:
        """Return the profile of a member whose clocks are in `zone`."""
        return Profile(
            member=self.member_id,
            side=Side(self.side),
            topics=tuple(self.topics),
            languages=tuple(self.languages),
            hours=frozenset(self.hours),
            zone=zone,
            capacity=self.capacity,
        )


class PairRow(SQLModel, table=True):
    """A mentor and a mentee who were proposed to each other, and what became of it."""

    __tablename__ = "mentor_pair"
    __table_args__ = ({"sqlite_autoincrement": True},)  # an id in a post's identity never returns
    id: int | None = Field(default=None, primary_key=True)
    circle_id: int = Field(foreign_key="circle.id", index=True)
    mentor_id: int = Field(foreign_key="member.id", ondelete="CASCADE", index=True)
    mentee_id: int = Field(foreign_key="member.id", ondelete="CASCADE", index=True)
    state: str
    fit: Fit = Field(sa_type=Json(Fit))
    relay: list[int] = Field(default_factory=list, sa_type=Json(list[int]))
    relays: int = 0
    proposed_at: datetime = Field(sa_type=Instant)
    changed_at: datetime = Field(sa_type=Instant)

    def value(self) -> Pair:
        """Return the pair."""
        return Pair(
            id=self.id or 0,
            circle=self.circle_id,
            mentor=self.mentor_id,
            mentee=self.mentee_id,
            state=PairState(self.state),
            fit=self.fit,
            proposed_at=self.proposed_at,
            relay=frozenset(self.relay),
            relays=self.relays,
        )


class Profiles:
    """What members offer and seek."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def put(self, circle: int, profile: Profile, now: datetime) -> None:
        """Write a profile; the member's earlier one of the same side is replaced."""
        await self.remove(profile.member, profile.side)
        row = MentorProfileRow(
            circle_id=circle,
            member_id=profile.member,
            side=profile.side.value,
            topics=list(profile.topics),
            languages=list(profile.languages),
            hours=sorted(profile.hours),
            capacity=profile.capacity,
            said_at=now,
        )
        await self._work.put(row)

    async def remove(self, member: int, side: Side) -> bool:
        """Take a member off one list; return whether they were on it."""
        mine = (
            col(MentorProfileRow.member_id) == member,
            col(MentorProfileRow.side) == side.value,
        )
        return await self._work.run(delete(MentorProfileRow).where(*mine)) > 0

    async def drop_doubled(self, member: int, other: int) -> None:
        """Take a member off the lists on which another one is, who is the same person."""
        mine, theirs = col(MentorProfileRow.member_id), aliased(MentorProfileRow)
        sides = select(theirs.side).where(col(theirs.member_id) == other)
        await self._work.run(
            delete(MentorProfileRow).where(mine == member, col(MentorProfileRow.side).in_(sides))
        )

    async def in_circle(self, circle: int, members: Mapping[int, Member]) -> list[Profile]:
        """Return the profiles of `members` in a circle, with the zones of their clocks."""
        rows = await self._work.all(
            select(MentorProfileRow)
            .where(MentorProfileRow.circle_id == circle)
            .order_by(col(MentorProfileRow.member_id), col(MentorProfileRow.side))
        )
        return [r.value(members[r.member_id].zone) for r in rows if r.member_id in members]


class Pairs:
    """Pairs, from the proposal to the end."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def drop_between(self, one: int, other: int) -> None:
        """Let go of matches of two members with each other, who are one person."""
        both = (one, other)
        rows = await self._work.all(
            select(PairRow).where(
                col(PairRow.mentor_id).in_(both), col(PairRow.mentee_id).in_(both)
            )
        )
        await _forget_posts([row.id for row in rows if row.id is not None], self._work)
        for row in rows:
            await self._work.session.delete(row)
        await self._work.session.flush()

    async def add(self, circle: int, mentor: int, mentee: int, fit: Fit, now: datetime) -> Pair:
        """Write a pair that is proposed now."""
        row = PairRow(
            circle_id=circle,
            mentor_id=mentor,
            mentee_id=mentee,
            state=PairState.PROPOSED.value,
            fit=fit,
            proposed_at=now,
            changed_at=now,
        )
        await self._work.put(row)
        return row.value()

    async def put(self, pair: Pair, now: datetime) -> None:
        """Write how far a pair is."""
        row = await self._work.session.get_one(PairRow, pair.id)
        row.state, row.changed_at = pair.state.value, now
        row.relay, row.relays = sorted(pair.relay), pair.relays
        await self._work.session.flush()

    async def get(self, pair: int) -> Pair | None:
        """Return a pair by id, None when it was forgotten."""
        row = await self._work.session.get(PairRow, pair)
        return None if row is None else row.value()

    async def live(self, circle: int) -> list[Pair]:
        """Return a circle's pairs that are proposed, half accepted or introduced, oldest first."""
        return await self._where(
            PairRow.circle_id == circle, col(PairRow.state).in_([state.value for state in LIVE])
        )

    async def of(self, member: int) -> list[Pair]:
        """Return every pair that a member is or was part of, oldest first."""
        return await self._where(
            or_(col(PairRow.mentor_id) == member, col(PairRow.mentee_id) == member)
        )

    async def _where(self, *conditions: Any) -> list[Pair]:  # noqa: ANN401 - any condition
        rows = await self._work.all(select(PairRow).where(*conditions).order_by(col(PairRow.id)))
        return [row.value() for row in rows]

    async def history(self, members: Iterable[Member], accounts: Accounts) -> History:
        """Return who among `members` was with whom, and who said no, in any circle at all.

        What one of somebody's accounts did counts for all of them; two members who are one person
        are never anything to each other.
        """
        here: dict[PersonRef, set[int]] = {}
        for member in members:
            for account in accounts.get(member.person, (member.person,)):
                here.setdefault(account, set()).add(member.id)
        never = {frozenset(two) for ids in here.values() for two in combinations(sorted(ids), 2)}
        past: set[frozenset[int]] = set()
        for state, one, other in await self._everywhere(here):
            couples = product(here.get(one, ()), here.get(other, ()))
            (never if state == PairState.DECLINED.value else past).update(map(frozenset, couples))
        return History(frozenset(past), frozenset(never))

    async def _everywhere(
        self, people: Iterable[PersonRef]
    ) -> list[tuple[str, PersonRef, PersonRef]]:
        """Return the state and the two people of every pair whose mentor is one of `people`."""
        mentor, mentee = aliased(MemberRow), aliased(MemberRow)
        found = await self._work.session.execute(
            select(PairRow.state, mentor.platform, mentor.person, mentee.platform, mentee.person)  # type: ignore[call-overload] # SQLModel's select has forms for four columns only
            .join(mentor, col(PairRow.mentor_id) == mentor.id)
            .join(mentee, col(PairRow.mentee_id) == mentee.id)
            .where(col(mentor.person).in_({person.id for person in people}))
        )
        return [(s, PersonRef(p, one), PersonRef(q, two)) for s, p, one, q, two in found]

    async def take_back(self, pair: Pair) -> None:
        """Take back what was written about a pair and nobody has tried to send yet."""
        await self._work.run(
            update(OutboxRow)
            .where(
                text("state='waiting'"),
                col(OutboxRow.circle_id) == pair.circle,
                col(OutboxRow.phase) == PHASE,
                col(OutboxRow.prompt) != ALONE,
                col(OutboxRow.occurrence) == pair.id,
                col(OutboxRow.attempts) == 0,
            )
            .values(state=State.WITHDRAWN.value, document=None, instead=None)
        )

    async def drop_relayed(self, pair: Pair, *, but: int | None = None) -> None:
        """Remove the words that are being carried between two people, all but one post."""
        relayed = (col(OutboxRow.phase) == RELAY, col(OutboxRow.occurrence) == pair.id)
        await self._work.run(delete(OutboxRow).where(*relayed, col(OutboxRow.id) != (but or 0)))


async def forget(members: Sequence[int], work: UnitOfWork) -> None:
    """Remove everything that mentoring holds of these members: one person's ids in all circles.

    Their profiles; their pairs, the declined ones too; the check-ins of those pairs; and every
    post about them, sent or not, to the partner, to both, and in a room in place of these. What
    was posted to the person alone about no pair goes with `Outbox.forget`.
    """
    pairs = await work.all(
        select(PairRow).where(
            or_(col(PairRow.mentor_id).in_(members), col(PairRow.mentee_id).in_(members))
        )
    )
    await _forget_posts([pair.id for pair in pairs], work)
    await _forget_knocks(members, pairs, work)
    about = [str(pair.id) for pair in pairs]
    await work.run(
        delete(ScheduleRow).where(
            col(ScheduleRow.kind) == CHECKIN, col(ScheduleRow.subject).in_(about)
        )
    )
    await work.run(delete(PairRow).where(col(PairRow.id).in_([pair.id for pair in pairs])))
    await work.run(delete(MentorProfileRow).where(col(MentorProfileRow.member_id).in_(members)))


async def _forget_posts(pairs: Sequence[int], work: UnitOfWork) -> None:
    about = (
        col(OutboxRow.phase).in_((PHASE, RELAY)),
        col(OutboxRow.prompt).not_in((ALONE, KNOCK)),
    )
    await work.run(delete(OutboxRow).where(*about, col(OutboxRow.occurrence).in_(pairs)))


async def _forget_knocks(
    members: Sequence[int], pairs: Sequence[PairRow], work: UnitOfWork
) -> None:
    """Remove what was said in a room because people were not reached; its key names them."""
    ids = {*members, *(p.mentor_id for p in pairs), *(p.mentee_id for p in pairs)}
    rows = await work.all(select(MemberRow).where(col(MemberRow.id).in_(ids)))
    people = {row.id: row.value().person for row in rows}
    named: list[tuple[PersonRef, ...]] = [
        (people[member],) for member in members if member in people
    ]
    named += [(people[p.mentor_id], people[p.mentee_id]) for p in pairs]
    for group in named:
        if len({person.platform for person in group}) == 1:
            end = f"/-/{KNOCK}/0/{People.of(*group)}/"
            await work.run(
                delete(OutboxRow).where(col(OutboxRow.key).contains(end, autoescape=True))
            )
