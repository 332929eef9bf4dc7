"""The first start from beginning to end, and a later login under the same config."""

import asyncio
from dataclasses import replace
from pathlib import Path

import typer

from bot.config import Settings, command, kept_device
from bot.init.asking import Given, ask_for_login, complete
from bot.init.keeping import Plan, find_room, keep, plan_again, plan_anew
from bot.init.login import log_in
from bot.init.stopped import Stopped


def anew(given: Given, path: Path, data_dir: Path, *, ask: bool, force: bool) -> None:
    """Write a config and a login that works.

    Raises:
        ConfigError: what was given does not make a config.
        Stopped: something is missing or there already, or the login failed.
    """
    find_room(path, data_dir, force=force)
    known = complete(given, ask=ask)
    settings = _finish(plan_anew(known, path, data_dir), known)
    typer.echo(f"Logged in as {settings.matrix and settings.matrix.user_id}.")
    typer.echo(f"The config is in {path}, the login in {settings.secrets} (show it to nobody).")
    typer.echo(_who_may_invite(settings))
    look, start = (command(word, config=path) for word in ("check", "run"))
    typer.echo(f"Next, to look everything over:\n  {look}\nThen, to start the bot:\n  {start}")


def again(given: Given, path: Path, *, ask: bool) -> None:
    """Replace the login, and leave the config as it is.

    Raises:
        ConfigError: the config cannot be used.
        Stopped: there is nothing to log in with, or the login failed.
    """
    plan = plan_again(path)
    if not (ask or given.password or given.access_token):
        raise Stopped(
            "I need the password (CIRCLEKEEPER_PASSWORD or --password-file) or an access token "
            "(CIRCLEKEEPER_MATRIX__ACCESS_TOKEN or --access-token-file). Nothing was written."
        )
    known = replace(given, device_id=given.device_id or kept_device(plan.settings.secrets))
    settings = _finish(plan, ask_for_login(known, plan.matrix.user_id))
    typer.echo(f"Logged in as {plan.matrix.user_id}; the login is in {settings.secrets}.")
    typer.echo("If the bot is running, start it again.")


def _finish(plan: Plan, known: Given) -> Settings:
    """Log in, and only then write."""
    for warning in plan.settings.warnings:
        typer.echo(f"Careful: {warning}", err=True)
    matrix = plan.matrix
    found = asyncio.run(log_in(matrix.homeserver, known, plan.user_id, matrix.device_name))
    return keep(plan, found.user_id, found.access_token, found.device_id)


def _who_may_invite(settings: Settings) -> str:
    allowed = settings.matrix.invites_from if settings.matrix else ()
    if not allowed:
        return "Nobody may invite the bot yet: set [matrix] invites_from in the config."
    return f"The bot accepts invitations from {', '.join(allowed)} ([matrix] invites_from)."
