"""What is known of the rooms that the bot is in, as the syncs tell it."""

from collections import OrderedDict
from typing import TYPE_CHECKING

from adapters.matrix.client import Homeserver
from adapters.matrix.errors import NotFound
from adapters.matrix.raw import Json, items, mapping, strings, words
from adapters.matrix.scene import Scene
from bot.conversation.model import Clock, NotPermitted
from bot.conversation.plain import tame_name

if TYPE_CHECKING:
    from nio import MatrixRoom  # type: ignore[import-untyped]

DIRECT = "org.circlekeeper.direct"
REMEMBERED = 5000
PAIR = 2


class Rooms:
    """The rooms of one account; nio keeps their members, we keep which are direct."""

    def __init__(self, server: Homeserver, clock: Clock) -> None:
        self._server = server
        self._clock = clock
        self._name = ""
        self._direct: set[str] = set()
        self._marks: dict[str, Json] = {}
        self._mine: OrderedDict[str, None] = OrderedDict()

    async def learn_myself(self) -> None:
        """Ask for the bot's own name and its direct rooms."""
        me = self._server.me
        try:
            profile = await self._server.get("profile", me, "displayname")
            self._name = words(profile, "displayname")
        except (NotFound, NotPermitted):
            self._name = ""
        self._note_direct(await direct_rooms(self._server))

    async def note(self, answer: Json, *, whole: bool = False) -> None:
        """Learn from what a sync brought, the `whole` state of all rooms or what is new."""
        await self._server.follow(answer)
        if whole:
            self._marks |= {room: {} for room in mapping(answer, "rooms", "join")}
        for event in items(answer, "account_data", "events"):
            if words(event, "type") == "m.direct":
                self._note_direct(mapping(event, "content"))
        for room, data in mapping(answer, "rooms", "join").items():
            self._note_room(room, data)

    def note_mine(self, event: str) -> None:
        """Remember a message of the bot's own, so that a reply to it is seen to be one."""
        self._mine[event] = None
        if len(self._mine) > REMEMBERED:
            self._mine.popitem(last=False)

    def note_direct(self, room: str) -> None:
        """Remember that a room is a direct one."""
        self._direct.add(room)

    def mark(self, room: str) -> Json | None:
        """Return the bot's own mark in a room, empty if there is none; None if that is unknown."""
        return self._marks.get(room)

    def scene(self, room: str) -> Scene:
        """Return what is needed to tell what an event in the room means."""
        known = self._known(room)
        return Scene(
            me=self._server.me,
            now=self._clock.now(),
            name=self._name,
            direct=room in self._direct and known is not None and known.member_count <= PAIR,
            encrypted=self.encrypted(room),
            name_of=lambda person: _name(known, person),
            mine=self._mine,
        )

    def knows(self, room: str) -> bool:
        """Return whether the bot is known to be in the room."""
        return self._known(room) is not None

    def encrypted(self, room: str) -> bool:
        """Return whether the room is known to be encrypted."""
        known = self._known(room)
        return known is not None and bool(known.encrypted)

    def forget(self, room: str) -> None:
        """Forget a room that the bot is no longer in."""
        self._server.client.rooms.pop(room, None)

    def _known(self, room: str) -> "MatrixRoom | None":
        return self._server.client.rooms.get(room)

    def _note_direct(self, content: Json) -> None:
        self._direct.update(room for person in content for room in strings(content, person))

    def _note_room(self, room: str, data: object) -> None:
        for event in [*items(data, "state", "events"), *items(data, "timeline", "events")]:
            if words(event, "sender") != self._server.me:
                continue
            if words(event, "type") == "m.room.message":
                self.note_mine(words(event, "event_id"))
            if words(event, "type") == DIRECT:
                self._marks[room] = mapping(event, "content")
                if len(strings(event, "content", "people")) == 1:
                    self._direct.add(room)


def _name(room: "MatrixRoom | None", person: str) -> str:
    user = room and room.users.get(person)
    return tame_name(str(user.display_name or "")) if user else ""


async def direct_rooms(server: Homeserver) -> Json:
    """Return the account's list of direct rooms by person."""
    try:
        return await server.get("user", server.me, "account_data", "m.direct")
    except NotFound:
        return {}


async def add_direct_room(server: Homeserver, person: str, room: str) -> None:
    """Put a room into the account's list of direct rooms, if it is not there."""
    known = await direct_rooms(server)
    if room not in (rooms := strings(known, person)):
        changed = known | {person: [*rooms, room]}
        await server.put("user", server.me, "account_data", "m.direct", body=changed)
