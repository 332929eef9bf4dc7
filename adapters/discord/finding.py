"""The bot's own message of a post, found again: by the key that its buttons carry, else by words.

Discord forgets a nonce after minutes, and keeps nothing else of a message that could carry a key.
"""

from collections.abc import AsyncIterator, Collection
from datetime import datetime

import discord
import structlog

from adapters.discord import buttons, places, threads
from adapters.discord.errors import UNKNOWN_CHANNEL
from adapters.discord.markup import LONGEST, Commands
from adapters.discord.showing import content, name_of
from bot.conversation.model import (
    Actions,
    Ambiguous,
    DeliveryKey,
    Document,
    File,
    MessageRef,
    RoomRef,
)

log = structlog.get_logger(__name__)

Said = tuple[str, tuple[tuple[str, int], ...]]
"""What a message says: its words, and its files by name and size."""


async def find(
    client: discord.Client,
    known: Commands,
    room: RoomRef,
    key: DeliveryKey,
    since: datetime,
    document: Document | None,
    others: Collection[MessageRef] = (),
) -> MessageRef | None:
    """Return the message with the key, or the only one that says just this and is none of others.

    Raises:
        Ambiguous: several say just this.
    """
    wanted = None if document is None or _has_buttons(document) else _wanted(document, known)
    alike: list[MessageRef] = []
    async for message, ref in own(client, room, since):
        if buttons.marked(buttons.custom_ids(message), key):
            return ref
        if ref in others:
            continue
        if wanted is not None and not buttons.custom_ids(message) and _said(message) == wanted:
            alike.append(ref)
    if len(alike) > 1:
        log.warning("ambiguous", action="post_ambiguous", room=str(room), messages=len(alike))
        raise Ambiguous(f"{len(alike)} messages of the bot say the same.")
    return alike[0] if alike else None


async def own(
    client: discord.Client, room: RoomRef, since: datetime
) -> AsyncIterator[tuple[discord.Message, MessageRef]]:
    """Yield the bot's messages in a room and its threads since then, with their references."""
    me, guild, channel = client.user, places.guild_of(room), places.channel_of(room)
    inside = [] if guild is None else await threads.threads_of(client, guild, channel, since)
    for thread in (None, *inside):
        async for message in said_in(client, guild, thread or channel, since):
            if me is not None and message.author.id == me.id:
                under = None if message.id == thread else thread
                yield message, MessageRef(room, places.message_id(message.id, under))


async def said_in(
    client: discord.Client, guild: int | None, channel: int, since: datetime
) -> AsyncIterator[discord.Message]:
    """Yield what was said in a channel or thread since then; nothing in a forum itself."""
    place = client.get_partial_messageable(channel, guild_id=guild)
    after = discord.Object(discord.utils.time_snowflake(since))
    try:
        async for message in place.history(limit=None, after=after):
            yield message
    except discord.HTTPException as error:
        if error.code != UNKNOWN_CHANNEL and error.status != NO_MESSAGES:
            raise


NO_MESSAGES = 400
"""How Discord answers who wants to read messages in what holds none, such as a forum."""


def _has_buttons(document: Document) -> bool:
    return any(isinstance(block, Actions) for block in document.blocks)


def _wanted(document: Document, known: Commands) -> Said:
    files = [block for block in document.blocks if isinstance(block, File)]
    words = content(document, known, LONGEST).strip()
    return words, tuple((name_of(each), len(each.content)) for each in files)


def _said(message: discord.Message) -> Said:
    return message.content.strip(), tuple((f.filename, f.size) for f in message.attachments)
