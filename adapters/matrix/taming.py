"""Taking from words what changes how other words look: controls and overrides of direction."""

import re
import unicodedata

KEPT = "\n\t"
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Embeddings, overrides and isolates of direction: one left open turns what follows."""
LINES = re.compile("\r\n|[\r\u0085\u2028\u2029]")
LONGEST_NAME = 80


def tame(text: str) -> str:
    """Return the words without controls, unpaired surrogates and turns of direction."""
    lines = LINES.sub("\n", text)
    return "".join(char for char in lines if char in KEPT or _shown(char))


def tame_name(name: str) -> str:
    """Return a name on one line, of bounded length, without anything invisible.

    The joiners that some scripts and emoji need stay.
    """
    seen = "".join(
        " " if char.isspace() else char
        for char in name
        if char.isspace() or (_shown(char) and (_visible(char) or char in "\u200c\u200d"))
    )
    return " ".join(seen.split())[:LONGEST_NAME].strip()


def _shown(char: str) -> bool:
    return char not in TURNS and unicodedata.category(char) not in ("Cc", "Cs")


def _visible(char: str) -> bool:
    return unicodedata.category(char) != "Cf"
