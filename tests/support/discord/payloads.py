"""How Discord shows what it knows: JSON by its own description, ids as strings."""

from datetime import datetime

from tests.support.discord.model import (
    DM,
    FORUM,
    PRIVATE_THREAD,
    Channel,
    Guild,
    Json,
    Member,
    Role,
    User,
)


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
        "system_channel_id": str(which.system_channel) if which.system_channel else None,
    }


def emoji(name: str) -> Json:
    """Return a reaction's emoji: a character, or `name:id` for a guild's own."""
    plain, _, own = name.partition(":")
    return {"id": own or None, "name": plain}
