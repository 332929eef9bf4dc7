"""What stories share: a bot that runs in February 2025."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.support.bot_process import Accounts, BotProcess
from tests.support.life import Life, moment
from tests.support.synapse import NewAccount, Synapse


@pytest_asyncio.fixture
async def life(synapse: Synapse, new_account: NewAccount, tmp_path: Path) -> AsyncIterator[Life]:
    """Give a bot that runs, on a clock that stands before the circle."""
    account = await new_account("keeper")
    accounts = Accounts.on_matrix(synapse.base_url, account)
    bot = BotProcess(tmp_path, accounts, moment("2025-02-20 10:00"))
    async with bot:
        yield Life(bot)
