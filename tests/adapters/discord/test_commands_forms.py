"""Buttons, forms and menus by people's clients, and what is left of them after a restart."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests.adapters.discord.kept import Kept, kept
from tests.adapters.discord.plates import LONGEST, Table, plates
from tests.support.discord import permissions
from tests.support.discord.humans import Human
from tests.support.discord.model import Channel, Message
from tests.support.discord.server import StandIn


@dataclass
class Inn:
    """A room with the bot, Ana, and commands with forms."""

    bot: Kept
    table: Table
    ana: Human
    room: Channel

    async def menu(self) -> Message:
        """Let the bot post its buttons in the room."""
        await self.ana.slash("plate menu", channel=self.room)
        return await self.ana.wait_for_text(self.room, "What would you like?")


@pytest_asyncio.fixture
async def inn(discord: StandIn, tmp_path: Path) -> AsyncIterator[Inn]:
    guild = discord.world.guild("Inn")
    room = discord.world.text(guild, "tables")
    fay, ana = discord.human("Fay", guild), discord.human("Ana", guild)
    table = Table()
    async with kept(discord, tmp_path, fay, more=plates(table)) as bot:
        yield Inn(bot, table, ana, room)


SOUP = {"plate": "soup", "size": "large", "with_": ["rice", "bread"]}


async def test_a_button_opens_a_form_whose_answers_become_the_command(inn: Inn) -> None:
    async with inn.bot.running():
        form = (await (await inn.ana.press(await inn.menu(), "Write it")).answer()).modal
        assert form.title == "Your plate"
        shown = await (await inn.ana.submit(form, SOUP)).answer()
    assert "large soup with rice bread for table 7" in shown.content
    assert shown.ephemeral
    assert inn.table.orders == [("soup", "large", "rice bread", "7")]


async def test_a_button_without_a_form_gives_its_command(inn: Inn) -> None:
    async with inn.bot.running():
        asked = await inn.ana.press(await inn.menu(), "Soup, please")
        assert "small soup" in (await asked.answer()).content
    assert len(asked.interaction.shown) == 1


async def test_the_post_of_a_button_is_what_its_command_replies_to(inn: Inn) -> None:
    async with inn.bot.running():
        menu = await inn.menu()
        await (await inn.ana.press(menu, "Soup, please")).answer()
    assert inn.bot.events[-1].reply_to == str(menu.id)


@pytest.mark.parametrize("heard", [True, False])
async def test_buttons_and_open_forms_work_after_a_restart(inn: Inn, *, heard: bool) -> None:
    async with inn.bot.running():
        menu = await inn.menu()
    async with inn.bot.running(heard=heard):
        form = (await (await inn.ana.press(menu, "Write it")).answer()).modal
    async with inn.bot.running(heard=heard):
        shown = await (await inn.ana.submit(form, SOUP)).answer()
    assert "large soup with rice bread for table 7" in shown.content
    assert inn.table.orders == [("soup", "large", "rice bread", "7")]


async def test_a_form_holds_what_was_said_before(inn: Inn) -> None:
    inn.table.orders.append(("porridge", "small", "", "1"))
    async with inn.bot.running():
        form = (await (await inn.ana.press(await inn.menu(), "Write it")).answer()).modal
        shown = await (await inn.ana.submit(form, {"size": "small"})).answer()
    assert "small porridge" in shown.content


async def test_two_openings_of_a_form_are_told_apart(inn: Inn) -> None:
    async with inn.bot.running():
        menu = await inn.menu()
        first = (await (await inn.ana.press(menu, "Write it")).answer()).modal
        second = (await (await inn.ana.press(menu, "Write it")).answer()).modal
    assert first.custom_id != second.custom_id


async def test_a_slash_command_without_its_words_opens_the_form(inn: Inn) -> None:
    async with inn.bot.running():
        asked = await inn.ana.slash("plate order", channel=inn.room, table=9)
        shown = await (await inn.ana.submit((await asked.answer()).modal, SOUP)).answer()
        assert "for table 9" in shown.content
        asked = await inn.ana.slash("plate order", channel=inn.room, plate="stew")
        assert "small stew" in (await asked.answer()).content


async def test_what_may_not_be_asked_now_is_refused_without_a_form(inn: Inn) -> None:
    async with inn.bot.running():
        menu = await inn.menu()
        inn.table.closed = "The kitchen is closed."
        shown = await (await inn.ana.press(menu, "Write it")).answer()
    assert shown.content == "The kitchen is closed."
    assert shown.ephemeral


TOO_MUCH = "soup and stew and " * 4


async def refused(inn: Inn) -> Message:
    """Let Ana submit what the core refuses; return what she is shown."""
    form = (await (await inn.ana.press(await inn.menu(), "Write it")).answer()).modal
    shown = await (await inn.ana.submit(form, {"plate": TOO_MUCH, "size": "large"})).answer()
    return shown.message


async def test_a_refused_form_shows_what_was_written_and_opens_again_with_it(inn: Inn) -> None:
    async with inn.bot.running():
        message = await refused(inn)
        assert f"holds {LONGEST}" in message.content
        assert TOO_MUCH.strip() in message.content
        form = (await (await inn.ana.press(message, "Open the form again")).answer()).modal
        assert form.fields()["plate"]["value"] == TOO_MUCH
        shown = await (await inn.ana.submit(form, {"plate": "soup"})).answer()
    assert "large soup" in shown.content
    assert "for table 7" in shown.content


@pytest.mark.parametrize("restarts", [True, False])
async def test_a_draft_is_kept_for_a_quarter_of_an_hour_in_this_process(
    inn: Inn, *, restarts: bool
) -> None:
    async with inn.bot.running() as client:
        message = await refused(inn)
        if not restarts:
            inn.bot.standin.world.pass_time(minutes=16)
            form = (await (await inn.ana.press(message, "Open the form again")).answer()).modal
            assert not form.fields()["plate"].get("value")
    if restarts:
        async with inn.bot.running() as again:
            assert again is not client
            form = (await (await inn.ana.press(message, "Open the form again")).answer()).modal
            shown = await (await inn.ana.submit(form, {"plate": "soup"})).answer()
        assert "for table 7" in shown.content


async def test_a_menu_is_about_the_message_whose_words_come_with_it(inn: Inn) -> None:
    async with inn.bot.running():
        said = await inn.ana.say(inn.room, "Bread rises in the dark.")
        shown = await (await inn.ana.context_menu("Note this", said)).answer()
    assert shown.content == "Noted."
    assert inn.table.noted == [(str(said.id), "Bread rises in the dark.")]


async def test_a_message_in_a_thread_is_named_with_its_thread(inn: Inn) -> None:
    async with inn.bot.running():
        thread = await inn.ana.open_thread(await inn.menu(), "Orders")
        said = await inn.ana.say(thread, "For me too")
        await (await inn.ana.context_menu("Note this", said)).answer()
    event = inn.bot.events[-1]
    assert event.thread == str(thread.id)
    assert event.room.endswith(str(inn.room.id))
    assert inn.table.noted == [(f"{thread.id}-{said.id}", "For me too")]


async def test_what_the_bot_may_not_say_in_a_room_is_said_to_who_asked(inn: Inn) -> None:
    world = inn.bot.standin.world
    world.allow(inn.room, world.bot, deny=permissions.VIEW_CHANNEL)
    async with inn.bot.running():
        asked = await inn.ana.slash("plate menu", channel=inn.room)
        (message,) = await asked.answers(1)
        await world.until(lambda: "Soup, please" in message.labels() or None, 5, "the menu")
        assert "I may not write in that room" in message.content
        await (await inn.ana.press(message, "Soup, please")).answer()
    assert len(inn.table.orders) == 1


@pytest.mark.parametrize("lost", [True, False])
async def test_a_form_whose_showing_was_in_doubt_opens_once(inn: Inn, *, lost: bool) -> None:
    async with inn.bot.running():
        menu = await inn.menu()
        if lost:
            inn.bot.standin.faults.lose("POST /interactions/")
        else:
            inn.bot.standin.faults.answer(503, "POST /interactions/")
        form = (await (await inn.ana.press(menu, "Write it")).answer()).modal
        await (await inn.ana.submit(form, SOUP)).answer()
    assert len(inn.table.orders) == 1


async def test_long_words_of_a_refused_form_are_all_shown_again(inn: Inn) -> None:
    long = "".join(f"{number} and " for number in range(400))
    async with inn.bot.running():
        form = (await (await inn.ana.press(await inn.menu(), "Write it")).answer()).modal
        asked = await inn.ana.submit(form, {"plate": long, "size": "large"})
        message = (await asked.answer()).message
        await inn.bot.standin.world.until(lambda: message.labels() or None, 5, "the button")
        told = " ".join([message.content, *(embed["description"] for embed in message.embeds)])
        assert set(map(str, range(400))) <= set(told.split())
        form = (await (await inn.ana.press(message, "Open the form again")).answer()).modal
    assert form.fields()["plate"]["value"].strip() == long.strip()
