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
class NoteWish:
    """Puts a member on the list of mentors or of those who seek one, or takes them off it."""

    begin: Begin
    clock: Clock
    side: Side

    async def __call__(self, caller: Caller, wish: Wish | None) -> Document:
        """Note the wish, in place of an earlier one; None takes it back."""
        async with self.begin() as work:
            scene = await scene_of(caller.circle, work)
            member = asking(caller, scene)
            if wish is None:
                was_on = await Profiles(work).remove(member.id, self.side)
                said = words.off_the_list(self.side, was_on=was_on)
            else:
                said = await self._note(wish.of(member, self.side, scene), scene, member, work)
            await work.commit()
        return said

    async def _note(
        self, profile: Profile, scene: Scene, member: Member, work: UnitOfWork
    ) -> Document:
        await Profiles(work).put(scene.circle.id, profile, self.clock.now())
        seeks = self.side is Side.SEEK
        return words.noted(profile, await _offered(scene, member, work) if seeks else ())


async def _offered(scene: Scene, member: Member, work: UnitOfWork) -> list[str]:
    """Return the topics that others offer, so that a wish can use the same words."""
    found = await Profiles(work).in_circle(scene.circle.id, scene.present)
    offers = (p for p in found if p.side is Side.OFFER and p.member != member.id)
    topics = {topic.casefold(): topic for profile in offers for topic in profile.topics}
    return [topics[key] for key in sorted(topics)]
