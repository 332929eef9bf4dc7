"""What the bot does by itself at the doors of rooms: come when invited, stay out, move."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import structlog

from adapters.matrix.client import Homeserver, path
from adapters.matrix.comings import joined
from adapters.matrix.errors import NotFound
from adapters.matrix.raw import Json, at, items, mapping, number, words
from adapters.matrix.rights import state
from adapters.matrix.rooms import Rooms, add_direct_room
from adapters.matrix.settings import MatrixSettings
from adapters.matrix.waiting import surviving
from bot.conversation.model import (
    AccountLost,
    DeliveryKey,
    Document,
    NotPermitted,
    PlatformError,
    PlatformUnavailable,
)

Say = Callable[[str, Document, DeliveryKey], Awaitable[object]]

log = structlog.get_logger(__name__)


def welcome(inviter: str, patterns: tuple[str, ...]) -> bool:
    """Return whether one of the patterns names the inviter; a star stands for a part of a name."""
    return any(
        pattern == "*"
        or re.fullmatch(re.escape(pattern.removeprefix("@")).replace(r"\*", "[^:]*"), inviter[1:])
        for pattern in patterns
    )


@dataclass(slots=True)
class Doorman:
    """Answers invitations, and sees to rooms that the bot has just come into or must change."""

    server: Homeserver
    rooms: Rooms
    settings: MatrixSettings
    say: Say
    inviters: dict[str, str] = field(default_factory=dict)

    async def answer(self, room: str, invitation: object) -> None:
        """Join the room if the inviter may invite, else turn the invitation down."""
        events = items(invitation, "invite_state", "events")
        mine: object = next((event for event in events if self._about_me(event)), {})
        inviter = words(mine, "sender")
        if not (welcome(inviter, self.settings.invites_from) or await self._ours(room, events)):
            log.info("invitation_declined", action="invitation_declined", room=room)
            await self._try("leave", room, {"reason": self.settings.not_invited})
        elif await self._try("join", room, {}):
            log.info("invitation_accepted", action="invitation_accepted", room=room)
            self.inviters[room] = inviter

    async def settle(self, room: str, raw: Json) -> Json | None:
        """Do what an event in a room asks of the bot itself.

        Returns the tombstone of the room that this one replaces, when the bot has just come.
        """
        if joined(raw, self.server.me):
            return await self._arrive(room, raw)
        if words(raw, "type") == "m.room.tombstone" and "state_key" in raw:
            await self._follow(room, raw)
        elif words(raw, "type") == "m.room.encryption" and not at(raw, "unsigned", "prev_content"):
            await self._cannot_read(room, raw)
        return None

    async def _arrive(self, room: str, raw: Json) -> Json | None:
        tombstone = await self._tombstone(room, await state(self.server, room, "m.room.create"))
        inviter = words(raw, "unsigned", "prev_sender") or self.inviters.get(room, "")
        if inviter and at(raw, "unsigned", "prev_content", "is_direct") is True:
            await add_direct_room(self.server, inviter, room)
            self.rooms.note_direct(room)
        if self.rooms.encrypted(room):
            with surviving("not_settled", room):
                came, sealed = raw, await self._event(room, "m.room.encryption")
                await self._cannot_read(room, max(came, sealed, key=_moment))
        return tombstone

    async def _follow(self, room: str, raw: Json) -> None:
        target, via = words(raw, "content", "replacement_room"), words(raw, "sender")
        if target and not self.rooms.knows(target):
            came = await self._try("join", target, {}, via=via.partition(":")[2])
            log.info("room_upgraded", action="room_upgraded", room=room, target=target, came=came)

    async def _ours(self, room: str, stripped: list[object]) -> bool:
        creates = (event for event in stripped if words(event, "type") == "m.room.create")
        create = mapping(next(creates, {}), "content")
        return await self._tombstone(room, create) is not None

    async def _tombstone(self, room: str, create: Json | None) -> Json | None:
        """Return the tombstone that leads here from a room of ours.

        What a room says of its predecessor counts only when that one says the same.
        """
        before = words(create, "predecessor", "room_id")
        if not before:
            return None
        try:
            found = await self._event(before, "m.room.tombstone")
        except (NotFound, NotPermitted):
            return None
        leads_here = words(found, "content", "replacement_room") == room
        return found | {"room_id": before} if leads_here else None

    async def _event(self, room: str, kind: str) -> Json:
        return await self.server.get("rooms", room, "state", kind, "", format="event")

    def _about_me(self, event: object) -> bool:
        me = words(event, "state_key") == self.server.me
        return me and words(event, "content", "membership") == "invite"

    async def _try(self, verb: str, room: str, body: Json, via: str = "") -> bool:
        """Return whether the bot could `join` or `leave`."""
        where = path("join", room) if verb == "join" else path("rooms", room, verb)
        query = {"server_name": via, "via": via} if via else None
        try:
            await self.server.call("POST", where, body=body, query=query)
        except (PlatformUnavailable, AccountLost):
            raise
        except PlatformError as error:
            log.warning("no_entry", action="no_entry", verb=verb, room=room, why=str(error))
            return False
        return True

    async def _cannot_read(self, room: str, since: Json) -> None:
        """Say it, once for the event since which it is so, however often that is heard."""
        key = DeliveryKey("", "", "encrypted", _moment(since), f"matrix:{room}")
        with surviving("not_said", room):
            await self.say(room, self.settings.cannot_read, key)


def _moment(raw: Json) -> int:
    return number(raw, "origin_server_ts")
