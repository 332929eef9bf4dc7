"""What newcomers type first, and a little wrong, is answered with what to type."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot.circles.rows import CircleRow, MemberRow
from bot.conversation.typed import Typed, recognise, understand
from tests.support.scene import ANA, BEN, FAY, ROOM, Scene, scene, words

OTHER = "!other:example.org"
A_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Scene]:
    """Give an installation without a circle."""
    async with scene(tmp_path) as found:
        yield found


@pytest_asyncio.fixture
async def north(here: Scene) -> Scene:
    """Give an open circle with a facilitator and a member."""
    await here.say(FAY, "!circle new north 2026-03-16")
    await here.join(ANA)
    await here.say(FAY, "!circle open north")
    return here


# --- dates ------------------------------------------------------------------------------------


async def test_a_circle_does_not_begin_in_the_past_on_its_own_clocks(here: Scene) -> None:
    here.clock.moment = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    assert "today is Tuesday, 3 March 2026" in await here.say(FAY, "!circle new north 2026-03-02")
    assert await here.all(CircleRow) == []
    assert "is made" in await here.say(FAY, "!circle new north 2026-03-02 zone=America/Lima")


async def test_who_opens_too_late_is_told_how_to_move_the_circle(here: Scene) -> None:
    await here.say(FAY, "!circle new north 2026-03-16")
    here.clock.moment = datetime(2027, 1, 6, tzinfo=UTC)
    said = await here.say(FAY, "!circle open north")
    assert "!circle move north ready 2027-01-18" in said


@pytest.mark.parametrize("year", [2026, 2031, 2100])
async def test_every_date_in_an_example_lies_ahead(north: Scene, year: int) -> None:
    north.clock.moment = datetime(year, 3, 10, 12, tzinfo=UTC)
    said = [
        await north.privately(FAY, "!help"),
        await north.privately(FAY, "!help my away"),
        await north.privately(FAY, "!my away soon"),
        await north.privately(FAY, "!circle"),
        await north.say(FAY, "!circle new"),
    ]
    await north.join(BEN)
    said.append(words((await north.posts())[-1].document))
    for answer in said:
        days = [date.fromisoformat(found) for found in A_DATE.findall(answer)]
        assert days
        assert all(day > north.clock.now().date() for day in days)


async def test_a_reminder_names_a_day_that_lies_ahead(north: Scene) -> None:
    (row,) = [
        r
        for r in await north.tick(north.clock.moment + timedelta(days=14, hours=1))
        if r.prompt == "introductions"
    ]
    await north.sent(row, "$intro")
    await north.tick(north.clock.moment + timedelta(days=3, hours=3))
    reminder = words((await north.posted("introductions-reminder"))[0].document)
    assert "!my away north 2026-03-30" in reminder


# --- how it is typed --------------------------------------------------------------------------


async def test_every_example_can_be_typed_as_it_stands(here: Scene) -> None:
    registry = here.application.registry
    for bound in registry:
        example = bound.example("", date(2026, 12, 7))
        found = recognise(registry, example)
        assert isinstance(found, Typed), example
        assert found.bound is bound
        assert understand(bound, found.words) is not None
        if any(parameter.required for parameter in bound.parameters):
            assert bound.command.example, f"{bound.command.name} needs words behind its name"


async def test_a_missing_word_is_answered_with_an_example_before_the_pattern(here: Scene) -> None:
    said = await here.privately(FAY, "!circle new north")
    fault, example, pattern, more = said.splitlines()
    assert fault == "I need first day as well."
    assert example == "For example: !circle new north 2026-03-09"
    assert pattern.startswith("In general: !circle new <name> <first day> [preset]")
    assert more == "Each part is explained by !help circle new."


async def test_help_for_a_command_shows_an_example_and_its_parts(north: Scene) -> None:
    said = await north.privately(FAY, "!help !circle move")
    assert "For example: !circle move planning 2026-03-09" in said
    assert "<date> - Its new first day" in said
    assert "[circle] - The circle's name" in said
    group = await north.privately(ANA, "!help my")
    assert "!my data" in group
    assert "!join" not in group
    assert "Did you mean !circle move?" in await north.privately(ANA, "!help circle mvoe")


async def test_help_shows_examples_and_no_patterns(north: Scene) -> None:
    said = await north.privately(ANA, "!help")
    assert "!my away 2026-03-09 - Be excused until a day" in said
    assert "!my forget yes - Remove everything" in said
    assert "<" not in said


# --- slips of the fingers ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("!hlep", "!help"),
        ("hepl", "!help"),
        ("!circle opne", "!circle open"),
        ("!circel open north", "!circle open"),
        ("!summary drat", "!summary draft"),
    ],
)
async def test_a_slip_is_answered_with_the_command_that_is_near(
    north: Scene, typed: str, meant: str
) -> None:
    said = await north.privately(ANA, typed)
    assert said == f"I do not know that command. Did you mean {meant}?"


async def test_in_a_shared_room_a_wrong_first_word_is_another_bots(north: Scene) -> None:
    assert await north.say(ANA, "!hlep") == ""
    assert "Did you mean !help?" in await north.say(ANA, "!hlep", addressed=True)
    called = await north.say(ANA, "Keeper: hlep", addressed=True, called="hlep")
    assert "Did you mean !help?" in called
    assert await north.say(ANA, "Keeper, my thanks", addressed=True, called="my thanks") == ""
    assert "Did you mean !circle open?" in await north.say(ANA, "!circle opne")


async def test_plain_words_are_no_slip(north: Scene) -> None:
    said = await north.privately(ANA, "please tell me more")
    assert "Did you mean" not in said
    assert "!help lists what I can do" in said


# --- circles that are not there ---------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "!circle open nowhere",
        "!circle extend nowhere 1",
        "!circle move nowhere planning 2026-04-01",
        "!circle quiet nowhere 7",
        "!prompt preview nowhere roll-call",
        "!my away nowhere 2026-04-01",
        "!my consent nowhere named no",
        "!join nowhere",
        "!leave nowhere",
    ],
)
async def test_a_circle_that_is_not_there_is_named(north: Scene, typed: str) -> None:
    await north.say(ANA, "!circle new hope 2026-03-16", room="!hers:example.org")
    said = await north.privately(FAY, typed)
    assert said == "There is no circle called nowhere. You can name: north."


async def test_of_several_circles_only_the_callers_own_are_named(north: Scene) -> None:
    await north.say(FAY, "!circle new south 2026-03-16", room=OTHER)
    await north.say(ANA, "!circle new hope 2026-03-16", room="!hers:example.org")
    assert "You can name: north, south." in await north.privately(FAY, "!circle open nowhere")
    stranger = await north.privately(BEN, "!join nowhere")
    assert "There is no circle called nowhere" in stranger
    assert not re.search("north|south|hope", stranger)


async def test_a_word_that_may_be_a_circle_or_not_is_told_to_be_neither(north: Scene) -> None:
    said = await north.privately(FAY, "!my away tomorrow")
    assert "until should be a date in numbers" in said
    assert "If a circle is meant: there is none called tomorrow." in said
    assert "a circle is meant" not in await north.privately(FAY, "!circle roles Ana carrer")


# --- joining, going and closing ---------------------------------------------------------------


@pytest.mark.parametrize("answer", ["yes", "no", "yes yes", "Yes, please"])
async def test_each_of_the_four_consents_is_answered(here: Scene, answer: str) -> None:
    await here.say(FAY, "!circle new north 2026-03-16")
    await here.say(ANA, "!join")
    for given in ("to listen", "bread", "company", "-"):
        last = await here.privately(ANA, given)
    said = await here.privately(ANA, answer)
    for asked in (last, said):
        for thing in ("take part", "be counted", "be quoted", "be named", "yes yes yes yes"):
            assert thing in asked
    assert "I need four words" in said
    assert len(await here.all(MemberRow)) == 1
    assert "You are in" in await here.privately(ANA, "Yes, Y, no, N")
    ana = (await here.all(MemberRow))[-1]
    assert (ana.takes_part, ana.counted, ana.quoted, ana.named) == (True, True, False, False)


async def test_who_was_not_away_is_not_welcomed_back(north: Scene) -> None:
    assert "You were not away" in await north.privately(ANA, "!my away")
    await north.privately(ANA, "!my away 2026-03-10")
    assert "Good to have you back" in await north.privately(ANA, "!my away")
    await north.privately(ANA, "!my away 2026-03-10")
    north.clock.advance(days=8)
    assert "You were not away" in await north.privately(ANA, "!my away")


async def test_a_circle_that_never_opened_is_put_away_without_ceremony(here: Scene) -> None:
    await here.say(FAY, "!circle new north 2026-03-16")
    await here.say(FAY, "!circle attach north", room=OTHER)
    said = await here.say(FAY, "!circle close north")
    line = "The circle north is put away without having been opened."
    assert said.splitlines() == [line, line]
    assert {row.target for row in (await here.posts())[-2:]} == {
        f"matrix:{ROOM}",
        f"matrix:{OTHER}",
    }


# --- my data and tidying ----------------------------------------------------------------------


async def test_how_to_be_forgotten_is_said_as_it_is_typed(north: Scene) -> None:
    assert "!my forget yes" in await north.privately(ANA, "!my data")
    assert "!my forget yes" in await north.privately(ANA, "!my forget")
    assert "!my forget yes" in await north.privately(ANA, "!help my forget")
    assert "!my forget yes removes it" in await north.privately(ANA, "!join north")


async def test_tidying_is_offered_once_a_day_a_person_and_a_room(north: Scene) -> None:
    async def offered(who: str, room: str = ROOM) -> bool:
        return "!my tidy" in await north.say(who, "!circle status north", room=room)

    assert await offered(ANA)
    assert not await offered(ANA)
    assert await offered(ANA, OTHER)
    assert await offered(FAY)
    north.clock.advance(hours=15)
    assert await offered(ANA), "it is tomorrow on her clocks"
    assert "the places of 4 of your commands" in await north.privately(ANA, "!my data")
