"""What Discord holds to and its own description does not say, each with its reason.

Reasons name where a rule is from: *docs* (Discord's documentation), *help* (its help pages),
*seen* (what the service does, told in discord-api-docs issues).
"""

import re
from collections.abc import Iterable
from typing import Any

from tests.support.discord.model import COMPONENTS_V2, ApiError, Draft, Json, controls, everything

CONTENT = 2000
"""docs, create message: bots write 2,000 characters; the description's 4,000 is for people who
pay."""

EMBEDS = 6000
"""docs, embed limits: titles, descriptions, field names and values, footers and authors of all
embeds of a message together."""

EMBED_PARTS = {"title": 256, "description": 4096}
"""docs, embed limits."""

NONCE_SECONDS = 300.0
"""docs, create message: unique "in the past few minutes"; five is our reading of few."""

FIRST_ANSWER_SECONDS = 3.0
"""docs, receiving and responding: the token is invalid if no answer comes within 3 s."""

TOKEN_SECONDS = 15 * 60.0
"""docs, receiving and responding: a token is valid for 15 minutes."""

COMMAND_NAME = re.compile(r"^[-_'\w]{1,32}$")
"""docs, application command naming: and lower case where a letter has one."""

CONTEXT_MENU_NAME = 32
"""docs, application commands: names of user and message commands may have spaces and capitals."""

COMMAND_CHARACTERS = 8000
"""docs, application commands: names, descriptions and values of a command with all its options."""

OPTIONS = 25
"""docs, application commands: options of a command, subcommands of a group, choices."""

COMMANDS = {1: 100, 2: 15, 3: 15}
"""docs, application commands: chat, user and message commands of an application (the two kinds of
menus: 15 each since 2025)."""

ROWS = 5
"""docs, components: action rows of a message, and buttons of a row."""

LABEL = 80
"""docs, components: a button's label."""

CUSTOM_ID = 100
"""docs, components: 1 to 100 characters, unique within the message or modal."""

COMPONENTS_TOTAL = 40
"""docs, components: of a message in the new style, nested ones too."""

DISPLAYED = 4000
"""docs, text display: characters in all text displays of a message."""

MODAL_TITLE, MODAL_PARTS, MODAL_LABEL, MODAL_DESCRIPTION, TEXT_INPUT = 45, 5, 45, 100, 4000
"""docs, modals, labels and text inputs."""

FILES, FILE_BYTES = 10, 10 * 1024 * 1024
"""docs, uploading files: ten of them, 10 MiB each without boosts."""

WITHHELD = "content embeds attachments components"
"""docs, message content intent: these are empty for applications without it, over the gateway and
over HTTP, except in own messages, direct messages and messages that mention the application
(World.may_read)."""


def invalid(where: str, code: str, text: str) -> ApiError:
    """Return the refusal of a form, with its path, as Discord nests it."""
    errors: Json = {"_errors": [{"code": code, "message": text}]}
    for part in reversed(where.split(".")):
        errors = {part: errors}
    return ApiError(400, 50035, "Invalid Form Body", errors=errors)


def _long(where: str, text: str | None, most: int, least: int = 0) -> None:
    """Refuse a text that is too long or too short."""
    size = len(text or "")
    if size > most or size < least:
        raise invalid(
            where, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length."
        )


def message(draft: Draft) -> None:
    """Refuse an empty message (50006), one that is too long or has parts it may not have."""
    if draft.flags & COMPONENTS_V2:
        if draft.content or draft.embeds:
            # docs, components: content and embeds are replaced by components
            raise invalid(
                "flags",
                "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                "The 'content' field cannot be used with components v2.",
            )
        if not draft.components:
            raise ApiError(400, 50006, "Cannot send an empty message")
    elif not (draft.content.strip() or draft.embeds or draft.attachments or draft.components):
        raise ApiError(400, 50006, "Cannot send an empty message")
    _long("content", draft.content, CONTENT)
    _embeds(draft.embeds)
    components(draft.components, new_style=bool(draft.flags & COMPONENTS_V2))
    if len(draft.attachments) > FILES:
        raise invalid("attachments", "BASE_TYPE_MAX_LENGTH", f"Must be {FILES} or fewer.")
    if any(len(each.data) > FILE_BYTES for each in draft.attachments):
        raise ApiError(413, 40005, "Request entity too large")


def _embeds(embeds: list[Json]) -> None:
    """Refuse embeds that are too long, each or together."""
    total = 0
    for number, embed in enumerate(embeds):
        for part, most in EMBED_PARTS.items():
            _long(f"embeds.{number}.{part}", embed.get(part), most)
        words = [embed.get("title"), embed.get("description")]
        words += [embed.get("footer", {}).get("text"), embed.get("author", {}).get("name")]
        words += [text for row in embed.get("fields", []) for text in (row["name"], row["value"])]
        total += sum(len(word or "") for word in words)
    if total > EMBEDS:
        raise invalid(
            "embeds", "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {EMBEDS}"
        )


def _unique(parts: Iterable[Json]) -> None:
    """Refuse a custom id that stands twice."""
    seen: set[str] = set()
    for each in parts:
        own = each["custom_id"]
        _long("components.custom_id", own, CUSTOM_ID, 1)
        if own in seen:
            raise invalid(
                "components",
                "COMPONENT_CUSTOM_ID_DUPLICATED",
                "Component custom id cannot be duplicated",
            )
        seen.add(own)


def components(parts: list[Json], *, new_style: bool) -> None:
    """Refuse components that do not fit into a message."""
    every = everything(parts)
    if new_style:
        _new_style(every)
    elif len(parts) > ROWS:
        raise invalid("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    elif any(each["type"] != 1 for each in parts):
        # docs, components: other types at the top need the flag of the new style
        raise invalid("components", "UNION_TYPE_CHOICES", "Value must be one of {1}.")
    _unique(controls(parts))
    for each in every:
        if each["type"] == 1 and not 1 <= len(each["components"]) <= ROWS:
            raise invalid("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5.")
        if each["type"] == 2:
            _button(each)
        if each["type"] == 3:
            _choices(each)


def _new_style(every: list[Json]) -> None:
    """Refuse too many components in the new style, or too much text in them."""
    if len(every) > COMPONENTS_TOTAL:
        raise invalid("components", "BASE_TYPE_BAD_LENGTH", "Must be 40 or fewer in total.")
    if sum(len(each["content"]) for each in every if each["type"] == 10) > DISPLAYED:
        raise invalid("components", "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED", "Over 4000")


def _button(button: Json) -> None:
    """Refuse a button with too long a label, or with nothing on it."""
    _long("components.label", button.get("label"), LABEL)
    if not button.get("label") and not button.get("emoji"):
        raise invalid("components", "BUTTON_COMPONENT_EMPTY", "A label or an emoji is needed.")


def _choices(select: Json) -> None:
    """Refuse a select without options, with too many, or with a value twice."""
    options = select.get("options", [])
    if not 1 <= len(options) <= OPTIONS:
        raise invalid("components.options", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25.")
    if len({each["value"] for each in options}) < len(options):
        raise invalid(
            "components.options",
            "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
            "The specified option value is already used",
        )


def modal(form: Json) -> None:
    """Refuse a modal that is too big; its parts are labels, rows of one text input, or texts."""
    _long("data.title", form.get("title"), MODAL_TITLE, 1)
    _long("data.custom_id", form.get("custom_id"), CUSTOM_ID, 1)
    parts = form.get("components", [])
    if not 1 <= len(parts) <= MODAL_PARTS:
        raise invalid(
            "data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length."
        )
    _unique(controls(parts))
    for each in everything(parts):
        if each["type"] == 18:
            _long("data.components.label", each["label"], MODAL_LABEL, 1)
            _long("data.components.description", each.get("description"), MODAL_DESCRIPTION)
        if each["type"] == 4:
            _long("data.components.value", each.get("value"), TEXT_INPUT)
            _long("data.components.placeholder", each.get("placeholder"), 100)
            _long("data.components.label", each.get("label"), MODAL_LABEL)


def commands(those: list[Json]) -> None:
    """Refuse commands that do not keep to the rules for names, options and sizes."""
    names = [(each.get("type", 1), each["name"]) for each in those]
    if len(set(names)) < len(names):
        raise invalid("name", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Option name already used")
    for kind, most in COMMANDS.items():
        if sum(each.get("type", 1) == kind for each in those) > most:
            raise ApiError(400, 30032, f"Maximum number of application commands reached ({most})")
    for number, each in enumerate(those):
        if each.get("type", 1) == 1:
            _command(str(number), each, depth=0)
            if (size := _characters(each)) > COMMAND_CHARACTERS:
                raise invalid(
                    str(number), "APPLICATION_COMMAND_TOO_LARGE", f"{size} > {COMMAND_CHARACTERS}"
                )
        else:
            _long(f"{number}.name", each["name"], CONTEXT_MENU_NAME, 1)
            if each.get("description"):
                raise invalid(
                    f"{number}.description", "APPLICATION_COMMAND_DESCRIPTION", "None here"
                )


def _command(where: str, each: Json, depth: int) -> None:
    """Refuse a chat command, a subcommand or an option by the rules for its name and options."""
    named = each["name"]
    if not COMMAND_NAME.match(named) or named != named.lower():
        raise invalid(
            f"{where}.name",
            "APPLICATION_COMMAND_INVALID_NAME",
            f"Command name {named!r} is invalid",
        )
    _long(f"{where}.description", each.get("description"), 100, 1)
    options = each.get("options") or []
    if len(options) > OPTIONS or len(each.get("choices") or []) > OPTIONS:
        raise invalid(f"{where}.options", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    if len({option["name"] for option in options}) < len(options):
        raise invalid(f"{where}.options", "APPLICATION_COMMAND_OPTIONS_NAME_INVALID", "Twice")
    nested = [option["type"] in (1, 2) for option in options]
    if any(nested) and not all(nested):
        # docs, subcommands: a command with subcommands cannot be used itself
        raise invalid(f"{where}.options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Mixed")
    needed = [bool(option.get("required")) for option in options]
    if needed != sorted(needed, reverse=True):
        # docs, options: required options stand before optional ones
        raise invalid(f"{where}.options", "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", "Order")
    for number, option in enumerate(options):
        if option["type"] == 2 and depth:
            raise invalid(f"{where}.options", "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Depth")
        _command(f"{where}.options.{number}", option, depth + 1)


def _characters(each: Json) -> int:
    """Return the size of a command that counts against the limit, the longest language of each."""
    own: list[Any] = [each["name"], each.get("description", "")]
    for part, key in enumerate(("name_localizations", "description_localizations")):
        own[part] = max([own[part], *(each.get(key) or {}).values()], key=len)
    size = sum(len(text) for text in own)
    size += sum(len(c["name"]) + len(str(c["value"])) for c in each.get("choices") or [])
    return size + sum(_characters(option) for option in each.get("options") or [])
