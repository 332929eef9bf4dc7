"""What was said while nobody listened, from the histories of channels, threads and direct ones."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

import discord
import structlog

from adapters.discord.cursor import Cursor
from adapters.discord.waiting import Gone, heed, insist

AT_ONCE = 4
"""How many histories are read at the same time."""

Told = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread
Place = Told | discord.PartialMessageable
T = TypeVar("T")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Backfill:
    """Reads on from a cursor, which it leaves as it is."""

    client: discord.Client
    cursor: Cursor
    longest_pause: timedelta

    async def missed(
        self, guilds: Iterable[discord.Guild], *, direct: bool, afresh: bool
    ) -> list[discord.Message]:
        """Return every message of these guilds that is not heard yet, oldest first.

        With `afresh` Discord is asked which channels have news: what discord.py knows of them is
        no help where an event got lost on an open line.
        """
        behind: list[Place] = []
        for guild in guilds:
            there = [*await self._open(guild, afresh=afresh), *await self._archived(guild)]
            behind += [place for place in there if self._news(place)]
        if direct:
            kind = discord.ChannelType.private
            known = self.cursor.direct
            behind += [self.client.get_partial_messageable(each, type=kind) for each in known]
        turn = asyncio.Semaphore(AT_ONCE)
        read = await asyncio.gather(*[self._read(place, turn) for place in behind])
        return sorted((message for page in read for message in page), key=lambda each: each.id)

    async def spoke_in(self, channel: int | None, me: int) -> bool:
        """Return whether the bot said something in a channel, as far as one look goes back."""
        if channel is None:
            return False
        place = self.client.get_partial_messageable(channel)

        async def latest() -> list[discord.Message]:
            return [each async for each in place.history(limit=100)]

        return any(each.author.id == me for each in await self._tried(channel, latest))

    async def _open(self, guild: discord.Guild, *, afresh: bool) -> list[Told]:
        if not afresh:
            return [*_talking(guild.channels), *guild.threads]
        channels = await self._tried(guild.id, guild.fetch_channels)
        return [*_talking(channels), *await self._tried(guild.id, guild.active_threads)]

    def _news(self, channel: Told) -> bool:
        latest = channel.last_message_id or 0
        return latest > self.cursor.whole_until(channel.id) and may_read(channel)

    async def _archived(self, guild: discord.Guild) -> list[discord.Thread]:
        """Return the threads that were archived since, of channels in which the bot has spoken."""
        since = discord.utils.snowflake_time(self.cursor.base)
        found: list[discord.Thread] = []
        for channel in guild.channels:
            spoken = f"{guild.id}-{channel.id}" in self.cursor.rooms
            if isinstance(channel, discord.TextChannel | discord.ForumChannel) and spoken:
                found += await self._tried(channel.id, Archive(channel, since))
        return found

    async def _read(self, place: Place, turn: asyncio.Semaphore) -> list[discord.Message]:
        after = discord.Object(self.cursor.whole_until(place.id))

        async def history() -> list[discord.Message]:
            return [each async for each in place.history(limit=None, after=after)]

        async with turn:
            return await self._tried(place.id, history)

    async def _tried(self, where: int, doing: Callable[[], Awaitable[Sequence[T]]]) -> list[T]:
        """Return what was read; nothing where the bot may not read, or the place is gone."""
        try:
            return list(await insist("not_read", doing, self.client, self.longest_pause))
        except Gone:
            raise
        except Exception as error:  # noqa: BLE001 - one place must not cost the others
            heed()
            name = type(error).__name__
            log.warning("gap_not_filled", action="gap_not_filled", channel=where, error=name)
            return []


@dataclass(frozen=True, slots=True)
class Archive:
    """The threads of a channel that were archived since a moment."""

    channel: discord.TextChannel | discord.ForumChannel
    since: datetime

    async def __call__(self) -> list[discord.Thread]:
        """Return them: the public ones, and the private ones that the bot is in."""
        if not may_read(self.channel):
            return []
        found: list[discord.Thread] = []
        async for thread in self.channel.archived_threads(limit=None):
            if thread.archive_timestamp < self.since:
                break
            found.append(thread)
        if isinstance(self.channel, discord.TextChannel):
            mine = self.channel.archived_threads(private=True, joined=True, limit=None)
            found += [thread async for thread in mine]
        return found


def _talking(channels: Iterable[discord.abc.GuildChannel]) -> list[Told]:
    """Return the channels in which messages stand; in a forum they stand in its threads."""
    kinds = (discord.TextChannel, discord.VoiceChannel, discord.StageChannel)
    return [each for each in channels if isinstance(each, kinds)]


def may_read(channel: discord.abc.GuildChannel | discord.Thread) -> bool:
    """Return whether the bot sees a channel and may read what was said there before."""
    if isinstance(channel, discord.Thread) and channel.parent is None:
        return False
    granted = channel.permissions_for(channel.guild.me)
    return granted.view_channel and granted.read_message_history
