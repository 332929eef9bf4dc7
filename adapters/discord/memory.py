"""What the process remembers beside the database, whichever client is the account's just now."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Self

from adapters.discord.markup import Commands
from adapters.discord.state import Drafts
from bot.conversation.dispatch import Dispatch

REMEMBERED = 4096
"""How many interactions are known again when Discord tells them twice."""


@dataclass(slots=True)
class Memory:
    """What one client begins and the next one, or the one that only asks, goes on with.

    `known` is what is known of the commands' ids, `drafts` what forms held. Losing all of it costs
    nobody more than a word typed again.
    """

    known: Commands
    drafts: Drafts
    _seen: OrderedDict[int, None] = field(default_factory=OrderedDict)
    _unanswered: dict[int, asyncio.Event] = field(default_factory=dict)

    @classmethod
    def of(cls, dispatch: Dispatch) -> Self:
        """Return an empty one for these commands."""
        ids = {bound.command.name: 0 for bound in dispatch.registry}
        return cls(Commands(dispatch.prefix, ids), Drafts(dispatch.clock.now))

    def is_new(self, interaction: int) -> bool:
        """Return whether an interaction is told for the first time."""
        if interaction in self._seen:
            return False
        self._seen[interaction] = None
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return True

    def begin(self, interaction: int) -> None:
        """Note that an interaction is about to get its first answer."""
        self._unanswered[interaction] = asyncio.Event()

    def end(self, interaction: int) -> None:
        """Note that it has one, or will have none."""
        waiting = self._unanswered.pop(interaction, None)
        if waiting is not None:
            waiting.set()

    async def acknowledged(self, interaction: int) -> None:
        """Return when an interaction has its first answer, or will have none from this process.

        What is stored may be answered at once, before Discord was told that an answer will come.
        """
        waiting = self._unanswered.get(interaction)
        if waiting is not None:
            await waiting.wait()
