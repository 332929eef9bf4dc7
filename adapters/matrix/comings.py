"""Who comes into a room, who goes, and where the room itself goes: pure, over raw state events."""

from dataclasses import replace

from adapters.matrix.raw import Json, words
from adapters.matrix.scene import Scene
from bot.conversation.model import Event, Kind
from bot.conversation.plain import tame_name


def membership(raw: Json) -> tuple[str, str]:
    """Return the membership before and after a membership event."""
    before = words(raw, "unsigned", "prev_content", "membership")
    return before or words(raw, "prev_content", "membership"), words(raw, "content", "membership")


def joined(raw: object, person: str) -> bool:
    """Return whether the event is the person's arrival in the room."""
    if not isinstance(raw, dict) or words(raw, "type") != "m.room.member":
        return False
    before, after = membership(raw)
    return words(raw, "state_key") == person and after == "join" and before != "join"


def came_or_went(event: Event, raw: Json, scene: Scene) -> Event | None:
    """Return a person's coming or going; for the bot's own, `by` is who invited it.

    The bot's coming into an encrypted room is not readable.
    """
    person = words(raw, "state_key")
    before, after = membership(raw)
    left = after == "ban" or (after == "leave" and before in ("join", ""))
    if not person or not (left or joined(raw, person)):
        return None
    return replace(
        event,
        kind=Kind.LEAVE if left else Kind.JOIN,
        author=person,
        by=_inviter(raw) if person == scene.me and before == "invite" else event.author,
        bot=person == scene.me,
        readable=not (person == scene.me and scene.encrypted),
        banned=after == "ban",
        name=_member_name(raw) or scene.name_of(person),
    )


def _inviter(raw: Json) -> str:
    """Return who invited a person that comes or is put out, as far as the server says."""
    came = words(raw, "content", "membership") == "join"
    return words(raw, "unsigned", "prev_sender") if came else words(raw, "sender")


def _member_name(raw: Json) -> str:
    return tame_name(
        words(raw, "content", "displayname")
        or words(raw, "unsigned", "prev_content", "displayname")
    )


def moved(event: Event, raw: Json, _: Scene) -> Event | None:
    """Return the room's move to the room that replaces it."""
    target = words(raw, "content", "replacement_room")
    return replace(event, kind=Kind.MOVED, target=target) if target else None
