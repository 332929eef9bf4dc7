"""Prompts as facilitators look after them: listed, previewed, skipped, sent now."""

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.circles.methods import Answer, Prompt
from bot.circles.model import Circle, CircleState, LeftOut, Step, StepKind
from bot.circles.rows import Members, Steps
from bot.circles.usecases.life import circle_of
from bot.circles.usecases.ports import Methods
from bot.conversation.model import Caller, Clock, Document, DomainError, say
from bot.delivery.model import AWAY, Schedule, State
from bot.delivery.rows import Outbox, Schedules
from bot.delivery.usecases import Post
from bot.prompting import words
from bot.prompting.model import Asked
from bot.prompting.usecases.asking import (
    PROMPT,
    REMINDER,
    ComposePrompt,
    planned,
    prompt_of,
)
from bot.store.work import Begin, UnitOfWork


@dataclass(frozen=True)
class LookAtPrompts:
    """Lists and previews prompts. It has no platform and no outbox: it can send nothing.

    `unread` are the platforms that keep the words of rooms from the bot.
    """

    look: Begin
    clock: Clock
    methods: Methods
    prefix: str
    unread: frozenset[str] = frozenset()

    async def to_come(self, caller: Caller) -> Document:
        """Return the prompts to come, with their moments."""
        async with self.look() as work:
            circle = await circle_of(caller, work)
            coming = await self._coming(circle, work)
        return words.listed(coming, circle.zone)

    async def coming(self, circle: Circle, work: UnitOfWork) -> list[tuple[str, datetime]]:
        """Return titles and moments of what is to come."""
        return [(title, moment) for _, title, moment in await self._coming(circle, work)]

    async def _coming(self, circle: Circle, work: UnitOfWork) -> list[tuple[str, str, datetime]]:
        found = []
        for schedule in await Schedules(work).coming(circle.id, PROMPT):
            asked = Asked.read(schedule.subject)
            prompt = prompt_of(circle, self.methods, asked)
            title = prompt[0].title if prompt else asked.prompt
            found.append((asked.prompt, title, schedule.due_at))
        return found

    async def preview(self, key: str, caller: Caller) -> Document:
        """Return a prompt as it would be posted, for the caller alone.

        Raises:
            DomainError: the circle has no such prompt.
        """
        async with self.look() as work:
            circle = await circle_of(caller, work)
            asked, _ = find_prompt(circle, self.methods, key, self.clock.now())
            found = prompt_of(circle, self.methods, asked)
            facilitators = await Members(work).facilitating(circle.id)
        if found is None:
            raise DomainError(f"There is no prompt {key}.")
        method = self.methods.of(circle.method, circle.language)
        said = words.prompt(
            circle,
            method,
            found[0],
            found[1],
            moment=self.clock.now(),
            facilitators=facilitators,
            mentioned=(),
            prefix=self.prefix,
            reads=caller.person.platform not in self.unread,
        )
        return say("This is how it would read; only you see it.") + replace(said, rings=False)


def find_prompt(
    circle: Circle, methods: Methods, key: str, now: datetime
) -> tuple[Asked, datetime]:
    """Return the next occurrence of a prompt, or its last one, and its local moment.

    Raises:
        DomainError: the circle has no such prompt.
    """
    method = methods.of(circle.method, circle.language)
    local = now.astimezone(ZoneInfo(circle.zone)).replace(tzinfo=None)
    mine = [(asked, wall) for asked, prompt, wall in planned(circle, method) if prompt.key == key]
    if not mine:
        known = ", ".join(dict.fromkeys(p.key for p in method.prompts))
        raise DomainError(f"There is no prompt {key}. The prompts are: {known}.")
    ahead = [each for each in mine if each[1] >= local]
    return ahead[0] if ahead else mine[-1]


@dataclass(frozen=True)
class SendPrompt:
    """Posts a prompt now instead of at its moment, or leaves it out."""

    begin: Begin
    clock: Clock
    methods: Methods
    compose: ComposePrompt
    post: Post

    async def now(self, key: str, caller: Caller) -> Document:
        """Post the prompt; one that was posted already is not posted again.

        Raises:
            DomainError: the circle is not open, or the prompt was posted.
        """
        async with self.begin() as work:
            circle = await circle_of(caller, work)
            asked, _ = await self._asked(circle, key, work)
            if circle.state is not CircleState.OPEN:
                raise DomainError(f"The circle {circle.name} is not open.")
            sent = await Outbox(work).of_prompt(circle.id, asked.prompt, asked.occurrence)
            there = {p.key for p in sent if p.state in (State.WAITING, State.SENT)}
            posts = await self.compose(self._now(circle, asked), work)
            missing = [
                post
                for post in posts
                if post.key.prompt == asked.prompt and str(post.key) not in there
            ]
            if not missing:
                raise DomainError("That prompt is posted, or on its way, already.")
            if all(post.not_before == AWAY for post in missing):
                raise DomainError(
                    f"I am not in a room of {circle.name} that it could go to: invite me there "
                    "again first."
                )
            await self.post.again([each for each in posts if str(each.key) not in there], work)
            await Schedules(work).fire(circle.id, PROMPT, str(asked), self.clock.now())
            await work.commit()
        return say("It is on its way.")

    async def skip(self, key: str, caller: Caller) -> Document:
        """Leave the next occurrence of a prompt out, and its reminder with it.

        Raises:
            DomainError: it is not waiting.
        """
        async with self.begin() as work:
            circle = await circle_of(caller, work)
            asked, prompt = await self._asked(circle, key, work)
            now, kinds = self.clock.now(), (PROMPT, REMINDER)
            waited = [
                (kind, str(asked))
                for kind in kinds
                if await Schedules(work).fire(circle.id, kind, str(asked), now)
            ]
            if (PROMPT, str(asked)) not in waited:
                raise DomainError(
                    f"“{prompt.title}” is not waiting: the circle is not open yet, or it came."
                )
            step = Step(
                circle=circle.id,
                at=now,
                by=caller.person,
                kind=StepKind.LEFT_OUT,
                before=LeftOut(prompt.title, tuple(waited)),
            )
            await Steps(work).add(step)
            await work.commit()
        return say(f"“{prompt.title}” is left out.")

    async def _asked(self, circle: Circle, key: str, work: UnitOfWork) -> tuple[Asked, Prompt]:
        """Return the occurrence that waits next; without one, the last."""
        coming = await Schedules(work).coming(circle.id, PROMPT)
        waiting = [Asked.read(s.subject) for s in coming]
        asked = next((a for a in waiting if a.prompt == key), None)
        if asked is None:
            asked, _ = find_prompt(circle, self.methods, key, self.clock.now())
        found = prompt_of(circle, self.methods, asked)
        if found is None:
            raise DomainError(f"There is no prompt {key}.")
        return asked, found[0]

    def _now(self, circle: Circle, asked: Asked) -> Schedule:
        local = self.clock.now().astimezone(ZoneInfo(circle.zone)).replace(tzinfo=None)
        return Schedule(
            circle=circle.id, kind=PROMPT, subject=str(asked), wall=local, zone=circle.zone
        )


def question_title(circle: Circle, methods: Methods, asked: Asked) -> str:
    """Return a question's title; empty for what asks for no answer."""
    found = prompt_of(circle, methods, asked)
    return found[0].title if found and found[0].answer is not Answer.NONE else ""
