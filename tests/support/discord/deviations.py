"""Where real clients do not keep to Discord's description and Discord lets them."""

from dataclasses import dataclass
from typing import Any

NUMBERS: dict[str, str] = {
    "attachments/*/id": "discord.py counts files with numbers; Discord reads both",
    "message/attachments/*/id": "the same in a forum's post",
    "data/attachments/*/id": "the same in the answer to an interaction",
    "recipient_id": "discord.py sends ids of people as numbers; Discord reads both",
    "messages/*": "the same when several messages are deleted",
    "allowed_mentions/users/*": "the same for who may be pinged",
    "allowed_mentions/roles/*": "the same for roles",
    "message/allowed_mentions/users/*": "the same in a forum's post",
    "message/allowed_mentions/roles/*": "the same in a forum's post",
    "data/allowed_mentions/users/*": "the same in the answer to an interaction",
    "data/allowed_mentions/roles/*": "the same in the answer to an interaction",
    "message_reference/message_id": "the same for the answered message",
    "message_reference/channel_id": "the same for its channel",
    "message_reference/guild_id": "the same for its guild",
    "applied_tags/*": "the same for a post's tags",
}
"""Ids in requests that may be numbers, each with the reason; elsewhere a number is a fault."""

QUERY: dict[tuple[str, str], str] = {
    ("POST /channels/{channel_id}/threads", "use_nested_fields"): (
        "discord.py and Discord's own clients send it for forum posts; it is not written down"
    ),
}
"""Names in queries that the description does not have, each with the reason."""


@dataclass(frozen=True)
class Deviation:
    """A part of a finding that is let through, and why."""

    part: str
    reason: str


FINDINGS = (
    Deviation(
        "/_errors/0/code: '",
        "seen: Discord's codes of single faults in a form are words; its description says numbers",
    ),
)
"""Findings of any other kind."""


def allowed(finding: str) -> bool:
    """Return whether a finding is one that is known."""
    return any(each.part in finding for each in FINDINGS)


def as_described(body: Any, path: str = "") -> Any:  # noqa: ANN401 - JSON
    """Return a request's body with its ids as strings where clients may send numbers."""
    if isinstance(body, dict):
        return {k: as_described(v, f"{path}/{k}".lstrip("/")) for k, v in body.items()}
    if isinstance(body, list):
        return [as_described(each, f"{path}/*") for each in body]
    number = isinstance(body, int) and not isinstance(body, bool)
    return str(body) if number and path in NUMBERS else body
