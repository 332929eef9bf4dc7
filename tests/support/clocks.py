"""A clock that tests drive."""

from datetime import UTC, datetime, timedelta


class DrivenClock:
    """Shows the moment it was set to."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment.astimezone(UTC)

    def now(self) -> datetime:
        """Return that moment."""
        return self.moment

    def advance(self, **by: float) -> None:
        """Move on by days, hours, minutes."""
        self.moment += timedelta(**by)
