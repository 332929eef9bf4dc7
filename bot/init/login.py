"""Logging the bot in, once: with its password, or with an access token that it has already."""

from adapters.matrix import login as matrix
from adapters.matrix.settings import Credentials
from bot.conversation.model import AccountLost, NotPermitted, PlatformError, PlatformUnavailable
from bot.init.given import Given
from bot.init.stopped import Stopped


async def log_in(homeserver: str, given: Given, user_id: str | None, device: str) -> Credentials:
    """Return a login that works; `device` names a new one, a known device id is kept.

    Raises:
        Stopped: the homeserver does not let the bot in, or lets in somebody else.
    """
    try:
        if given.access_token:
            found = await matrix.check(homeserver, given.access_token, given.device_id or "")
        else:
            found = await matrix.login(
                homeserver, user_id or "", given.password or "", device, given.device_id or ""
            )
    except PlatformError as error:
        raise Stopped(_sentence(error, homeserver)) from error
    if given.access_token and user_id and found.user_id != user_id:
        raise Stopped(
            f"The access token belongs to {found.user_id}, not to {user_id}: give the one that "
            "goes with the id. Nothing was written."
        )
    return found


def _sentence(error: PlatformError, homeserver: str) -> str:
    """Return what went wrong and what to do."""
    if isinstance(error, AccountLost):
        return (
            f"{homeserver} does not know this access token: take a new one, or log in with the "
            "password. Nothing was written."
        )
    if isinstance(error, NotPermitted):
        return f"{error} Check both and try again. Nothing was written."
    if isinstance(error, PlatformUnavailable):
        return (
            f"{homeserver} cannot be used now. {error} Check the address and the network, then "
            "try again. Nothing was written."
        )
    return f"{error} Nothing was written."
