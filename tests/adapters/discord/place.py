"""A channel of a server with Ana, and the bot's account: where posts are tried."""

from dataclasses import dataclass
from datetime import timedelta

from adapters.discord import places
from adapters.discord.platform import DiscordPlatform
from bot.conversation.model import DeliveryKey, Document, RoomRef
from tests.contracts.platform import WallClock
from tests.support.discord.humans import Human
from tests.support.discord.model import Channel, Guild, Message
from tests.support.discord.server import StandIn

HOUR = timedelta(hours=1)


@dataclass
class Place:
    """A channel of a server with Ana, and the bot's account."""

    standin: StandIn
    guild: Guild
    channel: Channel
    ana: Human
    bot: DiscordPlatform

    @property
    def room(self) -> RoomRef:
        return places.room(self.guild.id, self.channel.id)

    def key(self, prompt: str = "hello", part: int = 0) -> DeliveryKey:
        return DeliveryKey("7", "opening", prompt, 0, str(self.room), part)

    def posts(self) -> list[Message]:
        """Return what the bot shows in the channel, oldest first."""
        return [m for m in self.ana.read(self.channel) if m.author is self.standin.world.bot]

    async def changes(self, thread: Channel, **wish: object) -> None:
        """Let the server's owner change a thread."""
        await Human(self.standin, self.guild.owner).change_thread(thread, **wish)

    async def found(self, key: DeliveryKey, said: Document) -> str | None:
        """Return the id of the bot's message with a key."""
        since = WallClock().now() - HOUR
        found = await self.bot.find(self.room, key, since=since, document=said)
        return None if found is None else found.id
