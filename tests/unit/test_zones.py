"""A time zone is understood in one way, and a day for an example always lies ahead."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config import load
from bot.conversation.zones import NoSuchZone, day_ahead, zone_named


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("berlin", "Europe/Berlin"),
        ("america/new york", "America/New_York"),
        (" UTC ", "UTC"),
        ("pacific/apia", "Pacific/Apia"),
    ],
)
def test_a_zone_is_found_by_its_name_and_by_its_city(text: str, zone: str) -> None:
    assert zone_named(text) == zone


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("Europe/Berln", ["Europe/Berlin"]),
        ("Euorpe/Berlin", ["Europe/Berlin"]),
        ("Lisbn", ["Europe/Lisbon"]),
        ("Mars", []),
        ("Europe/Mars", []),
        ("", []),
        ("../x", []),
        ("localtime", []),
    ],
)
def test_only_what_is_close_is_suggested(text: str, near: list[str]) -> None:
    with pytest.raises(NoSuchZone) as unknown:
        zone_named(text)
    assert unknown.value.near == near
    assert ("Perhaps Europe/" in str(unknown.value)) is bool(near)


def test_the_config_understands_a_city_as_the_circle_does(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        '[circlekeeper]\nrun_by = "Ana"\ntime_zone = "berlin"\n'
        '[matrix]\nhomeserver = "https://example.org"\nuser_id = "@keeper:example.org"\n'
    )
    assert load(config).circlekeeper.time_zone == "Europe/Berlin"


@given(st.datetimes(datetime(1999, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001 - hypothesis adds the zone
def test_a_day_for_an_example_is_a_monday_ahead(now: datetime) -> None:
    day = day_ahead(now, "Pacific/Auckland")
    assert day.isoweekday() == 1
    assert 6 < (day - now.date()).days < 16


def test_a_monday_is_followed_by_the_next_one() -> None:
    assert day_ahead(datetime(2026, 12, 7, tzinfo=UTC), "UTC") == date(2026, 12, 14)
    assert day_ahead(datetime(2026, 12, 8, tzinfo=UTC), "UTC") == date(2026, 12, 21)
