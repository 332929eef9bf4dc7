"""Two accounts on two platforms become one person's, by a code, and are parted again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256

from bot.circles import words
from bot.circles.model import MemberState, stricter
from bot.circles.rows import Accounts, Codes, MemberRow, Members, Merging
from bot.circles.usecases.ports import ConsentChanged, HandOver
from bot.conversation.model import (
    Caller,
    Clock,
    DeliveryKey,
    Document,
    DomainError,
    People,
    PersonRef,
)
from bot.delivery.model import Outgoing
from bot.delivery.usecases import Post
from bot.store.work import Begin, UnitOfWork

LASTING = timedelta(minutes=10)
"""How long a code is worth something."""

TRIES = 5
"""How many wrong codes an account may give within that time."""

LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Signs that are not taken for one another: no 0 and o, no 1, i and l."""

LENGTH = 8
"""More than 800,000 million codes: five guesses in ten minutes lead nowhere."""


def hashed(code: str) -> str:
    """Return what is kept of a code; spaces, hyphens and capitals make no difference."""
    plain = "".join(sign for sign in code.lower() if sign.isalnum())
    return sha256(plain.encode()).hexdigest()


@dataclass(frozen=True)
class LinkAccounts:
    """Gives a code in one account, takes it in the other, and parts the two again."""

    begin: Begin
    clock: Clock
    post: Post
    draw: Callable[[str], str]
    consent_changed: Sequence[ConsentChanged]
    hand_over: Sequence[HandOver]
    prefix: str

    async def __call__(self, code: str, caller: Caller) -> Document:
        """Return a new code, or what came of the one that is given.

        Raises:
            DomainError: others can read along, the code is wrong or worth nothing any more, or the
                two accounts cannot be one person's.
        """
        if caller.typed and not caller.direct:
            raise DomainError(words.link_in_private(self.prefix))
        async with self.begin() as work:
            await Codes(work).prune(self.clock.now() - LASTING)
            given = code.strip()
            offered = None if given else await self._offer(caller.person, work)
            said = offered or await self._take(given, caller.person, work)
            await work.commit()
        if said is None:
            raise DomainError(words.link_code_wrong(self.prefix))
        return said

    async def _offer(self, person: PersonRef, work: UnitOfWork) -> Document:
        await self._check_alone(person, work)
        code = "".join(self.draw(LETTERS) for _ in range(LENGTH))
        shown = f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}"
        await Codes(work).put(person, hashed(code), self.clock.now())
        return words.link_code(shown, self.prefix, LASTING)

    async def _take(self, code: str, person: PersonRef, work: UnitOfWork) -> Document | None:
        """Link, and return the answer; None for a code that is wrong, which is noted."""
        now = self.clock.now()
        if await Codes(work).tries(person, now - LASTING) >= TRIES:
            raise DomainError(words.link_too_often(LASTING))
        other = await Codes(work).owner(hashed(code), now - LASTING)
        if other is None:
            await Codes(work).wrong(person, now)
            return None
        if other.platform == person.platform:
            raise DomainError(words.link_same_platform())
        await self._check_alone(person, work)
        await self._check_alone(other, work)
        await self._link(other, person, work)
        await Codes(work).forget(other)
        await Codes(work).forget(person)
        told = words.linked_elsewhere(self.prefix)
        await self.post([self._note(other, "linked", told)], work)
        return words.linked(self.prefix)

    async def _check_alone(self, person: PersonRef, work: UnitOfWork) -> None:
        if len(await Accounts(work).of(person)) > 1:
            raise DomainError(words.linked_already(self.prefix))

    def _note(self, person: PersonRef, what: str, said: Document) -> Outgoing:
        people = People.of(person)
        stamp = int(self.clock.now().timestamp())
        return Outgoing(
            key=DeliveryKey("-", "link", what, stamp, str(people)), to=people, document=said
        )

    async def _link(self, one: PersonRef, other: PersonRef, work: UnitOfWork) -> None:
        """Make the two one member of each circle, as both agreed to."""
        both = [
            _ordered(first, second)
            for second in await Members(work).everywhere(other)
            if (first := await Members(work).under(second.circle_id, one)) is not None
        ]
        for into, row in both:
            await self._agree(into, row, work)
        await Accounts(work).link(one, other, self.clock.now())
        for into, row in both:
            await self._merge(into, row, work)

    async def _agree(self, into: MemberRow, row: MemberRow, work: UnitOfWork) -> None:
        """Let both rows have the stricter consents, also for what is kept already."""
        before = [into.value(), row.value()]
        if MemberState.INVITED in {member.state for member in before}:
            return
        agreed = stricter(*(member.consents for member in before))
        for member in before:
            changed = replace(member, consents=agreed)
            await Members(work).put(changed)
            for act in self.consent_changed:
                await act(changed, member.consents, work)

    async def _merge(self, into: MemberRow, row: MemberRow, work: UnitOfWork) -> None:
        for hand_over in self.hand_over:
            await hand_over(row.id or 0, into.id or 0, "", work)
        await Merging(work).merge(row, into)
        if row.state == MemberState.BANNED.value:
            into.state, into.roles = row.state, ["member"]
        elif row.state == MemberState.JOINED.value:
            into.roles = sorted({*into.roles, *row.roles})
        row.state = MemberState.ASIDE.value
        await work.session.flush()

    async def unlink(self, caller: Caller) -> Document:
        """Part the caller's accounts and return what that means.

        Raises:
            DomainError: others can read along, or the account is linked with none.
        """
        if caller.typed and not caller.direct:
            raise DomainError(words.link_in_private(self.prefix))
        async with self.begin() as work:
            accounts = await Accounts(work).of(caller.person)
            if len(accounts) == 1:
                raise DomainError(words.not_linked(self.prefix))
            for row in await Members(work).aside(caller.person):
                await self._part(row, work)
            await Accounts(work).part(accounts)
            told = words.unlinked(self.prefix)
            await self.post([self._note(each, "unlinked", told) for each in accounts[1:]], work)
            await work.commit()
        return words.unlinked(self.prefix)

    async def _part(self, row: MemberRow, work: UnitOfWork) -> None:
        """Give a membership back what is its account's; neither agrees to more than before."""
        into = await Members(work).row(row.circle_id, row.value().person)
        for aside in [] if into is None else await Merging(work).aside(into.id or 0):
            if into is None or aside.member_id != row.id:
                continue
            own = set(row.roles) - set(aside.roles)
            into.roles = sorted(set(into.roles) - own) or ["member"]
            agreed = stricter(into.value().consents, row.value().consents)
            row.takes_part, row.counted = agreed.takes_part, agreed.counted
            row.quoted, row.named = agreed.quoted, agreed.named
            joined = aside.state == MemberState.JOINED.value
            row.state = into.state if joined else aside.state
            await work.session.flush()
            for hand_over in self.hand_over:
                await hand_over(into.id or 0, row.id or 0, row.platform, work)
            await Merging(work).part(aside, row)


def _ordered(one: MemberRow, other: MemberRow) -> tuple[MemberRow, MemberRow]:
    """Return the membership that goes on and the one that is kept aside: who is in goes on."""
    joined = MemberState.JOINED.value
    swapped = one.state != joined and other.state == joined
    return (other, one) if swapped else (one, other)


async def accounts_of(work: UnitOfWork) -> dict[PersonRef, tuple[PersonRef, ...]]:
    """Return all accounts of those who have more than one, by each of them."""
    return dict(await Accounts(work).all())
