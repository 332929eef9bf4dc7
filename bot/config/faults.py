"""What is wrong with the settings, in plain words: which key, what about it, what to do."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

PREFIX = "CIRCLEKEEPER_"
MAIN = "circlekeeper"
SECRETS_OF = {"matrix": ("access_token", "device_id"), "discord": ("token",)}
"""The keys of the logins by their tables; they never stand in the config file."""
MISSING = "It is missing."
NOWHERE = "The bot is on no platform yet."


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; `key` is written as people find it, like `[matrix] homeserver`."""

    key: str
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.key}: {self.what} {self.todo}"


class ConfigError(Exception):
    """The settings cannot be used; `faults` holds everything that is wrong with them."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class Wrong(ValueError):
    """A value cannot be right; raised by the settings' own rules.

    `key` names what is wrong where it is more than the key that the rule looked at.
    """

    def __init__(self, what: str, todo: str, key: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.todo = todo
        self.key = key


def variables(table: str, key: str) -> tuple[str, ...]:
    """Return the names of the environment variables that set a key, the usual one first."""
    nested = f"{PREFIX}{table}__{key}".upper()
    return (f"{PREFIX}{key}".upper(), nested) if table == MAIN else (nested,)


def faults_of(error: ValidationError, tables: type[BaseModel]) -> list[Fault]:
    """Return what a validation found, in the order of the keys."""
    found = [_fault(detail, tables) for detail in error.errors(include_url=False)]
    return list(dict.fromkeys(found))


def _fault(detail: ErrorDetails, tables: type[BaseModel]) -> Fault:
    table, key = (*(str(part) for part in detail["loc"]), "", "")[:2]
    what, todo = _words(detail, table, key, tables)
    cause = detail.get("ctx", {}).get("error")
    more = cause.key if isinstance(cause, Wrong) else ""
    return Fault(more or _name(table, key), what, todo)


def _name(table: str, key: str) -> str:
    """Return the key as it stands in the file, and the variable that sets it, if one does."""
    named = f"[{table}] {key}".rstrip()
    given = {name.upper() for name in os.environ}
    source = next((name for name in variables(table, key) if name in given), None) if key else None
    return f"{named} (from the environment, {source})" if source else named


def _words(detail: ErrorDetails, table: str, key: str, tables: type[BaseModel]) -> tuple[str, str]:
    """Return what is wrong and what to do; never the value, which may be a secret."""
    kind, context = detail["type"], detail.get("ctx", {})
    cause = context.get("error")
    if isinstance(cause, Wrong):
        return cause.what, cause.todo
    if kind == "missing":
        return MISSING, _add(table, key, tables)
    if kind == "extra_forbidden":
        return "I do not know it.", _nearest(table, key, tables)
    if kind in _BOUNDS:
        limit = context.get(_BOUNDS[kind][0])
        return f"It should be {_BOUNDS[kind][1]} {limit}.", "Change the number."
    return f"It should be {_SHAPES.get(kind, 'something else')}.", "Change it."


def _add(table: str, key: str, tables: type[BaseModel]) -> str:
    if not key:
        return f"Add the table [{table}]; config.example.toml shows what it holds."
    examples = _fields(table, tables)[key].examples or ["..."]
    return f'Add it under [{table}], for example: {key} = "{examples[0]}"'


def _nearest(table: str, key: str, tables: type[BaseModel]) -> str:
    known = list(_fields(table, tables)) if key else list(tables.model_fields)
    known = [name for name in known if name not in SECRETS_OF.get(table, ())]
    near = get_close_matches(key or table, known, n=1)
    if near:
        return f"Did you mean {near[0]}?"
    return f"Remove it; what I know here is: {', '.join(known)}."


def _fields(table: str, tables: type[BaseModel]) -> dict[str, FieldInfo]:
    kind = table_of(tables.model_fields[table]) if table in tables.model_fields else None
    return kind.model_fields if kind else {}


def table_of(info: FieldInfo) -> type[BaseModel] | None:
    """Return what a table of the settings holds, also of one that may be left out."""
    kinds = (info.annotation, *get_args(info.annotation))
    found = (each for each in kinds if isinstance(each, type) and issubclass(each, BaseModel))
    return next(found, None)


_BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "less_than_equal": ("le", "at most"),
}
_SHAPES = {
    "string_type": "words in quotes",
    "path_type": "the name of a folder in quotes",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": 'a list, like ["@ana:example.org"]',
    "list_type": 'a list, like ["@ana:example.org"]',
    "model_type": "a table of keys",
    "model_attributes_type": "a table of keys",
}
