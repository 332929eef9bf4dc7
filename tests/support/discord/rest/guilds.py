"""Guilds, their members, roles and channels."""

from tests.support.discord import payloads, threads
from tests.support.discord.application import MEMBERS
from tests.support.discord.model import ApiError, Guild
from tests.support.discord.rest.call import Call, Reply, route


def _guild(call: Call) -> Guild:
    return call.world.guild_here(call.id("guild_id"))


@route("GET", "/guilds/{guild_id}")
def guild(call: Call) -> Reply:
    found = _guild(call)
    shown = payloads.guild(found)
    if call.query.get("with_counts", "").lower() in ("true", "1"):
        count = len(found.members)
        shown |= {"approximate_member_count": count, "approximate_presence_count": count}
    return shown


@route("GET", "/guilds/{guild_id}/channels")
def channels(call: Call) -> Reply:
    found = _guild(call)
    places = call.world.channels.values()
    return [
        payloads.channel(each)
        for each in places
        if each.guild is found and not each.is_thread and not each.deleted
    ]


@route("GET", "/guilds/{guild_id}/roles")
def roles(call: Call) -> Reply:
    return [payloads.role(each) for each in _guild(call).roles.values()]


@route("GET", "/guilds/{guild_id}/members/{user_id}")
def member(call: Call) -> Reply:
    found = _guild(call)
    if call.path["user_id"] == "@me":
        return payloads.member(found.members[call.world.bot.id])
    person = call.id("user_id")
    if person not in call.world.users:
        raise ApiError(404, 10013, "Unknown User")
    if person not in found.members:
        raise ApiError(404, 10007, "Unknown Member")
    return payloads.member(found.members[person])


@route("GET", "/guilds/{guild_id}/members")
def members(call: Call) -> Reply:
    """Docs, list guild members: only with the members intent switched on; by id, in pages."""
    found = _guild(call)
    if not call.world.application.intents & MEMBERS:
        raise ApiError(403, 50001, "Missing Access")
    after = call.number("after", 0)
    listed = sorted(each for each in found.members if each > after)
    return [payloads.member(found.members[each]) for each in listed[: call.number("limit", 1)]]


@route("GET", "/guilds/{guild_id}/members/search")
def search(call: Call) -> Reply:
    query = call.query["query"].lower()
    found = [
        each
        for each in _guild(call).members.values()
        if each.user.name.lower().startswith(query) or (each.nick or "").lower().startswith(query)
    ]
    return [payloads.member(each) for each in found[: call.number("limit", 1)]]


@route("GET", "/guilds/{guild_id}/threads/active")
def active_threads(call: Call) -> Reply:
    found = [t for t in call.world.threads(_guild(call)) if not t.state().archived]
    return threads.listed(call.world, found[::-1])
