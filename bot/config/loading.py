"""Reading the settings: the config file, the environment, secret files and the kept login."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import SettingsError

from bot.config.command import command
from bot.config.faults import MISSING, SECRET, ConfigError, Fault, faults_of
from bot.config.settings import Settings

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
    login = _login(settings.secrets) if with_login else {}
    merged = tables.get("matrix", {}) | login
    return whole(tables | {"matrix": merged}, path) if login else settings


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


def require_login(settings: Settings) -> None:
    """Pass when there is a login to go on with.

    Raises:
        ConfigError: the access token or its device id is not known.
    """
    missing = [key for key in SECRET if not getattr(settings.matrix, key)]
    if missing:
        what = f"The bot is not logged in: {' and '.join(missing)} not found."
        again = command("init", "--login")
        todo = f"Run {again}, or give both through the environment."
        raise ConfigError([Fault(str(settings.secrets), what, todo)])


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
    matrix = tables.get("matrix")
    found = [key for key in SECRET if isinstance(matrix, dict) and matrix.pop(key, None)]
    what = "It is part of the login, which does not belong in this file."
    again = command("init", "--login", config=path)
    todo = f"Remove it from {path.name}; {again} keeps it in a file of its own."
    return tuple(Fault(f"[matrix] {key}", what, todo) for key in found)


def kept_device(secrets: Path) -> str | None:
    """Return the device id of a login that is kept, also of one whose token is dead."""
    try:
        return _login(secrets).get("device_id")
    except ConfigError:
        return None


def _login(path: Path) -> Tables:
    """Return the kept login."""
    if not path.exists():
        return {}
    kept = _read(path)
    login = kept.pop("matrix", {})
    if kept or not isinstance(login, dict) or not set(login) <= set(SECRET):
        what = "It holds something else than a login."
        todo = f"Leave only [matrix] with {' and '.join(SECRET)} in it."
        raise ConfigError([Fault(str(path), what, todo)])
    return login


def _without_file(path: Path, error: ConfigError) -> list[Fault]:
    """Return that the file is not there instead of each key that it would hold."""
    todo = f"Run {command('init', config=path)} to make one, or name yours with --config."
    missing = Fault(str(path), "There is no such file.", todo)
    return [missing, *(fault for fault in error.faults if fault.what != MISSING)]


def _secret_dirs() -> list[Path]:
    """Return the folders where systemd, Docker or the user put secrets."""
    named = (os.environ.get(name) for name in ("CREDENTIALS_DIRECTORY", "CIRCLEKEEPER_SECRETS_DIR"))
    return [path for path in (_MOUNTED, *(Path(name) for name in named if name)) if path.is_dir()]
