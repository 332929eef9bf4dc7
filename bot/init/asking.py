"""What the first start must know: taken from flags and the environment, else asked."""

import asyncio
import os
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import typer
from pydantic import TypeAdapter, ValidationError

from adapters.matrix.login import find
from bot.config.faults import Wrong
from bot.config.rules import HomeserverUrl, MatrixId, Said, Zone
from bot.conversation.model import PlatformError
from bot.init.stopped import Stopped


@dataclass(frozen=True, slots=True)
class Given:
    """What is known so far; None is not known."""

    homeserver: str | None = None
    user_id: str | None = None
    run_by: str | None = None
    organiser: str | None = None
    time_zone: str | None = None
    password: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    device_id: str | None = None

    @property
    def missing(self) -> list[str]:
        """What nobody can go on without, in words for a person."""
        needed = {
            "the homeserver (--homeserver)": self.homeserver,
            "the bot's Matrix id (--user-id)": self.user_id or self.access_token,
            "who runs the bot (--run-by)": self.run_by,
            "its password (CIRCLEKEEPER_PASSWORD or --password-file) or an access token "
            "(CIRCLEKEEPER_MATRIX__ACCESS_TOKEN or --access-token-file)": self.password
            or self.access_token,
        }
        return [words for words, value in needed.items() if not value]


ADDRESS: TypeAdapter[str] = TypeAdapter(HomeserverUrl)
ID: TypeAdapter[str] = TypeAdapter(MatrixId)
ZONE: TypeAdapter[str] = TypeAdapter(Zone)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, and the rule that an answer must keep."""

    words: str
    rule: TypeAdapter[str]
    optional: bool = False


QUESTIONS = {
    "homeserver": Question("Homeserver of the bot's account, like https://matrix.org", ADDRESS),
    "user_id": Question("The bot's Matrix id, like @circlekeeper:matrix.org", ID),
    "run_by": Question(
        "Who runs this bot? It says so when it introduces itself", TypeAdapter(Said)
    ),
    "organiser": Question(
        "Your own Matrix id, so that you may invite the bot and start circles (Enter: skip)",
        ID,
        optional=True,
    ),
    "time_zone": Question("Time zone of your circles", ZONE),
}


def complete(given: Given, *, ask: bool) -> Given:
    """Return everything that must be known; questions are put only when something is missing.

    Raises:
        Stopped: something is missing, and nobody may be asked.
    """
    if given.missing and not ask:
        raise Stopped(f"I need {', '.join(given.missing)}. Nothing was written.")
    known = _asked(given) if given.missing else given
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


def _asked(given: Given) -> Given:
    """Return what was given, and the answers to what was not.

    The homeserver comes first, and is looked for at once: without it the rest is of no use.

    Raises:
        Stopped: no homeserver answers at the address that was given.
    """
    typer.echo("A few questions, then I log in and write the config. Ctrl-C stops everything.\n")
    if given.homeserver:
        given = replace(given, homeserver=_given_address(given.homeserver))
    answers = {item.name: _ask(item.name) for item in fields(given) if _is_open(given, item.name)}
    known = replace(given, **answers)
    return ask_for_login(known, known.user_id or "the bot")


def _given_address(address: str) -> str:
    try:
        return _checked(QUESTIONS["homeserver"], address)
    except typer.BadParameter as error:
        raise Stopped(f"{error.message} Nothing was written.") from None


def _is_open(given: Given, name: str) -> bool:
    return name in QUESTIONS and getattr(given, name) is None


def _ask(name: str) -> str:
    """Return the answer to one question, asked until it can be used."""
    question = QUESTIONS[name]
    likely = machine_zone() if name == "time_zone" else None
    default = "" if question.optional else likely
    answer: str = typer.prompt(
        question.words,
        default=default,
        show_default=bool(default),
        value_proc=lambda answer: _checked(question, answer.strip()),
    )
    return answer


def _checked(question: Question, answer: str) -> str:
    """Return an answer as a value; one that cannot be used is asked for again."""
    if not answer and question.optional:
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
