"""Every query on posts."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, text, update
from sqlalchemy.dialects.sqlite import insert
from sqlmodel import col, select

from bot.conversation.model import (
    DeliveryKey,
    MessageRef,
    People,
    PersonRef,
    RoomRef,
    without_mention,
)
from bot.delivery.model import (
    AWAY,
    RELAY,
    Outgoing,
    Posted,
    State,
)
from bot.delivery.rows.tables import OutboxRow
from bot.store.work import UnitOfWork


class Outbox:
    """Posts on their way and posts that went."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def add(self, posts: Iterable[Outgoing], now: datetime) -> None:
        """Write posts that are not there yet; one whose key is there is left as it is."""
        for post in posts:
            row = OutboxRow(
                key=str(post.key),
                circle_id=post.circle,
                phase=post.key.phase,
                prompt=post.key.prompt,
                occurrence=post.key.occurrence,
                identity=post.key,
                target=str(post.to),
                to=post.to,
                document=post.document,
                thread=post.thread,
                thread_of=post.thread_of,
                quiet=post.quiet,
                instead=post.instead,
                redacts=post.redacts,
                changes=post.changes,
                created_at=now,
                not_before=post.not_before or now,
                expires_at=post.expires_at,
            )
            values = {key: value for key, value in row if key != "id"}
            await self._work.run(insert(OutboxRow).values(**values).on_conflict_do_nothing())

    async def waiting_targets(self, now: datetime) -> list[str]:
        """Return the targets whose first post, as `first_two` says, may go now."""
        first = (
            select(OutboxRow.target, func.min(OutboxRow.id).label("id"))
            .where(text("state='waiting'"), _not_held(now))
            .group_by(col(OutboxRow.target))
            .subquery()
        )
        found = await self._work.all(
            select(OutboxRow.target)
            .join(first, first.c.id == OutboxRow.id)
            .where(col(OutboxRow.not_before) <= now)
            .order_by(col(OutboxRow.id))
        )
        return list(found)

    async def first_two(self, target: str, now: datetime) -> Sequence[OutboxRow]:
        """Return the first waiting posts of a target; one that is held for later holds up none.

        One that was tried and waits for another attempt keeps its place.
        """
        return await self._work.all(
            select(OutboxRow)
            .where(text("state='waiting'"), OutboxRow.target == target, _not_held(now))
            .order_by(col(OutboxRow.id))
            .limit(2)
        )

    async def sent(self, row: int, message: MessageRef, now: datetime) -> None:
        """Note that a post was sent, and let go of its words."""
        where = {"room": message.room.id, "message": message.id}
        await self._work.run(
            update(OutboxRow)
            .where(col(OutboxRow.id) == row)
            .values(state=State.SENT.value, sent_at=now, document=None, instead=None, **where)
        )

    async def count_waiting(self) -> int:
        """Return how many posts wait."""
        wanted = select(func.count(col(OutboxRow.id))).where(text("state='waiting'"))
        return int(await self._work.first(wanted))

    async def of_key(self, key: str) -> Posted | None:
        """Return the post with this key."""
        row = await self._work.first(select(OutboxRow).where(OutboxRow.key == key))
        return None if row is None else row.posted()

    async def message_of(self, key: str | None) -> str | None:
        """Return the id of the message that the post with this key became, if it did."""
        posted = None if key is None else await self.of_key(key)
        return None if posted is None else posted.message

    async def place_of(self, key: DeliveryKey | None) -> MessageRef | None:
        """Return the message that the post with this key became, if it did."""
        posted = None if key is None else await self.of_key(str(key))
        if posted is None or posted.where is None or not posted.message:
            return None
        return MessageRef(posted.where, posted.message)

    async def of_message(self, message: MessageRef) -> Posted | None:
        """Return the post that a message of ours is."""
        row = await self._work.first(
            select(OutboxRow).where(
                OutboxRow.room == message.room.id, OutboxRow.message == message.id
            )
        )
        return None if row is None else row.posted()

    async def under(self, circle: int, key: str) -> list[Posted]:
        """Return what a circle sent into the thread of the post with this key, in order."""
        wanted = select(OutboxRow).where(
            OutboxRow.circle_id == circle,
            OutboxRow.thread_of == key,
            col(OutboxRow.message).is_not(None),
        )
        return [row.posted() for row in await self._work.all(wanted.order_by(col(OutboxRow.id)))]

    async def sent_in(self, circle: int, phase: str) -> list[Posted]:
        """Return the first message of everything that a circle was sent in a phase, in order."""
        wanted = select(OutboxRow).where(
            OutboxRow.circle_id == circle,
            OutboxRow.phase == phase,
            OutboxRow.state == State.SENT.value,
            col(OutboxRow.key).endswith("/0"),
        )
        return [row.posted() for row in await self._work.all(wanted.order_by(col(OutboxRow.id)))]

    async def of_prompt(self, circle: int, prompt: str, occurrence: int) -> list[Posted]:
        """Return every room's post of one prompt, in the order in which they were written."""
        rows = await self._work.all(
            select(OutboxRow)
            .where(
                OutboxRow.circle_id == circle,
                OutboxRow.prompt == prompt,
                OutboxRow.occurrence == occurrence,
            )
            .order_by(col(OutboxRow.id))
        )
        return [row.posted() for row in rows]

    async def last_to(self, circle: int, target: str, ending: str) -> Posted | None:
        """Return the last post sent to a target of those whose prompt ends with `ending`."""
        row = await self._work.first(
            select(OutboxRow)
            .where(
                OutboxRow.circle_id == circle,
                OutboxRow.target == target,
                col(OutboxRow.prompt).endswith(ending, autoescape=True),
                col(OutboxRow.sent_at).is_not(None),
            )
            .order_by(col(OutboxRow.sent_at).desc(), col(OutboxRow.id).desc())
            .limit(1)
        )
        return None if row is None else row.posted()

    async def withdraw(self, circle: int) -> None:
        """Hold back the timely posts that a circle has not sent yet; the others still go.

        What one person writes to another is no post of the circle's.
        """
        await self._work.run(
            update(OutboxRow)
            .where(
                text("state='waiting'"),
                col(OutboxRow.circle_id) == circle,
                col(OutboxRow.expires_at).is_not(None),
                col(OutboxRow.phase) != RELAY,
            )
            .values(state=State.WITHDRAWN.value)
        )

    async def put_back(self, circle: int, now: datetime) -> None:
        """Let the posts that were held back go after all, where it is not too late."""
        await self._work.run(
            update(OutboxRow)
            .where(
                text("state='withdrawn'"),
                col(OutboxRow.circle_id) == circle,
                col(OutboxRow.expires_at) > now,
            )
            .values(state=State.WAITING.value)
        )

    async def take_back(self, key: DeliveryKey) -> bool:
        """Remove a post that nobody tried to send, in all its parts; return whether it is gone."""
        parts = str(key).rpartition("/")[0] + "/"
        mine = (
            col(OutboxRow.prompt) == key.prompt,
            col(OutboxRow.key).startswith(parts, autoescape=True),
        )
        untried = (text("state='waiting'"), col(OutboxRow.attempts) == 0)
        await self._work.run(delete(OutboxRow).where(*mine, *untried))
        return await self._work.first(select(OutboxRow.id).where(*mine)) is None

    async def written_since(self, circle: int, moment: datetime) -> list[Posted]:
        """Return a circle's posts since a moment (inclusive) that went or will go, in order."""
        rows = await self._work.all(
            select(OutboxRow)
            .where(
                OutboxRow.circle_id == circle,
                col(OutboxRow.created_at) >= moment,
                col(OutboxRow.state).in_([State.SENT.value, State.WAITING.value]),
            )
            .order_by(col(OutboxRow.id))
        )
        return [row.posted() for row in rows]

    async def withdraw_from(self, circle: int, person: People, prompt: str = "") -> None:
        """Remove the timely posts that wait for a person: all of a circle's, or one prompt's."""
        which = delete(OutboxRow).where(
            text("state='waiting'"),
            col(OutboxRow.circle_id) == circle,
            col(OutboxRow.target) == str(person),
            col(OutboxRow.expires_at).is_not(None),
        )
        await self._work.run(which.where(col(OutboxRow.prompt) == prompt) if prompt else which)

    async def again(self, posts: Iterable[Outgoing], now: datetime) -> None:
        """Write posts, also those that were given up or held back before."""
        posts = list(posts)
        over = [State.REFUSED.value, State.SKIPPED.value, State.WITHDRAWN.value]
        for post in posts:
            await self._work.run(
                delete(OutboxRow).where(
                    col(OutboxRow.key) == str(post.key), col(OutboxRow.state).in_(over)
                )
            )
        await self.add(posts, now)

    async def move_room(self, old: RoomRef, new: RoomRef) -> None:
        """Send what waits for a room to the room that goes on from it."""
        await self._work.run(
            update(OutboxRow)
            .where(text("state='waiting'"), col(OutboxRow.target) == str(old))
            .values(target=str(new), to=new)
        )

    async def hold(self, room: RoomRef, window: timedelta) -> None:
        """Keep what waits for a room that the bot is no longer in, until it comes back.

        What has no time of its own is worth sending for `window` longer; what changes or removes an
        earlier post is worth it always. What is no circle's is dropped: it answers somebody there,
        who has seen the bot go.
        """
        for row in await self._of(room, State.WAITING):
            if row.circle_id is None:
                await self._work.session.delete(row)
            elif row.not_before != AWAY:
                if row.changes is None and row.redacts is None:
                    row.expires_at = row.expires_at or row.not_before + window
                row.not_before = AWAY
        await self._work.session.flush()

    async def skip_late(self, room: RoomRef, now: datetime) -> list[Posted]:
        """Give up what was held for a room, never tried, and is too late now; return it."""
        late = [
            row
            for row in await self._of(room, State.WAITING)
            if row.not_before == AWAY and not row.attempts and row.expires_at
            if now > row.expires_at
        ]
        for row in late:
            row.state, row.document, row.instead = State.SKIPPED.value, None, None
        await self._work.session.flush()
        return [row.posted() for row in late]

    async def let_go(self, room: RoomRef, now: datetime) -> None:
        """Let what was held for a room go, in its order, after what waits for the room already."""
        for row in await self._of(room, State.WAITING, State.WITHDRAWN):
            if row.not_before == AWAY:
                values = {name: value for name, value in row if name != "id"}
                await self._work.session.delete(row)
                await self._work.session.flush()
                await self._work.run(insert(OutboxRow).values(**values | {"not_before": now}))

    async def held(self, room: RoomRef) -> int:
        """Return how many posts wait until the bot is in a room again."""
        return sum(row.not_before == AWAY for row in await self._of(room, State.WAITING))

    async def _of(self, room: RoomRef, *states: State) -> list[OutboxRow]:
        wanted = select(OutboxRow).where(
            OutboxRow.target == str(room), col(OutboxRow.state).in_([s.value for s in states])
        )
        return list(await self._work.all(wanted.order_by(col(OutboxRow.id))))

    async def unname(self, person: PersonRef) -> None:
        """Take mentions of a person out of posts that have not gone yet."""
        for row in await self._work.all(
            select(OutboxRow).where(col(OutboxRow.document).is_not(None))
        ):
            if person in row.document.mentions:
                row.document = without_mention(row.document, person)
        await self._work.session.flush()

    async def remove_about(self, circle: int, prompts: Sequence[str]) -> None:
        """Remove posts of a circle by what they are about, sent or not."""
        await self._work.run(
            delete(OutboxRow).where(
                col(OutboxRow.circle_id) == circle, col(OutboxRow.prompt).in_(prompts)
            )
        )

    async def to_person(self, person: People) -> list[OutboxRow]:
        """Return every post to a person, or said in a room instead, in order."""
        mine = func.instr(OutboxRow.key, f"/{person}/") > 0
        wanted = select(OutboxRow).where(or_(col(OutboxRow.target) == str(person), mine))
        return list(await self._work.all(wanted.order_by(col(OutboxRow.id))))

    async def forget(self, person: People) -> None:
        """Remove every post to a person, or said in a room instead, sent or not."""
        mine = func.instr(OutboxRow.key, f"/{person}/") > 0
        await self._work.run(
            delete(OutboxRow).where(or_(col(OutboxRow.target) == str(person), mine))
        )

    async def remove(self, row: int) -> None:
        """Remove one post: nothing needs to know any more that it went."""
        await self._work.run(delete(OutboxRow).where(col(OutboxRow.id) == row))

    async def refused(self, circle: int) -> Sequence[Posted]:
        """Return a circle's posts that did not arrive, for the facilitator."""
        rows = await self._work.all(
            select(OutboxRow)
            .where(
                OutboxRow.circle_id == circle,
                col(OutboxRow.state).in_([State.REFUSED.value, State.SKIPPED.value]),
            )
            .order_by(col(OutboxRow.id))
        )
        return [row.posted() for row in rows]


def _not_held(now: datetime) -> Any:  # noqa: ANN401 - a condition
    return or_(col(OutboxRow.attempts) > 0, col(OutboxRow.not_before) <= now)
