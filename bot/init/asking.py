"""What the first start must know: taken from flags and the environment, else asked."""

import asyncio
import os
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import typer
from pydantic import TypeAdapter, ValidationError

from adapters.discord.account import Options
from adapters.matrix.login import find
from bot.config.faults import Wrong
from bot.config.rules import DiscordId, HomeserverUrl, MatrixId, Said, Zone
from bot.conversation.model import PlatformError
from bot.init.given import Given
from bot.init.portal import ask_for_token, owner_of
from bot.init.stopped import Stopped

ADDRESS: TypeAdapter[str] = TypeAdapter(HomeserverUrl)
ZONE: TypeAdapter[str] = TypeAdapter(Zone)
PLACES = {
    "discord": frozenset({"discord"}),
    "matrix": frozenset({"matrix"}),
    "both": frozenset({"discord", "matrix"}),
}


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked where the bot is to be `on` a platform, and the rule for an answer."""

    words: str
    rule: TypeAdapter[str]
    optional: bool = False
    on: str = ""


QUESTIONS = {
    "homeserver": Question(
        "Homeserver of the bot's account, like https://matrix.org", ADDRESS, on="matrix"
    ),
    "user_id": Question(
        "The bot's Matrix id, like @circlekeeper:matrix.org", TypeAdapter(MatrixId), on="matrix"
    ),
    "run_by": Question(
        "Who runs this bot? It says so when it introduces itself", TypeAdapter(Said)
    ),
    "organiser": Question(
        "Your own Matrix id, so that you may invite the bot and start circles (Enter: skip)",
        TypeAdapter(MatrixId),
        optional=True,
        on="matrix",
    ),
    "discord_organiser": Question(
        "Your own Discord user id, so that you may start circles anywhere (- for nobody)",
        TypeAdapter(DiscordId),
        optional=True,
        on="discord",
    ),
    "time_zone": Question("Time zone of your circles", ZONE),
}


def complete(given: Given, options: Options, *, ask: bool) -> Given:
    """Return everything that must be known; questions are put only when something is missing.

    Raises:
        Stopped: something is missing, and nobody may be asked.
    """
    if given.missing and not ask:
        raise Stopped(f"I need {', '.join(given.missing)}. Nothing was written.")
    known = _asked(given, options) if given.missing else given
    return replace(
        known,
        homeserver=_with_scheme(known.homeserver or ""),
        time_zone=known.time_zone or machine_zone(),
    )


def ask_for_login(given: Given, user_id: str) -> Given:
    """Return a password or an access token with what was given."""
    if given.password or given.access_token:
        return given
    question = f"Password of {user_id} (Enter alone: give an access token instead)"
    password = typer.prompt(question, default="", show_default=False, hide_input=True)
    if password:
        return replace(given, password=password)
    token = typer.prompt("Access token", hide_input=True)
    return replace(given, access_token=token.strip())


def _asked(given: Given, options: Options) -> Given:
    """Return what was given, and the answers to what was not.

    What the rest is of no use without comes first, and is looked for at once: the homeserver, and
    the bot's token for Discord.

    Raises:
        Stopped: what was given of these cannot be used.
    """
    typer.echo("A few questions, then I log in and write the config. Ctrl-C stops everything.\n")
    known = replace(given, where=given.where or _ask_where())
    if known.homeserver and "matrix" in known.where:
        known = replace(known, homeserver=_given_address(known.homeserver))
    likely = {"time_zone": machine_zone()}
    for item in fields(known):
        if item.name == "discord_token" and "discord" in known.where:
            known = ask_for_token(known, options)
            likely["discord_organiser"] = owner_of(known, options)
        elif _is_open(known, item.name):
            answer: Any = _ask(QUESTIONS[item.name], likely.get(item.name, ""))
            known = replace(known, **{item.name: answer})
    return ask_for_login(known, known.user_id or "the bot") if "matrix" in known.where else known


def _ask_where() -> frozenset[str]:
    where: frozenset[str] = typer.prompt(
        "Where is the bot to be: discord, matrix or both",
        value_proc=lambda answer: place(answer.strip().lower()),
    )
    return where


def place(answer: str) -> frozenset[str]:
    """Return the platforms that an answer means."""
    try:
        return PLACES[answer]
    except KeyError:
        raise typer.BadParameter(f"say {', '.join(PLACES)}, not {answer[:40]}.") from None


def _given_address(address: str) -> str:
    try:
        return _checked(QUESTIONS["homeserver"], address)
    except typer.BadParameter as error:
        raise Stopped(f"{error.message} Nothing was written.") from None


def _is_open(given: Given, name: str) -> bool:
    """Return whether something is a question, still unanswered, and of a platform to be on."""
    if name not in QUESTIONS or getattr(given, name) is not None:
        return False
    return QUESTIONS[name].on in ("", *given.where)


def _ask(question: Question, likely: str) -> str:
    """Return the answer to one question, asked until it can be used."""
    answer: str = typer.prompt(
        question.words,
        default=likely or ("" if question.optional else None),
        show_default=bool(likely),
        value_proc=lambda answer: _checked(question, answer.strip()),
    )
    return answer


def _checked(question: Question, answer: str) -> str:
    """Return an answer as a value; one that cannot be used is asked for again."""
    if answer in ("", "-") and question.optional:
        return ""
    value = _with_scheme(answer) if question.rule is ADDRESS else answer
    try:
        valid = question.rule.validate_python(value)
        return _found(valid) if question.rule is ADDRESS else valid
    except ValidationError as error:
        cause = error.errors()[0].get("ctx", {}).get("error")
        said = f"{cause.what} {cause.todo}" if isinstance(cause, Wrong) else "Try again."
        raise typer.BadParameter(said) from None


def _found(address: str) -> str:
    """Return where the homeserver of an address is; one that does not answer is asked for again."""
    try:
        homeserver = ADDRESS.validate_python(asyncio.run(find(address)))
    except PlatformError as error:
        said = f"{address} cannot be used. {error} Check its spelling and your network."
        raise typer.BadParameter(said) from None
    if homeserver != address:
        typer.echo(f"Its homeserver is {homeserver}.")
    return homeserver


def _with_scheme(address: str) -> str:
    """Return an address that somebody gave by its name only as one that is safe to call."""
    return address if "://" in address or not address else f"https://{address}"


def machine_zone() -> str:
    """Return the time zone that this machine is set to, UTC when it does not say."""
    link = Path("/etc/localtime")
    target = str(link.readlink()) if link.is_symlink() else ""
    for name in (os.environ.get("TZ", "").removeprefix(":"), target.partition("zoneinfo/")[2]):
        try:
            return ZONE.validate_python(name)
        except ValidationError:
            continue
    return "UTC"
