"""The wired application without a network: events go in, posts are read from the outbox."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from sqlmodel import select

from adapters.matrix.platform import MatrixPlatform
from adapters.matrix.settings import Credentials, MatrixSettings
from bot.bootstrap import Application, Installation, wire
from bot.circles.usecases.ports import Defaults
from bot.conversation.model import (
    Batch,
    Block,
    Bullets,
    Code,
    Document,
    Event,
    File,
    Inline,
    Kind,
    Mention,
    PersonRef,
    RoomRef,
    Table,
    Text,
    lines_of,
)
from bot.delivery.rows import OutboxRow
from bot.store.engine import Database
from bot.store.migrate import upgrade
from tests.support.clocks import DrivenClock

BOT, ROOM = "@keeper:example.org", "!room:example.org"
ANA, BEN, FAY = "@ana:example.org", "@ben:example.org", "@fay:example.org"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def words(document: Document | None) -> str:
    """Return a document as plain words, block by block."""
    return "\n".join(_block(block) for block in (document.blocks if document else ()))


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return "\n".join(" | ".join(row) for row in (block.head, *block.rows))
    if isinstance(block, Code):
        return block.text
    if isinstance(block, File):
        return block.name
    joined = "\n" if isinstance(block, Bullets) else ""
    return joined.join("".join(map(_inline, each)) for each in lines_of(block))


def _inline(part: Inline) -> str:
    if isinstance(part, Text):
        return part.text
    if isinstance(part, Mention):
        return f"@{part.name}"
    return getattr(part, "text", "") or str(getattr(part, "at", ""))


class Scene:
    """Says things to the application, and reads what it wants to say."""

    def __init__(self, application: Application, clock: DrivenClock) -> None:
        self.application, self.clock = application, clock
        self._ids = count(1)

    async def hear(self, *events: Event) -> None:
        """Take events as one batch, and answer what wants an answer."""
        batch = Batch(BOT, f"s{next(self._ids)}", events)
        await self.application.take(batch)
        await self.application.answer()

    def event(self, author: str, text: str = "", **more: object) -> Event:
        """Return an event in the shared room, now."""
        given = {"room": ROOM, "kind": Kind.MESSAGE, "name": author[1:4].title()} | more
        return Event(
            id=str(given.pop("id", f"${next(self._ids)}")),
            at=self.clock.now(),
            platform="matrix",
            author=author,
            text=text,
            **given,  # type: ignore[arg-type]  # the event's own fields
        )

    async def say(self, author: str, text: str, **more: object) -> str:
        """Let somebody say something in the shared room; return the answers, one after another."""
        before = {row.id for row in await self.posts()}
        await self.hear(self.event(author, text, **more))
        return "\n".join(words(r.document) for r in await self.posts() if r.id not in before)

    async def privately(self, author: str, text: str) -> str:
        """Let somebody say something in their direct room; return the answers."""
        return await self.say(author, text, room=f"!direct-{author[1:4]}", direct=True)

    async def join(self, who: str, consents: str = "yes yes yes yes", zone: str = "-") -> None:
        """Let somebody join by the guided exchange."""
        await self.say(who, "!join north")
        for answer in ("to listen", "bread", "company", zone, consents):
            await self.privately(who, answer)

    async def posts(self) -> list[OutboxRow]:
        """Return everything in the outbox, in order."""
        async with self.application.database.look() as work:
            return list(await work.all(select(OutboxRow).order_by(OutboxRow.id)))  # type: ignore[arg-type]

    async def posted(self, prompt: str) -> list[OutboxRow]:
        """Return the posts of one prompt."""
        return [row for row in await self.posts() if row.prompt == prompt]

    async def tick(self, moment: datetime | None = None) -> list[OutboxRow]:
        """Let the clock show a moment, tick, and return the posts that are new."""
        self.clock.moment = moment or self.clock.moment
        before = {row.id for row in await self.posts()}
        await self.application.tick()
        return [row for row in await self.posts() if row.id not in before]

    async def sent(self, row: OutboxRow, message: str) -> None:
        """Pretend nothing: note that the platform has shown a post as `message`."""
        async with self.application.database.begin() as work:
            held = await work.session.get_one(OutboxRow, row.id)
            held.state, held.room, held.message = "sent", ROOM, message
            held.sent_at, held.document = self.clock.now(), None
            await work.commit()

    async def all(self, table: type) -> Sequence[object]:
        """Return every row of a table."""
        async with self.application.database.look() as work:
            return await work.all(select(table))


class Offline(MatrixPlatform):
    """An account whose homeserver is never asked: everybody is there, Fay and Ana may manage."""

    async def may_manage(self, person: PersonRef, room: RoomRef) -> bool:
        """Return whether it is Fay, or Ana in a room of hers."""
        return person.id == FAY or (person.id == ANA and room.id != ROOM)

    async def is_in(self, person: PersonRef, room: RoomRef) -> bool:
        """Return whether the person is among those present."""
        return person.id in await self.present(room)

    async def present(self, room: RoomRef) -> dict[str, str]:
        """Return everybody; Ben alone in the room named so."""
        everyone = {ANA: "Ana", BEN: "Ben", FAY: "Fay"}
        return {BEN: "Ben"} if room.id == "!only-ben:example.org" else everyone


_templates: dict[str, bytes] = {}


async def fresh_database(path: Path) -> Database:
    """Return an empty database of this version; the migrations run once a session."""
    if "empty" in _templates:
        path.write_bytes(_templates["empty"])
        return Database.at(path)
    database = Database.at(path)
    await upgrade(database)
    await database.aclose()
    _templates["empty"] = path.read_bytes()
    return Database.at(path)


@asynccontextmanager
async def scene(
    folder: Path, *organisers: str, account: type[Offline] = Offline, **more: object
) -> AsyncIterator[Scene]:
    """Open the application on a fresh database; nothing in it can reach a network."""
    clock = DrivenClock(START)
    database = await fresh_database(folder / "circle.db")
    credentials = Credentials("http://127.0.0.1:9", BOT, "DEVICE", "token")
    platform = account(MatrixSettings(credentials=credentials, clock=clock))
    given = Installation(
        defaults=Defaults(run_by="Fay", zone="Europe/Berlin"),
        organisers=frozenset(organisers or (FAY,)),
        **more,  # type: ignore[arg-type]  # the installation's own fields
    )
    try:
        async with platform:
            yield Scene(wire(database, clock, {"matrix": platform}, given), clock)
    finally:
        await database.aclose()
