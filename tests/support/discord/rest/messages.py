"""Messages: read in pages, posted, edited, deleted, pinned."""

from tests.support.discord import payloads, permissions, posting, telling
from tests.support.discord.application import MESSAGE_CONTENT
from tests.support.discord.model import DM, ApiError, Json, Message
from tests.support.discord.rest.call import Call, Reply, route


def _shown(call: Call, message: Message) -> Json:
    reads = bool(call.world.application.intents & MESSAGE_CONTENT)
    return telling.message(call.world, message, reads=reads)


def _need_history(call: Call) -> bool:
    """Refuse whom the channel is hidden from; say whether the history may be read."""
    found, bot = call.channel(), call.world.bot
    permissions.need(found, bot, 0)
    return bool(permissions.in_channel(found, bot) & permissions.READ_HISTORY)


@route("GET", "/channels/{channel_id}/messages")
def history(call: Call) -> Reply:
    """Give a page, newest first; with `after` the oldest ones after it, still newest first.

    docs, get channel messages: without the right to read history the page is empty.
    seen, #7740: also with `after` newest first.
    """
    if not _need_history(call):
        return []
    every = sorted(call.channel().messages)
    limit = call.number("limit", 50)
    after, before, around = (call.moment(each) for each in ("after", "before", "around"))
    if around is not None:
        older = [each for each in every if each < around][-(limit // 2) :]
        newer = [each for each in every if each >= around][: limit - limit // 2]
        page = older + newer
    elif after is not None:
        page = [each for each in every if each > after][:limit]
    else:
        page = [each for each in every if before is None or each < before][-limit:]
    return [_shown(call, call.channel().messages[each]) for each in reversed(page)]


@route("GET", "/channels/{channel_id}/messages/{message_id}")
def one(call: Call) -> Reply:
    if not _need_history(call):
        raise ApiError(403, 50013, "Missing Permissions")
    return _shown(call, call.message())


@route("POST", "/channels/{channel_id}/messages")
def create(call: Call) -> Reply:
    found = call.channel()
    draft = call.draft(call.body, found)
    return _shown(call, posting.post(call.world, found, call.world.bot, draft))


@route("PATCH", "/channels/{channel_id}/messages/{message_id}")
def edit(call: Call) -> Reply:
    message = call.message()
    permissions.need(message.channel, call.world.bot, 0)
    if message.author is not call.world.bot:
        raise ApiError(403, 50005, "Cannot edit a message authored by another user")
    posting.edit(call.world, message, call.draft(call.body, message.channel, message))
    return _shown(call, message)


def _may_delete(call: Call, message: Message) -> None:
    """Refuse to delete what others wrote without the right to; never in direct messages."""
    permissions.need(message.channel, call.world.bot, 0)
    if message.author is call.world.bot:
        return
    if message.channel.kind == DM:
        raise ApiError(403, 50003, "Cannot execute action on a DM channel")
    permissions.need(message.channel, call.world.bot, permissions.MANAGE_MESSAGES)


@route("DELETE", "/channels/{channel_id}/messages/{message_id}")
def delete(call: Call) -> Reply:
    message = call.message()
    _may_delete(call, message)
    posting.delete(call.world, message)


@route("POST", "/channels/{channel_id}/messages/bulk-delete")
def bulk_delete(call: Call) -> Reply:
    found = call.channel()
    permissions.need(found, call.world.bot, permissions.MANAGE_MESSAGES)
    listed = [found.messages[int(e)] for e in call.body["messages"] if int(e) in found.messages]
    if listed:
        posting.delete(call.world, *listed)


@route("GET", "/channels/{channel_id}/messages/pins")
def pins(call: Call) -> Reply:
    if not _need_history(call):
        return {"items": [], "has_more": False}
    pinned = [each for each in call.channel().messages.values() if each.pinned_at]
    pinned.sort(key=lambda each: (each.pinned_at, each.id), reverse=True)
    limit = call.number("limit", 50)
    items = [
        {"pinned_at": payloads.when(each.pinned_at), "message": _shown(call, each)}
        for each in pinned[:limit]
        if each.pinned_at
    ]
    return {"items": items, "has_more": len(pinned) > limit}


@route("PUT", "/channels/{channel_id}/messages/pins/{message_id}")
@route("DELETE", "/channels/{channel_id}/messages/pins/{message_id}")
def pin(call: Call) -> Reply:
    message = call.message()
    if message.channel.kind != DM:
        permissions.need(message.channel, call.world.bot, permissions.PIN_MESSAGES)
    message.pinned_at = call.world.now() if call.method == "PUT" else None
    posting.tell_update(call.world, message)
