"""What becomes of each thing that the gateway tells: an event of the core, or several, or none."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from datetime import datetime
from typing import Any, TypeVar

import discord
import structlog

from adapters.discord import places, translate
from adapters.discord.backfill import Backfill
from adapters.discord.comings import Comings, latest_of, place_to_greet, rooms_of, went
from adapters.discord.cursor import Cursor
from adapters.discord.happenings import GAPS, PLACED, Happening
from adapters.discord.line import Line
from adapters.discord.settings import DiscordSettings
from adapters.discord.translate import Place, Scene, place_of
from adapters.discord.waiting import Gone, insist
from bot.conversation.model import Event

REMEMBERED = 4096
"""How many edits, deletions, reactions and leavings are known again when they come twice."""

MANY = 50
"""In more guilds than these, only those in which the bot speaks are asked after each resuming."""

T = TypeVar("T")

log = structlog.get_logger(__name__)


class Recent:
    """What was told lately, each with a number that only grows."""

    def __init__(self) -> None:
        self._known: dict[tuple[Any, ...], float] = {}

    def is_new(self, *what: Any, number: float = 0.0) -> bool:  # noqa: ANN401 - any key
        """Return whether something was not told yet, and remember it."""
        if self._known.get(what, -1.0) >= number:
            return False
        self._known.pop(what, None)
        self._known[what] = number
        for oldest in list(self._known)[:-REMEMBERED]:
            del self._known[oldest]
        return True

    def forget(self, *what: Any) -> None:  # noqa: ANN401 - any key
        """Let something be new again."""
        self._known.pop(what, None)


class Hearing:
    """Makes events of happenings, and notes in the cursor what was heard."""

    def __init__(self, settings: DiscordSettings, me: int, cursor: Cursor) -> None:
        self.cursor = cursor
        self._settings = settings
        self._me = me
        self._comings = Comings(me, cursor)
        self._recent = Recent()

    async def events(self, told: Happening) -> AsyncIterator[Event]:
        """Yield what the core should hear of a happening.

        Raises:
            Gone: the client ended before enough was known; nothing is noted then.
        """
        if told.name in GAPS:
            async for event in self._missed(told):
                yield event
            return
        place = told.place
        if place is None and told.name in PLACED:
            place = await self._find(told)
            if place is None:
                return
        try:
            events = list(self._now(told, place))
        except Exception as error:  # noqa: BLE001 - one bad event must not cost the others
            log.warning("event_skipped", action="event_skipped", error=type(error).__name__)
            return
        for event in events:
            yield event

    def answers(self, event: Event) -> None:
        """Remember the room of an event that the bot answers as one in which it speaks."""
        if event.direct:
            self.cursor.befriend(places.channel_of(event.where))
        else:
            self.cursor.rooms.setdefault(event.room, True)

    def _scene(self, told: Happening) -> Scene:
        client = told.line.client
        name = client.user.name if client.user else ""
        return Scene(self._me, name, client.intents.message_content, told.at)

    async def _insist(self, doing: Callable[[], Awaitable[T]], client: discord.Client) -> T:
        return await insist("not_read", doing, client, self._settings.longest_pause)

    async def _find(self, told: Happening) -> Place | None:
        """Return the place of a channel that discord.py does not know, such as a revived thread."""
        client, event = told.line.client, told.given[0]
        channel = event.channel.id if isinstance(event, discord.Message) else event.channel_id
        try:
            found = client.get_channel(channel) or await self._insist(
                lambda: client.fetch_channel(channel), client
            )
        except Gone:
            raise
        except Exception as error:  # noqa: BLE001 - one bad event must not cost the others
            name = type(error).__name__
            log.warning("event_skipped", action="event_skipped", channel=channel, error=name)
            return None
        return place_of(found)

    # --- what is told as it happens ----------------------------------------------------------

    def _now(self, told: Happening, place: Place | None) -> Iterator[Event]:
        scene, now = self._scene(told), told.at
        if told.guild is not None:
            yield from self._comings.looked(told.guild, told.latest, now)
        elif told.name == "guild_remove":
            yield from self._comings.put_out(told.given[0].id, now)
        elif place is None:
            yield from self._person(told, now)
        elif told.name == "message":
            yield from self._message(told.given[0], place, scene)
        elif told.name == "raw_message_edit":
            yield from self._edit(told.given[0], place, scene)
        elif told.name == "raw_reaction_add":
            yield from self._reaction(told.given[0], place, scene)
        elif told.name == "raw_reaction_remove":
            yield from self._no_reaction(told.given[0], place, scene)
        else:
            for message, author in told.ended:
                if author != self._me and self._recent.is_new("deleted", message):
                    yield translate.deleted(message, author, place, scene)

    def _message(self, message: discord.Message, place: Place, scene: Scene) -> Iterator[Event]:
        channel = message.channel.id
        if not self.cursor.is_new(channel, message.id):
            return
        self.cursor.note(channel, message.id)
        if place.guild is None:
            self.cursor.befriend(channel)
        elif message.author.id == self._me:
            self._comings.spoke(place.guild, place.channel)
        event = translate.said(message, place, scene)
        if event is not None:
            yield event

    def _edit(self, message: discord.Message, place: Place, scene: Scene) -> Iterator[Event]:
        event = translate.edited(message, place, scene)
        if event and self._recent.is_new("edit", event.target, number=event.at.timestamp()):
            yield event

    def _reaction(
        self, told: discord.RawReactionActionEvent, place: Place, scene: Scene
    ) -> Iterator[Event]:
        event = translate.reacted(told, place, scene)
        self._recent.forget("no reaction", *_reaction(told))
        if event and self._recent.is_new("reaction", *_reaction(told)):
            yield event

    def _no_reaction(
        self, told: discord.RawReactionActionEvent, place: Place, scene: Scene
    ) -> Iterator[Event]:
        self._recent.forget("reaction", *_reaction(told))
        if told.user_id != self._me and self._recent.is_new("no reaction", *_reaction(told)):
            yield translate.unreacted(told, place, scene)

    def _person(self, told: Happening, now: datetime) -> Iterator[Event]:
        banned = told.name == "member_ban"
        if banned:
            guild, who = told.given
        elif told.name == "member_join":
            return self._recent.forget("went", told.given[0].guild.id, told.given[0].id)
        else:
            guild, who = told.line.client.get_guild(told.given[0].guild_id), told.given[0].user
        if guild and not who.bot and self._recent.is_new("went", guild.id, who.id):
            rooms = self._comings.seen.get(guild.id) or rooms_of(guild)
            yield from went(who, guild, rooms, now, banned=banned)
        return None

    # --- what was missed ---------------------------------------------------------------------

    async def _missed(self, told: Happening) -> AsyncIterator[Event]:
        line, client = told.line, told.line.client
        guild = told.given[0] if told.name == "guild_available" else None
        shard = guild.shard_id if guild else told.given[0]
        if not await line.ready(shard):
            raise Gone
        here = await self._insist(lambda: _guilds(client), client)
        seen = [
            each
            for each in ([guild] if guild else client.guilds)
            if each.shard_id == shard and each.id in here and not each.unavailable
        ]
        back = Backfill(client, self.cursor, self._settings.longest_pause)
        resumed = told.name == "shard_resumed"
        known = [each for each in seen if each.id in self.cursor.guilds]
        if resumed and len(known) > MANY:
            known = [each for each in known if self._comings.has_spoken_in(each.id)]
        new = [each for each in seen if each.id not in self.cursor.guilds]
        greeted = {g.id for g in new if await back.spoke_in(place_to_greet(g), self._me)}
        messages = await back.missed(known, direct=not shard and not guild, afresh=resumed)
        for event in self._whereabouts(line, seen, here, greeted):
            yield event
        for message in messages:
            place = place_of(message.channel) or Place(None, message.channel.id)
            for event in self._told(message, place, self._scene(told)):
                yield event
        for message in messages:
            self.cursor.settle(message.channel.id, message.id)

    def _told(self, message: discord.Message, place: Place, scene: Scene) -> list[Event]:
        try:
            return list(self._message(message, place, scene))
        except Exception as error:  # noqa: BLE001 - one bad message must not cost the others
            log.warning("event_skipped", action="event_skipped", error=type(error).__name__)
            return []

    def _whereabouts(
        self, line: Line, seen: list[discord.Guild], here: set[int], greeted: Collection[int]
    ) -> Iterator[Event]:
        """Yield where the bot came and went meanwhile.

        At the very first start all is new. Where the bot has spoken it needs no introduction.
        """
        now, latest = self._settings.clock.now(), {each.id: latest_of(each) for each in seen}
        before = (line.earliest or 1 << 63) - 1
        if not self.cursor.base:
            ids = [self._me, *here, *(i for known in latest.values() for i in known.values())]
            self.cursor.base = min(max(ids), before)
        for gone in self.cursor.guilds - here:
            yield from self._comings.put_out(gone, now)
        for guild in seen:
            until = {place: min(last, before) for place, last in latest[guild.id].items()}
            yield from self._comings.looked(guild, until, now, greet=guild.id not in greeted)


async def _guilds(client: discord.Client) -> set[int]:
    return {guild.id async for guild in client.fetch_guilds(limit=None, with_counts=False)}


def _reaction(told: discord.RawReactionActionEvent) -> tuple[int, int, str]:
    return told.message_id, told.user_id, str(told.emoji)
