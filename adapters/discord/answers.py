"""Answers in the place where only the author of an interaction sees them.

There is one message there, the original answer, and only it is changed: its words are the first
part of a document, further parts are embeds below them, files are attached. To do the same again
changes nothing, so that a crash between showing and noting doubles nothing. What has no room
there, and what comes after the quarter of an hour in which Discord lets it be changed, goes to the
person directly.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

import discord
import structlog

from adapters.discord import buttons
from adapters.discord.client import CircleClient
from adapters.discord.markup import LONGEST, PLATFORM, Commands
from adapters.discord.places import AnswerPlace
from adapters.discord.showing import (
    EMBED,
    EMBEDS,
    EMBEDS_TOGETHER,
    FILES,
    attached,
    content,
    name_of,
)
from bot.conversation.model import (
    DeliveryKey,
    Document,
    File,
    MessageRef,
    PersonRef,
    RoomRef,
)

log = structlog.get_logger()

OPEN = timedelta(minutes=15)
"""How long Discord lets an answer be changed."""

GONE = frozenset({401, 403, 404})
"""How Discord answers where a place is no more: its token ran out, its thread is shut, it is gone.

It says nothing of the account here, with whose own token nothing is asked.
"""

ORIGINAL = cast("int", "@original")
"""How Discord names the original answer among the messages of an interaction."""

NO_WORDS = "\u200b"
"""What Discord takes for words where there are none."""

Direct = Callable[[PersonRef, Document, DeliveryKey], Awaitable[MessageRef]]
"""Posts a document to a person directly; the same key again posts nothing new."""


@dataclass(frozen=True)
class Answers:
    """Shows what the outbox holds for the author of an interaction."""

    client: CircleClient
    direct: Direct

    async def show(self, place: AnswerPlace, document: Document, key: DeliveryKey) -> MessageRef:
        """Show one part of an answer and return where it stands.

        Raises:
            discord.HTTPException: Discord does not take it now.
        """
        person = PersonRef(PLATFORM, str(place.user))
        if self.client.answers.clock.now() - discord.utils.snowflake_time(place.interaction) > OPEN:
            return await self.direct(person, document, key)
        await self.client.memory.acknowledged(place.interaction)
        try:
            message = await self._edit(place, document, key)
        except discord.HTTPException as refusal:
            if refusal.status not in GONE:
                raise
            log.info("the place for an answer is gone", action="answer_direct", code=refusal.code)
            return await self.direct(person, document, key)
        if message is None:
            return await self.direct(person, document, key)
        return MessageRef(RoomRef(PLATFORM, str(place)), str(message.id))

    async def _edit(
        self, place: AnswerPlace, document: Document, key: DeliveryKey
    ) -> discord.Message | None:
        """Let the original answer show a part; None when it has no room for it."""
        webhook = self._webhook(place)
        view = buttons.view(document, key, self.client.drafts)
        files = [block for block in document.blocks if isinstance(block, File)]
        if key.part == 0 and not files:
            said = content(document, self.client.known, LONGEST)
            changes: dict[str, Any] = {"content": said or NO_WORDS}
        else:
            there = await webhook.fetch_message(ORIGINAL)
            changes = _beside(there, document, files, self.client.known, key.part)
        if not changes:
            return None
        if view is not None:
            changes["view"] = view
        return await webhook.edit_message(
            ORIGINAL, **changes, allowed_mentions=discord.AllowedMentions.none()
        )

    def _webhook(self, place: AnswerPlace) -> discord.Webhook:
        application = self.client.application_id
        assert application is not None, "logged in before anything is shown"  # noqa: S101
        return discord.Webhook.partial(application, place.token, client=self.client)


def _beside(
    there: discord.Message,
    document: Document,
    files: list[File],
    known: Commands,
    part: int,
) -> dict[str, Any]:
    """Return what a further part or a file changes; nothing when there is no room for it.

    An embed is known again by its colour, which is the number of its part: nearly black, and
    given back by Discord as it was. A file is known again by its name and size.
    """
    if files:
        held = {(each.filename, each.size) for each in there.attachments}
        new = [file for file in files if (name_of(file), len(file.content)) not in held]
        if len(there.attachments) + len(new) > FILES:
            return {}
        return {"attachments": [*there.attachments, *map(attached, new)]}
    embed = discord.Embed(description=content(document, known, EMBED), colour=part)
    others = [each for each in there.embeds if each.colour != embed.colour]
    if len(others) == EMBEDS or sum(map(len, [*others, embed])) > EMBEDS_TOGETHER:
        return {}
    return {"embeds": sorted([*others, embed], key=lambda each: int(each.colour or 0))}
