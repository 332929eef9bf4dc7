"""The rules that a setting's value must keep, each with what to do when it does not."""

import re
from base64 import b64decode
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr

from bot.config.faults import Wrong
from bot.conversation.ids import LOOKS, how_written, platform_of
from bot.conversation.zones import NoSuchZone, zone_named

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_INVITER = re.compile(r"\*|@?[^\s:@]+:[^\s:@]+(:\d+)?")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
_LONGEST_PREFIX = 10


def _zone(name: str) -> str:
    """Return the time zone that a name or a city means."""
    try:
        return zone_named(name)
    except NoSuchZone as unknown:
        near = " or ".join(unknown.near)
        todo = f"Did you mean {near}?" if near else "Use a name like Europe/Berlin."
        raise Wrong(f"There is no time zone “{name}”.", todo) from None


def _homeserver(url: str) -> str:
    """Return the address of a homeserver, without a slash at its end."""
    like = "Write it like https://matrix.example.org."
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is what finds a wrong one
        (parts.hostname or "").encode("idna")
    except ValueError:
        raise Wrong("It is not an address.", like) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or " " in url:
        raise Wrong("It is not the address of a homeserver.", like)
    if parts.username or parts.query or parts.fragment:
        raise Wrong("It holds more than an address.", like)
    return url.rstrip("/")


def in_the_clear(url: str) -> bool:
    """Return whether what is sent to this address can be read on its way."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in LOOPBACK


def _person(name: str) -> str:
    if platform_of(name) is None:
        how = how_written(LOOKS)
        raise Wrong(f"“{name}” is nobody's id.", f"{how[0].upper()}{how[1:]}.")
    return name


def _matrix_id(name: str) -> str:
    if platform_of(name) != "matrix":
        raise Wrong(f"“{name}” is not a Matrix id.", "Write it like @ana:example.org.")
    return name


def _discord_id(number: str) -> str:
    if platform_of(number) != "discord":
        raise Wrong(
            f"“{number}” is not a Discord user id.",
            "It is a number like 80351110224678912: in Discord, switch on Developer Mode in the "
            "advanced settings, then choose “Copy User ID” at your name.",
        )
    return number


def _bot_token(secret: SecretStr) -> SecretStr:
    """Return a token whose first part holds the bot's id, as every bot's does."""
    token = secret.get_secret_value().strip().removeprefix("Bot ")
    if bot_of(token) is None:
        raise Wrong(
            "It is not a bot's token.",
            "Take it from Discord's developer portal, your application, “Bot”, “Reset Token”. "
            "It has three parts with dots between them; the client secret is something else.",
        )
    return SecretStr(token)


def bot_of(token: str) -> str | None:
    """Return the id of the bot that a token of Discord's is for, None when it is no token."""
    first, *rest = token.split(".")
    try:
        found = b64decode(first + "=" * (-len(first) % 4), validate=True).decode()
    except ValueError:
        return None
    whole = all(rest) and len(rest) == len(("when", "signature"))
    return found if whole and LOOKS["discord"].pattern.fullmatch(found) else None


def _inviter(pattern: str) -> str:
    if not _INVITER.fullmatch(pattern):
        raise Wrong(
            f"“{pattern}” names nobody who could invite.",
            "Name people (@ana:example.org), servers (*:example.org), or * for everybody.",
        )
    return pattern


def _language(code: str) -> str:
    if not _LANGUAGE.fullmatch(code):
        raise Wrong(f"“{code}” is not a language's code.", "Write it like en or de.")
    return code


def _prefix(sign: str) -> str:
    if not 0 < len(sign) <= _LONGEST_PREFIX or re.search(r"\s", sign) or sign.isalnum():
        raise Wrong(
            f"“{sign}” cannot stand before commands.",
            f"Use a sign like !, at most {_LONGEST_PREFIX} characters and no spaces.",
        )
    return sign


def _said(words: str) -> str:
    """Return words that say something."""
    if not words.strip():
        raise Wrong("It is empty.", "Write something here.")
    return words.strip()


def _split(value: object) -> object:
    """Return a list written in one line, as the environment holds it, as a list."""
    return tuple(re.split(r"[\s,]+", value.strip(" ,"))) if isinstance(value, str) else value


Zone = Annotated[str, AfterValidator(_zone)]
HomeserverUrl = Annotated[str, AfterValidator(_homeserver)]
MatrixId = Annotated[str, AfterValidator(_matrix_id)]
DiscordId = Annotated[str, AfterValidator(_discord_id)]
BotToken = Annotated[SecretStr, AfterValidator(_bot_token)]
Person = Annotated[str, AfterValidator(_person)]
People = Annotated[tuple[Person, ...], BeforeValidator(_split)]
Inviters = Annotated[tuple[Annotated[str, AfterValidator(_inviter)], ...], BeforeValidator(_split)]
Language = Annotated[str, AfterValidator(_language)]
Prefix = Annotated[str, AfterValidator(_prefix)]
Said = Annotated[str, AfterValidator(_said)]
