"""The wired application behind the real client on the stand-in, for the tests of interactions."""

# ruff: noqa: ARG002 - what the port hands over and this account does not need

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from itertools import count
from pathlib import Path

import discord

from adapters.discord import places
from adapters.discord.answers import Answers
from adapters.discord.buttons import view
from adapters.discord.client import CircleClient, build
from adapters.discord.markup import render
from adapters.discord.state import mark
from adapters.matrix.platform import MatrixPlatform
from adapters.matrix.settings import Credentials, MatrixSettings
from bot.bootstrap import Application, Installation, wire
from bot.circles.usecases.ports import Defaults
from bot.conversation.model import (
    Batch,
    Capabilities,
    DeliveryKey,
    Document,
    Event,
    Kind,
    MessageRef,
    People,
    PersonRef,
    RoomRef,
    Target,
)
from bot.conversation.registry import Bound
from tests.support.discord.humans import Human
from tests.support.discord.model import Channel
from tests.support.discord.server import StandIn
from tests.support.scene import fresh_database

WITHIN = 5.0


class Posting(MatrixPlatform):
    """An account whose answers and posts go out through a client; nothing else is asked of it."""

    client: CircleClient

    def __init__(self, standin: StandIn, manager: Human, *present: Human) -> None:
        credentials = Credentials("http://127.0.0.1:9", str(standin.world.bot.id), "DEVICE", "-")
        super().__init__(MatrixSettings(credentials=credentials, clock=standin.world))
        self._manager, self._present = str(manager.id), present

    @property
    def name(self) -> str:
        return "discord"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(1_800, timedelta(minutes=4), buttons=True, forms=True, groups=False)

    async def may_manage(self, person: PersonRef, room: RoomRef) -> bool:
        return person.id == self._manager

    async def is_in(self, person: PersonRef, room: RoomRef) -> bool:
        return person.id in await self.present(room)

    async def present(self, room: RoomRef) -> dict[str, str]:
        return {str(human.id): human.user.name for human in self._present}

    async def reach(self, target: Target, *, key: DeliveryKey) -> RoomRef:
        return await self.alone_with(target) if isinstance(target, People) else target

    async def alone_with(self, people: People) -> RoomRef:
        made = await self.client.create_dm(discord.Object(int(people.ids[0])))
        return places.room(None, made.id)

    async def find(self, room: RoomRef, key: DeliveryKey, *, since: object) -> None:
        return None

    async def post(
        self, room: RoomRef, document: Document, *, key: DeliveryKey, thread: str | None = None
    ) -> MessageRef:
        if (place := places.answer_place(room)) is not None:
            return await self.answers().show(place, document, key)
        channel = self.client.get_partial_messageable(places.channel_of(room))
        content = render(document, self.client.known).content
        more = {} if (shown := view(document, key, self.client.drafts)) is None else {"view": shown}
        sent = await channel.send(content, nonce=mark(key), **more)
        return MessageRef(room, str(sent.id))

    def answers(self) -> Answers:
        async def direct(person: PersonRef, document: Document, key: DeliveryKey) -> MessageRef:
            return await self.post(await self.alone_with(People.of(person)), document, key=key)

        return Answers(self.client, direct)


class Kept:
    """The bot as it runs on the stand-in: started, and started again.

    With `heard`, what people do is stored first and answered from the outbox, as the program does
    it; without, the client answers by itself.
    """

    def __init__(self, standin: StandIn, application: Application, platform: Posting) -> None:
        self.standin, self.application, self.platform = standin, application, platform
        self.events: list[Event] = []
        self.before_storing: Callable[[], Awaitable[None]] | None = None
        self._tokens = count(1)

    @contextlib.asynccontextmanager
    async def running(self, *, heard: bool = True) -> AsyncIterator[CircleClient]:
        """Let the bot run until the end of the block; another block is a restart."""
        client = build(
            self.application.dispatch,
            connector=self.standin.connector(),
            guild_ready_timeout=0.02,
        )
        self.platform.client = client
        client.hear = self.hear if heard else None
        client.again = 0.05
        async with asyncio.TaskGroup() as tasks:
            started = tasks.create_task(client.start(self.standin.token))
            answering = tasks.create_task(self._answer())
            try:
                async with asyncio.timeout(WITHIN):
                    while not (client.is_ready() and client.in_step):  # noqa: ASYNC110 - before login nothing wakes
                        await asyncio.sleep(0.01)
                yield client
            finally:
                answering.cancel()
                await client.close()
            await started

    async def hear(self, event: Event) -> None:
        """Store an event as the program does."""
        if self.before_storing is not None:
            await self.before_storing()
        self.events.append(event)
        await self.take(event)

    async def take(self, *events: Event) -> None:
        """Take events as one batch."""
        await self.application.take(Batch("bot", f"t{next(self._tokens)}", events))

    async def _answer(self) -> None:
        while True:
            await self.settle()
            await asyncio.sleep(0.02)

    async def settle(self) -> None:
        """Answer what waits, and send what is to be sent."""
        await self.application.answer()
        for target in await self.application.drain.targets():
            await self.application.drain(target)

    async def say(self, who: Human, room: Channel, text: str) -> None:
        """Let somebody have written to the bot, and be answered."""
        guild = room.guild_id
        event = Event(
            id=str(self.standin.world.new_id()),
            at=self.standin.world.now(),
            platform="discord",
            room=places.room(guild, room.id).id,
            kind=Kind.MESSAGE,
            author=str(who.id),
            name=who.user.name,
            text=text,
            direct=guild is None,
        )
        await self.take(event)
        await self.settle()


@contextlib.asynccontextmanager
async def kept(
    standin: StandIn, folder: Path, manager: Human, *present: Human, more: tuple[Bound, ...] = ()
) -> AsyncIterator[Kept]:
    """Open the application on a fresh database; `manager` may manage every room."""
    database = await fresh_database(folder / "circle.db")
    platform = Posting(standin, manager, manager, *present)
    given = Installation(
        defaults=Defaults(run_by="Fay", zone="Europe/Berlin"),
        organisers=frozenset({str(manager.id)}),
        admins=frozenset({str(manager.id)}),
    )
    try:
        async with platform:
            application = wire(database, standin.world, {"discord": platform}, given)
            application.registry.add(more)
            yield Kept(standin, application, platform)
    finally:
        await database.aclose()
