"""The demo is the same each time, and everything in it is as the circle was promised."""

import asyncio
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from structlog.testing import capture_logs

from bot.circles.methods import BUILT_IN, Answer, Audience, load_method
from bot.circles.model import lay
from bot.demo.cast import Cast, told
from bot.demo.playing import Player, Stopped
from bot.demo.screen import PlainScreen
from bot.demo.show import cast_of, perform
from bot.demo.story import AWAY_SINCE, BACK, LATE, OPENS
from tests.support.command import ROOT

SEED, OTHER_SEED = 7, 8
GOLDEN = Path(__file__).parent / "golden" / f"demo-seed-{SEED}.txt"
KINDS = ["post", "message", "answer", "edit", "delete", "reaction", "join", "leave", "command"]
FIELDS = ["id", "at", "platform", "room", "thread", "kind", "author", "text"]
FIELDS += ["reply_to", "target", "mentions"]
ROOM, BOT = "reading-room", "circlekeeper"
REMINDER = re.compile(r"there is a question that you may still like to answer: “(.*?)”")
FIGURE = re.compile(r"<figure.*?<p>(.*?)</p>.*?<cite><bdi>(.*?)</bdi>(.*?)</figure>", re.DOTALL)
QUICK = 240
WIDTH = 150
"""How much of an event the golden file shows; the sums at its end are of everything."""


@dataclass(frozen=True)
class Played:
    """What a story left."""

    seed: int
    files: dict[str, bytes]
    shown: str

    @cached_property
    def cast(self) -> Cast:
        return cast_of(self.seed)

    @cached_property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.files["transcript.jsonl"].splitlines()]

    @cached_property
    def publication(self) -> str:
        return (self.files["publication.html"] + self.files["publication.md"]).decode()

    def of(self, *kinds: str, room: str = ROOM) -> list[dict[str, Any]]:
        return [e for e in self.events if e["kind"] in kinds and e["room"] == room]

    def as_they_read(self) -> dict[str, str]:
        """Return what each message says in the end, by its id."""
        texts = {e["id"]: e["text"] for e in self.events if e["kind"] in KINDS[:3] + KINDS[8:]}
        return texts | {e["target"]: e["text"] for e in self.events if e["kind"] == "edit"}


def play(seed: int) -> Played:
    """Play a story in this process; nothing may go wrong on the way."""
    people, shown = cast_of(seed), list[str]()
    player = Player("", input, shown.append)
    with capture_logs() as logs:
        outcome = asyncio.run(perform(seed, people, PlainScreen(people, shown.append), player))
    assert [each for each in logs if each["log_level"] in ("error", "critical")] == []
    return Played(seed, outcome.files, "\n".join(shown))


@pytest.fixture(scope="module")
def first() -> Played:
    return play(SEED)


@pytest.fixture(scope="module", params=[SEED, OTHER_SEED])
def played(request: pytest.FixtureRequest, first: Played) -> Played:
    return first if request.param == SEED else play(request.param)


def command(*words: str, folder: Path) -> tuple[list[str], dict[str, str]]:
    """Return how the demo is called, with a temporary folder of its own."""
    (folder / "tmp").mkdir()
    env = os.environ | {"TMPDIR": str(folder / "tmp"), "NO_COLOR": "1"}
    return [sys.executable, "-m", "bot", "demo", "--out", str(folder / "out"), *words], env


# --- the same each time ------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_bytes(first: Played) -> None:
    assert play(SEED).files == first.files


def test_another_seed_gives_another_story(first: Played) -> None:
    assert cast_of(OTHER_SEED) != first.cast


def test_the_story_is_the_golden_one(first: Played) -> None:
    found = golden(first)
    if os.environ.get("CIRCLEKEEPER_GOLDEN") == "write":
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(found, encoding="utf-8")
    assert found.splitlines() == GOLDEN.read_text(encoding="utf-8").splitlines(), (
        "If the story was meant to change: CIRCLEKEEPER_GOLDEN=write pytest tests/e2e/test_demo.py"
    )


def golden(story: Played) -> str:
    """Return a story in lines that can be read and compared, and the sums of its files."""
    lines = [
        f"{e['at'][:16]} {e['kind']:8} {e['room']} {e['author']}: {' '.join(e['text'].split())}"
        for e in story.events
    ]
    sums = [f"{hashlib.sha256(c).hexdigest()} {name}" for name, c in sorted(story.files.items())]
    return "\n".join(line[:WIDTH].rstrip() for line in [*lines, *sums]) + "\n"


def test_the_command_writes_the_same_bytes_and_leaves_nothing_else(
    first: Played, tmp_path: Path
) -> None:
    words, env = command("--plain", "--seed", str(SEED), folder=tmp_path)
    ended = subprocess.run(  # noqa: S603 - our own words
        words, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=QUICK
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    written = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert written == first.files
    assert all(str(tmp_path / "out" / name) in ended.stdout for name in first.files)
    assert "\x1b" not in ended.stdout
    assert list((tmp_path / "tmp").iterdir()) == []


# --- playing along -----------------------------------------------------------------------------


def test_who_plays_along_can_say_something_else_and_leave_the_rest_to_the_story(
    tmp_path: Path,
) -> None:
    words, env = command("--play", "facilitator", "--step", folder=tmp_path)
    said = ["", "Hello from the keyboard", "", "", "", "!help", ""]  # "" goes on, or says it
    typed = "".join(f"{line}\n" for line in said)
    ended = subprocess.run(  # noqa: S603 - our own words
        words,
        cwd=ROOT,
        env=env,
        input=typed,
        capture_output=True,
        text=True,
        timeout=QUICK,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "You are Ines Duarte." in ended.stdout
    assert "Ines Duarte: Hello from the keyboard" in ended.stdout
    assert "This is what you can ask me." in ended.stdout
    assert "I play on for you." in ended.stdout
    assert (tmp_path / "out" / "publication.html").exists()


async def test_the_first_turn_comes_when_the_bot_is_there_and_has_introduced_itself() -> None:
    people, shown = cast_of(SEED), list[str]()

    def stop(_: str) -> str:
        raise Stopped

    player = Player(people.facilitator, stop, shown.append)
    with pytest.raises(Stopped):
        await perform(SEED, people, PlainScreen(people, shown.append), player)

    before = shown[: next(n for n, line in enumerate(shown) if line.startswith("Your turn."))]
    assert any("Circlekeeper: comes into the room" in line for line in before)
    assert "Circlekeeper: Hello. I am Circlekeeper" in before[-2]


def test_words_for_a_question_of_joining_are_proposed_only_where_it_was_asked(
    tmp_path: Path,
) -> None:
    words, env = command("--play", "facilitator", folder=tmp_path)
    typed = "\n\n\n!help\n\n\n"  # the fourth turn is to join
    ended = subprocess.run(  # noqa: S603 - our own words
        words,
        cwd=ROOT,
        env=env,
        input=typed,
        capture_output=True,
        text=True,
        timeout=QUICK,
        check=False,
    )

    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Your turn. In the room: !join" in ended.stdout
    assert "I do not know that command" not in ended.stdout


def test_ctrl_c_ends_it_kindly(tmp_path: Path) -> None:
    words, env = command("--play", "member", folder=tmp_path)
    with subprocess.Popen(  # noqa: S603 - our own words
        words,
        cwd=ROOT,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("Your turn."):
                break
        process.send_signal(signal.SIGINT)
        said, complained = process.communicate(timeout=QUICK)

    assert (process.returncode, complained) == (130, "")
    assert "Stopped. Nothing was kept" in said
    assert not (tmp_path / "out").exists()
    assert list((tmp_path / "tmp").iterdir()) == []


# --- the record --------------------------------------------------------------------------------


def test_every_event_stands_in_the_record(played: Played) -> None:
    assert all(list(event) == FIELDS for event in played.events)
    assert {event["kind"] for event in played.events} == set(KINDS)
    assert len({event["id"] for event in played.events}) == len(played.events)
    times = [datetime.fromisoformat(event["at"]) for event in played.events]
    assert times == sorted(times)


# --- prompts and reminders ---------------------------------------------------------------------


def expected_prompts() -> Iterator[tuple[datetime, str]]:
    """Yield the moments and titles of what the room is to see, as method and calendar say."""
    method = load_method(BUILT_IN / "learning-circle", "en")
    weeks = [(p.key, p.title, method.preset("6-week").weeks[p.key]) for p in method.phases]
    opens = date.fromisoformat(OPENS)
    for placed in lay(weeks, opens - timedelta(weeks=1)).phases:
        length = (placed.span.ends_on - placed.span.starts_on).days
        for prompt in method.prompts_in(placed.key):
            for day in prompt.days_in(length):
                there = datetime.combine(placed.span.starts_on + timedelta(days=day), prompt.at)
                if prompt.audience is not Audience.FACILITATOR:
                    yield there.replace(tzinfo=ZoneInfo("Europe/Berlin")), prompt.title


def test_each_prompt_is_posted_once_in_order_at_its_moment(played: Played) -> None:
    titles = {title for _, title in expected_prompts()}
    posted = [
        (datetime.fromisoformat(event["at"]), event["text"].splitlines()[0])
        for event in played.of("post")
        if event["text"].splitlines()[0] in titles
    ]
    assert posted == sorted(expected_prompts())


def reminders(played: Played) -> Iterator[tuple[str, str, datetime]]:
    """Yield who was reminded of what, and when."""
    for event in played.events:
        found = REMINDER.search(event["text"]) if event["kind"] == "post" else None
        if found:
            at = datetime.fromisoformat(event["at"])
            yield event["room"].removeprefix("direct-"), found[1], at


def test_nobody_who_had_answered_is_reminded(played: Played) -> None:
    method = load_method(BUILT_IN / "learning-circle", "en")
    titles = {p.title for p in method.prompts if p.answer is not Answer.NONE}
    under = {e["id"]: e["text"].splitlines()[0] for e in played.of("post") if not e["thread"]}
    answered = {
        (event["author"], under[event["thread"]]): datetime.fromisoformat(event["at"])
        for event in played.of("answer")
        if under.get(event["thread"]) in titles
    }
    found = list(reminders(played))
    assert len(found) == len({(who, title) for who, title, _ in found}) > 10
    assert answered
    for who, title, at in found:
        assert answered.get((who, title), at + timedelta(days=1)) > at


def test_an_answer_given_after_a_reminder_goes_to_what_was_reminded_of(played: Played) -> None:
    last: dict[str, str] = {}
    checked = 0
    for event in played.events:
        if found := REMINDER.search(event["text"]) if event["kind"] == "post" else None:
            last[event["room"]] = found[1]
        if event["text"].startswith("Thank you. That is your answer to"):
            assert last[event["room"]] in event["text"]
            checked += 1
    assert checked > 1


def test_who_is_away_is_asked_nothing(played: Played) -> None:
    away = played.cast.away
    during = [who for who, _, at in reminders(played) if AWAY_SINCE <= at < BACK]
    assert away not in during
    assert played.cast.silent in during


def test_who_comes_late_is_not_reminded_of_what_came_before(played: Played) -> None:
    mine = [at for who, _, at in reminders(played) if who == played.cast.late]
    assert all(at > LATE + timedelta(days=2) for at in mine)


def test_a_closed_door_is_spoken_of_once(played: Played) -> None:
    name = played.cast[played.cast.closed].name
    said = [e for e in played.events if "cannot reach you directly" in e["text"]]
    assert [(e["room"], e["mentions"]) for e in said] == [(ROOM, [played.cast.closed])]
    told_ = [e for e in played.events if f"I cannot reach {name}" in e["text"]]
    assert [e["room"] for e in told_] == [f"direct-{played.cast.facilitator}"]
    closed = played.of("post", room=f"direct-{played.cast.closed}")
    assert all(e["at"] < f"{OPENS}T08:00" for e in closed)


def test_the_silent_one_is_found_privately_and_says_nothing(played: Played) -> None:
    silent = played.cast[played.cast.silent]
    found = [e for e in played.events if "Not heard from in" in e["text"]]
    assert [e["room"] for e in found] == [f"direct-{played.cast.facilitator}"]
    assert silent.name in found[0]["text"]
    assert not [e for e in played.of("answer", "message") if e["author"] == silent.id]


# --- pairs -------------------------------------------------------------------------------------


def test_two_pairs_are_introduced_and_a_third_is_told_kindly(played: Played) -> None:
    introduced = [e for e in played.events if "You have both said yes to mentoring" in e["text"]]
    waiting = [e for e in played.events if "There is no mentor for you" in e["text"]]
    assert len(introduced) == 2
    assert all(len(e["mentions"]) == 2 for e in introduced)
    assert len(waiting) == 1
    assert not any(
        waiting[0]["room"] == f"direct-{who}" for e in introduced for who in e["mentions"]
    )


# --- what is kept, and what is not -------------------------------------------------------------


def test_deleted_words_are_in_no_file(played: Played) -> None:
    for words in told("shared.toml")["deleted"].values():
        assert words in played.shown
        for piece in (words, *re.findall(r"\w{10,}", words)):
            assert not any(piece in content.decode() for content in played.files.values())
    assert len([e for e in played.of("delete") if e["author"] == played.cast.deleter]) == 2


def quoted(played: Played) -> list[tuple[str, str, str]]:
    """Return the publication's lines: words, who is credited, and the message that is linked."""
    found = FIGURE.findall(played.files["publication.html"].decode())
    link = re.compile(r'href="transcript\.jsonl#([^"]*)"')
    return [
        (unescape(words).replace("<br>", "\n"), unescape(credit), "".join(link.findall(rest)))
        for words, credit, rest in found
    ]


def reads_as(shown: str, said: str) -> bool:
    """Return whether a line shows what was said; names that are hidden stand as [a member]."""
    pattern = ".*?".join(re.escape(piece) for piece in shown.split("[a member]"))
    return re.fullmatch(pattern, said.removeprefix("!answer "), re.DOTALL) is not None


def test_the_publication_counts_the_weeks_from_the_opening(played: Played) -> None:
    for text in played.files.values():
        assert b"7 weeks" not in text
    assert "**Time:** 2 March 2026 to 12 April 2026 (6 weeks)" in played.publication


def test_no_link_leads_nowhere(played: Played) -> None:
    ids = {event["id"] for event in played.events}
    linked = re.findall(r"transcript\.jsonl#([^\s)>\"]+)", played.publication + played.shown)
    assert len(linked) > 40
    assert set(linked) <= ids
    assert "console.invalid" not in "".join([played.shown, played.publication, str(played.events)])


def test_every_quoted_line_leads_to_its_message(played: Played) -> None:
    texts = played.as_they_read()
    author = {event["id"]: event["author"] for event in played.events}
    lines = quoted(played)
    assert len(lines) > 30
    assert sum(bool(message) for _, _, message in lines) > 20
    for words, credit, message in lines:
        if message:
            assert reads_as(words, texts[message])
            assert played.cast[author[message]].name == credit
        else:
            assert any(reads_as(words, said) for said in texts.values() if said)


def test_only_those_who_agreed_are_named(played: Played) -> None:
    for who in (played.cast.away, played.cast.silent):
        person = played.cast[who]
        assert person.name not in played.publication
        assert re.search(rf"\b{person.first_name}\b", played.publication) is None
    nameless = [words for words, credit, _ in quoted(played) if credit == "a member"]
    texts = {e["text"]: e["author"] for e in played.events if e["author"] != BOT}
    authors = {a for words in nameless for said, a in texts.items() if reads_as(words, said)}
    assert {played.cast.away, played.cast.unnamer} <= authors


def test_silence_is_no_consent(played: Played) -> None:
    closed = played.cast[played.cast.closed]
    assert played.of("answer")
    assert any(e["author"] == closed.id for e in played.of("answer"))
    assert closed.name not in {credit for _, credit, _ in quoted(played)}
    mine = [e["text"] for e in played.events if e["author"] == closed.id and len(e["text"]) > 60]
    assert not any(reads_as(words, said) for words, _, _ in quoted(played) for said in mine)


def test_what_was_withdrawn_stays_out_and_what_was_changed_reads_as_changed(
    played: Played,
) -> None:
    back = [e for e in played.events if e["text"].startswith("!review withdraw")]
    assert len(back) == 1
    number = back[0]["text"].split()[-1]
    assert f'id="line-{number}"' not in played.files["publication.html"].decode()
    edits = played.of("edit")
    assert edits
    assert edits[0]["text"] in {words for words, _, _ in quoted(played)}
