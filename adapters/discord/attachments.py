"""What people attach to their messages; its addresses last a day, so it is read when needed."""

from collections.abc import Sequence

import discord

from bot.conversation.model import File


async def attached(message: discord.Message, largest: int) -> Sequence[File]:
    """Return what is attached; pictures of at most `largest` bytes with their content.

    A picture that is gone by now has none.
    """
    return [await _file(attachment, largest) for attachment in message.attachments]


async def _file(attachment: discord.Attachment, largest: int) -> File:
    kind = (attachment.content_type or "").partition(";")[0]
    content = b""
    if kind.startswith("image/") and attachment.size <= largest:
        try:
            content = await attachment.read()
        except discord.NotFound:
            content = b""
    name = attachment.filename
    return File(name, kind, content, attachment.description or name)
