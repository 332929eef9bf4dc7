"""The tables of circles and their people, and every query on them."""

from bot.circles.rows.accounts import Accounts, Codes
from bot.circles.rows.circles import Circles
from bot.circles.rows.members import Members, by_id
from bot.circles.rows.merging import Merging
from bot.circles.rows.steps import Joinings, Steps
from bot.circles.rows.tables import (
    AsideRow,
    CircleRow,
    JoiningRow,
    LinkCodeRow,
    LinkRow,
    LinkTryRow,
    MemberRow,
    RoomRow,
    StepRow,
)

__all__ = [
    "Accounts",
    "AsideRow",
    "CircleRow",
    "Circles",
    "Codes",
    "JoiningRow",
    "Joinings",
    "LinkCodeRow",
    "LinkRow",
    "LinkTryRow",
    "MemberRow",
    "Members",
    "Merging",
    "RoomRow",
    "StepRow",
    "Steps",
    "by_id",
]
