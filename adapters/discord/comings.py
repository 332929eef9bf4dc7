"""Where the bot comes and goes, and where people go: told from what Discord's guilds look like."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import discord

from adapters.discord import places
from adapters.discord.cursor import Cursor
from adapters.discord.markup import PLATFORM
from bot.conversation.model import Event, Kind
from bot.conversation.plain import tame_name

Rooms = Mapping[int, bool]
"""The channels that the bot sees, and whether only some people of the guild see them."""


def rooms_of(guild: discord.Guild) -> dict[int, bool]:
    """Return the rooms of a guild that the bot sees, with whether each is private."""
    everyone, me = guild.default_role, guild.me
    return {
        channel.id: not channel.permissions_for(everyone).view_channel
        for channel in guild.channels
        if not isinstance(channel, discord.CategoryChannel)
        and channel.permissions_for(me).view_channel
    }


def latest_of(guild: discord.Guild) -> dict[int, int]:
    """Return the latest message of each channel and open thread of a guild, as it is known."""
    found = {place.id: getattr(place, "last_message_id", None) for place in guild.channels}
    found |= {thread.id: thread.last_message_id for thread in guild.threads}
    return {place: latest for place, latest in found.items() if latest}


def place_to_greet(guild: discord.Guild) -> int | None:
    """Return the channel in which the bot may introduce itself: one, not each."""
    first = [guild.system_channel] if guild.system_channel else []
    for channel in (*first, *sorted(guild.text_channels, key=lambda each: each.position)):
        granted = channel.permissions_for(guild.me)
        if granted.view_channel and granted.send_messages:
            return channel.id
    return None


@dataclass(slots=True)
class Comings:
    """Tells the bot's own coming and going, by comparing what it saw with what it sees."""

    me: int
    cursor: Cursor
    seen: dict[int, Rooms] = field(default_factory=dict)

    def looked(
        self, guild: discord.Guild, latest: Mapping[int, int], now: datetime, *, greet: bool = True
    ) -> list[Event]:
        """Return what changed in a guild that the bot is in, and remember it.

        What was said before the bot could see it is not its to hear: `latest` tells until when.
        With `greet` it is told to have come into a guild that is new to it.
        """
        before, after = self.seen.get(guild.id), rooms_of(guild)
        self.seen[guild.id] = after
        known = guild.id in self.cursor.guilds
        self.cursor.guilds.add(guild.id)
        for channel, message in latest.items():
            if not known or (before is not None and channel in after and channel not in before):
                self.cursor.settle(channel, message)
        told = self._lost(guild.id, before, after, now)
        back = self._back(guild.id, after)
        told += [self.event(Kind.JOIN, guild.id, channel, now) for channel in back]
        if not known:
            there = place_to_greet(guild) if greet and not back else None
            return [*told, *([self._came(guild, there)] if there else [])]
        if before is not None:
            opened = [each for each in after if after[each] and each not in before]
            fresh = [each for each in opened if each not in back]
            told += [self.event(Kind.JOIN, guild.id, each, now) for each in fresh[:1]]
        return told

    def put_out(self, guild: int, now: datetime) -> list[Event]:
        """Return what it means that the bot is in a guild no more, and remember it."""
        self.cursor.guilds.discard(guild)
        return self._lost(guild, self.seen.pop(guild, None), {}, now)

    def spoke(self, guild: int, channel: int) -> None:
        """Remember that the bot spoke in a room: it is to be told when that room is gone."""
        self.cursor.rooms.setdefault(places.room(guild, channel).id, True)

    def has_spoken_in(self, guild: int) -> bool:
        """Return whether the bot spoke in a guild."""
        return bool(self._spoken(guild))

    def event(self, kind: Kind, guild: int, channel: int, now: datetime) -> Event:
        """Return the bot's coming or going."""
        room = places.room(guild, channel).id
        return Event(
            id=f"{channel}-{kind}-{_stamp(now)}",
            at=now,
            platform=PLATFORM,
            room=room,
            kind=kind,
            author=str(self.me),
            bot=True,
        )

    def _came(self, guild: discord.Guild, channel: int) -> Event:
        """Return the bot's coming into a guild, the same each time that it is told."""
        came = guild.me.joined_at
        return self.event(Kind.JOIN, guild.id, channel, came or guild.created_at)

    def _lost(self, guild: int, before: Rooms | None, after: Rooms, now: datetime) -> list[Event]:
        """Return the end of rooms: of all that were seen, or that the bot had spoken in."""
        own = [each for each, here in self._spoken(guild).items() if here]
        gone = [each for each in (own if before is None else before) if each not in after]
        for channel in gone:
            room = places.room(guild, channel).id
            if room in self.cursor.rooms:
                self.cursor.rooms[room] = False
        return [self.event(Kind.LEAVE, guild, channel, now) for channel in gone]

    def _back(self, guild: int, after: Rooms) -> list[int]:
        """Return the rooms in which the bot had spoken, and which it sees again."""
        back = [each for each, here in self._spoken(guild).items() if not here and each in after]
        for channel in back:
            self.cursor.rooms[places.room(guild, channel).id] = True
        return back

    def _spoken(self, guild: int) -> dict[int, bool]:
        start = f"{guild}-"
        rooms = self.cursor.rooms.items()
        return {
            int(room.removeprefix(start)): here for room, here in rooms if room.startswith(start)
        }


def went(
    who: discord.abc.User,
    guild: discord.Guild,
    rooms: Iterable[int],
    now: datetime,
    *,
    banned: bool,
) -> list[Event]:
    """Return a person's leaving of every room of a guild that they saw, as far as that is known."""
    return [
        Event(
            id=f"{channel}-{Kind.LEAVE}-{who.id}-{_stamp(now)}",
            at=now,
            platform=PLATFORM,
            room=places.room(guild.id, channel).id,
            kind=Kind.LEAVE,
            author=str(who.id),
            name=tame_name(who.display_name),
            banned=banned,
        )
        for channel in rooms
        if _saw(who, guild.get_channel(channel))
    ]


def _saw(who: discord.abc.User, channel: discord.abc.GuildChannel | None) -> bool:
    if channel is None:
        return False
    return not isinstance(who, discord.Member) or channel.permissions_for(who).view_channel


def _stamp(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
