"""The bot is put out of a circle's room and comes back: it says so, and what waited comes."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio

from bot.conversation.model import Kind
from bot.delivery.rows import OutboxRow
from tests.support.scene import ANA, BEN, BOT, FAY, ROOM, Scene, scene, words

LINK = f"https://matrix.to/#/{ROOM}?via=example.org"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest_asyncio.fixture
async def north(tmp_path: Path) -> AsyncIterator[Scene]:
    """Give an open circle with two members whose room has seen everything so far."""
    async with scene(tmp_path) as here:
        await here.say(FAY, "!circle new north 2026-03-16")
        await here.join(ANA)
        await here.say(FAY, "!circle open north")
        for number, row in enumerate(await here.posts()):
            await here.sent(row, f"$sent{number}")
        yield here


async def put_out(here: Scene, room: str = ROOM, **more: object) -> list[OutboxRow]:
    """Put the bot out of a room; return what is written then."""
    before = {row.id for row in await here.posts()}
    gone = here.event(BOT, kind=Kind.LEAVE, bot=True, by=FAY, room=room, **more)
    await here.hear(gone)
    return [row for row in await here.posts() if row.id not in before]


async def let_in(here: Scene, room: str = ROOM, **more: object) -> None:
    """Invite the bot again."""
    await here.hear(here.event(BOT, kind=Kind.JOIN, bot=True, by=FAY, room=room, **more))


async def in_the_room(here: Scene) -> list[OutboxRow]:
    """Return what may go into the room now, in order."""
    return [
        row
        for row in await here.posts()
        if (row.target, row.state) == (f"matrix:{ROOM}", "waiting")
        and row.not_before <= here.clock.now()
    ]


async def test_who_facilitates_hears_at_once_that_the_bot_was_put_out(north: Scene) -> None:
    north.clock.moment = at("2026-03-10 22:30")
    await north.say(FAY, "!circle attach north", room="!second:example.org")
    told = [*await put_out(north), *await put_out(north, "!second:example.org", banned=True)]
    assert [(row.target, row.quiet) for row in told] == [(f"matrix:{FAY}", None)] * 2
    first, second = (words(row.document) for row in told)
    assert "I was removed from a room of north" in first
    assert "Invite me there again" in first
    assert "I was banned from a room of north" in second
    assert "Lift the ban" in second


async def test_what_only_waited_comes_once_after_the_bot_said_that_it_is_back(
    north: Scene,
) -> None:
    north.clock.moment = at("2026-03-10 07:30")
    await north.join(BEN)
    (welcome,) = await in_the_room(north)
    await put_out(north)
    await north.tick(at("2026-03-10 09:00"))
    assert await in_the_room(north) == []
    await let_in(north)
    back, *due = await in_the_room(north)
    assert words(back.document) == ("I am back. north goes on; what was due meanwhile comes now.")
    assert [row.prompt for row in due] == [welcome.prompt, "roll-call"]
    assert words(due[0].document) == words(welcome.document)
    await let_in(north)
    assert [row.prompt for row in await in_the_room(north)].count("roll-call") == 1


async def test_where_nothing_waited_the_bot_only_says_that_it_is_back(north: Scene) -> None:
    await put_out(north)
    await let_in(north)
    assert [words(row.document) for row in await in_the_room(north)] == [
        "I am back. north goes on."
    ]


async def test_what_was_held_at_night_comes_when_the_quiet_hours_are_over(north: Scene) -> None:
    north.clock.moment = at("2026-03-10 22:30")
    await north.join(BEN)
    await put_out(north)
    await let_in(north)
    back, welcome = await in_the_room(north)
    assert "comes when the quiet hours are over" in words(back.document)
    assert (back.quiet, welcome.quiet is None) == (None, False)


async def test_what_is_too_late_is_left_out_and_told_and_can_still_be_sent(north: Scene) -> None:
    await put_out(north)
    await north.tick(at("2026-03-10 09:00"))
    north.clock.advance(hours=25)
    await let_in(north)
    (back,) = await in_the_room(north)
    assert words(back.document) == "I am back. north goes on."
    told = (await north.posts())[-1]
    assert (told.target, told.quiet) == (f"matrix:{FAY}", None)
    assert "“Who is here?”" in words(told.document)
    said = await north.privately(FAY, "!circle status")
    assert "“Who is here?”, of " in said
    assert "it was too late. If you still want it: !prompt send north roll-call" in said
    assert "on its way" in await north.privately(FAY, "!prompt send north roll-call")
    assert [row.prompt for row in await in_the_room(north)][1:] == ["roll-call"]
    assert "needs you" not in await north.privately(FAY, "!circle status")


async def test_a_circle_that_pauses_meanwhile_gets_its_prompt_when_it_goes_on(
    north: Scene,
) -> None:
    await put_out(north)
    await north.tick(at("2026-03-10 09:00"))
    await north.privately(FAY, "!circle pause")
    await let_in(north)
    (back,) = await in_the_room(north)
    assert words(back.document) == "I am back. north is paused."
    await north.privately(FAY, "!circle resume")
    assert "roll-call" in [row.prompt for row in await in_the_room(north)]


async def test_a_room_that_moved_meanwhile_gets_what_was_held(north: Scene) -> None:
    await put_out(north)
    await north.tick(at("2026-03-10 09:00"))
    await north.hear(north.event(FAY, kind=Kind.MOVED, target="!new:example.org"))
    (row,) = await north.posted("roll-call")
    assert (row.target, row.not_before) == ("matrix:!new:example.org", north.clock.now())


async def test_an_answer_in_the_room_is_dropped_with_it(north: Scene) -> None:
    await north.say(FAY, "!circle pause north")
    assert len(await in_the_room(north)) == 1
    await put_out(north)
    await let_in(north)
    assert [words(row.document) for row in await in_the_room(north)] == [
        "I am back. north is paused."
    ]


async def test_the_status_names_the_room_and_what_waits_for_it(north: Scene) -> None:
    await put_out(north)
    await north.tick(at("2026-03-10 09:00"))
    said = await north.privately(FAY, "!circle status")
    assert "I am not in a room of this circle: invite me there again, or, if" in said
    assert "attach another room. One post waits" in said
    (row,) = [r for r in await north.posts() if "needs you" in words(r.document)]
    assert LINK in str(row.document)
    assert "I am not in a room" in await north.privately(FAY, "!prompt send north introductions")
    await let_in(north)
    assert "needs you" not in await north.privately(FAY, "!circle status")


async def test_the_status_says_in_plain_words_what_did_not_arrive(north: Scene) -> None:
    await north.join(BEN)
    (welcome,) = await in_the_room(north)
    async with north.application.database.begin() as work:
        (await work.session.get_one(OutboxRow, welcome.id)).state = "refused"
        await work.commit()
    said = await north.privately(FAY, "!circle status")
    assert "The welcome of a new member, of " in said
    assert "I may not write there; please look at my rights." in said
    assert "welcome-" not in said
    north.clock.advance(days=15)
    assert "welcome of a new member" not in await north.privately(FAY, "!circle status")


async def test_a_room_that_belongs_to_no_circle_is_greeted(north: Scene) -> None:
    await let_in(north, "!elsewhere:example.org")
    assert "Hello. I am Circlekeeper" in words((await north.posts())[-1].document)


async def test_where_the_bot_cannot_read_it_says_no_more_than_that(north: Scene) -> None:
    await let_in(north, "!sealed:example.org", readable=False)
    await put_out(north)
    await north.tick(at("2026-03-10 09:00"))
    north.clock.advance(hours=1)
    await let_in(north, readable=False)
    assert [row.prompt for row in await in_the_room(north)] == ["roll-call"]
    assert "introduction" not in {row.phase for row in await north.posts()}


async def test_what_waits_for_the_room_outlives_an_attempt_that_was_under_way(
    north: Scene,
) -> None:
    """The attempt was refused because the bot is out, which was heard meanwhile."""
    await north.tick(at("2026-03-10 09:00"))
    drain = north.application.drain
    attempt = await drain._next(f"matrix:{ROOM}")  # noqa: SLF001 - half of what a call does
    assert attempt is not None
    await put_out(north)
    await drain._send(attempt)  # noqa: SLF001 - the other half: nobody answers
    north.clock.advance(minutes=10)
    assert await in_the_room(north) == []
    await let_in(north)
    back, due = await in_the_room(north)
    assert (back.phase, due.prompt) == ("introduction", "roll-call")
