"""The commands about participation, declared once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from bot.conversation.model import Caller, Document, Role
from bot.conversation.registry import Arg, Bound, Command
from bot.participation.usecases import SILENT_DAYS, FindQuiet


@dataclass(frozen=True, slots=True)
class WhoIsQuiet:
    """Show you who may need a friendly word."""

    days: Annotated[int, Arg("Silent for at least this many days", 1, 60)] = SILENT_DAYS


async def _quiet(verb: FindQuiet, ask: WhoIsQuiet, caller: Caller) -> Document:
    return await verb(ask.days, caller)


WHO_IS_QUIET = Command("circle quiet", WhoIsQuiet, _quiet, Role.CARER, circle=True, example="14")


def participation_commands(quiet: FindQuiet) -> Iterable[Bound]:
    """Return the commands, tied to their verbs."""
    yield WHO_IS_QUIET.using(quiet)
