"""The verbs of the mentoring room."""

from bot.mentoring.usecases.answering import AcceptPair, DeclinePair
from bot.mentoring.usecases.asking import OfferMentoring, SeekMentor, Wish
from bot.mentoring.usecases.following import (
    ComposeCheckin,
    MembershipEnded,
    MentoringData,
    PairsEnd,
)
from bot.mentoring.usecases.pairing import PreviewPairs, SendPairs
from bot.mentoring.usecases.scene import Background

__all__ = [
    "AcceptPair",
    "Background",
    "ComposeCheckin",
    "DeclinePair",
    "MembershipEnded",
    "MentoringData",
    "OfferMentoring",
    "PairsEnd",
    "PreviewPairs",
    "SeekMentor",
    "SendPairs",
    "Wish",
]
