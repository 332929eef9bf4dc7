"""What goes wrong on request: refused and lost answers, limits, events twice or out of order."""

import random
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace

from tests.support.discord.model import Json
from tests.support.faulty import Rates

ANYWHERE = ""


@dataclass
class Answer:
    """What becomes of the next `times` requests that match `on`.

    `on` is a part of "METHOD /path", with the path as it is on the wire below /api/v10; it may be
    a regular expression. With `commits`, the request is carried out all the same.
    """

    on: str
    times: int = 1
    status: int | None = None
    body: Json = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    commits: bool = False
    cuts: bool = False
    seconds: float = 0.0
    met: int = 0


@dataclass
class Around:
    """What is done once, before or after the next request that matches `on` is carried out."""

    on: str
    do: Callable[[], Awaitable[None]]
    after: bool


class Faults:
    """The faults of one stand-in; each holds for as many requests or events as it says.

    `rates` lets requests that change something fail by chance, and `counted` how often they did.
    """

    def __init__(self, seed: int = 0) -> None:
        self.rates = Rates()
        self.counted: Counter[str] = Counter()
        self._chance = random.Random(seed)  # noqa: S311 - repeatable
        self._around: list[Around] = []
        self._answers: list[Answer] = []
        self._twice: dict[str, int] = {}
        self._swallowed: dict[str, int] = {}
        self._held: dict[str, int] = {}
        self._holding: list[tuple[str, Json]] = []
        self._malformed: list[tuple[str, Callable[[Json], Json]]] = []
        self._handshakes: list[int] = []
        self.connections_to_refuse = 0
        self.deaf = False
        self.mute_connections = 0
        self.forgets_sessions = False
        self.members_by_request = False

    # Requests

    def answer(
        self, status: int, on: str = ANYWHERE, *, times: int = 1, commits: bool = False
    ) -> Answer:
        """Answer with a status (5xx), before or after what was asked is done."""
        return self._add(replace(_status(status), on=on, times=times, commits=commits))

    def lose(self, on: str = ANYWHERE, *, times: int = 1) -> Answer:
        """Do what is asked and close the connection instead of answering."""
        return self._add(Answer(on, times, commits=True, cuts=True))

    def cut(self, on: str = ANYWHERE, *, times: int = 1) -> Answer:
        """Close the connection and do nothing."""
        return self._add(Answer(on, times, cuts=True))

    def slow(self, seconds: float, on: str = ANYWHERE, *, times: int = 1) -> Answer:
        """Answer after some real seconds."""
        return self._add(Answer(on, times, commits=True, seconds=seconds))

    def too_many(
        self,
        retry_after: float,
        on: str = ANYWHERE,
        *,
        times: int = 1,
        via: bool = True,
        everywhere: bool = False,
    ) -> Answer:
        """Answer 429; without `via` as Cloudflare's ban does, which says nothing of Discord."""
        fault = _too_many(retry_after, via=via, everywhere=everywhere)
        return self._add(replace(fault, on=on, times=times))

    def exhaust(self, reset_after: float, on: str = ANYWHERE, *, times: int = 1) -> Answer:
        """Do and answer, and say that it was the last request for some seconds."""
        headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": str(reset_after)}
        return self._add(Answer(on, times, headers=headers, commits=True))

    def _add(self, answer: Answer) -> Answer:
        self._answers.append(answer)
        return answer

    def next_for(self, asked: str) -> Answer | None:
        """Return the fault that meets a request, and count it."""
        for each in self._answers:
            if each.met < each.times and re.search(each.on, asked):
                each.met += 1
                return each
        return None if asked.startswith("GET ") else self._by_chance()

    def _by_chance(self) -> Answer | None:
        """Return a fault as often as the rates say: a limit, a 502, an answer that is lost."""
        drawn = self._chance.random()
        for name, rate, fault in (
            ("too_many", self.rates.too_many, _too_many(0.1)),
            ("bad_gateway", self.rates.bad_gateway, _status(502)),
            ("lost", self.rates.lost, Answer(ANYWHERE, commits=True, cuts=True)),
        ):
            if drawn < rate:
                self.counted[name] += 1
                return fault
            drawn -= rate
        return None

    def around(self, on: str, do: Callable[[], Awaitable[None]], *, after: bool = False) -> None:
        """Do something once, before or after the next request that matches."""
        self._around.append(Around(on, do, after))

    async def passing(self, asked: str, *, after: bool) -> None:
        """Do what is to be done around a request."""
        for each in list(self._around):
            if each.after == after and re.search(each.on, asked):
                self._around.remove(each)
                await each.do()

    def behave(self) -> None:
        """Let nothing more fail."""
        self.rates = Rates()
        self._answers.clear()
        self._around.clear()

    # The gateway

    def refuse_connections(self, times: int = 1) -> None:
        """Refuse the next connections to the gateway, made through StandIn.connector()."""
        self.connections_to_refuse = times

    def refuse_handshakes(self, status: int = 503, times: int = 1) -> None:
        """Answer the next websocket handshakes with a status."""
        self._handshakes += [status] * times

    def refused_handshake(self) -> int | None:
        """Return the status for this handshake, None to let it through."""
        return self._handshakes.pop(0) if self._handshakes else None

    def double(self, kind: str, times: int = 1) -> None:
        """Tell the next events of a kind twice."""
        self._twice[kind] = times

    def swallow(self, kind: str, times: int = 1) -> None:
        """Never tell the next events of a kind, not even to who resumes."""
        self._swallowed[kind] = times

    def reorder(self, kind: str, count: int) -> None:
        """Keep the next `count` events of a kind, then tell them, the last one first."""
        self._held[kind] = count

    def malform(self, kind: str, change: Callable[[Json], Json] = lambda _data: {}) -> None:
        """Change the next event of a kind into something that it should not be."""
        self._malformed.append((kind, change))

    def events(self, kind: str, data: Json) -> list[tuple[str, Json]]:
        """Return what is told instead of one event."""
        for each in self._malformed:
            if each[0] == kind:
                self._malformed.remove(each)
                return [(kind, each[1](data))]
        if self._swallowed.get(kind):
            self._swallowed[kind] -= 1
            return []
        if self._twice.get(kind):
            self._twice[kind] -= 1
            return [(kind, data), (kind, data)]
        if self._held.get(kind):
            self._held[kind] -= 1
            self._holding.append((kind, data))
            if self._held[kind]:
                return []
            told, self._holding = self._holding[::-1], []
            return told
        return [(kind, data)]


def _status(status: int) -> Answer:
    """Return a refusal with a status (5xx)."""
    return Answer(ANYWHERE, status=status, body={"message": f"{status}: a fault", "code": 0})


def _too_many(retry_after: float, *, via: bool = True, everywhere: bool = False) -> Answer:
    """Return a limit: as Discord tells it, or without `via` as a ban before it."""
    body: Json = {
        "message": "You are being rate limited.",
        "retry_after": retry_after,
        "global": everywhere,
        "code": 0,
    }
    headers = {"Retry-After": str(max(1, round(retry_after)))}
    if via:
        headers["Via"] = "1.1 google"
    if everywhere:
        headers["X-RateLimit-Global"] = "true"
    return Answer(ANYWHERE, status=429, body=body, headers=headers)
