"""Reacting to messages, as Discord lets somebody do it."""

from tests.support.discord import payloads, permissions
from tests.support.discord.application import DIRECT_REACTIONS, GUILD_REACTIONS
from tests.support.discord.model import ApiError, Channel, Json, Message, User
from tests.support.discord.world import World


def react(world: World, message: Message, person: User, emoji: str) -> None:
    """Add somebody's reaction; a new emoji needs a permission, a known one only history."""
    channel = message.channel
    bits = permissions.READ_HISTORY
    if emoji not in message.reactions:
        bits |= permissions.ADD_REACTIONS
    permissions.need(channel, person, bits)
    _awake(channel)
    people = message.reactions.setdefault(emoji, [])
    if person.id not in people:
        people.append(person.id)
        _tell_reaction(world, "MESSAGE_REACTION_ADD", message, person, emoji)


def unreact(world: World, message: Message, person: User, emoji: str) -> None:
    """Take somebody's reaction away."""
    _awake(message.channel)
    people = message.reactions.get(emoji, [])
    if person.id not in people:
        raise ApiError(404, 10014, "Unknown Emoji")
    people.remove(person.id)
    if not people:
        del message.reactions[emoji]
    _tell_reaction(world, "MESSAGE_REACTION_REMOVE", message, person, emoji)


def _awake(channel: Channel) -> None:
    """Refuse to react in an archived thread."""
    if channel.is_thread and channel.state().archived:
        raise ApiError(400, 50083, "Thread is archived")


def _tell_reaction(world: World, kind: str, message: Message, person: User, emoji: str) -> None:
    """Tell of a reaction, if the bot sees the channel."""
    if not permissions.sees(message.channel, world.bot):
        world.changed()
        return
    guild = message.channel.guild
    data: Json = {
        "user_id": str(person.id),
        "channel_id": str(message.channel.id),
        "message_id": str(message.id),
        "emoji": payloads.emoji(emoji),
        "burst": False,
        "type": 0,
    }
    if guild:
        data["guild_id"] = str(guild.id)
    if kind == "MESSAGE_REACTION_ADD":
        data["message_author_id"] = str(message.author.id)
        if guild and person.id in guild.members:
            data["member"] = payloads.member(guild.members[person.id])
    intents = DIRECT_REACTIONS if guild is None else GUILD_REACTIONS
    world.emit(kind, data, intents, message.channel.guild_id)
