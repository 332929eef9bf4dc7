"""Somebody comes into a circle, or agrees to other things than before: however they said so."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.circles import words
from bot.circles.model import (
    FACILITATING,
    Arrival,
    Circle,
    CircleState,
    Consents,
    Member,
    MemberState,
)
from bot.circles.rows import Circles, Joinings, Members
from bot.circles.telling import to_rooms
from bot.circles.usecases.membership import EndMembership
from bot.circles.usecases.ports import ConsentChanged
from bot.conversation.model import Clock, Document, DomainError, PersonRef, say
from bot.conversation.zones import day_ahead
from bot.delivery.usecases import Post
from bot.store.work import UnitOfWork


@dataclass(frozen=True)
class Admit:
    """Makes somebody a member as they said, lets go of what they agree to no more, and tells."""

    clock: Clock
    post: Post
    end: EndMembership
    consent_changed: Sequence[ConsentChanged]
    prefix: str

    async def __call__(
        self, circle: Circle, person: PersonRef, name: str, said: Arrival, work: UnitOfWork
    ) -> Document:
        """Return the welcome, or the farewell to who does not take part."""
        await Joinings(work).end(person)
        before = await Members(work).of(circle.id, person)
        if not said.consents.takes_part:
            return await self._declined(before, work)
        there = before is not None and before.state is MemberState.JOINED
        member = Member(
            id=0,
            circle=circle.id,
            person=person,
            name=name,
            roles=before.roles if before and there else frozenset({"member"}),
            state=MemberState.JOINED,
            joined_at=self.clock.now(),
            goal=said.goal,
            gives=said.gives,
            needs=said.needs,
            zone=said.zone,
            consents=said.consents,
        )
        member = await Members(work).put(member)
        if before is not None:
            await self._narrow(member, before.consents, work)
        if not there:
            await self._welcome(circle, member, work)
        back = day_ahead(self.clock.now(), member.zone)
        return words.joined(circle, member, self.prefix, back)

    async def _narrow(self, member: Member, before: Consents, work: UnitOfWork) -> None:
        """Let go of what the member agreed to before and does not now."""
        for act in self.consent_changed:
            await act(member, before, work)

    async def _declined(self, before: Member | None, work: UnitOfWork) -> Document:
        """Take somebody who does not take part out, if they were in."""
        if before is None or before.state is MemberState.INVITED:
            return say("All right, then you are not in the circle, and I kept nothing.")
        member = await Members(work).put(replace(before, consents=Consents()))
        await self._narrow(member, before.consents, work)
        await self.end(member, MemberState.LEFT, work)
        if before.roles & FACILITATING and not await Members(work).facilitating(before.circle):
            raise DomainError("You are the only facilitator. Appoint another one first.")
        return say("All right, then you are no longer in the circle. I let go of your words.")

    async def _welcome(self, circle: Circle, member: Member, work: UnitOfWork) -> None:
        """Tell the rooms of somebody new, once they are open, by the name they have there."""
        if circle.state is CircleState.OPEN:
            stamp = int(self.clock.now().timestamp())
            said = words.newcomer(circle, member)
            rooms = await Circles(work).rooms(circle.id)
            about = ("-", f"welcome-{member.id}", stamp)
            await self.post(to_rooms(rooms, circle, said, about=about), work)
