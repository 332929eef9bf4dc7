"""The command line as whoever reads a sentence can type it, also where it is not on the PATH."""

import os
import shlex
import shutil
import sys
from pathlib import Path

NAME = "circlekeeper"
_USUAL = Path("config.toml")


def command(*words: str, config: Path = _USUAL) -> str:
    """Return a command that works where the running one was typed."""
    named = [] if _found_anyway(config) else ["--config", str(config)]
    return " ".join([_start(Path(sys.argv[0])), shlex.join([*words, *named])])


def _start(typed: Path) -> str:
    """Return how the program is called."""
    if typed.parts[-2:] == ("bot", "__main__.py"):
        return f"{shlex.quote(sys.executable)} -m bot"
    on_path = shutil.which(NAME)
    elsewhere = typed.name == NAME and not (on_path and typed.samefile(on_path))
    return shlex.quote(str(typed)) if elsewhere else NAME


def _found_anyway(config: Path) -> bool:
    return config == _USUAL or str(config) == os.environ.get("CIRCLEKEEPER_CONFIG")
