"""Bring a database to the schema that this version needs, after a backup of the file."""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlmodel import SQLModel

from bot.store.engine import Database

_HERE = Path(__file__).parent / "migrations"


class NewerDatabase(Exception):
    """The database was written by a later version of Circlekeeper."""


def revisions() -> list[str]:
    """Return every revision, the first one first."""
    script = ScriptDirectory(str(_HERE))
    return [item.revision for item in reversed(list(script.walk_revisions()))]


async def current(database: Database) -> str | None:
    """Return the database's revision, None when it is empty."""
    async with database.writer.connect() as connection:
        return await connection.run_sync(
            lambda sync: MigrationContext.configure(sync).get_current_revision()
        )


async def upgrade(database: Database, to: str = "head") -> Path | None:
    """Bring the database to revision `to`; return the backup that was made first, if any.

    Raises:
        NewerDatabase: the database's revision is not one of ours.
    """
    have, known = await current(database), revisions()
    if have is not None and have not in known:
        raise NewerDatabase(
            "The database was written by a later version of Circlekeeper. "
            "Install that version, or restore an older backup."
        )
    wanted = known[-1] if to == "head" else to
    if have == wanted:
        return None
    saved = _save(database, have) if have is not None else None
    async with database.writer.begin() as connection:
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), to))
    return saved


async def revise(database: Database, message: str) -> None:
    """Write a new revision, numbered: what the rows say and the migrations do not yet."""
    number = f"{len(revisions()) + 1:04}"
    async with database.writer.connect() as connection:
        await connection.run_sync(
            lambda sync: command.revision(_config(sync), message, autogenerate=True, rev_id=number)
        )


async def drift(database: Database) -> list[object]:
    """Return what differs between an upgraded database and the rows; empty when nothing does."""
    async with database.writer.connect() as connection:
        return await connection.run_sync(
            lambda sync: list(compare_metadata(MigrationContext.configure(sync), SQLModel.metadata))
        )


def copy_file(source: Path, to: Path) -> None:
    """Copy a SQLite database that may be in use, whole and consistent."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(to)) as new:
        old.backup(new)
    to.chmod(0o600)


def _save(database: Database, revision: str) -> Path:
    """Copy the file beside itself, named after its revision."""
    path = Path(str(database.url.database))
    saved = path.with_name(f"{path.stem}.before-upgrade-from-{revision}{path.suffix}")
    copy_file(path, saved)
    return saved


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HERE))
    config.attributes["connection"] = connection
    return config
