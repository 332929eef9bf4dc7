"""Time zones as people name them, and days for examples."""

from datetime import date, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from bot.conversation.model import DomainError

_NO_PLACE = {"localtime", "posixrules", "Factory"}
"""Names of files that lie among the zones, and tell nobody where somebody is."""
_CLOSE = 0.8
"""How alike two names of a city are, at least, for one to be a slip of the other."""


class NoSuchZone(DomainError):
    """Nothing is called so; `near` holds the IANA names that may be meant."""

    def __init__(self, text: str, near: list[str]) -> None:
        self.near = near
        hint = f"Perhaps {' or '.join(near)}?" if near else "Write it like Europe/Berlin."
        super().__init__(f"I do not know the time zone {text.strip()[:40]}. {hint}")


def zone_named(text: str) -> str:
    """Return the IANA zone that is meant: by its name or its city, capitals not regarded.

    Raises:
        NoSuchZone: there is none of that name, or several; the text says which are near.
    """
    zones = _zones()
    wanted = text.strip().casefold().replace(" ", "_")
    if wanted in zones:
        return zones[wanted]
    cities = [zone for low, zone in zones.items() if low.endswith(f"/{wanted}")]
    if len(cities) != 1:
        raise NoSuchZone(text, cities or _near(wanted))
    return cities[0]


def day_ahead(now: datetime, zone: str) -> date:
    """Return a day for examples: a Monday, at least a week after today on clocks in `zone`."""
    day = now.astimezone(ZoneInfo(zone)).date() + timedelta(weeks=1)
    return day + timedelta(days=-day.weekday() % 7)


@cache
def _zones() -> dict[str, str]:
    """Return every zone that this machine knows, by its name in small letters."""
    return {zone.casefold(): zone for zone in sorted(available_timezones() - _NO_PLACE)}


def _near(wanted: str) -> list[str]:
    """Return the zones whose cities are called nearly so; a wrong continent does no harm."""
    cities: dict[str, list[str]] = {}
    for low, zone in _zones().items():
        cities.setdefault(low.rpartition("/")[2], []).append(zone)
    near = get_close_matches(wanted.rpartition("/")[2], cities, n=3, cutoff=_CLOSE)
    return [zone for city in near for zone in cities[city]][:3]
