"""What the adapter for Discord does while it waits."""

import asyncio

import pytest

from adapters.discord.waiting import heed


async def test_a_cancellation_that_a_library_swallows_is_heeded_all_the_same() -> None:
    reached = asyncio.Event()

    async def careless() -> None:
        try:
            reached.set()
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            pass  # as a library that tells of a closed connection instead
        heed()

    heed()
    task = asyncio.ensure_future(careless())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
