"""Of a person with two accounts, one offer and one wish stay, and nobody is their own partner."""

from bot.mentoring.rows import Pairs, Profiles
from bot.store.work import UnitOfWork


class HandOverMentoring:
    """Lets offers, wishes and matches pass; what would stand twice is let go of."""

    async def __call__(self, source: int, target: int, of: str, work: UnitOfWork) -> None:
        """Do it; nothing is in the way when accounts part."""
        if not of:
            await Profiles(work).drop_doubled(source, target)
            await Pairs(work).drop_between(source, target)
