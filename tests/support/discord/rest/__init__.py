"""The HTTP API, one module a subject; routes stand under the paths of Discord's description."""

from tests.support.discord.rest import (  # noqa: F401 - each registers its routes
    account,
    channels,
    commands,
    guilds,
    messages,
    reactions,
    threads,
    webhooks,
)
from tests.support.discord.rest.call import ROUTES, Call, Route

__all__ = ["ROUTES", "Call", "Route"]
