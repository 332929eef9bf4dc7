"""The stand-in for Discord does to real clients what Discord does."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import discord as dpy
import hikari
import pytest

from tests.adapters.discord.keeper import Buttons, Keeper, running
from tests.support.clocks import DrivenClock
from tests.support.discord import permissions, tls
from tests.support.discord.application import MEMBERS
from tests.support.discord.asking import NotPossible
from tests.support.discord.model import ApiError
from tests.support.discord.server import StandIn
from tests.support.discord.world import NotSeen


async def test_a_bot_logs_in_knows_its_guild_and_hears_what_is_said(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general", topic="All of it")
    anna = discord.human("Anna", guild)
    async with running(Keeper(discord), discord.token) as keeper:
        said = await anna.say(room, "Hello", files={"plan.txt": b"soon"})
        await keeper.hears("message")
        here = keeper.get_guild(guild.id)
        assert here is not None
        assert here.me.guild_permissions.value == permissions.INVITED | permissions.EVERYONE
        seen = await keeper.room(room.id).fetch_message(said.id)
        assert (seen.content, seen.author.display_name) == ("Hello", "Anna")
        assert await seen.attachments[0].read() == b"soon"
        discord.world.pass_time(hours=25)
        with pytest.raises(dpy.NotFound):
            await seen.attachments[0].read()
    assert ("message", "Hello") in keeper.told
    assert discord.gateway.compressed == 1


async def test_edits_deletions_and_reactions_are_told_both_ways(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    async with running(Keeper(discord), discord.token) as keeper:
        said = await anna.say(room, "One")
        await anna.edit(said, "Two")
        await anna.react(said, "\N{HEAVY CHECK MARK}")
        await anna.unreact(said, "\N{HEAVY CHECK MARK}")
        assert await keeper.hears("edit") == ["Two"]
        assert await keeper.hears("react") == [(anna.id, "\N{HEAVY CHECK MARK}")]
        assert await keeper.hears("unreact") == [(anna.id, "\N{HEAVY CHECK MARK}")]
        own = await keeper.room(room.id).send("Mine")
        await own.edit(content="Mine, better")
        await own.add_reaction("\N{SPARKLES}")
        shown = await anna.wait_for_text(room, "better")
        assert [each.content for each in shown.versions] == ["Mine"]
        assert shown.reactions == {"\N{SPARKLES}": [keeper.user and keeper.user.id]}
        await own.delete()
        await anna.delete(said)
        assert await keeper.hears("delete", 2) == [own.id, said.id]
        assert anna.read(room) == []


async def test_history_comes_in_pages_newest_first_and_none_is_lost(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    sent = [(await anna.say(room, str(number))).id for number in range(230)]
    async with running(Keeper(discord), discord.token) as keeper:
        channel = keeper.room(room.id)
        after = dpy.Object(sent[9])
        found = [m.id async for m in channel.history(limit=None, after=after, oldest_first=True)]
        assert found == sent[10:]
        assert [m.id async for m in channel.history(limit=None)] == sent[::-1]
        page = await keeper.http.logs_from(room.id, 3, after=sent[0])
        assert [int(each["id"]) for each in page] == [sent[3], sent[2], sent[1]]
        around = [m.id async for m in channel.history(limit=5, around=dpy.Object(sent[50]))]
        assert sorted(around) == sent[48:53]


async def test_a_nonce_brings_the_earlier_message_back_for_some_minutes(discord: StandIn) -> None:
    room = discord.world.text(discord.world.guild("North"), "general")
    async with running(Keeper(discord), discord.token) as keeper:
        channel = keeper.room(room.id)
        first = await channel.send("Week one", nonce="north/1", file=_file())
        assert (await channel.send("Week one", nonce="north/1", file=_file())).id == first.id
        assert len(room.messages) == 1
        await first.delete()
        with pytest.raises(dpy.NotFound) as gone:
            await channel.send("Week one", nonce="north/1")
        assert gone.value.code == 10008
        discord.world.pass_time(minutes=6)
        assert (await channel.send("Week one", nonce="north/1")).id != first.id


def _file() -> dpy.File:
    return dpy.File(Path(__file__), "chart.txt", description="A chart")


async def test_a_command_is_answered_suggested_and_checked(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    async with running(Keeper(discord), discord.token):
        typed = await anna.autocomplete("circle new", "name", "N", channel=room)
        assert [each["name"] for each in (await typed.answer()).choices] == ["North", "Nest"]
        asked = await anna.slash("circle new", channel=room, name="North", weeks=3, who=anna)
        answers = await asked.answers(2)
        assert [each.content for each in answers] == [
            f"North for 3 weeks with {anna.id}",
            "And more",
        ]
        assert all(each.ephemeral for each in answers)
        assert anna.read(room) == []
        public = await (await anna.slash("circle status", channel=room)).answer()
        edited = await anna.wait_for_text(room, "Very well")
        assert (edited, edited.versions[0].content) == (public.message, "Well")
        said = await anna.say(room, "A thought")
        noted = await (await anna.context_menu("Add to notes", said)).answer()
        assert (noted.content, noted.ephemeral) == ("Noted: A thought", True)
        for name, options in (
            ("circle nothing", {}),
            ("circle new", {}),
            ("circle new", {"name": "North", "weeks": 13}),
            ("circle", {}),
        ):
            with pytest.raises(NotPossible):
                await anna.slash(name, channel=room, **options)
        with pytest.raises(NotPossible):
            await anna.slash("circle status")
        private = await (await anna.slash("whoami")).answer()
        assert (private.content, private.ephemeral) == ("You are Anna", False)
        assert anna.read(anna.dm()) == [private.message]


async def test_a_form_is_opened_filled_in_and_answered(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    async with running(Keeper(discord), discord.token):
        status = await (await anna.slash("circle status", channel=room)).answer()
        form = (await (await anna.press(status.message, "Answer")).answer()).modal
        assert form.title == "Your answer"
        assert list(form.fields()) == ["words", "mood", "kind", "shown"]
        filled = {"words": "Ask sooner", "mood": ["keen"], "kind": "act", "shown": ["circle"]}
        with pytest.raises(NotPossible):
            await anna.submit(form, filled | {"words": ""})
        with pytest.raises(NotPossible):
            await anna.submit(form, filled | {"kind": "reflect"})
        answer = await (await anna.submit(form, filled)).answer()
        assert (answer.content, answer.ephemeral) == ("Ask sooner|keen|act|circle", True)


async def test_a_button_works_after_a_restart_and_changes_its_message(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    async with running(Keeper(discord), discord.token) as keeper:
        await keeper.room(room.id).send("How was it?", view=Buttons())
    question = await anna.wait_for_text(room, "How was it?")
    assert not discord.gateway.connected
    async with running(Keeper(discord), discord.token):
        thanks = await (await anna.press(question, "thanks")).answer()
        assert (thanks.content, thanks.ephemeral) == ("You are welcome", True)
        chosen = await (await anna.choose(question, "weeks", ["1", "3"])).answer()
        assert chosen.content == "1+3"
        with pytest.raises(NotPossible):
            await anna.choose(question, "weeks", ["1", "2", "3"])
        done = await (await anna.press(question, "Done")).answer()
        assert (done.message, done.content, question.labels()) == (question, "Done.", [])
        with pytest.raises(NotPossible):
            await anna.press(question, "Done")


async def test_a_silent_answer_shows_once_the_message_changes(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)

    class Silent(Keeper):
        async def on_interaction(self, interaction: dpy.Interaction) -> None:
            await interaction.response.defer()
            await self.note("interaction", interaction)

    async with running(Silent(discord), discord.token) as keeper:
        view = dpy.ui.View(timeout=None)
        view.add_item(dpy.ui.Button(label="Next", custom_id="next"))
        await keeper.room(room.id).send("One", view=view)
        asked = await anna.press((await anna.wait_for_text(room, "One")), "Next")
        await asked.acknowledged()
        with pytest.raises(NotSeen):
            await asked.answer(0.01)
        (pressed,) = await keeper.hears("interaction")
        assert isinstance(pressed, dpy.Interaction)
        await pressed.edit_original_response(content="Two")
        assert (await asked.answer()).content == "Two"
        await pressed.followup.send("Three")
        assert [each.content for each in anna.read(room)] == ["Two", "Three"]


async def test_an_interaction_is_answered_in_time_and_once(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)

    class Slow(Keeper):
        async def on_interaction(self, interaction: dpy.Interaction) -> None:
            await self.note("interaction", interaction)

    async with running(Slow(discord), discord.token) as keeper:
        keeper.tree.clear_commands(guild=None)
        asked = await anna.slash("circle status", channel=room)
        (late,) = await keeper.hears("interaction")
        assert isinstance(late, dpy.Interaction)
        with pytest.raises(dpy.NotFound) as none_yet:
            await late.original_response()
        assert none_yet.value.code == 10015
        discord.world.pass_time(seconds=4)
        with pytest.raises(dpy.NotFound) as unknown:
            await late.response.send_message("Late")
        assert unknown.value.code == 10062
        with pytest.raises(NotSeen):
            await asked.answer(0.01)
        await anna.slash("circle status", channel=room)
        prompt = (await keeper.hears("interaction", 2))[1]
        assert isinstance(prompt, dpy.Interaction)
        await prompt.response.send_message("In time")
        status, answer = await _post(
            discord, f"/interactions/{prompt.id}/{prompt.token}/callback", {"type": 5}
        )
        assert (status, answer["code"]) == (400, 40060)
        discord.world.pass_time(minutes=16)
        with pytest.raises(dpy.HTTPException) as over:
            await prompt.followup.send("More")
        assert (over.value.status, over.value.code) == (401, 50027)


async def _post(discord: StandIn, path: str, body: object) -> tuple[int, dict[str, object]]:
    """Return what a plain request gets."""
    headers = {"Authorization": f"Bot {discord.token}"}
    url = f"https://discord.com/api/v10{path}"
    async with (
        aiohttp.ClientSession(connector=discord.connector(), headers=headers) as session,
        session.post(url, json=body) as response,
    ):
        return response.status, await response.json()


async def test_threads_are_opened_archived_reopened_and_listed(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    forum = discord.world.forum(guild, "weeks", "plan", "act")
    anna = discord.human("Anna", guild)
    async with running(Keeper(discord), discord.token) as keeper:
        prompt = await keeper.room(room.id).send("Week one")
        thread = await prompt.create_thread(name="Week one: answers")
        assert thread.id == prompt.id
        with pytest.raises(dpy.HTTPException) as twice:
            await prompt.create_thread(name="Again")
        assert twice.value.code == 160004
        there = discord.world.channels[thread.id]
        said = await anna.say(there, "Mine")
        await thread.edit(archived=True)
        with pytest.raises(dpy.HTTPException) as archived:
            await thread.get_partial_message(said.id).add_reaction("\N{SPARKLES}")
        assert archived.value.code == 50083
        with pytest.raises(dpy.HTTPException) as closed:
            await thread.edit(name="Another name")
        assert closed.value.code == 50083
        listed = [each.id async for each in keeper.room(room.id).archived_threads()]
        assert listed == [thread.id]
        await anna.say(there, "Later")
        assert not there.state().archived
        private = await keeper.room(room.id).create_thread(name="For two", invitable=False)
        assert not permissions.sees(discord.world.channels[private.id], anna.user)
        await private.add_user(dpy.Object(anna.id))
        await anna.say(discord.world.channels[private.id], "Here")
        weeks = keeper.get_channel(forum.id)
        assert isinstance(weeks, dpy.ForumChannel)
        made = await weeks.create_thread(
            name="Week two", content="What next?", applied_tags=[weeks.available_tags[1]]
        )
        assert made.thread.id == made.message.id
        assert discord.world.channels[made.thread.id].applied_tags == [forum.tags[1].id]
        own = await anna.post_in_forum(forum, "Week three", "And then?", "plan")
        await keeper.hears("thread", 4)
        assert (await keeper.hears("message"))[-1] == "And then?"
        await anna.change_thread(own, archived=True)
        here = keeper.get_guild(guild.id)
        assert here is not None
        active = {each.id for each in await here.active_threads()}
        assert active == {thread.id, private.id, made.thread.id}


async def test_a_locked_thread_is_closed_to_who_may_not_manage_it(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    thread = await anna.open_thread(room, "Old")
    async with running(Keeper(discord), discord.token) as keeper:
        thread.state().locked = thread.state().archived = True
        place = await keeper.fetch_channel(thread.id)
        assert isinstance(place, dpy.Thread)
        with pytest.raises(dpy.Forbidden) as locked:
            await place.send("Hello?")
        assert locked.value.code == 50083
        with pytest.raises(dpy.Forbidden):
            await place.edit(archived=False)
        discord.world.grant(
            guild,
            discord.world.bot,
            discord.world.role(guild, "Keepers", permissions.MANAGE_THREADS),
        )
        await place.edit(archived=False, locked=False)
        await place.send("Hello again")


async def test_what_the_bot_may_not_do_is_refused_by_its_code(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    open_room, quiet = discord.world.text(guild, "general"), discord.world.text(guild, "quiet")
    hidden = discord.world.text(guild, "hidden")
    anna, ben = discord.human("Anna", guild), discord.human("Ben", guild)
    ben.user.takes_direct_messages = False
    discord.world.allow(quiet, discord.world.bot, deny=permissions.SEND_MESSAGES)
    discord.world.hide(hidden, anna.user)
    secret = await anna.say(hidden, "Only mine")
    async with running(Keeper(discord), discord.token) as keeper:
        said = await anna.say(open_room, "Mine")
        gone = discord.world.text(guild, "gone")
        discord.world.remove(gone)

        async def to(channel: int) -> None:
            await keeper.get_partial_messageable(channel).send("Hello")

        async def to_person(who: int) -> None:
            await (await keeper.fetch_user(who)).send("Hello")

        for refused, code in (
            (to(quiet.id), 50013),
            (to(hidden.id), 50001),
            (to(gone.id), 10003),
            (to_person(ben.id), 50007),
            (to_person(discord.human("Carla").id), 50278),
            (keeper.get_partial_messageable(hidden.id).fetch_message(secret.id), 50001),
            (
                keeper.get_partial_messageable(open_room.id).get_partial_message(said.id).delete(),
                50013,
            ),
            (keeper.get_partial_messageable(open_room.id).send(" "), 50006),
            (keeper.get_partial_messageable(open_room.id).send("x" * 2001), 50035),
        ):
            with pytest.raises(dpy.HTTPException) as error:
                await refused
            assert error.value.code == code
        await anna.say(hidden, "Also only mine")
        await anna.say(anna.dm(), "Psst")
        assert (await keeper.hears("message", 2)) == ["Mine", "Psst"]


async def test_only_who_is_meant_is_pinged(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna, ben = discord.human("Anna", guild), discord.human("Ben", guild)
    async with running(Keeper(discord), discord.token) as keeper:
        only_anna = dpy.AllowedMentions(users=[dpy.Object(anna.id)], everyone=False)
        await keeper.room(room.id).send(
            f"{anna.mention} and {ben.mention} @everyone", allowed_mentions=only_anna
        )
        asked = await anna.say(room, "And me?")
        message = keeper.room(room.id).get_partial_message(asked.id)
        await message.reply("You too", mention_author=False)
    first, _, reply = anna.read(room)
    assert (first.rang.users, first.rang.everyone) == ({anna.id}, False)
    assert (reply.reply_to, reply.rang.users) == (asked.id, frozenset())


async def test_without_the_intent_others_words_are_withheld(discord: StandIn) -> None:
    discord.world.application.intents = 0
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    async with running(Keeper(discord, intents=dpy.Intents.default()), discord.token) as keeper:
        said = await anna.say(room, "Not for bots")
        await anna.say(room, f"<@{discord.world.bot.id}> this is")
        await anna.say(anna.dm(), "Between us")
        heard = await keeper.hears("message", 3)
        assert heard == ["", f"<@{discord.world.bot.id}> this is", "Between us"]
        assert (await keeper.room(room.id).fetch_message(said.id)).content == ""
    greedy = Keeper(discord)
    with pytest.raises(dpy.PrivilegedIntentsRequired):
        await greedy.start(discord.token)
    await greedy.close()


async def test_a_wrong_token_is_refused(discord: StandIn) -> None:
    keeper = Keeper(discord)
    with pytest.raises(dpy.LoginFailure):
        await keeper.start("another")
    await keeper.close()


async def test_members_are_told_to_who_has_the_intent(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    anna = discord.human("Anna", guild)
    intents = dpy.Intents.default()
    intents.members = True
    discord.faults.members_by_request = True
    discord.world.application.intents = MEMBERS
    async with running(Keeper(discord, intents=intents), discord.token) as keeper:
        here = keeper.get_guild(guild.id)
        assert here is not None
        assert here.get_member(anna.id) is not None
        ben = discord.human("Ben", guild)
        assert await keeper.hears("member") == [ben.id]
        assert {m.id async for m in here.fetch_members()} == set(guild.members)
        discord.world.leave(guild, ben.user, banned=True)
        assert await keeper.hears("ban") == [ben.id]
        discord.world.leave(guild, discord.world.bot)
        assert await keeper.hears("removed") == ["North"]
        discord.world.guild("South")
        assert await keeper.hears("joined") == ["South"]


@pytest.mark.parametrize("how", ["drop", "close", "op 7", "op 9"])
async def test_a_lost_line_is_resumed_and_nothing_is_missed(discord: StandIn, how: str) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    async with running(Keeper(discord), discord.token) as keeper:
        if how == "drop":
            await discord.gateway.drop()
        elif how == "close":
            await discord.gateway.close(4000)
        elif how == "op 7":
            await discord.gateway.ask_to_reconnect()
        else:
            await discord.gateway.invalidate(resumable=True)
        await anna.say(room, "Meanwhile")
        await keeper.hears("resumed")
        await anna.say(room, "Again")
        assert await keeper.hears("message", 2) == ["Meanwhile", "Again"]
    assert (discord.gateway.identified, discord.gateway.resumed) == (1, 1)


@pytest.mark.parametrize("how", ["op 9", "4009"])
async def test_a_session_that_is_over_begins_anew_and_loses_events(
    discord: StandIn, how: str
) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    async with running(Keeper(discord), discord.token) as keeper:
        if how == "op 9":
            await discord.gateway.invalidate(resumable=False)
        else:
            await discord.gateway.close(4009)
        await anna.say(room, "Unheard")
        await keeper.hears("ready", 2)
        await anna.say(room, "Heard")
        assert await keeper.hears("message") == ["Heard"]


async def test_a_token_that_was_taken_back_ends_the_client(discord: StandIn) -> None:
    with pytest.raises(ExceptionGroup) as ended:
        async with running(Keeper(discord), discord.token):
            discord.world.application.token = "another"
            await discord.gateway.drop()
            await asyncio.sleep(5)
    assert ended.group_contains(dpy.ConnectionClosed)


async def test_a_refused_first_connection_is_really_refused(discord: StandIn) -> None:
    discord.faults.refuse_connections()
    keeper = Keeper(discord)
    with pytest.raises(AttributeError):  # Rapptz/discord.py#10520
        await keeper.start(discord.token)
    await keeper.close()
    async with running(Keeper(discord), discord.token):
        assert discord.gateway.identified == 1


async def test_events_come_twice_out_of_order_or_malformed(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    with pytest.raises(ExceptionGroup) as ended:
        async with running(Keeper(discord), discord.token) as keeper:
            discord.faults.double("MESSAGE_CREATE")
            await anna.say(room, "One")
            discord.faults.reorder("MESSAGE_CREATE", 2)
            await anna.say(room, "Two")
            await anna.say(room, "Three")
            assert await keeper.hears("message", 4) == ["One", "One", "Three", "Two"]
            discord.faults.malform("MESSAGE_CREATE")
            await anna.say(room, "Four")
            await asyncio.sleep(5)
    assert ended.group_contains(KeyError)


async def test_limits_are_obeyed_where_discord_speaks_and_a_ban_is_not(discord: StandIn) -> None:
    room = discord.world.text(discord.world.guild("North"), "general")
    async with running(Keeper(discord), discord.token) as keeper:
        loop = asyncio.get_running_loop()
        began = loop.time()
        limit = discord.faults.too_many(0.05, "POST /channels/")
        await keeper.room(room.id).send("One")
        assert (limit.met, loop.time() - began >= 0.05) == (1, True)
        began = loop.time()
        discord.faults.exhaust(0.05, "POST /channels/")
        await keeper.room(room.id).send("Two")
        assert loop.time() - began >= 0.05
        discord.faults.too_many(0.05, "POST /channels/", via=False)
        with pytest.raises(dpy.HTTPException) as banned:
            await keeper.room(room.id).send("Three")
        assert banned.value.status == 429
    assert [each.content for each in room.messages.values()] == ["One", "Two"]


async def test_an_answer_may_be_lost_before_or_after_the_deed(discord: StandIn) -> None:
    room = discord.world.text(discord.world.guild("North"), "general")
    async with running(Keeper(discord), discord.token) as keeper:
        channel = keeper.room(room.id)
        discord.faults.cut("POST /channels/")
        with pytest.raises(aiohttp.ClientConnectionError):
            await channel.send("One", nonce="1")
        assert len(room.messages) == 0
        discord.faults.lose("POST /channels/")
        with pytest.raises(aiohttp.ClientConnectionError):
            await channel.send("One", nonce="1")
        assert len(room.messages) == 1
        discord.faults.answer(503, "POST /channels/", commits=True)
        with pytest.raises(dpy.DiscordServerError):
            await channel.send("Two", nonce="2")
        discord.faults.slow(0.02, "POST /channels/")
        await channel.send("Two", nonce="2")
        discord.faults.answer(503, "POST /channels/")
        with pytest.raises(dpy.DiscordServerError):
            await channel.send("Three", nonce="3")
        assert [each.content for each in room.messages.values()] == ["One", "Two"]


async def test_what_is_removed_is_told(discord: StandIn) -> None:
    guild = discord.world.guild("North", bot_permissions=permissions.ALL)
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    async with running(Keeper(discord), discord.token) as keeper:
        sent = [await anna.say(room, str(number)) for number in range(3)]
        channel = keeper.room(room.id)
        await channel.delete_messages([dpy.Object(each.id) for each in sent[:2]])
        assert await keeper.hears("bulk") == [{sent[0].id, sent[1].id}]
        last = channel.get_partial_message(sent[2].id)
        await last.pin()
        assert [each.id async for each in channel.pins()] == [sent[2].id]
        await last.add_reaction("\N{SPARKLES}")
        await anna.react(sent[2], "\N{SPARKLES}")
        (reaction,) = (await last.fetch()).reactions
        assert {each.id async for each in reaction.users()} == {discord.world.bot.id, anna.id}
        await reaction.remove(dpy.Object(anna.id))
        assert sent[2].reactions == {"\N{SPARKLES}": [discord.world.bot.id]}
        thread = await anna.open_thread(sent[2], "Aside")
        await keeper.hears("thread")
        seen = await keeper.fetch_channel(thread.id)
        assert isinstance(seen, dpy.Thread)
        await seen.join()
        assert {each.id for each in await seen.fetch_members()} == {anna.id, discord.world.bot.id}
        await seen.leave()
        await channel.delete()
        assert await keeper.hears("channel gone") == [room.id]
        assert await keeper.hears("thread gone") == [thread.id]
        here = keeper.get_guild(guild.id)
        assert here is not None
        assert [each.id async for each in keeper.fetch_guilds()] == [guild.id]
        await here.leave()
        assert await keeper.hears("removed") == ["North"]
        with pytest.raises(dpy.NotFound):
            await keeper.fetch_guild(guild.id)


async def test_a_message_in_the_new_style_is_shown_and_read(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)

    class Card(dpy.ui.LayoutView):
        box = dpy.ui.Container(
            dpy.ui.TextDisplay("# Week one"),
            dpy.ui.Separator(),
            dpy.ui.Section("What next?", accessory=dpy.ui.Button(label="Go", custom_id="go")),
            accent_colour=dpy.Colour.blue(),
        )
        row = dpy.ui.ActionRow(dpy.ui.Button(label="Later", custom_id="later"))

    async with running(Keeper(discord), discord.token) as keeper:
        await keeper.room(room.id).send(view=Card(timeout=None))
        shown = await anna.wait_for_text(room, "Week one")
        assert shown.text() == "# Week one\nWhat next?"
        assert shown.labels() == ["Go", "Later"]


async def test_a_stand_in_comes_back_on_its_port_with_its_world(discord: StandIn) -> None:
    room = discord.world.text(discord.world.guild("North"), "general")
    async with running(Keeper(discord), discord.token) as keeper:
        await discord.stop()
        await discord.start()
        await keeper.hears("resumed")
        await keeper.room(room.id).send("Still here")
    assert len(room.messages) == 1


async def test_shards_share_the_guilds(discord: StandIn) -> None:
    made = [discord.world.guild(f"Guild {number}") for number in range(4)]
    ready = asyncio.Event()

    class Sharded(dpy.AutoShardedClient):
        async def before_identify_hook(
            self, shard_id: int | None, *, initial: bool = False
        ) -> None:
            """Do not wait 5 s before the second IDENTIFY."""

        async def on_ready(self) -> None:
            ready.set()

    keeper = Sharded(
        intents=dpy.Intents.default(),
        connector=discord.connector(),
        shard_count=2,
        guild_ready_timeout=0.02,
    )
    async with asyncio.TaskGroup() as tasks:
        started = tasks.create_task(keeper.start(discord.token))
        await asyncio.wait_for(ready.wait(), 5)
        shares = {
            each.shard[0]: each.told("GUILD_CREATE") for each in discord.gateway.sessions.values()
        }
        assert {each.id for each in keeper.guilds} == {each.id for each in made}
        assert {g.id: (g.id >> 22) % 2 for g in made} == {
            int(told["id"]): index for index, share in shares.items() for told in share
        }
        anna = discord.human("Anna", *made)
        for each in made:
            said = await anna.say(discord.world.text(each, "general"), "Hello")
            index = (each.id >> 22) % 2
            hearing = [
                session.shard[0]
                for session in discord.gateway.sessions.values()
                if str(said.id) in [told["id"] for told in session.told("MESSAGE_CREATE")]
            ]
            assert hearing == [index]
        await keeper.close()
        await started


async def test_ids_and_times_follow_a_driven_clock() -> None:
    clock = DrivenClock(datetime(2025, 3, 1, 9, tzinfo=UTC))
    async with StandIn(clock) as standin:
        guild = standin.world.guild("North")
        room = standin.world.text(guild, "general")
        anna = standin.human("Anna", guild)
        first = await anna.say(room, "One")
        clock.advance(days=7)
        second = await anna.say(room, "Two")
    assert dpy.utils.snowflake_time(second.id) == clock.now()
    assert second.at - first.at == timedelta(days=7)


async def test_only_discords_names_are_found(discord: StandIn) -> None:
    async with aiohttp.ClientSession(connector=discord.connector()) as session:
        with pytest.raises(aiohttp.ClientConnectionError):
            await session.get("https://example.org/")


async def test_what_the_description_forbids_is_refused_and_found(discord: StandIn) -> None:
    room = discord.world.text(discord.world.guild("North"), "general")
    status, answer = await _post(
        discord, f"/channels/{room.id}/messages", {"content": "Hello", "nonce": "x" * 26}
    )
    assert (status, answer["code"]) == (400, 50035)
    status, _ = await _post(discord, "/nowhere", {})
    assert status == 404
    nonce, nowhere = discord.validation.forgive()
    assert "asked nonce" in nonce
    assert "does not serve POST /api/v10/nowhere" in nowhere


async def test_names_of_commands_follow_the_rules(discord: StandIn) -> None:
    path = f"/applications/{discord.world.application.id}/commands"
    headers = {"Authorization": f"Bot {discord.token}"}
    option = {"type": 3, "name": "name", "description": "Its name"}
    bad = [
        [{"name": "Circle", "description": "With a capital"}],
        [{"name": "circle", "description": ""}],
        [{"name": "circle", "description": "d", "options": [option, option]}],
        [{"name": "circle", "description": "One"}, {"name": "circle", "description": "Two"}],
    ]
    async with aiohttp.ClientSession(connector=discord.connector(), headers=headers) as session:
        for each in bad:
            async with session.put(f"https://discord.com/api/v10{path}", json=each) as response:
                assert (await response.json())["code"] == 50035
    assert discord.world.application.commands == {}
    discord.validation.forgive()


async def test_people_are_held_to_permissions_too(discord: StandIn) -> None:
    guild = discord.world.guild("North")
    hidden = discord.world.text(guild, "hidden")
    anna = discord.human("Anna", guild)
    discord.world.hide(hidden)
    with pytest.raises(ApiError) as refused:
        await anna.say(hidden, "Hello?")
    assert refused.value.body["code"] == 50001


async def test_a_client_of_another_family_gets_along(discord: StandIn) -> None:
    discord.gateway.url = f"wss://127.0.0.1:{discord.port}"
    guild = discord.world.guild("North")
    room = discord.world.text(guild, "general")
    anna = discord.human("Anna", guild)
    bot = hikari.GatewayBot(
        discord.token,
        rest_url=discord.api,
        http_settings=hikari.impl.HTTPSettings(ssl=tls.client_context(discord.trust)),
        intents=hikari.Intents.ALL_UNPRIVILEGED | hikari.Intents.MESSAGE_CONTENT,
        banner=None,
        logs=None,
    )

    @bot.listen(hikari.GuildMessageCreateEvent)
    async def greet(event: hikari.GuildMessageCreateEvent) -> None:
        if event.is_human:
            await event.message.respond(f"Hello, {event.author.global_name}", reply=True)

    @bot.listen(hikari.InteractionCreateEvent)
    async def answer(event: hikari.InteractionCreateEvent) -> None:
        if isinstance(event.interaction, hikari.CommandInteraction):
            await event.interaction.create_initial_response(
                hikari.ResponseType.MESSAGE_CREATE, "Well", flags=hikari.MessageFlag.EPHEMERAL
            )

    await bot.start(check_for_updates=False)
    try:
        command = bot.rest.slash_command_builder("status", "How is it going?")
        await bot.rest.set_application_commands(discord.world.application.id, [command])
        await anna.say(room, "Hello")
        await anna.wait_for_text(room, "Hello, Anna")
        shown = await (await anna.slash("status", channel=room)).answer()
        assert (shown.content, shown.ephemeral) == ("Well", True)
        history = [each.content async for each in bot.rest.fetch_messages(room.id)]
        assert history == ["Hello, Anna", "Hello"]
    finally:
        await bot.close()
