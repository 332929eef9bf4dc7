"""The bot comes into rooms, is put out of them and comes back: each time it says what is so."""

from pathlib import Path

from tests.support.bot_process import Accounts, BotProcess
from tests.support.human import Human, NewHuman
from tests.support.life import Life, body, moment
from tests.support.synapse import NewAccount, Synapse

ENCRYPTION = {"algorithm": "m.megolm.v1.aes-sha2"}
SORRY = "I cannot read encrypted rooms"


async def said(life: Life, reader: Human, room: str) -> list[str]:
    return [body(event) for event in await life.posts(reader, room)]


async def test_a_crash_just_after_the_first_invitation_was_accepted_loses_no_greeting(
    synapse: Synapse, new_account: NewAccount, new_human: NewHuman, tmp_path: Path
) -> None:
    account, fay = await new_account("keeper"), await new_human("fay")
    room = await fay.create_room("North", invite=[account.user_id])
    accounts = Accounts.on_matrix(synapse.base_url, account)
    bot = BotProcess(tmp_path, accounts, moment("2025-02-20 10:00"))
    await bot.start(dies_at="before_take_commit", wait=False)
    await bot.dies()
    assert account.user_id in await fay.members(room)
    async with bot:
        await fay.wait_for_text(room, "I am Circlekeeper", 30)
        await bot.stop()
        await bot.start()
        await bot.heard(fay)
        assert len(await said(Life(bot), fay, room)) == 1


async def test_in_an_encrypted_room_the_bot_says_one_sentence(
    life: Life, new_human: NewHuman
) -> None:
    bot, fay = life.bot, await new_human("fay")
    encrypted = {"type": "m.room.encryption", "state_key": "", "content": ENCRYPTION}
    room = await fay.create_room("Secret", invite=[bot.user_id], initial_state=[encrypted])
    await fay.wait_for_text(room, SORRY, 30)
    await bot.heard(fay)
    await bot.stop()
    await bot.start()
    await bot.heard(fay)
    assert [SORRY in words for words in await said(life, fay, room)] == [True]


async def test_a_room_that_becomes_encrypted_is_told_once(life: Life, new_human: NewHuman) -> None:
    bot, fay = life.bot, await new_human("fay")
    room = await fay.create_room("North", invite=[bot.user_id])
    await fay.wait_for_text(room, "I am Circlekeeper", 30)
    await fay.set_state(room, "m.room.encryption", ENCRYPTION)
    await fay.wait_for_text(room, SORRY, 30)
    await bot.stop()
    await bot.start()
    await bot.heard(fay)
    assert [SORRY in words for words in await said(life, fay, room)] == [False, True]


async def test_what_waited_for_the_morning_when_the_bot_was_put_out_comes_once(
    life: Life, new_human: NewHuman
) -> None:
    bot, fay, ana = life.bot, await new_human("fay"), await new_human("ana")
    life.room = await fay.create_room("North", invite=[bot.user_id, ana.user_id])
    await ana.join(life.room)
    await fay.wait_for_text(life.room, "I am Circlekeeper", 30)
    await life.ask(fay, "!circle new north 2025-03-03")
    assert "is open" in await life.ask(fay, "!circle open north")
    await life.ask(fay, "!my circles")
    await life.until("2025-02-20 22:30")
    await life.join(ana, "-", "-", "-", "-", "yes yes yes yes")
    await fay.ban(life.room, bot.user_id)
    await bot.heard(fay)
    assert await life.told(fay, "I was banned from a room") == 1
    assert "I am not in a room" in await life.ask(fay, "!circle status north")
    await fay.unban(life.room, bot.user_id)
    await fay.invite(life.room, bot.user_id)
    await fay.wait_for_text(life.room, "I am back. north goes on", 30)
    await bot.heard(fay)
    assert "needs you" not in await life.ask(fay, "!circle status north")
    await life.until("2025-02-21 12:00")
    last = (await said(life, fay, life.room))[-2:]
    assert ["I am back." in last[0], "Please welcome" in last[1]] == [True, True]
