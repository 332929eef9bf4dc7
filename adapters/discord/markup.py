"""A document as Discord shows it: its own Markdown, in which nobody else's words mean anything.

Names and words may come from anybody: every piece is tamed and escaped where it is written.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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
    Text,
)
from bot.conversation.plain import leads, spoken, tame, tame_name

PLATFORM = "discord"
LONGEST = 2000
"""How many characters Discord takes in one message of a bot."""

_ADDRESS = re.compile(r"https?://[^\s<>]+")
_MARKS = re.compile(r"([\\*_~`|<>\[\]()@])")
_LINE_STARTS = re.compile(r"^(\s*)([#+-]|\d+(?=\.))", re.MULTILINE)
FENCE, APART = "```", "``\u200b`"
_STYLES = {"strong": "**", "emph": "*"}


@dataclass(frozen=True, slots=True)
class Commands:
    """The commands as Discord knows them: their ids by name, and the prefix that texts carry."""

    prefix: str = "!"
    ids: Mapping[str, int] = field(default_factory=dict)

    @property
    def unlinked(self) -> "Commands":
        """The same commands, shown as they are typed on Discord: shorter, and not to be clicked."""
        return Commands(self.prefix, dict.fromkeys(self.ids, 0))

    def apart(self, text: str) -> list[str]:
        """Return words in pieces, every other of which, from the second on, is a typed command."""
        if not self.ids or self.prefix not in text:
            return [text]
        names = sorted(self.ids, key=len, reverse=True)
        either = "|".join(map(re.escape, names))
        return re.split(rf"(?<!\S)({re.escape(self.prefix)}(?:{either}))(?![\w-])", text)

    def shown(self, text: str, given: tuple[tuple[str, str], ...] = ()) -> str | None:
        """Return a typed command as a slash command that can be clicked; None for other words.

        What is `given` stands behind it as Discord names it: option by option.
        """
        if not text.startswith(self.prefix):
            return None
        words = text.removeprefix(self.prefix).split()
        for count in (2, 1):
            name = " ".join(words[:count])
            if name in self.ids:
                known = self.ids[name]
                rest = " ".join(words[count:])
                command = f"</{name}:{known}>" if known else _code(f"/{name}")
                options = [_code(f"{option}: {value}") for option, value in given]
                return " ".join([command, *(options or ([_code(rest)] if rest else []))])
        return None


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message: its words in Discord's Markdown, whom they ring for, and what is sent along."""

    content: str
    mentions: tuple[str, ...]
    files: tuple[File, ...]

    @property
    def fits(self) -> bool:
        """Whether Discord takes the words as one message; marks can make them longer."""
        return len(self.content.encode("utf-16-le")) // 2 <= LONGEST


def render(document: Document, commands: Commands | None = None) -> Rendered:
    """Return a document as a message, without its buttons."""
    known = commands or Commands()
    blocks = [_block(block, document.language, known) for block in document.blocks]
    return Rendered(
        "\n\n".join(filter(None, blocks)),
        tuple(who.id for who in document.mentions if who.platform == PLATFORM),
        tuple(block for block in document.blocks if isinstance(block, File)),
    )


def escaped(text: str) -> str:
    """Return words that Discord shows as they are; addresses stay whole and show no preview."""
    said, end = "", 0
    for found in _ADDRESS.finditer(tamed := tame(text)):
        said += _without_marks(tamed[end : found.start()]) + f"<{found[0]}>"
        end = found.end()
    return said + _without_marks(tamed[end:])


def _without_marks(text: str) -> str:
    return _LINE_STARTS.sub(r"\1\\\2", _MARKS.sub(r"\\\1", text))


def _block(block: Block, language: str, commands: Commands) -> str:
    def marked(line: Line) -> str:
        return "".join(_inline(part, language, commands) for part in line)

    match block:
        case Heading(text):
            said = f"{'#' * min(max(block.level, 1), 3)} {' '.join(marked(text).split())}"
        case Paragraph(text):
            said = marked(text)
        case Quote(text):
            verbatim = "".join(_inline(part, language, Commands()) for part in text)
            said = "\n".join(f"> {line}" for line in verbatim.split("\n"))
        case Bullets(items, ordered):
            said = _listed(map(marked, items), ordered=ordered)
        case Code(text):
            said = f"{FENCE}\n{tame(text).replace(FENCE, APART)}\n{FENCE}"
        case Table(head, rows):
            said = _listed(_row(head, row) for row in rows)
        case File() | Actions():
            said = ""
    return said


def _listed(items: Iterable[str], *, ordered: bool = False) -> str:
    marked = ((f"{place}." if ordered else "-", item) for place, item in enumerate(items, 1))
    return "\n".join(f"{mark} {item}".replace("\n", "\n  ") for mark, item in marked)


def _row(head: tuple[str, ...], row: tuple[str, ...]) -> str:
    titles = [*head, *[""] * (len(row) - len(head))]
    named = zip(titles, row, strict=False)
    shown = (f"{escaped(t)}: {escaped(cell)}" if t else escaped(cell) for t, cell in named if cell)
    return "; ".join(shown)


def _inline(part: Inline, language: str, commands: Commands) -> str:
    match part:
        case Link(text, url) if leads(url) and url.startswith("http") and ")" not in url:
            same = text in ("", url)
            return f"<{url}>" if same else f"[{escaped(text)}](<{url}>)"
        case Link(text, url):
            return escaped(text or url)
        case Mention(person, name):
            here = part.on(PLATFORM)
            return f"<@{here.id}>" if here else escaped(tame_name(name) or person.id)
        case Moment():
            return _moment(part, language)
        case _:
            return _styled(part, commands)


def _moment(moment: Moment, language: str) -> str:
    """Return a moment in the reader's own zone; a day stays the day that it is in its zone."""
    if moment.form == "date":
        return escaped(spoken(moment, language))
    return f"<t:{int(moment.at.timestamp())}:F>"


def _styled(part: Text, commands: Commands) -> str:
    if part.style == "code":
        return commands.shown(part.text, part.given) or _code(part.text)
    mark = _STYLES.get(part.style, "")
    pieces = enumerate(commands.apart(part.text))
    inner = "".join(commands.shown(p) or "" if place % 2 else escaped(p) for place, p in pieces)
    if not mark or not inner.strip():
        return inner
    before, after = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
    return f"{before}{mark}{inner.strip()}{mark}{after}"


def _code(text: str) -> str:
    """Return words to type, on one line."""
    bare = " ".join(tame(text).split())
    if "`" in bare:
        return f"`` {bare.replace('``', APART[1:])} ``"
    return f"`{bare}`" if bare else ""
