"""A reverse proxy before the homeserver that fails in chosen or in random, repeatable ways."""

import asyncio
import io
import json
import random
import re
import subprocess
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeAlias

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

LARGEST_BODY = 256 * 1024 * 1024
NOT_PASSED_ON = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
        "content-length",
        "expect",
    }
)
KINDS: Mapping[str, str] = {
    "sync": r"/sync$",
    "send": r"/rooms/[^/]+/send/",
    "redact": r"/rooms/[^/]+/redact/",
    "state": r"/rooms/[^/]+/state(/|$)",
    "messages": r"/rooms/[^/]+/messages$",
    "relations": r"/rooms/[^/]+/(relations|threads)(/|$)",
    "event": r"/rooms/[^/]+/(event|context)/",
    "members": r"/rooms/[^/]+/(joined_)?members$",
    "join": r"/(join/[^/]+|rooms/[^/]+/join)$",
    "leave": r"/rooms/[^/]+/(leave|forget)$",
    "invite": r"/rooms/[^/]+/(invite|kick|ban|unban)$",
    "typing": r"/rooms/[^/]+/typing/",
    "receipt": r"/rooms/[^/]+/(receipt/|read_markers)",
    "create_room": r"/createRoom$",
    "to_device": r"/sendToDevice/",
    "keys": r"/keys/",
    "upload": r"/media/.*upload",
    "download": r"/media/.*(download|thumbnail)/",
    "login": r"/(login|logout|register)(/|$)",
    "whoami": r"/account/whoami$",
    "account_data": r"/account_data/",
    "profile": r"/profile/",
    "filter": r"/user/[^/]+/filter",
    "other": r"",
}


class ConnectionLost(Exception):
    """Raised by a hook: the client's connection is cut without an answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back to the client."""

    status: int
    body: bytes
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)


@dataclass(slots=True)
class Exchange:
    """One request and, once the homeserver gave it, the answer."""

    kind: str
    number: int
    method: str
    path: str
    body: bytes
    answer: Answer | None = None


Hook: TypeAlias = Callable[[Exchange], Awaitable[Answer | None]]
Matching: TypeAlias = str | Callable[[Exchange], bool]


@dataclass(frozen=True, slots=True)
class Rates:
    """How often requests fail; each rate is a share of all requests, and they add up.

    `too_many` (429) and `bad_gateway` (502) do not reach the homeserver; `lost` does, and its
    answer never comes back; `delayed` waits for a while first. Empty `kinds` are all kinds.
    """

    too_many: float = 0.0
    bad_gateway: float = 0.0
    lost: float = 0.0
    delayed: float = 0.0
    retry_after_ms: int = 50
    longest_delay: float = 0.2
    kinds: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class Rule:
    """A hook, the exchanges it is for and how many of them are left."""

    matching: Matching
    do: Hook
    left: int | None

    def takes(self, exchange: Exchange) -> bool:
        """Return whether the hook runs for this exchange, and count it."""
        if self.left == 0 or not _matches(self.matching, exchange):
            return False
        if self.left is not None:
            self.left -= 1
        return True


class FaultyProxy:
    """A loopback proxy before the homeserver at `upstream`; a bot takes `url` for its server.

    Random faults depend on the seed, the kind of request and its number among its kind, so
    that they are the same however requests of other kinds come in between.
    """

    def __init__(self, upstream: str, *, seed: int = 0, rates: Rates | None = None) -> None:
        """Prepare a proxy; without `rates` it fails only where a rule says so."""
        self.rates = rates or Rates()
        self.counts: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.errors: list[Exception] = []
        self.url = ""
        self._upstream = upstream
        self._seed = seed
        self._before: list[Rule] = []
        self._after: list[Rule] = []
        self._runner: web.AppRunner | None = None
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Begin to listen."""
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop listening and tell of hooks that failed."""
        await self.close()

    async def start(self) -> None:
        """Begin to listen on a free port; from then on `url` is known."""
        app = web.Application(client_max_size=LARGEST_BODY)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._http = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=True),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
            auto_decompress=False,
        )
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def close(self) -> None:
        """Stop listening and cut what is open.

        Raises:
            ExceptionGroup: hooks failed while the proxy ran.
        """
        runner, self._runner = self._runner, None
        http, self._http = self._http, None
        if runner is not None:
            await runner.cleanup()
        if http is not None:
            await http.close()
        if self.errors:
            errors, self.errors = self.errors, []
            raise ExceptionGroup("hooks of the proxy failed", errors)

    def before(self, *, matching: Matching, do: Hook, times: int | None = 1) -> Rule:
        """Run `do` before a request goes to the homeserver, for `times` requests (None: all).

        `matching` is a kind, "*" or a predicate. An Answer from the hook goes back instead of
        the homeserver's, which never sees the request; after a ConnectionLost neither side
        gets anything.
        """
        return _added(self._before, Rule(_known(matching), do, times))

    def after(self, *, matching: Matching, do: Hook, times: int | None = 1) -> Rule:
        """Run `do` after the homeserver answered and before the client gets the answer."""
        return _added(self._after, Rule(_known(matching), do, times))

    def forget(self, rule: Rule) -> None:
        """Take a rule away."""
        for rules in (self._before, self._after):
            if rule in rules:
                rules.remove(rule)

    def behave(self) -> None:
        """Take away all rules and random faults."""
        self.rates = Rates()
        self._before.clear()
        self._after.clear()

    async def reached(self, kind: str, count: int, timeout: float = 10) -> None:  # noqa: ASYNC109 - with its own words
        """Return when `count` requests of a kind have come in since the beginning."""
        deadline = time.monotonic() + timeout
        while self.counts[kind] < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.counts[kind]} of {count} {kind} requests came")
            await asyncio.sleep(0.01)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request, or cut its connection."""
        exchange = await self._arrived(request)
        try:
            answer = await self._answer(exchange, request)
        except ConnectionLost:
            _cut(request)
            answer = Answer(502, b"")
        except Exception as error:
            self.errors.append(error)
            raise
        # A copy: the response adds its own headers to what it is given.
        headers = CIMultiDict(answer.headers)
        return web.Response(status=answer.status, body=answer.body, headers=headers)

    async def _arrived(self, request: web.Request) -> Exchange:
        """Return the exchange that begins with this request, counted."""
        body = await request.read()
        kind = kind_of(request.path)
        self.counts[kind] += 1
        return Exchange(kind, self.counts[kind], request.method, request.raw_path, body)

    async def _answer(self, exchange: Exchange, request: web.Request) -> Answer:
        """Return what the client gets, after all that happens on the way."""
        early, late = self._fate(exchange)
        answer = await _run([*_hooks(self._before, exchange), *early], exchange)
        if answer is not None:
            return answer
        if _gone(request):
            raise ConnectionLost
        exchange.answer = await self._forwarded(exchange, request)
        changed = await _run([*_hooks(self._after, exchange), *late], exchange)
        return changed or exchange.answer

    def _fate(self, exchange: Exchange) -> tuple[list[Hook], list[Hook]]:
        """Return the random faults of this exchange, before and after the homeserver."""
        rates = self.rates
        if rates.kinds and exchange.kind not in rates.kinds:
            return [], []
        # Not for secrets: a repeatable fate.
        chance = random.Random(f"{self._seed}/{exchange.kind}/{exchange.number}")  # noqa: S311
        faults: list[tuple[str, float, Hook, bool]] = [
            ("too_many", rates.too_many, too_many(rates.retry_after_ms), True),
            ("bad_gateway", rates.bad_gateway, bad_gateway, True),
            ("lost", rates.lost, lose, False),
            ("delayed", rates.delayed, delay(chance.uniform(0, rates.longest_delay)), True),
        ]
        point = chance.random()
        for name, rate, hook, early in faults:
            if point < rate:
                self.faults[name] += 1
                return ([hook], []) if early else ([], [hook])
            point -= rate
        return [], []

    async def _forwarded(self, exchange: Exchange, request: web.Request) -> Answer:
        """Return the homeserver's answer, or the gateway's where there is none."""
        if self._http is None:
            raise ConnectionLost
        try:
            async with self._http.request(
                exchange.method,
                URL(self._upstream + exchange.path, encoded=True),
                data=None if exchange.method in {"GET", "HEAD"} else io.BytesIO(exchange.body),
                headers=_passed_on(request.headers),
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
                allow_redirects=False,
            ) as response:
                body = await response.read()
                return Answer(response.status, body, _passed_on(response.headers))
        except aiohttp.ClientError:
            self.faults["unreachable"] += 1
            return BAD_GATEWAY


BAD_GATEWAY = Answer(
    502,
    b"<html><body><h1>502 Bad Gateway</h1></body></html>",
    CIMultiDict({"Content-Type": "text/html"}),
)


def answering(status: int, body: Mapping[str, Any], **headers: str) -> Hook:
    """Return a hook that gives this answer."""
    fields = CIMultiDict({"Content-Type": "application/json"} | headers)
    answer = Answer(status, json.dumps(body).encode(), fields)

    async def give(_: Exchange) -> Answer:
        return answer

    return give


def too_many(retry_after_ms: int = 50) -> Hook:
    """Return a hook that answers 429 as Synapse does."""
    body = {
        "errcode": "M_LIMIT_EXCEEDED",
        "error": "Too Many Requests",
        "retry_after_ms": retry_after_ms,
    }
    return answering(429, body, **{"Retry-After": str(-(-retry_after_ms // 1000))})


async def bad_gateway(_: Exchange) -> Answer:
    """Answer 502 as a gateway does, in HTML."""
    return BAD_GATEWAY


async def lose(_: Exchange) -> Answer:
    """Cut the connection: before, the request is lost; after, the answer is."""
    raise ConnectionLost


def delay(seconds: float) -> Hook:
    """Return a hook that waits."""

    async def wait(_: Exchange) -> None:
        await asyncio.sleep(seconds)

    return wait


def sigkill(process: subprocess.Popen[Any] | asyncio.subprocess.Process) -> Hook:
    """Return a hook that kills a bot's process, waits for its end and cuts the connection.

    Before, the homeserver never sees the request; after, the bot never sees the answer. A
    process of asyncio must have been started in the loop that the proxy runs in.
    """

    async def kill(_: Exchange) -> Answer:
        process.kill()
        if isinstance(process, subprocess.Popen):
            process.wait()
        else:
            await process.wait()
        raise ConnectionLost

    return kill


def kind_of(path: str) -> str:
    """Return the kind of request that a path stands for: a key of KINDS."""
    return next(kind for kind, pattern in KINDS.items() if re.search(pattern, path))


def _known(matching: Matching) -> Matching:
    """Return `matching`, unless it names a kind that does not exist."""
    if isinstance(matching, str) and matching != "*" and matching not in KINDS:
        raise ValueError(f"No such kind of request: {matching}; there are {', '.join(KINDS)}")
    return matching


def _matches(matching: Matching, exchange: Exchange) -> bool:
    """Return whether an exchange is meant."""
    if isinstance(matching, str):
        return matching in ("*", exchange.kind)
    return matching(exchange)


def _added(rules: list[Rule], rule: Rule) -> Rule:
    """Add a rule and return it."""
    rules.append(rule)
    return rule


def _hooks(rules: list[Rule], exchange: Exchange) -> list[Hook]:
    """Return the hooks of the rules that take this exchange."""
    return [rule.do for rule in list(rules) if rule.takes(exchange)]


async def _run(hooks: list[Hook], exchange: Exchange) -> Answer | None:
    """Run hooks in order until one has an answer."""
    for hook in hooks:
        if (answer := await hook(exchange)) is not None:
            return answer
    return None


def _passed_on(headers: Mapping[str, str]) -> CIMultiDict[str]:
    """Return the headers that concern both ends."""
    return CIMultiDict(
        (name, value) for name, value in headers.items() if name.lower() not in NOT_PASSED_ON
    )


def _gone(request: web.Request) -> bool:
    """Return whether the client has gone away."""
    return request.transport is None or request.transport.is_closing()


def _cut(request: web.Request) -> None:
    """Cut the client's connection."""
    if request.transport is not None:
        request.transport.abort()
