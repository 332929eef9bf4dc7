"""A round of mentoring, typed by its people on a real database: offered, proposed, introduced."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlmodel import SQLModel, select

from bot.circles.model import Calendar, CircleState, Consents, Member, MemberState
from bot.circles.rows import CircleRow, Circles, Members
from bot.conversation.dispatch import Dispatch
from bot.conversation.model import (
    Answer,
    Capabilities,
    Document,
    Event,
    Kind,
    Mention,
    People,
    PersonRef,
    Role,
    RoomRef,
    lines_of,
)
from bot.conversation.registry import Registry
from bot.delivery.model import State
from bot.delivery.rows import OutboxRow, ScheduleRow
from bot.delivery.usecases import Post, Tick
from bot.mentoring.commands import mentoring_commands, mentoring_composers
from bot.mentoring.rows import Accounts, MentorProfileRow, PairRow
from bot.mentoring.usecases import MentoringData, PairsEnd, PreviewPairs
from bot.store.engine import Database

MATRIX, DISCORD = RoomRef("matrix", "!room"), RoomRef("discord", "77")


@dataclass
class Clock:
    """A clock that is moved by hand."""

    time: datetime = datetime(2026, 3, 3, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


@dataclass(frozen=True)
class Paper:
    """Names what its platform takes; nothing is ever sent on it."""

    name: str
    capabilities: Capabilities = field(default=Capabilities(16_000, timedelta(minutes=5)))

    def link(self, person: PersonRef) -> str:
        return f"https://{self.name}.example.org/{person.id}"


@dataclass(frozen=True)
class InNorth:
    """The standing of everybody in the one circle there is."""

    db: Database

    async def named(self, name: str) -> int | None:
        async with self.db.look() as work:
            found = await Circles(work).named(name)
        return None if found is None else found.id

    async def usual(self, _person: PersonRef, _room: RoomRef) -> Sequence[tuple[int, str]]:
        return [(1, "north")]

    async def roles(self, person: PersonRef, _circle: int | None) -> frozenset[Role]:
        facilitates = {Role.FACILITATOR} if person.id == "fay" else set()
        return frozenset({Role.ANYONE, Role.MEMBER, *facilitates})

    async def zone(self, _person: PersonRef, _circle: int | None) -> str:
        return "UTC"


def words(document: Document | None) -> str:
    """Return a document's plain words."""
    assert document is not None
    lines = (words for block in document.blocks for words in lines_of(block))
    return " ".join(
        "".join(part.name if isinstance(part, Mention) else part.text for part in words)
        for words in lines
    )


@dataclass
class World:
    """The circle north, its people and their commands."""

    db: Database
    clock: Clock
    linked: Accounts = field(default_factory=dict)

    def __post_init__(self) -> None:
        platforms = {"matrix": Paper("matrix"), "discord": Paper("discord")}
        self.post = Post(self.clock, platforms)
        bound = mentoring_commands(
            begin=self.db.begin,
            look=self.db.look,
            clock=self.clock,
            post=self.post,
            background=asyncio.to_thread,
            platforms=platforms,
            accounts=self.accounts,
        )
        self.dispatch = Dispatch(
            Registry(bound), InNorth(self.db), platforms, "!", lambda: "1", self.clock
        )
        self.ends = PairsEnd(self.clock, self.post)
        self.tick = Tick(
            self.db.begin,
            self.db.look,
            self.clock,
            mentoring_composers(clock=self.clock),
            self.missed,
            self.post,
        )

    async def accounts(self, _: object) -> Accounts:
        return self.linked

    async def missed(self, *_: object) -> list[object]:
        raise AssertionError("nothing is missed here")

    async def answer(self, who: str, text: str) -> Answer:
        platform = "discord" if who == "dia" else "matrix"
        event = Event(
            id="e",
            at=self.clock.now(),
            platform=platform,
            room="dm",
            kind=Kind.MESSAGE,
            author=who,
            text=text,
            direct=True,
        )
        return await self.dispatch(event)

    async def says(self, who: str, text: str) -> str:
        return words((await self.answer(who, text)).document)

    async def outbox(self, prompt: str | None = None) -> list[OutboxRow]:
        async with self.db.look() as work:
            rows = await work.all(select(OutboxRow).order_by(OutboxRow.id))
        return [row for row in rows if prompt in (None, row.prompt)]

    async def rows(self, kind: type) -> list[SQLModel]:
        async with self.db.look() as work:
            return list(await work.all(select(kind)))

    async def change(self, who: str, **changes: object) -> None:
        platform = "discord" if who == "dia" else "matrix"
        async with self.db.begin() as work:
            member = await Members(work).of(1, PersonRef(platform, who))
            await Members(work).put(replace(member, **changes))
            await work.commit()

    async def circle(self, **changes: object) -> None:
        async with self.db.begin() as work:
            row = await Circles(work).row(1)
            for name, value in changes.items():
                setattr(row, name, value)
            await work.commit()

    async def paired(self) -> None:
        """Let Ana seek, Bo offer, and Fay send the round."""
        await self.says("bo", "!mentor offer facilitation")
        await self.says("ana", "!mentor seek facilitation")
        await self.says("fay", "!pairs send")

    async def introduced(self) -> None:
        await self.paired()
        await self.says("ana", "!mentor accept")
        await self.says("bo", "!mentor accept")


PEOPLE = {
    "fay": "UTC",
    "ana": "Europe/Berlin",
    "bo": "Europe/Berlin",
    "cem": "Asia/Kolkata",
    "dia": "America/Lima",
}


async def settle(db: Database, clock: Clock) -> None:
    async with db.begin() as work:
        row = CircleRow(
            name="north",
            method="learning-circle",
            zone="Europe/Berlin",
            calendar=Calendar(),
            state=CircleState.OPEN.value,
            made_at=clock.now(),
        )
        circle = await Circles(work).add(row)
        await Circles(work).attach(circle.id, MATRIX)
        await Circles(work).attach(circle.id, DISCORD)
        for who, zone in PEOPLE.items():
            member = Member(
                id=0,
                circle=circle.id,
                person=PersonRef("discord" if who == "dia" else "matrix", who),
                name=who.title(),
                roles=frozenset({"facilitator"} if who == "fay" else {"member"}),
                state=MemberState.JOINED,
                joined_at=clock.now(),
                zone=zone,
                consents=Consents(takes_part=True),
            )
            await Members(work).put(member)
        await work.commit()


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    db, clock = Database.at(tmp_path / "x.db"), Clock()
    async with db.writer.begin() as connection:
        await connection.run_sync(SQLModel.metadata.create_all)
    await settle(db, clock)
    yield World(db, clock)
    await db.aclose()


# --- the lists --------------------------------------------------------------------------------


async def test_an_offer_is_said_back_as_it_was_understood(world: World) -> None:
    said = await world.says(
        "bo",
        '!mentor offer facilitation, Evaluation capacity=2 languages=en,de hours="mon-fri 17-20"',
    )
    assert "facilitation and Evaluation" in said
    assert "English and German" in said
    assert "Hours on your clocks (Europe/Berlin): Mon-Fri 17-20" in said
    assert "At a time: 2" in said
    (row,) = await world.rows(MentorProfileRow)
    assert (row.capacity, row.languages, len(row.hours)) == (2, ["en", "de"], 15)


async def test_a_second_offer_takes_the_place_of_the_first_and_stop_ends_it(world: World) -> None:
    await world.says("bo", "!mentor offer facilitation")
    await world.says("bo", "!mentor offer evaluation")
    assert [row.topics for row in await world.rows(MentorProfileRow)] == [["evaluation"]]
    assert "no longer offer" in await world.says("bo", "!mentor offer stop")
    assert await world.rows(MentorProfileRow) == []
    assert "nothing to take back" in await world.says("bo", "!mentor offer stop")


async def test_who_seeks_sees_which_topics_are_offered_but_not_by_whom(world: World) -> None:
    await world.says("bo", "!mentor offer facilitation, evaluation capacity=3")
    said = await world.says("ana", "!mentor seek drawing")
    assert "On offer in this circle so far: evaluation and facilitation" in said
    assert "Bo" not in said
    assert "3" not in said


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("!mentor offer", "I need topics as well"),
        ("!mentor offer a hours=noon", "mon-fri 17-20"),
        ("!mentor offer a languages=xx-y", "languages=en,de"),
        ("!mentor offer a capacity=9", "goes from 1 to 5"),
        ("!mentor offer a,b,c,d,e,f,g", "up to six topics"),
        ("!mentor accept", "No proposal waits"),
        ("!mentor accept 7", "no proposal 7"),
    ],
)
async def test_what_cannot_be_understood_is_answered_with_how_to_type_it(
    world: World, typed: str, hint: str
) -> None:
    assert hint in await world.says("bo", typed)
    assert await world.rows(MentorProfileRow) == []


async def test_mentoring_is_for_members_who_take_part(world: World) -> None:
    await world.change("bo", consents=Consents())
    assert "agreed to take part" in await world.says("bo", "!mentor offer a")
    assert "members" in await world.says("zoe", "!mentor seek a")
    assert "facilitators" in await world.says("ana", "!pairs preview")


async def test_a_closed_circle_matches_nobody_and_a_paused_one_sends_nothing(world: World) -> None:
    await world.circle(state="paused")
    await world.paired()
    assert "paused" in await world.says("fay", "!pairs send")
    await world.circle(state="closed")
    assert "is closed" in await world.says("fay", "!pairs send")
    assert await world.outbox() == []


# --- the round --------------------------------------------------------------------------------


async def test_a_preview_shows_pairs_with_reasons_and_sends_nothing(world: World) -> None:
    await world.says("bo", "!mentor offer facilitation capacity=4")
    await world.says("ana", "!mentor seek facilitation")
    await world.says("cem", "!mentor seek drawing")
    said = await world.says("fay", "!pairs preview")
    assert "Ana with Bo as mentor. Both named facilitation; they share 20 usable hours" in said
    assert "Cem: nobody offers drawing yet." in said
    assert "4" not in said
    assert await world.outbox() == []
    assert await world.rows(PairRow) == []


def test_a_preview_has_nothing_to_send_with() -> None:
    assert {each.name for each in fields(PreviewPairs)} == {
        "look",
        "clock",
        "background",
        "prefix",
        "accounts",
    }


async def test_a_round_without_anybody_says_how_to_begin(world: World) -> None:
    assert "!mentor seek" in await world.says("fay", "!pairs preview")
    assert "!mentor seek" in await world.says("fay", "!pairs send")


async def test_sending_asks_each_of_a_pair_privately_in_their_own_day(world: World) -> None:
    await world.paired()
    bo, ana = await world.outbox("proposal")
    assert {ana.to, bo.to} == {People("matrix", ("ana",)), People("matrix", ("bo",))}
    for row in (ana, bo):
        assert row.quiet.zone == "Europe/Berlin"
        assert "You both named facilitation" in words(row.document)
        assert "!mentor accept north 1" in words(row.document)
        assert row.document.mentions == ()
        assert row.document.rings
        room, knock = row.instead
        assert room == MATRIX
        assert "mentor" not in words(knock)
        assert knock.mentions == (PersonRef("matrix", row.to.ids[0]),)
    (pair,) = await world.rows(PairRow)
    assert pair.state == "proposed"


async def test_sending_again_proposes_nobody_twice(world: World) -> None:
    await world.paired()
    assert "Nobody waits" in await world.says("fay", "!pairs send")
    assert len(await world.outbox()) == 2
    assert len(await world.rows(PairRow)) == 1


async def test_a_proposal_takes_a_place_until_it_is_answered(world: World) -> None:
    await world.paired()
    await world.says("cem", "!mentor seek facilitation")
    said = await world.says("fay", "!pairs send")
    assert "Cem: nobody who offers this was free" in said
    (told,) = await world.outbox("unmatched")
    assert told.to == People("matrix", ("cem",))
    await world.says("fay", "!pairs send")
    assert len(await world.outbox("unmatched")) == 1


async def test_who_is_away_waits_and_who_is_known_unreachable_is_not_called_in_the_room(
    world: World,
) -> None:
    await world.change("ana", away_until=date(2026, 3, 10))
    await world.paired()
    assert "Ana: away at present" in await world.says("fay", "!pairs preview")
    assert await world.outbox() == []
    world.clock.time += timedelta(days=7)
    await world.change("bo", unreachable=True)
    assert "may not reach Bo" in await world.says("fay", "!pairs send")
    asked = {row.target: row for row in await world.outbox("proposal")}
    assert asked["matrix:bo"].instead is None
    assert asked["matrix:ana"].instead is not None


def link(world: World, *people: PersonRef) -> None:
    """Let accounts be one person's."""
    world.linked = dict.fromkeys(people, people)


DIA, ANA, BO = PersonRef("discord", "dia"), PersonRef("matrix", "ana"), PersonRef("matrix", "bo")


async def test_two_accounts_of_one_person_are_never_proposed_to_each_other(world: World) -> None:
    await world.says("bo", "!mentor offer facilitation")
    await world.says("dia", "!mentor seek facilitation")
    assert "Dia with Bo" in await world.says("fay", "!pairs preview")
    link(world, BO, DIA)
    assert "Dia with Bo" not in await world.says("fay", "!pairs preview")
    await world.says("fay", "!pairs send")
    assert await world.rows(PairRow) == []


async def test_a_no_from_one_account_counts_for_the_other(world: World) -> None:
    await world.paired()
    await world.says("ana", "!mentor decline")
    await world.says("ana", "!mentor seek stop")
    await world.says("dia", "!mentor seek facilitation")
    assert "Dia with Bo" in await world.says("fay", "!pairs preview")
    link(world, ANA, DIA)
    assert "Dia with Bo" not in await world.says("fay", "!pairs preview")


# --- yes and no -------------------------------------------------------------------------------


async def test_two_yeses_open_a_room_with_what_to_agree_on(world: World) -> None:
    await world.paired()
    assert "As soon as Bo says yes" in await world.says("ana", "!mentor accept")
    assert "said yes to that already" in await world.says("ana", "!mentor accept 1")
    assert "I introduce you and Ana" in await world.says("bo", "!mentor accept north 1")
    (row,) = await world.outbox("introduction")
    assert row.to == People("matrix", ("ana", "bo"))
    assert set(row.document.mentions) == {PersonRef("matrix", "ana"), PersonRef("matrix", "bo")}
    said = words(row.document)
    for agreed in ("Goals", "Rhythm", "Channel", "Confidence", "Stopping", "decline north 1"):
        assert agreed in said
    assert "introduced already" in await world.says("bo", "!mentor accept 1")


async def test_an_introduction_waits_until_it_is_day_for_both(world: World) -> None:
    await world.says("bo", "!mentor offer facilitation")
    await world.says("cem", "!mentor seek facilitation")
    await world.says("fay", "!pairs send")
    world.clock.time = datetime(2026, 3, 3, 17, tzinfo=UTC)  # 18:00 in Berlin, 22:30 in Kolkata
    await world.says("cem", "!mentor accept")
    await world.says("bo", "!mentor accept")
    (row,) = await world.outbox("introduction")
    assert row.not_before == datetime(2026, 3, 4, 7, tzinfo=UTC)  # 8:00 in Berlin


async def test_a_no_is_told_kindly_and_the_two_are_never_proposed_again(world: World) -> None:
    await world.paired()
    async with world.db.begin() as work:
        for row in await work.all(select(OutboxRow)):
            row.state, row.document = State.SENT.value, None
        await work.commit()
    assert "you need no reason" in await world.says("bo", "!mentor decline")
    (told,) = await world.outbox("over")
    assert told.to == People("matrix", ("ana",))
    assert "says nothing about you" in words(told.document)
    assert "no new pair" in await world.says("fay", "!pairs send")
    assert [row.state for row in await world.rows(PairRow)] == ["declined"]
    said = await world.says("fay", "!pairs preview")
    assert "nobody who offers this was free" in said
    assert "declin" not in said
    assert "is over" in await world.says("ana", "!mentor accept 1")


async def test_who_has_not_heard_of_a_proposal_does_not_hear_of_the_no(world: World) -> None:
    await world.paired()
    await world.says("bo", "!mentor decline")
    assert {row.state for row in await world.outbox("proposal")} == {"withdrawn"}
    assert await world.outbox("over") == []


async def test_somebody_with_two_proposals_is_asked_which_one(world: World) -> None:
    await world.says("bo", "!mentor offer facilitation capacity=2")
    await world.says("ana", "!mentor seek facilitation")
    await world.says("cem", "!mentor seek facilitation")
    await world.says("fay", "!pairs send")
    assert "1 (with Ana) and 2 (with Cem)" in await world.says("bo", "!mentor accept")
    assert "Cem says yes" in await world.says("bo", "!mentor accept 2")
    assert "Ana says yes" in await world.says("bo", "!mentor accept")
    assert "no proposal 2" in await world.says("ana", "!mentor accept 2")


async def test_a_match_that_began_ends_only_by_its_number_and_may_come_again(world: World) -> None:
    await world.introduced()
    assert "add its number" in await world.says("ana", "!mentor decline")
    assert "I tell Bo kindly" in await world.says("ana", "!mentor decline 1")
    (told,) = await world.outbox("over")
    assert "without fault" in words(told.document)
    assert [row.active for row in await world.rows(ScheduleRow)] == [False]
    assert "1 pair" in await world.says("fay", "!pairs preview")
    await world.says("fay", "!pairs send")
    again = (await world.outbox("proposal"))[-1]
    assert "worked together before" in words(again.document)


# --- afterwards -------------------------------------------------------------------------------


async def test_both_are_asked_once_after_two_weeks_how_it_goes(world: World) -> None:
    await world.introduced()
    (due,) = await world.rows(ScheduleRow)
    assert (due.kind, due.subject, due.zone) == ("checkin", "1", "Europe/Berlin")
    assert due.due_at == datetime(2026, 3, 17, 9, tzinfo=UTC)
    world.clock.time = due.due_at
    assert await world.tick() == 1
    assert await world.tick() == 0
    asked = await world.outbox("checkin")
    assert {row.target for row in asked} == {"matrix:ana", "matrix:bo"}
    for row in asked:
        said = words(row.document)
        assert "Have you met? What would help?" in said
        assert "Fay will gladly help" in said
        assert row.document.mentions == ()


async def test_who_is_away_is_asked_when_they_are_back(world: World) -> None:
    await world.introduced()
    await world.change("ana", away_until=date(2026, 3, 20))
    world.clock.time = datetime(2026, 3, 17, 9, tzinfo=UTC)
    await world.tick()
    asked = {row.target: row.not_before for row in await world.outbox("checkin")}
    assert asked["matrix:ana"] == datetime(2026, 3, 20, 9, tzinfo=UTC)
    assert asked["matrix:bo"] == world.clock.time


@pytest.mark.parametrize("how", ["left", "closed"])
async def test_nobody_is_asked_when_it_is_over(world: World, how: str) -> None:
    await world.introduced()
    if how == "left":
        await world.change("ana", state=MemberState.LEFT)
    else:
        await world.circle(state="closed")
    world.clock.time = datetime(2026, 3, 17, 9, tzinfo=UTC)
    await world.tick()
    assert await world.outbox("checkin") == []


async def leaves(world: World, who: str) -> None:
    """Let a membership end, as the room that hears of it does."""
    await world.change(who, state=MemberState.LEFT)
    async with world.db.begin() as work:
        await world.ends(1, PersonRef("matrix", who), work)
        await work.commit()


async def test_when_a_member_leaves_the_partner_is_told_once_and_kindly(world: World) -> None:
    await world.introduced()
    await leaves(world, "ana")
    await leaves(world, "ana")
    (told,) = await world.outbox("left")
    assert told.to == People("matrix", ("bo",))
    assert "Ana, who has left the circle, is over" in words(told.document)
    assert "nothing to do with you" in words(told.document)
    assert [row.state for row in await world.rows(PairRow)] == ["ended"]
    assert [row.active for row in await world.rows(ScheduleRow)] == [False]


async def test_a_member_sees_what_is_held_and_forgetting_leaves_none_of_it(world: World) -> None:
    await world.introduced()
    await world.says("cem", "!mentor seek facilitation")
    data, ana = MentoringData(world.ends), PersonRef("matrix", "ana")
    async with world.db.begin() as work:
        shown = words(await data.shown(ana, work))
        assert "You seek" in shown
        assert "Match 1 with Bo, you as mentee" in shown
        assert words(await data.shown(PersonRef("matrix", "fay"), work)) == ""
        await data.forget(ana, work)
        await Members(work).forget(ana)
        await work.commit()
    assert await world.rows(PairRow) == []
    assert await world.rows(ScheduleRow) == []
    assert [row.member_id for row in await world.rows(MentorProfileRow)] == [3, 4]
    (told,) = await world.outbox()
    assert told.to == People("matrix", ("bo",))
    assert "ana" not in told.model_dump_json().lower()


async def test_forgetting_takes_what_was_said_in_a_room_instead(world: World) -> None:
    await world.introduced()
    async with world.db.begin() as work:
        for row in await work.all(select(OutboxRow)):
            key = replace(row.identity, phase="-", prompt="unreachable", occurrence=0)
            row.key, row.identity, row.phase, row.prompt = str(key), key, "-", key.prompt
            row.target, row.to, row.occurrence = str(MATRIX), MATRIX, 0
        await MentoringData(world.ends).forget(PersonRef("matrix", "ana"), work)
        await work.commit()
    kept = [row.identity.target for row in await world.outbox()]
    assert kept == ["matrix:bo", "matrix:bo"]


async def test_who_was_together_in_an_earlier_circle_is_a_past_partner_here(world: World) -> None:
    await world.introduced()
    async with world.db.begin() as work:
        circle = await Circles(work).add(
            CircleRow(
                name="south",
                method="learning-circle",
                zone="UTC",
                calendar=Calendar(),
                state="open",
                made_at=world.clock.now(),
            )
        )
        for who in ("ana", "bo", "cem"):
            member = await Members(work).of(1, PersonRef("matrix", who))
            await Members(work).put(replace(member, id=0, circle=circle.id))
        await work.commit()
    await world.says("bo", "!mentor offer south facilitation")
    await world.says("cem", "!mentor offer south facilitation")
    await world.says("ana", "!mentor seek south facilitation")
    assert "Ana with Cem" in await world.says("fay", "!pairs preview south")
