"""The content of the messages that the bot sends."""

import hashlib
import json
from dataclasses import dataclass

from adapters.matrix.markup import render
from adapters.matrix.raw import Json, number, words
from adapters.matrix.translate import ATTACHED
from bot.conversation.model import DeliveryKey, Document, File
from bot.conversation.plain import tame, tame_name

KEY = "org.circlekeeper.key"
LARGEST = 60_000
"""Bytes of content that surely fit into an event, whose bound is 65,536."""
PNG = b"\x89PNG\r\n\x1a\n"
PNG_WIDTH, PNG_HEIGHT, PNG_HEAD = 16, 20, 24


def transaction(key: DeliveryKey, purpose: str = "") -> str:
    """Return the transaction id that belongs to a key for ever, another for each purpose."""
    return hashlib.sha256(f"{purpose}{key}".encode()).hexdigest()


def message(document: Document, key: DeliveryKey, thread: str | None) -> Json:
    """Return the content of a message; one that is too large goes without its HTML."""
    shown = render(document)
    content = {"msgtype": "m.text" if document.rings else "m.notice", "body": shown.body}
    content |= _around(shown.mentions, key, thread)
    dressed = {"format": "org.matrix.custom.html", "formatted_body": shown.html}
    fits = len(json.dumps(content | dressed, ensure_ascii=False).encode()) <= LARGEST
    return content | (dressed if fits else {})


def replacement(original: str, document: Document, key: DeliveryKey) -> Json:
    """Return the content of an edit, which rings for nobody."""
    new = message(document, key, None)
    shown = {"msgtype": new["msgtype"], "body": f"* {new['body']}", KEY: str(key)}
    relation = {"rel_type": "m.replace", "event_id": original}
    new["m.mentions"] = {}
    return shown | {"m.mentions": {}, "m.new_content": new, "m.relates_to": relation}


def attachment(file: File, address: str, key: DeliveryKey, thread: str | None) -> Json:
    """Return the content of a file that lies at `address`."""
    kind = "m.image" if file.media_type.startswith("image/") else "m.file"
    name = tame_name(file.name) or "file"
    caption = tame(file.description)
    return {
        "msgtype": kind,
        "body": caption or name,
        "filename": name,
        "url": address,
        "info": {"mimetype": file.media_type, "size": len(file.content)} | _size(file.content),
    } | _around((), key, thread)


@dataclass(frozen=True, slots=True)
class Attached:
    """What a message carries; `address` is where a picture lies that is worth being fetched."""

    name: str
    media_type: str
    description: str
    address: str


def attached(content: Json, largest: int) -> Attached | None:
    """Return what a message carries, None for words; what is not said to fit has no address."""
    if words(content, "msgtype") not in ATTACHED:
        return None
    name = words(content, "filename") or words(content, "body") or "file"
    kind, size = words(content, "info", "mimetype"), number(content, "info", "size")
    address = words(content, "url")
    wanted = kind.startswith("image/") and 0 < size <= largest and address.startswith("mxc://")
    return Attached(name, kind, words(content, "body") or name, address if wanted else "")


def _around(mentions: tuple[str, ...], key: DeliveryKey, thread: str | None) -> Json:
    return {
        "m.mentions": {"user_ids": list(mentions)} if mentions else {},
        KEY: str(key),
    } | ({"m.relates_to": _in_thread(thread)} if thread else {})


def _in_thread(thread: str) -> Json:
    return {
        "rel_type": "m.thread",
        "event_id": thread,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": thread},
    }


def _size(content: bytes) -> Json:
    if not content.startswith(PNG) or len(content) < PNG_HEAD:
        return {}
    width, height = (int.from_bytes(content[at : at + 4]) for at in (PNG_WIDTH, PNG_HEIGHT))
    return {"w": width, "h": height}
