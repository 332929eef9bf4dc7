"""The wired application behind the real client on the stand-in, for the tests of interactions."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from adapters.discord.client import CircleClient, build
from adapters.discord.hands import Hands
from adapters.discord.platform import DiscordPlatform
from adapters.discord.settings import DiscordSettings
from bot.bootstrap import Application, Installation, wire
from bot.circles.usecases.ports import Defaults
from bot.conversation.model import Batch, Event, Kind
from bot.conversation.registry import Bound
from bot.intake.rows import Cursors
from bot.store.engine import Database
from tests.support.discord.humans import Human
from tests.support.discord.server import StandIn
from tests.support.scene import fresh_database

WITHIN = 5.0


class Seen(Hands):
    """Tells which client it has made last."""

    client: CircleClient | None = None

    def make(self) -> CircleClient:
        self.client = super().make()
        self.client.again = 0.05
        return self.client


class Account(DiscordPlatform):
    """The bot's account, whose client a test may look at."""

    def __init__(self, settings: DiscordSettings) -> None:
        super().__init__(settings)
        self._hands = self.hands = Seen(settings)


class Kept:
    """The bot as it runs on the stand-in: started, and started again.

    With `heard`, what people do is stored first and answered from the outbox, as the program does
    it; without, a client that was only built answers by itself.
    """

    application: Application
    platform: Account

    def __init__(
        self, standin: StandIn, database: Database, given: Installation, more: tuple[Bound, ...]
    ) -> None:
        self.standin = standin
        self.events: list[Event] = []
        self.before_storing: Callable[[], Awaitable[None]] | None = None
        self._database, self._given, self._more = database, given, more

    @property
    def client(self) -> CircleClient:
        """The client that listens now."""
        assert self.platform.hands.client is not None
        return self.platform.hands.client

    @contextlib.asynccontextmanager
    async def running(self, *, heard: bool = True) -> AsyncIterator[CircleClient]:
        """Let the bot run until the end of the block; another block is a restart."""
        async with self._account() as self.platform:
            self.application = self._wired()
            self.platform.serve(self.application.dispatch)
            async with self._listening() if heard else self._alone() as client:
                yield client

    def _account(self) -> Account:
        settings = DiscordSettings(
            self.standin.token,
            self.standin.world,
            longest_pause=timedelta(seconds=0.5),
            options=lambda: {"connector": self.standin.connector(), "guild_ready_timeout": 0.02},
        )
        return Account(settings)

    def _wired(self) -> Application:
        platforms = {"discord": self.platform}
        made = wire(self._database, self.standin.world, platforms, self._given)
        made.registry.add(self._more)
        return made

    @contextlib.asynccontextmanager
    async def _listening(self) -> AsyncIterator[CircleClient]:
        async with self._database.look() as work:
            since = await Cursors(work).of(self.platform.account)
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(self.platform.listen(self._take, since=since))
            answering = tasks.create_task(self._answer())
            try:
                await _ready(lambda: self.platform.hands.client)
                yield self.client
            finally:
                listening.cancel()
                answering.cancel()

    @contextlib.asynccontextmanager
    async def _alone(self) -> AsyncIterator[CircleClient]:
        client = build(
            self.application.dispatch,
            connector=self.standin.connector(),
            guild_ready_timeout=0.02,
        )
        async with asyncio.TaskGroup() as tasks:
            started = tasks.create_task(client.start(self.standin.token))
            try:
                await _ready(lambda: client)
                yield client
            finally:
                await client.close()
            await started

    async def _take(self, batch: Batch) -> None:
        """Store what is heard, as the program does."""
        commands = [event for event in batch.events if event.kind is Kind.COMMAND]
        if commands and self.before_storing is not None:
            await self.before_storing()
        self.events += commands
        await self.application.take(batch)

    async def _answer(self) -> None:
        while True:
            await self.settle()
            await asyncio.sleep(0.02)

    async def settle(self) -> None:
        """Answer what waits, and send what is to be sent."""
        await self.application.answer()
        for target in await self.application.drain.targets():
            await self.application.drain(target)


async def _ready(client: Callable[[], CircleClient | None]) -> None:
    """Return when a client is connected and has told its commands."""

    def is_ready() -> bool:
        found = client()
        return found is not None and found.is_ready() and found.in_step

    async with asyncio.timeout(WITHIN):
        while not is_ready():  # noqa: ASYNC110 - before login nothing wakes
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def kept(
    standin: StandIn, folder: Path, organiser: Human, more: tuple[Bound, ...] = ()
) -> AsyncIterator[Kept]:
    """Give the application on a fresh database; `organiser` may make circles, and runs the bot."""
    database = await fresh_database(folder / "circle.db")
    given = Installation(
        defaults=Defaults(run_by="Fay", zone="Europe/Berlin"),
        organisers=frozenset({str(organiser.id)}),
        admins=frozenset({str(organiser.id)}),
    )
    try:
        yield Kept(standin, database, given, more)
    finally:
        await database.aclose()
