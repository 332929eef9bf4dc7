"""The bot's application as the developer portal knows it, and the intents that it may ask for."""

import base64
from dataclasses import dataclass, field

from tests.support.discord.model import Json

GUILDS = 1 << 0
MEMBERS = 1 << 1
MODERATION = 1 << 2
PRESENCES = 1 << 8
GUILD_MESSAGES = 1 << 9
GUILD_REACTIONS = 1 << 10
DIRECT_MESSAGES = 1 << 12
DIRECT_REACTIONS = 1 << 13
MESSAGE_CONTENT = 1 << 15
PRIVILEGED = MEMBERS | PRESENCES | MESSAGE_CONTENT


@dataclass
class Application:
    """The bot's application; `intents` are the privileged ones switched on in the portal.

    `endpoint` is where its interactions go instead of the gateway, `needs_code` that an
    invitation alone lets nobody in.
    """

    id: int
    name: str
    token: str
    intents: int = MEMBERS | MESSAGE_CONTENT
    commands: dict[int | None, list[Json]] = field(default_factory=dict)
    endpoint: str | None = None
    needs_code: bool = False


def token(bot: int) -> str:
    """Return a bot's token; some clients read the id in its first part."""
    return f"{base64.b64encode(str(bot).encode()).decode()}.of.the-stand-in"
