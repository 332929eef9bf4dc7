"""The tables of schedules and posts, and every query on them."""

from bot.delivery.rows.changes import Changes
from bot.delivery.rows.outbox import Outbox
from bot.delivery.rows.schedules import Schedules, next_moments
from bot.delivery.rows.tables import Instead, OutboxRow, ScheduleRow

__all__ = ["Changes", "Instead", "Outbox", "OutboxRow", "ScheduleRow", "Schedules", "next_moments"]
