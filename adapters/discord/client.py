"""The client: discord.py's own, with everything of the bot's attached, not connected yet."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import discord
import structlog
from discord import app_commands

from adapters.discord import syncing
from adapters.discord.commands import grown, menus
from adapters.discord.interactions import Interactions
from adapters.discord.markup import Commands
from adapters.discord.memory import Memory
from adapters.discord.state import Drafts
from adapters.discord.syncing import Catalogue, Translations, untranslated
from adapters.discord.waiting import in_time
from bot.conversation.dispatch import Dispatch
from bot.conversation.model import Event

log = structlog.get_logger()

SOON, SYNCING = 5.0, 60.0
"""Seconds that telling the commands may take before the bot connects without, and after that."""

AGAIN = 60.0
"""Seconds before the commands are told again after that did not work."""


class CommandTree(app_commands.CommandTree["CircleClient"]):
    """The commands; one that does not look as it is defined is answered all the same."""

    async def on_error(
        self,
        interaction: discord.Interaction["CircleClient"],
        error: app_commands.AppCommandError,
        /,
    ) -> None:
        """Answer what came from a definition of an earlier version, and what went wrong."""
        log.error("a command failed", action="command_failed", exc_info=error)
        await interaction.client.interactions.fail(interaction, error)


class CircleClient(discord.AutoShardedClient):
    """The bot's account; it splits over connections by itself when its guilds ask for it.

    `hear` stores an event for good; while it is None nobody listens, and commands are answered
    directly. `tell` is told of all that happens, in the gateway's own order.
    """

    hear: Callable[[Event], Awaitable[None]] | None = None
    tell: Callable[..., None] | None = None
    again: float = AGAIN

    def __init__(
        self,
        dispatch: Dispatch,
        catalogue: Catalogue = untranslated,
        memory: Memory | None = None,
        **client_options: Any,  # noqa: ANN401 - discord.py's own
    ) -> None:
        super().__init__(**client_options)
        self.answers = dispatch
        self.memory = memory or Memory.of(dispatch)
        self.interactions = Interactions(dispatch, self)
        self.tree = CommandTree(self)
        for command in (
            *grown(dispatch.registry, self.interactions),
            *menus(dispatch.registry, self.interactions),
        ):
            self.tree.add_command(command)
        self._translations = Translations(catalogue)
        self._telling = asyncio.Lock()
        self._closing = asyncio.Event()
        self.in_step = False

    @property
    def known(self) -> Commands:
        """What is known of the commands."""
        return self.memory.known

    @property
    def drafts(self) -> Drafts:
        """What forms held."""
        return self.memory.drafts

    async def setup_hook(self) -> None:
        """Know how descriptions are said in other languages."""
        await self.tree.set_translator(self._translations)

    async def connect(self, *, reconnect: bool = True) -> None:
        """Tell Discord the commands where they have changed, then connect."""
        await self.keep_commands(SOON)
        if not self._closing.is_set():
            await super().connect(reconnect=reconnect)

    async def close(self) -> None:
        """Go, and tell nothing more."""
        self._closing.set()
        await super().close()

    async def on_ready(self) -> None:
        """Tell the commands until that has worked."""
        while not await self.keep_commands():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.again):
                    await self._closing.wait()
            if self._closing.is_set():
                return

    async def keep_commands(self, seconds: float = SYNCING) -> bool:
        """Let Discord hold the commands as they are defined; return whether it does."""
        async with self._telling:
            try:
                if not self.in_step:
                    await in_time(self._tell_commands(), seconds)
            except (discord.DiscordException, aiohttp.ClientError, OSError) as fault:
                why = str(fault) or type(fault).__name__
                log.warning("commands not told", action="commands_not_synced", why=why)
            return self.in_step

    async def held_commands(self) -> list[dict[str, Any]]:
        """Return the commands as Discord holds them, in all their languages."""
        return await syncing.held(self, self.application_id or 0)

    async def commands_differ(self) -> bool:
        """Return whether Discord holds other commands than the bot defines."""
        return syncing.differ(await self.held_commands(), await syncing.wanted(self.tree))

    async def _tell_commands(self) -> None:
        held = await self.held_commands()
        if syncing.differ(held, await syncing.wanted(self.tree)):
            held = [dict(each.to_dict()) for each in await self.tree.sync()]
            log.info("commands told", action="commands_synced", commands=len(held))
        known = self.memory.known
        self.memory.known = Commands(known.prefix, {**known.ids, **syncing.ids(held)})
        self.in_step = True

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Answer buttons and forms; commands come by the tree."""
        await self.interactions.hear(interaction)

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - discord.py's own
        """Let handlers run, which keep to no order, and tell who listens at once."""
        super().dispatch(event, *args, **kwargs)
        if self.tell is not None:
            self.tell(event, *args)


def build(
    dispatch: Dispatch,
    *,
    catalogue: Catalogue = untranslated,
    memory: Memory | None = None,
    **client_options: Any,  # noqa: ANN401 - discord.py's own
) -> CircleClient:
    """Return a client with its commands, forms and buttons, ready to be started.

    `client_options` are those of `discord.Client`; without `intents` it asks for no privileged
    one, and nothing that it posts mentions anybody by itself. `catalogue` holds the descriptions
    of commands in other languages; a client that takes another one's place is given its `memory`.
    """
    client_options.setdefault("intents", default_intents())
    client_options.setdefault("allowed_mentions", discord.AllowedMentions.none())
    return CircleClient(dispatch, catalogue, memory, **client_options)


def default_intents(*, reads: bool = False) -> discord.Intents:
    """Return what the bot wants to hear; `reads` adds the privileged ones: words and members."""
    intents = discord.Intents.default()
    intents.typing = False
    intents.message_content = intents.members = reads
    return intents
