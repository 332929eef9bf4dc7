"""Which promise is asked of which platform: by what it can do, never by its name."""

from collections.abc import Mapping

import pytest

from adapters.console.platform import CAPABILITIES as CONSOLE
from adapters.discord.platform import capabilities
from adapters.matrix.platform import CAPABILITIES as MATRIX
from bot.conversation.model import Capabilities

STAGES: Mapping[str, Capabilities] = {
    "console": CONSOLE,
    "matrix_synapse": MATRIX,
    "discord_stage": capabilities(reads=False),
    "discord_reading": capabilities(reads=True),
}
"""What the platform on each stage can do, as it says itself."""


def pytest_configure(config: pytest.Config) -> None:
    """Name the mark."""
    config.addinivalue_line("markers", "needs(*names): asked only of a platform that can do this")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what a platform does not promise."""
    left_out = [item for item in items if not _asked(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def _asked(item: pytest.Item) -> bool:
    call = getattr(item, "callspec", None)
    can = STAGES.get(call.params.get("stage", "")) if call else None
    names = [name for mark in item.iter_markers("needs") for name in mark.args]
    return can is None or all(_has(can, name) for name in names)


def _has(can: Capabilities, need: str) -> bool:
    """Return whether a platform can do what is needed; `not reads` is what it must not do."""
    name = need.removeprefix("not ")
    return bool(getattr(can, name)) is not need.startswith("not ")
