"""What members decide for themselves: their consents, being away, their zone, leaving."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from bot.circles import words
from bot.circles.model import Member, MemberState
from bot.circles.rows import Circles, Members
from bot.circles.telling import to_facilitators, withdraw_from
from bot.circles.usecases.life import circle_of
from bot.circles.usecases.ports import ConsentChanged, Gone
from bot.conversation.model import (
    Caller,
    Clock,
    Document,
    DomainError,
    Role,
    document,
    say,
)
from bot.conversation.zones import zone_named
from bot.delivery.usecases import Post
from bot.store.work import Begin, UnitOfWork


@dataclass(frozen=True)
class EndMembership:
    """Notes that a member is gone, ends what they had there, and tells the facilitators."""

    clock: Clock
    post: Post
    gone: Sequence[Gone]

    async def __call__(self, member: Member, state: MemberState, work: UnitOfWork) -> None:
        """Do it; the facilitators are told privately."""
        circle = await Circles(work).get(member.circle)
        gone = replace(member, state=state, roles=frozenset({"member"}))
        await Members(work).put(gone)
        await withdraw_from(member, work)
        for ends in self.gone:
            await ends(circle.id, member.person, work)
        others = [m for m in await Members(work).facilitating(circle.id) if m.id != member.id]
        said = words.left(circle, member.name, banned=state is MemberState.BANNED)
        about = ("-", f"left-{member.id}", int(self.clock.now().timestamp()))
        await self.post(to_facilitators(others, circle, said, about=about), work)


@dataclass(frozen=True)
class ChangeMembership:
    """Changes a member's own row."""

    begin: Begin
    clock: Clock
    end: EndMembership
    consent_changed: Sequence[ConsentChanged]
    prefix: str

    async def away(self, until: date | None, caller: Caller) -> Document:
        """Excuse the caller until a day, or note that they are back if they were away.

        Raises:
            DomainError: the day is not ahead.
        """
        async with self.begin() as work:
            circle = await circle_of(caller, work)
            today = circle.today(self.clock.now())
            if until is not None and until <= today:
                raise DomainError("Name the day on which you are back; it must lie ahead.")
            member = await self._me(caller, work)
            if until is not None:
                await withdraw_from(member, work)
            await Members(work).put(replace(member, away_until=until))
            await work.commit()
        if until is None and not member.away_on(today):
            return say(
                "You were not away, and nothing has changed. To be excused, name with the "
                "command the day on which you are back."
            )
        if until is None:
            return say("Good to have you back.")
        return say(
            f"Have a good time. Until {words.day(until)} nothing is asked of you, and nobody "
            "counts you as missing."
        )

    async def zone(self, text: str, caller: Caller) -> Document:
        """Note the caller's time zone, in every circle of theirs."""
        named = zone_named(text)
        async with self.begin() as work:
            rows = await Members(work).everywhere(caller.person)
            if not rows:
                raise DomainError("You are in no circle yet, so I keep no time zone for you.")
            for row in rows:
                row.zone = named
            await work.commit()
        return say(f"I keep your times in {named}.")

    async def show_consents(self, caller: Caller) -> Document:
        """Return what the caller agreed to in the circle, also one that they have left."""
        async with self.begin() as work:
            member = await self._mine(caller, work)
        return document("This is what you agreed to:", words.consents(member.consents))

    async def consent(self, which: str, given: bool, caller: Caller) -> Document:  # noqa: FBT001 - the member's own yes or no
        """Change one consent, with effect on everything that is kept.

        Who has left the circle decides about their words as before.

        Raises:
            DomainError: the caller has no part in the circle, or would take part without being in.
        """
        async with self.begin() as work:
            member = await self._mine(caller, work)
            before = member.consents
            if which == "takes_part" and given and member.state is not MemberState.JOINED:
                raise DomainError("To take part in the circle again, join it again.")
            changed = replace(member, consents=replace(before, **{which: given}))
            await Members(work).put(changed)
            if not changed.consents.takes_part:
                await withdraw_from(member, work)
            for act in self.consent_changed:
                await act(changed, before, work)
            await work.commit()
        return document("Noted. You agree to:", words.consents(changed.consents))

    async def leave(self, caller: Caller) -> Document:
        """Take the caller out of the circle.

        Raises:
            DomainError: they are its only facilitator.
        """
        async with self.begin() as work:
            circle = await circle_of(caller, work)
            member = await self._me(caller, work)
            await self.end(member, MemberState.LEFT, work)
            if caller.may(Role.FACILITATOR) and not await Members(work).facilitating(circle.id):
                raise DomainError("You are the only facilitator. Appoint another one first.")
            await work.commit()
        return words.you_left(circle, self.prefix)

    async def _me(self, caller: Caller, work: UnitOfWork) -> Member:
        member = await self._mine(caller, work)
        if member.state is not MemberState.JOINED:
            circle = await circle_of(caller, work)
            raise DomainError(f"You are not in {circle.name}.")
        return member

    async def _mine(self, caller: Caller, work: UnitOfWork) -> Member:
        """Return the caller as a member, also as one who has left."""
        circle = await circle_of(caller, work)
        member = await Members(work).of(circle.id, caller.person)
        if member is None or member.state is MemberState.INVITED:
            raise DomainError(f"You are not in {circle.name}.")
        return member
