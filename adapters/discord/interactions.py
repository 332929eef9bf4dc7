"""What people do with commands, buttons, forms and menus: noted once, answered once.

An interaction has to be acknowledged within three seconds. Its first answer is one defer, or a
form; all that follows are edits of that one answer, so that nothing is ever shown twice.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import aiohttp
import discord
import structlog
from discord import app_commands
from discord.app_commands import Choice

from adapters.discord import forms, told, words
from adapters.discord.commands import Given, wants_form
from adapters.discord.memory import Memory
from adapters.discord.showing import shown
from adapters.discord.state import Sort, State, read
from adapters.discord.waiting import in_time
from bot.conversation.dispatch import Dispatch
from bot.conversation.model import Audience, Document, DomainError, Event, PlatformError, say
from bot.conversation.registry import Bound

log = structlog.get_logger()

PATIENCE = 2.0
"""Seconds that may pass before the first answer; Discord waits three."""

PAUSES = (0.2, 0.5)
"""Seconds between tries to give a first answer whose fate is not known."""

ACKNOWLEDGED, TOO_LATE = 40060, 10062
"""Discord's codes: somebody has answered already (this bot, before the line broke); too late."""


SERVER_ERRORS = 500
"""From this status on Discord may have done what it was asked."""


class Account(Protocol):
    """What is needed of the client."""

    hear: Callable[[Event], Awaitable[None]] | None
    memory: Memory


class Interactions:
    """Answers interactions: through the bot's own inbox where somebody listens, else directly."""

    def __init__(self, dispatch: Dispatch, account: Account) -> None:
        self._dispatch = dispatch
        self._account = account
        self._memory = account.memory

    # What people do

    async def use(self, interaction: discord.Interaction, bound: Bound, given: Given) -> None:
        """Answer a slash command; where it lacks what its form asks for, the form opens."""
        event = told.command(interaction, bound.command.name, given)
        if wants_form(bound, given):
            await self._once(interaction, lambda: self._open(interaction, event))
        else:
            await self._once(interaction, lambda: self._give(interaction, event))

    async def pick(
        self, interaction: discord.Interaction, bound: Bound, message: discord.Message
    ) -> None:
        """Answer a command of a message's menu, which is about that message."""
        subject = told.subject(interaction, message)
        event = told.command(interaction, bound.command.name, subject=subject)
        await self._once(interaction, lambda: self._give(interaction, event))

    async def suggest(
        self, interaction: discord.Interaction, bound: Bound, field: str, text: str
    ) -> list[str]:
        """Return what a field may name; nothing when there is no time to find it out."""
        given = tuple((name, str(value)) for name, value in interaction.namespace)
        event = told.command(interaction, bound.command.name, given)
        try:
            return list(await in_time(self._dispatch.suggest(event, field, text), PATIENCE))
        except TimeoutError:
            log.info("no time to suggest", action="suggestions_late")
            return []

    async def offer(self, interaction: discord.Interaction, choices: list[Choice[str]]) -> None:
        """Show suggestions; those that come too late are missed by nobody."""
        try:
            await self._first(lambda: interaction.response.autocomplete(choices))
        except (discord.HTTPException, aiohttp.ClientError, OSError):
            log.info("suggestions not shown", action="suggestions_late", exc_info=True)

    async def hear(self, interaction: discord.Interaction) -> None:
        """Answer a button or a form of ours, whoever showed it: this process or an earlier one."""
        data: Mapping[str, Any] = interaction.data or {}
        state = read(str(data.get("custom_id", "")))
        if state is None:
            return
        whole = self._memory.drafts.unpacked(state)
        if interaction.type is discord.InteractionType.modal_submit and state.sort is Sort.FORM:
            written = forms.submitted(data)
            await self._once(interaction, lambda: self._submit(interaction, whole, written))
        elif interaction.type is discord.InteractionType.component:
            await self._once(interaction, lambda: self._press(interaction, whole))

    async def fail(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError
    ) -> None:
        """Answer a command that failed before it was one of ours.

        Most likely Discord showed it as an earlier version of the bot defined it.
        """
        known = not isinstance(error, app_commands.CommandInvokeError)
        said = words.changed() if known else words.broken()
        await self._once(interaction, lambda: self._say(interaction, said))

    async def _press(self, interaction: discord.Interaction, state: State) -> None:
        event = told.command(interaction, state.command, state.given)
        if state.sort is Sort.OPENS:
            await self._open(interaction, event)
        else:
            await self._give(interaction, event)

    async def _submit(self, interaction: discord.Interaction, state: State, written: Given) -> None:
        given = tuple((dict(state.given) | dict(written)).items())
        await self._give(interaction, told.command(interaction, state.command, given))

    # Answers

    async def _once(
        self, interaction: discord.Interaction, do: Callable[[], Awaitable[None]]
    ) -> None:
        """Do it unless it was done; a fault becomes a kind sentence."""
        if not self._memory.is_new(interaction.id):
            return
        try:
            await do()
        except Exception:
            log.exception("interaction failed", action="interaction_failed")
            await self._apologise(interaction)

    async def _open(self, interaction: discord.Interaction, event: Event) -> None:
        """Show the form of a command at once; a command without one is given."""
        try:
            form = await in_time(self._dispatch.form(event), PATIENCE)
        except DomainError as refusal:
            await self._say(interaction, say(str(refusal)))
        except (TimeoutError, PlatformError):
            log.warning("no time for a form", action="form_late", command=event.text)
            await self._say(interaction, words.slow())
        else:
            if form is None or not form.fields:
                await self._give(interaction, event)
                return
            filled = forms.prefilled(form, dict(event.given))
            modal = forms.modal(filled, told.opening(interaction), self._memory.drafts)
            await self._first(lambda: interaction.response.send_modal(modal))

    async def _give(self, interaction: discord.Interaction, event: Event) -> None:
        if self._account.hear is None:
            await self._directly(interaction, event)
        else:
            await self._through_the_inbox(interaction, event, self._account.hear)

    async def _directly(self, interaction: discord.Interaction, event: Event) -> None:
        """Answer without an inbox, for whoever drives the client by hand."""
        bound = self._dispatch.registry.get(event.text)
        public = bound is not None and bound.command.audience is Audience.ROOM
        if await self._defer(interaction, private=not public):
            answer = await self._dispatch(event)
            await self._edit(interaction, answer.document)

    async def _through_the_inbox(
        self,
        interaction: discord.Interaction,
        event: Event,
        hear: Callable[[Event], Awaitable[None]],
    ) -> None:
        """Note what was asked, then acknowledge it; the answer comes from the outbox.

        A database that takes its time does not let Discord's three seconds pass.
        """
        self._memory.begin(interaction.id)
        async with asyncio.TaskGroup() as tasks:
            noting = tasks.create_task(_noted(hear, event))
            await asyncio.wait({noting}, timeout=PATIENCE)
            try:
                if noting.done() and not noting.result():
                    await self._say(interaction, words.not_noted())
                    return
                deferred = await self._defer(interaction)
            finally:
                self._memory.end(interaction.id)
            if not await noting and deferred:
                await self._edit(interaction, words.not_noted())

    async def _defer(self, interaction: discord.Interaction, *, private: bool = True) -> bool:
        """Acknowledge, so that the client shows that the bot is thinking; return whether it does.

        An answer for which this did not work finds its own way (answers.py).
        """
        try:
            return await self._first(
                lambda: interaction.response.defer(ephemeral=private, thinking=True)
            )
        except (discord.HTTPException, aiohttp.ClientError, OSError):
            log.warning("not acknowledged", action="interaction_not_acknowledged", exc_info=True)
            return False

    async def _say(self, interaction: discord.Interaction, document: Document) -> None:
        """Say something to the author alone as the first answer."""
        parts = shown(document, self._memory.known)
        await self._first(lambda: interaction.response.send_message(**parts, ephemeral=True))

    async def _edit(self, interaction: discord.Interaction, document: Document) -> None:
        made = shown(document, self._memory.known, self._memory.drafts)
        await interaction.edit_original_response(**made)

    async def _first(self, send: Callable[[], Awaitable[object]]) -> bool:
        """Give a first answer; return whether Discord has one, also when that could not be heard.

        Whether a request went through before the line broke is told by the next one.
        """
        for pause in (*PAUSES, None):
            try:
                await send()
            except (discord.HTTPException, aiohttp.ClientError, OSError) as fault:
                code = fault.code if isinstance(fault, discord.HTTPException) else 0
                if code == ACKNOWLEDGED:
                    return True
                if code == TOO_LATE:
                    log.info("an answer came too late", action="interaction_late")
                    return False
                if pause is None or _is_refusal(fault):
                    raise
                await asyncio.sleep(pause)
            else:
                return True
        return False

    async def _apologise(self, interaction: discord.Interaction) -> None:
        """Say that something went wrong, in the one answer that there is."""
        try:
            if interaction.response.is_done():
                await self._edit(interaction, words.broken())
            else:
                await self._say(interaction, words.broken())
        except (discord.HTTPException, aiohttp.ClientError, OSError):
            log.warning("an apology could not be shown", action="apology_failed", exc_info=True)


def _is_refusal(fault: Exception) -> bool:
    return isinstance(fault, discord.HTTPException) and fault.status < SERVER_ERRORS


async def _noted(hear: Callable[[Event], Awaitable[None]], event: Event) -> bool:
    """Return whether the event is stored."""
    try:
        await hear(event)
    except Exception:
        log.exception("an interaction was not stored", action="interaction_not_stored")
        return False
    return True
