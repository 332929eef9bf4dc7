"""How far the bot has heard: what Discord has no token for, as one small text.

Discord's ids grow with time. `base` is an id up to which everything is heard everywhere; a channel
in which more was heard has its own list: the id up to which it is whole, then what was heard beyond
that. Some seconds of each channel stay in such lists, because messages may come out of order.
"""

import json
from bisect import insort
from dataclasses import dataclass, field
from typing import Any, Self

SECOND = 1000 << 22
"""How far ids grow in a second."""

UNSETTLED, MOST = 10 * SECOND, 50
"""How long, and with how many others, a message may still be overtaken by a later one."""

LATEST, MANY = 600 * SECOND, 40
"""How far `base` stays behind the newest message, and the channels that make it move."""

FRIENDS = 300
"""How many direct conversations are looked through after an absence: the latest ones."""


@dataclass(slots=True)
class Cursor:
    """What was heard, where the bot is, and where it has spoken.

    `guilds` are those it is in; `rooms` those it spoke in, with whether it still sees them;
    `direct` its direct conversations, the latest last, which Discord never lists.
    """

    base: int = 0
    heard: dict[int, list[int]] = field(default_factory=dict)
    guilds: set[int] = field(default_factory=set)
    rooms: dict[str, bool] = field(default_factory=dict)
    direct: dict[int, None] = field(default_factory=dict)

    @classmethod
    def read(cls, token: str) -> Self:
        """Return the cursor that a token holds.

        Raises:
            ValueError: it is no token of this adapter's.
        """
        held = json.loads(token)
        if not isinstance(held, dict) or held.get("v") != 1:
            raise ValueError("It is no token of Discord's adapter")
        return cls(
            int(held["base"]),
            {int(channel): sorted(map(int, ids)) for channel, ids in held["heard"].items() if ids},
            {int(guild) for guild in held["guilds"]},
            {str(room): bool(here) for room, here in held["rooms"].items()},
            {int(channel): None for channel in held["direct"]},
        )

    @property
    def token(self) -> str:
        """The token to go on from."""
        held: dict[str, Any] = {
            "v": 1,
            "base": self.base,
            "heard": {str(channel): ids for channel, ids in sorted(self.heard.items())},
            "guilds": sorted(self.guilds),
            "rooms": {room: int(here) for room, here in sorted(self.rooms.items())},
            "direct": list(self.direct),
        }
        return json.dumps(held, separators=(",", ":"))

    def whole_until(self, channel: int) -> int:
        """Return the id up to which nothing of a channel is missing."""
        ids = self.heard.get(channel)
        return self.base if ids is None else ids[0]

    def is_new(self, channel: int, message: int) -> bool:
        """Return whether a message was not heard yet."""
        ids = self.heard.get(channel, ())
        return message > self.whole_until(channel) and message not in ids

    def note(self, channel: int, message: int) -> None:
        """Note that a message was heard."""
        if not self.is_new(channel, message):
            return
        ids = self.heard.setdefault(channel, [self.base])
        insort(ids, message)
        while len(ids) > MOST or (len(ids) > 1 and ids[1] < ids[-1] - UNSETTLED):
            del ids[0]

    def settle(self, channel: int, until: int) -> None:
        """Note that nothing of a channel is missing up to a message."""
        if until > self.whole_until(channel):
            beyond = [each for each in self.heard.get(channel, ()) if each > until]
            self.heard[channel] = [until, *beyond]

    def move_on(self) -> None:
        """Let `base` follow where many channels have lists; nothing may be missing anywhere."""
        if len(self.heard) < MANY:
            return
        self.base = max(self.base, max(ids[-1] for ids in self.heard.values()) - LATEST)
        for channel, ids in list(self.heard.items()):
            beyond = [each for each in ids if each > self.base]
            if not beyond:
                del self.heard[channel]
            elif ids[0] < self.base:
                self.heard[channel] = [self.base, *beyond]

    def befriend(self, channel: int) -> None:
        """Remember a direct conversation as the latest."""
        self.direct.pop(channel, None)
        self.direct[channel] = None
        for oldest in list(self.direct)[:-FRIENDS]:
            del self.direct[oldest]
