"""Waiting out what passes by itself."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

import aiohttp
import discord
import structlog

from adapters.discord.caution import TooManyRefusals

T = TypeVar("T")

FIRST = 1.0
"""Seconds before the second attempt; each further pause is twice as long."""

TOO_MANY, BROKEN = 429, 500

log = structlog.get_logger(__name__)


class Pauses:
    """Ever longer pauses up to a longest; what Discord asks for counts more."""

    def __init__(self, longest: timedelta, first: float = FIRST) -> None:
        self._longest = longest.total_seconds()
        self._first = self._next = first

    def begin_anew(self) -> None:
        """Forget how long the last pauses were: something went well."""
        self._next = self._first

    def next(self, asked: float | None = None, *, least: float = 0.0) -> float:
        """Return the seconds to wait now, at least `least` as far as the longest lets it."""
        seconds = min(max(self._next, least), self._longest)
        self._next = min(2 * max(self._next, least), self._longest)
        return seconds if asked is None else max(asked, seconds)

    async def pause(self, asked: float | None = None) -> None:
        """Wait before another attempt."""
        await asyncio.sleep(self.next(asked))


def passes(error: BaseException) -> bool:
    """Return whether trying again later may help: the service is down or asks to slow down."""
    if isinstance(error, discord.HTTPException):
        return error.status == TOO_MANY or error.status >= BROKEN
    return isinstance(error, discord.RateLimited | aiohttp.ClientError | OSError | TimeoutError)


def asked_for(error: BaseException) -> float | None:
    """Return how many seconds Discord asks to wait, None when it says nothing."""
    if isinstance(error, discord.RateLimited | TooManyRefusals):
        return error.retry_after
    if not isinstance(error, discord.HTTPException):
        return None
    said = error.response.headers.get("Retry-After", "")
    return float(said) if said.replace(".", "", 1).isdigit() else None


def heed() -> None:
    """Raise the cancellation that a library turned into an error of its own.

    Where a connection is closed just while somebody waits for it, the error may come first.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


_GOING: set[asyncio.Task[Any]] = set()
"""What goes on although nobody waits for it any more."""


async def in_time(doing: Coroutine[Any, Any, T], seconds: float) -> T:
    """Return what `doing` returns, if it does so in time; else it goes on without us.

    Nothing that asks Discord is cut off: when discord.py is, while it waits for a limit on all
    requests to pass, it never makes another request.

    Raises:
        TimeoutError: it takes longer.
    """
    task = asyncio.create_task(doing)  # noqa: TID251 - outlives who asked
    _GOING.add(task)
    task.add_done_callback(_ended)
    done, _ = await asyncio.wait({task}, timeout=seconds)
    if not done:
        raise TimeoutError
    return task.result()


def _ended(task: asyncio.Task[Any]) -> None:
    _GOING.discard(task)
    if not task.cancelled() and (error := task.exception()) is not None:
        log.debug("failed", action="failed", error=type(error).__name__)


class Gone(Exception):
    """The client that was asked is closed: another one takes its place."""


async def insist(
    action: str, doing: Callable[[], Awaitable[T]], client: discord.Client, longest: timedelta
) -> T:
    """Return what `doing` returns, tried again for as long as Discord is unavailable.

    Raises:
        Gone: the client was closed meanwhile.
    """
    pauses = Pauses(longest)
    while True:
        try:
            return await doing()
        except Exception as error:
            heed()
            if client.is_closed():
                raise Gone from error
            if not passes(error):
                raise
            log.warning(action, action=action, error=type(error).__name__)
            await pauses.pause(asked_for(error))
