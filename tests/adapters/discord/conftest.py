"""What the tests of Discord's adapter share."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.adapters.discord.place import Place
from tests.contracts.discord import platform
from tests.support.discord.server import StandIn


@pytest_asyncio.fixture
async def place(discord: StandIn) -> AsyncIterator[Place]:
    """Give a channel with Ana, and the bot's account without commands."""
    guild = discord.world.guild("Home")
    channel = discord.world.text(guild, "north")
    async with platform(discord) as bot:
        yield Place(discord, guild, channel, discord.human("Ana", guild), bot)
