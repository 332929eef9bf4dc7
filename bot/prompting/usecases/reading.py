"""What of a member's words is the answer, when it was given by command."""

from dataclasses import dataclass

from bot.circles.model import Circle
from bot.conversation.dispatch import Dispatch
from bot.conversation.model import DomainError, Event
from bot.conversation.typed import Typed, first_word, understand

ANSWER = "answer"
"""The name of the command that gives an answer."""


@dataclass(frozen=True)
class ReadAnswer:
    """Reads a message as `GiveAnswer` was given it, however often it is read again."""

    dispatch: Dispatch

    def __call__(self, event: Event, circle: Circle) -> str:
        """Return the words behind the command and the circle's name; all words of other talk."""
        found = self.dispatch.given(event)
        if not isinstance(found, Typed) or found.bound.command.name != ANSWER:
            return event.text
        word, rest = first_word(found.words)
        words = rest if word.lower() == circle.name.lower() else found.words
        try:
            return str(understand(found.bound, words).words)
        except DomainError:
            return ""
