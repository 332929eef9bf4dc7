"""What a homeserver's refusals mean for the core."""

import os
import ssl
from datetime import timedelta
from http import HTTPStatus
from socket import gaierror

from adapters.matrix.raw import Json, number, words
from bot.conversation.model import (
    AccountLost,
    NotPermitted,
    PlatformError,
    PlatformUnavailable,
)

DEAD = frozenset({"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED"})
FORBIDDEN = frozenset({"M_FORBIDDEN", "M_USER_SUSPENDED", "M_INVITE_BLOCKED", "M_GUEST_ACCESS"})
RETRIED = 408, 425, 429
"""What is worth another try although it is no server's fault."""


class NotFound(PlatformError):
    """The homeserver knows no such thing."""


class AlreadyRunning(PlatformError):
    """Another running bot uses the account."""


def expect(status: int, body: Json | None, retry_after: str = "") -> Json:
    """Return the body of an answer that is a success; `retry_after` is the header of that name.

    Raises:
        PlatformUnavailable: the homeserver is down or asks to slow down.
        NotPermitted: it forbids that.
        NotFound: it knows no such thing.
        AccountLost: it no longer takes the access token.
        PlatformError: anything else.
    """
    if status < HTTPStatus.MULTIPLE_CHOICES and body is not None:
        return body
    code, why = words(body, "errcode"), words(body, "error")
    if code in DEAD:
        raise AccountLost(
            "The homeserver no longer accepts the bot's access token: log in again with "
            f"`circlekeeper init --login`. ({code})"
        )
    said = f"The homeserver answered {status} {code}: {why}".rstrip(": ")
    if body is None and status < HTTPStatus.INTERNAL_SERVER_ERROR:
        said = f"What answers there is no Matrix homeserver (it says {status})."
    if status in RETRIED or code == "M_LIMIT_EXCEEDED":
        raise PlatformUnavailable(said, _pause(body, retry_after))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or body is None:
        raise PlatformUnavailable(said, None)
    raise _refusal(status, code)(said)


def silence(error: BaseException) -> str:
    """Return in a few plain words why a server was not reached."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid ({error.verify_message})"
    for kind, words_for_it in _SILENCES:
        if isinstance(error, kind):
            return words_for_it
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number).lower() if number else "the connection broke off"


_SILENCES = (
    (TimeoutError, "no answer came in time"),
    (gaierror, "no server is known by that name"),
    (ssl.SSLError, "it does not speak https"),
    (ConnectionRefusedError, "nothing listens there (connection refused)"),
)


def _refusal(status: int, code: str) -> type[PlatformError]:
    if code in FORBIDDEN or (status in (401, 403) and not code):
        return NotPermitted
    return NotFound if status == HTTPStatus.NOT_FOUND or code == "M_NOT_FOUND" else PlatformError


def _pause(body: Json | None, retry_after: str) -> timedelta | None:
    seconds = int(retry_after) if retry_after.isdecimal() else 0
    wait = number(body, "retry_after_ms") or 1000 * seconds
    return timedelta(milliseconds=wait) if wait > 0 else None
