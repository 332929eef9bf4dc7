"""What a button or a form carries with it, so that it still works after a restart of the bot.

It stands in the `custom_id`, which Discord gives back with every press, in at most 100 characters.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b
from urllib.parse import unquote

from bot.conversation.model import DeliveryKey

LONGEST = 100
"""How many characters Discord takes in a custom id."""

LASTING = timedelta(minutes=15)
"""How long words that no custom id can hold are remembered."""

Given = tuple[tuple[str, str], ...]

_PATTERN = re.compile(r"([gof])\.([\w-]*)\.([^?]+)\?(?:(.*)!)?([^!]*)", re.DOTALL)
_OWN = re.compile(r"[%&=?!]")


class Sort(StrEnum):
    """What a custom id is of: a button that gives a command, one that opens a form, a form."""

    GIVES = "g"
    OPENS = "o"
    FORM = "f"


def mark(key: DeliveryKey) -> str:
    """Return the sixteen characters by which a post with buttons is recognised."""
    return urlsafe_b64encode(blake2b(str(key).encode(), digest_size=12).digest()).decode()


@dataclass(frozen=True, slots=True)
class State:
    """A command with what is given; `draft` names words that the process remembers beside.

    `mark` tells buttons of one post from those of another, and one opening of a form from the next.
    """

    sort: Sort
    mark: str
    command: str
    given: Given = ()
    draft: str = ""

    def __str__(self) -> str:
        pairs = "&".join(f"{_escaped(name)}={_escaped(value)}" for name, value in self.given)
        return (
            f"{self.sort}.{self.mark}.{self.command}?{f'{self.draft}!' * bool(self.draft)}{pairs}"
        )


def read(custom_id: str) -> State | None:
    """Return the state that a custom id holds; None when it is none of ours."""
    found = _PATTERN.fullmatch(custom_id)
    if found is None:
        return None
    sort, marked, command, draft, pairs = found.groups()
    split = (pair.partition("=") for pair in pairs.split("&") if pair)
    given = tuple((unquote(name), unquote(value)) for name, _, value in split)
    return State(Sort(sort), marked, command, given, draft or "")


def _escaped(text: str) -> str:
    return _OWN.sub(lambda found: f"%{ord(found[0]):02X}", text)


class Drafts:
    """Words that are too long for a custom id, remembered by this process for a while."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._kept: dict[str, tuple[datetime, Given]] = {}

    def packed(self, state: State) -> str:
        """Return the custom id of a state; what does not fit into it is remembered here."""
        if len(str(state)) <= LONGEST:
            return str(state)
        remembered = replace(state, draft=self._keep(state.given))
        shortest_first = sorted(state.given, key=lambda pair: len(pair[1]))
        for count in range(len(state.given) - 1, -1, -1):
            short = shortest_first[:count]
            packed = str(replace(remembered, given=tuple(p for p in state.given if p in short)))
            if len(packed) <= LONGEST:
                return packed
        return packed

    def unpacked(self, state: State) -> State:
        """Return the state with the words that are remembered for it, where they still are."""
        self._forget()
        _, given = self._kept.get(state.draft, (None, state.given))
        return replace(state, given=given, draft="")

    def _keep(self, given: Given) -> str:
        self._forget()
        name = blake2b(repr(given).encode(), digest_size=6).hexdigest()
        self._kept[name] = (self._now(), given)
        return name

    def _forget(self) -> None:
        since = self._now() - LASTING
        self._kept = {name: kept for name, kept in self._kept.items() if kept[0] > since}
