"""What rooms tell about a circle: who comes and goes, and where the circle goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.circles import words
from bot.circles.model import Circle, CircleState, Member, MemberState
from bot.circles.rows import Circles, Members
from bot.circles.telling import to_facilitators
from bot.circles.usecases.membership import EndMembership
from bot.circles.usecases.ports import Defaults, Methods
from bot.conversation.model import DeliveryKey, Document, Event, Kind, People, RoomRef
from bot.conversation.platform import Platform
from bot.delivery.model import CATCH_UP, Outgoing, Quiet
from bot.delivery.rows import Outbox, OutboxRow
from bot.delivery.usecases import THREAD, Post
from bot.store.work import Begin, UnitOfWork


@dataclass(frozen=True)
class HearRooms:
    """Follows rooms: the bot's own coming and going, members', and rooms that move."""

    post: Post
    end: EndMembership
    defaults: Defaults
    methods: Methods
    contact: str = ""
    window: timedelta = CATCH_UP

    async def __call__(self, event: Event, work: UnitOfWork) -> None:
        """Write what the event changes."""
        if event.kind is Kind.MOVED and event.target:
            await self._moved(event.where, RoomRef(event.platform, event.target), work)
        elif event.kind is Kind.JOIN and event.bot:
            await self._bot_came(event, work)
        elif event.kind is Kind.LEAVE and event.bot:
            await self._bot_went(event, work)
        elif event.kind is Kind.LEAVE:
            await self._member_went(event, work)

    async def _moved(self, old: RoomRef, new: RoomRef, work: UnitOfWork) -> None:
        row = await Circles(work).room(old)
        if row is not None and await Circles(work).room(new) is None:
            row.room, row.gone = new.id, False
            await Outbox(work).move_room(old, new)
            await Outbox(work).let_go(new, self.post.clock.now())

    async def _bot_came(self, event: Event, work: UnitOfWork) -> None:
        row = await Circles(work).room(event.where)
        if row is not None:
            row.gone = False
            await self._go_on(event, await Circles(work).get(row.circle_id), work)
        elif not event.direct:
            said = words.introduction(self.defaults.run_by, self.contact, self.defaults.prefix)
            await self._greet(event, said, work)

    async def _go_on(self, event: Event, circle: Circle, work: UnitOfWork) -> None:
        """Say so where a circle's room has the bot again, and then what waited for that."""
        now, outbox = self.post.clock.now(), Outbox(work)
        late = await outbox.skip_late(event.where, now)
        quiet = Quiet(circle.quiet_since, circle.quiet_until, circle.zone).over_at(now) > now
        waiting = await outbox.held(event.where)
        await self._greet(event, words.back(circle, waiting=waiting, quiet=quiet), work)
        await outbox.let_go(event.where, now)
        if late and circle.state is CircleState.OPEN:
            titles = (post_named(circle, self.methods, post.phase, post.prompt) for post in late)
            said = words.came_too_late(circle, dict.fromkeys(titles), self.defaults.prefix)
            await self._tell(circle, said, f"late-{event.id}", event, work)

    async def _greet(self, event: Event, said: Document, work: UnitOfWork) -> None:
        """Say a first word in a room, unless the bot cannot read there and said just that."""
        key = DeliveryKey("-", "introduction", event.id, 0, str(event.where))
        if event.readable:
            await self.post([Outgoing(key=key, to=event.where, document=said)], work)

    async def _tell(
        self, circle: Circle, said: Document, about: str, event: Event, work: UnitOfWork
    ) -> None:
        """Tell the facilitators, also at night: their circle waits for it."""
        people = await Members(work).facilitating(circle.id)
        which = ("-", about, _stamp(event.at))
        await self.post(to_facilitators(people, circle, said, about=which, at_once=True), work)

    async def _bot_went(self, event: Event, work: UnitOfWork) -> None:
        await Outbox(work).hold(event.where, self.window)
        row = await Circles(work).room(event.where)
        if row is None or row.gone:
            return
        row.gone = True
        circle = await Circles(work).get(row.circle_id)
        where = words.a_room(self.post.platforms[event.platform].link(event.where))
        said = words.removed(circle, where, self.window, banned=event.banned)
        await self._tell(circle, said, f"removed-{row.id}", event, work)

    async def _member_went(self, event: Event, work: UnitOfWork) -> None:
        """Note that somebody is gone who left the circle's only room, or was banned from one."""
        member, rooms = await _member_of(event, work)
        if member is None or (len(rooms) > 1 and not event.banned):
            return
        state = MemberState.BANNED if event.banned else MemberState.LEFT
        await self.end(member, state, work)


async def _member_of(event: Event, work: UnitOfWork) -> tuple[Member | None, list[RoomRef]]:
    """Return the member whom an event in a circle's room is about, and its rooms there."""
    circle = await Circles(work).at(event.where)
    if circle is None:
        return None, []
    member = await Members(work).of(circle.id, event.person)
    if member is None or member.state is not MemberState.JOINED:
        return None, []
    theirs = {account.platform for account in member.accounts}
    return member, [r for r in await Circles(work).rooms(circle.id) if r.platform in theirs]


@dataclass(frozen=True)
class FollowLeaves:
    """Notes that somebody is gone who left the last of a circle's several rooms."""

    begin: Begin
    look: Begin
    platforms: Mapping[str, Platform]
    end: EndMembership

    async def wants(self, event: Event, work: UnitOfWork) -> bool:
        """Return whether a member left one of several rooms."""
        if event.kind is not Kind.LEAVE or event.bot or event.banned:
            return False
        member, rooms = await _member_of(event, work)
        return member is not None and len(rooms) > 1

    async def __call__(self, event: Event) -> Sequence[Outgoing]:
        """End the membership of who is in none of the rooms any more."""
        async with self.look() as work:
            member, rooms = await _member_of(event, work)
        if member is None or await self._is_somewhere(member, rooms):
            return ()
        async with self.begin() as work:
            member, _ = await _member_of(event, work)
            if member is not None:
                await self.end(member, MemberState.LEFT, work)
                await work.commit()
        return ()

    async def _is_somewhere(self, member: Member, rooms: Sequence[RoomRef]) -> bool:
        """Return whether one of the member's accounts is in one of the rooms."""
        there = [(account, room) for account in member.accounts for room in rooms]
        for account, room in there:
            platform = self.platforms.get(room.platform)
            here = platform is not None and account.platform == room.platform
            if here and platform is not None and await platform.is_in(account, room):
                return True
        return False


@dataclass(frozen=True)
class TellRefused:
    """Tells the facilitators of a post that did not arrive, and notes who takes no messages."""

    methods: Methods

    async def __call__(self, row: OutboxRow, why: str, work: UnitOfWork) -> list[Outgoing]:
        """Return what the facilitators are told: once a person, once a post."""
        if row.circle_id is None:
            return []
        circle = await Circles(work).get(row.circle_id)
        people = await Members(work).facilitating(circle.id)
        if why == "closed":
            return await self._closed(row, work)
        if why == THREAD:
            return _thread_lost(circle, people, row)
        if row.prompt == "not-sent" or str(row.target) in {str(m.person) for m in people}:
            return []
        post = post_named(circle, self.methods, row.phase, row.prompt)
        what = "a private note" if isinstance(row.to, People) else post
        said = words.not_sent(circle, what, _REASONS[why])
        return to_facilitators(people, circle, said, about=("-", "not-sent", row.id or 0))

    async def _closed(self, row: OutboxRow, work: UnitOfWork) -> list[Outgoing]:
        circle = await Circles(work).get(row.circle_id or 0)
        people = await Members(work).facilitating(circle.id)
        told: list[Outgoing] = []
        for member in await Members(work).present(circle.id):
            if str(member.person) == row.target and member.others and row.document is not None:
                return [_to_the_other(row, row.document, member)]
            if row.target in map(str, member.accounts) and not member.unreachable:
                held = await Members(work).row(circle.id, member.person)
                if held is not None:
                    held.unreachable = True
                others = [m for m in people if m.id != member.id]
                said = words.unreachable(circle, member.name)
                about = ("-", f"closed-{member.id}", 0)
                told += to_facilitators(others, circle, said, about=about)
        return told


def _to_the_other(row: OutboxRow, document: Document, member: Member) -> Outgoing:
    """Return a post that did not reach one of somebody's accounts, for the other one."""
    people, instead = People.of(member.others[0]), row.instead
    row.instead = None
    return Outgoing(
        key=replace(row.identity, target=str(people)),
        to=people,
        document=document,
        circle=row.circle_id,
        quiet=row.quiet,
        expires_at=row.expires_at,
        instead=instead,
    )


def _thread_lost(circle: Circle, people: Sequence[Member], row: OutboxRow) -> list[Outgoing]:
    """Return the word that a thread is locked or gone: once a thread."""
    about = ("-", f"thread-{row.thread or row.thread_of}", 0)
    return to_facilitators(people, circle, words.thread_lost(circle), about=about)


_REASONS = {
    "late": "its time was past when it could go.",
    "ambiguous": "I cannot tell whether it went before a break: several of my messages say the "
    "same. Please look whether it is there, and send it again if it is not.",
    "refused": "I may not write there. Please look at my rights in that room.",
}


def post_named(circle: Circle, methods: Methods, phase: str, prompt: str) -> str:
    """Return what a post of a circle is, in words."""
    found = methods.of(circle.method, circle.language).prompts_in(phase)
    return words.what(prompt, next((p.title for p in found if p.key == prompt), ""))


def _stamp(moment: datetime) -> int:
    return int(moment.timestamp())
