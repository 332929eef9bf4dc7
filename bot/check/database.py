"""The database: is it there, is it sound, does its schema fit. Nothing is written to it."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from bot.backup import revision, soundness
from bot.check.findings import Finding, fail, ok, warn
from bot.circles.model import CircleState
from bot.circles.rows import Circles
from bot.conversation.model import RoomRef
from bot.store.engine import Database
from bot.store.migrate import revisions

RESTORE = "Stop the bot, then put a backup back: circlekeeper restore FILE"


def database_findings(path: Path) -> Iterator[Finding]:
    """Yield how it stands with the database in the file `path`."""
    if not path.exists():
        yield ok("database", "There is none yet; the first start makes it.")
        return
    try:
        broken, found = soundness(path), revision(path)
    except sqlite3.Error as error:
        what = f"{path} cannot be read: {error}."
        yield fail("database", what, "All circles are kept in it.", RESTORE)
        return
    if broken != "ok":
        what = f"{path} is damaged: {broken}."
        yield fail("database", what, "What is damaged spreads.", RESTORE)
    else:
        yield ok("database", f"{path} is sound.")
    yield _schema(found)


def _schema(found: str | None) -> Finding:
    """Return whether this version can use a schema of the revision `found`."""
    known = revisions()
    if known and found == known[-1]:
        return ok("schema", "It is the one that this version needs.")
    if found is None or found in known:
        return warn(
            "schema",
            "It is older than this version.",
            "The next start brings it up, after a backup beside it.",
            "Nothing, or circlekeeper backup before you start.",
        )
    return fail(
        "schema",
        "It was written by a later version of Circlekeeper.",
        "This version does not know what stands there.",
        "Install that version, or restore an older backup.",
    )


def readable(path: Path) -> bool:
    """Return whether this version can read what stands in the database."""
    try:
        return path.exists() and revision(path) in revisions()[-1:]
    except sqlite3.Error:
        return False


async def rooms_of_circles(path: Path) -> dict[RoomRef, str]:
    """Return the rooms of the circles that are not closed, with the circles' names."""
    database = Database.at(path)
    try:
        async with database.look() as work:
            circles = Circles(work)
            return {
                room: circle.name
                for circle in await circles.all()
                if circle.state is not CircleState.CLOSED
                for room in await circles.rooms(circle.id)
            }
    finally:
        await database.aclose()
