"""People in several circles on Discord, who talk, answer and ask, all from a seed.

Discord never tells what was edited, deleted or reacted to while nobody listened; so the crowd does
what has to be heard in any case: it writes, and it gives commands, typed and with a slash.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import product

from adapters.discord import places
from adapters.discord.posting import nonce
from bot.conversation.model import DeliveryKey, People, PersonRef
from bot.delivery.usecases import answer_key
from tests.support.bot_process import BotProcess
from tests.support.crowd import ZONES, Crowd
from tests.support.discord import permissions
from tests.support.discord.answers import Asked
from tests.support.discord.asking import NotPossible
from tests.support.discord.humans import Human
from tests.support.discord.model import TEXT, Channel
from tests.support.discord.server import StandIn
from tests.support.guild_life import GuildLife, text_of
from tests.support.human import Json
from tests.support.ledger import Audit
from tests.support.life import KEY

CONSENTS = ["part", "counted", "quoted", "named"]
PARTS = range(3)


class Resident:
    """A person on Discord, whose rooms and messages are named as the bot names them."""

    def __init__(self, standin: StandIn, human: Human, bot: BotProcess) -> None:
        self.human = human
        self.user_id = str(human.id)
        self.asked: Iterable[str] = ()
        """The commands that were typed, whose answers leave no trace in the database."""
        self._bot = bot
        self._world = standin.world

    async def say(self, room: str, text: str, *, thread: str | None = None) -> str:
        """Say something and return its id."""
        channel = self._channel(room)
        if thread is not None:
            root = self._world.message(channel, int(thread))
            channel = root.thread or await self.human.open_thread(root, "A thread")
        said = await self.human.say(channel, text)
        return places.message_id(said.id, None if thread is None else int(thread))

    async def joined_rooms(self) -> list[str]:
        """Return the rooms that this person and the bot are in."""
        return [*self._channels(), self.direct]

    async def messages(self, room: str) -> list[Json]:
        """Return the bot's messages in a room and its threads, each with the key of its post."""
        channel, keys = self._channel(room), self._keys()
        inside = [each for each in self._world.channels.values() if each.parent is channel]
        found = [m for place in (channel, *inside) for m in place.messages.values()]
        mine = [m for m in found if m.author is self._world.bot and m.nonce is not None]
        return [
            {
                "sender": self._bot.user_id,
                "content": {KEY: keys.get(str(m.nonce), str(m.nonce)), "body": text_of(m)},
            }
            for m in sorted(mine, key=lambda message: message.id)
            if not m.deleted
        ]

    @property
    def direct(self) -> str:
        """The direct conversation with the bot."""
        return places.room(None, self.human.dm().id).id

    def _channels(self) -> list[str]:
        places_ = self._world.channels.values()
        return [places.room(c.guild_id, c.id).id for c in places_ if c.kind == TEXT]

    def _channel(self, room: str) -> Channel:
        return self._world.channel(int(room.partition("-")[2]))

    def _keys(self) -> dict[str, str]:
        """Return the keys of all posts that there may be, by what Discord knows them by."""
        kept = [str(key) for (key,) in self._bot.rows("SELECT key FROM outbox")]
        return {_nonce(key): key for key in kept} | {
            nonce(key): str(key) for key in self._answers()
        }

    def _answers(self) -> Iterator[DeliveryKey]:
        """Yield the keys that answers to what was asked may have: nothing of them is kept."""
        alone = People.of(PersonRef("discord", self.user_id))
        targets = [str(alone), f"discord:{self.direct}"]
        targets += [f"discord:{room}" for room in self._channels()]
        for event, target, occurrence, part in product(self.asked, targets, (0, 1), PARTS):
            made = answer_key(event, alone, occurrence)
            yield DeliveryKey(made.circle, made.phase, made.prompt, occurrence, target, part)


def _nonce(key: str) -> str:
    circle, phase, prompt, occurrence, *target, part = key.split("/")
    return nonce(DeliveryKey(circle, phase, prompt, int(occurrence), "/".join(target), int(part)))


@dataclass
class GuildCrowd(Crowd):
    """The crowd on a server of the stand-in; `given` are slash commands and what answers them."""

    standin: StandIn = field(kw_only=True)
    given: list[tuple[Asked, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.guild = self.standin.world.guild("Home")
        for person in self.people:
            person.asked = self.ledger.asked
            self.standin.world.join(self.guild, person.human.user)
        keepers = self.standin.world.role(self.guild, "Keepers", permissions.MANAGE_CHANNELS)
        self.standin.world.grant(self.guild, self.people[0].human.user, keepers)
        lobby = self.standin.world.text(self.guild, "lobby")
        self.guild_life = GuildLife(self.bot, self.standin, self.guild, lobby)

    async def open_circle(self, opens: str = "2025-03-03", preset: str = "16-week") -> None:
        """Make a circle in a channel of its own, let everybody join, and open it."""
        life, first = self.guild_life, self.people[0].human
        name, zone = f"c{len(self.circles)}", ZONES[len(self.circles) % len(ZONES)]
        life.room = self.standin.world.text(self.guild, name)
        made = await life.ask(
            first, "circle new", name=name, first_day=opens, preset=preset, zone=zone
        )
        assert "answered in the room" in made
        values = {"goal": "", "gives": "", "needs": "", "zone": "UTC", "consents": CONSENTS}
        for person in self.people:
            assert "You are in" in await life.join(person.human, values)
            await self._meet(person)
        assert "answered in the room" in await life.ask(first, "circle open")
        self.circles.append((name, life.room_id))

    async def _meet(self, person: Resident) -> None:
        """Let somebody write to the bot for the first time while it hears them.

        Discord does not tell a bot who wrote to it for the first time while it was away.
        """
        asked = await person.say(person.direct, "!my circles")
        self.ledger.asked[asked] = "Your circles"
        await self.guild_life.find("Your circles", person.human.dm())

    async def act(self, count: int = 1) -> None:
        """Do some of what people do."""
        deeds = (self.talk, self.answer, self.look, self.make, self.slash)
        for _ in range(count):
            (deed,) = self.chance.choices(deeds, (40, 20, 10, 10, 20))
            await deed()

    async def look(self) -> None:
        """Let somebody ask for their circles, directly or where all can read it."""
        person = self.chance.choice(self.people)
        room = self.chance.choice((person.direct, self._room()))
        self.ledger.asked[await person.say(room, "!my circles")] = "Your circles"

    async def make(self) -> None:
        """Let the organiser make a circle, which works once: the second time the name is taken."""
        self._made += 1
        first = self.people[0]
        asked = await first.say(first.direct, f"!circle new side-{self._made} 2026-01-05")
        self.ledger.asked[asked] = f"side-{self._made} is made"

    async def slash(self) -> None:
        """Let somebody use a slash command, in private or in a room."""
        person = self.chance.choice(self.people)
        try:
            if self.chance.randrange(2):
                self.given.append((await person.human.slash("my circles"), "Your circles"))
            else:
                self._made += 1
                name = f"made-{self._made}"
                asked = await self.people[0].human.slash(
                    "circle new", name=name, first_day="2026-01-05"
                )
                self.given.append((asked, f"{name} is made"))
        except NotPossible:
            return  # before the commands were told for the first time

    def _newest(self, room: str) -> str | None:
        found = self.bot.rows(
            "SELECT message FROM outbox WHERE room = ? AND state = 'sent' AND circle_id "
            "AND phase NOT LIKE '-%' AND message NOT LIKE '%-%' ORDER BY id DESC LIMIT 1",
            room,
        )
        return str(found[0][0]) if found else None

    async def settled(self) -> None:
        """Return when the bot has nothing left to do."""
        first: Resident = self.people[0]
        asked = await first.say(first.direct, "!my circles")
        self.ledger.asked[asked] = "Your circles"
        done = "SELECT count(*) FROM inbox WHERE handled_at IS NOT NULL AND event_id = ?"
        await self.bot.until(lambda: self.bot.one(done, asked) == 1, "the bot heard", 60)
        await self.bot.settled(60)

    async def audit(self) -> Audit:
        """Compare what people did with what there is."""
        audit = await super().audit()
        for asked, words in self.given:
            self._given(asked, words, audit)
        return audit

    def _given(self, asked: Asked, words: str, audit: Audit) -> None:
        """What was acknowledged is answered, in one message; the rest people were told to retry."""
        found = asked.interaction
        if found.answered is None:
            return
        audit.answers += 1
        texts = [text_of(message) for message in found.shown]
        if len(texts) != 1 or found.shown[0].loading:
            audit.lost.append(f"no answer to the interaction {found.id}: {texts}")
        elif words not in texts[0]:
            audit.doubled.append(f"carried out twice: {texts[0][:100]}")
