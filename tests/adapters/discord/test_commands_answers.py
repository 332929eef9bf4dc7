"""What is shown in the place where the author of an interaction alone sees it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from discord import ui

from adapters.discord import places
from adapters.discord.buttons import custom_ids, marked, marked_view, marks, view
from adapters.discord.places import AnswerPlace
from adapters.discord.state import Drafts
from bot.conversation.model import (
    Action,
    Actions,
    DeliveryKey,
    Document,
    File,
    MessageRef,
    RoomRef,
    document,
    say,
)
from tests.adapters.discord.kept import Kept, kept
from tests.adapters.discord.plates import Table, plates
from tests.adapters.discord.test_commands_forms import Inn
from tests.support.clocks import DrivenClock
from tests.support.discord.answers import Asked
from tests.support.discord.server import StandIn


@pytest_asyncio.fixture
async def inn(discord: StandIn, tmp_path: Path) -> AsyncIterator[Inn]:
    guild = discord.world.guild("Inn")
    room = discord.world.text(guild, "tables")
    fay, ana = discord.human("Fay", guild), discord.human("Ana", guild)
    table = Table()
    async with kept(discord, tmp_path, fay, more=plates(table)) as bot:
        yield Inn(bot, table, ana, room)


def key(part: int = 0) -> DeliveryKey:
    return DeliveryKey("-", "answer", "1", 0, "discord:x", part)


async def acknowledged(inn: Inn) -> tuple[Asked, AnswerPlace]:
    """Let Ana ask something to which the test gives the answer."""

    async def keep(_: object) -> None:
        pass

    inn.bot.client.hear = keep
    asked = await inn.ana.slash("my circles", channel=inn.room)
    await asked.acknowledged()
    found = asked.interaction
    return asked, AnswerPlace(inn.ana.id, found.id, found.token)


async def show(bot: Kept, place: AnswerPlace, said: Document, part: int = 0) -> MessageRef:
    return await bot.platform.post(RoomRef("discord", str(place)), said, key=key(part))


PICTURE = File("a plate.png", "image/png", b"\x89PNG-a-plate", "A plate of soup")


async def test_parts_and_files_are_shown_in_one_answer_and_never_twice(inn: Inn) -> None:
    parts = [say("One."), say("Two."), Document((PICTURE,)), say("Four.")]
    async with inn.bot.running():
        asked, place = await acknowledged(inn)
        for number, part in enumerate(parts):
            await show(inn.bot, place, part, number)
            await show(inn.bot, place, part, number)
        await show(inn.bot, place, parts[0], 0)
    (message,) = asked.interaction.shown
    assert message.content == "One."
    assert [embed["description"] for embed in message.embeds] == ["Two.", "Four."]
    (picture,) = message.attachments
    assert picture.data == PICTURE.content
    assert picture.description == PICTURE.description


async def test_what_has_no_room_in_the_answer_comes_directly(inn: Inn) -> None:
    async with inn.bot.running():
        asked, place = await acknowledged(inn)
        for number in range(6):
            await show(inn.bot, place, say(f"{number} {'words ' * 290}"), number)
        (message,) = asked.interaction.shown
        assert len(message.embeds) == 3
        sent = inn.ana.read(inn.ana.dm())
    assert [each.content[:1] for each in sent] == ["4", "5"]


async def test_a_long_answer_arrives_whole(inn: Inn) -> None:
    async with inn.bot.running():
        asked = await inn.ana.slash("plate recipe", channel=inn.room, lines=50)
        await inn.bot.standin.world.until(
            lambda: next((m for m in asked.interaction.shown if m.attachments), None), 5, "a file"
        )
    (message,) = asked.interaction.shown
    told = message.content + "".join(embed["description"] for embed in message.embeds)
    assert all(f"Step {number}:" in told for number in range(50))


async def test_after_a_quarter_of_an_hour_an_answer_comes_directly(inn: Inn) -> None:
    async with inn.bot.running():
        _, place = await acknowledged(inn)
        inn.bot.standin.world.pass_time(minutes=16)
        shown = await show(inn.bot, place, say("Late."))
        again = await show(inn.bot, place, say("Late."))
        sent = inn.ana.read(inn.ana.dm())
    assert [each.content for each in sent] == ["Late."]
    assert shown == again
    assert shown.room == places.room(None, inn.ana.dm().id)


async def test_an_answer_whose_place_is_gone_comes_directly(inn: Inn) -> None:
    async with inn.bot.running():
        _, place = await acknowledged(inn)
        gone = AnswerPlace(place.user, place.interaction, "another-token")
        await show(inn.bot, gone, say("Here."))
        await inn.ana.wait_for_text(inn.ana.dm(), "Here.")


@pytest.mark.parametrize("fault", ["lost", "refused"])
async def test_an_edit_whose_fate_is_unknown_is_made_again(inn: Inn, fault: str) -> None:
    async with inn.bot.running():
        asked = await inn.ana.slash("plate menu", channel=inn.room)
        if fault == "lost":
            inn.bot.standin.faults.lose("PATCH /webhooks/")
        else:
            inn.bot.standin.faults.answer(500, "PATCH /webhooks/", commits=True)
        assert "in the room" in (await asked.answer()).content
    assert len(asked.interaction.shown) == 1


async def test_buttons_tell_whose_post_they_stand_on(inn: Inn) -> None:
    said = document("Which?", Actions((Action("This", "help", (("command", "join"),)),)))
    async with inn.bot.running() as client:
        _, place = await acknowledged(inn)
        await show(inn.bot, place, said)
        room = client.get_partial_messageable(inn.room.id)
        shown = await inn.bot.platform.post(
            places.room(inn.room.guild_id, inn.room.id), said, key=key()
        )
        message = await room.fetch_message(int(shown.id))
    assert marked(custom_ids(message), key())
    assert not marked(custom_ids(message), key(1))


async def test_what_was_never_acknowledged_is_answered_directly(inn: Inn) -> None:
    async with inn.bot.running():
        pass
    found = (await inn.ana.slash("my circles", channel=inn.room)).interaction
    async with inn.bot.running():
        await show(inn.bot, AnswerPlace(inn.ana.id, found.id, found.token), say("Here I am."))
        await inn.ana.wait_for_text(inn.ana.dm(), "Here I am.")


async def test_a_post_that_is_edited_keeps_its_mark() -> None:
    said = document("Which?", Actions((Action("This", "help", (("command", "join"),)),)))
    drafts = Drafts(DrivenClock(datetime(2026, 3, 2, tzinfo=UTC)).now)

    def on(made: ui.View | None) -> list[str]:
        assert made is not None
        return [each.custom_id or "" for each in made.children if isinstance(each, ui.Button)]

    first = on(view(said, key(), drafts))
    again = on(marked_view(said, marks(first)[0], drafts))
    assert marked(again, key())
