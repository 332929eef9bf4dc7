"""What the first start writes, and when it must not."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from adapters.matrix.settings import Credentials
from bot.config import (
    Matrix,
    Settings,
    command,
    keep_login,
    keep_token,
    load,
    render,
    whole,
    write_private,
)
from bot.config.settings import SECRETS
from bot.init.given import Given
from bot.init.stopped import Stopped

UNKNOWN = "@unknown:unknown"
"""Stands for the bot's id until the homeserver tells it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written once the logins work; `tables` is None when the config stays."""

    path: Path
    settings: Settings
    tables: dict[str, Any] | None = None


def user_id_of(matrix: Matrix) -> str | None:
    """Return the bot's id, None while only the homeserver knows it."""
    return None if matrix.user_id == UNKNOWN else matrix.user_id


def plan_anew(given: Given, path: Path, data_dir: Path) -> Plan:
    """Return the plan for a new config and a new login.

    Raises:
        ConfigError: the answers do not make a config.
    """
    tables = _tables(given, data_dir)
    return Plan(path, whole(tables, path), tables)


def plan_again(path: Path) -> Plan:
    """Return the plan for a new login under the config that is there.

    Raises:
        ConfigError: it cannot be used.
        Stopped: the login could not be written.
    """
    settings = load(path, with_login=False)
    _writable(settings.secrets)
    return Plan(path, settings)


def find_room(path: Path, data_dir: Path, *, force: bool) -> None:
    """Pass when a new config and a new login may be written.

    Raises:
        Stopped: one is there already, or could not be written.
    """
    files = path, path.absolute().parent / data_dir.expanduser() / SECRETS
    there = [str(file) for file in files if file.exists()]
    if there and not force:
        again = command("init", "--login", config=path)
        anew = command("init", "--force", config=path)
        raise Stopped(
            f"I found {' and '.join(there)} and left everything as it is. To log in again under "
            f"the same config: {again}. To begin anew: {anew}."
        )
    for file in files:
        _writable(file)


def keep(plan: Plan, login: Credentials | None, token: str | None) -> Settings:
    """Write the logins and the config, and return the settings that they make."""
    if login is not None:
        keep_login(plan.settings.secrets, login.access_token, login.device_id)
    if token is not None:
        keep_token(plan.settings.secrets, token)
    if plan.tables is None:
        return plan.settings
    if login is not None:
        plan.tables["matrix"]["user_id"] = login.user_id
    settings = whole(plan.tables, plan.path)
    plan.path.absolute().parent.mkdir(parents=True, exist_ok=True)
    write_private(plan.path, render(settings))
    return settings


def _tables(given: Given, data_dir: Path) -> dict[str, Any]:
    """Return the config's tables: whoever sets the bot up may do all, and nobody else yet."""
    own = [each for each in (given.organiser, given.discord_organiser) if each]
    tables: dict[str, Any] = {
        "circlekeeper": {
            "run_by": given.run_by,
            "contact": given.organiser or "",
            "data_dir": str(data_dir),
            "time_zone": given.time_zone,
            "organisers": own,
            "admins": own,
        }
    }
    if "matrix" in given.where:
        tables["matrix"] = _matrix(given)
    if "discord" in given.where:
        tables["discord"] = {}
    return tables


def _matrix(given: Given) -> dict[str, Any]:
    server = (given.user_id or "").partition(":")[2]
    theirs = [f"*:{server}"] if server else []
    return {
        "homeserver": given.homeserver,
        "user_id": given.user_id or UNKNOWN,
        "invites_from": [given.organiser] if given.organiser else theirs,
    }


def _writable(path: Path) -> None:
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Stopped(f"I may not write in {folder}: choose another place. Nothing was written.")
