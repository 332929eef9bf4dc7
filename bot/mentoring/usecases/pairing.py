"""A round of pairs: looked at without consequence, then proposed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.circles.model import CircleState
from bot.conversation.model import Caller, Clock, Document, DomainError
from bot.conversation.platform import Platform
from bot.delivery.model import Outgoing
from bot.delivery.usecases import Post
from bot.mentoring import words
from bot.mentoring.matching import Left, Matching, Proposed, Why, match
from bot.mentoring.model import History, Pair, Profile, Side, Way
from bot.mentoring.rows import ALONE, Pairs, Profiles
from bot.mentoring.usecases.scene import Background, KnowAccounts, Scene, one_account_each, scene_of
from bot.store.work import Begin, UnitOfWork


@dataclass(frozen=True, slots=True)
class Round:
    """What a round is computed from."""

    mentors: tuple[Profile, ...]
    mentees: tuple[Profile, ...]
    away: tuple[Left, ...]
    history: History
    monday: date

    def solved(self) -> Matching:
        """Return the best pairs; a pure computation."""
        found = match(self.mentors, self.mentees, self.history, monday=self.monday)
        return replace(found, waiting=found.waiting + self.away)


@dataclass(frozen=True)
class PreviewPairs:
    """Shows a facilitator the pairs that would be proposed; it can neither send nor write."""

    look: Begin
    clock: Clock
    background: Background
    prefix: str = "!"
    accounts: KnowAccounts = one_account_each

    async def __call__(self, caller: Caller) -> Document:
        """Return the pairs, their reasons, and who is in none."""
        async with self.look() as work:
            scene = await scene_of(caller.circle, work)
            round_ = await _round(scene, self.clock.now(), self.accounts, work)
        return words.preview(await self.background(round_.solved), scene.members, self.prefix)


@dataclass(frozen=True)
class SendPairs:
    """Computes the round of this moment and asks both people of every pair, privately."""

    begin: Begin
    clock: Clock
    post: Post
    background: Background
    platforms: Mapping[str, Platform]
    prefix: str = "!"
    accounts: KnowAccounts = one_account_each

    async def __call__(self, caller: Caller) -> Document:
        """Write the pairs as proposed, and what each of the people is asked or told."""
        async with self.begin() as work:
            scene = await scene_of(caller.circle, work)
            if scene.circle.state is CircleState.PAUSED:
                raise DomainError(f"{scene.circle.name} is paused. Resume it first.")
            round_ = await _round(scene, self.clock.now(), self.accounts, work)
            matching = await self.background(round_.solved)
            posts = [post for p in matching.pairs for post in await self._ask(p, scene, work)]
            await self.post([*posts, *_told(matching.waiting, scene)], work)
            await work.commit()
        return words.sent(matching, scene.members, self.prefix)

    async def _ask(self, proposed: Proposed, scene: Scene, work: UnitOfWork) -> list[Outgoing]:
        mentor, mentee = proposed.mentor, proposed.mentee
        circle, now = scene.circle.id, self.clock.now()
        pair = await Pairs(work).add(circle, mentor, mentee, proposed.fit, now)
        way = scene.way(scene.members[mentor], scene.members[mentee], self.platforms)
        return [proposal(pair, member, scene, self.prefix, way) for member in (mentor, mentee)]


def proposal(pair: Pair, member: int, scene: Scene, prefix: str, way: Way) -> Outgoing:
    """Return the post that asks one of the two."""
    me, partner = scene.members[member], scene.members[pair.partner_of(member)]
    asked = words.proposal(pair, partner, scene.circle.name, prefix, way)
    return scene.privately(me, "proposal", pair.id, asked)


async def _round(scene: Scene, now: datetime, accounts: KnowAccounts, work: UnitOfWork) -> Round:
    """Return who is to be matched: there, not away, mentors with free places, no mentor yet."""
    pairs = await Pairs(work).live(scene.circle.id)
    profiles = await Profiles(work).in_circle(scene.circle.id, scene.present)
    today = scene.circle.today(now)
    away = {m.id for m in scene.present.values() if m.away_on(today)}
    served = {pair.mentee for pair in pairs}
    seeking = [p for p in profiles if p.side is Side.SEEK and p.member not in served]
    offers = [p for p in profiles if p.side is Side.OFFER and p.member not in away]
    return Round(
        tuple(_with_places_left(offers, pairs)),
        tuple(p for p in seeking if p.member not in away),
        tuple(Left(p, Why.AWAY) for p in seeking if p.member in away),
        await Pairs(work).history(scene.present.values(), await accounts(work)),
        today - timedelta(days=today.weekday()),
    )


def _with_places_left(offers: Iterable[Profile], pairs: Sequence[Pair]) -> list[Profile]:
    """Return the mentors with `capacity` less by the pairs they are in, proposals included."""
    used = [pair.mentor for pair in pairs]
    return [replace(p, capacity=max(0, p.capacity - used.count(p.member))) for p in offers]


def _told(waiting: Iterable[Left], scene: Scene) -> list[Outgoing]:
    """Return what those hear who have nobody yet: once a circle, and not while they are away."""
    return [
        scene.privately(
            scene.members[left.profile.member],
            ALONE,
            left.profile.member,
            words.no_match(left, scene.circle.name),
        )
        for left in waiting
        if left.why is not Why.AWAY
    ]
