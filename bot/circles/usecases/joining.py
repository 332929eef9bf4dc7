"""How somebody joins: a short guided exchange in their direct room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.circles import words
from bot.circles.model import (
    FACILITATING,
    Circle,
    CircleState,
    Consents,
    ConsentsUnclear,
    Joining,
    Member,
    MemberState,
    understand_consents,
)
from bot.circles.rows import Circles, Joinings, Members
from bot.circles.telling import to_rooms
from bot.circles.usecases.life import circle_of
from bot.circles.usecases.membership import EndMembership
from bot.circles.usecases.ports import ConsentChanged, Defaults
from bot.conversation.model import (
    Answer,
    Audience,
    Caller,
    Clock,
    Document,
    DomainError,
    Event,
    Kind,
    RoomRef,
    say,
)
from bot.conversation.platform import Platform
from bot.conversation.zones import day_ahead, zone_named
from bot.delivery.model import Outgoing
from bot.delivery.usecases import Post
from bot.intake.usecases import reply
from bot.store.work import Begin, UnitOfWork


@dataclass(frozen=True)
class BeginJoining:
    """Starts the guided exchange."""

    begin: Begin
    look: Begin
    clock: Clock
    defaults: Defaults
    platforms: Mapping[str, Platform]

    async def __call__(self, caller: Caller) -> Document:
        """Return the first question; a member may go through it again.

        Raises:
            DomainError: the circle is closed, or the caller was removed from it or is in none of
                its rooms.
        """
        async with self.look() as work:
            circle = await circle_of(caller, work)
            member = await Members(work).of(circle.id, caller.person)
            rooms = await Circles(work).rooms(circle.id)
        self._check(circle, member)
        if member is None and not await self._is_in(rooms, caller):
            raise DomainError(
                f"Come into a room of {circle.name} first, and type the command there. Somebody "
                "who is in it can invite you."
            )
        async with self.begin() as work:
            begun = Joining(circle.id, caller.person, caller.name)
            await Joinings(work).put(begun, self.clock.now())
            await work.commit()
        return words.joining_begins(circle, self.defaults.run_by, self.defaults.prefix)

    async def _is_in(self, rooms: Sequence[RoomRef], caller: Caller) -> bool:
        """Return whether the caller is in one of the rooms."""
        if caller.room in rooms:
            return True
        platform = self.platforms[caller.person.platform]
        mine = [room for room in rooms if room.platform == caller.person.platform]
        return any([await platform.is_in(caller.person, room) for room in mine])

    def _check(self, circle: Circle, member: Member | None) -> None:
        if circle.state is CircleState.CLOSED:
            raise DomainError(f"The circle {circle.name} is closed.")
        if member is not None and member.state is MemberState.BANNED:
            raise DomainError("Please talk with the circle's facilitators about joining again.")


@dataclass(frozen=True)
class GoOnJoining:
    """Takes the answers of somebody who is joining, one after the other."""

    begin: Begin
    clock: Clock
    post: Post
    defaults: Defaults
    end: EndMembership
    consent_changed: Sequence[ConsentChanged]

    async def wants(self, event: Event, work: UnitOfWork) -> bool:
        """Return whether somebody who is joining writes to the bot directly."""
        if event.kind is not Kind.MESSAGE or not event.direct:
            return False
        if event.text.strip().startswith(self.defaults.prefix):
            return False
        return await Joinings(work).of(event.person) is not None

    async def __call__(self, event: Event) -> Sequence[Outgoing]:
        """Return the next question, or the welcome."""
        async with self.begin() as work:
            joining = await Joinings(work).of(event.person)
            if joining is None:
                return ()
            try:
                async with work.savepoint():
                    said = await self._take(joining, event.text.strip(), work)
            except ConsentsUnclear:
                said = words.consents_unclear()
            except DomainError as refusal:
                said = say(str(refusal))
            await work.commit()
        return [reply(event, Answer(said, Audience.CALLER))]

    async def _take(self, joining: Joining, text: str, work: UnitOfWork) -> Document:
        circle = await Circles(work).get(joining.circle)
        if text.lower() == "stop":
            await Joinings(work).end(joining.person)
            return say("All right. I kept none of your answers. You can begin again at any time.")
        given = _checked(joining, text, circle.zone)
        joining = replace(joining, answers=(*joining.answers, given))
        if joining.asks is not None:
            await Joinings(work).put(joining, self.clock.now())
            return words.next_question(joining, circle.zone)
        return await self._end(circle, joining, work)

    async def _end(self, circle: Circle, joining: Joining, work: UnitOfWork) -> Document:
        goal, gives, needs, zone, consents = joining.answers
        given = understand_consents(consents)
        await Joinings(work).end(joining.person)
        before = await Members(work).of(circle.id, joining.person)
        if not given.takes_part:
            return await self._declined(before, work)
        there = before is not None and before.state is MemberState.JOINED
        member = Member(
            id=0,
            circle=circle.id,
            person=joining.person,
            name=joining.name,
            roles=before.roles if before and there else frozenset({"member"}),
            state=MemberState.JOINED,
            joined_at=self.clock.now(),
            goal=goal,
            gives=gives,
            needs=needs,
            zone=zone,
            consents=given,
        )
        member = await Members(work).put(member)
        if before is not None:
            await self._narrow(member, before.consents, work)
        if not there:
            await self._welcome(circle, member, work)
        back = day_ahead(self.clock.now(), member.zone)
        return words.joined(circle, member, self.defaults.prefix, back)

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


def _checked(joining: Joining, text: str, zone: str) -> str:
    """Return the answer as it is kept.

    Raises:
        DomainError: it is no answer to what was asked.
    """
    passed = text in ("-", "")
    if joining.asks == "zone":
        return zone if passed else zone_named(text)
    if joining.asks == "consents":
        understand_consents(text)
        return text
    return "" if passed else text[:2000]
