"""Seven people live through a circle of six weeks on a real homeserver; the clock is driven."""

import asyncio
import re
from dataclasses import dataclass

from tests.support.human import Human, NewHuman
from tests.support.life import KEY, Life, body, everyone

ROOM_PROMPTS = (
    ("roll-call", "2025-02-25 10"),
    ("opening-soon", "2025-02-28 10"),
    ("introductions", "2025-03-03 10"),
    ("norms", "2025-03-05 10"),
    ("teach-and-need", "2025-03-07 10"),
    ("project-card", "2025-03-10 10"),
    ("project-pledges", "2025-03-12 10"),
    ("week-begins", "2025-03-17 10"),
    ("week-ends", "2025-03-21 10"),
    ("week-begins", "2025-03-24 10"),
    ("give-one", "2025-03-26 10"),
    ("week-ends", "2025-03-28 10"),
    ("section-draft", "2025-03-31 10"),
    ("check-your-words", "2025-04-02 10"),
    ("title-and-foreword", "2025-04-04 10"),
    ("reflection", "2025-04-07 10"),
    ("thanks", "2025-04-09 10"),
    ("goodbye", "2025-04-11 10"),
)
"""What the room should see and when on its clocks; the spring change is on 30 March, and
give-one of 19 March falls into a pause."""


@dataclass
class Cast:
    """The seven."""

    fay: Human  # facilitates
    ana: Human  # agrees to everything
    ben: Human  # is quoted without a name, far away
    cleo: Human  # comes late and is not counted
    dana: Human  # is not quoted, and asks to be forgotten
    emil: Human  # goes away, and leaves later
    gus: Human  # never answers, and is banned

    @classmethod
    async def of(cls, new_human: NewHuman) -> "Cast":
        names = ("fay", "ana", "ben", "cleo", "dana", "emil", "gus")
        people = [await new_human(name) for name in names]
        await asyncio.gather(
            *(p.set_display_name(n.title()) for p, n in zip(people, names, strict=True))
        )
        return cls(*people)

    @property
    def others(self) -> list[Human]:
        return [self.ana, self.ben, self.cleo, self.dana, self.emil, self.gus]


async def test_seven_people_live_through_a_circle(life: Life, new_human: NewHuman) -> None:
    cast = await Cast.of(new_human)
    await a_circle_is_made(life, cast)
    await members_join(life, cast)
    await it_opens(life, cast)
    await a_first_question_is_answered(life, cast)
    await answers_change(life, cast)
    await private_words_stay_private(life, cast)
    await somebody_comes_late(life, cast)
    await dates_move(life, cast)
    await two_are_introduced(life, cast)
    await prompts_rest(life, cast)
    await people_go(life, cast)
    await words_are_marked(life, cast)
    await members_have_rights(life, cast)
    await lines_are_reviewed(life, cast)
    await it_is_published(life, cast)
    await it_closes(life, cast)
    assert life.bot.mishaps() == []


async def a_circle_is_made(life: Life, cast: Cast) -> None:
    fay, ben = cast.fay, cast.ben
    people = [person.user_id for person in cast.others]
    life.room = await fay.create_room("North", invite=[life.bot.user_id, *people])
    await everyone(life.room, cast.others)
    hello = body(await fay.wait_for_text(life.room, "I am Circlekeeper"))
    assert "run by The tests" in hello
    assert "I keep nothing" in hello
    assert "remove me from the room" in hello
    refused = await life.ask(ben, "!circle new south 2025-03-03", room=life.room)
    assert refused.room != life.room
    assert "may manage this room" in refused
    made = await life.ask(
        fay,
        '!circle new north 2025-03-03 6-week Europe/Berlin question="What makes a home?" '
        'purpose="To listen to places"',
        room=life.room,
    )
    assert made.room == life.room
    assert "Monday, 24 February 2025" in made


async def members_join(life: Life, cast: Cast) -> None:
    given = {
        cast.ana: ("baking bread", "recipes", "company", "-", "yes yes yes yes"),
        cast.ben: ("maps", "time", "-", "America/New_York", "yes yes yes no"),
        cast.dana: ("birds", "-", "-", "Asia/Tokyo", "yes yes no no"),
        cast.emil: ("stories", "a boat", "-", "-", "yes yes yes yes"),
        cast.gus: ("-", "-", "-", "-", "yes yes yes yes"),
        cast.fay: ("to host", "tea", "-", "-", "yes yes yes yes"),
    }
    ends = await asyncio.gather(*(life.join(person, *words) for person, words in given.items()))
    assert all("You are in" in end for end in ends)
    rooms = [life.direct[person.user_id] for person in given]
    assert len(set(rooms)) == len(given)
    assert life.bot.rows(
        "SELECT goal, gives, needs, zone, takes_part, counted, quoted, named "
        "FROM member WHERE person = ?",
        cast.dana.user_id,
    ) == [("birds", "", "", "Asia/Tokyo", 1, 1, 0, 0)]
    assert life.bot.one("SELECT count(*) FROM joining") == 0


async def it_opens(life: Life, cast: Cast) -> None:
    fay = cast.fay
    preview = await life.ask(fay, "!prompt preview roll-call")
    assert "only you see it" in preview
    assert "Who is here?" in preview
    assert (await life.ask(cast.ana, "!circle open", room=life.room)).room != life.room
    opened = await life.ask(fay, "!circle open", room=life.room)
    assert "is open" in opened
    assert "What makes a home?" in opened
    assert "Who is here?" in await life.ask(fay, "!prompt list")
    assert await life.prompts(fay) == []


async def a_first_question_is_answered(life: Life, cast: Cast) -> None:
    """Three answer in three ways, one goes away; the other two are reminded, privately."""
    ana, ben, dana, emil, gus, fay = (
        *(cast.ana, cast.ben, cast.dana),
        *(cast.emil, cast.gus, cast.fay),
    )
    await life.until("2025-02-25 09:00")
    assert await life.told(fay, "This list is for you alone") == 1
    prompt = await ana.wait_for_text(life.room, "Who is here?")
    assert prompt["content"]["msgtype"] == "m.text"
    await ana.say(life.room, "Ana, in the evenings, by the harbour", thread=prompt["event_id"])
    await ben.say(life.room, "Ben, at dawn, over the ocean", reply_to=prompt["event_id"])
    thanks = await life.ask(dana, "!answer Dana, whenever the herons come")
    assert "keep that you answered, not what" in thanks
    assert "nobody counts you as missing" in await life.ask(emil, "!my away 2025-03-05")
    await gus.say(life.room, "A fine morning to all")
    await life.bot.heard(gus)
    assert life.bot.rows(
        "SELECT person, text FROM answer JOIN member ON member.id = member_id ORDER BY answer.id"
    ) == [
        (ana.user_id, "Ana, in the evenings, by the harbour"),
        (ben.user_id, "Ben, at dawn, over the ocean"),
        (dana.user_id, None),
    ]
    await life.until("2025-02-27 21:00")
    reminded = {p.user_id for p in [*cast.others, fay] if await life.told(p, "may still like")}
    assert reminded == {gus.user_id, fay.user_id}
    shown = [body(event) for event in await life.posts(ana)]
    assert not any("may still like" in text for text in shown)


async def answers_change(life: Life, cast: Cast) -> None:
    """An edit is followed, a deletion too, a reaction counts, chat is counted and not kept."""
    ana, ben, gus = cast.ana, cast.ben, cast.gus
    events = await ana.messages(life.room)
    hers = next(e["event_id"] for e in events if "by the harbour" in body(e))
    his = next(e["event_id"] for e in events if "over the ocean" in body(e))
    await ana.edit(life.room, hers, "Ana, at noon")
    await ben.redact(life.room, his)
    await gus.react(life.room, hers, "👍")
    await life.bot.heard(gus)
    assert life.bot.rows("SELECT text FROM answer WHERE text IS NOT NULL") == [("Ana, at noon",)]
    assert contributions(life, gus) == [("message", 5, "ready"), ("reaction", 0, "ready")]
    assert life.bot.one("SELECT count(*) FROM contribution WHERE message = ?", his) == 0
    assert not everywhere(life, "over the ocean")
    assert not everywhere(life, "A fine morning")


def contributions(life: Life, person: Human) -> list[tuple[object, ...]]:
    """Return kind, words and phase of what was counted of a person."""
    return life.bot.rows(
        "SELECT kind, words, phase FROM contribution JOIN member ON member.id = member_id "
        "WHERE person = ? ORDER BY contribution.rowid",
        person.user_id,
    )


def everywhere(life: Life, words: str) -> list[str]:
    """Return the tables in which words are kept."""
    found = []
    for (table,) in life.bot.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
        rows = life.bot.rows(f'SELECT * FROM "{table}"')  # noqa: S608 - a table's own name
        if any(words in str(value) for row in rows for value in row):
            found.append(str(table))
    return found


async def private_words_stay_private(life: Life, cast: Cast) -> None:
    fay, ana = cast.fay, cast.ana
    before = len(await life.posts(ana))
    asked = await fay.say(life.room, "!circle quiet 1")
    quiet = await life.answer_to(fay, asked)
    assert quiet.room == life.direct[fay.user_id]
    assert "!my tidy" in quiet
    assert "may not remove" in await life.ask(fay, "!my tidy")
    await fay.set_power_level(life.room, life.bot.user_id, 50)
    assert "removed" in await life.ask(fay, "!my tidy")
    assert (await ana.event(life.room, asked))["content"] == {}
    assert contributions(life, fay) == []
    await ana.say(life.room, "!weather today")
    await life.bot.heard(ana)
    assert len(await life.posts(ana)) == before
    near = await life.ask(ana, "!circle statsu")
    assert "!circle status" in near


async def somebody_comes_late(life: Life, cast: Cast) -> None:
    """Who joins in the opening is welcomed in the room, and not asked what is past."""
    await life.until("2025-03-04 09:00")
    words = ("to listen", "-", "-", "Europe/Lisbon", "yes no yes no")
    assert "You are in" in await life.join(cast.cleo, *words)
    await life.until("2025-03-04 11:00")
    welcome = await cast.ana.wait_for_text(life.room, "Please welcome")
    assert welcome["content"]["m.mentions"] == {"user_ids": [cast.cleo.user_id]}
    await cast.cleo.say(life.room, "Thank you all")
    await life.until("2025-03-06 12:00")
    assert await life.told(cast.cleo, "may still like") == 0
    assert contributions(life, cast.cleo) == []


async def dates_move(life: Life, cast: Cast) -> None:
    """Planning gets a week more, and then not."""
    fay = cast.fay
    await life.until("2025-03-11 12:00")
    longer = await life.ask(fay, "!circle extend 1", room=life.room)
    assert "Sunday, 20 April 2025" in longer
    back = await life.ask(fay, "!circle move exchanging 2025-03-17", room=life.room)
    assert "Sunday, 13 April 2025" in back


async def two_are_introduced(life: Life, cast: Cast) -> None:
    """Ana offers what Cleo seeks; both say yes and meet in a room of their own."""
    ana, cleo, fay = cast.ana, cast.cleo, cast.fay
    assert "Thank you" in await life.ask(ana, "!mentor offer baking bread, yeast")
    assert "baking bread" in await life.ask(cleo, "!mentor seek baking bread")
    preview = await life.ask(fay, "!pairs preview")
    assert "Ana" in preview
    assert "Cleo" in preview
    await life.bot.settled()
    assert await life.told(ana, "A suggestion for mentoring") == 0
    await life.ask(fay, "!pairs send")
    await life.bot.settled()
    assert await life.told(ana, "you could be a mentor to Cleo") == 1
    assert await life.told(cleo, "a mentor for you could be Ana") == 1
    assert "As soon as Ana" in await life.ask(cleo, "!mentor accept")
    assert "You have both said yes" in await life.ask(ana, "!mentor accept")
    await life.bot.settled()
    (shared,) = await ana.accept_invites()
    assert await cleo.accept_invites() == [shared]
    assert await ana.members(shared) == {ana.user_id, cleo.user_id, life.bot.user_id}
    (kick_off,) = await life.posts(ana, shared)
    assert "agree on five things" in body(kick_off)
    assert set(kick_off["content"]["m.mentions"]["user_ids"]) == {ana.user_id, cleo.user_id}
    await cleo.say(shared, "a secret about sourdough")
    await life.bot.heard(cleo)
    assert everywhere(life, "sourdough") == []


async def prompts_rest(life: Life, cast: Cast) -> None:
    """A pause swallows a prompt and nothing else."""
    fay = cast.fay
    await life.until("2025-03-18 12:00")
    assert "pauses" in await life.ask(fay, "!circle pause", room=life.room)
    await life.until("2025-03-20 12:00")
    assert "goes on" in await life.ask(fay, "!circle resume", room=life.room)
    await life.until("2025-03-23 12:00")


async def people_go(life: Life, cast: Cast) -> None:
    """One leaves by command, one is banned at night; the facilitator hears of it by day."""
    fay, emil, gus = cast.fay, cast.emil, cast.gus
    reminded = await life.told(emil, "may still like")
    assert "You have left north" in await life.ask(emil, "!leave north")
    await life.bot.settled()
    assert await life.told(fay, "Emil has left north") == 1
    await life.until("2025-03-23 21:30")
    await fay.ban(life.room, gus.user_id)
    await life.bot.heard(fay)
    assert await life.told(fay, "Gus was removed") == 0
    await life.until("2025-03-24 07:30")
    assert await life.told(fay, "Gus was removed") == 1
    assert dict(life.bot.rows("SELECT name, state FROM member")) == {
        "Fay": "joined",
        "Ana": "joined",
        "Ben": "joined",
        "Cleo": "joined",
        "Dana": "joined",
        "Emil": "left",
        "Gus": "banned",
    }
    await life.until("2025-03-26 12:00")
    assert await life.told(emil, "may still like") == reminded


async def words_are_marked(life: Life, cast: Cast) -> None:
    """By reaction and by command; not where the author did not agree, nor once it is deleted."""
    ana, ben, cleo, dana = cast.ana, cast.ben, cast.cleo, cast.dana
    await life.bot.settled()
    assert await life.told(ana, "Two weeks ago I introduced you and Cleo") == 1
    hers = await ana.say(life.room, "A home is where the kettle knows you")
    await cleo.react(life.room, hers, "💡")
    his = await ben.say(life.room, "Dana showed me that herons come home")
    marked = await life.ask(cleo, "!mark resource", room=life.room, reply_to=his)
    assert "marked as resource" in marked
    regretted = await ben.say(life.room, "My landlord is a toad")
    await life.ask(cleo, "!mark thanks", room=life.room, reply_to=regretted)
    deleted = await ana.say(life.room, "I regret the purple curtains")
    await cleo.react(life.room, deleted, "⭐")
    told = await life.told(cleo, "quoted")
    private = await dana.say(life.room, "Nobody may quote my marshes")
    await cleo.react(life.room, private, "💡")
    await life.bot.heard(cleo)
    assert everywhere(life, "purple curtains") == ["kept"]
    await ana.redact(life.room, deleted)
    await life.bot.heard(cleo)
    assert everywhere(life, "purple curtains") == []
    assert everywhere(life, "marshes") == []
    assert await life.told(cleo, "quoted") == told  # what others agreed to is nobody's business


async def members_have_rights(life: Life, cast: Cast) -> None:
    dana = cast.dana
    data = await life.ask(dana, "!my data")
    assert "goal: birds" in data
    assert "Asia/Tokyo" in data
    assert "answered roll-call" in data
    (address,) = data.files
    whole = (await dana.download(address)).decode()
    assert "birds" in whole
    assert "the harbour" not in whole
    assert "my forget yes" in await life.ask(dana, "!my forget")
    assert "I keep nothing about you" in await life.ask(dana, "!my forget yes")
    assert "I keep nothing about you." in await life.ask(dana, "!my data")
    assert everywhere(life, "birds") == []


async def lines_are_reviewed(life: Life, cast: Cast) -> None:
    ana, ben, fay = cast.ana, cast.ben, cast.fay
    await life.until("2025-04-01 12:00")
    assert "Nothing can be published yet" in await life.ask(fay, "!summary publish")
    assert "2 people asked" in await life.ask(fay, "!summary draft")
    await life.bot.settled()
    assert await life.told(ana, "would like to quote you") == 1
    assert await life.told(cast.cleo, "would like to quote you") == 0
    assert "approved" in await life.ask(ana, "!review approve all")
    mine = (await life.ask(ben, "!review list")).text
    toad = next(line for line in mine.splitlines() if line.startswith("Line")).split()[1]
    assert "without your name" in mine
    lines = re.findall(r"Line (\d+).*?\n+> (.*)", mine)
    toad = next(number for number, words in lines if "toad" in words)
    assert "taken back" in await life.ask(ben, f"!review withdraw {toad}")
    assert everywhere(life, "toad") == []
    assert "approved" in await life.ask(ben, "!review approve all")


async def it_is_published(life: Life, cast: Cast) -> None:
    """Both files lie in the room; what was deleted, withdrawn or not agreed to is in none."""
    ana, fay = cast.ana, cast.fay
    assert "Version 1" in await life.ask(fay, "!summary publish")
    await life.bot.settled()
    files = await published(life, ana)
    assert set(files) == {"north.md", "north.html"}
    for text in files.values():
        assert "A home is where the kettle knows you" in text
        assert "[a member] showed me that herons come home" in text
        assert "Ana, at noon" in text
        assert "What makes a home?" in text
        for gone in ("toad", "purple", "marshes", "over the ocean", "Ben", "fine morning", "Dana"):
            assert gone not in text, gone
        assert f"https://matrix.to/#/{life.room}" in text
    assert "<script" not in files["north.html"]
    assert "Nothing has changed" in await life.ask(fay, "!summary publish")
    kettle = re.findall(r"Line (\d+).*?\n+> .*kettle", (await life.ask(ana, "!review list")).text)
    assert "without your name" in await life.ask(ana, f"!review unname {kettle[0]}")
    await life.bot.settled()
    assert await life.told(fay, "was taken back or changed") == 1
    assert "Version 2" in await life.ask(fay, "!summary publish")
    await life.bot.settled()
    for text in (await published(life, ana)).values():
        line = text[text.index("A home is where the kettle") :][:400]
        assert "a member" in line
        assert "Ana" not in line


async def published(life: Life, reader: Human) -> dict[str, str]:
    """Return the newest files that the bot has put into the room, Markdown's escapes gone."""
    files = [post["content"] for post in await life.posts(reader) if "url" in post["content"]]
    return {
        str(file["filename"]): (await reader.download(str(file["url"]))).decode().replace("\\", "")
        for file in files
    }


async def it_closes(life: Life, cast: Cast) -> None:
    fay = cast.fay
    await life.until("2025-04-13 12:00")
    assert life.prompt_moments("Europe/Berlin") == list(ROOM_PROMPTS)
    assert await life.prompts(fay) == [prompt for prompt, _ in ROOM_PROMPTS]
    assert "closed" in await life.ask(fay, "!circle close", room=life.room)
    assert "north is closed" in await life.ask(cast.ben, "!join north", room=life.room)
    before = await life.prompts(fay)
    await life.until("2025-04-16 12:00")
    assert await life.prompts(fay) == before
    for person in (fay, cast.ana, cast.ben, cast.cleo):
        for room in await person.joined_rooms():
            keys = [post["content"][KEY] for post in await life.posts(person, room)]
            assert len(keys) == len(set(keys))
            assert all("m.mentions" in post["content"] for post in await life.posts(person, room))
