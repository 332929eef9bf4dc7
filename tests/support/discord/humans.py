"""People on Discord: what they can do in a client, and what they see."""

# Waiting fails with what was there instead, which asyncio.timeout cannot say.
# ruff: noqa: ASYNC109

import mimetypes
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tests.support.discord import asking, permissions, posting, reacting, threads
from tests.support.discord.answers import Asked, Modal
from tests.support.discord.asking import NotPossible
from tests.support.discord.interactions import (
    AUTOCOMPLETE,
    COMMAND,
    COMPONENT,
    MODAL_SUBMIT,
)
from tests.support.discord.model import (
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    ApiError,
    Attachment,
    Channel,
    Draft,
    Json,
    Message,
    User,
)
from tests.support.discord.world import NotSeen

if TYPE_CHECKING:
    from tests.support.discord.server import StandIn


class Human:
    """A person with an account and a client."""

    def __init__(self, standin: "StandIn", user: User) -> None:
        self._standin = standin
        self.world = standin.world
        self.user = user

    @property
    def id(self) -> int:
        """The account's id."""
        return self.user.id

    @property
    def mention(self) -> str:
        """How a text mentions this person."""
        return f"<@{self.user.id}>"

    def dm(self) -> Channel:
        """Return the direct conversation with the bot."""
        return self.world.direct(self.user)

    # Writing

    async def say(
        self,
        channel: Channel,
        text: str,
        *,
        reply_to: Message | None = None,
        files: Mapping[str, bytes] | None = None,
    ) -> Message:
        """Write in a channel, a thread or the direct conversation."""
        files = files or {}
        attached = [
            Attachment(
                self.world.new_id(),
                name,
                data,
                mimetypes.guess_type(name)[0] or "application/octet-stream",
                channel.id,
            )
            for name, data in files.items()
        ]
        draft = Draft(text, attachments=attached, reply_to=reply_to.id if reply_to else None)
        return posting.post(self.world, channel, self.user, draft)

    async def edit(self, message: Message, text: str) -> None:
        """Change an own message."""
        assert message.author is self.user, "only own messages can be edited"
        draft = Draft(text, attachments=message.attachments, flags=message.flags)
        posting.edit(self.world, message, draft)

    async def delete(self, message: Message) -> None:
        """Delete an own message, or another's with the right to."""
        if message.author is not self.user:
            permissions.need(message.channel, self.user, permissions.MANAGE_MESSAGES)
        posting.delete(self.world, message)

    async def react(self, message: Message, emoji: str) -> None:
        """React to a message."""
        reacting.react(self.world, message, self.user, emoji)

    async def unreact(self, message: Message, emoji: str) -> None:
        """Take a reaction back."""
        reacting.unreact(self.world, message, self.user, emoji)

    async def open_thread(
        self, at: Message | Channel, name: str, *, private: bool = False
    ) -> Channel:
        """Open a thread at a message, or in a channel."""
        if isinstance(at, Message):
            return threads.from_message(self.world, at, self.user, threads.Plan(name))
        kind = PRIVATE_THREAD if private else PUBLIC_THREAD
        return threads.without_message(self.world, at, self.user, threads.Plan(name, kind))

    async def post_in_forum(self, forum: Channel, name: str, text: str, *tags: str) -> Channel:
        """Make a post in a forum, with tags by their names."""
        wanted = tuple(each.id for each in forum.tags if each.name in tags)
        plan = threads.Plan(name, tags=wanted)
        made, _ = threads.forum_post(self.world, forum, self.user, plan, Draft(text))
        return made

    async def change_thread(self, thread: Channel, **wish: object) -> None:
        """Change a thread: name, archived, locked."""
        threads.change(self.world, thread, self.user, wish)

    # Reading

    def read(self, channel: Channel) -> list[Message]:
        """Return the messages that this person sees in a channel, oldest first."""
        permissions.need(channel, self.user, permissions.READ_HISTORY)
        return [channel.messages[each] for each in sorted(channel.messages)]

    async def wait_for(
        self, channel: Channel, predicate: Callable[[Message], bool], timeout: float = 5
    ) -> Message:
        """Return the first message of a channel that satisfies, now or in time."""

        def look() -> Message | None:
            return next((each for each in self.read(channel) if predicate(each)), None)

        try:
            return await self.world.until(look, timeout, "the message")
        except NotSeen as late:
            there = "\n".join(f"  {m.author.name}: {m.text()[:160]}" for m in self.read(channel))
            raise NotSeen(f"{late} for {self.user.name}; there is\n{there}") from None

    async def wait_for_text(self, channel: Channel, words: str, timeout: float = 5) -> Message:
        """Return the first message by somebody else that holds `words`."""
        return await self.wait_for(
            channel, lambda m: m.author is not self.user and words in m.text(), timeout
        )

    # The application

    async def slash(
        self, name: str, /, *, channel: Channel | None = None, **options: object
    ) -> Asked:
        """Use a command, `"circle new"` for a nested one; without a channel, in the direct one.

        Raises:
            NotPossible: the client has no such command here, or does not let these options pass.
        """
        where = self._here(channel)
        command = asking.command(self._standin, where, self.user, name, 1)
        data = asking.chat_data(self._standin, command, name, options, None)
        return self._begin(COMMAND, where, data)

    async def autocomplete(
        self,
        name: str,
        option: str,
        text: str,
        /,
        *,
        channel: Channel | None = None,
        **options: object,
    ) -> Asked:
        """Type `text` into an option of a command that suggests something."""
        where = self._here(channel)
        command = asking.command(self._standin, where, self.user, name, 1)
        data = asking.chat_data(self._standin, command, name, {**options, option: text}, option)
        return self._begin(AUTOCOMPLETE, where, data)

    async def context_menu(self, name: str, target: Message | User) -> Asked:
        """Use a command of a message's or a person's menu."""
        if isinstance(target, Message):
            where, kind = target.channel, 3
        else:
            where, kind = self._here(None), 2
        found = asking.command(self._standin, where, self.user, name, kind)
        data = asking.menu_data(self._standin, found, target, where.guild)
        return self._begin(COMMAND, where, data)

    async def press(self, message: Message, which: str) -> Asked:
        """Press a button, named by its custom id or its words."""
        buttons = [each for each in message.controls() if each["type"] == 2]
        found = next((b for b in buttons if which in (b["custom_id"], b.get("label"))), None)
        if found is None:
            raise NotPossible(f"no button {which!r} among {message.labels()}")
        self._usable(message, found)
        data = {"custom_id": found["custom_id"], "component_type": 2, "id": found["id"]}
        return self._begin(COMPONENT, message.channel, data, message)

    async def choose(self, message: Message, custom_id: str, values: Sequence[str]) -> Asked:
        """Choose from a menu in a message."""
        found = next((c for c in message.controls() if c["custom_id"] == custom_id), None)
        if found is None or found["type"] == 2:
            raise NotPossible(f"no menu {custom_id!r}")
        self._usable(message, found)
        asking.fits(found, list(values))
        data: Json = {"custom_id": custom_id, "component_type": found["type"], "id": found["id"]}
        data["values"] = list(values)
        return self._begin(COMPONENT, message.channel, data, message)

    async def submit(self, modal: Modal, values: Mapping[str, Any]) -> Asked:
        """Send a form with `values` by custom id; what is left out stays as it was shown.

        Raises:
            NotPossible: the client would not let it pass: a required field is empty, a text too
                long, a value not among the options.
        """
        data = asking.modal_data(modal.data, values)
        return self._begin(MODAL_SUBMIT, modal.channel, data, modal.source)

    def _here(self, channel: Channel | None) -> Channel:
        return channel if channel is not None else self.dm()

    def _usable(self, message: Message, control: Json) -> None:
        """Refuse what is greyed out, deleted or shown to somebody else."""
        if control.get("disabled") or message.deleted:
            raise NotPossible(f"{control['custom_id']} cannot be used")
        if message.seen_by not in (None, self.user.id):
            raise NotPossible(f"{self.user.name} does not see this message")
        self._needs_to_see(message.channel)

    def _needs_to_see(self, channel: Channel) -> None:
        if not permissions.sees(channel, self.user):
            raise ApiError(403, 50001, "Missing Access")

    def _begin(self, kind: int, where: Channel, data: Json, source: Message | None = None) -> Asked:
        self._needs_to_see(where)
        found = self._standin.interactions.begin(kind, self.user, where, data, source)
        return Asked(self, found)
