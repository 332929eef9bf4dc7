"""One request as a handler sees it, and what it asks to post."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tests.support.discord.gateway import Gateway
from tests.support.discord.interactions import Interactions
from tests.support.discord.model import ApiError, Attachment, Channel, Draft, Json, Message
from tests.support.discord.world import World

Reply: TypeAlias = Any
Handler: TypeAlias = "Callable[[Call], Reply]"


@dataclass(frozen=True)
class Upload:
    """A file that came with a request."""

    filename: str
    content_type: str
    data: bytes


@dataclass
class Call:
    """A request; `body` is its JSON, also when files came along."""

    world: World
    gateway: Gateway
    interactions: Interactions
    method: str
    template: str
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None
    files: dict[str, Upload] = field(default_factory=dict)
    status: int = 200

    def id(self, name: str) -> int:
        """Return an id from the path."""
        if not self.path[name].isdigit():
            raise ApiError(400, 50035, "Invalid Form Body")
        return int(self.path[name])

    def number(self, name: str, otherwise: int) -> int:
        """Return a number from the query."""
        return int(self.query.get(name, otherwise))

    def moment(self, name: str) -> int | None:
        """Return an id from the query, None if it is not asked for."""
        return int(self.query[name]) if name in self.query else None

    def channel(self) -> Channel:
        """Return the channel that the path names."""
        return self.world.channel(self.id("channel_id"))

    def message(self) -> Message:
        """Return the message that the path names."""
        return self.world.message(self.channel(), self.id("message_id"))

    def draft(self, body: Mapping[str, Any], channel: Channel, old: Message | None = None) -> Draft:
        """Return what a body wants to post, or to make of `old`: what it leaves out stays."""
        reference = body.get("message_reference") or {}
        return Draft(
            content=body.get("content", old.content if old else "") or "",
            embeds=body.get("embeds", old.embeds if old else []) or [],
            components=body.get("components", old.components if old else []) or [],
            attachments=self._attachments(body, channel, old),
            flags=int(body.get("flags", old.flags if old else 0) or 0),
            nonce=body.get("nonce"),
            enforce_nonce=bool(body.get("enforce_nonce")),
            reply_to=int(reference["message_id"]) if reference else None,
            reply_must_exist=reference.get("fail_if_not_exists", True),
            allowed_mentions=body.get("allowed_mentions"),
        )

    def _attachments(
        self, body: Mapping[str, Any], channel: Channel, old: Message | None
    ) -> list[Attachment]:
        """Return the files of a message: those kept, then those that came along."""
        had = {str(each.id): each for each in old.attachments} if old else {}
        listed = {str(each["id"]): each for each in body.get("attachments") or []}
        kept = [had[each] for each in had if "attachments" not in body or each in listed]
        for field_name, upload in self.files.items():
            number = field_name.removeprefix("files[").removesuffix("]")
            told: Json = listed.get(number, {})
            made = Attachment(
                self.world.new_id(),
                told.get("filename") or upload.filename,
                upload.data,
                upload.content_type,
                channel.id,
                told.get("description"),
            )
            kept.append(made)
        return kept


@dataclass(frozen=True)
class Route:
    """A method and a path of Discord's description, and who serves it; `open`: no token needed."""

    method: str
    path: str
    handler: Handler
    open: bool = False


ROUTES: list[Route] = []


def route(method: str, path: str, *, open_: bool = False) -> Callable[[Handler], Handler]:
    """Register a handler. It returns JSON, or None for "204 No Content"."""

    def register(handler: Handler) -> Handler:
        ROUTES.append(Route(method, path, handler, open_))
        return handler

    return register
