"""What the contract suite needs of an implementation: a stage with the bot and people on it.

To put another platform under the contract, write a class that fills `Stage` (and its people
`Member`), give it as a fixture in `test_platform_contract.py`, and add the fixture's name to
`STAGES` there, with an id that says what is real in it (`console`, `matrix-synapse`), and to
`STAGES` in `conftest.py`, with what the platform can do. Tests are left out by these capabilities
(`@pytest.mark.needs`), never by a platform's name.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Protocol, Self

from bot.conversation.model import Batch, Event, Kind, PersonRef, RoomRef
from bot.conversation.platform import Platform


@dataclass(frozen=True, slots=True)
class Shown:
    """A message of the bot as a person sees it."""

    id: str
    text: str
    thread: str | None = None
    file: bytes | None = None


class Member(Protocol):
    """A person on the platform; messages are named by their ids."""

    @property
    def person(self) -> PersonRef:
        """The person's reference."""
        ...

    async def say(
        self, room: RoomRef, text: str, *, thread: str | None = None, reply_to: str | None = None
    ) -> str:
        """Say something and return its id."""
        ...

    async def edit(self, room: RoomRef, message: str, text: str) -> None:
        """Change what was said."""
        ...

    async def react(self, room: RoomRef, message: str, sign: str) -> None:
        """React to a message."""
        ...

    async def delete(self, room: RoomRef, message: str) -> None:
        """Delete an own message."""
        ...

    async def come(self, room: RoomRef) -> None:
        """Accept the bot's direct room."""
        ...

    async def go(self, room: RoomRef) -> None:
        """Leave a room, or refuse the bot's direct room."""
        ...

    async def sees(self, room: RoomRef) -> list[Shown]:
        """Return what the bot shows in the room now, oldest first."""
        ...


class Stage(Protocol):
    """The bot's account on a platform, and people there."""

    def bot(self) -> AbstractAsyncContextManager[Platform]:
        """Return the bot, started; another call is the same account after a restart."""
        ...

    async def member(self, name: str) -> Member:
        """Return a new person."""
        ...

    async def room(self, manager: Member, *others: Member) -> RoomRef:
        """Return a new room with the bot and these people, which the first may manage."""
        ...

    async def strange_room(self, member: Member) -> RoomRef:
        """Return a room that the bot is not in."""
        ...


class Ears:
    """Listens and keeps what came; the first `failing` batches are not taken."""

    def __init__(self, platform: Platform, *, since: str | None = None, failing: int = 0) -> None:
        self.token = since
        self.handed: list[Batch] = []
        self.taken: list[Batch] = []
        self._platform = platform
        self._failing = failing
        self._stack = AsyncExitStack()
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Begin to listen, and return when the first batch was taken."""
        group = await self._stack.enter_async_context(asyncio.TaskGroup())
        self._task = group.create_task(self._platform.listen(self._take, since=self.token))
        await self._until(lambda: bool(self.taken) or self._failing > 0 or self.token is not None)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop listening."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await self._stack.aclose()

    @property
    def events(self) -> list[Event]:
        """Everything that was taken."""
        return [event for batch in self.taken for event in batch.events]

    async def hear(self, matching: Callable[[Event], bool], timeout: float = 20) -> Event:  # noqa: ASYNC109 - fails in words
        """Return the first event that matches, when it is there."""
        await self._until(lambda: any(map(matching, self.events)), timeout)
        return next(filter(matching, self.events))

    async def hear_text(self, text: str) -> Event:
        """Return the message that says `text`, when it is there."""
        return await self.hear(lambda event: event.text == text)

    async def be_handed(self) -> Batch:
        """Return the first batch that was handed, taken or not."""
        await self._until(lambda: bool(self.handed))
        return self.handed[0]

    async def _take(self, batch: Batch) -> None:
        self.handed.append(batch)
        self._news.set()
        if self._failing > 0:
            self._failing -= 1
            raise RuntimeError("The store is full")
        self.taken.append(batch)
        self.token = batch.token

    async def _until(self, met: Callable[[], bool], timeout: float = 20) -> None:  # noqa: ASYNC109 - fails in words
        try:
            async with asyncio.timeout(timeout):
                while not met():
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            told = "\n".join(str(event) for event in self.events[-12:])
            raise AssertionError(
                f"Nothing of the kind in {timeout} s; the last were:\n{told}"
            ) from None


@dataclass(frozen=True, slots=True)
class WallClock:
    """The real time."""

    def now(self) -> datetime:
        """Return it."""
        return datetime.now(UTC)  # noqa: TID251 - real servers live in real time


def texts(events: list[Event], *kinds: Kind) -> list[str]:
    """Return what events of these kinds (all messages) say, in order."""
    wanted = kinds or (Kind.MESSAGE,)
    return [event.text for event in events if event.kind in wanted]
