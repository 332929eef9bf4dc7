"""Under which prompt something was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.circles.methods import Answer
from bot.circles.model import Circle
from bot.circles.usecases.ports import Methods
from bot.conversation.model import MessageRef, RoomRef
from bot.delivery.model import Posted
from bot.delivery.rows import Outbox
from bot.prompting.model import Asked
from bot.prompting.usecases.asking import REMINDS, WEEKS, prompt_of
from bot.store.work import UnitOfWork


@dataclass(frozen=True)
class AskedUnder:
    """Finds the prompt under which something was said: a reply to it, or in its thread.

    In the thread of a week several prompts stand: there it is the question that was the latest.
    """

    methods: Methods

    async def __call__(
        self,
        circle: Circle,
        room: RoomRef,
        under: Sequence[str | None],
        moment: datetime,
        work: UnitOfWork,
    ) -> Asked | None:
        """Return what the first of the messages `under` which it stands asks, None for none."""
        for message in under:
            posted = None if message is None else await posted_as(room, message, work)
            if posted is None or posted.circle != circle.id:
                continue
            if not posted.phase.startswith("-"):
                return asked_by(posted)
            if posted.prompt == WEEKS:
                return await self._latest(circle, posted, moment, work)
        return None

    async def _latest(
        self, circle: Circle, week: Posted, moment: datetime, work: UnitOfWork
    ) -> Asked | None:
        """Return the last question in a week's thread before `moment`, else the first there is."""
        there = await Outbox(work).under(circle.id, week.key)
        asked = [post for post in there if takes_answers(circle, self.methods, asked_by(post))]
        before = [post for post in asked if post.sent_at and post.sent_at <= moment]
        found = (before or asked[:1])[-1:]
        return asked_by(found[0]) if found else None


def takes_answers(circle: Circle, methods: Methods, asked: Asked) -> bool:
    """Return whether a prompt asks for an answer."""
    found = prompt_of(circle, methods, asked)
    return found is not None and found[0].answer is not Answer.NONE


def asked_by(posted: Posted) -> Asked:
    """Return the prompt that a post asks, or reminds of."""
    return Asked(posted.phase, posted.prompt.removesuffix(REMINDS), posted.occurrence)


async def posted_as(room: RoomRef, message: str, work: UnitOfWork) -> Posted | None:
    """Return the post of ours that a message is."""
    return await Outbox(work).of_message(MessageRef(room, message))
