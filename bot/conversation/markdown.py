"""Words that people write in Markdown become documents; nothing in them can ring or run."""

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token

from bot.conversation.model import (
    Block,
    Bullets,
    Code,
    Document,
    Heading,
    Inline,
    Line,
    Link,
    Paragraph,
    Quote,
    Table,
    Text,
)

_PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
_STYLES = {"strong_open": "strong", "em_open": "emph"}
_SCHEMES = ("https://", "http://", "mailto:")


def from_markdown(text: str) -> Document:
    """Return CommonMark as a document; pictures become their descriptions, HTML plain words."""
    return Document(tuple(_blocks(_PARSER.parse(text))))


def _blocks(tokens: Sequence[Token]) -> Iterator[Block]:
    index = 0
    while index < len(tokens):
        token = tokens[index]
        end = _end(tokens, index)
        inside = tokens[index + 1 : end]
        if token.type == "heading_open":
            yield Heading(_line(inside), int(token.tag[1]))
        elif token.type == "paragraph_open":
            yield Paragraph(_line(inside))
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            yield Bullets(tuple(_items(inside)), token.type.startswith("ordered"))
        elif token.type == "blockquote_open":
            yield Quote(_line(inside))
        elif token.type == "table_open":
            yield _table(inside)
        elif token.type in ("fence", "code_block"):
            yield Code(token.content.rstrip("\n"))
        index = end + 1


def _end(tokens: Sequence[Token], start: int) -> int:
    """Return where the block that opens at `start` closes."""
    depth = 0
    for index in range(start, len(tokens)):
        depth += tokens[index].nesting
        if depth == 0:
            return index
    return len(tokens) - 1


def _items(tokens: Sequence[Token]) -> Iterator[Line]:
    """Yield a list's items; a list inside an item gives items of its own."""
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "paragraph_open" and after is not None:
            yield _line([after])


def _table(tokens: Sequence[Token]) -> Table:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append("".join(_words(part) for part in _inline(token.children or [])))
    return Table(tuple(rows[0]), tuple(tuple(row) for row in rows[1:]))


def _line(tokens: Sequence[Token]) -> Line:
    """Return every inline part inside, paragraphs joined by a space."""
    found: list[Inline] = []
    for token in tokens:
        if token.type == "inline":
            found += [Text(" ")] if found else []
            found += _inline(token.children or [])
    return tuple(found)


def _inline(tokens: Sequence[Token]) -> Iterator[Inline]:
    style, url, words = "", "", ""
    for token in tokens:
        if token.type in _STYLES:
            style = _STYLES[token.type]
        elif token.type in ("strong_close", "em_close"):
            style = ""
        elif token.type == "link_open":
            url, words = str(token.attrGet("href") or ""), ""
        elif token.type == "link_close":
            yield Link(words or url, url) if url.startswith(_SCHEMES) else Text(words)
            url = ""
        elif url:
            words += token.content
        elif token.type in ("softbreak", "hardbreak"):
            yield Text(" " if token.type == "softbreak" else "\n")
        elif token.content:
            yield Text(token.content, "code" if token.type == "code_inline" else style)  # type: ignore[arg-type]  # one of the styles


def _words(part: Inline) -> str:
    return getattr(part, "text", "")
