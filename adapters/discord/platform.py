"""Discord as the core's port sees it."""

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import discord

from adapters.discord import finding, places, rights, threads, translate
from adapters.discord.answers import Answers
from adapters.discord.attachments import attached
from adapters.discord.client import CircleClient
from adapters.discord.errors import UNKNOWN_CHANNEL, UNKNOWN_MESSAGE
from adapters.discord.hands import Hands
from adapters.discord.listening import Listener
from adapters.discord.markup import PLATFORM
from adapters.discord.posting import Poster
from adapters.discord.settings import DiscordSettings
from adapters.discord.translate import Place, Scene
from bot.conversation.dispatch import Dispatch
from bot.conversation.model import (
    Capabilities,
    DeliveryKey,
    Document,
    Event,
    File,
    MessageRef,
    NotPermitted,
    People,
    PersonRef,
    PlatformError,
    RoomRef,
    Target,
)
from bot.conversation.platform import Take

LONGEST, MEMORY = 1800, timedelta(minutes=4)
"""Room for marks beside the words; Discord remembers a nonce for a few minutes."""

SKEW = timedelta(minutes=5)
"""How far Discord's clock may be behind ours when we look for what we said."""

GONE = frozenset({UNKNOWN_CHANNEL, UNKNOWN_MESSAGE})


class DiscordPlatform:
    """One account of the bot, which Discord is asked for nothing before it is used."""

    def __init__(self, settings: DiscordSettings) -> None:
        self._settings = settings
        self._hands = Hands(settings)
        self._forums: dict[int, bool] = {}
        self._made: dict[DeliveryKey, MessageRef] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._hands.aclose()

    def serve(self, dispatch: Dispatch) -> None:
        """Show these commands, before anybody listens."""
        self._hands.serve(dispatch)

    @property
    def name(self) -> str:
        """The platform's short name."""
        return PLATFORM

    @property
    def account(self) -> str:
        """The bot's own id, which its token tells."""
        return account_of(self._settings.token)

    @property
    def capabilities(self) -> Capabilities:
        """What Discord can do."""
        return capabilities(reads=self._settings.reads)

    async def listen(self, take: Take, *, since: str | None) -> None:
        """Hand every batch after `since` to `take` until cancelled; see the port."""
        await Listener(self._hands.make, self._settings, self.account).listen(take, since)

    async def reach(self, target: Target, *, key: DeliveryKey) -> RoomRef:  # noqa: ARG002 - one room
        """Return the room for `target`; who takes no messages is known when one is sent."""
        if not isinstance(target, People):
            return target
        if len(target.ids) > 1:
            raise NotPermitted("On Discord the bot cannot bring people together directly.")
        return await self._direct(target.ids[0])

    async def _direct(self, person: str) -> RoomRef:
        if not person.isdecimal():
            raise PlatformError(f"{person} is nobody's id on Discord.")
        async with self._hands.lent() as client:
            channel = await client.create_dm(discord.Object(int(person)))
        return places.room(None, channel.id)

    async def post(
        self, room: RoomRef, document: Document, *, key: DeliveryKey, thread: str | None = None
    ) -> MessageRef:
        """Show `document` in `room`; see the port."""
        place = places.answer_place(room)
        async with self._hands.lent() as client:
            if place is not None:
                return await Answers(client, self._privately).show(place, document, key)
            return await self._poster(client).post(room, document, key, thread)

    async def _privately(
        self, person: PersonRef, document: Document, key: DeliveryKey
    ) -> MessageRef:
        return await self.post(await self._direct(person.id), document, key=key)

    def _poster(self, client: CircleClient) -> Poster:
        return Poster(client, self._forums, self._made)

    async def find(
        self, room: RoomRef, key: DeliveryKey, *, since: datetime, document: Document | None = None
    ) -> MessageRef | None:
        """Return the bot's own message with `key`; an answer is shown again instead."""
        if places.answer_place(room) is not None:
            return None
        async with self._hands.lent() as client:
            return await finding.find(client, client.known, room, key, since - SKEW, document)

    async def history(self, room: RoomRef, *, since: datetime) -> AsyncIterator[Event]:
        """Yield what was said since `since`, as it reads now, oldest first; see the port."""
        guild, channel = places.guild_of(room), places.channel_of(room)
        async with self._hands.lent() as client:
            inside = (
                [] if guild is None else await threads.threads_of(client, guild, channel, since)
            )
            found: list[tuple[discord.Message, Place]] = []
            for thread in (None, *inside):
                place = Place(guild, channel, thread)
                said = finding.said_in(client, guild, thread or channel, since)
                found += [(message, place) async for message in said]
            scene = self._scene(client)
        for message, place in sorted(found, key=lambda each: each[0].id):
            event = translate.said(message, place, scene)
            if event is not None:
                yield event

    async def fetch(self, message: MessageRef) -> Event | None:
        """Return the message as it reads now; see the port."""
        async with self._hands.lent() as client:
            found = await self._there(client, message)
            return found and translate.as_it_reads(*found, self._scene(client))

    async def wake(self, message: MessageRef) -> None:
        """Let the thread of a message be open; see the port."""
        _, number = places.where(message)
        async with self._hands.lent() as client:
            await threads.keep_open(client, number)

    async def files(self, message: MessageRef, *, largest: int) -> Sequence[File]:
        """Return what is attached to a message; see the port."""
        async with self._hands.lent() as client:
            found = await self._there(client, message)
            return () if found is None else await attached(found[0], largest)

    async def _there(
        self, client: CircleClient, message: MessageRef
    ) -> tuple[discord.Message, Place] | None:
        """Return a message and its place, None when it is gone."""
        try:
            places.where(message)
        except PlatformError:
            return None
        poster, guild = self._poster(client), places.guild_of(message.room)
        try:
            channel, number = await poster.place_of(message)
            partial = client.get_partial_messageable(channel, guild_id=guild)
            found = await partial.fetch_message(number)
        except discord.NotFound as error:
            if error.code in GONE:
                return None
            raise
        parent = places.channel_of(message.room)
        return found, Place(guild, parent, None if channel == parent else channel)

    async def edit(self, message: MessageRef, document: Document, *, key: DeliveryKey) -> None:  # noqa: ARG002 - the same edit changes nothing more
        """Let an own message say `document`; see the port."""
        async with self._hands.lent() as client:
            try:
                await self._poster(client).edit(message, document)
            except discord.NotFound as error:
                if error.code not in GONE:
                    raise

    async def redact(self, message: MessageRef, *, key: DeliveryKey) -> None:  # noqa: ARG002 - gone is gone
        """Remove a message for all; see the port."""
        async with self._hands.lent() as client:
            try:
                await self._poster(client).redact(message)
            except discord.NotFound as error:
                if error.code not in GONE:
                    raise

    async def may_manage(self, person: PersonRef, room: RoomRef) -> bool:
        """Return whether the person may manage the room; see the port."""
        if places.guild_of(room) is None:
            return False
        async with self._hands.lent() as client:
            granted = await rights.permissions(client, person, room)
        return granted.view_channel and granted.manage_channels

    async def is_in(self, person: PersonRef, room: RoomRef) -> bool:
        """Return whether the person is in the room; see the port."""
        async with self._hands.lent() as client:
            return await rights.is_in(client, person, room)

    async def present(self, room: RoomRef) -> dict[str, str]:
        """Return the ids and shown names of the people in the room; see the port."""
        async with self._hands.lent() as client:
            return dict(await rights.present(client, room))

    def link(self, place: MessageRef | RoomRef | PersonRef) -> str:
        """Return the address of a message, a room or a person's profile; see the port."""
        if isinstance(place, PersonRef):
            return f"https://discord.com/users/{place.id}"
        room = place if isinstance(place, RoomRef) else place.room
        guild = places.guild_of(room) or places.DIRECT
        if isinstance(place, RoomRef):
            return f"https://discord.com/channels/{guild}/{places.channel_of(room)}"
        channel, number = places.where(place)
        return f"https://discord.com/channels/{guild}/{channel}/{number}"

    def _scene(self, client: discord.Client) -> Scene:
        name = client.user.name if client.user else ""
        return Scene(int(self.account), name, self._settings.reads, self._settings.clock.now())


def capabilities(*, reads: bool) -> Capabilities:
    """Return what the bot can do on Discord, where it reads whole rooms or not."""
    return Capabilities(
        longest=LONGEST,
        memory=MEMORY,
        buttons=True,
        forms=True,
        groups=False,
        reads=reads,
        members=reads,
        replays=False,
    )


def account_of(token: str) -> str:
    """Return the id of the account that a token is for: its first part holds it.

    Raises:
        PlatformError: it is no bot's token.
    """
    first = token.partition(".")[0]
    try:
        number = b64decode(first + "=" * (-len(first) % 4)).decode()
    except (NotBase64, UnicodeDecodeError):
        number = ""
    if not number.isdecimal():
        raise PlatformError("The token is no token of a bot on Discord.")
    return number
