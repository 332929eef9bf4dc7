"""The contract's stage on the stand-in for Discord, with the real discord.py."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from adapters.discord import places
from adapters.discord.platform import DiscordPlatform
from adapters.discord.settings import DiscordSettings
from bot.conversation.dispatch import Dispatch
from bot.conversation.model import PersonRef, RoomRef
from bot.conversation.registry import Registry
from tests.adapters.discord.listener import Nobody
from tests.contracts.platform import Member, Shown, WallClock
from tests.support.discord import permissions
from tests.support.discord.humans import Human
from tests.support.discord.model import Channel, Guild, Message
from tests.support.discord.server import StandIn


def settings(standin: StandIn, **more: object) -> DiscordSettings:
    """Return quick settings for tests."""
    quick: dict[str, object] = {
        "clock": WallClock(),
        "longest_pause": timedelta(seconds=0.5),
        "options": lambda: {"connector": standin.connector(), "guild_ready_timeout": 0.05},
    }
    return DiscordSettings(standin.token, **(quick | more))  # type: ignore[arg-type]


def platform(standin: StandIn, **more: object) -> DiscordPlatform:
    """Return the bot's account, without commands."""
    made = DiscordPlatform(settings(standin, **more))
    made.serve(Dispatch(Registry(), Nobody(), {}, "!", lambda: "1", WallClock()))
    return made


class DiscordMember:
    """A person on the stand-in; messages and rooms are named as the adapter names them."""

    def __init__(self, stage: "DiscordStage", human: Human) -> None:
        self.human = human
        self._stage = stage
        self._world = human.world

    @property
    def person(self) -> PersonRef:
        """The person's reference."""
        return PersonRef("discord", str(self.human.id))

    async def say(
        self, room: RoomRef, text: str, *, thread: str | None = None, reply_to: str | None = None
    ) -> str:
        """Say something and return its id."""
        channel = self.channel(room)
        text = text.replace(f"{self._world.bot.id}: ", f"<@{self._world.bot.id}> ")
        answered = None if reply_to is None else self.message(room, reply_to)
        if thread is not None:
            channel = await self._thread(channel, int(thread))
        said = await self.human.say(channel, text, reply_to=answered)
        return places.message_id(said.id, None if thread is None else int(thread))

    async def edit(self, room: RoomRef, message: str, text: str) -> None:
        """Change what was said."""
        await self.human.edit(self.message(room, message), text)

    async def react(self, room: RoomRef, message: str, sign: str) -> None:
        """React to a message."""
        await self.human.react(self.message(room, message), sign)

    async def delete(self, room: RoomRef, message: str) -> None:
        """Delete an own message."""
        await self.human.delete(self.message(room, message))

    async def come(self, room: RoomRef) -> None:
        """Accept the bot's direct room: on Discord it is simply there."""

    async def go(self, room: RoomRef) -> None:
        """Leave a room, or take no direct messages any more."""
        guild = self.channel(room).guild
        if guild is None:
            self.human.user.takes_direct_messages = False
        else:
            self._world.leave(guild, self.human.user)

    async def sees(self, room: RoomRef) -> list[Shown]:
        """Return what the bot shows in the room and its threads now, oldest first."""
        channel = self.channel(room)
        inside = [each for each in self._world.channels.values() if each.parent is channel]
        there = [m for c in (channel, *inside) if not c.deleted for m in self.human.read(c)]
        mine = [m for m in there if m.author is self._world.bot and m.kind in (0, 19)]
        return [_shown(each) for each in sorted(mine, key=lambda each: each.id)]

    def channel(self, room: RoomRef) -> Channel:
        """Return a room's channel."""
        return self._world.channel(places.channel_of(room))

    def message(self, room: RoomRef, id_: str) -> Message:
        """Return a message by the adapter's name for it."""
        thread, _, number = id_.rpartition("-")
        channel = self._world.channel(int(thread)) if thread else self.channel(room)
        return self._world.message(channel, int(number))

    async def _thread(self, channel: Channel, of: int) -> Channel:
        found = self._world.channels.get(of)
        return found or await self.human.open_thread(self._world.message(channel, of), "A thread")


def _shown(message: Message) -> Shown:
    file = message.attachments[0] if message.attachments else None
    name = (file.description or file.filename) if file else ""
    inside = message.channel.id if message.channel.is_thread else None
    return Shown(
        places.message_id(message.id, inside),
        "".join(_unescaped(message.content)) or name,
        None if inside is None else str(inside),
        None if file is None else file.data,
    )


def _unescaped(text: str) -> str:
    """Return words as a client shows them: the sign that lets a mark be a mark is not seen."""
    if text.startswith("```\n") and text.endswith("\n```"):
        return text[4:-4]
    return "".join(c for i, c in enumerate(text) if c != "\\" or text[i - 1 : i] == "\\")


class DiscordStage:
    """A bot's account, and servers on which it meets people."""

    def __init__(self, standin: StandIn, *, reads: bool) -> None:
        self._standin = standin
        self._reads = reads
        self._world = standin.world
        self._lobby = self._world.guild("Lobby")

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[DiscordPlatform]:
        """Start the bot."""
        async with platform(self._standin, reads=self._reads) as started:
            yield started

    async def member(self, name: str) -> DiscordMember:
        """Return a new person, who has met the bot somewhere else."""
        return DiscordMember(self, self._standin.human(name, self._lobby))

    async def room(self, manager: Member, *others: Member) -> RoomRef:
        """Return a new room with the bot and these people, which the first may manage."""
        guild = self._guild(manager, *others)
        role = self._world.role(guild, "Keepers", permissions.MANAGE_CHANNELS)
        self._world.grant(guild, _user(manager), role)
        return self._room(guild)

    async def strange_room(self, member: Member) -> RoomRef:
        """Return a room that the bot is not in."""
        guild = self._guild(member)
        room = self._room(guild)
        self._world.leave(guild, self._world.bot)
        return room

    def _guild(self, *people: Member) -> Guild:
        guild = self._world.guild("North")
        guild.members.pop(guild.owner.id)
        for each in people:
            self._world.join(guild, _user(each))
        return guild

    def _room(self, guild: Guild) -> RoomRef:
        return places.room(guild.id, self._world.text(guild, "general").id)


def _user(member: Member):  # noqa: ANN202
    return member.human.user  # type: ignore[attr-defined]
