"""The client with which the bot acts: the one that listens, or one that only asks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.discord.caution import Caution
from adapters.discord.client import CircleClient, build, default_intents
from adapters.discord.errors import translated
from adapters.discord.memory import Memory
from adapters.discord.settings import DiscordSettings
from bot.conversation.dispatch import Dispatch
from bot.conversation.model import PlatformError

LONGEST_LIMIT = 30.0
"""Seconds that a request waits for a limit to pass; the outbox waits for longer ones."""


class Hands:
    """Makes clients, and lends one that is logged in."""

    def __init__(self, settings: DiscordSettings) -> None:
        self._settings = settings
        self._dispatch: Dispatch | None = None
        self._memory: Memory | None = None
        self._listening: CircleClient | None = None
        self._asking: CircleClient | None = None
        self._logging_in = asyncio.Lock()
        self._caution = Caution()

    def serve(self, dispatch: Dispatch) -> None:
        """Take the commands that clients are to show."""
        self._dispatch = dispatch
        self._memory = Memory.of(dispatch)

    def make(self) -> CircleClient:
        """Return a new client, which will listen, and with which the bot then acts."""
        self._listening = self._new()
        return self._listening

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[CircleClient]:
        """Lend a client that is logged in; what goes wrong with it is told as by the port."""
        client = await self._logged_in()
        with translated(client):
            yield client

    async def aclose(self) -> None:
        """Close the client that only asks; who listens closes the other one."""
        if self._asking is not None:
            await self._asking.close()

    async def _logged_in(self) -> CircleClient:
        for client in (self._listening, self._asking):
            if client is not None and client.user is not None and not client.is_closed():
                return client
        async with self._logging_in:
            if self._asking is not None and self._asking.user is not None:
                return self._asking
            client = self._new()
            try:
                with translated(client):
                    await client.login(self._settings.token)
            except BaseException:
                await client.close()
                raise
            self._asking = client
            return client

    def _new(self) -> CircleClient:
        if self._dispatch is None:
            raise PlatformError("The bot on Discord was not told its commands.")
        options = {
            "max_ratelimit_timeout": LONGEST_LIMIT,
            "http_trace": self._caution.trace(),
            **self._settings.options(),
        }
        intents = default_intents(reads=self._settings.reads)
        return build(self._dispatch, memory=self._memory, intents=intents, **options)
