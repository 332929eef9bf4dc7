# ruff: noqa: INP001 - a script beside .ci/run, no package
"""Refuse licences that a permissive application may not bring along.

Reads what pip-licenses says of an environment, as JSON, from standard input:

    pip-licenses --python ENV/bin/python --format=json | python .ci/licences.py
"""

import json
import sys
from collections.abc import Iterable, Mapping

OURS = "circlekeeper"

PERMITTED = frozenset(
    {
        "0bsd",
        "apache license 2.0",
        "apache software license",
        "apache-2.0",
        "bsd",
        "bsd license",
        "bsd-2-clause",
        "bsd-3-clause",
        "cc0-1.0",
        "historical permission notice and disclaimer (hpnd)",
        "hpnd",
        "internet systems consortium license",
        "isc",
        "isc license (iscl)",
        "mit",
        "mit license",
        "mit-0",
        "mit-cmu",
        "psf-2.0",
        "python software foundation license",
        "python-2.0",
        "the unlicense (unlicense)",
        "unlicense",
        "zlib",
    }
)
"""Names of permissive licences, as packages write them; whatever is not here is refused."""

EXCEPTIONS: Mapping[str, tuple[str, str]] = {
    "peewee": ("UNKNOWN", "names no licence; the LICENSE file that it ships is MIT"),
    "vodozemac": ("UNKNOWN", "names no licence; the LICENSE file that it ships is MIT"),
}
"""Packages let through by name: what they are said to have, and why that will do."""


def permitted(licence: str) -> bool:
    """Return whether a licence is permissive.

    Of licences to choose from (`OR` alone) one has to be; of several at once each has to be. A
    whole licence text counts by its first line. Brackets are not taken apart: such a licence is
    refused, and somebody looks.
    """
    first = licence.strip().partition("\n")[0]
    if " OR " in first and " AND " not in first and ";" not in first:
        return any(_known(name) for name in first.split(" OR "))
    both = first.replace(" AND ", ";").replace(" OR ", ";")
    return all(_known(name) for name in both.split(";"))


def faults(packages: Iterable[Mapping[str, str]]) -> list[str]:
    """Return a line for each package whose licence is refused, and one when ours is missing."""
    told = {package["Name"].lower(): package["License"] for package in packages}
    found = [
        f"{name}: {licence.strip().partition(chr(10))[0]}"
        for name, licence in sorted(told.items())
        if not permitted(licence) and (name not in EXCEPTIONS or EXCEPTIONS[name][0] != licence)
    ]
    if OURS not in told:
        found.append(f"{OURS} is not among them: this is the wrong environment")
    return found


def main() -> int:
    """Say what is wrong, or how many licences were looked at."""
    packages = json.load(sys.stdin)
    found = faults(packages)
    for line in found:
        sys.stdout.write(f"licence refused: {line}\n")
    sys.stdout.write(f"{len(packages)} packages, {len(found)} licences refused\n")
    return 1 if found else 0


def _known(name: str) -> bool:
    return name.strip().lower() in PERMITTED


if __name__ == "__main__":
    sys.exit(main())
