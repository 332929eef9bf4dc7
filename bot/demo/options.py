"""The demo as the command line asks for it."""

import asyncio
import logging
import os
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import structlog
from rich.console import Console

from bot.demo.playing import Pause, Play, Player, Stopped, read_line
from bot.demo.screen import PlainScreen, Screen
from bot.demo.show import Outcome, cast_of, perform
from bot.demo.stage import LiveScreen

SMALLEST = (80, 24)
"""Columns and lines below which plain lines read better than a picture."""
STOPPED = 130


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for."""

    seed: int = 7
    out: Path = Path("circlekeeper-demo")
    step: bool = False
    plain: bool = False
    play: Play | None = None


def run(options: Options) -> int:
    """Play the demo, write what it leaves, and return the exit status.

    Raises:
        OSError: nothing can be written where the files should go.
    """
    new = not options.out.exists()
    options.out.mkdir(parents=True, exist_ok=True)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    began = time.monotonic()
    try:
        outcome = asyncio.run(_played(options))
    except (Stopped, KeyboardInterrupt):
        if new:
            options.out.rmdir()
        _say(
            "Stopped. Nothing was kept: the demo's database was in a temporary folder, and is gone."
        )
        return STOPPED
    _say("")
    _say(f"That was six weeks in {time.monotonic() - began:.0f} seconds. All people are invented.")
    for path in outcome.write(options.out):
        _say(f"{MEANS.get(path.name, 'written')}: {path}")
    return 0


MEANS = {
    "publication.html": "The publication, to read in a browser",
    "publication.md": "The publication in Markdown",
    "transcript.jsonl": "Everything that happened, one event a line; quoted lines link to its ids",
}


async def _played(options: Options) -> Outcome:
    people = cast_of(options.seed)
    console = Console(highlight=False)
    wait = Pause(read_line) if options.step else None
    player = Player.of(options.play, people, read_line, _say)
    drawn = not (options.plain or options.play) and _can_draw(console)
    live = LiveScreen(people, console, wait) if drawn else None
    screen: Screen = live or PlainScreen(people, _say, wait)
    _say(
        "An invented circle lives six weeks here, through the real bot. "
        "Nothing leaves this machine."
    )
    player.begins(people)
    with live or nullcontext():
        return await perform(options.seed, people, screen, player)


def _can_draw(console: Console) -> bool:
    wide = console.width >= SMALLEST[0] and console.height >= SMALLEST[1]
    return console.is_terminal and not console.is_dumb_terminal and wide and not _colourless()


def _colourless() -> bool:
    return bool(os.environ.get("NO_COLOR"))


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()
