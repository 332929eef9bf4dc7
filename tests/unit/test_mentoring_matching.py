"""The assignment equals what trying everything finds, and breaks no rule."""

import random
from collections import Counter
from datetime import date
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.mentoring.matching import Left, Matching, Why, match
from bot.mentoring.model import EVENINGS, History, Profile, Side, fit_of, score, usable
from bot.mentoring.words.phrases import why

MONDAY = date(2026, 3, 2)
ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/Lima")
WORDS = ("ask", "Build", "care")


@st.composite
def profiles(draw: st.DrawFn, side: Side, first: int) -> list[Profile]:
    many = draw(st.integers(0, 4))
    return [
        Profile(
            member=draw(st.just(first + number)),
            side=side,
            topics=tuple(draw(st.lists(st.sampled_from(WORDS), min_size=1, unique=True))),
            languages=tuple(draw(st.lists(st.sampled_from(["de", "en"]), min_size=1, unique=True))),
            hours=draw(st.frozensets(st.integers(60, 75), max_size=8)),
            zone=draw(st.sampled_from(ZONES)),
            capacity=draw(st.integers(0, 2)),
        )
        for number in range(many)
    ]


@st.composite
def rounds(draw: st.DrawFn) -> tuple[list[Profile], list[Profile], History]:
    mentors = draw(profiles(Side.OFFER, 1))
    mentees = draw(profiles(Side.SEEK, 3))  # members 3 and 4 may stand on both lists
    couples = st.frozensets(st.integers(1, 6), min_size=2, max_size=2)
    some = st.frozensets(couples, max_size=4)
    return mentors, mentees, History(past=draw(some), never=draw(some))


def worth(mentors: list[Profile], mentees: list[Profile], history: History) -> tuple[int, int, int]:
    """Return the best (pairs, fresh pairs, sum of scores) that any assignment has."""
    free = {m.member: usable(m, MONDAY) for m in mentors}
    best = (0, 0, 0)
    for choice in product([None, *mentors], repeat=len(mentees)):
        used = Counter(m.member for m in choice if m is not None)
        if any(used[m.member] > m.capacity for m in mentors):
            continue
        fits = [
            (fit_of(m, s, (free[m.member] & usable(s, MONDAY)).bit_count(), history), s)
            for m, s in zip(choice, mentees, strict=True)
            if m is not None
        ]
        if all(fit is not None for fit, _ in fits):
            fresh = sum(not fit.again for fit, _ in fits)
            best = max(best, (len(fits), fresh, sum(score(fit, s) for fit, s in fits)))
    return best


@settings(max_examples=300, deadline=None)
@given(rounds(), st.randoms(use_true_random=False))
def test_nothing_better_is_found_by_trying_everything(
    given: tuple[list[Profile], list[Profile], History], shuffle: random.Random
) -> None:
    mentors, mentees, history = given
    found = match(mentors, mentees, history, monday=MONDAY)
    fresh = sum(not pair.fit.again for pair in found.pairs)
    got = (len(found.pairs), fresh, sum(pair.score for pair in found.pairs))
    assert got == worth(mentors, mentees, history)
    keeps_the_rules(found, mentors, mentees, history)
    shuffle.shuffle(mentors)
    shuffle.shuffle(mentees)
    assert match(mentors, mentees, history, monday=MONDAY) == found


def keeps_the_rules(
    found: Matching, mentors: list[Profile], mentees: list[Profile], history: History
) -> None:
    offers, seekers = {m.member: m for m in mentors}, {s.member: s for s in mentees}
    used = Counter(pair.mentor for pair in found.pairs)
    assert all(used[m] <= offers[m].capacity for m in used)
    matched = [pair.mentee for pair in found.pairs]
    waiting = [left.profile.member for left in found.waiting]
    assert sorted([*matched, *waiting]) == sorted(seekers)
    for pair in found.pairs:
        couple = frozenset((pair.mentor, pair.mentee))
        assert len(couple) == 2
        assert couple not in history.never
        assert set(pair.fit.languages) <= set(offers[pair.mentor].languages)
        assert pair.fit.topics
        assert 1 <= pair.score <= 1000


def one(member: int, side: Side, *topics: str, capacity: int = 1, languages: str = "en") -> Profile:
    return Profile(
        member=member,
        side=side,
        topics=topics,
        languages=(languages,),
        hours=EVENINGS,
        capacity=capacity,
    )


def test_as_many_as_possible_come_before_the_best_score() -> None:
    mentors = [one(1, Side.OFFER, "ask", "build"), one(2, Side.OFFER, "ask")]
    mentees = [one(3, Side.SEEK, "ask", "build"), one(4, Side.SEEK, "build")]
    found = match(mentors, mentees, monday=MONDAY)
    assert [(p.mentor, p.mentee) for p in found.pairs] == [(2, 3), (1, 4)]


def test_a_past_partner_is_met_again_only_where_there_is_nobody_else() -> None:
    mentors = [one(1, Side.OFFER, "ask", "build"), one(2, Side.OFFER, "build")]
    past = History(past=frozenset({frozenset((1, 3))}))
    seeker = one(3, Side.SEEK, "ask", "build")
    (fresh,) = match(mentors, [seeker], past, monday=MONDAY).pairs
    assert fresh.mentor == 2
    (again,) = match(mentors[:1], [seeker], past, monday=MONDAY).pairs
    assert again.fit.again


def test_those_left_are_told_why_and_a_no_looks_like_a_full_place() -> None:
    full = one(1, Side.OFFER, "ask", capacity=0)
    mentees = [
        one(3, Side.SEEK, "ask"),
        one(4, Side.SEEK, "care"),
        one(5, Side.SEEK, "ask", languages="de"),
    ]
    by_place = match([full], mentees, monday=MONDAY)
    no = History(never=frozenset({frozenset((1, 3))}))
    by_no = match([one(1, Side.OFFER, "ask")], mentees, no, monday=MONDAY)
    assert by_place.waiting == by_no.waiting
    assert [each.why for each in by_no.waiting] == [
        Why.NOT_THIS_TIME,
        Why.NO_TOPIC,
        Why.NO_LANGUAGE,
    ]
    assert by_place.idle == ()
    assert [each.why for each in by_no.idle] == [Why.NOT_THIS_TIME]
    for left in by_no.waiting:
        said = why(left, you=True)
        assert not any(word in said for word in ("declin", "capacity", "full", "no to"))


def test_somebody_on_both_lists_is_never_their_own_mentor() -> None:
    lone = one(1, Side.OFFER, "ask"), one(1, Side.SEEK, "ask")
    found = match(lone[:1], lone[1:], monday=MONDAY)
    assert found.pairs == ()
    assert found.waiting == (Left(lone[1], Why.NO_TOPIC),)


def test_a_mentor_with_two_places_takes_two_and_no_more() -> None:
    mentor = one(1, Side.OFFER, "ask", capacity=2)
    mentees = [one(number, Side.SEEK, "ask") for number in (3, 4, 5)]
    found = match([mentor], mentees, monday=MONDAY)
    assert len(found.pairs) == 2
    assert len(found.waiting) == 1


def test_nobody_at_all_is_no_fault() -> None:
    assert match([], [], monday=MONDAY) == Matching()
