"""The verbs of the mentoring room."""

from bot.mentoring.usecases.answering import AcceptPair, DeclinePair
from bot.mentoring.usecases.asking import NoteWish, Wish
from bot.mentoring.usecases.following import (
    ComposeCheckin,
    MentoringData,
    PairsEnd,
)
from bot.mentoring.usecases.pairing import PreviewPairs, SendPairs
from bot.mentoring.usecases.relaying import CarryWords, SwitchRelay, TellWhoWrote
from bot.mentoring.usecases.scene import Background

__all__ = [
    "AcceptPair",
    "Background",
    "CarryWords",
    "ComposeCheckin",
    "DeclinePair",
    "MentoringData",
    "NoteWish",
    "PairsEnd",
    "PreviewPairs",
    "SendPairs",
    "SwitchRelay",
    "TellWhoWrote",
    "Wish",
]
