"""How Discord tells of messages, their files and whole guilds: all that needs the world."""

from typing import TYPE_CHECKING

from tests.support.discord import payloads, permissions
from tests.support.discord.model import HAS_THREAD, Attachment, Guild, Json, Message

if TYPE_CHECKING:
    from tests.support.discord.world import World

CDN = "https://cdn.discordapp.com"
ATTACHMENT_LIVES = 24 * 3600
"""Seconds that a link to an attachment works; a new one comes with each look at the message."""


def attachment(world: "World", which: Attachment) -> Json:
    """Return a file of a message, with a link that works for a day."""
    expires = int(world.now().timestamp()) + ATTACHMENT_LIVES
    path = f"/attachments/{which.channel}/{which.id}/{which.filename}"
    link = f"{CDN}{path}?ex={expires:x}&is={expires - ATTACHMENT_LIVES:x}&hm={which.id:x}&"
    shown: Json = {
        "id": str(which.id),
        "filename": which.filename,
        "size": len(which.data),
        "url": link,
        "proxy_url": link.replace("cdn.discordapp.com", "media.discordapp.net"),
        "content_type": which.content_type,
    }
    return shown | ({"description": which.description} if which.description else {})


def message(world: "World", which: Message, *, reads: bool, nested: bool = False) -> Json:
    """Return a message; without `reads` the content of others' is left out (see rules.py)."""
    full = world.may_read(which, reads=reads)
    shown: Json = {
        "id": str(which.id),
        "channel_id": str(which.channel.id),
        "type": which.kind,
        "author": payloads.user(which.author),
        "content": which.content if full else "",
        "embeds": which.embeds if full else [],
        "components": which.components if full else [],
        "attachments": [attachment(world, each) for each in which.attachments] if full else [],
        "mentions": [payloads.user(each) for each in which.mentions],
        "mention_roles": [str(each) for each in which.mention_roles],
        "mention_everyone": which.mention_everyone,
        "pinned": which.pinned_at is not None,
        "tts": False,
        "timestamp": payloads.when(which.at),
        "edited_timestamp": payloads.when(which.edited_at) if which.edited_at else None,
        "flags": which.flags | (HAS_THREAD if which.thread else 0),
    }
    shown |= _extras(world, which)
    if which.reply_to is not None:
        shown |= _reference(world, which, reads=reads, nested=nested)
    return shown


def _extras(world: "World", which: Message) -> Json:
    """Return the keys that a message has only when there is something in them."""
    shown: Json = {}
    if which.reactions:
        shown["reactions"] = [
            {
                "emoji": payloads.emoji(name),
                "count": len(people),
                "count_details": {"burst": 0, "normal": len(people)},
                "burst_colors": [],
                "me_burst": False,
                "me": world.bot.id in people,
            }
            for name, people in which.reactions.items()
        ]
    if which.nonce is not None:
        shown["nonce"] = which.nonce
    if which.application is not None:
        shown["application_id"] = str(which.application)
        shown["webhook_id"] = str(which.application)
    if which.interaction is not None:
        shown["interaction_metadata"] = which.interaction
    if which.thread and not which.thread.deleted:
        shown["thread"] = payloads.channel(which.thread, world.bot)
    return shown


def _reference(world: "World", which: Message, *, reads: bool, nested: bool) -> Json:
    """Return what a message answers; the answered message itself only one level deep."""
    where = which.reply_channel or which.channel.id
    reference: Json = {"type": 0, "channel_id": str(where), "message_id": str(which.reply_to)}
    if which.channel.guild_id:
        reference["guild_id"] = str(which.channel.guild_id)
    shown: Json = {"message_reference": reference}
    if not nested:
        other = world.channels[where].messages.get(which.reply_to or 0)
        shown["referenced_message"] = (
            message(world, other, reads=reads, nested=True) if other else None
        )
    return shown


def event(world: "World", which: Message, *, reads: bool) -> Json:
    """Return a message as the gateway tells it: with its guild and its author's place there."""
    shown = message(world, which, reads=reads)
    guild_ = which.channel.guild
    if guild_:
        shown["guild_id"] = str(guild_.id)
        if which.author.id in guild_.members and which.application is None:
            shown["member"] = payloads.member(guild_.members[which.author.id], with_user=False)
    return shown | {"channel_type": which.channel.kind}


def whole_guild(world: "World", which: Guild) -> Json:
    """Return a guild as GUILD_CREATE tells it: with channels, threads and at least the bot."""
    places = [each for each in world.channels.values() if each.guild is which and not each.deleted]
    threads = [each for each in places if each.is_thread and not each.state().archived]
    seen = [each for each in threads if permissions.sees(each, world.bot)]
    return payloads.guild(which) | {
        "joined_at": payloads.when(which.members[world.bot.id].joined_at),
        "large": False,
        "member_count": len(which.members),
        "members": [payloads.member(which.members[world.bot.id])],
        "channels": [payloads.channel(each) for each in places if not each.is_thread],
        "threads": [payloads.channel(each, world.bot) for each in seen],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }
