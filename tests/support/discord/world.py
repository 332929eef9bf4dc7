"""Discord as one application meets it: its guilds, people and channels, in memory."""

# Waiting fails with what was there instead, which asyncio.timeout cannot say.
# ruff: noqa: ASYNC109

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from tests.support.discord import payloads, permissions, telling
from tests.support.discord.application import GUILDS, MEMBERS, MODERATION, Application, token
from tests.support.discord.model import (
    DM,
    FORUM,
    TEXT,
    ApiError,
    Attachment,
    Channel,
    Guild,
    Json,
    Member,
    Message,
    Overwrite,
    Role,
    Tag,
    User,
)

EPOCH = 1_420_070_400_000
"""Discord's first millisecond, from which its ids count."""

T = TypeVar("T")


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware."""
        ...


class NotSeen(AssertionError):
    """What a test waited for did not come in time."""


@dataclass(frozen=True)
class Event:
    """Something to tell over the gateway to who listens (0: to everybody).

    `build(reads)` gives the data; `reads` is whether the listener may read what others wrote.
    """

    kind: str
    build: Callable[[bool], Json]
    intents: int = 0
    guild: int | None = None


class World:
    """Everything there is, and the time. Ids are made from the clock, always upwards."""

    def __init__(self, clock: Clock | None = None, name: str = "Keeper") -> None:
        """Begin with a bot that is nowhere yet; without a clock, time is real."""
        self._clock = clock
        self._passed = timedelta()
        self._last_id = 0
        self._changes: list[asyncio.Event] = []
        self.listeners: list[Callable[[Event], None]] = []
        self.users: dict[int, User] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.attachments: dict[int, Attachment] = {}
        self.nonces: dict[tuple[int, int, str], tuple[Message, datetime]] = {}
        self.bot = self.user(name, bot=True)
        self.application = Application(self.bot.id, name, token(self.bot.id))
        self.operator = self.user("Operator")

    # Time and change

    def now(self) -> datetime:
        """Return the moment that Discord's clocks show."""
        moment = self._clock.now() if self._clock else datetime.fromtimestamp(time.time(), UTC)
        return moment + self._passed

    def pass_time(self, **by: float) -> None:
        """Let Discord's clocks go on by hours, minutes, seconds: windows close, links expire."""
        self._passed += timedelta(**by)

    def new_id(self) -> int:
        """Return an id that is later than every other."""
        made = (int(self.now().timestamp() * 1000) - EPOCH) << 22
        self._last_id = max(made, self._last_id + 1)
        return self._last_id

    def changed(self) -> None:
        """Wake who waits for something to become true."""
        waiting, self._changes = self._changes, []
        for each in waiting:
            each.set()

    async def until(self, look: Callable[[], T | None], timeout: float, what: str) -> T:
        """Return what `look` finds, at once or when something changes.

        Raises:
            NotSeen: it found nothing for `timeout` s.
        """
        deadline = time.monotonic() + timeout
        while (found := look()) is None:
            change = asyncio.Event()
            self._changes.append(change)
            try:
                async with asyncio.timeout(max(deadline - time.monotonic(), 0)):
                    await change.wait()
            except TimeoutError:
                raise NotSeen(f"{what} did not come within {timeout} s") from None
        return found

    def emit(
        self, kind: str, build: Callable[[bool], Json] | Json, intents: int, guild: int | None
    ) -> None:
        """Tell the gateway's listeners; of a guild only while the bot is in it."""
        if guild is not None and self.bot.id not in self.guilds[guild].members:
            self.changed()
            return
        data = build if callable(build) else lambda _reads: build
        for listener in self.listeners:
            listener(Event(kind, data, intents, guild))
        self.changed()

    def may_read(self, message: Message, *, reads: bool) -> bool:
        """Return whether the application gets a message's content (reads: with the intent)."""
        direct = message.channel.kind == DM
        return reads or direct or message.author is self.bot or self.bot in message.mentions

    # Looking things up

    def channel(self, of: int) -> Channel:
        """Return a channel, or refuse with 10003."""
        found = self.channels.get(of)
        if found is None or found.deleted:
            raise ApiError(404, 10003, "Unknown Channel")
        return found

    def message(self, channel: Channel, of: int) -> Message:
        """Return a message of a channel, or refuse with 10008."""
        found = channel.messages.get(of)
        if found is None:
            raise ApiError(404, 10008, "Unknown Message")
        return found

    def guild_here(self, of: int) -> Guild:
        """Return a guild that the bot is in, or refuse with 10004."""
        found = self.guilds.get(of)
        if found is None or self.bot.id not in found.members:
            raise ApiError(404, 10004, "Unknown Guild")
        return found

    def threads(self, guild: Guild) -> list[Channel]:
        """Return a guild's threads, oldest first."""
        places = self.channels.values()
        return [c for c in places if c.guild is guild and c.is_thread and not c.deleted]

    # Making things

    def user(self, name: str, *, bot: bool = False) -> User:
        """Make an account."""
        made = User(self.new_id(), name, bot=bot)
        self.users[made.id] = made
        return made

    def guild(self, name: str, *, bot_permissions: int = permissions.INVITED) -> Guild:
        """Make a guild with the bot in it, as its invitation asks for, and a person who owns it."""
        made = Guild(self.new_id(), name, self.user(f"Owner of {name}"))
        made.roles[made.id] = Role(made.id, "@everyone", permissions.EVERYONE, position=0)
        self.guilds[made.id] = made
        self.join(made, made.owner)
        self.invite(made, bot_permissions)
        return made

    def invite(self, guild: Guild, bot_permissions: int = permissions.INVITED) -> None:
        """Let the bot into a guild."""
        own = Role(self.new_id(), self.bot.name, bot_permissions, bot=self.bot.id)
        guild.roles[own.id] = own
        guild.members[self.bot.id] = Member(self.bot, self.now(), [own.id])
        self.emit("GUILD_CREATE", telling.whole_guild(self, guild), GUILDS, guild.id)

    def away(self, guild: Guild) -> None:
        """Let a guild be out of reach, as in an outage of a part of Discord."""
        data = {"id": str(guild.id), "unavailable": True}
        self.emit("GUILD_DELETE", data, GUILDS, guild.id)

    def back(self, guild: Guild) -> None:
        """Let a guild be there again."""
        data = telling.whole_guild(self, guild) | {"unavailable": False}
        self.emit("GUILD_CREATE", data, GUILDS, guild.id)

    def join(self, guild: Guild, user: User, *roles: Role) -> Member:
        """Let somebody into a guild."""
        made = Member(user, self.now(), [role.id for role in roles])
        guild.members[user.id] = made
        data = payloads.member(made) | {"guild_id": str(guild.id)}
        self.emit("GUILD_MEMBER_ADD", data, MEMBERS, guild.id)
        return made

    def leave(self, guild: Guild, user: User, *, banned: bool = False) -> None:
        """Let somebody leave, or take them out; the bot too."""
        if user is self.bot:
            self.emit("GUILD_DELETE", {"id": str(guild.id)}, GUILDS, guild.id)
        guild.members.pop(user.id, None)
        data = {"guild_id": str(guild.id), "user": payloads.user(user)}
        if banned:
            guild.banned.add(user.id)
            self.emit("GUILD_BAN_ADD", data, MODERATION, guild.id)
        self.emit("GUILD_MEMBER_REMOVE", data, MEMBERS, guild.id)

    def role(self, guild: Guild, name: str, bits: int = 0, *, mentionable: bool = False) -> Role:
        """Make a role."""
        made = Role(self.new_id(), name, bits, len(guild.roles), mentionable)
        guild.roles[made.id] = made
        data = {"guild_id": str(guild.id), "role": payloads.role(made)}
        self.emit("GUILD_ROLE_CREATE", data, GUILDS, guild.id)
        return made

    def grant(self, guild: Guild, user: User, *roles: Role) -> None:
        """Set the roles of a member."""
        guild.members[user.id].roles = [role.id for role in roles]
        data = payloads.member(guild.members[user.id]) | {"guild_id": str(guild.id)}
        own = user is self.bot
        self.emit("GUILD_MEMBER_UPDATE", data, GUILDS if own else MEMBERS, guild.id)

    def text(self, guild: Guild, name: str, *, topic: str | None = None) -> Channel:
        """Make a text channel."""
        return self._place(guild, TEXT, name, topic, [])

    def forum(self, guild: Guild, name: str, *tags: str) -> Channel:
        """Make a forum."""
        return self._place(guild, FORUM, name, None, [Tag(self.new_id(), tag) for tag in tags])

    def _place(
        self, guild: Guild, kind: int, name: str, topic: str | None, tags: list[Tag]
    ) -> Channel:
        """Make a channel of a guild."""
        position = sum(each.guild is guild for each in self.channels.values())
        made = Channel(self.new_id(), kind, guild, name, topic=topic, position=position, tags=tags)
        self.channels[made.id] = made
        self.emit("CHANNEL_CREATE", payloads.channel(made), GUILDS, guild.id)
        return made

    def direct(self, user: User) -> Channel:
        """Return the conversation of the bot with somebody, made when first needed."""
        for each in self.channels.values():
            if each.kind == DM and user in each.recipients:
                return each
        made = Channel(self.new_id(), DM, recipients=[self.bot, user])
        self.channels[made.id] = made
        return made

    def allow(self, channel: Channel, to: User | Role, allow: int = 0, deny: int = 0) -> None:
        """Set what a channel allows and denies somebody or a role."""
        kind = 1 if isinstance(to, User) else 0
        channel.overwrites[to.id] = Overwrite(to.id, kind, allow, deny)
        self.updated(channel)

    def hide(self, channel: Channel, *seen_by: User | Role) -> None:
        """Hide a channel from everyone but these."""
        assert channel.guild is not None
        self.allow(channel, channel.guild.roles[channel.guild.id], deny=permissions.VIEW_CHANNEL)
        for each in seen_by:
            self.allow(channel, each, allow=permissions.VIEW_CHANNEL)

    def updated(self, channel: Channel) -> None:
        """Tell that a channel changed, or a thread that the bot sees."""
        if channel.is_thread and not permissions.sees(channel, self.bot):
            self.changed()
            return
        kind = "THREAD_UPDATE" if channel.is_thread else "CHANNEL_UPDATE"
        self.emit(kind, payloads.channel(channel, self.bot), GUILDS, channel.guild_id)

    def remove(self, channel: Channel) -> None:
        """Delete a channel or a thread, and the threads within it."""
        for each in self.channels.values():
            if each.parent is channel and not each.deleted:
                self.remove(each)
        channel.deleted = True
        if channel.parent is not None and channel.id in channel.parent.messages:
            channel.parent.messages[channel.id].thread = None
        kind = "THREAD_DELETE" if channel.is_thread else "CHANNEL_DELETE"
        self.emit(kind, payloads.channel(channel), GUILDS, channel.guild_id)
