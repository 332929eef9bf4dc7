"""Typed commands are understood, or answered with how to type them."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.model import Caller, Document, DomainError, Role, say
from bot.conversation.registry import Arg, Command, Registry
from bot.conversation.typed import (
    Typed,
    Unknown,
    first_word,
    meant,
    names_a_circle,
    recognise,
    understand,
)


@dataclass(frozen=True, slots=True)
class Extend:
    """Make a phase longer."""

    weeks: Annotated[int, Arg("How many", 1, 12)]
    until: Annotated[date | None, Arg("A day")] = None
    sure: Annotated[bool, Arg("Really")] = False
    how: Annotated[str, Arg("How", choices=("soft", "hard"))] = "soft"
    why: Annotated[str, Arg("Words", rest=True)] = ""


async def _extend(_verb: object, ask: Extend, _caller: Caller) -> Document:
    return say(str(ask.weeks))


EXTEND = Command("circle extend", Extend, _extend, Role.FACILITATOR, circle=True).using(None)
REGISTRY = Registry([EXTEND])


def test_words_are_given_to_fields_in_order() -> None:
    ask = understand(EXTEND, "3 2026-03-02 yes hard because  it\nis fun")
    assert ask == Extend(3, date(2026, 3, 2), True, "hard", "because  it\nis fun")


@dataclass(frozen=True, slots=True)
class New:
    """Make something."""

    zone: Annotated[str, Arg("A zone", like=r"\w+/\w+")] = ""
    threads: Annotated[str, Arg("Threads", named=True)] = ""
    purpose: Annotated[str, Arg("Words", rest=True)] = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Note something."""

    what: Annotated[str, Arg("Words", rest=True)]
    how_often: Annotated[int, Arg("How often")] = 1


async def _new(_verb: object, _ask: New, _caller: Caller) -> Document:
    return say("")


def test_a_word_that_does_not_look_like_a_field_is_left_to_the_next() -> None:
    new = Command("circle new", New, _new).using(None)
    assert understand(new, "to learn on Europe/Berlin") == New(purpose="to learn on Europe/Berlin")
    assert understand(new, "Europe/Berlin to learn threads=off") == New(
        "Europe/Berlin", "off", "to learn"
    )


def test_a_field_may_be_named() -> None:
    assert understand(EXTEND, '2 how=hard why="so be it"') == Extend(2, how="hard", why="so be it")
    assert understand(EXTEND, "--weeks=4") == Extend(4)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        ("", "I need weeks"),
        ("many", "weeks should be a whole number"),
        ("13", "goes from 1 to 12"),
        ("3 tomorrow", "year-month-day"),
        ("3 2027-02-30", "There is no 30 February 2027: that month has 28 days."),
        ("3 2027-2-29", "There is no 29 February 2027"),
        ("3 until=2027-13-01", "There is no month 13"),
        ("3 how=loud", "soft, hard"),
    ],
)
def test_a_wrong_word_is_told_what_it_should_be(words: str, hint: str) -> None:
    with pytest.raises(DomainError, match=hint):
        understand(EXTEND, words)


def test_a_date_needs_no_noughts() -> None:
    assert understand(EXTEND, "3 2027-3-1") == Extend(3, date(2027, 3, 1))


def test_the_pattern_names_what_stands_behind_free_words() -> None:
    said = Command("circle note", Note, _new).using(None)
    assert said.usage("!") == "!circle note <what> [how_often=...]"
    assert understand(said, "two words how_often=3") == Note("two words", 3)


def test_a_command_is_recognised_by_its_two_words() -> None:
    assert recognise(REGISTRY, "Circle  Extend 3") == Typed(EXTEND, "3")
    assert recognise(REGISTRY, "circle extned 3") == Unknown("circle extned 3", (EXTEND,))
    assert recognise(REGISTRY, "weather Berlin") is None
    assert meant(REGISTRY, "cirle extend") == [EXTEND]
    assert meant(REGISTRY, "could somebody help me") == []


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("nowhere 3", True),
        ("nowhere 3 2027-03-01", True),
        ("nowhere", False),
        ("nowhere many", False),
        ("3 2027-03-01", False),
        ("3 4", False),
        ("", False),
    ],
)
def test_a_word_that_can_only_be_a_circles_name_is_told_apart(words: str, named: bool) -> None:
    assert names_a_circle(EXTEND, words) is named


def test_quotes_make_one_word_of_several() -> None:
    assert first_word('"two words" rest') == ("two words", "rest")
    assert first_word("“curly ones” rest") == ("curly ones", "rest")


@given(st.text())
def test_no_words_break_the_parser(words: str) -> None:
    recognise(REGISTRY, words)
    meant(REGISTRY, words)
    names_a_circle(EXTEND, words)
    try:
        understand(EXTEND, words)
    except DomainError as refusal:
        assert str(refusal).endswith((".", "”"))  # noqa: PT017 - any words may be right as well


def test_two_commands_cannot_have_one_name() -> None:
    with pytest.raises(ValueError, match="twice"):
        Registry([EXTEND, EXTEND])
