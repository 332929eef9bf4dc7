"""The first start: a config and a login that works, or nothing at all."""

import asyncio
import stat
import sysconfig
from pathlib import Path

import pytest
from multidict import CIMultiDict

from adapters.matrix.login import check
from bot.config import Settings, load
from tests.support.command import Ended, circlekeeper, circlekeeper_process
from tests.support.faulty import Answer, Exchange, FaultyProxy, answering
from tests.support.human import Human
from tests.support.synapse import Account, NewAccount, Synapse


async def a_page(_: Exchange) -> Answer:
    """Answer as a web site does that knows nothing of Matrix."""
    return Answer(404, b"<h1>Not here</h1>", CIMultiDict({"Content-Type": "text/html"}))


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "home" / "config.toml"


@pytest.fixture
async def bot(new_account: NewAccount) -> Account:
    return await new_account("keeper")


async def init(config: Path, synapse: Synapse, bot: Account, *more: str, **env: str) -> Ended:
    """Run a headless init; what is given in capitals stands in the environment."""
    return await circlekeeper(
        "init",
        *("--config", config),
        *("--homeserver", synapse.base_url),
        *("--user-id", bot.user_id),
        *("--run-by", "Ana"),
        *more,
        env=env,
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def everything_in(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.rglob("*") if path.is_file())


def token_of(settings: Settings) -> str:
    assert settings.matrix.access_token is not None
    return settings.matrix.access_token.get_secret_value()


async def test_a_password_makes_a_config_and_a_login_that_works(
    config: Path, synapse: Synapse, bot: Account
) -> None:
    ended = await init(
        config, synapse, bot, "--organiser", "@ana:circle.test", CIRCLEKEEPER_PASSWORD=bot.password
    )
    assert ended.status == 0
    settings = load(config)
    known = await check(synapse.base_url, token_of(settings), settings.matrix.device_id or "")
    assert known.user_id == bot.user_id == settings.matrix.user_id
    assert settings.circlekeeper.organisers == ("@ana:circle.test",)
    assert settings.matrix.invites_from == ("@ana:circle.test",)
    assert f"  circlekeeper check --config {config}\n" in ended.said
    assert ended.said.endswith(f"  circlekeeper run --config {config}\n")


async def test_what_is_written_is_for_its_owner_and_holds_no_password(
    config: Path, synapse: Synapse, bot: Account
) -> None:
    ended = await init(config, synapse, bot, CIRCLEKEEPER_PASSWORD=bot.password)
    settings = load(config)
    assert mode(config) == mode(settings.secrets) == 0o600
    assert mode(settings.data_dir) == 0o700
    assert bot.password not in everything_in(config.parent) + ended.all
    assert token_of(settings) not in config.read_text() + ended.all
    assert "# Who may invite the bot into rooms" in config.read_text()


async def test_only_what_is_not_known_is_asked(
    config: Path, synapse: Synapse, bot: Account
) -> None:
    answers = ["matrix", synapse.base_url, bot.user_id, "Ana", "@ana:circle.test", "Europe/Madrid"]
    ended = await circlekeeper(
        "init", "--config", config, answers="\n".join([*answers, bot.password, ""])
    )
    assert ended.status == 0
    settings = load(config)
    assert settings.circlekeeper.time_zone == "Europe/Madrid"
    assert settings.circlekeeper.run_by == "Ana"
    assert settings.circlekeeper.contact == "@ana:circle.test"
    assert bot.password not in ended.all
    assert ended.said.count(": ") >= len(answers) + 1


async def test_nothing_is_asked_when_enough_is_given(
    config: Path, synapse: Synapse, bot: Account
) -> None:
    ended = await init(config, synapse, bot, CIRCLEKEEPER_PASSWORD=bot.password, TZ="Asia/Tokyo")
    assert ended.status == 0
    assert "questions" not in ended.said
    assert load(config).circlekeeper.time_zone == "Asia/Tokyo"
    assert load(config).matrix.invites_from == ("*:circle.test",)


async def test_the_environment_alone_is_enough(
    config: Path, synapse: Synapse, bot: Account
) -> None:
    given = {
        "CIRCLEKEEPER_CONFIG": str(config),
        "CIRCLEKEEPER_MATRIX__HOMESERVER": synapse.base_url,
        "CIRCLEKEEPER_MATRIX__USER_ID": bot.user_id,
        "CIRCLEKEEPER_RUN_BY": "Ana",
        "CIRCLEKEEPER_PASSWORD": bot.password,
    }
    ended = await circlekeeper_process("init", env=given)
    assert (ended.status, ended.complained) == (0, "")
    assert load(config).matrix.user_id == bot.user_id
    assert mode(config) == 0o600
    assert mode(config.parent) == 0o700


async def test_an_answer_that_cannot_be_used_is_asked_for_again(
    config: Path, synapse: Synapse, bot: Account
) -> None:
    answers = ["irc", "matrix", "ftp://x", synapse.base_url, "keeper", bot.user_id]
    answers += [" ", "Ana", "", "Mars", "UTC"]
    ended = await circlekeeper(
        "init", "--config", config, answers="\n".join([*answers, bot.password, ""])
    )
    assert ended.status == 0
    for said in (
        "say discord, matrix, both, not irc",
        "not the address",
        "not a Matrix id",
        "It is empty",
        "no time zone “Mars”",
    ):
        assert said in ended.all
    assert load(config).circlekeeper.organisers == ()


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://127.0.0.1:1", "nothing listens there"),
        ("nowhere.invalid", "no server is known by that name"),
    ],
)
async def test_an_address_where_nothing_answers_is_asked_for_again_at_once(
    config: Path, synapse: Synapse, bot: Account, address: str, why: str
) -> None:
    answers = ["matrix", address, synapse.base_url, bot.user_id, "Ana", "", "UTC", bot.password, ""]
    ended = await circlekeeper("init", "--config", config, answers="\n".join(answers))
    assert ended.status == 0
    told = ended.all.partition(why)
    assert "cannot be used" in told[0]
    assert "Matrix id" not in told[0], "nothing else was asked before"
    assert load(config).matrix.homeserver == synapse.base_url


async def test_a_page_that_is_no_homeserver_is_told(config: Path, synapse: Synapse) -> None:
    async with FaultyProxy(synapse.base_url) as proxy:
        proxy.before(matching="*", do=a_page, times=None)
        ended = await circlekeeper("init", "--config", config, answers=f"matrix\n{proxy.url}\n")
    assert "no Matrix homeserver" in ended.all
    assert not config.parent.exists()


async def test_a_given_address_is_looked_at_before_anything_is_asked(config: Path) -> None:
    ended = await circlekeeper("init", "--config", config, "--homeserver", "http://127.0.0.1:1")
    assert ended.status == 2
    assert "Matrix id" not in ended.all
    assert "nothing listens there" in ended.complained
    assert "Nothing was written" in ended.complained


async def test_a_servers_name_leads_to_its_homeserver(
    config: Path, synapse: Synapse, bot: Account
) -> None:
    there = {"m.homeserver": {"base_url": f"{synapse.base_url}/"}}
    async with FaultyProxy(synapse.base_url) as proxy:
        proxy.before(
            matching=lambda asked: asked.path == "/.well-known/matrix/client",
            do=answering(200, there),
        )
        answers = ["matrix", proxy.url, bot.user_id, "Ana", "", "UTC", bot.password, ""]
        ended = await circlekeeper("init", "--config", config, answers="\n".join(answers))
    assert ended.status == 0
    assert f"Its homeserver is {synapse.base_url}" in ended.said
    assert load(config).matrix.homeserver == synapse.base_url


async def test_enter_instead_of_a_password_asks_for_an_access_token(
    config: Path, synapse: Synapse, bot: Account
) -> None:
    answers = ["matrix", synapse.base_url, bot.user_id, "Ana", "", "UTC", "", bot.access_token, ""]
    ended = await circlekeeper("init", "--config", config, answers="\n".join(answers))
    assert ended.status == 0
    assert token_of(load(config)) == bot.access_token
    assert bot.access_token not in ended.all


async def test_stopping_in_the_middle_of_the_questions_writes_nothing(
    config: Path, synapse: Synapse
) -> None:
    ended = await circlekeeper("init", "--config", config, answers=f"matrix\n{synapse.base_url}\n")
    assert ended.status == 1
    assert not config.parent.exists()


async def test_an_access_token_is_kept_with_the_device_that_the_homeserver_names(
    config: Path, synapse: Synapse, bot: Account
) -> None:
    ended = await circlekeeper(
        "init",
        *("--config", config, "--homeserver", synapse.base_url, "--run-by", "Ana", "--yes"),
        env={"CIRCLEKEEPER_MATRIX__ACCESS_TOKEN": bot.access_token},
    )
    assert ended.status == 0
    settings = load(config)
    assert settings.matrix.user_id == bot.user_id
    assert (token_of(settings), settings.matrix.device_id) == (bot.access_token, bot.device_id)


async def test_secrets_may_come_from_files(
    config: Path, synapse: Synapse, bot: Account, tmp_path: Path
) -> None:
    file = tmp_path / "password"
    file.write_text(f"{bot.password}\n")
    ended = await init(config, synapse, bot, "--password-file", str(file))
    assert ended.status == 0
    assert load(config).matrix.access_token is not None


@pytest.mark.parametrize("flag", ["--password", "--access-token"])
async def test_no_flag_takes_a_secret(
    config: Path, synapse: Synapse, bot: Account, flag: str
) -> None:
    ended = await init(config, synapse, bot, flag, bot.password)
    assert ended.status == 2
    assert not config.parent.exists()


async def test_a_wrong_password_writes_nothing_and_says_what_to_do(
    config: Path, synapse: Synapse, bot: Account
) -> None:
    ended = await init(config, synapse, bot, CIRCLEKEEPER_PASSWORD="wrong-" + bot.password)
    assert ended.status == 2
    assert "does not accept this password" in ended.complained
    assert "try again. Nothing was written." in ended.complained
    assert bot.password not in ended.all
    assert not config.parent.exists()


@pytest.mark.parametrize(
    ("env", "words"),
    [
        ({"CIRCLEKEEPER_MATRIX__ACCESS_TOKEN": "syt_dead"}, "does not know this access token"),
        ({"CIRCLEKEEPER_PASSWORD": "x", "CIRCLEKEEPER_TIME_ZONE": "Mars"}, "no time zone “Mars”"),
    ],
)
async def test_what_cannot_work_writes_nothing(
    config: Path, synapse: Synapse, bot: Account, env: dict[str, str], words: str
) -> None:
    ended = await init(config, synapse, bot, **env)
    assert ended.status == 2
    assert words in ended.complained
    assert not config.parent.exists()


async def test_a_token_with_another_device_is_refused(
    config: Path, synapse: Synapse, bot: Account
) -> None:
    ended = await init(
        config, synapse, bot, "--device-id", "OTHER",
        CIRCLEKEEPER_MATRIX__ACCESS_TOKEN=bot.access_token,
    )  # fmt: skip
    assert ended.status == 2
    assert f"belongs to the device {bot.device_id}, not to OTHER" in ended.complained
    assert not config.parent.exists()


async def test_a_token_of_somebody_else_is_refused(
    config: Path, synapse: Synapse, bot: Account, new_account: NewAccount
) -> None:
    other = await new_account("other")
    ended = await init(config, synapse, bot, CIRCLEKEEPER_MATRIX__ACCESS_TOKEN=other.access_token)
    assert ended.status == 2
    assert f"belongs to {other.user_id}, not to {bot.user_id}" in ended.complained
    assert not config.parent.exists()


async def test_a_homeserver_that_does_not_answer_writes_nothing(config: Path, bot: Account) -> None:
    ended = await circlekeeper(
        "init",
        *("--config", config, "--homeserver", "http://127.0.0.1:1"),
        *("--user-id", bot.user_id, "--run-by", "Ana"),
        env={"CIRCLEKEEPER_PASSWORD": bot.password},
    )
    assert ended.status == 2
    assert "http://127.0.0.1:1 cannot be used now" in ended.complained
    assert "nothing listens there" in ended.complained
    assert "Error" not in ended.complained
    assert "Nothing was written" in ended.complained
    assert not config.parent.exists()


async def test_without_questions_everything_that_is_missing_is_named(config: Path) -> None:
    ended = await circlekeeper("init", "--config", config, "--yes", "--platform", "matrix")
    assert ended.status == 2
    for flag in ("--homeserver", "--user-id", "--run-by", "--password-file"):
        assert flag in ended.complained
    assert not config.parent.exists()


async def test_a_config_that_is_there_stays_as_it_is(
    config: Path, synapse: Synapse, bot: Account
) -> None:
    await init(config, synapse, bot, CIRCLEKEEPER_PASSWORD=bot.password)
    before = everything_in(config.parent)
    again = await init(config, synapse, bot, "--run-by", "Eve", CIRCLEKEEPER_PASSWORD=bot.password)
    assert again.status == 2
    assert "left everything as it is" in again.complained
    assert everything_in(config.parent) == before


async def test_a_login_that_is_there_stays_as_it_is(
    config: Path, synapse: Synapse, bot: Account
) -> None:
    await init(config, synapse, bot, CIRCLEKEEPER_PASSWORD=bot.password)
    config.unlink()
    before = everything_in(config.parent)
    again = await init(config, synapse, bot, CIRCLEKEEPER_PASSWORD=bot.password)
    assert again.status == 2
    assert everything_in(config.parent) == before


async def test_force_begins_anew(config: Path, synapse: Synapse, bot: Account) -> None:
    await init(config, synapse, bot, CIRCLEKEEPER_PASSWORD=bot.password)
    before = token_of(load(config))
    again = await init(
        config, synapse, bot, "--run-by", "Eve", "--force", CIRCLEKEEPER_PASSWORD=bot.password
    )
    assert again.status == 0
    assert load(config).circlekeeper.run_by == "Eve"
    assert token_of(load(config)) != before
    assert mode(config) == 0o600


async def test_a_failed_login_with_force_leaves_what_was_there(
    config: Path, synapse: Synapse, bot: Account
) -> None:
    await init(config, synapse, bot, CIRCLEKEEPER_PASSWORD=bot.password)
    before = everything_in(config.parent)
    again = await init(config, synapse, bot, "--force", CIRCLEKEEPER_PASSWORD="wrong")
    assert again.status == 2
    assert everything_in(config.parent) == before


async def test_a_dead_login_is_replaced_and_the_config_stays(
    config: Path, synapse: Synapse, bot: Account
) -> None:
    await init(config, synapse, bot, CIRCLEKEEPER_PASSWORD=bot.password)
    written = config.read_bytes()
    dead, device = token_of(load(config)), load(config).matrix.device_id
    async with Human(synapse.base_url, bot.user_id, dead) as session:
        await session.call("POST", "logout", {})
    again = await circlekeeper(
        "init", "--login", "--config", config, env={"CIRCLEKEEPER_PASSWORD": bot.password}
    )
    assert again.status == 0
    assert config.read_bytes() == written
    assert token_of(load(config)) != dead
    assert load(config).matrix.device_id == device, "repeated posts are known by the device"
    known = await check(synapse.base_url, token_of(load(config)))
    assert known.user_id == bot.user_id


async def test_a_login_that_cannot_be_read_is_replaced(
    config: Path, synapse: Synapse, bot: Account
) -> None:
    await init(config, synapse, bot, CIRCLEKEEPER_PASSWORD=bot.password)
    load(config).secrets.write_text("[matrix")
    again = await circlekeeper(
        "init", "--login", "--config", config, env={"CIRCLEKEEPER_PASSWORD": bot.password}
    )
    assert again.status == 0
    assert (await check(synapse.base_url, token_of(load(config)))).user_id == bot.user_id


async def test_a_new_login_needs_a_password_or_a_token(
    config: Path, synapse: Synapse, bot: Account
) -> None:
    await init(config, synapse, bot, CIRCLEKEEPER_PASSWORD=bot.password)
    before = everything_in(config.parent)
    again = await circlekeeper("init", "--login", "--yes", "--config", config)
    assert again.status == 2
    assert "--password-file" in again.complained
    assert everything_in(config.parent) == before


async def test_a_password_in_the_clear_is_warned_of(config: Path, bot: Account) -> None:
    ended = await circlekeeper(
        "init",
        *("--config", config, "--homeserver", "http://homeserver.invalid"),
        *("--user-id", bot.user_id, "--run-by", "Ana"),
        env={"CIRCLEKEEPER_PASSWORD": bot.password},
    )
    assert ended.status == 2
    assert "Careful: [matrix] homeserver begins with http://" in ended.complained


@pytest.mark.parametrize("on_path", [True, False])
async def test_a_command_is_named_as_it_can_be_typed(tmp_path: Path, *, on_path: bool) -> None:
    scripts = Path(sysconfig.get_path("scripts"))
    process = await asyncio.create_subprocess_exec(
        scripts / "circlekeeper", "check",
        cwd=tmp_path,
        env={"PATH": str(scripts) if on_path else str(tmp_path)},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, _ = await process.communicate()
    name = "circlekeeper" if on_path else str(scripts / "circlekeeper")
    assert f"do: Run {name} init to make one" in " ".join(said.decode().split())


@pytest.mark.parametrize(
    ("flag", "word", "said"),
    [
        ("--play", "boss", "say facilitator or member, not boss"),
        ("--seed", "x", "write a whole number, not x"),
    ],
)
async def test_a_wrong_word_for_the_demo_is_answered_plainly(
    flag: str, word: str, said: str
) -> None:
    ended = await circlekeeper("demo", flag, word)
    assert ended.status == 2
    assert said in ended.complained
    assert "Value error" not in ended.complained


async def test_the_help_comes_without_the_heavy_libraries() -> None:
    ended = await circlekeeper_process("--help", env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert ended.status == 0
    assert "restore" in ended.said
    loaded = {line.rpartition("|")[2].strip() for line in ended.complained.splitlines()}
    assert "typer" in loaded
    assert not loaded & {
        "nio",
        "sqlalchemy",
        "sqlmodel",
        "scipy",
        "pydantic",
        "apscheduler",
        "discord",
        "segno",
    }
