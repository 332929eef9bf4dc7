"""Running: listen, answer, tick and drain in one group; start where it stopped; stop cleanly."""

import asyncio
import logging
import signal
import sys
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

import structlog

from bot.bootstrap import Application, Options, installation_of, platforms_of, unread_by, wire
from bot.circles.usecases.signups import decoded
from bot.config import Settings
from bot.conversation.model import Batch, Clock, DomainError
from bot.conversation.platform import Platform
from bot.delivery.clockwork import Delivery, SystemClock
from bot.intake.rows import Cursors
from bot.rights.exporting import ExportCircle
from bot.store.engine import Database
from bot.store.migrate import current, revisions, upgrade

log = structlog.get_logger()

TICK_SECONDS = 1.0
FIRST_WORD = 10.0
"""How many seconds sending waits for a platform's first batch after a start."""
MINUTES_A_DAY = 24 * 60


class Running:
    """An application that runs: what happens in which order, for the bot, the demo and tests."""

    def __init__(self, application: Application, delivery: Delivery) -> None:
        self.application = application
        self.delivery = delivery
        self._heard = {name: asyncio.Event() for name in application.platforms}
        self._silent = {each.account: name for name, each in application.platforms.items()}

    async def take(self, batch: Batch) -> None:
        """Keep a batch, then let what wants an answer be answered."""
        await self.application.take(batch)
        for heard in self._heard.values():
            heard.set()
        self.delivery.release(self._silent.pop(batch.account, ""))

    async def settle(self) -> None:
        """Answer, tick and drain until nothing more can be done now."""
        answered = await self.application.answer()
        await self.delivery.settle()
        while answered and (answered := await self.application.answer()):
            await self.delivery.settle()

    async def listen(self, platform: Platform) -> None:
        """Listen to a platform, from where it was left."""
        async with self.application.database.look() as work:
            since = await Cursors(work).of(platform.account)
        await platform.listen(self.take, since=since)

    async def answer(self, platform: str) -> None:
        """Answer what was heard on a platform, as it comes; and what was left from before."""
        heard = self._heard[platform]
        while True:
            await self.application.answer(platform)
            try:
                async with asyncio.timeout(5):
                    await heard.wait()
            except TimeoutError:
                continue
            heard.clear()

    async def look_after(self) -> None:
        """Drop what is no longer needed: once a day from the database, each minute beside it.

        Once a day the threads of open questions are woken. From then on some messages a minute are
        looked at again, until all were: on some platforms nothing else tells what became of them
        while the bot was away.
        """
        unheard = self.application.follow_unheard
        while True:
            await self.application.keep_no_longer()
            await self.application.keep_threads()
            waiting = await unheard.all()
            for _ in range(MINUTES_A_DAY):
                waiting = await unheard(waiting)
                await self.application.database.compact()
                await asyncio.sleep(60)

    async def forever(
        self, tick_seconds: float = TICK_SECONDS, first_word: float = FIRST_WORD
    ) -> None:
        """Run until cancelled; a platform that is slow or away holds up no other.

        Raises:
            ExceptionGroup: an account is lost; its text says what to do.
        """
        async with asyncio.TaskGroup() as group:
            for name, platform in self.application.platforms.items():
                group.create_task(self.listen(platform))
                group.create_task(self.answer(name))
            group.create_task(self.look_after())
            group.create_task(self._wait_for_word(first_word))
            group.create_task(self.delivery.run(tick_seconds))

    async def _wait_for_word(self, seconds: float) -> None:
        """Send to a platform once it told what happened meanwhile: rooms may have been lost.

        Where one tells nothing for a while, sending begins all the same.
        """
        self.delivery.hold(self._silent.values())
        await asyncio.sleep(seconds)
        for name in self._silent.values():
            self.delivery.release(name)


@asynccontextmanager
async def running(application: Application) -> AsyncIterator[Running]:
    """Yield the application, ready to run."""
    async with Delivery(application.tick, application.drain) as delivery:
        yield Running(application, delivery)


async def instance_of(database: Database, clock: Clock) -> str:
    """Return the database's own name, by which a second bot on the same account is noticed."""
    async with database.begin() as work:
        name = await Cursors(work).instance(uuid4().hex, clock.now())
        await work.commit()
    return name


def plain_logs() -> None:
    """Log one plain line an event; tracebacks without the values in them, which are people's."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick that waits for one is fine
    logging.getLogger("discord").setLevel(logging.ERROR)  # it names the places of answers
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


async def import_sign_ups(settings: Settings, circle: str, listed: bytes) -> str:
    """Read a list of sign-ups into a circle, beside a bot that may run; return what came of it.

    Raises:
        DomainError: the circle is not there or a row is wrong; nothing was written.
    """
    clock = SystemClock()
    async with beside(settings) as database, platforms_of(settings, clock, "") as platforms:
        application = wire(database, clock, platforms, installation_of(settings))
        return await application.import_sign_ups(circle, decoded(listed))


@asynccontextmanager
async def beside(settings: Settings) -> AsyncIterator[Database]:
    """Open the database that a bot of this version made, and may be using.

    Raises:
        DomainError: there is none, or one of another version.
    """
    if not settings.database.exists():
        raise DomainError(f"There is no database in {settings.data_dir} yet: run the bot first.")
    database = Database.at(settings.database)
    try:
        if await current(database) != revisions()[-1]:
            raise DomainError("The database is of another version: start the bot once with this.")
        yield database
    finally:
        await database.aclose()


async def export(settings: Settings, circle: str) -> dict[str, str]:
    """Return a circle's files by name, beside a bot that may run.

    Raises:
        DomainError: the circle is not there.
    """
    async with beside(settings) as database:
        return await ExportCircle(database.look, unread_by(settings))(circle)


def write_folder(out: Path, files: Mapping[str, str]) -> None:
    """Write files into the new folder `out`: all of them, or none and no folder.

    Raises:
        DomainError: it is there already, or cannot be written.
    """
    if out.exists():
        kind = "folder" if out.is_dir() else "file"
        raise DomainError(f"There is already a {kind} {out}. Name another with --out.")
    beside = out.absolute().parent
    try:
        beside.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=beside, prefix=f".{out.name}.") as place:
            fresh = Path(place) / out.name
            fresh.mkdir()
            for name, text in files.items():
                (fresh / name).write_text(text, encoding="utf-8")
            fresh.rename(out)
    except OSError as error:
        raise DomainError(f"I cannot write {out}: {error.strerror}. Nothing was kept.") from None


async def run(settings: Settings, discord: Options = dict) -> None:
    """Run the bot that the settings describe, until it is told to stop.

    `discord` makes more options for discord.py's clients.

    Raises:
        NewerDatabase: the database was written by a later version.
        PlatformError: the account is lost or used by another bot; the text says what to do.
    """
    plain_logs()
    clock = SystemClock()
    database = Database.at(settings.database)
    try:
        saved = await upgrade(database)
        if saved is not None:
            log.info("backup before upgrade", action="upgraded", backup=str(saved))
        name = await instance_of(database, clock)
        async with platforms_of(settings, clock, name, discord) as platforms:
            application = wire(database, clock, platforms, installation_of(settings))
            async with running(application) as bot:
                await until_told_to_stop(bot.forever())
    except BaseExceptionGroup as several:
        raise _first(several) from several
    finally:
        await database.aclose()


async def until_told_to_stop(work: Coroutine[None, None, None]) -> None:
    """Run `work` until it ends or the process is asked to end."""
    task, loop, told = asyncio.current_task(), asyncio.get_running_loop(), asyncio.Event()

    def stop() -> None:
        told.set()
        if task is not None:
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        await work
    except asyncio.CancelledError:
        if not told.is_set():
            raise
        if task is not None:
            task.uncancel()
        log.info("stopped", action="stopped")


def _first(error: BaseException) -> BaseException:
    """Return the first fault inside a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
