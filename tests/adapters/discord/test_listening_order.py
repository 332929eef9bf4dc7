"""Events that come twice, out of order or beside others are heard once and in order."""

import asyncio

import pytest

from bot.conversation.model import Event, Kind
from tests.adapters.discord.listener import Account, said, shown
from tests.contracts.platform import WallClock
from tests.support.discord import permissions
from tests.support.discord.humans import Human
from tests.support.discord.model import Channel
from tests.support.discord.server import StandIn

CHECK = "\N{HEAVY CHECK MARK}"


def scene(discord: StandIn) -> tuple[Channel, Human]:
    guild = discord.world.guild("North", bot_permissions=permissions.ALL)
    return discord.world.text(guild, "general"), discord.human("Anna", guild)


@pytest.mark.parametrize(
    "kind", ["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_REACTION_ADD"]
)
async def test_what_comes_twice_is_heard_once(discord: StandIn, kind: str) -> None:
    room, anna = scene(discord)
    async with Account(discord).ears() as ears:
        discord.faults.double(kind)
        one = await anna.say(room, "one")
        await anna.edit(one, "two")
        await anna.react(one, CHECK)
        await anna.delete(one)
        await anna.say(room, "end")
        await ears.hear_text("end")
    assert shown(ears.events) == [
        (Kind.MESSAGE, "one"),
        (Kind.EDIT, "two"),
        (Kind.REACTION, CHECK),
        (Kind.DELETE, ""),
        (Kind.MESSAGE, "end"),
    ]
    assert len({event.id for event in ears.events}) == len(ears.events)


async def test_what_comes_out_of_order_is_not_lost_also_after_a_crash(discord: StandIn) -> None:
    room, anna = scene(discord)
    account = Account(discord)
    async with account.ears() as ears:
        await anna.say(room, "one")
        await ears.hear_text("one")
        discord.faults.reorder("MESSAGE_CREATE", 3)
        for text in ("two", "three", "four"):
            await anna.say(room, text)
        await ears.hear_text("two")
    assert said(ears) == ["one", "two", "three", "four"]


async def test_a_message_that_is_overtaken_by_a_crash_is_found(discord: StandIn) -> None:
    room, anna = scene(discord)
    account = Account(discord)
    async with account.ears() as ears:
        await anna.say(room, "one")
        await ears.hear_text("one")
        discord.faults.malform("MESSAGE_CREATE", lambda data: data | {"id": "1"})
        await anna.say(room, "overtaken")
        await anna.say(room, "three")
        await ears.hear_text("three")
    async with account.ears(ears.token) as again:
        await again.hear_text("overtaken")
        await anna.say(room, "four")
        await again.hear_text("four")
    assert (said(ears), said(again)) == (["one", "three"], ["overtaken", "four"])


async def test_the_last_of_several_edits_is_told_last(discord: StandIn) -> None:
    room, anna = scene(discord)
    async with Account(discord).ears() as ears:
        one = await anna.say(room, "one")
        await ears.hear_text("one")
        discord.faults.reorder("MESSAGE_UPDATE", 2)
        await anna.edit(one, "two")
        await anna.edit(one, "three")
        await anna.say(room, "end")
        await ears.hear_text("end")
    assert [text for kind, text in shown(ears.events) if kind is Kind.EDIT][-1] == "three"


async def test_a_thread_that_is_opened_at_a_message_is_no_edit_of_it(discord: StandIn) -> None:
    room, anna = scene(discord)
    async with Account(discord).ears() as ears:
        one = await anna.say(room, "one")
        await anna.edit(one, "two")
        await anna.open_thread(one, "Aside")
        await anna.say(room, "end")
        await ears.hear_text("end")
    assert [text for kind, text in shown(ears.events) if kind is Kind.EDIT] == ["two"]


async def test_a_reaction_that_was_taken_back_is_heard_again(discord: StandIn) -> None:
    room, anna = scene(discord)
    async with Account(discord).ears() as ears:
        one = await anna.say(room, "one")
        await anna.react(one, CHECK)
        await anna.unreact(one, CHECK)
        await asyncio.sleep(0.005)
        await anna.react(one, CHECK)
        await anna.say(room, "end")
        await ears.hear_text("end")
    reactions = [event for event in ears.events if event.kind is Kind.REACTION]
    assert [event.text for event in reactions] == [CHECK, CHECK]
    assert len({event.id for event in reactions}) == 2


async def test_many_deletions_at_once_are_heard_one_by_one(discord: StandIn) -> None:
    room, anna = scene(discord)
    account = Account(discord)
    async with account.ears() as ears:
        sent = [await anna.say(room, str(number)) for number in range(3)]
        await ears.hear_text("2")
        thread = await anna.open_thread(sent[2], "Aside")
        await anna.say(thread, "inside")
        await ears.hear_text("inside")
        channel = account.client.get_partial_messageable(room.id)
        await account.client.http.delete_messages(channel.id, [each.id for each in sent[:2]])
        discord.world.remove(thread)
        await ears.hear(lambda event: (event.target or "").startswith(f"{thread.id}-"))
    gone = [event for event in ears.events if event.kind is Kind.DELETE]
    assert [event.target for event in gone[:2]] == [str(each.id) for each in sent[:2]]
    assert {event.author for event in gone} == {str(anna.id)}
    assert {event.room for event in gone} == {f"{room.guild_id}-{room.id}"}


async def test_a_message_in_a_thread_that_nobody_knew_has_its_place(discord: StandIn) -> None:
    room, anna = scene(discord)
    thread = await anna.open_thread(await anna.say(room, "long ago"), "Aside")
    await anna.change_thread(thread, archived=True)
    async with Account(discord).ears() as ears:
        discord.faults.malform("THREAD_UPDATE", lambda data: data | {"guild_id": "1"})
        await anna.say(thread, "revived")
        event = await ears.hear_text("revived")
    assert (event.room, event.thread) == (f"{room.guild_id}-{room.id}", str(thread.id))
    assert event.id.startswith(f"{thread.id}-")


async def test_two_connections_bring_one_order_and_one_token(discord: StandIn) -> None:
    guilds = [discord.world.guild(f"Guild {number}") for number in range(6)]
    by_shard = {(guild.id >> 22) % 2: guild for guild in guilds}
    while len(by_shard) < 2:
        more = discord.world.guild("One more")
        by_shard[(more.id >> 22) % 2] = more
    rooms = [discord.world.text(by_shard[shard], "general") for shard in (0, 1)]
    people = [discord.human("Anna", by_shard[0]), discord.human("Ben", by_shard[1])]
    discord.gateway.shards = 2
    account = Account(discord)
    async with account.ears() as ears:
        for shard in (0, 1):
            await people[shard].say(rooms[shard], f"first {shard}")
            await ears.hear_text(f"first {shard}")
        await discord.gateway.drop()
        for shard in (0, 1):
            await people[shard].say(rooms[shard], f"second {shard}")
            await ears.hear_text(f"second {shard}")
    for shard in (0, 1):
        await people[shard].say(rooms[shard], f"third {shard}")
    async with account.ears(ears.token) as again:
        await again.hear_text("third 0")
        await again.hear_text("third 1")
    assert sorted(said(ears)) == ["first 0", "first 1", "second 0", "second 1"]
    assert sorted(said(again)) == ["third 0", "third 1"]
    assert {each.shard for each in discord.gateway.sessions.values()} <= {(0, 2), (1, 2)}


async def test_an_interaction_is_stored_after_what_was_said_before_it(discord: StandIn) -> None:
    room, anna = scene(discord)
    account = Account(discord)
    async with account.ears() as ears:
        await anna.say(room, "before")
        while not account.client.cached_messages:  # noqa: ASYNC110 - discord.py wakes nobody
            await asyncio.sleep(0.001)
        pressed = _pressed(room, anna)
        assert account.client.hear is not None
        await account.client.hear(pressed)
        assert ears.events[-1] == pressed
        await anna.say(room, "after")
        await ears.hear_text("after")
    assert shown(ears.events) == [
        (Kind.MESSAGE, "before"),
        (Kind.COMMAND, "circle status"),
        (Kind.MESSAGE, "after"),
    ]


async def test_an_interaction_does_not_wait_for_a_long_look_back(discord: StandIn) -> None:
    room, anna = scene(discord)
    account = Account(discord)
    async with account.ears() as ears:
        await anna.say(room, "one")
        await ears.hear_text("one")
    await anna.say(room, "missed")
    discord.faults.slow(2, f"GET /channels/{room.id}/messages")
    async with account.ears(ears.token) as again:
        await discord.world.until(lambda: discord.gateway.connected or None, 5, "the line")
        async with asyncio.timeout(1.8):
            assert account.client.hear is not None
            await account.client.hear(_pressed(room, anna))
        assert [event.kind for event in again.events] == [Kind.COMMAND]
        async with account.ears(again.token) as crashed:
            await crashed.hear_text("missed")
        await again.hear_text("missed")
    assert said(again) == ["missed"]


def _pressed(room: Channel, who: Human) -> Event:
    return Event(
        id="7",
        at=WallClock().now(),
        platform="discord",
        room=f"{room.guild_id}-{room.id}",
        kind=Kind.COMMAND,
        author=str(who.id),
        text="circle status",
        answer_at="answer-1-7-token",
    )


async def test_a_reaction_is_taken_away_once(discord: StandIn) -> None:
    room, anna = scene(discord)
    async with Account(discord).ears() as ears:
        one = await anna.say(room, "one")
        await anna.react(one, CHECK)
        discord.faults.double("MESSAGE_REACTION_REMOVE")
        await anna.unreact(one, CHECK)
        await anna.say(room, "end")
        await ears.hear_text("end")
    taken = [event for event in ears.events if event.kind is Kind.UNREACTION]
    assert [(event.text, event.target) for event in taken] == [(CHECK, str(one.id))]
