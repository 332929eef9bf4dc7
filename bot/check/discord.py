"""The bot on Discord: its application, its commands, its servers and its circles' channels."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from adapters.discord import invitation
from adapters.discord.account import Application, Options, asking
from adapters.discord.channels import Channel, channels, servers
from adapters.discord.client import CircleClient, build
from adapters.discord.invitation import Asked
from adapters.discord.markup import PLATFORM
from adapters.discord.places import channel_of, guild_of
from bot.check.clock import clock_finding
from bot.check.findings import Finding, fail, ok, warn
from bot.config import Discord, command
from bot.conversation.dispatch import Dispatch
from bot.conversation.model import AccountLost, PlatformError, RoomRef

PORTAL = "https://discord.com/developers/applications"
APART = 5.0
"""Seconds that the clocks may differ before it is worth a word: answers have to come in three."""
NAMED = 10


async def discord_findings(
    discord: Discord, circles: Mapping[RoomRef, str], dispatch: Dispatch, options: Options
) -> list[Finding]:
    """Return how it stands with the bot on Discord, and with each channel of a circle there."""
    token = discord.token.get_secret_value() if discord.token else ""
    found: list[Finding] = []
    try:
        async with asking(token, options, partial(build, dispatch)) as asked:
            found += _account(asked.application, discord)
            found += _clock(asked.ahead)
            found.append(await _commands(asked.client))
            found.append(_servers(await servers(asked.client)))
            found += await _rooms(asked.client, circles, invitation.link(asked.application.id))
    except AccountLost as error:
        todo = f"Take a new one at {PORTAL}, “Bot”, then: {command('init', '--login')}"
        return [fail("discord", str(error), "The bot cannot log in.", todo)]
    except PlatformError as error:
        say = warn if found else fail
        why, todo = "I could not look at everything.", "Check the network; try again in a minute."
        found.append(say("discord", str(error), why, todo))
    return found


def _account(application: Application, discord: Discord) -> Iterator[Finding]:
    """Yield how the application is set up in the developer portal."""
    yield ok("discord", f"The token works: {application.bot}, application {application.id}.")
    yield _intents(application, discord)
    if application.elsewhere:
        yield fail(
            "discord application",
            "Its Interactions Endpoint URL is set.",
            "Discord tells commands and buttons to that address, and not to the bot.",
            f"Empty the field at {PORTAL}, “General Information”.",
        )
    if application.code:
        yield warn(
            "discord application",
            "“Requires OAuth2 Code Grant” is switched on.",
            "Nobody can invite the bot by its link.",
            f"Switch it off at {PORTAL}, “Bot”.",
        )
    yield ok("discord invitation", invitation.link(application.id))


def _intents(application: Application, discord: Discord) -> Finding:
    """Return whether the bot may read what it is set up to read, and what it goes without."""
    about = "discord reading"
    switches = {
        "Message Content Intent": application.words,
        "Server Members Intent": application.members,
    }
    off = [name for name, on in switches.items() if not on]
    if not discord.read_rooms:
        return ok(about, _WITHOUT)
    if not off:
        return ok(about, f"The bot reads whole channels: {' and '.join(switches)} are on.")
    return fail(
        about,
        f"[discord] read_rooms is true, and off in the developer portal: {' and '.join(off)}.",
        "Discord lets the bot in only with what it asks for.",
        f"Switch it on at {PORTAL}, “Bot”, or set read_rooms = false.",
    )


def _clock(ahead: Sequence[float]) -> Iterator[Finding]:
    if ahead:
        yield clock_finding("discord clock", "Discord", min(ahead, key=abs), APART)


async def _commands(client: CircleClient) -> Finding:
    """Return whether Discord shows the commands that this version has."""
    about, held = "discord commands", await client.held_commands()
    if not await client.commands_differ():
        return ok(about, "Discord shows them as this version has them.")
    what = "It does not show them as this version has them." if held else "It shows none yet."
    why = "Who types / would not find what the bot can do."
    return warn(about, what, why, "Start the bot: it tells Discord its commands.")


def _servers(names: list[str]) -> Finding:
    about = "discord servers"
    if not names:
        why = "A circle needs a channel to meet in."
        todo = "Open the invitation link as somebody who manages a server."
        return warn(about, "The bot is on none yet.", why, todo)
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ok(about, f"The bot is on {len(names)}: {', '.join(names[:NAMED])}{more}.")


async def _rooms(client: CircleClient, circles: Mapping[RoomRef, str], again: str) -> list[Finding]:
    """Return how it stands with each channel of a circle; `again` invites the bot once more."""
    found: list[Finding] = []
    mine = {room: name for room, name in circles.items() if room.platform == PLATFORM}
    for server in sorted({guild_of(room) or 0 for room in mine}):
        rooms = [room for room in mine if (guild_of(room) or 0) == server]
        there = await channels(client, server, {channel_of(room) for room in rooms})
        for room in rooms:
            found += _room(f"circle {mine[room]}", room, there.get(channel_of(room)), again)
    return found


def _room(about: str, room: RoomRef, channel: Channel | None, again: str) -> list[Finding]:
    if channel is None:
        what = f"The channel {channel_of(room)} is gone, or the bot is not on its server."
        why, todo = "It can neither ask nor hear anything there.", "Attach another channel, or: "
        return [fail(about, what, why, f"{todo}{again}")]
    found = [*_lacking(about, channel, again)]
    if not channel.commands:
        why = "What members do with the bot are commands."
        todo = "Allow Use Application Commands to everyone in the channel's settings."
        what = f"In {channel.name} members may not use commands."
        found.append(warn(about, what, why, todo))
    return found or [ok(about, f"The bot may do all that it needs in {channel.name}.")]


def _lacking(about: str, channel: Channel, again: str) -> Iterator[Finding]:
    """Yield which permissions are missing: those without which nothing goes, then the others."""
    todo = (
        "Allow it to the bot's role in the channel's settings, or invite the bot again, which "
        f"gives the role what it asks for: {again}"
    )
    for vital, say in ((True, fail), (False, warn)):
        lacks = [each for each in channel.lacks if each.vital is vital]
        if lacks:
            titles = ", ".join(each.title for each in lacks)
            yield say(about, f"In {channel.name} the bot lacks: {titles}.", _purposes(lacks), todo)


def _purposes(lacks: list[Asked]) -> str:
    return f"With it {'; '.join(each.purpose for each in lacks)}."


_WITHOUT = (
    "The bot reads only what is meant for it ([discord] read_rooms is false). What other messages "
    "say it does not see: their words have no number, and a mark by reaction asks the author to "
    "use the message's menu. Of who is in a channel it knows those who did something there."
)
