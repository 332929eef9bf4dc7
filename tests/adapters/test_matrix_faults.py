"""What goes wrong between the bot and its homeserver is waited out, and costs nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
import pytest_asyncio

from adapters.matrix.client import Homeserver
from adapters.matrix.platform import MatrixPlatform
from adapters.matrix.settings import MatrixSettings
from adapters.matrix.watchdog import Look, Watchdog
from bot.conversation.model import (
    AccountLost,
    Batch,
    DeliveryKey,
    Kind,
    People,
    PersonRef,
    PlatformUnavailable,
    RoomRef,
    say,
)
from tests.contracts.matrix import at, settings
from tests.contracts.platform import Ears, texts
from tests.support.faulty import Answer, Exchange, FaultyProxy, Hook, bad_gateway, lose, too_many
from tests.support.human import Human, NewHuman
from tests.support.synapse import NewAccount, Synapse

TRIES = 2
"""How often aiohttp sends what may be repeated when the connection breaks: twice."""
KEY = DeliveryKey("7", "opening", "hello", 1, "room")


@dataclass
class Scenery:
    """A bot behind a failing proxy, and a person in one room with it."""

    proxy: FaultyProxy
    settings: MatrixSettings
    hands: Human
    ana: Human
    room: RoomRef

    def bot(self, **changes: object) -> MatrixPlatform:
        return MatrixPlatform(replace(self.settings, **changes))  # type: ignore[arg-type]


@pytest_asyncio.fixture
async def scenery(
    synapse: Synapse, new_account: NewAccount, new_human: NewHuman
) -> AsyncIterator[Scenery]:
    account, ana = await new_account("bot"), await new_human("ana")
    async with (
        FaultyProxy(synapse.base_url) as proxy,
        Human(synapse.base_url, account.user_id, account.access_token) as hands,
    ):
        room = await ana.create_room("North", invite=[account.user_id])
        await hands.join(room)
        yield Scenery(proxy, settings(proxy.url, account), hands, ana, at(room))


async def posted(scenery: Scenery) -> list[str]:
    messages = await scenery.ana.messages(scenery.room.id)
    return [event["content"]["body"] for event in messages]


# --- posting ---------------------------------------------------------------------------------


async def test_a_homeserver_that_asks_to_slow_down_says_for_how_long(scenery: Scenery) -> None:
    scenery.proxy.before(matching="send", do=too_many(1500))
    async with scenery.bot() as bot:
        with pytest.raises(PlatformUnavailable) as refused:
            await bot.post(scenery.room, say("x"), key=KEY)
    assert refused.value.retry_after == timedelta(seconds=1.5)
    assert scenery.proxy.counts["send"] == 1


@pytest.mark.parametrize("fault", [bad_gateway, lose])
async def test_a_post_that_fails_on_the_way_is_unavailable(scenery: Scenery, fault: Hook) -> None:
    scenery.proxy.before(matching="send", do=fault, times=None)
    async with scenery.bot() as bot:
        with pytest.raises(PlatformUnavailable):
            await bot.post(scenery.room, say("x"), key=KEY)
    assert scenery.proxy.counts["send"] <= TRIES
    assert await posted(scenery) == []


async def test_a_post_whose_answer_was_lost_is_shown_once(scenery: Scenery) -> None:
    scenery.proxy.after(matching="send", do=lose, times=TRIES)
    async with scenery.bot() as bot:
        with pytest.raises(PlatformUnavailable):
            await bot.post(scenery.room, say("once"), key=KEY)
        await bot.post(scenery.room, say("once"), key=KEY)
    assert await posted(scenery) == ["once"]


@pytest.mark.parametrize("kind", ["create_room", "account_data"])
async def test_a_direct_room_whose_making_was_cut_short_is_not_made_twice(
    scenery: Scenery, kind: str
) -> None:
    before = set(await scenery.hands.joined_rooms())
    alone = People.of(PersonRef("matrix", scenery.ana.user_id))
    scenery.proxy.after(
        matching=lambda exchange: exchange.kind == kind and exchange.method != "GET",
        do=lose,
        times=TRIES if kind == "account_data" else 1,
    )
    async with scenery.bot() as bot:
        with pytest.raises(PlatformUnavailable):
            await bot.reach(alone, key=KEY)
    async with scenery.bot() as bot:
        room = await bot.reach(alone, key=KEY)
        assert await bot.reach(alone, key=KEY) == room
    assert set(await scenery.hands.joined_rooms()) - before == {room.id}


# --- listening -------------------------------------------------------------------------------


async def test_bad_answers_to_a_sync_are_waited_out(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        for fault in (too_many(), bad_gateway, lose):
            scenery.proxy.before(matching="sync", do=fault)
        scenery.proxy.after(matching="sync", do=lose)
        await scenery.ana.say(scenery.room.id, "still here")
        await ears.hear_text("still here")
        await scenery.ana.say(scenery.room.id, "and after")
        await ears.hear_text("and after")
    assert texts(ears.events) == ["still here", "and after"]


async def test_a_homeserver_that_is_away_at_the_start_is_waited_for(scenery: Scenery) -> None:
    away = scenery.proxy.before(matching="*", do=lose, times=None)
    async with scenery.bot() as bot, asyncio.TaskGroup() as group:
        listening = group.create_task(listen_once(bot))
        await asyncio.sleep(0.7)
        assert not listening.done()
        scenery.proxy.forget(away)
        await asyncio.wait_for(listening, 20)


async def listen_once(bot: MatrixPlatform) -> None:
    """Listen until the first batch."""
    came = asyncio.Event()

    async def take(_: Batch) -> None:
        came.set()

    async with asyncio.TaskGroup() as group:
        listening = group.create_task(bot.listen(take, since=None))
        await came.wait()
        listening.cancel()


async def nothing(_: Batch) -> None:
    """Take a batch."""


async def test_a_dead_token_ends_in_one_sentence_and_not_in_a_loop(scenery: Scenery) -> None:
    await scenery.hands.call("POST", "logout", {})
    async with scenery.bot(instance="one") as bot:
        with pytest.raises(AccountLost, match="log in again with `circlekeeper init"):
            await bot.listen(nothing, since="s1_2_3")
        with pytest.raises(AccountLost):
            await bot.post(scenery.room, say("x"), key=KEY)
    assert sum(scenery.proxy.counts.values()) <= 3


async def test_a_token_that_dies_while_listening_ends_it_with_one_more_sync(
    scenery: Scenery,
) -> None:
    began = asyncio.Event()

    async def take(_: Batch) -> None:
        began.set()

    async with scenery.bot(sync_timeout=timedelta(seconds=1)) as bot:
        with pytest.raises(AccountLost):
            async with asyncio.timeout(20):
                await asyncio.gather(bot.listen(take, since=None), log_out(scenery, began))
        asked = scenery.proxy.counts["sync"]
        await asyncio.sleep(0.3)
    assert scenery.proxy.counts["sync"] == asked <= 3


async def log_out(scenery: Scenery, began: asyncio.Event) -> None:
    await began.wait()
    await scenery.hands.call("POST", "logout", {})


async def test_events_that_no_client_should_send_cost_no_others(scenery: Scenery) -> None:
    broken = [
        None,
        7,
        {},
        {"type": "m.room.message"},
        {"type": ["m.room.message"], "content": []},
        {"type": "m.room.member", "state_key": 5, "sender": {}, "event_id": "$a", "content": 1},
        {"type": "m.room.message", "event_id": "$b", "sender": "@x:y", "content": {"body": {}}},
        {"type": "m.room.tombstone", "event_id": "$c", "sender": "@x:y", "state_key": ""},
        {"type": "m.room.encryption", "sender": 1, "content": None, "state_key": None},
    ]

    async def spoil(exchange: Exchange) -> Answer | None:
        assert exchange.answer is not None
        answer = json.loads(exchange.answer.body)
        joined = answer.get("rooms", {}).get("join", {})
        if scenery.room.id not in joined:
            return None
        room = joined[scenery.room.id]
        room["timeline"]["events"][:0] = broken
        room["ephemeral"] = room["summary"] = room["account_data"] = "nonsense"
        answer["account_data"] = {"events": [None, {"type": "m.direct", "content": []}]}
        answer["rooms"]["invite"] = {"!x:y": None, "!z:y": {"invite_state": {"events": [1]}}}
        answer["rooms"]["leave"] = {"!w:y": []}
        return replace(exchange.answer, body=json.dumps(answer).encode())

    async with scenery.bot() as bot, Ears(bot) as ears:
        scenery.proxy.after(matching="sync", do=spoil, times=None)
        await scenery.ana.say(scenery.room.id, "sound")
        await ears.hear_text("sound")
    assert texts(ears.events) == ["sound"]


@pytest.mark.parametrize("rooms", [7, {"join": []}, {"join": {"!x:y": None}}])
async def test_what_nio_stumbles_over_is_no_error(scenery: Scenery, rooms: object) -> None:
    async with Homeserver(scenery.settings.credentials) as server:
        await server.follow({"next_batch": "s1", "rooms": rooms})
        await server.follow({"next_batch": "s2", "account_data": None})


async def test_a_gap_is_filled_before_anything_of_it_is_handed(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        pass
    said = [str(number) for number in range(105)]
    for text in said:
        await scenery.ana.say(scenery.room.id, text)
    for fault in (bad_gateway, lose, too_many()):
        scenery.proxy.before(matching="messages", do=fault)
    async with scenery.bot() as bot, Ears(bot, since=ears.token) as ears:
        await ears.hear_text(said[-1])
    assert texts(list(ears.handed[0].events)) == said


async def test_a_room_whose_past_alone_cannot_be_read_does_not_deafen_the_bot(
    scenery: Scenery,
) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        pass
    for number in range(105):
        await scenery.ana.say(scenery.room.id, str(number))
    scenery.proxy.before(matching="messages", do=bad_gateway, times=None)
    quick = timedelta(seconds=0.05)
    async with scenery.bot(longest_pause=quick) as bot, Ears(bot, since=ears.token) as ears:
        await ears.hear_text("104")
    assert texts(ears.events) == [str(number) for number in range(5, 105)]


def stuck_at(token: str | None) -> Hook:
    """Return what makes every sync that goes on from a token bring the same token and nothing."""

    async def stand_still(exchange: Exchange) -> Answer | None:
        await asyncio.sleep(0.1)
        assert exchange.answer is not None
        stuck = json.dumps({"next_batch": token}).encode()
        told = stuck if "since=" in exchange.path else exchange.answer.body
        return replace(exchange.answer, body=told)

    return stand_still


async def test_a_sync_that_makes_no_progress_is_noticed_and_nothing_is_lost(
    scenery: Scenery,
) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        await scenery.ana.say(scenery.room.id, "before")
        await ears.hear_text("before")
    scenery.proxy.after(matching="sync", do=stuck_at(ears.token), times=None)
    patience, short = timedelta(seconds=0.5), timedelta(seconds=0.1)
    async with (
        scenery.bot(stalled_after=patience, sync_timeout=short) as bot,
        Ears(bot, since=ears.token) as ears,
    ):
        await scenery.ana.say(scenery.room.id, "one")
        await scenery.ana.say(scenery.room.id, "two")
        await ears.hear_text("two")
        scenery.proxy.behave()
        await scenery.ana.say(scenery.room.id, "three")
        await ears.hear_text("three")
    assert texts(ears.events) == ["one", "two", "three"]


async def test_being_put_out_while_a_sync_was_stuck_is_told(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        pass

    scenery.proxy.after(matching="sync", do=stuck_at(ears.token), times=None)
    patience, short = timedelta(seconds=0.5), timedelta(seconds=0.1)
    await scenery.ana.say(scenery.room.id, "goodbye")
    await scenery.ana.kick(scenery.room.id, scenery.hands.user_id)
    async with (
        scenery.bot(stalled_after=patience, sync_timeout=short) as bot,
        Ears(bot, since=ears.token) as ears,
    ):
        gone = await ears.hear(lambda event: event.bot)
    assert (gone.kind, gone.where) == (Kind.LEAVE, scenery.room)
    assert texts(ears.events) == ["goodbye"]


async def test_a_token_that_the_homeserver_does_not_know_is_given_up(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot, since="nonsense") as ears:
        await ears.be_handed()
        await scenery.ana.say(scenery.room.id, "hello")
        await ears.hear_text("hello")


def test_the_watchdog_looks_again_as_it_must() -> None:
    seconds = 0.0
    watchdog = Watchdog(timedelta(seconds=10), lambda: seconds)
    assert watchdog.look() is Look.FULL
    watchdog.heard(new=True)
    seconds = 10
    assert watchdog.look() is Look.ON
    seconds = 11
    assert watchdog.look() is Look.FULL
    assert watchdog.look() is Look.FULL
    watchdog.heard(new=False)
    assert watchdog.look() is Look.ON
    seconds = 22
    assert watchdog.look() is Look.AFRESH
    watchdog.heard(new=True)
    seconds = 33
    assert watchdog.look() is Look.FULL
    watchdog.heard(new=True)
    watchdog.refused()
    assert watchdog.look() is Look.AFRESH
