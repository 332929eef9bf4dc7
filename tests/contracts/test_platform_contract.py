"""Every platform keeps what the port promises."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import unquote

import pytest
import pytest_asyncio

from bot.conversation.model import (
    DeliveryKey,
    Document,
    Event,
    File,
    Kind,
    MessageRef,
    NotPermitted,
    People,
    RoomRef,
    Unreachable,
    say,
)
from bot.conversation.platform import Platform
from tests.contracts.console import ConsoleStage
from tests.contracts.discord import DiscordStage
from tests.contracts.matrix import MatrixStage
from tests.contracts.platform import Ears, Stage, WallClock, texts
from tests.support.discord.server import StandIn
from tests.support.human import NewHuman
from tests.support.synapse import NewAccount, Synapse

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f"
    b"\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef"
    b"\x00\x00\x00\x00IEND\xaeB`\x82"
)
HOUR = timedelta(hours=1)
MORE_THAN_ONE_LOOK = 130


@pytest_asyncio.fixture
async def matrix_synapse(
    synapse: Synapse, new_account: NewAccount, new_human: NewHuman
) -> AsyncIterator[Stage]:
    """Set the stage on a real Synapse."""
    async with MatrixStage(synapse, await new_account("bot"), new_human) as stage:
        yield stage


@pytest.fixture
def console() -> Stage:
    """Set the stage in the console's invented community."""
    return ConsoleStage()


@pytest.fixture
def discord_stage(discord: StandIn) -> Stage:
    """Set the stage on a Discord where the bot hears what is said to it."""
    return DiscordStage(discord, reads=False)


@pytest.fixture
def discord_reading(discord: StandIn) -> Stage:
    """Set the stage on a Discord where the bot reads rooms and knows who is there."""
    return DiscordStage(discord, reads=True)


STAGES = [
    pytest.param("console", id="console"),
    pytest.param("matrix_synapse", id="matrix-synapse"),
    pytest.param("discord_stage", id="discord"),
    pytest.param("discord_reading", id="discord-reading"),
]


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest) -> Stage:
    """Give each stage in turn."""
    found: Stage = request.getfixturevalue(request.param)
    return found


def key_for(room: RoomRef | People, prompt: str = "hello", part: int = 0) -> DeliveryKey:
    return DeliveryKey("7", "opening", prompt, 1, str(room), part)


async def found(bot: Platform, room: RoomRef) -> list[Event]:
    return [event async for event in bot.history(room, since=WallClock().now() - HOUR)]


# --- what is posted --------------------------------------------------------------------------


async def test_a_post_is_shown_with_a_link(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    async with stage.bot() as bot:
        posted = await bot.post(room, say("Good morning"), key=key_for(room))
        assert posted.room == room
        assert posted.id in bot.link(posted)
        assert ana.person.id in unquote(bot.link(ana.person))
    assert [(shown.id, shown.text) for shown in await ana.sees(room)] == [
        (posted.id, "Good morning")
    ]


async def test_the_same_key_shows_one_message_also_after_a_restart(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    async with stage.bot() as bot:
        first = await bot.post(room, say("One"), key=key_for(room))
        assert await bot.post(room, say("Another"), key=key_for(room)) == first
    async with stage.bot() as bot:
        if bot.capabilities.restarts:
            assert await bot.post(room, say("Yet another"), key=key_for(room)) == first
    assert [shown.text for shown in await ana.sees(room)] == ["One"]


async def test_the_same_key_at_the_same_time_shows_one_message(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    async with stage.bot() as bot:
        posts = [bot.post(room, say("One"), key=key_for(room)) for _ in range(6)]
        assert len(set(await asyncio.gather(*posts))) == 1
    assert len(await ana.sees(room)) == 1


async def test_each_part_of_a_long_post_is_a_message_of_its_own(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    async with stage.bot() as bot:
        for part in range(3):
            await bot.post(room, say(f"Part {part}"), key=key_for(room, part=part))
    assert [shown.text for shown in await ana.sees(room)] == ["Part 0", "Part 1", "Part 2"]


async def test_the_longest_words_fit(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    async with stage.bot() as bot:
        words = '<"&' * (bot.capabilities.longest // 3)
        await bot.post(room, say(words), key=key_for(room))
    assert [shown.text for shown in await ana.sees(room)] == [words]


@pytest.mark.needs("threads")
async def test_a_post_stands_in_the_thread_that_is_named(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    async with stage.bot() as bot:
        root = await bot.post(room, say("What did you try?"), key=key_for(room))
        await bot.post(room, say("I listen"), key=key_for(room, "reply"), thread=root.id)
    assert [(shown.text, shown.thread) for shown in await ana.sees(room)] == [
        ("What did you try?", None),
        ("I listen", root.id),
    ]


@pytest.mark.needs("files")
async def test_a_file_is_sent_along(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    picture = File("chart.png", "image/png", PNG, "Four of seven answered")
    notes = File("notes.md", "text/markdown", b"# Notes", "")
    async with stage.bot() as bot:
        await bot.post(room, Document((picture,)), key=key_for(room, "chart"))
        await bot.post(room, Document((picture,)), key=key_for(room, "chart"))
        await bot.post(room, Document((notes,)), key=key_for(room, "notes"))
    assert [(shown.text, shown.file) for shown in await ana.sees(room)] == [
        ("Four of seven answered", PNG),
        ("notes.md", b"# Notes"),
    ]


@pytest.mark.needs("files")
async def test_pictures_that_fit_are_read_back_and_other_files_are_named(stage: Stage) -> None:
    room = await stage.room(await stage.member("ana"))
    picture = File("chart.png", "image/png", PNG, "Four of seven answered")
    notes = File("notes.md", "text/markdown", b"# Notes", "What we noted")
    async with stage.bot() as bot:
        chart = await bot.post(room, Document((picture,)), key=key_for(room, "chart"))
        other = await bot.post(room, Document((notes,)), key=key_for(room, "notes"))
        words = await bot.post(room, say("only words"), key=key_for(room))
        (file,) = await bot.files(chart, largest=len(PNG))
        assert (file.media_type, file.content) == ("image/png", PNG)
        assert file.description == "Four of seven answered"
        assert [each.content for each in await bot.files(chart, largest=10)] == [b""]
        assert [each.content for each in await bot.files(other, largest=1000)] == [b""]
        assert list(await bot.files(words, largest=1000)) == []
        await bot.redact(chart, key=key_for(room, "chart"))
        assert list(await bot.files(chart, largest=1000)) == []


async def test_the_bot_may_not_post_where_it_is_not(stage: Stage) -> None:
    room = await stage.strange_room(await stage.member("ana"))
    async with stage.bot() as bot:
        with pytest.raises(NotPermitted):
            await bot.post(room, say("Hello?"), key=key_for(room))


@pytest.mark.needs("history")
async def test_an_own_message_is_found_by_its_key(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    async with stage.bot() as bot:
        posted = await bot.post(room, say("Here"), key=key_for(room))
        await bot.post(room, say("There"), key=key_for(room, "other"))
        now = WallClock().now()
        here, never = say("Here"), say("Never said")
        since = now - HOUR
        assert await bot.find(room, key_for(room), since=since, document=here) == posted
        assert await bot.find(room, key_for(room, "no"), since=since, document=never) is None
        assert await bot.find(room, key_for(room), since=now + 3 * HOUR, document=here) is None


async def test_another_persons_copy_of_a_key_is_not_found(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    async with stage.bot() as bot:
        await ana.say(room, str(key_for(room)))
        said = say(str(key_for(room)))
        since = WallClock().now() - HOUR
        assert await bot.find(room, key_for(room), since=since, document=said) is None


@pytest.mark.needs("edits")
async def test_an_own_message_says_something_else_after_an_edit(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    async with stage.bot() as bot:
        posted = await bot.post(room, say("Ana: bread"), key=key_for(room))
        for _ in range(2):
            await bot.edit(posted, say("Ana: cake"), key=key_for(room, "change"))
        since, now = WallClock().now() - HOUR, say("Ana: cake")
        assert await bot.find(room, key_for(room), since=since, document=now) == posted
        assert [(shown.id, shown.text) for shown in await ana.sees(room)] == [
            (posted.id, "Ana: cake")
        ]
        await bot.redact(posted, key=key_for(room))
        await bot.edit(posted, say("Ana: pie"), key=key_for(room, "too late"))
    assert await ana.sees(room) == []


async def test_a_removed_message_is_gone_for_all(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    async with stage.bot() as bot:
        posted = await bot.post(room, say("Oops"), key=key_for(room))
        await bot.redact(posted, key=key_for(room))
        await bot.redact(posted, key=key_for(room))
        await bot.redact(posted, key=key_for(room, "again"))
        assert await bot.fetch(posted) is None
    assert await ana.sees(room) == []


# --- what is heard ---------------------------------------------------------------------------


@pytest.mark.needs("reads")
async def test_everything_that_people_do_is_heard_once(stage: Stage) -> None:
    ana, ben = await stage.member("ana"), await stage.member("ben")
    room = await stage.room(ana, ben)
    async with stage.bot() as bot, Ears(bot) as ears:
        one = await ana.say(room, "one")
        await ana.edit(room, one, "two")
        await ben.react(room, one, "✅")
        threaded = await ben.say(room, "in a thread", thread=one)
        reply = await ben.say(room, "a reply", reply_to=one)
        await ben.delete(room, threaded)
        await ben.go(room)
        await ears.hear(lambda event: event.kind is Kind.LEAVE)
    events = [event for event in ears.events if not event.bot]
    heard = [
        (event.kind, event.person, event.text, event.thread, event.reply_to, event.target)
        for event in events
    ]
    assert heard == [
        (Kind.MESSAGE, ana.person, "one", None, None, None),
        (Kind.EDIT, ana.person, "two", None, None, one),
        (Kind.REACTION, ben.person, "✅", None, None, one),
        (Kind.MESSAGE, ben.person, "in a thread", one, None, None),
        (Kind.MESSAGE, ben.person, "a reply", None, one, None),
        (Kind.DELETE, ben.person, "", None, None, threaded),
        (Kind.LEAVE, ben.person, "", None, None, None),
    ]
    assert [event.id for event in events][4] == reply
    assert len({event.id for event in events}) == len(heard)
    assert all(event.where == room and not event.direct for event in events)
    assert all(abs(event.at - WallClock().now()) < HOUR for event in events)


@pytest.mark.needs("reads")
async def test_the_bots_own_words_are_not_heard(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    async with stage.bot() as bot, Ears(bot) as ears:
        await bot.post(room, say("my own", rings=True), key=key_for(room))
        await ana.say(room, "yours")
        await ears.hear_text("yours")
    assert texts(ears.events) == ["yours"]


@pytest.mark.needs("reads")
async def test_a_reply_to_the_bot_and_its_name_address_it(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    async with stage.bot() as bot, Ears(bot) as ears:
        posted = await bot.post(room, say("How was it?"), key=key_for(room))
        await ana.say(room, "good", reply_to=posted.id)
        await ana.say(room, f"{bot.account}: help")
        await ana.say(room, "I talk to Ben")
        await ears.hear_text("I talk to Ben")
    heard = [event.addressed for event in ears.events if not event.bot]
    assert heard == [True, True, False]


@pytest.mark.needs("not reads")
async def test_words_that_are_kept_from_the_bot_are_unknown(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    async with stage.bot() as bot, Ears(bot) as ears:
        posted = await bot.post(room, say("How was it?"), key=key_for(room))
        kept = await ana.say(room, "to Ben alone")
        reply = await ana.say(room, "good", reply_to=posted.id)
        await ears.hear(lambda event: event.id == reply)
    heard = [(e.id, e.text, e.readable, e.addressed) for e in ears.events if not e.bot]
    assert heard == [(kept, "", False, False), (reply, "good", True, True)]


@pytest.mark.needs("reads")
async def test_what_came_before_the_first_start_is_not_heard(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    await ana.say(room, "long ago")
    async with stage.bot() as bot, Ears(bot) as ears:
        await ana.say(room, "now")
        await ears.hear_text("now")
    assert texts(ears.events) == ["now"]


@pytest.mark.needs("reads")
async def test_a_batch_is_handed_again_until_it_is_taken(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    async with stage.bot() as bot, Ears(bot) as ears:
        pass
    async with stage.bot() as bot, Ears(bot, since=ears.token, failing=2) as ears:
        for number in range(3):
            await ana.say(room, str(number))
        await ears.hear_text("2")
    assert ears.handed[0] == ears.handed[1] == ears.handed[2]
    assert texts(ears.events) == ["0", "1", "2"]


@pytest.mark.needs("reads")
async def test_a_crash_before_a_batch_was_stored_loses_and_doubles_nothing(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    async with stage.bot() as bot, Ears(bot) as first:
        await ana.say(room, "stored")
        await first.hear_text("stored")
    async with stage.bot() as bot, Ears(bot, since=first.token, failing=1000) as crashed:
        await ana.say(room, "lost with the crash")
        await crashed.be_handed()
    async with stage.bot() as bot, Ears(bot, since=first.token) as again:
        await again.hear_text("lost with the crash")
        await ana.say(room, "after")
        await again.hear_text("after")
    assert texts(again.events) == ["lost with the crash", "after"]


@pytest.mark.needs("reads", "history")
async def test_what_was_said_while_the_bot_was_away_comes_whole_and_in_order(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    async with stage.bot() as bot, Ears(bot) as ears:
        await ana.say(room, "before")
        await ears.hear_text("before")
    said = [str(number) for number in range(MORE_THAN_ONE_LOOK)]
    for text in said:
        await ana.say(room, text)
    async with stage.bot() as bot, Ears(bot, since=ears.token) as ears:
        await ears.hear_text(said[-1])
        await ana.say(room, "after")
        await ears.hear_text("after")
    assert texts(ears.events) == [*said, "after"]
    assert len(ears.taken[0].events) == len(said)


@pytest.mark.needs("reads", "history")
async def test_history_tells_a_rooms_events_oldest_first(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    one = await ana.say(room, "one")
    await ana.edit(room, one, "uno")
    two = await ana.say(room, "two")
    three = await ana.say(room, "three", thread=one)
    await ana.delete(room, two)
    async with stage.bot() as bot:
        await bot.post(room, say("mine"), key=key_for(room))
        told = [event for event in await found(bot, room) if event.kind is not Kind.JOIN]
        later = [event async for event in bot.history(room, since=WallClock().now() + HOUR)]
    whole = [
        (Kind.MESSAGE, "one", None),
        (Kind.EDIT, "uno", one),
        (Kind.MESSAGE, "three", None),
        (Kind.DELETE, "", two),
    ]
    as_it_reads = [(Kind.MESSAGE, "uno", None), (Kind.MESSAGE, "three", None)]
    said = [(event.kind, event.text, event.target) for event in told]
    assert said == (whole if bot.capabilities.replays else as_it_reads)
    (third,) = [event for event in told if event.id == three]
    assert third.thread == one
    assert later == []


async def test_a_message_is_fetched_as_it_reads_now(stage: Stage) -> None:
    ana = await stage.member("ana")
    room = await stage.room(ana)
    message = MessageRef(room, await ana.say(room, "first"))
    async with stage.bot() as bot:
        first = await bot.fetch(message)
        assert first is not None
        assert (first.id, first.text, first.person) == (message.id, "first", ana.person)
        await ana.edit(room, message.id, "second")
        await ana.edit(room, message.id, "third")
        edited = await bot.fetch(message)
        assert edited is not None
        assert (edited.id, edited.text, edited.at) == (message.id, "third", first.at)
        await ana.delete(room, message.id)
        assert await bot.fetch(message) is None
        assert await bot.fetch(MessageRef(room, "$unheard-of")) is None


# --- direct rooms ----------------------------------------------------------------------------


async def test_a_direct_room_is_found_again_also_after_a_restart(stage: Stage) -> None:
    ana = await stage.member("ana")
    alone = People.of(ana.person)
    async with stage.bot() as bot:
        room = await bot.reach(alone, key=key_for(alone))
        assert await bot.reach(alone, key=key_for(alone, "another")) == room
        await bot.post(room, say("Just us"), key=key_for(alone))
    await ana.come(room)
    async with stage.bot() as bot, Ears(bot) as ears:
        if bot.capabilities.restarts:
            assert await bot.reach(alone, key=key_for(alone)) == room
        await ana.say(room, "hello")
        assert (await ears.hear_text("hello")).direct
    assert [shown.text for shown in await ana.sees(room)] == ["Just us"]


async def test_a_room_is_its_own_target(stage: Stage) -> None:
    room = await stage.room(await stage.member("ana"))
    async with stage.bot() as bot:
        assert await bot.reach(room, key=key_for(room)) == room


@pytest.mark.needs("groups")
async def test_each_pairing_has_one_room_of_its_own(stage: Stage) -> None:
    ana, ben = await stage.member("ana"), await stage.member("ben")
    pair, alone = People.of(ana.person, ben.person), People.of(ana.person)
    async with stage.bot() as bot:
        room = await bot.reach(pair, key=key_for(pair, "pairs"))
        assert await bot.reach(pair, key=key_for(pair, "pairs", 1)) == room
        assert await bot.reach(pair, key=key_for(pair, "later pairs")) != room
        assert await bot.reach(alone, key=key_for(alone)) != room
    await ana.come(room)
    await ben.come(room)
    async with stage.bot() as bot:
        if bot.capabilities.restarts:
            assert await bot.reach(pair, key=key_for(pair, "pairs")) == room
        assert set(await bot.present(room)) == {ana.person.id, ben.person.id}


@pytest.mark.needs("groups")
async def test_a_pairs_room_is_not_direct(stage: Stage) -> None:
    ana, ben = await stage.member("ana"), await stage.member("ben")
    pair = People.of(ana.person, ben.person)
    async with stage.bot() as bot, Ears(bot) as ears:
        room = await bot.reach(pair, key=key_for(pair))
        await ana.come(room)
        await ana.say(room, "hello")
        assert not (await ears.hear_text("hello")).direct


async def test_who_refuses_the_direct_room_is_unreachable(stage: Stage) -> None:
    ana = await stage.member("ana")
    alone = People.of(ana.person)
    async with stage.bot() as bot:
        room = await bot.reach(alone, key=key_for(alone))
        await ana.go(room)
        for prompt in ("hello", "another"):
            with pytest.raises(Unreachable):
                there = await bot.reach(alone, key=key_for(alone, prompt))
                await bot.post(there, say("Are you there?"), key=key_for(alone, prompt))


@pytest.mark.needs("groups")
async def test_who_left_the_direct_room_is_unreachable(stage: Stage) -> None:
    ana, ben = await stage.member("ana"), await stage.member("ben")
    pair = People.of(ana.person, ben.person)
    async with stage.bot() as bot:
        room = await bot.reach(pair, key=key_for(pair))
        await ana.come(room)
        await ben.come(room)
        await ana.go(room)
        with pytest.raises(Unreachable):
            await bot.reach(pair, key=key_for(pair))


# --- people ----------------------------------------------------------------------------------


async def test_the_manager_may_manage_and_others_may_not(stage: Stage) -> None:
    ana, ben, eve = [await stage.member(name) for name in ("ana", "ben", "eve")]
    room = await stage.room(ana, ben)
    async with stage.bot() as bot:
        rights = [await bot.may_manage(who.person, room) for who in (ana, ben, eve)]
    assert rights == [True, False, False]


async def test_a_manager_who_left_may_no_longer_manage(stage: Stage) -> None:
    ana, ben = await stage.member("ana"), await stage.member("ben")
    room = await stage.room(ana, ben)
    await ana.go(room)
    async with stage.bot() as bot:
        assert not await bot.may_manage(ana.person, room)


async def test_who_is_in_a_room_is_known(stage: Stage) -> None:
    ana, ben, eve = [await stage.member(name) for name in ("ana", "ben", "eve")]
    room = await stage.room(ana, ben)
    async with stage.bot() as bot:
        assert [await bot.is_in(who.person, room) for who in (ana, ben, eve)] == [True, True, False]
        await ben.go(room)
        assert not await bot.is_in(ben.person, room)


@pytest.mark.needs("members")
async def test_those_present_are_told_without_the_bot(stage: Stage) -> None:
    ana, ben = await stage.member("ana"), await stage.member("ben")
    room = await stage.room(ana, ben)
    async with stage.bot() as bot:
        present = await bot.present(room)
        assert set(present) == {ana.person.id, ben.person.id}
        assert all(present.values())
        await ben.go(room)
        assert set(await bot.present(room)) == {ana.person.id}
