"""What a circle's life asks of the rooms above it; filled when the bot is wired."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from bot.circles.methods import Method
from bot.circles.model import Circle, Consents, Member
from bot.conversation.model import DomainError, Line, PersonRef
from bot.store.work import UnitOfWork


class Plan(Protocol):
    """Brings a circle's schedules in line with its calendar."""

    async def __call__(self, circle: Circle, work: UnitOfWork, *, since: datetime) -> None:
        """Write the schedules of what is due from `since` on; what was posted stays posted."""
        ...

    async def since(self, circle: Circle, work: UnitOfWork) -> datetime:
        """Return the `since` that would write the schedules as they are."""
        ...


class Coming(Protocol):
    """Tells what a circle has before it."""

    async def __call__(self, circle: Circle, work: UnitOfWork) -> Sequence[tuple[str, datetime]]:
        """Return titles and moments, the next one first."""
        ...


class Needs(Protocol):
    """Tells what of a circle waits for its facilitators."""

    async def __call__(self, circle: Circle, work: UnitOfWork) -> Sequence[Line]:
        """Return one line for each thing."""
        ...


class ConsentChanged(Protocol):
    """Makes a changed consent true for what is stored already."""

    async def __call__(self, member: Member, before: Consents, work: UnitOfWork) -> None:
        """Remove what the member's consents, as they are now, no longer allow."""
        ...


class HandOver(Protocol):
    """Hands over from one membership to another what does not just pass with its row."""

    async def __call__(self, source: int, target: int, of: str, work: UnitOfWork) -> None:
        """Do it, and leave nothing that is in the way of what `target` holds.

        `of` is the platform of what is handed over, empty when everything is.
        """
        ...


class Gone(Protocol):
    """Ends what a person had in a circle that they are no longer in."""

    async def __call__(self, circle: int, person: PersonRef, work: UnitOfWork) -> None:
        """End it; a second call changes nothing more."""
        ...


@dataclass(frozen=True)
class Defaults:
    """What the installation says of every circle."""

    zone: str = "UTC"
    language: str = "en"
    licence: str = "CC BY 4.0"
    run_by: str = ""
    prefix: str = "!"


@dataclass(frozen=True)
class Methods:
    """The methods there are, by key and language."""

    known: Mapping[tuple[str, str], Method]

    def of(self, key: str, language: str = "en") -> Method:
        """Return a method.

        Raises:
            DomainError: there is none of that name.
        """
        method = self.known.get((key, language)) or self.known.get((key, "en"))
        if method is None:
            names = ", ".join(sorted({name for name, _ in self.known}))
            raise DomainError(f"There is no method {key}. There are: {names}.")
        return method


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCircle:
    """What a new circle is made from."""

    name: str
    opens_on: date
    purpose: str = ""
    question: str = ""
    method: str = "learning-circle"
    preset: str = ""
    zone: str = ""
    break_on: date | None = None
    threads: str = "auto"
    licence: str = ""
