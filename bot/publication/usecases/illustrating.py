"""Fetch the pictures that belong to approved lines: their addresses do not last."""

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.conversation.model import AccountLost, MessageRef, PlatformError, PlatformUnavailable
from bot.conversation.platform import Platform
from bot.publication.choosing import Stock, masked_for
from bot.publication.model import Picture, Summary, illustrated, is_published
from bot.publication.pictures import bare
from bot.publication.rows import Quotes
from bot.publication.usecases.gathering import Fresh
from bot.store.work import Begin

LARGEST, TOGETHER = 1_500_000, 4_000_000
"""Bytes that one picture may have, and all of a publication; others are only named."""

Pictures = Mapping[MessageRef, tuple[Picture, ...]]


@dataclass(frozen=True)
class FetchPictures:
    """Fetches what is attached to the messages of approved lines, as far as it is pictures."""

    look: Begin
    platforms: Mapping[str, Platform]

    async def __call__(self, circle: int, fresh: Fresh) -> Pictures:
        """Return the pictures by message.

        Raises:
            PlatformUnavailable: a platform does not answer.
        """
        async with self.look() as work:
            quotes = await Quotes(work).in_circle(circle)
        wanted = [quote.message for quote in quotes if is_published(quote)]
        left, found = TOGETHER, dict[MessageRef, tuple[Picture, ...]]()
        for message in wanted:
            event = fresh.events.get(message)
            if event is None or not event.files:
                continue
            found[message] = await self._of(message, min(left, LARGEST))
            left -= sum(len(picture.data) for picture in found[message])
        return found

    async def _of(self, message: MessageRef, largest: int) -> tuple[Picture, ...]:
        platform = self.platforms.get(message.room.platform)
        if platform is None or largest <= 0:
            return ()
        try:
            files = await platform.files(message, largest=largest)
        except (PlatformUnavailable, AccountLost):
            raise
        except PlatformError:
            return ()
        shown = ((file.description, bare(file.content)) for file in files)
        return tuple(
            Picture(about=about, media_type=clean[0], data=b64encode(clean[1]).decode())
            for about, clean in shown
            if clean is not None
        )


def with_pictures(summary: Summary, stock: Stock, pictures: Pictures) -> Summary:
    """Return the summary with the pictures of its lines, described without hidden names."""
    shown = {
        stock.quotes[source.message].number: tuple(
            replace(each, about=masked_for(stock, source, each.about))
            for each in pictures.get(source.message, ())
        )
        for source in stock.sources
    }
    return illustrated(summary, shown)
