"""The first start from beginning to end, and a later login under the same config."""

import asyncio
from dataclasses import replace
from pathlib import Path

import typer

from adapters.discord.account import Application, Options
from adapters.matrix.settings import Credentials
from bot.config import Matrix, command, kept_device
from bot.conversation.ids import LOOKS
from bot.init.asking import ask_for_login, complete
from bot.init.given import DISCORD_LOGIN, MATRIX_LOGIN, Given
from bot.init.keeping import Plan, find_room, keep, plan_again, plan_anew, user_id_of
from bot.init.login import log_in
from bot.init.portal import application, ask_for_token, tell_how_to_invite
from bot.init.stopped import Stopped


def anew(
    given: Given, path: Path, data_dir: Path, options: Options, *, ask: bool, force: bool
) -> None:
    """Write a config and logins that work.

    Raises:
        ConfigError: what was given does not make a config.
        Stopped: something is missing or there already, or a login failed.
    """
    find_room(path, data_dir, force=force)
    known = complete(replace(given, where=given.where or given.meant), options, ask=ask)
    plan = plan_anew(known, path, data_dir)
    login, found = _entered(plan, known, options)
    settings = keep(plan, login, known.discord_token if found else None)
    _tell(login, found)
    typer.echo(f"The config is in {path}, the login in {settings.secrets} (show it to nobody).")
    if settings.matrix is not None:
        typer.echo(_who_may_invite(settings.matrix))
    if found is not None and settings.discord is not None:
        tell_how_to_invite(found, settings.discord)
    look, start = (command(word, config=path) for word in ("check", "run"))
    typer.echo(f"Next, to look everything over:\n  {look}\nThen, to start the bot:\n  {start}")


def again(given: Given, path: Path, options: Options, *, ask: bool) -> None:
    """Replace logins, and leave the config as it is.

    Raises:
        ConfigError: the config cannot be used.
        Stopped: there is nothing to log in with, or a login failed.
    """
    plan = plan_again(path)
    known = _what_to_replace(plan, given)
    if "matrix" in known.where and plan.settings.matrix is not None:
        if not (ask or known.password or known.access_token):
            raise Stopped(f"I need {MATRIX_LOGIN}. Nothing was written.")
        known = replace(known, device_id=known.device_id or kept_device(plan.settings.secrets))
        known = ask_for_login(known, plan.settings.matrix.user_id)
    if "discord" in known.where:
        if not (ask or known.discord_token):
            raise Stopped(f"I need {DISCORD_LOGIN}. Nothing was written.")
        known = ask_for_token(known, options)
    login, found = _entered(plan, known, options)
    settings = keep(plan, login, known.discord_token if found else None)
    _tell(login, found)
    typer.echo(f"What it logs in with is in {settings.secrets}. If the bot runs, start it again.")


def _what_to_replace(plan: Plan, given: Given) -> Given:
    """Return for which platforms there is to be a new login: those named, given for, or all."""
    there = frozenset(name for name in LOOKS if getattr(plan.settings, name) is not None)
    where = given.where or (given.meant & there) or there
    if absent := where - there:
        names = " and ".join(f"[{name}]" for name in sorted(absent))
        raise Stopped(
            f"There is no {names} in {plan.path}: add it first, as config.example.toml shows it. "
            "Nothing was written."
        )
    return replace(given, where=where)


def _entered(
    plan: Plan, known: Given, options: Options
) -> tuple[Credentials | None, Application | None]:
    """Log in everywhere; only then may anything be written."""
    for warning in plan.settings.warnings:
        typer.echo(f"Careful: {warning}", err=True)
    found = application(known, options) if "discord" in known.where else None
    matrix = plan.settings.matrix
    if matrix is None or "matrix" not in known.where:
        return None, found
    name = matrix.device_name
    return asyncio.run(log_in(matrix.homeserver, known, user_id_of(matrix), name)), found


def _tell(login: Credentials | None, found: Application | None) -> None:
    if login is not None:
        typer.echo(f"Logged in as {login.user_id}.")
    if found is not None:
        typer.echo(f"On Discord the bot is {found.bot}.")


def _who_may_invite(matrix: Matrix) -> str:
    allowed = matrix.invites_from
    if not allowed:
        return "Nobody may invite the bot yet: set [matrix] invites_from in the config."
    return f"The bot accepts invitations from {', '.join(allowed)} ([matrix] invites_from)."
