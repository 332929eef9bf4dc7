"""A room's past, page by page: what a sync left out, and what was said since a moment."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from adapters.matrix.client import Homeserver, path
from adapters.matrix.comings import joined
from adapters.matrix.raw import Json, items, number, words

PAGE = 500
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def backwards(
    server: Homeserver, room: str, *, start: str = "", until: str = "", only: Json | None = None
) -> AsyncIterator[list[Json]]:
    """Yield the room's events newest first, in pages, from `start` (now) back to `until`."""
    asked = {"dir": "b", "limit": str(PAGE), "filter": json.dumps(only or {})}
    asked |= {"to": until} if until else {}
    where = path("rooms", room, "messages")
    while True:
        query = asked | ({"from": start} if start else {})
        answer = await server.call("GET", where, query=query)
        yield [event for event in items(answer, "chunk") if isinstance(event, dict)]
        end = words(answer, "end")
        if not end or end == start:
            return
        start = end


async def missed(server: Homeserver, room: str, *, start: str, until: str) -> list[Json]:
    """Return what happened between two tokens, oldest first, at most since the bot came."""
    found: list[Json] = []
    async for page in backwards(server, room, start=start, until=until):
        found += page
        if any(joined(event, server.me) for event in page):
            break
    return since_arrival(found[::-1], server.me)


def since_arrival(events: list[Json], me: str) -> list[Json]:
    """Return the events from the bot's last arrival on, all if it did not arrive among them."""
    places = [place for place, event in enumerate(events) if joined(event, me)]
    return events[places[-1] :] if places else events


async def silent_arrival(server: Homeserver, room: str) -> Json | None:
    """Return the bot's last arrival in a room if it has said nothing since, else None."""
    mine: Json = {"senders": [server.me], "types": ["m.room.message", "m.room.member"]}
    async for page in backwards(server, room, only=mine):
        for event in page:
            if joined(event, server.me):
                return event
            if words(event, "type") == "m.room.message":
                return None
    return None


async def since(
    server: Homeserver, room: str, moment: datetime, *, only: Json | None = None
) -> AsyncIterator[Json]:
    """Yield the room's events since a moment, newest first.

    Servers' clocks differ, so that only a whole page of older events ends the search.
    """
    first = (moment - EPOCH) // timedelta(milliseconds=1)
    async for page in backwards(server, room, only=only):
        recent = [event for event in page if number(event, "origin_server_ts") >= first]
        for event in recent:
            yield event
        if page and not recent:
            return
