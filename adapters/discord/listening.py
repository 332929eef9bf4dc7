"""What Discord tells, in its order, handed on one batch at a time with a token to go on from."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import structlog

from adapters.discord.client import CircleClient
from adapters.discord.cursor import Cursor
from adapters.discord.happenings import GAPS, Happening, happening
from adapters.discord.hearing import Hearing
from adapters.discord.line import Line
from adapters.discord.settings import DiscordSettings
from adapters.discord.supervising import FIRST_LINE, Supervisor
from adapters.discord.waiting import Gone, Pauses, heed
from bot.conversation.model import Batch, Event
from bot.conversation.platform import Take

TOGETHER = 0.02
"""Seconds in which what happens together comes together."""

SOON = 0.2
"""Seconds before a batch that was not taken is handed again; later pauses are longer."""

MOST = 1000
"""How many events a batch holds at most."""

IN_TURN = 1.0
"""Seconds that an interaction waits for what was said before it: it is to be answered in three."""

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Listener:
    """Hears one account's guilds and direct conversations."""

    make: Callable[[], CircleClient]
    settings: DiscordSettings
    account: str
    first_line: timedelta = FIRST_LINE

    async def listen(self, take: Take, since: str | None) -> None:
        """Hand every batch after `since` to `take` until cancelled; raises AccountLost."""
        writer = Writer(self.account, self.settings, take, since)
        supervisor = Supervisor(self.make, self.settings, writer.attend, self.first_line)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(writer.write())
                group.create_task(supervisor.run())
        except BaseExceptionGroup as several:
            raise several.exceptions[0] from None


class Writer:
    """Takes what happens from the client in the gateway's order, and hands it on."""

    def __init__(
        self, account: str, settings: DiscordSettings, take: Take, since: str | None
    ) -> None:
        self._account = account
        self._longest = settings.longest_pause
        self._take = take
        self._clock = settings.clock
        self._token = since
        self._hearing = Hearing(settings, int(account), _cursor(since))
        self._pile: list[Happening | asyncio.Event] = []
        self._news = asyncio.Event()
        self._started = asyncio.Event()
        self._handing = asyncio.Lock()
        self._batch: list[Event] = []
        self._held: list[Happening] = []
        self._line: Line | None = None
        self._pauses = Pauses(settings.longest_pause)
        self._whole: set[int] | None = set()
        """The connections whose gap is filled; None once all are."""
        self._due = self._caught_up = False
        if since is not None:
            self._started.set()

    def attend(self, line: Line) -> None:
        """Hear what a client tells."""
        self._line = line
        line.client.tell = partial(self._told, line)
        line.client.hear = self.hear

    def _told(self, line: Line, name: str, *given: object) -> None:
        """Put what the gateway tells on the pile; nothing is waited for here."""
        try:
            line.tell(name, *given)
            kept = happening(line, self._clock.now(), name, given)
        except Exception as error:  # noqa: BLE001 - one bad event must not cost the client
            log.warning("event_skipped", action="event_skipped", error=type(error).__name__)
            return
        if kept is not None:
            self._put(kept)

    def _put(self, what: Happening | asyncio.Event) -> None:
        self._pile.append(what)
        self._news.set()

    async def hear(self, event: Event) -> None:
        """Return when an event that did not come through the gateway's rooms is stored.

        It comes after what was said before it, unless that takes too long.
        """
        if self._whole is None:
            turn = asyncio.Event()
            self._put(turn)
            with suppress(TimeoutError):
                async with asyncio.timeout(IN_TURN):
                    await turn.wait()
        await self._started.wait()
        self._hearing.answers(event)
        async with self._handing:
            await self._store((event,), self._token or "")

    async def write(self) -> None:
        """Hand on what is on the pile, as it comes, until cancelled."""
        while True:
            heed()
            await self._news.wait()
            await asyncio.sleep(TOGETHER)
            self._news.clear()
            pile, self._pile = self._pile, []
            for each in _in_order(pile):
                if isinstance(each, asyncio.Event):
                    await self._hand()
                    each.set()
                else:
                    await self._one(each)
            await self._hand()

    async def _one(self, told: Happening) -> None:
        if self._whole is not None and told.name not in GAPS:
            self._held.append(told)
            return
        try:
            async for event in self._hearing.events(told):
                self._batch.append(event)
                if len(self._batch) >= MOST:
                    await self._hand()
        except Gone:
            self._whole = set()
            if told.name not in GAPS:
                self._held.append(told)
            return
        except Exception:  # the gap is tried again until the client ends
            log.exception("gap_not_filled", action="gap_not_filled")
            self._whole = set()
            await self._pauses.pause()
            self._put(told)
            return
        if told.name in GAPS and self._whole is not None:
            await self._filled(told, self._whole)

    async def _filled(self, told: Happening, whole: set[int]) -> None:
        """Go on with what waited when the gaps of all connections are filled."""
        if isinstance(told.given[0], int):
            whole.add(told.given[0])
        if len(whole) >= (told.line.client.shard_count or 1):
            self._whole = None
            self._due, self._caught_up = not self._caught_up, True
            held, self._held = self._held, []
            for each in held:
                await self._one(each)

    async def _hand(self) -> None:
        """Hand on what was heard; the first may be empty: nothing was missed then."""
        cursor = self._hearing.cursor
        if not self._batch and not self._due:
            return
        if self._whole is None and not self._away():
            cursor.move_on()
        batch, self._batch, self._due = tuple(self._batch), [], False
        async with self._handing:
            await self._store(batch, cursor.token)
        self._started.set()

    def _away(self) -> bool:
        """Return whether a guild is out of reach for now: what is said there comes later."""
        return self._line is None or any(guild.unavailable for guild in self._line.client.guilds)

    async def _store(self, events: tuple[Event, ...], token: str) -> None:
        pauses, batch = Pauses(self._longest, SOON), Batch(self._account, token, events)
        while True:
            try:
                await self._take(batch)
            except Exception:  # a batch is handed again until it is stored
                heed()
                log.exception("batch_not_taken", action="batch_not_taken")
                await pauses.pause()
            else:
                self._token = token
                return


def _cursor(since: str | None) -> Cursor:
    """Return the cursor to go on from; one that cannot be read begins anew."""
    try:
        return Cursor.read(since) if since else Cursor()
    except (ValueError, KeyError, TypeError, AttributeError):
        log.exception("token_not_read", action="token_not_read")
        return Cursor()


def _in_order(pile: list[Happening | asyncio.Event]) -> list[Happening | asyncio.Event]:
    """Return a pile with the messages of each channel as they were written."""
    ordered = list(pile)
    rooms: dict[int, list[tuple[int, Happening]]] = {}
    for index, each in enumerate(pile):
        if isinstance(each, Happening) and each.name == "message":
            rooms.setdefault(each.given[0].channel.id, []).append((index, each))
    for told in rooms.values():
        written = sorted((each for _, each in told), key=lambda each: int(each.given[0].id))
        for (index, _), each in zip(told, written, strict=True):
            ordered[index] = each
    return ordered
