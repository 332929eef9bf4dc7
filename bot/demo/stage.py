"""The room passing by: a picture of the circle's life that is drawn over and over in a terminal."""

import time
from datetime import date, datetime
from types import TracebackType
from typing import Self
from zoneinfo import ZoneInfo

from rich.console import Console, Group, RenderableType
from rich.layout import Layout
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from adapters.console.client import BOT, Entry
from bot.circles.model import Circle
from bot.conversation.model import Kind
from bot.demo.acts import ROOM, Scene
from bot.demo.cast import Cast
from bot.demo.screen import Waits, what, where, who
from bot.demo.story import AWAY_SINCE, BACK, BEGINS, LATE, ZONE, present

WIDEST, HIGHEST, SIDE = 110, 32, 34
FRAME = 0.2
"""Seconds between two pictures."""
KEPT = 24
COLOURS = ("green", "yellow", "blue", "magenta", "cyan", "bright_red", "bright_green", "white")


class LiveScreen:
    """Draws the conversation, the people with their own time, and how far the circle is."""

    def __init__(self, cast: Cast, console: Console, wait: Waits | None = None) -> None:
        self._cast, self._console, self._wait = cast, console, wait
        self._lines: list[Text] = []
        self._scene = Scene("", "")
        self._now = BEGINS
        self._circle: Circle | None = None
        self._drawn = 0.0
        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the last picture."""
        self._live.stop()

    async def scene(self, scene: Scene) -> None:
        """Show a heading, and wait where who looks on wants that."""
        self._scene = scene
        self._draw(at_once=True)
        if self._wait is not None:
            self._live.stop()
            self._wait()
            self._live.start()

    def happened(self, entry: Entry, kind: Kind) -> None:
        """Show what happened; what is said privately is dim."""
        event = entry.event
        text = Text(f"{event.at.astimezone(ZoneInfo(ZONE)):%H:%M} ", "dim")
        private = event.room != ROOM
        colour = "bold" if event.author == BOT else self._colour(event.author)
        text.append(who(entry, self._cast), colour)
        text.append(f"{where(entry, self._cast)}: ", "dim")
        text.append(what(entry, kind), "dim" if private else "")
        self._lines = [*self._lines[1 - KEPT :], text]
        self._draw()

    def moved(self, now: datetime, circle: Circle | None) -> None:
        """Show what time it is."""
        self._now, self._circle = now, circle
        self._draw()

    def _colour(self, person: str) -> str:
        return COLOURS[list(self._cast.people).index(person) % len(COLOURS)]

    # --- the picture -------------------------------------------------------------------------

    def _draw(self, *, at_once: bool = False) -> None:
        now = time.monotonic()
        if at_once or now - self._drawn > FRAME:
            self._drawn = now
            self._live.update(self._picture(), refresh=True)

    def _picture(self) -> RenderableType:
        width = min(self._console.width, WIDEST)
        height = min(self._console.height - 1, HIGHEST)
        whole = Layout()
        middle = Layout()
        talk = Layout(self._talk(width - SIDE - 8, height - 11))
        middle.split_row(talk, Layout(self._people(), size=SIDE))
        head, foot = Layout(self._head(), size=3), Layout(self._foot(), size=4)
        whole.split_column(head, middle, foot)
        return Panel(
            whole, title="circlekeeper demo", width=width, height=height, border_style="dim"
        )

    def _head(self) -> RenderableType:
        there = self._now.astimezone(ZoneInfo(ZONE))
        title = Text.assemble((self._scene.title, "bold"), f"  {self._scene.about}")
        return Panel(title, title=f"{there:%A} {there.day} {there:%B %Y}, {there:%H:%M} in Berlin")

    def _talk(self, width: int, height: int) -> RenderableType:
        rows = [row for line in self._lines for row in line.wrap(self._console, max(width, 20))]
        return Panel(Text("\n").join(rows[-max(height, 1) :]), title="The reading room")

    def _people(self) -> RenderableType:
        table = Table.grid(padding=(0, 1))
        there = present(self._cast, self._now)
        for person in self._cast.people.values():
            clock = f"{self._now.astimezone(ZoneInfo(person.zone)):%H:%M}"
            note = self._note(person.id)
            style = self._colour(person.id) if person.id in there else "dim"
            table.add_row(Text(clock, "dim"), Text(person.first_name, style), Text(note, "dim"))
        return Panel(table, title="Eight people, four clocks")

    def _note(self, person: str) -> str:
        if person == self._cast.away and AWAY_SINCE <= self._now < BACK:
            return "is away"
        if person == self._cast.late and self._now < LATE:
            return "not here yet"
        if person == self._cast.closed and self._now.date() >= date(2026, 3, 2):
            return "no direct messages"
        return "facilitates" if person == self._cast.facilitator else self._cast[person].place

    def _foot(self) -> RenderableType:
        if self._circle is None:
            return Panel("The circle is not made yet.", title="Weeks")
        calendar = self._circle.calendar
        days = (calendar.closes_on - calendar.opens_on).days + 1
        gone = min(max((self._circle.today(self._now) - calendar.opens_on).days, 0), days)
        phase = self._circle.phase_at(self._now)
        names = Text("  ").join(
            Text(each.title, "bold reverse" if each == phase else "dim") for each in calendar.phases
        )
        full = (min(self._console.width, WIDEST) - 8) * gone // days
        bar = Text("━" * full, "green")
        bar.append("─" * (min(self._console.width, WIDEST) - 8 - full), "dim")
        week = max((gone - 7) // 7 + 1, 0)
        return Panel(Group(bar, names), title=f"Week {week} of 6" if week else "Getting ready")
