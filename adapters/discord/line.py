"""One client's connections to Discord's gateway: which of them stand."""

import asyncio

import discord
import structlog

from adapters.discord.client import CircleClient

ANOTHER = 10.0
"""Seconds more for each connection after the first: they have to begin one after the other."""

log = structlog.get_logger(__name__)


class Line:
    """One client's connections: which stand, and since when one does not."""

    def __init__(self, client: CircleClient) -> None:
        self.client = client
        self.gone = asyncio.Event()
        self._ready: dict[int, asyncio.Event] = {}
        self._down: dict[int, float] = {}
        self._half = False
        self._began = asyncio.get_running_loop().time()
        self.earliest: int | None = None
        """The earliest message that was told since the last connection began."""

    @property
    def stood(self) -> bool:
        """Whether there was a connection at all."""
        return bool(self._ready)

    def tell(self, name: str, *given: object) -> None:
        """Take note of what becomes of a connection."""
        shard = given[0] if given and isinstance(given[0], int) else 0
        if name == "shard_disconnect":
            self._down.setdefault(shard, asyncio.get_running_loop().time())
        elif name == "message" and isinstance(given[0], discord.Message):
            self.earliest = min(self.earliest or given[0].id, given[0].id)
        elif name == "shard_connect":
            self._down.pop(shard, None)
            self.earliest = None
            self._ready.setdefault(shard, asyncio.Event()).clear()
        elif name == "shard_ready":
            self._ready[shard].set()
            log.info("line_stands", action="line_stands", shard=shard)
        elif name == "ready":
            self._half = not all(each.is_set() for each in self._ready.values())
        elif name == "shard_resumed":
            self._down.pop(shard, None)
            log.info("line_resumed", action="line_resumed", shard=shard)

    def is_ready(self, shard: int) -> bool:
        """Return whether the guilds of a connection are known."""
        return shard in self._ready and self._ready[shard].is_set()

    async def ready(self, shard: int) -> bool:
        """Return when the guilds of a connection are known: True; False when the client ended."""
        known = asyncio.ensure_future(self._known(shard))
        gone = asyncio.ensure_future(self.gone.wait())
        try:
            await asyncio.wait([known, gone], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (known, gone):
                each.cancel()
        return not self.gone.is_set()

    async def _known(self, shard: int) -> None:
        while not self.is_ready(shard):  # yet another session may have begun meanwhile
            await self._ready[shard].wait()

    async def broken(self, first: float, longest: float) -> None:
        """Return when a first connection takes too long, or when one is down for too long.

        discord.py forgets the guilds of a connection that begins anew just while another one does:
        it says that all is ready then, and never that this one is.
        """
        pause, told = min(1.0, first, longest) / 2, False
        while True:
            now = asyncio.get_running_loop().time()
            missing = max(self.client.shard_count or 1, 1) - len(self._ready)
            late = now - self._began >= first + ANOTHER * (len(self._ready) + missing - 1)
            if self._half or (missing and late):
                return
            down = max((now - since for since in self._down.values()), default=0.0)
            if down >= longest:
                return
            if down > pause and not told:
                says = "The connection to Discord broke; I connect again and look what was said."
                log.warning("line_broken", action="line_broken", says=says)
            told = down > pause
            await asyncio.sleep(pause)
