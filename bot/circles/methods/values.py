"""What a method is: phases, presets and prompts, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

DAYS_A_WEEK = 7


class Audience(StrEnum):
    """Who a prompt is for; one for the facilitator goes out privately."""

    MEMBERS = "members"
    FACILITATOR = "facilitator"
    EVERYONE = "everyone"


class Kind(StrEnum):
    """Whether a prompt asks, tells or lists."""

    QUESTION = "question"
    NOTICE = "notice"
    CHECKLIST = "checklist"


class Answer(StrEnum):
    """Where answers to a prompt are looked for."""

    THREAD = "thread"
    NONE = "none"


class Mentions(StrEnum):
    """Whom a prompt may ring for; never everybody in a room."""

    NONE = "none"
    MEMBERS = "members"


@dataclass(frozen=True, slots=True)
class Prompt:
    """A message of a method: its words, and when in its phase it goes out.

    Exactly one of `day` (from the phase's first day, which is 0) and `before_end` (from its last
    day, which is 0) is set. `at` is the circle's local time.
    """

    key: str
    title: str
    phase: str
    audience: Audience
    kind: Kind
    at: time
    body: str
    language: str
    day: int | None = None
    before_end: int | None = None
    every_week: bool = False
    answer: Answer = Answer.NONE
    remind_after_days: int | None = None
    mentions: Mentions = Mentions.NONE
    order: int = 0

    def days_in(self, length: int) -> list[int]:
        """Return the days, from 0, on which this goes out in a phase of `length` days.

        A prompt that does not fit a shorter phase is left out. Weeks of rest are not in `length`.
        """
        first = self.day if self.day is not None else length - 1 - (self.before_end or 0)
        last = length if self.every_week else min(length, first + 1)
        return list(range(first, last, DAYS_A_WEEK)) if first >= 0 else []


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a method: what it is for, and how to tell that it is done."""

    key: str
    title: str
    purpose: str
    share: int
    exit: tuple[str, ...]
    before_opening: bool = False


@dataclass(frozen=True, slots=True)
class Preset:
    """A calendar of a method: whole weeks for each phase.

    `length` counts the weeks from the opening, rest included. `breaks` names the phases that
    hold one week of rest, and after how many of their weeks it comes.
    """

    key: str
    title: str
    length: int
    weeks: Mapping[str, int]
    breaks: Mapping[str, int]

    def days(self, phase: str) -> int:
        """Return the days of `phase`, without its rest."""
        return self.weeks[phase] * DAYS_A_WEEK


@dataclass(frozen=True, slots=True)
class Method:
    """A way for a circle to learn together, in one language.

    `silent_days` without a word in the circle do it harm; `rhythm` says why. `share` of a phase
    is its weight when a circle has a length of its own.
    """

    key: str
    title: str
    summary: str
    credit: tuple[str, ...]
    silent_days: int
    rhythm: str
    phases: tuple[Phase, ...]
    presets: tuple[Preset, ...]
    prompts: tuple[Prompt, ...]
    language: str

    def phase(self, key: str) -> Phase:
        """Return the phase `key`; KeyError when the method has none."""
        return {phase.key: phase for phase in self.phases}[key]

    def preset(self, key: str) -> Preset:
        """Return the preset `key`; KeyError when the method has none."""
        return {preset.key: preset for preset in self.presets}[key]

    def prompts_in(self, phase: str) -> tuple[Prompt, ...]:
        """Return the prompts of `phase`, earliest first."""
        return tuple(prompt for prompt in self.prompts if prompt.phase == phase)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a method's files: where, what, and what to do."""

    file: Path
    line: int
    what: str
    fix: str

    def __str__(self) -> str:
        """Return one line that an editor can jump to."""
        return f"{self.file}:{self.line}: {self.what} {self.fix}"


class MethodFault(Exception):
    """A method cannot be used as it is written."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Keep the faults, and say them all."""
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)
