"""The server: HTTP, gateway and files of Discord on one loopback port."""

import asyncio
import json
import mimetypes
import socket
import time
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import unquote

import aiohttp
from aiohttp import web

from tests.support.discord import tls
from tests.support.discord.faults import Answer, Faults
from tests.support.discord.gateway import Gateway
from tests.support.discord.humans import Human
from tests.support.discord.interactions import Interactions
from tests.support.discord.model import ApiError, Guild, Json
from tests.support.discord.rest import ROUTES, Call, Route
from tests.support.discord.rest.call import Upload
from tests.support.discord.validate import Exchange, Validation
from tests.support.discord.world import Clock, World

API = "/api/v10"
INVALID = frozenset({401, 403, 429})
LIMITS = {
    "X-RateLimit-Limit": "1000",
    "X-RateLimit-Remaining": "999",
    "X-RateLimit-Reset-After": "1.000",
}
"""Generous, so that no test waits; Faults.exhaust and Faults.too_many are for limits."""


class StandIn:
    """Discord on a loopback port, with its world, its gateway and its faults.

    It may be stopped and started again: it comes back on the same port with the same world.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.world = World(clock)
        self.faults = Faults()
        self.gateway = Gateway(self.world, self.faults)
        self.interactions = Interactions(self.world)
        self.validation = Validation()
        self.invalid = 0
        """Requests answered with 401, 403 or 429: Discord bans who has 10,000 in ten minutes."""
        self.port = 0
        self._runner: web.AppRunner | None = None
        self._closed_port = 0

    @property
    def token(self) -> str:
        """The bot's token."""
        return self.world.application.token

    @property
    def trust(self) -> str:
        """The certificate that clients are to trust, as PEM."""
        return tls.trusted()

    @property
    def api(self) -> str:
        """The address of the API for clients that can be told it, without TLS names."""
        return f"https://127.0.0.1:{self.port}{API}"

    def human(self, name: str, *guilds: Guild) -> Human:
        """Return a new person, in these guilds."""
        user = self.world.user(name)
        for each in guilds:
            self.world.join(each, user)
        return Human(self, user)

    def connector(self) -> aiohttp.TCPConnector:
        """Return a connector that finds Discord's names here and no other name anywhere."""
        return tls.connector(self._port_for, self.trust)

    def _port_for(self, host: str) -> int:
        """Return the port for a name; a connection to be refused gets one where nobody listens."""
        if host == "gateway.discord.gg" and self.faults.connections_to_refuse:
            self.faults.connections_to_refuse -= 1
            return self._closed_port
        return self.port

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen, on the same port as before."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        for each in sorted(ROUTES, key=lambda route: route.path.count("{")):
            app.router.add_route(each.method, API + each.path, self._serving(each))
        app.router.add_get("/", self.gateway.connect)
        app.router.add_get("/attachments/{channel}/{attachment}/{filename}", self._file)
        app.router.add_route("*", "/{unknown:.*}", self._unknown)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(
            self._runner,
            "127.0.0.1",
            self.port,
            ssl_context=tls.server_context(),
            reuse_address=True,
        )
        await site.start()
        self.port = self._runner.addresses[0][1]
        self._closed_port = self._closed_port or _closed_port()

    async def stop(self) -> None:
        """Stop listening and end every connection; the world stays."""
        runner, self._runner = self._runner, None
        if runner is not None:
            await self.gateway.forget()
            await runner.cleanup()

    # Requests

    def _serving(self, route: Route) -> Any:  # noqa: ANN401 - aiohttp's type of handlers
        """Return the aiohttp handler of a route."""

        async def serve(request: web.Request) -> web.StreamResponse:
            asked = f"{request.method} {unquote(request.path).removeprefix(API)}"
            await self.faults.passing(asked, after=False)
            fault = self.faults.next_for(asked)
            if fault is not None and not fault.commits:
                return self._faulty(request, fault)
            status, body = await self._exchange(route, request)
            await self.faults.passing(asked, after=True)
            if fault is None:
                return _response(status, body, _limits(route))
            await asyncio.sleep(fault.seconds)
            if fault.cuts or fault.status:
                return self._faulty(request, fault)
            return _response(status, body, _limits(route) | fault.headers)

        return serve

    def _faulty(self, request: web.Request, fault: Answer) -> web.StreamResponse:
        """Cut the line or answer with the fault."""
        if fault.cuts:
            assert request.transport is not None
            request.transport.abort()
        self._count(fault.status or 500)
        return _response(fault.status or 500, fault.body, fault.headers)

    def _count(self, status: int) -> None:
        self.invalid += status in INVALID

    async def _exchange(self, route: Route, request: web.Request) -> tuple[int, Any]:
        """Carry out a request and look whether both sides keep to Discord's description."""
        body, files = await _content(request)
        call = Call(
            self.world,
            self.gateway,
            self.interactions,
            request.method,
            route.path,
            {name: unquote(value) for name, value in request.match_info.items()},
            dict(request.query),
            body,
            files,
        )
        exchange = Exchange(route.method, route.path, dict(request.query), body)
        try:
            self._authorized(route, request)
            self.validation.request(exchange)
            answer = route.handler(call)
            status = call.status if answer is not None else 204
        except ApiError as refused:
            status, answer = refused.status, refused.body
        self._count(status)
        self.validation.answer(exchange, status, answer)
        self.world.changed()
        return status, answer

    def _authorized(self, route: Route, request: web.Request) -> None:
        """Refuse a request without the bot's token where one is needed."""
        given = request.headers.get("Authorization")
        if not route.open and given != f"Bot {self.token}":
            raise ApiError(401, 0, "401: Unauthorized")

    async def _unknown(self, request: web.Request) -> web.StreamResponse:
        """Say that there is no such path, and let the test fail for it."""
        self.validation.deviate(f"the stand-in does not serve {request.method} {request.path}")
        return _response(404, {"message": "404: Not Found", "code": 0}, {})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        """Give a file as long as its link works."""
        found = self.world.attachments.get(int(request.match_info["attachment"]))
        expires = int(request.query.get("ex", "0"), 16)
        if found is None or expires < self.world.now().timestamp():
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=found.data, content_type=found.content_type.partition(";")[0])


async def _content(request: web.Request) -> tuple[Any, dict[str, Upload]]:
    """Return a request's JSON and the files that came with it."""
    files: dict[str, Upload] = {}
    if not request.content_type.startswith("multipart/"):
        text = await request.text()
        return (json.loads(text) if text else None), files
    body: Json = {}
    async for part in await request.multipart():
        assert isinstance(part, aiohttp.BodyPartReader)
        data = bytes(await part.read())
        if part.name == "payload_json":
            body = json.loads(data)
        else:
            name = part.filename or "file"  # clients send no type: Discord tells it by the name
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            files[part.name or ""] = Upload(name, kind, data)
    return body, files


def _limits(route: Route) -> dict[str, str]:
    """Return the headers that tell of limits; each route is a bucket of its own."""
    bucket = f"{abs(hash((route.method, route.path))):x}"
    return {**LIMITS, "X-RateLimit-Reset": f"{time.time() + 1:.3f}", "X-RateLimit-Bucket": bucket}


def _response(status: int, body: Any, headers: Mapping[str, str]) -> web.Response:  # noqa: ANN401 - JSON
    """Return an answer; the type is exactly application/json, as clients compare it."""
    if status == 204:
        return web.Response(status=204, headers=headers)
    data = json.dumps(body).encode()
    return web.Response(
        status=status, body=data, headers={**headers, "Content-Type": "application/json"}
    )


def _closed_port() -> int:
    """Return a port of this machine where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
