"""The sync loop: what the homeserver brings, in order, handed on one batch at a time."""

import json
from dataclasses import dataclass
from datetime import timedelta

import structlog

from adapters.matrix.client import Homeserver
from adapters.matrix.raw import Json, words
from adapters.matrix.reading import Reader
from adapters.matrix.rooms import Rooms
from adapters.matrix.settings import MatrixSettings
from adapters.matrix.waiting import Pauses, insist
from adapters.matrix.watchdog import Look, Watchdog
from bot.conversation.model import (
    AccountLost,
    Batch,
    PlatformError,
    PlatformUnavailable,
)
from bot.conversation.platform import Take

NONE: Json = {"not_types": ["*"]}
FILTER = json.dumps(
    {
        "presence": NONE,
        "account_data": {"types": ["m.direct"]},
        "room": {
            "timeline": {"limit": 100, "lazy_load_members": True},
            "state": {"lazy_load_members": True},
            "ephemeral": NONE,
            "account_data": NONE,
        },
    }
)
FULL_PATIENCE, GRACE = 300.0, 15.0
"""Seconds for a look at everything, and for an answer that is due."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Listener:
    """Hears one account's rooms."""

    server: Homeserver
    rooms: Rooms
    reader: Reader
    settings: MatrixSettings

    async def listen(self, take: Take, since: str) -> None:
        """Hand every batch after `since` to `take` until cancelled; raises AccountLost."""
        longest = self.settings.longest_pause
        await insist("not_prepared", self.rooms.learn_myself, longest=longest)
        watchdog = Watchdog(self.settings.stalled_after)
        while True:
            batch = await self._next(since, watchdog)
            if batch.token != since:
                await self._hand(take, batch)
                since = batch.token

    async def _hand(self, take: Take, batch: Batch) -> None:
        pauses = Pauses(self.settings.longest_pause)
        while True:
            try:
                return await take(batch)
            except Exception as error:  # a batch is handed again until it is stored
                log.exception("batch_not_taken", action="batch_not_taken")
                await pauses.pause(error)

    async def _next(self, since: str, watchdog: Watchdog) -> Batch:
        """Return the next batch; one with the same token brings nothing."""
        longest = self.settings.longest_pause
        look, answer = await insist(
            "not_synced", lambda: self._sync(since, watchdog), longest=longest
        )
        token = words(answer, "next_batch")
        watchdog.heard(new=token != since)
        await self.rooms.note(answer, whole=look is not Look.ON)
        if token == since:
            return Batch(self.server.me, since)
        start = token if look is Look.AFRESH else ""
        events = await insist(
            "not_read", lambda: self.reader.events(answer, since, start), longest=longest
        )
        return Batch(self.server.me, token, events)

    async def _sync(self, since: str, watchdog: Watchdog) -> tuple[Look, Json]:
        look = watchdog.look() if since else Look.AFRESH
        try:
            answer = await self._ask(since, look)
        except (PlatformUnavailable, AccountLost):
            raise
        except PlatformError as error:
            if look is not Look.AFRESH:
                watchdog.refused()
            raise PlatformUnavailable(str(error)) from error
        if not words(answer, "next_batch"):
            raise PlatformUnavailable("The homeserver's answer to a sync has no token.")
        return look, answer

    async def _ask(self, since: str, look: Look) -> Json:
        if look is Look.AFRESH:
            return await self.server.get("sync", patience=FULL_PATIENCE, filter=FILTER)
        asked = {"since": since, "filter": FILTER}
        if look is Look.FULL:
            asked |= {"full_state": "true", "timeout": "0"}
            return await self.server.get("sync", patience=FULL_PATIENCE, **asked)
        wait = self.settings.sync_timeout
        asked |= {"timeout": str(wait // timedelta(milliseconds=1))}
        return await self.server.get("sync", patience=wait.total_seconds() + GRACE, **asked)
