"""Life in a circle, for stories: people who ask the bot things, and time that goes by."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.bot_process import BotFailed, BotProcess
from tests.support.human import Human, Json

KEY = "org.circlekeeper.key"


def moment(text: str) -> datetime:
    """Return a moment in UTC, as in '2025-02-20 10:00'."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def body(event: Json) -> str:
    """Return the plain words of an event, empty for one that was deleted."""
    return str(event["content"].get("body", ""))


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the bot, as it stands in the room where it was given, in one part or more."""

    room: str
    events: tuple[Json, ...]

    @property
    def text(self) -> str:
        """Its plain words."""
        return "\n".join(body(event) for event in self.events)

    @property
    def files(self) -> list[str]:
        """The addresses of the files that come with it."""
        return [event["content"]["url"] for event in self.events if "url" in event["content"]]

    def __contains__(self, words: str) -> bool:
        return words in self.text


@dataclass
class Life:
    """The bot, the shared room, and each person's direct room once there is one."""

    bot: BotProcess
    room: str = ""
    direct: dict[str, str] = field(default_factory=dict)

    async def ask(self, person: Human, words: str, *, room: str = "", **how: Any) -> Reply:  # noqa: ANN401 - as `say` takes it
        """Say something to the bot and return its answer, wherever it stands."""
        said = await person.say(room or self.direct.get(person.user_id) or self.room, words, **how)
        return await self.answer_to(person, said)

    async def answer_to(self, person: Human, said: str) -> Reply:
        """Return the answer to a message; its reader accepts the invitation to where it stands."""
        await self.bot.until(lambda: self._answered(said), f"an answer to {said}")
        found = await self._found(person, said)
        if found is None:
            await person.accept_invites()
            found = await self._found(person, said)
        if found is None or "Something went wrong" in found:
            raise BotFailed(f"{person.user_id} got no answer to {said}\n{self.bot.log_tail()}")
        return found

    def _answered(self, said: str) -> bool:
        """Return whether a message was answered, and the answer sent."""
        asked = "SELECT count(*) FROM inbox WHERE handled_at IS NOT NULL AND event_id = ?"
        left = "SELECT count(*) FROM outbox WHERE state = 'waiting' AND key LIKE ?"
        done: bool = self.bot.one(asked, said) == 1 and not self.bot.one(left, f"-/answer/{said}/%")
        return done

    async def _found(self, person: Human, said: str) -> Reply | None:
        for room in await person.joined_rooms():
            posts = await self.posts(person, room)
            like = f"-/answer/{said}/"
            parts = [e for e in posts if str(e["content"].get(KEY)).startswith(like)]
            if parts and room != self.room:
                self.direct[person.user_id] = room
            if parts:
                return Reply(room, tuple(parts))
        return None

    async def join(self, person: Human, *answers: str, circle: str = "north") -> Reply:
        """Let somebody join by the guided exchange, and return its end."""
        reply = await self.ask(person, f"!join {circle}", room=self.room)
        assert "1 of 5" in reply
        for words in answers:
            reply = await self.ask(person, words)
        return reply

    async def until(self, text: str) -> None:
        """Let time go by until a moment in UTC, with a stop at everything that is due."""
        end = moment(text)
        while (due := self.bot.next_due()) is not None and due <= end:
            await self.bot.at(due)
        await self.bot.at(end)

    async def posts(self, reader: Human, room: str = "") -> list[Json]:
        """Return what the bot shows in a room now, oldest first."""
        shown = await reader.messages(room or self.room)
        return [event for event in shown if event["sender"] == self.bot.user_id]

    async def prompts(self, reader: Human) -> list[str]:
        """Return the prompts in the shared room by their names, oldest first."""
        keys = [str(event["content"][KEY]).split("/") for event in await self.posts(reader)]
        return [prompt for circle, phase, prompt, *_ in keys if circle != "-" and phase[:1] != "-"]

    def prompt_moments(self, zone: str) -> list[tuple[str, str]]:
        """Return the room's prompts and when they were sent, on clocks in `zone`, to the hour."""
        found = self.bot.rows(
            "SELECT prompt, sent_at FROM outbox WHERE room = ? AND state = 'sent' "
            "AND circle_id AND phase NOT LIKE '-%' ORDER BY sent_at",
            self.room,
        )
        return [
            (prompt, moment(sent).astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H"))
            for prompt, sent in found
        ]

    async def told(self, person: Human, words: str) -> int:
        """Return how many messages of the bot with these words a person has in private."""
        room = self.direct.get(person.user_id)
        if room is None:
            return 0
        return sum(words in body(event) for event in await self.posts(person, room))


async def everyone(room: str, people: Iterable[Human]) -> None:
    """Let people join a room."""
    await asyncio.gather(*(person.join(room) for person in people))
