"""What the bot says reads well in plain words, and its HTML is only what the bot meant."""

import json
from datetime import UTC, datetime
from html.parser import HTMLParser

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.matrix.content import KEY, attachment, message, transaction
from adapters.matrix.markup import ATTRIBUTES, TAGS, render
from bot.conversation.model import (
    Bullets,
    Code,
    DeliveryKey,
    Document,
    File,
    Heading,
    Inline,
    Line,
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
    paragraph,
    say,
)
from bot.conversation.plain import TURNS, tame, tame_name

ANA = PersonRef("matrix", "@ana:example.org")
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no finding."""
KEY_ONE = DeliveryKey("north", "opening", "hello", 1, "matrix:!room")


class Seen(HTMLParser):
    """What a browser would find: the elements, their attributes and the words between them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


words = st.text(max_size=30) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=y>',
        "&lt;b&gt;",
        "@room",
        "\u202eevil",
        "a\nb",
    ]
)
urls = st.sampled_from(
    ["https://example.org/a?b=c&d=e", "javascript:alert(1)", "data:text/html,x", 'https://x/"><b>']
) | st.text(max_size=20)
people = st.builds(PersonRef, st.sampled_from(["matrix", "discord"]), words)
inlines: st.SearchStrategy[Inline] = st.one_of(
    st.builds(Text, words, st.sampled_from(["", "strong", "emph", "code"])),
    st.builds(Link, words, urls),
    st.builds(Mention, people, words),
    st.builds(Moment, st.datetimes(timezones=st.just(UTC)), words),
)
lines: st.SearchStrategy[Line] = st.lists(inlines, max_size=4).map(tuple)
rows = st.lists(words, max_size=3).map(tuple)
blocks = st.one_of(
    st.builds(Heading, lines, st.integers(-1, 9)),
    st.builds(Paragraph, lines),
    st.builds(Bullets, st.lists(lines, max_size=3).map(tuple), st.booleans()),
    st.builds(Quote, lines),
    st.builds(Code, words),
    st.builds(Table, rows, st.lists(rows, max_size=3).map(tuple)),
)
documents = st.builds(
    Document,
    st.lists(blocks, max_size=4).map(tuple),
    st.booleans(),
    st.sampled_from(["en", "de", "x"]),
)


@unhurried
@given(documents)
def test_no_words_become_markup(said: Document) -> None:
    shown = render(said)
    for tag, attributes in Seen(shown.html).elements:
        assert tag in TAGS
        assert set(attributes) <= ATTRIBUTES.get(tag, set())
        href = attributes.get("href") or "https:"
        assert href.startswith(("https:", "http:", "mailto:", "matrix:"))


@unhurried
@given(st.lists(words, min_size=1, max_size=3))
def test_elements_are_those_of_the_document_and_no_more(said: list[str]) -> None:
    shown = render(document(*map(paragraph, said)))
    found = [tag for tag, _ in Seen(shown.html).elements if tag != "br"]
    assert found == ["p"] * len(said)


@unhurried
@given(documents)
def test_exactly_those_who_are_mentioned_are_rung(said: Document) -> None:
    content = message(said, KEY_ONE, None)
    wanted = [who.id for who in said.mentions if who.platform == "matrix"]
    assert content["m.mentions"] == ({"user_ids": wanted} if wanted else {})


@unhurried
@given(documents)
def test_what_is_sent_is_what_any_server_takes(said: Document) -> None:
    content = message(said, KEY_ONE, None)
    assert len(json.dumps(content, ensure_ascii=False).encode()) < 65_536
    assert not TURNS & set(content["body"] + content["formatted_body"])


@unhurried
@given(st.text(alphabet=st.characters(exclude_categories=["C", "Z"]), min_size=1))
def test_plain_words_stay_as_they_are(word: str) -> None:
    shown = render(say(word))
    assert shown.body == word
    assert Seen(shown.html).words == word


def test_a_prompt_reads_well_without_any_markup() -> None:
    moment = Moment(datetime(2025, 2, 3, 17, 0, tzinfo=UTC), "Europe/Berlin")
    said = document(
        Heading(line("Week 2")),
        paragraph("Dear ", Mention(ANA, "Ana"), ", we meet on ", moment, "."),
        Bullets((line("What did you try?"), line(Text("Why", "strong"), "?")), ordered=True),
        Quote(line("We should ask sooner.\nAnd listen.")),
        paragraph(Link("the notes", "https://example.org/notes")),
        Code("!answer north"),
        Table(("Who", "Asked"), (("Ana", "3"), ("Ben", ""))),
    )
    assert render(said).body == (
        "Week 2\n\n"
        "Dear Ana, we meet on Mon 3 Feb 2025, 18:00 (Europe/Berlin).\n\n"
        "1. What did you try?\n2. Why?\n\n"
        "> We should ask sooner.\n> And listen.\n\n"
        "the notes (https://example.org/notes)\n\n"
        "!answer north\n\n"
        "- Who: Ana; Asked: 3\n- Who: Ben"
    )


def test_the_same_prompt_in_html() -> None:
    said = document(
        Heading(line("Week 2"), 3),
        paragraph(Mention(ANA, "Ana"), ": ", Text("now", "emph"), " & ", Text("x<y", "code")),
        Bullets((line("one"), line("two"))),
        Quote(line("a\nb")),
        Table(("Who",), (("Ana",),)),
    )
    assert render(said).html == (
        "<h3>Week 2</h3>"
        '<p><a href="https://matrix.to/#/@ana:example.org">Ana</a>: <em>now</em> &amp; '
        "<code>x&lt;y</code></p>"
        "<ul><li>one</li><li>two</li></ul>"
        "<blockquote><p>a<br>b</p></blockquote>"
        "<table><thead><tr><th>Who</th></tr></thead><tbody><tr><td>Ana</td></tr></tbody></table>"
    )


def test_a_moment_speaks_the_documents_language() -> None:
    moment = Moment(datetime(2025, 2, 3, 17, 0, tzinfo=UTC), "Europe/Berlin", "date")
    german = Document((paragraph(moment),), language="de-AT")
    assert render(german).body == "Mo. 3 Feb. 2025"
    assert render(say(moment)).body == "Mon 3 Feb 2025"


def test_a_link_that_leads_nowhere_good_is_only_words() -> None:
    shown = render(say(Link("click", "javascript:alert(1)")))
    assert (shown.body, shown.html) == ("click", "<p>click</p>")


def test_a_name_cannot_turn_or_hide_what_follows() -> None:
    assert tame_name("\u202eanA\u0000\u200b \n Smith\u2066") == "anA Smith"
    assert tame_name("x" * 500) == "x" * 80
    assert tame("one\u202e\u0007\r\ntwo\ud800") == "one\ntwo"
    shown = render(say(Mention(ANA, "\u202e\u200b")))
    assert shown.body == "@ana:example.org"


def test_a_notice_does_not_ring_and_a_text_does() -> None:
    assert message(say("psst"), KEY_ONE, None)["msgtype"] == "m.notice"
    assert message(say("hey", rings=True), KEY_ONE, None)["msgtype"] == "m.text"


def test_nobody_is_rung_by_words_for_everybody() -> None:
    assert message(say("@room hello"), KEY_ONE, None)["m.mentions"] == {}


def test_a_message_too_large_with_its_markup_goes_without() -> None:
    content = message(say("<" * 15_000), KEY_ONE, None)
    assert "formatted_body" not in content
    assert content["body"] == "<" * 15_000


def test_a_message_in_a_thread_falls_back_to_a_reply() -> None:
    assert message(say("x"), KEY_ONE, "$root")["m.relates_to"] == {
        "rel_type": "m.thread",
        "event_id": "$root",
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": "$root"},
    }


def test_the_transaction_of_a_key_never_changes() -> None:
    assert transaction(KEY_ONE) == (
        "4b44c118a05bdca1ee926e5ce434421d08ba160761f6de3415161f804d3ca8e3"
    )
    assert transaction(KEY_ONE, "redact ") != transaction(KEY_ONE)


def test_a_picture_says_what_is_in_it_and_how_large_it_is() -> None:
    png = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (640).to_bytes(4) + (480).to_bytes(4)
    content = attachment(
        File("a/b\u202e.png", "image/png", png, "A chart"), "mxc://x/y", KEY_ONE, None
    )
    assert content["msgtype"] == "m.image"
    assert (content["body"], content["filename"]) == ("A chart", "a/b.png")
    assert content["info"] == {"mimetype": "image/png", "size": 24, "w": 640, "h": 480}
    assert content[KEY] == str(KEY_ONE)
    assert content["m.mentions"] == {}
