"""The buttons of a document, and which post a button belongs to."""

from collections.abc import Iterable

import discord
from discord import ui

from adapters.discord.state import Drafts, Sort, State, mark, read
from bot.conversation.model import Action, Actions, DeliveryKey, Document
from bot.conversation.plain import tame_name

MOST, LABEL = 25, 80
"""How many buttons Discord takes on a message, and how many characters on a button."""

_NUMBERS = "0123456789abcdefghijklmnopqrstuvwxyz"


def view(document: Document, key: DeliveryKey, drafts: Drafts) -> ui.View | None:
    """Return the document's buttons, None where it has none.

    They carry the key's mark, by which `marked` knows the post again. The view is not listened to:
    what is pressed is told by its custom id alone, after a restart of the bot as before it.
    """
    return marked_view(document, mark(key), drafts)


def marked_view(document: Document, marked: str, drafts: Drafts) -> ui.View | None:
    """Return the document's buttons, which carry the mark of an earlier post."""
    actions = [
        action
        for block in document.blocks
        if isinstance(block, Actions)
        for action in block.actions
    ]
    if not actions:
        return None
    made = ui.View(timeout=None)
    for number, action in enumerate(actions[:MOST]):
        made.add_item(_button(action, f"{marked}{_NUMBERS[number]}", drafts))
    made.stop()
    return made


def _button(action: Action, marked: str, drafts: Drafts) -> ui.Button[ui.View]:
    sort = Sort.OPENS if action.form else Sort.GIVES
    return ui.Button(
        label=cut(tame_name(action.label) or action.command, LABEL),
        style=discord.ButtonStyle.primary if action.form else discord.ButtonStyle.secondary,
        custom_id=drafts.packed(State(sort, marked, action.command, action.given)),
    )


def marked(custom_ids: Iterable[str], key: DeliveryKey) -> bool:
    """Return whether one of the custom ids on a message was made for the post with this key."""
    return mark(key) in marks(custom_ids)


def marks(custom_ids: Iterable[str]) -> list[str]:
    """Return the marks of the posts for which custom ids were made."""
    return [state.mark[:-1] for state in map(read, custom_ids) if state is not None]


def custom_ids(message: discord.Message) -> list[str]:
    """Return the custom ids of all buttons on a message."""
    rows = (row for row in message.components if isinstance(row, discord.ActionRow))
    parts = (part for row in rows for part in row.children)
    return [part.custom_id for part in parts if part.custom_id]


def cut(text: str, longest: int) -> str:
    """Return the text, ended with an ellipsis where it is longer than Discord takes."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"
