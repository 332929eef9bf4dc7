"""What people do on Discord comes as events of the core, once and in order."""

from bot.conversation.model import Kind
from tests.adapters.discord.listener import Account, said
from tests.support.discord.server import StandIn

CHECK = "\N{HEAVY CHECK MARK}"


async def test_what_people_do_is_heard_once_and_in_order(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna, ben = discord.human("Anna", guild), discord.human("Ben", guild)
    async with Account(discord).ears() as ears:
        one = await anna.say(room, "one")
        await anna.edit(one, "two")
        await ben.react(one, CHECK)
        thread = await ben.open_thread(one, "Aside")
        inside = await ben.say(thread, "in a thread")
        reply = await ben.say(room, "a reply", reply_to=one)
        await ben.delete(inside)
        discord.world.leave(guild, ben.user)
        await ears.hear(lambda event: event.kind is Kind.LEAVE)
    people = [event for event in ears.events if not event.bot]
    where = f"{guild.id}-{room.id}"
    heard = [
        (each.kind, int(each.author), each.text, each.thread, each.reply_to, each.target)
        for each in people
    ]
    assert heard == [
        (Kind.MESSAGE, anna.id, "one", None, None, None),
        (Kind.EDIT, anna.id, "two", None, None, str(one.id)),
        (Kind.REACTION, ben.id, CHECK, None, None, str(one.id)),
        (Kind.MESSAGE, ben.id, "in a thread", str(one.id), None, None),
        (Kind.MESSAGE, ben.id, "a reply", None, str(one.id), None),
        (Kind.DELETE, ben.id, "", None, None, f"{one.id}-{inside.id}"),
        (Kind.LEAVE, ben.id, "", None, None, None),
    ]
    assert {each.room for each in people} == {where}
    assert people[4].id == str(reply.id)
    assert [each.name for each in people[:2]] == ["Anna", "Anna"]


async def test_messages_of_a_room_keep_their_order_however_many_come(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    async with Account(discord).ears() as ears:
        for number in range(200):
            await anna.say(room, str(number))
        await ears.hear_text("199")
    assert said(ears) == [str(number) for number in range(200)]
    assert len(ears.taken) < 100


async def test_a_reaction_that_is_taken_away_is_told(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna, ben = discord.human("Anna", guild), discord.human("Ben", guild)
    async with Account(discord).ears() as ears:
        one = await anna.say(room, "one")
        await ben.react(one, CHECK)
        await ben.unreact(one, CHECK)
        await ears.hear(lambda event: event.kind is Kind.UNREACTION)
    (gone,) = [event for event in ears.events if event.kind is Kind.UNREACTION]
    assert (gone.author, gone.text, gone.target) == (str(ben.id), CHECK, str(one.id))
