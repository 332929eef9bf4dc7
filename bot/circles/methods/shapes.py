"""Which keys the files of a method have, and what each may hold."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.circles.methods.values import Answer, Audience, Fault, Kind, Mentions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from enum import StrEnum

    from bot.circles.methods.reading import Source

_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Field:
    """What a key may hold, and how to say so."""

    fits: Callable[[object], bool]
    wants: str
    required: bool = False


def _words(*, required: bool = True) -> Field:
    return Field(lambda v: isinstance(v, str) and bool(v.strip()), 'words in "quotes"', required)


def _list_of_words() -> Field:
    def fits(value: object) -> bool:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)

    return Field(fits, 'a list such as ["one", "two"]', required=True)


def _whole(least: int, *, required: bool = False) -> Field:
    def fits(value: object) -> bool:
        return type(value) is int and value >= least  # True is an int, but no number of days

    return Field(fits, f"a whole number of at least {least}, without quotes", required)


def _yes_or_no() -> Field:
    return Field(lambda value: isinstance(value, bool), "true or false, without quotes")


def _one_of(kind: type[StrEnum], *, required: bool = False) -> Field:
    choices = [str(choice) for choice in kind]
    wants = "one of " + ", ".join(f'"{choice}"' for choice in choices)
    return Field(lambda value: value in choices, wants, required)


def _time_of_day() -> Field:
    def fits(value: object) -> bool:
        return isinstance(value, str) and bool(_TIME.fullmatch(value))

    return Field(fits, 'a time from "00:00" to "23:59", in quotes', required=True)


def _table(*, required: bool = True) -> Field:
    return Field(lambda value: isinstance(value, dict), "a table of its own", required)


def _weeks(*, required: bool) -> Field:
    def fits(value: object) -> bool:
        return isinstance(value, dict) and all(type(n) is int and n > 0 for n in value.values())

    return Field(fits, "whole weeks for phases, such as { opening = 1 }", required)


PROMPT: Final[Mapping[str, Field]] = {
    "title": _words(),
    "phase": _words(),
    "audience": _one_of(Audience, required=True),
    "kind": _one_of(Kind, required=True),
    "at": _time_of_day(),
    "day": _whole(0),
    "before_end": _whole(0),
    "every_week": _yes_or_no(),
    "answer": _one_of(Answer),
    "remind_after_days": _whole(1),
    "mentions": _one_of(Mentions),
    "order": _whole(0),
}
METHOD: Final[Mapping[str, Field]] = {
    "title": _words(),
    "summary": _words(),
    "credit": _list_of_words(),
    "rhythm": _table(),
    "phases": _table(),
    "presets": _table(),
}
RHYTHM: Final[Mapping[str, Field]] = {
    "silent_days": _whole(1, required=True),
    "why": _words(),
}
PHASE: Final[Mapping[str, Field]] = {
    "title": _words(),
    "purpose": _words(),
    "share": _whole(0, required=True),
    "exit": _list_of_words(),
    "before_opening": _yes_or_no(),
}
PRESET: Final[Mapping[str, Field]] = {
    "title": _words(),
    "length": _whole(1, required=True),
    "weeks": _weeks(required=True),
    "breaks": _weeks(required=False),
}


def shape_faults(
    source: Source, fields: Mapping[str, Field], *path: str, whole: bool = True
) -> Iterator[Fault]:
    """Yield what is wrong with the keys of the table at `path`; `whole` if none may be missing."""
    table = table_at(source, *path)
    for key, value in table.items():
        yield from _key_faults(source, fields, (*path, key), value)
    for key, field in fields.items():
        if whole and field.required and key not in table:
            line = source.line_of(*path)
            yield Fault(source.file, line, f'"{key}" is missing.', f"Add {key} = {field.wants}.")


def _key_faults(
    source: Source, fields: Mapping[str, Field], path: tuple[str, ...], value: object
) -> Iterator[Fault]:
    key, line = path[-1], source.line_of(*path)
    if key not in fields:
        near = difflib.get_close_matches(key, fields, n=1)
        fix = f'Did you mean "{near[0]}"?' if near else f"Known are {', '.join(fields)}."
        yield Fault(source.file, line, f'"{key}" is not known here.', fix)
    elif not fields[key].fits(value):
        what = f'"{key}" cannot be {value!r}.'
        yield Fault(source.file, line, what, f"Write {fields[key].wants}.")


def table_at(source: Source, *path: str) -> Mapping[str, object]:
    """Return the table at `path`; an empty one when something else stands there."""
    here: object = source.table
    for key in path:
        here = here.get(key) if isinstance(here, dict) else None
    return here if isinstance(here, dict) else {}
