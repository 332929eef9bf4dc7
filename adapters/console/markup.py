"""A document as a terminal shows it: plain words that read well, or the same words in colour."""

import unicodedata
from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo

from babel.dates import format_datetime
from rich.text import Text as Coloured

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

Span = tuple[str, str]
"""Words, and the style that a terminal with colours shows them in."""

PATTERNS = {"datetime": "EEE d MMM y, HH:mm", "date": "EEE d MMM y"}
STYLES = {"strong": "bold", "emph": "italic", "code": "cyan"}
TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Embeddings, overrides and isolates of direction."""


def plain(document: Document) -> str:
    """Return a document as plain words; a file is what is said of it."""
    return "".join(words for words, _ in spans(document))


def coloured(document: Document) -> Coloured:
    """Return the same words in colour."""
    return Coloured.assemble(*spans(document))


def spans(document: Document) -> Iterator[Span]:
    """Yield the words of a document, blocks apart by an empty line."""
    shown = (block for block in document.blocks if not isinstance(block, Actions))
    for number, block in enumerate(shown):
        if number:
            yield "\n\n", ""
        yield from _block(block, document.language)


def tame(text: str) -> str:
    """Return words without what a terminal would obey: controls and turns of direction."""
    return "".join(
        char
        for char in text
        if char in "\n\t" or (char not in TURNS and unicodedata.category(char) not in ("Cc", "Cs"))
    )


def _block(block: Block, language: str) -> Iterator[Span]:
    match block:
        case Heading(text):
            yield from ((words, "bold") for words, _ in _line(text, language))
        case Paragraph(text):
            yield from _line(text, language)
        case Bullets(items, ordered):
            yield from _listed((list(_line(item, language)) for item in items), ordered=ordered)
        case Quote(text):
            yield "> ", "dim"
            for words, _ in _line(text, language):
                yield words.replace("\n", "\n> "), "italic"
        case Code(text):
            yield tame(text), "cyan"
        case Table(head, rows):
            yield from _listed([(_row_in_words(head, row), "")] for row in rows)
        case File():
            yield tame(block.description or block.name), ""


def _listed(items: Iterable[list[Span]], *, ordered: bool = False) -> Iterator[Span]:
    for place, item in enumerate(items, 1):
        yield ("\n" if place > 1 else "") + (f"{place}. " if ordered else "- "), ""
        yield from ((words.replace("\n", "\n  "), style) for words, style in item)


def _row_in_words(head: tuple[str, ...], row: tuple[str, ...]) -> str:
    titles = [*head, *[""] * (len(row) - len(head))]
    named = zip(titles, row, strict=False)
    return "; ".join(tame(f"{title}: {cell}" if title else cell) for title, cell in named if cell)


def _line(line: Line, language: str) -> Iterator[Span]:
    for part in line:
        yield _word(part, language)


def _word(part: Inline, language: str) -> Span:
    match part:
        case Link(text, url):
            return tame(text if text in (url, "") else f"{text} ({url})") or tame(url), "underline"
        case Mention(person, name):
            return tame(name or person.id), "bold magenta"
        case Moment():
            return spoken(part, language), ""
        case _:
            return tame(part.text), STYLES.get(part.style, "")


def spoken(moment: Moment, language: str) -> str:
    """Return a moment as in 'Mon 3 Feb 2025, 18:00 (Europe/Berlin)'; a date names no zone."""
    local = moment.at.astimezone(ZoneInfo(moment.zone))
    text: str = format_datetime(local, PATTERNS[moment.form], locale=language)
    return text if moment.form == "date" else f"{text} ({moment.zone})"
