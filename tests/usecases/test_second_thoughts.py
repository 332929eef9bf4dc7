"""What people do in another order than expected: again, back, late, at night, in two rooms."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy.exc import OperationalError

from bot.circles.rows import JoiningRow, MemberRow, RoomRow
from bot.conversation.model import Event, Kind, PlatformUnavailable
from bot.delivery.model import Schedule
from bot.delivery.rows import OutboxRow, Schedules
from bot.intake.rows import CursorRow, InboxRow
from bot.intake.usecases import Respond
from bot.participation.rows import ContributionRow
from bot.prompting.rows import AnswerRow
from bot.store.work import UnitOfWork
from tests.support.scene import ANA, BEN, FAY, Scene, scene, words

SECOND = "!second:example.org"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest_asyncio.fixture
async def north(tmp_path: Path) -> AsyncIterator[Scene]:
    """Give an open circle with Fay, who facilitates, Ana and Ben."""
    async with scene(tmp_path) as here:
        await here.say(FAY, "!circle new north 2026-03-16")
        await here.join(ANA)
        await here.join(BEN)
        await here.say(FAY, "!circle open north")
        yield here


async def ask(here: Scene, prompt: str, moment: str, message: str) -> OutboxRow:
    (row,) = [r for r in await here.tick(at(moment)) if r.prompt == prompt and "!room" in r.target]
    await here.sent(row, message)
    return row


async def member(here: Scene, who: str) -> MemberRow:
    return next(m for m in await here.all(MemberRow) if m.person == who)


# --- joining again ----------------------------------------------------------------------------


async def test_joining_again_with_less_lets_go_of_what_was_kept(north: Scene) -> None:
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    await north.say(ANA, "here I am", thread="$roll")
    await north.join(ANA, "yes no no no")
    assert [row.text for row in await north.all(AnswerRow)] == [None]
    assert await north.all(ContributionRow) == []


async def test_a_member_who_takes_no_part_any_more_is_out(north: Scene) -> None:
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    await north.say(ANA, "here I am", thread="$roll")
    await north.join(ANA, "no no no no")
    ana = await member(north, ANA)
    assert (ana.state, ana.takes_part, ana.quoted) == ("left", False, False)
    assert await north.all(AnswerRow) == []


async def test_the_only_facilitator_cannot_join_her_way_out(north: Scene) -> None:
    await north.join(FAY, "no no no no")
    assert (await member(north, FAY)).state == "joined"


async def test_who_was_put_out_comes_back_without_a_role(north: Scene) -> None:
    await north.say(FAY, "!circle roles Ana co-facilitator")
    await north.hear(north.event(ANA, kind=Kind.LEAVE, by=FAY))
    await north.join(ANA)
    assert (await member(north, ANA)).roles == ["member"]


async def test_who_was_on_a_list_joins_on_the_day_they_say_yes(north: Scene) -> None:
    await north.application.import_sign_ups("north", "id\n@cy:example.org\n")
    await ask(north, "introductions", "2026-03-16 09:00", "$intro")
    north.clock.moment = at("2026-03-18 12:00")
    await north.join("@cy:example.org")
    await north.tick(at("2026-03-19 12:00"))
    reminded = {row.target for row in await north.posted("introductions-reminder")}
    assert reminded == {f"matrix:{ANA}", f"matrix:{BEN}", f"matrix:{FAY}"}


async def test_a_stranger_who_is_in_no_room_cannot_join(north: Scene) -> None:
    said = await north.privately("@eve:example.org", "!join north")
    assert "Come into a room of north first" in said
    assert "1 of 5" in await north.say("@eve:example.org", "!join north")


# --- what waits for the morning ---------------------------------------------------------------


@pytest.mark.parametrize("then", ["answers", "leaves", "goes away", "takes no part", "forgets"])
async def test_a_reminder_that_waits_for_the_morning_is_taken_back(north: Scene, then: str) -> None:
    await ask(north, "introductions", "2026-03-16 09:00", "$intro")
    await north.tick(at("2026-03-19 12:00"))
    target = f"matrix:{ANA}"
    assert target in {row.target for row in await north.posted("introductions-reminder")}
    if then == "answers":
        await north.say(ANA, "I am Ana", thread="$intro")
    else:
        await north.privately(
            ANA,
            {
                "leaves": "!leave north",
                "goes away": "!my away 2026-04-01",
                "takes no part": "!my consent part no",
                "forgets": "!my forget yes",
            }[then],
        )
    left = {row.target for row in await north.posted("introductions-reminder")}
    assert target not in left
    assert f"matrix:{BEN}" in left


async def test_a_welcome_that_waits_does_not_ring_for_who_is_forgotten(north: Scene) -> None:
    await north.join("@gil:example.org")
    assert any("@Gil" in words(row.document) for row in await north.posts())
    await north.say("@gil:example.org", "!my forget yes")
    left = [row for row in await north.posts() if row.phase != "answer"]
    assert not any("gil" in f"{row.key} {row.document}".lower() for row in left)
    assert [row for row in await north.all(InboxRow) if "gil" in row.author] == []


# --- commands that change before they are answered --------------------------------------------


async def test_a_command_that_is_deleted_before_it_is_answered_does_nothing(north: Scene) -> None:
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    await north.hear(
        north.event(ANA, "!answer north I regret this", id="$a"),
        north.event(ANA, kind=Kind.DELETE, target="$a"),
    )
    assert await north.all(AnswerRow) == []
    assert [row.event for row in await north.all(InboxRow) if row.event_id == "$a"] == [None]


async def test_an_answer_by_command_follows_its_edits_without_the_command(north: Scene) -> None:
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    await north.say(ANA, "!answer north two", id="$a")
    edit = north.event(ANA, "!answer north three", kind=Kind.EDIT, target="$a")
    await north.hear(edit)
    assert [row.text for row in await north.all(AnswerRow)] == ["three"]


async def test_a_plain_reply_to_a_reminder_is_the_answer(north: Scene) -> None:
    await ask(north, "introductions", "2026-03-16 09:00", "$intro")
    await north.tick(at("2026-03-19 12:00"))
    reminder = next(
        r for r in await north.posted("introductions-reminder") if r.target == f"matrix:{ANA}"
    )
    async with north.application.database.begin() as work:
        held = await work.session.get_one(OutboxRow, reminder.id)
        held.state, held.room, held.message = "sent", "!direct-ana", "$reminder"
        held.sent_at = north.clock.now()
        await work.commit()
    said = await north.say(ANA, "I am Ana", room="!direct-ana", direct=True, reply_to="$reminder")
    assert "That is your answer" in said
    assert [row.text for row in await north.all(AnswerRow)] == ["I am Ana"]


# --- prompts that were held back, dropped or given up -----------------------------------------


async def test_a_prompt_on_its_way_when_the_circle_pauses_goes_when_it_goes_on(
    north: Scene,
) -> None:
    await north.tick(at("2026-03-10 09:00"))
    await north.say(FAY, "!circle pause north")
    assert [row.state for row in await north.posted("roll-call")] == ["withdrawn"]
    await north.say(FAY, "!circle resume north")
    assert [row.state for row in await north.posted("roll-call")] == ["waiting"]


async def test_a_prompt_that_was_given_up_can_be_sent_again(north: Scene) -> None:
    (row,) = [r for r in await north.tick(at("2026-03-10 09:00")) if r.prompt == "roll-call"]
    async with north.application.database.begin() as work:
        held = await work.session.get_one(OutboxRow, row.id)
        held.state, held.document = "refused", None
        await work.commit()
    assert "on its way" in await north.privately(FAY, "!prompt send roll-call")
    (again,) = await north.posted("roll-call")
    assert (again.state, again.key) == ("waiting", row.key)
    assert "already" in await north.privately(FAY, "!prompt send roll-call")


async def test_a_prompt_that_a_move_dropped_does_not_come_back_with_a_pause(north: Scene) -> None:
    await north.say(FAY, "!circle move north planning 2026-03-18 only")
    await north.say(FAY, "!circle pause north")
    await north.say(FAY, "!circle resume north")
    moment = at("2026-03-17 00:00")
    while moment < at("2026-03-23 00:00"):
        moment += timedelta(hours=6)
        phases = {row.phase for row in await north.tick(moment) if "!room" in row.target}
        assert "opening" not in phases or moment < at("2026-03-18 00:00")


async def test_skipping_what_does_not_wait_is_said(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:
        await here.say(FAY, "!circle new north 2026-03-16")
        assert "is not waiting" in await here.privately(FAY, "!prompt skip roll-call")


# --- two rooms, two circles -------------------------------------------------------------------


async def with_two_rooms(north: Scene) -> None:
    assert "now belongs" in await north.say(FAY, "!circle attach north", room=SECOND)


async def test_a_ban_in_one_of_two_rooms_ends_the_membership(north: Scene) -> None:
    await with_two_rooms(north)
    await north.hear(north.event(ANA, kind=Kind.LEAVE, by=FAY, banned=True))
    assert (await member(north, ANA)).state == "banned"


async def test_who_leaves_one_of_two_rooms_stays_a_member(north: Scene) -> None:
    await with_two_rooms(north)
    await north.hear(north.event(ANA, kind=Kind.LEAVE))
    assert (await member(north, ANA)).state == "joined"
    await north.join("@gil:example.org")
    await north.hear(north.event("@gil:example.org", kind=Kind.LEAVE))
    assert (await member(north, "@gil:example.org")).state == "left", "he is in none of the rooms"


async def test_the_room_of_a_closed_circle_serves_the_next_one(north: Scene) -> None:
    await north.say(FAY, "!circle close north")
    assert "belongs to it" in await north.say(FAY, "!circle new spring 2026-06-01")
    assert len(await north.all(RoomRow)) == 1


async def test_a_word_that_names_a_circle_of_others_stays_a_word(north: Scene) -> None:
    await north.say(ANA, "!circle new hope 2026-03-16", room="!hers:example.org")
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    await north.privately(BEN, "!answer Hope is what I found")
    assert [row.text for row in await north.all(AnswerRow)] == ["Hope is what I found"]
    refusal = await north.say(ANA, "!circle new 17 2026-03-16", room="!x:example.org")
    assert "begins with a letter" in refusal


async def test_an_answer_under_another_circles_prompt_is_not_for_this_one(north: Scene) -> None:
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    await north.say(ANA, "!circle new south 2026-03-16", room="!hers:example.org")
    assert "No question" in await north.say(ANA, "!answer south words", thread="$roll")
    assert await north.all(AnswerRow) == []


async def test_a_circle_without_a_facilitator_is_led_by_an_organiser(north: Scene) -> None:
    await north.hear(north.event(FAY, kind=Kind.LEAVE))
    assert (await member(north, FAY)).state == "left"
    assert "Ana: facilitator, member" in await north.say(FAY, "!circle roles north Ana facilitator")
    assert "for the circle's facilitators" in await north.say(FAY, "!circle pause north")


async def test_a_closed_circle_records_nothing_more(north: Scene) -> None:
    await north.say(FAY, "!circle close north")
    await north.say(ANA, "still here", id="$late")
    assert await north.all(ContributionRow) == []


async def test_ninety_days_after_the_close_answers_and_counts_are_let_go(north: Scene) -> None:
    await ask(north, "roll-call", "2026-03-10 09:00", "$roll")
    await north.say(ANA, "here I am", thread="$roll")
    await north.say("@eve:example.org", "!join north")
    await north.say(FAY, "!circle close north")
    north.clock.advance(days=89)
    await north.application.keep_no_longer()
    assert len(await north.all(AnswerRow)) == len(await north.all(ContributionRow)) == 1
    assert await north.all(JoiningRow) == [], "nobody went on with it for a week"
    north.clock.advance(days=2)
    await north.application.keep_no_longer()
    assert await north.all(AnswerRow) == await north.all(ContributionRow) == []
    assert len(await north.all(MemberRow)) == 3


async def test_a_role_is_named_or_nobody_gets_one(north: Scene) -> None:
    assert "Which role for Ben?" in await north.say(FAY, "!circle roles north Ben")
    assert (await member(north, BEN)).roles == ["member"]


async def test_a_stranger_has_no_zone_to_keep(north: Scene) -> None:
    assert "in no circle yet" in await north.privately("@eve:example.org", "!my zone Berlin")


# --- faults that are nobody's words -----------------------------------------------------------


async def test_a_database_that_cannot_be_used_fails_the_batch_and_moves_no_cursor(
    north: Scene,
) -> None:
    class Locked:
        async def __call__(self, _event: Event, _work: UnitOfWork) -> None:
            raise OperationalError("INSERT", {}, Exception("database is locked"))

    before = [(row.account, row.token) for row in await north.all(CursorRow)]
    north.application.take.hearers.append(Locked())  # type: ignore[attr-defined]
    with pytest.raises(OperationalError):
        await north.say(ANA, "hello", id="$m")
    assert [(row.account, row.token) for row in await north.all(CursorRow)] == before
    north.application.take.hearers.pop()  # type: ignore[attr-defined]
    await north.say(ANA, "hello", id="$m")
    assert [row.message for row in await north.all(ContributionRow)] == ["$m"]


async def test_what_waits_for_a_platform_holds_up_only_its_author(north: Scene) -> None:
    class Away(Respond):
        async def wants(self, event: Event, work: UnitOfWork) -> bool:  # noqa: ARG002
            return event.text == "unlucky"

        async def __call__(self, event: Event) -> tuple[()]:
            raise PlatformUnavailable(event.id)

    responders = north.application.answer.responders
    responders.insert(0, Away())  # type: ignore[attr-defined]
    await north.say(BEN, "unlucky")
    assert "north" in await north.privately(ANA, "!my circles")
    assert await north.privately(BEN, "!my circles") == ""
    responders.pop(0)  # type: ignore[attr-defined]
    await north.application.answer()
    assert all(row.handled_at for row in await north.all(InboxRow))


async def test_a_check_in_that_fell_into_a_pause_comes_after_it(north: Scene) -> None:
    async with north.application.database.begin() as work:
        due = Schedule(
            circle=1,
            kind="checkin",
            subject="1",
            wall=datetime(2026, 3, 17, 10),  # noqa: DTZ001 - wall time
            zone="UTC",
            window=timedelta(days=3),
        )
        await Schedules(work).put([due])
        await work.commit()
    await north.say(FAY, "!circle pause north")
    north.clock.moment = at("2026-03-18 12:00")
    await north.say(FAY, "!circle resume north")
    async with north.application.database.look() as work:
        assert [s.subject for s in await Schedules(work).coming(1, "checkin")] == ["1"]
