"""Life in a circle on Discord, for stories: people who use commands, forms, buttons and menus."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from tests.support.bot_process import BotFailed, BotProcess
from tests.support.discord.answers import Asked, Modal
from tests.support.discord.humans import Human
from tests.support.discord.model import Channel, Guild, Message
from tests.support.discord.server import StandIn
from tests.support.discord.world import NotSeen
from tests.support.life import moment

PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Answered:
    """What the bot showed somebody who asked; they alone see it."""

    message: Message

    @property
    def text(self) -> str:
        """All its words."""
        return text_of(self.message)

    @property
    def files(self) -> dict[str, bytes]:
        """The files that came with it."""
        return {file.filename: file.data for file in self.message.attachments}

    def __contains__(self, words: str) -> bool:
        return words in self.text


@dataclass
class GuildLife:
    """The bot, a server with the circle's channel, and people."""

    bot: BotProcess
    standin: StandIn
    guild: Guild
    room: Channel

    async def ask(
        self, person: Human, name: str, /, *, at: Channel | None = None, **options: object
    ) -> Answered:
        """Use a slash command, in the circle's channel if nowhere else, and return its answer."""
        return await self._answer(await person.slash(name, channel=at or self.room, **options))

    async def privately(self, person: Human, name: str, /, **options: object) -> Answered:
        """Use a slash command in the direct conversation, and return its answer."""
        return await self._answer(await person.slash(name, **options))

    async def pick(self, person: Human, menu: str, message: Message) -> Answered:
        """Use a command of a message's menu, and return its answer."""
        return await self._answer(await person.context_menu(menu, message))

    async def press(self, person: Human, message: Message, label: str) -> Answered:
        """Press a button that gives a command, and return its answer."""
        return await self._answer(await person.press(message, label))

    async def form(
        self, person: Human, name: str, /, *, on: Message | None = None, **options: object
    ) -> Modal:
        """Open a form: by a slash command, or by the button `name` on a message."""
        if on is not None:
            asked = await person.press(on, name)
        else:
            asked = await person.slash(name, channel=self.room, **options)
        return (await asked.answer(PATIENCE)).modal

    async def send(self, person: Human, form: Modal, values: Mapping[str, object]) -> Answered:
        """Send a form, and return what the bot says to it."""
        return await self._answer(await person.submit(form, values))

    async def join(self, person: Human, values: Mapping[str, object]) -> Answered:
        """Join the circle by its form."""
        return await self.send(person, await self.form(person, "join"), values)

    async def _answer(self, asked: Asked) -> Answered:
        """Return an answer when nothing more will be added to it."""
        try:
            shown = await asked.answer(PATIENCE)
        except NotSeen as nothing:
            raise BotFailed(f"{nothing}\n{self.bot.log_tail()}") from None
        await self.bot.settled()
        answered = Answered(shown.message)
        if "Something went wrong" in answered:
            raise BotFailed(f"{answered.text}\n{self.bot.log_tail()}")
        return answered

    async def restart(self) -> None:
        """Start a bot that was killed; return when its line to Discord stands."""
        before = self._lines()
        await self.bot.start()
        await self.bot.until(lambda: self._lines() > before, "a line to Discord")

    def _lines(self) -> int:
        return sum(each.get("action") == "line_stands" for each in self.bot.log())

    async def heard(self, person: Human) -> None:
        """Return when the bot has taken all that happened until now, and has done what is due."""
        await self.privately(person, "my circles")

    async def until(self, text: str) -> None:
        """Let time go by until a moment in UTC, with a stop at everything that is due."""
        end = moment(text)
        while (due := self.bot.next_due()) is not None and due <= end:
            await self.bot.at(due)
        await self.bot.at(end)

    def posts(self, channel: Channel | None = None) -> list[Message]:
        """Return what the bot shows in a channel (the circle's) and its threads, oldest first."""
        wanted = channel or self.room
        places = [wanted, *self.threads(wanted)]
        found = [m for place in places for m in place.messages.values() if self._is_mine(m)]
        return sorted(found, key=lambda message: message.id)

    def threads(self, channel: Channel | None = None) -> list[Channel]:
        """Return a channel's threads."""
        wanted = channel or self.room
        there = self.standin.world.channels.values()
        return [place for place in there if place.parent is wanted and not place.deleted]

    def thread_of(self, message: Message) -> Channel:
        """Return the thread that stands at a message."""
        return self.standin.world.channel(message.id)

    def told(self, person: Human, words: str) -> int:
        """Return how many messages of the bot with these words a person has in private."""
        return sum(words in text_of(message) for message in self.posts(person.dm()))

    def prompts(self) -> list[tuple[str, str]]:
        """Return the circle's prompts as (phase/prompt/occurrence, message), oldest first."""
        found = self.bot.rows(
            "SELECT key, message FROM outbox WHERE room = ? AND state = 'sent' AND circle_id "
            "AND phase NOT LIKE '-%' AND changes IS NULL AND key LIKE '%/0' ORDER BY sent_at",
            self.room_id,
        )
        return [(str(key), str(message)) for key, message in found]

    def prompt_moments(self, zone: str) -> list[tuple[str, str]]:
        """Return the room's prompts and when they were sent, on clocks in `zone`, to the hour."""
        found = self.bot.rows(
            "SELECT prompt, sent_at FROM outbox WHERE room = ? AND state = 'sent' AND circle_id "
            "AND phase NOT LIKE '-%' AND prompt NOT LIKE 'answer-%' AND changes IS NULL "
            "ORDER BY sent_at",
            self.room_id,
        )
        return [
            (prompt, moment(sent).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H"))
            for prompt, sent in found
        ]

    @property
    def room_id(self) -> str:
        """The circle's room, as the bot names it."""
        return f"{self.guild.id}-{self.room.id}"

    async def find(self, words: str, channel: Channel | None = None) -> Message:
        """Return the bot's message with these words, when it is there."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while not (found := self._with(words, channel)):  # noqa: ASYNC110 - looked at in the world
                    await asyncio.sleep(0.02)
                return found[-1]
        there = "\n".join(text_of(each)[:200] for each in self.posts(channel)[-8:])
        raise BotFailed(f"nothing with {words!r}; there is\n{there}\n{self.bot.log_tail()}")

    def _with(self, words: str, channel: Channel | None) -> Sequence[Message]:
        return [message for message in self.posts(channel) if words in text_of(message)]

    def _is_mine(self, message: Message) -> bool:
        return message.author is self.standin.world.bot and not message.deleted


def text_of(message: Message) -> str:
    """Return a message's words without the signs that make them bold or keep marks from it."""
    return message.text().replace("\\", "").replace("**", "")
