"""What people attach on Discord: named with their messages, and fetched when it is a picture."""

import discord as dpy

from adapters.discord import translate
from adapters.discord.attachments import attached
from bot.conversation.model import File
from tests.adapters.discord.listener import Account
from tests.support.discord.server import StandIn
from tests.support.pictures import png


async def test_pictures_that_fit_come_with_their_content_and_others_are_named(
    discord: StandIn,
) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    said = await anna.say(room, "", files={"loaf.png": png(b"loaf"), "plan.txt": b"a plan"})
    async with Account(discord).make() as client:
        await client.login(discord.token)
        channel = await client.fetch_channel(room.id)
        assert isinstance(channel, dpy.TextChannel)
        message = await channel.fetch_message(said.id)
        assert translate.files(message) == ("loaf.png", "plan.txt")
        assert await attached(message, 1000) == [
            File("loaf.png", "image/png", png(b"loaf"), "loaf.png"),
            File("plan.txt", "text/plain", b"", "plan.txt"),
        ]
        assert [file.content for file in await attached(message, 10)] == [b"", b""]
