"""The bot's account as Discord tells it, asked for without listening."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

import aiohttp
import discord

from adapters.discord.errors import translated
from bot.conversation.model import PlatformUnavailable

Options = Callable[[], Mapping[str, Any]]
"""Makes what discord.py's client is given, anew for each."""


@dataclass(frozen=True, slots=True)
class Application:
    """The bot's application, as its owner set it up in the developer portal.

    `words` and `members` are the privileged intents that are switched on there. `elsewhere` tells
    that commands are sent to a web address instead of the bot, `code` that an invitation alone
    does not let it in. The owner is 0 where a team has it.
    """

    id: int
    bot: str
    owner: int
    words: bool
    members: bool
    elsewhere: bool
    code: bool


C = TypeVar("C", bound=discord.Client)


@dataclass(slots=True)
class Asking(Generic[C]):
    """A client that asks and does not listen; by how many seconds Discord's clock was `ahead`."""

    client: C
    ahead: list[float] = field(default_factory=list)

    @property
    def application(self) -> Application:
        """The bot's application."""
        known = self.client.application
        if known is None:
            raise PlatformUnavailable("Discord does not say who the bot is.")
        flags, user = known.flags, self.client.user
        return Application(
            id=known.id,
            bot=user.name if user else known.name,
            owner=0 if known.team else known.owner.id,
            words=flags.gateway_message_content or flags.gateway_message_content_limited,
            members=flags.gateway_guild_members or flags.gateway_guild_members_limited,
            elsewhere=known.interactions_endpoint_url is not None,
            code=known.bot_require_code_grant,
        )


async def application_of(token: str, options: Options = dict) -> Application:
    """Return the application that a bot's token belongs to.

    Raises:
        AccountLost: Discord does not know the token.
        PlatformUnavailable: Discord does not answer.
    """
    async with asking(token, options, discord.Client) as asked:
        return asked.application


@asynccontextmanager
async def asking(token: str, options: Options, make: Callable[..., C]) -> AsyncIterator[Asking[C]]:
    """Log in with a client of one's own make; what goes wrong inside is told as by the port.

    Raises:
        AccountLost: Discord does not know the token.
        PlatformError: Discord does not answer, or refuses what is asked.
    """
    ahead: list[float] = []
    given = {**options(), "intents": discord.Intents(guilds=True), "http_trace": _clock(ahead)}
    async with make(**given) as client:
        with translated(client):
            await client.login(token)
            yield Asking(client, ahead)


def _clock(ahead: list[float]) -> aiohttp.TraceConfig:
    """Return what notes by how many seconds Discord's clock is ahead, as its answers tell."""

    async def note(
        _: aiohttp.ClientSession, __: SimpleNamespace, ended: aiohttp.TraceRequestEndParams
    ) -> None:
        if date := ended.response.headers.get("Date"):
            ahead.append(parsedate_to_datetime(date).timestamp() - time.time())

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(note)
    return trace
