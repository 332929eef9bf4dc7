"""The bot as it runs, on a clock that a test drives, and killed at a step that a test names.

Run as `python -m tests.support.driven_bot FILE`, where FILE holds what `Given` holds. Everything
is the real thing, but the clock, and subclasses that end the process when a step is passed.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from contextvars import ContextVar
from dataclasses import asdict, dataclass, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from adapters.discord.platform import DiscordPlatform
from adapters.discord.settings import DiscordSettings
from adapters.matrix.platform import MatrixPlatform
from adapters.matrix.settings import Credentials, MatrixSettings
from bot.bootstrap import Application, Installation, wire
from bot.circles.usecases.ports import Defaults
from bot.conversation.model import MessageRef, PlatformError
from bot.conversation.platform import Platform
from bot.delivery.rows import OutboxRow
from bot.delivery.usecases import Attempt, Drain
from bot.runtime import instance_of, running, until_told_to_stop
from bot.store.engine import Database
from bot.store.migrate import upgrade
from bot.store.work import Begin, UnitOfWork, Whole
from tests.support.discord import tls
from tests.support.driven import FileClock

STEPS = (
    "before_tick_commit",
    "after_tick_commit",
    "before_attempt_noted",
    "after_attempt_noted",
    "after_post",
    "before_remember",
    "after_remember",
    "before_take_commit",
    "after_take_commit",
    "before_answer_commit",
    "after_answer_commit",
)
"""What can be passed: the steps of posting, of recording and of answering, in their order."""

TICK_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class OnMatrix:
    """The bot's login on a homeserver."""

    homeserver: str
    user_id: str
    device_id: str
    access_token: str


@dataclass(frozen=True, slots=True)
class OnDiscord:
    """The bot's account on a stand-in for Discord; `reads` asks for the privileged intents."""

    port: int
    trust: str
    token: str
    user_id: str
    reads: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the bot is started with; it dies when it passes `step` for the nth time."""

    database: str
    clock: str
    matrix: OnMatrix | None = None
    discord: OnDiscord | None = None
    organisers: tuple[str, ...] = ()
    zone: str = "Europe/Berlin"
    step: str = ""
    nth: int = 1
    sync_seconds: float = 1.0

    def write(self, path: Path) -> None:
        """Write it to a file that only we may read."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(asdict(self)))

    @classmethod
    def read(cls, path: Path) -> "Given":
        """Return what a file holds."""
        held = json.loads(path.read_text())
        held["organisers"] = tuple(held["organisers"])
        held["matrix"] = OnMatrix(**held["matrix"]) if held["matrix"] else None
        held["discord"] = OnDiscord(**held["discord"]) if held["discord"] else None
        return cls(**held)


class Passing:
    """Counts how often a step is passed, and ends the process at the one that is fatal."""

    def __init__(self, step: str, nth: int) -> None:
        if step and step not in STEPS:
            raise ValueError(f"There is no step {step}; there are {', '.join(STEPS)}")
        self._step, self._left = step, nth

    def __call__(self, step: str) -> None:
        """Pass a step."""
        if step == self._step:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


_doing: ContextVar[str] = ContextVar("doing", default="")


@contextmanager
def doing(what: str) -> Iterator[None]:
    """Say what a commit inside is for."""
    mark = _doing.set(what)
    try:
        yield
    finally:
        _doing.reset(mark)


class WatchedWork(UnitOfWork):
    """A unit of work whose commit is a step."""

    def __init__(self, inner: UnitOfWork, what: str, passing: Callable[[str], None]) -> None:
        super().__init__(inner.session)
        self._inner, self._what, self._passing = inner, what, passing

    async def commit(self) -> None:
        """Keep what was written."""
        self._passing(f"before_{self._what}")
        await self._inner.commit()
        self._passing(f"after_{self._what}")


def watched(begin: Begin, passing: Callable[[str], None], what: str = "") -> Begin:
    """Return `begin` with commits that are steps, named `what` or by `doing`."""

    @asynccontextmanager
    async def open_work() -> AsyncIterator[UnitOfWork]:
        async with begin() as work:
            yield WatchedWork(work, what or _doing.get(), passing)

    return open_work


class WatchedWhole:
    """Several units of work whose one commit is a step."""

    def __init__(self, inner: Whole, passing: Callable[[str], None]) -> None:
        self._inner, self._passing = inner, passing

    async def commit(self) -> None:
        """Keep all of it."""
        self._passing("before_answer_commit")
        await self._inner.commit()
        self._passing("after_answer_commit")


def watched_whole(
    together: Callable[[], AbstractAsyncContextManager[Whole]], passing: Callable[[str], None]
) -> Callable[[], AbstractAsyncContextManager[Any]]:
    """Return `together` with a commit that is a step."""

    @asynccontextmanager
    async def open_whole() -> AsyncIterator[WatchedWhole]:
        async with together() as whole:
            yield WatchedWhole(whole, passing)

    return open_whole


@dataclass(frozen=True, kw_only=True)
class WatchedDrain(Drain):
    """The drain, each step of which can be the last."""

    passing: Callable[[str], None]

    async def _next(self, target: str) -> Attempt | None:
        with doing("attempt_noted"):
            return await super()._next(target)

    async def _post_once(self, platform: Platform, attempt: Attempt) -> MessageRef:
        message = await super()._post_once(platform, attempt)
        self.passing("after_post")
        return message

    async def _remember(self, row: OutboxRow, message: MessageRef) -> None:
        with doing("remember"):
            await super()._remember(row, message)


def deadly(application: Application, passing: Callable[[str], None]) -> Application:
    """Return the application with its steps watched."""
    take, answer = application.take, application.answer
    tick, drain = application.tick, application.drain
    held = {item.name: getattr(drain, item.name) for item in fields(drain)}
    held |= {"begin": watched(drain.begin, passing)}
    return replace(
        application,
        take=replace(take, begin=watched(take.begin, passing, "take_commit")),
        answer=replace(answer, together=watched_whole(answer.together, passing)),
        tick=replace(tick, begin=watched(tick.begin, passing, "tick_commit")),
        drain=WatchedDrain(**held, passing=passing),
    )


async def run(given: Given) -> None:
    """Run the bot until it is told to stop, or dies."""
    clock = FileClock(Path(given.clock))
    database = Database.at(Path(given.database))
    try:
        await upgrade(database)
        name = await instance_of(database, clock)
        async with platforms_of(given, clock, name) as platforms:
            installation = Installation(
                defaults=Defaults(zone=given.zone, run_by="The tests"),
                contact="tests@example.org",
                organisers=frozenset(given.organisers),
            )
            application = wire(database, clock, platforms, installation)
            passing = Passing(given.step, given.nth)
            async with running(deadly(application, passing)) as bot:
                await until_told_to_stop(bot.forever(TICK_SECONDS))
    finally:
        await database.aclose()


@asynccontextmanager
async def platforms_of(
    given: Given, clock: FileClock, instance: str
) -> AsyncIterator[dict[str, Platform]]:
    """Open the platforms on which the bot has an account."""
    async with AsyncExitStack() as stack:
        opened: list[Platform] = []
        if given.matrix is not None:
            matrix = MatrixPlatform(_matrix(given, given.matrix, clock, instance))
            opened.append(await stack.enter_async_context(matrix))
        if given.discord is not None:
            discord = DiscordPlatform(_discord(given.discord, clock))
            opened.append(await stack.enter_async_context(discord))
        yield {platform.name: platform for platform in opened}


def _matrix(given: Given, on: OnMatrix, clock: FileClock, instance: str) -> MatrixSettings:
    return MatrixSettings(
        credentials=Credentials(on.homeserver, on.user_id, on.device_id, on.access_token),
        clock=clock,
        invites_from=("*",),
        instance=instance,
        sync_timeout=timedelta(seconds=given.sync_seconds),
        longest_pause=timedelta(seconds=0.5),
    )


def _discord(on: OnDiscord, clock: FileClock) -> DiscordSettings:
    def options() -> dict[str, object]:
        found = tls.connector(lambda _host: on.port, on.trust)
        return {"connector": found, "guild_ready_timeout": 0.1}

    return DiscordSettings(
        token=on.token,
        clock=clock,
        reads=on.reads,
        longest_pause=timedelta(seconds=0.5),
        options=options,
    )


def log_as_json() -> None:
    """Write one object a line, so that a test can look for what went wrong."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    )


def main(path: Path) -> int:
    """Run the bot and return its exit status; what ended it is one sentence on stderr."""
    log_as_json()
    status = 0
    try:
        asyncio.run(run(Given.read(path)))
    except* PlatformError as several:
        sys.stderr.write(f"{several.exceptions[0]}\n")
        status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
