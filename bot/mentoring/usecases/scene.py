"""What every verb of the room begins with: the circle, its rooms and people, who asks."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from bot.circles.model import Circle, CircleState, Member, taking_part
from bot.circles.rows import Circles, Members, by_id
from bot.conversation.model import Caller, DeliveryKey, Document, DomainError, People, RoomRef
from bot.conversation.platform import Platform
from bot.delivery.model import Outgoing, Quiet
from bot.mentoring.model import Pair, Way
from bot.mentoring.rows import PHASE, Accounts
from bot.mentoring.words import knock
from bot.store.work import UnitOfWork

Result = TypeVar("Result")


class Background(Protocol):
    """Runs what computes much off the event loop; bootstrap hands `asyncio.to_thread`."""

    async def __call__(self, work: Callable[[], Result], /) -> Result:
        """Return what `work` returns."""
        ...


class KnowAccounts(Protocol):
    """Knows which accounts are one person's; filled by what lets people link theirs."""

    async def __call__(self, work: UnitOfWork, /) -> Accounts:
        """Return all accounts of those who have more than one, by each of them."""
        ...


async def one_account_each(_: UnitOfWork) -> Accounts:
    """Return that nobody has a second account."""
    return {}


@dataclass(frozen=True, slots=True)
class Scene:
    """A circle with its rooms, and everyone who is or was in it by their id."""

    circle: Circle
    rooms: tuple[RoomRef, ...]
    members: Mapping[int, Member]

    @property
    def present(self) -> dict[int, Member]:
        """Those who are there now and agreed to take part."""
        return by_id(taking_part(self.members.values()))

    def room_of(self, member: Member) -> RoomRef | None:
        """Return the circle's first room on the member's platform."""
        on = member.person.platform
        return next((room for room in self.rooms if room.platform == on), None)

    def quiet(self, member: Member) -> Quiet:
        """Return the circle's quiet hours on the member's clocks."""
        return Quiet(self.circle.quiet_since, self.circle.quiet_until, member.zone)

    def privately(
        self,
        member: Member,
        prompt: str,
        number: int,
        document: Document,
        *,
        not_before: datetime | None = None,
    ) -> Outgoing:
        """Return a post to one member; in their room only that there is something to fetch."""
        room = None if member.unreachable else self.room_of(member)
        people = People.of(member.person)
        return Outgoing(
            key=self.key(prompt, number, str(people)),
            to=people,
            document=document,
            circle=self.circle.id,
            quiet=self.quiet(member),
            not_before=not_before,
            instead=None if room is None else (room, knock(member)),
        )

    def key(self, prompt: str, number: int, target: str) -> DeliveryKey:
        """Return the identity of a post."""
        return DeliveryKey(str(self.circle.id), PHASE, prompt, number, target)

    def way(self, one: Member, other: Member, platforms: Mapping[str, Platform]) -> Way:
        """Return how two members come together."""
        if one.person.platform != other.person.platform:
            return Way.ACROSS
        platform = platforms.get(one.person.platform)
        return Way.ROOM if platform is None or platform.capabilities.groups else Way.APART

    def other(self, pair: Pair, member: Member) -> Member:
        """Return the partner of `member` in a pair."""
        return self.members[pair.partner_of(member.id)]


async def scene_of(circle: int | None, work: UnitOfWork) -> Scene:
    """Return a circle that is not closed, as it is now.

    Raises:
        DomainError: no circle is meant, or it is over.
    """
    if circle is None:
        raise DomainError("I do not know which circle you mean. Name it with the command.")
    scene = await whole_scene(circle, work)
    if scene.circle.state is CircleState.CLOSED:
        raise DomainError(f"{scene.circle.name} is closed, and its mentoring with it.")
    return scene


async def whole_scene(circle: int, work: UnitOfWork) -> Scene:
    """Return a circle in whatever state it is."""
    circles = Circles(work)
    people = by_id(await Members(work).in_circle(circle))
    return Scene(await circles.get(circle), tuple(await circles.rooms(circle)), people)


def asking(caller: Caller, scene: Scene) -> Member:
    """Return the member who asks.

    Raises:
        DomainError: they are no member now, or did not agree to take part.
    """
    for member in scene.present.values():
        if caller.person in member.accounts:
            return member
    raise DomainError(
        f"Mentoring in {scene.circle.name} is for its members who agreed to take part. "
        "You can join, and leave again, at any time."
    )
