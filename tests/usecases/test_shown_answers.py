"""Answers by form and by fields: recorded, shown as their author chose, changed, taken back."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import pytest
import pytest_asyncio

from adapters.console.platform import ConsolePlatform
from bot.conversation.model import Capabilities, DomainError, Kind
from bot.delivery.rows import OutboxRow
from bot.participation.rows import ContributionRow
from bot.prompting.rows import AnswerRow, Answers
from bot.publication.model import Said
from bot.publication.rows import MarkRow, PublicationRow, QuoteRow
from tests.support.commons import Commons, commons

ROLL_CALL = "Who is here?"
ASKED = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest_asyncio.fixture
async def north(tmp_path: Path) -> AsyncIterator[Commons]:
    """Give an open circle in which the roll call was asked; Ana agrees to all, Ben to no name."""
    async with commons(tmp_path) as here:
        await here.join("ana")
        await here.join("ben", "yes yes no no")
        await here.say("fay", "!circle open north")
        await here.until(ASKED)
        yield here


async def answer(here: Commons, who: str, **fields: str) -> str:
    """Let somebody answer the roll call by its button's form; return what the bot says to them."""
    form = await here.form(who, here.prompt(ROLL_CALL)[1])
    assert form is not None
    return await here.submit(who, form, **fields)


def roll(here: Commons) -> list[str]:
    """Return what the bot shows under the roll call."""
    return here.under(here.prompt(ROLL_CALL)[0].id)


async def stored(here: Commons) -> AnswerRow:
    """Return the only answer that is kept."""
    (row,) = await here.all(AnswerRow)
    assert isinstance(row, AnswerRow)
    return row


# --- answering --------------------------------------------------------------------------------


async def test_a_prompt_that_takes_answers_has_a_button_and_says_how_to_answer_by_words(
    north: Commons,
) -> None:
    event, action = north.prompt(ROLL_CALL)
    assert "!answer" in event.text
    assert (action.command, action.form) == ("answer", True)
    assert sum(len(name) + len(word) for name, word in action.given) < 60


async def test_the_form_asks_for_words_and_how_they_are_shown(north: Commons) -> None:
    form = await north.form("ana", north.prompt(ROLL_CALL)[1])
    assert form is not None
    words, show = form.fields
    assert (words.value, words.long) == ("", True)
    assert (show.value, [value for value, _ in show.choices]) == (
        "named",
        ["named", "unnamed", "counted"],
    )
    bens = await north.form("ben", north.prompt(ROLL_CALL)[1])
    assert bens is not None
    assert bens.fields[1].value == "unnamed", "Ben did not agree to be named"
    assert len(form.title) <= 45


@pytest.mark.parametrize(
    ("show", "said", "text"),
    [
        ("named", ["Ana answers:\n> I bring bread."], "I bring bread."),
        ("unnamed", ["A member answers:\n> I bring bread."], "I bring bread."),
        ("counted", [], None),
    ],
)
async def test_an_answer_by_form_is_shown_as_its_author_chose(
    north: Commons, show: str, said: list[str], text: str | None
) -> None:
    assert "Thank you" in await answer(north, "ana", words="I bring bread.", show=show)
    assert [text.replace("\n\n", "\n").replace("**", "") for text in roll(north)] == said
    row = await stored(north)
    assert (row.text, row.shown, row.own) == (text, show, False)


async def test_who_did_not_agree_to_be_quoted_is_shown_and_not_kept(north: Commons) -> None:
    assert "not what" in await answer(north, "ben", words="I bring bread.")
    assert ["I bring bread" in text for text in roll(north)] == [True]
    assert "Ben" not in roll(north)[0]
    assert (await stored(north)).text is None
    rows = [row.document for row in await north.all(OutboxRow)]
    assert "I bring bread" not in str(rows)


async def test_an_answer_given_again_changes_what_is_stored_and_shown_in_place(
    north: Commons,
) -> None:
    await answer(north, "ana", words="I bring bread.", show="named")
    first = await stored(north)
    north.clock.advance(hours=1)
    form = await north.form("ana", north.prompt(ROLL_CALL)[1])
    assert form is not None
    assert [field.value for field in form.fields] == ["I bring bread.", "named"]
    await north.submit("ana", form, words="I bring soup.")
    (text,) = roll(north)
    assert "I bring soup." in text
    row = await stored(north)
    assert (row.message, row.answered_at) == (first.message, first.answered_at)
    assert row.edited_at == north.clock.now()
    counted = [c.words for c in await north.all(ContributionRow) if c.message == row.message]
    assert counted == [3]


async def test_what_is_shown_goes_when_it_is_only_counted_and_comes_back(north: Commons) -> None:
    await answer(north, "ana", words="I bring bread.", show="unnamed")
    await answer(north, "ana", words="I bring bread.", show="counted")
    assert roll(north) == []
    await answer(north, "ana", words="I bring bread.", show="named")
    assert len(roll(north)) == 1


async def test_a_name_that_is_taken_back_stands_in_no_edited_message(north: Commons) -> None:
    await answer(north, "ana", words="I bring bread.", show="named")
    (before,) = [e.event.id for e in north.entries() if "I bring bread" in e.event.text]
    await answer(north, "ana", words="I bring bread.", show="unnamed")
    (after,) = [e.event for e in north.entries() if "I bring bread" in e.event.text]
    assert after.id != before
    assert "Ana" not in after.text


async def test_an_own_message_stays_where_it_is_when_the_form_replaces_it(north: Commons) -> None:
    event, _ = north.prompt(ROLL_CALL)
    own = await north.say("ana", "here I am", thread=event.id)
    form = await north.form("ana", north.prompt(ROLL_CALL)[1])
    assert form is not None
    assert form.fields[0].value == "here I am"
    await north.submit("ana", form, words="I bring bread.")
    assert (await stored(north)).text == "I bring bread."
    assert north.community.as_it_reads("!room", own.id) is not None
    north.community.delete("ana", "!room", own.id)
    await north.settle()
    assert (await stored(north)).text == "I bring bread."


# --- refused ----------------------------------------------------------------------------------


@pytest.mark.parametrize("meanwhile", ["!circle close north", "!circle pause north"])
async def test_a_late_answer_is_refused_and_leaves_everything_as_it_was(
    north: Commons, meanwhile: str
) -> None:
    await answer(north, "ana", words="I bring bread.", show="named")
    form = await north.form("ana", north.prompt(ROLL_CALL)[1])
    assert form is not None
    action = north.prompt(ROLL_CALL)[1]
    await north.say("fay", meanwhile)
    assert "stays as it was" in await north.submit("ana", form, words="too late")
    assert (await stored(north)).text == "I bring bread."
    assert "I bring bread." in roll(north)[0]
    with pytest.raises(DomainError):
        await north.form("ana", action)


async def test_too_long_an_answer_is_refused_and_leaves_everything_as_it_was(
    north: Commons,
) -> None:
    await answer(north, "ana", words="I bring bread.", show="named")
    assert "4,000" in await answer(north, "ana", words="x" * 4001, show="named")
    assert (await stored(north)).text == "I bring bread."
    assert len(roll(north)) == 1


async def test_an_answer_without_words_is_refused_and_leaves_everything_as_it_was(
    north: Commons,
) -> None:
    await answer(north, "ana", words="I bring bread.", show="named")
    assert "no words yet" in await answer(north, "ana", words=" \n ", show="named")
    assert (await stored(north)).text == "I bring bread."
    assert len(roll(north)) == 1


async def test_an_answer_to_a_prompt_that_is_gone_is_refused(north: Commons) -> None:
    given = (("circle", "north"), ("prompt", "no-more.0"), ("words", "hello"))
    assert "no question" in await north.give("ana", "answer", *given)
    later = (("circle", "north"), ("prompt", "reflection.0"), ("words", "hello"))
    assert "no question" in await north.give("ana", "answer", *later), "it was not asked yet"
    assert await north.all(AnswerRow) == []


# --- typed ------------------------------------------------------------------------------------


async def test_a_typed_answer_is_shown_as_its_fields_say(north: Commons) -> None:
    await north.privately("ana", "!answer north show=unnamed I bring bread.")
    assert ["A member answers" in text for text in roll(north)] == [True]
    row = await stored(north)
    assert (row.text, row.shown, row.own) == ("I bring bread.", "unnamed", True)


async def test_a_typed_answer_without_a_choice_stands_where_it_was_typed(north: Commons) -> None:
    await north.privately("ana", "!answer north I bring bread.")
    assert (roll(north), (await stored(north)).shown) == ([], "here")


async def test_who_typed_it_before_everybody_is_told_that_it_is_read_already(
    north: Commons,
) -> None:
    before = len(north.shown())
    await north.say("ana", "!answer show=unnamed I bring bread.")
    assert await north.all(AnswerRow) == []
    assert len(north.shown()) == before
    assert "read your answer" in north.shown(north.direct("ana"))[-1]


async def test_what_the_bot_shows_follows_the_private_message_it_came_from(
    north: Commons,
) -> None:
    room = north.direct("ana")
    said = await north.say("ana", "!answer north show=unnamed I bring bread.", room=room)
    north.community.edit("ana", room, said.id, "!answer north show=unnamed I bring soup.")
    await north.settle()
    assert ["I bring soup." in text for text in roll(north)] == [True]
    north.community.delete("ana", room, said.id)
    await north.settle()
    assert (roll(north), await north.all(AnswerRow)) == ([], [])


async def test_a_slash_command_is_shown_as_its_author_agreed_to(north: Commons) -> None:
    await north.give("ana", "answer", ("words", "I bring bread."))
    assert "Ana" in roll(north)[0]


# --- taken back -------------------------------------------------------------------------------


async def change(here: Commons, what: str) -> None:
    """Let Ana change what she agreed to."""
    await here.privately("ana", f"!my {what}")


@pytest.mark.parametrize("what", ["forget yes", "consent north quoted no", "consent north part no"])
async def test_who_takes_words_back_has_them_removed_where_the_bot_shows_them(
    north: Commons, what: str
) -> None:
    await answer(north, "ana", words="I bring bread.", show="named")
    await change(north, what)
    assert roll(north) == []
    assert "I bring bread" not in str([vars(row) for row in await north.all(AnswerRow)])
    assert "I bring bread" not in str([row.document for row in await north.all(OutboxRow)])


@pytest.mark.parametrize("what", ["forget yes", "consent north named no"])
async def test_what_the_bot_shows_goes_also_when_the_answer_is_kept_no_longer(
    north: Commons, what: str
) -> None:
    await answer(north, "ana", words="I bring bread.", show="named")
    async with north.application.database.begin() as work:
        await Answers(work).forget_circle(1)
        await work.commit()
    assert len(roll(north)) == 1
    await change(north, what)
    assert roll(north) == []


async def test_only_what_names_its_author_goes_with_the_name(north: Commons) -> None:
    await answer(north, "ben", words="I bring soup.", show="named")
    await answer(north, "ana", words="I bring bread.", show="unnamed")
    before = roll(north)
    await change(north, "consent north named no")
    assert roll(north) == before


async def test_who_is_not_named_any_more_is_not_named_in_the_room(north: Commons) -> None:
    await answer(north, "ana", words="I bring bread.", show="named")
    await change(north, "consent north named no")
    (text,) = roll(north)
    assert ("Ana" in text, "I bring bread." in text) == (False, True)
    assert (await stored(north)).shown == "unnamed"


async def test_who_left_still_decides_about_what_the_bot_shows(north: Commons) -> None:
    await answer(north, "ana", words="I bring bread.", show="named")
    await north.privately("ana", "!leave north")
    assert len(roll(north)) == 1
    await change(north, "consent north quoted no")
    assert roll(north) == []


async def test_who_left_answers_no_more_also_in_reply_to_a_reminder(north: Commons) -> None:
    await north.until(datetime(2026, 3, 12, 9, 30, tzinfo=UTC))
    (reminder,) = [e.event for e in north.entries(north.direct("ana")) if ROLL_CALL in e.event.text]
    await north.privately("ana", "!leave north")
    await north.say("ana", "I bring bread.", room=north.direct("ana"), reply_to=reminder.id)
    assert "Join the circle first" in north.shown(north.direct("ana"))[-1]
    assert await north.all(AnswerRow) == []


async def test_my_data_tells_how_an_answer_is_shown(north: Commons) -> None:
    await answer(north, "ana", words="I bring bread.", show="unnamed")
    assert "without your name" in await north.privately("ana", "!my data")


# --- marks on what the bot shows --------------------------------------------------------------


async def test_an_answer_that_the_bot_shows_is_marked_like_any_message(north: Commons) -> None:
    await answer(north, "ana", words="I bring bread.", show="unnamed")
    (shown,) = [e.event.id for e in north.entries() if "I bring bread" in e.event.text]
    await north.say("ben", "!mark resource", reply_to=shown)
    (mark,) = await north.all(MarkRow)
    assert isinstance(mark, MarkRow)
    assert (mark.message, mark.kind) == ((await stored(north)).message, "resource")
    await north.say("ben", "!unmark", reply_to=shown)
    assert await north.all(MarkRow) == []


async def test_only_its_author_leaves_out_an_answer_that_the_bot_shows(north: Commons) -> None:
    await answer(north, "ana", words="I bring bread.", show="unnamed")
    (shown,) = [e.event.id for e in north.entries() if "I bring bread" in e.event.text]
    await north.say("ben", "!omit", reply_to=shown)
    assert await north.all(QuoteRow) == []
    await north.say("ana", "!omit", reply_to=shown)
    (left,) = await north.all(QuoteRow)
    assert isinstance(left, QuoteRow)
    assert (left.message, left.state) == ((await stored(north)).message, "withdrawn")
    await north.say("ben", "!mark", reply_to=shown)
    assert await north.all(MarkRow) == []


async def test_an_answer_whose_words_are_not_kept_is_not_marked(north: Commons) -> None:
    await answer(north, "ben", words="I bring soup.")
    (shown,) = [e.event.id for e in north.entries() if "I bring soup" in e.event.text]
    await north.say("ana", "!mark", reply_to=shown)
    assert await north.all(MarkRow) == []


# --- in the publication -----------------------------------------------------------------------


async def publish(here: Commons) -> PublicationRow | None:
    """Let Fay draft, Ana approve all that she is asked about, and Fay publish."""
    await here.privately("fay", "!summary draft north")
    await here.privately("ana", "!review approve north all")
    await here.privately("fay", "!summary publish north")
    rows = [row for row in await here.all(PublicationRow) if isinstance(row, PublicationRow)]
    return rows[-1] if rows else None


def line_in(row: PublicationRow | None) -> Said:
    """Return the only line of a publication."""
    assert row is not None
    (said,) = row.summary.lines
    return said


async def test_a_quoted_answer_by_form_leads_to_the_post_that_shows_it(north: Commons) -> None:
    await answer(north, "ana", words="I bring bread.", show="named")
    (shown,) = [e.event.id for e in north.entries() if "I bring bread" in e.event.text]
    said = line_in(await publish(north))
    assert (said.text, said.author) == ("I bring bread.", "Ana")
    assert said.link.endswith(quote(shown))


async def test_an_answer_without_a_message_of_its_own_is_not_taken_for_deleted(
    north: Commons,
) -> None:
    await north.give("ana", "answer", ("words", "I bring bread."), ("show", "unnamed"))
    await publish(north)
    assert (await stored(north)).text == "I bring bread."


async def test_who_is_not_named_in_the_room_is_not_named_in_the_publication(
    north: Commons,
) -> None:
    await answer(north, "ana", words="I bring bread.", show="unnamed")
    said = line_in(await publish(north))
    assert (said.text, said.author, said.link) == ("I bring bread.", "", "")


async def test_an_answer_that_is_only_counted_is_not_quoted(north: Commons) -> None:
    await answer(north, "ana", words="I bring bread.", show="counted")
    assert await publish(north) is None


async def test_a_published_answer_that_is_given_again_goes_back_to_review(
    north: Commons,
) -> None:
    await answer(north, "ana", words="I bring bread.", show="named")
    await publish(north)
    await answer(north, "ana", words="I bring soup.", show="named")
    (row,) = await north.all(PublicationRow)
    assert isinstance(row, PublicationRow)
    assert row.summary.lines == ()
    (asked,) = await north.all(QuoteRow)
    assert isinstance(asked, QuoteRow)
    assert asked.state == "asked"
    assert line_in(await publish(north)).text == "I bring soup."


async def test_a_published_answer_loses_its_name_where_its_author_takes_it_back(
    north: Commons,
) -> None:
    await answer(north, "ana", words="I bring bread.", show="named")
    await publish(north)
    await answer(north, "ana", words="I bring bread.", show="unnamed")
    (row,) = await north.all(PublicationRow)
    assert isinstance(row, PublicationRow)
    assert (line_in(row).author, line_in(row).link) == ("", "")


async def test_a_published_answer_goes_when_it_is_to_be_counted_only(north: Commons) -> None:
    await answer(north, "ana", words="I bring bread.", show="named")
    await publish(north)
    await answer(north, "ana", words="I bring bread.", show="counted")
    (row,) = await north.all(PublicationRow)
    assert isinstance(row, PublicationRow)
    assert row.summary.lines == ()


async def test_what_a_moderator_takes_down_is_kept_and_quoted_no_more(north: Commons) -> None:
    await answer(north, "ana", words="I bring bread.", show="named")
    await publish(north)
    (shown,) = [e.event for e in north.entries() if "Ana answers" in e.event.text]
    gone = replace(shown, id="$gone", kind=Kind.DELETE, target=shown.id, author="fay", bot=False)
    await north.hear(gone)
    row = await stored(north)
    assert (row.text, row.shown) == (None, "counted")
    (published,) = await north.all(PublicationRow)
    assert isinstance(published, PublicationRow)
    assert published.summary.lines == ()


class Forgetful(ConsolePlatform):
    """The console, which tells of no deletion later."""

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return replace(super().capabilities, replays=False)


@pytest.mark.parametrize("look", ["draft", "day"])
async def test_what_was_taken_down_unheard_is_found_when_it_is_looked_for(
    tmp_path: Path, look: str
) -> None:
    async with commons(tmp_path, account=Forgetful) as here:
        await here.join("ana")
        await here.say("fay", "!circle open north")
        await here.until(ASKED)
        await answer(here, "ana", words="I bring bread.", show="unnamed")
        await publish(here)
        (shown,) = [e.event.id for e in here.entries() if "I bring bread" in e.event.text]
        here.community.redact("!room", shown)
        if look == "draft":
            await here.privately("fay", "!summary draft north")
        else:
            follow = here.application.follow_unheard
            assert await follow(await follow.all()) == []
        row = await stored(here)
        assert (row.text, row.shown) == (None, "counted")
        (published,) = await here.all(PublicationRow)
        assert isinstance(published, PublicationRow)
        assert published.summary.lines == ()


async def test_what_the_bot_takes_down_itself_stays_an_answer(north: Commons) -> None:
    await answer(north, "ana", words="I bring bread.", show="named")
    (shown,) = [e.event for e in north.entries() if "Ana answers" in e.event.text]
    await answer(north, "ana", words="I bring bread.", show="unnamed")
    await north.hear(replace(shown, id="$gone", kind=Kind.DELETE, target=shown.id))
    assert (await stored(north)).text == "I bring bread."
    assert len(roll(north)) == 1


# --- threads ----------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", ["prompt", "week", "none"])
async def test_an_answer_is_shown_where_its_prompt_stands(tmp_path: Path, threads: str) -> None:
    async with commons(tmp_path, circle=f"threads={threads}") as here:
        await here.join("ana")
        await here.say("fay", "!circle open north")
        await here.until(ASKED)
        event, _ = here.prompt(ROLL_CALL)
        await answer(here, "ana", words="I bring bread.", show="named")
        (shown,) = [e.event for e in here.entries() if "I bring bread" in e.event.text]
        inside = {"prompt": event.id, "week": event.thread, "none": None}[threads]
        assert (shown.thread, event.thread is None) == (inside, threads != "week")
        assert (ROLL_CALL in shown.text) == (threads != "prompt"), "alone, it says what it answers"
