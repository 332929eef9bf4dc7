"""Playing along: who looks on speaks for one of the people, in the console."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from bot.demo.acts import ROOM, Say
from bot.demo.cast import Cast


class Play(StrEnum):
    """Whom one can be."""

    FACILITATOR = "facilitator"
    MEMBER = "member"


class Stopped(Exception):
    """Who looks on wants to end it here."""


Read = Callable[[str], str]
"""Asks for a line; raises EOFError where there is no more to come."""


def read_line(question: str) -> str:
    """Return a line that somebody types.

    Raises:
        EOFError: there is no more to come.
        Stopped: it was Ctrl-C.
    """
    held = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return input(question)
    except KeyboardInterrupt:
        raise Stopped from None
    finally:
        signal.signal(signal.SIGINT, held)


@dataclass(slots=True)
class Pause:
    """Waits for Enter between scenes; where nothing can be typed, it goes on by itself."""

    read: Read
    _over: bool = False

    def __call__(self) -> None:
        """Wait."""
        if not self._over:
            try:
                self.read("[Enter goes on] ")
            except EOFError:
                self._over = True


@dataclass(slots=True)
class Player:
    """Speaks for one person: what the story has for them is proposed, and own words may follow.

    `me` is the person's id, empty when nobody plays along.
    """

    me: str
    read: Read
    write: Callable[[str], None]
    _over: bool = False

    @classmethod
    def of(
        cls, play: Play | None, cast: Cast, read: Read, write: Callable[[str], None]
    ) -> "Player":
        """Return the player for a part."""
        parts = {Play.FACILITATOR: cast.facilitator, Play.MEMBER: cast.editor}
        return cls(parts[play] if play else "", read, write)

    def begins(self, cast: Cast) -> None:
        """Say how it goes."""
        if self.me:
            self.write(
                f"You are {cast[self.me].name}. When it is your turn I propose words for you. "
                "Enter says them; type your own to say those instead; a single - says nothing. "
                "End of input (Ctrl-D) lets me play on for you, Ctrl-C ends the demo."
            )

    def speaks(self, act: Say) -> bool:
        """Return whether the one who says this is played."""
        return act.who == self.me and not self._over

    def turn(self, act: Say, words: str) -> str:
        """Return what the player says in place of `words`; empty for nothing."""
        where = "In the room" if act.room == ROOM else "Privately"
        self.write("")
        self.write(f"Your turn. {where}{', in a thread' if act.thread else ''}: {words}")
        given = self._line("> ")
        if given is None or given == "":
            return words
        return "" if given == "-" else given

    def more(self) -> str:
        """Return further words, when something of one's own was said; empty to go on."""
        return self._line("More? Enter goes on. > ") or ""

    def _line(self, question: str) -> str | None:
        try:
            return self.read(question).strip()
        except EOFError:
            self._over = True
            self.write("")
            self.write("I play on for you.")
            return None
