"""What the gateway tells, kept as it was at that moment: discord.py changes its objects later."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import discord

from adapters.discord.comings import latest_of
from adapters.discord.line import Line
from adapters.discord.translate import Place, place_of

GAPS = frozenset({"shard_connect", "shard_resumed", "guild_available"})
"""After these, something may have been said that nobody told."""

LOOKS = frozenset(
    {
        "guild_join",
        "guild_channel_create",
        "guild_channel_update",
        "guild_channel_delete",
        "guild_role_update",
        "guild_role_delete",
        "member_update",
    }
)
"""After these, the bot may see other rooms."""

PEOPLE = frozenset({"guild_remove", "member_ban", "member_join", "raw_member_remove"})


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that the gateway told, as it was at that moment."""

    line: Line
    at: datetime
    name: str
    given: tuple[Any, ...]
    place: Place | None = None
    guild: discord.Guild | None = None
    latest: Mapping[int, int] = field(default_factory=dict)
    ended: tuple[tuple[int, int | None], ...] = ()


def happening(line: Line, at: datetime, name: str, given: tuple[Any, ...]) -> Happening | None:
    """Return what the gateway told, as it is now; None for what nobody wants to know."""
    kept = PLACED.get(name)
    if kept is not None:
        return kept(line, at, name, given)
    if name in LOOKS:
        return _look(line, at, name, given)
    if name == "guild_available" and not line.is_ready(given[0].shard_id):
        return None  # it is looked through with the others of that connection
    return Happening(line, at, name, given) if name in GAPS | PEOPLE else None


def _look(line: Line, at: datetime, name: str, given: tuple[Any, ...]) -> Happening | None:
    if name == "member_update" and given[-1] != given[-1].guild.me:
        return None
    guild = given[-1] if name == "guild_join" else given[-1].guild
    return Happening(line, at, name, (), guild=guild, latest=latest_of(guild))


def _said(line: Line, at: datetime, name: str, given: tuple[Any, ...]) -> Happening:
    message = copy.copy(given[0])
    return Happening(line, at, name, (message,), place_of(message.channel))


def _edited(line: Line, at: datetime, name: str, given: tuple[Any, ...]) -> Happening:
    return Happening(line, at, name, (given[0].message,), place_of(given[0].message.channel))


def _about(line: Line, at: datetime, name: str, given: tuple[Any, ...]) -> Happening:
    return Happening(
        line, at, name, given, _known(line.client, given[0].guild_id, given[0].channel_id)
    )


def _deleted(line: Line, at: datetime, name: str, given: tuple[Any, ...]) -> Happening:
    event, known = given[0], _known(line.client, given[0].guild_id, given[0].channel_id)
    if name == "raw_message_delete":
        ids, cached = [event.message_id], [event.cached_message]
    else:
        ids, cached = sorted(event.message_ids), event.cached_messages
    authors = {message.id: message.author.id for message in cached if message is not None}
    return Happening(line, at, name, given, known, ended=tuple((i, authors.get(i)) for i in ids))


def _thread_deleted(line: Line, at: datetime, name: str, given: tuple[Any, ...]) -> Happening:
    event = given[0]
    there = [each for each in line.client.cached_messages if each.channel.id == event.thread_id]
    ended = tuple((message.id, message.author.id) for message in there)
    place = Place(event.guild_id, event.parent_id, event.thread_id)
    return Happening(line, at, name, given, place, ended=ended)


PLACED: Mapping[str, Callable[[Line, datetime, str, tuple[Any, ...]], Happening]] = {
    "message": _said,
    "raw_message_edit": _edited,
    "raw_message_delete": _deleted,
    "raw_bulk_message_delete": _deleted,
    "raw_thread_delete": _thread_deleted,
    "raw_reaction_add": _about,
    "raw_reaction_remove": _about,
}


def _known(client: discord.Client, guild: int | None, channel: int) -> Place | None:
    """Return the place of a channel, as far as discord.py knows it."""
    if guild is None:
        return Place(None, channel)
    here = client.get_guild(guild)
    return place_of(here.get_channel_or_thread(channel)) if here else None
