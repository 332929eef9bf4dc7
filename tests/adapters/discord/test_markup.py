"""Documents as Discord's Markdown: nobody else's words mean anything there."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.markup import LONGEST, Commands, escaped, render
from adapters.discord.showing import content
from bot.conversation.model import (
    Action,
    Actions,
    Bullets,
    Code,
    Document,
    File,
    Heading,
    Link,
    Mention,
    Moment,
    Paragraph,
    PersonRef,
    Quote,
    Table,
    Text,
    document,
    line,
    say,
    typed,
)

ANA = PersonRef("discord", "1001")


def shown(*parts: object) -> str:
    """Return a paragraph of these parts as Discord is sent it."""
    return render(say(*parts)).content  # type: ignore[arg-type]  # parts of a line


@pytest.mark.parametrize(
    ("words", "sent"),
    [
        ("@everyone look", r"\@everyone look"),
        ("<@1001> and <#7>", r"\<\@1001\> and \<#7\>"),
        (
            "**loud** _soft_ ~~gone~~ ||hidden||",
            r"\*\*loud\*\* \_soft\_ \~\~gone\~\~ \|\|hidden\|\|",
        ),
        ("# a title", r"\# a title"),
        ("- a list\n2. more", "\\- a list\n\\2. more"),
        ("> a quote", r"\> a quote"),
        ("[here](https://evil.example)", r"\[here\]\(<https://evil.example)>"),
        ("see https://example.org/a_b_c now", "see <https://example.org/a_b_c> now"),
        ("turn \u202eback", "turn back"),
    ],
)
def test_what_somebody_wrote_is_shown_as_they_wrote_it(words: str, sent: str) -> None:
    assert escaped(words) == sent


def test_a_typed_command_is_a_slash_command_with_its_options_by_name() -> None:
    known = Commands("!", {"mentor accept": 7, "help": 8})
    said = say(
        typed("!mentor accept north 1", circle="north", number="1"),
        " or ",
        Text("!help me", "code"),
    )
    assert (
        render(said, known).content
        == "</mentor accept:7> `circle: north` `number: 1` or </help:8> `me`"
    )
    assert render(said).content == "`!mentor accept north 1` or `!help me`"


@pytest.mark.parametrize("words", ["*" * 1500, "[x](y) <@1> ```" * 90])
def test_words_that_marks_make_too_long_stand_where_no_mark_counts(words: str) -> None:
    shown = content(Document((Quote(line(words[:1500])),)), Commands(), LONGEST)
    assert len(shown) <= LONGEST
    assert re.fullmatch(r"```\n(?:(?!```).)*\n```", shown, re.DOTALL)


def test_links_to_commands_that_make_words_too_long_give_way_to_what_is_typed_on_discord() -> None:
    known = Commands("!", {"my consent": 10**18})
    items = tuple(line(Text("!my consent named", "code")) for _ in range(70))
    shown = content(Document((Bullets(items),)), known, LONGEST)
    assert shown.splitlines() == ["- `/my consent` `named`"] * 70


def test_only_those_concerned_are_mentioned() -> None:
    said = render(say(Mention(ANA, "Ana"), " and ", Mention(PersonRef("matrix", "@b:x"), "*Ben*")))
    assert said.content == r"<@1001> and \*Ben\*"
    assert said.mentions == ("1001",)


def test_moments_are_shown_in_the_readers_zone_and_days_stay_days() -> None:
    at = datetime(2027, 3, 1, 23, 30, tzinfo=UTC)
    assert shown(Moment(at, "Europe/Berlin")) == f"<t:{int(at.timestamp())}:F>"
    assert shown(Moment(at, "Europe/Berlin", "date")) == "Tue 2 Mar 2027"


def test_a_command_to_type_becomes_one_to_click() -> None:
    known = Commands("!", {"circle open": 42, "join": 0})
    said = say(
        Text("!circle open north", "code"), " ", Text("!join", "code"), " ", Text("!x", "code")
    )
    assert render(said, known).content == "</circle open:42> `north` `/join` `!x`"


def test_a_command_in_plain_words_can_be_clicked_too_but_not_in_somebodys_own() -> None:
    known = Commands("!", {"circle open": 42, "circle": 7, "answer": 3})
    said = say("Write !answer followed by your words; !circle open, x!answer, !answers.")
    assert render(said, known).content == (
        "Write </answer:3> followed by your words; </circle open:42>, x!answer, !answers."
    )
    assert render(document(Quote(line("I typed !answer"))), known).content == "> I typed !answer"


def test_blocks_keep_their_shape() -> None:
    said = Document(
        (
            Heading(line("Week 1"), 2),
            Paragraph(line(Text("Plan", "strong"), " then ", Text("act", "emph"))),
            Bullets((line("one"), line("two\nmore")), ordered=True),
            Quote(line("first\nsecond")),
            Table(("What", "From"), (("Plan", "Monday"), ("", "Friday"))),
            Code("a ``` b"),
            Actions((Action("Answer", "answer"),)),
            File("a.txt", "text/plain", b"x", "A file"),
        )
    )
    rendered = render(said)
    assert rendered.content == (
        "## Week 1\n\n**Plan** then *act*\n\n1. one\n2. two\n  more\n\n> first\n> second\n\n"
        "- What: Plan; From: Monday\n- From: Friday\n\n```\na ``\u200b` b\n```"
    )
    assert [file.name for file in rendered.files] == ["a.txt"]


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("https://example.org/x", "[here](<https://example.org/x>)"),
        ("javascript:alert(1)", "here"),
        ("https://example.org/a)b", "here"),
        ("mailto:ana@example.org", "here"),
    ],
)
def test_a_link_leads_only_where_it_may(url: str, sent: str) -> None:
    assert shown(Link("here", url)) == sent


@given(st.text(alphabet="ab`*_~|<>@#-[]()\\ \n1.:/htps", max_size=60))
def test_no_words_of_others_ring_or_style(words: str) -> None:
    bare = re.sub(r"<https?://[^\s<>]+>", "", escaped(words))
    assert not re.search(r"(?<!\\)(?:\\\\)*[*_~`|<>\[\]@]", bare)


def test_a_message_that_marks_made_too_long_is_noticed() -> None:
    assert render(say("a" * 2000)).fits
    assert not render(say("*" * 1500)).fits
