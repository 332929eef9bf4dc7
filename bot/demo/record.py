"""The transcript: every event of the story, one JSON object a line."""

import json
from collections.abc import Iterable, Mapping

from adapters.console.client import Entry
from bot.conversation.model import Event, Kind

FIELDS = (
    "id",
    "at",
    "platform",
    "room",
    "thread",
    "kind",
    "author",
    "text",
    "reply_to",
    "target",
    "mentions",
)


def transcript(entries: Iterable[Entry], kinds: Mapping[str, Kind]) -> str:
    """Return the record; `kinds` names by id what was a command or an answer.

    What was deleted stands there without its words.
    """
    return "".join(f"{_line(entry.event, kinds)}\n" for entry in entries)


def _line(event: Event, kinds: Mapping[str, Kind]) -> str:
    held = {name: getattr(event, name) for name in FIELDS}
    held |= {"at": event.at.isoformat(), "kind": kinds.get(event.id, event.kind).value}
    return json.dumps(held | {"mentions": list(event.mentions)}, ensure_ascii=False)
