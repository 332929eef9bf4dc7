"""Words carried between two people on two platforms: agreed to by both, and kept by nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.circles.model import Member
from bot.conversation.model import Caller, Clock, DeliveryKey, Document, DomainError, Form, People
from bot.conversation.platform import Platform
from bot.delivery.model import RELAY, Outgoing
from bot.delivery.rows import Outbox, OutboxRow
from bot.delivery.usecases import Post, TellRefused
from bot.mentoring.model import LONGEST_RELAYED, Pair, PairState, Way
from bot.mentoring.rows import Pairs
from bot.mentoring.usecases.answering import chosen
from bot.mentoring.usecases.scene import Scene, asking, scene_of, whole_scene
from bot.mentoring.words import relay as words
from bot.store.work import Begin, UnitOfWork

WORTH = timedelta(days=2)
"""How long words are worth carrying: quiet hours and a night's outage are waited for."""

NOT_ARRIVED = "not-arrived"
"""What the prompt of a post begins with that tells somebody of words that did not arrive."""


@dataclass(frozen=True)
class SwitchRelay:
    """Takes a yes or a no to having words carried between the two of a pair."""

    begin: Begin
    clock: Clock
    post: Post
    platforms: Mapping[str, Platform]
    prefix: str = "!"

    async def __call__(self, caller: Caller, number: int | None = None, *, on: bool) -> Document:
        """Note it; a yes counts when the other one says yes too, and a no at once.

        Raises:
            DomainError: the caller has no match that words can be carried in.
        """
        async with self.begin() as work:
            scene = await scene_of(caller.circle, work)
            me = asking(caller, scene)
            pair = await _pair(me, scene, number, self.platforms, work)
            said = await (self._on if on else self._off)(pair, me, scene, work)
            await work.commit()
        return said

    async def _on(self, pair: Pair, me: Member, scene: Scene, work: UnitOfWork) -> Document:
        partner = _present(pair, me, scene)
        after, name = pair.relayed_for(me.id), scene.circle.name
        await Pairs(work).put(after, self.clock.now())
        if not after.is_relayed:
            question = words.may_i(pair, me, name, self.prefix)
            await self._tell("relay-ask", pair, partner, question, scene, work)
            return words.asked(partner)
        if not pair.is_relayed:
            begins = await self._begins(after, partner, me, scene, work)
            await self._tell("relay-on", pair, partner, begins, scene, work)
        return await self._begins(after, me, partner, scene, work)

    async def _begins(
        self, pair: Pair, to: Member, partner: Member, scene: Scene, work: UnitOfWork
    ) -> Document:
        several = await _several(to, work)
        return words.begins(pair, partner, scene.circle.name, self.prefix, several=several)

    async def _off(self, pair: Pair, me: Member, scene: Scene, work: UnitOfWork) -> Document:
        partner = scene.other(pair, me)
        await Pairs(work).put(pair.relayed_no_more(), self.clock.now())
        await Pairs(work).drop_relayed(pair)
        if pair.is_relayed:
            await self._tell("relay-off", pair, partner, words.over_now(me), scene, work)
            return words.ended(partner)
        if partner.id in pair.relay:
            await self._tell("relay-no", pair, partner, words.rather_not(me), scene, work)
            return words.not_now(partner)
        if me.id in pair.relay:
            await Outbox(work).take_back(_told(scene, "relay-ask", pair, partner, Document()).key)
            return words.not_now(partner)
        return words.nothing_to_end(partner)

    async def _tell(
        self, what: str, pair: Pair, to: Member, said: Document, scene: Scene, work: UnitOfWork
    ) -> None:
        """Tell the other one, once for as long as nothing has changed."""
        if to.id in scene.present:
            await self.post([_told(scene, what, pair, to, said)], work)


@dataclass(frozen=True)
class CarryWords:
    """Carries words from one of a pair to the other; what was carried is not kept."""

    begin: Begin
    look: Begin
    clock: Clock
    post: Post
    platforms: Mapping[str, Platform]
    prefix: str = "!"

    async def __call__(self, caller: Caller, said: str, number: int | None = None) -> Document:
        """Put the words on their way.

        Raises:
            DomainError: others can read them where they were written, they are too long, or not
                both have said yes. Nothing is sent then.
        """
        if caller.typed and not caller.direct:
            raise DomainError(words.write_privately(self.prefix))
        if len(said) > LONGEST_RELAYED:
            raise DomainError(words.too_long(len(said)))
        async with self.begin() as work:
            scene, pair, me, partner = await self._between(caller, number, work)
            name, several = scene.circle.name, await _several(partner, work)
            document = words.relayed(pair, me, said, name, self.prefix, several=several)
            await self.post([self._carried(caller, pair, partner, document, scene)], work)
            await work.commit()
        return words.carried(partner)

    async def form(self, given: Mapping[str, str], caller: Caller) -> Form:
        """Return the form in which the words are written.

        Raises:
            DomainError: as above.
        """
        number = given.get("number", "")
        async with self.look() as work:
            scene, pair, _, partner = await self._between(
                caller, int(number) if number.isdecimal() else None, work
            )
        return words.tell_form(partner, scene.circle.name, pair)

    async def _between(
        self, caller: Caller, number: int | None, work: UnitOfWork
    ) -> tuple[Scene, Pair, Member, Member]:
        """Return the pair that is meant, who writes and to whom.

        Raises:
            DomainError: nothing is carried between them.
        """
        scene = await scene_of(caller.circle, work)
        me = asking(caller, scene)
        pair = await _pair(me, scene, number, self.platforms, work, relayed=True)
        partner = _present(pair, me, scene)
        if not pair.is_relayed:
            mine, name = me.id in pair.relay, scene.circle.name
            raise DomainError(words.both_first(pair, partner, name, self.prefix, mine=mine))
        return scene, pair, me, partner

    def _carried(
        self, caller: Caller, pair: Pair, partner: Member, said: Document, scene: Scene
    ) -> Outgoing:
        people = People.of(partner.person)
        key = DeliveryKey(str(pair.circle), RELAY, caller.message, pair.id, str(people))
        return Outgoing(
            key=key,
            to=people,
            document=said,
            circle=pair.circle,
            quiet=scene.quiet(partner),
            expires_at=self.clock.now() + WORTH,
        )


@dataclass(frozen=True)
class TellWhoWrote:
    """Tells who wrote carried words that they did not arrive; of other posts, whoever is told."""

    clock: Clock
    otherwise: TellRefused

    async def __call__(self, row: OutboxRow, why: str, work: UnitOfWork) -> Sequence[Outgoing]:
        """Return what is told; who takes no messages any more has nothing carried any more."""
        if row.phase != RELAY:
            return await self.otherwise(row, why, work)
        told = list(await self.otherwise(row, why, work)) if why == "closed" else []
        pair = await Pairs(work).get(row.occurrence)
        if pair is None or not pair.is_relayed or row.prompt.startswith(NOT_ARRIVED):
            return told
        scene = await whole_scene(pair.circle, work)
        mentor, mentee = scene.members[pair.mentor], scene.members[pair.mentee]
        to, author = (mentor, mentee) if str(mentor.person) == row.target else (mentee, mentor)
        await Outbox(work).take_back(row.identity)
        if why == "closed":
            await Pairs(work).put(pair.relayed_no_more(), self.clock.now())
            await Pairs(work).drop_relayed(pair, but=row.id)
        said = words.not_arrived(to, why)
        post = _told(scene, NOT_ARRIVED, pair, author, said)
        key = replace(post.key, phase=RELAY, prompt=f"{NOT_ARRIVED}-{row.prompt}")
        return [*told, replace(post, key=key)]


def _told(scene: Scene, what: str, pair: Pair, to: Member, said: Document) -> Outgoing:
    return scene.privately(to, f"{what}-{pair.relays}", pair.id, said)


async def _pair(
    me: Member,
    scene: Scene,
    number: int | None,
    platforms: Mapping[str, Platform],
    work: UnitOfWork,
    *,
    relayed: bool = False,
) -> Pair:
    """Return the pair that is meant: by its number, else the only one; first those `relayed`.

    Raises:
        DomainError: there is none, several may be meant, or they need nobody to carry words.
    """
    mine = await Pairs(work).of(me.id)
    across = [
        pair
        for pair in mine
        if pair.state is PairState.INTRODUCED
        and scene.way(me, scene.other(pair, me), platforms) is Way.ACROSS
    ]
    likely = [pair for pair in across if pair.is_relayed and relayed] or across
    if number is None and not likely:
        raise DomainError(words.NO_SUCH_MATCH)
    pair = chosen(likely, mine, number, scene, me)
    if pair.state is not PairState.INTRODUCED:
        raise DomainError(words.NO_SUCH_MATCH)
    if pair not in across:
        raise DomainError(words.on_one_platform(scene.other(pair, me)))
    return pair


def _present(pair: Pair, me: Member, scene: Scene) -> Member:
    """Return the other one.

    Raises:
        DomainError: they take no part at present.
    """
    partner = scene.other(pair, me)
    if partner.id not in scene.present:
        raise DomainError(words.not_there(partner))
    return partner


async def _several(member: Member, work: UnitOfWork) -> bool:
    """Return whether words are carried between a member and more than one other."""
    return sum(pair.is_relayed for pair in await Pairs(work).of(member.id)) > 1
