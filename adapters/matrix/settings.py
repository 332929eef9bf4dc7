"""What an account on a homeserver needs to know."""

from dataclasses import dataclass, field
from datetime import timedelta

from bot.conversation.model import Clock, Document, say

CANNOT_READ = say(
    "I cannot read encrypted rooms yet: please invite me to a room without encryption instead."
)
NOT_INVITED = "I come only when somebody whom my organisers named invites me."


@dataclass(frozen=True, slots=True)
class Credentials:
    """A login that is kept: the device goes with the token, for ever."""

    homeserver: str
    user_id: str
    device_id: str
    access_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MatrixSettings:
    """One account, and what it does by itself.

    `invites_from` holds people (`@ana:example.org`), servers (`*:example.org`) or `*` for
    everybody; `not_invited` is the reason that others are given. `instance` names the database
    behind this bot: two instances never run on one account.
    """

    credentials: Credentials
    clock: Clock
    invites_from: tuple[str, ...] = ()
    not_invited: str = NOT_INVITED
    cannot_read: Document = CANNOT_READ
    instance: str = ""
    sync_timeout: timedelta = timedelta(seconds=30)
    stalled_after: timedelta = timedelta(minutes=10)
    longest_pause: timedelta = timedelta(seconds=60)
