"""A document as what discord.py takes for a message: words, embeds, buttons, files."""

from io import BytesIO
from typing import Any

import discord

from adapters.discord import buttons
from adapters.discord.markup import APART, FENCE, LONGEST, Commands, render
from adapters.discord.state import Drafts
from bot.conversation.model import DeliveryKey, Document, File
from bot.conversation.plain import plain

EMBEDS, EMBED, EMBEDS_TOGETHER, FILES, DESCRIPTION = 10, 4096, 6000, 10, 1024
"""Discord's limits: embeds of a message, characters of one and of all; files, what is said of one.
"""

HERE = DeliveryKey("", "", "answer", 0, "")
"""The key of an answer that no outbox holds."""


def content(document: Document, known: Commands, longest: int) -> str:
    """Return the words; too long with links to commands, without; then in a block without marks."""
    for offered in (known, known.unlinked):
        marked = render(document, offered).content
        if len(marked.encode("utf-16-le")) // 2 <= longest:
            return marked
    words = plain(document).replace(FENCE, APART)
    return f"{FENCE}\n{buttons.cut(words, longest - 2 * len(FENCE) - 2)}\n{FENCE}"


def shown(document: Document, known: Commands, drafts: Drafts | None = None) -> dict[str, Any]:
    """Return a whole document as one message: what an edit or an answer of discord.py takes."""
    rendered = render(document, known)
    first, *more = _cut(rendered.content)
    made: dict[str, Any] = {
        "content": first or None,
        "embeds": [discord.Embed(description=each) for each in more],
        "allowed_mentions": discord.AllowedMentions.none(),
    }
    view: discord.ui.View | None = buttons.view(document, HERE, drafts) if drafts else None
    if view is not None:
        made["view"] = view
    if rendered.files:
        made["attachments"] = [attached(file) for file in rendered.files[:FILES]]
    return made


def _cut(content: str) -> list[str]:
    """Return words in pieces that fit into a message and the embeds below it, cut at line ends."""
    pieces: list[str] = []
    rest, room = content, LONGEST
    while rest and len(pieces) <= EMBEDS and room > 0:
        piece = rest[:room]
        if len(rest) > room and (end := piece.rfind("\n")) > 0:
            piece = rest[:end]
        pieces.append(piece)
        rest = rest[len(piece) :].lstrip("\n")
        left = EMBEDS_TOGETHER - sum(map(len, pieces[1:]))
        room = min(EMBED, left)
    return pieces or [""]


def attached(file: File) -> discord.File:
    """Return a file as discord.py sends it, with what it shows in words."""
    return discord.File(
        BytesIO(file.content),
        name_of(file),
        description=buttons.cut(file.description, DESCRIPTION) or None,
    )


def name_of(file: File) -> str:
    """Return a name that Discord keeps as it is."""
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "_" for c in file.name)
    return kept[-100:] or "file"
