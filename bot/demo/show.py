"""The whole demo: a community, a bot, a story, and what is left on paper."""

from dataclasses import dataclass, field
from pathlib import Path

from adapters.console.client import Community
from adapters.console.platform import RECORD, ConsolePlatform
from bot.conversation.model import File
from bot.demo.acts import ROOM
from bot.demo.cast import Cast, Lots, cast
from bot.demo.clock import DrivenClock
from bot.demo.cues import Cues
from bot.demo.playing import Player
from bot.demo.record import transcript
from bot.demo.screen import Screen
from bot.demo.story import BEGINS, story
from bot.demo.theatre import Theatre, installed

NAMES = {"text/markdown": "publication.md", "text/html": "publication.html"}
"""How the files of the publication are called here."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the story leaves: files by name."""

    files: dict[str, bytes] = field(default_factory=dict)

    def write(self, folder: Path) -> list[Path]:
        """Write the files in place of those of an earlier story, and return their paths."""
        for name in (RECORD, *NAMES.values()):
            (folder / name).unlink(missing_ok=True)
        for name, content in self.files.items():
            (folder / name).write_bytes(content)
        return [folder / name for name in self.files]


def invited(people: Cast, clock: DrivenClock) -> Community:
    """Return the community before the story: everybody but the late one in a room."""
    community = Community(clock)
    for person in people.people.values():
        community.person(person.id, person.name)
    there = [who for who in people.people if who not in (people.late, people.facilitator)]
    community.room(ROOM, "The reading room", there, manager=people.facilitator, bot=False)
    return community


async def perform(seed: int, people: Cast, screen: Screen, player: Player) -> Outcome:
    """Play the story of a seed and return what it leaves."""
    lots, clock = Lots(seed), DrivenClock(BEGINS)
    community = invited(people, clock)
    platform = ConsolePlatform(community)
    async with installed(clock, platform) as bot:
        theatre = Theatre(community, platform, clock, bot, Cues(people, lots), screen, player)
        theatre.agenda.add(story(people, lots))
        await theatre.play()
    record = transcript(community.entries, theatre.kinds)
    return Outcome(_published(community) | {RECORD: record.encode()})


def cast_of(seed: int) -> Cast:
    """Return who plays which part."""
    return cast(Lots(seed))


def _published(community: Community) -> dict[str, bytes]:
    """Return the publication as the bot last uploaded it into the room."""
    found: dict[str, bytes] = {}
    for entry in community.here(ROOM):
        for block in entry.document.blocks if entry.document else ():
            if isinstance(block, File) and block.media_type.split(";")[0] in NAMES:
                found[NAMES[block.media_type.split(";")[0]]] = block.content
    return found
