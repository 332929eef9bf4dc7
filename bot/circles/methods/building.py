"""Making values of tables whose shapes have been looked over."""

from __future__ import annotations

from datetime import time
from typing import TYPE_CHECKING, Any

from bot.circles.methods.reading import ENGLISH
from bot.circles.methods.values import (
    Answer,
    Audience,
    Kind,
    Mentions,
    Method,
    Phase,
    Preset,
    Prompt,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.circles.methods.reading import Draft, Source

_KINDS: Mapping[str, type] = {
    "audience": Audience,
    "kind": Kind,
    "answer": Answer,
    "mentions": Mentions,
}


def build_method(draft: Draft, described: Source, language: str) -> Method:
    """Return the method of a faultless draft in `language`, in English where it has no other."""
    table: Mapping[str, Any] = described.table
    phases = build_phases(described)
    presets = build_presets(described)
    prompts = build_prompts(draft, language)
    return Method(
        key=draft.folder.name,
        title=table["title"],
        summary=table["summary"].strip(),
        credit=tuple(table["credit"]),
        silent_days=table["rhythm"]["silent_days"],
        rhythm=table["rhythm"]["why"].strip(),
        phases=phases,
        presets=presets,
        prompts=_in_order(prompts, phases, presets),
        language=language,
    )


def build_phases(described: Source) -> tuple[Phase, ...]:
    """Return the phases, in the order of the file."""
    table: Mapping[str, Any] = described.table
    return tuple(
        Phase(key=key, **{**row, "purpose": row["purpose"].strip(), "exit": tuple(row["exit"])})
        for key, row in table["phases"].items()
    )


def build_presets(described: Source) -> tuple[Preset, ...]:
    """Return the presets, in the order of the file."""
    table: Mapping[str, Any] = described.table
    return tuple(Preset(key=key, **{"breaks": {}, **row}) for key, row in table["presets"].items())


def build_prompts(draft: Draft, language: str) -> list[Prompt]:
    """Return every English prompt, in the words of `language` where it has them."""
    return [
        build_prompt(key, english, _translated(draft, key, language))
        for (spoken, key), english in draft.prompts.items()
        if spoken == ENGLISH
    ]


def build_prompt(key: str, english: Source, words: Source) -> Prompt:
    """Return the prompt that `english` describes, as `words` says it."""
    row: dict[str, Any] = {**english.table, **words.table}
    row |= {name: kind(row[name]) for name, kind in _KINDS.items() if name in row}
    row["at"] = time.fromisoformat(row["at"])
    return Prompt(key=key, body=words.body.strip(), language=words.file.parent.name, **row)


def _translated(draft: Draft, key: str, language: str) -> Source:
    """Return the nearest words there are: of `de-AT`, else of `de`, else English."""
    wanted = (language, language.split("-", maxsplit=1)[0], ENGLISH)
    return next(draft.prompts[spoken, key] for spoken in wanted if (spoken, key) in draft.prompts)


def _in_order(
    prompts: list[Prompt], phases: tuple[Phase, ...], presets: tuple[Preset, ...]
) -> tuple[Prompt, ...]:
    """Return the prompts as the shortest preset sends them."""
    places = {phase.key: place for place, phase in enumerate(phases)}
    shortest = min(presets, key=lambda preset: preset.length)

    def moment(prompt: Prompt) -> tuple[int, int, time, int, str]:
        days: Iterator[int] = iter(prompt.days_in(shortest.days(prompt.phase)))
        return places[prompt.phase], next(days, 0), prompt.at, prompt.order, prompt.key

    return tuple(sorted(prompts, key=moment))
