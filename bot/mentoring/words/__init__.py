"""What the mentoring room says: to one, to a pair, to a facilitator."""

from bot.mentoring.words.lists import held, noted, off_the_list
from bot.mentoring.words.meeting import kick_off, meet, no_room
from bot.mentoring.words.pairs import (
    both_said_yes,
    checkin,
    half_way,
    knock,
    left_the_circle,
    no_match,
    not_this_match,
    over,
    proposal,
    said_no,
)
from bot.mentoring.words.phrases import listed
from bot.mentoring.words.rounds import preview, sent

__all__ = [
    "both_said_yes",
    "checkin",
    "half_way",
    "held",
    "kick_off",
    "knock",
    "left_the_circle",
    "listed",
    "meet",
    "no_match",
    "no_room",
    "not_this_match",
    "noted",
    "off_the_list",
    "over",
    "preview",
    "proposal",
    "said_no",
    "sent",
]
