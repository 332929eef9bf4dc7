"""The last step with a circle can be undone: then all is as if it had not been taken."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio

from bot.circles.rows import CircleRow, MemberRow, StepRow
from bot.delivery.model import Schedule
from bot.delivery.rows import OutboxRow, ScheduleRow, Schedules
from bot.delivery.usecases import ANSWER
from bot.rights.exporting import ExportCircle
from tests.support.scene import ANA, BEN, FAY, ROOM, Scene, scene, words

SECOND = "!second:example.org"
STEPS = {
    "pause": "!circle pause north",
    "resume": "!circle resume north",
    "close": "!circle close north",
    "extend": "!circle extend north 1",
    "move the rest": "!circle move north planning 2026-03-30",
    "move one date": "!circle move north planning 2026-03-19 only",
    "move it back": "!circle move north planning 2026-03-20",
    "give a role": "!circle roles north Ben carer",
    "take a role": "!circle roles north Ben carer yes",
    "share the lead": "!circle roles north Ana co-facilitator",
    "leave out": "!prompt skip north week-begins",
    "leave out the next": "!prompt skip north introductions",
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest_asyncio.fixture
async def north(tmp_path: Path) -> AsyncIterator[Scene]:
    """Give an open circle with two rooms, Fay, who facilitates, Ana and Ben.

    Nothing is sent; one prompt is on its way.
    """
    async with scene(tmp_path) as here:
        await here.say(FAY, "!circle new north 2026-03-16")
        await here.say(FAY, "!circle attach north", room=SECOND)
        await here.join(ANA)
        await here.join(BEN)
        here.clock.moment = at("2026-03-10 08:59")
        await here.say(FAY, "!circle open north")
        await here.tick(at("2026-03-10 09:00"))
        yield here


def _plain(rows: Sequence[object], *without: str) -> list[str]:
    return sorted(str(sorted((k, str(v)) for k, v in row if k not in without)) for row in rows)  # type: ignore[attr-defined]  # a row's own columns


async def as_it_is(here: Scene) -> dict[str, list[str]]:
    """Return a circle's rows: all that a step could change.

    Answers to commands are none of it. What rests in a pause is left out: it is laid anew before
    it wakes.
    """
    laid = [row for row in await here.all(ScheduleRow) if row.active or row.fired_at]  # type: ignore[attr-defined]  # rows of schedules
    posts = [row for row in await here.posts() if row.phase != ANSWER]
    return {
        "circles": _plain(await here.all(CircleRow)),
        "members": _plain(await here.all(MemberRow)),
        "schedules": _plain(laid, "id"),
        "posts": _plain([row for row in posts if not row.prompt.endswith("-undone")]),
    }


async def steps(here: Scene) -> Sequence[StepRow]:
    return await here.all(StepRow)  # type: ignore[return-value]  # the rows of that table


async def undo(here: Scene, *more: str) -> str:
    return await here.privately(FAY, " ".join(("!circle undo north yes", *more)))


async def show(here: Scene, prompt: str, target: str) -> OutboxRow:
    """Let a room show a post."""
    (row,) = [r for r in await here.posted(prompt) if r.target == f"matrix:{target}"]
    await here.sent(row, f"${prompt}")
    return row


# --- done and undone -------------------------------------------------------------------------


@pytest.mark.parametrize("what", [name for name in STEPS if name not in ("resume", "take a role")])
async def test_a_step_that_is_undone_was_never_taken(north: Scene, what: str) -> None:
    before = await as_it_is(north)
    await north.say(FAY, STEPS[what])
    assert await as_it_is(north) != before
    assert "That is undone" in await undo(north)
    assert await as_it_is(north) == before


@pytest.mark.parametrize("seed", range(3))
async def test_steps_are_undone_one_by_one_to_where_all_began(north: Scene, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - to be repeated, not to be secret
    held = [await as_it_is(north)]
    for _ in range(14):
        await north.say(FAY, STEPS[chance.choice(list(STEPS))])
        if len(await steps(north)) > len(held):  # the opening is a step too
            held.append(await as_it_is(north))
        north.clock.advance(minutes=chance.randint(1, 80))
    assert len(held) > 4
    for before in reversed(held[:-1]):
        said = await undo(north)
        assert "That is undone" in said, said
        assert await as_it_is(north) == before
        north.clock.advance(minutes=1)
    assert "opened north" in await undo(north)
    assert await as_it_is(north) == held[0]


async def test_at_first_it_is_only_said_what_undoing_would_do(north: Scene) -> None:
    await north.say(FAY, "!circle move north planning 2026-03-25 only")
    north.clock.advance(minutes=20)
    moved = await as_it_is(north)
    said = await north.privately(FAY, "!circle undo north")
    assert (
        "Fay moved Planning projects from Monday, 23 March 2026 to Wednesday, 25 March 2026, "
        "20 minutes ago." in said
    )
    assert (
        "!circle undo north yes undoes that: Planning projects begins on Monday, 23 March 2026 "
        "again, and prompts that were not posted yet move with it." in said
    )
    assert "!circle undo north yes redact" in said
    assert await as_it_is(north) == moved


@pytest.mark.parametrize(
    ("typed", "taken", "again"),
    [
        ("!circle pause north", "Fay paused north", "north goes on"),
        ("!circle close north", "Fay closed north", "north is open again"),
        ("!circle extend north 1", "made Getting ready end on", "ends on Sunday, 15 March 2026"),
        (STEPS["give a role"], "what Ben does from member to carer, member", "Ben is member"),
        (STEPS["leave out the next"], "left out “", "” comes at its moment"),
    ],
)
async def test_each_step_is_told_in_plain_words(
    north: Scene, typed: str, taken: str, again: str
) -> None:
    await north.say(FAY, typed)
    said = await north.privately(FAY, "!circle undo north")
    assert taken in said
    assert again in said
    done = await undo(north)
    assert taken in done
    assert again in done


# --- what was posted meanwhile ----------------------------------------------------------------


async def test_a_prompt_that_fell_into_a_pause_comes_when_the_pause_is_undone(
    north: Scene,
) -> None:
    north.clock.moment = at("2026-03-16 06:00")
    await north.say(FAY, "!circle pause north")
    assert await north.tick(at("2026-03-16 12:00")) == []
    assert "posted late" in await undo(north)
    assert "introductions" in {row.prompt for row in await north.tick()}


async def test_a_check_in_that_a_pause_held_waits_again_when_the_pause_is_undone(
    north: Scene,
) -> None:
    async with north.application.database.begin() as work:
        wall = datetime(2026, 3, 17, 10)  # noqa: DTZ001 - wall time
        due = Schedule(circle=1, kind="checkin", subject="1", wall=wall, zone="UTC")
        await Schedules(work).put([due])
        await work.commit()
    before = await as_it_is(north)
    await north.say(FAY, "!circle pause north")
    await undo(north)
    assert await as_it_is(north) == before


async def test_what_was_posted_since_is_named_stays_and_comes_only_once(north: Scene) -> None:
    await north.say(FAY, "!circle move north opening 2026-03-11")
    first = await north.tick(at("2026-03-11 09:00"))
    posted = {row.prompt for row in first if ROOM in row.target}
    assert "introductions" in posted
    said = await undo(north)
    assert "Posted since then, or on its way, and not taken back: “" in said
    again: set[str] = set()
    for day in range(12, 23):
        again |= {row.prompt for row in await north.tick(at(f"2026-03-{day} 12:00"))}
    assert "introductions" not in again


async def test_where_nobody_saw_the_announcement_it_is_taken_back_and_else_put_right(
    north: Scene,
) -> None:
    await north.say(FAY, "!circle move north planning 2026-03-30", room="!hers", direct=True)
    await show(north, "moved", SECOND)
    said = await undo(north)
    assert "hear it now." in said
    assert [row.target for row in await north.posted("moved")] == [f"matrix:{SECOND}"]
    (told,) = await north.posted("moved-undone")
    assert told.target == f"matrix:{SECOND}"
    assert "Planning projects | Monday, 23 March 2026" in words(told.document)
    assert [row for row in await north.posts() if row.redacts] == []


async def test_the_announcements_are_removed_if_that_is_wanted(north: Scene) -> None:
    await north.say(FAY, "!circle pause north", id="$typed")
    announced = await show(north, "paused", SECOND)
    assert "what told them is removed" in await undo(north, "redact")
    removals = {row.target: row.redacts for row in await north.posts() if row.redacts}
    assert removals[f"matrix:{SECOND}"].key == announced.identity  # type: ignore[union-attr]
    answer = removals[f"matrix:{ROOM}"].key  # type: ignore[union-attr]
    assert str(answer) in {row.key for row in await north.posts() if row.phase == ANSWER}
    assert len(await north.posted("paused-undone")) == 2, "who read it hears the truth as well"


# --- what cannot be undone --------------------------------------------------------------------


async def test_a_step_is_undone_once_and_then_the_one_before(north: Scene) -> None:
    await north.say(FAY, "!circle move north planning 2026-03-30")
    await north.say(FAY, "!circle pause north")
    assert "paused north" in await undo(north)
    assert "moved Planning" in await undo(north)
    held = await as_it_is(north)
    assert "cannot be undone" in await undo(north)
    assert await as_it_is(north) == held


async def test_a_step_of_yesterday_stays(north: Scene) -> None:
    await north.say(FAY, "!circle pause north")
    north.clock.advance(hours=24, minutes=1)
    held = await as_it_is(north)
    assert "The last step with north was 24 hours ago. I can undo a step within a day" in (
        await undo(north)
    )
    assert await as_it_is(north) == held


async def test_what_changed_nothing_is_no_step(north: Scene) -> None:
    held = await as_it_is(north)
    said = await north.say(FAY, "!circle move north planning 2026-03-23")
    assert "These are the dates of north already." in said
    await north.say(FAY, "!circle roles north Ben member")
    await north.say(FAY, "!circle roles north Fay facilitator yes")
    assert await as_it_is(north) == held
    assert [step.kind for step in await steps(north)] == ["opened"]


async def test_a_circle_where_nothing_was_done_has_nothing_to_undo(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:
        await here.say(FAY, "!circle new north 2026-03-16")
        assert "Nothing was done with north" in await undo(here)


async def test_a_role_that_changed_since_stays(north: Scene) -> None:
    await north.say(FAY, STEPS["give a role"])
    await north.privately(BEN, "!leave north")
    held = await as_it_is(north)
    assert "changed what Ben does, and that has changed since" in await undo(north)
    assert await as_it_is(north) == held


async def test_a_closed_circle_without_a_room_stays_closed(north: Scene) -> None:
    await north.say(FAY, "!circle close north")
    for room in (ROOM, SECOND):
        await north.say(FAY, f"!circle new next-{room[1:4]} 2026-06-01", room=room)
    assert "its room belongs to another circle" in await undo(north)
    (row,) = [row for row in await north.all(CircleRow) if row.name == "north"]  # type: ignore[attr-defined]
    assert row.state == "closed"  # type: ignore[attr-defined]


async def test_only_facilitators_undo_and_it_is_answered_privately(north: Scene) -> None:
    await north.say(FAY, "!circle pause north")
    held = await as_it_is(north)
    assert "for the circle's facilitators" in await north.privately(ANA, "!circle undo north yes")
    assert await as_it_is(north) == held
    await north.say(FAY, "!circle roles north Ana co-facilitator")
    await north.say(ANA, "!circle undo north")
    (last,) = [r for r in await north.posts() if "what Ana does" in words(r.document)]
    assert last.target == f"matrix:{ANA}"


# --- who did it -------------------------------------------------------------------------------


async def test_who_is_forgotten_is_in_no_step(north: Scene) -> None:
    await north.say(FAY, STEPS["share the lead"])
    await north.say(ANA, "!circle pause north")
    assert "1 step that you took" in await north.privately(ANA, "!my data")
    await north.privately(ANA, "!my forget yes")
    rows = await steps(north)
    assert [step.kind for step in rows] == ["opened", "roles", "paused"]
    left = _plain(rows)
    assert not any("ana" in row.lower() or "co-facilitator" in row for row in left)
    assert "Somebody paused north" in await undo(north)
    assert "opened north" in await undo(north), "what was done about her is passed over"


async def test_my_data_has_every_step_of_mine_and_no_name_of_another(north: Scene) -> None:
    await north.say(FAY, STEPS["share the lead"])
    await north.say(ANA, "!circle pause north")
    await north.privately(ANA, "!my data")
    (file,) = [
        block.content.decode()
        for row in await north.posts()
        for block in (row.document.blocks if row.document else ())
        if hasattr(block, "content")
    ]
    assert '"kind": "paused"' in file
    assert '"changes of your roles"' in file
    assert "co-facilitator" in file.split('"changes of your roles"')[1]
    assert FAY not in file


async def test_an_export_tells_what_was_done_with_names_as_agreed(north: Scene) -> None:
    await north.say(FAY, STEPS["share the lead"])
    await undo(north)
    files = await ExportCircle(north.application.database.look)("north")
    lines = [line.split(",") for line in files["steps.csv"].splitlines()]
    assert lines[0] == ["at", "by", "what", "about", "undone_at"]
    assert [line[1:4] for line in lines[1:]] == [
        ["", "opened", ""],
        ["", "roles", "Ana"],
    ]
    assert [bool(line[4]) for line in lines[1:]] == [False, True]


async def test_ninety_days_after_the_close_the_steps_are_let_go(north: Scene) -> None:
    await north.say(FAY, "!circle close north")
    north.clock.advance(days=89)
    await north.application.keep_no_longer()
    assert len(await steps(north)) == 2
    north.clock.advance(days=2)
    await north.application.keep_no_longer()
    assert await steps(north) == []
