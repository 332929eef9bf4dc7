"""Moments are right in every zone; long documents are cut without losing a word."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.model import (
    Bullets,
    Code,
    DeliveryKey,
    Document,
    File,
    Heading,
    Paragraph,
    Quote,
    RoomRef,
    Table,
    Text,
    line,
    lines_of,
    paragraph,
    say,
)
from bot.delivery.model import Outgoing, Quiet, backoff, due_at, parts, size

ROOM = RoomRef("console", "!room")


def outgoing(document: Document) -> Outgoing:
    key = DeliveryKey("1", "opening", "introductions", 0, str(ROOM))
    return Outgoing(key=key, to=ROOM, document=document)


def test_a_time_that_spring_leaves_out_is_moved_on_by_the_gap() -> None:
    moment = due_at(datetime(2026, 3, 29, 2, 30), "Europe/Berlin")  # noqa: DTZ001 - wall time
    assert moment.astimezone(ZoneInfo("Europe/Berlin")).time() == time(3, 30)


def test_of_a_time_that_autumn_brings_twice_the_first_counts() -> None:
    moment = due_at(datetime(2026, 10, 25, 2, 30), "Europe/Berlin")  # noqa: DTZ001 - wall time
    assert moment == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize("clock", [time(0), time(0, 30), time(2), time(2, 30), time(9)])
def test_a_daily_prompt_comes_once_a_day_in_every_zone_of_the_year(clock: time) -> None:
    wrong = []
    for zone in sorted(available_timezones() - {"localtime", "Factory"}):
        moments = [
            due_at(datetime.combine(date(2026, 1, 1) + timedelta(days=day), clock), zone)
            for day in range(365)
        ]
        gaps = {late - early for early, late in pairwise(moments)}
        if not all(timedelta(hours=22) <= gap <= timedelta(hours=26) for gap in gaps):
            wrong.append(zone)
    assert wrong == []


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]),
    st.times(),
    st.times(),
)
def test_what_quiet_hours_hold_back_goes_when_they_end(
    moment: datetime, zone: str, since: time, until: time
) -> None:
    quiet = Quiet(since.replace(fold=0), until.replace(fold=0), zone)
    free = quiet.over_at(moment)
    assert moment <= free <= moment + timedelta(hours=26)
    assert quiet.over_at(free) == free or since == until


def test_quiet_hours_span_midnight() -> None:
    quiet = Quiet(time(21), time(8), "Europe/Berlin")
    late = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
    assert quiet.over_at(late) == datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
    noon = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    assert quiet.over_at(noon) == noon


def test_waiting_doubles_and_ends_at_five_minutes() -> None:
    assert [backoff(n).seconds for n in (1, 2, 3, 20)] == [2, 4, 8, 300]


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=900)
LINE = TEXT.map(line)
BLOCK = st.one_of(
    LINE.map(Paragraph),
    LINE.map(Quote),
    LINE.map(Heading),
    st.lists(LINE, min_size=1, max_size=5).map(lambda items: Bullets(tuple(items))),
    st.lists(st.tuples(TEXT, TEXT), max_size=5).map(lambda r: Table(("a", "b"), tuple(r))),
)


def words(document: Document) -> str:
    said = []
    for block in document.blocks:
        said += [part.text for each in lines_of(block) for part in each if isinstance(part, Text)]
        if isinstance(block, Table):
            said += [cell for row in block.rows for cell in row]
    return "".join(said)


@given(st.lists(BLOCK, max_size=6).map(lambda blocks: Document(tuple(blocks))))
def test_a_long_document_is_cut_into_messages_that_fit_and_lose_nothing(long: Document) -> None:
    cut = parts(outgoing(long), 2000)
    assert "".join(words(part.document) for part in cut) == words(long)
    for part in cut:
        split = sum(map(size, part.document.blocks))
        assert split <= 2000 or any(isinstance(b, Table) for b in part.document.blocks)
    assert len({str(part.key) for part in cut}) == len(cut)


def test_a_short_document_stays_whole_under_its_own_key() -> None:
    post = outgoing(say("Hello"))
    assert parts(post, 2000) == [post]


def test_a_file_stands_alone() -> None:
    file = File("book.html", "text/html", b"<p>", "The publication")
    cut = parts(outgoing(Document((paragraph("Before"), file, paragraph("After")))), 2000)
    assert [type(part.document.blocks[0]) for part in cut] == [Paragraph, File, Paragraph]


def test_code_is_never_cut() -> None:
    code = Code("x" * 3000)
    assert parts(outgoing(Document((code,))), 2000)[0].document.blocks == (code,)
