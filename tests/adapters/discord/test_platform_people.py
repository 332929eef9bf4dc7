"""Who is in a channel on Discord, and what they may do there, with and without its intents."""

import pytest

from adapters.discord import places
from bot.conversation.model import MessageRef, People, PersonRef, say
from tests.adapters.discord.place import Place
from tests.contracts.discord import platform
from tests.support.discord import permissions
from tests.support.discord.humans import Human


def person(human: Human) -> PersonRef:
    return PersonRef("discord", str(human.id))


async def test_roles_overwrites_and_ownership_decide_who_may_manage(place: Place) -> None:
    world, guild = place.standin.world, place.guild
    everywhere = world.role(guild, "Keepers", permissions.MANAGE_CHANNELS)
    here = world.role(guild, "Hosts")
    admins = world.role(guild, "Admins", permissions.ADMINISTRATOR)
    ben, cleo, dan, eve = (place.standin.human(n, guild) for n in ("Ben", "Cleo", "Dan", "Eve"))
    world.allow(place.channel, here, allow=permissions.MANAGE_CHANNELS)
    world.allow(place.channel, dan.user, deny=permissions.MANAGE_CHANNELS)
    world.allow(place.channel, eve.user, allow=permissions.MANAGE_CHANNELS)
    for human, role in ((place.ana, everywhere), (ben, here), (cleo, admins), (dan, everywhere)):
        world.grant(guild, human.user, role)
    everyone = (place.ana, ben, cleo, dan, eve, Human(place.standin, guild.owner))
    may = [await place.bot.may_manage(person(each), place.room) for each in everyone]
    assert may == [True, True, True, False, True, True]


async def test_who_does_not_see_a_channel_is_not_in_it_and_manages_nothing(place: Place) -> None:
    world = place.standin.world
    manages = world.role(place.guild, "Keepers", permissions.MANAGE_CHANNELS)
    world.grant(place.guild, place.ana.user, manages)
    ben = place.standin.human("Ben", place.guild)
    world.hide(place.channel, world.bot, ben.user)
    assert not await place.bot.is_in(person(place.ana), place.room)
    assert not await place.bot.may_manage(person(place.ana), place.room)
    assert await place.bot.is_in(person(ben), place.room)


async def test_strangers_and_names_of_elsewhere_are_nowhere(place: Place) -> None:
    for each in ("1", "@ana:example.org", str(place.standin.human("Eve").id)):
        assert not await place.bot.is_in(PersonRef("discord", each), place.room)
        assert not await place.bot.may_manage(PersonRef("discord", each), place.room)


async def test_in_a_direct_room_there_are_two_and_nobody_manages_it(place: Place) -> None:
    ben = place.standin.human("Ben", place.guild)
    room = await place.bot.reach(People.of(person(place.ana)), key=place.key())
    assert await place.bot.is_in(person(place.ana), room)
    assert not await place.bot.is_in(person(ben), room)
    assert not await place.bot.may_manage(person(place.ana), room)


@pytest.mark.parametrize("reads", [True, False])
async def test_those_present_are_all_who_see_it_or_those_whom_the_bot_met_there(
    place: Place, *, reads: bool
) -> None:
    world = place.standin.world
    ben = place.standin.human("Ben", place.guild)
    hidden = world.text(place.guild, "few")
    world.hide(hidden, world.bot, ben.user, place.ana.user)
    await ben.say(hidden, "Hello")
    room = places.room(place.guild.id, hidden.id)
    if not reads:
        world.application.intents = 0
    async with platform(place.standin, reads=reads) as bot:
        await bot.post(room, say("Welcome"), key=place.key())
        present = await bot.present(room)
    owner = str(place.guild.owner.id)
    met = {str(ben.id): "Ben"}
    everyone = met | {str(place.ana.id): "Ana"}
    assert {k: v for k, v in present.items() if k != owner} == (everyone if reads else met)
    assert (owner in present) is reads


async def test_without_the_intent_words_of_others_are_fetched_as_unknown(place: Place) -> None:
    place.standin.world.application.intents = 0
    bot = f"<@{place.standin.world.bot.id}>"
    aside, asked = [await place.ana.say(place.channel, t) for t in ("To Ben", f"{bot} Hi")]
    fetched = [
        await place.bot.fetch(MessageRef(place.room, str(message.id))) for message in (aside, asked)
    ]
    assert [each and (each.readable, each.text) for each in fetched] == [
        (False, ""),
        (True, "@keeper Hi"),
    ]
