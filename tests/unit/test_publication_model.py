"""Marks, verdicts, names that stay out, and the pages that a summary becomes."""

import re
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.circles.model import Consents, Member, MemberState
from bot.conversation.model import MessageRef, PersonRef, RoomRef
from bot.publication import rendering
from bot.publication.choosing import Names, masked, names_of
from bot.publication.model import (
    Chapter,
    Harvest,
    MarkKind,
    Question,
    Quote,
    QuoteState,
    Said,
    Summary,
    is_published,
    kind_of,
    people_not_named,
    reread,
    reviewed,
    shows_name,
    without,
    without_name,
)
from bot.publication.rendering import html, is_address, markdown

ROOM = RoomRef("matrix", "!r:x")
LINE = Quote(number=1, circle=1, message=MessageRef(ROOM, "$1"), member=1, fingerprint="f")
HOSTILE = (
    '</p><script>alert(1)</script> <img src=x onerror="y"> {{ 7 * 7 }} {% raw %}\n'
    "# title\n\n- item\n1. one\n===\n---\n> q\n    code\n```\n| a | b |\n|---|---|\n"
    "[x](javascript:y) ![z](q) <https://a.b> \u202egnp\x00\x07 &lt; \\ *s* _e_ ~~d~~ `c`"
)


def person(number: int, name: str, *, named: bool) -> Member:
    return Member(
        id=number,
        circle=1,
        person=PersonRef("matrix", f"@user{number}:example.org"),
        name=name,
        roles=frozenset(),
        state=MemberState.JOINED,
        joined_at=datetime(2026, 3, 1, tzinfo=UTC),
        consents=Consents(takes_part=True, counted=True, quoted=True, named=named),
    )


def said(number: int, text: str, author: str = "", link: str = "") -> Said:
    return Said(number=number, text=text, on=date(2026, 3, 4), author=author, link=link)


def summary(*lines: Said) -> Summary:
    chapter = Chapter(
        title="Opening <b>",
        since=date(2026, 3, 2),
        until=date(2026, 3, 8),
        questions=(Question("Who are *you*?", lines[:1]), Question("What else?")),
        harvests=(Harvest(MarkKind.INSIGHT, lines[1:]),) if lines[1:] else (),
    )
    return Summary(
        circle="north",
        purpose="Learn & grow",
        question="How?",
        language="de",
        zone="Europe/Berlin",
        licence="CC BY 4.0",
        since=date(2026, 3, 2),
        until=date(2026, 4, 12),
        named=("Anna <i>",),
        others=6,
        chapters=(chapter,),
    )


def page(text: str) -> ET.Element:
    return ET.fromstring(text.split("\n", 1)[1])  # noqa: S314 - our own page


@pytest.mark.parametrize(
    ("reaction", "kind"),
    [
        ("⭐", MarkKind.INSIGHT),
        ("⭐\ufe0f", MarkKind.INSIGHT),
        ("🙏🏽", MarkKind.THANKS),
        ("✅", MarkKind.DECISION),
        ("👍", None),
        ("", None),
    ],
)
def test_a_reaction_marks_whatever_its_variant(reaction: str, kind: MarkKind | None) -> None:
    assert kind_of(reaction) is kind


def test_silence_is_no_approval() -> None:
    assert not is_published(LINE)


def test_a_line_wanted_without_the_name_stays_so_when_all_is_approved() -> None:
    nameless = reviewed(LINE, QuoteState.UNNAMED, one=True)
    edited = reread(nameless, "other words")
    assert edited.state is QuoteState.ASKED

    again = reviewed(edited, QuoteState.APPROVED, one=False)

    assert again.state is QuoteState.UNNAMED
    assert not shows_name(again, person(1, "Anna", named=True))
    assert reviewed(again, QuoteState.APPROVED, one=True).state is QuoteState.APPROVED


def test_a_withdrawn_line_keeps_nothing_of_its_words_and_is_not_asked_again() -> None:
    back = reviewed(LINE, QuoteState.WITHDRAWN, one=True)

    assert back.fingerprint == ""
    assert reread(back, "whatever") == back


def test_a_few_people_are_no_number() -> None:
    told = [people_not_named(count) for count in (0, 1, 4, 5)]

    assert told == ["", "other members", "other members", "5 members who are not named"]


def test_lines_and_names_can_be_taken_out_again() -> None:
    whole = summary(said(1, "a"), said(2, "b"))

    assert [line.number for line in without(whole, [2]).lines] == [1]
    assert without(whole, [2]).chapters[0].harvests == ()
    stays = without_name(whole, "Anna <i>", stays=True)
    assert (stays.named, stays.others) == ((), 7)
    assert without_name(whole, "Nobody", stays=False).others == 5


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Thanks Bo Li!", "Thanks [a member]!"),
        ("thanks BO  LI", "thanks [a member]"),
        ("ask @user2:example.org.", "ask [a member]."),
        ("ask @user2 or @stranger:else.where", "ask [a member] or [a member]"),
        ("https://matrix.to/#/%40user2%3Aexample.org", "https://matrix.to/#/[a member]"),
        ("_Bo Li_ and B\u200bo Li", "_[a member]_ and [a member]"),
        ("Marias Idee, maria", "[a member]s Idee, [a member]"),
        ("Anna Berg agrees, @user1:example.org", "Anna Berg agrees, @user1:example.org"),
        ("Mariana stays", "Mariana stays"),
        ("[a member] said so", "[a member] said so"),
    ],
)
def test_names_and_mentions_of_those_not_named_come_out(text: str, shown: str) -> None:
    names = Names.of(
        [
            person(1, "Anna Berg", named=True),
            person(2, "Bo Li", named=False),
            person(3, "Maria de Souza", named=False),
        ],
        {},
    )

    assert names.masked(text) == shown


def test_a_name_that_two_share_comes_out_when_one_is_not_named() -> None:
    names = Names.of([person(1, "Anna", named=True), person(2, "Anna", named=False)], {})

    assert names.masked("Anna says") == "[a member] says"


def test_the_author_of_a_line_without_a_name_is_hidden_in_it() -> None:
    names = Names.of([person(1, "Anna Berg", named=True)], {})

    assert names.masked("yours, Anna Berg", without=1) == "yours, [a member]"


def test_names_that_people_carry_in_the_room_come_out_too() -> None:
    member = person(1, "Anna", named=False)
    present = {member.person: "Sunny", PersonRef("matrix", "@guest:x"): "Visitor"}

    names = Names.of([member], present)

    assert names.masked("Sunny met Visitor") == "[a member] met [a member]"


def test_mentions_by_number_become_names_of_those_who_are_named_and_of_nobody_else() -> None:
    anna, bo, cy = (
        replace(person(number, name, named=named), person=PersonRef("discord", str(100 + number)))
        for number, name, named in (
            (1, "Anna Berg", True),
            (2, "Berta Li", False),
            (3, "Berta", True),
        )
    )
    names = Names.of([anna, bo, cy], {})

    said = "<@101> asked <@102>, <@!102>, <@103> and <@999>"
    assert names.masked(said) == (
        "@Anna Berg asked [a member], [a member], @[a member] and [a member]"
    )
    assert names.masked("for <@101>", without=1) == "for [a member]"


def test_names_in_scripts_without_spaces_come_out() -> None:
    names = Names.of([person(1, "田中さくら", named=False), person(2, "سارة", named=False)], {})

    assert names.masked("田中さくらさんに聞く وسارة") == "[a member]さんに聞く و[a member]"


_LETTERS = st.characters(categories=("L",), max_codepoint=0x24F)
_NAMES = st.lists(st.text(_LETTERS, min_size=3, max_size=9), min_size=1, max_size=3).map(" ".join)
_WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=30)


@settings(deadline=None, max_examples=60)
@example("AÀǰ", "AAA", "", "")
@given(_NAMES, _NAMES, _WORDS, _WORDS)
def test_whoever_is_not_named_is_never_exposed(
    name: str, other: str, before: str, after: str
) -> None:
    folded = name.casefold()
    assume(folded not in "[a member]" and folded.upper().casefold() == folded)
    hidden, shown = person(1, name, named=False), person(2, other, named=True)
    names = Names.of([hidden, shown], {})
    text = f"{before} {name}, {other}: {hidden.person.id} @user1 {name.upper()} {after}"

    left = names.masked(text)

    for each in names_of(hidden.person, name):
        assert not stands_in(each.casefold(), left.casefold())
    assert "user1" not in left


def stands_in(name: str, text: str) -> bool:
    """Return whether a name is there as a word of its own."""
    found = [at for at in range(len(text)) if text.startswith(name, at)]
    around = [(text[:at][-1:], text[at + len(name) :][:1]) for at in found]
    return any(not (before.isalnum() or after.isalnum()) for before, after in around)


@settings(deadline=None)
@given(_WORDS)
def test_words_without_names_stay_as_they_are(text: str) -> None:
    assume("@" not in text)
    assume(not {"zebulon", "quark"} & set(re.split(r"[\W_]", text.casefold())))
    assert masked(text, ["Zebulon Quark"]) == text


@settings(deadline=None)
@given(st.text(max_size=200), st.text(max_size=40))
def test_the_page_is_well_formed_whatever_people_write(text: str, name: str) -> None:
    root = page(html(summary(said(1, text, name, "https://matrix.to/#/x?a=b&c=d"), said(2, text))))

    tags = [each.tag for each in root.iter()]
    assert "script" not in tags
    assert tags.count("blockquote") == 2
    assert tags.count("h1") == 1


def test_hostile_words_are_only_words() -> None:
    whole = html(summary(said(1, HOSTILE, "<b>Eve", "javascript:alert(1)")))
    root = page(whole)

    quote = root.find(".//blockquote/p")
    assert quote is not None
    assert quote.text is not None
    assert "<script>alert(1)</script>" in quote.text
    assert "{{ 7 * 7 }}" in quote.text
    assert "javascript:alert(1)" not in whole.replace(quote.text, "")
    assert {each.tag for each in root.iter()} & {"script", "img", "iframe", "object"} == set()


@settings(deadline=None)
@given(st.text(max_size=120))
def test_no_words_are_markdown(text: str) -> None:
    check_markdown(text)


def test_hostile_words_are_no_markdown() -> None:
    check_markdown(HOSTILE)


def check_markdown(text: str) -> None:
    plain = MarkdownIt("commonmark").enable(["table", "strikethrough"])

    tokens = plain.parse(markdown(summary(said(1, "x"), said(2, text))))
    usual = plain.parse(markdown(summary(said(1, "x"), said(2, "y"))))

    kinds = {each.type for token in tokens for each in (token, *(token.children or ()))}
    assert kinds <= {each.type for token in usual for each in (token, *(token.children or ()))} | {
        "hardbreak",
        "softbreak",
    }
    assert [t.tag for t in tokens if t.type == "heading_open"] == [
        t.tag for t in usual if t.type == "heading_open"
    ]


def test_the_page_serves_everybody() -> None:
    root = page(html(summary(said(1, "a", "Anna", "https://matrix.to/#/x"), said(2, "b"))))
    body = root[1]

    assert root.get("lang") == "en"
    assert [each.tag for each in body] == ["a", "header", "nav", "main", "footer"]
    assert body[0].get("href") == "#content"
    ids = [each.get("id") for each in root.iter() if each.get("id")]
    assert len(ids) == len(set(ids))
    links = list(root.iter("a"))
    assert {a.get("href", "")[1:] for a in links if a.get("href", "")[0] == "#"} <= set(ids)
    assert all("".join(a.itertext()).strip() not in ("", "link", "here") for a in links)
    levels = [int(each.tag[1]) for each in root.iter() if each.tag in ("h1", "h2", "h3")]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert root.find(".//blockquote[@lang='de']") is not None


@pytest.mark.parametrize(
    ("link", "is_one"),
    [
        ("https://a.b/c", True),
        ("transcript.jsonl#reading-room.7", True),
        ("transcript.jsonl", False),
        ("transcript.html#7", False),
        ("../transcript.jsonl#7", False),
        ("//evil.test/x.jsonl#7", False),
        ("javascript:x.jsonl#7", False),
        ('x.jsonl#7" onclick="y', False),
        ("x.jsonl#7\n", False),
    ],
)
def test_a_link_is_an_address_or_a_place_in_the_record_beside(link: str, is_one: bool) -> None:
    assert is_address(link) is is_one


def test_the_templates_are_read_at_the_start(tmp_path: Path) -> None:
    folder = Path(rendering.__file__).parents[2]
    shutil.copytree(folder / "bot", tmp_path / "bot", ignore=shutil.ignore_patterns("*.pyc"))
    lines = (
        "import shutil, datetime as d, bot.publication.rendering as r",
        "from bot.publication.model import Summary as S",
        f"assert r.__file__.startswith({str(tmp_path)!r})",
        "shutil.rmtree('bot/publication/templates'); t = d.date(2026, 3, 2)",
        "no = dict(purpose='', question='', licence='')",
        "s = S(circle='north', language='en', zone='UTC', since=t, until=t, **no)",
        "print(r.html(s), r.markdown(s))",
    )
    ended = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", "\n".join(lines)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "</html>" in ended.stdout


def test_only_a_named_line_carries_its_link() -> None:
    whole = summary(said(1, "a", "Anna", "https://matrix.to/#/x"), said(2, "b"))

    for text in (html(whole), markdown(whole)):
        assert text.count("https://matrix.to") == 1
        assert "a member" in text
        assert "line 2" in text
        assert "Europe/Berlin" in text.replace("\\", "")


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_colours_have_contrast_by_day_and_by_night() -> None:
    css = html(summary(said(1, "a")))
    schemes = [
        dict(part.strip().removeprefix("--").split(": ") for part in line.split(";") if "#" in part)
        for line in css.replace("{", ";").replace("}", ";").splitlines()
        if "--ink: " in line
    ]

    assert len(schemes) == 3
    for scheme in schemes:
        for name in ("ink", "soft", "link"):
            assert contrast(scheme[name], scheme["paper"]) >= 4.5
        assert contrast(scheme["line"], scheme["paper"]) >= 3


def test_the_same_summary_gives_the_same_bytes() -> None:
    whole = summary(said(1, HOSTILE), said(2, "b"))

    assert html(whole).encode() == html(replace(whole)).encode()
    assert markdown(whole).encode() == markdown(replace(whole)).encode()
