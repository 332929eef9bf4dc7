"""Who a caller is for a circle, as dispatch asks it."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.circles.model import CircleState, MemberState, roles_of
from bot.circles.rows import Accounts, Circles, Members
from bot.circles.usecases.ports import Methods
from bot.conversation.model import PersonRef, Role, RoomRef
from bot.store.work import Begin


@dataclass(frozen=True)
class CircleStanding:
    """Answers from what is committed; it writes nothing."""

    look: Begin
    methods: Methods
    organisers: frozenset[str] = frozenset()
    admins: frozenset[str] = frozenset()

    async def named(self, name: str) -> int | None:
        """Return the circle of this name."""
        async with self.look() as work:
            circle = await Circles(work).named(name)
        return None if circle is None else circle.id

    async def usual(self, person: PersonRef, room: RoomRef) -> Sequence[tuple[int, str]]:
        """Return the room's circle; in a room without one, the person's own that are not over."""
        async with self.look() as work:
            here = await Circles(work).at(room)
            if here is not None:
                return [(here.id, here.name)]
            mine = await Circles(work).of_person(person)
        alive = [c for c in mine if c.state is not CircleState.CLOSED] or mine
        return [(circle.id, circle.name) for circle in alive]

    async def roles(self, person: PersonRef, circle: int | None) -> frozenset[Role]:
        """Return what the person may do in the circle; without one, in any of theirs.

        An organiser facilitates a circle that has no facilitator left.
        """
        found = {Role.ANYONE}
        async with self.look() as work:
            for row in await Members(work).everywhere(person):
                if circle in (None, row.circle_id) and row.state == MemberState.JOINED.value:
                    found |= roles_of(row.value())
            led = circle is None or await Members(work).facilitating(circle)
            mine = {account.id for account in await Accounts(work).of(person)}
        if mine & (self.organisers | self.admins):
            found |= {Role.ORGANISER} if led else {Role.ORGANISER, Role.CARER, Role.FACILITATOR}
        if mine & self.admins:
            found.add(Role.ADMIN)
        return frozenset(found)

    async def zone(self, person: PersonRef, circle: int | None) -> str:
        """Return the person's time zone, UTC for strangers."""
        async with self.look() as work:
            rows = await Members(work).everywhere(person)
        mine = [row.zone for row in rows if circle in (None, row.circle_id)]
        return mine[0] if mine else "UTC"

    async def names(
        self, kind: str, person: PersonRef, room: RoomRef, circle: str
    ) -> Sequence[str]:
        """Return the names of one kind that the person may use: their circles, and what is there.

        Members are told to members only, prompts and phases as the circle's own calendar and
        method have them.
        """
        usual = await self.usual(person, room)
        if kind == "circle":
            return await self._circles(person, usual)
        meant = await self.named(circle) if circle else usual[0][0] if len(usual) == 1 else None
        if meant is None or Role.MEMBER not in await self.roles(person, meant):
            return []
        async with self.look() as work:
            found = await Circles(work).get(meant)
            present = await Members(work).present(meant)
        if kind == "member":
            return [member.name for member in present]
        if kind == "phase":
            return [phase.key for phase in found.calendar.phases]
        method = self.methods.of(found.method, found.language)
        return [prompt.key for prompt in method.prompts] if kind == "prompt" else []

    async def _circles(self, person: PersonRef, usual: Sequence[tuple[int, str]]) -> list[str]:
        """Return the circle of the room and the person's own, which are all they need to know."""
        async with self.look() as work:
            mine = await Circles(work).of_person(person)
        return list(dict.fromkeys([*(name for _, name in usual), *(c.name for c in mine)]))
