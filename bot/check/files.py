"""The files of an installation: who may read them, is there room, is the time zone data there."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import available_timezones

from bot.check.findings import Finding, fail, ok, warn
from bot.config import Settings

MEGABYTE = 1_000_000
TOO_LITTLE = 50 * MEGABYTE
LITTLE = 500 * MEGABYTE
ZONES = 400
"""Fewer names than this are not the whole of the time zone data."""


def file_findings(settings: Settings, config: Path) -> Iterator[Finding]:
    """Yield what the files of the installation are like."""
    yield from _modes(settings, config)
    yield from _data_dir(settings.data_dir)
    yield from _zones()


def _modes(settings: Settings, config: Path) -> Iterator[Finding]:
    """Yield who else on this machine could read or change what is private."""
    why = "Who has the login can speak as the bot and read its rooms."
    checks = (
        (settings.secrets, 0o077, fail, why),
        (settings.data_dir, 0o077, warn, "The database holds what members wrote."),
        (config, 0o022, warn, "Who changes the config can send the login elsewhere."),
    )
    fine = []
    for path, forbidden, say, why in checks:
        if not path.exists():
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & forbidden:
            private = mode & ~forbidden
            todo = f"Run: chmod {private:o} {path}"
            yield say("files", f"{path} is open to others ({mode:o}).", why, todo)
        else:
            fine.append(path.name)
    if fine:
        yield ok("files", f"The rights of {', '.join(fine)} are as they should be.")


def _data_dir(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir() and folder.exists():
        yield fail("data", f"{folder} is no folder.", _WHY, "Choose another data_dir.")
        return
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not os.access(there, os.W_OK | os.X_OK):
        yield fail(
            "data",
            f"I may not write in {there}.",
            _WHY,
            "Give the bot's user the right to, or choose another data_dir.",
        )
        return
    yield ok("data", f"{folder} can be written." if there == folder else f"{folder} can be made.")
    yield _space(there)


def _space(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    what = f"{free // MEGABYTE} MB free for {folder}."
    why = "On a full disk nothing can be recorded, and the bot stops."
    if free < TOO_LITTLE:
        return fail("disk", what, why, "Make room.")
    return warn("disk", what, why, "Make room soon.") if free < LITTLE else ok("disk", what)


def _zones() -> Iterator[Finding]:
    count = len(available_timezones())
    if count >= ZONES:
        yield ok("time zones", f"{count} time zones are known.")
        return
    yield fail(
        "time zones",
        f"Only {count} time zones are known.",
        "Members live in many, and each prompt goes out at its circle's own time.",
        "Install the time zone data again: pip install --force-reinstall tzdata",
    )


_WHY = "There the bot keeps its database and its login."
