"""The way to SQLite: one trip to the driver's thread for each statement, instead of four."""

import sqlite3
from collections.abc import Sequence
from functools import partial
from typing import Any, Self

import aiosqlite

_CHUNK = 64
"""How many rows the driver would fetch at a time, when somebody iterates."""


def connect(*where: Any, **how: Any) -> aiosqlite.Connection:  # noqa: ANN401 - sqlite3's own
    """Return a connection that is opened when it is awaited."""
    connection = _Connection(partial(sqlite3.connect, *where, **how), _CHUNK)
    connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy does: it ends with the process
    return connection


class _Connection(aiosqlite.Connection):
    """A connection whose cursors make one trip."""

    _opening = ""

    def opens(self, transaction: str) -> None:
        """Open a transaction in this way, on the trip of its first statement."""
        self._opening = transaction

    def opening(self) -> str:
        """Return how a transaction is still to be opened, once; empty when none is."""
        opening, self._opening = self._opening, ""
        return opening

    def cursor(self) -> "_Cursor":  # type: ignore[override]  # all that SQLAlchemy asks of one
        return _Cursor(self)

    async def commit(self) -> None:
        """Keep what is open; where nothing is, there is no need to go."""
        self._opening = ""
        if self.in_transaction:
            await super().commit()

    async def rollback(self) -> None:
        """Undo what is open; where nothing is, there is no need to go."""
        self._opening = ""
        if self.in_transaction:
            await super().rollback()


class _Cursor:
    """Executes, fetches and closes in one go on the driver's thread."""

    def __init__(self, connection: _Connection) -> None:
        self._connection = connection
        self._rows: Sequence[Any] = ()
        self.description: Any = None
        self.rowcount = -1
        self.lastrowid: int | None = None
        self.arraysize = 1

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, values: Any = ()) -> Self:  # noqa: ANN401 - sqlite3's own
        """Execute a statement and fetch what it returns."""
        return await self._go(sqlite3.Cursor.execute, sql, values)

    async def executemany(self, sql: str, values: Any) -> Self:  # noqa: ANN401 - sqlite3's own
        """Execute a statement once for each of the values."""
        return await self._go(sqlite3.Cursor.executemany, sql, values)

    async def _go(self, *what: Any) -> Self:  # noqa: ANN401 - sqlite3's own
        await self._connection._execute(self._run, self._connection.opening(), *what)  # type: ignore[no-untyped-call]  # noqa: SLF001 - no public way takes a function
        return self

    def _run(self, opening: str, execute: Any, sql: str, values: Any) -> None:  # noqa: ANN401 - sqlite3's own
        cursor = self._connection._conn.cursor()  # noqa: SLF001
        try:
            if opening:
                cursor.execute(opening)
            execute(cursor, sql, values)
            self._rows = cursor.fetchall() if cursor.description else ()
            self.description, self.rowcount = cursor.description, cursor.rowcount
            self.lastrowid = cursor.lastrowid
        finally:
            cursor.close()

    async def fetchall(self) -> Sequence[Any]:
        """Return the rows; they are here already."""
        return self._rows

    async def close(self) -> None:
        """Do nothing: the cursor on the thread is closed."""
