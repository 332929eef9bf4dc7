"""Joining in one form: the same members, consents and words as the guided exchange makes."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.circles.rows import JoiningRow, MemberRow
from bot.conversation.model import DomainError, Form
from bot.participation.rows import ContributionRow
from tests.support.commons import Commons, button, commons


@pytest_asyncio.fixture
async def north(tmp_path: Path) -> AsyncIterator[Commons]:
    """Give an open circle with Fay, who facilitates, alone."""
    async with commons(tmp_path) as here:
        await here.say("fay", "!circle open north")
        yield here


async def form_of(here: Commons, who: str) -> Form:
    """Return the form behind the button of the post that opened the circle."""
    entry = next(e for e in here.entries() if "is open" in e.event.text)
    form = await here.form(who, button(entry))
    assert form is not None
    return form


async def member(here: Commons, who: str) -> MemberRow | None:
    """Return what is kept of somebody as a member."""
    rows = [row for row in await here.all(MemberRow) if isinstance(row, MemberRow)]
    return next((row for row in rows if row.person == who), None)


async def test_a_circle_that_is_made_and_one_that_opens_offer_a_button_to_join(
    north: Commons,
) -> None:
    offers = [button(e) for e in north.entries() if "!join north" in e.event.text]
    assert [(each.label, each.command, each.form) for each in offers] == [
        ("Join", "join", True),
        ("Join", "join", True),
    ]


async def test_the_form_has_five_fields_and_nothing_is_agreed_to_beforehand(
    north: Commons,
) -> None:
    form = await form_of(north, "ana")
    assert [field.name for field in form.fields] == ["goal", "gives", "needs", "zone", "consents"]
    *_, zone, consents = form.fields
    assert (zone.value, consents.value, consents.many) == ("Europe/Berlin", "", True)
    assert [value for value, _ in consents.choices] == ["part", "counted", "quoted", "named"]
    parts = [f.label for f in form.fields] + [form.title]
    assert max(map(len, parts)) <= 45
    assert max(len(words) for _, words in consents.choices) <= 100


async def test_who_joins_by_form_is_the_member_whom_the_exchange_would_make(
    north: Commons,
) -> None:
    form = await form_of(north, "ana")
    said = {"goal": "to listen", "gives": "bread", "needs": "company"}
    told = await north.submit("ana", form, consents="part quoted", **said)
    assert "You are in" in told
    assert "my forget" in told, "the form has no room to say what is kept"
    await north.join("ben", "yes no yes no")
    (ana, ben) = [await member(north, who) for who in ("ana", "ben")]
    assert ana is not None
    assert ben is not None
    apart = {"id", "person", "name", "joined_at"}
    assert {k: v for k, v in ana if k not in apart} == {k: v for k, v in ben if k not in apart}
    welcomes = [text for text in north.shown() if "Please welcome" in text]
    assert len(welcomes) == 2


async def test_who_joins_again_by_form_finds_what_they_said_and_narrows_it(
    north: Commons,
) -> None:
    await north.join("ana")
    await north.say("ana", "three more words")
    assert len(await north.all(ContributionRow)) == 1
    form = await form_of(north, "ana")
    assert {f.name: f.value for f in form.fields} == {
        "goal": "to listen",
        "gives": "bread",
        "needs": "company",
        "zone": "Europe/Berlin",
        "consents": "part counted quoted named",
    }
    await north.submit("ana", form, consents="part")
    assert await north.all(ContributionRow) == []
    assert len([text for text in north.shown() if "Please welcome" in text]) == 1


async def test_who_ticks_no_part_is_not_in_the_circle(north: Commons) -> None:
    told = await north.submit("ana", await form_of(north, "ana"), consents="named")
    assert "you are not in the circle" in told
    assert await member(north, "ana") is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"zone": "Nowhere/Land", "consents": "part"}, "Nowhere/Land"),
        ({"consents": "part everything"}, "everything"),
        ({"consents": ""}, "agree"),
    ],
)
async def test_a_form_that_cannot_be_understood_changes_nothing(
    north: Commons, fields: dict[str, str], said: str
) -> None:
    await north.join("ana")
    before = await member(north, "ana")
    told = await north.submit("ana", await form_of(north, "ana"), goal="another", **fields)
    assert said in told
    assert await member(north, "ana") == before


async def test_a_form_ends_the_exchange_that_was_begun(north: Commons) -> None:
    await north.say("ana", "!join north")
    await north.submit("ana", await form_of(north, "ana"), consents="part")
    assert await north.all(JoiningRow) == []


async def test_the_same_can_be_typed_at_once(north: Commons) -> None:
    await north.say("ana", '!join north goal="to listen" consents="part named"')
    row = await member(north, "ana")
    assert row is not None
    assert (row.goal, row.value().consents.named, row.value().consents.quoted) == (
        "to listen",
        True,
        False,
    )


async def test_who_is_in_no_room_and_who_is_too_late_get_no_form(north: Commons) -> None:
    form = await form_of(north, "ana")
    entry = next(e for e in north.entries() if "is open" in e.event.text)
    north.community.person("eve", "Eve")
    elsewhere = north.click("eve", "join", *button(entry).given, room="!elsewhere")
    with pytest.raises(DomainError, match="Come into a room"):
        await north.application.dispatch.form(elsewhere)
    await north.say("fay", "!circle close north")
    with pytest.raises(DomainError, match="closed"):
        await form_of(north, "ana")
    assert "closed" in await north.submit("ana", form, consents="part")
    assert await member(north, "ana") is None
