"""The calendar of a circle, its consents, and who may do what."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.circles.model import (
    Calendar,
    Consents,
    Member,
    MemberState,
    lay,
    roles_of,
    understand_consents,
)
from bot.conversation.model import DomainError, PersonRef, Role

WEEKS = [("ready", "Getting ready", 1), ("opening", "Opening", 1), ("planning", "Planning", 2)]
START = date(2026, 3, 2)
CALENDAR = lay(WEEKS, START)


def spans(calendar: Calendar) -> list[tuple[str, date, date]]:
    return [(p.key, p.span.starts_on, p.last_day) for p in calendar.phases]


def test_phases_follow_one_another_without_a_gap() -> None:
    assert spans(CALENDAR) == [
        ("ready", date(2026, 3, 2), date(2026, 3, 8)),
        ("opening", date(2026, 3, 9), date(2026, 3, 15)),
        ("planning", date(2026, 3, 16), date(2026, 3, 29)),
    ]


def test_a_break_makes_its_phase_a_week_longer_and_counts_as_none_of_its_days() -> None:
    calendar = lay(WEEKS, START, break_on=date(2026, 3, 20))
    planning = calendar.phases[2]
    assert planning.last_day == date(2026, 4, 5)
    assert calendar.days_in(planning) == 14
    assert calendar.day_of(planning, 4) == date(2026, 3, 27)
    assert calendar.on(date(2026, 3, 22)) is None


def test_a_break_outside_the_circle_is_refused() -> None:
    with pytest.raises(DomainError, match="break week must lie"):
        lay(WEEKS, START, break_on=date(2026, 8, 1))


def test_extending_a_phase_moves_all_that_follows() -> None:
    assert spans(CALENDAR.extended("opening", 2))[1:] == [
        ("opening", date(2026, 3, 9), date(2026, 3, 29)),
        ("planning", date(2026, 3, 30), date(2026, 4, 12)),
    ]


def test_moving_a_phase_moves_the_rest_with_it() -> None:
    moved = CALENDAR.moved("opening", date(2026, 3, 11), rest=True)
    assert spans(moved) == [
        ("ready", date(2026, 3, 2), date(2026, 3, 10)),
        ("opening", date(2026, 3, 11), date(2026, 3, 17)),
        ("planning", date(2026, 3, 18), date(2026, 3, 31)),
    ]


def test_moving_one_date_leaves_the_others() -> None:
    moved = CALENDAR.moved("opening", date(2026, 3, 11), rest=False)
    assert spans(moved)[1:] == [
        ("opening", date(2026, 3, 11), date(2026, 3, 15)),
        ("planning", date(2026, 3, 16), date(2026, 3, 29)),
    ]


def test_a_move_that_leaves_a_phase_without_days_is_refused() -> None:
    with pytest.raises(DomainError, match="no days left"):
        CALENDAR.moved("opening", date(2026, 3, 2), rest=True)
    with pytest.raises(DomainError, match="There is no phase"):
        CALENDAR.moved("harvest", date(2026, 3, 2), rest=True)


@given(st.integers(0, 2), st.integers(-20, 40), st.booleans())
def test_however_dates_are_moved_no_day_has_two_phases(index: int, by: int, rest: bool) -> None:
    phase = CALENDAR.phases[index]
    try:
        moved = CALENDAR.moved(phase.key, phase.span.starts_on + timedelta(days=by), rest=rest)
    except DomainError:
        return
    for early, late in pairwise(moved.phases):
        assert early.span.ends_on == late.span.starts_on
        assert early.span.starts_on < early.span.ends_on


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("yes yes no no", Consents(True, True, False, False)),
        ("Yes, yes, yes, no.", Consents(True, True, True, False)),
        ("Y y N n", Consents(True, True, False, False)),
        ("ja nein nein nein", Consents(True, False, False, False)),
    ],
)
def test_four_words_are_four_consents(text: str, given: Consents) -> None:
    assert understand_consents(text) == given


@pytest.mark.parametrize("text", ["", "perhaps", "yes", "no", "yes no", "yes yes yes yes yes", "-"])
def test_what_is_not_clear_is_no_consent(text: str) -> None:
    with pytest.raises(DomainError, match="four words"):
        understand_consents(text)


def member(*roles: str, state: MemberState = MemberState.JOINED) -> Member:
    return Member(
        id=1,
        circle=1,
        person=PersonRef("console", "ana"),
        name="Ana",
        roles=frozenset(roles),
        state=state,
        joined_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


def test_a_facilitator_may_what_a_carer_may_and_a_member_may_not() -> None:
    assert Role.CARER in roles_of(member("co-facilitator"))
    assert Role.FACILITATOR not in roles_of(member("carer"))
    assert roles_of(member("member")) == {Role.ANYONE, Role.MEMBER}


def test_who_has_left_is_anyone_again() -> None:
    assert roles_of(member("facilitator", state=MemberState.LEFT)) == {Role.ANYONE}
    assert roles_of(None) == {Role.ANYONE}
