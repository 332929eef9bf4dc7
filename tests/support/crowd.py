"""People in several circles who talk, answer, change their minds and ask, all from a seed."""

import asyncio
import random
from dataclasses import dataclass, field

from tests.support.bot_process import BotProcess
from tests.support.human import Human
from tests.support.ledger import Audit, Ledger, audited
from tests.support.life import Life

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Africa/Nairobi", "America/Lima")
SIGNS = "😀😃😄😁😆🙂🙃😉😊😇🥰😍🤩😘😗😚😙🥲😋😛😜🤪😝🤗🤭🤫🤔🤐🤨😐😑😶😏😒🙄😬😌😔😪🤤😴"


@dataclass
class Crowd:
    """Some people, the first of whom facilitates, and what they did."""

    bot: BotProcess
    people: list[Human]
    chance: random.Random
    circles: list[tuple[str, str]] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    _mine: list[tuple[Human, str, str]] = field(default_factory=list)
    _made: int = 0

    def __post_init__(self) -> None:
        self.life = Life(self.bot)

    async def open_circle(self, opens: str = "2025-03-03", preset: str = "16-week") -> None:
        """Make a circle in a room of its own, let everybody join, and open it."""
        first, *others = self.people
        name, zone = f"c{len(self.circles)}", ZONES[len(self.circles) % len(ZONES)]
        guests = [self.bot.user_id, *(person.user_id for person in others)]
        self.life.room = await first.create_room(name, invite=guests)
        for person in others:
            await person.join(self.life.room)
        await first.wait_for_text(self.life.room, "I am Circlekeeper", 30)
        made = await self.life.ask(
            first, f"!circle new {name} {opens} preset={preset} zone={zone}", room=self.life.room
        )
        assert "is made" in made
        answers = ("-", "-", "-", "-", "yes yes yes yes")
        ends = await asyncio.gather(
            *(self.life.join(person, *answers, circle=name) for person in self.people)
        )
        assert all("You are in" in end for end in ends)
        assert "is open" in await self.life.ask(first, "!circle open", room=self.life.room)
        self.circles.append((name, self.life.room))

    def forward(self) -> bool:
        """Move the clock to the next moment at which something is due; False when nothing is."""
        due = self.bot.next_due()
        if due is not None and due > self.bot.clock.now():
            self.bot.clock.set(due)
        return due is not None

    async def act(self, count: int = 1) -> None:
        """Do some of what people do."""
        deeds = (self.talk, self.answer, self.react, self.edit, self.delete, self.ask)
        for _ in range(count):
            (deed,) = self.chance.choices(deeds, (40, 20, 10, 10, 10, 10))
            await deed()

    async def talk(self) -> None:
        """Let somebody say something in a circle's room."""
        await self._say(self._room(), None)

    async def answer(self) -> None:
        """Let somebody write under the newest prompt."""
        room = self._room()
        await self._say(room, self._newest(room))

    async def react(self) -> None:
        """Let somebody react to the newest prompt, with a sign that is new there or is refused."""
        room = self._room()
        newest = self._newest(room)
        if newest is None:
            return
        person = self.chance.choice(self.people)
        sign = self.chance.choice(SIGNS) + self.chance.choice(SIGNS)
        self.ledger.note(room, await person.react(room, newest, sign))

    async def edit(self) -> None:
        """Let somebody change what they said."""
        if self._mine:
            person, room, event = self.chance.choice(self._mine)
            text = self._words()
            await person.edit(room, event, text)
            self.ledger.note(room, event, text)

    async def delete(self) -> None:
        """Let somebody delete what they said."""
        if self._mine:
            person, room, event = self._mine.pop(self.chance.randrange(len(self._mine)))
            await person.redact(room, event)
            del self.ledger.said[room, event]

    async def ask(self) -> None:
        """Let somebody give a command: one that shows something, or one that works only once."""
        if self.chance.randrange(2):
            await self.look()
        else:
            await self.make()

    async def look(self) -> None:
        """Let somebody ask for their circles, directly or where all can read it."""
        person = self.chance.choice(self.people)
        room = self.chance.choice((self.life.direct[person.user_id], self._room()))
        self.ledger.asked[await person.say(room, "!my circles")] = "Your circles"

    async def make(self) -> None:
        """Let the organiser make a circle, which works once: the second time the name is taken."""
        self._made += 1
        first = self.people[0]
        words = f"!circle new side-{self._made} 2026-01-05"
        asked = await first.say(self.life.direct[first.user_id], words)
        self.ledger.asked[asked] = f"side-{self._made} is made"

    async def settled(self) -> None:
        """Return when the bot has nothing left to do."""
        await self.bot.heard(self.people[0], 60)

    async def audit(self) -> Audit:
        """Compare what people did with what there is."""
        return await audited(self.bot, self.ledger, self.people, self.circles)

    async def _say(self, room: str, thread: str | None) -> None:
        person, text = self.chance.choice(self.people), self._words()
        event = await person.say(room, text, thread=thread)
        self.ledger.note(room, event, text)
        self._mine.append((person, room, event))

    def _room(self) -> str:
        return self.chance.choice(self.circles)[1]

    def _newest(self, room: str) -> str | None:
        found = self.bot.rows(
            "SELECT message FROM outbox WHERE room = ? AND state = 'sent' AND phase NOT LIKE '-%' "
            "ORDER BY id DESC LIMIT 1",
            room,
        )
        return str(found[0][0]) if found else None

    def _words(self) -> str:
        count = self.chance.randint(1, 12)
        return " ".join(
            self.chance.choice(("river", "stone", "bread", "why")) for _ in range(count)
        )
