"""What a check finds, and how it reads."""

import json
import textwrap
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

_INDENT = " " * 6


class Status(StrEnum):
    """How it stands."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `why` it matters and what `todo` are empty when it is well."""

    about: str
    status: Status
    what: str
    why: str = ""
    todo: str = ""


def ok(about: str, what: str) -> Finding:
    """Return that something is well."""
    return Finding(about, Status.OK, what)


def warn(about: str, what: str, why: str, todo: str) -> Finding:
    """Return that something works and should be otherwise."""
    return Finding(about, Status.WARN, what, why, todo)


def fail(about: str, what: str, why: str, todo: str) -> Finding:
    """Return that something keeps the bot from its work."""
    return Finding(about, Status.FAIL, what, why, todo)


def left(about: str, what: str) -> Finding:
    """Return that something was not looked at."""
    return Finding(about, Status.LEFT, what)


def failed(found: Sequence[Finding]) -> bool:
    """Return whether anything keeps the bot from its work."""
    return any(finding.status is Status.FAIL for finding in found)


def to_json(found: Sequence[Finding]) -> str:
    """Return the findings for machines."""
    told = {"ok": not failed(found), "findings": [asdict(finding) for finding in found]}
    return json.dumps(told, indent=2, ensure_ascii=False)


def as_text(found: Sequence[Finding]) -> str:
    """Return the findings for people, and what they come to."""
    return "\n".join([*(_entry(finding) for finding in found), "", _sum(found)])


def _entry(finding: Finding) -> str:
    lines = [f"{finding.status:<4}  {finding.about}: {finding.what}"]
    for word, text in (("why", finding.why), ("do", finding.todo)):
        if text:
            lines += textwrap.wrap(
                f"{word}: {text}",
                100,
                initial_indent=_INDENT,
                subsequent_indent=_INDENT,
                break_long_words=False,
                break_on_hyphens=False,
            )
    return "\n".join(lines)


def _sum(found: Sequence[Finding]) -> str:
    count = {status: sum(item.status is status for item in found) for status in Status}
    if count[Status.FAIL]:
        return f"{count[Status.FAIL]} to mend before the bot can work."
    if count[Status.WARN]:
        return f"The bot can work. {count[Status.WARN]} to look at."
    if count[Status.LEFT]:
        return "All that I looked at is well."
    return "All is well."
