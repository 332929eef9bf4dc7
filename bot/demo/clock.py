"""The demo's clock, and the hours at which people are awake."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

WAKES, SLEEPS = 8, 21


@dataclass(slots=True)
class DrivenClock:
    """Shows the moment it was moved to; never goes back."""

    moment: datetime

    def now(self) -> datetime:
        """Return that moment."""
        return self.moment

    def move_to(self, moment: datetime) -> None:
        """Show a later moment; an earlier one changes nothing."""
        self.moment = max(self.moment, moment)


def local(day: str, clock: str, zone: str) -> datetime:
    """Return the moment, in UTC, at which clocks in a zone show a time of a day."""
    wall = datetime.combine(datetime.fromisoformat(day).date(), time.fromisoformat(clock))
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def awake(moment: datetime, zone: str, lot: Random) -> datetime:
    """Return the moment, or one in the next morning when it falls into somebody's night."""
    there = moment.astimezone(ZoneInfo(zone))
    if WAKES <= there.hour < SLEEPS:
        return moment
    days = 1 if there.hour >= SLEEPS else 0
    morning = datetime.combine(there.date() + timedelta(days=days), time(WAKES))
    waking = morning.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return waking + timedelta(minutes=lot.randrange(5, 100))
