"""Pairs who have no room of their own: on one platform without group rooms, and on two."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
import pytest_asyncio

from adapters.discord import markup as discord_markup
from adapters.matrix import markup as matrix_markup
from bot.circles.model import MemberState
from bot.circles.rows import Members
from bot.conversation.model import (
    Actions,
    Document,
    Mention,
    PersonRef,
    PlatformError,
    PlatformUnavailable,
    Quote,
)
from bot.delivery.usecases import TRIES
from tests.support.towns import Crash, Towns, again, two_towns

SECRET = "The lamp stands under the blue stairs."
DAY = timedelta(days=1)


@pytest_asyncio.fixture
async def north(tmp_path: Path) -> AsyncIterator[Towns]:
    async with two_towns(tmp_path) as here:
        yield here


async def introduced(here: Towns, mentor: str = "bo", mentee: str = "dia") -> None:
    """Let two people become a pair."""
    await here.says(mentor, "!mentor offer facilitation")
    await here.says(mentee, "!mentor seek facilitation")
    await here.says("fay", "!pairs send")
    await here.says(mentee, "!mentor accept")
    await here.says(mentor, "!mentor accept")


async def relayed(here: Towns) -> None:
    """Let Bo and Dia become a pair whose words are carried."""
    await introduced(here)
    await here.says("bo", "!mentor relay on")
    await here.says("dia", "!mentor relay on")


async def at_night(here: Towns) -> None:
    """Go to an hour in which nothing is sent unasked."""
    await here.on(datetime(2026, 3, 3, 23, tzinfo=here.clock.now().tzinfo) - here.clock.now())


async def in_the_morning(here: Towns) -> None:
    """Go to the next morning."""
    await here.on(datetime(2026, 3, 4, 9, tzinfo=here.clock.now().tzinfo) - here.clock.now())


def document_of(here: Towns, who: str) -> Document:
    """Return the newest document that the bot said to somebody alone."""
    found = here.heard(who)[-1].document
    assert found is not None
    return found


def labels(document: Document) -> Sequence[str]:
    """Return what stands on a document's buttons."""
    return [a.label for b in document.blocks if isinstance(b, Actions) for a in b.actions]


# --- without a room for two -------------------------------------------------------------------


async def test_where_there_is_no_room_for_two_each_is_told_alone_how_to_write_to_the_other(
    north: Towns,
) -> None:
    await introduced(north, "eva", "dia")
    for who, other in (("dia", "eva"), ("eva", "dia")):
        first, *_ = [e for e in north.heard(who) if "A suggestion for mentoring" in e.event.text]
        assert "see each other's name, which leads to the profile" in first.event.text
        assert first.document is not None
        assert first.document.mentions == ()
        met = next(e for e in north.heard(who) if e.event.text.startswith("Meet "))
        assert met.document is not None
        assert met.document.mentions == (PersonRef("hill", other),)
        assert "Write to each other directly" in met.event.text
        assert "You both named facilitation" in met.event.text
        assert "room" not in met.event.text
    assert north.in_the_room("hill") == []


async def test_where_there_are_rooms_for_two_they_get_one(north: Towns) -> None:
    await introduced(north, "bo", "ana")
    asked = next(e for e in north.heard("ana") if "A suggestion" in e.event.text)
    assert "in a room of your own" in asked.event.text
    (room,) = [room for room in north.town("ana").rooms.values() if len(room.about) > 2]
    assert room.inside == {"ana", "bo"}


async def test_a_proposal_is_answered_with_its_buttons_too(north: Towns) -> None:
    await north.says("bo", "!mentor offer facilitation")
    await north.says("dia", "!mentor seek facilitation")
    await north.says("fay", "!pairs send")
    assert labels(document_of(north, "dia")) == ["Say yes", "Say no"]
    assert "As soon as Bo says yes" in await north.presses("dia", "Say yes")
    assert "you need no reason" in await north.presses("bo", "Say no")
    assert "does not come about" in north.last("dia")


# --- on two platforms -------------------------------------------------------------------------


async def test_people_on_two_platforms_are_introduced_on_both_and_told_how_to_reach_the_other(
    north: Towns,
) -> None:
    await north.says("bo", "!mentor offer facilitation")
    await north.says("dia", "!mentor seek facilitation")
    await north.says("fay", "!pairs send")
    for who, other in (("dia", "River"), ("bo", "Hill")):
        assert f"two platforms ({other} is theirs)" in north.last(who)
        assert "the address of the account there" in north.last(who)
        assert ".example" not in north.last(who)
    await north.says("dia", "!mentor accept")
    assert not any(".example" in e.event.text for e in north.heard("bo"))
    await north.says("bo", "!mentor accept")
    for who, other, town in (("dia", "bo", "River"), ("bo", "dia", "Hill")):
        (met,) = [e for e in north.heard(who) if e.event.text.startswith("Meet ")]
        assert (
            f"{other.title()} is on {town}: {other} (https://{town.lower()}.example/{other})"
            in met.event.text
        )
        assert "!mentor relay north on 1" in met.event.text
        assert met.document is not None
        assert met.document.mentions == ()
    assert north.in_the_room("hill") == north.in_the_room("river") == []


async def test_who_missed_the_introduction_gets_it_again_by_saying_yes_again(north: Towns) -> None:
    await introduced(north)
    assert "Bo is on River" in await north.says("dia", "!mentor accept 1")


async def test_the_check_in_reaches_each_where_they_are(north: Towns) -> None:
    await introduced(north)
    await north.on(15 * DAY)
    for who in ("bo", "dia"):
        assert sum("Have you met?" in e.event.text for e in north.heard(who)) == 1


# --- carrying words ---------------------------------------------------------------------------


async def test_nothing_is_carried_before_both_have_said_yes(north: Towns) -> None:
    await introduced(north)
    assert "once both of you have said yes" in await north.says("bo", f"!mentor tell {SECRET}")
    said = await north.says("bo", "!mentor relay on")
    assert "I ask Dia once" in said
    assert "asks whether I may carry words" in north.last("dia")
    before = len(north.heard("dia"))
    assert "once Dia has said yes" in await north.says("bo", f"!mentor tell {SECRET}")
    assert "once both of you have" in await north.says("dia", f"!mentor tell {SECRET}")
    assert not any(SECRET in e.event.text for who in ("bo", "dia") for e in north.heard(who))
    assert len(north.heard("dia")) == before + 1
    assert SECRET not in await north.everything()


async def test_words_arrive_marked_and_whole_and_are_kept_nowhere(north: Towns) -> None:
    await relayed(north)
    assert "from now on I carry words" in north.last("bo")
    assert "I carry it to Dia" in await north.says("bo", f"!mentor tell north {SECRET}")
    said = document_of(north, "dia")
    assert "Bo writes to you from River, and I only carry it:" in north.last("dia")
    (quoted,) = [block for block in said.blocks if isinstance(block, Quote)]
    assert "".join(part.text for part in quoted.text) == SECRET  # type: ignore[union-attr]  # all text
    assert labels(said) == ["Answer", "Stop carrying words"]
    assert SECRET not in await north.everything()
    assert not any(row.phase == "relay" for row in await north.outbox())
    assert north.in_the_room("hill") == north.in_the_room("river") == []


async def test_words_come_by_form_and_by_button(north: Towns) -> None:
    await introduced(north)
    await north.says("bo", "!mentor relay on")
    assert "You have both said yes" in await north.presses("dia", "Say yes")
    given = (("circle", "north"), ("number", "1"), ("words", SECRET))
    await north.gives("dia", "mentor tell", given)
    assert SECRET in north.last("bo")
    assert "Done: I carry nothing" in await north.presses("dia", "Stop carrying words")
    assert "I carry no words any more" in north.last("bo")


async def test_a_no_to_carrying_words_is_told_once_and_asked_no_more(north: Towns) -> None:
    await introduced(north)
    await north.says("bo", "!mentor relay on")
    assert "That is fine" in await north.says("dia", "!mentor relay off")
    assert "would rather not" in north.last("bo")
    before = len(north.heard("dia"))
    await north.says("bo", "!mentor relay on")
    await north.says("bo", "!mentor relay off")
    await north.says("bo", "!mentor relay on")
    assert len(north.heard("dia")) == before
    assert "once Dia has said yes" in await north.says("bo", f"!mentor tell {SECRET}")


async def test_a_yes_can_be_taken_back_before_the_other_is_asked(north: Towns) -> None:
    await introduced(north)
    await at_night(north)
    await north.says("bo", "!mentor relay on")
    assert "That is fine" in await north.says("bo", "!mentor relay off")
    before = len(north.heard("dia"))
    await in_the_morning(north)
    assert len(north.heard("dia")) == before


async def test_either_ends_it_at_once_and_what_was_on_its_way_does_not_arrive(
    north: Towns,
) -> None:
    await relayed(north)
    await at_night(north)
    await north.says("bo", f"!mentor tell {SECRET}")
    assert SECRET in await north.everything()
    assert "Done: I carry nothing" in await north.says("dia", "!mentor relay off")
    assert SECRET not in await north.everything()
    await in_the_morning(north)
    assert not any(SECRET in e.event.text for e in north.heard("dia"))
    assert "I carry no words any more" in north.last("bo")
    assert "once both of you" in await north.says("bo", f"!mentor tell {SECRET}")


@pytest.mark.parametrize("how", ["declines", "leaves", "is forgotten"])
async def test_it_ends_with_the_match(north: Towns, how: str) -> None:
    await relayed(north)
    await at_night(north)
    await north.says("bo", f"!mentor tell {SECRET}")
    command = {
        "declines": "!mentor decline 1",
        "leaves": "!leave",
        "is forgotten": "!my forget yes",
    }
    await north.says("bo", command[how])
    assert SECRET not in await north.everything()
    await in_the_morning(north)
    assert not any(SECRET in e.event.text for e in north.heard("dia"))
    assert "no such match" in await north.says("dia", f"!mentor tell {SECRET}")


async def test_it_ends_when_a_membership_ends_on_one_side_only(north: Towns) -> None:
    await relayed(north)
    async with north.database.begin() as work:
        row = await Members(work).row(1, PersonRef("hill", "dia"))
        assert row is not None
        row.state, row.takes_part = MemberState.JOINED.value, False
        await work.commit()
    assert "takes no part" in await north.says("bo", f"!mentor tell {SECRET}")
    assert SECRET not in await north.everything()


async def test_nobody_carries_words_from_where_others_read(north: Towns) -> None:
    await relayed(north)
    before = len(north.heard("dia"))
    said = await north.says("bo", f"!mentor tell {SECRET}", "square")
    assert "Others can read what is written there" in said
    assert "!my tidy" in said
    assert len(north.heard("dia")) == before
    assert SECRET not in await north.everything()


async def test_a_slash_command_in_a_room_is_read_by_nobody_else_and_is_carried(
    north: Towns,
) -> None:
    await relayed(north)
    given = (("circle", "north"), ("words", SECRET))
    await north.gives("dia", "mentor tell", given, where="square")
    assert SECRET in north.last("bo")
    assert north.in_the_room("hill") == []


async def test_words_that_are_too_long_are_told_to_be(north: Towns) -> None:
    await relayed(north)
    before = len(north.heard("dia"))
    assert "1,501 characters" in await north.says("bo", f"!mentor tell {'x' * 1501}")
    assert len(north.heard("dia")) == before
    await north.says("bo", f"!mentor tell {'ы' * 1500}")
    assert "".join(e.event.text for e in north.heard("dia")[before:]).count("ы") == 1500


async def test_people_on_one_platform_are_told_to_write_to_each_other(north: Towns) -> None:
    await introduced(north, "eva", "dia")
    assert "directly" in await north.says("dia", "!mentor relay on 1")
    assert "no such match" in await north.says("dia", f"!mentor tell {SECRET}")


async def test_who_has_two_matches_says_which_one(north: Towns) -> None:
    await north.says("bo", "!mentor offer facilitation capacity=2")
    for mentee in ("dia", "eva"):
        await north.says(mentee, "!mentor seek facilitation")
    await north.says("fay", "!pairs send")
    for number, mentee in ((1, "dia"), (2, "eva")):
        await north.says(mentee, "!mentor accept")
        await north.says("bo", f"!mentor accept {number}")
        await north.says(mentee, "!mentor relay on")
        await north.says("bo", f"!mentor relay on {number}")
    assert "1 (with Dia) and 2 (with Eva)" in await north.says("bo", f"!mentor tell {SECRET}")
    assert (
        "number=2"
        in next(
            e
            for e in reversed(north.heard("bo"))
            if "Eva" in e.event.text and "To write" in e.event.text
        ).event.text
    )
    await north.says("bo", f"!mentor tell number=2 {SECRET}")
    assert SECRET in north.last("eva")
    assert not any(SECRET in e.event.text for e in north.heard("dia"))


# --- faults -----------------------------------------------------------------------------------


async def test_who_takes_no_messages_any_more_has_nothing_carried_and_who_wrote_is_told(
    north: Towns,
) -> None:
    await relayed(north)
    north.town("dia").people["dia"].closed = True
    said = await north.says("bo", f"!mentor tell {SECRET}")
    assert "did not arrive: they take no messages from me" in said
    assert SECRET not in said
    assert SECRET not in await north.everything()
    assert "once both of you" in await north.says("bo", f"!mentor tell {SECRET}")
    assert not any(SECRET in text for text in north.in_the_room("hill"))


async def test_who_wrote_is_told_when_a_platform_does_not_take_it(north: Towns) -> None:
    await relayed(north)
    fay = len(north.heard("fay"))
    north.platforms["hill"].faults = [PlatformError("no")] * TRIES
    await north.says("bo", f"!mentor tell {SECRET}")
    for _ in range(TRIES):
        await north.on(timedelta(minutes=6))
    assert "their platform did not take it" in north.last("bo")
    assert SECRET not in await north.everything()
    assert len(north.heard("fay")) == fay
    await north.says("bo", "!mentor tell Again.")
    assert "Again." in north.last("dia")


async def test_words_wait_for_a_platform_that_is_away_but_not_for_ever(north: Towns) -> None:
    await relayed(north)
    north.platforms["hill"].faults = [PlatformUnavailable("away", timedelta(days=3))]
    await north.says("bo", f"!mentor tell {SECRET}")
    await north.on(3 * DAY)
    assert "could not reach their platform for too long" in north.last("bo")
    assert not any(SECRET in e.event.text for e in north.heard("dia"))
    assert SECRET not in await north.everything()


async def test_a_crash_between_showing_and_remembering_doubles_no_words(north: Towns) -> None:
    await relayed(north)
    await at_night(north)
    await north.says("bo", f"!mentor tell {SECRET}")
    hill = north.platforms["hill"]
    hill.faults, hill.shows_first = [Crash()], True
    north.clock.moment += timedelta(hours=10)
    with pytest.raises(Crash):
        await north.bot.application.drain("hill:dia")
    async with again(north):
        await north.on(timedelta(minutes=1))
    assert sum(SECRET in e.event.text for e in north.heard("dia")) == 1
    assert SECRET not in await north.everything()


async def test_words_are_carried_also_while_the_circle_pauses(north: Towns) -> None:
    await relayed(north)
    await at_night(north)
    await north.says("bo", f"!mentor tell {SECRET}")
    await north.says("fay", "!circle pause")
    await in_the_morning(north)
    assert SECRET in north.last("dia")
    assert SECRET not in await north.everything()


# --- hostile words ----------------------------------------------------------------------------

HOSTILE = (
    "@everyone @here <@1> <@&2> @room **bold** `code` [x](https://evil.example) </answer:7> "
    "<b>html</b> <a href='https://matrix.to/#/@ana:x'>Ana</a>"
)


class Links(HTMLParser):
    """Reads what leads anywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note links, and tags that nobody wrote."""
        if tag in ("a", "b"):
            self.found.append(f"{tag} {dict(attrs).get('href')}")


async def test_words_that_would_ring_or_lead_somewhere_are_only_words(north: Towns) -> None:
    await relayed(north)
    await north.says("bo", f"!mentor tell {HOSTILE}")
    said = document_of(north, "dia")
    assert said.mentions == ()
    assert not any(isinstance(part, Mention) for part in said.inlines())
    shown = discord_markup.render(said)
    assert shown.mentions == ()
    for live in ("@everyone", "@here", "<@1>", "<@&2>", "**bold**", "`code`", "[x](", "</answer"):
        assert live not in shown.content.replace("\\@", "").replace("\\<", "")
    links = Links()
    links.feed(matrix_markup.render(said).html)
    assert not any("ana" in link or link.startswith("b ") for link in links.found)
