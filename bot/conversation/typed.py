"""Typed commands: `!circle quiet north 7` becomes the same request as a slash command."""

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from difflib import get_close_matches
from typing import Any

from bot.conversation.model import DomainError
from bot.conversation.registry import Bound, Parameter, Registry

_WORD = re.compile(r'"([^"]*)"|“([^”]*)”|(\S+)')
_NAMED = re.compile(r"(?:--)?([a-z_]+)=(.*)", re.DOTALL)
_YES = {"yes": True, "y": True, "true": True, "on": True, "no": False, "n": False}
_YES |= {"false": False, "off": False}
_SLIP = 0.75
"""How alike two first words are, at least, for one to be a slip of the other."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A command that was recognised, and the words behind it, not yet understood."""

    bound: Bound
    words: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """Words that begin like a command of ours and are none; `near` holds what may be meant."""

    words: str
    near: tuple[Bound, ...]


def recognise(registry: Registry, text: str) -> Typed | Unknown | None:
    """Return the command that `text` (without prefix) gives; None when it is none of ours."""
    words = text.split()
    for count in (2, 1):
        bound = registry.get(" ".join(words[:count]).lower()) if len(words) >= count else None
        if bound is not None:
            return Typed(bound, re.sub(rf"^\s*(\S+\s*){{{count}}}", "", text, count=1))
    if not words or words[0].lower() not in registry.first_words:
        return None
    return Unknown(text, tuple(meant(registry, text) or registry.beginning(words[0].lower())))


def meant(registry: Registry, text: str) -> list[Bound]:
    """Return the commands that differ from what was typed by a slip, at most three."""
    first, second = [*text.lower().split(), "", ""][:2]
    for word in get_close_matches(first, registry.first_words, n=1, cutoff=_SLIP):
        alone = registry.get(word)
        if alone is not None:
            return [alone]
        names = {bound.command.name.split()[1]: bound for bound in registry.beginning(word)}
        return [names[name] for name in get_close_matches(second, names)]
    return []


def first_word(words: str) -> tuple[str, str]:
    """Return the first word, quotes taken off, and the rest."""
    found = _WORD.match(words.lstrip())
    if found is None:
        return "", words
    return _bare(found), words.lstrip()[found.end() :].lstrip()


def understand(bound: Bound, words: str) -> Any:  # noqa: ANN401 - the command's ask
    """Return the request that the words behind a command make.

    Raises:
        DomainError: something is missing, too much, or not of its kind.
    """
    given = _given(bound, words)
    _complete(bound, given)
    return bound.command.ask(**given)


def fits(bound: Bound, word: str) -> bool:
    """Return whether a command can begin with `word`."""
    try:
        _given(bound, word)
    except DomainError:
        return False
    return True


def names_a_circle(bound: Bound, words: str) -> bool:
    """Return whether the first of the words behind a command can only be a circle's name.

    It is one where the command takes no words, or understands them without the first one only.
    """
    word, rest = first_word(words)
    if not any(not p.arg.named for p in bound.parameters):
        return not fits(bound, word)
    needed = any(p.required for p in bound.parameters)
    if fits(bound, word) and not needed:
        return False
    apart = word[:1].isalpha() and bool(rest) and not _is_whole(bound, words)
    return apart and _is_whole(bound, rest)


def _is_whole(bound: Bound, words: str) -> bool:
    try:
        understand(bound, words)
    except DomainError:
        return False
    return True


def _given(bound: Bound, words: str) -> dict[str, Any]:
    given: dict[str, Any] = {}
    _in_order(bound, _named(bound, words, given), given)
    return given


def filled(bound: Bound, given: Mapping[str, str]) -> Any:  # noqa: ANN401 - the command's ask
    """Return the request that fields given by name make; an empty one counts as left out.

    Raises:
        DomainError: a field is missing, unknown, or not of its kind.
    """
    known = {p.name: p for p in bound.parameters}
    if unknown := sorted(given.keys() - known.keys()):
        raise DomainError(f"I do not know what to do with {unknown[0]}.")
    made = {name: convert(known[name], word) for name, word in given.items() if word != ""}
    _complete(bound, made)
    return bound.command.ask(**made)


def _complete(bound: Bound, given: dict[str, Any]) -> None:
    missing = [p.said for p in bound.parameters if p.required and p.name not in given]
    if missing:
        raise DomainError(f"I need {' and '.join(missing)} as well.")


def _named(bound: Bound, words: str, given: dict[str, Any]) -> str:
    """Take `name=value` words out of the front and middle; stop where free text begins."""
    known = {p.name: p for p in bound.parameters}
    kept: list[str] = []
    for found in re.finditer(r'(?:--)?[a-z_]+=(?:"[^"]*"|“[^”]*”)|\S+\s*', words):
        named = _NAMED.fullmatch(found[0].strip())
        if named and named[1] in known:
            given[named[1]] = convert(known[named[1]], named[2].strip('"“”'))
        else:
            kept.append(found[0] if found[0][-1].isspace() else found[0] + " ")
    return words if not given else "".join(kept).rstrip()


def _in_order(bound: Bound, words: str, given: dict[str, Any]) -> None:
    """Give the words to the fields that are still open, in their order."""
    for parameter in (p for p in bound.parameters if p.name not in given and not p.arg.named):
        if not words.strip():
            return
        if parameter.arg.rest:
            given[parameter.name] = convert(parameter, words.strip())
            return
        word, after = first_word(words)
        if parameter.arg.like and not re.fullmatch(parameter.arg.like, word):
            continue
        words = after
        given[parameter.name] = convert(parameter, word)
    if words.strip():
        raise DomainError(f"I do not know what to do with “{words.strip()[:60]}”.")


def convert(parameter: Parameter, word: str) -> Any:  # noqa: ANN401 - the field's own type
    """Return the word as the field's type.

    Raises:
        DomainError: it is not of that type, or outside the bounds or choices.
    """
    try:
        value = _CONVERT[parameter.kind](word)
    except (ValueError, KeyError):
        raise DomainError(f"{parameter.said} should be {_LIKE[parameter.kind]}.") from None
    arg = parameter.arg
    if arg.choices and value not in arg.choices:
        raise DomainError(f"{parameter.said} is one of: {', '.join(filter(None, arg.choices))}.")
    if (arg.low is not None and value < arg.low) or (arg.high is not None and value > arg.high):
        raise DomainError(f"{parameter.said} goes from {arg.low} to {arg.high}.")
    return value


def _bare(found: re.Match[str]) -> str:
    return next(group for group in found.groups() if group is not None)


def _day(word: str) -> date:
    """Return a date that is written in numbers.

    Raises:
        DomainError: it looks like a date and is none.
        ValueError: it does not look like one.
    """
    found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", word)
    if found is None:
        return date.fromisoformat(word)
    year, month, day = map(int, found.groups())
    if not 1 <= month <= 12:  # noqa: PLR2004 - the months of a year
        raise DomainError(f"There is no month {month}. A date is written year-month-day.")
    try:
        return date(year, month, day)
    except ValueError:
        days = calendar.monthrange(year, month)[1]
        raise DomainError(
            f"There is no {day} {calendar.month_name[month]} {year}: that month has {days} days."
        ) from None


_CONVERT: dict[type, Any] = {
    str: str,
    int: int,
    bool: lambda word: _YES[word.lower()],
    date: _day,
    time: time.fromisoformat,
}
_LIKE = {
    str: "words",
    int: "a whole number",
    bool: "yes or no",
    date: "a date in numbers, as year-month-day",
    time: "a time like 18:30",
}
