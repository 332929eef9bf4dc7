"""The application's commands, for everywhere or for one guild."""

from tests.support.discord import rules
from tests.support.discord.model import ApiError, Json
from tests.support.discord.rest.call import Call, Reply, route

EVERYWHERE = "/applications/{application_id}/commands"
GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"


def _place(call: Call) -> int | None:
    """Return the guild whose commands are meant, None for those of everywhere."""
    if call.id("application_id") != call.world.application.id:
        raise ApiError(403, 20012, "You are not authorized to perform this action")
    if "guild_id" not in call.path:
        return None
    return call.world.guild_here(call.id("guild_id")).id


def _made(call: Call, place: int | None, asked: Json, known: Json | None) -> Json:
    """Return a command as Discord keeps it; one that was known keeps its id."""
    made: Json = {
        "id": known["id"] if known else str(call.world.new_id()),
        "application_id": str(call.world.application.id),
        "version": str(call.world.new_id()),
        "default_member_permissions": None,
        "type": 1,
        "description": "",
        "nsfw": False,
        "dm_permission": True,
        "contexts": None,
        "integration_types": [0],
    } | {key: value for key, value in asked.items() if key != "id"}
    made["integration_types"] = made["integration_types"] or [0]
    if made["default_member_permissions"] is not None:
        made["default_member_permissions"] = str(made["default_member_permissions"])
    made["options"] = [_option(each) for each in made.get("options") or []]
    return made | ({"guild_id": str(place)} if place else {})


def _option(asked: Json) -> Json:
    """Return an option without its empty keys."""
    kept = {key: value for key, value in asked.items() if value is not None}
    if "options" in kept:
        kept["options"] = [_option(each) for each in kept["options"]]
    return kept


@route("GET", EVERYWHERE)
@route("GET", GUILD)
def listed(call: Call) -> Reply:
    return call.world.application.commands.get(_place(call), [])


@route("PUT", EVERYWHERE)
@route("PUT", GUILD)
def replaced(call: Call) -> Reply:
    place = _place(call)
    rules.commands(call.body)
    old = call.world.application.commands.get(place, [])
    known = {(each["type"], each["name"]): each for each in old}
    made = [
        _made(call, place, each, known.get((each.get("type", 1), each["name"])))
        for each in call.body
    ]
    call.world.application.commands[place] = made
    call.world.changed()
    return made


@route("GET", f"{EVERYWHERE}/{{command_id}}")
@route("GET", f"{GUILD}/{{command_id}}")
def one(call: Call) -> Reply:
    for each in call.world.application.commands.get(_place(call), []):
        if each["id"] == call.path["command_id"]:
            return each
    raise ApiError(404, 10063, "Unknown application command")
