"""What goes wrong with Discord, in the core's words."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import discord

from adapters.discord.waiting import asked_for, passes
from bot.conversation.model import (
    AccountLost,
    NotPermitted,
    PlatformError,
    PlatformUnavailable,
    ThreadLost,
    Unreachable,
)

UNKNOWN_CHANNEL, UNKNOWN_MESSAGE = 10003, 10008
CLOSED = frozenset({50007, 50278})
"""Discord's codes for people who take no direct messages, or share no server with the bot."""

SHUT = frozenset({50083, 160005})
"""Discord's codes for a thread that is archived for good, or locked."""

THREAD_IS_THERE = 160004
UNAUTHORISED = 401

WHY = {
    UNKNOWN_CHANNEL: "The channel is not there any more.",
    UNKNOWN_MESSAGE: "The message was deleted.",
    50001: "The bot does not see that channel.",
    50013: "The bot lacks a permission in that channel.",
    40005: "The file is too big for Discord.",
}
"""What Discord's refusals mean, by their codes."""


@contextmanager
def translated(client: discord.Client) -> Iterator[None]:
    """Let what goes wrong inside be told as the port tells it.

    Raises:
        PlatformUnavailable: Discord is down, asks to slow down, or the client was closed.
        NotPermitted: Discord says no; Unreachable and ThreadLost are kinds of it.
        AccountLost: Discord does not take the token any more.
        PlatformError: Discord says something else.
    """
    try:
        yield
    except discord.LoginFailure as error:
        raise AccountLost("Discord does not take the bot's token any more.") from error
    except discord.HTTPException as error:
        raise told(error) from error
    except discord.DiscordException as error:
        wait = asked_for(error)
        if wait is None:
            raise PlatformError(f"discord.py says: {error}") from error
        raise PlatformUnavailable("Discord asks to slow down.", timedelta(seconds=wait)) from error
    except Exception as error:
        if passes(error) or (client.is_closed() and isinstance(error, RuntimeError)):
            raise PlatformUnavailable("Discord cannot be reached.", _later(error)) from error
        raise


def told(error: discord.HTTPException) -> PlatformError:
    """Return what an answer of Discord's means."""
    if error.status == UNAUTHORISED:
        return AccountLost("Discord does not take the bot's token any more.")
    if passes(error):
        return PlatformUnavailable(f"Discord answers {error.status}.", _later(error))
    if error.code in CLOSED:
        return Unreachable("They take no direct messages from the bot.")
    if error.code in SHUT:
        return ThreadLost("The thread is locked.")
    says = WHY.get(error.code, f"Discord says {error.status} ({error.code}): {error.text}")
    if isinstance(error, discord.Forbidden | discord.NotFound):
        return NotPermitted(says)
    return PlatformError(says)


def _later(error: Exception) -> timedelta | None:
    wait = asked_for(error)
    return None if wait is None else timedelta(seconds=wait)
