"""The client: discord.py's own, with everything of the bot's attached, not connected yet."""

from typing import Any

import discord

from bot.conversation.dispatch import Dispatch


class CircleClient(discord.AutoShardedClient):
    """The bot's account; it splits over connections by itself when its guilds ask for it."""

    def __init__(self, dispatch: Dispatch, **client_options: Any) -> None:  # noqa: ANN401 - discord.py's own
        super().__init__(**client_options)
        self.answers = dispatch


def build(dispatch: Dispatch, **client_options: Any) -> CircleClient:  # noqa: ANN401 - discord.py's own
    """Return a client with its commands, forms and buttons, ready to be started.

    `client_options` are those of `discord.Client`; without `intents` it asks for no privileged
    one, and nothing that it posts mentions anybody by itself.
    """
    client_options.setdefault("intents", default_intents())
    client_options.setdefault("allowed_mentions", discord.AllowedMentions.none())
    return CircleClient(dispatch, **client_options)


def default_intents(*, reads: bool = False) -> discord.Intents:
    """Return what the bot wants to hear; `reads` adds the privileged ones: words and members."""
    intents = discord.Intents.default()
    intents.typing = False
    intents.message_content = intents.members = reads
    return intents
