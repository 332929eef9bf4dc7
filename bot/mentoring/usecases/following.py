"""What comes after: the one check-in, somebody who leaves, and what is held of a member."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time

from bot.circles.model import CircleState, Member
from bot.circles.rows import Members, by_id
from bot.conversation.model import Clock, Document, PersonRef
from bot.delivery.model import Outgoing, Schedule, due_at
from bot.delivery.usecases import Post
from bot.mentoring import words
from bot.mentoring.model import LIVE, Pair, PairState
from bot.mentoring.rows import Pairs, Profiles, forget
from bot.mentoring.usecases.answering import end, heard_of
from bot.mentoring.usecases.scene import Scene, whole_scene
from bot.store.work import UnitOfWork


@dataclass(frozen=True)
class ComposeCheckin:
    """Asks both of a pair, privately and once, how it goes."""

    clock: Clock
    prefix: str = "!"

    async def __call__(self, due: Schedule, work: UnitOfWork) -> Sequence[Outgoing]:
        """Return the two posts; none when the match or the circle is over."""
        pair = await Pairs(work).get(int(due.subject))
        if pair is None or pair.state is not PairState.INTRODUCED:
            return []
        scene = await whole_scene(due.circle, work)
        there = scene.present
        if scene.circle.state is CircleState.CLOSED or not {pair.mentor, pair.mentee} <= set(there):
            return []
        helpers = [m.name for m in await Members(work).facilitating(due.circle) if m.id not in pair]
        return [self._ask(pair, there[who], scene, helpers) for who in (pair.mentor, pair.mentee)]

    def _ask(self, pair: Pair, me: Member, scene: Scene, helpers: Sequence[str]) -> Outgoing:
        name, partner = scene.circle.name, scene.other(pair, me)
        said = words.checkin(pair, partner, name, helpers, self.prefix)
        when = _when_back(me, scene, self.clock.now())
        return scene.privately(me, "checkin", pair.id, said, not_before=when)


def _when_back(member: Member, scene: Scene, now: datetime) -> datetime | None:
    """Return the morning on which somebody who is away is back; None for who is here."""
    if member.away_until is None or not member.away_on(scene.circle.today(now)):
        return None
    return due_at(datetime.combine(member.away_until, time(10)), member.zone)


@dataclass(frozen=True)
class PairsEnd:
    """Ends the pairs of somebody who is no longer in a circle."""

    clock: Clock
    post: Post

    async def __call__(self, circle: int, person: PersonRef, work: UnitOfWork) -> None:
        """End them and tell each partner kindly; a second call changes nothing more."""
        await self.post(await self.end_all(circle, person, work, named=True), work)

    async def end_all(
        self, circle: int, person: PersonRef, work: UnitOfWork, *, named: bool
    ) -> list[Outgoing]:
        """End them and return what the partners are to be told, not posted yet.

        `named` is false when the name is about to be forgotten.
        """
        member = await Members(work).of(circle, person)
        mine = [] if member is None else await Pairs(work).of(member.id)
        live = [pair for pair in mine if pair.state in LIVE]
        if member is None or not live:
            return []
        scene, posts = await whole_scene(circle, work), []
        said = words.left_the_circle(member if named else None)
        for pair in live:
            await end(pair, pair.ended(), self.clock.now(), work)
            partner = scene.other(pair, member)
            if partner.id in scene.present and await heard_of(pair, partner, scene, work):
                posts.append(scene.privately(partner, "left", pair.id, said))
        return posts


@dataclass(frozen=True)
class MentoringData:
    """What mentoring holds of a person: shown to them, and forgotten."""

    ends: PairsEnd

    async def shown(self, person: PersonRef, work: UnitOfWork) -> Document:
        """Return all of it, in every circle; an empty document when there is nothing."""
        profiles, pairs = [], []
        for member in [row.value() for row in await Members(work).everywhere(person)]:
            profiles += await Profiles(work).in_circle(member.circle, {member.id: member})
            names = by_id(await Members(work).in_circle(member.circle))
            pairs += [
                (pair, member.id, names[pair.partner_of(member.id)].name)
                for pair in await Pairs(work).of(member.id)
            ]
        return words.held(profiles, pairs)

    async def in_full(self, person: PersonRef, work: UnitOfWork) -> Mapping[str, Sequence[object]]:
        """Return every profile and every pair."""
        mine = [row.value() for row in await Members(work).everywhere(person)]
        return {
            "mentoring profiles": [
                p for m in mine for p in await Profiles(work).in_circle(m.circle, {m.id: m})
            ],
            "mentoring pairs": [pair for m in mine for pair in await Pairs(work).of(m.id)],
        }

    async def forget(self, person: PersonRef, work: UnitOfWork) -> None:
        """Remove all of it, before the person's memberships go, and tell the partners kindly."""
        mine = [row.value() for row in await Members(work).everywhere(person)]
        told = [
            post
            for member in mine
            for post in await self.ends.end_all(member.circle, person, work, named=False)
        ]
        await forget([member.id for member in mine], work)
        await self.ends.post(told, work)
