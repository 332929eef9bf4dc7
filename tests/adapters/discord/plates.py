"""Commands of a test's own: with a form, with a menu, with a long answer, and one that fails."""

# ruff: noqa: ARG001 - a handler takes all three

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from bot.conversation.model import (
    Action,
    Actions,
    Audience,
    Caller,
    Document,
    DomainError,
    File,
    Form,
    FormField,
    document,
    say,
)
from bot.conversation.registry import Arg, Bound, Command

LONGEST = 40


@dataclass
class Table:
    """What was ordered, by whom; `closed` refuses everything."""

    orders: list[tuple[str, str, str, str]] = field(default_factory=list)
    noted: list[tuple[str, str]] = field(default_factory=list)
    closed: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """Order a plate."""

    plate: Annotated[str, Arg("What should be on it", rest=True)]
    size: Annotated[str, Arg("How much", choices=("small", "large"))] = "small"
    with_: Annotated[str, Arg("What goes with it")] = ""
    table: Annotated[int, Arg("The table's number", 1, 99)] = 1


async def _order(table: Table, ask: Order, caller: Caller) -> Document:
    if table.closed:
        raise DomainError(table.closed)
    if len(ask.plate) > LONGEST:
        raise DomainError(f"A plate holds {LONGEST} letters.")
    table.orders.append((ask.plate, ask.size, ask.with_, str(ask.table)))
    return document(
        f"{ask.size} {ask.plate} with {ask.with_ or 'nothing'} for table {ask.table}",
        Actions((Action("Order again", "plate order", (("plate", ask.plate),)),)),
    )


async def _order_form(table: Table, given: Mapping[str, str], caller: Caller) -> Form:
    if table.closed:
        raise DomainError(table.closed)
    earlier = next((o[0] for o in reversed(table.orders)), "")
    sides = (("salad", "A salad"), ("rice", "Rice"), ("bread", "Bread"))
    return Form(
        "Your plate",
        "plate order",
        (
            FormField("plate", "What should be on it?", value=earlier, required=True, long=True),
            FormField("size", "How much?", choices=(("small", "Small"), ("large", "Large"))),
            FormField("with_", "With it", choices=sides, many=True),
        ),
        tuple(given.items()),
    )


@dataclass(frozen=True, slots=True)
class Note:
    """Note a message of somebody's."""


async def _note(table: Table, ask: Note, caller: Caller) -> Document:
    subject = caller.subject
    if subject is None:
        raise DomainError("Use it on a message.")
    table.noted.append((subject.id, subject.text))
    return say("Noted.")


@dataclass(frozen=True, slots=True)
class Menu:
    """Show the buttons in the room."""


async def _menu(table: Table, ask: Menu, caller: Caller) -> Document:
    open_, order = (("table", "7"),), (("plate", "soup"), ("table", "7"))
    return document(
        "What would you like?",
        Actions(
            (
                Action("Write it", "plate order", open_, form=True),
                Action("Soup, please", "plate order", order),
            )
        ),
    )


@dataclass(frozen=True, slots=True)
class Recipe:
    """Show a long recipe."""

    lines: Annotated[int, Arg("How many lines", 1, 1000)] = 1


async def _recipe(table: Table, ask: Recipe, caller: Caller) -> Document:
    steps = (f"Step {number}: stir {'and stir ' * 10}" for number in range(ask.lines))
    picture = File("a plate.png", "image/png", b"\x89PNG-a-plate", "A plate of soup")
    return document(*steps, picture)


def plates(table: Table) -> tuple[Bound, ...]:
    """Return the commands, bound to a table."""
    order = Command("plate order", Order, _order, form=_order_form)
    note = Command("plate note", Note, _note, menu="Note this")
    menu = Command("plate menu", Menu, _menu, audience=Audience.ROOM)
    recipe = Command("plate recipe", Recipe, _recipe)
    return tuple(each.using(table) for each in (order, note, menu, recipe))
