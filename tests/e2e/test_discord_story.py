"""Seven people live through a circle of six weeks on Discord; the bot reads only what is for it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio

from tests.e2e.test_story import ROOM_PROMPTS, everywhere
from tests.support.bot_process import Accounts, BotProcess
from tests.support.discord import permissions
from tests.support.discord.humans import Human
from tests.support.discord.server import StandIn
from tests.support.guild_life import GuildLife, text_of
from tests.support.life import moment

NOTHING = {"goal": "", "gives": "", "needs": ""}
ALL = ["part", "counted", "quoted", "named"]


@dataclass
class Cast:
    """The seven."""

    fay: Human  # facilitates
    ana: Human  # agrees to everything
    ben: Human  # is quoted without a name, far away
    cleo: Human  # comes late and is not counted
    dana: Human  # is not quoted, and asks to be forgotten
    emil: Human  # goes away, and leaves later
    gus: Human  # takes no direct messages

    @property
    def others(self) -> list[Human]:
        return [self.ana, self.ben, self.cleo, self.dana, self.emil, self.gus]


@pytest_asyncio.fixture
async def life(discord: StandIn, tmp_path: Path) -> AsyncIterator[GuildLife]:
    """Give a bot without privileged intents on a server, on a clock before the circle."""
    discord.world.application.intents = 0
    bot = BotProcess(tmp_path, Accounts.on_discord(discord), moment("2025-02-20 10:00"))
    async with bot:
        guild = discord.world.guild("Home")
        room = discord.world.text(guild, "north")
        discord.world.leave(guild, discord.world.bot)
        yield GuildLife(bot, discord, guild, room)


async def test_seven_people_live_through_a_circle_on_discord(life: GuildLife) -> None:
    names = ("Fay", "Ana", "Ben", "Cleo", "Dana", "Emil", "Gus")
    cast = Cast(*(life.standin.human(name, life.guild) for name in names))
    await a_circle_is_made(life, cast)
    await members_join(life, cast)
    await it_opens(life, cast)
    await a_first_question_is_answered(life, cast)
    await answers_change(life, cast)
    await private_words_stay_private(life, cast)
    await somebody_comes_late(life, cast)
    await two_are_introduced(life, cast)
    await prompts_rest(life, cast)
    await people_go(life, cast)
    await words_are_marked(life, cast)
    await members_have_rights(life, cast)
    await lines_are_reviewed(life, cast)
    await it_is_published(life, cast)
    await it_closes(life, cast)
    assert life.bot.mishaps() == []
    nobody_was_rung_for_nothing(life)


async def a_circle_is_made(life: GuildLife, cast: Cast) -> None:
    world = life.standin.world
    keepers = world.role(life.guild, "Keepers", permissions.MANAGE_CHANNELS)
    world.grant(life.guild, cast.fay.user, keepers)
    world.invite(life.guild)
    hello = text_of(await life.find("I am Circlekeeper"))
    assert "run by The tests" in hello
    refused = await life.ask(cast.ben, "circle new", name="south", first_day="2025-03-03")
    assert "may manage this room" in refused
    made = await life.ask(
        cast.fay,
        "circle new",
        name="north",
        first_day="2025-03-03",
        preset="6-week",
        zone="Europe/Berlin",
        question="What makes a home?",
        purpose="To listen to places",
    )
    assert "answered in the room" in made
    assert made.message.ephemeral
    assert "24 February 2025" in text_of(await life.find("north is made"))


async def members_join(life: GuildLife, cast: Cast) -> None:
    given = {
        cast.fay: ("to host", "tea", "Europe/Berlin", ALL),
        cast.ana: ("baking bread", "recipes", "Europe/Berlin", ALL),
        cast.ben: ("maps", "time", "America/New_York", ALL[:3]),
        cast.dana: ("birds", "", "Asia/Tokyo", ALL[:2]),
        cast.emil: ("stories", "a boat", "Europe/Berlin", ALL),
        cast.gus: ("", "", "Europe/Berlin", ALL),
    }
    for person, (goal, gives, zone, consents) in given.items():
        values = NOTHING | {"goal": goal, "gives": gives, "zone": zone, "consents": consents}
        joined = await life.join(person, values)
        assert "You are in" in joined
        assert joined.message.ephemeral
    cast.gus.user.takes_direct_messages = False
    assert life.bot.rows(
        "SELECT goal, gives, needs, zone, takes_part, counted, quoted, named "
        "FROM member WHERE person = ?",
        str(cast.dana.id),
    ) == [("birds", "", "", "Asia/Tokyo", 1, 1, 0, 0)]


async def it_opens(life: GuildLife, cast: Cast) -> None:
    preview = await life.ask(cast.fay, "prompt preview", prompt="roll-call")
    assert "Who is here?" in preview
    assert "for the circle's facilitators" in await life.ask(cast.ana, "circle open")
    await life.ask(cast.fay, "circle open")
    assert "What makes a home?" in text_of(await life.find("is open"))
    assert "Who is here?" in await life.ask(cast.fay, "prompt list")
    found = await cast.fay.autocomplete("prompt preview", "prompt", "roll", channel=life.room)
    assert [each["value"] for each in (await found.answer()).choices] == ["roll-call"]
    found = await cast.ana.autocomplete("circle status", "circle", "no", channel=life.room)
    assert [each["value"] for each in (await found.answer()).choices] == ["north"]


async def a_first_question_is_answered(life: GuildLife, cast: Cast) -> None:
    """Answered with a name, without, and only counted; two are reminded, one where others read."""
    ana, ben, dana, emil, gus, fay = (
        *(cast.ana, cast.ben, cast.dana),
        *(cast.emil, cast.gus, cast.fay),
    )
    await life.until("2025-02-25 09:00")
    prompt = await life.find("Who is here?")
    assert prompt.labels() == ["Answer"]
    thread = life.thread_of(prompt)
    for person, words, show in (
        (ana, "Ana, in the evenings, by the harbour", "named"),
        (ben, "At dawn, over the ocean", "unnamed"),
        (dana, "Whenever the herons come", "counted"),
    ):
        form = await life.form(person, "Answer", on=prompt)
        assert form.title == "Who is here?"
        thanks = await life.send(person, form, {"words": words, "show": show})
        assert "Thank you" in thanks
    await life.bot.settled()
    shown = [text_of(message) for message in life.posts() if message.channel is thread]
    assert shown == [
        "Ana answers:\n\n> Ana, in the evenings, by the harbour",
        "A member answers:\n\n> At dawn, over the ocean",
    ]
    assert "nobody counts you as missing" in await life.ask(emil, "my away", until="2025-03-05")
    await gus.say(life.room, "A fine morning to all")
    await life.heard(fay)
    assert life.bot.rows(
        "SELECT person, text FROM answer JOIN member ON member.id = member_id ORDER BY answer.id"
    ) == [
        (str(ana.id), "Ana, in the evenings, by the harbour"),
        (str(ben.id), "At dawn, over the ocean"),
        (str(dana.id), None),
    ]
    assert life.bot.rows(
        "SELECT words FROM contribution JOIN member ON member.id = member_id WHERE person = ?",
        str(gus.id),
    ) == [(None,)]
    await life.until("2025-02-28 09:00")
    assert [life.told(p, "may still like") for p in (fay, ana, ben, dana)] == [1, 0, 0, 0]
    knocks = [m for m in life.posts() if "cannot reach you directly" in text_of(m)]
    assert [m.rang.users for m in knocks] == [frozenset({gus.id})]
    assert life.told(fay, "Gus") == 1


async def answers_change(life: GuildLife, cast: Cast) -> None:
    """An answer is changed in place, and taken back from the others' eyes."""
    ana, ben = cast.ana, cast.ben
    prompt = await life.find("Who is here?")
    thread = life.thread_of(prompt)
    form = await life.form(ana, "Answer", on=prompt)
    assert form.fields()["words"]["value"] == "Ana, in the evenings, by the harbour"
    await life.send(ana, form, {"words": "Ana, at noon", "show": "named"})
    form = await life.form(ben, "Answer", on=prompt)
    await life.send(ben, form, {"words": "At dawn, over the ocean", "show": "counted"})
    await life.bot.settled()
    shown = [text_of(message) for message in life.posts() if message.channel is thread]
    assert shown == ["Ana answers:\n\n> Ana, at noon"]
    assert not everywhere(life, "by the harbour")
    assert not everywhere(life, "over the ocean")


async def private_words_stay_private(life: GuildLife, cast: Cast) -> None:
    before = len(life.posts())
    quiet = await life.ask(cast.fay, "circle quiet", days=1)
    assert quiet.message.ephemeral
    refused = await life.ask(cast.ana, "circle quiet", days=1)
    assert "facilitators" in refused
    assert "admin status" not in await life.ask(cast.ana, "help")
    await cast.ana.say(life.room, "!weather today")
    await life.heard(cast.fay)
    assert len(life.posts()) == before


async def somebody_comes_late(life: GuildLife, cast: Cast) -> None:
    await life.until("2025-03-04 09:00")
    late = NOTHING | {"goal": "to listen", "zone": "Europe/Lisbon", "consents": ["part", "quoted"]}
    assert "You are in" in await life.join(cast.cleo, late)
    await life.until("2025-03-04 11:00")
    welcome = await life.find("Please welcome")
    assert welcome.rang.users == frozenset({cast.cleo.id})
    await cast.cleo.say(life.room, "Thank you all")
    await life.until("2025-03-06 12:00")
    assert life.told(cast.cleo, "may still like") == 0


async def two_are_introduced(life: GuildLife, cast: Cast) -> None:
    """Ana offers what Cleo seeks; both say yes by a button, each in private."""
    ana, cleo, fay = cast.ana, cast.cleo, cast.fay
    await life.until("2025-03-11 12:00")
    assert "Thank you" in await life.ask(ana, "mentor offer", topics="baking bread, yeast")
    assert "baking bread" in await life.ask(cleo, "mentor seek", topics="baking bread")
    assert "Cleo" in await life.ask(fay, "pairs preview")
    await life.ask(fay, "pairs send")
    await life.bot.settled()
    for person, who in ((cleo, "Ana"), (ana, "Cleo")):
        proposal = await life.find(who, person.dm())
        await life.press(person, proposal, "Say yes")
    await life.bot.settled()
    for person, other in ((cleo, ana), (ana, cleo)):
        last = text_of(life.posts(person.dm())[-1])
        assert other.mention in last or other.user.name in last


async def prompts_rest(life: GuildLife, cast: Cast) -> None:
    fay = cast.fay
    await life.until("2025-03-18 12:00")
    await life.ask(fay, "circle pause")
    await life.until("2025-03-20 12:00")
    await life.ask(fay, "circle resume")
    await life.until("2025-03-23 12:00")


async def people_go(life: GuildLife, cast: Cast) -> None:
    """One leaves by command; who leaves the server is not told of without the intent for it."""
    emil = cast.emil
    assert "You have left north" in await life.ask(emil, "leave")
    await life.bot.settled()
    assert life.told(cast.fay, "Emil has left north") == 1
    await life.until("2025-03-26 12:00")


async def words_are_marked(life: GuildLife, cast: Cast) -> None:
    """By a message's menu; a reaction alone asks for it, since the bot may not read the room."""
    ana, ben, cleo, dana = cast.ana, cast.ben, cast.cleo, cast.dana
    hers = await ana.say(life.room, "A home is where the kettle knows you")
    await cleo.react(hers, "💡")
    await life.heard(cleo)
    assert everywhere(life, "the kettle") == []
    await life.pick(ana, "Mark for the publication", hers)
    assert everywhere(life, "the kettle") == ["kept"]
    his = await ben.say(life.room, f"{dana.mention} showed me that herons come home")
    await life.pick(cleo, "Mark for the publication", his)
    regretted = await ben.say(life.room, "My landlord is a toad")
    await life.pick(ben, "Mark for the publication", regretted)
    assert everywhere(life, "toad") == ["kept"]
    await life.pick(ben, "Leave out of the publication", regretted)
    assert everywhere(life, "toad") == []
    deleted = await ana.say(life.room, "I regret the purple curtains")
    await life.pick(ana, "Mark for the publication", deleted)
    assert everywhere(life, "purple curtains") == ["kept"]
    await ana.delete(deleted)
    await life.heard(cleo)
    assert everywhere(life, "purple curtains") == []
    private = await dana.say(life.room, "Nobody may quote my marshes")
    await life.pick(cleo, "Mark for the publication", private)
    assert everywhere(life, "marshes") == []


async def members_have_rights(life: GuildLife, cast: Cast) -> None:
    dana = cast.dana
    data = await life.ask(dana, "my data")
    assert "birds" in data
    (whole,) = data.files.values()
    assert b"birds" in whole
    assert b"the harbour" not in whole
    assert "my forget" in await life.ask(dana, "my forget")
    assert "I keep nothing about you" in await life.ask(dana, "my forget", yes=True)
    assert everywhere(life, "birds") == []
    assert everywhere(life, str(dana.id)) == []


async def lines_are_reviewed(life: GuildLife, cast: Cast) -> None:
    """What was deleted while the bot was away is found by looking again before the draft."""
    ana, ben, fay = cast.ana, cast.ben, cast.fay
    await life.until("2025-04-01 12:00")
    gone = await ana.say(life.room, "The moths may stay")
    await life.pick(ana, "Mark for the publication", gone)
    await life.bot.kill()
    await ana.delete(gone)
    await life.restart()
    drafted = await life.ask(fay, "summary draft")
    assert "2 people asked" in drafted
    assert "do not see" in drafted or "not shown" in drafted
    assert everywhere(life, "moths") == []
    await life.bot.settled()
    assert life.told(ana, "would like to quote you") == 1
    assert "approved" in await life.ask(ana, "review approve", line="all")
    mine = await life.ask(ben, "review list")
    assert "without your name" in mine
    assert "approved" in await life.ask(ben, "review approve", line="all")


async def it_is_published(life: GuildLife, cast: Cast) -> None:
    """Both files lie in the room; what was deleted, left out or not agreed to is in none."""
    assert "Version 1" in await life.ask(cast.fay, "summary publish")
    await life.bot.settled()
    files = published(life)
    assert set(files) == {"north.md", "north.html"}
    for text in files.values():
        assert "A home is where the kettle knows you" in text
        assert "[a member] showed me that herons come home" in text
        assert "Ana, at noon" in text
        for gone in ("toad", "purple", "marshes", "over the ocean", "Ben", "moths", "Dana"):
            assert gone not in text, gone
        assert f"https://discord.com/channels/{life.guild.id}/{life.room.id}/" in text
    assert "Nothing has changed" in await life.ask(cast.fay, "summary publish")


def published(life: GuildLife) -> dict[str, str]:
    """Return the newest files that the bot has put into the room, Markdown's escapes gone."""
    files = [file for message in life.posts() for file in message.attachments]
    return {file.filename: file.data.decode().replace("\\", "") for file in files}


async def it_closes(life: GuildLife, cast: Cast) -> None:
    await life.until("2025-04-13 12:00")
    assert life.prompt_moments("Europe/Berlin") == [(prompt, when) for prompt, when in ROOM_PROMPTS]
    await life.ask(cast.fay, "circle close")
    assert "closed" in text_of(await life.find("north is closed"))
    refused = await life.ask(cast.ben, "answer", words="too late", show="named")
    assert "closed" in refused
    count = len(life.posts())
    await life.until("2025-04-16 12:00")
    assert len(life.posts()) == count


def nobody_was_rung_for_nothing(life: GuildLife) -> None:
    """Nothing rang for everyone or a role, and nobody who is not named in what rang."""
    world = life.standin.world
    said = [m for c in world.channels.values() for m in c.messages.values()]
    mine = [m for m in said if m.author is world.bot]
    assert mine
    for message in mine:
        assert not message.rang.everyone
        assert not message.rang.roles
        assert all(f"<@{each}>" in message.content for each in message.rang.users)
    doubled = [m.nonce for m in mine if m.nonce is not None]
    assert len(doubled) == len(set(doubled))
