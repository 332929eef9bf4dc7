"""Matrix events as events of the core: pure, over JSON that anybody may have written."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from adapters.matrix.comings import came_or_went, moved
from adapters.matrix.raw import Json, at, mapping, number, strings, words
from adapters.matrix.scene import PLATFORM, Reader, Scene
from bot.conversation.model import Event, Kind

SAID = frozenset({"m.text", "m.emote"})
SHOWN = frozenset({"m.file", "m.image", "m.audio", "m.video", "m.location"})
ATTACHED = SHOWN - {"m.location"}
FALLBACK = re.compile(r"> (\* )?<@")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def incoming(room: str, raw: Json, scene: Scene) -> Event | None:
    """Return what the core should hear of an event; None for what is the bot's own or unknown."""
    kind = words(raw, "type")
    reader = STATES.get(kind) if "state_key" in raw else MESSAGES.get(kind)
    own = words(raw, "sender") == scene.me and kind not in STATES
    if reader is None or own or not (words(raw, "event_id") and words(raw, "sender")):
        return None
    return reader(_bare(room, raw, scene), raw, scene)


def as_it_reads(room: str, raw: Json, scene: Scene) -> Event | None:
    """Return a message with its last edit applied, also the bot's own; None when it is gone."""
    if words(raw, "type") != "m.room.message" or not words(raw, "event_id"):
        return None
    edit = mapping(raw, "unsigned", "m.relations", "m.replace")
    by_author = words(edit, "sender") == words(raw, "sender")
    content = mapping(edit, "content", "m.new_content") if by_author else {}
    event = _told(_bare(room, raw, scene), mapping(raw, "content"))
    if event is None:
        return None
    if words(raw, "sender") == scene.me:
        event = replace(event, kind=Kind.POST, bot=True)
    text = _text(content) if content else event.text
    files = _files(content) if content else event.files
    return replace(event, text=text, files=files, called=_called(text, scene))


def _bare(room: str, raw: Json, scene: Scene) -> Event:
    author = words(raw, "sender")
    return Event(
        id=words(raw, "event_id"),
        at=_moment(raw, scene.now),
        platform=PLATFORM,
        room=room,
        kind=Kind.MESSAGE,
        author=author,
        name=scene.name_of(author),
        direct=scene.direct,
    )


def _moment(raw: Json, now: datetime) -> datetime:
    """Return when the server got it; now, when it says nothing or tells of the future."""
    sent = number(raw, "origin_server_ts")
    latest = (now - EPOCH) // timedelta(milliseconds=1)
    return EPOCH + timedelta(milliseconds=sent) if 0 < sent <= latest else now


# --- what people say -------------------------------------------------------------------------


def _message(event: Event, raw: Json, scene: Scene) -> Event | None:
    content = mapping(raw, "content")
    edited = words(content, "m.relates_to", "event_id")
    if words(content, "m.relates_to", "rel_type") != "m.replace":
        told = _told(event, content)
        return told and replace(
            told, addressed=_addressed(told, scene), called=_called(told.text, scene)
        )
    told = _told(event, mapping(content, "m.new_content"))
    if told is None or not edited:
        return None
    return replace(told, kind=Kind.EDIT, target=edited, called=_called(told.text, scene))


def _told(event: Event, content: Json) -> Event | None:
    """Return the event with what it says and to what; None for notices and the unknown."""
    if words(content, "msgtype") not in SAID | SHOWN:
        return None
    relation = mapping(content, "m.relates_to")
    threaded = words(relation, "rel_type") == "m.thread"
    replied = words(relation, "m.in_reply_to", "event_id")
    filler = threaded and relation.get("is_falling_back") is True
    return replace(
        event,
        text=_text(content),
        files=_files(content),
        thread=(words(relation, "event_id") or None) if threaded else None,
        reply_to=None if filler else replied or None,
        mentions=tuple(dict.fromkeys(strings(content, "m.mentions", "user_ids"))),
    )


def _text(content: Json) -> str:
    """Return the words without the quotation that old clients put before a reply."""
    body = words(content, "body")
    if words(content, "msgtype") in SHOWN:
        return body or words(content, "filename")
    if not at(content, "m.relates_to", "m.in_reply_to") or not FALLBACK.match(body):
        return body
    lines = body.split("\n")
    while lines and lines[0].startswith(">"):
        del lines[0]
    return "\n".join(lines[1:] if lines and not lines[0].strip() else lines)


def _files(content: Json) -> tuple[str, ...]:
    """Return what is attached: a caption where there is one, else the file's name."""
    shown = words(content, "msgtype") in ATTACHED
    return (words(content, "body") or words(content, "filename"),) if shown else ()


def _addressed(event: Event, scene: Scene) -> bool:
    return (
        scene.me in event.mentions
        or (event.reply_to is not None and event.reply_to in scene.mine)
        or bool(_called(event.text, scene))
    )


def _called(text: str, scene: Scene) -> str:
    """Return what follows the bot's name where words begin with it, without a colon or comma."""
    said = text.lstrip().removeprefix("@")
    for name in (scene.me.removeprefix("@"), scene.name.removeprefix("@")):
        rest = said[len(name) :]
        if name and said[: len(name)].casefold() == name.casefold() and not rest[:1].isalnum():
            return rest.lstrip(" :,\n") or name
    return ""


def _reaction(event: Event, raw: Json, _: Scene) -> Event | None:
    relation = mapping(raw, "content", "m.relates_to")
    target, key = words(relation, "event_id"), words(relation, "key")
    if words(relation, "rel_type") != "m.annotation" or not (target and key):
        return None
    return replace(event, kind=Kind.REACTION, target=target, text=key)


def _redaction(event: Event, raw: Json, _: Scene) -> Event | None:
    target = words(raw, "content", "redacts") or words(raw, "redacts")
    return replace(event, kind=Kind.DELETE, target=target) if target else None


MESSAGES: Mapping[str, Reader] = {
    "m.room.message": _message,
    "m.reaction": _reaction,
    "m.room.redaction": _redaction,
}
STATES: Mapping[str, Reader] = {
    "m.room.member": came_or_went,
    "m.room.tombstone": moved,
}
