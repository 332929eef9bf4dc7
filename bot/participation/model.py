"""Contributions: that somebody said something, not what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.circles.model import Member
from bot.conversation.model import MessageRef


class Contributed(StrEnum):
    """What kind of thing a contribution is."""

    MESSAGE = "message"
    REPLY = "reply"
    ANSWER = "answer"
    REACTION = "reaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """Something a member who agreed to be counted did in a room of the circle.

    `phase` is the phase at sending time; `words` counts words, 0 for a reaction, None where the
    platform kept the words from the bot; `towards` is the message that it answers or reacts to.
    """

    message: MessageRef
    circle: int
    member: int
    phase: str
    kind: Contributed
    sent_at: datetime
    words: int | None
    thread: str | None = None
    towards: str | None = None


def quiet_members(
    members: Sequence[Member],
    contributions: Iterable[Contribution],
    *,
    since: datetime,
    today: date,
) -> list[Member]:
    """Return the members not heard from since `since`, longest-standing first.

    Only those who agreed to be counted are looked at. Someone who joined after `since` has not
    had the time to be quiet, and someone who is away is excused: both are left out.
    """
    heard = {c.member for c in contributions if c.sent_at >= since}
    quiet = [
        m
        for m in members
        if m.consents.counted and m.joined_at < since and m.id not in heard and not m.away_on(today)
    ]
    return sorted(quiet, key=lambda m: (m.joined_at, m.id))
