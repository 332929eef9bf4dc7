"""The first start on Discord: a token that works, and how to invite the bot; or nothing at all."""

import stat
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from adapters.discord import invitation
from bot.config import Settings, keep_token, load
from tests.support.command import Ended, circlekeeper
from tests.support.discord import permissions
from tests.support.discord.server import StandIn
from tests.support.synapse import NewAccount, Synapse


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "home" / "config.toml"


async def init(config: Path, discord: StandIn, *more: str, **env: str) -> Ended:
    """Run a headless init; what is given in capitals stands in the environment."""
    given = {"CIRCLEKEEPER_DISCORD__TOKEN": discord.token} | env
    return await circlekeeper(
        "init", "--config", config, "--run-by", "Ana", *more, env=given, discord=discord
    )


def token_of(settings: Settings) -> str:
    assert settings.discord is not None
    assert settings.discord.token is not None
    return settings.discord.token.get_secret_value()


def everything_in(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.rglob("*") if path.is_file())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def link_in(said: str) -> str:
    (link,) = [line for line in said.splitlines() if line.startswith("https://discord.com/oauth2")]
    return link


async def test_a_token_in_the_environment_makes_a_config_and_is_kept_apart(
    config: Path, discord: StandIn
) -> None:
    ended = await init(config, discord, "--organiser", "80351110224678912")
    assert ended.status == 0
    settings = load(config)
    assert settings.matrix is None
    assert token_of(settings) == discord.token
    assert settings.circlekeeper.organisers == ("80351110224678912",)
    assert settings.circlekeeper.admins == ("80351110224678912",)
    assert mode(config) == mode(settings.secrets) == 0o600
    assert mode(settings.data_dir) == 0o700
    assert "# Whether the bot reads everything" in config.read_text()
    assert "questions" not in ended.said
    assert ended.said.endswith(f"  circlekeeper run --config {config}\n")


async def test_the_token_is_shown_nowhere(config: Path, discord: StandIn) -> None:
    ended = await init(config, discord)
    assert discord.token not in config.read_text() + ended.all
    assert discord.token in load(config).secrets.read_text()


async def test_the_invitation_asks_for_exactly_what_is_explained(
    config: Path, discord: StandIn
) -> None:
    ended = await init(config, discord)
    asked = parse_qs(urlsplit(link_in(ended.said)).query)
    assert asked["client_id"] == [str(discord.world.application.id)]
    assert asked["scope"] == ["bot applications.commands"]
    granted = int(asked["permissions"][0])
    assert granted == sum(
        getattr(permissions, name)
        for name in (
            "VIEW_CHANNEL", "SEND_MESSAGES", "SEND_IN_THREADS", "CREATE_PUBLIC_THREADS",
            "EMBED_LINKS", "ATTACH_FILES", "READ_HISTORY",
        )
    )  # fmt: skip
    assert granted == permissions.INVITED, "the stand-in lets the bot in with the same"
    assert not granted & permissions.ADMINISTRATOR
    assert all(each.title in ended.said for each in invitation.ASKED)


async def test_the_same_link_is_there_for_a_phone(config: Path, discord: StandIn) -> None:
    ended = await init(config, discord)
    picture = [line for line in ended.said.splitlines() if line.startswith("████")]
    assert len(picture) > 20
    assert len({len(line) for line in picture}) == 1
    assert len(picture[0]) < 80


async def test_the_switch_for_reading_is_explained(config: Path, discord: StandIn) -> None:
    said = (await init(config, discord)).said
    assert "reads only what is meant for it" in said
    assert "“Message Content Intent” and “Server Members Intent”" in said
    assert "read_rooms = true" in said


async def test_reading_that_is_not_switched_on_in_the_portal_is_warned_of(
    config: Path, discord: StandIn
) -> None:
    discord.world.application.intents = 0
    ended = await init(config, discord, CIRCLEKEEPER_DISCORD__READ_ROOMS="true")
    assert ended.status == 0
    assert "Careful: not both are switched on yet" in ended.complained
    assert "read_rooms = true" in config.read_text()


async def test_only_what_is_not_known_is_asked_and_the_owner_is_proposed(
    config: Path, discord: StandIn
) -> None:
    answers = ["discord", discord.token, "Ana", "", "Europe/Madrid", ""]
    ended = await circlekeeper(
        "init", "--config", config, answers="\n".join(answers), discord=discord
    )
    assert ended.status == 0
    settings = load(config)
    assert token_of(settings) == discord.token
    assert settings.circlekeeper.run_by == "Ana"
    assert settings.circlekeeper.organisers == (str(discord.world.operator.id),)
    assert settings.circlekeeper.time_zone == "Europe/Madrid"
    assert "Homeserver" not in ended.said
    assert discord.token not in ended.all


async def test_an_answer_that_cannot_be_used_is_asked_for_again(
    config: Path, discord: StandIn
) -> None:
    dead = discord.token.replace("stand-in", "past")
    answers = ["discord", "my-secret", dead, discord.token, "Ana", "ana", "-", "UTC", ""]
    ended = await circlekeeper(
        "init", "--config", config, answers="\n".join(answers), discord=discord
    )
    assert ended.status == 0
    assert "This is not a bot's token" in ended.complained
    assert "Discord does not accept this token" in ended.complained
    assert "“ana” is not a Discord user id" in ended.all
    assert load(config).circlekeeper.organisers == ()
    assert not [word for word in ("my-secret", dead, discord.token) if word in ended.all]


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("my-secret", "not a bot's token"),
        ("ODAzNTExMTAyMjQ2Nzg5MTI.of.nobody", "Discord does not accept this token"),
    ],
)
async def test_a_token_that_does_not_work_writes_nothing(
    config: Path, discord: StandIn, token: str, words: str
) -> None:
    ended = await init(config, discord, CIRCLEKEEPER_DISCORD__TOKEN=token)
    assert ended.status == 2
    assert words in ended.all
    assert token not in ended.all
    assert not config.parent.exists()


async def test_a_discord_that_does_not_answer_writes_nothing(
    config: Path, discord: StandIn
) -> None:
    discord.faults.answer(503, "GET /users/@me")
    ended = await init(config, discord)
    assert ended.status == 2
    assert "Discord answers 503" in ended.complained
    await discord.stop()
    ended = await init(config, discord)
    assert "Discord cannot be reached. Check the network" in ended.complained
    assert "Nothing was written" in ended.complained
    assert not config.parent.exists()


async def test_who_is_asked_for_a_token_is_told_once_to_try_again(
    config: Path, discord: StandIn
) -> None:
    await discord.stop()
    ended = await circlekeeper(
        *("init", "--config", config, "--platform", "discord"),
        answers=f"my-secret\n{discord.token}\n",
        discord=discord,
    )
    assert "three parts with dots between them. Try again.\n" in ended.all
    assert "Check the network, then try again.\n" in ended.all
    assert not config.parent.exists()


async def test_without_questions_the_platform_is_what_is_missing_first(config: Path) -> None:
    ended = await circlekeeper("init", "--config", config, "--yes")
    assert ended.status == 2
    assert "--platform discord, matrix or both" in ended.complained
    ended = await circlekeeper("init", "--config", config, "--yes", "--platform", "discord")
    assert "--discord-token-file" in ended.complained
    assert "--run-by" in ended.complained
    assert "--homeserver" not in ended.complained


async def test_a_platform_that_is_none_is_refused(config: Path) -> None:
    ended = await circlekeeper("init", "--config", config, "--platform", "irc")
    assert ended.status == 2
    assert "say discord, matrix, both, not irc" in ended.all


async def test_a_token_may_come_from_a_file(config: Path, discord: StandIn, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"Bot {discord.token}\n")
    ended = await circlekeeper(
        "init", "--config", config, "--run-by", "Ana", "--discord-token-file", file,
        discord=discord,
    )  # fmt: skip
    assert ended.status == 0
    assert token_of(load(config)) == discord.token


async def test_both_platforms_are_set_up_at_once(
    config: Path, discord: StandIn, synapse: Synapse, new_account: NewAccount
) -> None:
    bot = await new_account("keeper")
    ended = await init(
        config, discord, "--homeserver", synapse.base_url, "--user-id", bot.user_id,
        "--organiser", "@ana:circle.test", "--organiser", "80351110224678912",
        CIRCLEKEEPER_PASSWORD=bot.password,
    )  # fmt: skip
    assert ended.status == 0
    settings = load(config)
    assert settings.matrix is not None
    assert settings.matrix.user_id == bot.user_id
    assert settings.matrix.access_token is not None
    assert settings.matrix.invites_from == ("@ana:circle.test",)
    assert token_of(settings) == discord.token
    assert settings.circlekeeper.organisers == ("@ana:circle.test", "80351110224678912")
    assert link_in(ended.said)


async def test_a_login_that_fails_on_one_platform_writes_nothing_for_the_other(
    config: Path, discord: StandIn, synapse: Synapse, new_account: NewAccount
) -> None:
    bot = await new_account("keeper")
    ended = await init(
        config, discord, "--homeserver", synapse.base_url, "--user-id", bot.user_id,
        CIRCLEKEEPER_PASSWORD="wrong",
    )  # fmt: skip
    assert ended.status == 2
    assert not config.parent.exists()


async def test_a_token_that_was_reset_is_replaced_and_the_config_stays(
    config: Path, discord: StandIn
) -> None:
    await init(config, discord)
    written = config.read_bytes()
    keep_token(load(config).secrets, f"{discord.token}-dead")
    again = await circlekeeper(
        "init", "--login", "--config", config, answers=f"{discord.token}\n", discord=discord
    )
    assert again.status == 0
    assert config.read_bytes() == written
    assert token_of(load(config)) == discord.token
    assert discord.token not in again.all


async def test_a_login_again_on_one_platform_leaves_the_other(
    config: Path, discord: StandIn, synapse: Synapse, new_account: NewAccount
) -> None:
    bot = await new_account("keeper")
    matrix = {"CIRCLEKEEPER_PASSWORD": bot.password}
    await init(
        config, discord, "--homeserver", synapse.base_url, "--user-id", bot.user_id, **matrix
    )
    before = load(config)
    again = await circlekeeper("init", "--login", "--config", config, env=matrix, discord=discord)
    assert again.status == 0
    after = load(config)
    assert after.discord == before.discord
    assert after.matrix != before.matrix
    again = await circlekeeper(
        "init", "--login", "--platform", "discord", "--yes", "--config", config, discord=discord
    )
    assert again.status == 2
    assert "CIRCLEKEEPER_DISCORD__TOKEN" in again.complained


async def test_a_platform_that_the_config_does_not_have_is_not_logged_in_to(
    config: Path, discord: StandIn
) -> None:
    await init(config, discord)
    again = await circlekeeper(
        "init", "--login", "--platform", "matrix", "--config", config, discord=discord
    )
    assert again.status == 2
    assert f"There is no [matrix] in {config}" in again.complained


async def test_an_application_that_nobody_can_invite_is_warned_of(
    config: Path, discord: StandIn
) -> None:
    discord.world.application.needs_code = True
    ended = await init(config, discord)
    assert ended.status == 0
    assert "switch off “Requires OAuth2 Code Grant”" in ended.complained
