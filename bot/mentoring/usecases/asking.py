"""Who offers to be a mentor, and who seeks one."""

from dataclasses import dataclass

from bot.circles.model import Member
from bot.conversation.model import Caller, Clock, Document
from bot.mentoring import words
from bot.mentoring.model import Profile, Side
from bot.mentoring.rows import Profiles
from bot.mentoring.usecases.scene import Scene, asking, scene_of
from bot.store.work import Begin, UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody typed, understood; no languages mean the circle's own."""

    topics: tuple[str, ...]
    languages: tuple[str, ...]
    hours: frozenset[int]
    capacity: int = 1

    def of(self, member: Member, side: Side, scene: Scene) -> Profile:
        """Return it as a member's profile."""
        return Profile(
            member=member.id,
            side=side,
            topics=self.topics,
            languages=self.languages or (scene.circle.language,),
            hours=self.hours,
            zone=member.zone,
            capacity=self.capacity,
        )


@dataclass(frozen=True)
class OfferMentoring:
    """Puts a member on the list of mentors, or takes them off it."""

    begin: Begin
    clock: Clock

    async def __call__(self, caller: Caller, wish: Wish | None) -> Document:
        """Note the offer, in place of an earlier one; None takes it back."""
        async with self.begin() as work:
            scene = await scene_of(caller.circle, work)
            member = asking(caller, scene)
            if wish is None:
                said = await _take_off(member, Side.OFFER, work)
            else:
                profile = wish.of(member, Side.OFFER, scene)
                await Profiles(work).put(scene.circle.id, profile, self.clock.now())
                said = words.noted(profile, ())
            await work.commit()
        return said


@dataclass(frozen=True)
class SeekMentor:
    """Puts a member on the list of those who seek a mentor, or takes them off it."""

    begin: Begin
    clock: Clock

    async def __call__(self, caller: Caller, wish: Wish | None) -> Document:
        """Note the wish, in place of an earlier one; None takes it back."""
        async with self.begin() as work:
            scene = await scene_of(caller.circle, work)
            member = asking(caller, scene)
            if wish is None:
                said = await _take_off(member, Side.SEEK, work)
            else:
                profile = wish.of(member, Side.SEEK, scene)
                await Profiles(work).put(scene.circle.id, profile, self.clock.now())
                said = words.noted(profile, await _offered(scene, member, work))
            await work.commit()
        return said


async def _take_off(member: Member, side: Side, work: UnitOfWork) -> Document:
    return words.off_the_list(side, was_on=await Profiles(work).remove(member.id, side))


async def _offered(scene: Scene, member: Member, work: UnitOfWork) -> list[str]:
    """Return the topics that others offer, so that a wish can use the same words."""
    found = await Profiles(work).in_circle(scene.circle.id, scene.present)
    offers = (p for p in found if p.side is Side.OFFER and p.member != member.id)
    topics = {topic.casefold(): topic for profile in offers for topic in profile.topics}
    return [topics[key] for key in sorted(topics)]
