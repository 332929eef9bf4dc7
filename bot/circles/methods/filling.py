"""Putting a circle's own words into a prompt, without giving them power over it."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACEHOLDERS: Final[Mapping[str, str]] = {
    "circle": "the circle's name",
    "phase": "the title of the phase the circle is in",
    "phase_ends": "the phase's last day",
    "next_phase": "the title of the phase after this one",
    "guiding_question": "the question the circle works on",
    "purpose": "why the circle exists",
    "opens_on": "the first day of the circle",
    "closes_on": "the last day of the circle",
    "week": "the circle's week, counted from 1 at the opening",
    "facilitator": "the facilitator's name",
    "how_to_answer": "the sentence that says how to answer, with or without threads",
    "commands_prefix": "what stands before a command, such as ! or /",
}
PLACE: Final = re.compile(r"(?<!\\)\{(" + "|".join(PLACEHOLDERS) + r")\}")

_NOTHING: Final = "\u200b"  # takes no room, and is neither a space nor a sign to Markdown
_MARKUP: Final = re.compile(r"[\\`*_{}\[\]()<>#+\-=.!~&@]")
_PIPE: Final = "&#124;"  # a table's rule takes even an escaped pipe for its own
_MENTION: Final = re.compile(r"(?<!\w)@|@(?=everyone|here|room)|<(?=[@#:/at])", re.IGNORECASE)
_TURNS_TEXT: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_EMPHASIS: Final = frozenset("*_~")
_AFTER_A_LIST_NUMBER: Final = frozenset(".)")


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return `text` with its placeholders replaced by `values`, as plain words.

    A value stays words: its markup is escaped, its mentions ring for nobody, and it is not
    searched for placeholders. A placeholder without a value is left as it stands.
    """

    def replace(found: re.Match[str]) -> str:
        if found[1] not in values:
            return found[0]
        before = text[max(found.start() - 1, 0) : found.start()]
        after = text[found.end() : found.end() + 1]
        return _between(before, _one_line(values[found[1]]), after)

    return PLACE.sub(replace, text)


def _one_line(value: str) -> str:
    """Return `value` on one line, without control signs and signs that turn text around."""
    kept = (c for c in " ".join(value.split()) if unicodedata.category(c) != "Cc")
    return "".join(c for c in kept if c not in _TURNS_TEXT).strip()


def _escaped(value: str) -> str:
    """Return `value` as Markdown that shows it and rings for nobody."""
    harmless = _MENTION.sub(lambda found: found[0] + _NOTHING, value)
    return _MARKUP.sub(lambda found: "\\" + found[0], harmless).replace("|", _PIPE)


def _between(before: str, value: str, after: str) -> str:
    """Return `value` escaped, and held apart from signs that would read it as theirs.

    Markdown decides from the neighbour whether `*` opens, closes or is a star.
    """
    safe = _escaped(value) or _NOTHING
    if before in _EMPHASIS and not safe[0].isalnum():
        safe = _NOTHING + safe
    numbers_a_list = value.isdigit() and after in _AFTER_A_LIST_NUMBER
    if numbers_a_list or (after in _EMPHASIS and not safe[-1].isalnum()):
        safe += _NOTHING
    return safe
