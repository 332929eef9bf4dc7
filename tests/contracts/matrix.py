"""The contract's stage on a real Synapse."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Self

from adapters.matrix.platform import MatrixPlatform
from adapters.matrix.settings import Credentials, MatrixSettings
from bot.conversation.model import PersonRef, RoomRef
from tests.contracts.platform import Member, Shown, WallClock
from tests.support.human import Human, NewHuman
from tests.support.synapse import Account, Synapse


def settings(base_url: str, account: Account, **more: object) -> MatrixSettings:
    """Return quick settings for tests; everybody may invite the bot unless `more` says who."""
    credentials = Credentials(base_url, account.user_id, account.device_id, account.access_token)
    quick: dict[str, object] = {
        "clock": WallClock(),
        "invites_from": ("*",),
        "sync_timeout": timedelta(seconds=5),
        "longest_pause": timedelta(seconds=0.5),
    }
    return MatrixSettings(credentials, **(quick | more))  # type: ignore[arg-type]


def at(room: str) -> RoomRef:
    """Return the reference of a Matrix room."""
    return RoomRef("matrix", room)


class MatrixMember:
    """A person on Matrix."""

    def __init__(self, human: Human, bot: str) -> None:
        self.human = human
        self._bot = bot

    @property
    def person(self) -> PersonRef:
        """The person's reference."""
        return PersonRef("matrix", self.human.user_id)

    async def say(
        self, room: RoomRef, text: str, *, thread: str | None = None, reply_to: str | None = None
    ) -> str:
        """Say something and return its id."""
        return await self.human.say(room.id, text, thread=thread, reply_to=reply_to)

    async def edit(self, room: RoomRef, message: str, text: str) -> None:
        """Change what was said."""
        await self.human.edit(room.id, message, text)

    async def react(self, room: RoomRef, message: str, sign: str) -> None:
        """React to a message."""
        await self.human.react(room.id, message, sign)

    async def delete(self, room: RoomRef, message: str) -> None:
        """Delete an own message."""
        await self.human.redact(room.id, message)

    async def come(self, room: RoomRef) -> None:
        """Accept the bot's direct room."""
        await self.human.join(room.id)

    async def go(self, room: RoomRef) -> None:
        """Leave a room, or refuse the bot's direct room."""
        await self.human.leave(room.id)

    async def sees(self, room: RoomRef) -> list[Shown]:
        """Return what the bot shows in the room now, oldest first."""
        said = [e for e in await self.human.messages(room.id) if e["sender"] == self._bot]
        edits = {
            e["content"]["m.relates_to"]["event_id"]: e["content"]["m.new_content"]
            for e in said
            if "m.new_content" in e["content"]
        }
        return [
            await self._shown(event | {"content": event["content"] | edits.get(event_id, {})})
            for event in said
            if event["content"] and "m.new_content" not in event["content"]
            for event_id in [event["event_id"]]
        ]

    async def _shown(self, event: dict[str, object]) -> Shown:
        content: dict[str, object] = event["content"]  # type: ignore[assignment]
        relation: dict[str, object] = content.get("m.relates_to", {})  # type: ignore[assignment]
        thread = relation["event_id"] if relation.get("rel_type") == "m.thread" else None
        address = content.get("url")
        file = await self.human.download(str(address)) if address else None
        text = str(content["body"])
        return Shown(str(event["event_id"]), text, None if thread is None else str(thread), file)


class MatrixStage:
    """A bot's account on a homeserver; people come through `new_human`."""

    def __init__(self, synapse: Synapse, account: Account, new_human: NewHuman) -> None:
        self.account = account
        self.settings = settings(synapse.base_url, account)
        self._synapse = synapse
        self._new_human = new_human
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Take the account."""
        hands = Human(self._synapse.base_url, self.account.user_id, self.account.access_token)
        self._hands = await self._stack.enter_async_context(hands)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave it."""
        await self._stack.aclose()

    @asynccontextmanager
    async def bot(self) -> AsyncIterator[MatrixPlatform]:
        """Start the bot."""
        async with MatrixPlatform(self.settings) as platform:
            yield platform

    async def member(self, name: str) -> MatrixMember:
        """Return a new person."""
        return MatrixMember(await self._new_human(name), self.account.user_id)

    async def room(self, manager: Member, *others: Member) -> RoomRef:
        """Return a new room with the bot and these people, which the first may manage."""
        owner = manager.human  # type: ignore[attr-defined]
        people = [other.person.id for other in others]
        room: str = await owner.create_room("North", invite=[*people, self.account.user_id])
        await self._hands.join(room)
        for other in others:
            await other.come(at(room))
        return at(room)

    async def strange_room(self, member: Member) -> RoomRef:
        """Return a room that the bot is not in."""
        return at(await member.human.create_room("South"))  # type: ignore[attr-defined]
