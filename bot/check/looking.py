"""The order of a check: the config first, for everything else hangs on it."""

import asyncio
from collections.abc import Iterator, Mapping
from pathlib import Path

from bot.bootstrap import Options, installation_of, wire
from bot.check.database import (
    database_findings,
    lost_findings,
    readable,
    rooms_of_circles,
)
from bot.check.files import file_findings
from bot.check.findings import Finding, fail, failed, left, ok, warn
from bot.check.homeserver import homeserver_findings
from bot.check.methods import method_findings
from bot.check.rooms import account_findings
from bot.circles.methods import MethodFault
from bot.config import ConfigError, Discord, Matrix, Settings, load, require_login
from bot.conversation.model import RoomRef
from bot.delivery.clockwork import SystemClock
from bot.store.engine import Database


def findings(path: Path, discord: Options = dict, *, online: bool) -> list[Finding]:
    """Return everything that a look at the installation under the config `path` shows.

    `discord` makes more options for discord.py's client.
    """
    try:
        settings = load(path)
    except ConfigError as error:
        why = "The bot does not start before its config can be read."
        return [fail("config", f"{f.key}: {f.what}", why, f.todo) for f in error.faults]
    found = [ok("config", f"{path} can be used."), *_offline(settings, path)]
    if not online:
        return [*found, *_not_asked(settings)]
    rooms = rooms_of_circles(settings.database) if readable(settings.database) else {}
    if settings.matrix is not None:
        found += _on_matrix(settings.matrix, rooms)
    if settings.discord is not None:
        found += _on_discord(settings, settings.discord, rooms, discord)
    return found


def _not_asked(settings: Settings) -> Iterator[Finding]:
    if settings.matrix is not None:
        yield left("homeserver", "Not asked, nor for the bot's account and rooms.")
    if settings.discord is not None:
        yield left("discord", "Not asked for the bot's application, commands and channels.")


def _offline(settings: Settings, path: Path) -> Iterator[Finding]:
    for warning in settings.warnings:
        why = "Whoever carries the traffic could read along, and take over the account."
        yield warn("config", warning, why, "Change the address, or keep the network your own.")
    yield from _login_findings(settings, path)
    if settings.matrix is not None:
        yield from _invite_findings(settings.matrix)
    yield from file_findings(settings, path)
    yield from database_findings(settings.database)
    if readable(settings.database):
        yield from lost_findings(settings.database)
    yield from method_findings(settings.prompts_dir)


def _login_findings(settings: Settings, path: Path) -> Iterator[Finding]:
    try:
        require_login(settings, path)
    except ConfigError as error:
        for fault in error.faults:
            why = "Without it the bot cannot enter its rooms."
            yield fail("login", fault.what, why, fault.todo)
    else:
        yield ok("login", "What the bot logs in with is there.")


def _invite_findings(matrix: Matrix) -> Iterator[Finding]:
    if matrix.invites_from:
        yield ok("invitations", f"Accepted from {', '.join(matrix.invites_from)}.")
    else:
        yield warn(
            "invitations",
            "Nobody may invite the bot.",
            "It turns down every invitation, so that no circle can meet in a new room.",
            "Set [matrix] invites_from, to your own id for a beginning.",
        )


def _on_discord(
    settings: Settings, discord: Discord, rooms: Mapping[RoomRef, str], options: Options
) -> list[Finding]:
    """Return what Discord says; without a token it is not asked."""
    if discord.token is None:
        return [left("discord", "It was not asked: there is no token.")]
    from bot.check.discord import discord_findings  # noqa: PLC0415 - a heavy library

    database = Database.at(settings.database)
    try:
        dispatch = wire(database, SystemClock(), {}, installation_of(settings)).dispatch
    except MethodFault:
        return [left("discord", "It was not asked: a method has to be mended first.")]
    return asyncio.run(discord_findings(discord, rooms, dispatch, options))


def _on_matrix(matrix: Matrix, rooms: Mapping[RoomRef, str]) -> list[Finding]:
    """Return what the homeserver says; nothing more is asked where it does not answer."""
    found = list(homeserver_findings(matrix.homeserver))
    if failed(found) or matrix.access_token is None:
        return [*found, left("account", "The homeserver was not asked for it, nor for its rooms.")]
    return [*found, *asyncio.run(account_findings(matrix, rooms))]
