"""One running bot an account: a mark in the account's own data that says who runs."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import structlog

from adapters.matrix.client import Homeserver
from adapters.matrix.errors import AlreadyRunning, NotFound
from adapters.matrix.raw import Json, number, words
from bot.conversation.model import Clock, PlatformError, PlatformUnavailable

MARK = "org.circlekeeper.lease"
FRESH = timedelta(seconds=90)
REFRESH = timedelta(seconds=30)

log = structlog.get_logger(__name__)


class Lease:
    """The right of one instance to use the account, kept as long as it is refreshed."""

    def __init__(self, server: Homeserver, clock: Clock) -> None:
        self._server = server
        self._clock = clock
        self._instance = ""

    @property
    def held(self) -> bool:
        """Return whether the lease was taken and not given back."""
        return bool(self._instance)

    async def take(self, instance: str) -> None:
        """Mark the account as used by `instance`, and look whether another came first.

        Raises:
            AlreadyRunning: another instance's mark is fresh.
        """
        self._refuse_another(await self._read(), instance)
        await self._write({"instance": instance, "at": self._milliseconds()})
        self._refuse_another(await self._read(), instance)
        self._instance = instance

    async def keep(self) -> None:
        """Refresh the mark until cancelled; raises `AlreadyRunning` when another took over."""
        while True:
            await asyncio.sleep(REFRESH.total_seconds())
            try:
                await self.take(self._instance)
            except PlatformUnavailable as error:
                log.warning("lease_not_refreshed", action="lease_not_refreshed", why=str(error))

    async def give_back(self) -> None:
        """Take the mark away, if it is ours; a homeserver that is down keeps it until it is old."""
        instance, self._instance = self._instance, ""
        if not instance:
            return
        with suppress(PlatformError):
            if words(await self._read(), "instance") == instance:
                await self._write({})

    def _refuse_another(self, mark: Json, instance: str) -> None:
        other, age = words(mark, "instance"), self._milliseconds() - number(mark, "at")
        if other and other != instance and abs(age) < FRESH / timedelta(milliseconds=1):
            raise AlreadyRunning(
                f"Another bot uses the account {self._server.me} at this moment: stop it first, "
                f"or wait {FRESH.seconds} seconds if it has just stopped."
            )

    def _milliseconds(self) -> int:
        return (self._clock.now() - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

    async def _read(self) -> Json:
        try:
            return await self._server.get("user", self._server.me, "account_data", MARK)
        except NotFound:
            return {}

    async def _write(self, mark: Json) -> None:
        await self._server.put("user", self._server.me, "account_data", MARK, body=mark)
