"""What Discord holds of the commands, and what it should hold; told only when these differ."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import discord
from discord import AppCommandOptionType, AppCommandType, app_commands
from discord.http import Route

Payload = Mapping[str, Any]

Catalogue = Callable[[str, str], str | None]
"""Returns a text in a language (as in de or pt-BR), None where it has none."""

_SHOWN = (
    *("name", "description", "name_localizations", "description_localizations"),
    *("type", "required", "autocomplete", "min_value", "max_value", "min_length", "max_length"),
    *("nsfw", "default_member_permissions"),
)
"""The keys that make a difference; empty and absent ones are the same."""


def untranslated(text: str, language: str) -> str | None:  # noqa: ARG001 - a catalogue's form
    """Return nothing: there is no catalogue yet, and what is not translated stays English."""
    return None


class Translations(app_commands.Translator):
    """Says descriptions in the languages of a catalogue; names stay English."""

    def __init__(self, catalogue: Catalogue) -> None:
        super().__init__()
        self._catalogue = catalogue

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return a description in a language, None where it stays as it is."""
        described = (
            app_commands.TranslationContextLocation.command_description,
            app_commands.TranslationContextLocation.group_description,
            app_commands.TranslationContextLocation.parameter_description,
        )
        return (
            self._catalogue(string.message, str(locale)) if context.location in described else None
        )


async def held(client: discord.Client, application: int) -> list[dict[str, Any]]:
    """Return the definitions that Discord holds, in every language."""
    route = Route("GET", "/applications/{application_id}/commands", application_id=application)
    return await client.http.request(route, params={"with_localizations": "true"})  # type: ignore[no-any-return]  # discord.py's own


async def wanted(tree: app_commands.CommandTree[Any]) -> list[dict[str, Any]]:
    """Return the definitions that Discord should hold, in every language."""
    commands = [
        *tree.get_commands(type=AppCommandType.chat_input),
        *tree.get_commands(type=AppCommandType.message),
    ]
    translator = tree.translator
    if translator is None:
        return [each.to_dict(tree) for each in commands]
    return [await each.get_translated_payload(tree, translator) for each in commands]


def differ(there: Iterable[Payload], defined: Iterable[Payload]) -> bool:
    """Return whether what Discord holds is other than what is defined; order means nothing."""
    return _by_name(there) != _by_name(defined)


def _by_name(commands: Iterable[Payload]) -> dict[tuple[int, str], Any]:
    return {(each.get("type", 1), each["name"]): _normal(each, top=True) for each in commands}


def _normal(each: Payload, *, top: bool = False) -> dict[str, Any]:
    """Return what matters of a command or an option, in one form whoever wrote it."""
    made = {key: each[key] for key in _SHOWN if each.get(key) not in (None, False, "", {}, [])}
    if "default_member_permissions" in made or each.get("default_member_permissions") == 0:
        made["default_member_permissions"] = str(each["default_member_permissions"])
    made["options"] = [_normal(option) for option in each.get("options") or ()]
    made["choices"] = [(choice["name"], choice["value"]) for choice in each.get("choices") or ()]
    if top:
        made["contexts"] = sorted(each.get("contexts") or ())
        made["integration_types"] = sorted(each.get("integration_types") or (0,))
    return made


def ids(there: Iterable[Payload]) -> dict[str, int]:
    """Return the id under which each command can be shown to be clicked, by its whole name."""
    found: dict[str, int] = {}
    for each in there:
        if each.get("type", 1) != AppCommandType.chat_input.value:
            continue
        nested = [
            o
            for o in each.get("options") or ()
            if o["type"] == AppCommandOptionType.subcommand.value
        ]
        names = [f"{each['name']} {option['name']}" for option in nested] or [each["name"]]
        found |= dict.fromkeys(names, int(each["id"]))
    return found
