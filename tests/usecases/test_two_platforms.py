"""The bot on two platforms at once: neither waits for the other."""

# The accounts that hang take no notice of what they are asked.
# ruff: noqa: ARG002

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlmodel import select

from adapters.console.client import BOT, Community
from adapters.console.platform import ConsolePlatform
from adapters.matrix.settings import Credentials, MatrixSettings
from bot.bootstrap import Installation, wire
from bot.circles.model import Calendar
from bot.circles.rows import CircleRow, Circles
from bot.conversation.model import (
    AccountLost,
    Batch,
    DeliveryKey,
    Document,
    Event,
    Kind,
    MessageRef,
    PersonRef,
    RoomRef,
    say,
)
from bot.conversation.platform import Platform, Take
from bot.delivery.clockwork import AT_ONCE
from bot.delivery.model import Outgoing
from bot.delivery.rows import Outbox, OutboxRow
from bot.runtime import Running, running
from tests.support.clocks import DrivenClock
from tests.support.command import circlekeeper
from tests.support.scene import ANA, ROOM, START, Offline, fresh_database
from tests.support.scene import BOT as KEEPER

TICK = 0.02
WITHIN = 5.0
ON_BOTH = """
[circlekeeper]
run_by = "Ana"

[matrix]
homeserver = "http://127.0.0.1:9"
user_id = "@keeper:example.org"

[discord]
"""


class Silent(Offline):
    """An account of which nothing is heard, and where every question hangs until the end."""

    def __init__(self, settings: MatrixSettings) -> None:
        super().__init__(settings)
        self.over = asyncio.Event()

    async def listen(self, take: Take, *, since: str | None) -> None:
        """Hear nothing."""
        await asyncio.Event().wait()

    async def may_manage(self, person: PersonRef, room: RoomRef) -> bool:
        """Answer at the end."""
        await self.over.wait()
        return False

    async def post(
        self, room: RoomRef, document: Document, *, key: DeliveryKey, thread: str | None = None
    ) -> MessageRef:
        """Answer at the end."""
        await self.over.wait()
        return MessageRef(room, key.prompt)


class Late(Offline):
    """An account whose first batch comes when it is told to."""

    def __init__(self, settings: MatrixSettings) -> None:
        super().__init__(settings)
        self.comes = asyncio.Event()
        self.shown: list[RoomRef] = []

    async def listen(self, take: Take, *, since: str | None) -> None:
        """Hear that nothing happened."""
        await self.comes.wait()
        await take(Batch(self.account, "s1"))
        await asyncio.Event().wait()

    async def post(
        self, room: RoomRef, document: Document, *, key: DeliveryKey, thread: str | None = None
    ) -> MessageRef:
        """Note that it is shown."""
        self.shown.append(room)
        return MessageRef(room, "$1")


class Lost(Offline):
    """An account that is no more."""

    async def listen(self, take: Take, *, since: str | None) -> None:
        """Say so."""
        raise AccountLost("The account is gone: log in again.")


class Town:
    """The console's community with the bot in it, beside a bot on Matrix."""

    def __init__(self, bot: Running, community: Community) -> None:
        self.bot, self.community = bot, community

    def asks(self, text: str) -> None:
        """Let Ana say something in the console's room."""
        self.community.say("ana", "square", text)

    def answers(self) -> list[str]:
        """Return what the bot said to her."""
        return [e.event.text for e in self.community.entries if e.event.author == BOT]

    async def owes(self, *rooms: RoomRef) -> None:
        """Let a post wait for each of these rooms."""
        posts = [
            Outgoing(key=DeliveryKey("-", "-", "hello", 0, str(room)), to=room, document=say("Hi"))
            for room in rooms
        ]
        async with self.bot.application.database.begin() as work:
            await Outbox(work).add(posts, START)
            await work.commit()

    async def until(self, met: Callable[[], object]) -> None:
        """Wait until it is so."""
        async with asyncio.timeout(WITHIN):
            while not met():  # noqa: ASYNC110 - the community tells nobody
                await asyncio.sleep(0.01)


@asynccontextmanager
async def town(folder: Path, account: type[Offline]) -> AsyncIterator[tuple[Town, Offline]]:
    """Open a bot on the console and on Matrix."""
    clock = DrivenClock(START)
    community = Community(clock)
    community.person("ana", "Ana")
    community.room("square", "The square", manager="ana")
    credentials = Credentials("http://127.0.0.1:9", KEEPER, "DEVICE", "token")
    matrix = account(MatrixSettings(credentials=credentials, clock=clock))
    database = await fresh_database(folder / "circle.db")
    platforms: dict[str, Platform] = {"matrix": matrix, "console": ConsolePlatform(community)}
    try:
        async with (
            matrix,
            running(
                wire(database, clock, platforms, Installation(admins=frozenset({"ana"})))
            ) as bot,
        ):
            await bot.take(Batch(BOT, str(len(community.entries))))
            yield Town(bot, community), matrix
    finally:
        await database.aclose()


@asynccontextmanager
async def alive(bot: Running, first_word: float) -> AsyncIterator[None]:
    """Let the bot run meanwhile."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(bot.forever(TICK, first_word))
        yield
        task.cancel()


async def test_a_platform_that_is_silent_and_hangs_keeps_no_answer_from_the_other(
    tmp_path: Path,
) -> None:
    async with town(tmp_path, Silent) as (here, matrix):
        assert isinstance(matrix, Silent)
        hanging = Event(
            id="$1", at=START, platform="matrix", room=ROOM, author=ANA, name="Ana",
            kind=Kind.MESSAGE, text="!circle new north 2026-05-04",
        )  # fmt: skip
        await here.bot.take(Batch(matrix.account, "s0", (hanging,)))
        async with alive(here.bot, first_word=0.1):
            here.asks("!help")
            await here.until(here.answers)


@pytest.mark.parametrize("speaks", [True, False])
async def test_a_platform_is_written_to_when_it_was_heard_or_was_silent_for_long(
    tmp_path: Path, *, speaks: bool
) -> None:
    async with town(tmp_path, Late) as (here, matrix):
        assert isinstance(matrix, Late)
        room = RoomRef("matrix", ROOM)
        await here.owes(room)
        async with alive(here.bot, first_word=60 if speaks else 1):
            here.asks("!help")
            await here.until(here.answers)
            await asyncio.sleep(5 * TICK)
            assert not matrix.shown
            if speaks:
                matrix.comes.set()
            await here.until(lambda: matrix.shown)


async def test_admin_status_tells_of_every_account(tmp_path: Path) -> None:
    async with town(tmp_path, Silent) as (here, matrix):
        async with alive(here.bot, first_word=0.1):
            here.asks("!admin status")
            await here.until(here.answers)
        (told,) = [text for text in here.answers() if "Circlekeeper" in text]
        assert f"console: {BOT}, last heard something" in told
        assert f"matrix: {matrix.account}, last heard something never" in told


async def test_a_sign_up_list_asks_people_of_both_platforms(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(ON_BOTH)
    (tmp_path / "data").mkdir()
    database = await fresh_database(tmp_path / "data" / "circlekeeper.sqlite3")
    async with database.begin() as work:
        await Circles(work).add(
            CircleRow(
                name="north",
                method="learning-circle",
                zone="UTC",
                calendar=Calendar(),
                made_at=START,
            )
        )
        await work.commit()
    listed = tmp_path / "people.csv"
    listed.write_text("id,name\n@ana:example.org,Ana\n80351110224678912,Ben\n")
    ended = await circlekeeper("sign-ups", "--config", config, "north", listed)
    assert (ended.status, ended.complained) == (0, "")
    assert ended.said.startswith("2 people will be asked to join north.")
    async with database.look() as work:
        asked = await work.all(select(OutboxRow.target))
    await database.aclose()
    assert sorted(asked) == ["discord:80351110224678912", "matrix:@ana:example.org"]


async def test_an_account_that_is_lost_ends_the_bot_with_its_sentence(tmp_path: Path) -> None:
    async with town(tmp_path, Lost) as (here, _):
        with pytest.raises(ExceptionGroup) as ended:
            await here.bot.forever(TICK)
    (lost,) = ended.value.exceptions
    assert str(lost) == "The account is gone: log in again."


async def test_posts_that_hang_on_one_platform_hold_up_none_on_the_other(tmp_path: Path) -> None:
    async with town(tmp_path, Silent) as (here, matrix):
        assert isinstance(matrix, Silent)
        rooms = [RoomRef("matrix", f"!{number}:example.org") for number in range(2 * AT_ONCE)]
        await here.owes(*rooms)
        async with alive(here.bot, first_word=0.1):
            here.asks("!help")
            await here.until(here.answers)
            matrix.over.set()
