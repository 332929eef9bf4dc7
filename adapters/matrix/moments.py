"""Moments in words: Matrix has no way to show one in the reader's own zone, so the zone is said."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime

from bot.conversation.model import Moment

PATTERNS = {"datetime": "EEE d MMM y, HH:mm", "date": "EEE d MMM y"}


def spoken(moment: Moment, language: str) -> str:
    """Return a moment as in 'Mon 3 Feb 2025, 18:00 (Europe/Berlin)'; a date names no zone."""
    zone = _zone(moment.zone)
    text: str = format_datetime(
        moment.at.astimezone(zone), PATTERNS[moment.form], locale=_locale(language)
    )
    return text if moment.form == "date" else f"{text} ({zone.key})"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale("en")
