"""Threads: opened at a message or as a forum's post, and woken before they are used."""

from datetime import datetime
from typing import Final

import discord
import structlog

from adapters.discord.errors import THREAD_IS_THERE, UNKNOWN_MESSAGE
from bot.conversation.model import Document, ThreadLost
from bot.conversation.plain import plain

LONGEST_NAME = 100
WEEK: Final = 10080
"""The most minutes that Discord keeps a thread open in which nobody writes."""

log = structlog.get_logger(__name__)


def name_of(document: Document) -> str:
    """Return the name of the thread that a document opens: its title, else its first words."""
    first = document.opens or plain(document).strip().partition("\n")[0]
    name = " ".join(first.split())[:LONGEST_NAME].strip()
    return name or "Thread"


async def open_at(client: discord.Client, channel: int, message: int, name: str) -> None:
    """Open the thread of a message, if there is none yet.

    Raises:
        ThreadLost: the message is gone, or the bot may not open threads there.
    """
    try:
        await client.http.start_thread_with_message(
            channel, message, name=name[:LONGEST_NAME], auto_archive_duration=WEEK
        )
    except discord.HTTPException as error:
        if error.code == THREAD_IS_THERE:
            return
        if error.code == UNKNOWN_MESSAGE:
            raise ThreadLost("The message with the thread was deleted.") from error
        if isinstance(error, discord.Forbidden | discord.NotFound):
            raise ThreadLost("The bot may not open a thread there.") from error
        raise


async def open_if_allowed(client: discord.Client, channel: int, message: int, name: str) -> None:
    """Open the thread of a message; without the right to, the message stands without one."""
    try:
        await open_at(client, channel, message, name)
    except ThreadLost as lost:
        log.warning("no thread", action="thread_not_opened", channel=channel, why=str(lost))


async def wake(client: discord.Client, thread: int) -> None:
    """Let an archived thread be open again.

    Raises:
        ThreadLost: it is locked.
    """
    try:
        await client.http.edit_channel(thread, archived=False)
    except discord.Forbidden as error:
        raise ThreadLost("The thread is locked.") from error


async def keep_open(client: discord.Client, thread: int) -> None:
    """Let a thread be open, if there is one.

    Raises:
        ThreadLost: it is locked.
    """
    try:
        found = await client.fetch_channel(thread)
    except discord.NotFound:
        return
    if isinstance(found, discord.Thread) and found.archived:
        await wake(client, thread)


async def threads_of(
    client: discord.Client, guild: int, channel: int, since: datetime
) -> list[int]:
    """Return the threads of a channel in which something was said since then, as far as seen."""
    after = discord.utils.time_snowflake(since)
    here = await client.fetch_guild(guild, with_counts=False)
    found = [
        thread.id
        for thread in await here.active_threads()
        if thread.parent_id == channel and (thread.last_message_id or thread.id) >= after
    ]
    parent = await here.fetch_channel(channel)
    if not isinstance(parent, discord.TextChannel | discord.ForumChannel):
        return found
    async for thread in parent.archived_threads(limit=None):
        if thread.archive_timestamp < since:
            break
        found.append(thread.id)
    return found
