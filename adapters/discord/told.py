"""Interactions as events of the core: pure functions over what Discord sends with them."""

import discord

from adapters.discord.markup import PLATFORM
from adapters.discord.places import AnswerPlace
from adapters.discord.translate import Place, Scene, as_it_reads, place_of
from bot.conversation.model import Event, Kind
from bot.conversation.plain import tame_name

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def command(
    interaction: discord.Interaction,
    name: str,
    given: tuple[tuple[str, str], ...] = (),
    subject: Event | None = None,
) -> Event:
    """Return the command that an interaction gives; a button's post is what it replies to."""
    place = _place(interaction)
    on = interaction.message
    about = on.id if on is not None and not on.flags.ephemeral else None
    return Event(
        id=str(interaction.id),
        at=interaction.created_at,
        platform=PLATFORM,
        room=place.room,
        kind=Kind.COMMAND,
        author=str(interaction.user.id),
        name=tame_name(interaction.user.display_name),
        text=name,
        given=given,
        thread=None if place.thread is None else str(place.thread),
        reply_to=None if about is None else place.id_of(about),
        direct=place.guild is None,
        subject=subject,
        answer_at=str(AnswerPlace(interaction.user.id, interaction.id, interaction.token)),
    )


def _place(interaction: discord.Interaction) -> Place:
    found = place_of(interaction.channel)
    return found or Place(interaction.guild_id, interaction.channel_id or 0)


def subject(interaction: discord.Interaction, message: discord.Message) -> Event:
    """Return the message of a menu; its words come with it, whatever else the bot may read."""
    place = _place(interaction)
    me = interaction.client.user
    scene = Scene(
        me=interaction.application_id if me is None else me.id,
        name="" if me is None else me.display_name,
        reads=True,
        now=interaction.created_at,
    )
    return as_it_reads(message, place, scene) or Event(
        id=place.id_of(message.id),
        at=message.created_at,
        platform=PLATFORM,
        room=place.room,
        kind=Kind.MESSAGE,
        author=str(message.author.id),
        name=tame_name(message.author.display_name),
        thread=None if place.thread is None else str(place.thread),
        direct=place.guild is None,
        bot=True,
    )


def opening(interaction: discord.Interaction) -> str:
    """Return a short name for just this opening of a form."""
    number, made = interaction.id, ""
    while number:
        number, digit = divmod(number, len(_DIGITS))
        made = _DIGITS[digit] + made
    return made
