"""Prompts on their moments, and the answers to them."""

from dataclasses import dataclass
from datetime import datetime

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


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptAnswer:
    """A member's answer to a prompt.

    `text` is None for somebody who did not agree to be quoted: that they answered is kept, so
    that nobody reminds them, and their words are not.
    """

    id: int
    circle: int
    asked: Asked
    member: int
    message: MessageRef
    text: str | None
    answered_at: datetime
    edited_at: datetime | None = None
