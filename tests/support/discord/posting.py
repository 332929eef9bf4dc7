"""Posting, editing, deleting and reacting, as Discord lets somebody do it."""

import re
from datetime import timedelta

from tests.support.discord import payloads, permissions, rules, telling
from tests.support.discord.application import DIRECT_MESSAGES, GUILD_MESSAGES
from tests.support.discord.model import (
    DM,
    FORUM,
    ApiError,
    Channel,
    Draft,
    Json,
    Message,
    Pings,
    User,
    Version,
    everything,
    without_nulls,
)
from tests.support.discord.world import World

MENTION = re.compile(r"<@!?(\d+)>")
ROLE_MENTION = re.compile(r"<@&(\d+)>")


def post(world: World, channel: Channel, author: User, draft: Draft) -> Message:
    """Let somebody post, and tell it; a nonce seen lately brings the earlier message back."""
    permitted(channel, author, draft)
    if channel.kind == DM:
        _acquainted(world, channel)
    rules.message(draft)
    if earlier := _remembered(world, channel, author, draft):
        return earlier
    if draft.reply_to is not None and draft.reply_to not in channel.messages:
        if draft.reply_must_exist:
            raise rules.invalid("message_reference", "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
        draft.reply_to = None
    if channel.is_thread:
        wake(world, channel)
    made = compose(world, channel, author, draft)
    if made.nonce is not None:
        world.nonces[channel.id, author.id, str(made.nonce)] = (made, world.now())
    place(world, made)
    return made


def permitted(channel: Channel, author: User, draft: Draft) -> None:
    """Refuse who may not post that there."""
    if channel.kind == DM:
        for each in channel.recipients:
            if each is not author and not each.takes_direct_messages:
                raise ApiError(403, 50007, "Cannot send messages to this user")
    permissions.need_to_send(channel, author)
    if channel.kind == FORUM:
        raise ApiError(400, 50008, "Cannot send messages in a non-text channel")
    if draft.attachments:
        permissions.need(channel, author, permissions.ATTACH_FILES)
    if draft.reply_to is not None and not (
        permissions.in_channel(channel, author) & permissions.READ_HISTORY
    ):
        raise ApiError(403, 160002, "Cannot reply without permission to read message history")
    if channel.is_thread and channel.state().locked and not _manages(channel, author):
        if channel.state().archived:
            raise ApiError(403, 50083, "Thread is archived")
        raise ApiError(403, 160005, "Thread is locked")


def _acquainted(world: World, channel: Channel) -> None:
    """Refuse direct messages between those who share no guild (docs, code 50278)."""
    people = {each.id for each in channel.recipients}
    if not any(people <= set(guild.members) for guild in world.guilds.values()):
        text = "Cannot send messages to this user due to having no mutual guilds"
        raise ApiError(403, 50278, text)


def _manages(channel: Channel, author: User) -> bool:
    """Return whether somebody may manage threads here."""
    return bool(permissions.in_channel(channel, author) & permissions.MANAGE_THREADS)


def _remembered(world: World, channel: Channel, author: User, draft: Draft) -> Message | None:
    """Return the message that had this nonce lately; refuse if it was deleted."""
    found = world.nonces.get((channel.id, author.id, str(draft.nonce)))
    if found is None or not draft.enforce_nonce:
        return None
    message, at = found
    if world.now() - at > timedelta(seconds=rules.NONCE_SECONDS):
        return None
    if message.deleted:
        raise ApiError(404, 10008, "Unknown Message")
    return message


def compose(world: World, channel: Channel, author: User, draft: Draft) -> Message:
    """Return a message that nobody was told of yet."""
    made = Message(world.new_id(), channel, author, world.now())
    made.kind = 19 if draft.reply_to is not None and not draft.kind else draft.kind
    made.flags, made.nonce = draft.flags, draft.nonce
    made.reply_to = draft.reply_to
    made.application, made.interaction = draft.application, draft.interaction
    made.seen_by = draft.seen_by
    fill(world, made, draft)
    _ring(made, draft, author, world)
    return made


def fill(world: World, message: Message, draft: Draft) -> None:
    """Give a message its content, embeds, components and files."""
    message.content = draft.content
    message.embeds = [{"type": "rich"} | embed for embed in draft.embeds]
    message.components = _numbered(draft.components)
    message.attachments = draft.attachments
    for each in draft.attachments:
        world.attachments[each.id] = each


def _numbered(components: list[Json]) -> list[Json]:
    """Return components without empty keys, each with a number, as Discord gives them back."""
    kept = [without_nulls(each) for each in components]
    every = everything(kept)
    taken = {each["id"] for each in every if each.get("id")}
    free = (number for number in range(1, 1000) if number not in taken)
    for each in every:
        each["id"] = each.get("id") or next(free)
        if each["type"] in (3, 5, 6, 7, 8):
            each.setdefault("min_values", 1)
            each.setdefault("max_values", 1)
    return kept


def _ring(message: Message, draft: Draft, author: User, world: World) -> None:
    """Note who is mentioned and who is pinged; a client shows and rings the same ones."""
    asked = draft.allowed_mentions
    parse = {"users", "roles", "everyone"} if asked is None else set(asked.get("parse") or [])
    only = {} if asked is None else asked
    granted = permissions.in_channel(message.channel, author)
    users = _named(MENTION, message.content, "users" in parse, only.get("users"))
    answered = message.channel.messages.get(message.reply_to or 0)
    if answered and (asked is None or asked.get("replied_user")):
        users.append(answered.author.id)
    message.mentions = [world.users[each] for each in dict.fromkeys(users) if each in world.users]
    guild = message.channel.guild
    if guild is None:
        message.rang = Pings(frozenset(each.id for each in message.mentions))
        return
    roles = _named(ROLE_MENTION, message.content, "roles" in parse, only.get("roles"))
    may_all = bool(granted & permissions.MENTION_EVERYONE)
    message.mention_roles = [each for each in dict.fromkeys(roles) if each in guild.roles]
    words = "@everyone" in message.content or "@here" in message.content
    message.mention_everyone = words and "everyone" in parse and may_all
    message.rang = Pings(
        frozenset(each.id for each in message.mentions if _reached(message.channel, each)),
        frozenset(r for r in message.mention_roles if may_all or guild.roles[r].mentionable),
        message.mention_everyone,
    )


def _named(pattern: re.Pattern[str], text: str, every: bool, only: list[str] | None) -> list[int]:
    """Return the ids that a text mentions, as far as that is allowed."""
    found = [int(each) for each in pattern.findall(text)]
    wanted = {int(each) for each in only or []}
    return [each for each in found if every or each in wanted]


def _reached(channel: Channel, user: User) -> bool:
    """Return whether a mention rings: only who sees the channel, or a thread's parent, hears it."""
    return permissions.sees(channel.parent or channel, user)


def place(world: World, message: Message) -> None:
    """Put a message into its channel and tell of it."""
    channel = message.channel
    channel.messages[message.id] = message
    channel.last_message = message.id
    if channel.is_thread:
        state = channel.state()
        state.total_sent += 1
        joining = [message.author.id, *message.rang.users]
        for person in joining:
            add_to_thread(world, channel, person)
    tell(world, message, "MESSAGE_CREATE")


def tell(world: World, message: Message, kind: str, data: Json | None = None) -> None:
    """Tell of a message, or of `data` about it, if the bot sees the channel."""
    channel = message.channel
    if not permissions.sees(channel, world.bot):
        world.changed()
        return
    build = data or (lambda reads: telling.event(world, message, reads=reads))
    world.emit(kind, build, heard(channel), channel.guild_id)


def heard(channel: Channel) -> int:
    """Return the intent under which messages of a channel are told."""
    return DIRECT_MESSAGES if channel.guild is None else GUILD_MESSAGES


def wake(world: World, thread: Channel) -> None:
    """Unarchive a thread that somebody writes in."""
    if thread.state().archived:
        thread.state().archived = False
        thread.state().archived_at = world.now()
        world.updated(thread)


def add_to_thread(world: World, thread: Channel, person: int) -> None:
    """Let somebody into a thread, and tell it."""
    state = thread.state()
    if person in state.members:
        return
    state.members[person] = world.now()
    if person == world.bot.id and thread.kind == 12:
        world.emit("THREAD_CREATE", payloads.channel(thread, world.bot), 1, thread.guild_id)
    data = {
        "id": str(thread.id),
        "guild_id": str(thread.guild_id),
        "member_count": len(state.members),
        "added_members": [payloads.thread_member(thread, person)],
    }
    intents = 1 if person == world.bot.id else 2
    world.emit("THREAD_MEMBERS_UPDATE", data, intents, thread.guild_id)


def edit(world: World, message: Message, draft: Draft) -> None:
    """Give a message new content, and tell it; an edit rings for nobody."""
    if message.channel.is_thread and message.channel.state().archived:
        raise ApiError(400, 50083, "Thread is archived")
    rules.message(draft)
    old = Version(message.content, message.embeds, message.components, world.now())
    message.versions.append(old)
    fill(world, message, draft)
    message.flags = draft.flags
    message.edited_at = world.now()
    tell_update(world, message)


def tell_update(world: World, message: Message) -> None:
    """Tell that a message reads differently now; what one person sees is told to nobody else."""
    if message.ephemeral:
        world.changed()
        return
    tell(world, message, "MESSAGE_UPDATE")


def delete(world: World, *messages: Message) -> None:
    """Delete messages of one channel, and tell it: several at once in one event."""
    channel = messages[0].channel
    for each in messages:
        each.deleted = True
        channel.messages.pop(each.id, None)
    data: Json = {"channel_id": str(channel.id)}
    if channel.guild_id:
        data["guild_id"] = str(channel.guild_id)
    ids = [str(each.id) for each in messages]
    if messages[0].ephemeral:
        world.changed()
    elif len(ids) == 1:
        tell(world, messages[0], "MESSAGE_DELETE", data | {"id": ids[0]})
    else:
        tell(world, messages[0], "MESSAGE_DELETE_BULK", data | {"ids": ids})
