"""What a member may do where: Discord's bits and how they add up."""

from tests.support.discord.model import DM, ApiError, Channel, Guild, User

CREATE_INVITE = 1 << 0
ADMINISTRATOR = 1 << 3
MANAGE_CHANNELS = 1 << 4
MANAGE_GUILD = 1 << 5
ADD_REACTIONS = 1 << 6
VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
MANAGE_MESSAGES = 1 << 13
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_HISTORY = 1 << 16
MENTION_EVERYONE = 1 << 17
USE_EXTERNAL_EMOJIS = 1 << 18
MANAGE_ROLES = 1 << 28
USE_COMMANDS = 1 << 31
MANAGE_THREADS = 1 << 34
CREATE_PUBLIC_THREADS = 1 << 35
CREATE_PRIVATE_THREADS = 1 << 36
SEND_IN_THREADS = 1 << 38
SEND_POLLS = 1 << 49
PIN_MESSAGES = 1 << 51
ALL = (1 << 53) - 1

EVERYONE = (
    CREATE_INVITE
    | ADD_REACTIONS
    | VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_HISTORY
    | USE_EXTERNAL_EMOJIS
    | USE_COMMANDS
    | CREATE_PUBLIC_THREADS
    | CREATE_PRIVATE_THREADS
    | SEND_IN_THREADS
)
"""What @everyone may do in a new guild, as far as a bot notices."""

INVITED = (
    VIEW_CHANNEL
    | SEND_MESSAGES
    | SEND_IN_THREADS
    | CREATE_PUBLIC_THREADS
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_HISTORY
)
"""What the bot's invitation asks for; no administrator, no managing."""

IN_DIRECT = ADD_REACTIONS | VIEW_CHANNEL | SEND_MESSAGES | EMBED_LINKS | ATTACH_FILES | READ_HISTORY


def in_guild(guild: Guild, user: User) -> int:
    """Return what a member may do in the guild; nothing for others."""
    member = guild.members.get(user.id)
    if member is None:
        return 0
    if guild.owner is user:
        return ALL
    base = guild.roles[guild.id].permissions
    for role in member.roles:
        base |= guild.roles[role].permissions
    return ALL if base & ADMINISTRATOR else base


def in_channel(channel: Channel, user: User) -> int:
    """Return what somebody may do in a channel; a thread follows its parent's overwrites."""
    if channel.kind == DM:
        return IN_DIRECT if user in channel.recipients else 0
    assert channel.guild is not None
    granted = in_guild(channel.guild, user)
    if granted == ALL or not granted:
        return granted
    granted = _overwritten(channel.parent or channel, user, granted)
    if not granted & VIEW_CHANNEL:
        return 0
    if not granted & SEND_MESSAGES and not channel.is_thread:
        granted &= ~(MENTION_EVERYONE | EMBED_LINKS | ATTACH_FILES)
    return granted


def _overwritten(channel: Channel, user: User, granted: int) -> int:
    """Return permissions after the channel's overwrites: everyone, then roles, then the member."""
    guild = channel.guild
    assert guild is not None
    if everyone := channel.overwrites.get(guild.id):
        granted = granted & ~everyone.deny | everyone.allow
    roles = [channel.overwrites[r] for r in guild.members[user.id].roles if r in channel.overwrites]
    for each in roles:
        granted &= ~each.deny
    for each in roles:
        granted |= each.allow
    if own := channel.overwrites.get(user.id):
        granted = granted & ~own.deny | own.allow
    return granted


def sees(channel: Channel, user: User) -> bool:
    """Return whether somebody sees a channel; a private thread shows to its members only."""
    granted = in_channel(channel, user)
    if not granted & VIEW_CHANNEL:
        return False
    if channel.kind == 12:
        return user.id in channel.state().members or bool(granted & MANAGE_THREADS)
    return True


def need(channel: Channel, user: User, bits: int) -> None:
    """Refuse whom the channel is hidden from (50001) and who may not do that there (50013)."""
    if not sees(channel, user):
        raise ApiError(403, 50001, "Missing Access")
    if in_channel(channel, user) & bits != bits:
        raise ApiError(403, 50013, "Missing Permissions")


def need_to_send(channel: Channel, user: User) -> None:
    """Refuse who may not write there; threads have a permission of their own."""
    need(channel, user, SEND_IN_THREADS if channel.is_thread else SEND_MESSAGES)
