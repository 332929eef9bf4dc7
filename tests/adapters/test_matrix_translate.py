"""Every event means one thing, and none that anybody may have written does harm."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.matrix.comings import joined
from adapters.matrix.doorman import welcome
from adapters.matrix.rights import level, needed
from adapters.matrix.scene import Scene
from adapters.matrix.translate import as_it_reads, incoming
from bot.conversation.model import Event, Kind

ROOM, ME, ANA = "!room:x", "@bot:x", "@ana:x"
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SENT = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)
SCENE = Scene(ME, NOW, "Circle Bot", name_of=lambda _: "Ana", mine=frozenset({"$mine"}))

KINDS = [
    "m.room.message",
    "m.reaction",
    "m.room.redaction",
    "m.room.member",
    "m.room.tombstone",
]
FIELDS = """
    type content sender event_id state_key origin_server_ts unsigned redacts msgtype body
    m.relates_to m.new_content m.mentions user_ids rel_type m.in_reply_to key membership
    prev_content replacement_room is_falling_back m.relations m.replace filename format
    formatted_body displayname redacted_because prev_sender room_version users users_default
"""
WORDS = "m.text m.file m.replace m.thread m.annotation join leave ban invite @bot:x $mine 12"

keys = st.sampled_from(FIELDS.split())
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
leaves |= st.sampled_from([*KINDS, *WORDS.split(), "\ud800", "> <@a\0"])
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=6),
    max_leaves=25,
)
raws = st.dictionaries(keys, values, max_size=9)
half_right = st.fixed_dictionaries(
    {
        "type": st.sampled_from(KINDS),
        "event_id": st.just("$1"),
        "sender": st.sampled_from([ANA, ME]),
        "content": st.dictionaries(keys, values, max_size=6) | values,
    },
    optional={
        "state_key": values,
        "origin_server_ts": values,
        "unsigned": values,
        "redacts": values,
    },
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(raws | half_right)
def test_no_event_does_harm(raw: dict[str, Any]) -> None:
    for event in (incoming(ROOM, raw, SCENE), as_it_reads(ROOM, raw, SCENE)):
        if event is not None:
            assert event.id
            assert event.author
            assert event.at <= NOW
            assert event.at.tzinfo is UTC
            event.text.encode()
            assert "\0" not in event.text
    joined(raw, ME)
    level(ANA, raw, raw)
    needed(raw)


def said(body: str, **content: object) -> dict[str, Any]:
    return {
        "type": "m.room.message",
        "event_id": "$1",
        "sender": ANA,
        "origin_server_ts": int(SENT.timestamp() * 1000),
        "content": {"msgtype": "m.text", "body": body} | content,
    }


def heard(raw: dict[str, Any], scene: Scene = SCENE) -> Event:
    event = incoming(ROOM, raw, scene)
    assert event is not None
    return event


def test_a_message() -> None:
    assert heard(said("hello")) == Event(
        id="$1", at=SENT, platform="matrix", room=ROOM, kind=Kind.MESSAGE, author=ANA,
        text="hello", name="Ana",
    )  # fmt: skip


def test_an_emote_is_a_message_and_a_notice_is_none() -> None:
    assert heard(said("waves", msgtype="m.emote")).text == "waves"
    assert incoming(ROOM, said("beep", msgtype="m.notice"), SCENE) is None
    assert incoming(ROOM, said("?", msgtype="m.key.verification.request"), SCENE) is None


def test_the_bots_own_words_are_none() -> None:
    assert incoming(ROOM, said("hello") | {"sender": ME}, SCENE) is None


def test_a_file_says_its_name_and_its_caption_instead() -> None:
    assert heard(said("a.pdf", msgtype="m.file")).text == "a.pdf"
    assert heard(said("Our plan", msgtype="m.image", filename="a.png")).text == "Our plan"


@pytest.mark.parametrize(
    ("sent", "at"),
    [
        (int(SENT.timestamp() * 1000), SENT),
        (0, NOW),
        (-5, NOW),
        (10**18, NOW),
        (None, NOW),
        (True, NOW),
        (int((NOW + timedelta(days=1)).timestamp() * 1000), NOW),
    ],
)
def test_a_moment_that_cannot_be_is_now(sent: object, at: datetime) -> None:
    assert heard(said("x") | {"origin_server_ts": sent}).at == at


def test_an_edit_has_the_new_words_and_its_target() -> None:
    content = {
        "m.new_content": {"msgtype": "m.text", "body": "two"},
        "m.relates_to": {"rel_type": "m.replace", "event_id": "$0"},
    }
    event = heard(said("* two", **content))
    assert (event.kind, event.text, event.target, event.author) == (Kind.EDIT, "two", "$0", ANA)
    assert incoming(ROOM, said("* two", **{"m.relates_to": content["m.relates_to"]}), SCENE) is None


def test_a_thread_and_a_reply_in_it() -> None:
    thread = {"rel_type": "m.thread", "event_id": "$root", "m.in_reply_to": {"event_id": "$9"}}
    filler = heard(said("x", **{"m.relates_to": thread | {"is_falling_back": True}}))
    reply = heard(said("x", **{"m.relates_to": thread}))
    assert (filler.thread, filler.reply_to) == ("$root", None)
    assert (reply.thread, reply.reply_to) == ("$root", "$9")


def test_a_reply_loses_the_old_quotation_and_nothing_else() -> None:
    reply = {"m.relates_to": {"m.in_reply_to": {"event_id": "$0"}}}
    old = "> <@ben:x> one\n> two\n\nmy words\n> a quote of mine"
    assert heard(said(old, **reply)).text == "my words\n> a quote of mine"
    assert heard(said("> * <@ben:x> waves\n\nhi", **reply)).text == "hi"
    assert heard(said("> my quote\n\nhi", **reply)).text == "> my quote\n\nhi"
    assert heard(said(old)).text == old
    assert heard(said("> <@ben:x> one", **reply)).text == ""


def test_a_reaction_and_a_deletion_have_their_targets() -> None:
    relation = {"rel_type": "m.annotation", "event_id": "$0", "key": "✅"}
    reaction = said("") | {"type": "m.reaction", "content": {"m.relates_to": relation}}
    event = heard(reaction)
    assert (event.kind, event.target, event.text) == (Kind.REACTION, "$0", "✅")
    for place in ({"redacts": "$0"}, {"content": {"redacts": "$0"}}):
        event = heard(said("") | {"type": "m.room.redaction"} | place)
        assert (event.kind, event.target) == (Kind.DELETE, "$0")


@pytest.mark.parametrize(
    ("raw", "addressed"),
    [
        (said("x", **{"m.mentions": {"user_ids": [ME]}}), True),
        (said("x", **{"m.mentions": {"room": True}}), False),
        (said("Circle Bot: help"), True),
        (said("@circle bot help"), True),
        (said("@bot:x help"), True),
        (said("Circle Bottom"), False),
        (said("I like Circle Bot"), False),
        (said("x", **{"m.relates_to": {"m.in_reply_to": {"event_id": "$mine"}}}), True),
        (said("x", **{"m.relates_to": {"m.in_reply_to": {"event_id": "$other"}}}), False),
    ],
)
def test_who_speaks_to_the_bot(raw: dict[str, Any], addressed: bool) -> None:
    assert heard(raw).addressed is addressed


def member(who: str, after: str, before: str = "", by: str = ANA) -> dict[str, Any]:
    past = {"prev_content": {"membership": before, "displayname": "Old"}, "prev_sender": "@eve:x"}
    return said("") | {
        "type": "m.room.member",
        "sender": by,
        "state_key": who,
        "content": {"membership": after},
        "unsigned": past if before else {},
    }


def test_who_comes_and_who_goes() -> None:
    came = heard(member("@ben:x", "join", "invite", by="@ben:x"))
    assert (came.kind, came.author, came.by, came.bot) == (Kind.JOIN, "@ben:x", "@ben:x", False)
    invited = heard(member(ME, "join", "invite", by=ME))
    assert (invited.kind, invited.by, invited.bot) == (Kind.JOIN, "@eve:x", True)
    kicked = heard(member(ME, "leave", "join"))
    assert (kicked.kind, kicked.by, kicked.bot, kicked.banned) == (Kind.LEAVE, ANA, True, False)
    banned = heard(member("@ben:x", "ban", "leave"))
    assert (banned.kind, banned.banned, banned.name) == (Kind.LEAVE, True, "Old")


@pytest.mark.parametrize(
    ("after", "before"),
    [("join", "join"), ("leave", "invite"), ("leave", "ban"), ("invite", ""), ("knock", "")],
)
def test_what_is_neither_coming_nor_going(after: str, before: str) -> None:
    assert incoming(ROOM, member("@ben:x", after, before), SCENE) is None


def test_a_message_with_a_state_key_is_no_message() -> None:
    assert incoming(ROOM, said("x") | {"state_key": ""}, SCENE) is None


def test_a_member_event_without_a_state_key_is_none() -> None:
    raw = member("@ben:x", "join")
    del raw["state_key"]
    assert incoming(ROOM, raw, SCENE) is None


def test_only_the_authors_edit_counts() -> None:
    edit = {"sender": "@eve:x", "content": {"m.new_content": {"msgtype": "m.text", "body": "lie"}}}
    raw = said("truth") | {"unsigned": {"m.relations": {"m.replace": edit}}}
    event = as_it_reads(ROOM, raw, SCENE)
    assert event is not None
    assert event.text == "truth"


@pytest.mark.parametrize(
    ("pattern", "inviter", "may"),
    [
        ("*", "@eve:evil.org", True),
        ("@ana:example.org", "@ana:example.org", True),
        ("@ana:example.org", "@anna:example.org", False),
        ("*:example.org", "@ana:example.org", True),
        ("@*:example.org", "@ana:example.org", True),
        ("*:example.org", "@ana:badexample.org", False),
        ("*:example.org", "@ana:exampleXorg", False),
        ("*:example.org", "@ana:evil:example.org", False),
        ("*:example.org", "", False),
    ],
)
def test_whose_invitations_count(pattern: str, inviter: str, may: bool) -> None:
    assert welcome(inviter, (pattern,)) is may
    assert not welcome(inviter, ())


CREATE_11 = {"sender": ANA, "content": {"room_version": "11"}}
CREATE_12 = {"sender": ANA, "content": {"room_version": "12", "additional_creators": ["@ben:x"]}}


@pytest.mark.parametrize(
    ("person", "levels", "create", "power"),
    [
        (ANA, {"users": {ANA: 100}}, CREATE_11, 100),
        (ANA, {"users": {}}, CREATE_11, 0),
        (ANA, {"users": {}, "users_default": 50}, CREATE_11, 50),
        (ANA, {"users": {ANA: "75"}}, CREATE_11, 75),
        (ANA, {"users": {ANA: "all"}, "users_default": 1}, CREATE_11, 1),
        (ANA, None, CREATE_11, 100),
        ("@ben:x", None, CREATE_11, 0),
        ("@ben:x", {"users": {}}, CREATE_12, 2**53),
        (ANA, {"users": {}}, CREATE_12, 2**53),
        ("@eve:x", {"users": {"@eve:x": 50}}, CREATE_12, 50),
    ],
)
def test_the_power_of_a_person(
    person: str, levels: dict[str, Any] | None, create: dict[str, Any], power: int
) -> None:
    assert level(person, levels, create) == power


def test_the_power_that_managing_takes() -> None:
    assert needed(None) == 50
    assert needed({"state_default": 0}) == 50
    assert needed({"state_default": 100}) == 100
