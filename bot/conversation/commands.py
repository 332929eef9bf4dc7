"""The one command that every installation has: help."""

from dataclasses import dataclass

from bot.conversation.dispatch import help_for
from bot.conversation.model import Caller, Document
from bot.conversation.registry import Command, Registry


@dataclass(frozen=True)
class ShowHelp:
    """Shows what the caller may do; `registry` is the full one."""

    registry: Registry
    prefix: str


@dataclass(frozen=True, slots=True)
class Help:
    """Show what you can ask me."""


async def _help(verb: ShowHelp, _ask: Help, caller: Caller) -> Document:
    return help_for(verb.registry, caller, verb.prefix)


HELP = Command("help", Help, _help)
