"""What was said while nobody listened comes whole, in order and once."""

import pytest

from bot.conversation.model import Kind
from tests.adapters.discord.listener import Account, said
from tests.support.discord import permissions
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


async def test_without_the_intent_what_is_said_to_it_comes_whole_too(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    account = Account(discord, reads=False)
    async with account.ears() as ears:
        pass
    for number in range(MORE_THAN_A_PAGE):
        to = f"<@{discord.world.bot.id}> " if number % 2 else ""
        await anna.say(room, f"{to}{number}")
    async with account.ears(ears.token) as again:
        await again.hear(lambda event: event.text.endswith(str(MORE_THAN_A_PAGE - 1)))
    heard = [(event.text, event.readable) for event in again.events]
    assert heard == [
        (f"@keeper {number}", True) if number % 2 else ("", False)
        for number in range(MORE_THAN_A_PAGE)
    ]
    assert len(again.taken[0].events) == MORE_THAN_A_PAGE


async def test_a_start_without_news_is_told_by_an_empty_batch(discord: StandIn) -> None:
    account = Account(discord)
    async with account.ears() as ears:
        pass
    async with account.ears(ears.token) as again:
        assert (await again.be_handed()).events == ()
    assert again.token == ears.token


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


async def test_what_an_open_line_lost_is_found_when_it_is_resumed(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    thread = await anna.open_thread(await anna.say(room, "before"), "Aside")
    async with Account(discord).ears() as ears:
        await anna.say(room, "one")
        await ears.hear_text("one")
        discord.faults.swallow("MESSAGE_CREATE", 2)
        await anna.say(room, "lost")
        await anna.say(thread, "lost too")
        await discord.gateway.ask_to_reconnect()
        await ears.hear_text("lost too")
        await anna.say(room, "two")
        await ears.hear_text("two")
    assert said(ears) == ["one", "lost", "lost too", "two"]


async def test_a_guild_that_was_out_of_reach_is_looked_through(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    account = Account(discord)
    async with account.ears() as ears:
        await anna.say(room, "one")
        await ears.hear_text("one")
        discord.world.away(guild)
        discord.faults.swallow("MESSAGE_CREATE")
        await anna.say(room, "lost")
        discord.world.back(guild)
        await ears.hear_text("lost")
        await anna.say(room, "two")
        await ears.hear_text("two")
    assert said(ears) == ["one", "lost", "two"]
    assert [event.kind for event in ears.events if event.bot] == [Kind.JOIN]


@pytest.mark.parametrize("how", ["503", "500", "cut", "429", "ban", "exhausted", "slow"])
async def test_a_history_that_cannot_be_read_yet_is_waited_for(discord: StandIn, how: str) -> None:
    guild = discord.world.guild("North")
    room, other = discord.world.text(guild, "general"), discord.world.text(guild, "other")
    anna = discord.human("Anna", guild)
    account = Account(discord)
    async with account.ears() as ears:
        await anna.say(room, "one")
        await ears.hear_text("one")
    for number in range(3):
        await anna.say((room, other)[number % 2], f"missed {number}")
    where = f"GET /channels/{room.id}/messages"
    match how:
        case "503" | "500":
            discord.faults.answer(int(how), where)
        case "cut":
            discord.faults.cut(where)
        case "429" | "ban":
            discord.faults.too_many(0.1, where, via=how == "429")
        case "exhausted":
            discord.faults.exhaust(0.1, where)
        case _:
            discord.faults.slow(0.1, where)
    async with account.ears(ears.token) as again:
        await anna.say(room, "meanwhile")
        await again.hear_text("meanwhile")
    assert said(again) == ["missed 0", "missed 1", "missed 2", "meanwhile"]


async def test_a_channel_that_it_may_not_read_costs_no_other(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room, closed = discord.world.text(guild, "general"), discord.world.text(guild, "closed")
    anna = discord.human("Anna", guild)
    account = Account(discord)
    async with account.ears() as ears:
        await anna.say(room, "one")
        await ears.hear_text("one")
    discord.world.allow(closed, discord.world.bot, deny=permissions.READ_HISTORY)
    await anna.say(closed, "out of sight")
    await anna.say(room, "two")
    discord.faults.answer(403, f"GET /channels/{closed.id}")
    async with account.ears(ears.token) as again:
        await again.hear_text("two")
        await anna.say(closed, "seen as it comes")
        await again.hear_text("seen as it comes")
    assert said(again) == ["two", "seen as it comes"]
