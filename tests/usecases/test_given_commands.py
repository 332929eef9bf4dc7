"""Commands that come by their fields, and words that the bot is not shown."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from bot.conversation.model import DomainError, Kind
from bot.participation.rows import ContributionRow
from tests.support.scene import ANA, FAY, Scene, scene, words

ASKED = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest_asyncio.fixture
async def north(tmp_path: Path) -> AsyncIterator[Scene]:
    """Give an open circle with Fay, who facilitates, and Ana."""
    async with scene(tmp_path) as here:
        await here.say(FAY, "!circle new north 2026-03-16")
        await here.join(ANA)
        await here.say(FAY, "!circle open north")
        yield here


async def given(scene: Scene, who: str, name: str, *fields: tuple[str, str]) -> str:
    """Let somebody give a command by its fields; return the answer."""
    event = scene.event(who, name, kind=Kind.COMMAND, given=fields)
    return words((await scene.application.dispatch(event)).document)


async def test_a_command_by_its_fields_does_what_the_typed_one_does(north: Scene) -> None:
    typed = await north.privately(FAY, "!circle status north")
    assert typed
    assert await given(north, FAY, "circle status", ("circle", "north")) == typed


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ((("circle", "nowhere"), ("weeks", "1")), "nowhere"),
        ((("weeks", "many"),), "weeks"),
        ((("days", "1"),), "days"),
        ((), "weeks"),
    ],
)
async def test_fields_that_are_wrong_are_named_and_change_nothing(
    north: Scene, fields: tuple[tuple[str, str], ...], said: str
) -> None:
    before = await north.privately(FAY, "!circle status north")
    assert said in await given(north, FAY, "circle extend", *fields)
    assert await north.privately(FAY, "!circle status north") == before


async def test_suggestions_name_only_what_the_caller_may_know(north: Scene) -> None:
    async def suggested(who: str, field: str, text: str) -> list[str]:
        event = north.event(who, "circle move", kind=Kind.COMMAND, room="!elsewhere:example.org")
        return await north.application.dispatch.suggest(event, field, text)

    assert await suggested(FAY, "circle", "no") == ["north"]
    assert await suggested("@eve:example.org", "circle", "") == []


async def test_words_that_the_bot_is_not_shown_are_no_number(north: Scene) -> None:
    await north.hear(north.event(ANA, "", readable=False), north.event(ANA, "three more words"))
    assert [row.words for row in await north.all(ContributionRow)] == [None, 3]


async def test_a_form_is_built_from_what_was_given_already(north: Scene) -> None:
    row = next(r for r in await north.tick(ASKED) if r.prompt == "roll-call")
    await north.sent(row, "$roll")
    fields = (("circle", "north"), ("prompt", "roll-call"), ("words", "I am"), ("show", "counted"))
    event = north.event(ANA, "answer", kind=Kind.COMMAND, given=fields)
    form = await north.application.dispatch.form(event)
    assert form is not None
    assert (form.command, dict(form.given)) == (
        "answer",
        {"circle": "north", "prompt": "roll-call.0"},
    )
    assert {field.name: field.value for field in form.fields} == {
        "words": "I am",
        "show": "counted",
    }


async def test_a_form_is_refused_to_who_may_not_give_its_command(north: Scene) -> None:
    event = north.event("@eve:example.org", "answer", kind=Kind.COMMAND)
    with pytest.raises(DomainError):
        await north.application.dispatch.form(event)
