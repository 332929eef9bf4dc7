"""Methods as data: what a folder of prompts says, checked and made into values."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import prompts
from bot.circles.methods.building import build_method
from bot.circles.methods.checking import faults_of
from bot.circles.methods.filling import PLACEHOLDERS, fill
from bot.circles.methods.reading import METHOD_FILE, gather
from bot.circles.methods.values import (
    Answer,
    Audience,
    Fault,
    Kind,
    Mentions,
    Method,
    MethodFault,
    Phase,
    Preset,
    Prompt,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "BUILT_IN",
    "PLACEHOLDERS",
    "Answer",
    "Audience",
    "Fault",
    "Kind",
    "Mentions",
    "Method",
    "MethodFault",
    "Phase",
    "Preset",
    "Prompt",
    "available",
    "fill",
    "lint",
    "load_method",
]

BUILT_IN: Final = Path(prompts.__file__).parent


def available(folders: Sequence[Path]) -> dict[str, Path]:
    """Return the folder of each method by key; a later one of `folders` overrides an earlier.

    A folder without a method.toml counts when an earlier one describes the method: its files
    then replace single prompts.
    """
    found: dict[str, Path] = {}
    for root in folders:
        for folder in sorted(root.iterdir()) if root.is_dir() else ():
            overrides = folder.name in found and any(folder.glob("*/*.md"))
            if overrides or (folder / METHOD_FILE).is_file():
                found[folder.name] = folder
    return found


def load_method(folder: Path, language: str, beneath: Sequence[Path] = (BUILT_IN,)) -> Method:
    """Return the method of `folder` in `language`, in English where there is no translation.

    When `folder` holds single prompts only, the rest comes from the folder of the same name in
    the nearest of `beneath`, the folders given to `available`.

    Raises:
        MethodFault: the method cannot be used as it is written.
    """
    draft = gather(folder, beneath)
    faults = faults_of(draft)
    if faults or draft.method is None:
        raise MethodFault(faults)
    return build_method(draft, draft.method, language)


def lint(folder: Path, beneath: Sequence[Path] = (BUILT_IN,)) -> list[Fault]:
    """Return what is wrong with the method of `folder`, in the order of files and lines."""
    return faults_of(gather(folder, beneath))
