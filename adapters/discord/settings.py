"""What the adapter is told: the account, and what it may see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bot.conversation.model import Clock


@dataclass(frozen=True, slots=True)
class DiscordSettings:
    """One account of the bot on Discord.

    `reads` tells that the bot sees whole conversations and who is there, for which the application
    needs two privileged intents. `options` go to discord.py's client as they are.
    """

    token: str = field(repr=False)
    clock: Clock
    reads: bool = False
    prefix: str = "!"
    longest_pause: timedelta = timedelta(minutes=5)
    options: Mapping[str, Any] = field(default_factory=dict)
