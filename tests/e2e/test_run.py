"""The command that runs the bot: how it ends, by itself or when it is told to."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from pathlib import Path

import pytest

from tests.support.faulty import FaultyProxy
from tests.support.human import Human, NewHuman
from tests.support.synapse import Account, NewAccount, Synapse

ROOT = Path(__file__).parents[2]
CONFIG = """
[circlekeeper]
run_by = "The tests"
contact = "tests@example.org"
data_dir = "data"

[matrix]
homeserver = "{homeserver}"
user_id = "{user_id}"
invites_from = ["{inviter}"]
"""


async def run(folder: Path, homeserver: str, account: Account, inviter: str = "*") -> Process:
    """Start the command as somebody types it, the login in the environment."""
    config = folder / "config.toml"
    given = {"homeserver": homeserver, "user_id": account.user_id, "inviter": inviter}
    config.write_text(CONFIG.format(**given))
    login = {
        "CIRCLEKEEPER_MATRIX__ACCESS_TOKEN": account.access_token,
        "CIRCLEKEEPER_MATRIX__DEVICE_ID": account.device_id,
    }
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "run", "--config", str(config)),
        cwd=ROOT,
        env=os.environ | login,
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
    )


async def log_out(synapse: Synapse, account: Account) -> None:
    async with Human(synapse.base_url, account.user_id, account.access_token) as hands:
        await hands.call("POST", "logout", {})


async def test_a_token_that_dies_ends_the_bot_in_one_sentence(
    synapse: Synapse, new_account: NewAccount, tmp_path: Path
) -> None:
    account = await new_account("keeper")
    async with FaultyProxy(synapse.base_url) as proxy:
        bot = await run(tmp_path, proxy.url, account)
        await proxy.reached("sync", 2, 30)
        await log_out(synapse, account)
        _, complaint = await asyncio.wait_for(bot.communicate(), 60)
        assert bot.returncode == 2
        sentences = [line for line in complaint.decode().splitlines() if line.strip()]
        assert "no longer accepts the bot's access token" in sentences[-1]
        assert "circlekeeper init" in sentences[-1]
        assert len(sentences) == 1
        assert proxy.counts["sync"] <= 4


async def test_a_dead_token_is_noticed_at_the_start(
    synapse: Synapse, new_account: NewAccount, tmp_path: Path
) -> None:
    account = await new_account("keeper")
    await log_out(synapse, account)
    bot = await run(tmp_path, synapse.base_url, account)
    _, complaint = await asyncio.wait_for(bot.communicate(), 60)
    assert bot.returncode == 2
    assert b"no longer accepts the bot's access token" in complaint
    assert len(complaint.strip().splitlines()) == 1


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
async def test_it_ends_when_it_is_told_to(
    synapse: Synapse,
    new_account: NewAccount,
    new_human: NewHuman,
    tmp_path: Path,
    told: signal.Signals,
) -> None:
    account, fay = await new_account("keeper"), await new_human("fay")
    bot = await run(tmp_path, synapse.base_url, account)
    room = await fay.create_room("North", invite=[account.user_id])
    await fay.wait_for_text(room, "I am Circlekeeper", 30)
    bot.send_signal(told)
    said, complaint = await asyncio.wait_for(bot.communicate(), 20)
    assert bot.returncode == 0, complaint
    assert b"Traceback" not in said + complaint


async def test_who_may_not_invite_the_bot_is_told_whom_to_ask(
    synapse: Synapse, new_account: NewAccount, new_human: NewHuman, tmp_path: Path
) -> None:
    account, ben = await new_account("keeper"), await new_human("ben")
    room = await ben.create_room("South", invite=[account.user_id])
    bot = await run(tmp_path, synapse.base_url, account, inviter="@fay:circle.test")
    declined = await ben.wait_for(
        room,
        lambda event: (
            event.get("state_key") == account.user_id and event["content"]["membership"] == "leave"
        ),
        30,
    )
    bot.send_signal(signal.SIGTERM)
    await asyncio.wait_for(bot.communicate(), 20)
    reason = declined["content"]["reason"]
    assert "I am run by The tests (tests@example.org): please ask there." in reason
