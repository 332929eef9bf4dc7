"""What must be known of a room to understand it."""

from collections.abc import Callable, Container
from dataclasses import dataclass
from datetime import datetime

from adapters.matrix.raw import Json
from bot.conversation.model import Event

PLATFORM = "matrix"


@dataclass(frozen=True, slots=True)
class Scene:
    """What must be known of a room to tell what an event in it means.

    `me` is the bot's own id and `name` its shown name; `name_of` tells those of the people, and
    `mine` knows messages of the bot's own. The words in an `encrypted` room cannot be read.
    """

    me: str
    now: datetime
    name: str = ""
    direct: bool = False
    encrypted: bool = False
    name_of: Callable[[str], str] = lambda _: ""
    mine: Container[str] = frozenset()


Reader = Callable[[Event, Json, Scene], Event | None]
