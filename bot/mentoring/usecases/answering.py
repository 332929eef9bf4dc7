"""Yes and no to a proposal, and the introduction when both said yes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.circles.model import Member
from bot.conversation.model import (
    Caller,
    Clock,
    Document,
    DomainError,
    People,
)
from bot.conversation.platform import Platform
from bot.delivery.model import Outgoing, Schedule, State
from bot.delivery.rows import Outbox, Schedules
from bot.delivery.usecases import Post
from bot.mentoring import words
from bot.mentoring.model import CHECKIN_WINDOW, LIVE, OPEN, Pair, PairState, Way, checkin_wall
from bot.mentoring.rows import CHECKIN, Pairs
from bot.mentoring.usecases.scene import Scene, asking, scene_of
from bot.store.work import Begin, UnitOfWork


@dataclass(frozen=True)
class AcceptPair:
    """Takes a yes; the second one introduces the two and plans their check-in."""

    begin: Begin
    clock: Clock
    post: Post
    platforms: Mapping[str, Platform]
    prefix: str = "!"

    async def __call__(self, caller: Caller, number: int | None = None) -> Document:
        """Note the yes to proposal `number`, which may be left out when there is only one."""
        async with self.begin() as work:
            scene = await scene_of(caller.circle, work)
            me = asking(caller, scene)
            mine = await Pairs(work).of(me.id)
            pair = chosen([p for p in mine if p.awaits(me.id)], mine, number, scene, me)
            if not pair.awaits(me.id):
                return self._already(pair, me, scene)
            accepted = pair.accepted_by(me.id)
            await Pairs(work).put(accepted, self.clock.now())
            if accepted.state is PairState.INTRODUCED:
                await self._introduce(accepted, scene, work)
            await work.commit()
        both = accepted.state is PairState.INTRODUCED
        partner = scene.other(pair, me)
        return words.both_said_yes(partner) if both else words.half_way(partner)

    def _already(self, pair: Pair, me: Member, scene: Scene) -> Document:
        """Return the introduction again, for who was introduced privately.

        Raises:
            DomainError: the answer was given already, or is no longer asked for.
        """
        way = scene.way(me, scene.other(pair, me), self.platforms)
        if pair.state is PairState.INTRODUCED and way is not Way.ROOM:
            return _met(pair, me, scene, self.prefix, self.platforms)
        raise DomainError(_already(pair))

    async def _introduce(self, pair: Pair, scene: Scene, work: UnitOfWork) -> None:
        now = self.clock.now()
        await self.post(introduction(pair, scene, now, self.prefix, self.platforms), work)
        wall = checkin_wall(scene.circle.today(now))
        when = Schedule(
            circle=pair.circle,
            kind=CHECKIN,
            subject=str(pair.id),
            wall=wall,
            zone=scene.circle.zone,
            window=CHECKIN_WINDOW,
        )
        await Schedules(work).put([when])


@dataclass(frozen=True)
class DeclinePair:
    """Takes a no: to a proposal, or, with its number, to a match that has begun."""

    begin: Begin
    clock: Clock
    post: Post
    prefix: str = "!"

    async def __call__(self, caller: Caller, number: int | None = None) -> Document:
        """Note the no, and tell the other one kindly, unless they never heard of it."""
        async with self.begin() as work:
            scene = await scene_of(caller.circle, work)
            me = asking(caller, scene)
            mine = await Pairs(work).of(me.id)
            waiting = [p for p in mine if p.awaits(me.id)] or [p for p in mine if p.state in OPEN]
            pair = chosen(waiting, mine, number, scene, me)
            if pair.state not in LIVE:
                raise DomainError(_already(pair))
            began = pair.state is PairState.INTRODUCED
            partner = scene.other(pair, me)
            told = words.over(me) if began else words.not_this_match(me)
            await end(pair, pair.refused(), self.clock.now(), work)
            if await heard_of(pair, partner, scene, work):
                await self.post([scene.privately(partner, "over", pair.id, told)], work)
            await work.commit()
        return words.said_no(pair, partner)


def chosen(
    likely: Sequence[Pair], mine: Sequence[Pair], number: int | None, scene: Scene, me: Member
) -> Pair:
    """Return the pair that is meant: by its number, else the only likely one.

    Raises:
        DomainError: there is none, or several.
    """
    if number is not None:
        for pair in mine:
            if pair.id == number and pair.circle == scene.circle.id:
                return pair
        raise DomainError(f"I know of no proposal {number} for you in {scene.circle.name}.")
    if not likely:
        raise DomainError(
            "No proposal waits for your answer. To end a match that has begun, "
            "add its number; it stands in my introduction."
        )
    if len(likely) > 1:
        names = words.listed(f"{p.id} (with {scene.other(p, me).name})" for p in likely)
        raise DomainError(f"Which one do you mean? Add its number: {names}.")
    return likely[0]


def _already(pair: Pair) -> str:
    if pair.state in OPEN:
        return "You have said yes to that already. I wait for the other answer."
    if pair.state is PairState.INTRODUCED:
        return "You two are introduced already."
    return "That proposal is over. With the next round there may be another one."


async def end(pair: Pair, after: Pair, now: datetime, work: UnitOfWork) -> None:
    """Write a pair that goes no further: what is unsent is taken back, no check-in follows.

    Words that are still being carried between the two do not arrive either.
    """
    await Pairs(work).put(after, now)
    await Pairs(work).take_back(pair)
    await Pairs(work).drop_relayed(pair)
    await Schedules(work).stop(pair.circle, CHECKIN, str(pair.id))


async def heard_of(pair: Pair, member: Member, scene: Scene, work: UnitOfWork) -> bool:
    """Return whether a member said yes, or the proposal to them left, or may have, the outbox."""
    if not pair.awaits(member.id):
        return True
    key = scene.key("proposal", pair.id, str(People.of(member.person)))
    posted = await Outbox(work).of_key(str(key))
    return posted is None or posted.state is not State.WITHDRAWN


# --- the introduction -------------------------------------------------------------------------


def introduction(
    pair: Pair, scene: Scene, now: datetime, prefix: str, platforms: Mapping[str, Platform]
) -> list[Outgoing]:
    """Return the introduction: in a room of the two where there can be one, else to each alone."""
    mentor, mentee = scene.members[pair.mentor], scene.members[pair.mentee]
    if scene.way(mentor, mentee, platforms) is Way.ROOM:
        return [_in_their_room(pair, mentor, mentee, scene, now, prefix)]
    when = day_for_both(scene, mentor, mentee, now)
    return [
        scene.privately(
            me,
            "introduction",
            pair.id,
            _met(pair, me, scene, prefix, platforms),
            not_before=when,
        )
        for me in (mentor, mentee)
    ]


def _met(
    pair: Pair, me: Member, scene: Scene, prefix: str, platforms: Mapping[str, Platform]
) -> Document:
    """Return what one of the two is told of the other."""
    partner = scene.other(pair, me)
    platform = platforms.get(partner.person.platform)
    link = "" if platform is None else platform.link(partner.person)
    way = scene.way(me, partner, platforms)
    return words.meet(pair, partner, scene.circle.name, prefix, way, link)


def _in_their_room(
    pair: Pair, mentor: Member, mentee: Member, scene: Scene, now: datetime, prefix: str
) -> Outgoing:
    people = People.of(mentor.person, mentee.person)
    name, room = scene.circle.name, scene.room_of(mentor)
    fallback = None if room is None else (room, words.no_room(pair, mentor, mentee, name, prefix))
    return Outgoing(
        key=scene.key("introduction", pair.id, str(people)),
        to=people,
        document=words.kick_off(pair, mentor, mentee, name, prefix, alone=True),
        circle=pair.circle,
        quiet=scene.quiet(mentee),
        not_before=day_for_both(scene, mentor, mentee, now),
        instead=fallback,
    )


def day_for_both(scene: Scene, one: Member, other: Member, now: datetime) -> datetime:
    """Return the first moment from `now` that is in nobody's quiet hours.

    Where the two days never meet, it is day for `other` only.
    """
    moment = now
    for _ in range(4):
        later = scene.quiet(other).over_at(scene.quiet(one).over_at(moment))
        if later == moment:
            break
        moment = later
    return moment
