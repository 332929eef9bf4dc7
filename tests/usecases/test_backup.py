"""Backups: whole while the bot runs, put back only when they are sound."""

import asyncio
import fcntl
import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.backup import put_back, save
from bot.bootstrap import Application, Installation, wire
from bot.circles.usecases.ports import Defaults
from bot.config import keep_login
from bot.conversation.model import (
    DeliveryKey,
    Document,
    MessageRef,
    People,
    RoomRef,
    Target,
    say,
)
from bot.delivery.model import Outgoing, State
from bot.delivery.rows import Outbox
from bot.lock import DatabaseInUse, lock
from bot.store.engine import Database
from bot.store.migrate import upgrade
from tests.support.command import ROOT, circlekeeper, circlekeeper_process
from tests.support.scene import FAY, Offline, scene

HOLD = "import sys; from pathlib import Path; from bot.lock import lock\n"
HOLD += "with lock(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"


@pytest.fixture
async def config(tmp_path: Path) -> Path:
    """Give an installation with a database in which one account has the token s1."""
    path = tmp_path / "config.toml"
    path.write_text(
        '[circlekeeper]\nrun_by = "Ana"\n'
        '[matrix]\nhomeserver = "http://127.0.0.1:1"\nuser_id = "@keeper:circle.test"\n'
    )
    (tmp_path / "data").mkdir(mode=0o700)
    database = Database.at(database_of(path))
    await upgrade(database)
    await database.aclose()
    write(database_of(path), "s1")
    return path


def database_of(config: Path) -> Path:
    return config.parent / "data" / "circlekeeper.sqlite3"


def write(database: Path, token: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DELETE FROM cursor")
        row = ("matrix:@keeper:circle.test", token, datetime(2026, 3, 2, tzinfo=UTC).isoformat())
        connection.execute("INSERT INTO cursor VALUES (?, ?, ?)", row)


def read(database: Path) -> str:
    with closing(sqlite3.connect(database)) as connection:
        (found,) = connection.execute("SELECT token FROM cursor").fetchone()
        return str(found)


@contextmanager
def writing(database: Path) -> Iterator[None]:
    """Be in the middle of writing something."""
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE cursor SET token = 'half done'")
        yield


@asynccontextmanager
async def another_bot(config: Path) -> AsyncIterator[int]:
    """Give the id of a process that holds the database."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, str(config.parent / "data"),
        cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    assert await process.stdout.readline() == b"held\n"
    try:
        yield process.pid
    finally:
        process.kill()
        await process.communicate()


async def test_a_backup_made_while_the_bot_writes_holds_what_was_committed(
    config: Path, tmp_path: Path
) -> None:
    to = tmp_path / "saved.sqlite3"
    async with another_bot(config):
        with writing(database_of(config)):
            ended = await circlekeeper("backup", to, "--config", config)
    assert ended.status == 0
    assert str(to) in ended.said
    assert read(to) == "s1"
    assert stat.S_IMODE(to.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("saved*")] == ["saved.sqlite3"]


async def test_a_backup_without_a_name_goes_into_a_folder_of_its_own(config: Path) -> None:
    assert (await circlekeeper("backup", "--config", config)).status == 0
    folder = config.parent / "data" / "backups"
    (saved,) = folder.iterdir()
    assert read(saved) == "s1"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_backup_overwrites_nothing(config: Path, tmp_path: Path) -> None:
    to = tmp_path / "saved.sqlite3"
    to.write_text("mine")
    ended = await circlekeeper("backup", to, "--config", config)
    assert ended.status == 2
    assert "is there already" in ended.complained
    assert to.read_text() == "mine"


async def test_nothing_is_saved_where_there_is_no_database(config: Path, tmp_path: Path) -> None:
    database_of(config).unlink()
    to = tmp_path / "saved.sqlite3"
    ended = await circlekeeper("backup", to, "--config", config)
    assert ended.status == 2
    assert "no database yet" in ended.complained
    assert not to.exists()
    assert not database_of(config).exists()


async def test_what_a_backup_had_not_sent_yet_is_looked_for_before_it_is_sent(
    config: Path, tmp_path: Path
) -> None:
    room = RoomRef("matrix", "!r:circle.test")
    key = DeliveryKey("1", "opening", "introductions", 0, str(room))
    made = datetime(2026, 3, 2, 9, tzinfo=UTC)
    database = Database.at(database_of(config))
    async with database.begin() as work:
        await Outbox(work).add([Outgoing(key=key, to=room, document=say("hello"))], made)
        await work.commit()
    await database.aclose()
    to = tmp_path / "saved.sqlite3"
    await circlekeeper("backup", to, "--config", config)
    assert (await circlekeeper("restore", to, "--config", config)).status == 0
    database = Database.at(database_of(config))
    async with database.look() as work:
        (row,) = await Outbox(work).first_two(str(room), made)
    await database.aclose()
    assert row is not None
    assert (row.attempts, row.first_attempt_at, row.last_attempt_at) == (1, made, made)


class Remembering(Offline):
    """A homeserver that shows what is posted, and knows nothing of what was posted twice."""

    said: list[str]

    async def reach(self, target: Target, *, key: DeliveryKey) -> RoomRef:  # noqa: ARG002
        return RoomRef("matrix", "!direct") if isinstance(target, People) else target

    async def post(
        self,
        room: RoomRef,
        document: Document,  # noqa: ARG002
        *,
        key: DeliveryKey,
        thread: str | None = None,  # noqa: ARG002
    ) -> MessageRef:
        self.said.append(str(key))
        return MessageRef(room, f"${len(self.said)}")

    async def find(
        self, room: RoomRef, key: DeliveryKey, *, since: datetime, **_: object
    ) -> MessageRef | None:
        assert since <= datetime(2026, 3, 10, tzinfo=UTC)
        return MessageRef(room, f"${self.said.index(str(key))}") if str(key) in self.said else None


async def sent(application: Application, platform: Remembering) -> list[str]:
    """Let what is due go, and return the prompts that the room has seen."""
    await application.tick()
    for target in await application.drain.targets():
        await application.drain(target)
    return [key for key in platform.said if "roll-call" in key]


async def test_a_prompt_that_went_after_the_backup_does_not_go_again(tmp_path: Path) -> None:
    database, saved = tmp_path / "circle.db", tmp_path / "saved.sqlite3"
    async with scene(tmp_path) as here:
        platform = here.application.platforms["matrix"]
        platform.__class__, platform.said = Remembering, []
        await here.say(FAY, "!circle new north 2026-03-16")
        await here.say(FAY, "!circle open north")
        here.clock.moment = datetime(2026, 3, 9, 12, tzinfo=UTC)
        await here.tick()
        save(database, saved)
        here.clock.moment = datetime(2026, 3, 10, 9, tzinfo=UTC)
        assert len(await sent(here.application, platform)) == 1
        await here.application.database.aclose()
        put_back(saved, database)

        restored = Database.at(database)
        given = Installation(defaults=Defaults(run_by="Fay", zone="Europe/Berlin"))
        here.clock.advance(hours=23)
        again = wire(restored, here.clock, {"matrix": platform}, given)
        assert len(await sent(again, platform)) == 1
        async with restored.look() as work:
            (row,) = await Outbox(work).of_prompt(1, "roll-call", 0)
        assert row.state is State.SENT
        await restored.aclose()


async def test_a_damaged_database_makes_no_backup(config: Path, tmp_path: Path) -> None:
    damage(database_of(config))
    to = tmp_path / "saved.sqlite3"
    ended = await circlekeeper("backup", to, "--config", config)
    assert ended.status == 2
    assert "No backup was made" in ended.complained
    assert not to.exists()


async def test_a_backup_comes_back_and_what_it_replaces_is_kept(
    config: Path, tmp_path: Path
) -> None:
    to = tmp_path / "saved.sqlite3"
    await circlekeeper("backup", to, "--config", config)
    write(database_of(config), "s2")
    ended = await circlekeeper("restore", to, "--config", config)
    assert ended.status == 0
    kept = database_of(config).with_name("circlekeeper.sqlite3.before-restore")
    assert str(kept) in ended.said
    assert (read(database_of(config)), read(kept), read(to)) == ("s1", "s2", "s1")
    assert stat.S_IMODE(database_of(config).stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


async def test_every_replaced_database_is_kept(config: Path, tmp_path: Path) -> None:
    to = tmp_path / "saved.sqlite3"
    await circlekeeper("backup", to, "--config", config)
    for token in ("s2", "s3"):
        write(database_of(config), token)
        await circlekeeper("restore", to, "--config", config)
    kept = sorted((config.parent / "data").glob("*.before-restore*"))
    assert [read(path) for path in kept] == ["s2", "s3"]


async def test_a_backup_comes_back_where_there_is_no_database(config: Path, tmp_path: Path) -> None:
    to = tmp_path / "saved.sqlite3"
    await circlekeeper("backup", to, "--config", config)
    shutil.rmtree(config.parent / "data")
    ended = await circlekeeper("restore", to, "--config", config)
    assert ended.status == 0
    assert read(database_of(config)) == "s1"


async def test_what_a_crash_left_beside_the_old_database_does_not_reach_the_new_one(
    config: Path, tmp_path: Path
) -> None:
    to, database = tmp_path / "saved.sqlite3", database_of(config)
    await circlekeeper("backup", to, "--config", config)
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("SELECT * FROM cursor").fetchall()
        write(database, "s2")
        for name in ("circlekeeper.sqlite3", "circlekeeper.sqlite3-wal"):
            shutil.copy(database.with_name(name), tmp_path / name)
    for name in ("circlekeeper.sqlite3", "circlekeeper.sqlite3-wal"):
        shutil.copy(tmp_path / name, database.with_name(name))
    assert database.with_name("circlekeeper.sqlite3-wal").stat().st_size > 0
    assert (await circlekeeper("restore", to, "--config", config)).status == 0
    kept = database.with_name("circlekeeper.sqlite3.before-restore")
    assert (read(database), read(kept)) == ("s1", "s2")


async def test_a_damaged_database_can_be_replaced(config: Path, tmp_path: Path) -> None:
    to = tmp_path / "saved.sqlite3"
    await circlekeeper("backup", to, "--config", config)
    database_of(config).write_bytes(b"no database at all" * 500)
    assert (await circlekeeper("restore", to, "--config", config)).status == 0
    assert read(database_of(config)) == "s1"
    kept = database_of(config).with_name("circlekeeper.sqlite3.before-restore")
    assert kept.read_bytes().startswith(b"no database at all")


async def test_nothing_is_restored_while_a_bot_runs(config: Path, tmp_path: Path) -> None:
    to = tmp_path / "saved.sqlite3"
    await circlekeeper("backup", to, "--config", config)
    write(database_of(config), "s2")
    async with another_bot(config) as process:
        ended = await circlekeeper("restore", to, "--config", config)
    assert ended.status == 2
    assert f"already runs on the database in {config.parent / 'data'}" in ended.complained
    assert f"(process {process})" in ended.complained
    assert read(database_of(config)) == "s2"


def damage(database: Path) -> None:
    """Overwrite a page in the middle of a database."""
    with database.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xde\xad" * 2048)


def cut(backup: Path) -> None:
    os.truncate(backup, backup.stat().st_size // 2)


def scribble(backup: Path) -> None:
    backup.write_text("This is a letter, not a database. " * 100)


def age(backup: Path) -> None:
    with closing(sqlite3.connect(backup)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_later'")


def empty(backup: Path) -> None:
    backup.unlink()
    with closing(sqlite3.connect(backup)) as connection, connection:
        connection.execute("CREATE TABLE recipes (cake TEXT)")


def dangle(backup: Path) -> None:
    with closing(sqlite3.connect(backup)) as connection, connection:
        connection.execute("INSERT INTO room VALUES (1, 99, 'matrix', '!a:b', 0)")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (damage, "damaged"),
        (cut, "malformed"),
        (scribble, "not a database"),
        (age, "later version"),
        (empty, "no database of Circlekeeper"),
        (dangle, "points to another one which is not there"),
        (Path.unlink, "There is no file"),
    ],
)
async def test_a_backup_that_cannot_be_used_changes_nothing(
    config: Path, tmp_path: Path, spoil: object, words: str
) -> None:
    to = tmp_path / "saved.sqlite3"
    await circlekeeper("backup", to, "--config", config)
    assert callable(spoil)
    spoil(to)
    before = database_of(config).read_bytes()
    ended = await circlekeeper("restore", to, "--config", config)
    assert ended.status == 2
    assert words in ended.complained
    assert database_of(config).read_bytes() == before
    names = {path.name for path in (config.parent / "data").iterdir()}
    assert not [name for name in names if "restor" in name]


async def test_a_second_bot_on_the_same_database_is_refused(config: Path) -> None:
    keep_login(config.parent / "data" / "secrets.toml", "syt_token", "DEVICE")
    async with another_bot(config):
        ended = await circlekeeper_process("run", "--config", config)
    assert ended.status == 2
    assert ended.complained.startswith("A bot already runs on the database")
    assert ended.complained.count("\n") == 1


async def test_a_bot_without_a_login_says_how_to_get_one(config: Path) -> None:
    ended = await circlekeeper_process("run", "--config", config)
    assert ended.status == 2
    assert "-m bot init --login" in ended.complained
    assert "Traceback" not in ended.complained


def test_the_lock_ends_with_its_holder(tmp_path: Path) -> None:
    with lock(tmp_path / "data"):
        descriptor = os.open(tmp_path / "data" / "lock", os.O_RDWR)
        with pytest.raises(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.close(descriptor)
    with lock(tmp_path / "data"):
        pass


async def test_the_lock_ends_with_a_process_that_is_killed(config: Path) -> None:
    async with another_bot(config):
        with pytest.raises(DatabaseInUse, match="already runs"), lock(config.parent / "data"):
            pass
    with lock(config.parent / "data"):
        pass
