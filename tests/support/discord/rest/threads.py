"""Threads over HTTP; who is in them, and lists of the archived ones."""

from datetime import datetime

from tests.support.discord import payloads, permissions, posting, telling, threads
from tests.support.discord.application import MEMBERS, MESSAGE_CONTENT
from tests.support.discord.model import FORUM, PRIVATE_THREAD, PUBLIC_THREAD, ApiError, Channel
from tests.support.discord.rest.call import Call, Reply, route


def _plan(call: Call, kind: int) -> threads.Plan:
    asked = call.body
    return threads.Plan(
        asked["name"],
        kind,
        asked.get("auto_archive_duration") or 4320,
        asked.get("invitable", True),
        tuple(int(tag) for tag in asked.get("applied_tags") or []),
    )


@route("POST", "/channels/{channel_id}/messages/{message_id}/threads")
def from_message(call: Call) -> Reply:
    call.status = 201
    plan = _plan(call, PUBLIC_THREAD)
    made = threads.from_message(call.world, call.message(), call.world.bot, plan)
    return payloads.channel(made, call.world.bot)


@route("POST", "/channels/{channel_id}/threads")
def create(call: Call) -> Reply:
    call.status = 201
    parent, bot = call.channel(), call.world.bot
    if parent.kind != FORUM:
        plan = _plan(call, call.body.get("type") or PRIVATE_THREAD)
        return payloads.channel(threads.without_message(call.world, parent, bot, plan), bot)
    draft = call.draft(call.body["message"], parent)
    plan = _plan(call, PUBLIC_THREAD)
    made, message = threads.forum_post(call.world, parent, bot, plan, draft)
    reads = bool(call.world.application.intents & MESSAGE_CONTENT)
    first = telling.message(call.world, message, reads=reads)
    return payloads.channel(made, bot) | {"message": first}


def _archived(call: Call, kind: int) -> Reply:
    parent, bot = call.channel(), call.world.bot
    permissions.need(parent, bot, permissions.READ_HISTORY)
    found = threads.archived(call.world, parent, kind)
    if kind == PRIVATE_THREAD and "@me" in call.template:
        found = [each for each in found if bot.id in each.state().members]
    elif kind == PRIVATE_THREAD:
        permissions.need(parent, bot, permissions.MANAGE_THREADS)
    if before := call.query.get("before"):
        found = _before(found, before)
    limit = call.number("limit", 50)
    return threads.listed(call.world, found[:limit], more=len(found) > limit)


def _before(found: list[Channel], before: str) -> list[Channel]:
    """Return the threads archived before a moment, or with a smaller id than the one given."""
    if before.isdigit():
        return [each for each in found if each.id < int(before)]
    moment = datetime.fromisoformat(before.replace(" ", "+"))
    return [each for each in found if each.state().archived_at < moment]


@route("GET", "/channels/{channel_id}/threads/archived/public")
def public_archive(call: Call) -> Reply:
    return _archived(call, PUBLIC_THREAD)


@route("GET", "/channels/{channel_id}/threads/archived/private")
@route("GET", "/channels/{channel_id}/users/@me/threads/archived/private")
def private_archive(call: Call) -> Reply:
    return _archived(call, PRIVATE_THREAD)


@route("GET", "/channels/{channel_id}/thread-members")
def members(call: Call) -> Reply:
    """Docs, list thread members: only with the members intent switched on."""
    thread = call.channel()
    permissions.need(thread, call.world.bot, 0)
    if not call.world.application.intents & MEMBERS:
        raise ApiError(403, 50001, "Missing Access")
    return [payloads.thread_member(thread, each) for each in thread.state().members]


@route("GET", "/channels/{channel_id}/thread-members/{user_id}")
def member(call: Call) -> Reply:
    thread = call.channel()
    permissions.need(thread, call.world.bot, 0)
    person = call.world.bot.id if call.path["user_id"] == "@me" else call.id("user_id")
    if person not in thread.state().members:
        raise ApiError(404, 10007, "Unknown Member")
    return payloads.thread_member(thread, person)


@route("PUT", "/channels/{channel_id}/thread-members/@me")
def join(call: Call) -> Reply:
    _open(call)
    posting.add_to_thread(call.world, call.channel(), call.world.bot.id)


@route("PUT", "/channels/{channel_id}/thread-members/{user_id}")
def add(call: Call) -> Reply:
    thread = _open(call)
    permissions.need(thread, call.world.bot, permissions.SEND_IN_THREADS)
    person = call.id("user_id")
    if thread.guild is None or person not in thread.guild.members:
        raise ApiError(404, 10007, "Unknown Member")
    posting.add_to_thread(call.world, thread, person)


@route("DELETE", "/channels/{channel_id}/thread-members/@me")
def leave(call: Call) -> Reply:
    threads.leave(call.world, _open(call), call.world.bot.id)


@route("DELETE", "/channels/{channel_id}/thread-members/{user_id}")
def remove(call: Call) -> Reply:
    thread, bot = _open(call), call.world.bot
    if thread.kind != PRIVATE_THREAD or thread.state().owner != bot.id:
        permissions.need(thread, bot, permissions.MANAGE_THREADS)
    threads.leave(call.world, thread, call.id("user_id"))


def _open(call: Call) -> Channel:
    """Return the thread, or refuse: who is in an archived one does not change (50083)."""
    thread = call.channel()
    permissions.need(thread, call.world.bot, 0)
    if thread.state().archived:
        raise ApiError(400, 50083, "Thread is archived")
    return thread
