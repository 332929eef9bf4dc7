"""The config file as text, every key explained; and the login in a file of its own."""

import os
import re
import textwrap
import tomllib
from collections.abc import Mapping
from pathlib import Path

import tomlkit
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from tomlkit import TOMLDocument
from tomlkit.items import Table

from bot.config.faults import SECRETS_OF, table_of
from bot.config.settings import Settings

_WIDTH = 90
_HEAD = (
    "The settings of Circlekeeper. circlekeeper init writes this file; circlekeeper check looks it "
    "over. An environment variable comes before what stands here: "
    "CIRCLEKEEPER_TIME_ZONE for a key of [circlekeeper], CIRCLEKEEPER_MATRIX__HOMESERVER for one "
    "of [matrix]. Logins are no part of this file: they are kept in secrets.toml in the data_dir."
)


def example() -> str:
    """Return the config file as it may look, with an example where there is no default."""
    values = {
        table: {
            key: _like(info)
            for key, info in kind.model_fields.items()
            if key not in SECRETS_OF.get(table, ())
        }
        for table, kind in _tables()
    }
    return _text(values)


def render(settings: Settings) -> str:
    """Return the config file that says what the settings are; logins are left out."""
    return _text(settings.model_dump(mode="json"))


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - of a descriptor
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def keep_login(path: Path, access_token: str, device_id: str) -> None:
    """Keep a login on Matrix in the file at `path`, whose folder is made if need be."""
    _keep(path, "matrix", {"access_token": access_token, "device_id": device_id})


def keep_token(path: Path, token: str) -> None:
    """Keep the bot's token for Discord in the file at `path`, whose folder is made if need be."""
    _keep(path, "discord", {"token": token})


def _keep(path: Path, table: str, login: dict[str, str]) -> None:
    """Keep a login beside those on other platforms; what cannot be read is written anew."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = tomlkit.document()
    text.add(tomlkit.comment("The bot's logins, kept by circlekeeper init. Show them to nobody."))
    text.update(_kept(path) | {table: login})
    write_private(path, text.as_string())


def _kept(path: Path) -> dict[str, object]:
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {name: login for name, login in found.items() if name in SECRETS_OF}


def _tables() -> list[tuple[str, type[BaseModel]]]:
    found = ((name, table_of(info)) for name, info in Settings.model_fields.items())
    return [(name, kind) for name, kind in found if kind is not None]


def _like(info: FieldInfo) -> object:
    """Return what a key holds in the example."""
    default = info.get_default()
    if info.examples and not default and default is not None:
        return info.examples if isinstance(default, tuple) else info.examples[0]
    return info.examples[0] if info.examples and info.is_required() else default


def _text(values: Mapping[str, dict[str, object] | None]) -> str:
    """Return the file with these values; a table that has none is left out."""
    text = tomlkit.document()
    _explain(text, _HEAD)
    for name, kind in _tables():
        held = values[name]
        if held is None:
            continue
        table = tomlkit.table()
        if words := Settings.model_fields[name].description:
            _explain(table, words)
            table.add(tomlkit.nl())
        for key, info in kind.model_fields.items():
            if info.description:
                _entry(table, key, info, held.get(key))
        text.add(tomlkit.nl())
        text.add(name, table)
    return re.sub(r"\n{3,}", "\n\n", text.as_string()).rstrip() + "\n"


def _entry(table: Table, key: str, info: FieldInfo, value: object) -> None:
    """Write one key under its explanation; one that is not set stands there as a comment."""
    _explain(table, info.description or "")
    if value is None:
        table.add(tomlkit.comment(f'{key} = "{(info.examples or [""])[0]}"'))
    else:
        table.add(key, str(value) if isinstance(value, Path) else value)
    table.add(tomlkit.nl())


def _explain(text: TOMLDocument | Table, words: str) -> None:
    for line in textwrap.wrap(words, _WIDTH):
        text.add(tomlkit.comment(line))
