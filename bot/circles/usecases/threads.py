"""Which posts of a circle open a thread: shown and changed."""

from dataclasses import dataclass

from bot.circles import words
from bot.circles.model import ThreadUse
from bot.circles.rows import Circles
from bot.circles.usecases.life import circle_of
from bot.conversation.model import Caller, Document
from bot.store.work import Begin


@dataclass(frozen=True)
class ChangeThreads:
    """Says which of a circle's posts open a thread, from the next prompt on."""

    begin: Begin
    prefix: str

    async def __call__(self, use: str, caller: Caller) -> Document:
        """Return how it is; changed when `use` says so."""
        async with self.begin() as work:
            circle = await circle_of(caller, work)
            if not use:
                return words.threads(circle, self.prefix)
            row = await Circles(work).row(circle.id)
            row.threads = ThreadUse(use).value
            changed = row.value()
            await work.commit()
        return words.threads_changed(changed)
