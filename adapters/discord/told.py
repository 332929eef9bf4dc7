"""Interactions as events of the core: pure functions over what Discord sends with them."""

import discord

from adapters.discord import places
from adapters.discord.markup import PLATFORM
from adapters.discord.places import AnswerPlace
from bot.conversation.model import Event, Kind

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def command(
    interaction: discord.Interaction,
    name: str,
    given: tuple[tuple[str, str], ...] = (),
    subject: Event | None = None,
) -> Event:
    """Return the command that an interaction gives; a button's post is what it replies to."""
    room, thread = _where(interaction)
    on = interaction.message
    about = on.id if on is not None and not on.flags.ephemeral else None
    inside = int(thread) if thread is not None else None
    return Event(
        id=str(interaction.id),
        at=interaction.created_at,
        platform=PLATFORM,
        room=room,
        kind=Kind.COMMAND,
        author=str(interaction.user.id),
        name=interaction.user.display_name,
        text=name,
        given=given,
        thread=thread,
        reply_to=places.message_id(about, inside) if about is not None else None,
        direct=interaction.guild_id is None,
        subject=subject,
        answer_at=str(AnswerPlace(interaction.user.id, interaction.id, interaction.token)),
    )


def _where(interaction: discord.Interaction) -> tuple[str, str | None]:
    """Return the room in which it was given, and the thread where it was one."""
    channel, number = interaction.channel, interaction.channel_id or 0
    if isinstance(channel, discord.Thread):
        return places.room(interaction.guild_id, channel.parent_id).id, str(channel.id)
    return places.room(interaction.guild_id, number).id, None


def subject(message: discord.Message) -> Event:
    """Return the message of a menu; its words come with it, whatever else the bot may read."""
    guild = message.guild.id if message.guild else None
    channel = message.channel
    inside = channel.id if isinstance(channel, discord.Thread) else None
    parent = channel.parent_id if isinstance(channel, discord.Thread) else channel.id
    return Event(
        id=places.message_id(message.id, None if message.id == inside else inside),
        at=message.created_at,
        platform=PLATFORM,
        room=places.room(guild, parent).id,
        kind=Kind.MESSAGE,
        author=str(message.author.id),
        name=message.author.display_name,
        text=message.content,
        thread=str(inside) if inside is not None else None,
        direct=guild is None,
        bot=message.author.bot,
        edited_at=message.edited_at,
    )


def opening(interaction: discord.Interaction) -> str:
    """Return a short name for just this opening of a form."""
    number, made = interaction.id, ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        made = _DIGITS[digit] + made
    return made
