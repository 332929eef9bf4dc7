"""Reading the settings: the config file, the environment, secret files and the kept login."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from bot.config.command import command
from bot.config.faults import MISSING, NOWHERE, SECRETS_OF, ConfigError, Fault, faults_of, variables
from bot.config.settings import Settings
from bot.conversation.ids import LOOKS

Tables = dict[str, Any]
_MOUNTED = Path("/run/secrets")


def load(path: Path, *, with_login: bool = True) -> Settings:
    """Return the settings that the file at `path` and what stands around it make.

    The environment comes before secret files, these before the kept login and the file. A file
    that is not there is empty, so that the environment alone can be enough. Whoever is about to
    log in again reads no kept login.

    Raises:
        ConfigError: they cannot be used; it holds every fault.
    """
    tables = _read(path) if path.exists() else {}
    try:
        settings = whole(tables, path, _take_secrets(tables, path))
    except ConfigError as error:
        raise error if path.exists() else ConfigError(_without_file(path, error)) from None
    kept = _logins(settings.secrets) if with_login else {}
    logins = {name: login for name, login in kept.items() if getattr(settings, name) is not None}
    merged = {name: tables.get(name, {}) | login for name, login in logins.items()}
    return whole(tables | merged, path) if merged else settings


def whole(tables: Mapping[str, Any], path: Path, known: tuple[Fault, ...] = ()) -> Settings:
    """Return these tables as settings of the file at `path`, with what the environment adds.

    Raises:
        ConfigError: something is wrong, or was `known` to be.
    """
    try:
        settings = Settings(_secrets_dir=_secret_dirs(), **tables)
    except ValidationError as error:
        raise ConfigError([*known, *faults_of(error, Settings)]) from None
    except SettingsError:
        todo = "Point CIRCLEKEEPER_SECRETS_DIR to a folder of small files."
        fault = Fault("the secret files", "They cannot be read, or are too large.", todo)
        raise ConfigError([*known, fault]) from None
    if known:
        raise ConfigError(known)
    settings._folder = path.absolute().parent  # noqa: SLF001 - no key of the file
    return settings


def require_login(settings: Settings, path: Path) -> None:
    """Pass when there is a login to go on with, on every platform that the config at `path` names.

    Raises:
        ConfigError: a secret of one is not known.
    """
    faults = [
        _not_logged_in(settings.secrets, table, missing, path)
        for table, keys in SECRETS_OF.items()
        if (held := getattr(settings, table)) is not None
        and (missing := [key for key in keys if not getattr(held, key)])
    ]
    if faults:
        raise ConfigError(faults)


def _not_logged_in(secrets: Path, table: str, missing: list[str], path: Path) -> Fault:
    where = LOOKS[table].title
    names = " and ".join(variables(table, key)[0] for key in missing)
    what = f"The bot is not logged in on {where}: {' and '.join(missing)} not found."
    login = command("init", "--login", config=path)
    return Fault(str(secrets), what, f"Run {login}, or set {names}.")


def _read(path: Path) -> Tables:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        todo = "Words stand in quotes, lists in square brackets, and each key once."
        raise ConfigError([Fault(str(path), f"It cannot be read: {error}.", todo)]) from None
    except UnicodeDecodeError:
        fault = Fault(str(path), "It is not text in UTF-8.", "Save it as UTF-8.")
        raise ConfigError([fault]) from None
    except OSError as error:
        todo = "Check the name, and that I may read it."
        raise ConfigError([Fault(str(path), f"{error.strerror}.", todo)]) from None


def _take_secrets(tables: Tables, path: Path) -> tuple[Fault, ...]:
    """Return a fault for each secret that stands in the config file, and take it out."""
    found = [
        f"[{name}] {key}"
        for name, keys in SECRETS_OF.items()
        for key in keys
        if isinstance(table := tables.get(name), dict) and table.pop(key, None)
    ]
    what = "It is part of the login, which does not belong in this file."
    again = command("init", "--login", config=path)
    todo = f"Remove it from {path.name}; {again} keeps it in a file of its own."
    return tuple(Fault(key, what, todo) for key in found)


def kept_device(secrets: Path) -> str | None:
    """Return the device id of a login that is kept, also of one whose token is dead."""
    try:
        return _logins(secrets).get("matrix", {}).get("device_id")
    except ConfigError:
        return None


def _logins(path: Path) -> dict[str, Tables]:
    """Return the kept logins by their tables."""
    if not path.exists():
        return {}
    kept = _read(path)
    if not all(
        isinstance(login, dict) and set(login) <= set(SECRETS_OF.get(name, ()))
        for name, login in kept.items()
    ):
        what = "It holds something else than a login."
        tables = (f"[{name}] with {' and '.join(keys)}" for name, keys in SECRETS_OF.items())
        todo = f"Leave only {' and '.join(tables)} in it."
        raise ConfigError([Fault(str(path), what, todo)])
    return kept


def _without_file(path: Path, error: ConfigError) -> list[Fault]:
    """Return that the file is not there instead of each key that it would hold."""
    todo = f"Run {command('init', config=path)} to make one, or name yours with --config."
    missing = Fault(str(path), "There is no such file.", todo)
    return [missing, *(fault for fault in error.faults if fault.what not in (MISSING, NOWHERE))]


def _secret_dirs() -> list[Path]:
    """Return the folders where systemd, Docker or the user put secrets."""
    named = (os.environ.get(name) for name in ("CREDENTIALS_DIRECTORY", "CIRCLEKEEPER_SECRETS_DIR"))
    return [path for path in (_MOUNTED, *(Path(name) for name in named if name)) if path.is_dir()]
