"""Settings: read from everywhere, refused in plain words."""

import os
import stat
from pathlib import Path

import pytest

from bot.config import (
    ConfigError,
    Matrix,
    Settings,
    example,
    keep_login,
    keep_token,
    load,
    render,
    require_login,
)
from bot.config.settings import Circlekeeper, Discord

ROOT = Path(__file__).parents[2]
GOOD = """
[circlekeeper]
run_by = "Ana"

[matrix]
homeserver = "https://matrix.example.org"
user_id = "@keeper:example.org"
"""

TOKEN = "ODAzNTExMTAyMjQ2Nzg5MTI.of.a-test"
ON_DISCORD = """
[circlekeeper]
run_by = "Ana"

[discord]
"""


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CIRCLEKEEPER_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(GOOD)
    return path


def faults(path: Path) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        load(path)
    return {fault.key: f"{fault.what} {fault.todo}" for fault in caught.value.faults}


def test_the_example_file_is_what_the_settings_say() -> None:
    assert (ROOT / "config.example.toml").read_text() == example()


def test_the_example_can_be_used_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(example())
    settings = load(path)
    assert settings.circlekeeper.run_by == "Ana Ruiz"
    assert render(settings) == example()


@pytest.mark.parametrize("table", [Circlekeeper, Matrix, Discord])
def test_every_key_but_the_login_is_explained(
    table: type[Circlekeeper | Matrix | Discord],
) -> None:
    text = " ".join(example().replace("\n# ", " ").split())
    for key, info in table.model_fields.items():
        if key in ("access_token", "device_id", "token"):
            assert f"{key} =" not in text
        else:
            assert info.description
            assert info.description in text


def test_what_is_rendered_reads_back_as_the_same(config: Path, tmp_path: Path) -> None:
    config.write_text(
        GOOD.replace(
            "[matrix]",
            'contact = "a \\"b\\" \\n"\norganisers = ["@a:b"]\nprompts_dir = "mine"\n[matrix]',
        )
    )
    before = load(config)
    again = tmp_path / "again.toml"
    again.write_text(render(before))
    assert load(again) == before


def test_keys_that_are_left_out_have_their_defaults(config: Path) -> None:
    own = load(config).circlekeeper
    assert (own.time_zone, own.language, own.command_prefix) == ("UTC", "en", "!")
    assert (own.licence, own.catch_up_hours, own.organisers) == ("CC BY 4.0", 24, ())


def test_folders_start_at_the_folder_of_the_file(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config.write_text(GOOD.replace("[matrix]", 'prompts_dir = "mine"\n[matrix]'))
    monkeypatch.chdir("/")
    settings = load(config)
    assert settings.data_dir == config.parent / "data"
    assert settings.database.parent == settings.data_dir
    assert settings.prompts_dir == config.parent / "mine"


def test_a_folder_may_stand_anywhere(config: Path) -> None:
    config.write_text(GOOD.replace("[matrix]", 'data_dir = "/srv/keeper"\n[matrix]'))
    assert load(config).database.parent == Path("/srv/keeper")


@pytest.mark.parametrize(
    ("old", "new", "key", "words"),
    [
        ('run_by = "Ana"', "", "[circlekeeper] run_by", ["missing", 'run_by = "Ana Ruiz"']),
        ('run_by = "Ana"', 'run_by = " "', "[circlekeeper] run_by", ["empty"]),
        ('run_by = "Ana"', "run_by = 5", "[circlekeeper] run_by", ["words in quotes"]),
        ("run_by", 'time_zone = "Berln"\nrun_by', "[circlekeeper] time_zone", ["Europe/Berlin?"]),
        ("run_by", 'time_zone = "Mars"\nrun_by', "[circlekeeper] time_zone", ["Use a name like"]),
        ("run_by", 'time_zone = "Europe"\nrun_by', "[circlekeeper] time_zone", ["no time zone"]),
        ("run_by", 'time_zone = "../x"\nrun_by', "[circlekeeper] time_zone", ["no time zone"]),
        ("run_by", 'language = "German"\nrun_by', "[circlekeeper] language", ["en or de"]),
        ("run_by", 'organisers = ["ana"]\nrun_by', "[circlekeeper] organisers", ["“ana”"]),
        ("run_by", "admins = 7\nrun_by", "[circlekeeper] admins", ["a list"]),
        ("run_by", "catch_up_hours = 0\nrun_by", "[circlekeeper] catch_up_hours", ["at least 1"]),
        ("run_by", "catch_up_hours = 999\nrun_by", "[circlekeeper] catch_up_hours", ["at most"]),
        ("run_by", 'catch_up_hours = "x"\nrun_by', "[circlekeeper] catch_up_hours", ["a whole"]),
        ("run_by", 'command_prefix = ""\nrun_by', "[circlekeeper] command_prefix", ["a sign"]),
        ("run_by", 'command_prefix = "ck"\nrun_by', "[circlekeeper] command_prefix", ["“ck”"]),
        ("run_by", 'command_prefix = "! "\nrun_by', "[circlekeeper] command_prefix", ["no spaces"]),
        ("run_by", "zone = 1\nrun_by", "[circlekeeper] zone", ["not know", "mean time_zone"]),
        ("https://", "", "[matrix] homeserver", ["not the address", "https://"]),
        ("https://", "ftp://", "[matrix] homeserver", ["not the address"]),
        ("https://", "https://a..", "[matrix] homeserver", ["not an address"]),
        ("https://", "https://ana:pw@", "[matrix] homeserver", ["more than an address"]),
        ('example.org"', 'example.org/?a=b"', "[matrix] homeserver", ["more than an address"]),
        ('example.org"\nuser', 'example.org:x"\nuser', "[matrix] homeserver", ["not an address"]),
        ("@keeper:example.org", "keeper", "[matrix] user_id", ["“keeper”", "@ana:example.org"]),
        ("user_id", 'invites_from = ["all"]\nuser_id', "[matrix] invites_from", ["*:example.org"]),
        ("user_id", 'access_token = "x"\nuser_id', "[matrix] access_token", ["init --login"]),
        ("[matrix]", "[matrixx]", "[matrixx]", ["Did you mean matrix"]),
        ("[matrix]", "[matrixx]", "[discord] or [matrix]", ["no platform", "Add the table"]),
        ("user_id", 'access_tokn = "x"\nuser_id', "[matrix] access_tokn", ["here is: hom"]),
        ("[matrix]", "[discord]\nread_rooms = 5\n[matrix]", "[discord] read_rooms", ["true"]),
        ("[matrix]", "[discord]\nreads = true\n[matrix]", "[discord] reads", ["mean read_rooms?"]),
        ("[matrix]", '[discord]\ntoken = "x"\n[matrix]', "[discord] token", ["init --login"]),
        ("run_by", 'admins = ["80351"]\nrun_by', "[circlekeeper] admins", ["“80351”", "(Discord)"]),
    ],
)  # fmt: skip
def test_a_fault_names_its_key_what_is_wrong_and_what_to_do(
    config: Path, old: str, new: str, key: str, words: list[str]
) -> None:
    assert old in GOOD
    config.write_text(GOOD.replace(old, new, 1))
    found = faults(config)
    assert [word for word in words if word not in found[key]] == []


def test_all_faults_are_told_at_once(config: Path) -> None:
    config.write_text(
        '[circlekeeper]\ntime_zone = "Mars"\n[matrix]\nuser_id = "x"\ndevice_id = "D"'
    )
    assert sorted(faults(config)) == [
        "[circlekeeper] run_by",
        "[circlekeeper] time_zone",
        "[matrix] device_id",
        "[matrix] homeserver",
        "[matrix] user_id",
    ]


def test_a_secret_in_the_config_is_refused_without_being_repeated(config: Path) -> None:
    config.write_text(GOOD + 'access_token = "syt_very_secret"\npassword = "hunter2"\n')
    with pytest.raises(ConfigError) as caught:
        load(config)
    assert "[matrix] access_token" in str(caught.value)
    assert "[matrix] password" in str(caught.value)
    assert "very_secret" not in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[circlekeeper\n", "at line 1"),
        (b"a = 1\na = 2\n", "each key once"),
        (b"a = '\xff'\n", "UTF-8"),
    ],
)
def test_a_file_that_is_no_toml_is_one_fault(config: Path, content: bytes, words: str) -> None:
    config.write_bytes(content)
    (told,) = faults(config).values()
    assert words in told


def test_a_file_that_is_not_there_is_one_fault(tmp_path: Path) -> None:
    ((key, told),) = faults(tmp_path / "none.toml").items()
    assert key.endswith("none.toml")
    assert "circlekeeper init" in told


def test_a_folder_is_no_config_file(tmp_path: Path) -> None:
    (told,) = faults(tmp_path).values()
    assert "Is a directory" in told


def test_the_environment_comes_before_the_file(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIRCLEKEEPER_MATRIX__HOMESERVER", "https://other.example.org/")
    monkeypatch.setenv("CIRCLEKEEPER_RUN_BY", "Bo")
    monkeypatch.setenv("CIRCLEKEEPER_CIRCLEKEEPER__CONTACT", "@bo:example.org")
    monkeypatch.setenv("CIRCLEKEEPER_ORGANISERS", "@a:b, @c:d")
    monkeypatch.setenv("CIRCLEKEEPER_LICENCE", "")
    settings = load(config)
    assert settings.matrix.homeserver == "https://other.example.org"
    assert settings.circlekeeper.run_by == "Bo"
    assert settings.circlekeeper.contact == "@bo:example.org"
    assert settings.circlekeeper.organisers == ("@a:b", "@c:d")
    assert settings.circlekeeper.licence == "CC BY 4.0"


def test_the_environment_alone_is_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CIRCLEKEEPER_MATRIX__HOMESERVER", "https://matrix.example.org")
    monkeypatch.setenv("CIRCLEKEEPER_MATRIX__USER_ID", "@keeper:example.org")
    monkeypatch.setenv("CIRCLEKEEPER_RUN_BY", "Ana")
    assert load(tmp_path / "none.toml").data_dir == tmp_path / "data"


def test_a_fault_from_the_environment_names_the_variable(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIRCLEKEEPER_MATRIX__USER_ID", "keeper")
    monkeypatch.setenv("CIRCLEKEEPER_TIME_ZONE", "Mars")
    monkeypatch.setenv("CIRCLEKEEPER_MATRIX__PASWORD", "x")
    assert set(faults(config)) == {
        "[matrix] user_id (from the environment, CIRCLEKEEPER_MATRIX__USER_ID)",
        "[circlekeeper] time_zone (from the environment, CIRCLEKEEPER_TIME_ZONE)",
        "[matrix] pasword (from the environment, CIRCLEKEEPER_MATRIX__PASWORD)",
    }


def test_a_kept_login_is_for_its_owner_only_and_found_again(config: Path) -> None:
    keep_login(load(config).secrets, 'to"ken', "DEVICE")
    settings = load(config)
    assert settings.matrix.access_token is not None
    assert settings.matrix.access_token.get_secret_value() == 'to"ken'
    assert settings.matrix.device_id == "DEVICE"
    assert stat.S_IMODE(settings.secrets.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.data_dir.stat().st_mode) == 0o700
    require_login(settings, config)


def test_a_token_shows_nowhere_by_accident(config: Path) -> None:
    keep_login(load(config).secrets, "syt_secret", "DEVICE")
    settings = load(config)
    assert "syt_secret" not in repr(settings) + str(settings) + render(settings)


def test_secrets_come_from_the_environment_then_from_files_then_from_the_kept_login(
    config: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def token(settings: Settings) -> str:
        assert settings.matrix.access_token is not None
        return settings.matrix.access_token.get_secret_value()

    keep_login(load(config).secrets, "kept", "DEVICE")
    assert token(load(config)) == "kept"
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "circlekeeper_matrix__access_token").write_text("from a file\n")
    (folder / "somebody_elses").write_text("x")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    assert token(load(config)) == "from a file"
    monkeypatch.setenv("CIRCLEKEEPER_MATRIX__ACCESS_TOKEN", "from the environment")
    assert token(load(config)) == "from the environment"
    assert load(config).matrix.device_id == "DEVICE"


def test_only_a_login_stands_in_the_file_of_the_login(config: Path) -> None:
    secrets = load(config).secrets
    secrets.parent.mkdir()
    secrets.write_text('[circlekeeper]\nrun_by = "Eve"\n')
    ((key, told),) = faults(config).items()
    assert key == str(secrets)
    assert "Leave only [matrix] with access_token and device_id and [discord] with token" in told
    assert load(config, with_login=False).circlekeeper.run_by == "Ana"


def test_without_a_login_there_is_a_sentence_that_says_how(config: Path) -> None:
    with pytest.raises(ConfigError, match=r"not found.*--login --config \S*config.toml") as caught:
        require_login(load(config), config)
    assert "access_token and device_id" in str(caught.value)


@pytest.mark.parametrize(
    ("address", "count"),
    [
        ("https://matrix.example.org", 0),
        ("http://matrix.example.org", 1),
        ("http://localhost:8008", 0),
        ("http://127.0.0.1:8008", 0),
        ("http://[::1]:8008", 0),
        ("http://localhost.example.org", 1),
    ],
)
def test_an_address_in_the_clear_is_warned_of_unless_it_is_this_machine(
    config: Path, address: str, count: int
) -> None:
    config.write_text(GOOD.replace("https://matrix.example.org", address))
    assert len(load(config).warnings) == count


# --- Discord, and both ------------------------------------------------------------------------


@pytest.fixture
def on_discord(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(ON_DISCORD)
    return path


def discord_token(settings: Settings) -> str:
    assert settings.discord is not None
    assert settings.discord.token is not None
    return settings.discord.token.get_secret_value()


def test_discord_alone_is_enough_and_reads_no_rooms_by_default(on_discord: Path) -> None:
    settings = load(on_discord)
    assert settings.matrix is None
    assert settings.discord is not None
    assert settings.discord.read_rooms is False
    assert settings.warnings == ()
    assert "[matrix]" not in render(settings).replace("of [matrix]", "")


def test_both_platforms_stand_side_by_side(config: Path) -> None:
    config.write_text(f"{GOOD}[discord]\nread_rooms = true\n")
    settings = load(config)
    assert settings.matrix is not None
    assert settings.discord is not None
    assert settings.discord.read_rooms is True


def test_no_platform_at_all_is_told_beside_every_other_fault(config: Path) -> None:
    config.write_text('[circlekeeper]\ntime_zone = "Mars"\n')
    found = faults(config)
    assert sorted(found) == [
        "[circlekeeper] run_by",
        "[circlekeeper] time_zone",
        "[discord] or [matrix]",
    ]
    assert "on no platform yet. Add the table" in found["[discord] or [matrix]"]


def test_a_platform_with_a_fault_counts_as_one_that_is_meant(config: Path) -> None:
    config.write_text(GOOD.replace("https://", ""))
    assert sorted(faults(config)) == ["[matrix] homeserver"]


def test_the_environment_alone_is_enough_for_discord(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CIRCLEKEEPER_DISCORD__TOKEN", f"Bot {TOKEN}\n")
    monkeypatch.setenv("CIRCLEKEEPER_DISCORD__READ_ROOMS", "true")
    monkeypatch.setenv("CIRCLEKEEPER_RUN_BY", "Ana")
    settings = load(tmp_path / "none.toml")
    require_login(settings, config)
    assert discord_token(settings) == TOKEN
    assert settings.discord is not None
    assert settings.discord.read_rooms is True


def test_a_token_is_found_in_the_environment_then_in_files_then_in_the_kept_login(
    on_discord: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_token(load(on_discord).secrets, TOKEN)
    assert discord_token(load(on_discord)) == TOKEN
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "circlekeeper_discord__token").write_text(f"{TOKEN}-of-a-file\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
    assert discord_token(load(on_discord)) == f"{TOKEN}-of-a-file"
    monkeypatch.setenv("CIRCLEKEEPER_DISCORD__TOKEN", f"{TOKEN}-of-the-environment")
    assert discord_token(load(on_discord)) == f"{TOKEN}-of-the-environment"


@pytest.mark.parametrize(
    "wrong", ["my-secret", "a.b.c", "MTIz.of.a-test", TOKEN.replace(".", "-"), TOKEN[:-7]]
)
def test_what_is_no_token_of_a_bot_is_refused_without_being_repeated(
    on_discord: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("CIRCLEKEEPER_DISCORD__TOKEN", wrong)
    ((key, told),) = faults(on_discord).items()
    assert key == "[discord] token (from the environment, CIRCLEKEEPER_DISCORD__TOKEN)"
    assert "not a bot's token. Take it from Discord's developer portal" in told
    assert wrong not in told


def test_the_logins_of_both_platforms_are_kept_side_by_side(config: Path) -> None:
    config.write_text(f"{GOOD}[discord]\n")
    secrets = load(config).secrets
    keep_login(secrets, "syt_one", "DEVICE")
    keep_token(secrets, TOKEN)
    keep_login(secrets, "syt_two", "DEVICE")
    settings = load(config)
    assert settings.matrix is not None
    assert settings.matrix.access_token is not None
    assert settings.matrix.access_token.get_secret_value() == "syt_two"
    assert discord_token(settings) == TOKEN
    assert TOKEN not in repr(settings) + str(settings) + render(settings)
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o600


def test_a_kept_token_brings_no_platform_back_that_the_config_left_out(config: Path) -> None:
    keep_token(load(config).secrets, TOKEN)
    assert load(config).discord is None


def test_every_login_that_is_missing_is_told(config: Path) -> None:
    config.write_text(f"{GOOD}[discord]\n")
    with pytest.raises(ConfigError) as caught:
        require_login(load(config), config)
    told = str(caught.value)
    assert "on Matrix: access_token and device_id not found" in told
    assert "on Discord: token not found" in told
    assert "or set CIRCLEKEEPER_DISCORD__TOKEN." in told
