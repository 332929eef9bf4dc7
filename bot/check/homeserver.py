"""The homeserver: does it answer, is it one, do its clock and ours agree."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from adapters.matrix.errors import silence
from bot.check.clock import clock_finding
from bot.check.findings import Finding, fail, ok

PATIENCE = 15.0
APART = 10.0
"""Seconds that the clocks may differ before it is worth a word."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What a homeserver says to anybody; by how many seconds its clock is `ahead` of ours."""

    versions: tuple[str, ...]
    ahead: float | None


def homeserver_findings(homeserver: str) -> Iterator[Finding]:
    """Yield whether the homeserver can be used, and whether the clocks agree."""
    try:
        reached = _reach(homeserver)
    except (OSError, HTTPException, ValueError) as error:
        yield fail(
            "homeserver",
            f"{homeserver} does not answer as a Matrix homeserver: {_reason(error)}.",
            "The bot lives on it.",
            "Check [matrix] homeserver, the network, and whether the homeserver runs.",
        )
        return
    yield _version(homeserver, reached.versions)
    if reached.ahead is not None:
        yield clock_finding("clock", "the homeserver", reached.ahead, APART)


def _reach(homeserver: str) -> Reached:
    """Return what the homeserver says of itself; raises where there is none."""
    request = Request(f"{homeserver}/_matrix/client/versions")  # noqa: S310 - settings allow http(s)
    with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - as above
        now, date = time.time(), answer.headers.get("Date")
        told = json.loads(answer.read())
    versions = told.get("versions") if isinstance(told, dict) else None
    if not isinstance(versions, list):
        raise HTTPException("no versions")
    ahead = parsedate_to_datetime(date).timestamp() - now if date else None
    return Reached(tuple(str(version) for version in versions), ahead)


def _reason(error: Exception) -> str:
    """Return in a few words why a homeserver was not reached."""
    if isinstance(error, HTTPError):
        return f"it says {error.code}"
    if isinstance(error, OSError):
        cause = error.reason if isinstance(error, URLError) else error
        return silence(cause) if isinstance(cause, OSError) else "it speaks something else"
    return "it speaks something else"


def _version(homeserver: str, versions: tuple[str, ...]) -> Finding:
    modern = [version for version in versions if version.startswith("v")]
    if modern:
        return ok("homeserver", f"{homeserver} answers and speaks Matrix {modern[-1]}.")
    return fail(
        "homeserver",
        f"{homeserver} answers and is too old.",
        "The bot needs Matrix v1.1 or later.",
        "Bring the homeserver up to date, or use another.",
    )
