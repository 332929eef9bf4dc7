"""What of a circle's posts needs its facilitators: rooms without the bot, posts that are lost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from bot.circles import words
from bot.circles.model import Circle
from bot.circles.rows import Circles, Members
from bot.circles.usecases.hearing import post_named
from bot.circles.usecases.ports import Methods
from bot.conversation.model import Clock, Line, Link, Moment, RoomRef, line
from bot.conversation.platform import Platform
from bot.delivery.model import Posted, State
from bot.delivery.rows import Outbox, Schedules
from bot.prompting.model import Asked
from bot.prompting.usecases.asking import PROMPT, prompt_of
from bot.store.work import UnitOfWork

RECENT = timedelta(days=14)
"""How long a lost post is worth a facilitator's attention."""


@dataclass(frozen=True)
class NotArrived:
    """Tells where the bot is not, what did not arrive, and whom it cannot reach."""

    clock: Clock
    methods: Methods
    platforms: Mapping[str, Platform]
    prefix: str

    async def __call__(self, circle: Circle, work: UnitOfWork) -> list[Line]:
        """Return one line for each room, post and the members who cannot be reached."""
        lines = await self._rooms(circle, work) + await self._lost(circle, work)
        closed = [m.name for m in await Members(work).present(circle.id) if m.unreachable]
        if closed:
            lines.append(line(f"I cannot reach directly: {', '.join(closed)}"))
        return lines

    async def _rooms(self, circle: Circle, work: UnitOfWork) -> list[Line]:
        here = await Circles(work).rooms(circle.id)
        return [
            words.not_there(self._room(room), await Outbox(work).held(room))
            for room in await Circles(work).rooms(circle.id, gone=True)
            if room not in here
        ]

    async def _lost(self, circle: Circle, work: UnitOfWork) -> list[Line]:
        """Return a line for each post that is missing in a room; of a long one, for its first."""
        since = self.clock.now() - RECENT
        rooms = {str(room): room for room in await Circles(work).rooms(circle.id, gone=True)}
        return [
            words.lost(
                post_named(circle, self.methods, post.phase, post.prompt),
                Moment(post.created_at, circle.zone),
                self._room(rooms[post.target]),
                refused=post.state is State.REFUSED,
                send=await self._send(circle, post, work),
            )
            for post in await Outbox(work).refused(circle.id)
            if post.target in rooms and post.created_at > since and post.key.endswith("/0")
        ]

    async def _send(self, circle: Circle, post: Posted, work: UnitOfWork) -> str:
        """Return the command that posts it after all, empty when it would post another one."""
        asked = Asked(post.phase, post.prompt, post.occurrence)
        coming = await Schedules(work).coming(circle.id, PROMPT)
        another = any(Asked.read(each.subject).prompt == post.prompt for each in coming)
        if another or prompt_of(circle, self.methods, asked) is None:
            return ""
        return f"{self.prefix}prompt send {circle.name} {post.prompt}"

    def _room(self, room: RoomRef) -> Link:
        return words.a_room(self.platforms[room.platform].link(room))
