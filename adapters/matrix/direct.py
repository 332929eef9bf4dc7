"""Direct rooms: found again by the account's own list or by the bot's mark in them, else made.

What is said there is for these people only. A room counts as theirs if nobody else is in it or
invited, and if the list or the bot itself says what it is for.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog

from adapters.matrix.client import Homeserver
from adapters.matrix.errors import NotFound
from adapters.matrix.raw import Json, mapping, strings, words
from adapters.matrix.rights import whole_state
from adapters.matrix.rooms import DIRECT, Rooms, add_direct_room, direct_rooms
from bot.conversation.model import DeliveryKey, NotPermitted, People, Unreachable

log = structlog.get_logger(__name__)


def mark(people: People, key: DeliveryKey) -> Json:
    """Return what the bot writes into a direct room; each pairing of a circle has its own."""
    about = {"circle": key.circle, "prompt": key.prompt} if len(people.ids) > 1 else {}
    return {"people": list(people.ids)} | about


@dataclass(frozen=True, slots=True)
class Standing:
    """Who is in a room, and what the bot wrote there."""

    members: dict[str, str]
    encrypted: bool
    mark: Json

    @classmethod
    def of(cls, state: list[Json], me: str) -> "Standing":
        """Return the standing that a room's whole state tells."""
        by_kind = {(words(event, "type"), words(event, "state_key")): event for event in state}
        members = {
            key: words(event, "content", "membership")
            for (kind, key), event in by_kind.items()
            if kind == "m.room.member"
        }
        marked = by_kind.get((DIRECT, ""), {})
        ours = mapping(marked, "content") if words(marked, "sender") == me else {}
        return cls(members, ("m.room.encryption", "") in by_kind, ours)

    def fits(self, people: People, me: str) -> bool:
        """Return whether the bot is in the room and nobody but it and these people."""
        present = {who for who, how in self.members.items() if how in ("join", "invite")}
        return self.members.get(me) == "join" and present <= {me, *people.ids}

    def toward(self, people: People) -> str:
        """Return how far the people are: the least of those in WAYS."""
        return min((self.members.get(who, "missing") for who in people.ids), key=_rank)


Found = tuple[str, Standing]
WAYS = ("leave", "missing", "invite", "join")
"""How somebody stands to a direct room; what is not among them counts as having left."""


def _rank(how: str) -> int:
    return WAYS.index(how) if how in WAYS else 0


@dataclass(slots=True)
class DirectRooms:
    """The direct rooms of one account."""

    server: Homeserver
    rooms: Rooms
    _marks: dict[str, Json] = field(default_factory=dict)
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def reach(self, people: People, key: DeliveryKey) -> str:
        """Return the room for these people.

        Raises:
            Unreachable: one of them left it, or does not take invitations.
        """
        async with self._one_at_a_time:
            room = await self._again(people, key) or await self._made(people, key)
            if len(people.ids) == 1:
                await add_direct_room(self.server, people.ids[0], room)
                self.rooms.note_direct(room)
            return room

    async def _again(self, people: People, key: DeliveryKey) -> str | None:
        """Return the room that is there: one that all have joined before one with invitations."""
        found: dict[str, str] = {}
        for look in (self._listed, self._marked):
            async for room, standing in look(people, key):
                if not standing.encrypted and standing.fits(people, self.server.me):
                    found.setdefault(standing.toward(people), room)
            if best := found.get("join") or found.get("invite"):
                return best
        if half_made := found.get("missing"):
            return await self._completed(half_made, people)
        if found:
            raise Unreachable("Somebody left the direct room with the bot, or did not want it.")
        return None

    async def _listed(self, people: People, _: DeliveryKey) -> AsyncIterator[Found]:
        if len(people.ids) == 1:
            for room in reversed(strings(await direct_rooms(self.server), people.ids[0])):
                if standing := await self._standing(room):
                    yield room, standing

    async def _marked(self, people: People, key: DeliveryKey) -> AsyncIterator[Found]:
        """Yield the rooms with the mark; anybody can write one, so that only the bot's counts."""
        wanted = mark(people, key)
        for room in strings(await self.server.get("joined_rooms"), "joined_rooms"):
            if room not in self._marks:
                self._marks[room] = await self._mark(room)
            if self._marks[room] == wanted:
                standing = await self._standing(room)
                if standing and standing.mark == wanted:
                    yield room, standing

    async def _mark(self, room: str) -> Json:
        known = self.rooms.mark(room)
        if known is not None:
            return known
        try:
            return await self.server.get("rooms", room, "state", DIRECT, "")
        except (NotFound, NotPermitted):
            return {}

    async def _standing(self, room: str) -> Standing | None:
        try:
            return Standing.of(await whole_state(self.server, room), self.server.me)
        except (NotFound, NotPermitted):
            return None

    async def _made(self, people: People, key: DeliveryKey) -> str:
        """Make the room; its mark is in it from the beginning, so that a crash makes no second."""
        body = {
            "preset": "private_chat",
            "visibility": "private",
            "is_direct": True,
            "invite": list(people.ids),
            "initial_state": [{"type": DIRECT, "state_key": "", "content": mark(people, key)}],
        }
        with _refusals():
            room = words(await self.server.post("createRoom", body=body), "room_id")
        log.info("direct_room_made", action="direct_room_made", room=room)
        self._marks[room] = mark(people, key)
        return room

    async def _completed(self, room: str, people: People) -> str:
        """Invite those who are missing in a room, since making and inviting are two steps."""
        standing = await self._standing(room)
        for who in people.ids:
            if standing and who not in standing.members:
                with _refusals():
                    await self.server.post("rooms", room, "invite", body={"user_id": who})
        return room


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (NotFound, NotPermitted) as error:
        raise Unreachable(str(error)) from error
