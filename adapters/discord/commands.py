"""The registry's commands as Discord's slash commands, and those of a message's own menu."""

import inspect
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from typing import Any, Protocol

import discord
from discord import app_commands
from discord.app_commands import Choice, locale_str

from adapters.discord.buttons import cut
from bot.conversation.model import Role
from bot.conversation.registry import Arg, Bound, Parameter

ABOUT, CHOICES, CHOICE, MENUS = 100, 25, 100, 5
"""Discord's limits: characters of a description, choices and theirs; and menus of ours."""

GROUPS = {
    "admin": "For the people who run me.",
    "circle": "A circle: make it, look at it, lead it.",
    "mentor": "Find a mentor, or be one.",
    "my": "What concerns you alone.",
    "pairs": "The mentoring pairs, for facilitators.",
    "prompt": "The prompts that are to come, for facilitators.",
    "review": "The lines in which you would be quoted.",
    "summary": "The publication, for facilitators.",
}
"""What a group of commands is about; Discord wants a line, and clients hardly show it."""

CIRCLE = Parameter(
    "circle",
    str,
    Arg("The circle's name; leave it out where only one can be meant", suggest="circle"),
    required=False,
    default="",
)
"""The option that every command about a circle has beside its own."""

EVERYWHERE = app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=False)
INSTALLED = app_commands.AppInstallationType(guild=True, user=False)

Given = tuple[tuple[str, str], ...]
Slash = app_commands.Command[Any, ..., None]


class Uses(Protocol):
    """Takes what people do with commands."""

    async def use(self, interaction: discord.Interaction, bound: Bound, given: Given) -> None:
        """Answer a slash command."""
        ...

    async def pick(
        self, interaction: discord.Interaction, bound: Bound, message: discord.Message
    ) -> None:
        """Answer a command of a message's menu."""
        ...

    async def suggest(
        self, interaction: discord.Interaction, bound: Bound, field: str, text: str
    ) -> list[str]:
        """Return what a field may name."""
        ...

    async def offer(self, interaction: discord.Interaction, choices: list[Choice[str]]) -> None:
        """Show suggestions, where there is still time for them."""
        ...


def grown(registry: Iterable[Bound], uses: Uses) -> Iterator[Slash | app_commands.Group]:
    """Yield every command of the registry: "circle new" as new of the group circle."""
    groups: dict[str, app_commands.Group] = {}
    for bound in registry:
        first, _, second = bound.command.name.partition(" ")
        if not second:
            yield _top(_command(first, bound, uses), bound)
        else:
            if first not in groups:
                groups[first] = _group(first)
            groups[first].add_command(_command(second, bound, uses))
    yield from groups.values()


def menus(registry: Iterable[Bound], uses: Uses) -> Iterator[app_commands.ContextMenu]:
    """Yield the commands that stand in a message's own menu; Discord shows five."""
    for bound in [each for each in registry if each.command.menu][:MENUS]:
        yield _menu(bound, uses)


def _menu(bound: Bound, uses: Uses) -> app_commands.ContextMenu:
    async def pick(interaction: discord.Interaction, message: discord.Message) -> None:
        await uses.pick(interaction, bound, message)

    return app_commands.ContextMenu(
        name=locale_str(bound.command.menu),
        callback=pick,
        allowed_contexts=EVERYWHERE,
        allowed_installs=INSTALLED,
    )


def _group(name: str) -> app_commands.Group:
    hidden = discord.Permissions.none() if name == "admin" else None
    return app_commands.Group(
        name=name,
        description=_described(GROUPS.get(name, f"Everything about {name}.")),
        allowed_contexts=EVERYWHERE,
        allowed_installs=INSTALLED,
        default_permissions=hidden,
    )


def _top(command: Slash, bound: Bound) -> Slash:
    command.allowed_contexts, command.allowed_installs = EVERYWHERE, INSTALLED
    if bound.command.role is Role.ADMIN:
        command.default_permissions = discord.Permissions.none()
    return command


def _command(name: str, bound: Bound, uses: Uses) -> Slash:
    """Return one command; its options are those of what it asks, and the circle."""
    options = options_of(bound)

    async def use(interaction: discord.Interaction, /, **chosen: Any) -> None:  # noqa: ANN401 - by option
        given = ((name, _word(value)) for name, value in chosen.items() if value is not None)
        await uses.use(interaction, bound, tuple(given))

    use.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # read by discord.py
        [
            inspect.Parameter(
                "interaction",
                inspect.Parameter.POSITIONAL_OR_KEYWORD,
                annotation=discord.Interaction,
            ),
            *(_option(each, bound) for each in options),
        ]
    )
    app_commands.describe(**{each.name: _described(each.arg.about) for each in options})(use)
    app_commands.choices(**{e.name: _choices(e.arg) for e in options if any(e.arg.choices)})(use)
    command: Slash = app_commands.Command(
        name=name, description=_described(bound.command.about), callback=use
    )
    for each in options:
        if each.arg.suggest and not any(each.arg.choices):
            command.autocomplete(each.name)(_suggesting(bound, each.name, uses))
    return command


def options_of(bound: Bound) -> list[Parameter]:
    """Return the fields that are options of a command, those that have to be filled in first."""
    own = list(bound.parameters) + ([CIRCLE] if bound.command.circle else [])
    return sorted(own, key=lambda each: not needed(each, bound))


def needed(parameter: Parameter, bound: Bound) -> bool:
    """Return whether Discord should insist on a field: not on one that a form can ask for."""
    return parameter.required and not (bound.command.form and parameter.is_free)


def wants_form(bound: Bound, given: Sequence[tuple[str, str]]) -> bool:
    """Return whether a command with a form was given without what the form asks for."""
    if bound.command.form is None:
        return False
    names = {name for name, value in given if value}
    missing = any(each.required and each.name not in names for each in bound.parameters)
    free = {each.name for each in bound.parameters if each.is_free}
    asked = free or {each.name for each in bound.parameters}
    return missing or not asked & names


def _option(parameter: Parameter, bound: Bound) -> inspect.Parameter:
    must = needed(parameter, bound)
    return inspect.Parameter(
        parameter.name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if must else None,
        annotation=_kind(parameter) if must else _kind(parameter) | None,
    )


def _kind(parameter: Parameter) -> Any:  # noqa: ANN401 - what discord.py reads
    """Return the option's type; dates and times are written as words."""
    low, high = parameter.arg.low, parameter.arg.high
    if parameter.kind is int and (low is not None or high is not None):
        return app_commands.Range[int, low, high]
    return parameter.kind if parameter.kind in (int, bool) else str


def _choices(arg: Arg) -> list[Choice[str]]:
    return [Choice(name=locale_str(each), value=each) for each in filter(None, arg.choices)][
        :CHOICES
    ]


def _suggesting(
    bound: Bound, field: str, uses: Uses
) -> Callable[[discord.Interaction, str], Coroutine[Any, Any, list[Choice[str]]]]:
    async def suggesting(interaction: discord.Interaction, current: str) -> list[Choice[str]]:
        names = await uses.suggest(interaction, bound, field, current)
        fitting = [name for name in names if 1 <= len(name) <= CHOICE][:CHOICES]
        choices = [Choice(name=name, value=name) for name in fitting]
        await uses.offer(interaction, choices)
        return choices

    return suggesting


def _described(text: str) -> locale_str:
    return locale_str(cut(text, ABOUT))


def _word(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
