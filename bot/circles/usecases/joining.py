"""How somebody joins: in one form, or in a short guided exchange in their direct room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.circles import words
from bot.circles.model import (
    Arrival,
    Circle,
    CircleState,
    ConsentsUnclear,
    Joining,
    Member,
    MemberState,
    consents_named,
    understand_consents,
)
from bot.circles.rows import Circles, Joinings, Members
from bot.circles.usecases.admitting import Admit
from bot.circles.usecases.life import circle_of
from bot.circles.usecases.ports import Defaults
from bot.conversation.model import (
    Answer,
    Audience,
    Caller,
    Clock,
    Document,
    DomainError,
    Event,
    Form,
    Kind,
    RoomRef,
    say,
)
from bot.conversation.platform import Platform
from bot.conversation.zones import zone_named
from bot.delivery.model import Outgoing
from bot.intake.usecases import reply
from bot.store.work import Begin, UnitOfWork

LONGEST = 2000
"""How many characters of what somebody says of themselves are kept."""


@dataclass(frozen=True)
class BeginJoining:
    """Starts the guided exchange, or takes all that it asks at once."""

    begin: Begin
    look: Begin
    clock: Clock
    defaults: Defaults
    platforms: Mapping[str, Platform]
    admit: Admit

    async def __call__(self, caller: Caller) -> Document:
        """Return the first question; a member may go through it again.

        Raises:
            DomainError: the circle is closed, or the caller was removed from it or is in none of
                its rooms.
        """
        circle, _ = await self._allowed(caller)
        async with self.begin() as work:
            begun = Joining(circle.id, caller.person, caller.name)
            await Joinings(work).put(begun, self.clock.now())
            await work.commit()
        return words.joining_begins(circle, self.defaults.run_by, self.defaults.prefix)

    async def form(self, given: Mapping[str, str], caller: Caller) -> Form:
        """Return the form that asks all of it, with what a member said before.

        Raises:
            DomainError: as above.
        """
        circle, member = await self._allowed(caller)
        return words.joining_form(circle, member, given)

    async def at_once(self, given: Mapping[str, str], caller: Caller) -> Document:
        """Return the welcome to somebody who says all of it by its names; no consent is a no.

        Raises:
            DomainError: as above, or no consent is named, or something cannot be understood.
        """
        circle, _ = await self._allowed(caller)
        if not given.get("consents"):
            raise DomainError(words.consents_missing(circle, self.defaults.prefix))
        said = Arrival(
            goal=passed(given.get("goal", "")),
            gives=passed(given.get("gives", "")),
            needs=passed(given.get("needs", "")),
            zone=zone_named(given["zone"]) if given.get("zone") else circle.zone,
            consents=consents_named(given["consents"]),
        )
        async with self.begin() as work:
            done = await self.admit(circle, caller.person, caller.name, said, work)
            await work.commit()
        kept = words.what_is_kept(circle, self.defaults.run_by, self.defaults.prefix)
        return done + kept if said.consents.takes_part else done

    async def _allowed(self, caller: Caller) -> tuple[Circle, Member | None]:
        async with self.look() as work:
            circle = await circle_of(caller, work)
            member = await Members(work).of(circle.id, caller.person)
            rooms = await Circles(work).rooms(circle.id)
        self._check(circle, member)
        if member is None and not await self._is_in(rooms, caller):
            raise DomainError(
                f"Come into a room of {circle.name} first, and use the command there. Somebody "
                "who is in it can invite you."
            )
        return circle, member

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
    defaults: Defaults
    admit: Admit

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
        goal, gives, needs, zone, consents = joining.answers
        said = Arrival(goal, gives, needs, zone, understand_consents(consents))
        return await self.admit(circle, joining.person, joining.name, said, work)


def _checked(joining: Joining, text: str, zone: str) -> str:
    """Return the answer as it is kept.

    Raises:
        DomainError: it is no answer to what was asked.
    """
    if joining.asks == "zone":
        return zone_named(text) if passed(text) else zone
    if joining.asks == "consents":
        understand_consents(text)
        return text
    return passed(text)


def passed(text: str) -> str:
    """Return what somebody says of themselves; nothing for a hyphen, with which they pass."""
    return "" if text.strip() == "-" else text[:LONGEST]
