"""A circle's life, as typed by its people, on a real database."""

import json
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from bot.circles.rows import CircleRow, JoiningRow, MemberRow, RoomRow
from bot.conversation.model import (
    DeliveryKey,
    File,
    Kind,
    RoomRef,
    Target,
    Unreachable,
)
from bot.delivery.rows import Outbox, OutboxRow, ScheduleRow
from bot.intake.rows import InboxRow
from bot.participation.rows import ContributionRow
from bot.prompting.rows import AnswerRow
from bot.store.migrate import revisions
from tests.support.scene import ANA, BEN, BOT, FAY, ROOM, START, Offline, Scene, scene, words

NEW = "!circle new north 2026-03-16 purpose words"


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Scene]:
    """Give an installation without a circle."""
    async with scene(tmp_path) as found:
        yield found


@pytest_asyncio.fixture
async def north(here: Scene) -> Scene:
    """Give an open circle with a facilitator and two members."""
    await here.say(FAY, "!circle new north 2026-03-16")
    await here.join(ANA)
    await here.join(BEN, "yes no no no")
    await here.say(FAY, "!circle open north")
    return here


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def ask(here: Scene, prompt: str, moment: str, message: str) -> OutboxRow:
    """Let a prompt's moment come and the room show it."""
    (row,) = [r for r in await here.tick(at(moment)) if r.prompt == prompt and "!room" in r.target]
    await here.sent(row, message)
    return row


# --- made, opened, closed ---------------------------------------------------------------------


async def test_an_organiser_makes_a_circle_and_facilitates_it(here: Scene) -> None:
    said = await here.say(FAY, NEW)
    assert "The circle north is made. This room belongs to it." in said
    assert "Getting ready | Monday, 9 March 2026 | Sunday, 15 March 2026" in said
    (circle,) = await here.all(CircleRow)
    assert circle.purpose == "purpose words"
    (member,) = await here.all(MemberRow)
    assert set(member.roles) == {"facilitator", "member"}


async def test_two_circles_cannot_have_one_name(here: Scene) -> None:
    await here.say(FAY, NEW)
    assert "There is a circle north already" in await here.say(FAY, NEW, room="!other:example.org")
    assert len(await here.all(CircleRow)) == 1


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("!circle new", "I need name and first day"),
        ("!circle new no/rth 2026-03-16", "one word of letters"),
        ("!circle new north soon", "a date in numbers, as year-month-day"),
        ("!circle new north 2026-02-30", "There is no 30 February 2026"),
        ("!circle new north 2026-03-01", "Sunday, 1 March 2026 is in the past: today is Monday"),
        ("!circle new north 2026-03-16 5-week", "The presets are"),
        ("!circle new north 2026-03-16 zone=Europe/Berln", "Perhaps Europe/Berlin"),
        ("!circle new north 2026-03-16 method=football", "There are: learning-circle"),
        ("!circle new north 2026-03-16 rest=2030-01-01", "break week must lie"),
    ],
)
async def test_bad_input_gets_a_sentence_and_changes_nothing(
    here: Scene, typed: str, answer: str
) -> None:
    assert answer in await here.say(FAY, typed)
    assert await here.all(CircleRow) == []


async def test_a_circle_without_a_room_cannot_open(here: Scene) -> None:
    await here.privately(FAY, "!circle new north 2026-03-16")
    assert "no room yet" in await here.privately(FAY, "!circle open")


async def test_a_circle_opens_once_and_closes_once(north: Scene) -> None:
    assert "is open already" in await north.say(FAY, "!circle open north")
    assert "is closed. Thank you" in await north.say(FAY, "!circle close north")
    assert "is closed" in await north.say(FAY, "!circle pause north")
    assert await north.tick(START + timedelta(days=60)) == []


async def test_only_facilitators_steer(north: Scene) -> None:
    for typed in ("open", "pause", "resume", "close", "extend 1", "move planning 2026-04-01"):
        assert "for the circle's facilitators" in await north.say(ANA, f"!circle {typed}")
    (circle,) = await north.all(CircleRow)
    assert circle.state == "open"


async def test_a_status_says_where_the_circle_is_and_what_comes(north: Scene) -> None:
    said = await north.privately(ANA, "!circle status")
    assert "the first phase begins on Monday, 9 March 2026" in said
    assert "Who is here?" in said
    assert "needs you" not in said


async def test_my_circles_are_listed_with_my_part_in_them(north: Scene) -> None:
    assert "north (member)" in await north.privately(ANA, "!my circles")
    assert "You are in no circle" in await north.privately("@eve:example.org", "!my circles")


async def test_a_role_is_given_by_name_and_the_last_facilitator_stays(north: Scene) -> None:
    assert "Ana: co-facilitator, member" in await north.say(FAY, "!circle roles Ana co-facilitator")
    assert "co-facilitator" not in await north.say(FAY, "!circle roles Ana co-facilitator yes")
    assert "needs a facilitator" in await north.say(FAY, "!circle roles Fay facilitator yes")


# --- who hears what ---------------------------------------------------------------------------


async def test_a_private_command_in_a_shared_room_is_answered_directly(north: Scene) -> None:
    await north.say(FAY, "!circle quiet north 7")
    row = (await north.posts())[-1]
    assert row.target == f"matrix:{FAY}"
    assert "quiet" not in words(row.document)
    assert "!my tidy" in words(row.document)


async def test_a_command_for_the_room_is_answered_there(north: Scene) -> None:
    await north.say(FAY, "!circle pause north")
    assert (await north.posts())[-1].target == f"matrix:{ROOM}"


async def test_another_bots_command_gets_no_answer_unless_this_bot_is_named(here: Scene) -> None:
    assert await here.say(ANA, "!weather Berlin") == ""
    assert "I do not know that command" in await here.say(ANA, "!weather", addressed=True)
    assert "You are in no circle" in await here.say(
        ANA, "Keeper: my circles", addressed=True, called="my circles"
    )


async def test_words_in_a_reply_to_the_bot_are_no_command(north: Scene) -> None:
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    for who, words_ in ((BEN, "I often wanted to leave"), (ANA, "Well, leave it. I say yes")):
        await north.say(who, words_, reply_to="$roll", addressed=True)
    assert [m.state for m in await north.all(MemberRow)] == ["joined"] * 3
    assert len(await north.all(AnswerRow)) == 2


async def test_a_command_that_is_nearly_right_gets_the_right_one(here: Scene) -> None:
    assert "!circle status" in await here.say(ANA, "!circle statsu")


async def test_help_shows_what_the_caller_may_do(north: Scene) -> None:
    assert "!circle pause" in await north.privately(FAY, "!help")
    assert "!circle pause" not in await north.privately(ANA, "!help")


async def test_the_same_command_heard_twice_is_answered_once(north: Scene) -> None:
    event = north.event(FAY, "!circle pause north", id="$same")
    await north.hear(event)
    count = len(await north.posts())
    await north.hear(event)
    assert len(await north.posts()) == count


# --- joining ----------------------------------------------------------------------------------


async def test_joining_asks_five_things_and_keeps_them(here: Scene) -> None:
    await here.say(FAY, NEW)
    first = await here.privately(ANA, "!join north")
    assert "1 of 5" in first
    assert "CC BY 4.0" in first
    for answer, question in (("to listen", "2 of"), ("bread", "3 of"), ("-", "4 of")):
        assert question in await here.privately(ANA, answer)
    assert "Perhaps Europe/Lisbon" in await here.privately(ANA, "Europe/Lisbn")
    assert "5 of 5" in await here.privately(ANA, "lisbon")
    assert "four words" in await here.privately(ANA, "maybe")
    assert "You are in" in await here.privately(ANA, "yes yes no no")
    ana = (await here.all(MemberRow))[-1]
    assert (ana.goal, ana.gives, ana.needs, ana.zone) == ("to listen", "bread", "", "Europe/Lisbon")
    assert (ana.takes_part, ana.counted, ana.quoted, ana.named) == (True, True, False, False)
    assert await here.all(JoiningRow) == []


@pytest.mark.parametrize("last", ["stop", "no yes yes yes"])
async def test_who_stops_or_takes_no_part_is_not_in_and_nothing_is_kept(
    here: Scene, last: str
) -> None:
    await here.say(FAY, NEW)
    await here.privately(ANA, "!join north")
    for answer in ("a", "b", "c", "-"):
        await here.privately(ANA, answer)
    assert "kept" in await here.privately(ANA, last)
    assert [m.person for m in await here.all(MemberRow)] == [FAY]
    assert await here.all(JoiningRow) == []


async def test_a_sign_up_list_asks_everybody_once(here: Scene) -> None:
    await here.say(FAY, NEW)
    listed = "id,name,zone\n@ana:example.org,Ana,Europe/Lisbon\n@ben:example.org,Ben,\n"
    add = here.application.import_sign_ups
    told = await add("north", listed)
    assert told.startswith("2 people will be asked to join north. The bot writes to them while it")
    assert "not between 21:00 and" in told
    told = await add("north", listed)
    assert told.startswith("Nobody new will be asked to join north. Not asked, being in the circle")
    assert told.endswith("rows 2, 3.")
    assert len(await here.posted("signed-up")) == 2
    with pytest.raises(Exception, match="Row 3, column zone"):
        await add("north", "id,zone\n@cy:example.org,UTC\n@dee:example.org,Mars\n")
    assert len(await here.all(MemberRow)) == 3


# --- prompts ----------------------------------------------------------------------------------


async def test_every_prompt_is_posted_once_at_its_local_moment(north: Scene) -> None:
    seen = {}
    hours = [
        START + timedelta(days=day, hours=hour) for day in range(56) for hour in (-2, -1, 0, 1)
    ]
    for moment in hours:
        for row in await north.tick(moment):
            assert row.key not in seen
            seen[row.key] = moment
    prompts = {key: when for key, when in seen.items() if f"/matrix:{ROOM}/" in key}
    keys = [key.split("/")[2] for key in prompts]
    assert len(keys) == 19
    assert keys[0] == "roll-call"
    assert keys[-1] == "goodbye"
    first = prompts[next(key for key in prompts if "introductions" in key)]
    assert first == at("2026-03-16 09:00")
    last = prompts[next(key for key in prompts if "goodbye" in key)]
    assert last.hour == 8, "summer time has begun: ten o'clock is an hour earlier in UTC"


async def test_a_prompt_that_is_a_little_late_is_posted_and_one_too_late_is_told(
    north: Scene,
) -> None:
    late = await north.tick(at("2026-03-11 08:00"))
    assert "roll-call" in [row.prompt for row in late]
    told = await north.tick(at("2026-03-20 09:00"))
    missed = [row for row in told if row.prompt == "introductions-missed"]
    assert [row.target for row in missed] == [f"matrix:{FAY}"]
    assert "!prompt send north introductions" in words(missed[0].document)
    assert [row for row in told if row.prompt == "introductions"] == []


async def test_a_missed_prompt_can_be_sent_and_only_once(north: Scene) -> None:
    await north.tick(at("2026-03-20 09:00"))
    assert "on its way" in await north.privately(FAY, "!prompt send introductions")
    assert "already" in await north.privately(FAY, "!prompt send introductions")
    assert len(await north.posted("introductions")) == 1


async def test_nothing_comes_while_a_circle_pauses_and_nothing_late_afterwards(
    north: Scene,
) -> None:
    await north.say(FAY, "!circle pause north")
    assert await north.tick(at("2026-03-17 09:00")) == []
    await north.say(FAY, "!circle resume north")
    assert await north.tick(at("2026-03-17 09:05")) == []
    assert "norms" in [row.prompt for row in await north.tick(at("2026-03-18 09:00"))]


async def test_prompts_move_with_their_phase(north: Scene) -> None:
    await north.say(FAY, "!circle move north opening 2026-03-23")
    assert "introductions" not in [r.prompt for r in await north.tick(at("2026-03-16 09:00"))]
    assert "introductions" in [r.prompt for r in await north.tick(at("2026-03-23 09:00"))]


async def test_extending_a_phase_moves_what_follows(north: Scene) -> None:
    north.clock.moment = at("2026-03-17 12:00")
    assert "Planning" in await north.say(FAY, "!circle extend north 1")
    posted = [r.prompt for r in await north.tick(at("2026-03-23 09:00"))]
    assert "project-card" not in posted
    assert "project-card" in [r.prompt for r in await north.tick(at("2026-03-30 09:00"))]


async def test_a_skipped_prompt_never_comes(north: Scene) -> None:
    assert "is left out" in await north.privately(FAY, "!prompt skip roll-call")
    assert "roll-call" not in [r.prompt for r in await north.tick(at("2026-03-10 10:00"))]


async def test_a_preview_shows_a_prompt_to_the_facilitator_and_sends_nothing(
    north: Scene,
) -> None:
    said = await north.privately(FAY, "!prompt preview introductions")
    assert "only you see it" in said
    assert "Who are you, and what does your place look or sound like?" in said
    assert await north.posted("introductions") == []


async def test_one_fault_stops_no_other_prompt(north: Scene) -> None:
    async with north.application.database.begin() as work:
        broken = ScheduleRow(
            circle_id=999,
            kind="prompt",
            subject="a/b/0",
            wall=datetime(2026, 3, 10, 9),  # noqa: DTZ001 - wall time
            zone="UTC",
            due_at=at("2026-03-10 08:00"),
            not_before=at("2026-03-10 08:00"),
            window_seconds=86_400,
        )
        await work.put(broken)
        await work.commit()
    assert "roll-call" in [row.prompt for row in await north.tick(at("2026-03-10 10:00"))]


@pytest.mark.parametrize(
    ("threads", "where"), [("prompt", True), ("auto", True), ("week", False), ("none", False)]
)
async def test_prompts_ask_for_answers_where_the_circle_wants_them(
    here: Scene, threads: str, where: bool
) -> None:
    await here.say(FAY, f"!circle new north 2026-03-16 threads={threads}")
    await here.say(FAY, "!circle open north")
    posts = await here.tick(at("2026-03-10 09:00"))
    (row,) = [r for r in posts if r.prompt == "roll-call"]
    assert ("Reply in this thread, or write !answer" in words(row.document)) is where
    assert ("Reply to this message, or write !answer" in words(row.document)) is not where


@pytest.mark.parametrize(("threads", "under"), [("prompt", True), ("none", False)])
async def test_the_parts_of_a_long_prompt_stand_in_one_thread(
    here: Scene, threads: str, under: bool
) -> None:
    long = '"' + "what do we hear? " * 1000 + '"'
    await here.say(FAY, f"!circle new north 2026-03-16 threads={threads} question={long}")
    await here.say(FAY, "!circle open north")
    posts = await here.tick(at("2026-03-20 09:00"))
    first, *more = [r for r in posts if r.prompt == "teach-and-need"]
    assert more
    assert first.thread_of is None
    assert {row.thread_of for row in more} == {first.key if under else None}


# --- answers and reminders --------------------------------------------------------------------


async def test_the_first_words_in_a_prompts_thread_are_the_answer(north: Scene) -> None:
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    await north.say(ANA, "here I am", thread="$roll", id="$a1")
    await north.say(ANA, "and another thing", thread="$roll", id="$a2")
    await north.say(BEN, "me too", reply_to="$roll", id="$b1")
    answers = [(row.message, row.text) for row in await north.all(AnswerRow)]
    assert answers == [("$a1", "here I am"), ("$b1", None)]


async def test_answers_follow_edits_and_go_with_their_message(north: Scene) -> None:
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    await north.say(ANA, "here", thread="$roll", id="$a1")
    await north.hear(north.event(BEN, "not mine", kind=Kind.EDIT, target="$a1"))
    assert [row.text for row in await north.all(AnswerRow)] == ["here"]
    await north.hear(north.event(ANA, "here, late", kind=Kind.EDIT, target="$a1"))
    assert [row.text for row in await north.all(AnswerRow)] == ["here, late"]
    await north.hear(north.event(ANA, kind=Kind.DELETE, target="$a1"))
    assert await north.all(AnswerRow) == []
    assert await north.all(ContributionRow) == []


async def test_an_answer_by_command_is_for_the_latest_question(north: Scene) -> None:
    assert "No question has been asked" in await north.privately(ANA, "!answer north too early")
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    assert "Who is here?" in await north.privately(ANA, "!answer north here I am")
    assert [row.text for row in await north.all(AnswerRow)] == ["here I am"]


async def test_only_who_has_not_answered_is_reminded_privately_and_once(north: Scene) -> None:
    await ask(north, "introductions", "2026-03-16 09:00", "$intro")
    await north.say(ANA, "I am Ana", thread="$intro")
    await north.tick(at("2026-03-19 12:00"))
    reminders = await north.posted("introductions-reminder")
    assert sorted(row.target for row in reminders) == [f"matrix:{BEN}", f"matrix:{FAY}"]
    await north.tick(at("2026-03-30 12:00"))
    assert len(await north.posted("introductions-reminder")) == 2


async def test_who_is_away_is_asked_nothing(north: Scene) -> None:
    await ask(north, "introductions", "2026-03-16 09:00", "$intro")
    assert "nothing is asked of you" in await north.privately(BEN, "!my away 2026-03-25")
    await north.tick(at("2026-03-19 12:00"))
    targets = [row.target for row in await north.posted("introductions-reminder")]
    assert f"matrix:{BEN}" not in targets
    assert f"matrix:{ANA}" in targets


# --- participation ----------------------------------------------------------------------------


async def test_what_is_counted_is_who_agreed_and_never_the_words(north: Scene) -> None:
    await north.say(ANA, "five words that stay unread", id="$m1")
    await north.say(BEN, "not counted", id="$m2")
    await north.say("@eve:example.org", "a stranger", id="$m3")
    rows = await north.all(ContributionRow)
    assert [(row.message, row.words, row.kind) for row in rows] == [("$m1", 5, "message")]
    assert b"stay unread" not in database_bytes(north)


async def test_a_reaction_counts_without_words_and_an_edit_changes_the_count(north: Scene) -> None:
    await north.say(ANA, "one two", id="$m1")
    await north.hear(north.event(ANA, "🎉", kind=Kind.REACTION, target="$m9", id="$r1"))
    await north.hear(north.event(ANA, "one two three", kind=Kind.EDIT, target="$m1"))
    rows = {row.message: row.words for row in await north.all(ContributionRow)}
    assert rows == {"$m1": 3, "$r1": 0}


async def test_the_same_message_heard_twice_is_counted_once(north: Scene) -> None:
    event = north.event(ANA, "hello", id="$m1")
    await north.hear(event, event)
    await north.hear(event)
    assert len(await north.all(ContributionRow)) == 1


async def test_the_quiet_are_told_to_the_facilitator_alone(north: Scene) -> None:
    north.clock.moment = at("2026-03-30 12:00")
    said = await north.privately(FAY, "!circle quiet north 14")
    assert "Ana: not heard from yet" in said
    assert "Ben" not in said, "he did not agree to be counted"
    assert "facilitators and carers" in await north.privately(ANA, "!circle quiet north 14")
    await north.say(ANA, "hello again")
    assert "Everyone" in await north.privately(FAY, "!circle quiet north 14")


async def test_an_answer_by_command_counts_also_in_the_direct_room(north: Scene) -> None:
    await north.join("@cleo:example.org", "yes no no no")
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    north.clock.moment = at("2026-04-01 09:00")
    await north.privately(ANA, "!answer north in three words")
    await north.privately("@cleo:example.org", "!answer not to be counted")
    (row,) = await north.all(ContributionRow)
    assert (row.kind, row.words, row.member_id) == ("answer", 3, 2)
    edited = {"kind": Kind.EDIT, "target": row.message, "room": row.room, "direct": True}
    await north.hear(north.event(ANA, "!answer north in two", **edited))
    (row,) = await north.all(ContributionRow)
    assert row.words == 2
    assert "in two" in [answer.text for answer in await north.all(AnswerRow)]
    assert "Ana" not in await north.privately(FAY, "!circle quiet")


async def test_who_marks_with_a_reaction_was_heard_from(north: Scene) -> None:
    north.clock.moment = at("2026-04-01 09:00")
    await north.hear(north.event(ANA, "🙏", kind=Kind.REACTION, target="$of-ben"))
    assert [row.kind for row in await north.all(ContributionRow)] == ["reaction"]
    assert "Ana" not in await north.privately(FAY, "!circle quiet")


class ClosedToAna(Offline):
    """A homeserver on which Ana takes no direct messages."""

    async def reach(self, target: Target, *, key: DeliveryKey) -> RoomRef:  # noqa: ARG002
        if str(target) == f"matrix:{ANA}":
            raise Unreachable("no")
        return RoomRef("matrix", "!direct")


async def test_facilitators_are_told_what_is_true_of_who_takes_no_messages(north: Scene) -> None:
    north.application.platforms["matrix"].__class__ = ClosedToAna
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    await north.tick(at("2026-03-12 09:00"))
    await north.application.drain(f"matrix:{ANA}")
    (told,) = [r for r in await north.posts() if r.prompt.startswith("closed-")]
    assert told.target == f"matrix:{FAY}"
    assert "does not arrive" in words(told.document)
    assert "in the room" not in words(told.document)


async def test_who_runs_the_bot_sees_how_it_does_and_nothing_of_people(tmp_path: Path) -> None:
    async with scene(tmp_path, admins=frozenset({BEN}), version="1.2.3") as here:
        await here.say(FAY, "!circle new north 2026-03-16")
        said = await here.privately(BEN, "!admin status")
        for fact in (
            "Circlekeeper 1.2.3",
            BOT,
            "2026-03-02",
            f"revision {revisions()[-1]}",
            "1 draft",
        ):
            assert fact in said
        assert "waiting to be sent: 1; waiting for an answer: 1" in said
        assert FAY not in said
        assert "for the people who run me" in await here.privately(FAY, "!admin status")
        assert "admin status" in await here.privately(BEN, "!help")


async def test_a_circle_may_have_a_licence_of_its_own(here: Scene) -> None:
    await here.say(FAY, '!circle new north 2026-03-16 licence="CC BY-SA 4.0" purpose words')
    (circle,) = await here.all(CircleRow)
    assert (circle.licence, circle.purpose) == ("CC BY-SA 4.0", "purpose words")


# --- consent and forgetting -------------------------------------------------------------------


def database_bytes(here: Scene) -> bytes:
    """Return every byte of the database's files."""
    folder = Path(str(here.application.database.url.database)).parent
    return b"".join(path.read_bytes() for path in sorted(folder.glob("circle.db*")))


async def test_a_consent_taken_back_acts_at_once(north: Scene) -> None:
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    await north.say(ANA, "here I am", thread="$roll")
    assert "be counted: no" in await north.privately(ANA, "!my consent counted no")
    assert await north.all(ContributionRow) == []
    await north.privately(ANA, "!my consent quoted no")
    assert [row.text for row in await north.all(AnswerRow)] == [None]
    assert "be quoted: no" in await north.privately(ANA, "!my consent")


async def test_who_has_left_still_decides_about_their_words(north: Scene) -> None:
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    await north.say(ANA, "here I am", thread="$roll")
    assert "!my consent north" in await north.privately(ANA, "!leave north")
    assert "be quoted: yes" in await north.privately(ANA, "!my consent north")
    assert "be quoted: no" in await north.privately(ANA, "!my consent north quoted no")
    assert [row.text for row in await north.all(AnswerRow)] == [None]
    ana = next(row for row in await north.all(MemberRow) if row.person == ANA)
    assert (ana.state, ana.quoted, ana.counted) == ("left", False, True)
    assert "join it again" in await north.privately(ANA, "!my consent north part yes")
    assert "for members" in await north.privately(ANA, "!my away north 2026-04-01")


async def test_a_stranger_has_agreed_to_nothing(north: Scene) -> None:
    assert "You are not in north" in await north.say("@eve:example.org", "!my consent named no")
    assert "You are not in north" in await north.privately("@eve:example.org", "!my consent north")


async def test_my_data_shows_everything_and_my_forget_removes_it(north: Scene) -> None:
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    await north.say(ANA, "a very particular answer", thread="$roll")
    await north.say(ANA, "!my data")
    shown = await north.privately(ANA, "!my data")
    for kept in ("to listen", "bread", "company", "a very particular answer", "contributions"):
        assert kept in shown
    assert "my forget yes" in await north.privately(ANA, "!my forget")
    assert len(await north.all(MemberRow)) == 3
    assert "nothing about you any more" in await north.privately(ANA, "!my forget yes")
    for table in (MemberRow, AnswerRow, ContributionRow):
        assert [r for r in await north.all(table) if ANA in str(r)] == []
    assert [r for r in await north.all(InboxRow) if r.author == ANA] == []
    left = [r for r in await north.posts() if ANA in r.key and r.phase != "answer"]
    assert left == []


async def test_my_data_comes_with_every_row_in_a_file(north: Scene) -> None:
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    await north.say(ANA, "a very particular answer", thread="$roll")
    await north.say(ANA, "and three words")
    await north.say(ANA, "!my circles")
    said = await north.privately(ANA, "!my data")
    assert "the place of one command" in said
    (file,) = [b for b in (await north.posts())[-1].document.blocks if isinstance(b, File)]
    full = json.loads(file.content)
    assert [row["words"] for row in full["contributions"]] == [4, 3]
    assert full["answers"][0]["text"] == "a very particular answer"
    assert [row["goal"] for row in full["memberships"]] == ["to listen"]
    assert len(full["commands"]) == 1


async def test_my_data_tells_of_private_notes(north: Scene) -> None:
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    await north.tick(at("2026-03-12 09:00"))
    said = await north.privately(BEN, "!my data")
    assert "1 private note to you" in said
    (file,) = [b for b in (await north.posts())[-1].document.blocks if isinstance(b, File)]
    (note,) = json.loads(file.content)["notes to you"]
    assert (note["prompt"], note["state"]) == ("roll-call-reminder", "waiting")


async def test_a_stranger_is_told_of_the_one_thing_that_is_kept(here: Scene) -> None:
    assert "I keep nothing about you" in await here.privately(ANA, "!my data")
    assert "the place of one command" in await here.say(BEN, "!my data")
    assert "the place of one command" in await here.privately(BEN, "!my data")


def traces(folder: Path, *words_: str) -> list[int]:
    """Return how often each word stands in any file of the database."""
    held = b"".join(path.read_bytes() for path in sorted(folder.glob("circle.db*")))
    return [held.count(word.encode()) for word in words_]


async def test_what_is_forgotten_is_in_no_file_of_the_database(
    north: Scene, tmp_path: Path
) -> None:
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    await north.say(ANA, "ZEBRAWORDS are mine", thread="$roll")
    assert min(traces(tmp_path, "ZEBRAWORDS", ANA)) > 0

    await north.privately(ANA, "!my forget yes")

    assert traces(tmp_path, "ZEBRAWORDS") == [0]  # her id waits with the answer to her
    answer = (await north.posts())[-1]
    async with north.application.database.begin() as work:
        await Outbox(work).remove(answer.id or 0)  # as when it was sent
        await work.commit()
    assert await north.application.database.compact()
    assert traces(tmp_path, "ZEBRAWORDS", ANA) == [0, 0]


async def test_who_reads_at_that_moment_holds_up_nobody_and_it_is_done_later(
    north: Scene, tmp_path: Path
) -> None:
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    await north.say(ANA, "ZEBRAWORDS are mine", thread="$roll")
    with closing(sqlite3.connect(tmp_path / "circle.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM answer").fetchone()
        assert "I keep nothing about you" in await north.privately(ANA, "!my forget yes")
        assert not await north.application.database.compact()
    assert await north.application.database.compact()
    assert traces(tmp_path, "ZEBRAWORDS") == [0]


async def test_the_only_facilitator_of_an_open_circle_hands_over_first(north: Scene) -> None:
    assert "Appoint another one first" in await north.privately(FAY, "!my forget yes")
    assert "Appoint another one first" in await north.privately(FAY, "!leave north")
    assert len(await north.all(MemberRow)) == 3


# --- people and rooms that go -----------------------------------------------------------------


async def test_who_leaves_is_asked_nothing_more_and_the_facilitator_knows(north: Scene) -> None:
    await ask(north, "introductions", "2026-03-16 09:00", "$intro")
    await north.privately(ANA, "!leave north")
    assert "Ana has left north" in words((await north.posts())[-2].document)
    await north.tick(at("2026-03-19 12:00"))
    targets = [row.target for row in await north.posted("introductions-reminder")]
    assert f"matrix:{ANA}" not in targets


async def test_who_is_banned_from_the_room_is_out_and_cannot_join_again(north: Scene) -> None:
    await north.hear(north.event(ANA, kind=Kind.LEAVE, by=FAY, banned=True))
    ana = next(m for m in await north.all(MemberRow) if m.person == ANA)
    assert ana.state == "banned"
    assert "talk with the circle's facilitators" in await north.privately(ANA, "!join north")


async def test_a_circle_follows_its_room_to_the_next_one(north: Scene) -> None:
    await north.hear(north.event(FAY, kind=Kind.MOVED, target="!new:example.org"))
    assert [row.room for row in await north.all(RoomRow)] == ["!new:example.org"]
    (row,) = [r for r in await north.tick(at("2026-03-10 09:00")) if r.prompt == "roll-call"]
    assert row.target == "matrix:!new:example.org"


async def test_a_command_that_fails_is_told_with_a_number_and_changes_nothing(
    north: Scene,
) -> None:
    async with north.application.database.begin() as work:
        (circle,) = await work.all(CircleRow.__table__.select())  # type: ignore[attr-defined]
        row = await work.session.get_one(CircleRow, circle)
        row.method = "gone"
        await work.commit()
    said = await north.privately(FAY, "!circle extend north many")
    assert "whole number" in said
    said = await north.privately(FAY, "!prompt preview introductions")
    assert re.search("There is no method gone", said)


async def test_a_break_week_is_shown_with_its_last_day(here: Scene) -> None:
    said = await here.say(FAY, "!circle new north 2026-03-16 rest=2026-03-30")
    assert "A break | Monday, 30 March 2026 | Sunday, 5 April 2026" in said
