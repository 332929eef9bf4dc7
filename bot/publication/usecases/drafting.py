"""Draft a summary, ask those quoted, publish what they approved."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from bot.circles.model import Circle
from bot.circles.rows import Circles
from bot.circles.usecases.life import circle_of
from bot.conversation.model import (
    Caller,
    Clock,
    DeliveryKey,
    Document,
    DomainError,
    MessageRef,
    RoomRef,
    document,
)
from bot.conversation.platform import Platform
from bot.delivery.model import Outgoing
from bot.delivery.usecases import Post
from bot.publication import words
from bot.publication.choosing import Link, Stock, composed
from bot.publication.model import QuoteState, Summary
from bot.publication.rendering import html, markdown
from bot.publication.rows import PublicationRow, Publications, Spoken
from bot.publication.usecases.gathering import Fresh, LookAgain, TitleOf, circle_named, stocked
from bot.publication.usecases.illustrating import FetchPictures, with_pictures
from bot.publication.usecases.settling import Settle
from bot.publication.usecases.taking import PUBLICATION, asked
from bot.store.work import Begin, UnitOfWork

OpensOn = Callable[[Circle], date]
"""Returns the day from which a circle's weeks count; getting ready comes before it."""


@dataclass(frozen=True)
class Compose:
    """Makes a circle's summary from what is there now."""

    settle: Settle
    title_of: TitleOf
    opens_on: OpensOn
    platforms: Mapping[str, Platform]

    async def __call__(
        self, circle: Circle, fresh: Fresh, work: UnitOfWork
    ) -> tuple[Stock, Summary]:
        """Return all that could be quoted, and the summary of what may be."""
        await self.settle(circle, fresh, work)
        stock = await stocked(circle, work, title_of=self.title_of, fresh=fresh)
        rooms = await Circles(work).rooms(circle.id)
        return stock, composed(stock, self._link(rooms), self.opens_on(circle))

    def _link(self, rooms: Sequence[RoomRef]) -> Link:
        """Return what links to messages in these rooms, and to no other."""

        def link(message: MessageRef) -> str:
            platform = self.platforms.get(message.room.platform)
            there = message.room in rooms and platform is not None
            return platform.link(message) if there and platform else ""

        return link


@dataclass(frozen=True)
class DraftSummary:
    """Looks at every message again, and asks those quoted about what they were not asked yet."""

    begin: Begin
    look_again: LookAgain
    compose: Compose
    post: Post
    prefix: str
    platforms: Mapping[str, Platform]

    async def __call__(self, caller: Caller) -> Document:
        """Return the overview for the facilitator."""
        fresh = await self.look_again(circle_named(caller))
        async with self.begin() as work:
            circle = await circle_of(caller, work)
            stock, summary = await self.compose(circle, fresh, work)
            posts = await self._ask(stock, work)
            rooms = await Circles(work).rooms(circle.id)
            await work.commit()
        unread = [link for room in rooms if (link := self._unread(room))]
        return words.drafted(stock, summary, fresh.missed, posts, self.prefix, unread)

    def _unread(self, room: RoomRef) -> str:
        """Return the link to a room whose words the bot is not shown, empty for any other."""
        platform = self.platforms.get(room.platform)
        return "" if platform is None or platform.capabilities.reads else platform.link(room)

    async def _ask(self, stock: Stock, work: UnitOfWork) -> int:
        """Ask everyone with a line that they do not know of; return how many people that are."""
        waiting = [
            quote
            for source in stock.sources
            if (quote := stock.quotes[source.message]).state is QuoteState.ASKED and not quote.told
        ]
        people = sorted({quote.member for quote in waiting})
        for each in people:
            await self.post(await asked(stock, stock.members[each], self.prefix, work), work)
        return len(people)


@dataclass(frozen=True)
class PublishSummary:
    """Looks at every message again, and posts what was approved into every room."""

    begin: Begin
    clock: Clock
    look_again: LookAgain
    compose: Compose
    post: Post
    platforms: Mapping[str, Platform]
    pictures: FetchPictures

    async def __call__(self, caller: Caller) -> Document:
        """Return the answer to the facilitator.

        Raises:
            DomainError: nobody has approved a line.
        """
        fresh = await self.look_again(circle_named(caller))
        pictures = await self.pictures(circle_named(caller), fresh)
        async with self.begin() as work:
            circle = await circle_of(caller, work)
            stock, bare = await self.compose(circle, fresh, work)
            summary = with_pictures(bare, stock, pictures)
            said = await self._publish(circle, stock, summary, work)
            await work.commit()
        if said is None:
            raise DomainError(words.NOTHING_APPROVED)
        return said

    async def _publish(
        self, circle: Circle, stock: Stock, summary: Summary, work: UnitOfWork
    ) -> Document | None:
        if not summary.lines:
            return None
        last = await Publications(work).last(circle.id)
        if last is not None and not last.stale and last.summary == summary:
            return words.unchanged(last.version)
        row = await self._write(circle, summary, (last.version if last else 0) + 1, work)
        rooms = await Circles(work).rooms(circle.id)
        await Spoken(work).take_back(circle.id, PUBLICATION)
        await self.post([post for room in rooms for post in self._posts(row, room)], work)
        waiting = sum(stock.quotes[s.message].state is QuoteState.ASKED for s in stock.sources)
        return words.published(row.version, summary, len(rooms), waiting)

    async def _write(
        self, circle: Circle, summary: Summary, version: int, work: UnitOfWork
    ) -> PublicationRow:
        row = PublicationRow(
            circle_id=circle.id,
            version=version,
            summary=summary,
            markdown=markdown(summary),
            html=html(summary),
            at=self.clock.now(),
        )
        await Publications(work).put(row)
        return row

    def _posts(self, row: PublicationRow, room: RoomRef) -> list[Outgoing]:
        """Return the title and contents, then one post a file."""
        platform = self.platforms.get(room.platform)
        files = words.files(row.summary, row.markdown, row.html)
        shown = files if platform is not None and platform.capabilities.files else ()
        said = [words.contents(row.summary, row.version), *map(document, shown)]
        names = ("contents", "markdown", "html")
        return [
            Outgoing(
                key=DeliveryKey(str(row.circle_id), PUBLICATION, name, row.version, str(room)),
                to=room,
                document=each,
                circle=row.circle_id,
            )
            for name, each in zip(names, said, strict=False)
        ]
