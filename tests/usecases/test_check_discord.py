"""A check of a bot on Discord: what is, why it matters, what to do, without connecting."""

import json
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.discord import invitation
from adapters.discord.client import build
from bot.bootstrap import Installation as Given
from bot.bootstrap import wire
from bot.circles.model import Calendar
from bot.circles.rows import CircleRow, Circles
from bot.config import keep_token
from bot.conversation.model import RoomRef
from bot.delivery.clockwork import SystemClock
from bot.store.engine import Database
from bot.store.migrate import upgrade
from tests.support.command import circlekeeper
from tests.support.discord import permissions
from tests.support.discord.application import MEMBERS, MESSAGE_CONTENT
from tests.support.discord.model import Channel, Guild, Overwrite
from tests.support.discord.server import StandIn

Found = dict[str, Any]
CONFIG = """
[circlekeeper]
run_by = "Ana"

[discord]
"""


@dataclass(frozen=True)
class Installation:
    """A bot's files, with a token and an empty database."""

    config: Path
    discord: StandIn

    @property
    def data(self) -> Path:
        return self.config.parent / "data"

    def database(self) -> aclosing[Database]:
        return aclosing(Database.at(self.data / "circlekeeper.sqlite3"))

    def reads(self) -> None:
        self.config.write_text(f"{CONFIG}read_rooms = true\n")
        self.config.chmod(0o600)

    async def findings(self, *more: str) -> list[Found]:
        ended = await circlekeeper(
            "check", "--json", "--config", self.config, *more, discord=self.discord
        )
        told = json.loads(ended.said)
        assert told["ok"] is (ended.status == 0)
        assert self.discord.token not in ended.all
        assert ended.complained == ""
        found: list[Found] = told["findings"]
        assert [each for each in found if incomplete(each)] == []
        return found

    async def the(self, about: str, *more: str) -> Found:
        (found,) = [each for each in await self.findings(*more) if each["about"] == about]
        return found

    async def circle(self, name: str, *rooms: RoomRef) -> None:
        """Write a circle."""
        row = CircleRow(
            name=name,
            method="learning-circle",
            state="open",
            zone="UTC",
            calendar=Calendar(),
            made_at=datetime(2026, 3, 2, tzinfo=UTC),
        )
        async with self.database() as database, database.begin() as work:
            circle = await Circles(work).add(row)
            for room in rooms:
                await Circles(work).attach(circle.id, room)
            await work.commit()

    async def start_once(self) -> None:
        """Let Discord know the commands, as a start of the bot does."""
        async with self.database() as database:
            dispatch = wire(database, SystemClock(), {}, Given()).dispatch
            async with build(dispatch, connector=self.discord.connector()) as client:
                await client.login(self.discord.token)
                await client.tree.sync()


@pytest.fixture
async def here(tmp_path: Path, discord: StandIn) -> Installation:
    config = tmp_path / "config.toml"
    config.write_text(CONFIG)
    config.chmod(0o600)
    made = Installation(config, discord)
    keep_token(made.data / "secrets.toml", discord.token)
    async with made.database() as database:
        await upgrade(database)
    return made


@pytest.fixture
def guild(discord: StandIn) -> Guild:
    bits = invitation.PERMISSIONS.value
    return discord.world.guild("Reading", bot_permissions=bits)


def room(channel: Channel) -> RoomRef:
    assert channel.guild is not None
    return RoomRef("discord", f"{channel.guild.id}-{channel.id}")


def deny(channel: Channel, whom: int, bits: int, kind: int = 1) -> None:
    channel.overwrites[whom] = Overwrite(whom, kind, deny=bits)


def incomplete(found: Found) -> bool:
    """Return whether a finding that is not well keeps back why it matters or what to do."""
    return found["status"] in ("warn", "fail") and not (found["why"] and found["todo"])


async def test_a_whole_installation_is_well(
    here: Installation, discord: StandIn, guild: Guild
) -> None:
    north = discord.world.text(guild, "north")
    await here.circle("North", room(north), room(discord.world.forum(guild, "weeks")))
    await here.start_once()
    found = await here.findings()
    assert {each["status"] for each in found} == {"ok"}, found
    told = {each["about"]: each["what"] for each in found}
    assert told.keys() >= {
        "config", "login", "files", "database", "discord", "discord reading", "discord clock",
        "discord commands", "discord servers", "discord invitation", "circle North",
    }  # fmt: skip
    assert told["discord servers"] == "The bot is on 1: Reading."
    assert "homeserver" not in told
    assert "invitations" not in told
    ended = await circlekeeper("check", "--config", here.config, discord=discord)
    assert "#north on Reading" in ended.said


async def test_nothing_connects_to_the_gateway(
    here: Installation, discord: StandIn, guild: Guild
) -> None:
    await here.circle("North", room(discord.world.text(guild, "north")))
    await here.findings()
    assert discord.gateway.identified == 0


async def test_offline_discord_is_not_asked(here: Installation, discord: StandIn) -> None:
    await discord.stop()
    found = await here.the("discord", "--offline")
    assert found["status"] == "left"
    found = await here.the("discord")
    assert (found["status"], found["what"]) == ("fail", "Discord cannot be reached.")


async def test_a_token_that_was_reset_fails(here: Installation) -> None:
    keep_token(here.data / "secrets.toml", f"{here.discord.token}-past")
    found = await here.the("discord")
    assert found["status"] == "fail"
    assert "does not take" in found["what"]
    assert "init --login" in found["todo"]


async def test_without_a_token_it_says_how_to_get_one(here: Installation) -> None:
    (here.data / "secrets.toml").unlink()
    found = await here.the("login")
    assert found["status"] == "fail"
    assert "CIRCLEKEEPER_DISCORD__TOKEN" in found["todo"]
    assert (await here.the("discord"))["status"] == "left"


async def test_without_reading_it_says_what_is_missing(
    here: Installation, discord: StandIn
) -> None:
    discord.world.application.intents = 0
    found = await here.the("discord reading")
    assert found["status"] == "ok"
    assert "their words have no number" in found["what"]
    assert "mark by reaction" in found["what"]


@pytest.mark.parametrize(
    ("intents", "off"),
    [
        (0, "Message Content Intent and Server Members Intent."),
        (MEMBERS, "Message Content Intent."),
        (MESSAGE_CONTENT, "Server Members Intent."),
    ],
)
async def test_reading_that_the_portal_does_not_allow_fails(
    here: Installation, discord: StandIn, intents: int, off: str
) -> None:
    here.reads()
    discord.world.application.intents = intents
    found = await here.the("discord reading")
    assert found["status"] == "fail"
    assert found["what"].endswith(f"off in the developer portal: {off}")
    assert "read_rooms = false" in found["todo"]


async def test_reading_that_the_portal_allows_is_well(here: Installation) -> None:
    here.reads()
    found = await here.the("discord reading")
    assert found["status"] == "ok"
    assert "reads whole channels" in found["what"]


async def test_what_the_portal_sends_elsewhere_or_keeps_back_is_told(
    here: Installation, discord: StandIn
) -> None:
    discord.world.application.endpoint = "https://example.org/interactions"
    discord.world.application.needs_code = True
    found = [each for each in await here.findings() if each["about"] == "discord application"]
    assert [each["status"] for each in found] == ["fail", "warn"]
    assert "Interactions Endpoint URL" in found[0]["what"]
    assert "Code Grant" in found[1]["what"]


async def test_commands_that_discord_does_not_show_yet_are_told(here: Installation) -> None:
    found = await here.the("discord commands")
    assert (found["status"], found["what"]) == ("warn", "It shows none yet.")


async def test_commands_of_another_version_are_told(here: Installation, discord: StandIn) -> None:
    await here.start_once()
    discord.world.application.commands[None][0]["description"] = "As it was before"
    found = await here.the("discord commands")
    assert found["status"] == "warn"
    assert "not show them as this version has them" in found["what"]


async def test_a_bot_that_is_on_no_server_is_told_where_it_is_invited(
    here: Installation, discord: StandIn
) -> None:
    assert (await here.the("discord servers"))["status"] == "warn"
    link = (await here.the("discord invitation"))["what"]
    assert link == invitation.link(discord.world.application.id)


@pytest.mark.parametrize("ahead", [30, -30])
async def test_a_clock_that_is_wrong_is_told(
    here: Installation, discord: StandIn, ahead: int
) -> None:
    theirs = datetime.now(UTC) + timedelta(seconds=ahead)  # noqa: TID251 - the real clock
    said = discord.faults.slow(0, "", times=99)
    said.headers["Date"] = format_datetime(theirs, usegmt=True)
    found = await here.the("discord clock")
    assert found["status"] == "warn"
    assert f"seconds {'behind' if ahead > 0 else 'ahead of'} Discord" in found["what"]


async def test_a_clock_within_five_seconds_is_right(here: Installation, discord: StandIn) -> None:
    theirs = datetime.now(UTC) + timedelta(seconds=4)  # noqa: TID251 - the real clock
    said = discord.faults.slow(0, "", times=99)
    said.headers["Date"] = format_datetime(theirs, usegmt=True)
    assert (await here.the("discord clock"))["status"] == "ok"


@pytest.mark.parametrize("asked", invitation.ASKED, ids=lambda asked: asked.name)
async def test_each_permission_that_is_missing_in_a_channel_is_named_with_its_purpose(
    here: Installation, discord: StandIn, guild: Guild, asked: invitation.Asked
) -> None:
    north = discord.world.text(guild, "north")
    await here.circle("North", room(north))
    deny(north, discord.world.bot.id, 1 << _bit(asked.name))
    found = [each for each in await here.findings() if each["about"] == "circle North"]
    assert asked.title in found[0]["what"]
    assert asked.purpose in found[0]["why"]
    assert "#north on Reading" in found[0]["what"]
    assert invitation.link(discord.world.application.id) in found[0]["todo"]
    assert found[0]["status"] == ("fail" if asked.vital else "warn")


def _bit(name: str) -> int:
    value: int = getattr(invitation.discord.Permissions, name).flag
    return value.bit_length() - 1


async def test_a_channel_where_members_may_use_no_commands_is_told(
    here: Installation, discord: StandIn, guild: Guild
) -> None:
    north = discord.world.text(guild, "north")
    await here.circle("North", room(north))
    deny(north, guild.id, permissions.USE_COMMANDS, kind=0)
    found = await here.the("circle North")
    assert found["status"] == "warn"
    assert "members may not use commands" in found["what"]
    assert "Use Application Commands" in found["todo"]


@pytest.mark.parametrize("way", ["hidden", "role"])
async def test_a_channel_for_some_people_only_is_well(
    here: Installation, discord: StandIn, guild: Guild, way: str
) -> None:
    north = discord.world.text(guild, "north")
    await here.circle("North", room(north))
    readers = discord.world.role(guild, "Readers")
    if way == "hidden":
        deny(north, guild.id, permissions.VIEW_CHANNEL, kind=0)
        north.overwrites[readers.id] = Overwrite(readers.id, 0, permissions.VIEW_CHANNEL)
    else:
        deny(north, guild.id, permissions.USE_COMMANDS, kind=0)
        north.overwrites[readers.id] = Overwrite(readers.id, 0, permissions.USE_COMMANDS)
    bot = discord.world.bot.id
    north.overwrites[bot] = Overwrite(bot, 1, invitation.PERMISSIONS.value)
    found = await here.the("circle North")
    assert found["status"] == "ok", found


async def test_commands_that_the_whole_server_takes_from_everyone_are_told(
    here: Installation, discord: StandIn, guild: Guild
) -> None:
    guild.roles[guild.id].permissions &= ~permissions.USE_COMMANDS
    await here.circle("North", room(discord.world.text(guild, "north")))
    assert "may not use commands" in (await here.the("circle North"))["what"]


def _gone(discord: StandIn, channel: Channel) -> None:
    channel.deleted = True
    discord.world.changed()


def _out(discord: StandIn, channel: Channel) -> None:
    assert channel.guild is not None
    discord.world.leave(channel.guild, discord.world.bot)


@pytest.mark.parametrize("lost", [_gone, _out])
async def test_a_channel_that_is_gone_or_on_a_server_without_the_bot_fails(
    here: Installation,
    discord: StandIn,
    guild: Guild,
    lost: Callable[[StandIn, Channel], None],
) -> None:
    north = discord.world.text(guild, "north")
    await here.circle("North", room(north))
    lost(discord, north)
    found = await here.the("circle North")
    assert found["status"] == "fail"
    assert "is gone, or the bot is not on its server" in found["what"]


async def test_a_fault_in_the_middle_leaves_what_was_found(
    here: Installation, discord: StandIn, guild: Guild
) -> None:
    await here.circle("North", room(discord.world.text(guild, "north")))
    discord.faults.answer(503, "GET /guilds/")
    found = [each for each in await here.findings() if each["about"] == "discord"]
    assert [each["status"] for each in found] == ["ok", "warn"]
    assert "Discord answers 503" in found[1]["what"]
