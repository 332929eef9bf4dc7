"""The gateway: websockets on which an application is told what happens."""

import asyncio
import json
from typing import Any

from aiohttp import WSCloseCode, WSMsgType, web

from tests.support.discord import payloads, telling
from tests.support.discord.application import GUILDS, MEMBERS, MESSAGE_CONTENT, PRIVILEGED
from tests.support.discord.faults import Faults
from tests.support.discord.model import ApiError, Guild, Json
from tests.support.discord.sockets import Session, Socket
from tests.support.discord.world import Event, World

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, RESUME, RECONNECT = 0, 1, 2, 3, 6, 7
REQUEST_MEMBERS, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 8, 9, 10, 11

SESSION_IS_OVER = frozenset({4007, 4009})
"""docs, gateway close codes: a wrong sequence and a timed out session begin anew."""

INVALID_CODES = frozenset({1000, 1001})
"""docs, gateway: a client that closes with these ends its session."""


class Gateway:
    """Takes websockets, keeps sessions and tells them what happens in the world."""

    def __init__(self, world: World, faults: Faults) -> None:
        self.world = world
        self.faults = faults
        self.url = "wss://gateway.discord.gg"
        self.heartbeat_seconds = 41.25
        self.shards = 1
        self.sessions_left = 999
        self.sessions_reset_seconds = 86_400.0
        self.sessions: dict[str, Session] = {}
        self.sockets: set[Socket] = set()
        self.identified = 0
        self.resumed = 0
        self.heartbeats = 0
        self.compressed = 0
        world.listeners.append(self._tell)

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """Serve one websocket from HELLO to its end."""
        if (status := self.faults.refused_handshake()) is not None:
            return web.Response(status=status)
        ws = web.WebSocketResponse(autoping=True)
        await ws.prepare(request)
        compress = request.query.get("compress") == "zlib-stream"
        self.compressed += compress
        socket = Socket(request, ws, compress=compress)
        self.sockets.add(socket)
        if self.faults.mute_connections:
            self.faults.mute_connections -= 1
        else:
            beat = int(self.heartbeat_seconds * 1000)
            socket.send({"op": HELLO, "d": {"heartbeat_interval": beat}})
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(socket.write())
                await self._read(socket)
                socket.finish()
        finally:
            self._gone(socket)
        return ws

    async def _read(self, socket: Socket) -> None:
        """Take frames until the websocket ends."""
        async for message in socket.ws:
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                self._heard(socket, json.loads(message.data))

    def _gone(self, socket: Socket) -> None:
        """Forget a websocket; its session stays unless the client closed it for good."""
        self.sockets.discard(socket)
        for session in [each for each in self.sessions.values() if each.socket is socket]:
            session.socket = None
            if socket.ws.close_code in INVALID_CODES and not socket.ended_here:
                del self.sessions[session.id]
        self.world.changed()

    def _heard(self, socket: Socket, frame: Json) -> None:
        """Do what a client's frame asks."""
        op, data = frame["op"], frame["d"]
        if op == HEARTBEAT:
            self.heartbeats += 1
            if not self.faults.deaf:
                socket.send({"op": HEARTBEAT_ACK, "d": None})
        elif op == IDENTIFY:
            self._identify(socket, data)
        elif op == RESUME:
            self._resume(socket, data)
        elif op == REQUEST_MEMBERS:
            self._members(socket, data)
        elif op != PRESENCE:
            socket.close(4001)
        self.world.changed()

    def _refusal(self, data: Json) -> int | None:
        """Return the code that ends an IDENTIFY which asks for too much."""
        if data["token"].removeprefix("Bot ") != self.world.application.token:
            return 4004
        intents = data.get("intents")
        if intents is None or intents >> 26:
            return 4013
        if intents & PRIVILEGED & ~self.world.application.intents:
            return 4014
        index, count = data.get("shard") or (0, 1)
        return None if 0 <= index < count else 4010

    def _identify(self, socket: Socket, data: Json) -> None:
        """Begin a session: READY, then every guild of the shard."""
        self.identified += 1
        if (code := self._refusal(data)) is not None:
            socket.close(code)
            return
        index, count = data.get("shard") or (0, 1)
        session = Session(data["intents"], (index, count), socket=socket)
        self.sessions[session.id] = session
        world = self.world
        own = [
            guild
            for guild in world.guilds.values()
            if world.bot.id in guild.members and (guild.id >> 22) % count == index
        ]
        ready: Json = {
            "v": 10,
            "user": payloads.myself(world.bot),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in own],
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "session_type": "normal",
            "application": {"id": str(world.application.id), "flags": 0},
            "private_channels": [],
        }
        self._dispatch(session, "READY", ready | {"shard": [index, count]})
        if session.intents & GUILDS:
            for guild in own:
                whole = self._whole(session, guild) | {"unavailable": False}
                self._dispatch(session, "GUILD_CREATE", whole)

    def _whole(self, session: Session, guild: Guild) -> Json:
        """Return a guild with all members where the session may know them and they are few."""
        shown = telling.whole_guild(self.world, guild)
        if session.intents & MEMBERS and not self.faults.members_by_request:
            shown["members"] = [payloads.member(each) for each in guild.members.values()]
        return shown

    def _resume(self, socket: Socket, data: Json) -> None:
        """Go on with a session: all it missed, then RESUMED; or say that there is none."""
        if data["token"].removeprefix("Bot ") != self.world.application.token:
            socket.close(4004)
            return
        session = self.sessions.get(data["session_id"])
        if session is None or self.faults.forgets_sessions:
            socket.send({"op": INVALID_SESSION, "d": False})
            return
        session.socket = socket
        self.resumed += 1
        for frame in session.sent:
            if frame["s"] > data["seq"]:
                socket.send(frame)
        self._dispatch(session, "RESUMED", {})

    def _tell(self, event: Event) -> None:
        """Tell every session that hears an event of it."""
        for session in self.sessions.values():
            if session.hears(event):
                data = event.build(bool(session.intents & MESSAGE_CONTENT))
                for kind, told in self.faults.events(event.kind, data):
                    self._dispatch(session, kind, told)

    def _dispatch(self, session: Session, kind: str, data: Json) -> None:
        """Send a session an event under its next number, and keep it for a RESUME."""
        session.sequence += 1
        frame = {"op": DISPATCH, "t": kind, "s": session.sequence, "d": data}
        session.sent.append(frame)
        if session.socket is not None:
            session.socket.send(frame)

    def _members(self, socket: Socket, asked: Json) -> None:
        """Answer a request for members; the whole list needs the intent."""
        session = next(each for each in self.sessions.values() if each.socket is socket)
        guild = self.world.guilds[int(_one(asked["guild_id"]))]
        found = list(guild.members.values())
        missing: list[str] = []
        if ids := asked.get("user_ids"):
            wanted = {str(each) for each in (ids if isinstance(ids, list) else [ids])}
            found = [each for each in found if str(each.user.id) in wanted]
            missing = sorted(wanted - {str(each.user.id) for each in found})
        elif query := asked.get("query"):
            found = [m for m in found if m.user.name.lower().startswith(query.lower())]
            found = found[: asked.get("limit") or 100]
        elif not session.intents & MEMBERS:
            found = []
        data: Json = {
            "guild_id": str(guild.id),
            "members": [payloads.member(each) for each in found],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": missing,
        }
        nonce = {"nonce": asked["nonce"]} if asked.get("nonce") else {}
        self._dispatch(session, "GUILD_MEMBERS_CHUNK", data | nonce)

    # What a test does to the line

    @property
    def connected(self) -> bool:
        """Whether some session has a websocket."""
        return any(each.socket for each in self.sessions.values())

    async def _lines(self) -> list[Socket]:
        """Return the open websockets, or refuse: a fault needs a line."""
        if not self.sockets:
            raise ApiError(500, 0, "Nobody is connected")
        return list(self.sockets)

    async def close(self, code: int) -> None:
        """Close every websocket with a code; their sessions stay unless the code ends them."""
        lines = await self._lines()
        for each in lines:
            each.close(code)
        if code in SESSION_IS_OVER:
            self.sessions.clear()
        await self._all_gone(lines)

    async def drop(self) -> None:
        """Cut every websocket without a word; their sessions stay."""
        lines = await self._lines()
        for each in lines:
            each.close(None)
        await self._all_gone(lines)

    async def _all_gone(self, lines: list[Socket]) -> None:
        """Return when these websockets have ended."""
        await self.world.until(
            lambda: None if self.sockets & set(lines) else True, 5, "the end of the websockets"
        )

    async def ask_to_reconnect(self) -> None:
        """Ask every client to connect again and resume (op 7)."""
        for each in await self._lines():
            each.send({"op": RECONNECT, "d": None})

    async def invalidate(self, *, resumable: bool) -> None:
        """Call every session invalid (op 9); it can be resumed or is over."""
        if not resumable:
            self.sessions.clear()
        for each in await self._lines():
            each.send({"op": INVALID_SESSION, "d": resumable})

    async def forget(self) -> None:
        """End all websockets, as the stand-in stops."""
        for each in list(self.sockets):
            each.close(WSCloseCode.GOING_AWAY)


def _one(value: Any) -> Any:  # noqa: ANN401 - an id or a list of one
    return value[0] if isinstance(value, list) else value
