"""What was said while nobody listened comes whole, in order and once."""

import pytest

from bot.conversation.model import Kind
from tests.adapters.discord.listener import Account, said
from tests.support.discord.server import StandIn

MORE_THAN_A_PAGE = 130


async def test_what_was_said_while_away_comes_as_one_batch(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room, other = discord.world.text(guild, "general"), discord.world.text(guild, "other")
    anna = discord.human("Anna", guild)
    account = Account(discord)
    async with account.ears() as ears:
        await anna.say(room, "before")
        await ears.hear_text("before")
    for number in range(MORE_THAN_A_PAGE):
        await anna.say((room, other)[number % 2], str(number))
    async with account.ears(ears.token) as ears:
        await ears.hear_text(str(MORE_THAN_A_PAGE - 1))
        await anna.say(room, "after")
        await ears.hear_text("after")
    assert said(ears) == [*map(str, range(MORE_THAN_A_PAGE)), "after"]
    assert len(ears.taken[0].events) == MORE_THAN_A_PAGE


async def test_what_was_said_before_the_first_start_is_not_heard(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room, quiet = discord.world.text(guild, "general"), discord.world.text(guild, "quiet")
    anna = discord.human("Anna", guild)
    await anna.say(quiet, "long ago")
    await anna.say(room, "lately")
    account = Account(discord)
    async with account.ears() as ears:
        await anna.say(room, "now")
        await ears.hear_text("now")
    async with account.ears(ears.token) as again:
        await anna.say(quiet, "later")
        await again.hear_text("later")
    assert (said(ears), said(again)) == (["now"], ["later"])


async def test_threads_are_looked_through_the_archived_ones_too(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    account = Account(discord)
    async with account.ears() as ears:
        await account.client.get_partial_messageable(room.id).send("I speak here")
        open_, closed = [
            await anna.open_thread(await anna.say(room, text), text) for text in ("a", "b")
        ]
        await ears.hear_text("b")
    await anna.say(closed, "in what is closed now")
    await anna.change_thread(closed, archived=True)
    await anna.say(open_, "in what is open")
    made = await anna.open_thread(await anna.say(room, "c"), "new")
    await anna.say(made, "in what is new")
    async with account.ears(ears.token) as ears:
        await ears.hear_text("in what is new")
    assert said(ears) == ["in what is closed now", "in what is open", "c", "in what is new"]
    threads = [event.thread for event in ears.events]
    assert threads == [str(closed.id), str(open_.id), None, str(made.id)]


async def test_direct_messages_of_known_people_are_looked_through(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    anna = discord.human("Anna", guild)
    account = Account(discord, reads=False)
    async with account.ears() as ears:
        await anna.say(anna.dm(), "hello")
        assert (await ears.hear_text("hello")).readable
    await anna.say(anna.dm(), "are you there?")
    async with account.ears(ears.token) as ears:
        event = await ears.hear_text("are you there?")
    assert (event.direct, event.room) == (True, f"@me-{anna.dm().id}")


@pytest.mark.parametrize("how", ["drop", "4000", "op 7", "op 9 resumable", "op 9", "4009", "away"])
async def test_no_fault_of_the_line_loses_doubles_or_reorders(discord: StandIn, how: str) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    async with Account(discord).ears() as ears:
        await anna.say(room, "0")
        await ears.hear_text("0")
        line = discord.gateway
        match how:
            case "drop":
                await line.drop()
            case "op 7":
                await line.ask_to_reconnect()
            case "op 9" | "op 9 resumable":
                await line.invalidate(resumable=how != "op 9")
            case "away":
                await discord.stop()
            case code:
                await line.close(int(code))
        for number in range(1, 4):
            await anna.say(room, str(number))
        if how == "away":
            await discord.start()
        await ears.hear_text("3")
        await anna.say(room, "4")
        await ears.hear_text("4")
    assert said(ears) == ["0", "1", "2", "3", "4"]


async def test_a_crash_before_a_batch_was_stored_loses_and_doubles_nothing(
    discord: StandIn,
) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    account = Account(discord)
    async with account.ears() as first:
        await anna.say(room, "stored")
        await first.hear_text("stored")
    async with account.ears(first.token, failing=1000) as crashed:
        await anna.say(room, "lost with the crash")
        await crashed.be_handed()
    async with account.ears(first.token) as again:
        await again.hear_text("lost with the crash")
        await anna.say(room, "after")
        await again.hear_text("after")
    assert said(again) == ["lost with the crash", "after"]
    assert not [event for event in again.events if event.kind is Kind.JOIN]
