"""A listener on the stand-in, and what it heard: the bot's side of the tests of listening."""

# ruff: noqa: ARG002 - what the port hands over and nobody needs

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

import structlog

from adapters.discord.client import CircleClient, default_intents
from adapters.discord.listening import Listener
from adapters.discord.settings import DiscordSettings
from adapters.discord.syncing import untranslated
from bot.conversation.dispatch import Dispatch
from bot.conversation.model import Event, Kind, PersonRef, Role, RoomRef
from bot.conversation.platform import Platform, Take
from bot.conversation.registry import Registry
from tests.contracts.platform import Ears, WallClock
from tests.support.discord.server import StandIn

QUICK = timedelta(milliseconds=300)


class Nobody:
    """Nobody is anything anywhere."""

    async def circle(self, name: str) -> int | None:
        return None

    async def usual(self, person: PersonRef, room: RoomRef) -> Sequence[tuple[int, str]]:
        return ()

    async def roles(self, person: PersonRef, circle: int | None) -> frozenset[Role]:
        return frozenset({Role.ANYONE})

    async def zone(self, person: PersonRef, circle: int | None) -> str:
        return "UTC"

    async def names(
        self, kind: str, person: PersonRef, room: RoomRef, circle: str
    ) -> Sequence[str]:
        return ()


class Prompt(CircleClient):
    """The bot's own client, without the 5 s before another IDENTIFY."""

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Begin at once."""


class Account:
    """The bot's account on a stand-in; its clients are made as often as they are needed."""

    def __init__(
        self,
        standin: StandIn,
        *,
        reads: bool = True,
        longest_pause: timedelta = QUICK,
        first_line: timedelta = timedelta(seconds=5),
        token: str = "",
        **options: Any,  # noqa: ANN401 - discord.py's own
    ) -> None:
        self.standin = standin
        self.clients: list[CircleClient] = []
        self.settings = DiscordSettings(
            token or standin.token, WallClock(), reads=reads, longest_pause=longest_pause
        )
        self._options = {"guild_ready_timeout": 0.05} | options
        self._first_line = first_line

    def make(self) -> CircleClient:
        """Return a new client."""
        dispatch = Dispatch(Registry(), Nobody(), {}, "!", lambda: "1", WallClock())
        made = Prompt(
            dispatch,
            untranslated,
            intents=default_intents(reads=self.settings.reads),
            connector=self.standin.connector(),
            **self._options,
        )
        self.clients.append(made)
        return made

    @property
    def client(self) -> CircleClient:
        """The client that listens now."""
        return self.clients[-1]

    async def listen(self, take: Take, *, since: str | None) -> None:
        """Listen, as the platform does."""
        me = str(self.standin.world.bot.id)
        await Listener(self.make, self.settings, me, self._first_line).listen(take, since)

    def ears(self, since: str | None = None, failing: int = 0) -> Ears:
        """Return who listens with this account."""
        return Ears(cast("Platform", self), since=since, failing=failing)


def shown(events: list[Event], *, own: bool = False) -> list[tuple[Kind, str]]:
    """Return what events are and what they say, the bot's own coming and going left out."""
    return [(event.kind, event.text) for event in events if own or not event.bot]


def said(ears: Ears) -> list[str]:
    """Return the messages that were heard, in order."""
    return [event.text for event in ears.events if event.kind is Kind.MESSAGE]


@asynccontextmanager
async def logs() -> AsyncIterator[list[Any]]:
    """Give the lines that are logged in the block."""
    with structlog.testing.capture_logs() as lines:
        yield lines


def actions(lines: list[Any]) -> list[str]:
    """Return the actions of log lines, in order."""
    return [line["action"] for line in lines if "action" in line]


Fault = Callable[[StandIn], Awaitable[object]]
