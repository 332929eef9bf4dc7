"""The fixture `discord`: a stand-in for each test, and a line of what the run has validated."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.support.discord import validate
from tests.support.discord.server import StandIn


@pytest_asyncio.fixture
async def discord() -> AsyncIterator[StandIn]:
    """Give a Discord of the test's own; what either side said against its description fails."""
    async with StandIn() as standin:
        yield standin
    found = standin.validation.findings
    assert not found, "against Discord's description:\n" + "\n".join(found)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell how much was held against Discord's description."""
    if validate.counted:
        total, kinds = sum(validate.counted.values()), len(validate.counted)
        terminalreporter.write_line(
            f"Discord: {total} exchanges of {kinds} operations held against its own description"
        )
