"""What becomes of each thing that the gateway tells: an event of the core, or several, or none."""

import copy
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import discord
import structlog

from adapters.discord import translate
from adapters.discord.backfill import Backfill
from adapters.discord.comings import Comings, latest_of, place_to_greet, rooms_of, went
from adapters.discord.cursor import Cursor
from adapters.discord.settings import DiscordSettings
from adapters.discord.supervising import Line
from adapters.discord.translate import Place, Scene, place_of
from adapters.discord.waiting import Gone, insist
from bot.conversation.model import Event

GAPS = frozenset({"shard_connect", "shard_resumed", "guild_available"})
"""After these, something may have been said that nobody told."""

LOOKS = frozenset(
    {
        "guild_join",
        "guild_channel_create",
        "guild_channel_update",
        "guild_channel_delete",
        "guild_role_update",
        "guild_role_delete",
        "member_update",
    }
)
"""After these, the bot may see other rooms."""

REMEMBERED = 4096
"""How many edits, deletions, reactions and leavings are known again when they come twice."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that the gateway told, as it was at that moment."""

    line: Line
    name: str
    given: tuple[Any, ...]
    place: Place | None = None
    guild: discord.Guild | None = None
    latest: Mapping[int, int] = field(default_factory=dict)
    ended: tuple[tuple[int, int | None], ...] = ()


def happening(line: Line, name: str, given: tuple[Any, ...]) -> Happening | None:
    """Return what the gateway told, kept as it is now; None for what nobody wants to know.

    discord.py changes its messages and channels when more is told.
    """
    kept = _KEPT.get(name)
    if kept is not None:
        return kept(line, name, given)
    if name in LOOKS:
        return _look(line, name, given)
    return Happening(line, name, given) if name in GAPS | _PEOPLE else None


_PEOPLE = frozenset({"guild_remove", "member_ban", "member_join", "raw_member_remove"})


def _look(line: Line, name: str, given: tuple[Any, ...]) -> Happening | None:
    if name == "member_update" and given[-1].id != given[-1].guild.me.id:
        return None
    guild = given[-1] if name == "guild_join" else given[-1].guild
    return Happening(line, name, (), guild=guild, latest=latest_of(guild))


def _said(line: Line, name: str, given: tuple[Any, ...]) -> Happening:
    message = copy.copy(given[0])
    return Happening(line, name, (message,), place_of(message.channel))


def _edited(line: Line, name: str, given: tuple[Any, ...]) -> Happening:
    return Happening(line, name, (given[0].message,), place_of(given[0].message.channel))


def _about(line: Line, name: str, given: tuple[Any, ...]) -> Happening:
    return Happening(line, name, given, _known(line.client, given[0].guild_id, given[0].channel_id))


def _deleted(line: Line, name: str, given: tuple[Any, ...]) -> Happening:
    event, known = given[0], _known(line.client, given[0].guild_id, given[0].channel_id)
    if name == "raw_message_delete":
        ids, cached = [event.message_id], [event.cached_message]
    else:
        ids, cached = sorted(event.message_ids), event.cached_messages
    authors = {message.id: message.author.id for message in cached if message is not None}
    return Happening(line, name, given, known, ended=tuple((i, authors.get(i)) for i in ids))


def _thread_deleted(line: Line, name: str, given: tuple[Any, ...]) -> Happening:
    event = given[0]
    there = [each for each in line.client.cached_messages if each.channel.id == event.thread_id]
    ended = tuple((message.id, message.author.id) for message in there)
    place = Place(event.guild_id, event.parent_id, event.thread_id)
    return Happening(line, name, given, place, ended=ended)


_KEPT: Mapping[str, Callable[[Line, str, tuple[Any, ...]], Happening]] = {
    "message": _said,
    "raw_message_edit": _edited,
    "raw_message_delete": _deleted,
    "raw_bulk_message_delete": _deleted,
    "raw_thread_delete": _thread_deleted,
    "raw_reaction_add": _about,
    "raw_reaction_remove": _about,
}


def _known(client: discord.Client, guild: int | None, channel: int) -> Place | None:
    """Return the place of a channel, as far as discord.py knows it."""
    if guild is None:
        return Place(None, channel)
    here = client.get_guild(guild)
    return place_of(here.get_channel_or_thread(channel)) if here else None


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
        if place is None and told.name in _KEPT:
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

    def _scene(self, client: discord.Client) -> Scene:
        name = client.user.name if client.user else ""
        return Scene(self._me, name, client.intents.message_content, self._settings.clock.now())

    async def _find(self, told: Happening) -> Place | None:
        """Return the place of a channel that discord.py does not know, such as a revived thread."""
        client, event = told.line.client, told.given[0]
        channel = event.channel.id if isinstance(event, discord.Message) else event.channel_id
        longest = self._settings.longest_pause
        try:
            found = client.get_channel(channel) or await insist(
                "not_found", lambda: client.fetch_channel(channel), client, longest
            )
        except discord.HTTPException:
            log.warning("event_skipped", action="event_skipped", channel=channel)
            return None
        return place_of(found)

    # --- what is told as it happens ----------------------------------------------------------

    def _now(self, told: Happening, place: Place | None) -> Iterator[Event]:
        scene, now = self._scene(told.line.client), self._settings.clock.now()
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
            self._recent.forget("reaction", *_reaction(told.given[0]))
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
        if event and self._recent.is_new("reaction", *_reaction(told)):
            yield event

    def _person(self, told: Happening, now: datetime) -> Iterator[Event]:
        banned = told.name == "member_ban"
        if banned:
            guild, who = told.given
        elif told.name == "member_join":
            return self._recent.forget("went", told.given[0].guild.id, told.given[0].id)
        else:
            guild, who = told.line.client.get_guild(told.given[0].guild_id), told.given[0].user
        if guild and who.id != self._me and self._recent.is_new("went", guild.id, who.id):
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
        here = await insist(
            "not_read", lambda: _guilds(client), client, self._settings.longest_pause
        )
        seen = [
            each
            for each in ([guild] if guild else client.guilds)
            if each.shard_id == shard and each.id in here and not each.unavailable
        ]
        back = Backfill(client, self.cursor, self._settings.longest_pause)
        first = not self.cursor.base
        greeted = [g for g in seen if first and await back.spoke_in(place_to_greet(g), self._me)]
        known = [each for each in seen if each.id in self.cursor.guilds]
        messages = await back.missed(
            known, direct=not shard and not guild, afresh=told.name == "shard_resumed"
        )
        for event in self._whereabouts(line, seen, here):
            if not any(event.room.startswith(f"{each.id}-") for each in greeted):
                yield event
        for message in messages:
            place = place_of(message.channel) or Place(None, message.channel.id)
            for event in self._told(message, place, self._scene(client)):
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
        self, line: Line, seen: Iterable[discord.Guild], here: set[int]
    ) -> Iterator[Event]:
        """Yield where the bot came and went meanwhile; at the very first start all is new."""
        now, latest = self._settings.clock.now(), {each.id: latest_of(each) for each in seen}
        before = (line.earliest or 1 << 63) - 1
        if not self.cursor.base:
            ids = [self._me, *here, *(i for known in latest.values() for i in known.values())]
            self.cursor.base = min(max(ids), before)
        for gone in self.cursor.guilds - here:
            yield from self._comings.put_out(gone, now)
        for guild in seen:
            until = {place: min(last, before) for place, last in latest[guild.id].items()}
            yield from self._comings.looked(guild, until, now)


async def _guilds(client: discord.Client) -> set[int]:
    return {guild.id async for guild in client.fetch_guilds(limit=None, with_counts=False)}


def _reaction(told: discord.RawReactionActionEvent) -> tuple[int, int, str]:
    return told.message_id, told.user_id, str(told.emoji)
