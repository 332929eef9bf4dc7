"""The invented community as the core's port sees it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote

import structlog

from adapters.console.client import BOT, PLATFORM, Community, Entry
from bot.conversation.model import (
    Batch,
    Capabilities,
    DeliveryKey,
    Document,
    Event,
    File,
    Kind,
    MessageRef,
    NotPermitted,
    People,
    PersonRef,
    RoomRef,
    Target,
)
from bot.conversation.plain import plain
from bot.conversation.platform import Take

CAPABILITIES = Capabilities(longest=16_000, memory=timedelta(days=36_500))
RECORD = "transcript.jsonl"
"""The file in which everything stands that happened; links lead there, by the message's id."""
AGAIN = 0.02
"""Seconds before a batch that was not taken is handed again."""

log = structlog.get_logger(__name__)


class ConsolePlatform:
    """The bot's account in a community; another one on the same community is a restart."""

    def __init__(self, community: Community) -> None:
        self._community = community
        self._heard: asyncio.Event = asyncio.Event()
        self._upto = 0

    @property
    def name(self) -> str:
        """The platform's short name."""
        return PLATFORM

    @property
    def account(self) -> str:
        """The bot's own id."""
        return BOT

    @property
    def capabilities(self) -> Capabilities:
        """What the console can do."""
        return CAPABILITIES

    async def listen(self, take: Take, *, since: str | None) -> None:
        """Hand every batch after `since` to `take` until cancelled; see the port."""
        now = len(self._community.entries)
        if since is None:
            await self._hand(take, Batch(BOT, str(now)))
        self._upto = now if since is None else int(since)
        while True:
            now = len(self._community.entries)
            if now == self._upto:
                self._heard.set()
                await self._community.news()
                continue
            told = filter(self._is_told, self._community.entries[self._upto : now])
            events = tuple(entry.event for entry in told)
            if events:
                await self._hand(take, Batch(BOT, str(now), events))
            self._upto = now

    async def caught_up(self) -> None:
        """Wait until everything that has happened was taken."""
        while self._upto < len(self._community.entries):
            self._heard.clear()
            await self._heard.wait()

    async def _hand(self, take: Take, batch: Batch) -> None:
        while True:
            try:
                return await take(batch)
            except Exception:  # a batch is handed again until it is stored
                log.exception("batch_not_taken", action="batch_not_taken")
                await asyncio.sleep(AGAIN)

    def _is_told(self, entry: Entry) -> bool:
        room = self._community.rooms[entry.event.room]
        own = entry.event.author == BOT and entry.event.kind not in (Kind.JOIN, Kind.LEAVE)
        return room.bot and not entry.gone and not own

    async def reach(self, target: Target, *, key: DeliveryKey) -> RoomRef:
        """Return the room for `target`; see the port."""
        if isinstance(target, People):
            return RoomRef(PLATFORM, self._community.direct(target, key).id)
        return target

    async def post(
        self, room: RoomRef, document: Document, *, key: DeliveryKey, thread: str | None = None
    ) -> MessageRef:
        """Show `document` in `room`; see the port."""
        said = self._community.post(room.id, document, plain(document), key, thread)
        return MessageRef(room, said.id)

    async def find(
        self,
        room: RoomRef,
        key: DeliveryKey,
        *,
        since: datetime,
        document: Document | None = None,  # noqa: ARG002 - a message carries its key
    ) -> MessageRef | None:
        """Return the bot's own message with `key`; see the port."""
        for entry in self._community.here(room.id):
            if entry.key == str(key) and entry.event.at >= since:
                return MessageRef(room, entry.event.id)
        return None

    async def history(self, room: RoomRef, *, since: datetime) -> AsyncIterator[Event]:
        """Yield the room's events since `since`, oldest first; see the port."""
        self._enter(room)
        for entry in list(self._community.here(room.id)):
            if entry.event.at >= since and entry.event.author != BOT:
                yield entry.event

    async def fetch(self, message: MessageRef) -> Event | None:
        """Return the message as it reads now; see the port."""
        self._enter(message.room)
        return self._community.as_it_reads(message.room.id, message.id)

    async def wake(self, message: MessageRef) -> None:
        """Let a thread be open, as all of them are; see the port."""
        self._enter(message.room)

    async def files(self, message: MessageRef, *, largest: int) -> Sequence[File]:
        """Return what is attached to a message; see the port. People here only write."""
        self._enter(message.room)
        here = self._community.here(message.room.id)
        said = [entry.document for entry in here if entry.event.id == message.id]
        files = [block for each in said if each for block in each.blocks if isinstance(block, File)]
        return [_fitting(file, largest) for file in files]

    async def edit(self, message: MessageRef, document: Document, *, key: DeliveryKey) -> None:
        """Let an own message say `document`; see the port."""
        self._enter(message.room)
        text = plain(document)
        self._community.rewrite(message.room.id, message.id, document, text, str(key))

    async def redact(self, message: MessageRef, *, key: DeliveryKey) -> None:  # noqa: ARG002 - gone is gone
        """Remove a message for all; see the port."""
        self._enter(message.room)
        self._community.redact(message.room.id, message.id)

    async def may_manage(self, person: PersonRef, room: RoomRef) -> bool:
        """Return whether the person may manage the room; see the port."""
        found = self._community.rooms[room.id]
        return person.id in found.managers & found.inside

    async def is_in(self, person: PersonRef, room: RoomRef) -> bool:
        """Return whether the person is in the room; see the port."""
        self._enter(room)
        return person.id in self._community.rooms[room.id].inside

    async def present(self, room: RoomRef) -> dict[str, str]:
        """Return the ids and shown names of the people in the room; see the port."""
        self._enter(room)
        people = self._community.people
        return {who: people[who].name for who in sorted(self._community.rooms[room.id].inside)}

    def link(self, place: MessageRef | RoomRef | PersonRef) -> str:
        """Return where the record tells of a message or a person, or the record; see the port."""
        if isinstance(place, RoomRef):
            return RECORD
        return f"{RECORD}#{quote(place.id)}"

    def _enter(self, room: RoomRef) -> None:
        found = self._community.rooms.get(room.id)
        if found is None or not found.bot:
            raise NotPermitted(f"The bot is not in {room.id}")


def _fitting(file: File, largest: int) -> File:
    """Return a file, without its content where that is no picture or too large."""
    picture = file.media_type.startswith("image/") and len(file.content) <= largest
    return file if picture else replace(file, content=b"")
