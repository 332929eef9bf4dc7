"""A document in plain words, as every platform can show it."""

from bot.conversation.model import Document, File, Link, paragraph
from bot.conversation.plain import plain


def test_a_file_is_what_is_said_of_it_or_its_name() -> None:
    told = [plain(Document((File("a.svg", "image/svg+xml", b"", said),))) for said in ("A bar", "")]
    assert told == ["A bar", "a.svg"]


def test_an_address_that_nobody_should_follow_is_not_shown() -> None:
    said = [Link("here", "javascript:x"), " or ", Link("there", "https://example.org")]
    assert plain(Document((paragraph(*said),))) == "here or there (https://example.org)"
