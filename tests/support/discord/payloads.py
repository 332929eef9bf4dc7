"""How Discord shows what it knows: JSON by its own description, ids as strings."""

from datetime import datetime
from typing import TYPE_CHECKING

from tests.support.discord import permissions
from tests.support.discord.model import (
    DM,
    FORUM,
    HAS_THREAD,
    PRIVATE_THREAD,
    Attachment,
    Channel,
    Guild,
    Json,
    Member,
    Message,
    Role,
    User,
)

if TYPE_CHECKING:
    from tests.support.discord.world import World

CDN = "https://cdn.discordapp.com"
ATTACHMENT_LIVES = 24 * 3600
"""Seconds that a link to an attachment works; a new one comes with each look at the message."""


def when(moment: datetime) -> str:
    """Return a moment as Discord writes it."""
    return moment.isoformat(timespec="microseconds")


def user(who: User) -> Json:
    """Return an account."""
    shown: Json = {
        "id": str(who.id),
        "username": who.name.lower().replace(" ", "_"),
        "global_name": None if who.bot else who.name,
        "discriminator": "0000" if who.bot else "0",
        "avatar": None,
        "avatar_decoration_data": None,
        "primary_guild": None,
        "public_flags": 0,
        "flags": 0,
    }
    return shown | ({"bot": True} if who.bot else {})


def myself(who: User) -> Json:
    """Return the bot's own account."""
    own = {"mfa_enabled": False, "locale": who.locale, "email": None, "verified": True}
    return user(who) | own


def member(who: Member, *, with_user: bool = True) -> Json:
    """Return somebody in a guild; messages show it without the account."""
    shown: Json = {
        "roles": [str(role) for role in who.roles],
        "nick": who.nick,
        "avatar": None,
        "banner": None,
        "joined_at": when(who.joined_at),
        "premium_since": None,
        "communication_disabled_until": None,
        "pending": False,
        "flags": 0,
        "mute": False,
        "deaf": False,
    }
    return shown | ({"user": user(who.user)} if with_user else {})


def role(which: Role) -> Json:
    """Return a role."""
    shown: Json = {
        "id": str(which.id),
        "name": which.name,
        "permissions": str(which.permissions),
        "position": which.position,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "managed": which.bot is not None,
        "mentionable": which.mentionable,
        "icon": None,
        "unicode_emoji": None,
        "flags": 0,
    }
    return shown | ({"tags": {"bot_id": str(which.bot)}} if which.bot is not None else {})


def channel(which: Channel, viewer: User | None = None) -> Json:
    """Return a channel, a thread or a direct conversation as `viewer` gets it."""
    last = str(which.last_message) if which.last_message else None
    shown: Json = {"id": str(which.id), "type": which.kind, "flags": 0, "last_message_id": last}
    if which.kind == DM:
        others = [user(each) for each in which.recipients if each is not viewer]
        return shown | {"recipients": others}
    shown |= {
        "guild_id": str(which.guild_id),
        "name": which.name,
        "parent_id": str(which.parent.id) if which.parent else None,
        "rate_limit_per_user": which.slow_mode,
    }
    return shown | (_thread(which, viewer) if which.is_thread else _place(which))


def _place(which: Channel) -> Json:
    """Return what a channel has that a thread has not."""
    shown: Json = {
        "position": which.position,
        "topic": which.topic,
        "nsfw": False,
        "permission_overwrites": [
            {
                "id": str(each.id),
                "type": each.kind,
                "allow": str(each.allow),
                "deny": str(each.deny),
            }
            for each in which.overwrites.values()
        ],
    }
    if which.kind == FORUM:
        shown["available_tags"] = [
            {
                "id": str(tag.id),
                "name": tag.name,
                "moderated": tag.moderated,
                "emoji_id": None,
                "emoji_name": None,
            }
            for tag in which.tags
        ]
        shown |= {"default_reaction_emoji": None, "default_sort_order": None}
        shown["default_forum_layout"] = 0
    return shown


def _thread(which: Channel, viewer: User | None) -> Json:
    """Return what a thread has that a channel has not."""
    state = which.state()
    metadata: Json = {
        "archived": state.archived,
        "archive_timestamp": when(state.archived_at),
        "auto_archive_duration": state.auto_archive_minutes,
        "locked": state.locked,
        "create_timestamp": when(state.created_at),
    }
    if which.kind == PRIVATE_THREAD:
        metadata["invitable"] = state.invitable
    shown: Json = {
        "owner_id": str(state.owner),
        "thread_metadata": metadata,
        "message_count": len(which.messages),
        "member_count": min(len(state.members), 50),
        "total_message_sent": state.total_sent,
    }
    if which.parent and which.parent.kind == FORUM:
        shown["applied_tags"] = [str(tag) for tag in which.applied_tags]
    if viewer and viewer.id in state.members:
        shown["member"] = thread_member(which, viewer.id)
    return shown


def thread_member(which: Channel, person: int) -> Json:
    """Return somebody's place in a thread."""
    joined = which.state().members[person]
    return {
        "id": str(which.id),
        "user_id": str(person),
        "join_timestamp": when(joined),
        "flags": 1,
    }


def guild(which: Guild) -> Json:
    """Return a guild as a request for it shows it."""
    nothing = (
        "icon description home_header splash discovery_splash banner application_id afk_channel_id "
        "system_channel_id widget_channel_id max_presences vanity_url_code rules_channel_id "
        "safety_alerts_channel_id public_updates_channel_id incidents_data"
    )
    zero = (
        "system_channel_flags verification_level default_message_notifications mfa_level "
        "explicit_content_filter premium_tier premium_subscription_count nsfw_level"
    )
    return {
        "id": str(which.id),
        "name": which.name,
        "owner_id": str(which.owner.id),
        "preferred_locale": which.locale,
        "roles": [role(each) for each in which.roles.values()],
        "features": [],
        "emojis": [],
        "stickers": [],
        "region": "deprecated",
        "afk_timeout": 300,
        "widget_enabled": False,
        "max_members": 500_000,
        "max_stage_video_channel_users": 50,
        "max_video_channel_users": 25,
        "premium_progress_bar_enabled": False,
        "nsfw": False,
        **dict.fromkeys(nothing.split()),
        **dict.fromkeys(zero.split(), 0),
    }


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
        "author": user(which.author),
        "content": which.content if full else "",
        "embeds": which.embeds if full else [],
        "components": which.components if full else [],
        "attachments": [attachment(world, each) for each in which.attachments] if full else [],
        "mentions": [user(each) for each in which.mentions],
        "mention_roles": [str(each) for each in which.mention_roles],
        "mention_everyone": which.mention_everyone,
        "pinned": which.pinned_at is not None,
        "tts": False,
        "timestamp": when(which.at),
        "edited_timestamp": when(which.edited_at) if which.edited_at else None,
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
                "emoji": emoji(name),
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
        shown["thread"] = channel(which.thread, world.bot)
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


def emoji(name: str) -> Json:
    """Return a reaction's emoji: a character, or `name:id` for a guild's own."""
    plain, _, own = name.partition(":")
    return {"id": own or None, "name": plain}


def event(world: "World", which: Message, *, reads: bool) -> Json:
    """Return a message as the gateway tells it: with its guild and its author's place there."""
    shown = message(world, which, reads=reads)
    guild_ = which.channel.guild
    if guild_:
        shown["guild_id"] = str(guild_.id)
        if which.author.id in guild_.members and which.application is None:
            shown["member"] = member(guild_.members[which.author.id], with_user=False)
    return shown | {"channel_type": which.channel.kind}


def whole_guild(world: "World", which: Guild) -> Json:
    """Return a guild as GUILD_CREATE tells it: with channels, threads and at least the bot."""
    places = [each for each in world.channels.values() if each.guild is which and not each.deleted]
    threads = [each for each in places if each.is_thread and not each.state().archived]
    return guild(which) | {
        "joined_at": when(which.members[world.bot.id].joined_at),
        "large": False,
        "unavailable": False,
        "member_count": len(which.members),
        "members": [member(which.members[world.bot.id])],
        "channels": [channel(each) for each in places if not each.is_thread],
        "threads": [
            channel(each, world.bot) for each in threads if permissions.sees(each, world.bot)
        ],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }
