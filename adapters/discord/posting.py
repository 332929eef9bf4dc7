"""Posts: shown once, where they belong, ringing only for whom they mention."""

from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import blake2b
from typing import Any

import discord

from adapters.discord import buttons, finding, places, threads
from adapters.discord.client import CircleClient
from adapters.discord.errors import UNKNOWN_CHANNEL
from adapters.discord.markup import LONGEST, render
from adapters.discord.showing import attached, content
from bot.conversation.model import DeliveryKey, Document, MessageRef, RoomRef, ThreadLost

JUST_NOW = timedelta(minutes=10)
"""How far a forum is looked through for a post that may be there already: forums know no nonce."""

REMEMBERED = 256
"""How many forums' posts are known by their keys, so that another that says the same is another."""


def nonce(key: DeliveryKey) -> str:
    """Return the 24 characters by which Discord recognises a post for some minutes."""
    return blake2b(str(key).encode(), digest_size=12).hexdigest()


@dataclass(slots=True)
class Poster:
    """Shows documents in rooms."""

    client: CircleClient
    forums: dict[int, bool] = field(default_factory=dict)
    """The channels whose kind is known, and whether each is a forum."""

    made: dict[DeliveryKey, MessageRef] = field(default_factory=dict)
    """The forums' posts that were made lately, by their keys."""

    async def post(
        self, room: RoomRef, document: Document, key: DeliveryKey, thread: str | None
    ) -> MessageRef:
        """Show a document; the same key within Discord's memory shows nothing new.

        Raises:
            ThreadLost: the thread is locked or gone.
        """
        guild, channel = places.guild_of(room), places.channel_of(room)
        if guild is not None and thread is not None:
            under = int(thread.partition("-")[0])
            number = await self._in_thread(guild, channel, under, document, key)
            return MessageRef(room, places.message_id(number, under))
        if guild is not None and await self._is_forum(channel):
            return await self._in_forum(room, document, key)
        sent = await self._send(guild, channel, document, key)
        if guild is not None and document.opens:
            name = threads.name_of(document)
            await threads.open_if_allowed(self.client, channel, sent, name)
        return MessageRef(room, places.message_id(sent))

    async def edit(self, message: MessageRef, document: Document) -> None:
        """Let a message say the document; its buttons go on carrying the key of its post."""
        channel, number = await self.place_of(message)
        partial = self.client.get_partial_messageable(channel).get_partial_message(number)
        there = await partial.fetch()
        key = next(iter(buttons.marks(buttons.custom_ids(there))), "")
        changes = self._said(document) | {"allowed_mentions": discord.AllowedMentions.none()}
        changes["view"] = buttons.marked_view(document, key, self.client.drafts)
        await self._awake(channel, lambda: partial.edit(**changes))

    async def redact(self, message: MessageRef) -> None:
        """Remove a message."""
        channel, number = await self.place_of(message)
        partial = self.client.get_partial_messageable(channel).get_partial_message(number)
        await self._awake(channel, partial.delete)

    async def place_of(self, message: MessageRef) -> tuple[int, int]:
        """Return the channel in which a message really stands: a forum's stand in its threads."""
        channel, number = places.where(message)
        guild = places.guild_of(message.room)
        if guild is not None and "-" not in message.id and await self._is_forum(channel):
            return number, number
        return channel, number

    async def _awake(self, channel: int, act: Any) -> None:  # noqa: ANN401 - any request
        """Do something to a message; a thread that is archived is woken for it."""
        try:
            await act()
        except discord.HTTPException as error:
            if error.code != ARCHIVED:
                raise
            await threads.wake(self.client, channel)
            await act()

    async def _send(
        self, guild: int | None, channel: int, document: Document, key: DeliveryKey
    ) -> int:
        place = self.client.get_partial_messageable(channel, guild_id=guild)
        sent = await place.send(**self._shown(document, key), nonce=nonce(key))
        return sent.id

    async def _in_thread(
        self, guild: int, channel: int, thread: int, document: Document, key: DeliveryKey
    ) -> int:
        """Show a document in a thread, which is opened at its message if there is none yet."""
        try:
            return await self._send(guild, thread, document, key)
        except discord.NotFound as error:
            if error.code != UNKNOWN_CHANNEL:
                raise
        name = await self._first_words(channel, thread)
        await threads.open_at(self.client, channel, thread, name)
        try:
            return await self._send(guild, thread, document, key)
        except discord.NotFound as error:
            if error.code != UNKNOWN_CHANNEL:
                raise
            raise ThreadLost("The thread was deleted.") from error

    async def _first_words(self, channel: int, message: int) -> str:
        """Return a name for the thread of a message."""
        try:
            there = await self.client.get_partial_messageable(channel).fetch_message(message)
        except discord.NotFound:
            return "Thread"
        first = there.content.strip("#* \n").partition("\n")[0]
        return " ".join(first.split()) or "Thread"

    async def _in_forum(self, room: RoomRef, document: Document, key: DeliveryKey) -> MessageRef:
        """Make a forum's post, unless it is there already."""
        since = discord.utils.utcnow() - JUST_NOW
        known = self.client.known
        others = [made for other, made in self.made.items() if other != key]
        found = await finding.find(self.client, known, room, key, since, document, others)
        if found is not None:
            return found
        forum = await self.client.fetch_channel(places.channel_of(room))
        assert isinstance(forum, discord.ForumChannel)  # noqa: S101 - looked at before
        shown = self._shown(document, key)
        if forum.flags.require_tag:
            shown["applied_tags"] = forum.available_tags[:1]
        made = await forum.create_thread(name=threads.name_of(document), **shown)
        self.made[key] = MessageRef(room, places.message_id(made.message.id))
        if len(self.made) > REMEMBERED:
            del self.made[next(iter(self.made))]
        return self.made[key]

    async def _is_forum(self, channel: int) -> bool:
        if channel not in self.forums:
            found = self.client.get_channel(channel) or await self.client.fetch_channel(channel)
            self.forums[channel] = isinstance(found, discord.ForumChannel)
        return self.forums[channel]

    def _shown(self, document: Document, key: DeliveryKey) -> dict[str, Any]:
        """Return a whole message as discord.py sends it."""
        rendered = render(document, self.client.known)
        made = self._said(document)
        made["allowed_mentions"] = discord.AllowedMentions(
            everyone=False,
            roles=False,
            users=[discord.Object(int(each)) for each in rendered.mentions if each.isdecimal()],
            replied_user=False,
        )
        if rendered.files:
            made["files"] = [attached(file) for file in rendered.files]
        view = buttons.view(document, key, self.client.drafts)
        if view is not None:
            made["view"] = view
        return made

    def _said(self, document: Document) -> dict[str, Any]:
        return {"content": content(document, self.client.known, LONGEST) or None}


ARCHIVED = 50083
"""Discord's code for what cannot be done in a thread while it is archived."""
