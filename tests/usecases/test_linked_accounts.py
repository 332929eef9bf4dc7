"""Two accounts of one person: linked by a code, one member of each circle, and parted again."""

import asyncio
import re
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from bot.circles.model import Consents, MemberState
from bot.circles.rows import Circles, LinkCodeRow, MemberRow, Members
from bot.circles.rows.merging import keys_to_members, tells_its_platform
from bot.circles.usecases.linking import LETTERS, TRIES
from bot.conversation.model import Mention, MessageRef, PersonRef, RoomRef
from bot.participation.rows import ContributionRow
from bot.prompting.model import Asked, PromptAnswer
from bot.prompting.rows import AnswerRow, Answers
from tests.support.towns import PEOPLE, SQUARE, Towns, two_towns

BO, DIA = PersonRef("river", "bo"), PersonRef("hill", "dia")
CODE = re.compile(rf"my link ([{LETTERS}-]{{9}})")


@pytest_asyncio.fixture
async def north(tmp_path: Path) -> AsyncIterator[Towns]:
    async with two_towns(tmp_path) as here:
        yield here


async def code_of(here: Towns, who: str) -> str:
    """Let somebody ask for a code."""
    said = await here.says(who, "!my link")
    found = CODE.search(said)
    assert found, said
    return found[1]


async def linked(here: Towns, one: str = "bo", other: str = "dia") -> None:
    """Let two accounts become one person's."""
    said = await here.says(other, f"!my link {await code_of(here, one)}")
    assert "one person" in said


async def members(here: Towns) -> dict[str, str]:
    """Return every membership and its state."""
    async with here.database.look() as work:
        rows = await work.all(select(MemberRow))
    return {row.person: row.state for row in rows}


async def counted(here: Towns) -> dict[str, set[str]]:
    """Return whose contributions stand on which platforms."""
    async with here.database.look() as work:
        rows = await work.all(select(ContributionRow))
        found: dict[str, set[str]] = {}
        for row in rows:
            member = await work.session.get_one(MemberRow, row.member_id)
            found.setdefault(member.person, set()).add(row.platform)
    return found


async def consents(here: Towns, who: PersonRef) -> Consents:
    async with here.database.look() as work:
        circle = await Circles(work).named("north")
        member = await Members(work).of(circle.id if circle else 0, who)
    assert member is not None
    return member.consents


async def test_two_accounts_become_one_member_and_two_again(north: Towns) -> None:
    await linked(north)
    assert (await members(north))["dia"] == MemberState.ASIDE
    assert (await members(north))["bo"] == MemberState.JOINED
    assert "no longer linked" in await north.says("dia", "!my unlink")
    assert "no longer linked" in north.last("bo")
    assert (await members(north))["dia"] == MemberState.JOINED


async def test_both_accounts_are_told_how_to_undo_it(north: Towns) -> None:
    code = await code_of(north, "bo")
    assert "my unlink" in await north.says("dia", f"!my link {code}")
    assert "my unlink" in north.last("bo")


@pytest.mark.parametrize("words", ["!my link", "!my link abcd-efgh", "!my unlink"])
async def test_where_others_read_no_code_is_given_or_taken(north: Towns, words: str) -> None:
    told = await north.says("bo", words, SQUARE)
    assert "between you and me" in told
    async with north.database.look() as work:
        assert await work.all(select(LinkCodeRow)) == []


async def test_a_code_works_once_and_only_for_ten_minutes(north: Towns) -> None:
    code = await code_of(north, "bo")
    await north.on(timedelta(minutes=11))
    assert "do not know that code" in await north.says("dia", f"!my link {code}")
    code = await code_of(north, "bo")
    assert "one person" in await north.says("dia", f"!my link {code.upper().replace('-', ' ')}")
    await north.says("dia", "!my unlink")
    assert "do not know that code" in await north.says("eva", f"!my link {code}")


async def test_an_account_has_five_tries(north: Towns) -> None:
    code = await code_of(north, "bo")
    for _ in range(TRIES):
        assert "do not know that code" in await north.says("dia", "!my link 2222-2222")
    assert "too many" in await north.says("dia", f"!my link {code}")
    assert "one person" in await north.says("eva", f"!my link {code}")


async def test_only_two_accounts_on_two_platforms_can_be_one_person(north: Towns) -> None:
    assert "same platform" in await north.says("ana", f"!my link {await code_of(north, 'bo')}")
    await linked(north)
    code = await code_of(north, "ana")
    assert "linked already" in await north.says("dia", f"!my link {code}")
    assert "linked already" in await north.says("bo", "!my link")
    assert "linked with no other" in await north.says("gus", "!my unlink")


async def test_a_code_is_kept_as_a_hash_only(north: Towns) -> None:
    code = await code_of(north, "bo")
    async with north.database.look() as work:
        (row,) = await work.all(select(LinkCodeRow))
    assert code not in row.hashed
    assert code.replace("-", "") not in row.hashed


async def test_the_stricter_consents_hold_and_nobody_gains_one(north: Towns) -> None:
    await north.says("bo", "!my consent named no")
    await north.says("dia", "!my consent quoted no")
    await linked(north)
    strict = Consents(takes_part=True, counted=True, quoted=False, named=False)
    assert await consents(north, BO) == await consents(north, DIA) == strict
    await north.says("dia", "!my consent named yes")
    assert (await consents(north, BO)).named
    await north.says("bo", "!my unlink")
    assert (await consents(north, BO)).named
    assert await consents(north, DIA) == strict


async def test_what_is_said_in_either_place_is_one_ledger_until_they_part(north: Towns) -> None:
    await north.says("bo", "before, by the river", SQUARE)
    await north.says("dia", "before, on the hill", SQUARE)
    await linked(north)
    assert await counted(north) == {"bo": {"river", "hill"}}
    await north.says("dia", "later, on the hill", SQUARE)
    assert await counted(north) == {"bo": {"river", "hill"}}
    await north.says("bo", "!my unlink")
    assert await counted(north) == {"bo": {"river"}, "dia": {"hill"}}


async def test_what_a_consent_no_longer_allows_is_gone_at_once(north: Towns) -> None:
    await north.says("bo", "by the river", SQUARE)
    await north.says("dia", "!my consent counted no")
    await linked(north)
    assert await counted(north) == {}


async def test_forgetting_forgets_both(north: Towns, tmp_path: Path) -> None:
    await north.says("bo", "by the river", SQUARE)
    await north.says("dia", "on the hill", SQUARE)
    await linked(north)
    assert "your account on Hill: dia" in await north.says("bo", "!my data")
    await north.says("bo", "!my forget yes")
    assert "I keep nothing about you" in await north.says("dia", "!my data")
    held = dump(next(tmp_path.glob("*.db")))
    for who in ("'bo'", "'dia'", '"bo"', '"dia"'):
        assert who not in held


def dump(path: Path) -> str:
    """Return everything that a database holds, the cursors left out."""
    with closing(sqlite3.connect(path)) as database:
        return "\n".join(line for line in database.iterdump() if '"cursor"' not in line)


async def test_a_room_rings_the_account_that_is_there(north: Towns) -> None:
    await linked(north)
    async with north.database.look() as work:
        circle = await Circles(work).named("north")
        member = await Members(work).of(circle.id if circle else 0, DIA)
    assert member is not None
    mention = Mention(member.person, member.name, member.others)
    assert (mention.on("river"), mention.on("hill"), mention.on("sea")) == (BO, DIA, None)


async def test_who_leaves_one_room_and_is_in_another_stays(north: Towns) -> None:
    await linked(north)
    north.town("bo").leave("bo", SQUARE)
    await north.on()
    assert (await members(north))["bo"] == MemberState.JOINED
    north.town("dia").leave("dia", SQUARE)
    await north.on()
    assert (await members(north))["bo"] == MemberState.LEFT


async def answer(here: Towns, who: PersonRef, text: str) -> None:
    """Note what somebody answered to the same question."""
    async with here.database.begin() as work:
        circle = await Circles(work).named("north")
        assert circle is not None
        member = await Members(work).of(circle.id, who)
        assert member is not None
        made = PromptAnswer(
            id=0,
            circle=circle.id,
            asked=Asked("opening", "norms", 0),
            member=member.id,
            message=MessageRef(RoomRef(who.platform, SQUARE), f"m-{who.id}"),
            text=text,
            answered_at=here.clock.now(),
        )
        await Answers(work).put(made)
        await work.commit()


async def test_of_two_answers_to_one_question_the_later_stays(north: Towns) -> None:
    await answer(north, BO, "by the river")
    await north.on(timedelta(minutes=5))
    await answer(north, DIA, "on the hill")
    await linked(north)
    async with north.database.look() as work:
        rows = await work.all(select(AnswerRow).order_by(col(AnswerRow.id)))
    assert [row.text for row in rows] == ["on the hill"]
    await north.says("bo", "!my unlink")
    async with north.database.look() as work:
        (row,) = await work.all(select(AnswerRow))
        member = await work.session.get_one(MemberRow, row.member_id)
    assert member.person == "dia"


async def set_state(here: Towns, who: str, state: MemberState, agreed: Consents) -> None:
    """Let somebody's membership stand otherwise."""
    async with here.database.begin() as work:
        circle = await Circles(work).named("north")
        assert circle is not None
        row = await Members(work).under(circle.id, PersonRef(PEOPLE[who], who))
        assert row is not None
        await Members(work).put(replace(row.value(), state=state, consents=agreed))
        await work.commit()


@pytest.mark.parametrize("who", ["bo", "dia"])
async def test_an_invitation_takes_no_consent_away_and_waits_again(north: Towns, who: str) -> None:
    await set_state(north, who, MemberState.INVITED, Consents())
    await linked(north)
    there = Consents(takes_part=True, counted=True, quoted=True, named=True)
    assert await consents(north, BO) == await consents(north, DIA) == there
    await north.says("bo", "!my unlink")
    assert (await members(north))[who] == MemberState.INVITED


async def test_who_was_put_out_with_one_account_is_out_with_both(north: Towns) -> None:
    agreed = Consents(takes_part=True, counted=True, quoted=True, named=True)
    await set_state(north, "bo", MemberState.BANNED, agreed)
    await linked(north)
    async with north.database.look() as work:
        circle = await Circles(work).named("north")
        member = await Members(work).of(circle.id if circle else 0, DIA)
    assert member is not None
    assert member.state is MemberState.BANNED


def test_every_table_that_tells_of_members_is_taken_along() -> None:
    found = {f"{table.name}.{column.name}" for table, column in keys_to_members()}
    assert {"answer.member_id", "contribution.member_id", "mentor_pair.mentee_id"} <= found
    for table, column in keys_to_members():
        keys = [each for each in table.primary_key.columns if each.type.python_type is int]
        assert tells_its_platform(table, column) or len(keys) == len(table.primary_key.columns) == 1


# --- whatever the order -----------------------------------------------------------------------

DEEDS = ("bo says", "dia says", "bo uncounted", "dia uncounted", "bo counted", "link", "unlink")


@dataclass
class Model:
    """What should be true of the two accounts."""

    linked: bool = False
    agreed: dict[str, bool] = field(default_factory=lambda: {"bo": True, "dia": True})
    said: dict[str, int] = field(default_factory=lambda: {"bo": 0, "dia": 0})

    def do(self, deed: str) -> None:
        """Change as the deed should change it."""
        who, _, what = deed.partition(" ")
        both = ("bo", "dia") if self.linked else (who,)
        if what == "says" and self.agreed["bo" if self.linked else who]:
            self.said[who] += 1
        elif what == "uncounted":
            self.agreed |= dict.fromkeys(("bo",) if self.linked else (who,), False)
            self.said |= dict.fromkeys(both, 0)
        elif what == "counted":
            self.agreed["bo"] = True
        elif deed == "link" and not self.linked:
            strict = all(self.agreed.values())
            self.linked, self.agreed = True, {"bo": strict, "dia": strict}
            self.said = self.said if strict else {"bo": 0, "dia": 0}
        elif deed == "unlink" and self.linked:
            self.linked = False
            self.agreed["dia"] = all(self.agreed.values())
            self.said["dia"] *= self.agreed["dia"]


async def lived(folder: Path, deeds: Sequence[str]) -> None:
    """Do all of it, and look after each deed."""
    async with two_towns(folder) as here:
        model = Model()
        for deed in deeds:
            await _do(here, deed)
            model.do(deed)
            platforms = {"bo": {"river"}, "dia": {"hill"}}
            wanted: dict[str, set[str]] = {}
            for who in ("bo", "dia"):
                if model.said[who]:
                    owner = "bo" if model.linked else who
                    wanted[owner] = wanted.get(owner, set()) | platforms[who]
            assert await counted(here) == wanted, deed
            for who in (BO, DIA):
                account = "bo" if model.linked else who.id
                assert (await consents(here, who)).counted == model.agreed[account], deed
        await here.says("dia", "!my forget yes")
        left = {"bo", "dia"} - (set() if not model.linked else {"bo"}) - {"dia"}
        assert set(await members(here)) & {"bo", "dia"} == left


async def _do(here: Towns, deed: str) -> None:
    who, _, what = deed.partition(" ")
    if what == "says":
        await here.says(who, "a word or two", SQUARE)
    elif what:
        await here.says(who, f"!my consent counted {'no' if what == 'uncounted' else 'yes'}")
    elif deed == "link":
        said = await here.says("bo", "!my link")
        found = CODE.search(said)
        if found is not None:
            await here.says("dia", f"!my link {found[1]}")
    else:
        await here.says("dia", "!my unlink")


@settings(max_examples=25, deadline=None)
@given(deeds=st.lists(st.sampled_from(DEEDS), max_size=9))
def test_in_whatever_order_it_is_one_ledger_and_nobody_gains_a_consent(
    tmp_path_factory: pytest.TempPathFactory, deeds: list[str]
) -> None:
    asyncio.run(lived(tmp_path_factory.mktemp("linked"), deeds))
