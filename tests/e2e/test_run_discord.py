"""The bot runs from its config on Discord: how it answers, and how it ends."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bot.config import Settings, keep_login, keep_token, load
from bot.conversation.model import PlatformError
from bot.runtime import run
from tests.support.discord.server import StandIn

CONFIG = """
[circlekeeper]
run_by = "The tests"

[discord]
"""
ON_BOTH = """
[matrix]
homeserver = "http://127.0.0.1:1"
user_id = "@keeper:circle.test"
"""
WITHIN = 20.0


def install(folder: Path, discord: StandIn, more: str = "") -> Settings:
    """Return the settings of a bot with its token."""
    config = folder / "config.toml"
    config.write_text(CONFIG + more)
    keep_token(folder / "data" / "secrets.toml", discord.token)
    keep_login(folder / "data" / "secrets.toml", "token", "DEVICE")
    (folder / "data").mkdir(exist_ok=True)
    return load(config)


@asynccontextmanager
async def running(settings: Settings, discord: StandIn) -> AsyncIterator[asyncio.Task[None]]:
    """Let the bot run as the command does, until the block ends or the bot does."""

    def options() -> Mapping[str, Any]:
        return {"connector": discord.connector(), "guild_ready_timeout": 0.05}

    async with asyncio.TaskGroup() as group:
        task = group.create_task(run(settings, options))
        yield task
        if not task.done():
            os.kill(os.getpid(), signal.SIGTERM)


async def test_it_answers_a_slash_command_and_ends_when_it_is_told_to(
    discord: StandIn, tmp_path: Path
) -> None:
    guild = discord.world.guild("Reading")
    north = discord.world.text(guild, "north")
    ana = discord.human("Ana", guild)
    async with running(install(tmp_path, discord), discord):
        await discord.world.until(lambda: discord.gateway.connected or None, WITHIN, "the bot")
        asked = await ana.slash("help", channel=north)
        shown = await asked.answer()
        assert "/join" in shown.content


async def test_a_homeserver_that_is_away_keeps_nobody_on_discord_from_an_answer(
    discord: StandIn, tmp_path: Path
) -> None:
    guild = discord.world.guild("Reading")
    north = discord.world.text(guild, "north")
    ana = discord.human("Ana", guild)
    async with running(install(tmp_path, discord, ON_BOTH), discord):
        await discord.world.until(lambda: discord.gateway.connected or None, WITHIN, "the bot")
        asked = await ana.slash("help", channel=north)
        shown = await asked.answer(timeout=WITHIN)
        assert "/join" in shown.content


async def test_a_token_that_is_dead_ends_the_bot_with_a_sentence(
    discord: StandIn, tmp_path: Path
) -> None:
    settings = install(tmp_path, discord)
    discord.world.application.token += "-new"
    with pytest.raises(PlatformError, match="Discord does not take the bot's token any more"):
        async with asyncio.timeout(WITHIN):
            await run(settings, lambda: {"connector": discord.connector()})


async def test_reading_that_is_switched_off_ends_the_bot_with_a_sentence(
    discord: StandIn, tmp_path: Path
) -> None:
    settings = install(tmp_path, discord, "read_rooms = true\n")
    discord.world.application.intents = 0
    with pytest.raises(PlatformError, match="set read_rooms = false"):
        async with asyncio.timeout(WITHIN):
            await run(settings, lambda: {"connector": discord.connector()})
