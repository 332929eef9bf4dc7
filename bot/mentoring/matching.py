"""Who is proposed to whom: an optimal assignment of mentees to mentors' free places."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
from scipy.optimize import linear_sum_assignment

from bot.mentoring.model import NO_HISTORY, Fit, History, Profile, fit_of, score, shared, usable

BEST = 1000
"""The highest score of a pair."""


class Why(StrEnum):
    """Why somebody is in no pair this time; each is said without blame and without numbers."""

    NO_TOPIC = "topic"
    NO_LANGUAGE = "language"
    NOT_THIS_TIME = "not this time"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Proposed:
    """A pair that is proposed."""

    mentor: int
    mentee: int
    fit: Fit
    score: int


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody for whom there is nobody this time."""

    profile: Profile
    why: Why


@dataclass(frozen=True, slots=True)
class Matching:
    """Who goes with whom, and who has to wait; each by member id."""

    pairs: tuple[Proposed, ...] = ()
    waiting: tuple[Left, ...] = ()
    idle: tuple[Left, ...] = ()


def match(
    mentors: Iterable[Profile],
    mentees: Iterable[Profile],
    history: History = NO_HISTORY,
    *,
    monday: date,
) -> Matching:
    """Return the best pairs; whatever the order of the input, the same.

    `capacity` of a mentor counts the places still free. Best means, in this order: as many
    mentees with a mentor as possible; as few pairs of past partners as possible; the highest sum
    of scores. The rules of `fit_of` are never broken. Hours are compared in the week of `monday`.
    """
    offers = sorted(mentors, key=lambda m: m.member)
    seekers = sorted(mentees, key=lambda m: m.member)
    possible = _possible(offers, seekers, history, monday)
    pairs = tuple(sorted(_best(offers, seekers, possible), key=lambda pair: pair.mentee))
    taken = {pair.mentee for pair in pairs}
    busy = {pair.mentor for pair in pairs}
    return Matching(
        pairs,
        tuple(Left(s, _why(s, offers)) for s in seekers if s.member not in taken),
        tuple(Left(o, _why(o, seekers)) for o in offers if o.capacity and o.member not in busy),
    )


def _possible(
    offers: Sequence[Profile], seekers: Sequence[Profile], history: History, monday: date
) -> dict[tuple[int, int], tuple[Fit, int]]:
    """Return the fit and score of every pair that no rule forbids, by their places in the lists."""
    free = [usable(each, monday) for each in offers]
    found: dict[tuple[int, int], tuple[Fit, int]] = {}
    for column, mentee in enumerate(seekers):
        hours = usable(mentee, monday)
        for row, mentor in enumerate(offers):
            fit = fit_of(mentor, mentee, (free[row] & hours).bit_count(), history)
            if fit is not None:
                found[row, column] = fit, score(fit, mentee)
    return found


def _best(
    offers: Sequence[Profile],
    seekers: Sequence[Profile],
    possible: dict[tuple[int, int], tuple[Fit, int]],
) -> Iterable[Proposed]:
    """Yield the pairs of an optimal assignment, each mentor repeated once a free place.

    One number stands for the three aims: a pair is worth more than all scores together when it is
    fresh, and more than all that when it is a pair at all. Whole numbers below 2**53 are exact in
    the solver's arithmetic; that holds up to 20,000 pairs.
    """
    seats = [
        row for row, each in enumerate(offers) for _ in range(min(each.capacity, len(seekers)))
    ]
    most = min(len(seats), len(seekers))
    fresh = BEST * most + 1
    pair = (fresh + BEST) * most + 1
    worth = np.zeros((len(offers), len(seekers)))
    for place, (fit, points) in possible.items():
        worth[place] = pair + (0 if fit.again else fresh) + points
    rows, columns = linear_sum_assignment(worth[seats], maximize=True)
    for seat, column in zip(rows.tolist(), columns.tolist(), strict=True):
        if (seats[seat], column) in possible:
            fit, points = possible[seats[seat], column]
            yield Proposed(offers[seats[seat]].member, seekers[column].member, fit, points)


def _why(profile: Profile, others: Sequence[Profile]) -> Why:
    """Return why there is nobody; a no that was said, and a full place, are never told apart."""
    near = [
        other
        for other in others
        if other.member != profile.member and shared(profile.topics, other.topics)
    ]
    if not near:
        return Why.NO_TOPIC
    if not any(shared(profile.languages, other.languages) for other in near):
        return Why.NO_LANGUAGE
    return Why.NOT_THIS_TIME
