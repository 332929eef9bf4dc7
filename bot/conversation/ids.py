"""How people are named on each platform, as somebody types it into a list."""

import re
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Look:
    """What the ids of people on a platform look like."""

    title: str
    pattern: re.Pattern[str]
    example: str


LOOKS = {
    "discord": Look("Discord", re.compile(r"[0-9]{15,20}"), "80351110224678912"),
    "matrix": Look("Matrix", re.compile(r"@[^\s:@*]+:[^\s:@*]+(:[0-9]+)?"), "@ana:example.org"),
}
"""By the platforms' short names; no id looks like one of another platform."""


def platform_of(person: str) -> str | None:
    """Return the platform that the id of a person belongs to, None when it looks like none."""
    found = (name for name, look in LOOKS.items() if look.pattern.fullmatch(person))
    return next(found, None)


def how_written(platforms: Collection[str]) -> str:
    """Return how to write an id for one of these platforms, with an example of each."""
    looks = [look for name, look in LOOKS.items() if name in platforms] or [*LOOKS.values()]
    if len(looks) == 1:
        return f"write it like {looks[0].example}"
    return f"write it like {' or '.join(f'{look.example} ({look.title})' for look in looks)}"
