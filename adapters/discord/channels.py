"""The servers and channels that the bot is in, looked at without listening."""

from collections.abc import Collection
from dataclasses import dataclass

import discord

from adapters.discord.invitation import Asked, missing

MOST = 200
"""How many servers are named by one request, which is enough to look over."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as the bot finds it: what it `lacks` there, and whether others may use commands."""

    name: str
    lacks: tuple[Asked, ...]
    commands: bool


async def servers(client: discord.Client) -> list[str]:
    """Return the names of the servers that the bot is on."""
    return [guild.name async for guild in client.fetch_guilds(limit=MOST, with_counts=False)]


async def channels(
    client: discord.Client, server: int, wanted: Collection[int]
) -> dict[int, Channel]:
    """Return those of a server's channels that are there, none where the bot is not on it."""
    me = client.user
    try:
        guild = await client.fetch_guild(server, with_counts=False)
        mine = await guild.fetch_member(me.id if me else 0)
        there = await guild.fetch_channels()
    except (discord.NotFound, discord.Forbidden):
        return {}
    return {each.id: _found(each, mine) for each in there if each.id in wanted}


def _found(channel: discord.abc.GuildChannel, mine: discord.Member) -> Channel:
    return Channel(
        name=f"#{channel.name} on {channel.guild.name}",
        lacks=tuple(missing(channel.permissions_for(mine))),
        commands=_takes_commands(channel),
    )


def _takes_commands(channel: discord.abc.GuildChannel) -> bool:
    """Return whether people may use commands there: everyone, or those of some role.

    Whether they see the channel is another question: a circle's may well be hidden from others.
    """
    everyone, *roles = channel.guild.roles
    said = channel.overwrites_for(everyone).use_application_commands
    if any(channel.overwrites_for(role).use_application_commands for role in roles):
        return True
    if said is not None:
        return said
    people = (role for role in (everyone, *roles) if not role.is_bot_managed())
    return any(role.permissions.use_application_commands for role in people)
