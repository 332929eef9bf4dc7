"""Copies of the database: made while the bot runs, looked over before they are put back."""

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.delivery.clockwork import SystemClock
from bot.intake.rows import RESTORED
from bot.store.migrate import copy_file, revisions

_LAST_KNOWN = """SELECT max(at) FROM (
    SELECT max(moved_at) AS at FROM cursor
    UNION ALL SELECT max(created_at) FROM outbox
    UNION ALL SELECT max(last_attempt_at) FROM outbox
    UNION ALL SELECT max(sent_at) FROM outbox
    UNION ALL SELECT max(fired_at) FROM schedule
)"""

_LONG_AGO = timedelta(days=30)


class NotSaved(Exception):
    """No backup was made."""


class NotRestored(Exception):
    """The backup was not put back, and the database is what it was."""


def backup_name() -> str:
    """Return a name for a backup that is made now."""
    return f"circlekeeper-{SystemClock().now():%Y-%m-%dT%H%M%SZ}.sqlite3"


def save(database: Path, to: Path) -> None:
    """Write a consistent copy of the database to `to`, for its owner's eyes only.

    Raises:
        NotSaved: there is no database, the file exists, or the copy is not sound.
    """
    if not database.exists():
        raise NotSaved(f"There is no database yet at {database}: nothing to save.")
    _make_empty(to)
    try:
        _copy(database, to)
    except (sqlite3.Error, OSError, NotRestored) as error:
        to.unlink(missing_ok=True)
        raise NotSaved(f"No backup was made: {_bare(error)}.") from None


def put_back(source: Path, database: Path) -> Path | None:
    """Put the backup `source` in the database's place; return where the replaced one is kept.

    The caller holds the lock, so that nothing writes meanwhile.

    Raises:
        NotRestored: the backup cannot be used.
    """
    if not source.is_file():
        raise NotRestored(f"There is no file {source}.")
    fresh = database.with_name(f"{database.name}.restoring")
    fresh.unlink(missing_ok=True)
    try:
        fresh.touch(0o600)
        _copy(source, fresh)
        _check_revision(fresh)
        _doubt_unsent(fresh)
        _note_restored(fresh)
        return _swap(fresh, database)
    except (sqlite3.Error, OSError) as error:
        raise NotRestored(f"{source} cannot be restored: {_bare(error)}.") from None
    finally:
        fresh.unlink(missing_ok=True)


def soundness(database: Path) -> str:
    """Return "ok", or the first thing that is broken in a database's file.

    Raises:
        sqlite3.Error: it cannot even be read.
    """
    with closing(reading(database)) as connection:
        (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found == "ok" and connection.execute("PRAGMA foreign_key_check").fetchone():
            return "a row that points to another one which is not there"
        return str(found)


def revision(database: Path) -> str | None:
    """Return the revision of a database's schema, None when it has none."""
    with closing(reading(database)) as connection:
        try:
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            return None
        return None if found is None else str(found[0])


def reading(database: Path) -> sqlite3.Connection:
    """Return a connection that cannot write."""
    return sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True, timeout=5)


def _make_empty(to: Path) -> None:
    try:
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        raise NotSaved(f"{to} is there already, and I overwrite nothing. Name another.") from None
    except OSError as error:
        raise NotSaved(f"I cannot write {to}: {error.strerror}.") from None


def _copy(source: Path, to: Path) -> None:
    """Copy a database into an empty file, as one plain file that has been looked over."""
    copy_file(source, to)
    with closing(sqlite3.connect(to)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    found = soundness(to)
    if found != "ok":
        raise NotRestored(f"{source} is damaged: {found}.")


def _doubt_unsent(fresh: Path) -> None:
    """Mark every unsent post as tried: it may have gone after the backup, so it is looked for."""
    with closing(sqlite3.connect(fresh)) as connection:
        connection.execute(
            "UPDATE outbox SET attempts = max(attempts, 1), "
            "first_attempt_at = coalesce(first_attempt_at, created_at), "
            "last_attempt_at = coalesce(last_attempt_at, created_at) WHERE state = 'waiting'"
        )
        connection.commit()


def _note_restored(fresh: Path) -> None:
    """Note until when the backup knows, and that it is put back now: see `DoubtAfterRestore`."""
    now = SystemClock().now()
    with closing(sqlite3.connect(fresh)) as connection:
        (last,) = connection.execute(_LAST_KNOWN).fetchone()
        known = datetime.fromisoformat(last).replace(tzinfo=UTC) if last else now - _LONG_AGO
        connection.execute(
            "INSERT OR REPLACE INTO cursor (account, token, moved_at) VALUES (?, ?, ?)",
            (RESTORED, known.isoformat(), now.replace(tzinfo=None).isoformat(" ")),
        )
        connection.commit()


def _check_revision(fresh: Path) -> None:
    found = revision(fresh)
    if found is None:
        raise NotRestored("That is no database of Circlekeeper.")
    if found not in revisions():
        raise NotRestored(
            "That backup was written by a later version of Circlekeeper: install that version, "
            "or restore an older backup."
        )


def _swap(fresh: Path, database: Path) -> Path | None:
    """Put `fresh` in the database's place in one step, the replaced one beside it."""
    if not database.exists():
        fresh.replace(database)
        return None
    kept = _free(database.with_name(f"{database.name}.before-restore"))
    _settle(database, kept)
    kept.touch(0o600)
    shutil.copyfile(database, kept)
    fresh.replace(database)
    return kept


def _settle(database: Path, kept: Path) -> None:
    """Leave nothing of the old database in files beside it, which the new one would take over."""
    try:
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error:
        pass  # too damaged to be read: its files are kept as they are
    for end in ("-wal", "-shm"):
        beside = database.with_name(f"{database.name}{end}")
        if beside.exists():
            beside.replace(kept.with_name(f"{kept.name}{end}"))


def _bare(error: Exception) -> str:
    return str(error).rstrip(".")


def _free(path: Path) -> Path:
    """Return `path`, numbered when it is taken."""
    count = 1
    free = path
    while free.exists():
        count += 1
        free = path.with_name(f"{path.name}-{count}")
    return free
