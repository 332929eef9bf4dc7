"""Who is in a room and what they may do there, as Discord sees it now."""

from collections.abc import Mapping

import discord

from adapters.discord import places
from bot.conversation.model import NotPermitted, PersonRef, RoomRef
from bot.conversation.plain import tame_name

UNKNOWN_MEMBER, UNKNOWN_USER = 10007, 10013
LATELY = 500
"""How many of a room's latest messages tell who is there, where Discord does not."""


async def channel_of(client: discord.Client, room: RoomRef) -> discord.abc.GuildChannel:
    """Return a room's channel: as it is kept up to date by listening, else as it is fetched.

    Raises:
        NotPermitted: it is no channel of a server.
    """
    number, guild = places.channel_of(room), places.guild_of(room)
    kept = client.get_channel(number) if client.is_ready() else None
    if isinstance(kept, discord.abc.GuildChannel):
        return kept
    if guild is None:
        raise NotPermitted("In a direct conversation there is nothing to manage.")
    return await _fetched(client, guild, number)


async def _fetched(client: discord.Client, guild: int, channel: int) -> discord.abc.GuildChannel:
    found = await (await client.fetch_guild(guild, with_counts=False)).fetch_channel(channel)
    if isinstance(found, discord.Thread):
        raise NotPermitted("A thread is no room of its own.")
    return found


async def permissions(
    client: discord.Client, person: PersonRef, room: RoomRef
) -> discord.Permissions:
    """Return what a person may do in a room; nothing where they are not on its server."""
    channel = await channel_of(client, room)
    if not person.id.isdecimal():
        return discord.Permissions.none()
    try:
        member = await channel.guild.fetch_member(int(person.id))
    except discord.NotFound as error:
        if error.code in (UNKNOWN_MEMBER, UNKNOWN_USER):
            return discord.Permissions.none()
        raise
    return channel.permissions_for(member)


async def is_in(client: discord.Client, person: PersonRef, room: RoomRef) -> bool:
    """Return whether a person sees a room."""
    if places.guild_of(room) is None:
        found = await client.fetch_channel(places.channel_of(room))
        return _is_with(found, person)
    return (await permissions(client, person, room)).view_channel


def _is_with(channel: object, person: PersonRef) -> bool:
    people = channel.recipients if isinstance(channel, discord.DMChannel) else []
    return person.id in [str(each.id) for each in people]


async def present(client: discord.Client, room: RoomRef) -> Mapping[str, str]:
    """Return the ids and shown names of the people in a room, without the bot.

    Where Discord does not tell them, these are the people who lately wrote there or were named.
    """
    if not client.intents.members or places.guild_of(room) is None:
        return await _heard(client, room)
    channel = await channel_of(client, room)
    members = [each async for each in channel.guild.fetch_members(limit=None)]
    return {
        str(each.id): tame_name(each.display_name) or str(each.id)
        for each in members
        if not each.bot and channel.permissions_for(each).view_channel
    }


async def _heard(client: discord.Client, room: RoomRef) -> dict[str, str]:
    place = client.get_partial_messageable(places.channel_of(room), guild_id=places.guild_of(room))
    found: dict[str, str] = {}
    async for message in place.history(limit=LATELY):
        for each in (message.author, *message.mentions):
            if not each.bot:
                found.setdefault(str(each.id), tame_name(each.display_name) or str(each.id))
    return found
