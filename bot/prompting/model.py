"""Prompts on their moments, and the answers to them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from bot.conversation.model import MessageRef

_SHORT = 15
"""The most characters of a prompt's key that a button carries."""


@dataclass(frozen=True, slots=True, order=True)
class Asked:
    """One occurrence of a prompt: `occurrence` counts the weeks of one that comes every week."""

    phase: str
    prompt: str
    occurrence: int = 0

    def __str__(self) -> str:
        return f"{self.phase}/{self.prompt}/{self.occurrence}"

    @property
    def short(self) -> str:
        """What tells it from the method's others in the little space that a button has."""
        key = self.prompt
        if len(key) > _SHORT:
            key = f"{key[: _SHORT - 9]}-{sha256(key.encode()).hexdigest()[:8]}"
        return f"{key}.{self.occurrence}"

    def is_named(self, text: str) -> bool:
        """Return whether it is meant by its prompt's key, or by what a button carries."""
        return text in (self.prompt, self.short)

    @classmethod
    def read(cls, text: str) -> "Asked":
        """Return what `str` wrote."""
        phase, prompt, occurrence = text.rsplit("/", 2)
        return cls(phase, prompt, int(occurrence))


class Shown(StrEnum):
    """How the others see an answer."""

    HERE = "here"  # where its author wrote it, and nowhere else
    NAMED = "named"
    UNNAMED = "unnamed"  # the bot knows whose it is, and nobody else
    COUNTED = "counted"  # only that there is one


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptAnswer:
    """A member's answer to a prompt.

    `text` is None for somebody who did not agree to be quoted, or wants the answer only counted:
    that they answered is kept, so that nobody reminds them, and their words are not. `own` tells
    that `message` is the author's own, which can be read again; what came by a form or by fields
    has none, and `message` only tells it from others.
    """

    id: int
    circle: int
    asked: Asked
    member: int
    message: MessageRef
    text: str | None
    answered_at: datetime
    edited_at: datetime | None = None
    shown: Shown = Shown.HERE
    own: bool = True

    @property
    def by_bot(self) -> bool:
        """Whether the bot shows it to the circle."""
        return self.shown in (Shown.NAMED, Shown.UNNAMED)
