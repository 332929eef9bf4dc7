"""Threads: made from a message, without one, or as a forum's post; archived, locked, reopened."""

from dataclasses import dataclass

from tests.support.discord import payloads, permissions, posting, rules
from tests.support.discord.application import GUILDS
from tests.support.discord.model import (
    PRIVATE_THREAD,
    PUBLIC_THREAD,
    TEXT,
    ApiError,
    Channel,
    Draft,
    Json,
    Message,
    ThreadState,
    User,
)
from tests.support.discord.world import World

NAME = 100


@dataclass(frozen=True)
class Plan:
    """The thread that somebody wants."""

    name: str
    kind: int = PUBLIC_THREAD
    auto_archive_minutes: int = 4320
    invitable: bool = True
    tags: tuple[int, ...] = ()


def from_message(world: World, message: Message, author: User, plan: Plan) -> Channel:
    """Make the thread of a message; it has the message's id, and there is one at most."""
    permissions.need(message.channel, author, permissions.CREATE_PUBLIC_THREADS)
    if message.channel.kind != TEXT:
        raise ApiError(400, 50024, "Cannot execute action on this channel type")
    if message.thread is not None:
        raise ApiError(400, 160004, "A thread has already been created for this message")
    made = _made(world, message.channel, author, plan, message.id)
    message.thread = made
    _told(world, made)
    posting.tell_update(world, message)
    return made


def without_message(world: World, channel: Channel, author: User, plan: Plan) -> Channel:
    """Make a thread that hangs on no message."""
    private = plan.kind == PRIVATE_THREAD
    bit = permissions.CREATE_PRIVATE_THREADS if private else permissions.CREATE_PUBLIC_THREADS
    permissions.need(channel, author, bit)
    if channel.kind != TEXT:
        raise ApiError(400, 50024, "Cannot execute action on this channel type")
    made = _made(world, channel, author, plan, world.new_id())
    _told(world, made)
    return made


def forum_post(
    world: World, forum: Channel, author: User, plan: Plan, draft: Draft
) -> tuple[Channel, Message]:
    """Make a forum's post: a thread and its first message, which have the same id.

    docs, forum channels: who may send messages there may make posts.
    """
    permissions.need(forum, author, permissions.SEND_MESSAGES)
    rules.message(draft)
    known = {tag.id for tag in forum.tags}
    if not set(plan.tags) <= known:
        raise rules.invalid("applied_tags", "INVALID_TAG", "Unknown tag")
    made = _made(world, forum, author, plan, world.new_id())
    _told(world, made)
    message = posting.compose(world, made, author, draft)
    message.id = made.id
    posting.place(world, message)
    return made, message


def _made(world: World, parent: Channel, author: User, plan: Plan, own_id: int) -> Channel:
    """Make a thread with its maker in it."""
    if not 1 <= len(plan.name) <= NAME:
        raise rules.invalid("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    now = world.now()
    made = Channel(own_id, plan.kind, parent.guild, plan.name, parent)
    made.applied_tags = list(plan.tags)
    made.thread = ThreadState(author.id, now, now, auto_archive_minutes=plan.auto_archive_minutes)
    made.thread.invitable = plan.invitable
    made.thread.members[author.id] = now
    world.channels[made.id] = made
    return made


def _told(world: World, thread: Channel) -> None:
    """Tell of a new thread to who sees it."""
    if permissions.sees(thread, world.bot):
        data = payloads.channel(thread, world.bot) | {"newly_created": True}
        world.emit("THREAD_CREATE", data, GUILDS, thread.guild_id)


def change(world: World, thread: Channel, by: User, wish: Json) -> None:
    """Rename, archive, lock, open again; what is archived must be opened first (50083)."""
    permissions.need(thread, by, 0)
    state = thread.state()
    manages = bool(permissions.in_channel(thread, by) & permissions.MANAGE_THREADS)
    opens = wish.get("archived") is False
    if state.archived and not opens:
        raise ApiError(400, 50083, "Thread is archived")
    only_opens = opens and set(wish) == {"archived"}
    if not manages:
        if state.locked or "locked" in wish:
            raise ApiError(403, 50013, "Missing Permissions")
        if not only_opens and state.owner != by.id:
            raise ApiError(403, 50013, "Missing Permissions")
        if only_opens:
            posting.permitted(thread, by, Draft())
    if "archived" in wish and wish["archived"] != state.archived:
        state.archived, state.archived_at = wish["archived"], world.now()
    state.locked = wish.get("locked", state.locked)
    state.invitable = wish.get("invitable", state.invitable)
    state.auto_archive_minutes = wish.get("auto_archive_duration", state.auto_archive_minutes)
    thread.name = wish.get("name") or thread.name
    thread.slow_mode = wish.get("rate_limit_per_user", thread.slow_mode)
    thread.applied_tags = [int(tag) for tag in wish.get("applied_tags", thread.applied_tags)]
    world.updated(thread)


def archived(world: World, parent: Channel, kind: int) -> list[Channel]:
    """Return the archived threads of a channel, the last archived first."""
    found = [
        each
        for each in world.channels.values()
        if each.parent is parent and each.kind == kind and not each.deleted
    ]
    closed = [each for each in found if each.state().archived]
    return sorted(closed, key=lambda each: (each.state().archived_at, each.id), reverse=True)


def listed(world: World, threads: list[Channel], *, more: bool = False) -> Json:
    """Return a page of threads, with the bot's place in those it is in."""
    shown = [each for each in threads if permissions.sees(each, world.bot)]
    own = world.bot.id
    return {
        "threads": [payloads.channel(each, world.bot) for each in shown],
        "members": [
            payloads.thread_member(each, own) for each in shown if own in each.state().members
        ],
        "has_more": more,
    }


def leave(world: World, thread: Channel, person: int) -> None:
    """Let somebody out of a thread, and tell it."""
    state = thread.state()
    if state.members.pop(person, None) is None:
        return
    data = {
        "id": str(thread.id),
        "guild_id": str(thread.guild_id),
        "member_count": len(state.members),
        "removed_member_ids": [str(person)],
    }
    intents = 1 if person == world.bot.id else 2
    world.emit("THREAD_MEMBERS_UPDATE", data, intents, thread.guild_id)
