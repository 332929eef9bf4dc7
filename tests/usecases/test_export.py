"""A circle leaves as files, with names only as agreed; lists of people come in."""

import asyncio
import csv
import io
import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.conversation.model import DomainError, Kind
from bot.rights.exporting import ExportCircle
from bot.runtime import write_folder
from tests.support.scene import ANA, BEN, FAY, Scene, fresh_database, scene

CONFIG = """
[circlekeeper]
run_by = "Fay"
organisers = ["@fay:example.org"]

[matrix]
homeserver = "http://127.0.0.1:9"
user_id = "@keeper:example.org"
access_token = "x"
device_id = "D"
"""


async def circle(here: Scene) -> None:
    """Live as far as two answers: one by Ana, who is not named, one by Ben, who is."""
    await here.say(FAY, "!circle new north 2026-03-16")
    await here.join(ANA, "yes yes yes no")
    await here.join(BEN, "yes no yes yes")
    await here.say(FAY, "!circle open north")
    posts = await here.tick(datetime(2026, 3, 10, 9, tzinfo=UTC))
    (row,) = [post for post in posts if post.prompt == "roll-call"]
    await here.sent(row, "$roll")
    await here.say(ANA, "=1+1 is what Ana says", thread="$roll", id="$by-ana")
    await here.say(BEN, "I agree with Ana", thread="$roll", id="$by-ben")


async def test_an_export_names_only_who_agreed_also_in_the_words_of_others(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:
        await circle(here)
        files = await ExportCircle(here.application.database.look)("north")
    whole = "\n".join(files.values())
    assert "Ana" not in whole
    assert "$by-ana" not in whole
    assert ANA not in whole
    rows = list(csv.DictReader(io.StringIO(files["answers.csv"])))
    assert [(r["member"], r["text"]) for r in rows] == [
        ("member 1", "'=1+1 is what [a member] says"),
        ("Ben", "I agree with [a member]"),
    ]
    record = [json.loads(each) for each in files["record.jsonl"].splitlines()]
    assert [each["id"] for each in record] == ["1", "$by-ben"]
    counted = list(csv.DictReader(io.StringIO(files["contributions.csv"])))
    assert {each["member"] for each in counted} == {"member 1"}, "Ben did not agree to be counted"


async def test_whose_an_answer_without_a_name_is_stands_nowhere(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:
        await circle(here)
        here.clock.advance(minutes=7)
        given = (("words", "Ben has a secret"), ("show", "unnamed"))
        await here.say(BEN, "answer", kind=Kind.COMMAND, given=given, id="$click")
        files = await ExportCircle(here.application.database.look)("north")
    (row,) = [
        r
        for r in csv.DictReader(io.StringIO(files["answers.csv"]))
        if r["text"] == "[a member] has a secret"
    ]
    assert (row["member"], row["answered_at"]) == ("a member", "2026-03-10T00:00:00+00:00")
    (line,) = [each for each in files["record.jsonl"].splitlines() if "secret" in each]
    assert "Ben" not in line
    assert "$click" not in line
    assert ":07:" not in line


async def test_who_is_not_named_is_not_told_by_role_place_or_day(tmp_path: Path) -> None:
    async with scene(tmp_path) as here:
        await circle(here)
        files = await ExportCircle(here.application.database.look)("north")
    rows = list(csv.reader(io.StringIO(files["members.csv"])))
    named, *others = rows[1:]
    assert (named[0], named[1], named[3][:4]) == ("Ben", "member", "2026")
    assert others == [["member 1", "", "joined", ""], ["member 2", "", "joined", ""]]
    assert "facilitator" not in files["members.csv"]
    steps = list(csv.DictReader(io.StringIO(files["steps.csv"])))
    assert {row["by"] for row in steps} == {""}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Give a config whose login comes from the environment."""
    path = tmp_path / "config.toml"
    kept = [line for line in CONFIG.splitlines() if not line.startswith(("access", "device"))]
    path.write_text("\n".join(kept))
    path.chmod(0o600)
    assert tomllib.loads(path.read_text())
    return path


def run(config: Path, *words: str) -> tuple[int, str]:
    env = {"CIRCLEKEEPER_MATRIX__ACCESS_TOKEN": "x", "CIRCLEKEEPER_MATRIX__DEVICE_ID": "D"}
    done = CliRunner(env=env).invoke(app, [*words, "--config", str(config)])
    return done.exit_code, done.output


def test_without_a_database_both_say_what_to_do_and_make_none(config: Path) -> None:
    listed = config.parent / "people.csv"
    listed.write_text("id\n@ana:example.org\n")
    for words in (("sign-ups", "north", str(listed)), ("export", "north")):
        code, said = run(config, *words)
        assert code != 0
        assert "run the bot first" in said
    assert not (config.parent / "data" / "circlekeeper.sqlite3").exists()


def test_an_export_overwrites_nothing_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    out = tmp_path / "exports" / "north"
    with pytest.raises(DomainError, match="Nothing was kept"):
        write_folder(out, {"members.csv": "id\n", "no such folder/answers.csv": ""})
    assert list(tmp_path.rglob("*")) == [out.parent]
    write_folder(out, {"members.csv": "id\n"})
    with pytest.raises(DomainError, match=f"There is already a folder {out}. Name another with"):
        write_folder(out, {"members.csv": "other\n"})
    assert (out / "members.csv").read_text() == "id\n"
    assert list(out.parent.iterdir()) == [out]


def test_a_list_in_another_encoding_is_refused_with_how_to_save_it(config: Path) -> None:
    listed = config.parent / "people.csv"
    listed.write_bytes("id,name\n@ana:example.org,Aña\n".encode("latin-1"))
    (config.parent / "data").mkdir()
    asyncio.run(_prepare(config.parent / "data"))
    code, said = run(config, "sign-ups", "north", str(listed))
    assert code != 0
    assert "CSV UTF-8" in said
    assert "codec" not in said


async def _prepare(folder: Path) -> None:
    database = await fresh_database(folder / "circlekeeper.sqlite3")
    await database.aclose()


def test_a_list_with_a_fault_changes_nothing_and_names_the_row(config: Path) -> None:
    (config.parent / "data").mkdir()
    asyncio.run(_prepare(config.parent / "data"))
    listed = config.parent / "people.csv"
    listed.write_text("id,zone\n@ana:example.org,Mars\n")
    code, said = run(config, "sign-ups", "north", str(listed))
    assert code != 0
    assert "Row 2, column zone" in said
    listed.write_text("id,zone\n@ana:example.org,UTC\n")
    code, said = run(config, "sign-ups", "north", str(listed))
    assert code != 0
    assert "There is no circle north" in said
