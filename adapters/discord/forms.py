"""A form as a modal of Discord's, and what comes back from one.

discord.py knows only modals that the same process has shown; what was submitted is therefore read
from Discord's own data, and everything else that is needed stands in the custom id.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import discord
from discord import ui

from adapters.discord.buttons import cut
from adapters.discord.state import Drafts, Sort, State
from bot.conversation.model import Form, FormField

TITLE, LABEL, ABOUT, TEXT, OPTION = 45, 45, 100, 4000, 100
"""How many characters Discord takes in these parts of a modal."""

FEW, MANY, FIELDS = 10, 25, 5
"""How many options a group of boxes has, and a menu; how many fields a modal."""

NOTHING = "\N{MIDDLE DOT}none"
"""Stands for the empty value of a choice, which Discord does not take."""


def prefilled(form: Form, given: Mapping[str, str]) -> Form:
    """Return the form with what was given already standing in its fields."""
    fields = (replace(each, value=given.get(each.name) or each.value) for each in form.fields)
    return replace(form, fields=tuple(fields))


def modal(form: Form, opening: str, drafts: Drafts) -> ui.Modal:
    """Return the form as a modal; `opening` tells this opening of it from every other.

    Discord's clients show what was typed into a modal of the same id again, over what stands in
    its fields.
    """
    state = State(Sort.FORM, opening, form.command, form.given)
    made = ui.Modal(
        title=cut(form.title, TITLE) or form.command, custom_id=drafts.packed(state), timeout=None
    )
    for field in form.fields[:FIELDS]:
        label = cut(field.label, LABEL) or field.name
        about = cut(field.about, ABOUT) or None
        made.add_item(ui.Label(text=label, description=about, component=_component(field)))
    made.stop()
    return made


def _component(field: FormField) -> ui.Item[ui.Modal]:
    if not field.choices:
        return _text(field)
    taken = field.value.split(" ") if field.many else [field.value]
    if len(field.choices) > FEW or (len(field.choices) == 1 and not field.many):
        return _menu(field, taken)
    return _boxes(field, taken) if field.many else _circles(field, taken)


def _text(field: FormField) -> ui.TextInput[ui.Modal]:
    return ui.TextInput(
        custom_id=field.name,
        style=discord.TextStyle.long if field.long else discord.TextStyle.short,
        default=field.value[:TEXT] or None,
        required=field.required,
        max_length=TEXT,
    )


def _menu(field: FormField, taken: list[str]) -> ui.Select[ui.Modal]:
    choices = field.choices[:MANY]
    return ui.Select(
        custom_id=field.name,
        required=field.required,
        min_values=1 if field.required else 0,
        max_values=len(choices) if field.many else 1,
        options=[
            discord.SelectOption(
                label=_words(choice), value=_value(choice), default=choice[0] in taken
            )
            for choice in choices
        ],
    )


def _boxes(field: FormField, taken: list[str]) -> ui.CheckboxGroup[ui.Modal]:
    return ui.CheckboxGroup(
        custom_id=field.name,
        required=field.required,
        min_values=1 if field.required else 0,
        max_values=len(field.choices),
        options=[
            discord.CheckboxGroupOption(
                label=_words(choice), value=_value(choice), default=choice[0] in taken
            )
            for choice in field.choices
        ],
    )


def _circles(field: FormField, taken: list[str]) -> ui.RadioGroup[ui.Modal]:
    return ui.RadioGroup(
        custom_id=field.name,
        required=field.required,
        options=[
            discord.RadioGroupOption(
                label=_words(choice), value=_value(choice), default=choice[0] in taken
            )
            for choice in field.choices
        ],
    )


def _words(choice: tuple[str, str]) -> str:
    value, words = choice
    return cut(words or value, OPTION)


def _value(choice: tuple[str, str]) -> str:
    return choice[0] or NOTHING


def submitted(data: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return what was written and chosen in a modal, by field; several choices joined by spaces."""
    return tuple(_fields(data.get("components", [])))


def _fields(components: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for each in components:
        inner = [each["component"]] if "component" in each else each.get("components", [])
        yield from _fields(inner)
        if "custom_id" in each:
            chosen = each["values"] if "values" in each else [each.get("value")]
            yield each["custom_id"], " ".join(map(_bare, filter(None, chosen)))


def _bare(value: str) -> str:
    return "" if value == NOTHING else value
