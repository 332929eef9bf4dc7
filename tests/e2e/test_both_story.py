"""One circle on a real Synapse and on Discord at once: one ledger, pairs, one publication."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from tests.e2e.test_story import everywhere
from tests.support.bot_process import Accounts, BotProcess
from tests.support.discord import permissions
from tests.support.discord.humans import Human as OnDiscord
from tests.support.discord.server import StandIn
from tests.support.guild_life import GuildLife, text_of
from tests.support.human import Human as OnMatrix
from tests.support.human import NewHuman
from tests.support.life import Life, moment
from tests.support.synapse import NewAccount, Synapse

CODE = re.compile(r"my link ([A-Za-z0-9-]{4,})")
ALL = ["part", "counted", "quoted", "named"]


@dataclass
class Both:
    """The bot, its two rooms, and those who live in them."""

    bot: BotProcess
    matrix: Life
    discord: GuildLife
    fay: OnDiscord  # facilitates, and has an account on each
    fay_too: OnMatrix
    ana: OnMatrix  # offers what Cleo seeks
    cleo: OnDiscord
    ben: OnDiscord  # is the same person as ben_too
    ben_too: OnMatrix

    async def until(self, text: str) -> None:
        """Let time go by."""
        await self.discord.until(text)


@pytest_asyncio.fixture
async def both(
    synapse: Synapse,
    new_account: NewAccount,
    new_human: NewHuman,
    discord: StandIn,
    tmp_path: Path,
) -> AsyncIterator[Both]:
    """Give a bot with two accounts, a room and a channel, and people."""
    on_matrix = Accounts.on_matrix(synapse.base_url, await new_account("keeper"))
    accounts = on_matrix.and_on(Accounts.on_discord(discord))
    bot = BotProcess(tmp_path, accounts, moment("2025-02-20 10:00"))
    guild = discord.world.guild("Home")
    room = discord.world.text(guild, "north")
    fay, cleo, ben = (discord.human(name, guild) for name in ("Fay", "Cleo", "Ben"))
    fay_too, ana, ben_too = [await new_human(name) for name in ("fay", "ana", "ben")]
    keepers = discord.world.role(guild, "Keepers", permissions.MANAGE_CHANNELS)
    discord.world.grant(guild, fay.user, keepers)
    async with bot:
        life, there = Life(bot), GuildLife(bot, discord, guild, room)
        people = [ana.user_id, ben_too.user_id]
        life.room = await fay_too.create_room("North", invite=[bot.user_id, *people])
        for person in (ana, ben_too):
            await person.join(life.room)
        await fay_too.wait_for_text(life.room, "I am Circlekeeper")
        await asyncio.gather(
            *(p.set_display_name(n) for p, n in ((ana, "Ana"), (ben_too, "Benjamin")))
        )
        yield Both(bot, life, there, fay, fay_too, ana, cleo, ben, ben_too)


async def test_one_circle_lives_on_matrix_and_on_discord(both: Both) -> None:
    await it_meets_in_both_places(both)
    await people_join_where_they_are(both)
    await two_accounts_are_one_person(both)
    await a_question_goes_to_both_and_answers_are_one_ledger(both)
    await two_meet_across(both)
    await words_are_relayed_only_when_both_agree(both)
    await the_publication_spans_both(both)
    await accounts_part_again(both)
    assert both.bot.mishaps() == []


async def it_meets_in_both_places(both: Both) -> None:
    made = await both.discord.ask(
        both.fay,
        "circle new",
        name="north",
        first_day="2025-03-03",
        preset="6-week",
        zone="Europe/Berlin",
    )
    assert "answered in the room" in made
    await link(both, both.fay, both.fay_too)
    attached = await both.matrix.ask(both.fay_too, "!circle attach north", room=both.matrix.room)
    assert "north" in attached
    assert both.bot.rows("SELECT platform FROM room ORDER BY platform") == [
        ("discord",),
        ("matrix",),
    ]


async def link(both: Both, there: OnDiscord, here: OnMatrix) -> None:
    """Link two accounts by a code from one, given once in the other, in private."""
    given = await both.discord.privately(there, "my link")
    found = CODE.search(given.text)
    assert found, given.text
    code = found[1]
    asked = await here.say(both.matrix.room, f"!my link {code}")
    refused = await both.matrix.answer_to(here, asked)
    assert "unlink" not in refused
    assert "unlink" in await both.matrix.ask(here, f"!my link {code}")
    assert "unlink" not in (await both.matrix.ask(here, f"!my link {code}")).text.split(".")[0]


async def people_join_where_they_are(both: Both) -> None:
    for person, consents in ((both.fay, ALL), (both.cleo, ALL), (both.ben, ALL)):
        values = {"goal": "", "gives": "", "needs": "", "zone": "UTC", "consents": consents}
        assert "You are in" in await both.discord.join(person, values)
    assert "You are in" in await both.matrix.join(both.ana, "-", "-", "-", "-", "yes yes yes yes")
    ben = await both.matrix.join(both.ben_too, "-", "-", "-", "-", "yes yes yes no")
    assert "You are in" in ben
    await both.discord.ask(both.fay, "circle open")
    assert await both.ana.wait_for_text(both.matrix.room, "is open")
    assert await both.discord.find("is open")


async def two_accounts_are_one_person(both: Both) -> None:
    """By a code from one place, given in the other, in private; the stricter consent holds."""
    await link(both, both.ben, both.ben_too)
    await both.bot.settled()
    assert both.discord.told(both.ben, "my unlink") >= 1
    here = both.bot.rows("SELECT name FROM member WHERE state = 'joined'")
    assert len(here) == 4
    consent = await both.discord.privately(both.ben, "my consent")
    assert "named" in consent


async def a_question_goes_to_both_and_answers_are_one_ledger(both: Both) -> None:
    await both.until("2025-02-25 12:00")
    prompt = await both.discord.find("Who is here?")
    there = await both.ana.wait_for_text(both.matrix.room, "Who is here?")
    form = await both.discord.form(both.ben, "Answer", on=prompt)
    await both.discord.send(both.ben, form, {"words": "Ben, from the sea", "show": "unnamed"})
    await both.ana.say(both.matrix.room, "Ana, from the hills", thread=there["event_id"])
    await both.discord.heard(both.fay)
    await both.matrix.bot.heard(both.ana)
    assert [text for (text,) in both.bot.rows("SELECT text FROM answer ORDER BY id")] == [
        "Ben, from the sea",
        "Ana, from the hills",
    ]
    assert await both.ana.wait_for_text(both.matrix.room, "Ben, from the sea")
    await both.until("2025-02-28 09:00")
    assert both.discord.told(both.ben, "may still like") == 0
    assert await both.matrix.told(both.ben_too, "may still like") == 0
    assert both.discord.told(both.cleo, "may still like") == 1


async def two_meet_across(both: Both) -> None:
    await both.until("2025-03-04 12:00")
    await both.matrix.ask(both.ana, "!mentor offer baking bread, yeast")
    await both.discord.ask(both.cleo, "mentor seek", topics="baking bread")
    assert "Cleo" in await both.discord.ask(both.fay, "pairs preview")
    await both.discord.ask(both.fay, "pairs send")
    await both.bot.settled()
    await both.discord.privately(both.cleo, "mentor accept")
    assert both.ana.user_id not in "".join(
        text_of(m) for m in both.discord.posts(both.cleo.dm())
    ), "before both said yes nobody learns where the other is"
    await both.matrix.ask(both.ana, "!mentor accept")
    await both.bot.settled()
    assert both.discord.told(both.cleo, both.ana.user_id) == 1
    assert await both.matrix.told(both.ana, "Cleo") >= 1


async def words_are_relayed_only_when_both_agree(both: Both) -> None:
    secret = "the starter lives in the cellar"
    await both.matrix.ask(both.ana, "!mentor relay on")
    await both.matrix.ask(both.ana, f"!mentor tell {secret}")
    await both.bot.settled()
    assert both.discord.told(both.cleo, secret) == 0
    await both.discord.privately(both.cleo, "mentor relay", switch="on")
    await both.matrix.ask(both.ana, f"!mentor tell {secret} @everyone")
    await both.bot.settled()
    assert both.discord.told(both.cleo, secret) == 1
    assert not both.discord.posts(both.cleo.dm())[-1].rang.everyone
    await both.discord.privately(both.cleo, "mentor tell", words="good, feed it rye")
    await both.bot.settled()
    assert await both.matrix.told(both.ana, "feed it rye") == 1
    for words in (secret, "feed it rye"):
        assert everywhere(both.matrix, words) == []


async def the_publication_spans_both(both: Both) -> None:
    await both.until("2025-04-01 12:00")
    await both.discord.ask(both.fay, "summary draft")
    await both.bot.settled()
    assert "approved" in await both.matrix.ask(both.ana, "!review approve all")
    assert "approved" in await both.matrix.ask(both.ben_too, "!review approve all")
    assert "Version 1" in await both.discord.ask(both.fay, "summary publish")
    await both.bot.settled()
    files = {f.filename: f.data.decode() for m in both.discord.posts() for f in m.attachments}
    there = [e for e in await both.matrix.posts(both.ana) if "url" in e["content"]]
    assert set(files) == {"north.md", "north.html"}
    assert len(there) == len(files)
    text = files["north.html"]
    assert "Ana, from the hills" in text
    assert "[a member], from the sea" in text
    assert "Benjamin" not in text
    assert ">Ben<" not in text
    assert "matrix.to" in text


async def accounts_part_again(both: Both) -> None:
    gone = await both.discord.privately(both.ben, "my unlink")
    assert "no longer" in gone
    here = both.bot.rows("SELECT name FROM member WHERE state = 'joined'")
    assert len(here) == 5
    rows = both.bot.rows(
        "SELECT member.platform FROM answer JOIN member ON member.id = member_id "
        "WHERE text LIKE 'Ben,%'"
    )
    assert rows == [("discord",)]
