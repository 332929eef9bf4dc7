"""Prompts on their moments, and the answers to them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.conversation.model import MessageRef


@dataclass(frozen=True, slots=True, order=True)
class Asked:
    """One occurrence of a prompt: `occurrence` counts the weeks of one that comes every week."""

    phase: str
    prompt: str
    occurrence: int = 0

    def __str__(self) -> str:
        return f"{self.phase}/{self.prompt}/{self.occurrence}"

    @classmethod
    def read(cls, text: str) -> "Asked":
        """Return what `str` wrote."""
        phase, prompt, occurrence = text.rsplit("/", 2)
        return cls(phase, prompt, int(occurrence))


class Shown(StrEnum):
    """How the circle sees an answer."""

    HERE = "here"  # it is a message of its author's, where that stands
    NAMED = "named"  # the bot shows it in the prompt's thread, with the name
    UNNAMED = "unnamed"  # the same, without: the bot knows, others do not
    COUNTED = "counted"  # not at all: only that there is one counts


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptAnswer:
    """A member's answer to a prompt.

    `text` is None for somebody who did not agree to be quoted: that they answered is kept, so
    that nobody reminds them, and their words are not. `message` is the author's own, or where
    none stands what the answer was given by; `post` is then the key of the post that shows it.
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
    post: str = ""
