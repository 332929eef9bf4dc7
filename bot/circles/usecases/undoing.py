"""Undo the last step that a facilitator took, within a day."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bot.circles import words
from bot.circles.model import (
    UNDO_WITHIN,
    Circle,
    CircleState,
    Course,
    LeftOut,
    Member,
    MemberState,
    RolesChange,
    Step,
    StepKind,
    Told,
)
from bot.circles.rows import Circles, Members, Steps
from bot.circles.telling import to_rooms
from bot.circles.usecases.life import circle_of
from bot.circles.usecases.ports import Methods, Plan
from bot.conversation.model import Caller, Clock, DeliveryKey, Document, DomainError
from bot.delivery.model import Outgoing, Redaction
from bot.delivery.rows import Outbox, Schedules
from bot.delivery.usecases import ANSWER, Post
from bot.store.work import Begin, UnitOfWork


@dataclass(frozen=True)
class UndoStep:
    """Says what undoing the last step would do, and does it."""

    begin: Begin
    clock: Clock
    methods: Methods
    post: Post
    plan: Plan
    prefix: str

    async def __call__(self, caller: Caller, *, sure: bool, redact: bool) -> Document:
        """Return what is undone; without the caller's yes, what would be.

        With `redact`, the posts that announced the step are removed as well.

        Raises:
            DomainError: there is nothing that can be undone.
        """
        async with self.begin() as work:
            circle = await circle_of(caller, work)
            step, member = await self._last(circle, work)
            who = await _name_of(step, work)
            about = words.Undoing(circle, step, who, member, self.clock.now())
            stays = await self._stays(circle, step, work)
            if not sure:
                return words.would_undo(about, stays, self.prefix)
            circle = await self._put_back(circle, step, member, work)
            shown = await self._announce(circle, step, work, redact=redact)
            await Steps(work).undo(step.id, self.clock.now())
            await work.commit()
        return words.undone(about, stays, shown=len(shown), redacted=redact)

    async def _last(self, circle: Circle, work: UnitOfWork) -> tuple[Step, Member | None]:
        """Return the step to undo, and the member whom it concerned."""
        step = await Steps(work).last(circle.id)
        if step is None:
            raise DomainError(f"Nothing was done with {circle.name} that I could undo.")
        who, ago = await _name_of(step, work), words.ago(self.clock.now() - step.at)
        if self.clock.now() - step.at > UNDO_WITHIN:
            raise DomainError(
                f"The last step with {circle.name} was {ago}. I can undo a step within a day; "
                "please change back by hand what should be otherwise."
            )
        if step.before is None:
            raise DomainError(
                f"{who} opened {circle.name}, {ago}, and that cannot be undone. "
                f"{self.prefix}circle pause {circle.name} lets its prompts rest."
            )
        member = None if step.about is None else await Members(work).get(step.about)
        _check_roles(step, member, self.prefix)
        await _check_rooms(circle, step, work)
        return step, member

    async def _stays(self, circle: Circle, step: Step, work: UnitOfWork) -> Sequence[str]:
        """Return the titles of prompts that went since the step, or are on their way."""
        if not isinstance(step.before, Course):
            return ()
        method = self.methods.of(circle.method, circle.language)
        titles = {(prompt.phase, prompt.key): prompt.title for prompt in method.prompts}
        written = await Outbox(work).written_since(circle.id, step.at)
        found = (titles.get((post.phase, post.prompt)) for post in written)
        return list(dict.fromkeys(title for title in found if title is not None))

    async def _put_back(
        self, circle: Circle, step: Step, member: Member | None, work: UnitOfWork
    ) -> Circle:
        """Make what the step changed as it was; return the circle as it is then."""
        before = step.before
        if isinstance(before, Course):
            return await self._go_back(circle, step.kind, before, work)
        if isinstance(before, LeftOut):
            for kind, subject in before.schedules:
                awake = circle.state is CircleState.OPEN
                await Schedules(work).unfire(circle.id, kind, subject, active=awake)
        if isinstance(before, RolesChange) and member is not None:
            await Members(work).put(replace(member, roles=frozenset(before.before)))
            if not await Members(work).facilitating(circle.id):
                raise DomainError("A circle needs a facilitator. Appoint another one first.")
        return circle

    async def _go_back(
        self, circle: Circle, kind: StepKind, before: Course, work: UnitOfWork
    ) -> Circle:
        row = await Circles(work).row(circle.id)
        row.state, row.calendar, row.closed_at = before.state.value, before.calendar, None
        await work.session.flush()
        back = row.value()
        if back.state is CircleState.OPEN:
            await self.plan(back, work, since=before.since)
        if back.state is CircleState.OPEN and circle.state is not CircleState.OPEN:
            await Schedules(work).wake(circle.id)
            await Outbox(work).put_back(circle.id, self.clock.now())
        if kind is StepKind.RESUMED:
            await Schedules(work).stop(circle.id)
            await Outbox(work).withdraw(circle.id)
        return back

    async def _announce(
        self, circle: Circle, step: Step, work: UnitOfWork, *, redact: bool
    ) -> Sequence[Told]:
        """Take back what was not posted yet; where a room knows of the step, tell it.

        Return the announcements that a room shows, or may show.
        """
        shown = [
            told
            for told in step.told
            if told.key.phase == ANSWER or not await Outbox(work).take_back(told.key)
        ]
        if shown:
            about = ("-", f"{step.kind.value}-undone", int(self.clock.now().timestamp()))
            said = words.taken_back(circle, step.kind)
            rooms = [told.room for told in shown]
            await self.post(to_rooms(rooms, circle, said, about=about), work)
        if redact:
            await self.post(list(_redactions(circle, step, shown)), work)
        return shown


def _redactions(circle: Circle, step: Step, shown: Iterable[Told]) -> Iterable[Outgoing]:
    """Yield the removal of each announcement."""
    for told in shown:
        what = f"{step.kind.value}-removed"
        yield Outgoing(
            key=DeliveryKey(str(circle.id), "-", what, step.id, str(told.room)),
            to=told.room,
            document=Document(),
            circle=circle.id,
            redacts=Redaction(told.key, step.at),
        )


async def _name_of(step: Step, work: UnitOfWork) -> str:
    """Return who took a step, as the circle knows them."""
    if step.by is None:
        return "Somebody"
    member = await Members(work).of(step.circle, step.by)
    return "An organiser" if member is None else member.name


def _check_roles(step: Step, member: Member | None, prefix: str) -> None:
    change = step.before
    if not isinstance(change, RolesChange) or member is None:
        return
    if member.state is not MemberState.JOINED or tuple(sorted(member.roles)) != change.after:
        raise DomainError(
            f"The last step changed what {member.name} does, and that has changed since. "
            f"{prefix}circle roles shows who does what, and gives or takes a role."
        )


async def _check_rooms(circle: Circle, step: Step, work: UnitOfWork) -> None:
    """Check that a circle that was closed still has a room to go on in."""
    before = step.before
    goes_on = isinstance(before, Course) and before.state is not CircleState.DRAFT
    if step.kind is StepKind.CLOSED and goes_on and not await Circles(work).rooms(circle.id):
        raise DomainError(
            f"{circle.name} is closed, and its room belongs to another circle by now, so it "
            "stays closed."
        )
