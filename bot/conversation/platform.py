"""The port that every adapter fills: what the core asks of a platform."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol

from bot.conversation.model import (
    Batch,
    Capabilities,
    DeliveryKey,
    Document,
    Event,
    File,
    MessageRef,
    PersonRef,
    RoomRef,
    Target,
)

Take = Callable[[Batch], Awaitable[None]]
"""Stores a batch for good; when it returns, the adapter may forget the batch."""


class Platform(Protocol):
    """One account of the bot on one platform.

    Every method may raise `PlatformUnavailable`, `NotPermitted` or another `PlatformError`.
    """

    @property
    def name(self) -> str:
        """The platform's short name, as references carry it."""
        ...

    @property
    def account(self) -> str:
        """The bot's own id there, which cursors and leases are kept under."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What the platform can do."""
        ...

    async def listen(self, take: Take, *, since: str | None) -> None:
        """Hand every batch after the token `since` to `take`, in order, until cancelled.

        A batch is handed again until `take` has returned; gaps are filled from the rooms'
        history. Outages are waited out.

        Raises:
            AccountLost: the account no longer works.
        """
        ...

    async def reach(self, target: Target, *, key: DeliveryKey) -> RoomRef:
        """Return the room for `target`: itself, or the direct room, found again or made.

        Raises:
            Unreachable: one of the people takes no direct messages.
        """
        ...

    async def post(
        self, room: RoomRef, document: Document, *, key: DeliveryKey, thread: str | None = None
    ) -> MessageRef:
        """Show `document` in `room`, marked with `key` so that `find` can find it.

        The same key posted again within the platform's memory shows nothing new and returns the
        first message. A document with a `File` holds nothing else. A `thread` that the platform
        has put to rest is woken first.

        Raises:
            PlatformUnavailable: the service is down or asks to slow down.
            ThreadLost: the thread is locked or gone; the room itself may still take the post.
            NotPermitted: the bot may not write there.
        """
        ...

    async def find(
        self, room: RoomRef, key: DeliveryKey, *, since: datetime, document: Document | None = None
    ) -> MessageRef | None:
        """Return the bot's own message with `key` among those since `since`, None if none.

        A platform on which a message cannot carry its key looks for what `document` says instead.

        Raises:
            Ambiguous: several of the bot's messages say the same; none of them is guessed.
        """
        ...

    def history(self, room: RoomRef, *, since: datetime) -> AsyncIterator[Event]:
        """Yield the room's events since `since` (inclusive), oldest first."""
        ...

    async def fetch(self, message: MessageRef) -> Event | None:
        """Return the message as it reads now, its last edit applied; None when it is gone."""
        ...

    async def wake(self, message: MessageRef) -> None:
        """Let the thread of a message be open, where the platform has put it to rest.

        Raises:
            ThreadLost: it is locked.
        """
        ...

    async def files(self, message: MessageRef, *, largest: int) -> Sequence[File]:
        """Return what is attached to a message; nothing when it is gone.

        Pictures of at most `largest` bytes come with their content, everything else without.
        """
        ...

    async def edit(self, message: MessageRef, document: Document, *, key: DeliveryKey) -> None:
        """Let an own message say `document`; the same again changes nothing more.

        `key` is that of the change, not of the message, which is still found by its own. A message
        that is gone stays gone, and is no error.
        """
        ...

    async def redact(self, message: MessageRef, *, key: DeliveryKey) -> None:
        """Remove a message for all; one that is gone already is no error."""
        ...

    async def may_manage(self, person: PersonRef, room: RoomRef) -> bool:
        """Return whether the person may manage the room (Manage Channels; power level 50)."""
        ...

    async def is_in(self, person: PersonRef, room: RoomRef) -> bool:
        """Return whether the person is in the room."""
        ...

    async def present(self, room: RoomRef) -> dict[str, str]:
        """Return the ids and shown names of the people in the room, the bot left out.

        Where a platform does not tell who is in a room (`Capabilities.members`), these are the
        people whom the bot knows to be there.
        """
        ...

    def link(self, place: MessageRef | RoomRef | PersonRef) -> str:
        """Return the address at which a member can open a message, a room or somebody's profile."""
        ...
