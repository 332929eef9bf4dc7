"""Reading a method's files from its folder, and from those it builds on."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.circles.methods.values import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ENGLISH: Final = "en"
METHOD_FILE: Final = "method.toml"
FENCE: Final = "+++"
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
_KEY: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_AT_LINE: Final = re.compile(r"at line (\d+)")


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was read: its table, its body, and the lines before each."""

    file: Path
    toml: str
    table: Mapping[str, object]
    lines_before_toml: int = 0
    body: str = ""
    lines_before_body: int = 0

    def line_of(self, *path: str) -> int:
        """Return the line of the key at `path`, or the nearest one that can be named."""
        lines = self.toml.split("\n")
        here = 0
        for depth, key in enumerate(path, start=1):
            table = re.escape(".".join(path[:depth]))
            found = _first(lines, rf"\s*(\[{table}\]|{re.escape(key)}\s*=)", here)
            here = here if found is None else found
        return self.lines_before_toml + here + 1


@dataclass(frozen=True, slots=True)
class Draft:
    """All files that make up a method, read but not yet understood."""

    folder: Path
    method: Source | None
    prompts: Mapping[tuple[str, str], Source]
    faults: tuple[Fault, ...]


def gather(folder: Path, beneath: Sequence[Path]) -> Draft:
    """Return what `folder` holds, over the files of the same method in the roots `beneath`."""
    layers = _layers(folder, beneath)
    described = _read_method(layers[0] / METHOD_FILE)
    files = {place: file for layer in layers for place, file in _prompt_files(layer)}
    read = {place: _read_prompt(file) for place, file in sorted(files.items())}
    faults = [found for found in (described, *read.values()) if isinstance(found, Fault)]
    return Draft(
        folder,
        None if isinstance(described, Fault) else described,
        {place: found for place, found in read.items() if isinstance(found, Source)},
        (*faults, *(fault for layer in layers for fault in _misnamed(layer))),
    )


def _layers(folder: Path, beneath: Sequence[Path]) -> list[Path]:
    """Return the folders of one method, from the topmost that describes it up to `folder`."""
    below = [root / folder.name for root in beneath]
    stack = [*(below[: below.index(folder)] if folder in below else below), folder]
    described = [n for n, layer in enumerate(stack) if (layer / METHOD_FILE).is_file()]
    return stack[described[-1] :] if described else [folder]


def _prompt_files(folder: Path) -> Iterator[tuple[tuple[str, str], Path]]:
    """Yield the prompt files of `folder` by language and key."""
    for file in sorted(folder.glob("*/*.md")):
        if not _hidden(file) and not _name_faults(file):
            yield (file.parent.name, file.stem), file


def _hidden(file: Path) -> bool:
    return file.name.startswith((".", "_")) or file.parent.name.startswith((".", "_"))


def _misnamed(folder: Path) -> Iterator[Fault]:
    """Yield what is wrong with the names of files that look like prompts."""
    for file in sorted(folder.glob("*/*.md")):
        if not _hidden(file):
            yield from _name_faults(file)


def _name_faults(file: Path) -> list[Fault]:
    faults = []
    if not _LANGUAGE.fullmatch(file.parent.name):
        what = f'The folder "{file.parent.name}" is not named after a language.'
        faults.append(Fault(file, 1, what, 'Use its short code, such as "en" or "de".'))
    if not _KEY.fullmatch(file.stem):
        what = f'"{file.name}" cannot be the name of a prompt.'
        fix = 'Use small letters, digits and hyphens, such as "roll-call.md".'
        faults.append(Fault(file, 1, what, fix))
    return faults


def _read_method(file: Path) -> Source | Fault:
    text = _read(file)
    return text if isinstance(text, Fault) else _parsed(Source(file, text, {}))


def _read_prompt(file: Path) -> Source | Fault:
    """Return the file split at its `+++` lines, or why it cannot be."""
    text = _read(file)
    if isinstance(text, Fault):
        return text
    lines = text.split("\n")
    fences = [n for n, line in enumerate(lines) if line.rstrip() == FENCE][:2]
    if len(fences) != len(("opening", "closing")) or fences[0] != 0:
        fix = f"Begin with a line {FENCE}, then the settings, then {FENCE} again, then the words."
        return Fault(file, 1, f"The settings do not stand between two {FENCE} lines.", fix)
    end = fences[1]
    body = "\n".join(lines[end + 1 :])
    return _parsed(Source(file, "\n".join(lines[1:end]), {}, 1, body, end + 1))


def _parsed(source: Source) -> Source | Fault:
    """Return `source` with its table, or the line on which its TOML stops making sense."""
    try:
        table = tomllib.loads(source.toml)
    except tomllib.TOMLDecodeError as error:
        at = _AT_LINE.search(str(error))
        line = int(at[1]) if at else source.toml.rstrip().count("\n") + 1
        fix = 'Write one `name = value` a line, with words in "quotes".'
        return Fault(source.file, source.lines_before_toml + line, f"TOML: {error}.", fix)
    return replace(source, table=table)


def _read(file: Path) -> str | Fault:
    """Return the file's text, or why it cannot be read."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        return Fault(file, line, "This is not UTF-8 text.", "Save the file as UTF-8.")
    except OSError as error:
        what = f"The file cannot be read: {error.strerror}."
        return Fault(file, 1, what, "Create it, or let the bot's user read it.")


def _first(lines: Sequence[str], pattern: str, start: int) -> int | None:
    """Return the index of the first line from `start` that begins with `pattern`."""
    found = (n for n in range(start, len(lines)) if re.match(pattern, lines[n]))
    return next(found, None)
