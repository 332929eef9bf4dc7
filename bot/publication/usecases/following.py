"""Find out what was deleted or edited unheard, where a platform does not tell it later."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bot.circles.model import Circle, CircleState
from bot.circles.rows import Circles
from bot.conversation.model import (
    AccountLost,
    Clock,
    Event,
    Kind,
    MessageRef,
    PlatformError,
    PlatformUnavailable,
)
from bot.conversation.platform import Platform
from bot.participation.rows import Contributions
from bot.prompting.rows import Answers
from bot.prompting.usecases.reading import ReadAnswer
from bot.publication.model import Source, with_files, words_now
from bot.publication.usecases.gathering import sources_of
from bot.store.work import Begin, UnitOfWork

log = structlog.get_logger()

STEP = 30
"""How many messages are looked at in one go, so that nothing else has to wait."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the bot knows of a message: its circle and words, or how many words were counted."""

    circle: Circle
    source: Source | None
    count: int | None


@dataclass(frozen=True)
class FollowUnheard:
    """Looks once more at every answer and marked message of the circles that are under way.

    What it finds is heard like any deletion and any edit: so all that follows from one does.
    """

    look: Begin
    clock: Clock
    platforms: Mapping[str, Platform]
    read: ReadAnswer
    hear: Callable[[Event], Awaitable[None]]

    async def all(self) -> Sequence[MessageRef]:
        """Return every message to look at."""
        return list(await self._known())

    async def __call__(self, waiting: Sequence[MessageRef]) -> Sequence[MessageRef]:
        """Look at some of the messages; return those that still wait.

        A platform that is away is asked again later, and what cannot be looked at is left as it is.
        """
        known = await self._known() if waiting else {}
        for number, message in enumerate(waiting[:STEP]):
            try:
                if message in known:
                    await self._look_at(message, known[message])
            except (PlatformUnavailable, AccountLost):
                log.warning("platform away", action="look_delayed")
                return waiting[number:]
            except PlatformError:
                log.info("not shown", action="look_refused")
            except Exception:
                log.exception("look failed", action="look_failed")
        return waiting[STEP:]

    async def _known(self) -> dict[MessageRef, Known]:
        found: dict[MessageRef, Known] = {}
        async with self.look() as work:
            for circle in await Circles(work).all():
                if circle.state in (CircleState.OPEN, CircleState.PAUSED):
                    found |= await self._of(circle, work)
        return {message: known for message, known in found.items() if self._is_untold(message)}

    async def _of(self, circle: Circle, work: UnitOfWork) -> dict[MessageRef, Known]:
        kept = await sources_of(circle.id, work)
        sources = {message: source for message, source in kept.items() if source.own}
        shown = [each.place for each in kept.values() if each.place is not None]
        counts = {
            each.message: each.words for each in await Contributions(work).in_circle(circle.id)
        }
        answers = await Answers(work).in_circle(circle.id)
        answered = [answer.message for answer in answers if answer.own]
        return {
            message: Known(circle, sources.get(message), counts.get(message))
            for message in dict.fromkeys([*sources, *answered, *shown])
        }

    def _is_untold(self, message: MessageRef) -> bool:
        """Return whether nobody tells what becomes of a message while the bot is away."""
        platform = self.platforms.get(message.room.platform)
        return platform is not None and not platform.capabilities.replays

    async def _look_at(self, message: MessageRef, known: Known) -> None:
        event = await self.platforms[message.room.platform].fetch(message)
        now = self.clock.now()
        if event is None:
            await self.hear(_gone(message, now))
        elif self._is_other(event, known):
            at = event.edited_at or now
            await self.hear(replace(event, kind=Kind.EDIT, at=at, target=message.id))

    def _is_other(self, event: Event, known: Known) -> bool:
        """Return whether a message says something else than what is kept or counted of it."""
        said = self.read(event, known.circle)
        if known.source is not None:
            filed = with_files(replace(event, text=said)).text
            now = {words_now(known.source, event, each) for each in (said, filed)}
            return known.source.text not in now
        return event.readable and known.count is not None and known.count != len(said.split())


def _gone(message: MessageRef, now: datetime) -> Event:
    return Event(
        id=f"gone-{message.id}",
        at=now,
        platform=message.room.platform,
        room=message.room.id,
        kind=Kind.DELETE,
        author="",
        target=message.id,
    )
