"""What people write on Discord, as the core reads it."""

import pytest

from bot.conversation.model import Event, Kind
from tests.adapters.discord.listener import Account
from tests.support.discord import posting
from tests.support.discord.humans import Human
from tests.support.discord.model import Channel, Draft
from tests.support.discord.server import StandIn


def scene(discord: StandIn) -> tuple[Channel, Human]:
    guild = discord.world.guild("North")
    return discord.world.text(guild, "general"), discord.human("Anna", guild)


async def heard(
    discord: StandIn, room: Channel, who: Human, text: str, *, reads: bool = True
) -> Event:
    """Return a message as it is heard."""
    async with Account(discord, reads=reads).ears() as ears:
        await who.say(room, text)
        return await ears.hear(lambda event: event.kind is Kind.MESSAGE)


async def test_people_stay_ids_in_words_and_all_else_is_put_in_words(discord: StandIn) -> None:
    room, anna = scene(discord)
    assert room.guild is not None
    ben = discord.human("Ben", room.guild)
    crew = discord.world.role(room.guild, "crew")
    words = (
        f"<@{ben.id}> and <@!{ben.id}>, ask <@&{crew.id}> and <@{discord.world.bot.id}> in "
        f"<#{room.id}> <a:wave:123> with </circle new:456>, <t:0:F>, 2 <3 and <https://a.org/b>"
    )
    event = await heard(discord, room, anna, words)
    assert event.text == (
        f"<@{ben.id}> and <@{ben.id}>, ask @crew and @keeper in "
        "#general :wave: with /circle new, <t:0:F>, 2 <3 and <https://a.org/b>"
    )
    assert set(event.mentions) == {str(ben.id), str(discord.world.bot.id)}


@pytest.mark.parametrize(
    ("words", "addressed", "called"),
    [
        ("<@{me}> circle status", True, "circle status"),
        ("<@!{me}>, circle status", True, "circle status"),
        ("<@&{role}>: circle status", True, "circle status"),
        ("keeper: circle status", True, "circle status"),
        ("@Keeper circle status", True, "circle status"),
        ("keepers find it", False, ""),
        ("What do you think, <@{me}>?", True, ""),
        ("What do you think?", False, ""),
    ],
)
async def test_the_bot_is_called_by_its_mention_its_role_or_its_name(
    discord: StandIn, words: str, addressed: bool, called: str
) -> None:
    room, anna = scene(discord)
    assert room.guild is not None
    role = next(each.id for each in room.guild.roles.values() if each.bot)
    said = words.format(me=discord.world.bot.id, role=role)
    event = await heard(discord, room, anna, said)
    assert (event.addressed, event.called) == (addressed, called)


async def test_without_the_intent_words_are_unknown_unless_they_are_for_the_bot(
    discord: StandIn,
) -> None:
    room, anna = scene(discord)
    account = Account(discord, reads=False)
    async with account.ears() as ears:
        post = await account.client.get_partial_messageable(room.id).send("How was it?")
        asked = room.messages[post.id]
        await anna.say(room, "among us")
        await anna.say(room, f"<@{discord.world.bot.id}> help")
        await anna.say(room, "good", reply_to=asked)
        await anna.say(anna.dm(), "privately")
        await ears.hear_text("privately")
    messages = [event for event in ears.events if event.kind is Kind.MESSAGE]
    assert [(event.text, event.readable, event.addressed) for event in messages] == [
        ("", False, False),
        ("@keeper help", True, True),
        ("good", True, True),
        ("privately", True, False),
    ]
    assert [event.direct for event in messages] == [False, False, False, True]


async def test_files_without_words_say_their_names(discord: StandIn) -> None:
    room, anna = scene(discord)
    async with Account(discord).ears() as ears:
        await anna.say(room, "", files={"plan.txt": b"1", "map.png": b"2"})
        await anna.say(room, "Look", files={"plan.txt": b"1"})
        await ears.hear_text("Look")
    messages = [event.text for event in ears.events if event.kind is Kind.MESSAGE]
    assert messages == ["plan.txt, map.png", "Look"]


async def test_bots_hooks_and_notes_of_discord_are_not_heard(discord: StandIn) -> None:
    room, anna = scene(discord)
    assert room.guild is not None
    other = discord.world.user("Other", bot=True)
    discord.world.join(room.guild, other)
    async with Account(discord).ears() as ears:
        posting.post(discord.world, room, other, Draft("I am a bot"))
        posting.post(discord.world, room, anna.user, Draft("pinned a message", kind=6))
        posting.post(discord.world, room, anna.user, Draft("by a hook", application=other.id))
        await anna.say(room, "by hand")
        await ears.hear_text("by hand")
    assert [event.text for event in ears.events if not event.bot] == ["by hand"]


async def test_a_forums_first_message_is_named_like_its_thread(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    forum, anna = discord.world.forum(guild, "weeks"), discord.human("Anna", guild)
    async with Account(discord).ears() as ears:
        post = await anna.post_in_forum(forum, "Week one", "What we try")
        first = await ears.hear_text("What we try")
        answer = await anna.say(post, "And then?", reply_to=post.messages[post.id])
        second = await ears.hear_text("And then?")
        await anna.edit(post.messages[post.id], "What we tried")
        edit = await ears.hear(lambda event: event.kind is Kind.EDIT)
    room = f"{guild.id}-{forum.id}"
    assert (first.id, first.thread, first.room) == (str(post.id), str(post.id), room)
    assert (second.id, second.thread) == (f"{post.id}-{answer.id}", str(post.id))
    assert (second.reply_to, edit.target) == (str(post.id), str(post.id))


async def test_a_nickname_counts_and_is_tamed(discord: StandIn) -> None:
    room, anna = scene(discord)
    assert room.guild is not None
    room.guild.members[anna.id].nick = "Ann\u202ea\n<b>"
    event = await heard(discord, room, anna, "Hello")
    assert event.name == "Anna <b>"
