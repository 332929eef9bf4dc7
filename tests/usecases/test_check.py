"""A check: what is, why it matters, what to do; and nothing is changed by looking."""

import json
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from bot.circles.model import Calendar
from bot.circles.rows import CircleRow, Circles
from bot.config import example, keep_login
from bot.conversation.model import DeliveryKey, RoomRef, say
from bot.delivery.model import Outgoing, State
from bot.delivery.rows import Outbox, OutboxRow
from bot.lock import lock
from bot.store.engine import Database
from bot.store.migrate import upgrade
from tests.support.command import Ended, circlekeeper
from tests.support.faulty import FaultyProxy, answering
from tests.support.human import Human, NewHuman
from tests.support.synapse import Account, NewAccount, Synapse

Found = dict[str, Any]
CONFIG = """
[circlekeeper]
run_by = "Ana"

[matrix]
homeserver = "{homeserver}"
user_id = "{user_id}"
invites_from = ["*:circle.test"]
"""


@dataclass(frozen=True)
class Installation:
    """A bot's files, with a login and an empty database."""

    config: Path
    bot: Account

    @property
    def data(self) -> Path:
        return self.config.parent / "data"

    @property
    def database(self) -> Path:
        return self.data / "circlekeeper.sqlite3"

    def change(self, old: str, new: str) -> None:
        text = self.config.read_text()
        assert old in text
        self.config.write_text(text.replace(old, new))

    async def check(self, *more: str) -> Ended:
        return await circlekeeper("check", "--config", self.config, *more)

    async def findings(self, *more: str) -> list[Found]:
        ended = await self.check("--json", *more)
        told = json.loads(ended.said)
        assert told["ok"] is (ended.status == 0)
        assert self.bot.access_token not in ended.all
        found: list[Found] = told["findings"]
        return found

    async def the(self, about: str, *more: str) -> Found:
        (found,) = [each for each in await self.findings(*more) if each["about"] == about]
        return found

    async def circle(self, name: str, *rooms: str, state: str = "open") -> int:
        """Write a circle and return its id."""
        database = Database.at(self.database)
        async with database.begin() as work:
            row = CircleRow(
                name=name,
                method="learning-circle",
                state=state,
                zone="UTC",
                calendar=Calendar(),
                made_at=datetime(2026, 3, 2, tzinfo=UTC),
            )
            circle = await Circles(work).add(row)
            for room in rooms:
                await Circles(work).attach(circle.id, RoomRef("matrix", room))
            await work.commit()
        await database.aclose()
        return circle.id

    async def lose(self, circle: int, room: str, state: State, days_ago: int) -> None:
        """Write a post that was given up."""
        now = datetime.now(UTC) - timedelta(days=days_ago)  # noqa: TID251 - the real clock
        to = RoomRef("matrix", room)
        key = DeliveryKey(str(circle), "opening", "roll-call", days_ago, str(to))
        database = Database.at(self.database)
        async with database.begin() as work:
            await Outbox(work).add(
                [Outgoing(key=key, to=to, document=say("Hello"), circle=circle)], now
            )
            await work.session.execute(
                update(OutboxRow).where(OutboxRow.key == str(key)).values(state=state.value)
            )
            await work.commit()
        await database.aclose()


async def install(folder: Path, homeserver: str, bot: Account) -> Installation:
    config = folder / "config.toml"
    config.write_text(CONFIG.format(homeserver=homeserver, user_id=bot.user_id))
    config.chmod(0o600)
    made = Installation(config, bot)
    keep_login(made.data / "secrets.toml", bot.access_token, bot.device_id)
    database = Database.at(made.database)
    await upgrade(database)
    await database.aclose()
    return made


@pytest.fixture
async def here(tmp_path: Path, synapse: Synapse, new_account: NewAccount) -> Installation:
    return await install(tmp_path, synapse.base_url, await new_account("keeper"))


@pytest.fixture
async def keeper(here: Installation, synapse: Synapse) -> AsyncIterator[Human]:
    """Give the bot's account in a person's hands, to take part before it is looked at."""
    async with Human(synapse.base_url, here.bot.user_id, here.bot.access_token) as human:
        yield human


def incomplete(found: Mapping[str, str]) -> bool:
    """Return whether a finding that is not well keeps back why it matters or what to do."""
    return found["status"] != "ok" and not (found["why"] and found["todo"])


async def test_a_whole_installation_is_well(here: Installation, keeper: Human) -> None:
    room = await keeper.create_room("north")
    await here.circle("North", room)
    ended = await here.check()
    assert ended.status == 0
    assert ended.said.endswith("All is well.\n")
    found = await here.findings()
    assert {each["status"] for each in found} == {"ok"}
    assert {each["about"] for each in found} >= {
        "config", "login", "invitations", "files", "data", "disk", "time zones", "database",
        "schema", "method learning-circle", "homeserver", "clock", "account", "circle North",
    }  # fmt: skip


async def test_offline_nobody_is_asked(tmp_path: Path, new_account: NewAccount) -> None:
    here = await install(tmp_path, "http://127.0.0.1:1", await new_account("keeper"))
    ended = await here.check("--offline")
    assert ended.status == 0
    assert "left  homeserver: Not asked, nor for the bot's account and rooms." in ended.said
    assert ended.said.endswith("All that I looked at is well.\n")
    assert (await here.check()).status == 1


async def test_each_fault_of_the_config_is_a_line_with_what_to_do(here: Installation) -> None:
    here.change('run_by = "Ana"', 'time_zone = "Berln"')
    ended = await here.check("--offline")
    assert ended.status == 1
    assert "fail  config: [circlekeeper] run_by: It is missing." in ended.said
    assert "do: Did you mean Europe/Berlin" in ended.said
    assert ended.said.endswith("2 to mend before the bot can work.\n")
    assert not [each for each in await here.findings() if incomplete(each)]


async def test_a_config_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    ended = await circlekeeper("check", "--config", tmp_path / "none.toml")
    assert ended.status == 1
    assert "circlekeeper init" in ended.said


async def test_a_login_that_others_can_read_fails(here: Installation) -> None:
    (here.data / "secrets.toml").chmod(0o644)
    found = [each for each in await here.findings("--offline") if each["status"] == "fail"]
    assert [each["about"] for each in found] == ["files"]
    assert found[0]["todo"] == f"Run: chmod 600 {here.data / 'secrets.toml'}"


async def test_a_data_folder_that_others_can_enter_is_warned_of(here: Installation) -> None:
    here.data.chmod(0o755)
    ended = await here.check("--offline")
    assert ended.status == 0
    assert f"warn  files: {here.data} is open to others (755)." in ended.said
    assert f"do: Run: chmod 700 {here.data}" in ended.said
    assert ended.said.endswith("The bot can work. 1 to look at.\n")


async def test_a_data_folder_that_is_a_file_fails(here: Installation) -> None:
    here.change("[matrix]", 'data_dir = "config.toml"\n[matrix]')
    found = await here.the("data", "--offline")
    assert (found["status"], found["what"]) == ("fail", f"{here.config} is no folder.")


async def test_before_the_first_start_there_is_nothing_to_mend(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(example())
    config.chmod(0o600)
    ended = await circlekeeper("check", "--offline", "--config", config)
    assert "There is none yet; the first start makes it." in ended.said
    assert f"{tmp_path / 'data'} can be made." in ended.said
    assert not (tmp_path / "data").exists()


async def test_without_a_login_it_says_how_to_get_one(here: Installation) -> None:
    (here.data / "secrets.toml").unlink()
    found = await here.the("login")
    assert found["status"] == "fail"
    assert "init --login" in found["todo"]


async def test_nobody_being_allowed_to_invite_is_warned_of(here: Installation) -> None:
    here.change('invites_from = ["*:circle.test"]', "")
    found = await here.the("invitations", "--offline")
    assert found["status"] == "warn"
    assert "invites_from" in found["todo"]


async def test_traffic_in_the_clear_is_warned_of(here: Installation) -> None:
    here.change("http://127.0.0.1", "http://homeserver.invalid")
    found = [each for each in await here.findings("--offline") if each["status"] == "warn"]
    assert "http://" in found[0]["what"]


async def test_a_damaged_database_fails(here: Installation) -> None:
    with here.database.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xde\xad" * 2048)
    found = await here.the("database", "--offline")
    assert found["status"] == "fail"
    assert "circlekeeper restore" in found["todo"]


async def test_a_database_that_is_none_fails(here: Installation) -> None:
    here.database.write_text("This is a letter, not a database. " * 200)
    found = await here.the("database")
    assert found["status"] == "fail"
    assert "cannot be read" in found["what"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ("UPDATE alembic_version SET version_num = '9999_later'", "fail"),
        ("DELETE FROM alembic_version", "warn"),
        ("DROP TABLE alembic_version", "warn"),
    ],
)
async def test_another_schema_than_ours_is_told(
    here: Installation, change: str, status: str
) -> None:
    with closing(sqlite3.connect(here.database)) as connection, connection:
        connection.execute(change)
    assert (await here.the("schema"))["status"] == status


async def test_a_fault_in_a_method_of_ones_own_is_told_with_its_line(here: Installation) -> None:
    here.change("[matrix]", 'prompts_dir = "mine"\n[matrix]')
    own = here.config.parent / "mine" / "rowing"
    own.mkdir(parents=True)
    (own / "method.toml").write_text('titel = "Rowing"\n')
    found = [each for each in await here.findings("--offline") if each["about"] == "method rowing"]
    assert found
    assert {each["status"] for each in found} == {"fail"}
    assert [each for each in found if f"{own / 'method.toml'}:1" in each["what"]]


async def test_a_folder_of_methods_that_is_not_there_fails(here: Installation) -> None:
    here.change("[matrix]", 'prompts_dir = "mine"\n[matrix]')
    assert (await here.the("methods", "--offline"))["status"] == "fail"


async def test_looking_changes_nothing_and_waits_for_no_writer(here: Installation) -> None:
    with (
        lock(here.data),
        closing(sqlite3.connect(here.database, isolation_level=None)) as connection,
    ):
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM circle")
        before = {path: path.read_bytes() for path in here.data.iterdir() if path.is_file()}
        assert (await here.check()).status == 0
        after = {path: path.read_bytes() for path in here.data.iterdir() if path.is_file()}
        assert {k: v for k, v in after.items() if not k.name.endswith("-shm")} == {
            k: v for k, v in before.items() if not k.name.endswith("-shm")
        }


async def test_looking_leaves_a_database_as_a_crash_left_it(here: Installation) -> None:
    names = ("circlekeeper.sqlite3", "circlekeeper.sqlite3-wal")
    with closing(sqlite3.connect(here.database)) as connection:
        connection.execute("SELECT * FROM circle").fetchall()
        await here.circle("North")
        left = {here.data / name: (here.data / name).read_bytes() for name in names}
    for path, content in left.items():
        path.write_bytes(content)
    assert (await here.check("--offline")).status == 0
    assert {path: path.read_bytes() for path in left} == left


async def test_a_homeserver_that_does_not_answer_ends_the_look_at_it(
    here: Installation,
) -> None:
    port = here.config.read_text().partition("127.0.0.1:")[2].partition('"')[0]
    here.change(f":{port}", ":1")
    found = await here.findings()
    assert [each["about"] for each in found if each["status"] == "fail"] == ["homeserver"]
    (there,) = [each for each in found if each["about"] == "homeserver"]
    assert "nothing listens there" in there["what"]
    assert found[-1]["status"] == "left", "the account was not asked for"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (502, {}, "it says 502"),
        (200, {"name": "a shop"}, "it speaks something else"),
        (200, {"versions": ["r0.6.1"]}, "too old"),
    ],
)
async def test_what_is_no_homeserver_of_today_fails(
    tmp_path: Path,
    synapse: Synapse,
    new_account: NewAccount,
    status: int,
    body: dict[str, Any],
    words: str,
) -> None:
    async with FaultyProxy(synapse.base_url) as proxy:
        here = await install(tmp_path, proxy.url, await new_account("keeper"))
        proxy.before(matching="other", do=answering(status, body), times=None)
        found = await here.the("homeserver")
    assert found["status"] == "fail"
    assert words in found["what"]


@pytest.mark.parametrize(
    ("ahead", "status", "way"), [(30, "warn", "behind"), (-30, "warn", "ahead"), (600, "fail", "")]
)
async def test_a_clock_that_is_wrong_is_told(
    tmp_path: Path,
    synapse: Synapse,
    new_account: NewAccount,
    ahead: int,
    status: str,
    way: str,
) -> None:
    async with FaultyProxy(synapse.base_url) as proxy:
        here = await install(tmp_path, proxy.url, await new_account("keeper"))
        theirs = datetime.now(UTC) + timedelta(seconds=ahead)  # noqa: TID251 - the real clock
        date = format_datetime(theirs, usegmt=True)
        said = answering(200, {"versions": ["v1.11"]}, Date=date)
        proxy.before(matching=lambda asked: asked.path.endswith("/versions"), do=said)
        found = await here.the("clock")
    assert found["status"] == status
    assert way in found["what"]


async def test_a_dead_login_fails(here: Installation, keeper: Human) -> None:
    await keeper.call("POST", "logout", {})
    found = await here.the("account")
    assert found["status"] == "fail"
    assert "init --login" in found["todo"]


async def test_a_login_of_another_device_fails(here: Installation) -> None:
    keep_login(here.data / "secrets.toml", here.bot.access_token, "OTHER")
    found = await here.the("account")
    assert found["status"] == "fail"
    assert f"{here.bot.device_id}, not to OTHER" in found["what"]


async def test_a_login_of_somebody_else_fails(here: Installation, new_account: NewAccount) -> None:
    other = await new_account("other")
    keep_login(here.data / "secrets.toml", other.access_token, other.device_id)
    found = await here.the("account")
    assert found["status"] == "fail"
    assert other.user_id in found["what"]


async def test_a_room_where_the_bot_is_not_fails(here: Installation, new_human: NewHuman) -> None:
    ana = await new_human("ana")
    await here.circle("North", await ana.create_room("north"))
    found = await here.the("circle North")
    assert found["status"] == "fail"
    assert "is not in" in found["what"]


async def test_a_room_that_put_the_bot_out_fails(here: Installation, keeper: Human) -> None:
    await here.circle("North", await keeper.create_room("north"), "!gone:circle.test")
    with closing(sqlite3.connect(here.database)) as connection, connection:
        connection.execute("UPDATE room SET gone = 1 WHERE room = '!gone:circle.test'")
    found = [each for each in await here.findings() if each["about"] == "circle North"]
    assert sorted(each["status"] for each in found) == ["fail", "ok"]
    assert "is not in !gone:circle.test" in "".join(each["what"] for each in found)


async def test_posts_that_did_not_arrive_of_late_are_told(here: Installation) -> None:
    north, south = await here.circle("North", "!n:circle.test"), await here.circle("South", "!s:x")
    await here.lose(north, "!n:circle.test", State.REFUSED, 6)
    await here.lose(north, "!n:circle.test", State.SKIPPED, 1)
    await here.lose(south, "!s:x", State.REFUSED, 8)
    found = await here.the("circle North", "--offline")
    assert found["status"] == "warn"
    assert "roll-call in !n:circle.test (the room refused it)" in found["what"]
    assert "roll-call in !n:circle.test (it was too late)" in found["what"]
    assert "!circle status" in found["todo"]
    assert "circle South" not in [each["about"] for each in await here.findings("--offline")]


@pytest.mark.parametrize(
    ("levels", "status"),
    [
        ({"events_default": 50}, "fail"),
        ({"events_default": 50, "events": {"m.room.message": 0}}, "ok"),
        ({"events": {"m.room.message": 10}}, "fail"),
        ({"events": {"m.room.message": 10}, "users_default": 10}, "ok"),
    ],
)
@pytest.mark.parametrize("version", ["11", "12"])
async def test_a_room_where_the_bot_may_not_write_fails(
    here: Installation,
    keeper: Human,
    new_human: NewHuman,
    levels: dict[str, Any],
    status: str,
    version: str,
) -> None:
    ana = await new_human("ana")
    room = await ana.create_room(
        "north", invite=[keeper.user_id], room_version=version,
        power_level_content_override=levels,
    )  # fmt: skip
    await keeper.join(room)
    await here.circle("North", room)
    assert (await here.the("circle North"))["status"] == status


async def test_an_encrypted_room_is_warned_of(here: Installation, keeper: Human) -> None:
    room = await keeper.create_room("north")
    await keeper.set_state(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    await here.circle("North", room)
    found = await here.the("circle North")
    assert found["status"] == "warn"
    assert "encrypted" in found["what"]


async def test_every_room_of_every_circle_is_looked_at(here: Installation, keeper: Human) -> None:
    rooms = [await keeper.create_room(name) for name in ("one", "two", "three")]
    await here.circle("North", *rooms[:2])
    await here.circle("South", *rooms[2:])
    about = [each["about"] for each in await here.findings()]
    assert (about.count("circle North"), about.count("circle South")) == (2, 1)


async def test_a_circle_that_is_closed_needs_no_rooms(here: Installation) -> None:
    await here.circle("North", "!gone:circle.test", state="closed")
    assert "circle North" not in [each["about"] for each in await here.findings()]


async def test_what_is_not_well_always_says_why_and_what_to_do(
    here: Installation, keeper: Human
) -> None:
    room = await keeper.create_room("north")
    await keeper.set_state(room, "m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})
    await here.circle("North", room, "!nowhere:circle.test")
    here.change('invites_from = ["*:circle.test"]', "")
    here.data.chmod(0o755)
    found = await here.findings()
    assert len([each for each in found if each["status"] != "ok"]) == 4
    assert [each for each in found if incomplete(each)] == []
