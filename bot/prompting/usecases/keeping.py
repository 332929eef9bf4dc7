"""Keep the threads of open questions open, where a platform puts them to rest after a while."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from bot.circles.model import Circle, CircleState, ThreadUse
from bot.circles.rows import Circles
from bot.circles.usecases.ports import Methods
from bot.conversation.model import Clock, MessageRef, PlatformError
from bot.conversation.platform import Platform
from bot.delivery.rows import Outbox
from bot.prompting import words
from bot.prompting.usecases.asking import WEEKS
from bot.prompting.usecases.placing import asked_by, takes_answers
from bot.store.work import Begin, UnitOfWork

log = structlog.get_logger()


@dataclass(frozen=True)
class KeepThreads:
    """Wakes the threads in which questions of the present phase, or week, are answered."""

    look: Begin
    clock: Clock
    methods: Methods
    platforms: Mapping[str, Platform]

    async def __call__(self) -> None:
        """Do it once; what cannot be done now is tried the next time, or when it is used."""
        async with self.look() as work:
            circles = [c for c in await Circles(work).all() if c.state is CircleState.OPEN]
            messages = [each for circle in circles for each in await self._of(circle, work)]
        for message in messages:
            platform = self.platforms.get(message.room.platform)
            try:
                if platform is not None:
                    await platform.wake(message)
            except PlatformError as trouble:
                log.info("not woken", action="thread_not_woken", why=type(trouble).__name__)

    async def _of(self, circle: Circle, work: UnitOfWork) -> list[MessageRef]:
        """Return the messages that opened threads of open questions."""
        now = self.clock.now()
        phase = circle.phase_at(now)
        if circle.threads is ThreadUse.WEEK:
            method = self.methods.of(circle.method, circle.language)
            week = words.week_of(circle, method, now)
            found = await Outbox(work).of_prompt(circle.id, WEEKS, week)
        elif circle.threads.each and phase is not None:
            posts = await Outbox(work).sent_in(circle.id, phase.key)
            found = [p for p in posts if takes_answers(circle, self.methods, asked_by(p))]
        else:
            return []
        rooms = await Circles(work).rooms(circle.id)
        return [
            MessageRef(post.where, post.message)
            for post in found
            if post.where is not None and post.where in rooms and post.message
        ]
