"""Every query on marks, quotes and publications."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.dialects.sqlite import insert
from sqlmodel import col, select

from bot.conversation.model import MessageRef, People, PersonRef, RoomRef
from bot.delivery.model import State
from bot.delivery.rows import OutboxRow
from bot.prompting.model import Asked
from bot.publication.model import Kept, Mark, MarkKind, Quote
from bot.publication.rows.tables import GoneRow, KeptRow, MarkRow, PublicationRow, QuoteRow
from bot.store.work import UnitOfWork

REMEMBERED = timedelta(days=2)
"""How long the id of a deleted message is known, for words of it that are still on their way."""


def _place(message: MessageRef) -> dict[str, Any]:
    return {
        "platform": message.room.platform,
        "room": message.room.id,
        "message": message.id,
    }


def _is(kind: Any, message: MessageRef) -> list[Any]:  # noqa: ANN401 - any of the tables above
    return [col(getattr(kind, name)) == value for name, value in _place(message).items()]


class Harvested:
    """Marked messages and the marks on them."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def row(self, message: MessageRef) -> KeptRow | None:
        """Return the row of a kept message."""
        key = (message.room.platform, message.room.id, message.id)
        return await self._work.session.get(KeptRow, key)

    async def edited_by(self, edit: MessageRef) -> KeptRow | None:
        """Return the row whose words are from this edit."""
        row: KeptRow | None = await self._work.first(
            select(KeptRow).where(
                KeptRow.platform == edit.room.platform,
                KeptRow.room == edit.room.id,
                KeptRow.edit == edit.id,
            )
        )
        return row

    async def keep(self, kept: Kept) -> None:
        """Keep a message's words; those of the same message are replaced."""
        row = await self.row(kept.message)
        if row is None:
            row = KeptRow(
                **_place(kept.message),
                circle_id=kept.circle,
                member_id=kept.member,
                text=kept.text,
                sent_at=kept.sent_at,
                phase=kept.phase,
            )
        row.text, row.edited_at, row.edit = kept.text, kept.edited_at, ""
        await self._work.put(row)

    async def reword(self, message: MessageRef, text: str) -> None:
        """Replace a kept message's words."""
        which = update(KeptRow).where(*_is(KeptRow, message))
        await self._work.run(which.values(text=text, edit=""))

    async def mark(self, mark: Mark) -> None:
        """Mark a message; the same mark again changes nothing."""
        row = {
            **_place(mark.message),
            "circle_id": mark.circle,
            "kind": mark.kind.value,
            "by_id": mark.by,
            "reaction": mark.reaction,
        }
        await self._work.run(insert(MarkRow).values(**row).on_conflict_do_nothing())

    async def unmark(self, message: MessageRef, by: int) -> int:
        """Remove a member's marks on a message; return how many there were."""
        return await self._work.run(
            delete(MarkRow).where(*_is(MarkRow, message), col(MarkRow.by_id) == by)
        )

    async def unreacted(self, message: MessageRef, by: int, kind: MarkKind) -> int:
        """Remove the marks that a member's reactions of a kind were; return how many there were."""
        return await self._work.run(
            delete(MarkRow).where(
                *_is(MarkRow, message),
                col(MarkRow.by_id) == by,
                col(MarkRow.kind) == kind.value,
                col(MarkRow.reaction) != "",
            )
        )

    async def unreact(self, reaction: MessageRef) -> int:
        """Remove the mark that a reaction was; return how many there were."""
        return await self._work.run(
            delete(MarkRow).where(
                col(MarkRow.platform) == reaction.room.platform,
                col(MarkRow.reaction) == reaction.id,
            )
        )

    async def remove(self, message: MessageRef) -> None:
        """Remove a message's words and marks."""
        await self._work.run(delete(KeptRow).where(*_is(KeptRow, message)))
        await self._work.run(delete(MarkRow).where(*_is(MarkRow, message)))

    async def sweep(self, circle: int) -> list[MessageRef]:
        """Remove the words that no mark holds any more; return which messages those were."""
        marked = {mark.message for mark in await self.marks(circle)}
        bare = [kept.message for kept in await self.in_circle(circle) if kept.message not in marked]
        for message in bare:
            await self.remove(message)
        return bare

    async def in_circle(self, circle: int) -> list[Kept]:
        """Return the kept messages of a circle, the oldest first."""
        return await self._kept(KeptRow.circle_id == circle)

    async def of_member(self, member: int) -> list[Kept]:
        """Return the kept messages of a member, the oldest first."""
        return await self._kept(KeptRow.member_id == member)

    async def marks(self, circle: int) -> list[Mark]:
        """Return the marks of a circle, the first ones first."""
        wanted = select(MarkRow).where(MarkRow.circle_id == circle).order_by(col(MarkRow.id))
        return [row.value() for row in await self._work.all(wanted)]

    async def marks_by(self, member: int) -> list[Mark]:
        """Return the marks that a member made."""
        wanted = select(MarkRow).where(MarkRow.by_id == member).order_by(col(MarkRow.id))
        return [row.value() for row in await self._work.all(wanted)]

    async def forget_circle(self, circle: int) -> None:
        """Remove a circle's marked messages and its marks."""
        await self._work.run(delete(MarkRow).where(col(MarkRow.circle_id) == circle))
        await self._work.run(delete(KeptRow).where(col(KeptRow.circle_id) == circle))

    async def forget_marks(self, member: int) -> None:
        """Remove the marks that a member made."""
        await self._work.run(delete(MarkRow).where(col(MarkRow.by_id) == member))

    async def _kept(self, *which: object) -> list[Kept]:
        wanted = select(KeptRow).where(*which)  # type: ignore[arg-type]  # SQLModel's own columns
        rows = await self._work.all(wanted.order_by(col(KeptRow.sent_at), col(KeptRow.message)))
        return [row.value() for row in rows]


class Quotes:
    """Lines that may be quoted, and what their authors said to it."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def at(self, message: MessageRef) -> Quote | None:
        """Return the line that a message is."""
        row = await self._row(message)
        return None if row is None else row.value()

    async def put(self, quote: Quote) -> Quote:
        """Write a line; one that is new is given its number."""
        known = await self._work.session.get(QuoteRow, quote.number) if quote.number else None
        row = _as(quote, known or await self._row(quote.message))
        await self._work.put(row)
        return row.value()

    async def put_all(self, circle: int, quotes: Iterable[Quote]) -> None:
        """Write lines of a circle together; those that are new are numbered in this order."""
        wanted = select(QuoteRow).where(QuoteRow.circle_id == circle)
        known = {row.value().message: row for row in await self._work.all(wanted)}
        self._work.session.add_all([_as(quote, known.get(quote.message)) for quote in quotes])
        await self._work.session.flush()

    async def in_circle(self, circle: int) -> list[Quote]:
        """Return a circle's lines by number."""
        return await self._values(QuoteRow.circle_id == circle)

    async def of_member(self, member: int) -> list[Quote]:
        """Return a member's lines by number."""
        return await self._values(QuoteRow.member_id == member)

    async def remove(self, messages: Iterable[MessageRef]) -> None:
        """Remove the lines that these messages were."""
        for message in messages:
            await self._work.run(delete(QuoteRow).where(*_is(QuoteRow, message)))

    async def _row(self, message: MessageRef) -> QuoteRow | None:
        row: QuoteRow | None = await self._work.first(
            select(QuoteRow).where(*_is(QuoteRow, message))
        )
        return row

    async def _values(self, *which: object) -> list[Quote]:
        wanted = select(QuoteRow).where(*which)  # type: ignore[arg-type]  # SQLModel's own columns
        rows = await self._work.all(wanted.order_by(col(QuoteRow.number)))
        return [row.value() for row in rows]


def _as(quote: Quote, row: QuoteRow | None) -> QuoteRow:
    """Return the row, or a new one, as the line is now."""
    if row is None:
        row = QuoteRow(**_place(quote.message), circle_id=quote.circle, member_id=quote.member)
    row.state, row.fingerprint = quote.state.value, quote.fingerprint
    row.told, row.nameless = quote.told, quote.nameless
    return row


class Publications:
    """What was published."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def of(self, circle: int) -> list[PublicationRow]:
        """Return a circle's versions, the last one first."""
        wanted = select(PublicationRow).where(PublicationRow.circle_id == circle)
        return list(await self._work.all(wanted.order_by(col(PublicationRow.version).desc())))

    async def last(self, circle: int) -> PublicationRow | None:
        """Return a circle's last version."""
        return next(iter(await self.of(circle)), None)

    async def put(self, row: PublicationRow) -> None:
        """Write a version."""
        await self._work.put(row)


class Gone:
    """Messages and reactions that were deleted a short while ago."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def note(self, message: MessageRef, at: datetime) -> None:
        """Remember that a message is gone, and forget what was gone long before."""
        row = {**_place(message), "at": at}
        await self._work.run(insert(GoneRow).values(**row).on_conflict_do_nothing())
        await self._work.run(delete(GoneRow).where(col(GoneRow.at) < at - REMEMBERED))

    async def any(self, messages: Iterable[MessageRef]) -> bool:
        """Return whether one of these is gone."""
        keys = [(each.room.platform, each.room.id, each.id) for each in messages]
        return any([await self._work.session.get(GoneRow, key) is not None for key in keys])


class Spoken:
    """What of this room is in the outbox."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def asked(
        self, circle: int, rooms: Sequence[RoomRef], phases: Iterable[str]
    ) -> list[Asked]:
        """Return what was posted into a circle's rooms during its phases, in that order."""
        rows = await self._work.all(
            select(OutboxRow)
            .where(
                OutboxRow.circle_id == circle,
                OutboxRow.state == State.SENT.value,
                col(OutboxRow.target).in_([str(room) for room in rooms]),
                col(OutboxRow.phase).in_(list(phases)),
            )
            .order_by(col(OutboxRow.sent_at), col(OutboxRow.id))
        )
        found = (Asked(row.phase, row.prompt, row.occurrence) for row in rows)
        return list(dict.fromkeys(found))

    async def said(self, circle: int, what: str, person: PersonRef) -> int:
        """Return how many posts of a kind one person was or will be sent."""
        mine = (
            OutboxRow.circle_id == circle,
            OutboxRow.phase == what,
            OutboxRow.target == str(People.of(person)),
        )
        return len(await self._work.all(select(OutboxRow.id).where(*mine)))

    async def take_back(self, circle: int, what: str, person: PersonRef | None = None) -> int:
        """Take back what waits of a kind, to one person or to all; return how many posts."""
        mine = [
            col(OutboxRow.state) == State.WAITING.value,
            col(OutboxRow.circle_id) == circle,
            col(OutboxRow.phase) == what,
        ]
        if person is not None:
            mine.append(col(OutboxRow.target) == str(People.of(person)))
        gone = {"state": State.WITHDRAWN.value, "document": None, "instead": None}
        return await self._work.run(update(OutboxRow).where(*mine).values(**gone))
