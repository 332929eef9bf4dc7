"""What the adapter is told: the account, and what it may see."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.conversation.model import Clock


@dataclass(frozen=True, slots=True)
class DiscordSettings:
    """One account of the bot on Discord.

    `reads` tells that the bot sees whole conversations and who is there, for which the application
    needs two privileged intents. `options` makes those of discord.py's client, anew for each: a
    client and its connector are used once, and made inside the running loop.
    """

    token: str = field(repr=False)
    clock: Clock
    reads: bool = False
    prefix: str = "!"
    longest_pause: timedelta = timedelta(minutes=5)
    options: Callable[[], Mapping[str, Any]] = dict
