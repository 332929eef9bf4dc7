"""The bot's application on Discord: its token, the invitation, and the switch in the portal."""

import asyncio
import io
from dataclasses import replace

import segno
import typer
from pydantic import TypeAdapter, ValidationError

from adapters.discord import invitation
from adapters.discord.account import Application, Options, application_of
from bot.config import Discord
from bot.config.rules import BotToken
from bot.conversation.model import AccountLost, PlatformError
from bot.init.given import Given
from bot.init.stopped import Stopped

PORTAL = "https://discord.com/developers/applications"
TOKEN: TypeAdapter[BotToken] = TypeAdapter(BotToken)


def ask_for_token(given: Given, options: Options) -> Given:
    """Return what was given with a token that works; one that does not is asked for again.

    Raises:
        Stopped: a token was given, and cannot be used.
    """
    if given.discord_token:
        application(given, options)
        return given
    typer.echo(
        f"For Discord the bot needs an application of yours: at {PORTAL} choose “New "
        "Application”, then “Bot”, then “Reset Token”, and copy the token."
    )
    while True:
        token = typer.prompt("The bot's token (it is not shown)", hide_input=True)
        try:
            asked = replace(given, discord_token=token)
            typer.echo(f"It belongs to {application(asked, options).bot}.")
        except Stopped as refused:
            typer.echo(_to_try_again(str(refused)), err=True)
        else:
            return asked


def _to_try_again(refusal: str) -> str:
    """Return a refusal that asks, once, to try again."""
    said = refusal.removesuffix(NOTHING)
    return said if "try again" in said else f"{said} Try again."


def owner_of(given: Given, options: Options) -> str:
    """Return the user id of who made the application, empty where a team has it."""
    return str(application(given, options).owner or "")


def application(given: Given, options: Options) -> Application:
    """Return the application that the given token belongs to.

    Raises:
        Stopped: it is no token, or Discord does not let the bot in with it.
    """
    try:
        token = TOKEN.validate_python(given.discord_token or "").get_secret_value()
        return asyncio.run(application_of(token, options))
    except ValidationError:
        raise Stopped(
            f"This is not a bot's token: it has three parts with dots between them.{NOTHING}"
        ) from None
    except AccountLost:
        raise Stopped(
            "Discord does not accept this token: take a new one in the developer portal, “Bot”, "
            f"“Reset Token”.{NOTHING}"
        ) from None
    except PlatformError as error:
        raise Stopped(f"{error} Check the network, then try again.{NOTHING}") from error


def tell_how_to_invite(found: Application, discord: Discord) -> None:
    """Print where the bot is invited, as words and as a picture, and what it may read."""
    link = invitation.link(found.id)
    picture = io.StringIO()
    segno.make(link, micro=False).terminal(picture, compact=True)
    titles = ", ".join(each.title for each in invitation.ASKED)
    typer.echo(f"\nTo invite the bot, open this link as somebody who manages the server:\n{link}")
    typer.echo(f"It asks for: {titles}.\nThe same link for a phone:\n{picture.getvalue()}")
    typer.echo(READS if discord.read_rooms else READS_NOT)
    if discord.read_rooms and not (found.words and found.members):
        typer.echo("Careful: not both are switched on yet, and the bot cannot start.", err=True)
    if found.code:
        typer.echo(
            "Careful: switch off “Requires OAuth2 Code Grant” in the developer portal, “Bot”; "
            "with it nobody can invite the bot.",
            err=True,
        )


NOTHING = " Nothing was written."
READS_NOT = (
    "The bot reads only what is meant for it: commands, forms, buttons, a message's menu, replies "
    "to it and messages that mention it. Of others it knows that somebody wrote, and not what. "
    "Circles work so. To let it read everything in their channels, switch on “Message Content "
    "Intent” and “Server Members Intent” in the developer portal, “Bot”, and set read_rooms = true "
    "under [discord] in the config."
)
READS = (
    "The bot reads everything in the channels that it sees ([discord] read_rooms). In the "
    "developer portal, “Bot”, “Message Content Intent” and “Server Members Intent” have to be "
    "switched on for that."
)
