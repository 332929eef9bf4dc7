"""Not asking in vain for ever: Discord shuts out whom it refuses 10,000 times in ten minutes."""

import asyncio
from collections import deque
from types import SimpleNamespace

import aiohttp

REFUSALS = frozenset({401, 403, 429})
"""The answers that Discord counts as invalid requests."""

MOST, WITHIN = 1000, 600.0
"""How many of them the bot lets come in so many seconds: a tenth of what Discord bears."""


class TooManyRefusals(aiohttp.ClientError):
    """A request that was not made, since Discord refused too many before it."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("Discord refuses too much of what the bot asks.")
        self.retry_after = retry_after


class Caution:
    """Counts refusals over all clients of an account, and makes no more requests after too many."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._refused: deque[float] = deque()

    def trace(self) -> aiohttp.TraceConfig:
        """Return what looks at each request and each answer of a client."""
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(self._before)
        trace.on_request_end.append(self._after)
        return trace

    async def _before(
        self, _: aiohttp.ClientSession, __: SimpleNamespace, ___: aiohttp.TraceRequestStartParams
    ) -> None:
        now = asyncio.get_running_loop().time()
        while self._refused and self._refused[0] <= now - WITHIN:
            self._refused.popleft()
        if len(self._refused) >= self._most:
            raise TooManyRefusals(self._refused[0] + WITHIN - now)

    async def _after(
        self, _: aiohttp.ClientSession, __: SimpleNamespace, ended: aiohttp.TraceRequestEndParams
    ) -> None:
        if ended.response.status in REFUSALS:
            self._refused.append(asyncio.get_running_loop().time())
