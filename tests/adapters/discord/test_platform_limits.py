"""Discord's limits: how often it may refuse the bot, how big a thing may be, how fast it may go."""

import asyncio
from datetime import timedelta

import discord as dpy
import pytest

from adapters.discord.caution import MOST, WITHIN, Caution
from adapters.discord.errors import translated
from adapters.discord.waiting import in_time
from bot.conversation.model import (
    File,
    MessageRef,
    NotPermitted,
    People,
    PersonRef,
    PlatformError,
    PlatformUnavailable,
    RoomRef,
    document,
    say,
)
from tests.adapters.discord.place import Place
from tests.support.discord import permissions

POSTING = r"POST /channels/\d+/messages$"
BANNED_AT = 10_000
"""The refusals in ten minutes for which Discord shuts an address out."""


# --- refusals --------------------------------------------------------------------------------


async def test_who_is_refused_again_and_again_stops_asking(place: Place) -> None:
    world = place.standin.world
    world.allow(place.channel, world.bot, deny=permissions.SEND_MESSAGES)
    for number in range(MOST):
        with pytest.raises(NotPermitted):
            await place.bot.post(place.room, say("Hello"), key=place.key(str(number)))
    for number in range(9):
        with pytest.raises(PlatformUnavailable) as told:
            await place.bot.post(place.room, say("Hello"), key=place.key(f"more {number}"))
    assert told.value.retry_after is not None
    assert timedelta() < told.value.retry_after <= timedelta(seconds=WITHIN)
    assert place.standin.invalid == MOST < BANNED_AT / 5


@pytest.mark.parametrize("fault", ["401", "429", "ban"])
async def test_every_kind_of_refusal_counts_and_no_other_answer_does(
    place: Place, fault: str
) -> None:
    faults = place.standin.faults
    client = dpy.Client(
        intents=dpy.Intents.none(),
        connector=place.standin.connector(),
        http_trace=Caution(most=3).trace(),
    )
    async with client:
        await client.login(place.standin.token)
        for _ in range(9):
            with pytest.raises(dpy.NotFound):
                await client.fetch_channel(1)
        if fault == "401":
            faults.answer(401, times=99)
        else:
            faults.too_many(0, times=99, via=fault == "429")
        for _ in range(9):
            with pytest.raises(PlatformError), translated(client):
                await client.fetch_channel(place.channel.id)
    assert place.standin.invalid == 3


async def test_what_passes_by_itself_is_asked_again_without_being_told(place: Place) -> None:
    faults = place.standin.faults
    faults.too_many(0.05, POSTING, times=3)
    faults.too_many(0.05, r"POST /channels/\d+/threads", everywhere=True)
    await place.bot.post(place.room, say("Hello"), key=place.key())
    await place.bot.post(place.room, say("Bye"), key=place.key("bye"))
    assert [m.content for m in place.posts()] == ["Hello", "Bye"]
    assert place.standin.invalid == 3


async def test_a_bucket_that_is_empty_for_long_holds_nothing_up(place: Place) -> None:
    faults = place.standin.faults
    faults.exhaust(90, POSTING)
    async with asyncio.timeout(5):
        await place.bot.post(place.room, say("Hello"), key=place.key())
        faults.too_many(89, POSTING)
        with pytest.raises(PlatformUnavailable) as told:
            await place.bot.post(place.room, say("Bye"), key=place.key("bye"))
    assert told.value.retry_after == timedelta(seconds=89)
    assert [m.content for m in place.posts()] == ["Hello"]


async def test_who_does_not_wait_for_a_limit_on_everything_does_not_stop_the_bot(
    place: Place,
) -> None:
    place.standin.faults.too_many(0.4, r"GET /guilds/\d+/members", everywhere=True)
    ana = PersonRef("discord", str(place.ana.id))
    with pytest.raises(TimeoutError):
        await in_time(place.bot.is_in(ana, place.room), 0.1)
    async with asyncio.timeout(5):
        await place.bot.post(place.room, say("Hello"), key=place.key())
        assert await in_time(place.bot.is_in(ana, place.room), 5)
    assert [m.content for m in place.posts()] == ["Hello"]


# --- sizes and places ------------------------------------------------------------------------


async def test_a_file_that_is_too_big_is_refused_in_words(place: Place) -> None:
    file = File("all.zip", "application/zip", b"0" * (10 * 1024 * 1024 + 1), "Everything")
    with pytest.raises(PlatformError, match="too big"):
        await place.bot.post(place.room, document(file), key=place.key())


async def test_a_description_that_is_too_long_is_cut_and_a_name_made_safe(place: Place) -> None:
    picture = File("was zählt?.png", "image/png", b"\x89PNG", "Bread. " * 300)
    posted = await place.bot.post(place.room, document(picture), key=place.key())
    (shown,) = place.posts()[0].attachments
    assert shown.filename == "was_z_hlt_.png"
    assert shown.description is not None
    assert 1000 < len(shown.description) <= 1024
    place.standin.world.pass_time(minutes=30)
    assert await place.found(place.key(), document(picture)) == posted.id


async def test_words_that_are_too_long_after_all_are_cut_and_not_refused(place: Place) -> None:
    await place.bot.post(place.room, say("a" * 2100), key=place.key())
    (long,) = [m.content for m in place.posts()]
    assert "a…" in long
    assert 1900 < len(long) <= 2000


async def test_what_was_removed_within_discords_memory_is_not_shown_again(place: Place) -> None:
    posted = await place.bot.post(place.room, say("Oops"), key=place.key())
    await place.bot.redact(posted, key=place.key("gone"))
    with pytest.raises(NotPermitted, match="was deleted"):
        await place.bot.post(place.room, say("Oops"), key=place.key())
    assert place.posts() == []


async def test_a_place_that_is_none_on_discord_is_refused_without_asking(place: Place) -> None:
    with pytest.raises(PlatformError, match="no place"):
        nowhere = RoomRef("discord", "!abc:example.org")
        await place.bot.post(nowhere, say("Hello"), key=place.key())
    with pytest.raises(PlatformError, match="nobody's id"):
        await place.bot.reach(People("discord", ("@ben:example.org",)), key=place.key())
    assert await place.bot.fetch(MessageRef(place.room, "$abc")) is None
