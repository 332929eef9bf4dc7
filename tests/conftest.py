"""What the tests share: a homeserver, accounts and people on it."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
import pytest_asyncio

from tests.support.human import Human, NewHuman
from tests.support.synapse import Account, NewAccount, Synapse, fresh_directory

pytest_plugins = ["tests.support.discord.fixtures"]


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def synapse() -> AsyncIterator[Synapse]:
    """Give one real homeserver to all tests of the session."""
    with fresh_directory() as directory:
        async with Synapse(directory) as server:
            yield server


@pytest.fixture
def new_account(synapse: Synapse) -> NewAccount:
    """Give a maker of accounts; `await new_account("anna")` is another anna each time."""

    async def make(name: str) -> Account:
        return await synapse.register(f"{name}-{secrets.token_hex(4)}", secrets.token_hex(8))

    return make


@pytest_asyncio.fixture
async def new_human(synapse: Synapse, new_account: NewAccount) -> AsyncIterator[NewHuman]:
    """Give a maker of people with accounts of their own, who leave when the test ends."""
    async with AsyncExitStack() as stay:

        async def make(name: str) -> Human:
            account = await new_account(name)
            human = Human(synapse.base_url, account.user_id, account.access_token)
            return await stay.enter_async_context(human)

        yield make
