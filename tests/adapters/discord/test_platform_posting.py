"""Posts on Discord: shown once whatever fails, ringing only for whom they mention, cut to fit."""

from datetime import timedelta
from typing import Any

import pytest

from adapters.discord import places
from adapters.discord.platform import DiscordPlatform, account_of
from bot.conversation.model import (
    AccountLost,
    Action,
    Actions,
    Ambiguous,
    Code,
    DeliveryKey,
    Document,
    File,
    Mention,
    Moment,
    NotPermitted,
    People,
    PersonRef,
    PlatformError,
    PlatformUnavailable,
    Table,
    Text,
    Unreachable,
    document,
    paragraph,
    say,
)
from bot.delivery.model import Outgoing, parts
from tests.adapters.discord.place import HOUR, Place
from tests.contracts.discord import platform, settings
from tests.contracts.platform import WallClock
from tests.support.discord import permissions
from tests.support.discord.server import StandIn

POSTING = r"POST /channels/\d+/messages$"


PROMPT = document("What did you try?", Actions((Action("Answer", "answer", (("circle", "n"),)),)))


# --- once ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", ["502 before", "502 after", "lost", "cut", "slow", "429"])
async def test_a_post_is_shown_once_whatever_becomes_of_the_request(
    place: Place, fault: str
) -> None:
    faults = place.standin.faults
    {
        "502 before": lambda: faults.answer(502, POSTING),
        "502 after": lambda: faults.answer(502, POSTING, commits=True),
        "lost": lambda: faults.lose(POSTING),
        "cut": lambda: faults.cut(POSTING),
        "slow": lambda: faults.slow(0.3, POSTING),
        "429": lambda: faults.too_many(0.1, POSTING),
    }[fault]()
    for _ in range(3):
        try:
            await place.bot.post(place.room, PROMPT, key=place.key())
        except PlatformUnavailable:
            continue
        break
    assert [m.content for m in place.posts()] == ["What did you try?"]


async def test_within_discords_memory_the_same_key_shows_nothing_new(place: Place) -> None:
    first = await place.bot.post(place.room, PROMPT, key=place.key())
    place.standin.world.pass_time(minutes=2)
    async with platform(place.standin) as again:
        assert await again.post(place.room, PROMPT, key=place.key()) == first


@pytest.mark.parametrize("said", [PROMPT, say("Just words")], ids=["buttons", "words"])
async def test_beyond_its_memory_a_post_is_found_by_its_buttons_or_its_words(
    place: Place, said: Document
) -> None:
    posted = await place.bot.post(place.room, said, key=place.key())
    await place.bot.post(place.room, say("Something else"), key=place.key("other"))
    place.standin.world.pass_time(minutes=30)
    async with platform(place.standin) as again:
        since = WallClock().now() - HOUR
        assert await again.find(place.room, place.key(), since=since, document=said) == posted
        other = place.key("never")
        never = say("Never said") if said is not PROMPT else PROMPT
        assert await again.find(place.room, other, since=since, document=never) is None


async def test_two_posts_that_say_the_same_are_told_apart_by_buttons_or_not_at_all(
    place: Place,
) -> None:
    words = say("Who is here?")
    for prompt in ("one", "two"):
        await place.bot.post(place.room, words, key=place.key(prompt))
        await place.bot.post(place.room, PROMPT, key=place.key(f"{prompt}-asked"))
    with pytest.raises(Ambiguous):
        await place.found(place.key("one"), words)
    first, second = [m for m in place.posts() if m.labels()]
    assert await place.found(place.key("one-asked"), PROMPT) == str(first.id)
    assert await place.found(place.key("two-asked"), PROMPT) == str(second.id)


async def test_what_people_write_is_never_taken_for_a_post(place: Place) -> None:
    await place.ana.say(place.channel, "Just words")
    assert await place.found(place.key(), say("Just words")) is None


# --- whom it rings for -----------------------------------------------------------------------

HOSTILE = ("@everyone", "@here", "<@&1>", "<@1>", "`@everyone`", "[x](https://e.org) @everyone")


@pytest.mark.parametrize("words", HOSTILE)
async def test_words_ring_for_nobody_whatever_they_are(place: Place, words: str) -> None:
    """Also where the bot might ring for all, and where no mark can be kept from its meaning."""
    world = place.standin.world
    world.role(place.guild, "all", mentionable=True)
    world.grant(place.guild, world.bot, world.role(place.guild, "mighty", permissions.ALL))
    await place.bot.post(place.room, say(words), key=place.key())
    await place.bot.post(place.room, document(Code(words)), key=place.key("code"))
    for post in place.posts():
        assert (post.rang.everyone, post.rang.roles, post.rang.users) == (False, set(), set())


async def test_a_mention_rings_for_just_that_person(place: Place) -> None:
    ben = place.standin.human("Ben", place.guild)
    mention = Mention(PersonRef("discord", str(place.ana.id)), "Ana")
    other = Mention(PersonRef("matrix", "@cleo:example.org"), "Cleo")
    said = say(mention, ", ", other, f" and <@{ben.id}> @everyone")
    await place.bot.post(place.room, said, key=place.key())
    (post,) = place.posts()
    assert post.rang.users == {place.ana.id}
    assert not post.rang.everyone


# --- how it looks ----------------------------------------------------------------------------


async def test_a_long_post_is_cut_at_block_ends_and_every_part_fits(place: Place) -> None:
    blocks = [paragraph(f"{number}. " + "*_~" * 150) for number in range(9)]
    long = Outgoing(key=place.key(), to=place.room, document=document(*blocks))
    for part in parts(long, place.bot.capabilities.longest):
        await place.bot.post(place.room, part.document, key=part.key)
    shown = place.posts()
    assert len(shown) > 1
    assert all(len(message.content) <= 2000 for message in shown)
    assert [n for m in shown for n in range(9) if f"{n}. " in m.content.replace("\\", "")] == list(
        range(9)
    )


async def test_tables_are_lists_and_times_are_the_readers_own(place: Place) -> None:
    said = document(
        Table(("Who", "When"), (("Ana", "Monday"),)),
        paragraph("At ", Moment(WallClock().now()), Text(".")),
    )
    await place.bot.post(place.room, said, key=place.key())
    (post,) = place.posts()
    assert "- Who: Ana; When: Monday" in post.content
    assert "<t:" in post.content
    assert "|" not in post.content


async def test_a_picture_comes_with_its_description(place: Place) -> None:
    picture = File("chart.png", "image/png", b"\x89PNG", "Four of seven answered")
    await place.bot.post(place.room, Document((picture,)), key=place.key())
    (post,) = place.posts()
    assert [(f.filename, f.description) for f in post.attachments] == [
        ("chart.png", "Four of seven answered")
    ]


# --- when Discord says no --------------------------------------------------------------------


async def test_who_takes_no_direct_messages_is_unreachable(place: Place) -> None:
    alone = People("discord", (str(place.ana.id),))
    place.ana.user.takes_direct_messages = False
    there = await place.bot.reach(alone, key=place.key())
    with pytest.raises(Unreachable):
        await place.bot.post(there, say("Hello"), key=place.key())


async def test_who_shares_no_server_is_unreachable(place: Place) -> None:
    stranger = place.standin.human("Eve")
    there = await place.bot.reach(People("discord", (str(stranger.id),)), key=place.key())
    with pytest.raises(Unreachable):
        await place.bot.post(there, say("Hello"), key=place.key())


@pytest.mark.parametrize("how", ["no right", "deleted", "put out"])
async def test_where_the_bot_may_not_write_it_says_so(place: Place, how: str) -> None:
    world = place.standin.world
    if how == "no right":
        world.allow(place.channel, world.bot, deny=permissions.SEND_MESSAGES)
    elif how == "deleted":
        world.remove(place.channel)
    else:
        world.leave(place.guild, world.bot)
    with pytest.raises(NotPermitted):
        await place.bot.post(place.room, say("Hello"), key=place.key())


async def test_a_ban_before_discord_comes_back_as_a_wait(place: Place) -> None:
    place.standin.faults.too_many(2.0, POSTING, via=False)
    with pytest.raises(PlatformUnavailable) as told:
        await place.bot.post(place.room, say("Hello"), key=place.key())
    assert told.value.retry_after == timedelta(seconds=2)


async def test_a_long_limit_is_left_to_the_outbox(place: Place) -> None:
    place.standin.faults.too_many(120.0, POSTING)
    with pytest.raises(PlatformUnavailable) as told:
        await place.bot.post(place.room, say("Hello"), key=place.key())
    assert told.value.retry_after is not None
    assert told.value.retry_after > timedelta(seconds=100)


async def test_the_last_request_of_a_bucket_only_waits(place: Place) -> None:
    place.standin.faults.exhaust(0.2, POSTING)
    for number in range(3):
        await place.bot.post(place.room, say(str(number)), key=place.key(str(number)))
    assert [m.content for m in place.posts()] == ["0", "1", "2"]
    assert place.standin.invalid == 0


async def test_an_outage_is_told_as_one(place: Place) -> None:
    await place.standin.stop()
    try:
        with pytest.raises(PlatformUnavailable):
            await place.bot.post(place.room, say("Hello"), key=place.key())
    finally:
        await place.standin.start()
    await place.bot.post(place.room, say("Hello"), key=place.key())
    assert len(place.posts()) == 1


async def test_a_dead_token_is_told_once_and_asked_no_more(discord: StandIn) -> None:
    guild = discord.world.guild("Home")
    room = places.room(guild.id, discord.world.text(guild, "north").id)
    first, *rest = discord.token.split(".")
    wrong = ".".join((first, *rest[:-1], "another"))
    bot = DiscordPlatform(_with_token(discord, wrong))
    bot.serve(platform(discord)._hands._dispatch)  # type: ignore[arg-type]  # noqa: SLF001 - no commands
    async with bot:
        with pytest.raises(AccountLost):
            await bot.post(room, say("Hello"), key=DeliveryKey("7", "o", "p", 0, str(room)))
    assert discord.invalid == 1


def _with_token(standin: StandIn, token: str) -> Any:  # noqa: ANN401 - settings
    made = settings(standin)
    return type(made)(token, made.clock, longest_pause=made.longest_pause, options=made.options)


def test_a_token_tells_whose_it_is() -> None:
    assert account_of("MTIzNDU2Nzg5MDEy.of.some") == "123456789012"
    for wrong in ("", "x.y.z", "not a token"):
        with pytest.raises(PlatformError):
            account_of(wrong)
