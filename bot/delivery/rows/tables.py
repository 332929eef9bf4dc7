"""The tables of schedules and posts."""

from datetime import datetime, timedelta

from sqlalchemy import DateTime, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from bot.conversation.model import (
    DeliveryKey,
    Document,
    RoomRef,
    Target,
)
from bot.delivery.model import (
    Posted,
    Quiet,
    Redaction,
    Schedule,
    State,
)
from bot.store.columns import Instant, Json

Instead = tuple[RoomRef, Document]


class ScheduleRow(SQLModel, table=True):
    """Something that is due; `fired_at` is set once it was dealt with."""

    __tablename__ = "schedule"
    __table_args__ = (
        UniqueConstraint("circle_id", "kind", "subject"),
        Index("schedule_due", "not_before", sqlite_where=text("active")),
    )
    id: int | None = Field(default=None, primary_key=True)
    circle_id: int = Field(index=True)
    kind: str
    subject: str
    wall: datetime = Field(sa_type=DateTime)
    zone: str
    due_at: datetime = Field(sa_type=Instant)
    window_seconds: int
    not_before: datetime = Field(sa_type=Instant)
    failures: int = 0
    active: bool = True
    fired_at: datetime | None = Field(default=None, sa_type=Instant)

    def value(self) -> Schedule:
        """Return the schedule."""
        return Schedule(
            id=self.id,
            circle=self.circle_id,
            kind=self.kind,
            subject=self.subject,
            wall=self.wall,
            zone=self.zone,
            window=timedelta(seconds=self.window_seconds),
        )


class OutboxRow(SQLModel, table=True):
    """A post and what became of it; its identity is its key, for ever.

    The document is emptied when it is sent: the room holds the words, the row only that they went.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("outbox_waiting", "target", "id", sqlite_where=text("state='waiting'")),
        Index("outbox_changes", "changes", sqlite_where=text("changes IS NOT NULL")),
        {"sqlite_autoincrement": True},  # the ids are the order, also after rows went
    )
    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True)
    circle_id: int | None = Field(default=None, index=True)
    phase: str
    prompt: str = Field(index=True)
    occurrence: int
    identity: DeliveryKey = Field(sa_type=Json(DeliveryKey))
    target: str
    to: Target = Field(sa_type=Json(Target))
    document: Document | None = Field(sa_type=Json(Document))
    thread: str | None = None
    thread_of: str | None = None
    quiet: Quiet | None = Field(default=None, sa_type=Json(Quiet))
    instead: Instead | None = Field(default=None, sa_type=Json(Instead))
    redacts: Redaction | None = Field(default=None, sa_type=Json(Redaction))
    changes: DeliveryKey | None = Field(default=None, sa_type=Json(DeliveryKey))
    created_at: datetime = Field(sa_type=Instant)
    not_before: datetime = Field(sa_type=Instant)
    expires_at: datetime | None = Field(default=None, sa_type=Instant)
    state: str = State.WAITING.value
    attempts: int = 0
    first_attempt_at: datetime | None = Field(default=None, sa_type=Instant)
    last_attempt_at: datetime | None = Field(default=None, sa_type=Instant)
    sent_at: datetime | None = Field(default=None, sa_type=Instant)
    room: str | None = Field(default=None, index=True)
    message: str | None = Field(default=None, index=True)

    def posted(self) -> Posted:
        """Return what became of the post."""
        where = RoomRef(self.to.platform, self.room) if self.room else None
        return Posted(
            id=self.id or 0,
            key=self.key,
            circle=self.circle_id,
            phase=self.phase,
            prompt=self.prompt,
            occurrence=self.occurrence,
            target=self.target,
            state=State(self.state),
            attempts=self.attempts,
            where=where,
            message=self.message,
            created_at=self.created_at,
            sent_at=self.sent_at,
            under=self.thread_of,
        )
