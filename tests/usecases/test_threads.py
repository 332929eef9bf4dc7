"""Where a circle's posts stand and are answered: a thread a prompt, a week, or none."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text

from bot.circles.rows import CircleRow, Circles
from bot.conversation.model import MessageRef, ThreadLost
from bot.delivery.rows import OutboxRow
from bot.delivery.usecases import THREAD
from bot.prompting.rows import AnswerRow
from bot.store.engine import Database
from bot.store.migrate import upgrade
from tests.support.scene import ANA, BEN, FAY, ROOM, Offline, Scene, scene, words

OLD = """
INSERT INTO circle (name, purpose, question, method, language, zone, state, calendar, quiet_since,
  quiet_until, threads, licence, made_at)
VALUES ('north', '', '', 'learning-circle', 'en', 'UTC', 'draft', '[{}]', '21:00:00.000000',
  '08:00:00.000000', :threads, '', '2026-03-02 09:00:00.000000')
"""
"""A circle as revision 0003 stored it."""


@pytest_asyncio.fixture
async def here(tmp_path: Path) -> AsyncIterator[Scene]:
    """Give an installation without a circle."""
    async with scene(tmp_path) as found:
        yield found


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


async def opened(here: Scene, threads: str) -> Scene:
    """Let a circle begin on the 16th of March, with Fay, Ana and Ben."""
    await here.say(FAY, f"!circle new north 2026-03-16 6-week threads={threads}")
    await here.join(ANA)
    await here.join(BEN)
    await here.say(FAY, "!circle open north")
    return here


async def shown(here: Scene, moment: str) -> dict[str, OutboxRow]:
    """Let a moment come and the room show what is posted, under ids made of the prompts' names."""
    posts = [row for row in await here.tick(at(moment)) if row.target == f"matrix:{ROOM}"]
    for row in posts:
        await here.sent(row, f"${row.prompt}")
    return {row.prompt: row for row in posts}


async def answers(here: Scene) -> list[tuple[str, str]]:
    """Return what was answered in which words."""
    return [(row.prompt, row.text) for row in await here.all(AnswerRow)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("threads", "title"),
    [("prompt", "Who is here?"), ("auto", "Who is here?"), ("week", ""), ("none", "")],
)
async def test_a_question_opens_a_thread_where_each_has_one(
    here: Scene, threads: str, title: str
) -> None:
    await opened(here, threads)
    posts = await here.tick(at("2026-03-10 09:00"))
    (row,) = [r for r in posts if r.prompt == "roll-call"]
    assert row.document is not None
    assert row.document.opens == title


async def test_a_weeks_prompts_stand_in_the_thread_that_its_first_post_opens(here: Scene) -> None:
    await opened(here, "week")
    first = await shown(here, "2026-03-16 09:00")
    assert next(iter(first)) == "week"
    week = first.pop("week")
    assert week.document is not None
    assert week.document.opens == "Week 1: Opening"
    assert {row.thread_of for row in first.values()} == {week.key}
    later = await shown(here, "2026-03-21 09:00")
    assert "week" not in later
    assert {row.thread_of for row in later.values()} == {week.key}
    (second,) = [r for r in await here.tick(at("2026-03-23 12:00")) if r.prompt == "week"]
    assert second.document is not None
    assert second.document.opens == "Week 2: Planning projects"


async def test_what_comes_before_the_opening_has_its_phases_thread(here: Scene) -> None:
    await opened(here, "week")
    posts = await shown(here, "2026-03-10 09:00")
    assert posts["week"].document is not None
    assert posts["week"].document.opens == "Getting ready"


async def test_words_in_a_weeks_thread_answer_its_latest_question(here: Scene) -> None:
    await opened(here, "week")
    await shown(here, "2026-03-16 09:00")
    await here.say(ANA, "I am Ana", thread="$week")
    await shown(here, "2026-03-21 09:00")
    await here.say(BEN, "the norms are good", thread="$week")
    assert await answers(here) == [
        ("introductions", "I am Ana"),
        ("teach-and-need", "the norms are good"),
    ]


async def test_a_reply_in_a_weeks_thread_answers_what_it_replies_to(here: Scene) -> None:
    await opened(here, "week")
    await shown(here, "2026-03-16 09:00")
    await shown(here, "2026-03-21 09:00")
    await here.say(ANA, "I am Ana", thread="$week", reply_to="$introductions")
    await here.say(BEN, "!answer I am Ben", thread="$week", reply_to="$introductions")
    await here.say(FAY, "well said", thread="$week", reply_to="$somebody")
    assert await answers(here) == [("introductions", "I am Ana"), ("introductions", "I am Ben")]


async def test_an_answer_by_command_in_a_weeks_thread_is_for_that_week(here: Scene) -> None:
    await opened(here, "week")
    await shown(here, "2026-03-16 09:00")
    await here.sent((await here.posted("week"))[0], "$week-1")
    await shown(here, "2026-03-24 12:00")
    await here.say(ANA, "!answer I am Ana", thread="$week-1")
    assert ("introductions", "I am Ana") in await answers(here)


async def test_a_thread_a_week_is_chosen_later_and_holds_from_the_next_prompt_on(
    here: Scene,
) -> None:
    await opened(here, "none")
    assert "prompts open no threads" in await here.privately(FAY, "!circle threads north")
    said = await here.privately(FAY, "!circle threads north week")
    assert "each week has one thread" in said
    assert "week" in await shown(here, "2026-03-16 09:00")


async def test_only_facilitators_change_where_threads_are(here: Scene) -> None:
    await opened(here, "none")
    assert "facilitators" in await here.privately(ANA, "!circle threads north week")
    (circle,) = await here.all(CircleRow)
    assert circle.threads == "none"  # type: ignore[attr-defined]


async def test_a_prompt_that_is_posted_is_not_sent_again_to_open_its_week(here: Scene) -> None:
    await opened(here, "none")
    await shown(here, "2026-03-16 09:00")
    await here.privately(FAY, "!circle threads north week")
    said = await here.privately(FAY, "!prompt send north introductions")
    assert "posted, or on its way, already" in said
    assert await here.posted("week") == []


async def test_a_lost_thread_is_told_to_each_facilitator_once(here: Scene) -> None:
    await opened(here, "week")
    await shown(here, "2026-03-16 09:00")
    posts = [r for r in await here.tick(at("2026-03-20 09:00")) if r.thread_of]
    tell = here.application.drain.refused
    async with here.application.database.begin() as work:
        for row in (*posts, *posts):
            await here.application.drain.post(await tell(row, THREAD, work), work)
        await work.commit()
    (told,) = [row for row in await here.posts() if "locked" in words(row.document)]
    assert told.target == f"matrix:{FAY}"


class Drowsy(Offline):
    """An account that notes which threads it is asked to wake; some cannot be woken."""

    woken: list[str]

    async def wake(self, message: MessageRef) -> None:
        """Note the thread."""
        self.woken.append(message.id)
        if message.id == "$introductions":
            raise ThreadLost("locked")


@pytest.mark.parametrize(
    ("threads", "woken"),
    [("prompt", ["$introductions", "$norms"]), ("week", ["$week"]), ("none", [])],
)
async def test_the_threads_of_open_questions_are_kept_open(
    tmp_path: Path, threads: str, woken: list[str]
) -> None:
    async with scene(tmp_path, account=Drowsy) as here:
        (platform,) = here.application.platforms.values()
        assert isinstance(platform, Drowsy)
        platform.woken = []
        await opened(here, threads)
        await shown(here, "2026-03-10 09:00")
        await shown(here, "2026-03-16 12:00")
        await shown(here, "2026-03-18 12:00")
        await here.application.keep_threads()
        assert sorted(platform.woken) == woken


@pytest.mark.parametrize(("old", "new"), [("on", "prompt"), ("off", "none"), ("auto", "auto")])
async def test_what_an_older_version_stored_is_understood(
    tmp_path: Path, old: str, new: str
) -> None:
    database = Database.at(tmp_path / "old.db")
    try:
        await upgrade(database, "0003")
        async with database.writer.begin() as connection:
            await connection.execute(text(OLD), {"threads": old})
        await upgrade(database)
        async with database.look() as work:
            (circle,) = await Circles(work).all()
    finally:
        await database.aclose()
    assert circle.threads == new
