"""The tables of marks, quotes and publications."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from bot.conversation.model import MessageRef, RoomRef
from bot.publication.model import Kept, Mark, MarkKind, Quote, QuoteState, Summary
from bot.store.columns import Instant, Json


class KeptRow(SQLModel, table=True):
    """The words of a marked message; they go with the last mark, the message or the member.

    `edit` is the id of the edit that the words are from.
    """

    __tablename__ = "kept"
    platform: str = Field(primary_key=True)
    room: str = Field(primary_key=True)
    message: str = Field(primary_key=True)
    circle_id: int = Field(foreign_key="circle.id", index=True)
    member_id: int = Field(foreign_key="member.id", ondelete="CASCADE", index=True)
    text: str
    sent_at: datetime = Field(sa_type=Instant)
    phase: str
    edited_at: datetime | None = Field(default=None, sa_type=Instant)
    edit: str = ""

    def value(self) -> Kept:
        """Return the kept message."""
        return Kept(
            message=MessageRef(RoomRef(self.platform, self.room), self.message),
            circle=self.circle_id,
            member=self.member_id,
            text=self.text,
            sent_at=self.sent_at,
            phase=self.phase,
            edited_at=self.edited_at,
        )


class MarkRow(SQLModel, table=True):
    """A member's mark on a message, made by a reaction or by a command."""

    __tablename__ = "mark"
    __table_args__ = (UniqueConstraint("platform", "room", "message", "kind", "by_id", "reaction"),)
    id: int | None = Field(default=None, primary_key=True)
    circle_id: int = Field(foreign_key="circle.id", index=True)
    platform: str
    room: str
    message: str
    kind: str
    by_id: int = Field(foreign_key="member.id", ondelete="CASCADE", index=True)
    reaction: str = ""

    def value(self) -> Mark:
        """Return the mark."""
        return Mark(
            message=MessageRef(RoomRef(self.platform, self.room), self.message),
            circle=self.circle_id,
            by=self.by_id,
            kind=MarkKind(self.kind),
            reaction=self.reaction,
        )


class QuoteRow(SQLModel, table=True):
    """A line that may be quoted; its number is never given twice and holds no words."""

    __tablename__ = "quote"
    __table_args__ = (
        UniqueConstraint("platform", "room", "message"),
        {"sqlite_autoincrement": True},
    )
    number: int | None = Field(default=None, primary_key=True)
    circle_id: int = Field(foreign_key="circle.id", index=True)
    platform: str
    room: str
    message: str
    member_id: int = Field(foreign_key="member.id", ondelete="CASCADE", index=True)
    state: str = QuoteState.ASKED.value
    fingerprint: str = ""
    told: bool = False
    nameless: bool = False

    def value(self) -> Quote:
        """Return the quote."""
        return Quote(
            number=self.number or 0,
            circle=self.circle_id,
            message=MessageRef(RoomRef(self.platform, self.room), self.message),
            member=self.member_id,
            state=QuoteState(self.state),
            fingerprint=self.fingerprint,
            told=self.told,
            nameless=self.nameless,
        )


class PublicationRow(SQLModel, table=True):
    """A version that was published; `stale` once something was taken out of the kept copy."""

    __tablename__ = "publication"
    __table_args__ = (UniqueConstraint("circle_id", "version"),)
    id: int | None = Field(default=None, primary_key=True)
    circle_id: int = Field(foreign_key="circle.id", index=True)
    version: int
    summary: Summary = Field(sa_type=Json(Summary))
    markdown: str
    html: str
    at: datetime = Field(sa_type=Instant)
    stale: bool = False


class GoneRow(SQLModel, table=True):
    """The id of a message or reaction that was deleted a short while ago."""

    __tablename__ = "gone"
    platform: str = Field(primary_key=True)
    room: str = Field(primary_key=True)
    message: str = Field(primary_key=True)
    at: datetime = Field(sa_type=Instant, index=True)
