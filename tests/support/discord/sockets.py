"""A client's websocket, and the session that outlives it."""

import asyncio
import json
import secrets
import zlib
from contextlib import suppress
from dataclasses import dataclass, field

from aiohttp import web

from tests.support.discord.model import Json
from tests.support.discord.world import Event


@dataclass(eq=False)
class Session:
    """What an application's connection stands for; it outlives the websocket."""

    intents: int
    shard: tuple[int, int]
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    sequence: int = 0
    sent: list[Json] = field(default_factory=list)
    socket: "Socket | None" = None

    def told(self, kind: str) -> list[Json]:
        """Return the events of a kind that this session was told so far."""
        return [frame["d"] for frame in self.sent if frame["t"] == kind]

    def hears(self, event: Event) -> bool:
        """Return whether this session is told: by its intents and its share of the guilds."""
        if event.intents and not event.intents & self.intents:
            return False
        index, count = self.shard
        return index == ((event.guild >> 22) % count if event.guild else 0)


class Socket:
    """One websocket with what was asked of it: compression, and frames in their order."""

    def __init__(self, request: web.Request, ws: web.WebSocketResponse, *, compress: bool) -> None:
        self._request = request
        self.ws = ws
        self._deflate = zlib.compressobj() if compress else None
        self.ended_here = False
        self._frames: asyncio.Queue[Json | int | None] = asyncio.Queue()

    def send(self, frame: Json) -> None:
        """Put a frame behind those before it."""
        self._frames.put_nowait(frame)

    def close(self, code: int | None) -> None:
        """Close with a code once all before is sent; None: cut the line without a word."""
        self.ended_here = True
        self._frames.put_nowait(code)

    def finish(self) -> None:
        """Stop writing: the client has gone."""
        self._frames.put_nowait(1000)

    async def write(self) -> None:
        """Send frames until the end."""
        with suppress(ConnectionError):
            while isinstance(frame := await self._frames.get(), dict):
                text = json.dumps(frame)
                if self._deflate is None:
                    await self.ws.send_str(text)
                else:
                    data = self._deflate.compress(text.encode())
                    await self.ws.send_bytes(data + self._deflate.flush(zlib.Z_SYNC_FLUSH))
            await self._end(frame)

    async def _end(self, code: int | None) -> None:
        """Close or cut."""
        if code is not None:
            await self.ws.close(code=code)
        elif (transport := self._request.transport) is not None:
            transport.abort()
