"""Channels: looked at, changed, deleted, typed in; direct conversations are not deleted."""

from tests.support.discord import payloads, permissions, threads
from tests.support.discord.model import DM
from tests.support.discord.rest.call import Call, Reply, route


@route("GET", "/channels/{channel_id}")
def channel(call: Call) -> Reply:
    found = call.channel()
    permissions.need(found, call.world.bot, 0)
    return payloads.channel(found, call.world.bot)


@route("PATCH", "/channels/{channel_id}")
def change(call: Call) -> Reply:
    found, bot = call.channel(), call.world.bot
    if found.is_thread:
        threads.change(call.world, found, bot, call.body)
    else:
        permissions.need(found, bot, permissions.MANAGE_CHANNELS)
        found.name = call.body.get("name", found.name)
        found.topic = call.body.get("topic", found.topic)
        call.world.updated(found)
    return payloads.channel(found, bot)


@route("DELETE", "/channels/{channel_id}")
def delete(call: Call) -> Reply:
    found, bot = call.channel(), call.world.bot
    if found.kind != DM:
        bit = permissions.MANAGE_THREADS if found.is_thread else permissions.MANAGE_CHANNELS
        permissions.need(found, bot, bit)
        call.world.remove(found)
    return payloads.channel(found, bot)


@route("POST", "/channels/{channel_id}/typing")
def typing(call: Call) -> Reply:
    permissions.need_to_send(call.channel(), call.world.bot)
