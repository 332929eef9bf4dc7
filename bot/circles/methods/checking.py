"""Looking a method over: every fault at once, with its line and what to do."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from bot.circles.methods import shapes
from bot.circles.methods.building import build_phases, build_presets, build_prompt
from bot.circles.methods.reading import ENGLISH, Draft, Source
from bot.circles.methods.shapes import shape_faults, table_at
from bot.circles.methods.values import DAYS_A_WEEK, Answer, Fault, Kind
from bot.circles.methods.wording import word_faults

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bot.circles.methods.values import Preset, Prompt

_WORDS_OF_A_LANGUAGE: Final = frozenset({"title"})


def faults_of(draft: Draft) -> list[Fault]:
    """Return what is wrong with a method, file by file and line by line."""
    found = [*draft.faults, *_english_faults(draft)]
    for (language, key), source in draft.prompts.items():
        found += _file_faults(source, whole=language == ENGLISH)
        found += _translation_faults(draft, source, key)
    described = draft.method
    if described is not None:
        unclear = [*_described_faults(described)]
        found += unclear or _calendar_faults(draft, described, {fault.file for fault in found})
    return sorted(set(found), key=lambda fault: (fault.file, fault.line, fault.what))


def _english_faults(draft: Draft) -> Iterator[Fault]:
    """Yield the prompts, or the method, that nobody wrote in English."""
    read = {(fault.file.parent.name, fault.file.stem) for fault in draft.faults}
    known = {*draft.prompts, *read}
    if not any(language == ENGLISH for language, _ in known):
        what = "The method has no prompts in English."
        yield Fault(draft.folder / ENGLISH, 1, what, "Put its prompts into a folder en/.")
    for (_, key), source in draft.prompts.items():
        if (ENGLISH, key) not in known:
            fix = f"Add en/{key}.md; other languages fall back to it."
            yield Fault(source.file, 1, "This prompt has no English text.", fix)


def _file_faults(source: Source, *, whole: bool) -> Iterator[Fault]:
    """Yield what is wrong with a prompt's file on its own; a translation may leave keys out."""
    yield from shape_faults(source, shapes.PROMPT, whole=whole)
    title = source.table.get("title")
    if isinstance(title, str):
        yield from word_faults(source.file, title, source.line_of("title"))
    yield from word_faults(source.file, source.body, source.lines_before_body + 1)
    if not source.body.strip():
        line = source.lines_before_body + 1
        yield Fault(source.file, line, "The prompt says nothing.", "Write what it asks or tells.")


def _translation_faults(draft: Draft, source: Source, key: str) -> Iterator[Fault]:
    """Yield where a translation would give its prompt another calendar than English has."""
    english = draft.prompts.get((ENGLISH, key), source)
    for name, value in source.table.items():
        if name not in _WORDS_OF_A_LANGUAGE and value != english.table.get(name, value):
            what = f'"{name}" differs from the English prompt.'
            fix = "Take the line out: only the title and the words are translated."
            yield Fault(source.file, source.line_of(name), what, fix)


def _described_faults(described: Source) -> Iterator[Fault]:
    """Yield what is wrong with method.toml."""
    yield from shape_faults(described, shapes.METHOD)
    if "rhythm" in described.table:
        yield from shape_faults(described, shapes.RHYTHM, "rhythm")
    for name, fields in (("phases", shapes.PHASE), ("presets", shapes.PRESET)):
        rows = table_at(described, name)
        if name in described.table and not rows:
            fix = f"Add a table [{name}.something]."
            yield Fault(described.file, described.line_of(name), f"There are no {name}.", fix)
        for key in rows:
            yield from shape_faults(described, fields, name, key)
    yield from _preset_faults(described)


def _preset_faults(described: Source) -> Iterator[Fault]:
    """Yield presets whose weeks do not cover the phases, or do not add up."""
    phases = table_at(described, "phases")
    for key in table_at(described, "presets"):
        here = ("presets", key)
        weeks, breaks = (table_at(described, *here, part) for part in ("weeks", "breaks"))
        for name in (set(phases) ^ set(weeks)) | (set(breaks) - set(phases)):
            what = f'The phase "{name}" of preset "{key}" is not both a phase and given weeks.'
            fix = f"The phases are {', '.join(phases)}."
            yield Fault(described.file, described.line_of(*here, "weeks"), what, fix)
        yield from _sum_faults(described, key)


def _sum_faults(described: Source, key: str) -> Iterator[Fault]:
    phases: Mapping[str, Any] = table_at(described, "phases")
    preset = table_at(described, "presets", key)
    weeks: Mapping[str, Any] = table_at(described, "presets", key, "weeks")
    breaks: Mapping[str, Any] = table_at(described, "presets", key, "breaks")
    early = {name for name in phases if table_at(described, "phases", name).get("before_opening")}
    total = sum(weeks[name] for name in weeks if name not in early) + len(breaks)
    if total != preset.get("length"):
        what = f'The weeks of "{key}" add up to {total}, not to its length.'
        fix = "Count the phases from the opening, and one week for each break."
        yield Fault(described.file, described.line_of("presets", key, "length"), what, fix)
    for name, after in breaks.items():
        if name in weeks and after >= weeks[name]:
            what = f'The break in "{name}" comes after its last week.'
            line = described.line_of("presets", key, "breaks")
            yield Fault(described.file, line, what, "Give a week that others follow.")


def _calendar_faults(draft: Draft, described: Source, unclear: set[Any]) -> list[Fault]:
    """Return what is wrong with when prompts go out; files that are unclear are left aside."""
    phases = {phase.key for phase in build_phases(described)}
    presets = build_presets(described)
    clear = {
        key: source
        for (language, key), source in draft.prompts.items()
        if language == ENGLISH and source.file not in unclear
    }
    lost = [fault for source in clear.values() for fault in _phase_faults(source, phases)]
    placed = {fault.file for fault in lost}
    prompts = [
        (source, build_prompt(key, source, source))
        for key, source in clear.items()
        if source.file not in placed
    ]
    single = [fault for pair in prompts for fault in _prompt_faults(*pair, presets)]
    return [*lost, *single, *_order_faults(prompts, presets)]


def _phase_faults(source: Source, phases: set[str]) -> Iterator[Fault]:
    phase = source.table["phase"]
    if phase not in phases:
        fix = f"The phases are {', '.join(sorted(phases))}."
        yield Fault(source.file, source.line_of("phase"), f'There is no phase "{phase}".', fix)


def _prompt_faults(source: Source, prompt: Prompt, presets: Sequence[Preset]) -> Iterator[Fault]:
    """Yield what does not go together in one prompt."""
    days = min(preset.days(prompt.phase) for preset in presets)
    if (prompt.day is None) == (prompt.before_end is None):
        what = "A prompt needs one of day and before_end."
        yield Fault(source.file, source.line_of("before_end"), what, "Keep just one of them.")
    for name, value in (("day", prompt.day), ("before_end", prompt.before_end)):
        if value is not None and value >= days:
            what = f"{name} = {value} is outside the phase, which can be {days} days long."
            fix = f"Write a number from 0 to {days - 1}."
            yield Fault(source.file, source.line_of(name), what, fix)
    if prompt.every_week and (prompt.day is None or prompt.day >= DAYS_A_WEEK):
        what = "every_week needs a day of the week."
        fix = "Write day = 0 for the first day of each week, up to 6 for the last."
        yield Fault(source.file, source.line_of("every_week"), what, fix)
    yield from _answer_faults(source, prompt)


def _answer_faults(source: Source, prompt: Prompt) -> Iterator[Fault]:
    asks = prompt.kind is Kind.QUESTION
    if asks and prompt.answer is Answer.NONE:
        line = source.line_of("answer" if "answer" in source.table else "kind")
        what = "A question needs a place for its answers."
        yield Fault(source.file, line, what, 'Write answer = "thread".')
    if prompt.remind_after_days is not None and not asks:
        what = "Only a question can be reminded of."
        line = source.line_of("remind_after_days")
        yield Fault(source.file, line, what, "Take the line out.")


def _order_faults(
    prompts: Sequence[tuple[Source, Prompt]], presets: Sequence[Preset]
) -> Iterator[Fault]:
    """Yield prompts that some preset sends at the same moment with the same order."""
    for preset in presets:
        moments: dict[object, str] = defaultdict(str)
        for source, prompt in prompts:
            for day in prompt.days_in(preset.days(prompt.phase)):
                moment = (prompt.phase, day, prompt.at, prompt.order)
                first = moments.setdefault(moment, prompt.key)
                if first != prompt.key:
                    what = f'"{first}" goes out at the same moment with the same order.'
                    fix = "Give one of the two another order, the lower first."
                    yield Fault(source.file, source.line_of("order"), what, fix)
