"""Who the application is, where it is, and how to reach the gateway."""

from tests.support.discord import payloads, permissions
from tests.support.discord.application import MEMBERS, MESSAGE_CONTENT, PRESENCES
from tests.support.discord.model import ApiError, Json
from tests.support.discord.rest.call import Call, Reply, route

FLAGS = {PRESENCES: 1 << 12, MEMBERS: 1 << 14, MESSAGE_CONTENT: 1 << 18}
"""docs, application flags: an intent that is switched on shows as a flag."""


@route("GET", "/users/@me")
def me(call: Call) -> Reply:
    return payloads.myself(call.world.bot)


@route("GET", "/users/{user_id}")
def user(call: Call) -> Reply:
    found = call.world.users.get(call.id("user_id"))
    if found is None:
        raise ApiError(404, 10013, "Unknown User")
    return payloads.user(found)


@route("GET", "/oauth2/applications/@me")
@route("GET", "/applications/@me")
def application(call: Call) -> Reply:
    world = call.world
    flags = sum(flag for intent, flag in FLAGS.items() if world.application.intents & intent)
    owner = payloads.user(world.operator)
    shown: Json = {
        "id": str(world.application.id),
        "name": world.application.name,
        "icon": None,
        "description": "",
        "type": None,
        "verify_key": "0" * 64,
        "flags": flags,
        "flags_new": str(flags),
        "bot": payloads.user(world.bot),
        "bot_public": True,
        "bot_require_code_grant": world.application.needs_code,
        "redirect_uris": [],
        "interactions_endpoint_url": world.application.endpoint,
        "role_connections_verification_url": None,
        "owner": owner,
        "team": None,
        "approximate_guild_count": len(world.guilds),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "eligible_oauth2_scopes": [],
        "rpc_origins": [],
    }
    return shown


@route("GET", "/gateway", open_=True)
def gateway(call: Call) -> Reply:
    return {"url": call.gateway.url}


@route("GET", "/gateway/bot")
def gateway_bot(call: Call) -> Reply:
    limit = {
        "total": 1000,
        "remaining": call.gateway.sessions_left,
        "reset_after": int(call.gateway.sessions_reset_seconds * 1000),
        "max_concurrency": 1,
    }
    return {
        "url": call.gateway.url,
        "shards": call.gateway.shards,
        "session_start_limit": limit,
    }


@route("GET", "/users/@me/guilds")
def guilds(call: Call) -> Reply:
    world = call.world
    here = [each for each in world.guilds.values() if world.bot.id in each.members]
    after, before = call.number("after", 0), call.number("before", 1 << 63)
    shown = [each for each in here if after < each.id < before]
    return [
        {
            "id": str(each.id),
            "name": each.name,
            "icon": None,
            "banner": None,
            "owner": False,
            "permissions": str(permissions.in_guild(each, world.bot)),
            "features": [],
        }
        for each in shown[: call.number("limit", 200)]
    ]


@route("DELETE", "/users/@me/guilds/{guild_id}")
def leave_guild(call: Call) -> Reply:
    call.world.leave(call.world.guild_here(call.id("guild_id")), call.world.bot)


@route("POST", "/users/@me/channels")
def direct(call: Call) -> Reply:
    found = call.world.users.get(int(call.body["recipient_id"]))
    if found is None or found.bot:
        raise ApiError(400, 50033, "Invalid Recipient(s)")
    return payloads.channel(call.world.direct(found), call.world.bot)
