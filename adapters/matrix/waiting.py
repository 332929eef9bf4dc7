"""Waiting out what passes by itself."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import structlog

from bot.conversation.model import AccountLost, PlatformError, PlatformUnavailable

T = TypeVar("T")

FIRST = 0.5
"""Seconds before the second attempt; each further pause is twice as long."""

log = structlog.get_logger(__name__)


class Pauses:
    """Ever longer pauses up to a longest; what a server asks for counts more."""

    def __init__(self, longest: timedelta) -> None:
        self._longest = longest.total_seconds()
        self._next = FIRST

    async def pause(self, error: Exception) -> None:
        """Wait before another attempt."""
        asked = error.retry_after if isinstance(error, PlatformUnavailable) else None
        seconds = asked.total_seconds() if asked else min(self._next, self._longest)
        self._next = min(2 * self._next, self._longest)
        await asyncio.sleep(seconds)


async def insist(action: str, doing: Callable[[], Awaitable[T]], *, longest: timedelta) -> T:
    """Return what `doing` returns, tried again for as long as the platform is unavailable."""
    pauses = Pauses(longest)
    while True:
        try:
            return await doing()
        except PlatformUnavailable as error:
            log.warning(action, action=action, why=str(error))
            await pauses.pause(error)


@contextmanager
def surviving(action: str, room: str) -> Iterator[None]:
    """Go on after a refusal that costs only this one thing."""
    try:
        yield
    except (PlatformUnavailable, AccountLost):
        raise
    except PlatformError as error:
        log.warning(action, action=action, room=room, why=str(error))
