"""Notices a sync that makes no progress, and says how to ask instead."""

import time
from collections.abc import Callable
from datetime import timedelta
from enum import Enum

import structlog

log = structlog.get_logger(__name__)


class Look(Enum):
    """How to ask for what is new."""

    ON = "on from the last token"
    FULL = "on from the last token, with the rooms' whole state"
    AFRESH = "without a token, what was missed from the rooms' history"


class Watchdog:
    """Keeps the time since the last progress; a run begins with a full look.

    No answer for too long asks for a full look. Answers that never bring another token may hide
    what happened, and ask for a fresh one.
    """

    def __init__(self, patience: timedelta, seconds: Callable[[], float] = time.monotonic) -> None:
        self._patience = patience.total_seconds()
        self._seconds = seconds
        self._progress = seconds()
        self._answered = False
        self._due = Look.FULL

    def look(self) -> Look:
        """Return how to ask now."""
        if self._due is Look.ON and self._seconds() - self._progress > self._patience:
            self._due = Look.AFRESH if self._answered else Look.FULL
            self._progress = self._seconds()
            log.warning("sync_stalled", action="sync_stalled", look=self._due.name)
        return self._due

    def heard(self, *, new: bool) -> None:
        """Note an answer, and whether it brought another token."""
        self._due = Look.ON
        self._answered = not new
        if new:
            self._progress = self._seconds()

    def refused(self) -> None:
        """Note that the homeserver does not know the token."""
        self._due = Look.AFRESH
        log.error("sync_token_refused", action="sync_token_refused")
