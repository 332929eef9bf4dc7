"""What buttons and forms carry in their custom ids, and what forms look like."""

from datetime import UTC, datetime

import pytest
from discord import ui

from adapters.discord import forms
from adapters.discord.buttons import view
from adapters.discord.client import build
from adapters.discord.markup import Commands
from adapters.discord.showing import shown
from adapters.discord.state import LASTING, LONGEST, Drafts, Sort, State, mark, read
from bot.conversation.commands import HELP, ShowHelp
from bot.conversation.dispatch import Dispatch
from bot.conversation.model import (
    Action,
    Actions,
    DeliveryKey,
    Form,
    FormField,
    document,
)
from bot.conversation.registry import Registry
from tests.adapters.discord.listener import Nobody
from tests.support.clocks import DrivenClock

KEY = DeliveryKey("north", "frame", "roll-call", 3, "discord:1-2")
MARK = mark(KEY)


def clock() -> DrivenClock:
    return DrivenClock(datetime(2026, 3, 2, tzinfo=UTC))


@pytest.mark.parametrize(
    "given",
    [
        (),
        (("prompt", "roll-call"), ("circle", "north")),
        (("words", "50% of a=b & c? Yes! Ünder-way\nand 😀"),),
        (("empty", ""), ("a", "1")),
    ],
)
def test_a_custom_id_gives_back_what_it_was_made_of(given: tuple[tuple[str, str], ...]) -> None:
    state = State(Sort.OPENS, MARK, "review approve", given)
    assert len(str(state)) <= LONGEST
    assert read(str(state)) == state


@pytest.mark.parametrize("other", ["", "answer", "x.y.z?", "g.mark", "role:1"])
def test_what_is_not_ours_is_left_alone(other: str) -> None:
    assert read(other) is None


def test_a_mark_has_room_for_the_command_beside_it() -> None:
    assert len(MARK) == 16
    assert mark(DeliveryKey("north", "frame", "roll-call", 4, "discord:1-2")) != MARK


def test_long_words_are_remembered_for_a_while_and_short_ones_carried() -> None:
    time = clock()
    drafts = Drafts(time.now)
    state = State(Sort.FORM, MARK, "answer", (("words", "bread " * 500), ("prompt", "roll-call")))
    packed = drafts.packed(state)
    assert len(packed) <= LONGEST
    there = read(packed)
    assert there is not None
    assert drafts.unpacked(there) == state
    elsewhere = Drafts(time.now).unpacked(there)
    assert elsewhere.given == (("prompt", "roll-call"),)
    time.advance(minutes=LASTING.total_seconds() / 60)
    assert drafts.unpacked(there).given == (("prompt", "roll-call"),)


def test_a_client_is_built_with_all_commands_before_there_is_a_loop_or_a_line() -> None:
    registry = Registry([HELP.using(ShowHelp(Registry(), "!", clock()))])
    client = build(Dispatch(registry, Nobody(), {}, "!", lambda: "1", clock()))
    assert [command.name for command in client.tree.get_commands()] == ["help"]
    assert client.known.shown("!help") == "`/help`"


def test_the_same_post_has_the_same_buttons_each_time_it_is_made() -> None:
    drafts = Drafts(clock().now)
    given = (("words", "bread " * 500),)
    state = State(Sort.OPENS, MARK, "answer", given)
    assert drafts.packed(state) == drafts.packed(state)


async def test_buttons_keep_to_what_discord_takes() -> None:
    many = tuple(Action(f"{n} {'very ' * 30}", "help", (("command", "join"),)) for n in range(30))
    made = view(document("Which?", Actions(many)), KEY, Drafts(clock().now))
    assert made is not None
    buttons = [each for each in made.children if isinstance(each, ui.Button)]
    assert len(buttons) == 25
    assert len({each.custom_id for each in buttons}) == 25
    assert all(len(each.label or "") <= 80 for each in buttons)
    assert made.is_finished(), "discord.py would remember it for ever"


def component(field: FormField) -> ui.Item[ui.Modal]:
    made = forms.modal(Form("A form", "answer", (field,)), "1", Drafts(clock().now))
    (label,) = made.children
    assert isinstance(label, ui.Label)
    return label.component


def choices(count: int) -> tuple[tuple[str, str], ...]:
    return tuple((f"v{n}", f"Choice {n}") for n in range(count))


@pytest.mark.parametrize(
    ("count", "many", "kind"),
    [
        (2, False, ui.RadioGroup),
        (10, False, ui.RadioGroup),
        (11, False, ui.Select),
        (1, False, ui.Select),
        (1, True, ui.CheckboxGroup),
        (10, True, ui.CheckboxGroup),
        (25, True, ui.Select),
    ],
)
async def test_choices_are_shown_by_how_many_there_are(
    count: int, many: bool, kind: type[ui.Item[ui.Modal]]
) -> None:
    made = component(FormField("f", "Which?", choices=choices(count), many=many, value="v0"))
    assert isinstance(made, kind)
    assert [each.value for each in made.options if each.default] == ["v0"]  # type: ignore[attr-defined]  # all three have them


async def test_a_choice_of_nothing_comes_back_as_nothing() -> None:
    empty = FormField("f", "Which?", choices=(("", "As it is"), ("x", "X")), value="")
    made = component(empty)
    assert isinstance(made, ui.RadioGroup)
    (chosen,) = [each.value for each in made.options if each.default]
    data = {"components": [{"type": 18, "component": {"custom_id": "f", "value": chosen}}]}
    assert forms.submitted(data) == (("f", ""),)


async def test_titles_and_labels_are_cut_to_what_discord_takes() -> None:
    words = "far too many words " * 20
    field = FormField("f", words, about=words, value=words * 20, long=True)
    made = forms.modal(Form(words, "answer", (field,) * 7), "1", Drafts(clock().now))
    assert len(made.title) <= 45
    assert len(made.children) == 5
    label = made.children[0]
    assert isinstance(label, ui.Label)
    assert len(label.text) <= 45
    assert len(label.description or "") <= 100


def test_a_long_document_is_one_message_with_more_below_it() -> None:
    made = shown(document(*(f"Line {n} {'and so on ' * 20}" for n in range(30))), Commands())
    assert len(made["content"]) <= 2000
    assert sum(len(embed) for embed in made["embeds"]) <= 6000
    whole = made["content"] + "".join(embed.description for embed in made["embeds"])
    assert all(f"Line {n} " in whole for n in range(30))
