"""What people type about mentoring, how hours meet over zones, and the life of a pair."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.model import DomainError
from bot.mentoring.commands import understand_languages
from bot.mentoring.model import (
    EVENINGS,
    Fit,
    History,
    Pair,
    PairState,
    Profile,
    Side,
    checkin_wall,
    fit_of,
    score,
    understand_hours,
    understand_topics,
    usable,
)
from bot.mentoring.words.phrases import reasons, spoken_hours

MONDAY = date(2026, 3, 2)


def someone(member: int, side: Side = Side.OFFER, **changes: object) -> Profile:
    given = {
        "topics": ("facilitation",),
        "languages": ("en",),
        "hours": EVENINGS,
        "zone": "UTC",
    } | changes
    return Profile(member=member, side=side, **given)


def shared_quarters(one: Profile, other: Profile, monday: date = MONDAY) -> int:
    return (usable(one, monday) & usable(other, monday)).bit_count()


def test_topics_keep_their_order_and_their_writing_and_come_once() -> None:
    assert understand_topics(" Facilitation,  action   research ;facilitation, R") == (
        "Facilitation",
        "action research",
        "R",
    )


@pytest.mark.parametrize("text", ["", " , ", "a,b,c,d,e,f,g", "x" * 61, "a capacitty=2", "“a”"])
def test_topics_that_cannot_be_meant_are_answered_with_how_to_type_them(text: str) -> None:
    with pytest.raises(DomainError, match="facilitation, evaluation"):
        understand_topics(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mon-fri 17-20", "Mon-Fri 17-20"),
        ("Tue, Thu 18-21; Sat 10-12", "Tue 18-21, Thu 18-21, Sat 10-12"),
        ("monday 9:00-10:00", "Mon 9-10"),
        ("weekends 10h \u2013 12h", "Sat-Sun 10-12"),
        ("daily 20-24", "Mon-Sun 20-24"),
        ("8-9", "Mon-Sun 8-9"),
        ("mon 8-10 14-15", "Mon 8-10 and 14-15"),
        ("sun 22-1", "Mon 0-1, Sun 22-24"),
        ("sat-mon 9-10", "Mon 9-10, Sat-Sun 9-10"),
        ("tues weds 9-10", "Tue-Wed 9-10"),
        ("", "Mon-Fri 17-21"),
    ],
)
def test_hours_are_read_and_said_again(text: str, said: str) -> None:
    assert spoken_hours(understand_hours(text)) == said


@pytest.mark.parametrize("text", ["mon", "mon 17", "17:30-20", "25-26", "5-5", "mon-xyz 8-9", "-"])
def test_hours_that_cannot_be_read_are_answered_with_how_to_type_them(text: str) -> None:
    with pytest.raises(DomainError, match="mon-fri 17-20"):
        understand_hours(text)


@given(st.frozensets(st.integers(0, 167), min_size=1))
def test_what_is_said_of_hours_reads_back_as_the_same_hours(hours: frozenset[int]) -> None:
    assert understand_hours(spoken_hours(hours).replace(" and ", " ")) == hours


def test_languages_are_known_by_code_and_by_name() -> None:
    assert understand_languages("en, German;en pt-BR") == ("en", "de", "pt")
    assert understand_languages("") == ()
    with pytest.raises(DomainError, match="languages=en,de"):
        understand_languages("klingonish")


def test_hours_meet_on_the_clocks_of_the_world() -> None:
    berlin = someone(1, zone="Europe/Berlin", hours=understand_hours("mon 17-20"))
    delhi = someone(2, zone="Asia/Kolkata", hours=understand_hours("mon 20-23"))
    assert shared_quarters(berlin, delhi) == 6  # 16:00-17:30 UTC
    assert shared_quarters(berlin, delhi, date(2026, 7, 6)) == 10  # in summer 15:00-17:30


def test_monday_morning_in_the_east_meets_sunday_night_in_the_west() -> None:
    west = someone(1, zone="America/Los_Angeles", hours=understand_hours("sun 17-19"))
    east = someone(2, zone="Pacific/Auckland", hours=understand_hours("mon 14-16"))
    assert shared_quarters(west, east) == 8


def test_no_rule_is_broken_for_any_score() -> None:
    mentor = someone(1)
    assert fit_of(mentor, someone(1, Side.SEEK), 80) is None
    assert fit_of(mentor, someone(2, Side.SEEK, topics=("drawing",)), 80) is None
    assert fit_of(mentor, someone(2, Side.SEEK, languages=("de",)), 80) is None
    no = History(never=frozenset({frozenset((1, 2))}))
    assert fit_of(mentor, someone(2, Side.SEEK), 80, no) is None
    past = History(past=frozenset({frozenset((1, 2))}))
    assert fit_of(mentor, someone(2, Side.SEEK), 0, past) == Fit(
        ("facilitation",), ("en",), 0, again=True
    )


def test_the_score_is_the_formula_that_is_written_down() -> None:
    wish = someone(2, Side.SEEK, topics=("A", "b", "c"), languages=("de", "en"))
    fit = fit_of(someone(1, topics=("C", "a"), languages=("en",)), wish, 11)
    assert fit == Fit(("A", "c"), ("en",), 2)
    assert score(fit, wish) == 700 * (60 + 20) // (60 + 30 + 20) + 50 * 2 + 25
    assert score(Fit(("A", "b", "c"), ("de",), 20), wish) == 1000


def test_reasons_are_said_kindly_and_without_numbers_that_rank() -> None:
    fit = Fit(("facilitation", "evaluation"), ("de", "en"), 6)
    assert reasons(fit, yours=True) == (
        "You both named facilitation and evaluation; you share 6 usable hours a week; "
        "you both speak German and English."
    )
    assert reasons(Fit(("a",), ("de",), 1), yours=False) == (
        "Both named a; they share 1 usable hour a week; both speak German."
    )
    assert "rather write" in reasons(Fit(("a",), ("de",), 0), yours=True)


def pair(state: PairState = PairState.PROPOSED) -> Pair:
    fit, at = Fit(("a",), ("en",), 1), datetime(2026, 3, 2, tzinfo=UTC)
    return Pair(id=1, circle=1, mentor=5, mentee=6, state=state, fit=fit, proposed_at=at)


@pytest.mark.parametrize("order", [(5, 6), (6, 5)])
def test_a_pair_is_introduced_when_both_said_yes(order: tuple[int, int]) -> None:
    first, second = order
    half = pair().accepted_by(first)
    assert not half.awaits(first)
    assert half.awaits(second)
    whole = half.accepted_by(second)
    assert whole.state is PairState.INTRODUCED
    assert not whole.awaits(second)


def test_a_no_before_the_introduction_is_for_ever_and_after_it_an_end() -> None:
    assert pair().accepted_by(5).refused().state is PairState.DECLINED
    assert pair(PairState.INTRODUCED).refused().state is PairState.ENDED
    assert not pair().awaits(7)
    assert 6 in pair()
    assert pair().partner_of(5) == 6


def test_the_checkin_is_two_weeks_later_in_the_morning() -> None:
    assert checkin_wall(date(2026, 3, 20)) == datetime(2026, 4, 3, 10)  # noqa: DTZ001 - wall time
