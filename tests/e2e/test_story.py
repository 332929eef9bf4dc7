"""Seven people live through a circle of six weeks on a real homeserver; the clock is driven."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest_asyncio

from tests.support.bot_process import BotProcess
from tests.support.human import Human, NewHuman
from tests.support.synapse import NewAccount, Synapse


def moment(text: str) -> datetime:
    """Return a moment in UTC, as in '2025-02-20 10:00'."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest_asyncio.fixture
async def bot(
    synapse: Synapse, new_account: NewAccount, tmp_path: Path
) -> AsyncIterator[BotProcess]:
    """Give the bot, running in February."""
    account = await new_account("keeper")
    process = BotProcess(tmp_path, synapse.base_url, account, moment("2025-02-20 10:00"))
    async with process:
        yield process


async def join(person: Human, bot: BotProcess, room: str, *answers: str) -> str:
    """Let somebody join by the guided exchange and return their direct room."""
    await person.say(room, "!join north")
    direct = await person.direct_room_with(bot.user_id)
    for number, answer in enumerate(answers, start=1):
        await person.wait_for_text(direct, f"{number} of 5")
        await person.say(direct, answer)
    await person.wait_for_text(direct, "You are in")
    return direct


async def test_a_thread_answer_to_the_first_prompt_is_recorded(
    bot: BotProcess, new_human: NewHuman
) -> None:
    fay, ana = await new_human("fay"), await new_human("ana")
    room = await fay.create_room("North", invite=[bot.user_id, ana.user_id])
    await ana.join(room)
    await fay.wait_for_text(room, "I am Circlekeeper")
    await fay.say(room, "!circle new north 2025-03-03 6-week Europe/Berlin")
    await fay.wait_for_text(room, "is made")
    await join(ana, bot, room, "to listen", "bread", "company", "-", "yes yes yes no")
    await fay.say(room, "!circle open north")
    await fay.wait_for_text(room, "is open")
    await bot.at(moment("2025-02-25 09:00"))
    prompt = await ana.wait_for_text(room, "Who is here?")
    answer = await ana.say(room, "Ana, in the evenings", thread=prompt["event_id"])
    await bot.heard(ana)
    assert bot.rows("SELECT message, prompt, text FROM answer") == [
        (answer, "roll-call", "Ana, in the evenings")
    ]
    assert bot.mishaps() == []
