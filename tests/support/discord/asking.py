"""What a client sends when a person uses a command, a menu or a form; it lets nothing bad pass."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.support.discord import payloads, permissions, telling
from tests.support.discord.model import (
    DM,
    Attachment,
    Channel,
    Guild,
    Json,
    Message,
    Role,
    User,
    everything,
)

if TYPE_CHECKING:
    from tests.support.discord.server import StandIn

SUBCOMMAND, GROUP, STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE = 1, 2, 3, 4, 5, 6, 7, 8
MENTIONABLE, NUMBER, ATTACHMENT = 9, 10, 11


class NotPossible(AssertionError):
    """A client would not let a person do this: no such command, a disabled button."""


def command(standin: "StandIn", where: Channel, who: User, name: str, kind: int) -> Json:
    """Return the command that a client offers under a name: the guild's own first.

    Raises:
        NotPossible: there is none here for this person.
    """
    registered = standin.world.application.commands
    offered = [*registered.get(where.guild_id, []), *registered.get(None, [])]
    if where.guild_id is None:
        offered = registered.get(None, [])
    wanted = name if kind != 1 else name.split(maxsplit=1)[0]
    found = next((e for e in offered if e["name"] == wanted and e["type"] == kind), None)
    if found is None:
        raise NotPossible(f"no command {wanted!r} among {[each['name'] for each in offered]}")
    contexts = found.get("contexts")
    here = 1 if where.kind == DM else 0
    if contexts is not None and here not in contexts:
        raise NotPossible(f"{wanted!r} is not offered here")
    if here == 1 and contexts is None and found.get("dm_permission") is False:
        raise NotPossible(f"{wanted!r} is not offered in direct messages")
    if where.guild:
        granted = permissions.in_channel(where, who)
        needed = int(found.get("default_member_permissions") or 0)
        if not granted & permissions.USE_COMMANDS or granted & needed != needed:
            raise NotPossible(f"{wanted!r} is hidden from {who.name}")
        if found.get("default_member_permissions") == "0" and granted != permissions.ALL:
            raise NotPossible(f"{wanted!r} is hidden from {who.name}")
    return found


def chat_data(
    standin: "StandIn",
    found: Json,
    name: str,
    given: Mapping[str, object],
    focused: str | None,
) -> Json:
    """Return what is sent for a chat command: nested as its subcommands are.

    With `focused`, it is what is sent while somebody types into that option.
    """
    path, level = name.split()[1:], found
    steps: list[Json] = []
    for part in path:
        options = level.get("options", [])
        step = next((o for o in options if o["name"] == part and o["type"] in (1, 2)), None)
        if step is None:
            raise NotPossible(f"{name!r}: no {part!r} among {[o['name'] for o in options]}")
        steps.append({"type": step["type"], "name": part})
        level = step
    if any(each["type"] in (SUBCOMMAND, GROUP) for each in level.get("options", [])):
        raise NotPossible(f"{name!r} has subcommands: say which")
    resolved: Json = {}
    options = _options(standin, level, given, focused, resolved)
    for step in reversed(steps):
        options = [step | {"options": options}]
    data: Json = {"id": found["id"], "name": found["name"], "type": 1, "options": options}
    if "guild_id" in found:
        data["guild_id"] = found["guild_id"]
    return data | ({"resolved": resolved} if resolved else {})


def _options(
    standin: "StandIn",
    level: Json,
    given: Mapping[str, object],
    focused: str | None,
    resolved: Json,
) -> list[Json]:
    """Return the options that a person filled in."""
    defined = {each["name"]: each for each in level.get("options", [])}
    if unknown := set(given) - set(defined):
        raise NotPossible(f"no option {unknown} among {list(defined)}")
    missing = [n for n, each in defined.items() if each.get("required") and n not in given]
    if missing and focused is None:
        raise NotPossible(f"{missing} must be filled in")
    filled = []
    for name, value in given.items():
        option = defined[name]
        if name == focused:
            if not option.get("autocomplete"):
                raise NotPossible(f"{name} suggests nothing")
            filled.append({"type": option["type"], "name": name, "value": value, "focused": True})
        else:
            sent = _value(standin, option, value, resolved)
            filled.append({"type": option["type"], "name": name, "value": sent})
    return filled


def _value(standin: "StandIn", option: Json, value: object, resolved: Json) -> object:
    """Return a value as a client sends it, or refuse one that it would not let pass."""
    kind, name = option["type"], option["name"]
    if kind in (USER, CHANNEL, ROLE, MENTIONABLE, ATTACHMENT):
        return _resolve(standin, value, resolved)
    wanted: tuple[type, ...] = {
        STRING: (str,),
        INTEGER: (int,),
        BOOLEAN: (bool,),
        NUMBER: (int, float),
    }[kind]
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind != BOOLEAN):
        raise NotPossible(f"{name} takes {wanted}, not {value!r}")
    choices = [each["value"] for each in option.get("choices", [])]
    if choices and value not in choices:
        raise NotPossible(f"{name}: {value!r} is not among {choices}")
    if isinstance(value, str):
        low, high = option.get("min_length", 0), option.get("max_length", 6000)
        if not low <= len(value) <= high:
            raise NotPossible(f"{name}: between {low} and {high} characters")
    elif isinstance(value, int | float):
        low, high = option.get("min_value", value), option.get("max_value", value)
        if not low <= value <= high:
            raise NotPossible(f"{name}: between {low} and {high}")
    return value


def _resolve(standin: "StandIn", value: object, resolved: Json) -> str:
    """Return the id of a thing that an option holds, and tell what it is."""
    world = standin.world
    value = getattr(value, "user", value)
    if isinstance(value, User):
        resolved.setdefault("users", {})[str(value.id)] = payloads.user(value)
        for guild in world.guilds.values():
            if value.id in guild.members:
                shown = payloads.member(guild.members[value.id], with_user=False)
                shown["permissions"] = str(permissions.in_guild(guild, value))
                resolved.setdefault("members", {})[str(value.id)] = shown
                break
    elif isinstance(value, Channel):
        shown = payloads.channel(value, world.bot) | {"permissions": str(permissions.ALL)}
        resolved.setdefault("channels", {})[str(value.id)] = shown
    elif isinstance(value, Role):
        resolved.setdefault("roles", {})[str(value.id)] = payloads.role(value)
    elif isinstance(value, Attachment):
        world.attachments[value.id] = value
        resolved.setdefault("attachments", {})[str(value.id)] = telling.attachment(world, value)
    else:
        raise NotPossible(f"an option cannot hold {value!r}")
    return str(value.id)


def menu_data(standin: "StandIn", found: Json, target: Message | User, guild: Guild | None) -> Json:
    """Return what is sent for a command of a message's or a person's menu."""
    resolved: Json = {}
    if isinstance(target, Message):
        shown = telling.message(standin.world, target, reads=True)
        resolved["messages"] = {str(target.id): shown}
    else:
        _resolve(standin, target, resolved)
    data: Json = {
        "id": found["id"],
        "name": found["name"],
        "type": found["type"],
        "target_id": str(target.id),
        "resolved": resolved,
    }
    return data | ({"guild_id": str(guild.id)} if guild and "guild_id" in found else {})


def fits(control: Json, values: list[str]) -> None:
    """Refuse values that a menu or a group of boxes does not offer, too few or too many."""
    offered = [each["value"] for each in control.get("options", [])]
    if control["type"] in (3, 21, 22) and not set(values) <= set(offered):
        raise NotPossible(f"{values} are not all among {offered}")
    required = control.get("required", True)
    low = control.get("min_values", 1) if required else 0
    if control["type"] == 22:
        high = control.get("max_values", len(offered))
    else:
        high = control.get("max_values", 1)
    if not low <= len(values) <= high:
        raise NotPossible(f"{control['custom_id']}: between {low} and {high} choices")


def modal_data(form: Json, values: Mapping[str, Any]) -> Json:
    """Return what is sent for a form: its parts in order, each with what stands in it."""
    fields = [each for each in everything(form["components"]) if each.get("custom_id")]
    if unknown := set(values) - {each["custom_id"] for each in fields}:
        raise NotPossible(f"the form has no {unknown}")
    number = iter(range(1, 1000))
    sent = []
    for part in form["components"]:
        shown: Json = {"type": part["type"], "id": next(number)}
        if part["type"] == 18:
            shown["component"] = _field(part["component"], values, next(number))
        elif part["type"] == 1:
            shown["components"] = [
                _field(each, values, next(number)) for each in part["components"]
            ]
        sent.append(shown)
    return {"custom_id": form["custom_id"], "components": sent}


def _field(control: Json, values: Mapping[str, Any], number: int) -> Json:
    """Return one field as it is sent."""
    kind, name = control["type"], control["custom_id"]
    sent: Json = {"type": kind, "id": number, "custom_id": name}
    marked = [each["value"] for each in control.get("options", []) if each.get("default")]
    if kind == 4:
        return sent | {"value": _text(control, values.get(name, control.get("value") or ""))}
    if kind == 23:
        return sent | {"value": bool(values.get(name, control.get("default", False)))}
    if kind == 21:
        chosen = values.get(name, marked[0] if marked else None)
        fits(control, [chosen] if chosen is not None else [])
        return sent | {"value": chosen}
    chosen = list(values.get(name, marked))
    fits(control, chosen)
    return sent | {"values": chosen}


def _text(control: Json, text: str) -> str:
    """Return a text, or refuse one that is too long, too short or missing."""
    low, high = control.get("min_length") or 0, control.get("max_length") or 4000
    if control.get("required", True):
        low = max(low, 1)
    elif not text:
        return text
    if not low <= len(text) <= high:
        raise NotPossible(f"{control['custom_id']}: between {low} and {high} characters")
    return text
