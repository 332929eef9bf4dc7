"""The database: is it there, is it sound, does its schema fit. Nothing is written to it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from bot.backup import reading, revision, soundness
from bot.check.findings import Finding, fail, ok, warn
from bot.config import command
from bot.conversation.model import RoomRef
from bot.delivery.clockwork import SystemClock
from bot.delivery.model import State
from bot.store.migrate import revisions

RECENT = timedelta(days=7)
"""How long a lost post is worth a word."""


def database_findings(path: Path) -> Iterator[Finding]:
    """Yield how it stands with the database in the file `path`."""
    if not path.exists():
        yield ok("database", "There is none yet; the first start makes it.")
        return
    try:
        broken, found = soundness(path), revision(path)
    except sqlite3.Error as error:
        what = f"{path} cannot be read: {error}."
        yield fail("database", what, "All circles are kept in it.", _restore())
        return
    if broken != "ok":
        what = f"{path} is damaged: {broken}."
        yield fail("database", what, "What is damaged spreads.", _restore())
    else:
        yield ok("database", f"{path} is sound.")
    yield _schema(found)


def _restore() -> str:
    return f"Stop the bot, then put a backup back: {command('restore', 'FILE')}"


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
            f"Nothing, or before you start: {command('backup')}",
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
        sound = path.exists() and soundness(path) == "ok"
        return sound and revision(path) in revisions()[-1:]
    except sqlite3.Error:
        return False


def rooms_of_circles(path: Path) -> dict[RoomRef, str]:
    """Return all rooms of the circles that are not closed, with the circles' names."""
    with closing(reading(path)) as connection:
        found = connection.execute(
            "SELECT platform, room, name FROM room JOIN circle ON circle.id = circle_id "
            "WHERE circle.state != 'closed' ORDER BY room.id"
        )
        return {RoomRef(platform, room): name for platform, room, name in found}


def lost_findings(path: Path) -> Iterator[Finding]:
    """Yield which circles miss posts that should stand in their rooms."""
    since = (SystemClock().now() - RECENT).replace(tzinfo=None).isoformat(" ")
    with closing(reading(path)) as connection:
        found = connection.execute(_LOST, (since,)).fetchall()
    for name, posts in groupby(found, key=itemgetter(0)):
        told = [_lost(*post) for _, *post in posts]
        yield warn(
            f"circle {name}",
            f"In the last {RECENT.days} days did not arrive: {'; '.join(told)}.",
            "Its members may be waiting for them.",
            "Let the bot in and give it the right to write where a room refused it, and keep it "
            "running. Its facilitators see in !circle status what to send again.",
        )


_LOST = """
SELECT circle.name, prompt, room.room, outbox.state, count(*)
FROM outbox
JOIN circle ON circle.id = outbox.circle_id AND circle.state != 'closed'
JOIN room ON room.circle_id = circle.id AND target = room.platform || ':' || room.room
WHERE outbox.state IN ('refused', 'skipped') AND created_at > ?
GROUP BY circle.id, prompt, room.room, outbox.state
ORDER BY circle.id, min(outbox.id)
"""


def _lost(prompt: str, room: str, state: str, times: int) -> str:
    why = "the room refused it" if state == State.REFUSED else "it was too late"
    return f"{prompt} in {room} ({why}{f', {times} times' if times > 1 else ''})"
