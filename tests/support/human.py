"""A person on Matrix, driven over the plain client-server API: a witness of what a bot did."""

# Waiting fails with what was there instead, which asyncio.timeout cannot say.
# ruff: noqa: ASYNC109

import asyncio
import io
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeAlias
from urllib.parse import quote

import aiohttp
from yarl import URL

Json: TypeAlias = dict[str, Any]
Predicate: TypeAlias = Callable[[Json], bool]

CLIENT = "/_matrix/client/v3"
NOTHING = {"not_types": ["*"]}
SYNC_FILTER = json.dumps(
    {
        "presence": NOTHING,
        "room": {"timeline": {"limit": 100}, "state": NOTHING, "ephemeral": NOTHING},
    }
)


class Refused(AssertionError):
    """The server refused what a person asked for."""

    def __init__(self, asked: str, status: int, errcode: str, text: str) -> None:
        """Say who asked for what, and what the server said."""
        super().__init__(f"{asked}: {status} {errcode} {text}")
        self.status = status
        self.errcode = errcode


class NotSeen(AssertionError):
    """What a person waited for did not come in time."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open invitation to a room."""

    room: str
    sender: str
    direct: bool


class Human:
    """A Matrix account in a person's hands; rooms and events are named by their ids."""

    def __init__(self, base_url: str, user_id: str, access_token: str) -> None:
        """Take over a session that is logged in."""
        self.user_id = user_id
        self.access_token = access_token
        self.device_id = ""
        self._base_url = base_url
        self._http: aiohttp.ClientSession | None = None

    @classmethod
    async def login(
        cls, base_url: str, user: str, password: str, *, device_id: str | None = None
    ) -> Self:
        """Log in with a password, on a new device if none is named."""
        human = cls(base_url, user, "")
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user},
            "password": password,
        }
        try:
            answer = await human.call(
                "POST", "login", body | ({"device_id": device_id} if device_id else {})
            )
        except BaseException:
            await human.close()
            raise
        human.user_id, human.access_token = answer["user_id"], answer["access_token"]
        human.device_id = answer["device_id"]
        return human

    async def __aenter__(self) -> Self:
        """Enter; the connection opens with the first request."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connection."""
        await self.close()

    async def close(self) -> None:
        """Close the connection; the account stays logged in."""
        http, self._http = self._http, None
        if http is not None:
            await http.close()

    # Rooms

    async def create_room(
        self,
        name: str | None = None,
        *,
        public: bool = False,
        invite: Iterable[str] = (),
        power_levels: Mapping[str, int] | None = None,
        room_version: str | None = None,
        topic: str | None = None,
        initial_state: Iterable[Json] = (),
        **more: object,
    ) -> str:
        """Make a room and return its id; `more` goes into the request as it is.

        From room version 12 on, `power_levels` must not name the creator.
        """
        body: Json = {
            "preset": "public_chat" if public else "private_chat",
            "visibility": "public" if public else "private",
            "invite": list(invite),
            "initial_state": list(initial_state),
        }
        if power_levels:
            body["power_level_content_override"] = {"users": dict(power_levels)}
        named = {"name": name, "room_version": room_version, "topic": topic}
        body |= {key: value for key, value in named.items() if value is not None}
        room: str = (await self.call("POST", "createRoom", body | more))["room_id"]
        return room

    async def open_direct_room(self, user: str) -> str:
        """Make a direct room, invite `user` to it and return its id."""
        room = await self.create_room(invite=[user], preset="trusted_private_chat", is_direct=True)
        await self._remember_direct(user, room)
        return room

    async def upgrade_room(self, room: str, version: str) -> str:
        """Replace a room by one of another version and return the new room's id."""
        answer = await self.call("POST", f"rooms/{_q(room)}/upgrade", {"new_version": version})
        replacement: str = answer["replacement_room"]
        return replacement

    async def join(self, room: str) -> str:
        """Join a room by its id or alias and return its id."""
        joined: str = (await self.call("POST", f"join/{_q(room)}", {}))["room_id"]
        return joined

    async def leave(self, room: str) -> None:
        """Leave a room, or turn down an invitation to it."""
        await self.call("POST", f"rooms/{_q(room)}/leave", {})

    async def invite(self, room: str, user: str) -> None:
        """Invite somebody to a room."""
        await self._membership(room, "invite", user, None)

    async def kick(self, room: str, user: str, reason: str | None = None) -> None:
        """Put somebody out of a room."""
        await self._membership(room, "kick", user, reason)

    async def ban(self, room: str, user: str, reason: str | None = None) -> None:
        """Put somebody out of a room for good."""
        await self._membership(room, "ban", user, reason)

    async def unban(self, room: str, user: str) -> None:
        """Let somebody come back."""
        await self._membership(room, "unban", user, None)

    async def joined_rooms(self) -> list[str]:
        """Return the ids of the rooms this person is in."""
        rooms: list[str] = (await self.call("GET", "joined_rooms"))["joined_rooms"]
        return rooms

    async def members(self, room: str) -> set[str]:
        """Return the ids of those who are in a room."""
        return set((await self.call("GET", f"rooms/{_q(room)}/joined_members"))["joined"])

    async def state(self, room: str, kind: str, key: str = "") -> Json:
        """Return the content of a state event."""
        return await self.call("GET", f"rooms/{_q(room)}/state/{_q(kind)}/{_q(key)}")

    async def set_state(self, room: str, kind: str, content: Json, key: str = "") -> str:
        """Set a state event and return its id."""
        path = f"rooms/{_q(room)}/state/{_q(kind)}/{_q(key)}"
        return _event_id(await self.call("PUT", path, content))

    async def set_power_level(self, room: str, user: str, level: int | None) -> None:
        """Give somebody a power level; None takes the entry away, so that the default holds."""
        levels = await self.state(room, "m.room.power_levels")
        users: Json = levels.setdefault("users", {})
        users.pop(user, None)
        if level is not None:
            users[user] = level
        await self.set_state(room, "m.room.power_levels", levels)

    async def set_display_name(self, name: str) -> None:
        """Change the name that others see."""
        path = f"profile/{_q(self.user_id)}/displayname"
        await self.call("PUT", path, {"displayname": name})

    # Invitations

    async def invitations(self) -> list[Invitation]:
        """Return the invitations that are open."""
        return self._invitations_in(await self._sync())

    async def accept_invites(self) -> list[str]:
        """Join every room this person is invited to and return their ids."""
        return [await self._accept(invitation) for invitation in await self.invitations()]

    async def reject_invites(self) -> list[str]:
        """Turn down every open invitation and return the rooms' ids."""
        rooms = [invitation.room for invitation in await self.invitations()]
        for room in rooms:
            await self.leave(room)
        return rooms

    async def wait_for_invite(self, room: str | None = None, timeout: float = 10) -> str:
        """Wait for an invitation (to `room`, if given), accept it and return the room's id."""
        found = await self._awaited_invitation(
            lambda invitation: room in (None, invitation.room), timeout, f"invitation to {room}"
        )
        return await self._accept(found)

    async def direct_room_with(self, user: str, timeout: float = 10) -> str:
        """Return the direct room with `user`: the one in use, or one it invites to in time."""
        direct = await self._direct_rooms()
        joined = await self.joined_rooms()
        for room in reversed(direct.get(user, [])):
            if room in joined:
                return str(room)
        found = await self._awaited_invitation(
            lambda invitation: invitation.direct and invitation.sender == user,
            timeout,
            f"invitation to a direct room by {user}",
        )
        return await self._accept(found)

    # Talk

    async def say(
        self,
        room: str,
        text: str,
        *,
        thread: str | None = None,
        reply_to: str | None = None,
        mentions: Iterable[str] = (),
        html: str | None = None,
        txn_id: str | None = None,
    ) -> str:
        """Say something (in the thread of root event `thread`) and return the event's id."""
        content = _text(text, mentions)
        if html is not None:
            content |= {"format": "org.matrix.custom.html", "formatted_body": html}
        if relation := _relation(thread, reply_to):
            content["m.relates_to"] = relation
        return await self.send(room, "m.room.message", content, txn_id=txn_id)

    async def edit(self, room: str, event: str, text: str, *, mentions: Iterable[str] = ()) -> str:
        """Replace the text of an own message and return the edit's event id."""
        content = _text(f"* {text}", mentions) | {
            "m.new_content": _text(text, mentions),
            "m.relates_to": {"rel_type": "m.replace", "event_id": event},
        }
        return await self.send(room, "m.room.message", content)

    async def react(self, room: str, event: str, key: str) -> str:
        """React to an event and return the reaction's event id."""
        relation = {"rel_type": "m.annotation", "event_id": event, "key": key}
        return await self.send(room, "m.reaction", {"m.relates_to": relation})

    async def redact(self, room: str, event: str, reason: str | None = None) -> str:
        """Delete an event's content and return the redaction's event id."""
        path = f"rooms/{_q(room)}/redact/{_q(event)}/{_new_txn_id()}"
        return _event_id(await self.call("PUT", path, {"reason": reason} if reason else {}))

    async def send(self, room: str, kind: str, content: Json, *, txn_id: str | None = None) -> str:
        """Send an event of any kind as it is and return its id."""
        path = f"rooms/{_q(room)}/send/{_q(kind)}/{_q(txn_id or _new_txn_id())}"
        return _event_id(await self.call("PUT", path, content))

    async def send_file(
        self, room: str, name: str, data: bytes, content_type: str = "text/plain"
    ) -> str:
        """Upload a file, show it in the room and return the event's id."""
        kind = "m.image" if content_type.startswith("image/") else "m.file"
        content = {
            "msgtype": kind,
            "body": name,
            "filename": name,
            "url": await self.upload(data, name, content_type),
            "info": {"mimetype": content_type, "size": len(data)},
            "m.mentions": {},
        }
        return await self.send(room, "m.room.message", content)

    async def upload(self, data: bytes, name: str, content_type: str) -> str:
        """Upload a file and return its mxc address."""
        url = f"/_matrix/media/v3/upload?filename={_q(name)}"
        answer = await self._request("POST", url, data, content_type)
        address: str = json.loads(answer)["content_uri"]
        return address

    async def download(self, mxc: str) -> bytes:
        """Return the bytes behind an mxc address."""
        return await self._request(
            "GET", f"/_matrix/client/v1/media/download/{mxc.removeprefix('mxc://')}"
        )

    # Looking

    async def history(self, room: str, *, page_size: int = 1000) -> list[Json]:
        """Return all events of a room that this person may see, oldest first."""
        events: list[Json] = []
        start = ""
        while True:
            path = f"rooms/{_q(room)}/messages?dir=f&limit={page_size}{start}"
            page = await self.call("GET", path)
            events += page["chunk"]
            if not page["chunk"] or "end" not in page:
                return events
            start = f"&from={_q(page['end'])}"

    async def messages(self, room: str) -> list[Json]:
        """Return the messages of a room, oldest first, without the redacted ones."""
        return [
            event
            for event in await self.history(room)
            if event["type"] == "m.room.message" and event["content"]
        ]

    async def event(self, room: str, event: str) -> Json:
        """Return one event as the server gives it now."""
        return await self.call("GET", f"rooms/{_q(room)}/event/{_q(event)}")

    async def wait_for(self, room: str, predicate: Predicate, timeout: float = 10) -> Json:
        """Return the first event of the room that satisfies, past or to come in time.

        Raises:
            NotSeen: none came; the text tells what there was.
        """
        deadline = time.monotonic() + timeout
        sync = await self._sync()
        seen = await self.history(room)
        new = seen
        while True:
            for event in new:
                if predicate(event):
                    return event
            if (left := deadline - time.monotonic()) <= 0:
                raise NotSeen(f"{self.user_id} waited {timeout} s in {room}; {_told(seen)}")
            sync = await self._sync(sync["next_batch"], left)
            timeline = _timeline(sync, room)
            new = await self.history(room) if timeline.get("limited") else timeline["events"]
            seen = [*seen, *new]

    async def wait_for_text(self, room: str, words: str, timeout: float = 10) -> Json:
        """Return the first event by somebody else whose body holds `words`."""
        return await self.wait_for(
            room,
            lambda event: (
                event["sender"] != self.user_id and words in str(event["content"].get("body", ""))
            ),
            timeout,
        )

    # The wire

    async def call(self, method: str, path: str, body: Json | None = None) -> Json:
        """Return the answer to any request; `path` follows /_matrix/client/v3/, or begins with /.

        Raises:
            Refused: the server said no.
        """
        url = path if path.startswith("/") else f"{CLIENT}/{path}"
        data = None if body is None else json.dumps(body).encode()
        answer: Json = json.loads(await self._request(method, url, data, "application/json"))
        return answer

    async def _request(
        self, method: str, url: str, data: bytes | None = None, content_type: str | None = None
    ) -> bytes:
        """Return the body of the server's answer, or raise what it refused."""
        headers = {"Authorization": f"Bearer {self.access_token}"} if self.access_token else {}
        if data is not None and content_type:
            headers["Content-Type"] = content_type
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=120))
        target = URL(self._base_url + url, encoded=True)
        body = None if data is None else io.BytesIO(data)
        async with self._http.request(method, target, data=body, headers=headers) as response:
            answer = await response.read()
        if response.status >= 300:
            raise self._refusal(f"{method} {url}", response.status, answer)
        return answer

    def _refusal(self, asked: str, status: int, answer: bytes) -> Refused:
        """Return the exception that tells what the server said."""
        try:
            said = json.loads(answer)
        except ValueError:
            said = {"error": answer[:200].decode(errors="replace")}
        errcode, text = str(said.get("errcode", "")), str(said.get("error", ""))
        return Refused(f"{self.user_id}: {asked}", status, errcode, text)

    async def _sync(self, since: str = "", wait: float = 0) -> Json:
        """Return what is there, or with `since` what is new, waiting for it at most `wait` s."""
        path = f"sync?timeout={max(0, round(wait * 1000))}&filter={_q(SYNC_FILTER)}"
        return await self.call("GET", path + (f"&since={_q(since)}" if since else ""))

    def _invitations_in(self, sync: Json) -> list[Invitation]:
        """Return the invitations that a sync tells of."""
        found = []
        for room, data in sync.get("rooms", {}).get("invite", {}).items():
            for event in data["invite_state"]["events"]:
                if event["type"] == "m.room.member" and event["state_key"] == self.user_id:
                    direct = bool(event["content"].get("is_direct"))
                    found.append(Invitation(room, event["sender"], direct))
        return found

    async def _awaited_invitation(
        self, wanted: Callable[[Invitation], bool], timeout: float, what: str
    ) -> Invitation:
        """Return the first invitation that is wanted, open or to come in time."""
        deadline = time.monotonic() + timeout
        sync = await self._sync()
        while True:
            for invitation in self._invitations_in(sync):
                if wanted(invitation):
                    return invitation
            if (left := deadline - time.monotonic()) <= 0:
                raise NotSeen(f"{self.user_id} got no {what} within {timeout} s")
            sync = await self._sync(sync["next_batch"], left)

    async def _accept(self, invitation: Invitation) -> str:
        """Join the room, and remember a direct one as clients do."""
        room = await self.join(invitation.room)
        if invitation.direct:
            await self._remember_direct(invitation.sender, room)
        return room

    async def _direct_rooms(self) -> Json:
        """Return the rooms by user that this account holds for direct."""
        try:
            return await self.call("GET", self._direct_path)
        except Refused as refused:
            if refused.errcode != "M_NOT_FOUND":
                raise
            return {}

    async def _remember_direct(self, user: str, room: str) -> None:
        """Note a room as direct in the account's data."""
        direct = await self._direct_rooms()
        direct[user] = [*(known for known in direct.get(user, []) if known != room), room]
        await self.call("PUT", self._direct_path, direct)

    @property
    def _direct_path(self) -> str:
        return f"user/{_q(self.user_id)}/account_data/m.direct"

    async def _membership(self, room: str, verb: str, user: str, reason: str | None) -> None:
        """Change somebody else's place in a room."""
        body = {"user_id": user} | ({"reason": reason} if reason else {})
        await self.call("POST", f"rooms/{_q(room)}/{verb}", body)


NewHuman: TypeAlias = Callable[[str], Awaitable[Human]]


async def together(*people: Human, room: str) -> None:
    """Let people join a room at the same time."""
    await asyncio.gather(*(person.join(room) for person in people))


def _q(part: str) -> str:
    """Return a part of a path or query as it stands in a URL."""
    return quote(part, safe="")


def _new_txn_id() -> str:
    """Return a transaction id that was never used."""
    return secrets.token_hex(12)


def _event_id(answer: Json) -> str:
    """Return the id of the event that the server made."""
    return str(answer["event_id"])


def _text(text: str, mentions: Iterable[str]) -> Json:
    """Return the content of a message; nobody is pinged but those mentioned."""
    users = list(mentions)
    return {
        "msgtype": "m.text",
        "body": text,
        "m.mentions": {"user_ids": users} if users else {},
    }


def _relation(thread: str | None, reply_to: str | None) -> Json:
    """Return how a message stands to others: in a thread, as a reply, both or neither."""
    if thread is None:
        return {"m.in_reply_to": {"event_id": reply_to}} if reply_to else {}
    return {
        "rel_type": "m.thread",
        "event_id": thread,
        "is_falling_back": reply_to is None,
        "m.in_reply_to": {"event_id": reply_to or thread},
    }


def _timeline(sync: Json, room: str) -> Json:
    """Return a room's new events in a sync, also of a room just left."""
    rooms = sync.get("rooms", {})
    found = rooms.get("join", {}).get(room) or rooms.get("leave", {}).get(room) or {}
    timeline: Json = found.get("timeline", {"events": []})
    return timeline


def _told(events: list[Json]) -> str:
    """Return the last events in short, for the text of a failure."""
    lines = [
        f"  {event['sender']} {event['type']} {json.dumps(event['content'])[:160]}"
        for event in events[-10:]
    ]
    return "\n".join([f"the last of {len(events)} events were:", *lines])
