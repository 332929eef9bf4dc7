"""Pictures tell what is to be seen on them, and nothing of who took them, where and when."""

import pytest

from bot.publication.pictures import bare
from tests.support.pictures import exif, jpeg, png

TABLE, COLOURS, COMMENT = (0xDB, b"table"), (0xE2, b"ICC_PROFILE\0colours"), (0xFE, b"by Ana")


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_photograph_keeps_which_side_is_up_and_loses_where_it_was_taken(order: str) -> None:
    taken = jpeg((0xE1, exif(order, 6, b"52.52 N 13.40 E")), COMMENT, TABLE, COLOURS)
    kind, content = bare(taken) or ("", b"")
    assert kind == "image/jpeg"
    assert b"52.52" not in content
    assert b"Ana" not in content
    assert bare(content) == (kind, content), "it is whole, and clean"
    assert content == jpeg((0xE1, exif(">", 6, b"")), TABLE, COLOURS)


def test_what_is_hidden_behind_the_end_of_a_photograph_is_left_there() -> None:
    hidden = jpeg((0xE1, exif("<", 1, b"52.52 N")))
    taken = jpeg(TABLE, scan=b"\x01\xff\x00\xff\xd0\x02", after=hidden)
    assert bare(taken) == ("image/jpeg", jpeg(TABLE, scan=b"\x01\xff\x00\xff\xd0\x02"))


def test_a_photograph_in_several_passes_stays_whole() -> None:
    table = b"\xff\xc4\x00\x06\xff\xd9\xff\xd9"
    several = b"\x01\xff\xda\x00\x04\0\0\x02" + table + b"\xff\xda\x00\x04\0\0\x03"
    taken = jpeg(TABLE, scan=several)
    assert bare(taken) == ("image/jpeg", taken)


def test_a_picture_of_a_screen_loses_what_its_program_wrote_beside_it() -> None:
    told = {b"tEXt": b"Author\0Ana", b"eXIf": b"52.52 N", b"tIME": b"\x07\xea\1\1\1\1\1"}
    assert bare(png(beside=told)) == ("image/png", png())


@pytest.mark.parametrize(
    "content",
    [b"", b"GIF89a", b"<svg/>", jpeg(TABLE)[:9], png()[:-5], b"\xff\xd8nonsense", png()[:20]],
)
def test_what_cannot_be_cleaned_is_none(content: bytes) -> None:
    assert bare(content) is None
