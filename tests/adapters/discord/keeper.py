"""A small bot on the real discord.py, for the tests of the stand-in."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import discord
from discord import app_commands, ui

from tests.support.discord.server import StandIn

WITHIN = 5.0


class Form(ui.Modal, title="Your answer"):
    """A form with one field of each kind that a circle asks with."""

    words = ui.Label(
        text="In your words",
        description="As long as you like",
        component=ui.TextInput(custom_id="words", style=discord.TextStyle.paragraph),
    )
    mood = ui.Label(
        text="Mood",
        component=ui.Select(
            custom_id="mood",
            options=[discord.SelectOption(label=each, value=each) for each in ("calm", "keen")],
        ),
    )
    kind = ui.Label(
        text="Kind",
        component=ui.RadioGroup(
            custom_id="kind",
            options=[discord.RadioGroupOption(label=e, value=e) for e in ("plan", "act")],
        ),
    )
    shown = ui.Label(
        text="May be shown to",
        component=ui.CheckboxGroup(
            custom_id="shown",
            required=False,
            options=[discord.CheckboxGroupOption(label=e, value=e) for e in ("circle", "all")],
        ),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        parts = [each.component for each in (self.words, self.mood, self.kind, self.shown)]
        words, mood, kind, shown = parts
        told = f"{words.value}|{mood.values[0]}|{kind.value}|{','.join(shown.values)}"
        await interaction.response.send_message(told, ephemeral=True)


class Buttons(ui.View):
    """Buttons that outlive the process."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @ui.button(label="Answer", custom_id="answer")
    async def answer(self, interaction: discord.Interaction, _: ui.Button[ui.View]) -> None:
        await interaction.response.send_modal(Form(custom_id="form"))

    @ui.button(label="Done", custom_id="done")
    async def done(self, interaction: discord.Interaction, _: ui.Button[ui.View]) -> None:
        await interaction.response.edit_message(content="Done.", view=None)

    @ui.select(
        custom_id="weeks",
        max_values=2,
        options=[discord.SelectOption(label=f"Week {each}", value=each) for each in "123"],
    )
    async def weeks(self, interaction: discord.Interaction, chosen: ui.Select[ui.View]) -> None:
        await interaction.response.send_message("+".join(chosen.values), ephemeral=True)

    @ui.button(label="Thanks", custom_id="thanks")
    async def thanks(self, interaction: discord.Interaction, _: ui.Button[ui.View]) -> None:
        await interaction.response.send_message("You are welcome", ephemeral=True)


class Keeper(discord.Client):
    """Notes what it is told; it has a group of commands, a menu and persistent buttons."""

    def __init__(self, standin: StandIn, *, intents: discord.Intents | None = None) -> None:
        if intents is None:
            intents = discord.Intents.default()
            intents.message_content = True
        super().__init__(intents=intents, connector=standin.connector(), guild_ready_timeout=0.02)
        self.told: list[tuple[str, object]] = []
        self.heard = asyncio.Condition()
        self.tree = app_commands.CommandTree(self)
        self.tree.add_command(_circle())
        self.tree.add_command(_remember)
        self.tree.add_command(whoami)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Do not wait 5 s before a second IDENTIFY."""

    async def setup_hook(self) -> None:
        self.add_view(Buttons())
        await self.tree.sync()

    async def note(self, kind: str, what: object) -> None:
        """Keep what was told, and wake who waits."""
        async with self.heard:
            self.told.append((kind, what))
            self.heard.notify_all()

    async def hears(self, kind: str, count: int = 1) -> list[object]:
        """Return what was told of a kind when that was `count` times."""

        def of_kind() -> list[object]:
            return [what for each, what in self.told if each == kind]

        async with asyncio.timeout(WITHIN), self.heard:
            await self.heard.wait_for(lambda: len(of_kind()) >= count)
        return of_kind()

    async def on_ready(self) -> None:
        await self.note("ready", None)

    async def on_resumed(self) -> None:
        await self.note("resumed", None)

    async def on_message(self, message: discord.Message) -> None:
        await self.note("message", message.content)

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        await self.note("edit", event.message.content)

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        await self.note("delete", event.message_id)

    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        await self.note("react", (event.user_id, str(event.emoji)))

    async def on_raw_reaction_remove(self, event: discord.RawReactionActionEvent) -> None:
        await self.note("unreact", (event.user_id, str(event.emoji)))

    async def on_thread_create(self, thread: discord.Thread) -> None:
        await self.note("thread", thread.name)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        await self.note("removed", guild.name)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self.note("joined", guild.name)

    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        await self.note("bulk", event.message_ids)

    async def on_raw_thread_delete(self, event: discord.RawThreadDeleteEvent) -> None:
        await self.note("thread gone", event.thread_id)

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        await self.note("channel gone", channel.id)

    async def on_member_ban(self, _: discord.Guild, who: discord.User | discord.Member) -> None:
        await self.note("ban", who.id)

    async def on_member_join(self, member: discord.Member) -> None:
        await self.note("member", member.id)

    def room(self, channel_id: int) -> discord.TextChannel:
        """Return a text channel that the bot knows."""
        found = self.get_channel(channel_id)
        assert isinstance(found, discord.TextChannel)
        return found


@app_commands.context_menu(name="Add to notes")
async def _remember(interaction: discord.Interaction, message: discord.Message) -> None:
    await interaction.response.send_message(f"Noted: {message.content}", ephemeral=True)


@app_commands.command(description="Who are you?")
async def whoami(interaction: discord.Interaction) -> None:
    """Answer anywhere, also in direct messages."""
    await interaction.response.send_message(f"You are {interaction.user.display_name}")


def _circle() -> app_commands.Group:
    """Return the group of commands."""
    group = app_commands.Group(name="circle", description="A circle", guild_only=True)

    @group.command(description="Begin a circle")
    @app_commands.describe(name="Its name", weeks="How long", who="With whom")
    async def new(
        interaction: discord.Interaction,
        name: str,
        weeks: app_commands.Range[int, 1, 12] = 6,
        who: discord.Member | None = None,
    ) -> None:
        await interaction.response.defer(ephemeral=True)
        await interaction.followup.send(f"{name} for {weeks} weeks with {who and who.id}")
        await interaction.followup.send("And more", ephemeral=True)

    @new.autocomplete("name")
    async def suggest(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        names = [each for each in ("North", "Nest", "South") if each.startswith(current)]
        return [app_commands.Choice(name=each, value=each) for each in names]

    @group.command(description="How is it going?")
    async def status(interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Well", view=Buttons())
        await interaction.edit_original_response(content="Very well")

    return group


@contextlib.asynccontextmanager
async def running(keeper: Keeper, token: str) -> AsyncIterator[Keeper]:
    """Let a bot run until the end of the block; what ends it earlier is raised."""
    async with asyncio.TaskGroup() as tasks:
        started = tasks.create_task(keeper.start(token))
        try:
            await keeper.hears("ready")
            yield keeper
        finally:
            await keeper.close()
        await started
