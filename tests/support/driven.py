"""A clock that a test drives in another process; `clocks.DrivenClock` is the one for its own."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

PACE = 30.0
"""Driven seconds in a real one: what is tried again after two seconds is, soon."""


class FileClock:
    """Shows the moment that stands in a file, and goes on from there at a pace.

    It never stands still, since what waits for a moment (another attempt after a refusal) would
    wait for ever. Drive it through the past: servers stamp what people say with their own time,
    and what seems to come from the future counts as said now.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        """Return the moment, as every process that reads the file sees it."""
        held = json.loads(self._path.read_text())
        gone = timedelta(seconds=(time.time() - held["set_at"]) * held["pace"])
        return datetime.fromisoformat(held["moment"]) + gone

    def set(self, moment: datetime, *, pace: float = PACE) -> None:
        """Show `moment` from now on.

        Raises:
            ValueError: the clock would go back.
        """
        if self._path.exists() and moment < self.now():
            raise ValueError(f"{moment} is before {self.now()}")
        held = {"moment": moment.astimezone(UTC).isoformat(), "set_at": time.time(), "pace": pace}
        beside = self._path.with_suffix(".new")
        beside.write_text(json.dumps(held))
        beside.replace(self._path)

    def advance(self, **by: float) -> None:
        """Move on by days, hours, minutes."""
        self.set(self.now() + timedelta(**by))
