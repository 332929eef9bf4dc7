"""Looking over the words of a prompt for what would go wrong once it is posted."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Final

from markdown_it import MarkdownIt

from bot.circles.methods.filling import PLACE, PLACEHOLDERS
from bot.circles.methods.values import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from markdown_it.token import Token

_MARKDOWN: Final = MarkdownIt("commonmark").enable(["table", "strikethrough"])
_MARK: Final = "\ue000"  # stands for a value while the text is parsed; a letter to Markdown
_MARK_IN_URL: Final = "%EE%80%80"
_BRACES: Final = re.compile(r"(?<!\\)(\{[^{}]*\}|\{\w*|\})")
_RINGS: Final = re.compile(r"@(everyone|here|room)", re.IGNORECASE)
_CODE: Final = frozenset({"code_inline", "code_block", "fence"})
_HTML: Final = frozenset({"html_inline", "html_block"})


def word_faults(file: Path, text: str, first_line: int) -> Iterator[Fault]:
    """Yield what is wrong with `text`, which begins on `first_line` of `file`."""
    for number, line in enumerate(text.split("\n"), start=first_line):
        yield from _placeholder_faults(file, number, line)
        for found in _RINGS.finditer(line):
            fix = "Take it out; people are told of a prompt as they have asked to be."
            yield Fault(file, number, f"{found[0]} would ring for everybody.", fix)
    yield from _markup_faults(file, text, first_line)


def _placeholder_faults(file: Path, number: int, line: str) -> Iterator[Fault]:
    for found in _BRACES.finditer(PLACE.sub("", line)):
        name = found[0].strip("{} ")
        near = difflib.get_close_matches(name, PLACEHOLDERS, n=1)
        known = ", ".join(f"{{{place}}}" for place in PLACEHOLDERS)
        fix = f"Did you mean {{{near[0]}}}?" if near else f"Known are {known}."
        yield Fault(file, number, f"{found[0]} is not a placeholder.", fix)


def _markup_faults(file: Path, text: str, first_line: int) -> Iterator[Fault]:
    for line, token in _tokens(PLACE.sub(_MARK, text)):
        if token.type in _HTML:
            what = f"{token.content.strip()[:40]} is HTML, which is not shown."
            yield Fault(file, first_line + line, what, "Write it in Markdown.")
        if _holds_a_value(token):
            what = "A placeholder in code or in a link's address is not safe."
            fix = "Take it out of the backticks, the indented lines or the address."
            yield Fault(file, first_line + line, what, fix)


def _tokens(text: str) -> Iterator[tuple[int, Token]]:
    """Yield each token of `text` with its line, counted from 0."""
    line = 0
    for block in _MARKDOWN.parse(text):
        line = block.map[0] if block.map else line
        yield line, block
        for child in block.children or ():
            yield line, child
            line += child.type in {"softbreak", "hardbreak"}


def _holds_a_value(token: Token) -> bool:
    """Return whether a value would stand where its markup cannot be escaped."""
    addresses = " ".join(map(str, token.attrs.values()))
    in_code = token.type in _CODE and _MARK in token.content + token.info
    return in_code or _MARK in addresses or _MARK_IN_URL in addresses
