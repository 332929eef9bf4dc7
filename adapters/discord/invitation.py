"""What the bot asks of a server that invites it: the least that its work takes, never everything.

Not asked for: Administrator and the managing of channels, roles or messages, which nobody should
give a bot that only talks; Manage Threads, since whoever may write in a thread also opens an
archived one again, and what somebody locked is theirs to unlock; Use Application Commands, which
members need, not the bot; and what the bot does not do (private threads, reactions, polls).
"""

from collections.abc import Iterable
from dataclasses import dataclass

import discord


@dataclass(frozen=True, slots=True)
class Asked:
    """A permission by discord.py's name and by the one that people see, and what it is for.

    Without one that is `vital` a channel is of no use to a circle.
    """

    name: str
    title: str
    purpose: str
    vital: bool = False


ASKED = (
    Asked("view_channel", "View Channels", "it sees the channels of its circles", vital=True),
    Asked("send_messages", "Send Messages", "it posts prompts and answers", vital=True),
    Asked(
        "send_messages_in_threads",
        "Send Messages in Threads and Posts",
        "it answers where somebody wrote in a thread",
        vital=True,
    ),
    Asked(
        "create_public_threads",
        "Create Public Threads",
        "a prompt or a week gets its own thread",
    ),
    Asked(
        "embed_links", "Embed Links", "long answers have room, and a link shows what it leads to"
    ),
    Asked("attach_files", "Attach Files", "it hands out publications and members' own data"),
    Asked(
        "read_message_history",
        "Read Message History",
        "it finds what was said while it was away, and what it posted itself",
    ),
)
"""Everything that the invitation asks for."""

PERMISSIONS = discord.Permissions(**{each.name: True for each in ASKED})
SCOPES = ("bot", "applications.commands")


def link(application: int) -> str:
    """Return the address at which somebody who manages a server lets the bot in."""
    return discord.utils.oauth_url(application, permissions=PERMISSIONS, scopes=SCOPES)


def missing(granted: discord.Permissions) -> Iterable[Asked]:
    """Return what is asked for and not granted."""
    return [each for each in ASKED if not getattr(granted, each.name)]
