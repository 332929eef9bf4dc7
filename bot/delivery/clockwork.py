"""The only clockwork: APScheduler's tick, and the drains that it wakes."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.conversation.model import AccountLost
from bot.delivery.usecases import Drain, Tick

log = structlog.get_logger()

AT_ONCE = 8
"""How many rooms of one platform are sent to at the same time."""


def _platform(target: str) -> str:
    """Return the platform that a target is on."""
    return target.partition(":")[0]


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place


class Delivery:
    """Ticks, and runs one drain for each target that has something to send.

    A slow room or platform holds up nobody else. What is due stands in the database; APScheduler
    only ticks.
    """

    def __init__(self, tick: Tick, drain: Drain) -> None:
        self._tick = tick
        self._drain = drain
        self._running: dict[str, asyncio.Task[int]] = {}
        self._at_once = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(AT_ONCE))
        self._group = asyncio.TaskGroup()
        self._held: set[str] = set()

    async def __aenter__(self) -> Self:
        """Open the group that the drains run in."""
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for the drains to end."""
        await self._group.__aexit__(kind, error, trace)

    def hold(self, platforms: Iterable[str]) -> None:
        """Send nothing to these platforms for now, and begin nothing new meanwhile."""
        self._held.update(platforms)

    def release(self, platform: str) -> None:
        """Let posts go to a platform."""
        self._held.discard(platform)

    async def once(self) -> int:
        """Tick, and start the drains that are needed; return how many schedules were dealt with."""
        is_due, may_go = await self._tick.waits()
        done = await self._tick() if is_due and not self._held else 0
        for target in await self._drain.targets() if done or may_go else ():
            if target not in self._running and _platform(target) not in self._held:
                self._running[target] = self._group.create_task(self._one(target))
        return done

    async def settle(self) -> int:
        """Tick and drain until nothing more can go now; return how much was done."""
        total = 0
        while True:
            done = await self.once()
            sent = [await task for task in list(self._running.values())]
            if done + sum(sent) == 0:
                return total
            total += done + sum(sent)

    async def run(self, seconds: float) -> None:
        """Tick every `seconds` until cancelled; a tick that fails is logged and comes again.

        Raises:
            AccountLost: the account no longer works.
        """
        scheduler = AsyncIOScheduler(timezone=UTC)
        scheduler.add_job(
            self._safely,
            "interval",
            seconds=seconds,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )
        scheduler.start()
        try:
            await asyncio.Event().wait()
        finally:
            scheduler.shutdown(wait=False)

    async def _safely(self) -> None:
        try:
            await self.once()
        except Exception:
            log.exception("tick failed", action="tick_failed")

    async def _one(self, target: str) -> int:
        try:
            async with self._at_once[_platform(target)]:
                return await self._drain(target)
        except AccountLost:
            raise
        except Exception:
            log.exception("drain failed", action="drain_failed")
            return 0
        finally:
            del self._running[target]
