"""Discord's places as references, and back: pure names, so that nothing has to be looked up.

A room is `GUILD-CHANNEL`, a direct one `@me-CHANNEL`. A message is its own number, one in a thread
`THREAD-MESSAGE`; a thread's own id is that of the message that it began with, which Discord gives
the same number. A place for just one answer is `answer-USER-INTERACTION-TOKEN`.
"""

from dataclasses import dataclass

from adapters.discord.markup import PLATFORM
from bot.conversation.model import MessageRef, PlatformError, RoomRef

DIRECT, ANSWER = "@me", "answer"


@dataclass(frozen=True, slots=True)
class AnswerPlace:
    """Where the author of an interaction alone sees the answer, for a quarter of an hour."""

    user: int
    interaction: int
    token: str

    def __str__(self) -> str:
        return f"{ANSWER}-{self.user}-{self.interaction}-{self.token}"


def room(guild: int | None, channel: int) -> RoomRef:
    """Return the reference of a channel; `guild` is None for a direct one."""
    return RoomRef(PLATFORM, f"{DIRECT if guild is None else guild}-{channel}")


def message_id(message: int, thread: int | None = None) -> str:
    """Return the id of a message, which may stand in a thread."""
    return str(message) if thread is None else f"{thread}-{message}"


def channel_of(place: RoomRef) -> int:
    """Return the number of the channel that a room is.

    Raises:
        PlatformError: it is no channel of Discord's.
    """
    return _number(place.id.partition("-")[2], place)


def guild_of(place: RoomRef) -> int | None:
    """Return the number of a room's guild, None for a direct one."""
    guild = place.id.partition("-")[0]
    return None if guild == DIRECT else _number(guild, place)


def answer_place(place: RoomRef) -> AnswerPlace | None:
    """Return the place for one answer that a room is, None for a channel."""
    kind, _, rest = place.id.partition("-")
    user, _, rest = rest.partition("-")
    interaction, _, token = rest.partition("-")
    if kind != ANSWER:
        return None
    return AnswerPlace(_number(user, place), _number(interaction, place), token)


def where(message: MessageRef) -> tuple[int, int]:
    """Return the channel (or thread) in which a message stands, and its number there.

    Raises:
        PlatformError: it is no message of Discord's.
    """
    thread, _, number = message.id.rpartition("-")
    channel = _number(thread, message.room) if thread else channel_of(message.room)
    return channel, _number(number, message.room)


def _number(text: str, place: RoomRef) -> int:
    if not text.isdecimal():
        raise PlatformError(f"{place} is no place on Discord")
    return int(text)
