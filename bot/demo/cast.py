"""The invented people, and which part each of them has; a seed deals the parts."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

PARTS = ("editor", "deleter", "unnamer", "away", "late", "closed", "silent")
"""What the members have to play; who facilitates is always the same."""


@dataclass(frozen=True, slots=True)
class Somebody:
    """An invented person; `says` holds their answers by the prompt's key."""

    id: str
    name: str
    place: str
    zone: str
    project: str
    knows: tuple[str, ...]
    goal: str
    gives: str
    needs: str
    says: Mapping[str, str]
    language: str = "en"
    facilitates: bool = False

    @property
    def first_name(self) -> str:
        """The name that the others use."""
        return self.name.split()[0]


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody by id, and who plays which part.

    The editor changes an answer, the deleter removes two messages, the unnamer wants a line
    without the name; one is away for a week, one comes late, one takes no direct messages, and
    one never answers.
    """

    people: Mapping[str, Somebody]
    facilitator: str
    editor: str
    deleter: str
    unnamer: str
    away: str
    late: str
    closed: str
    silent: str

    def __getitem__(self, who: str) -> Somebody:
        return self.people[who]

    def consents(self, who: str) -> str:
        """Return what somebody agrees to: take part, be counted, be quoted, be named."""
        return {
            self.away: "yes yes yes no",
            self.late: "yes no yes yes",
            self.silent: "yes yes no no",
        }.get(who, "yes yes yes yes")


@dataclass(frozen=True, slots=True)
class Lots:
    """Draws what the story leaves open; the same seed and question give the same lot."""

    seed: int

    def of(self, *about: object) -> Random:
        """Return the randomness for one question."""
        text = "/".join(map(str, (self.seed, *about)))
        return Random(text)  # noqa: S311 - a story keeps no secret


@cache
def told(name: str) -> Mapping[str, Any]:
    """Return a file of the demo's words."""
    return tomllib.loads(files(__package__).joinpath("words", name).read_text(encoding="utf-8"))


def cast(lots: Lots) -> Cast:
    """Return the people with their parts."""
    rows = [row | {"knows": tuple(row["knows"])} for row in told("people.toml")["people"]]
    people = {row["id"]: Somebody(**row) for row in rows}
    (facilitator,) = (who for who, person in people.items() if person.facilitates)
    members = [who for who in people if who != facilitator]
    lots.of("parts").shuffle(members)
    return Cast(people, facilitator, **dict(zip(PARTS, members, strict=True)))
