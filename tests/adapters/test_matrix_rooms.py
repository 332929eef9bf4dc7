"""The bot comes when it may, says who it is, follows its rooms and notices when it must go."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from adapters.matrix.content import KEY as MARK
from adapters.matrix.platform import MatrixPlatform
from adapters.matrix.rooms import DIRECT
from adapters.matrix.settings import MatrixSettings
from bot.conversation.model import DeliveryKey, Event, Kind, People, PersonRef, Unreachable, say
from tests.contracts.matrix import at, settings
from tests.contracts.platform import Ears, texts
from tests.support.human import Human, Json, NewHuman
from tests.support.synapse import NewAccount, Synapse

SORRY = "I cannot read encrypted rooms"
ENCRYPTED = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}
KEY = DeliveryKey("7", "opening", "hello", 1, "room")


@dataclass
class Scenery:
    """A bot, the hands of its account, and two people."""

    settings: MatrixSettings
    hands: Human
    ana: Human
    ben: Human

    @property
    def me(self) -> str:
        return self.hands.user_id

    def bot(self, **changes: object) -> MatrixPlatform:
        return MatrixPlatform(replace(self.settings, **changes))  # type: ignore[arg-type]

    async def said(self, room: str, by: Human | None = None) -> list[str]:
        """Return what the bot said in the room."""
        messages = await (by or self.ana).messages(room)
        return [event["content"]["body"] for event in messages if event["sender"] == self.me]


@pytest_asyncio.fixture
async def scenery(
    synapse: Synapse, new_account: NewAccount, new_human: NewHuman
) -> AsyncIterator[Scenery]:
    account, ana, ben = await new_account("bot"), await new_human("ana"), await new_human("ben")
    async with Human(synapse.base_url, account.user_id, account.access_token) as hands:
        wanted = settings(synapse.base_url, account, invites_from=(ana.user_id,))
        yield Scenery(wanted, hands, ana, ben)


def is_mine(kind: Kind) -> object:
    """Return what matches an event of this kind about the bot itself."""
    return lambda event: event.kind is kind and event.bot


def gone(user: str) -> object:
    """Return what matches the user's going."""
    return lambda event: (
        event["type"] == "m.room.member"
        and event.get("state_key") == user
        and event["content"]["membership"] == "leave"
    )


def ref(human: Human) -> PersonRef:
    return PersonRef("matrix", human.user_id)


def mine(events: list[Event]) -> list[tuple[Kind, str, str]]:
    """Return what happened to the bot itself, by whom."""
    return [(event.kind, event.room, event.by) for event in events if event.bot]


# --- coming ----------------------------------------------------------------------------------


async def test_the_bot_comes_when_it_is_invited(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        token = ears.token
        room = await scenery.ana.create_room("North", invite=[scenery.me])
        came = await ears.hear(is_mine(Kind.JOIN))
        assert (came.room, came.by, came.author) == (room, scenery.ana.user_id, scenery.me)
    async with scenery.bot() as bot, Ears(bot, since=token) as ears:
        again = await ears.hear(is_mine(Kind.JOIN))
        assert again.id == came.id
        assert again.by == scenery.ana.user_id
    assert again.readable
    assert await scenery.said(room) == []


async def test_an_invitation_from_before_the_first_start_is_answered(scenery: Scenery) -> None:
    room = await scenery.ana.create_room("North", invite=[scenery.me])
    async with scenery.bot() as bot, Ears(bot) as ears:
        assert (await ears.hear(is_mine(Kind.JOIN))).room == room


async def test_a_crash_just_after_the_first_invitation_was_accepted_loses_no_room(
    scenery: Scenery,
) -> None:
    room = await scenery.ana.create_room("North", invite=[scenery.me])
    direct = await scenery.ana.open_direct_room(scenery.me)
    await scenery.hands.join(room)
    await scenery.hands.join(direct)
    for number in range(120):
        await scenery.ana.say(room, f"more than a sync shows {number}")
    async with scenery.bot() as bot, Ears(bot) as ears:
        ana = scenery.ana.user_id
        assert set(mine(ears.events)) == {(Kind.JOIN, each, ana) for each in (room, direct)}
        assert {e.room: e.direct for e in ears.events} == {room: False, direct: True}
        assert await bot.reach(People.of(ref(scenery.ana)), key=KEY) == at(direct)


async def test_a_room_in_which_the_bot_has_spoken_is_not_new_at_a_first_start(
    scenery: Scenery,
) -> None:
    room = await scenery.ana.create_room("North", invite=[scenery.me])
    await scenery.hands.join(room)
    await scenery.hands.say(room, "I am Circlekeeper")
    async with scenery.bot() as bot, Ears(bot) as ears:
        assert ears.events == []


async def test_an_invitation_that_came_while_away_is_answered(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        pass
    room = await scenery.ana.create_room("North", invite=[scenery.me])
    async with scenery.bot() as bot, Ears(bot, since=ears.token) as ears:
        assert (await ears.hear(is_mine(Kind.JOIN))).room == room


async def test_who_may_not_invite_is_turned_down_politely(scenery: Scenery) -> None:
    async with scenery.bot(not_invited="Please ask Ana.") as bot, Ears(bot) as ears:
        room = await scenery.ben.create_room("South", invite=[scenery.me])
        left = await scenery.ben.wait_for(room, gone(scenery.me))
        assert left["content"]["reason"] == "Please ask Ana."
        known = await scenery.ana.create_room("North", invite=[scenery.me])
        await ears.hear(is_mine(Kind.JOIN))
    assert mine(ears.events) == [(Kind.JOIN, known, scenery.ana.user_id)]


async def test_the_bots_own_coming_is_no_part_of_a_rooms_history(scenery: Scenery) -> None:
    room = await scenery.ana.create_room("North", invite=[scenery.me])
    await scenery.hands.join(room)
    await scenery.ana.say(room, "hello")
    async with scenery.bot() as bot:
        told = [
            event async for event in bot.history(at(room), since=datetime(2020, 1, 1, tzinfo=UTC))
        ]
    assert [(event.kind, event.author) for event in told] == [
        (Kind.JOIN, scenery.ana.user_id),
        (Kind.MESSAGE, scenery.ana.user_id),
    ]


async def test_what_was_said_before_the_bot_came_is_not_heard(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        room = await scenery.ana.create_room("North", public=True)
        for number in range(3):
            await scenery.ana.say(room, f"before {number}")
        await scenery.ana.invite(room, scenery.me)
        await ears.hear(is_mine(Kind.JOIN))
        await scenery.ana.say(room, "after")
        await ears.hear_text("after")
    assert texts(ears.events) == ["after"]


async def test_a_persons_own_direct_room_is_the_one_that_is_used(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        room = await scenery.ana.open_direct_room(scenery.me)
        await ears.hear(is_mine(Kind.JOIN))
        await scenery.ana.say(room, "hello")
        assert (await ears.hear_text("hello")).direct
        assert await bot.reach(People.of(ref(scenery.ana)), key=KEY) == at(room)


# --- going -----------------------------------------------------------------------------------


async def test_being_put_out_and_invited_again_are_told(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        room = await scenery.ana.create_room("North", invite=[scenery.me])
        await ears.hear(is_mine(Kind.JOIN))
        await scenery.ana.say(room, "goodbye")
        await scenery.ana.kick(room, scenery.me)
        await ears.hear(is_mine(Kind.LEAVE))
        await scenery.ana.invite(room, scenery.me)
        await ears.hear(lambda event: event.bot and ears.events[-1].kind is Kind.JOIN)
        await scenery.ana.ban(room, scenery.me)
        banned = await ears.hear(lambda event: event.banned)
    ana = scenery.ana.user_id
    assert mine(ears.events) == [
        (Kind.JOIN, room, ana),
        (Kind.LEAVE, room, ana),
        (Kind.JOIN, room, ana),
        (Kind.LEAVE, room, ana),
    ]
    assert banned.bot
    assert texts(ears.events) == ["goodbye"]


async def test_being_put_out_while_away_is_told(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        room = await scenery.ana.create_room("North", invite=[scenery.me])
        await ears.hear(is_mine(Kind.JOIN))
    await scenery.ana.say(room, "goodbye")
    await scenery.ana.kick(room, scenery.me)
    async with scenery.bot() as bot, Ears(bot, since=ears.token) as ears:
        await ears.hear(is_mine(Kind.LEAVE))
    assert texts(ears.events) == ["goodbye"]
    assert mine(ears.events) == [(Kind.LEAVE, room, scenery.ana.user_id)]


# --- moving ----------------------------------------------------------------------------------


@pytest.mark.parametrize("public", [True, False])
async def test_a_room_that_is_upgraded_is_followed(scenery: Scenery, public: bool) -> None:
    ana = scenery.ana
    async with scenery.bot() as bot, Ears(bot) as ears:
        old = await ana.create_room(
            "North", public=public, room_version="10", invite=[scenery.me, scenery.ben.user_id]
        )
        await ears.hear(is_mine(Kind.JOIN))
        await scenery.ben.join(old)
        await ana.set_power_level(old, scenery.ben.user_id, 100)
        new = await scenery.ben.upgrade_room(old, "12")
        if not public:
            await scenery.ben.invite(new, scenery.me)
        moved = await ears.hear(lambda event: event.kind is Kind.MOVED)
        assert (moved.room, moved.target) == (old, new)
        await scenery.ben.say(new, "here we are")
        assert (await ears.hear_text("here we are")).room == new
    assert [event.kind for event in ears.events].count(Kind.MOVED) == 1
    assert await scenery.said(new, scenery.ben) == []


async def test_an_upgrade_while_away_is_followed(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        old = await scenery.ana.create_room("North", public=True, invite=[scenery.me])
        await ears.hear(is_mine(Kind.JOIN))
    new = await scenery.ana.upgrade_room(old, "12")
    async with scenery.bot() as bot, Ears(bot, since=ears.token) as ears:
        moved = await ears.hear(lambda event: event.kind is Kind.MOVED)
    assert (moved.room, moved.target) == (old, new)
    assert [event.kind for event in ears.events].count(Kind.MOVED) == 1
    assert await scenery.said(new) == []


async def test_a_crash_while_following_an_upgrade_tells_it_once(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        old = await scenery.ana.create_room("North", public=True, invite=[scenery.me])
        await ears.hear(is_mine(Kind.JOIN))
    new = await scenery.ana.upgrade_room(old, "12")
    await scenery.hands.join(new)
    async with scenery.bot() as bot, Ears(bot, since=ears.token) as ears:
        moved = await ears.hear(lambda event: event.kind is Kind.MOVED)
        await scenery.ana.say(new, "on we go")
        await ears.hear_text("on we go")
    assert (moved.room, moved.target) == (old, new)
    assert [event.kind for event in ears.events].count(Kind.MOVED) == 1


async def test_a_room_that_only_says_it_replaces_ours_is_not_believed(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        ours = await scenery.ana.create_room("North", invite=[scenery.me])
        await ears.hear(is_mine(Kind.JOIN))
        theirs = await scenery.ben.create_room(
            "North", invite=[scenery.me], creation_content={"predecessor": {"room_id": ours}}
        )
        await scenery.ben.wait_for(theirs, gone(scenery.me))
    assert all(event.kind is not Kind.MOVED for event in ears.events)


async def test_a_second_room_that_says_it_replaces_ours_is_not_believed(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        ours = await scenery.ana.create_room("North", public=True, invite=[scenery.me])
        await ears.hear(is_mine(Kind.JOIN))
        new = await scenery.ana.upgrade_room(ours, "12")
        await ears.hear(lambda event: event.kind is Kind.MOVED)
        theirs = await scenery.ben.create_room(
            "North", invite=[scenery.me], creation_content={"predecessor": {"room_id": ours}}
        )
        await scenery.ben.wait_for(theirs, gone(scenery.me))
    assert [event.target for event in ears.events if event.kind is Kind.MOVED] == [new]


async def test_a_room_that_leads_nowhere_is_not_followed(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        room = await scenery.ana.create_room("North", invite=[scenery.me])
        await ears.hear(is_mine(Kind.JOIN))
        elsewhere = await scenery.ben.create_room("South")
        await scenery.ana.set_state(
            room, "m.room.tombstone", {"replacement_room": elsewhere, "body": "Come"}
        )
        await scenery.ana.say(room, "still here")
        await ears.hear_text("still here")
    assert all(event.kind is not Kind.MOVED for event in ears.events)


# --- encrypted rooms -------------------------------------------------------------------------


async def test_in_an_encrypted_room_the_bot_says_that_it_cannot_read(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        token = ears.token
        room = await scenery.ana.create_room(
            "Secret", invite=[scenery.me], initial_state=[ENCRYPTED]
        )
        assert not (await ears.hear(is_mine(Kind.JOIN))).readable
    async with scenery.bot() as bot, Ears(bot, since=token) as ears:
        assert not (await ears.hear(is_mine(Kind.JOIN))).readable
    assert [SORRY in text for text in await scenery.said(room)] == [True]


async def test_who_invites_the_bot_again_into_an_encrypted_room_is_told_again(
    scenery: Scenery,
) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        room = await scenery.ana.create_room(
            "Secret", invite=[scenery.me], initial_state=[ENCRYPTED]
        )
        await ears.hear(is_mine(Kind.JOIN))
        await scenery.ana.kick(room, scenery.me)
        await ears.hear(is_mine(Kind.LEAVE))
        await scenery.ana.invite(room, scenery.me)
        await ears.hear(lambda event: event.bot and ears.events[-1].kind is Kind.JOIN)
    assert [SORRY in text for text in await scenery.said(room)] == [True, True]


async def test_a_room_encrypted_just_after_the_bot_came_is_told_once(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        token = ears.token
    room = await scenery.ana.create_room("North", invite=[scenery.me])
    await scenery.hands.join(room)
    content: Json = ENCRYPTED["content"]  # type: ignore[assignment]
    await scenery.ana.set_state(room, "m.room.encryption", content)
    async with scenery.bot() as bot, Ears(bot, since=token) as ears:
        assert not (await ears.hear(is_mine(Kind.JOIN))).readable
    assert [SORRY in text for text in await scenery.said(room)] == [True]


async def test_a_room_that_becomes_encrypted_is_told_once(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        room = await scenery.ana.create_room("North", invite=[scenery.me])
        await ears.hear(is_mine(Kind.JOIN))
        content: Json = ENCRYPTED["content"]  # type: ignore[assignment]
        await scenery.ana.set_state(room, "m.room.encryption", content)
        await scenery.ana.wait_for_text(room, SORRY)
        await scenery.ana.set_state(room, "m.room.encryption", content | {"rotation_period_ms": 1})
        await scenery.ana.say(room, "plainly")
        await ears.hear_text("plainly")
    assert len(await scenery.said(room)) == 1


async def test_private_words_do_not_go_into_an_encrypted_room(scenery: Scenery) -> None:
    async with scenery.bot() as bot, Ears(bot) as ears:
        secret = await scenery.ana.create_room(
            invite=[scenery.me], is_direct=True, initial_state=[ENCRYPTED]
        )
        await ears.hear(is_mine(Kind.JOIN))
        assert await bot.reach(People.of(ref(scenery.ana)), key=KEY) != at(secret)


# --- direct rooms ----------------------------------------------------------------------------


async def test_a_direct_room_is_found_by_its_mark_when_the_list_is_lost(scenery: Scenery) -> None:
    ben = People.of(ref(scenery.ben))
    async with scenery.bot() as bot:
        room = await bot.reach(ben, key=KEY)
    path = f"user/{scenery.me}/account_data/m.direct"
    listed = await scenery.hands.call("GET", path)
    await scenery.hands.call("PUT", path, {})
    async with scenery.bot() as bot:
        assert await bot.reach(ben, key=KEY) == room
    assert await scenery.hands.call("GET", path) == listed == {scenery.ben.user_id: [room.id]}


async def test_two_posts_to_one_person_at_the_same_time_make_one_room(scenery: Scenery) -> None:
    ben = People.of(ref(scenery.ben))
    async with scenery.bot() as bot:
        rooms = await asyncio.gather(*(bot.reach(ben, key=KEY) for _ in range(4)))
    assert len(set(rooms)) == 1


async def test_a_mark_that_somebody_else_made_is_not_believed(scenery: Scenery) -> None:
    ben = People.of(ref(scenery.ben))
    trap = {"type": DIRECT, "state_key": "", "content": {"people": [scenery.ben.user_id]}}
    async with scenery.bot() as bot, Ears(bot) as ears:
        room = await scenery.ana.create_room(invite=[scenery.me], initial_state=[trap])
        await ears.hear(is_mine(Kind.JOIN))
        await scenery.ana.say(room, "hello")
        assert not (await ears.hear_text("hello")).direct
        assert await bot.reach(ben, key=KEY) != at(room)


async def test_a_trap_left_open_for_private_words_stays_empty(scenery: Scenery) -> None:
    ben = People.of(ref(scenery.ben))
    trap = {"type": DIRECT, "state_key": "", "content": {"people": [scenery.ben.user_id]}}
    async with scenery.bot() as bot, Ears(bot) as ears:
        room = await scenery.ana.create_room(public=True, invite=[scenery.me], initial_state=[trap])
        await ears.hear(is_mine(Kind.JOIN))
        await scenery.ben.join(room)
        await scenery.ana.leave(room)
        await scenery.ben.say(room, "hello")
        assert not (await ears.hear_text("hello")).direct
        assert await bot.reach(ben, key=KEY) != at(room)


async def test_a_direct_room_that_the_bot_left_is_not_used(scenery: Scenery) -> None:
    ana = People.of(ref(scenery.ana))
    async with scenery.bot() as bot:
        left = await bot.reach(ana, key=KEY)
        await scenery.hands.leave(left.id)
        room = await bot.reach(ana, key=KEY)
        assert room != left
        await bot.post(room, say("hello"), key=KEY)


async def test_a_direct_room_in_which_somebody_else_is_counts_no_more(scenery: Scenery) -> None:
    ana = People.of(ref(scenery.ana))
    async with scenery.bot() as bot, Ears(bot) as ears:
        room = await scenery.ana.open_direct_room(scenery.me)
        await ears.hear(is_mine(Kind.JOIN))
        assert await bot.reach(ana, key=KEY) == at(room)
        await scenery.ana.invite(room, scenery.ben.user_id)
        await scenery.ana.say(room, "with company")
        assert not (await ears.hear_text("with company")).direct
        assert await bot.reach(ana, key=KEY) != at(room)


async def test_a_person_who_comes_back_by_themselves_is_reached_again(scenery: Scenery) -> None:
    ana = People.of(ref(scenery.ana))
    async with scenery.bot() as bot, Ears(bot) as ears:
        first = await bot.reach(ana, key=KEY)
        await scenery.ana.join(first.id)
        await scenery.ana.leave(first.id)
        with pytest.raises(Unreachable):
            await bot.reach(ana, key=KEY)
        second = await scenery.ana.open_direct_room(scenery.me)
        await ears.hear(is_mine(Kind.JOIN))
        assert await bot.reach(ana, key=KEY) == at(second)


async def test_who_was_never_invited_because_of_a_crash_is_invited_now(scenery: Scenery) -> None:
    mark = {"type": DIRECT, "state_key": "", "content": {"people": [scenery.ana.user_id]}}
    room = await scenery.hands.create_room(initial_state=[mark])
    async with scenery.bot() as bot:
        assert await bot.reach(People.of(ref(scenery.ana)), key=KEY) == at(room)
    assert await scenery.ana.accept_invites() == [room]


# --- rights ----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["10", "11", "12"])
async def test_creators_and_moderators_may_manage_until_they_are_demoted(
    scenery: Scenery, version: str
) -> None:
    ana, ben = scenery.ana, scenery.ben
    room = await ana.create_room("North", room_version=version, invite=[scenery.me, ben.user_id])
    await scenery.hands.join(room)
    async with scenery.bot() as bot:
        assert await bot.may_manage(ref(ana), at(room))
        await ben.join(room)
        assert not await bot.may_manage(ref(ben), at(room))
        await ana.set_power_level(room, ben.user_id, 50)
        assert await bot.may_manage(ref(ben), at(room))
        await ana.set_power_level(room, ben.user_id, None)
        assert not await bot.may_manage(ref(ben), at(room))


async def test_an_additional_creator_may_manage(scenery: Scenery) -> None:
    also = {"additional_creators": [scenery.ben.user_id]}
    room = await scenery.ana.create_room(
        "North", room_version="12", invite=[scenery.me, scenery.ben.user_id], creation_content=also
    )
    await scenery.hands.join(room)
    async with scenery.bot() as bot:
        assert not await bot.may_manage(ref(scenery.ben), at(room))
        await scenery.ben.join(room)
        assert await bot.may_manage(ref(scenery.ben), at(room))


# --- what a post carries ---------------------------------------------------------------------


async def test_a_post_carries_its_key_and_never_rings_for_all(scenery: Scenery) -> None:
    room = await scenery.ana.create_room("North", invite=[scenery.me])
    await scenery.hands.join(room)
    async with scenery.bot() as bot:
        posted = await bot.post(at(room), say("hello @room", rings=True), key=KEY)
        assert bot.link(posted) == f"https://matrix.to/#/{room}/{posted.id}?via=circle.test"
    content = (await scenery.ana.event(room, posted.id))["content"]
    assert content[MARK] == str(KEY)
    assert content["m.mentions"] == {}
    assert content["msgtype"] == "m.text"
