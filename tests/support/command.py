"""The command line as somebody types it, in this process or in one of its own."""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from bot.cli import app
from tests.support.discord.server import StandIn

ROOT = Path(__file__).parents[2]
PREFIX = "CIRCLEKEEPER_"
ENDS_WITHIN = 30.0


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command said and how it ended."""

    status: int
    said: str
    complained: str

    @property
    def all(self) -> str:
        """Everything it said."""
        return self.said + self.complained


async def circlekeeper(
    *words: str | Path,
    env: Mapping[str, str] | None = None,
    answers: str = "",
    discord: StandIn | None = None,
) -> Ended:
    """Run a command in a thread of its own and return what came of it; a crash is raised.

    What it asks of Discord it asks of the stand-in, where there is one.
    """
    given = [str(word) for word in words], dict(env or {}), answers
    return await asyncio.to_thread(_run, *given, discord)


def _run(words: list[str], env: dict[str, str], answers: str, discord: StandIn | None) -> Ended:
    bare: dict[str, str | None] = {n: None for n in os.environ if n.startswith(PREFIX)}
    options = None if discord is None else lambda: {"connector": discord.connector()}
    result = CliRunner().invoke(app, words, input=answers, env=bare | env, obj=options)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ended(result.exit_code, result.stdout, result.stderr)


async def circlekeeper_process(*words: str | Path, env: Mapping[str, str] | None = None) -> Ended:
    """Run a command in a process of its own and return what came of it."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot"),
        *(str(word) for word in words),
        cwd=ROOT,
        env=clean | dict(env or {}),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(ENDS_WITHIN):
            said, complained = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return Ended(process.returncode or 0, said.decode(), complained.decode())
