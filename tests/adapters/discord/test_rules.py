"""What Discord's description does not say and the stand-in holds to."""

from typing import Any

import pytest

from tests.support.discord import rules
from tests.support.discord.model import COMPONENTS_V2, ApiError, Attachment, Draft


def _button(number: int, **other: object) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": f"go-{number}"} | other


def _row(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"type": 1, "components": list(parts)}


def _file(size: int) -> Attachment:
    return Attachment(1, "plan.txt", b"x" * size, "text/plain", 1)


FITTING = [
    Draft("x" * 2000),
    Draft(embeds=[{"title": "x" * 256, "description": "x" * 4096}, {"description": "x" * 1648}]),
    Draft(components=[_row(*(_button(row * 5 + n) for n in range(5))) for row in range(5)]),
    Draft(components=[{"type": 10, "content": "x" * 4000}], flags=COMPONENTS_V2),
    Draft(attachments=[_file(1)] * 10),
]

UNFIT = [
    (Draft(), 50006),
    (Draft(" \n"), 50006),
    (Draft(flags=COMPONENTS_V2), 50006),
    (Draft("x" * 2001), 50035),
    (Draft(embeds=[{"title": "x" * 257}]), 50035),
    (Draft(embeds=[{"description": "x" * 3001}] * 2), 50035),
    (Draft(embeds=[{"fields": [{"name": "x" * 256, "value": "x" * 1024}] * 5}]), 50035),
    (Draft(components=[_row(_button(n)) for n in range(6)]), 50035),
    (Draft(components=[_row(*(_button(n) for n in range(6)))]), 50035),
    (Draft(components=[_row(_button(1), _button(1))]), 50035),
    (Draft(components=[_row(_button(1, label="x" * 81))]), 50035),
    (Draft(components=[_row(_button(1, label=""))]), 50035),
    (Draft(components=[_row(_button(1, custom_id="x" * 101))]), 50035),
    (Draft(components=[{"type": 10, "content": "Old style"}]), 50035),
    (Draft("And words", components=[{"type": 10, "content": "x"}], flags=COMPONENTS_V2), 50035),
    (Draft(components=[{"type": 10, "content": "x" * 4001}], flags=COMPONENTS_V2), 50035),
    (Draft(components=[{"type": 10, "content": "x"}] * 41, flags=COMPONENTS_V2), 50035),
    (Draft(attachments=[_file(1)] * 11), 50035),
    (Draft(attachments=[_file(rules.FILE_BYTES + 1)]), 40005),
]


@pytest.mark.parametrize("draft", FITTING)
def test_a_message_up_to_the_limits_is_taken(draft: Draft) -> None:
    assert rules.message(draft) is None


@pytest.mark.parametrize(("draft", "code"), UNFIT)
def test_a_message_beyond_the_limits_is_refused(draft: Draft, code: int) -> None:
    with pytest.raises(ApiError) as refused:
        rules.message(draft)
    assert refused.value.body["code"] == code


def _form(**other: object) -> dict[str, Any]:
    field = {"type": 4, "custom_id": "words", "style": 2}
    label = {"type": 18, "label": "Words", "component": field}
    return {"title": "Form", "custom_id": "form", "components": [label]} | other


def _label(number: int, **other: object) -> dict[str, Any]:
    field = {"type": 4, "custom_id": f"words-{number}", "style": 2}
    return {"type": 18, "label": "Words", "component": field} | other


@pytest.mark.parametrize(
    "form",
    [
        _form(title="x" * 46),
        _form(title=""),
        _form(custom_id="x" * 101),
        _form(components=[]),
        _form(components=[_label(n) for n in range(6)]),
        _form(components=[_label(1), _label(1)]),
        _form(components=[_label(1, label="x" * 46)]),
        _form(components=[_label(1, description="x" * 101)]),
        _form(
            components=[
                _label(1, component={"type": 4, "custom_id": "w", "style": 2, "value": "x" * 4001})
            ]
        ),
    ],
)
def test_a_form_beyond_the_limits_is_refused(form: dict[str, Any]) -> None:
    assert rules.modal(_form(components=[_label(n) for n in range(5)])) is None
    with pytest.raises(ApiError):
        rules.modal(form)


def _command(**other: object) -> dict[str, Any]:
    return {"name": "circle", "description": "A circle", "options": []} | other


def _option(name: str = "name", kind: int = 3, **other: object) -> dict[str, Any]:
    return {"type": kind, "name": name, "description": "Its name"} | other


BIG = [_option(f"o{n}", description="x" * 100) for n in range(25)]


@pytest.mark.parametrize(
    "command",
    [
        _command(name="Circle"),
        _command(name="x" * 33),
        _command(name="two words"),
        _command(description="x" * 101),
        _command(description=""),
        _command(options=[_option(f"o{n}") for n in range(26)]),
        _command(options=[_option(f"s{n}", 1) for n in range(26)]),
        _command(options=[_option(), _option()]),
        _command(options=[_option("a", 1), _option("b", 3)]),
        _command(options=[_option("a"), _option("b", required=True)]),
        _command(options=[_option("a", 2, options=[_option("b", 2, options=[])])]),
        _command(options=[_option("a", choices=[{"name": "x", "value": "x"}] * 26)]),
        _command(options=[_option(f"s{n}", 1, options=BIG) for n in range(4)]),
    ],
)
def test_a_command_beyond_the_rules_is_refused(command: dict[str, Any]) -> None:
    assert rules.commands([_command(options=BIG), {"name": "Add to Notes", "type": 3}]) is None
    with pytest.raises(ApiError):
        rules.commands([command])


def test_commands_are_told_apart_by_name_and_counted() -> None:
    with pytest.raises(ApiError):
        rules.commands([_command(), _command()])
    with pytest.raises(ApiError) as many:
        rules.commands([_command(name=f"c{number}") for number in range(101)])
    assert many.value.body["code"] == 30032
