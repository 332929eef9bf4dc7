"""A document as Matrix shows it: plain words that read well, and the specification's HTML.

Names and words may come from anybody: every piece is tamed and escaped where it is written, and
the whole is cleaned once more against the specification's list of tags.
"""

from dataclasses import dataclass, replace
from html import escape
from urllib.parse import quote

import nh3

from bot.conversation.model import (
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
from bot.conversation.plain import SCHEMES, leads, plain, spoken, tame, tame_name

TAGS = {"h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "blockquote", "pre", "code", "a"}
TAGS |= {"strong", "em", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td"}
"""Those of the specification's tags that a document needs."""

ATTRIBUTES = {"a": {"href"}}
STYLES = {"strong": "strong", "emph": "em", "code": "code"}


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message: its words, their HTML, and whom they ring for."""

    body: str
    html: str
    mentions: tuple[str, ...]


def render(document: Document) -> Rendered:
    """Return a document without its files and buttons as a message."""
    blocks = [block for block in document.blocks if not isinstance(block, File)]
    body = plain(replace(document, blocks=tuple(blocks)))
    html = "".join(_html(block, document.language) for block in blocks)
    people = tuple(who.id for who in document.mentions if who.platform == "matrix")
    return Rendered(body, clean(html), people)


def clean(html: str) -> str:
    """Return only what the specification lets a message contain."""
    return nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes=SCHEMES, link_rel=None)


def person_address(user: str) -> str:
    """Return the address that clients show as the person's name."""
    return f"https://matrix.to/#/{quote(user, safe='@:')}"


# --- HTML ------------------------------------------------------------------------------------


def _html(block: Block, language: str) -> str:
    match block:
        case Heading(text) | Paragraph(text):
            level = min(max(block.level, 1), 6) if isinstance(block, Heading) else 0
            return _in(f"h{level}" if level else "p", _marked(text, language))
        case Bullets(items, ordered):
            entries = "".join(_in("li", _marked(item, language)) for item in items)
            return _in("ol" if ordered else "ul", entries)
        case Quote(text):
            return _in("blockquote", _in("p", _marked(text, language)))
        case Code(text):
            return _in("pre", _in("code", escape(tame(text))))
        case Table(head, rows):
            return _table(head, rows)
        case _:
            return ""


def _in(tag: str, inner: str) -> str:
    return f"<{tag}>{inner}</{tag}>"


def _table(head: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    top = _in("thead", _row(head, "th")) if any(head) else ""
    return _in("table", top + _in("tbody", "".join(_row(row, "td") for row in rows)))


def _row(cells: tuple[str, ...], tag: str) -> str:
    return _in("tr", "".join(_in(tag, _escaped(cell)) for cell in cells))


def _marked(line: Line, language: str) -> str:
    return "".join(_mark(part, language) for part in line)


def _mark(part: Inline, language: str) -> str:
    match part:
        case Link(text, url) if leads(url):
            return f'<a href="{escape(url)}">{_escaped(text or url)}</a>'
        case Mention(person, name):
            shown = escape(tame_name(name) or tame_name(person.id))
            here = part.on("matrix")
            return f'<a href="{escape(person_address(here.id))}">{shown}</a>' if here else shown
        case Moment():
            return escape(spoken(part, language))
        case Link(text):
            return _escaped(text)
        case _:
            tag = STYLES.get(part.style)
            return _in(tag, _escaped(part.text)) if tag else _escaped(part.text)


def _escaped(text: str) -> str:
    return escape(tame(text), quote=False).replace("\n", "<br>")
