"""What a person sees of an application's answers: messages, forms, suggestions, changes."""

# Waiting fails with what was there instead, which asyncio.timeout cannot say.
# ruff: noqa: ASYNC109

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.support.discord.interactions import Interaction
from tests.support.discord.model import Channel, Json, Message, controls

if TYPE_CHECKING:
    from tests.support.discord.humans import Human


@dataclass(frozen=True)
class Modal:
    """A form that the application showed to one person."""

    human: "Human"
    channel: Channel
    data: Json
    source: Message | None

    @property
    def title(self) -> str:
        """What stands above it."""
        return str(self.data["title"])

    @property
    def custom_id(self) -> str:
        """The form's own id."""
        return str(self.data["custom_id"])

    def fields(self) -> dict[str, Json]:
        """Return the fields to fill in, by their custom ids."""
        return {each["custom_id"]: each for each in controls(self.data["components"])}


class Asked:
    """Something that a person did with the application, and what came of it."""

    def __init__(self, human: "Human", interaction: Interaction) -> None:
        self._human = human
        self.interaction = interaction

    async def answer(self, timeout: float = 5) -> "Shown":
        """Return the first thing to be seen: a message, a form, suggestions or a change.

        Raises:
            NotSeen: the client would say "The application did not respond".
        """
        found = self.interaction
        return await self._human.world.until(
            lambda: Shown(self._human, found) if _visible(found) else None,
            timeout,
            "an answer of the application",
        )

    async def acknowledged(self, timeout: float = 5) -> None:
        """Return when the application took note, whether or not there is anything to be seen."""
        found = self.interaction
        await self._human.world.until(
            lambda: None if found.answered is None else True, timeout, "a sign of the application"
        )

    async def answers(self, count: int, timeout: float = 5) -> list[Message]:
        """Return the first `count` messages of the answer, when they are there and complete."""
        found = self.interaction

        def look() -> list[Message] | None:
            done = [each for each in found.shown if not each.loading]
            return done[:count] if len(done) >= count else None

        return await self._human.world.until(look, timeout, f"{count} messages in answer")


def _visible(found: Interaction) -> bool:
    """Return whether an answer is there and complete."""
    if found.modal is not None or found.choices is not None:
        return True
    if found.updated:
        return True
    return any(not each.loading for each in found.shown)


@dataclass(frozen=True)
class Shown:
    """What a person sees in answer; `versions` of the message tell its edits."""

    human: "Human"
    interaction: Interaction

    @property
    def message(self) -> Message:
        """The first message shown, or the one that was changed."""
        found = next((each for each in self.interaction.shown if not each.loading), None)
        found = found or self.interaction.source
        assert found is not None, "the answer is no message"
        return found

    @property
    def content(self) -> str:
        """The message's words."""
        return self.message.content

    @property
    def ephemeral(self) -> bool:
        """Whether only this person sees it."""
        return self.message.ephemeral

    @property
    def modal(self) -> Modal:
        """The form that opened."""
        assert self.interaction.modal is not None, f"no form, but {self.content!r}"
        found = self.interaction
        return Modal(self.human, found.channel, self.interaction.modal, found.source)

    @property
    def choices(self) -> list[Json]:
        """What is suggested."""
        assert self.interaction.choices is not None, "the answer holds no suggestions"
        return self.interaction.choices
