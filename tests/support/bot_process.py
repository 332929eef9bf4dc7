"""The real bot in a process of its own, which a test starts, drives, kills and looks into."""

# Waiting fails with what was there instead, which asyncio.timeout cannot say.
# ruff: noqa: ASYNC109

import asyncio
import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, Self

from tests.support.discord.server import StandIn
from tests.support.driven import FileClock
from tests.support.driven_bot import Given, OnDiscord, OnMatrix
from tests.support.faulty import Answer, ConnectionLost, Exchange
from tests.support.human import Human
from tests.support.nursery import Nursery, ending_with_us
from tests.support.synapse import Account

ROOT = Path(__file__).parents[2]
ENDS_WITHIN = 20.0


@dataclass(frozen=True, slots=True)
class Accounts:
    """Where the bot has an account: on Matrix, on Discord, or on both."""

    matrix: OnMatrix | None = None
    discord: OnDiscord | None = None

    @classmethod
    def on_matrix(cls, homeserver: str, account: Account) -> Self:
        """Return an account on a homeserver."""
        keys = (account.user_id, account.device_id, account.access_token)
        return cls(matrix=OnMatrix(homeserver, *keys))

    @classmethod
    def on_discord(cls, discord: StandIn, *, reads: bool = False) -> Self:
        """Return an account on a stand-in for Discord."""
        user = str(discord.world.bot.id)
        on = OnDiscord(discord.port, discord.trust, discord.token, user, reads)
        return cls(discord=on)

    def and_on(self, other: Self) -> Self:
        """Return both together."""
        return replace(
            self, matrix=self.matrix or other.matrix, discord=self.discord or other.discord
        )

    @property
    def ids(self) -> tuple[str, ...]:
        """The bot's own ids, by which it notes how far it has listened."""
        return tuple(each.user_id for each in (self.matrix, self.discord) if each)


class BotFailed(AssertionError):
    """The bot did not do what was waited for; the text ends with its log."""


class Process(Protocol):
    """A process that runs the bot."""

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""
        ...

    def kill(self) -> None:
        """End it without a warning."""
        ...

    def terminate(self) -> None:
        """Ask it to end."""
        ...


class BotProcess:
    """One bot with its database in `directory`; it can be killed and started again."""

    def __init__(
        self,
        directory: Path,
        accounts: Accounts,
        moment: datetime,
        *,
        nursery: Nursery | None = None,
    ) -> None:
        self.user_id = accounts.ids[0]
        self.clock = FileClock(directory / "clock.json")
        self.clock.set(moment)
        self.process: Process | None = None
        self.kills = 0
        self.organisers: tuple[str, ...] = ()
        self._accounts = accounts
        self._directory = directory
        self._nursery = nursery

    async def __aenter__(self) -> Self:
        """Start the bot."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """End it, whatever it does; that counts as no kill."""
        counted = self.kills
        await self.kill()
        self.kills = counted

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    async def start(self, *, dies_at: str = "", nth: int = 1, wait: bool = True) -> None:
        """Start it, and `wait` until it has listened once; it dies at the nth `dies_at`."""
        given = Given(
            database=str(self.database),
            clock=str(self._directory / "clock.json"),
            matrix=self._accounts.matrix,
            discord=self._accounts.discord,
            organisers=self.organisers,
            step=dies_at,
            nth=nth,
        )
        given.write(self._directory / "bot.json")
        if self._nursery is not None:
            self.process = self._nursery.bear(self._directory / "bot.json", self._log)
        else:
            self.process = _alone(self._directory / "bot.json", self._log)
        if wait:
            await self.until(lambda: all(map(self.token, self._accounts.ids)), "a first batch")

    async def kill(self) -> None:
        """End the process without a warning."""
        if self.process is not None and self.process.poll() is None:
            self.kills += 1
            self.process.kill()
        await self.ended()

    async def dies(self, timeout: float = 60) -> None:
        """Return when it has died where it was told to, or where a proxy killed it."""
        if await self.ended(timeout) != -signal.SIGKILL:
            raise BotFailed(f"the bot ended by itself\n{self.log_tail()}")
        self.kills += 1

    async def dying(self, _: Exchange) -> Answer:
        """Die as a proxy's hook: before, the request never arrives; after, its answer."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
        await self.ended()
        raise ConnectionLost

    async def stop(self) -> int:
        """Ask the process to end, and return its exit status."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
        return await self.ended()

    async def ended(self, timeout: float = ENDS_WITHIN) -> int:
        """Return the exit status once the process has ended."""
        if self.process is None:
            return 0
        deadline = time.monotonic() + timeout
        while (status := self.process.poll()) is None:
            if time.monotonic() > deadline:
                raise BotFailed(f"the bot still runs after {timeout} s\n{self.log_tail()}")
            await asyncio.sleep(0.01)
        return status

    # What it did

    def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what is committed in the database, as SQL asks for it."""
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as database:
            return database.execute(question, values).fetchall()

    def one(self, question: str, *values: object) -> Any:  # noqa: ANN401 - whatever stands there
        """Return the first value of the only row."""
        ((value, *_),) = self.rows(question, *values)
        return value

    def token(self, account: str = "") -> str:
        """Return how far an account (the first one) has listened, empty before the first time."""
        if not self.database.exists():
            return ""
        try:
            found = self.rows("SELECT token FROM cursor WHERE account = ?", account or self.user_id)
        except sqlite3.OperationalError:
            return ""
        return str(found[0][0]) if found else ""

    def waiting(self) -> list[str]:
        """Return what is due and not done: schedules, posts, words without an answer."""
        now = self.clock.now().astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
        found = self.rows(
            "SELECT 'schedule ' || subject FROM schedule WHERE active AND not_before <= ? "
            "UNION ALL SELECT 'post ' || key FROM outbox WHERE state = 'waiting' "
            "AND not_before <= ? "
            "UNION ALL SELECT 'words ' || event_id FROM inbox WHERE handled_at IS NULL",
            now,
            now,
        )
        return [str(what) for (what,) in found]

    def next_due(self) -> datetime | None:
        """Return the next moment at which something is due, None when nothing is."""
        found = self.one(
            "SELECT min(moment) FROM (SELECT min(not_before) AS moment FROM schedule WHERE active "
            "UNION ALL SELECT min(not_before) FROM outbox WHERE state = 'waiting')"
        )
        return datetime.fromisoformat(found).replace(tzinfo=UTC) if found else None

    async def settled(self, timeout: float = 30) -> None:
        """Return when everything that is due now is done."""
        await self.until(lambda: not self.waiting(), "nothing left to do", timeout)

    async def heard(self, person: Human, timeout: float = 30) -> None:
        """Return when the bot has taken all that happened until now, and has done what is due."""
        sync = await person.call("GET", "sync?timeout=0")
        wanted = _position(sync["next_batch"])
        await self.until(lambda: _position(self.token()) >= wanted, "the bot heard", timeout)
        await self.settled(timeout)

    async def at(self, moment: datetime, timeout: float = 30) -> None:
        """Let it be `moment`, if it is not later, and return when what is due then is done."""
        if moment > self.clock.now():
            self.clock.set(moment)
        await self.settled(timeout)

    async def until(self, met: Callable[[], bool], what: str, timeout: float = 30) -> None:
        """Return when `met` is; fail with what the bot said when it is not in time."""
        deadline = time.monotonic() + timeout
        while not met():
            if not self.running:
                raise BotFailed(f"the bot ended, before: {what}\n{self.log_tail()}")
            if time.monotonic() > deadline:
                left = self.waiting() if self.token() else []
                raise BotFailed(f"{timeout} s without: {what}; left: {left}\n{self.log_tail()}")
            await asyncio.sleep(0.02)

    def log(self) -> list[dict[str, Any]]:
        """Return what it logged."""
        if not self._log.exists():
            return []
        lines = self._log.read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]

    def mishaps(self) -> list[dict[str, Any]]:
        """Return what it logged with an exception: none of it should ever be."""
        return [entry for entry in self.log() if "exception" in entry]

    def log_tail(self, lines: int = 40) -> str:
        """Return the end of what it said, for the text of a failure."""
        text = self._log.read_text(errors="replace") if self._log.exists() else "(no log)"
        return "\n".join(line[:2000] for line in text.splitlines()[-lines:]).replace("\\n", "\n")

    def outbox(self, *, like: str = "%") -> Sequence[tuple[Any, ...]]:
        """Return key, state, attempts and message of the posts whose key is like that."""
        return self.rows(
            "SELECT key, state, attempts, message FROM outbox WHERE key LIKE ? ORDER BY id", like
        )

    @property
    def database(self) -> Path:
        """The file with everything that the bot keeps."""
        return self._directory / "circlekeeper.db"

    @property
    def _log(self) -> Path:
        return self._directory / "bot.log"


def _alone(given: Path, log: Path) -> subprocess.Popen[bytes]:
    """Start the bot in an interpreter of its own."""
    with log.open("ab") as out:
        return subprocess.Popen(  # noqa: S603 - our own words
            [*ending_with_us(), sys.executable, "-m", "tests.support.driven_bot", str(given)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )


def _position(token: str) -> int:
    """Return the place in the stream of events that a Synapse's sync token stands for."""
    return int(token.removeprefix("s").partition("_")[0]) if token else -1
