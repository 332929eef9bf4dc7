"""What flags and the environment say of the bot that is to be set up."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Given:
    """What is known so far, in the order in which it is asked; None is not known.

    `where` holds the platforms that the bot is to be on; none are not known yet.
    """

    where: frozenset[str] = frozenset()
    homeserver: str | None = None
    user_id: str | None = None
    discord_token: str | None = field(default=None, repr=False)
    run_by: str | None = None
    organiser: str | None = None
    discord_organiser: str | None = None
    time_zone: str | None = None
    password: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    device_id: str | None = None

    @property
    def meant(self) -> frozenset[str]:
        """The platforms that something was given for."""
        matrix = self.homeserver or self.user_id or self.password or self.access_token
        told = {"matrix": matrix, "discord": self.discord_token}
        return frozenset(name for name, value in told.items() if value)

    @property
    def missing(self) -> list[str]:
        """What nobody can go on without, in words for a person."""
        needed: dict[str, object] = {
            "where the bot is to be (--platform discord, matrix or both)": self.where
        }
        if "matrix" in self.where:
            needed |= {
                "the homeserver (--homeserver)": self.homeserver,
                "the bot's Matrix id (--user-id)": self.user_id or self.access_token,
                MATRIX_LOGIN: self.password or self.access_token,
            }
        if "discord" in self.where:
            needed[DISCORD_LOGIN] = self.discord_token
        needed["who runs the bot (--run-by)"] = self.run_by
        return [words for words, value in needed.items() if not value]


MATRIX_LOGIN = (
    "its password (CIRCLEKEEPER_PASSWORD or --password-file) or an access token "
    "(CIRCLEKEEPER_MATRIX__ACCESS_TOKEN or --access-token-file)"
)
DISCORD_LOGIN = "the bot's token for Discord (CIRCLEKEEPER_DISCORD__TOKEN or --discord-token-file)"
