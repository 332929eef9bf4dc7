"""What was deleted or edited while nobody listened, on a platform that does not tell it later."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest_asyncio

from bot.conversation.model import (
    Capabilities,
    Event,
    Kind,
    MessageRef,
    NotPermitted,
    PlatformError,
    PlatformUnavailable,
)
from bot.participation.rows import ContributionRow
from bot.prompting.rows import AnswerRow
from bot.publication.rows import KeptRow, QuoteRow
from bot.publication.usecases.following import STEP
from tests.support.scene import ANA, BEN, FAY, Offline, Scene, scene


class Forgetful(Offline):
    """An account that shows messages as they read now, and tells of no deletion or edit later."""

    shown: dict[str, Event]
    looked_at: list[str]
    fault: PlatformError | None = None

    @property
    def capabilities(self) -> Capabilities:
        """What it can do."""
        return replace(super().capabilities, replays=False)

    async def fetch(self, message: MessageRef) -> Event | None:
        """Return the message as it reads now."""
        if self.fault is not None:
            raise self.fault
        self.looked_at.append(message.id)
        return self.shown.get(message.id)


class Circle:
    """An open circle in which Ana's and Ben's words stand, quoted and not."""

    def __init__(self, here: Scene) -> None:
        (platform,) = here.application.platforms.values()
        assert isinstance(platform, Forgetful)
        self.platform, self.here = platform, here
        platform.shown, platform.looked_at = {}, []

    async def says(self, who: str, text: str, message: str, **more: object) -> None:
        """Let somebody write, and the platform show it."""
        said = self.here.event(who, text, id=message, **more)
        self.platform.shown[message] = said
        await self.here.hear(said)

    async def marks(self, who: str, message: str) -> None:
        """Let somebody mark a message."""
        await self.here.say(who, "💡", kind=Kind.REACTION, target=message)

    def reads(self, message: str, text: str) -> None:
        """Let a message read otherwise, unheard."""
        self.platform.shown[message] = replace(self.platform.shown[message], text=text)

    async def day(self) -> None:
        """Let the daily look go through all there is."""
        follow = self.here.application.follow_unheard
        waiting = await follow.all()
        while waiting:
            waiting = await follow(waiting)


@pytest_asyncio.fixture
async def north(tmp_path: Path) -> AsyncIterator[Circle]:
    """Give an open circle in which a question was asked."""
    async with scene(tmp_path, account=Forgetful) as here:
        await here.say(FAY, "!circle new north 2026-03-02")
        await here.join(ANA)
        await here.join(BEN, "yes yes no no")
        await here.say(FAY, "!circle open north")
        (row,) = [r for r in await here.tick() if r.prompt == "introductions"]
        await here.sent(row, "$intro")
        yield Circle(here)


async def kept(here: Scene) -> list[tuple[str, str | None]]:
    """Return the answers and marked messages with their words."""
    rows = [*await here.all(AnswerRow), *await here.all(KeptRow)]
    return [(row.message, row.text) for row in rows]  # type: ignore[attr-defined]


async def counted(here: Scene) -> dict[str, int | None]:
    """Return the words that are counted, by message."""
    return {row.message: row.words for row in await here.all(ContributionRow)}  # type: ignore[attr-defined]


async def test_what_was_deleted_unheard_is_gone_after_the_daily_look(north: Circle) -> None:
    await north.says(ANA, "I am Ana", "$a", thread="$intro")
    await north.says(BEN, "I am Ben", "$b", thread="$intro")
    await north.says(ANA, "bread rises", "$bread")
    await north.marks(FAY, "$bread")
    assert await kept(north.here) == [("$a", "I am Ana"), ("$b", None), ("$bread", "bread rises")]
    north.platform.shown.clear()
    await north.day()
    assert await kept(north.here) == []
    assert {"$a", "$b", "$bread"} & set(await counted(north.here)) == set()


async def test_what_was_edited_unheard_reads_as_now_after_the_daily_look(north: Circle) -> None:
    await north.says(ANA, "I am Ana", "$a", thread="$intro")
    await north.says(BEN, "I am Ben", "$b", thread="$intro")
    await north.says(ANA, "bread rises", "$bread")
    await north.marks(FAY, "$bread")
    north.reads("$a", "I am Ana of the north")
    north.reads("$b", "Ben")
    north.reads("$bread", "bread rises slowly")
    await north.day()
    assert await kept(north.here) == [
        ("$a", "I am Ana of the north"),
        ("$b", None),
        ("$bread", "bread rises slowly"),
    ]
    words = await counted(north.here)
    assert (words["$a"], words["$b"], words["$bread"]) == (6, 1, 3)


async def test_what_stayed_as_it_was_is_not_heard_again(north: Circle) -> None:
    await north.says(ANA, "I am Ana", "$a", thread="$intro")
    await north.day()
    (answer,) = await north.here.all(AnswerRow)
    assert answer.edited_at is None  # type: ignore[attr-defined]
    assert north.platform.looked_at == ["$a"]


async def test_the_daily_look_goes_on_where_the_platform_was_away(north: Circle) -> None:
    for number in range(STEP + 2):
        await north.says(ANA, f"thought {number}", f"$t{number}")
        await north.marks(FAY, f"$t{number}")
    follow = north.here.application.follow_unheard
    north.platform.looked_at.clear()
    every = await follow.all()
    north.platform.fault = PlatformUnavailable("down")
    assert await follow(every) == every
    north.platform.fault = None
    left = await follow(every)
    assert len(left) == 2, "a step is small"
    assert await follow(left) == []
    assert len(north.platform.looked_at) == STEP + 2


async def test_what_cannot_be_looked_at_stays(north: Circle) -> None:
    await north.says(ANA, "I am Ana", "$a", thread="$intro")
    north.platform.fault = NotPermitted("not in that room")
    await north.day()
    assert await kept(north.here) == [("$a", "I am Ana")]


async def test_a_platform_that_tells_everything_later_is_not_asked(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:
        await here.say(FAY, "!circle new north 2026-03-02")
        await here.join(ANA)
        await here.say(FAY, "!circle open north")
        (row,) = [r for r in await here.tick() if r.prompt == "introductions"]
        await here.sent(row, "$intro")
        await here.say(ANA, "I am Ana", thread="$intro")
        assert await here.all(AnswerRow)
        assert await here.application.follow_unheard.all() == []


async def test_a_line_that_was_edited_unheard_is_shown_before_it_is_approved(north: Circle) -> None:
    await north.says(ANA, "I am Ana", "$a", thread="$intro")
    await north.here.privately(FAY, "!summary draft north")
    north.reads("$a", "I am Ana, and tired")
    said = await north.here.privately(ANA, "!review approve north all")
    assert "You have edited this" in said
    assert "I am Ana, and tired" in said
    (quote,) = await north.here.all(QuoteRow)
    assert quote.state == "asked"  # type: ignore[attr-defined]
    said = await north.here.privately(ANA, "!review approve north all")
    assert "is approved. Thank you." in said


async def test_a_line_that_was_deleted_unheard_is_not_in_the_review(north: Circle) -> None:
    await north.says(ANA, "I am Ana", "$a", thread="$intro")
    await north.here.privately(FAY, "!summary draft north")
    del north.platform.shown["$a"]
    assert "No words of yours wait" in await north.here.privately(ANA, "!review list north")
    assert await kept(north.here) == []


async def test_a_review_does_not_answer_while_the_platform_is_away(north: Circle) -> None:
    await north.says(ANA, "I am Ana", "$a", thread="$intro")
    await north.here.privately(FAY, "!summary draft north")
    north.platform.fault = PlatformUnavailable("down")
    said = await north.here.privately(ANA, "!review approve north all")
    assert "did not answer me" in said
