"""Showing members everything that is stored about them, and removing it."""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from bot.circles.model import Member
from bot.circles.rows import Accounts, Circles, Codes, Joinings, Members, Steps
from bot.circles.usecases.linking import LASTING
from bot.conversation.model import (
    Block,
    Caller,
    Clock,
    DeliveryKey,
    Document,
    DomainError,
    People,
    PersonRef,
    PlatformError,
)
from bot.conversation.platform import Platform
from bot.delivery.rows import Outbox
from bot.intake.rows import Cursors, Inbox
from bot.participation.rows import Contributions
from bot.prompting.rows import Answers
from bot.publication.rows import Harvested
from bot.rights import words
from bot.store.work import Begin, UnitOfWork


class HoldsPersonalData(Protocol):
    """A room that holds something of a person."""

    async def shown(self, person: PersonRef, work: UnitOfWork) -> Document:
        """Return all of it, as a person reads it; empty when there is nothing."""
        ...

    async def in_full(self, person: PersonRef, work: UnitOfWork) -> Mapping[str, Sequence[object]]:
        """Return every row of it, value by value, under names that a person understands."""
        ...

    async def forget(self, person: PersonRef, work: UnitOfWork) -> None:
        """Remove all of it, also from drafts, before the memberships go."""
        ...


@dataclass(frozen=True)
class ShowMyData:
    """Shows everything that is stored about the caller."""

    look: Begin
    holders: Sequence[HoldsPersonalData]
    platforms: Mapping[str, Platform]
    prefix: str

    async def __call__(self, caller: Caller) -> Document:
        """Return it in words, circle by circle, and every row of it in a file."""
        async with self.look() as work:
            accounts = await Accounts(work).of(caller.person)
            blocks, full = await self._memberships(caller.person, work)
            blocks += words.accounts(accounts)
            full |= {"linked accounts": accounts[1:]}
            for holder in self.holders:
                blocks += (await holder.shown(caller.person, work)).blocks
                full |= await holder.in_full(caller.person, work)
            commands = [
                row for row in await Inbox(work).by(caller.person) if row.event_id != caller.message
            ]
        shown = sum(row.shown for row in commands) + (not caller.direct)
        full["commands"] = [
            {"room": row.room, "message": row.event_id, "at": row.received_at, "waits": row.event}
            for row in commands
        ]
        takes_files = self.platforms[caller.person.platform].capabilities.files
        return words.data(blocks, shown, full, self.prefix, as_file=takes_files)

    async def _memberships(
        self, person: PersonRef, work: UnitOfWork
    ) -> tuple[list[Block], dict[str, Sequence[object]]]:
        """Return what the circles keep of a person, and of one who is about to join."""
        blocks: list[Block] = []
        members = [row.value() for row in await Members(work).everywhere(person)]
        for member in members:
            blocks += words.membership(await Circles(work).get(member.circle), member)
        joining = await Joinings(work).of(person)
        if joining is not None:
            blocks += words.joining(joining)
        aside = [row.value() for row in await Members(work).aside(person)]
        full: dict[str, Sequence[object]] = {"memberships": members, "kept aside": aside}
        return blocks, full | {"joining": [joining] if joining else []}


@dataclass(frozen=True)
class ForgetMe:
    """Removes everything that is stored about the caller."""

    begin: Begin
    holders: Sequence[HoldsPersonalData]
    erased: Callable[[], None]
    prefix: str

    async def __call__(self, sure: bool, caller: Caller) -> Document:  # noqa: FBT001 - the caller's own yes
        """Return what is gone; without the caller's yes, what would go.

        Raises:
            DomainError: the caller is a circle's only facilitator.
        """
        if not sure:
            return words.what_would_go(self.prefix)
        async with self.begin() as work:
            accounts = await Accounts(work).of(caller.person)
            mine = await Members(work).everywhere(caller.person)
            for row in (*mine, *await Members(work).aside(caller.person)):
                await self._check(row.value(), work)
                about = [f"{what}-{row.id}" for what in ("welcome", "left", "closed")]
                await Outbox(work).remove_about(row.circle_id, about)
            for account in accounts:
                await self._forget(account, work)
            await Members(work).forget(caller.person)
            await Accounts(work).part(accounts)
            self.erased()
            await work.commit()
        return words.gone()

    async def _forget(self, account: PersonRef, work: UnitOfWork) -> None:
        """Remove what is kept of one account of the caller's."""
        for holder in self.holders:
            await holder.forget(account, work)
        await Joinings(work).end(account)
        await Inbox(work).no_longer_shown(account)
        await Outbox(work).forget(People.of(account))
        await Outbox(work).unname(account)
        await Codes(work).forget(account)

    async def _check(self, member: Member, work: UnitOfWork) -> None:
        facilitating = await Members(work).facilitating(member.circle)
        circle = await Circles(work).get(member.circle)
        if [m.id for m in facilitating] == [member.id] and circle.state.value in ("open", "paused"):
            raise DomainError(
                f"You are the only facilitator of {circle.name}. Appoint another one first, or "
                "close the circle; then I forget you."
            )


@dataclass(frozen=True)
class ShowHealth:
    """Shows those who run the bot how it does; nothing about people."""

    look: Begin
    platforms: Mapping[str, Platform]
    database: Callable[[], Awaitable[tuple[int, str]]]
    version: str

    async def __call__(self) -> Document:
        """Return versions, sizes and counts."""
        size, revision = await self.database()
        async with self.look() as work:
            states = Counter(circle.state.value for circle in await Circles(work).all())
            heard = [
                (platform.name, platform.account, await Cursors(work).moved_at(platform.account))
                for platform in self.platforms.values()
            ]
            posts = await Outbox(work).count_waiting()
            events = len(await Inbox(work).waiting())
        return words.health(self.version, heard, (size, revision), (posts, events), states)


@dataclass(frozen=True)
class Tidy:
    """Removes private commands that the caller typed where others can read them."""

    begin: Begin
    look: Begin
    platforms: Mapping[str, Platform]

    async def __call__(self, caller: Caller) -> Document:
        """Return how many are gone.

        Raises:
            DomainError: the bot may not remove messages there.
        """
        async with self.look() as work:
            shown = await Inbox(work).shown_by(caller.person)
        platform = self.platforms[caller.person.platform]
        try:
            for message in shown:
                key = DeliveryKey("-", "tidy", message.id, 0, str(message.room))
                await platform.redact(message, key=key)
        except PlatformError:
            raise DomainError(
                "I may not remove messages in that room. You can delete yours yourself."
            ) from None
        async with self.begin() as work:
            await Inbox(work).no_longer_shown(caller.person)
            await work.commit()
        return words.tidied(len(shown))


RETENTION = timedelta(days=90)
"""How long after a circle's close answers, marked messages and counts are kept (P2PU's rule)."""

UNFINISHED = timedelta(days=7)
"""How long an exchange that nobody goes on with is kept."""

ANSWERED = timedelta(days=30)
"""How long the id of an answered event is kept, so that history cannot bring it again."""


@dataclass(frozen=True)
class KeepNoLonger:
    """Lets go of what was promised not to be kept: once a day."""

    begin: Begin
    clock: Clock

    async def __call__(self) -> None:
        """Remove it; memberships, and what was published, stay until somebody asks."""
        now = self.clock.now()
        async with self.begin() as work:
            for circle in await Circles(work).closed_before(now - RETENTION):
                await Contributions(work).forget_circle(circle)
                await Answers(work).forget_circle(circle)
                await Harvested(work).forget_circle(circle)
                await Steps(work).forget_circle(circle)
            await Joinings(work).prune(now - UNFINISHED)
            await Codes(work).prune(now - LASTING)
            await Inbox(work).prune(now - ANSWERED)
            await work.commit()
