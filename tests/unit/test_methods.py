"""What a folder of prompts says, what is refused, and what a circle's own words may not do."""

from __future__ import annotations

import itertools
import re
import shutil
from datetime import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bot.circles.methods import (
    BUILT_IN,
    PLACEHOLDERS,
    Answer,
    Audience,
    Fault,
    Kind,
    MethodFault,
    Preset,
    Prompt,
    available,
    fill,
    lint,
    load_method,
)

if TYPE_CHECKING:
    from pathlib import Path

LEARNING_CIRCLE = BUILT_IN / "learning-circle"
METHOD = """\
title = "Pairs"
summary = "Two weeks in two phases."
credit = ["Nobody in particular"]

[rhythm]
silent_days = 14
why = "Silence harms."

[phases.meet]
title = "Meeting"
purpose = "Say hello."
share = 50
exit = ["All have said hello."]

[phases.part]
title = "Parting"
purpose = "Say goodbye."
share = 50
exit = []

[presets.short]
title = "Two weeks"
length = 2
weeks = { meet = 1, part = 1 }

[presets.long]
title = "Five weeks"
length = 5
weeks = { meet = 3, part = 1 }
breaks = { meet = 2 }
"""
PROMPT = """\
+++
title = "Hello"
phase = "meet"
audience = "members"
kind = "question"
day = 1
at = "10:00"
answer = "thread"
+++
Say hello to **{circle}**.
"""


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    folder = tmp_path / "pairs"
    write(folder / "method.toml", METHOD)
    write(folder / "en" / "hello.md", PROMPT)
    return folder


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def only_fault(folder: Path) -> Fault:
    faults = lint(folder, beneath=())
    assert len(faults) == 1, "\n".join(map(str, faults))
    return faults[0]


# What is refused, and where


def test_a_sound_method_has_no_faults(pairs: Path) -> None:
    assert lint(pairs, beneath=()) == []


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("day = 1", "day = = 1", 6, "TOML"),
        ('at = "10:00"', 'att = "10:00"\nat = "10:00"', 7, '"att" is not known'),
        ('title = "Hello"\n', "", 2, '"title" is missing'),
        ('title = "Hello"', 'title = " "', 2, '"title" cannot be'),
        ('at = "10:00"', 'at = "24:00"', 7, '"at" cannot be'),
        ('at = "10:00"', "at = 10:00:00", 7, '"at" cannot be'),
        ("day = 1", 'day = "1"', 6, '"day" cannot be'),
        ("day = 1", "day = true", 6, '"day" cannot be'),
        ("day = 1", "day = -1", 6, '"day" cannot be'),
        ('"members"', '"all"', 4, '"audience" cannot be'),
        ("day = 1", 'day = 1\nevery_week = "yes"', 7, '"every_week" cannot be'),
        ("day = 1", "day = 1\nremind_after_days = 0", 7, '"remind_after_days" cannot be'),
        ('"meet"', '"met"', 3, 'no phase "met"'),
        ("day = 1", "day = 7", 6, "outside the phase"),
        ("day = 1", "before_end = 7", 6, "outside the phase"),
        ("day = 1", "day = 1\nbefore_end = 1", 7, "one of day and before_end"),
        ("day = 1\n", "", 2, "one of day and before_end"),
        ("day = 1", "before_end = 1\nevery_week = true", 7, "every_week needs"),
        ('answer = "thread"\n', "", 5, "needs a place for its answers"),
        ('"thread"', '"none"', 8, "needs a place for its answers"),
        ('"question"', '"notice"\nremind_after_days = 2', 6, "Only a question"),
        ("{circle}", "{circel}", 10, "{circel} is not a placeholder"),
        ("{circle}", "{ circle }", 10, "{ circle } is not a placeholder"),
        ("Say hello", "Hello\n\nSay {circle", 12, "{circle is not a placeholder"),
        ('"Hello"', '"Hello {you}"', 2, "{you} is not a placeholder"),
        ("Say hello to **{circle}**.", " ", 10, "says nothing"),
        ("Say hello", "Say\n<b>hello</b>", 11, "is HTML"),
        ("Say hello", "<!-- hidden -->\n\nSay hello", 10, "is HTML"),
        ("**{circle}**", "`{circle}`", 10, "not safe"),
        ("**{circle}**", "[us](https://example.org/{circle})", 10, "not safe"),
        ("Say hello", "@everyone hello", 10, "ring for everybody"),
        ("Say hello", "Hi @Room, hello", 10, "ring for everybody"),
        ("Say hello", "Hello @here,", 10, "ring for everybody"),
        ("+++\ntitle", "title", 1, "two +++ lines"),
        ('"thread"\n+++', '"thread"', 1, "two +++ lines"),
    ],
)
def test_a_fault_in_a_prompt_is_named_with_its_line(
    pairs: Path, old: str, new: str, line: int, said: str
) -> None:
    assert PROMPT.count(old) == 1
    write(pairs / "en" / "hello.md", PROMPT.replace(old, new))
    faults = lint(pairs, beneath=())
    assert {(fault.file.name, fault.line) for fault in faults} == {("hello.md", line)}
    assert all(said in fault.what and fault.fix for fault in faults)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("share = 50\nexit = []", "share = \nexit = []", 18, "TOML"),
        ('title = "Pairs"', 'titel = "Pairs"\ntitle = "Pairs"', 1, '"titel" is not known'),
        ("silent_days = 14", 'silent_days = "two"', 6, '"silent_days" cannot be'),
        ("share = 50\nexit = []", "exit = []", 15, '"share" is missing'),
        ("share = 50\nexit = []", 'share = "half"\nexit = []', 18, '"share" cannot be'),
        ("exit = []", 'exit = "never"', 19, '"exit" cannot be'),
        ("length = 2", "length = 3", 23, "add up to 2"),
        ("length = 5", "length = 4", 28, "add up to 5"),
        ("breaks = { meet = 2 }", "breaks = { meet = 3 }", 30, "after its last week"),
        ("breaks = { meet = 2 }", "breaks = { mete = 2 }", 29, '"mete"'),
        ("meet = 3, part = 1", "meet = 3, part = 1.5", 29, '"weeks" cannot be'),
    ],
)
def test_a_fault_in_the_method_is_named_with_its_line(
    pairs: Path, old: str, new: str, line: int, said: str
) -> None:
    assert METHOD.count(old) == 1
    write(pairs / "method.toml", METHOD.replace(old, new))
    fault = next(fault for fault in lint(pairs, beneath=()) if said in fault.what)
    assert (fault.file.name, fault.line) == ("method.toml", line)


def test_a_preset_covers_every_phase_and_no_other(pairs: Path) -> None:
    weeks = "weeks = { meet = 1, prat = 1 }"
    write(pairs / "method.toml", METHOD.replace("weeks = { meet = 1, part = 1 }", weeks))
    said = [fault.what for fault in lint(pairs, beneath=())]
    assert ['"part"' in said[0], '"prat"' in said[1], len(said)] == [True, True, 2]


def test_a_method_without_its_toml_is_refused(pairs: Path) -> None:
    (pairs / "method.toml").unlink()
    assert "cannot be read" in only_fault(pairs).what


@pytest.mark.parametrize("part", ["phases", "presets"])
def test_a_method_needs_phases_and_presets(pairs: Path, part: str) -> None:
    tables = METHOD.split("\n\n")
    kept = [table for table in tables if not table.startswith(f"[{part}.")]
    write(pairs / "method.toml", "\n\n".join(kept))
    assert f'"{part}" is missing.' in [fault.what for fault in lint(pairs, beneath=())]


def test_two_prompts_of_one_moment_need_an_order(pairs: Path) -> None:
    write(pairs / "en" / "later.md", PROMPT)
    assert '"hello" goes out at the same moment' in only_fault(pairs).what
    write(pairs / "en" / "later.md", PROMPT.replace("day = 1", "day = 1\norder = 1"))
    assert lint(pairs, beneath=()) == []


def test_a_moment_shared_in_one_preset_only_needs_an_order_too(pairs: Path) -> None:
    write(pairs / "en" / "later.md", PROMPT.replace("day = 1", "before_end = 5"))
    assert "same moment" in only_fault(pairs).what


def test_a_weekly_prompt_needs_a_day_of_the_week(pairs: Path) -> None:
    longer = METHOD.replace("meet = 1, part", "meet = 2, part").replace("length = 2", "length = 3")
    write(pairs / "method.toml", longer)
    write(pairs / "en" / "hello.md", PROMPT.replace("day = 1", "day = 7\nevery_week = true"))
    assert "every_week needs" in only_fault(pairs).what


def test_a_broken_english_prompt_is_not_called_missing(pairs: Path) -> None:
    write(pairs / "de" / "hello.md", '+++\ntitle = "Hallo"\n+++\nSag hallo.\n')
    write(pairs / "en" / "hello.md", PROMPT.replace("day = 1", "day"))
    assert only_fault(pairs).what.startswith("TOML")


def test_a_prompt_needs_its_english(pairs: Path) -> None:
    write(pairs / "de" / "hallo.md", PROMPT)
    fault = only_fault(pairs)
    assert fault.file.name == "hallo.md"
    assert "no English" in fault.what


def test_a_method_needs_english_prompts(pairs: Path) -> None:
    shutil.rmtree(pairs / "en")
    assert "no prompts in English" in only_fault(pairs).what


def test_a_translation_keeps_the_calendar(pairs: Path) -> None:
    write(pairs / "de" / "hello.md", PROMPT.replace("day = 1", "day = 2"))
    fault = only_fault(pairs)
    assert (fault.line, '"day" differs' in fault.what) == (6, True)


def test_a_file_that_is_not_utf8_is_refused_with_its_line(pairs: Path) -> None:
    (pairs / "en" / "hello.md").write_bytes(PROMPT.encode() + b"Gr\xfc\xdfe")
    fault = only_fault(pairs)
    assert (fault.line, "UTF-8" in fault.what) == (11, True)


@pytest.mark.parametrize("name", ["en/Hello You.md", "English/hello.md"])
def test_a_misnamed_file_is_refused(pairs: Path, name: str) -> None:
    write(pairs / name, PROMPT)
    assert only_fault(pairs).file == pairs / name


def test_a_file_from_another_system_reads_the_same(pairs: Path) -> None:
    before = load_method(pairs, "en")
    crlf = b"\xef\xbb\xbf" + PROMPT.replace("\n", "\r\n").encode()
    (pairs / "en" / "hello.md").write_bytes(crlf)
    assert load_method(pairs, "en") == before


def test_every_fault_is_said_at_once_when_loading(pairs: Path) -> None:
    write(pairs / "en" / "hello.md", PROMPT.replace("{circle}", "{a} and {b}"))
    write(pairs / "method.toml", METHOD.replace("length = 2", "length = 9"))
    with pytest.raises(MethodFault) as refused:
        load_method(pairs, "en")
    assert len(refused.value.faults) == 3
    assert "hello.md:10: {a} is not a placeholder." in str(refused.value)


# What is loaded


def test_a_prompt_is_loaded_as_it_is_written(pairs: Path) -> None:
    [prompt] = load_method(pairs, "en").prompts
    assert prompt == Prompt(
        key="hello",
        title="Hello",
        phase="meet",
        audience=Audience.MEMBERS,
        kind=Kind.QUESTION,
        at=time(10),
        body="Say hello to **{circle}**.",
        language="en",
        day=1,
        answer=Answer.THREAD,
    )


def test_a_language_without_a_prompt_shows_the_english_one(pairs: Path) -> None:
    write(pairs / "en" / "later.md", PROMPT.replace("day = 1", "day = 2"))
    write(pairs / "de" / "hello.md", '+++\ntitle = "Hallo"\n+++\nSag hallo.\n')
    hello, later = load_method(pairs, "de-AT").prompts
    assert (hello.title, hello.body, hello.language) == ("Hallo", "Sag hallo.", "de")
    assert (hello.day, later.language) == (1, "en")


def test_prompts_stand_in_the_order_in_which_they_go_out(pairs: Path) -> None:
    for key, when in {"a": "before_end = 0", "b": "day = 5", "c": "day = 1\norder = 1"}.items():
        write(pairs / "en" / f"{key}.md", PROMPT.replace("day = 1", when))
    write(pairs / "en" / "d.md", PROMPT.replace('"meet"', '"part"').replace("day = 1", "day = 0"))
    method = load_method(pairs, "en")
    assert [prompt.key for prompt in method.prompts] == ["hello", "c", "b", "a", "d"]
    assert [prompt.key for prompt in method.prompts_in("part")] == ["d"]


@pytest.mark.parametrize(
    ("settings", "length", "days"),
    [
        ("day = 3", 7, [3]),
        ("day = 3", 3, []),
        ("before_end = 0", 14, [13]),
        ("before_end = 3", 3, []),
        ("day = 2\nevery_week = true", 21, [2, 9, 16]),
        ("day = 2\nevery_week = true", 9, [2]),
    ],
)
def test_a_prompt_knows_its_days(pairs: Path, settings: str, length: int, days: list[int]) -> None:
    write(pairs / "en" / "hello.md", PROMPT.replace("day = 1", settings))
    assert load_method(pairs, "en").prompts[0].days_in(length) == days


# Whose folder counts


def test_a_single_file_overrides_a_single_prompt(tmp_path: Path) -> None:
    own = tmp_path / "own"
    built_in = LEARNING_CIRCLE / "en" / "roll-call.md"
    words = built_in.read_text(encoding="utf-8").replace("Who is here?", "Anybody here?")
    write(own / "learning-circle" / "en" / "roll-call.md", words)
    folder = available([BUILT_IN, own])["learning-circle"]
    assert folder == own / "learning-circle"
    before = {p.key: p for p in load_method(LEARNING_CIRCLE, "en").prompts}
    after = {p.key: p for p in load_method(folder, "en").prompts}
    assert after.keys() == before.keys()
    assert after.pop("roll-call").title == "Anybody here?"
    assert after.items() <= before.items()


def test_overrides_lie_on_one_another_in_their_order(tmp_path: Path, pairs: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    write(first / "pairs" / "en" / "hello.md", PROMPT.replace("Say", "First"))
    write(first / "pairs" / "en" / "extra.md", PROMPT.replace("day = 1", "day = 2"))
    write(second / "pairs" / "en" / "hello.md", PROMPT.replace("Say", "Second"))
    write(second / "pairs" / "en" / "last.md", PROMPT.replace("day = 1", "day = 3"))
    folders = [pairs.parent, first, second]
    method = load_method(available(folders)["pairs"], "en", beneath=folders)
    assert [p.body.split()[0] for p in method.prompts] == ["Second", "Say", "Say"]
    lower = load_method(first / "pairs", "en", beneath=folders)
    assert [p.body.split()[0] for p in lower.prompts] == ["First", "Say"]


def test_a_folder_with_its_own_method_stands_alone(tmp_path: Path, pairs: Path) -> None:
    own = tmp_path / "own"
    write(own / "pairs" / "method.toml", METHOD.replace('"Pairs"', '"Our pairs"'))
    write(own / "pairs" / "en" / "only.md", PROMPT)
    folders = [pairs.parent, own, tmp_path / "missing"]
    method = load_method(available(folders)["pairs"], "en", beneath=folders)
    assert (method.title, [p.key for p in method.prompts]) == ("Our pairs", ["only"])


def test_a_folder_adds_methods_and_strays_are_not_methods(pairs: Path) -> None:
    write(pairs.parent / "notes" / "en" / "stray.md", PROMPT)
    found = available([BUILT_IN, pairs.parent])
    assert found["pairs"] == pairs
    assert found["learning-circle"] == LEARNING_CIRCLE
    assert "notes" not in found


def test_a_fault_in_an_override_is_found_in_its_place(tmp_path: Path) -> None:
    own = tmp_path / "learning-circle"
    write(own / "en" / "roll-call.md", PROMPT)
    [fault] = lint(own)
    assert (fault.file, fault.line) == (own / "en" / "roll-call.md", 3)


# The built-in learning circle

THE_CIRCLE = load_method(LEARNING_CIRCLE, "en")
PRESETS = pytest.mark.parametrize("preset", THE_CIRCLE.presets, ids=lambda preset: preset.key)


def moments(preset: Preset, *, private: bool) -> list[int]:
    """Return the day, from getting ready on, of each prompt that goes out."""
    days, start = [], 0
    for phase in THE_CIRCLE.phases:
        rest = preset.breaks.get(phase.key, 0)
        for prompt in THE_CIRCLE.prompts_in(phase.key):
            for day in prompt.days_in(preset.days(phase.key)):
                rested = 7 if rest and day >= rest * 7 else 0
                if private or prompt.audience is not Audience.FACILITATOR:
                    days.append(start + day + rested)
        start += preset.days(phase.key) + (7 if rest else 0)
    return sorted(days)


def test_the_built_in_method_has_no_faults() -> None:
    assert lint(LEARNING_CIRCLE) == []


def test_the_phases_are_the_six_of_the_model() -> None:
    keys = [phase.key for phase in THE_CIRCLE.phases]
    assert keys == ["ready", "opening", "planning", "exchanging", "publishing", "closing"]
    assert [phase.key for phase in THE_CIRCLE.phases if phase.before_opening] == ["ready"]
    assert THE_CIRCLE.silent_days == 14


@pytest.mark.parametrize(
    ("key", "weeks", "rests"),
    [
        ("16-week", [1, 2, 2, 6, 3, 2], 1),
        ("10-week", [1, 1, 1, 5, 2, 1], 0),
        ("6-week", [1, 1, 1, 2, 1, 1], 0),
    ],
)
def test_the_presets_add_up(key: str, weeks: list[int], rests: int) -> None:
    preset = THE_CIRCLE.preset(key)
    assert [preset.weeks[phase.key] for phase in THE_CIRCLE.phases] == weeks
    assert len(preset.breaks) == rests
    assert preset.length == sum(weeks[1:]) + rests == int(key.split("-", maxsplit=1)[0])


def test_a_six_week_circle_hears_about_twenty_prompts() -> None:
    assert 16 <= len(moments(THE_CIRCLE.preset("6-week"), private=True)) <= 22
    for phase in THE_CIRCLE.phases:
        assert 3 <= len(THE_CIRCLE.prompts_in(phase.key)) <= 6


@PRESETS
def test_the_circle_hears_something_every_week_but_for_its_rest(preset: Preset) -> None:
    days = moments(preset, private=False)
    gaps = [later - earlier for earlier, later in itertools.pairwise(days)]
    assert max(gaps) < THE_CIRCLE.silent_days
    assert len([gap for gap in gaps if gap > 7]) == len(preset.breaks)


def test_every_question_says_how_to_answer_and_rings_for_nobody() -> None:
    for prompt in THE_CIRCLE.prompts:
        assert prompt.mentions == "none", prompt.key
        if prompt.kind is Kind.QUESTION:
            words = " ".join(prompt.body.split())
            assert "{how_to_answer}" in words, prompt.key


def test_no_prompt_presses_ranks_or_names_a_weekday() -> None:
    weekdays = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
    unwelcome = re.compile(
        rf"\b({weekdays}|streak|rank|score|must|deadline|overdue)", re.IGNORECASE
    )
    for prompt in THE_CIRCLE.prompts:
        assert not unwelcome.findall(prompt.title + prompt.body), prompt.key


def test_a_new_prompt_can_be_written_from_the_readme(tmp_path: Path) -> None:
    readme = (BUILT_IN / "README.md").read_text(encoding="utf-8")
    [prompt] = re.findall(r"```markdown\n(.*?)```", readme, re.DOTALL)
    [method] = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    write(tmp_path / "learning-circle" / "en" / "a-walk.md", prompt)
    assert lint(tmp_path / "learning-circle") == []
    write(tmp_path / "month" / "method.toml", method)
    write(tmp_path / "month" / "en" / "a-walk.md", prompt.replace('"opening"', '"reading"'))
    assert lint(tmp_path / "month") == []
    assert all(f"{{{name}}}" in readme for name in PLACEHOLDERS)


# Filling: a value stays words

MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
TEMPLATES = [
    "Hello {circle}, it is week {week}.",
    "{circle}",
    "{week}. {phase}\n{purpose}) {circle}",
    "# About {circle}\n\n{purpose}\n---\n\n- {phase}\n- *{circle}*{week}",
    "**{circle}**: _{purpose}_ ~~{phase}~~ **{circle}{phase}**",
    "so**{circle}**so *{phase}*so",
    "> {guiding_question}\n\n[{circle}](https://example.org) ![{phase}](a.png)",
    "| a | {circle} |\n|---|---|\n| {phase} | {purpose} |",
    "text\n{circle}\n{phase}\n\n   {purpose}",
    "[a]{circle} !{circle}[b](c) {circle}[d](e) \\{circle} {commands_prefix}answer",
]
NASTY = st.text(alphabet="\\`*_{}[]()<>#+-=.!|~&@:/ \n\t1xb\"'\u2028\u00a0", max_size=12)
VALUES = st.fixed_dictionaries(
    {name: st.one_of(NASTY, st.text(max_size=12)) for name in PLACEHOLDERS}
)


def structure(text: str) -> list[object]:
    """Return all of a text's tokens but its words."""
    tokens = [t for block in MARKDOWN.parse(text) for t in (block, *(block.children or ()))]
    return ["text" if t.type == "text" else (t.type, t.tag, t.markup, t.attrs) for t in tokens]


@pytest.mark.parametrize("template", TEMPLATES)
@given(values=VALUES)
@example(values=dict.fromkeys(PLACEHOLDERS, ""))
@example(values=dict.fromkeys(PLACEHOLDERS, "1"))
@example(values=dict.fromkeys(PLACEHOLDERS, "|"))
@example(values=dict.fromkeys(PLACEHOLDERS, "- [x](https://evil.example) `{circle}`"))
@example(values=dict.fromkeys(PLACEHOLDERS, "<b>\n\n# **!**"))
def test_a_value_never_changes_the_structure(template: str, values: dict[str, str]) -> None:
    tame = dict.fromkeys(PLACEHOLDERS, "x")
    assert structure(fill(template, values)) == structure(fill(template, tame))


@given(value=st.text(alphabet=st.characters(codec="ascii", exclude_categories=["Cc"])))
def test_a_value_reads_as_it_was_written(value: str) -> None:
    [_, words, _] = MARKDOWN.parse("So: " + fill("{circle}", {"circle": value}) + " ends")
    shown = "".join(token.content for token in words.children or ()).replace("\u200b", "")
    assert shown.split() == ["So:", *value.split(), "ends"]


@pytest.mark.parametrize("value", ["@everyone", "a@Here", "@room", "<@123>", "<@&9>", "@a:b.org"])
def test_a_value_rings_for_nobody(value: str) -> None:
    [_, words, _] = MARKDOWN.parse("Hi " + fill("{circle}", {"circle": value}))
    shown = "".join(token.content for token in words.children or ())
    assert not re.search(r"@(everyone|here|room|a:)|<@", shown, re.IGNORECASE)


def test_an_address_can_still_be_copied() -> None:
    assert "\u200b" not in fill("Write to {facilitator}.", {"facilitator": "ana@example.org"})


def test_a_value_is_not_searched_for_placeholders() -> None:
    filled = fill("{circle} {phase}", {"circle": "{phase}", "phase": "Opening"})
    assert filled == "\\{phase\\} Opening"


def test_only_known_placeholders_with_values_are_replaced() -> None:
    values = {"circle": "Wells", "secret": "no"}
    assert fill("{circle} {secret} {phase}", values) == "Wells {secret} {phase}"


def test_an_escaped_brace_stays_a_brace(pairs: Path) -> None:
    write(pairs / "en" / "hello.md", PROMPT.replace("**{circle}**", "\\{circle\\} and \\{you\\}"))
    assert lint(pairs, beneath=()) == []
    assert fill("\\{circle}", {"circle": "`x`"}) == "\\{circle}"


def test_a_command_can_be_copied_from_a_prompt() -> None:
    [_, words, _] = MARKDOWN.parse(fill("{commands_prefix}answer", {"commands_prefix": "!"}))
    assert "".join(token.content for token in words.children or ()) == "!answer"


def test_signs_that_turn_or_hide_text_are_dropped() -> None:
    assert fill("{circle}", {"circle": "a\u202eb\x00c\x1bd"}) == "abcd"
