"""The contract's stage in the invented community of the console."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.console.client import BOT, PLATFORM, Community, Entry
from adapters.console.platform import ConsolePlatform
from bot.conversation.model import Event, File, Kind, PersonRef, RoomRef
from tests.contracts.platform import Member, Shown, WallClock


class ConsoleMember:
    """A person of the community."""

    def __init__(self, community: Community, who: str) -> None:
        self.who = who
        self._community = community

    @property
    def person(self) -> PersonRef:
        """The person's reference."""
        return PersonRef(PLATFORM, self.who)

    async def say(
        self, room: RoomRef, text: str, *, thread: str | None = None, reply_to: str | None = None
    ) -> str:
        """Say something and return its id."""
        said = self._community.say(self.who, room.id, text, thread=thread, reply_to=reply_to)
        return await arrived(said)

    async def edit(self, room: RoomRef, message: str, text: str) -> None:
        """Change what was said."""
        await arrived(self._community.edit(self.who, room.id, message, text))

    async def react(self, room: RoomRef, message: str, sign: str) -> None:
        """React to a message."""
        await arrived(self._community.react(self.who, room.id, message, sign))

    async def delete(self, room: RoomRef, message: str) -> None:
        """Delete an own message."""
        await arrived(self._community.delete(self.who, room.id, message))

    async def come(self, room: RoomRef) -> None:
        """Accept the bot's direct room."""
        self._community.join(self.who, room.id)

    async def go(self, room: RoomRef) -> None:
        """Leave a room, or refuse the bot's direct room."""
        self._community.leave(self.who, room.id)

    async def sees(self, room: RoomRef) -> list[Shown]:
        """Return what the bot shows in the room now, oldest first."""
        return [shown(entry) for entry in self._community.here(room.id) if is_post(entry)]


async def arrived(event: Event) -> str:
    """Return the event's id when who listens has had the time to hear it."""
    await asyncio.sleep(0.001)
    return event.id


def is_post(entry: Entry) -> bool:
    """Return whether something is a message of the bot's."""
    return entry.event.author == BOT and entry.event.kind is Kind.POST


def shown(entry: Entry) -> Shown:
    """Return a message of the bot as a person sees it."""
    blocks = entry.document.blocks if entry.document else ()
    file = next((block.content for block in blocks if isinstance(block, File)), None)
    return Shown(entry.event.id, entry.event.text, entry.event.thread, file)


class ConsoleStage:
    """A community, which outlives each start of the bot."""

    def __init__(self) -> None:
        self.community = Community(WallClock())

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[ConsolePlatform]:
        """Start the bot."""
        yield ConsolePlatform(self.community)

    async def member(self, name: str) -> ConsoleMember:
        """Return a new person."""
        person = self.community.person(name, name.title(), waits=True)
        return ConsoleMember(self.community, person.id)

    async def room(self, manager: Member, *others: Member) -> RoomRef:
        """Return a new room with the bot and these people, which the first may manage."""
        people = [other.person.id for other in others]
        return self._room(manager.person.id, people, bot=True)

    async def strange_room(self, member: Member) -> RoomRef:
        """Return a room that the bot is not in."""
        return self._room(member.person.id, [], bot=False)

    def _room(self, manager: str, people: list[str], *, bot: bool) -> RoomRef:
        id_ = f"room-{len(self.community.rooms)}"
        self.community.room(id_, "North", people, manager=manager, bot=bot)
        return RoomRef(PLATFORM, id_)
