"""Threads and forums: opened once, woken, and told to be lost where they are."""

from dataclasses import replace

import pytest

from adapters.discord import places
from bot.conversation.model import (
    Document,
    MessageRef,
    PlatformUnavailable,
    RoomRef,
    ThreadLost,
    say,
)
from tests.adapters.discord.place import Place
from tests.adapters.discord.test_platform_posting import PROMPT
from tests.support.discord import permissions
from tests.support.discord.model import Channel

ASKS = replace(PROMPT, opens="Week 1: What did you try?")
OPENING = r"POST /channels/\d+/messages/\d+/threads$"


def threads(place: Place, of: Channel | None = None) -> list[Channel]:
    there = place.standin.world.channels.values()
    return [c for c in there if c.parent is (of or place.channel) and not c.deleted]


def said_in(thread: Channel) -> list[str]:
    return [m.content for m in thread.messages.values()]


async def asked(place: Place, said: Document = ASKS) -> str:
    return (await place.bot.post(place.room, said, key=place.key())).id


async def test_a_post_opens_its_thread_by_name_once(place: Place) -> None:
    for _ in range(2):
        await asked(place)
    assert [thread.name for thread in threads(place)] == ["Week 1: What did you try?"]


@pytest.mark.parametrize("fault", ["lose", "cut", "503"])
async def test_a_break_between_a_post_and_its_thread_is_mended_by_the_next_try(
    place: Place, fault: str
) -> None:
    faults = place.standin.faults
    if fault == "503":
        faults.answer(503, OPENING)
    else:
        getattr(faults, fault)(OPENING)
    with pytest.raises(PlatformUnavailable):
        await asked(place)
    await asked(place)
    assert len(threads(place)) == 1
    assert len(place.posts()) == 1


async def test_a_name_that_is_too_long_is_cut(place: Place) -> None:
    await asked(place, replace(PROMPT, opens="long " * 60))
    (thread,) = threads(place)
    assert len(thread.name) <= 100


async def test_without_the_right_to_threads_the_post_stands_alone(place: Place) -> None:
    world = place.standin.world
    world.allow(place.channel, world.bot, deny=permissions.CREATE_PUBLIC_THREADS)
    root = await asked(place)
    assert threads(place) == []
    with pytest.raises(ThreadLost):
        await place.bot.post(place.room, say("More"), key=place.key("more"), thread=root)


async def test_what_stands_in_a_thread_opens_it_where_nobody_did(place: Place) -> None:
    root = await asked(place, PROMPT)
    posted = await place.bot.post(place.room, say("More"), key=place.key("more"), thread=root)
    (thread,) = threads(place)
    assert said_in(thread) == ["More"]
    assert posted.id == f"{root}-{max(thread.messages)}"
    assert place.bot.link(posted).endswith(f"/{thread.id}/{max(thread.messages)}")


async def test_in_a_thread_too_a_post_is_shown_once_and_found_again(place: Place) -> None:
    root = await asked(place)
    place.standin.faults.lose(r"POST /channels/\d+/messages$")
    with pytest.raises(PlatformUnavailable):
        await place.bot.post(place.room, say("More"), key=place.key("more"), thread=root)
    (thread,) = threads(place)
    assert said_in(thread) == ["More"]
    assert await place.found(place.key("more"), say("More")) == f"{root}-{max(thread.messages)}"


async def test_an_archived_thread_is_woken_for_a_post_an_edit_and_a_removal(place: Place) -> None:
    root = await asked(place)
    (thread,) = threads(place)
    ref = await place.bot.post(place.room, say("More"), key=place.key("more"), thread=root)
    for act in ("post", "edit", "redact"):
        await place.changes(thread, archived=True)
        if act == "post":
            await place.bot.post(place.room, say("Again"), key=place.key("again"), thread=root)
        elif act == "edit":
            await place.bot.edit(ref, say("Less"), key=place.key("less"))
        else:
            await place.bot.redact(ref, key=place.key("gone"))
    assert said_in(thread) == ["Again"]


async def test_a_locked_thread_is_lost_and_the_room_is_not(place: Place) -> None:
    root = await asked(place)
    (thread,) = threads(place)
    await place.changes(thread, archived=True, locked=True)
    with pytest.raises(ThreadLost):
        await place.bot.post(place.room, say("More"), key=place.key("more"), thread=root)
    await place.bot.post(place.room, say("More"), key=place.key("more"))
    assert [m.content for m in place.posts()][-1] == "More"


async def test_a_deleted_thread_is_opened_anew_at_its_message(place: Place) -> None:
    root = await asked(place)
    place.standin.world.remove(threads(place)[0])
    await place.bot.post(place.room, say("More"), key=place.key("more"), thread=root)
    (thread,) = threads(place)
    assert said_in(thread) == ["More"]


async def test_a_deleted_thread_that_discord_does_not_let_open_again_is_lost(place: Place) -> None:
    root = await asked(place)
    (thread,) = threads(place)
    place.standin.world.remove(thread)
    place.channel.messages[int(root)].thread = thread
    with pytest.raises(ThreadLost, match="deleted"):
        await place.bot.post(place.room, say("More"), key=place.key("more"), thread=root)


async def test_nothing_is_changed_in_a_thread_that_is_locked(place: Place) -> None:
    root = await asked(place)
    (thread,) = threads(place)
    more = await place.bot.post(place.room, say("More"), key=place.key("more"), thread=root)
    await place.changes(thread, archived=True, locked=True)
    with pytest.raises(ThreadLost):
        await place.bot.edit(more, say("Less"), key=place.key("less"))
    with pytest.raises(ThreadLost):
        await place.bot.wake(MessageRef(place.room, root))
    assert said_in(thread) == ["More"]
    assert thread.state().archived


async def test_a_post_is_found_in_an_archived_thread_behind_hundreds_of_messages(
    place: Place,
) -> None:
    root = await asked(place)
    more = await place.bot.post(place.room, say("More"), key=place.key("more"), thread=root)
    (thread,) = threads(place)
    for where in (place.channel, thread):
        for number in range(130):
            await place.ana.say(where, str(number))
    await place.changes(thread, archived=True)
    place.standin.world.pass_time(minutes=30)
    assert await place.found(place.key(), ASKS) == root
    assert await place.found(place.key("more"), say("More")) == more.id


async def test_a_thread_is_lost_when_its_message_is_deleted_too(place: Place) -> None:
    root = await asked(place)
    place.standin.world.remove(threads(place)[0])
    await place.bot.redact(MessageRef(place.room, root), key=place.key("gone"))
    with pytest.raises(ThreadLost):
        await place.bot.post(place.room, say("More"), key=place.key("more"), thread=root)


# --- forums ----------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [None, "lose", "cut"])
async def test_in_a_forum_a_prompt_is_a_post_of_its_own_made_once(
    place: Place, fault: str | None
) -> None:
    forum = place.standin.world.forum(place.guild, "weeks", "plan", "act")
    room = places.room(place.guild.id, forum.id)
    if fault is not None:
        getattr(place.standin.faults, fault)(r"POST /channels/\d+/threads")
    made = set()
    for _ in range(3):
        try:
            made.add(await place.bot.post(room, ASKS, key=place.key()))
        except PlatformUnavailable:
            continue
    assert len(made) == 1
    (post,) = threads(place, forum)
    assert post.name == "Week 1: What did you try?"
    assert said_in(post) == ["What did you try?"]
    await _answered_inside(place, room, post, made.pop().id)


async def _answered_inside(place: Place, room: RoomRef, post: Channel, root: str) -> None:
    more = await place.bot.post(room, say("More"), key=place.key("more"), thread=root)
    assert said_in(post) == ["What did you try?", "More"]
    fetched = await place.bot.fetch(more)
    assert fetched is not None
    assert (fetched.text, fetched.thread) == ("More", root)
    first = await place.bot.fetch(replace(more, id=root))
    assert first is not None
    assert first.text == "What did you try?"
    await place.bot.edit(replace(more, id=root), say("What now?"), key=place.key("now"))
    assert said_in(post)[0] == "What now?"


async def test_in_a_forum_two_posts_that_say_the_same_are_two(place: Place) -> None:
    forum = place.standin.world.forum(place.guild, "weeks")
    room = places.room(place.guild.id, forum.id)
    said = replace(say("Week 1"), opens="Week 1")
    made = [await place.bot.post(room, said, key=place.key(name)) for name in ("one", "two", "one")]
    assert made[0] == made[2] != made[1]
    assert len(threads(place, forum)) == 2


async def test_a_forums_post_that_was_deleted_is_a_lost_thread(place: Place) -> None:
    forum = place.standin.world.forum(place.guild, "weeks")
    room = places.room(place.guild.id, forum.id)
    root = await place.bot.post(room, ASKS, key=place.key())
    place.standin.world.remove(threads(place, forum)[0])
    with pytest.raises(ThreadLost):
        await place.bot.post(room, say("More"), key=place.key("more"), thread=root.id)
    assert await place.bot.fetch(root) is None
