"""A summary as Markdown and as one HTML file; the same summary gives the same bytes."""

import re
from datetime import date

from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bot.publication.model import SOMEBODY, MarkKind, Said, Summary, people_not_named

LANGUAGE = "en"
"""The language of the words around what members wrote."""

TITLES = {
    MarkKind.INSIGHT: "Insights",
    MarkKind.QUESTION: "Open questions",
    MarkKind.RESOURCE: "Resources",
    MarkKind.DECISION: "Decisions",
    MarkKind.ACTION: "Actions",
    MarkKind.THANKS: "Thanks",
}
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_TURNS = re.compile("[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_SIGNS = re.compile(r"([\\`*_{}\[\]<>&|~#$^=])")
_FIRST = re.compile(r"^([+\-:]|\d{1,9}(?=[.)]))")
_BESIDE = re.compile(r"[a-z]+\.jsonl#[A-Za-z0-9._~%-]+")
_SCHEME = re.compile(r":(?=//)")


def markdown(summary: Summary) -> str:
    """Return the summary as CommonMark; nothing that a member wrote is markup in it."""
    return _render("publication.md", summary)


def html(summary: Summary) -> str:
    """Return the summary as one HTML file that needs nothing else."""
    return _render("publication.html", summary)


def clean(text: str) -> str:
    """Return words without signs that no document may hold, lines ended in one way."""
    return _UNFIT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def plain(text: str) -> str:
    """Return a name or title on one line, without signs that turn the writing direction."""
    return " ".join(_TURNS.sub("", clean(text)).split())


def escaped(text: str) -> Markup:
    """Return one line of words as Markdown that shows just these words."""
    signs = _SCHEME.sub(r"\\:", _SIGNS.sub(r"\\\1", text.strip()))
    first = _FIRST.sub(lambda found: _held(found[0]), signs)
    return Markup(first)  # noqa: S704 - every sign that means something is escaped above


def _held(first: str) -> str:
    """Return the beginning of a line so that it begins no list, rule or table."""
    return f"\\{first}" if not first.isdigit() else f"{first}\\"


def quoted(text: str) -> Markup:
    """Return words as a Markdown quote that keeps their line breaks."""
    lines = [escaped(line) for line in clean(text).split("\n")]
    pairs = zip(lines, [*lines[1:], Markup("")], strict=True)
    broken = (f"> {line}\\" if line and after else f"> {line}".rstrip() for line, after in pairs)
    return Markup("\n").join(Markup(line) for line in broken)  # noqa: S704 - escaped line by line


def day(when: date) -> str:
    """Return a date in words."""
    return format_date(when, "d MMMM yyyy", locale=LANGUAGE)


def address(link: str) -> Markup:
    """Return an address that ends no Markdown link before its time."""
    held = re.sub(r"[\s<>\\\x00-\x1f]", "", link)
    return Markup(f"<{held}>")  # noqa: S704 - what could end it is gone


def is_address(link: str) -> bool:
    """Return whether a link is of a kind that may be opened; a record may lie beside the file."""
    beside = _BESIDE.fullmatch(link) is not None
    return beside or link.startswith(("https://", "http://", "matrix:"))


def credit(said: Said) -> str:
    """Return under what name a line stands."""
    return plain(said.author) or SOMEBODY.strip("[]")


def _render(template: str, summary: Summary) -> str:
    said = _TEMPLATES.get_template(template).render(
        summary=summary,
        titles=TITLES,
        others=people_not_named(summary.others),
        language=LANGUAGE,
    )
    return said.rstrip("\n") + "\n"


def _templates() -> Environment:
    """Return the templates, read now: a bot that runs needs no file that is being replaced."""
    made = Environment(
        loader=PackageLoader("bot.publication"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "address": address,
        "clean": clean,
        "credit": credit,
        "day": day,
        "md": lambda text: escaped(plain(text)),
        "plain": plain,
        "quoted": quoted,
    }
    made.tests["address"] = is_address
    for name in made.list_templates(["md", "html", "css"]):
        made.get_template(name)
    return made


_TEMPLATES = _templates()
