"""What a sync's answer means for the core: gaps filled, each event once, oldest first."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import structlog

from adapters.matrix.client import Homeserver
from adapters.matrix.comings import joined
from adapters.matrix.doorman import Doorman
from adapters.matrix.history import missed, silent_arrival, since_arrival
from adapters.matrix.raw import Json, at, items, mapping, words
from adapters.matrix.rooms import Rooms
from adapters.matrix.settings import MatrixSettings
from adapters.matrix.translate import incoming
from adapters.matrix.waiting import Pauses, surviving
from bot.conversation.model import (
    AccountLost,
    Event,
    Kind,
    PlatformError,
    PlatformUnavailable,
)

ENOUGH = 8
"""Attempts after which a room whose past alone cannot be read is left."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Reader:
    """Reads the answers to syncs, and has the doorman do what they ask of the bot itself."""

    server: Homeserver
    rooms: Rooms
    doorman: Doorman
    settings: MatrixSettings

    async def events(self, answer: Json, since: str, start: str) -> tuple[Event, ...]:
        """Return what the core should hear of what happened after the token `since`.

        With a token `start` the answer shows the present only, and what happened before it is
        read from the rooms' history. At the very first start there is nothing before, but the
        rooms in which the bot has not said a word: it may have died just when it had come.
        """
        for room, invitation in mapping(answer, "rooms", "invite").items():
            await self.doorman.answer(room, invitation)
        if not since:
            return await self._unheard(mapping(answer, "rooms", "join"))
        told: dict[tuple[str, str], Event] = {}
        for kept in ("join", "leave"):
            for room, data in mapping(answer, "rooms", kept).items():
                raws = await self._raw(room, data, since, start)
                for event in await self._told(room, raws):
                    told.setdefault((event.room, event.id), event)
                if kept == "leave":
                    self.rooms.forget(room)
        return tuple(told.values())

    async def _unheard(self, rooms: Iterable[str]) -> tuple[Event, ...]:
        told: list[Event] = []
        for room in rooms:
            with surviving("not_read", room):
                came = await silent_arrival(self.server, room)
                told += await self._told(room, [came] if came else [])
        return tuple(told)

    async def _raw(self, room: str, data: object, since: str, start: str) -> list[Json]:
        timeline = [event for event in items(data, "timeline", "events") if isinstance(event, dict)]
        recent = since_arrival(timeline, self.server.me)
        if start:
            return await self._missed(room, start, since)
        limited = at(data, "timeline", "limited") is True
        before = words(data, "timeline", "prev_batch")
        if not (limited and before) or (recent and joined(recent[0], self.server.me)):
            return recent
        return [*await self._missed(room, before, since), *recent]

    async def _missed(self, room: str, start: str, until: str) -> list[Json]:
        pauses = Pauses(self.settings.longest_pause)
        for attempt in range(1, 1_000_000):
            try:
                return await missed(self.server, room, start=start, until=until)
            except PlatformUnavailable as error:
                if attempt >= ENOUGH and not error.retry_after and await self._answers():
                    break
                await pauses.pause(error)
            except AccountLost:
                raise
            except PlatformError:
                break
        log.error("gap_not_filled", action="gap_not_filled", room=room)
        return []

    async def _answers(self) -> bool:
        try:
            await self.server.get("account", "whoami")
        except PlatformUnavailable:
            return False
        return True

    async def _told(self, room: str, raws: Iterable[Json]) -> list[Event]:
        told: list[Event | None] = []
        for raw in raws:
            with surviving("not_settled", room):
                if tombstone := await self.doorman.settle(room, raw):
                    told.append(self._event(words(tombstone, "room_id"), tombstone))
            told.append(self._event(room, raw))
        return [event for event in told if event is not None]

    def _event(self, room: str, raw: Json) -> Event | None:
        try:
            event = incoming(room, raw, self.rooms.scene(room))
            return event and self._heard(event)
        except Exception as error:  # noqa: BLE001 - one bad event must not cost the others
            name = type(error).__name__
            log.warning("event_skipped", action="event_skipped", room=room, error=name)
            return None

    def _heard(self, event: Event) -> Event | None:
        """Return the event unless it is about the bot and its own doing.

        A move is told when the bot is in the new room: with the tombstone, or on coming there.
        """
        if event.kind is Kind.MOVED and not self.rooms.knows(event.target or ""):
            return None
        if event.kind is Kind.JOIN and event.bot:
            by = self.doorman.inviters.get(event.room) or event.by
            return None if by == self.server.me else replace(event, by=by)
        return event
