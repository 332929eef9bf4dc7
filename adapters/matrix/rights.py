"""Who may manage a room, from its raw state.

nio's own levels know no creators of room version 12 and do not see a moderator's removal.
"""

from adapters.matrix.client import Homeserver
from adapters.matrix.errors import NotFound
from adapters.matrix.raw import Json, items, mapping, number, strings, words
from bot.conversation.model import NotPermitted

MODERATOR = 50
CREATOR = 2**53
SINCE_CREATORS_RULE = 12


def level(person: str, levels: Json | None, create: Json) -> int:
    """Return the person's power: without bounds for a creator from room version 12 on.

    `levels` is the content of the room's power levels, None where there are none: then the
    creator has 100. `create` is the whole create event.
    """
    sender, content = words(create, "sender"), mapping(create, "content")
    if creators_rule(words(content, "room_version")):
        if person == sender or person in strings(content, "additional_creators"):
            return CREATOR
    elif levels is None:
        return 100 if person in (sender, words(content, "creator")) else 0
    users = mapping(levels, "users")
    return number(users, person, default=number(levels, "users_default"))


def creators_rule(version: str) -> bool:
    """Return whether rooms of this version put their creators above all levels."""
    if version.isdecimal():
        return int(version) >= SINCE_CREATORS_RULE
    return version.startswith("org.matrix.hydra")


def needed(levels: Json | None) -> int:
    """Return the power that managing the room takes."""
    return max(MODERATOR, number(levels, "state_default", default=MODERATOR))


async def may_manage(server: Homeserver, person: str, room: str) -> bool:
    """Return whether the person is in the room and may change its settings."""
    if not await is_in(server, person, room):
        return False
    levels = await state(server, room, "m.room.power_levels")
    return level(person, levels, await _create(server, room)) >= needed(levels)


async def is_in(server: Homeserver, person: str, room: str) -> bool:
    """Return whether the person is in the room."""
    member = await state(server, room, "m.room.member", person)
    return words(member, "membership") == "join"


async def state(server: Homeserver, room: str, kind: str, of: str = "") -> Json | None:
    """Return the content of one piece of the room's state, None if there is none."""
    try:
        return await server.get("rooms", room, "state", kind, of)
    except NotFound:
        return None


async def _create(server: Homeserver, room: str) -> Json:
    event = await server.get("rooms", room, "state", "m.room.create", "", format="event")
    if words(event, "sender"):
        return event
    return await _create_among_all(server, room)


async def _create_among_all(server: Homeserver, room: str) -> Json:
    for event in await whole_state(server, room):
        if words(event, "type") == "m.room.create":
            return event
    raise NotPermitted("The homeserver does not show who made the room.")


async def whole_state(server: Homeserver, room: str) -> list[Json]:
    """Return every state event of a room."""
    answer = await server.get("rooms", room, "state")
    return [event for event in items(answer, "events") if isinstance(event, dict)]
