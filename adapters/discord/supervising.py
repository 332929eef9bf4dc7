"""Keeps a client running: what ends one, what is waited for, and what only a person can mend."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import discord
import structlog

from adapters.discord.client import CircleClient
from adapters.discord.line import Line
from adapters.discord.settings import DiscordSettings
from adapters.discord.waiting import TOO_MANY, Pauses, asked_for, heed, passes
from bot.conversation.model import AccountLost

FIRST_LINE = timedelta(minutes=1)
"""How long the first connection may take before it is begun anew, in plain sight."""

SLOWLY = 30.0
"""Seconds between attempts that Discord itself refused: it bans who asks too often."""

LOGIN = 180.0
"""Seconds after which a login that brings neither yes nor no is begun anew."""

CLOSING = 5.0
"""Seconds that a goodbye may take."""

AGAIN = 0.1
"""Seconds after which a task that goes on is cancelled once more."""

FEW = 3
"""Sessions that are left for the rest of the day: a bot that uses up all loses its token."""

UNAUTHORISED = 4004
NEWER = {4012, 4013}
SHARDS = {4010, 4011}

REFUSED = (
    "Discord does not take the bot's token any more. Make a new one in the developer portal "
    "(your application, “Bot”, “Reset Token”), give it to circlekeeper init --login, or put it "
    "where the old one was; then start again."
)
SWITCH = (
    "Discord does not let the bot read whole conversations. Either switch on “Message Content "
    "Intent” and “Server Members Intent” in the developer portal (your application, “Bot”), or "
    "set read_rooms = false under [discord] in the config; then start again."
)
TOO_OLD = (
    "Discord does not understand this version of the bot any more. Update Circlekeeper and "
    "start again."
)

log = structlog.get_logger(__name__)


class Spent(Exception):
    """There are no more sessions to begin for a while."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class Stuck(Exception):
    """A connection does not come about, or does not come back."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a client ended, in words; `least` is how long to wait, `asked` what Discord says."""

    action: str
    says: str
    least: float = 0.0
    asked: float | None = None


AWAY = Trouble("discord_away", "Discord does not answer or is down; I try again.")


def trouble_of(error: BaseException) -> Trouble:
    """Return what ended a client, where waiting or another client helps.

    Raises:
        AccountLost: only a person can mend it.
    """
    if isinstance(error, discord.PrivilegedIntentsRequired):
        raise AccountLost(SWITCH) from error
    if isinstance(error, discord.LoginFailure):
        raise AccountLost(REFUSED) from error
    if isinstance(error, discord.ConnectionClosed):
        return _closed(error)
    if isinstance(error, Spent):
        says = "The bot has begun nearly as many sessions as Discord allows in a day; I wait."
        return Trouble("sessions_spent", says, SLOWLY, error.seconds)
    if isinstance(error, Stuck):
        return Trouble("not_connected", "No connection to Discord comes about; I begin anew.")
    if isinstance(error, discord.HTTPException | discord.RateLimited):
        return _answered(error)
    if passes(error):
        return AWAY
    says = "discord.py stopped at something it did not understand; I begin anew and look back."
    return Trouble("client_broken", says)


def _closed(error: discord.ConnectionClosed) -> Trouble:
    if error.code == UNAUTHORISED:
        raise AccountLost(REFUSED) from error
    if error.code in NEWER:
        raise AccountLost(TOO_OLD) from error
    if error.code in SHARDS:
        says = "Discord wants the bot's guilds spread over more connections; I ask how many."
        return Trouble("shards_refused", says, SLOWLY)
    return AWAY


def _answered(error: discord.HTTPException | discord.RateLimited) -> Trouble:
    if isinstance(error, discord.RateLimited) or error.status == TOO_MANY:
        says = "Discord asks the bot to slow down; I wait before I log in again."
        return Trouble("told_to_wait", says, SLOWLY, asked_for(error))
    if passes(error):
        return AWAY
    return Trouble("login_refused", "Discord refuses the login; I try again.", SLOWLY)


@dataclass(slots=True)
class Supervisor:
    """Runs one client after another until cancelled; each is used once."""

    make: Callable[[], CircleClient]
    settings: DiscordSettings
    attend: Callable[[Line], None]
    first_line: timedelta = FIRST_LINE

    async def run(self) -> None:
        """Keep a client running.

        Raises:
            AccountLost: only a person can mend it; the text says how.
        """
        pauses = Pauses(self.settings.longest_pause)
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            line = Line(self.make())
            self.attend(line)
            trouble = await self._once(line)
            heed()
            if line.stood and clock() - began > self.settings.longest_pause.total_seconds():
                pauses.begin_anew()
            seconds = pauses.next(trouble.asked, least=trouble.least)
            log.warning(
                trouble.action, action=trouble.action, says=trouble.says, seconds=round(seconds, 1)
            )
            await asyncio.sleep(seconds)

    async def _once(self, line: Line) -> Trouble:
        try:
            await self._live(line)
        except Exception as error:  # the loop goes on; what it cannot mend it raises again
            trouble = trouble_of(error)
            if trouble.action == "client_broken":
                log.exception("client_broken", action="client_broken")
            return trouble
        else:
            return Trouble("client_ended", "The connection to Discord ended; I begin anew.")
        finally:
            line.gone.set()
            await _closed_for_good(line.client)

    async def _live(self, line: Line) -> None:
        client = line.client
        async with asyncio.timeout(LOGIN):
            await client.login(self.settings.token)
            limits = await client.fetch_session_start_limits()
        if limits.remaining <= FEW:
            raise Spent(limits.reset_after / 1000)
        longest = max(self.settings.longest_pause.total_seconds(), 0.5)
        connected = asyncio.ensure_future(client.connect())
        broken = asyncio.ensure_future(line.broken(self.first_line.total_seconds(), longest))
        try:
            await asyncio.wait([connected, broken], return_when=asyncio.FIRST_COMPLETED)
            if connected.done():
                return connected.result()
            raise Stuck
        finally:
            await _ended(connected, broken)


async def _closed_for_good(client: CircleClient) -> None:
    """Close a client, also when that is interrupted; a goodbye that takes too long is cut off."""
    closing = asyncio.ensure_future(client.close())
    try:
        await asyncio.wait([closing], timeout=CLOSING)
    finally:
        if not closing.done():
            await asyncio.wait([closing], timeout=CLOSING)
        if not closing.done():
            closing.cancel()
            await client.http.close()
        elif error := closing.exception():
            log.warning("not_closed", action="not_closed", error=type(error).__name__)


async def _ended(*tasks: asyncio.Future[None]) -> None:
    """Cancel tasks until they have ended: discord.py takes no notice while it identifies anew."""
    while waiting := [task for task in tasks if not task.done()]:
        for task in waiting:
            task.cancel()
        await asyncio.wait(waiting, timeout=AGAIN)
    for task in tasks:
        if not task.cancelled():
            task.exception()
