"""Markdown that people write becomes a document; nothing in it can ring or run."""

from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.markdown import from_markdown
from bot.conversation.model import (
    Bullets,
    Code,
    Heading,
    Link,
    Mention,
    Paragraph,
    Quote,
    Table,
    Text,
)


def test_each_block_becomes_one_of_ours() -> None:
    said = from_markdown(
        "# Title\n\nSome *soft* and **loud** words,\nand `code`.\n\n- one\n- two\n\n"
        "1. first\n\n> quoted\n\n```\nverbatim\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    assert said.blocks == (
        Heading((Text("Title"),), 1),
        Paragraph(
            (
                Text("Some "),
                Text("soft", "emph"),
                Text(" and "),
                Text("loud", "strong"),
                Text(" words,"),
                Text(" "),
                Text("and "),
                Text("code", "code"),
                Text("."),
            )
        ),
        Bullets(((Text("one"),), (Text("two"),))),
        Bullets(((Text("first"),),), ordered=True),
        Quote((Text("quoted"),)),
        Code("verbatim"),
        Table(("a", "b"), (("1", "2"),)),
    )


def test_a_link_keeps_its_words_and_a_dangerous_one_loses_its_address() -> None:
    (good,) = from_markdown("[read](https://example.org)").blocks
    (bad,) = from_markdown("[read](javascript:alert(1))").blocks
    assert good == Paragraph((Link("read", "https://example.org"),))
    assert not any(isinstance(part, Link) for part in bad.text)  # type: ignore[union-attr]


def test_html_stays_words() -> None:
    said = from_markdown("<script>alert(1)</script> hello")
    assert "".join(p.text for p in said.inlines() if isinstance(p, Text)).count("<script>") == 1


@given(st.text())
def test_any_words_become_a_document_that_mentions_nobody(words: str) -> None:
    said = from_markdown(words)
    assert not any(isinstance(part, Mention) for part in said.inlines())
