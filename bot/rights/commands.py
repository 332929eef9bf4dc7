"""The commands about a member's data, declared once."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from bot.conversation.model import Caller, Document, Role
from bot.conversation.registry import Arg, Bound, Command
from bot.rights.usecases import ForgetMe, ShowHealth, ShowMyData, Tidy


@dataclass(frozen=True, slots=True)
class MyData:
    """Show everything that I keep about you."""


async def _data(verb: ShowMyData, _ask: MyData, caller: Caller) -> Document:
    return await verb(caller)


@dataclass(frozen=True, slots=True)
class MyForget:
    """Remove everything that I keep about you; without yes, I only say what would go."""

    yes: Annotated[bool, Arg("Write yes to do it; without it I say what would go")] = False


async def _forget(verb: ForgetMe, ask: MyForget, caller: Caller) -> Document:
    return await verb(ask.yes, caller)


@dataclass(frozen=True, slots=True)
class MyTidy:
    """Remove private commands that you typed in a shared room."""


async def _tidy(verb: Tidy, _ask: MyTidy, caller: Caller) -> Document:
    return await verb(caller)


@dataclass(frozen=True, slots=True)
class AdminStatus:
    """Show how I do: versions, sizes and counts, nothing about people."""


async def _status(verb: ShowHealth, _ask: AdminStatus, _caller: Caller) -> Document:
    return await verb()


DATA = Command("my data", MyData, _data)
FORGET = Command("my forget", MyForget, _forget, open=True, example="yes")
TIDY = Command("my tidy", MyTidy, _tidy)
STATUS = Command("admin status", AdminStatus, _status, Role.ADMIN)


def rights_commands(
    data: ShowMyData, forget: ForgetMe, tidy: Tidy, health: ShowHealth
) -> Iterable[Bound]:
    """Return the commands, tied to their verbs."""
    yield DATA.using(data)
    yield FORGET.using(forget)
    yield TIDY.using(tidy)
    yield STATUS.using(health)
