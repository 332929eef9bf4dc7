"""Matrix as the core's port sees it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self
from urllib.parse import quote

from adapters.matrix import history, rights
from adapters.matrix.client import Homeserver
from adapters.matrix.content import KEY, attached, attachment, message, replacement, transaction
from adapters.matrix.direct import DirectRooms
from adapters.matrix.doorman import Doorman
from adapters.matrix.errors import NotFound
from adapters.matrix.lease import Lease
from adapters.matrix.listening import Listener
from adapters.matrix.raw import at, mapping, words
from adapters.matrix.reading import Reader
from adapters.matrix.rooms import Rooms
from adapters.matrix.scene import PLATFORM
from adapters.matrix.settings import MatrixSettings
from adapters.matrix.translate import as_it_reads, incoming
from adapters.matrix.waiting import insist
from bot.conversation.model import (
    Capabilities,
    DeliveryKey,
    Document,
    Event,
    File,
    MessageRef,
    People,
    PersonRef,
    RoomRef,
    Target,
)
from bot.conversation.plain import tame_name
from bot.conversation.platform import Take

CAPABILITIES = Capabilities(longest=16_000, memory=timedelta(minutes=25))
"""Room for markup beside the words; the memory of the most forgetful servers, Synapse has a day."""

SKEW = timedelta(hours=1)
"""How far a server's clock may be behind ours when we look for what we said."""


class MatrixPlatform:
    """One account on one homeserver, which it asks for nothing before it is used."""

    def __init__(self, settings: MatrixSettings) -> None:
        self._settings = settings
        self._server = Homeserver(settings.credentials)
        self._rooms = Rooms(self._server, settings.clock)
        self._direct = DirectRooms(self._server, self._rooms)
        self._lease = Lease(self._server, settings.clock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Give the account back and close the connections."""
        try:
            await self._lease.give_back()
        finally:
            await self._server.aclose()

    @property
    def name(self) -> str:
        """The platform's short name."""
        return PLATFORM

    @property
    def account(self) -> str:
        """The bot's own Matrix id."""
        return self._server.me

    @property
    def capabilities(self) -> Capabilities:
        """What Matrix can do."""
        return CAPABILITIES

    async def listen(self, take: Take, *, since: str | None) -> None:
        """Hand every batch after `since` to `take` until cancelled; see the port."""
        instance, longest = self._settings.instance, self._settings.longest_pause
        if instance and not self._lease.held:
            await insist("lease_not_taken", lambda: self._lease.take(instance), longest=longest)
        doorman = Doorman(self._server, self._rooms, self._settings, self._say)
        reader = Reader(self._server, self._rooms, doorman, self._settings)
        listener = Listener(self._server, self._rooms, reader, self._settings)
        try:
            async with asyncio.TaskGroup() as group:
                if self._lease.held:
                    group.create_task(self._lease.keep())
                group.create_task(listener.listen(take, since or ""))
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None

    async def reach(self, target: Target, *, key: DeliveryKey) -> RoomRef:
        """Return the room for `target`; see the port."""
        if isinstance(target, People):
            return RoomRef(PLATFORM, await self._direct.reach(target, key))
        return target

    async def post(
        self, room: RoomRef, document: Document, *, key: DeliveryKey, thread: str | None = None
    ) -> MessageRef:
        """Show `document` in `room`; see the port."""
        return MessageRef(room, await self._say(room.id, document, key, thread))

    async def _say(
        self, room: str, document: Document, key: DeliveryKey, thread: str | None = None
    ) -> str:
        file = next((block for block in document.blocks if isinstance(block, File)), None)
        if file is None:
            content = message(document, key, thread)
        else:
            address = await self._server.upload(file.name, file.media_type, file.content)
            content = attachment(file, address, key, thread)
        sent = await self._server.put(
            "rooms", room, "send", "m.room.message", transaction(key), body=content
        )
        self._rooms.note_mine(words(sent, "event_id"))
        return words(sent, "event_id")

    async def find(
        self,
        room: RoomRef,
        key: DeliveryKey,
        *,
        since: datetime,
        document: Document | None = None,  # noqa: ARG002 - a message carries its key
    ) -> MessageRef | None:
        """Return the bot's own message with `key`; see the port."""
        mine = {"senders": [self.account], "types": ["m.room.message"]}
        async for raw in history.since(self._server, room.id, since - SKEW, only=mine):
            if words(raw, "content", KEY) == str(key):
                return MessageRef(room, words(raw, "event_id"))
        return None

    async def history(self, room: RoomRef, *, since: datetime) -> AsyncIterator[Event]:
        """Yield the room's events since `since`, oldest first; see the port."""
        raws = [raw async for raw in history.since(self._server, room.id, since)]
        scene = self._rooms.scene(room.id)
        for raw in reversed(raws):
            event = incoming(room.id, raw, scene)
            if event is not None and not event.bot:
                yield event

    async def fetch(self, message: MessageRef) -> Event | None:
        """Return the message as it reads now; see the port."""
        room = message.room.id
        try:
            raw = await self._server.get("rooms", room, "event", message.id)
        except NotFound:
            return None
        edit = mapping(raw, "unsigned", "m.relations", "m.replace")
        if edit and not at(edit, "content"):
            whole = await self._server.get("rooms", room, "event", words(edit, "event_id"))
            raw["unsigned"]["m.relations"]["m.replace"] = whole
        return as_it_reads(room, raw, self._rooms.scene(room))

    async def wake(self, message: MessageRef) -> None:
        """Let a thread be open, as all of them are; see the port."""

    async def files(self, message: MessageRef, *, largest: int) -> Sequence[File]:
        """Return what is attached to a message; see the port."""
        try:
            raw = await self._server.get("rooms", message.room.id, "event", message.id)
        except NotFound:
            return ()
        file = attached(mapping(raw, "content"), largest)
        if file is None:
            return ()
        content = await self._server.download(file.address) if file.address else b""
        wanted = content if len(content) <= largest else b""
        return (File(file.name, file.media_type, wanted, file.description),)

    async def edit(self, message: MessageRef, document: Document, *, key: DeliveryKey) -> None:
        """Let an own message say `document`; see the port."""
        room = message.room.id
        try:
            raw = await self._server.get("rooms", room, "event", message.id)
        except NotFound:
            return
        if mapping(raw, "content"):
            content = replacement(message.id, document, key)
            once = transaction(key)
            await self._server.put("rooms", room, "send", "m.room.message", once, body=content)

    async def redact(self, message: MessageRef, *, key: DeliveryKey) -> None:
        """Remove a message for all; see the port."""
        once = transaction(key, "redact ")
        try:
            await self._server.put("rooms", message.room.id, "redact", message.id, once, body={})
        except NotFound:
            return

    async def may_manage(self, person: PersonRef, room: RoomRef) -> bool:
        """Return whether the person may manage the room; see the port."""
        return await rights.may_manage(self._server, person.id, room.id)

    async def is_in(self, person: PersonRef, room: RoomRef) -> bool:
        """Return whether the person is in the room; see the port."""
        return await rights.is_in(self._server, person.id, room.id)

    async def present(self, room: RoomRef) -> dict[str, str]:
        """Return the ids and shown names of the people in the room; see the port."""
        joined = mapping(await self._server.get("rooms", room.id, "joined_members"), "joined")
        return {
            person: tame_name(words(profile, "display_name")) or person
            for person, profile in joined.items()
            if person != self.account
        }

    def link(self, place: MessageRef | RoomRef | PersonRef) -> str:
        """Return the address of a message, a room or a person; see the port."""
        if isinstance(place, PersonRef):
            return f"https://matrix.to/#/{quote(place.id, safe='@:')}"
        room = place if isinstance(place, RoomRef) else place.room
        servers = dict.fromkeys(
            name.partition(":")[2] for name in (room.id, self.account) if ":" in name
        )
        via = "&".join(f"via={quote(server, safe=':')}" for server in servers)
        where = quote(room.id, safe="!:")
        if isinstance(place, MessageRef):
            where += f"/{quote(place.id, safe='$:')}"
        return f"https://matrix.to/#/{where}?{via}"
