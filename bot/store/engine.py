"""The database: one writer, several readers, and the pragmas that keep every commit."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from sqlite3 import OperationalError
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from bot.store.driver import connect
from bot.store.work import UnitOfWork, Whole, begin_on, together_on

_WAITS = "busy_timeout=5000"
_PATIENCE = 250
"""For how many milliseconds tidying up waits for those who read."""

_PRAGMAS = (
    "journal_mode=WAL",
    "synchronous=FULL",
    _WAITS,
    "foreign_keys=ON",
    "secure_delete=ON",
)


class Database:
    """Opens units of work on one database; `url` is SQLAlchemy's, for SQLite by aiosqlite."""

    def __init__(self, url: str | URL) -> None:
        self.url = make_url(url)
        self._writer = _engine(self.url, "BEGIN IMMEDIATE", 1, ())
        self._reader = _engine(self.url, "BEGIN", 4, ("query_only=ON",))
        self._erased = False

    @classmethod
    def at(cls, path: Path) -> "Database":
        """Return the SQLite database in the file `path`."""
        return cls(URL.create("sqlite+aiosqlite", database=str(path)))

    @property
    def writer(self) -> AsyncEngine:
        """The engine with the one connection that writes; migrations use it."""
        return self._writer

    def begin(self) -> AbstractAsyncContextManager[UnitOfWork]:
        """Open a unit of work that may write."""
        return begin_on(self._writer)

    def together(self) -> AbstractAsyncContextManager[Whole]:
        """Make every unit of work inside part of one transaction."""
        return together_on(self._writer)

    @asynccontextmanager
    async def look(self) -> AsyncIterator[UnitOfWork]:
        """Open a unit of work that only reads what is committed; it holds up no writer."""
        async with AsyncSession(self._reader, expire_on_commit=False) as session:
            yield UnitOfWork(session)

    async def facts(self) -> tuple[int, str]:
        """Return how many bytes the database has, and its revision, empty before the first one."""
        async with self._reader.connect() as connection:
            asked = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
            size = (await connection.exec_driver_sql(asked)).scalar_one()
            found = await connection.exec_driver_sql("SELECT version_num FROM alembic_version")
            return int(size), str(found.scalar() or "")

    def erased(self) -> None:
        """Note that somebody's data is being removed: the next `compact` leaves no trace of it."""
        self._erased = True

    async def compact(self) -> bool:
        """Empty the log beside the database, which holds pages as they were before a removal.

        After an erasure the file is written anew first. Return False when somebody reads: then
        it is to be tried again later. The caller is in no unit of work.
        """
        async with self._writer.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            try:
                await driver.execute_fetchall(f"PRAGMA busy_timeout={_PATIENCE}")
                if self._erased:
                    await driver.execute_fetchall("VACUUM")
                ((busy, *_),) = await driver.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
            except OperationalError:
                busy = True
            finally:
                await driver.execute_fetchall(f"PRAGMA {_WAITS}")
        self._erased = self._erased and bool(busy)
        return not busy

    async def after_erasure(self) -> None:
        """Compact at once when somebody's data was removed."""
        if self._erased:
            await self.compact()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._writer.dispose()
        await self._reader.dispose()


def _engine(url: URL, begin: str, size: int, more: tuple[str, ...]) -> AsyncEngine:
    """Return an engine whose transactions start with `begin`, on at most `size` connections.

    The driver's own transaction handling lost updates in silence; `begin` said here does not.
    Parameters stay out of errors, and so out of logs: they hold people's words.
    """
    engine = create_async_engine(
        url,
        connect_args={"async_creator_fn": connect},
        pool_size=size,
        max_overflow=0,
        pool_timeout=60,
        hide_parameters=True,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:  # noqa: ANN401 - the driver's own types
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (*_PRAGMAS, *more):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "invalidate")
    def _invalidate(connection: Any, _record: Any, _error: Any) -> None:  # noqa: ANN401 - the driver's own types
        # Whoever stops the bot cancels what it does at that moment. A connection is closed then,
        # but SQLite keeps its lock until the last statement is gone, unless it is rolled back.
        with suppress(MissingGreenlet):
            connection.rollback()

    @event.listens_for(engine.sync_engine, "begin")
    def _begin(connection: Any) -> None:  # noqa: ANN401 - the driver's own types
        connection.connection.driver_connection.opens(begin)

    return engine
