"""What can be set, each key with its default and its explanation."""

from pathlib import Path

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NestedSecretsSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from bot.config.faults import NOWHERE, PREFIX, Wrong
from bot.config.rules import (
    BotToken,
    HomeserverUrl,
    Inviters,
    Language,
    MatrixId,
    People,
    Prefix,
    Said,
    Zone,
    in_the_clear,
)

DATABASE = "circlekeeper.sqlite3"
SECRETS = "secrets.toml"


class Circlekeeper(BaseModel):
    """The bot itself, whatever platform it is on."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run_by: Said = Field(
        examples=["Ana Ruiz"],
        description="Who runs this bot: a person or a group. Shown when the bot introduces itself.",
    )
    contact: str = Field(
        default="",
        examples=["@ana:example.org"],
        description="How to reach them: an id, a mail address or a link. Shown beside the name.",
    )
    data_dir: Path = Field(
        default=Path("data"),
        description="The folder for the database, its backups and the login (secrets.toml). "
        "A relative path starts at the folder of this file.",
    )
    language: Language = Field(
        default="en",
        description="The language of the prompts, where a method has it; else English.",
    )
    time_zone: Zone = Field(
        default="UTC",
        description="The time zone of circles that choose none of their own, like Europe/Berlin.",
    )
    organisers: People = Field(
        default=(),
        examples=["@ana:example.org", "80351110224678912"],
        description="Who may start circles anywhere: Matrix ids, and the numbers that Discord "
        "calls user ids, in quotes. Whoever may manage a room (power level 50 on Matrix, Manage "
        "Channels on Discord) can start one there without being named here.",
    )
    admins: People = Field(
        default=(),
        examples=["@ana:example.org"],
        description="Who may ask the bot how it does (!admin status). They may also start circles.",
    )
    command_prefix: Prefix = Field(
        default="!", description="The sign before typed commands, as in !help."
    )
    licence: Said = Field(
        default="CC BY 4.0",
        description="The licence of what circles publish, unless a circle is made with another. "
        "Members see it before they agree to be quoted.",
    )
    catch_up_hours: int = Field(
        default=24,
        ge=1,
        le=168,
        description="After an outage, prompts that are at most this many hours late are still "
        "sent. Older ones are skipped, and the facilitator is told.",
    )
    prompts_dir: Path | None = Field(
        default=None,
        examples=["my-prompts"],
        description="A folder with methods of your own, or with your wording of the ones that "
        "come along. A relative path starts at the folder of this file.",
    )


class Matrix(BaseModel):
    """The bot's account on Matrix."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    homeserver: HomeserverUrl = Field(
        examples=["https://matrix.example.org"],
        description="The address of the homeserver where the bot has its account.",
    )
    user_id: MatrixId = Field(
        examples=["@circlekeeper:example.org"], description="The bot's own Matrix id."
    )
    invites_from: Inviters = Field(
        default=(),
        examples=["*:example.org"],
        description="Who may invite the bot into rooms: people (@ana:example.org), everybody on a "
        "server (*:example.org), or everybody (*). Other invitations are turned down.",
    )
    device_name: Said = Field(
        default="Circlekeeper",
        description="The name of the bot's login in the account's list of sessions.",
    )
    access_token: SecretStr | None = Field(default=None, min_length=1)
    device_id: str | None = Field(default=None, min_length=1)


class Discord(BaseModel):
    """The bot's application on Discord."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    read_rooms: bool = Field(
        default=False,
        description="Whether the bot reads everything that is written in its circles' channels, "
        "and sees who is there. Circles work without it: commands, forms, buttons, a message's "
        "menu, replies to the bot and messages that mention it come with their words. Of other "
        "messages the bot then knows that somebody wrote, and not what. It takes two switches in "
        "Discord's developer portal, your application, “Bot”: Message Content Intent and Server "
        "Members Intent; circlekeeper check looks at them.",
    )
    token: BotToken | None = None


class _Short(EnvSettingsSource):
    """The bot's own keys without the name of their table: CIRCLEKEEPER_DATA_DIR."""

    def __call__(self) -> dict[str, object]:
        """Return those that are set."""
        found = {
            key: self.env_vars.get(f"{PREFIX}{key}".lower()) for key in Circlekeeper.model_fields
        }
        given = {key: value for key, value in found.items() if value is not None}
        return {"circlekeeper": given} if given else {}


class Settings(BaseSettings):
    """All settings, valid; made by `bot.config.load`."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        env_ignore_empty=True,
        enable_decoding=False,
        hide_input_in_errors=True,
        secrets_dir_missing="ok",
    )

    circlekeeper: Circlekeeper
    matrix: Matrix | None = Field(
        default=None,
        description="The bot on Matrix. Leave this table out if it is not to be there.",
    )
    discord: Discord | None = Field(
        default=None,
        validate_default=True,
        description="The bot on Discord. Leave this table out if it is not to be there. Its token "
        "is kept apart, by circlekeeper init or as CIRCLEKEEPER_DISCORD__TOKEN.",
    )
    _folder: Path = PrivateAttr(default=Path())

    @field_validator("discord")
    @classmethod
    def somewhere(cls, discord: Discord | None, others: ValidationInfo) -> Discord | None:
        """Pass when the bot is on a platform, or is meant to be and something is wrong there."""
        elsewhere = others.data.get("matrix", "meant to be")
        if discord is None and elsewhere is None:
            raise Wrong(
                NOWHERE,
                "Add the table [discord] or [matrix], or both; config.example.toml shows what "
                "they hold.",
                "[discord] or [matrix]",
            )
        return discord

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - pydantic's signature
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the environment before secret files, and both before the config file."""
        secrets = NestedSecretsSettingsSource(file_secret_settings)
        return env_settings, _Short(settings_cls), secrets, init_settings

    @property
    def data_dir(self) -> Path:
        """The folder of the database and the login, from the root on."""
        return self._folder / self.circlekeeper.data_dir.expanduser()

    @property
    def database(self) -> Path:
        """The database's file."""
        return self.data_dir / DATABASE

    @property
    def secrets(self) -> Path:
        """The file with the logins."""
        return self.data_dir / SECRETS

    @property
    def prompts_dir(self) -> Path | None:
        """The folder with methods of one's own, from the root on."""
        own = self.circlekeeper.prompts_dir
        return None if own is None else self._folder / own.expanduser()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What works and should better be otherwise."""
        said = (
            "[matrix] homeserver begins with http://: passwords and messages can be read on "
            "their way. Use https:// if the homeserver offers it."
        )
        return (said,) if self.matrix and in_the_clear(self.matrix.homeserver) else ()
