"""Where the bot comes and goes, and who leaves."""

import pytest

from bot.conversation.model import Event, Kind
from tests.adapters.discord.listener import Account, said
from tests.contracts.platform import Ears
from tests.support.discord import permissions
from tests.support.discord.model import Channel, Guild
from tests.support.discord.server import StandIn

NO_SENDING = permissions.SEND_MESSAGES


def here(channel: Channel) -> str:
    """Return a channel's room."""
    return f"{channel.guild_id}-{channel.id}"


def comings(ears: Ears) -> list[tuple[Kind, str]]:
    """Return where the bot came and went."""
    return [(event.kind, event.room) for event in ears.events if event.bot]


async def comes(ears: Ears, room: Channel) -> Event:
    """Return the bot's coming into a room, when it is told."""
    return await ears.hear(lambda e: e.bot and (e.kind, e.room) == (Kind.JOIN, here(room)))


async def goes(ears: Ears, room: Channel) -> Event:
    """Return the bot's going from a room, when it is told."""
    return await ears.hear(lambda e: e.bot and (e.kind, e.room) == (Kind.LEAVE, here(room)))


def elsewhere(discord: StandIn, name: str) -> Guild:
    """Make a guild that the bot is not in."""
    guild = discord.world.guild(name)
    discord.world.leave(guild, discord.world.bot)
    return guild


async def test_an_invited_bot_comes_to_one_place_where_it_may_write(discord: StandIn) -> None:
    guild = elsewhere(discord, "North")
    rules, first = discord.world.text(guild, "rules"), discord.world.text(guild, "general")
    discord.world.text(guild, "more")
    discord.world.allow(rules, guild.roles[guild.id], deny=NO_SENDING)
    async with Account(discord).ears() as ears:
        discord.world.invite(guild)
        await comes(ears, first)
        discord.world.text(guild, "a new one for all")
        anna = discord.human("Anna", guild)
        await anna.say(first, "Welcome")
        await ears.hear_text("Welcome")
    assert comings(ears) == [(Kind.JOIN, here(first))]


async def test_the_channel_for_such_news_is_the_first_choice(discord: StandIn) -> None:
    guild = elsewhere(discord, "North")
    discord.world.text(guild, "general")
    news = discord.world.text(guild, "who comes")
    guild.system_channel = news.id
    async with Account(discord).ears() as ears:
        discord.world.invite(guild)
        await comes(ears, news)
    assert len(comings(ears)) == 1


async def test_an_invitation_while_away_is_told_once(discord: StandIn) -> None:
    account = Account(discord)
    async with account.ears() as ears:
        pass
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    await anna.say(room, "before it came")
    async with account.ears(ears.token) as ears:
        came = await comes(ears, room)
    async with account.ears(ears.token) as again:
        await anna.say(room, "later")
        await again.hear_text("later")
    assert (comings(ears), said(ears)) == ([(Kind.JOIN, here(room))], [])
    assert (comings(again), said(again)) == ([], ["later"])
    assert came.author == str(discord.world.bot.id)


async def test_at_its_first_start_it_comes_where_it_has_not_spoken(discord: StandIn) -> None:
    new, old = discord.world.guild("New"), discord.world.guild("Old")
    rooms = [discord.world.text(guild, "general") for guild in (new, old)]
    account = Account(discord)
    async with account.ears() as ears:
        await comes(ears, rooms[0])
        await account.client.get_partial_messageable(rooms[1].id).send("I am Keeper")
    async with account.ears() as anew:
        await comes(anew, rooms[0])
    assert comings(ears) == [(Kind.JOIN, here(room)) for room in rooms]
    assert comings(anew) == [(Kind.JOIN, here(rooms[0]))]


async def test_a_private_channel_that_opens_is_come_into(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    hall, room = discord.world.text(guild, "hall"), discord.world.text(guild, "private")
    anna = discord.human("Anna", guild)
    discord.world.hide(room, anna.user)
    account = Account(discord)
    async with account.ears() as ears:
        await comes(ears, hall)
        await anna.say(room, "unseen")
        discord.world.allow(room, discord.world.bot, allow=permissions.VIEW_CHANNEL)
        await comes(ears, room)
        await anna.say(room, "seen")
        await ears.hear_text("seen")
        discord.world.allow(room, discord.world.bot, deny=permissions.VIEW_CHANNEL)
        await goes(ears, room)
    async with account.ears(ears.token) as again:
        await anna.say(hall, "on")
        await again.hear_text("on")
    assert (said(ears), said(again)) == (["seen"], ["on"])
    places = [(Kind.JOIN, hall), (Kind.JOIN, room), (Kind.LEAVE, room)]
    assert comings(ears) == [(kind, here(place)) for kind, place in places]


async def test_what_was_said_before_it_saw_a_channel_is_never_heard(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    hall, room = discord.world.text(guild, "hall"), discord.world.text(guild, "private")
    anna = discord.human("Anna", guild)
    discord.world.hide(room, anna.user)
    account = Account(discord)
    async with account.ears() as ears:
        await anna.say(room, "unseen")
        discord.world.allow(room, discord.world.bot, allow=permissions.VIEW_CHANNEL)
        await comes(ears, room)
    async with account.ears(ears.token) as again:
        await anna.say(hall, "on")
        await again.hear_text("on")
    assert (said(ears), said(again)) == ([], ["on"])


async def test_a_guild_that_puts_it_out_is_left_in_each_room(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    rooms = [discord.world.text(guild, "general"), discord.world.forum(guild, "weeks")]
    async with Account(discord).ears() as ears:
        discord.world.leave(guild, discord.world.bot)
        await goes(ears, rooms[1])
    assert comings(ears)[1:] == [(Kind.LEAVE, here(room)) for room in rooms]


async def test_a_guild_that_put_it_out_meanwhile_is_left_and_come_back_to(
    discord: StandIn,
) -> None:
    guild = discord.world.guild("North")
    room, hall = discord.world.text(guild, "circle"), discord.world.text(guild, "hall")
    account = Account(discord)
    async with account.ears() as ears:
        await account.client.get_partial_messageable(hall.id).send("This week")
        anna = discord.human("Anna", guild)
        await anna.say(room, "Good")
        await ears.hear_text("Good")
    discord.world.leave(guild, discord.world.bot)
    async with account.ears(ears.token) as away:
        await goes(away, hall)
    discord.world.invite(guild)
    async with account.ears(away.token) as back:
        await comes(back, hall)
    assert comings(away) == [(Kind.LEAVE, here(hall))]
    assert comings(back) == [(Kind.JOIN, here(hall))]


@pytest.mark.parametrize("away", [False, True])
async def test_a_channel_that_is_deleted_is_left(discord: StandIn, *, away: bool) -> None:
    guild = discord.world.guild("North")
    hall, room = discord.world.text(guild, "hall"), discord.world.text(guild, "circle")
    anna = discord.human("Anna", guild)
    account = Account(discord)
    async with account.ears() as ears:
        await account.client.get_partial_messageable(room.id).send("This week")
        await anna.say(room, "Good")
        await ears.hear_text("Good")
        if not away:
            discord.world.remove(room)
            await goes(ears, room)
    if away:
        discord.world.remove(room)
    async with account.ears(ears.token) as again:
        if away:
            await goes(again, room)
        await anna.say(hall, "Still there?")
        await again.hear_text("Still there?")
    assert len(comings(again)) == away


async def test_a_role_that_is_taken_closes_what_it_opened(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    discord.world.text(guild, "hall")
    room = discord.world.text(guild, "private")
    staff = discord.world.role(guild, "staff")
    discord.world.hide(room, staff)
    own = list(guild.members[discord.world.bot.id].roles)
    async with Account(discord).ears() as ears:
        discord.world.grant(guild, discord.world.bot, staff, *(guild.roles[each] for each in own))
        await comes(ears, room)
        discord.world.grant(guild, discord.world.bot, *(guild.roles[each] for each in own))
        await goes(ears, room)
    assert comings(ears)[1:] == [(Kind.JOIN, here(room)), (Kind.LEAVE, here(room))]


@pytest.mark.parametrize("reads", [True, False])
async def test_who_leaves_is_told_with_the_intent_and_who_is_banned_always(
    discord: StandIn, *, reads: bool
) -> None:
    guild = discord.world.guild("North")
    room, private = discord.world.text(guild, "general"), discord.world.text(guild, "private")
    anna, ben, cleo = [discord.human(name, guild) for name in ("Anna", "Ben", "Cleo")]
    discord.world.hide(private, ben.user, discord.world.bot)
    async with Account(discord, reads=reads).ears() as ears:
        for who in (anna, ben):
            discord.world.leave(guild, who.user)
        discord.world.leave(guild, cleo.user, banned=True)
        await ears.hear(lambda event: event.banned)
    left = [(e.author, e.room, e.banned) for e in ears.events if e.kind is Kind.LEAVE]
    gone = [
        (str(anna.id), here(room), False),
        (str(ben.id), here(room), False),
        (str(ben.id), here(private), False),
    ]
    out = [(str(cleo.id), here(room), True)]
    seen_by_cleo = out if reads else [*out, (str(cleo.id), here(private), True)]
    assert left == (gone if reads else []) + seen_by_cleo
