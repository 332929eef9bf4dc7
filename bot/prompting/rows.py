"""The table of answers, and every query on it."""

from datetime import datetime

from sqlalchemy import UniqueConstraint, delete, update
from sqlmodel import Field, SQLModel, col, select

from bot.conversation.model import MessageRef, RoomRef
from bot.prompting.model import Asked, PromptAnswer, Shown
from bot.store.columns import Instant
from bot.store.work import UnitOfWork


class AnswerRow(SQLModel, table=True):
    """An answer; one a member and occurrence."""

    __tablename__ = "answer"
    __table_args__ = (
        UniqueConstraint("circle_id", "phase", "prompt", "occurrence", "member_id"),
        UniqueConstraint("platform", "room", "message"),
    )
    id: int | None = Field(default=None, primary_key=True)
    circle_id: int = Field(foreign_key="circle.id")
    phase: str
    prompt: str
    occurrence: int
    member_id: int = Field(foreign_key="member.id", ondelete="CASCADE", index=True)
    platform: str
    room: str
    message: str
    text: str | None = None
    answered_at: datetime = Field(sa_type=Instant)
    edited_at: datetime | None = Field(default=None, sa_type=Instant)
    shown: str = Shown.HERE.value
    own: bool = True

    def value(self) -> PromptAnswer:
        """Return the answer."""
        return PromptAnswer(
            id=self.id or 0,
            circle=self.circle_id,
            asked=Asked(self.phase, self.prompt, self.occurrence),
            member=self.member_id,
            message=MessageRef(RoomRef(self.platform, self.room), self.message),
            text=self.text,
            answered_at=self.answered_at,
            edited_at=self.edited_at,
            shown=Shown(self.shown),
            own=self.own,
        )


class Answers:
    """Answers to prompts."""

    def __init__(self, work: UnitOfWork) -> None:
        self._work = work

    async def put(self, answer: PromptAnswer) -> None:
        """Write an answer; the member's earlier one to the same prompt is replaced."""
        await self._work.run(
            delete(AnswerRow).where(
                col(AnswerRow.circle_id) == answer.circle,
                col(AnswerRow.phase) == answer.asked.phase,
                col(AnswerRow.prompt) == answer.asked.prompt,
                col(AnswerRow.occurrence) == answer.asked.occurrence,
                col(AnswerRow.member_id) == answer.member,
            )
        )
        row = AnswerRow(
            circle_id=answer.circle,
            phase=answer.asked.phase,
            prompt=answer.asked.prompt,
            occurrence=answer.asked.occurrence,
            member_id=answer.member,
            platform=answer.message.room.platform,
            room=answer.message.room.id,
            message=answer.message.id,
            text=answer.text,
            answered_at=answer.answered_at,
            edited_at=answer.edited_at,
            shown=answer.shown.value,
            own=answer.own,
        )
        await self._work.put(row)

    async def at(self, message: MessageRef) -> AnswerRow | None:
        """Return the row of the answer that a message is."""
        row: AnswerRow | None = await self._work.first(
            select(AnswerRow).where(
                AnswerRow.platform == message.room.platform,
                AnswerRow.room == message.room.id,
                AnswerRow.message == message.id,
            )
        )
        return row

    async def of(self, circle: int, asked: Asked) -> list[PromptAnswer]:
        """Return the answers to one occurrence of a prompt, in the order in which they came."""
        return await self._values(
            AnswerRow.circle_id == circle,
            AnswerRow.phase == asked.phase,
            AnswerRow.prompt == asked.prompt,
            AnswerRow.occurrence == asked.occurrence,
        )

    async def of_member(self, member: int) -> list[PromptAnswer]:
        """Return a member's answers, in the order in which they came."""
        return await self._values(AnswerRow.member_id == member)

    async def in_circle(self, circle: int) -> list[PromptAnswer]:
        """Return every answer of a circle, in the order in which they came."""
        return await self._values(AnswerRow.circle_id == circle)

    async def remove(self, message: MessageRef) -> None:
        """Remove the answer that a message was."""
        await self._work.run(
            delete(AnswerRow).where(
                col(AnswerRow.platform) == message.room.platform,
                col(AnswerRow.room) == message.room.id,
                col(AnswerRow.message) == message.id,
            )
        )

    async def without_words(self, member: int) -> None:
        """Remove the words of a member's answers and keep that they answered."""
        await self._work.run(
            update(AnswerRow).where(col(AnswerRow.member_id) == member).values(text=None)
        )

    async def forget_circle(self, circle: int) -> None:
        """Remove a circle's answers."""
        await self._work.run(delete(AnswerRow).where(col(AnswerRow.circle_id) == circle))

    async def forget(self, member: int) -> None:
        """Remove a member's answers."""
        await self._work.run(delete(AnswerRow).where(col(AnswerRow.member_id) == member))

    async def _values(self, *which: object) -> list[PromptAnswer]:
        wanted = select(AnswerRow).where(*which)  # type: ignore[arg-type]  # SQLModel's own columns
        rows = await self._work.all(wanted.order_by(col(AnswerRow.answered_at), col(AnswerRow.id)))
        return [row.value() for row in rows]
