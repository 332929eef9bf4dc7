"""Words that the bot is not shown: no number, no mark without its author or the message's menu."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest_asyncio

from bot.conversation.model import Capabilities, Event, Kind, MessageRef
from bot.participation.rows import ContributionRow
from bot.publication.rows import KeptRow, MarkRow, QuoteRow
from bot.rights.exporting import ExportCircle
from tests.support.scene import ANA, BEN, FAY, Offline, Scene, scene, words


class Veiled(Offline):
    """An account that is not shown what people say to each other."""

    shown: dict[str, Event]

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return replace(super().capabilities, reads=False, replays=False)

    async def fetch(self, message: MessageRef) -> Event | None:
        """Return the message without its words."""
        found = self.shown.get(message.id)
        return found and replace(found, text="", readable=False)


class Circle:
    """An open circle in whose room the bot sees who writes, and not what."""

    def __init__(self, here: Scene) -> None:
        (platform,) = here.application.platforms.values()
        assert isinstance(platform, Veiled)
        self.platform, self.here = platform, here
        platform.shown = {}

    async def says(self, who: str, text: str, message: str) -> Event:
        """Let somebody write in the room; return the message as people see it."""
        said = self.here.event(who, text, id=message)
        self.platform.shown[message] = said
        await self.here.hear(replace(said, text="", readable=False))
        return said

    async def marks(self, who: str, message: str) -> str:
        """Let somebody react to a message; return what anybody is told."""
        return await self.here.say(who, "💡", kind=Kind.REACTION, target=message)

    async def picks(self, who: str, menu: str, on: Event) -> str:
        """Let somebody choose a command in a message's menu; return the answer."""
        return await self.here.say(who, menu, kind=Kind.COMMAND, subject=on, answer_at=f"for-{who}")

    async def kept(self) -> list[str]:
        """Return the words that are kept of marked messages."""
        return [row.text for row in await self.here.all(KeptRow)]  # type: ignore[attr-defined]


@pytest_asyncio.fixture
async def north(tmp_path: Path) -> AsyncIterator[Circle]:
    """Give a circle of Ana, who may be quoted, Ben, who may not, and Fay."""
    async with scene(tmp_path, account=Veiled) as here:
        await here.say(FAY, "!circle new north 2026-03-02")
        await here.join(ANA)
        await here.join(BEN, "yes yes no no")
        await here.say(FAY, "!circle open north")
        yield Circle(here)


async def test_a_reaction_to_unread_words_asks_their_author_once_and_keeps_nothing(
    north: Circle,
) -> None:
    await north.says(ANA, "bread rises slowly", "$bread")
    asked = await north.marks(FAY, "$bread")
    assert "choose “Mark for the publication”" in asked
    (row,) = [
        row for row in await north.here.posts() if "something that you" in words(row.document)
    ]
    assert row.target == f"matrix:{ANA}"
    assert await north.marks(BEN, "$bread") == ""
    assert await north.here.all(MarkRow) == []
    assert await north.kept() == []


async def test_nobody_is_asked_who_did_not_agree_to_be_quoted(north: Circle) -> None:
    await north.says(BEN, "my own thing", "$own")
    assert await north.marks(FAY, "$own") == ""


async def test_the_menu_marks_with_the_words_that_came_with_it(north: Circle) -> None:
    bread = await north.says(ANA, "bread rises slowly", "$bread")
    assert "Noted" in await north.picks(ANA, "mark", bread)
    assert await north.kept() == ["bread rises slowly"]
    assert await north.marks(FAY, "$bread") == ""
    assert len(await north.here.all(MarkRow)) == 2


async def test_a_mark_is_taken_away_by_the_menu_too(north: Circle) -> None:
    bread = await north.says(ANA, "bread rises slowly", "$bread")
    assert "the message's own menu" in await north.picks(ANA, "mark", bread)
    await north.picks(ANA, "unmark", bread)
    assert await north.here.all(MarkRow) == []


async def test_a_prompt_where_words_are_not_shown_to_the_bot_says_how_they_are(
    north: Circle,
) -> None:
    await north.here.say(FAY, "!prompt send north roll-call")
    (asked,) = [row for row in await north.here.posts() if row.prompt == "roll-call"]
    said = words(asked.document)
    assert "with the button, with !answer, or as a reply to this very message" in said
    assert "in this thread" not in said


async def test_anybody_marks_by_the_menu_what_its_author_agreed_to(north: Circle) -> None:
    bread = await north.says(ANA, "bread rises slowly", "$bread")
    own = await north.says(BEN, "my own thing", "$own")
    assert "Noted" in await north.picks(FAY, "mark", bread)
    assert "Noted" in await north.picks(FAY, "mark", own)
    assert await north.kept() == ["bread rises slowly"]


async def test_a_typed_mark_on_unread_words_says_how_it_is_done(north: Circle) -> None:
    await north.says(ANA, "bread rises slowly", "$bread")
    said = await north.here.say(FAY, "!mark", reply_to="$bread")
    assert "Open the message's own menu" in said
    assert await north.here.all(MarkRow) == []


async def test_words_from_the_menu_outlast_a_draft_that_cannot_read_them(north: Circle) -> None:
    bread = await north.says(ANA, "bread rises slowly", "$bread")
    await north.picks(ANA, "mark", bread)
    said = await north.here.privately(FAY, "!summary draft north")
    assert "I am not shown what members write in a room" in said
    listed = await north.here.privately(ANA, "!review list north")
    assert "bread rises slowly" in listed
    await north.here.privately(ANA, "!review approve north all")
    assert "Version 1 with 1 line" in await north.here.privately(FAY, "!summary publish north")


async def test_words_that_were_edited_unseen_are_left_out_until_they_are_marked_again(
    north: Circle,
) -> None:
    bread = await north.says(ANA, "bread rises slowly", "$bread")
    await north.picks(ANA, "mark", bread)
    await north.here.privately(FAY, "!summary draft north")
    later = bread.at + timedelta(minutes=5)
    other = replace(bread, text="bread rises fast", edited_at=later)
    north.platform.shown["$bread"] = other
    follow = north.here.application.follow_unheard
    await follow(await follow.all())
    assert await north.kept() == [""]
    await north.picks(ANA, "mark", other)
    assert await north.kept() == ["bread rises fast"]
    await follow(await follow.all())
    assert await north.kept() == ["bread rises fast"]


async def test_an_edit_that_is_heard_without_its_words_takes_the_old_ones_away(
    north: Circle,
) -> None:
    bread = await north.says(ANA, "bread rises slowly", "$bread")
    await north.picks(ANA, "mark", bread)
    edit = north.here.event(ANA, kind=Kind.EDIT, target="$bread", readable=False)
    await north.here.hear(edit)
    assert await north.kept() == [""]


async def test_an_author_leaves_a_message_out_for_good(north: Circle) -> None:
    bread = await north.says(ANA, "bread rises slowly", "$bread")
    await north.picks(FAY, "mark", bread)
    await north.here.privately(FAY, "!summary draft north")
    assert "left out of the publication" in await north.picks(ANA, "omit", bread)
    assert await north.kept() == []
    await north.picks(FAY, "mark", bread)
    assert await north.kept() == []
    assert await north.marks(FAY, "$bread") == "", "who left it out is not asked"
    (quote,) = await north.here.all(QuoteRow)
    assert quote.state == "withdrawn"  # type: ignore[attr-defined]


async def test_what_was_left_out_before_anybody_marked_it_stays_out(north: Circle) -> None:
    bread = await north.says(ANA, "bread rises slowly", "$bread")
    said = await north.here.say(ANA, "!omit", reply_to="$bread")
    assert "left out of the publication" in said
    await north.picks(FAY, "mark", bread)
    assert await north.kept() == []
    await north.picks(ANA, "mark", bread)
    assert await north.kept() == ["bread rises slowly"]


async def test_nobody_leaves_the_words_of_others_out(north: Circle) -> None:
    bread = await north.says(ANA, "bread rises slowly", "$bread")
    await north.picks(ANA, "mark", bread)
    await north.picks(BEN, "mark", bread)
    assert "Only who wrote a message" in await north.picks(BEN, "omit", bread)
    assert await north.kept() == ["bread rises slowly"]
    assert len(await north.here.all(MarkRow)) == 1, "their own mark is gone"


async def test_unread_words_have_no_number_anywhere(north: Circle) -> None:
    await north.says(ANA, "bread rises slowly", "$bread")
    await north.here.hear(north.here.event(ANA, "to you, keeper", id="$to-me"))
    rows = {row.message: row.words for row in await north.here.all(ContributionRow)}  # type: ignore[attr-defined]
    assert (rows["$bread"], rows["$to-me"]) == (None, 3)
    assert "no number of words" in await north.here.privately(ANA, "!my data")
    look = north.here.application.database.look
    table = (await ExportCircle(look, frozenset({"matrix"}))("north"))["contributions.csv"]
    assert [row.rpartition(",")[2] for row in table.splitlines()[1:]] == ["", ""]


async def test_a_number_that_leaves_words_out_is_none_in_a_room_that_is_read_now(
    north: Circle,
) -> None:
    await north.says(ANA, "bread rises slowly", "$bread")
    await north.here.hear(north.here.event(ANA, "to you, keeper", id="$to-me"))
    table = (await ExportCircle(north.here.application.database.look)("north"))["contributions.csv"]
    assert [row.rpartition(",")[2] for row in table.splitlines()[1:]] == ["", ""]


# --- reactions without a name of their own ----------------------------------------------------


async def test_a_reaction_that_is_taken_away_takes_the_mark_and_the_words_away(
    north: Circle,
) -> None:
    bread = await north.says(ANA, "bread rises slowly", "$bread")
    await north.picks(BEN, "mark", bread)
    await north.marks(FAY, "$bread")
    await north.marks(BEN, "$bread")
    assert len(await north.here.all(MarkRow)) == 3
    for who in (FAY, BEN):
        gone = north.here.event(who, "💡", kind=Kind.UNREACTION, target="$bread")
        await north.here.hear(gone)
    (mark,) = await north.here.all(MarkRow)
    assert mark.reaction == "", "what the menu marked stays"  # type: ignore[attr-defined]
    kinds = [row.kind for row in await north.here.all(ContributionRow)]  # type: ignore[attr-defined]
    assert kinds == ["message"]
    await north.here.say(BEN, "!unmark", reply_to="$bread")
    assert await north.kept() == []


async def test_a_reaction_that_is_taken_away_before_it_was_answered_marks_nothing(
    north: Circle,
) -> None:
    bread = await north.says(ANA, "bread rises slowly", "$bread")
    await north.picks(ANA, "mark", bread)
    await north.here.hear(
        north.here.event(FAY, "🎯", kind=Kind.REACTION, target="$bread"),
        north.here.event(FAY, "🎯", kind=Kind.UNREACTION, target="$bread"),
    )
    assert [row.kind for row in await north.here.all(MarkRow)] == ["insight"]  # type: ignore[attr-defined]
