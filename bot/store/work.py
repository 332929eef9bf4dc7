"""The unit of work: what is written together is committed together, and only when said."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, AsyncSessionTransaction


class UnitOfWork:
    """One transaction; nothing is kept unless `commit` is called."""

    def __init__(self, session: AsyncSession, point: AsyncSessionTransaction | None = None) -> None:
        self.session = session
        self._point = point

    async def commit(self) -> None:
        """Keep what was written; inside `together`, keep it with the rest."""
        if self._point is None:
            await self.session.commit()
        else:
            await self._point.commit()

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """Undo only what is written inside when it raises."""
        async with self.session.begin_nested():
            yield

    async def all(self, statement: Any) -> Sequence[Any]:  # noqa: ANN401 - any select
        """Return every row or entity of a select."""
        return (await self.session.scalars(statement)).all()

    async def first(self, statement: Any) -> Any:  # noqa: ANN401 - any select
        """Return the first row or entity of a select, None if there is none."""
        return (await self.session.scalars(statement)).first()

    async def put(self, row: Any) -> Any:  # noqa: ANN401 - any SQLModel row
        """Write a row now, so that its id is known and a broken rule shows here."""
        self.session.add(row)
        await self.session.flush()
        return row

    async def run(self, statement: Any) -> int:  # noqa: ANN401 - any insert, update or delete
        """Execute a statement and return how many rows it touched."""
        result = await self.session.execute(statement)
        return int(getattr(result, "rowcount", 0))


StoreAway = OperationalError
"""The database cannot be used now: it is locked, full or broken."""

Begin = Callable[[], AbstractAsyncContextManager[UnitOfWork]]
"""Opens a unit of work; what use cases hold."""

_whole: ContextVar["Whole | None"] = ContextVar("whole", default=None)


class Whole:
    """Several units of work that are kept or dropped as one."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._session: AsyncSession | None = None

    @asynccontextmanager
    async def join(self) -> AsyncIterator[UnitOfWork]:
        """Yield a unit of work whose commit waits for `commit` here."""
        if self._session is None:
            self._session = AsyncSession(self._engine, expire_on_commit=False)
        point = await self._session.begin_nested()
        try:
            yield UnitOfWork(self._session, point)
        finally:
            if point.is_active:
                await point.rollback()

    async def commit(self) -> None:
        """Keep all of it."""
        if self._session is not None:
            await self._session.commit()

    async def close(self) -> None:
        """Drop what was not committed."""
        if self._session is not None:
            await self._session.close()


@asynccontextmanager
async def begin_on(engine: AsyncEngine) -> AsyncIterator[UnitOfWork]:
    """Open a unit of work, joining the whole that this task is in, if any."""
    whole = _whole.get()
    if whole is not None:
        async with whole.join() as work:
            yield work
        return
    async with AsyncSession(engine, expire_on_commit=False) as session:
        yield UnitOfWork(session)


@asynccontextmanager
async def together_on(engine: AsyncEngine) -> AsyncIterator[Whole]:
    """Make every unit of work inside part of one; nothing is kept unless it is committed.

    The transaction opens with the first unit of work inside, so what asks the network comes
    before that.
    """
    whole = Whole(engine)
    mark = _whole.set(whole)
    try:
        yield whole
    finally:
        _whole.reset(mark)
        await whole.close()
