"""The store keeps what was committed and nothing else."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.exc import OperationalError
from sqlmodel import select

import bot.bootstrap  # noqa: F401 - every table
from bot.intake.rows import CursorRow, Cursors
from bot.store.engine import Database
from bot.store.migrate import NewerDatabase, current, drift, revisions, upgrade

NOW = datetime(2026, 3, 2, tzinfo=UTC)


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    found = Database.at(tmp_path / "circle.db")
    await upgrade(found)
    yield found
    await found.aclose()


async def count(database: Database) -> int:
    async with database.look() as work:
        return len(await work.all(select(CursorRow)))


async def test_what_is_not_committed_is_gone(database: Database) -> None:
    async with database.begin() as work:
        await Cursors(work).move("a", "1", NOW)
    assert await count(database) == 0
    async with database.begin() as work:
        await Cursors(work).move("a", "1", NOW)
        await work.commit()
    assert await count(database) == 1


async def test_the_parts_of_a_whole_are_kept_together(database: Database) -> None:
    async with database.together() as whole:
        for account in ("a", "b"):
            async with database.begin() as work:
                await Cursors(work).move(account, "1", NOW)
                await work.commit()
        assert await count(database) == 0
        await whole.commit()
    assert await count(database) == 2


async def test_a_whole_that_is_not_committed_leaves_nothing(database: Database) -> None:
    async with database.together(), database.begin() as work:
        await Cursors(work).move("a", "1", NOW)
        await work.commit()
    assert await count(database) == 0


async def test_a_part_that_fails_takes_no_other_part_with_it(database: Database) -> None:
    async with database.together() as whole:
        async with database.begin() as work:
            await Cursors(work).move("a", "1", NOW)
            await work.commit()
        with pytest.raises(ZeroDivisionError):
            async with database.begin() as work:
                await Cursors(work).move("b", "1", NOW)
                raise ZeroDivisionError
        await whole.commit()
    assert await count(database) == 1


async def test_two_who_read_and_then_write_lose_no_update(database: Database) -> None:
    async def add_one() -> None:
        async with database.begin() as work:
            known = await Cursors(work).of("n") or "0"
            await asyncio.sleep(0)
            await Cursors(work).move("n", str(int(known) + 1), NOW)
            await work.commit()

    async with asyncio.TaskGroup() as group:
        for _ in range(50):
            group.create_task(add_one())
    async with database.look() as work:
        assert await Cursors(work).of("n") == "50"


async def test_who_only_looks_cannot_write(database: Database) -> None:
    with pytest.raises(OperationalError, match="readonly"):
        async with database.look() as work:
            await Cursors(work).move("a", "1", NOW)
            await work.session.flush()


async def test_a_transaction_that_said_nothing_holds_up_nobody(database: Database) -> None:
    async with database.writer.connect() as silent:
        await silent.begin()
        with closing(sqlite3.connect(str(database.url.database), timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")
            other.rollback()
        await silent.rollback()
    async with database.writer.connect() as connection:
        await connection.begin()
        await connection.exec_driver_sql("SELECT 1")
        other = sqlite3.connect(str(database.url.database), timeout=0)
        with closing(other), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")


async def test_every_commit_is_on_the_disk(database: Database) -> None:
    async with database.writer.connect() as connection:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
            assert (await connection.exec_driver_sql(f"PRAGMA {pragma}")).scalar() == value


async def test_the_migrations_make_what_the_rows_say(database: Database) -> None:
    assert await drift(database) == []


@pytest.mark.parametrize("revision", revisions())
async def test_a_database_of_every_revision_is_upgraded(tmp_path: Path, revision: str) -> None:
    old = Database.at(tmp_path / "old.db")
    await upgrade(old, revision)
    async with old.writer.begin() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO cursor (account, token, moved_at) VALUES ('a', 'kept', '2026-03-02')"
        )
    saved = await upgrade(old)
    assert await current(old) == revisions()[-1]
    assert (saved is None) == (revision == revisions()[-1])
    async with old.look() as work:
        assert await Cursors(work).of("a") == "kept"
    await old.aclose()


async def test_a_database_of_a_later_version_is_left_alone(database: Database) -> None:
    async with database.writer.begin() as connection:
        await connection.exec_driver_sql("UPDATE alembic_version SET version_num='9999'")
    with pytest.raises(NewerDatabase, match="later version"):
        await upgrade(database)
