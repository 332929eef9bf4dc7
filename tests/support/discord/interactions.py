"""Interactions: what a person began, what the application may still answer, and what it did."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.support.discord import payloads, permissions, posting, rules, telling
from tests.support.discord.model import (
    DM,
    EPHEMERAL,
    LOADING,
    ApiError,
    Channel,
    Draft,
    Json,
    Message,
    User,
    without_nulls,
)

if TYPE_CHECKING:
    from tests.support.discord.world import World

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
PONG, MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, MODAL = 1, 4, 5, 6, 7, 8, 9

ANSWERS = {
    COMMAND: {MESSAGE, DEFER, MODAL},
    COMPONENT: {MESSAGE, DEFER, DEFER_UPDATE, UPDATE, MODAL},
    AUTOCOMPLETE: {CHOICES},
    MODAL_SUBMIT: {MESSAGE, DEFER, DEFER_UPDATE, UPDATE},
}
"""docs, interaction callback type: what may answer what; no modal answers a modal."""


@dataclass(eq=False)
class Interaction:
    """One thing that a person did, and all that came of it; `shown` is in the order of showing."""

    id: int
    kind: int
    user: User
    channel: Channel
    at: datetime
    source: Message | None = None
    command_kind: int | None = None
    token: str = field(default_factory=lambda: secrets.token_hex(24))
    answered: int | None = None
    original: Message | None = None
    modal: Json | None = None
    choices: list[Json] | None = None
    shown: list[Message] = field(default_factory=list)
    updated: bool = False

    def metadata(self) -> Json:
        """Return what a message tells of the interaction that it came of."""
        owners = {"1": str(self.user.id)}
        if self.channel.guild_id:
            owners = {"0": str(self.channel.guild_id)}
        told: Json = {
            "id": str(self.id),
            "type": self.kind,
            "user": payloads.user(self.user),
            "authorizing_integration_owners": owners,
        }
        if self.kind == COMPONENT and self.source:
            told["interacted_message_id"] = str(self.source.id)
        if self.kind == MODAL_SUBMIT:
            told["triggering_interaction_metadata"] = told | {"type": COMMAND}
        return told


class Interactions:
    """All interactions of a world, by their tokens."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._by_token: dict[str, Interaction] = {}
        self.unanswered: list[Interaction] = []

    def begin(
        self,
        kind: int,
        user: User,
        channel: Channel,
        data: Json,
        source: Message | None = None,
    ) -> Interaction:
        """Tell the application what a person did."""
        world = self._world
        made = Interaction(world.new_id(), kind, user, channel, world.now(), source)
        made.command_kind = data.get("type") if kind == COMMAND else None
        self._by_token[made.token] = made
        self.unanswered.append(made)
        event = self._event(made, data)
        world.emit("INTERACTION_CREATE", event, 0, channel.guild_id)
        return made

    def _event(self, made: Interaction, data: Json) -> Json:
        """Return an interaction as the gateway tells it."""
        world, channel, user = self._world, made.channel, made.user
        event: Json = {
            "id": str(made.id),
            "application_id": str(world.application.id),
            "type": made.kind,
            "token": made.token,
            "version": 1,
            "data": data,
            "channel_id": str(channel.id),
            "channel": payloads.channel(channel, world.bot),
            "app_permissions": str(permissions.in_channel(channel, world.bot)),
            "locale": user.locale,
            "entitlements": [],
            "authorizing_integration_owners": made.metadata()["authorizing_integration_owners"],
            "context": 1 if channel.kind == DM else 0,
            "attachment_size_limit": rules.FILE_BYTES,
        }
        if made.source:
            event["message"] = telling.message(world, made.source, reads=True)
        guild = channel.guild
        if guild is None:
            return event | {"user": payloads.user(user)}
        granted = str(permissions.in_channel(channel, user))
        event["channel"]["permissions"] = granted
        event["member"] = payloads.member(guild.members[user.id]) | {"permissions": granted}
        event |= {"guild_id": str(guild.id), "guild_locale": guild.locale}
        event["guild"] = {"id": str(guild.id), "locale": guild.locale, "features": []}
        return event

    def to_answer(self, of: int, token: str) -> Interaction:
        """Return an interaction that may have its first answer; 3 s, and once."""
        found = self._by_token.get(token)
        if found is None or found.id != of:
            raise ApiError(404, 10062, "Unknown interaction")
        if found.answered is not None:
            raise ApiError(400, 40060, "Interaction has already been acknowledged.")
        if self._world.now() - found.at > timedelta(seconds=rules.FIRST_ANSWER_SECONDS):
            raise ApiError(404, 10062, "Unknown interaction")
        return found

    def open(self, token: str) -> Interaction:
        """Return an interaction that may have more answers: answered once, at most 15 min old."""
        found = self._by_token.get(token)
        if found is None:
            raise ApiError(401, 50027, "Invalid Webhook Token")
        if self._world.now() - found.at > timedelta(seconds=rules.TOKEN_SECONDS):
            raise ApiError(401, 50027, "Invalid Webhook Token")
        if found.answered is None:
            raise ApiError(404, 10015, "Unknown Webhook")
        return found

    def message(self, found: Interaction, which: str) -> Message:
        """Return a message that an interaction may still change: @original or one it made."""
        if which == "@original":
            wanted = found.original
        else:
            every = [*found.shown, *([found.source] if found.source else [])]
            wanted = next((each for each in every if str(each.id) == which), None)
        if wanted is None or wanted.deleted:
            raise ApiError(404, 10008, "Unknown Message")
        return wanted

    def answer(self, found: Interaction, kind: int, data: Json, draft: Draft) -> Message | None:
        """Give the first answer and return the message that it shows or changes, if any."""
        if kind not in ANSWERS[found.kind]:
            raise rules.invalid("type", "INTERACTION_CALLBACK_TYPE", f"{kind} is not possible here")
        if kind in (UPDATE, DEFER_UPDATE) and found.source is None:
            raise rules.invalid("type", "INTERACTION_CALLBACK_TYPE", "There is no message")
        message = self._first(found, kind, data, draft)
        found.answered = kind
        self.unanswered.remove(found)
        self._world.changed()
        return message

    def _first(self, found: Interaction, kind: int, data: Json, draft: Draft) -> Message | None:
        """Do what a first answer says."""
        if kind == MODAL:
            rules.modal(data)
            found.modal = without_nulls(data)
        elif kind == CHOICES:
            self._suggest(found, data.get("choices") or [])
        elif kind in (MESSAGE, DEFER):
            if kind == MESSAGE:
                rules.message(draft)
            else:
                draft = Draft(flags=draft.flags & EPHEMERAL | LOADING)
            found.original = self._show(found, draft, first=True)
        else:
            found.original = found.source
            if kind == UPDATE and found.source:
                posting.edit(self._world, found.source, draft)
                found.updated = True
        return found.original

    def _suggest(self, found: Interaction, choices: list[Json]) -> None:
        """Keep what is suggested; docs, autocomplete: 25 choices, 1 to 100 characters each."""
        if len(choices) > rules.OPTIONS:
            raise rules.invalid("data.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer.")
        for each in choices:
            if not 1 <= len(each["name"]) <= 100 or len(str(each["value"])) > 100:
                raise rules.invalid("data.choices", "BASE_TYPE_BAD_LENGTH", "Must be 1 to 100.")
        found.choices = choices

    def follow(self, found: Interaction, draft: Draft) -> Message:
        """Show a further answer; the first one after a defer completes what was "thinking"."""
        rules.message(draft)
        original = found.original
        if found.answered == DEFER and original and original.loading and not original.deleted:
            return self.complete(original, draft)
        return self._show(found, draft, first=False)

    def complete(self, message: Message, draft: Draft) -> Message:
        """Let a "thinking" message say something; whether it is private was fixed by the defer."""
        posting.fill(self._world, message, draft)
        message.flags = message.flags & EPHEMERAL | draft.flags & ~(EPHEMERAL | LOADING)
        posting.tell_update(self._world, message)
        return message

    def edit(self, found: Interaction, message: Message, draft: Draft) -> Message:
        """Change a message that an interaction showed or began at."""
        found.updated = found.updated or message is found.source
        if message.loading:
            rules.message(draft)
            return self.complete(message, draft)
        draft.flags |= message.flags & EPHEMERAL
        posting.edit(self._world, message, draft)
        return message

    def _show(self, found: Interaction, draft: Draft, *, first: bool) -> Message:
        """Show a message: in the channel, or to one person only."""
        world, channel = self._world, found.channel
        if channel.is_thread and channel.state().archived:
            if channel.state().locked:
                raise ApiError(403, 50083, "Thread is archived")
            posting.wake(world, channel)
        draft.application = world.application.id
        draft.interaction = found.metadata()
        if first and found.kind == COMMAND:
            draft.kind = 20 if found.command_kind == 1 else 23
        if draft.flags & EPHEMERAL:
            draft.seen_by = found.user.id
        made = posting.compose(world, channel, world.bot, draft)
        found.shown.append(made)
        if not made.ephemeral:
            posting.place(world, made)
        return made
