"""From a new circle to a closed one: its dates, its rooms, its roles."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.circles import words
from bot.circles.methods import Method, Preset
from bot.circles.model import (
    ROLES,
    Calendar,
    Circle,
    CircleState,
    Consents,
    Course,
    Member,
    MemberState,
    RolesChange,
    Step,
    StepKind,
    ThreadUse,
    Told,
    lay,
)
from bot.circles.rows import CircleRow, Circles, Members, Steps
from bot.circles.telling import to_rooms
from bot.circles.usecases.ports import Coming, Defaults, Methods, Needs, NewCircle, Plan
from bot.conversation.model import (
    Caller,
    Clock,
    Document,
    DomainError,
    Line,
    PersonRef,
    Role,
    RoomRef,
)
from bot.conversation.platform import Platform
from bot.conversation.zones import day_ahead, zone_named
from bot.delivery.model import due_at
from bot.delivery.rows import Outbox, Schedules
from bot.delivery.usecases import Post, answer_key
from bot.store.work import Begin, UnitOfWork

_NAME = re.compile(r"[^\W\d_][\w-]{0,39}")
_TAKEN = {"all", "yes", "no", "stop"}


@dataclass(frozen=True)
class MakeCircle:
    """Makes a circle; who asks becomes its facilitator."""

    begin: Begin
    clock: Clock
    methods: Methods
    defaults: Defaults
    platforms: Mapping[str, Platform]

    async def __call__(self, new: NewCircle, caller: Caller) -> tuple[Circle, bool]:
        """Return the circle, and whether the room it was asked for in belongs to it.

        The room does when the caller may manage it.

        Raises:
            DomainError: the name is taken or not a name, or the dates do not fit.
        """
        row = self._row(new)
        platform = self.platforms[caller.person.platform]
        here = not caller.direct and await platform.may_manage(caller.person, caller.room)
        async with self.begin() as work:
            if await Circles(work).named(new.name) is not None:
                raise DomainError(f"There is a circle {new.name} already. Choose another name.")
            circle = await Circles(work).add(row)
            if here:
                await attach(circle, caller.room, work)
            await Members(work).put(self._facilitator(circle, caller))
            await work.commit()
        return circle, here

    def _row(self, new: NewCircle) -> CircleRow:
        if not _NAME.fullmatch(new.name) or new.name.lower() in _TAKEN:
            raise DomainError(
                "A circle's name is one word of letters, digits and hyphens that begins with a "
                "letter, like north or reading-2026."
            )
        zone = zone_named(new.zone or self.defaults.zone)
        today = self.clock.now().astimezone(ZoneInfo(zone)).date()
        if new.opens_on < today:
            raise DomainError(
                f"{words.day(new.opens_on)} is in the past: today is {words.day(today)}. Choose "
                "another first day."
            )
        return CircleRow(
            name=new.name,
            purpose=new.purpose,
            question=new.question,
            method=new.method,
            language=self.defaults.language,
            zone=zone,
            calendar=self._calendar(new),
            threads=ThreadUse(new.threads).value,
            licence=new.licence.strip() or self.defaults.licence,
            made_at=self.clock.now(),
        )

    def _calendar(self, new: NewCircle) -> Calendar:
        method = self.methods.of(new.method, self.defaults.language)
        preset = preset_named(method, new.preset)
        before = sum(preset.weeks[p.key] for p in method.phases if p.before_opening)
        weeks = [(p.key, p.title, preset.weeks[p.key]) for p in method.phases]
        starts_on = new.opens_on - timedelta(weeks=before)
        return lay(weeks, starts_on, new.break_on or _usual_break(method, preset, starts_on))

    def _facilitator(self, circle: Circle, caller: Caller) -> Member:
        return Member(
            id=0,
            circle=circle.id,
            person=caller.person,
            name=caller.name,
            roles=frozenset({"facilitator", "member"}),
            state=MemberState.JOINED,
            joined_at=self.clock.now(),
            zone=circle.zone,
            consents=Consents(takes_part=True),
        )


def preset_named(method: Method, name: str) -> Preset:
    """Return a method's preset: by key, by number of weeks, or its shortest.

    Raises:
        DomainError: there is none of that name.
    """
    if not name:
        return min(method.presets, key=lambda preset: preset.length)
    for preset in method.presets:
        if name.lower() in (preset.key.lower(), str(preset.length)):
            return preset
    raise DomainError(f"The presets are: {', '.join(preset.key for preset in method.presets)}.")


def _usual_break(method: Method, preset: Preset, starts_on: date) -> date | None:
    """Return the first day of the break week that a preset has, None if it has none."""
    day = starts_on
    for phase in method.phases:
        if phase.key in preset.breaks:
            return day + timedelta(weeks=preset.breaks[phase.key])
        day += timedelta(weeks=preset.weeks[phase.key])
    return None


async def attach(circle: Circle, room: RoomRef, work: UnitOfWork) -> None:
    """Make a room the circle's; a closed circle gives its room away.

    Raises:
        DomainError: it belongs to another circle.
    """
    owner = await Circles(work).at(room)
    if owner is not None and owner.state is CircleState.CLOSED:
        await Circles(work).detach(room)
        owner = None
    if owner is not None and owner.id != circle.id:
        raise DomainError(
            f"This room belongs to the circle {owner.name}. One room serves one circle."
        )
    if owner is None:
        await Circles(work).attach(circle.id, room)


@dataclass(frozen=True)
class AttachRoom:
    """Makes the room that a facilitator writes in one of the circle's."""

    begin: Begin
    platforms: Mapping[str, Platform]

    async def __call__(self, caller: Caller) -> Circle:
        """Return the circle.

        Raises:
            DomainError: the caller may not manage the room, or it is another circle's.
        """
        if caller.direct:
            raise DomainError("Use that in the room that should belong to the circle.")
        platform = self.platforms[caller.person.platform]
        if not await platform.may_manage(caller.person, caller.room):
            raise DomainError(
                "Only somebody who may manage this room can give it to a circle. Ask them to."
            )
        async with self.begin() as work:
            circle = await circle_of(caller, work)
            await attach(circle, caller.room, work)
            await work.commit()
        return circle


async def circle_of(caller: Caller, work: UnitOfWork) -> Circle:
    """Return the circle that a caller means.

    Raises:
        DomainError: none is meant.
    """
    if caller.circle is None:
        raise DomainError("I do not know which circle you mean. Name it with the command.")
    return await Circles(work).get(caller.circle)


@dataclass(frozen=True)
class ShowStatus:
    """Shows where a circle is and, to facilitators, what needs them."""

    begin: Begin
    clock: Clock
    coming: Coming
    needs: Sequence[Needs]

    async def __call__(self, caller: Caller) -> Document:
        """Return the status."""
        async with self.begin() as work:
            circle = await circle_of(caller, work)
            coming = await self.coming(circle, work)
            lines: list[Line] = []
            if caller.may(Role.FACILITATOR):
                for needs in self.needs:
                    lines += await needs(circle, work)
        return words.status(circle, self.clock.now(), coming, lines)


@dataclass(frozen=True)
class ShowMine:
    """Shows a person's circles."""

    begin: Begin
    clock: Clock

    async def __call__(self, caller: Caller) -> Document:
        """Return them."""
        async with self.begin() as work:
            circles = await Circles(work).of_person(caller.person)
            found = [
                (circle, await Members(work).of(circle.id, caller.person)) for circle in circles
            ]
        return words.mine([(c, m) for c, m in found if m is not None], self.clock.now())


@dataclass(frozen=True)
class ChangeState:
    """Opens, pauses, resumes or closes a circle, and says so in its rooms."""

    begin: Begin
    clock: Clock
    post: Post
    plan: Plan
    prefix: str

    async def open(self, caller: Caller) -> Document:
        """Start the prompts.

        Raises:
            DomainError: the circle is open already or closed, has no room, or is over.
        """
        async with self.begin() as work:
            circle = await self._in_state(caller, work, CircleState.DRAFT)
            if not await Circles(work).rooms(circle.id):
                raise DomainError(
                    "The circle has no room yet. Use "
                    f"{self.prefix}circle attach {circle.name} in the room where it should meet."
                )
            if circle.calendar.closes_on < circle.today(self.clock.now()):
                first = circle.calendar.phases[0].key
                raise DomainError(
                    f"Its last day, {words.day(circle.calendar.closes_on)}, is past. Move it "
                    f"first: {self.prefix}circle move {circle.name} {first} "
                    f"{day_ahead(self.clock.now(), circle.zone)}"
                )
            circle = await self._to(circle, CircleState.OPEN, work)
            await self.plan(circle, work, since=start_of_day(circle, self.clock.now()))
            said = words.opened(circle, self.prefix)
            await self._tell_others(circle, said, StepKind.OPENED, caller, work)
            await work.commit()
        return said

    async def pause(self, caller: Caller) -> Document:
        """Let the prompts rest."""
        async with self.begin() as work:
            circle = await self._in_state(caller, work, CircleState.OPEN)
            before = await course_of(circle, self.plan, work)
            circle = await self._to(circle, CircleState.PAUSED, work)
            await Schedules(work).stop(circle.id)
            await Outbox(work).withdraw(circle.id)
            said = words.paused(circle, self.prefix)
            await self._tell_others(circle, said, StepKind.PAUSED, caller, work, before)
            await work.commit()
        return said

    async def resume(self, caller: Caller) -> Document:
        """Let the prompts go on; what fell into the pause is not posted late."""
        async with self.begin() as work:
            circle = await self._in_state(caller, work, CircleState.PAUSED)
            before = await course_of(circle, self.plan, work)
            circle = await self._to(circle, CircleState.OPEN, work)
            await self.plan(circle, work, since=self.clock.now())
            await Schedules(work).wake(circle.id)
            await Outbox(work).put_back(circle.id, self.clock.now())
            said = words.resumed(circle)
            await self._tell_others(circle, said, StepKind.RESUMED, caller, work, before)
            await work.commit()
        return said

    async def close(self, caller: Caller) -> Document:
        """End the circle; its publication can still be finished."""
        async with self.begin() as work:
            circle = await self._in_state(
                caller, work, CircleState.DRAFT, CircleState.OPEN, CircleState.PAUSED
            )
            unopened = circle.state is CircleState.DRAFT
            before = await course_of(circle, self.plan, work)
            circle = await self._to(circle, CircleState.CLOSED, work)
            await Schedules(work).stop(circle.id)
            await Outbox(work).withdraw(circle.id)
            said = words.put_away(circle) if unopened else words.closed(circle)
            await self._tell_others(circle, said, StepKind.CLOSED, caller, work, before)
            await work.commit()
        return said

    async def _in_state(self, caller: Caller, work: UnitOfWork, *allowed: CircleState) -> Circle:
        circle = await circle_of(caller, work)
        if circle.state not in allowed:
            raise DomainError(f"The circle {circle.name} is {_SAID[circle.state]}.")
        return circle

    async def _to(self, circle: Circle, state: CircleState, work: UnitOfWork) -> Circle:
        row = await Circles(work).row(circle.id)
        row.state = state.value
        now = self.clock.now()
        if state is CircleState.OPEN:
            row.opened_at = row.opened_at or now
        if state is CircleState.CLOSED:
            row.closed_at = now
        await work.session.flush()
        return row.value()

    async def _tell_others(
        self,
        circle: Circle,
        said: Document,
        kind: StepKind,
        caller: Caller,
        work: UnitOfWork,
        before: Course | None = None,
    ) -> None:
        now = self.clock.now()
        told = await tell_rooms(circle, said, kind, caller, self.post, now, work)
        step = Step(circle=circle.id, at=now, by=caller.person, kind=kind, before=before, told=told)
        await Steps(work).add(step)


async def course_of(circle: Circle, plan: Plan, work: UnitOfWork) -> Course:
    """Return how a circle goes on now, as undoing a step needs it."""
    return Course(circle.state, circle.calendar, await plan.since(circle, work))


def start_of_day(circle: Circle, now: datetime) -> datetime:
    """Return midnight of the present day on the circle's clocks: who opens late misses nothing."""
    return due_at(datetime.combine(circle.today(now), time()), circle.zone)


_SAID = {
    CircleState.DRAFT: "not open yet",
    CircleState.OPEN: "open already",
    CircleState.PAUSED: "paused",
    CircleState.CLOSED: "closed",
}


async def tell_rooms(
    circle: Circle,
    said: Document,
    kind: StepKind,
    caller: Caller,
    post: Post,
    now: datetime,
    work: UnitOfWork,
) -> tuple[Told, ...]:
    """Tell the rooms of a step, except the one where its command is answered.

    Return every post that announces it, the answer in a shared room too.
    """
    rooms = [r for r in await Circles(work).rooms(circle.id) if r != caller.room]
    posts = to_rooms(rooms, circle, said, about=("-", kind.value, int(now.timestamp())))
    await post(posts, work)
    told = [Told(room, each.key) for room, each in zip(rooms, posts, strict=True)]
    if caller.message and not caller.direct:
        told.append(Told(caller.room, answer_key(caller.message, caller.room)))
    return tuple(told)


@dataclass(frozen=True)
class ChangeDates:
    """Lengthens a phase or moves dates; prompts that were not posted move with them."""

    begin: Begin
    clock: Clock
    post: Post
    plan: Plan

    async def extend(self, weeks: int, caller: Caller) -> Document:
        """Make the present phase longer.

        Raises:
            DomainError: no phase is on.
        """
        async with self.begin() as work:
            circle = await circle_of(caller, work)
            phase = circle.phase_at(self.clock.now())
            if phase is None:
                raise DomainError("No phase is on today. Use circle move with a phase and a date.")
            longer = circle.calendar.extended(phase.key, weeks)
            said = await self._lay(circle, longer, StepKind.EXTENDED, caller, work)
            await work.commit()
        return said

    async def move(self, key: str, starts_on: date, *, rest: bool, caller: Caller) -> Document:
        """Let a phase begin on another day, and the rest with it or not."""
        async with self.begin() as work:
            circle = await circle_of(caller, work)
            moved = circle.calendar.moved(key, starts_on, rest=rest)
            said = await self._lay(circle, moved, StepKind.MOVED, caller, work)
            await work.commit()
        return said

    async def _lay(
        self, circle: Circle, calendar: Calendar, kind: StepKind, caller: Caller, work: UnitOfWork
    ) -> Document:
        row = await Circles(work).row(circle.id)
        if circle.state is CircleState.CLOSED:
            raise DomainError(f"The circle {circle.name} is closed.")
        if calendar == circle.calendar:
            raise DomainError(f"These are the dates of {circle.name} already.")
        before, now = await course_of(circle, self.plan, work), self.clock.now()
        row.calendar = calendar
        await work.session.flush()
        circle = replace(circle, calendar=calendar)
        if circle.state is CircleState.OPEN:
            await self.plan(circle, work, since=now)
        said = words.moved(circle)
        told = await tell_rooms(circle, said, kind, caller, self.post, now, work)
        step = Step(circle=circle.id, at=now, by=caller.person, kind=kind, before=before, told=told)
        await Steps(work).add(step)
        return said


@dataclass(frozen=True)
class GiveRole:
    """Shows who does what, and gives or takes a role."""

    begin: Begin
    clock: Clock

    async def __call__(self, who: str, role: str, caller: Caller, *, take: bool) -> Document:
        """Return the roles as they are then.

        Raises:
            DomainError: no role is named, there is no such member, or the last facilitator would
                go.
        """
        if who and not role:
            raise DomainError(f"Which role for {who}? One of: {', '.join(ROLES)}.")
        async with self.begin() as work:
            circle = await circle_of(caller, work)
            if who:
                member = find_member(await Members(work).present(circle.id), who, caller)
                roles = member.roles - {role} if take else member.roles | {role}
                await self._give(member, roles or frozenset({"member"}), caller, work)
                if not await Members(work).facilitating(circle.id):
                    raise DomainError("A circle needs a facilitator. Appoint another one first.")
                await work.commit()
            members = await Members(work).present(circle.id)
        return words.roles(members)

    async def _give(
        self, member: Member, roles: frozenset[str], caller: Caller, work: UnitOfWork
    ) -> None:
        await Members(work).put(replace(member, roles=roles))
        if roles != member.roles:
            step = Step(
                circle=member.circle,
                at=self.clock.now(),
                by=caller.person,
                kind=StepKind.ROLES,
                before=RolesChange(tuple(sorted(member.roles)), tuple(sorted(roles))),
                about=member.id,
            )
            await Steps(work).add(step)


def find_member(members: Sequence[Member], who: str, caller: Caller) -> Member:
    """Return the member whom an id or a name means.

    Raises:
        DomainError: nobody, or more than one.
    """
    wanted = PersonRef(caller.person.platform, who)
    found = [m for m in members if wanted in m.accounts] or [
        m for m in members if m.name.lower() == who.lstrip("@").lower()
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise DomainError(f"Several members are called {who}. Write the full address instead.")
    raise DomainError(f"I know no member {who}. They join with the join command first.")
