"""The bot's account, and whether it can do its work in the rooms of its circles."""

from collections.abc import Iterator, Mapping

from adapters.matrix import login, rights
from adapters.matrix.client import Homeserver
from adapters.matrix.raw import number, strings
from adapters.matrix.scene import PLATFORM
from adapters.matrix.settings import Credentials
from bot.check.findings import Finding, fail, ok, warn
from bot.config import Matrix, command
from bot.conversation.model import AccountLost, PlatformError, RoomRef


async def account_findings(matrix: Matrix, circles: Mapping[RoomRef, str]) -> list[Finding]:
    """Return whether the login works, and how it stands with each room of a circle."""
    token = matrix.access_token.get_secret_value() if matrix.access_token else ""
    try:
        known = await login.check(matrix.homeserver, token, matrix.device_id or "")
    except AccountLost:
        what = "The homeserver no longer accepts the access token."
        return [fail("account", what, "The bot cannot enter its rooms.", _again())]
    except PlatformError as error:
        return [fail("account", str(error), "The bot cannot be sure of its login.", _again())]
    return [_account(matrix, known), *await _rooms(known, circles)]


def _account(matrix: Matrix, known: Credentials) -> Finding:
    if known.user_id == matrix.user_id:
        return ok("account", f"The login works: {known.user_id}, device {known.device_id}.")
    return fail(
        "account",
        f"The login belongs to {known.user_id}, and [matrix] user_id is {matrix.user_id}.",
        "The bot would take its own words for somebody else's.",
        f"Correct user_id. Or: {_again()}",
    )


def _again() -> str:
    return f"Log in again: {command('init', '--login')}"


async def _rooms(known: Credentials, circles: Mapping[RoomRef, str]) -> list[Finding]:
    """Return how it stands with each room on this platform."""
    async with Homeserver(known) as server:
        try:
            joined = strings(await server.get("joined_rooms"), "joined_rooms")
            rooms = {room.id: name for room, name in circles.items() if room.platform == PLATFORM}
            return [
                finding
                for room, name in rooms.items()
                for finding in await _room(server, room, name, joined=room in joined)
            ]
        except PlatformError as error:
            why = "I could not look at every room."
            return [warn("rooms", str(error), why, "Try again in a minute.")]


async def _room(server: Homeserver, room: str, circle: str, *, joined: bool) -> list[Finding]:
    about = f"circle {circle}"
    if not joined:
        what, why = f"The bot is not in {room}.", "It can neither ask nor hear anything there."
        return [fail(about, what, why, "Invite it again, or attach another room.")]
    found = [*_encrypted(about, room, await rights.state(server, room, "m.room.encryption"))]
    if not await _may_write(server, room):
        what, why = f"The bot may not write in {room}.", "Its prompts do not arrive."
        found.append(fail(about, what, why, "Raise its power level, or lower what writing takes."))
    return found or [ok(about, f"The bot may write in {room}.")]


def _encrypted(about: str, room: str, state: object) -> Iterator[Finding]:
    if state is not None:
        yield warn(
            about,
            f"{room} is encrypted.",
            "The bot cannot read what is written there yet.",
            "Meet in a room without encryption.",
        )


async def _may_write(server: Homeserver, room: str) -> bool:
    """Return whether the bot's power is enough for a message."""
    levels = await rights.state(server, room, "m.room.power_levels")
    create = await server.get("rooms", room, "state", "m.room.create", "", format="event")
    needed = number(levels, "events_default")
    needed = number(levels, "events", "m.room.message", default=needed)
    return rights.level(server.me, levels, create) >= needed
