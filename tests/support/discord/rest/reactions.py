"""Reactions."""

from tests.support.discord import payloads, permissions, reacting
from tests.support.discord.rest.call import Call, Reply, route

OWN = "/channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}"


@route("PUT", f"{OWN}/@me")
def add(call: Call) -> Reply:
    reacting.react(call.world, call.message(), call.world.bot, call.path["emoji_name"])


@route("DELETE", f"{OWN}/@me")
def remove(call: Call) -> Reply:
    reacting.unreact(call.world, call.message(), call.world.bot, call.path["emoji_name"])


@route("DELETE", f"{OWN}/{{user_id}}")
def remove_others(call: Call) -> Reply:
    message = call.message()
    permissions.need(message.channel, call.world.bot, permissions.MANAGE_MESSAGES)
    person = call.world.users[call.id("user_id")]
    reacting.unreact(call.world, message, person, call.path["emoji_name"])


@route("GET", OWN)
def who(call: Call) -> Reply:
    """Give the people who reacted, by id."""
    message = call.message()
    permissions.need(message.channel, call.world.bot, permissions.READ_HISTORY)
    after = call.number("after", 0)
    people = sorted(message.reactions.get(call.path["emoji_name"], []))
    page = [each for each in people if each > after][: call.number("limit", 25)]
    return [payloads.user(call.world.users[each]) for each in page]
