"""Every query on posts that change or remove earlier ones."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlmodel import col, select

from bot.conversation.model import (
    DeliveryKey,
    Document,
    MessageRef,
)
from bot.delivery.model import (
    Outgoing,
    State,
    change_of,
    removal_of,
)
from bot.delivery.rows.outbox import Outbox
from bot.delivery.rows.tables import OutboxRow
from bot.store.work import UnitOfWork


class Changes:
    """What posts that were written say now, and which are to go again."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work
        self._outbox = Outbox(work)

    async def rewrite(self, key: DeliveryKey, wanted: Sequence[Outgoing], now: datetime) -> None:
        """Let what was posted under a key, in all its parts, say what is `wanted` now.

        Parts that are new stand behind the others and get numbers that were never used, so that
        no platform takes one for a part that was removed.
        """
        parts = await self._parts(key)
        there = [row for row in parts if await self._is_there(row)]
        for row, part in zip(there, wanted, strict=False):
            await self._change(row, part.document, now)
        await self._remove(there[len(wanted) :], now)
        number = max((row.identity.part for row in parts), default=-1) + 1
        new = enumerate(wanted[len(there) :], start=number)
        await self._outbox.add([replace(p, key=replace(key, part=n)) for n, p in new], now)

    async def remove(self, circle: int, prompt: str, occurrence: int, now: datetime) -> None:
        """Remove every post of a circle about something from where it is shown.

        Its words go at once; the message goes when its room's turn comes.
        """
        wanted = select(OutboxRow).where(
            OutboxRow.circle_id == circle,
            OutboxRow.prompt == prompt,
            OutboxRow.occurrence == occurrence,
        )
        rows = await self._work.all(wanted.order_by(col(OutboxRow.id)))
        await self._remove([row for row in rows if await self._is_there(row)], now)

    async def remove_all(
        self,
        circle: int,
        phase: str,
        beginning: str,
        now: datetime,
        but: Container[tuple[str, int]] = (),
    ) -> None:
        """Remove every post of a circle and phase whose prompt begins so.

        `but` are prompts, each with its occurrence, that stay.
        """
        wanted = select(OutboxRow).where(
            OutboxRow.circle_id == circle,
            OutboxRow.phase == phase,
            col(OutboxRow.prompt).startswith(beginning, autoescape=True),
            col(OutboxRow.changes).is_(None),
        )
        rows = await self._work.all(wanted.order_by(col(OutboxRow.id)))
        going = [row for row in rows if (row.prompt, row.occurrence) not in but]
        await self._remove([row for row in going if await self._is_there(row)], now)

    async def shown(self, circle: int, prompt: str, occurrence: int) -> list[MessageRef]:
        """Return the messages about something that are shown and are to stay, in order."""
        rows = await self._work.all(
            select(OutboxRow)
            .where(
                OutboxRow.circle_id == circle,
                OutboxRow.prompt == prompt,
                OutboxRow.occurrence == occurrence,
                OutboxRow.state == State.SENT.value,
            )
            .order_by(col(OutboxRow.id))
        )
        there = [row.identity for row in rows if await self._is_there(row)]
        places = [await self._outbox.place_of(key) for key in there]
        return [place for place in places if place is not None]

    async def _parts(self, key: DeliveryKey) -> list[OutboxRow]:
        parts = str(key).rpartition("/")[0] + "/"
        mine = (
            OutboxRow.prompt == key.prompt,
            col(OutboxRow.key).startswith(parts, autoescape=True),
        )
        wanted = select(OutboxRow).where(*mine).order_by(col(OutboxRow.id))
        return list(await self._work.all(wanted))

    async def _is_there(self, row: OutboxRow) -> bool:
        """Return whether a post is shown, or will be, and nobody has it removed."""
        if row.state not in (State.SENT.value, State.WAITING.value):
            return False
        return await self._outbox.of_key(str(removal_of(row.identity))) is None

    async def _changes(self, row: OutboxRow) -> list[OutboxRow]:
        """Return the changes of what a post says, in order."""
        wanted = select(OutboxRow).where(OutboxRow.changes == row.identity)
        return list(await self._work.all(wanted.order_by(col(OutboxRow.id))))

    async def _change(self, row: OutboxRow, document: Document, now: datetime) -> None:
        """Let a post say the document: at once while nobody tried to send it, else by a change."""
        changes = await self._changes(row)
        last = [row, *changes][-1]
        if last.state == State.WAITING.value and not last.attempts:
            last.document = document
            await self._work.session.flush()
        else:
            key = change_of(row.identity, len(changes) + 1)
            await self._outbox.add([_changing(row, key, document)], now)

    async def _remove(self, rows: Iterable[OutboxRow], now: datetime) -> None:
        for row in rows:
            changes = await self._changes(row)
            for each in (row, *changes):
                each.document, each.instead = None, None
            await self._work.session.flush()
            if row.state == State.WAITING.value and not row.attempts:
                await self._work.session.delete(row)
                await self._work.session.flush()
            else:
                await self._outbox.add([_changing(row, removal_of(row.identity), Document())], now)


def _changing(row: OutboxRow, key: DeliveryKey, document: Document) -> Outgoing:
    """Return the post that lets an earlier one say the document."""
    return Outgoing(
        key=key, to=row.to, document=document, circle=row.circle_id, changes=row.identity
    )
