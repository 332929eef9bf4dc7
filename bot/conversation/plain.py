"""A document as plain words that read well, for platforms without markup and beside it.

Names and words may come from anybody: every piece is tamed where it is written.
"""

import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_datetime

from bot.conversation.model import (
    Actions,
    Block,
    Bullets,
    Code,
    Document,
    File,
    Heading,
    Inline,
    Line,
    Link,
    Mention,
    Moment,
    Paragraph,
    Quote,
    Table,
)

KEPT = "\n\t"
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Embeddings, overrides and isolates of direction: one left open turns what follows."""
LINES = re.compile("\r\n|[\r\u0085\u2028\u2029]")
LONGEST_NAME = 80
SCHEMES = {"https", "http", "mailto", "matrix"}
PATTERNS = {"datetime": "EEE d MMM y, HH:mm", "date": "EEE d MMM y"}


def plain(document: Document) -> str:
    """Return a document in plain words, without its buttons; a file is what is said of it."""
    blocks = (_block(block, document.language) for block in document.blocks)
    return "\n\n".join(filter(None, blocks))


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


def leads(url: str) -> bool:
    """Return whether an address may be shown as one that can be followed."""
    try:
        return urlsplit(url).scheme in SCHEMES and tame(url) == url and url.split() == [url]
    except ValueError:
        return False


def spoken(moment: Moment, language: str) -> str:
    """Return a moment as in 'Mon 3 Feb 2025, 18:00 (Europe/Berlin)'; a date names no zone."""
    zone = _zone(moment.zone)
    text: str = format_datetime(
        moment.at.astimezone(zone), PATTERNS[moment.form], locale=_locale(language)
    )
    return text if moment.form == "date" else f"{text} ({zone.key})"


def _block(block: Block, language: str) -> str:
    match block:
        case Heading(text) | Paragraph(text):
            said = _words(text, language)
        case Bullets(items, ordered):
            said = _listed((_words(item, language) for item in items), ordered=ordered)
        case Quote(text):
            said = "\n".join(f"> {line}" for line in _words(text, language).split("\n"))
        case Code(text):
            said = tame(text)
        case Table(head, rows):
            said = _listed(_row_in_words(head, row) for row in rows)
        case File():
            said = tame(block.description) or tame_name(block.name)
        case Actions():
            said = ""
    return said


def _listed(items: Iterable[str], *, ordered: bool = False) -> str:
    marked = ((f"{place}." if ordered else "-", item) for place, item in enumerate(items, 1))
    return "\n".join(f"{mark} {item}".replace("\n", "\n  ") for mark, item in marked)


def _row_in_words(head: tuple[str, ...], row: tuple[str, ...]) -> str:
    titles = [*head, *[""] * (len(row) - len(head))]
    named = zip(titles, row, strict=False)
    return "; ".join(tame(f"{title}: {cell}" if title else cell) for title, cell in named if cell)


def _words(line: Line, language: str) -> str:
    return "".join(_word(part, language) for part in line)


def _word(part: Inline, language: str) -> str:
    match part:
        case Link(text, url):
            return tame(text) if text in ("", url) or not leads(url) else f"{tame(text)} ({url})"
        case Mention(person, name):
            return tame_name(name) or tame_name(person.id)
        case Moment():
            return spoken(part, language)
        case _:
            return tame(part.text)


def _shown(char: str) -> bool:
    return char not in TURNS and unicodedata.category(char) not in ("Cc", "Cs")


def _visible(char: str) -> bool:
    return unicodedata.category(char) != "Cf"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale("en")
