"""Prompts and reminders: laid on their moments, put into words when they are due."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from bot.circles.methods import Answer, Audience, Mentions, Method, Prompt
from bot.circles.model import (
    WEEK,
    Circle,
    CircleState,
    Member,
    Placed,
    ThreadUse,
    taking_part,
)
from bot.circles.rows import Circles, Members
from bot.circles.telling import privately, to_facilitators, to_rooms
from bot.circles.usecases.ports import Methods
from bot.conversation.model import Clock, Document, MessageRef, People, Target
from bot.conversation.platform import Platform
from bot.conversation.zones import day_ahead
from bot.delivery.model import AWAY, CATCH_UP, Outgoing, Posted, Schedule, State, due_at
from bot.delivery.rows import Outbox, Schedules
from bot.prompting import words
from bot.prompting.model import Asked
from bot.prompting.rows import Answers
from bot.store.work import UnitOfWork

PROMPT, REMINDER = "prompt", "reminder"
WEEKS = "week"
"""The prompt in the key of a post that opens a week's thread; its phase is none."""
REMINDS = "-reminder"
"""What a reminder's identity adds to the prompt's key."""


def planned(circle: Circle, method: Method) -> Iterator[tuple[Asked, Prompt, datetime]]:
    """Yield every occurrence of a circle's prompts with its local moment, phase by phase."""
    for placed in circle.calendar.phases:
        length = circle.calendar.days_in(placed)
        for prompt in method.prompts_in(placed.key):
            for number, offset in enumerate(prompt.days_in(length)):
                day = circle.calendar.day_of(placed, offset)
                if day is not None:
                    yield (
                        Asked(placed.key, prompt.key, number),
                        prompt,
                        datetime.combine(day, prompt.at),
                    )


@dataclass(frozen=True)
class PlanPrompts:
    """Brings a circle's schedules in line with its calendar."""

    clock: Clock
    methods: Methods
    window: timedelta = CATCH_UP

    async def __call__(self, circle: Circle, work: UnitOfWork, *, since: datetime) -> None:
        """Write what is due from `since` on; what was posted stays posted, once."""
        method = self.methods.of(circle.method, circle.language)
        schedules: list[Schedule] = []
        for asked, prompt, wall in planned(circle, method):
            schedules.append(self._schedule(circle, PROMPT, asked, wall))
            if prompt.remind_after_days is not None:
                later = wall + timedelta(days=prompt.remind_after_days)
                schedules.append(self._schedule(circle, REMINDER, asked, later))
        for kind in (PROMPT, REMINDER):
            await Schedules(work).drop(circle.id, kind)
        await Schedules(work).put(each for each in schedules if each.due_at >= since)

    async def since(self, circle: Circle, work: UnitOfWork) -> datetime:
        """Return the first moment that was not dealt with, or now when that is later."""
        now = self.clock.now()
        return min(now, await Schedules(work).earliest(circle.id, (PROMPT, REMINDER)) or now)

    def _schedule(self, circle: Circle, kind: str, asked: Asked, wall: datetime) -> Schedule:
        return Schedule(
            circle=circle.id,
            kind=kind,
            subject=str(asked),
            wall=wall,
            zone=circle.zone,
            window=self.window,
        )


@dataclass(frozen=True)
class ComposePrompt:
    """Says a prompt: in every room of the circle, or to its facilitators alone.

    `unread` are the platforms that keep the words of rooms from the bot.
    """

    methods: Methods
    prefix: str
    unread: frozenset[str] = frozenset()

    async def __call__(self, due: Schedule, work: UnitOfWork) -> Sequence[Outgoing]:
        """Return the posts; none when the circle is not open."""
        circle = await Circles(work).get(due.circle)
        if circle.state is not CircleState.OPEN:
            return []
        asked = Asked.read(due.subject)
        found = prompt_of(circle, self.methods, asked)
        if found is None:
            return []
        button = Document((words.answer_button(circle, asked),))
        said = {
            reads: await self._document(circle, found, due.due_at, work, reads=reads)
            + (button if found[0].answer is not Answer.NONE else Document())
            for reads in (True, False)
        }
        posts = await self._posts(circle, asked, found[0], said[True], work)
        posts = [
            replace(post, document=said[self._reads(post.to)], expires_at=due.due_at + due.window)
            for post in posts
        ]
        if circle.threads is not ThreadUse.WEEK or found[0].audience is Audience.FACILITATOR:
            return posts
        return self._in_the_week(circle, found[1], due.due_at, posts)

    def _reads(self, to: Target) -> bool:
        """Return whether the words of a place are shown to the bot; what is said to it alone is."""
        return isinstance(to, People) or to.platform not in self.unread

    async def _document(
        self,
        circle: Circle,
        found: tuple[Prompt, Placed],
        moment: datetime,
        work: UnitOfWork,
        *,
        reads: bool,
    ) -> Document:
        prompt, placed = found
        present = await Members(work).present(circle.id)
        today = circle.today(moment)
        here = [m for m in taking_part(present) if not m.away_on(today)]
        return words.prompt(
            circle,
            self.methods.of(circle.method, circle.language),
            prompt,
            placed,
            moment=moment,
            facilitators=await Members(work).facilitating(circle.id),
            mentioned=here if prompt.mentions is Mentions.MEMBERS else (),
            prefix=self.prefix,
            reads=reads,
        )

    async def _posts(
        self,
        circle: Circle,
        asked: Asked,
        prompt: Prompt,
        document: Document,
        work: UnitOfWork,
    ) -> list[Outgoing]:
        about = (asked.phase, asked.prompt, asked.occurrence)
        if prompt.audience is Audience.FACILITATOR:
            people = await Members(work).facilitating(circle.id)
            return to_facilitators(people, circle, document, about=about)
        rooms = await Circles(work).rooms(circle.id, gone=True)
        here = await Circles(work).rooms(circle.id)
        return [
            replace(post, not_before=None if post.to in here else AWAY)
            for post in to_rooms(rooms, circle, document, about=about)
        ]

    def _in_the_week(
        self, circle: Circle, placed: Placed, moment: datetime, posts: Sequence[Outgoing]
    ) -> list[Outgoing]:
        """Return posts to rooms in the thread of their week, which the first of them opens."""
        method = self.methods.of(circle.method, circle.language)
        number = words.week_of(circle, method, moment)
        ends_on = words.opening_of(circle, method).span.starts_on + number * WEEK
        until = due_at(datetime.combine(ends_on, time()), circle.zone)
        found: list[Outgoing] = []
        for post in posts:
            key = replace(post.key, phase="-", prompt=WEEKS, occurrence=number)
            opening = words.week(placed, number)
            found.append(replace(post, key=key, document=opening, expires_at=until))
            found.append(replace(post, thread_of=str(key)))
        return found


def prompt_of(circle: Circle, methods: Methods, asked: Asked) -> tuple[Prompt, Placed] | None:
    """Return a prompt and the phase it is in, None when the method has it no more."""
    method = methods.of(circle.method, circle.language)
    prompt = next(
        (p for p in method.prompts if (p.phase, p.key) == (asked.phase, asked.prompt)), None
    )
    placed = next((p for p in circle.calendar.phases if p.key == asked.phase), None)
    return None if prompt is None or placed is None else (prompt, placed)


@dataclass(frozen=True)
class ComposeReminder:
    """Reminds those who have not answered a question, privately and once."""

    methods: Methods
    platforms: Mapping[str, Platform]
    prefix: str

    async def __call__(self, due: Schedule, work: UnitOfWork) -> Sequence[Outgoing]:
        """Return a post to everyone who was there to be asked and has not answered."""
        circle = await Circles(work).get(due.circle)
        asked = Asked.read(due.subject)
        found = prompt_of(circle, self.methods, asked)
        sent = await self._sent(circle, asked, work)
        if circle.state is not CircleState.OPEN or found is None or not sent:
            return []
        if found[0].answer is Answer.NONE:
            return []
        rooms = await Circles(work).rooms(circle.id)
        about = (asked.phase, f"{asked.prompt}{REMINDS}", asked.occurrence)
        back = day_ahead(due.due_at, circle.zone)
        return [
            replace(
                privately(
                    m,
                    circle,
                    self._words(circle, asked, found[0], sent, m, back),
                    about=about,
                    rooms=rooms,
                ),
                expires_at=due.due_at + due.window,
            )
            for m in await self._silent(circle, asked, sent, due, work)
        ]

    async def _sent(self, circle: Circle, asked: Asked, work: UnitOfWork) -> list[Posted]:
        posts = await Outbox(work).of_prompt(circle.id, asked.prompt, asked.occurrence)
        return [p for p in posts if p.state is State.SENT and p.phase == asked.phase]

    async def _silent(
        self, circle: Circle, asked: Asked, sent: Sequence[Posted], due: Schedule, work: UnitOfWork
    ) -> list[Member]:
        answered = {a.member for a in await Answers(work).of(circle.id, asked)}
        asked_at = min(post.sent_at for post in sent if post.sent_at)
        today = circle.today(due.due_at)
        return [
            m
            for m in taking_part(await Members(work).present(circle.id))
            if m.id not in answered and m.joined_at <= asked_at and not m.away_on(today)
        ]

    def _words(
        self,
        circle: Circle,
        asked: Asked,
        prompt: Prompt,
        sent: Sequence[Posted],
        member: Member,
        back: date,
    ) -> Document:
        link = None
        for post in sent:
            where = post.where
            if where is not None and where.platform == member.person.platform and post.message:
                link = self.platforms[where.platform].link(MessageRef(where, post.message))
                break
        return words.reminder(circle, asked, prompt.title, link, self.prefix, back)


@dataclass(frozen=True)
class TellMissed:
    """Tells facilitators of a schedule that was not posted."""

    methods: Methods
    prefix: str

    async def __call__(self, due: Schedule, why: str, work: UnitOfWork) -> Sequence[Outgoing]:
        """Return what they are told; a reminder or a check-in that was missed needs no word."""
        if due.kind != PROMPT:
            return []
        circle = await Circles(work).get(due.circle)
        if circle.state is not CircleState.OPEN:
            return []
        asked = Asked.read(due.subject)
        found = prompt_of(circle, self.methods, asked)
        title = found[0].title if found else asked.prompt
        said = words.missed(circle, title, asked.prompt, why, self.prefix)
        people = await Members(work).facilitating(circle.id)
        about = (asked.phase, f"{asked.prompt}-missed", asked.occurrence)
        return to_facilitators(people, circle, said, about=about)
