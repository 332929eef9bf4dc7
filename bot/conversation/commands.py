"""The one command that every installation has: help."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from bot.conversation import words
from bot.conversation.model import Caller, Clock, Document
from bot.conversation.registry import Arg, Command, Registry
from bot.conversation.typed import Typed, Unknown, meant, recognise
from bot.conversation.zones import day_ahead


@dataclass(frozen=True)
class ShowHelp:
    """Shows what the caller may do; `registry` is the full one."""

    registry: Registry
    prefix: str
    clock: Clock

    def __call__(self, about: str, caller: Caller) -> Document:
        """Return everything, or what one command or those with one first word are."""
        day = day_ahead(self.clock.now(), caller.zone)
        asked = about.strip().removeprefix(self.prefix)
        found = recognise(self.registry, asked)
        group = [
            each for each in self.registry.beginning(asked.lower()) if caller.may(each.command.role)
        ]
        if not asked:
            return self._all(caller, day)
        if len(group) > 1:
            return words.help_for(group, self.prefix, day)
        if isinstance(found, Typed):
            return words.help_about(found.bound, self.prefix, day)
        near = found.near if isinstance(found, Unknown) else meant(self.registry, asked)
        return words.not_known(near, self.prefix, day)

    def _all(self, caller: Caller, day: date) -> Document:
        mine = [bound for bound in self.registry if caller.may(bound.command.role)]
        new = self.registry.get("circle new")
        said = words.help_for(mine, self.prefix, day)
        if new is not None and new not in mine:
            said += words.may_make_a_circle(new, self.prefix, day)
        return said


@dataclass(frozen=True, slots=True)
class Help:
    """Show what you can ask me, or more about one command."""

    command: Annotated[str, Arg("The command's words, like circle new", rest=True)] = ""


async def _help(verb: ShowHelp, ask: Help, caller: Caller) -> Document:
    return verb(ask.command, caller)


HELP = Command("help", Help, _help)
