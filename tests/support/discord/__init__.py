"""A stand-in for Discord on loopback, for real and unmodified clients.

The fixture `discord` gives a `StandIn` (fixtures.py). Its `world` is what there is on Discord,
its `faults` what goes wrong on request, its `gateway` the line, and `human()` makes people:

    async def test_a_greeting_is_answered(discord: StandIn) -> None:
        guild = discord.world.guild("North")            # the bot is in it, as INVITED allows
        room = discord.world.text(guild, "general")     # also: forum(guild, "weeks", "plan", "act")
        anna = discord.human("Anna", guild)
        bot = library.Client(intents=..., connector=discord.connector())
        ...                                             # bot.start(discord.token)
        await anna.say(room, "Hello")
        await anna.wait_for_text(room, "Hello, Anna")   # oldest first: anna.read(room)

        asked = await anna.slash("circle new", channel=room, name="North")
        shown = await asked.answer()        # .content .ephemeral .message .modal .choices
        form = (await (await anna.press(shown.message, "Answer")).answer()).modal
        await (await anna.submit(form, {"text": "Two words"})).answer()

The line: `await discord.gateway.drop()`, `.close(4000)`, `.ask_to_reconnect()`,
`.invalidate(resumable=False)`; `await discord.stop()` and `.start()` for an outage. Requests:
`discord.faults.answer(503, "POST /channels/", commits=True)`, `.lose(...)`, `.cut(...)`,
`.slow(...)`, `.too_many(...)`, `.exhaust(...)`. Events: `.double("MESSAGE_CREATE")`,
`.reorder(...)`, `.swallow(...)`, `.malform(...)`; a guild out of reach:
`discord.world.away(guild)`, `.back(guild)`. discord.py waits 5 s before a second IDENTIFY
(`Client.before_identify_hook`) and 2 s for its guilds (`guild_ready_timeout`). A bot in a process
of its own is told `discord.port` and `discord.trust` and uses `tls.connector`.

`message.rang` is who was really pinged, `message.versions` how it read before each edit,
`message.text()` all that is to be read. `discord.world.pass_time(minutes=20)` lets windows close;
`StandIn(clock)` takes a clock that a test drives. What either side says against Discord's own
description (validate.py) fails the test at its end; `discord.validation.forgive()` is for a test
that is about that. Rules beyond the description stand with their reasons in rules.py.
"""
