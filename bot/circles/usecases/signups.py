"""A list of sign-ups from a spreadsheet: everybody on it is asked privately to join, once."""

import codecs
import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields

from bot.circles import words
from bot.circles.model import Circle, CircleState, Consents, Member, MemberState
from bot.circles.rows import Circles, Members
from bot.circles.telling import privately
from bot.circles.usecases.ports import Defaults
from bot.conversation.ids import LOOKS, how_written, platform_of
from bot.conversation.model import Clock, DomainError, PersonRef
from bot.conversation.zones import zone_named
from bot.delivery.usecases import Post
from bot.store.work import Begin, UnitOfWork

SEPARATORS = ",;\t"
"""What stands between columns; spreadsheets write semicolons where a comma is for decimals."""
MOST_TOLD = 10
_CUT = re.compile(r"[0-9]+([.,][0-9]+)?[eE]\+?[0-9]+")
"""A long number as spreadsheets shorten it: its last digits are lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """One row of a list; `id` is one of a known platform, `zone` is empty or an IANA name."""

    id: str
    name: str = ""
    goal: str = ""
    gives: str = ""
    needs: str = ""
    zone: str = ""

    @property
    def person(self) -> PersonRef:
        """Who it is."""
        return PersonRef(platform_of(self.id) or "", self.id)


COLUMNS = tuple(field.name for field in fields(SignUp))
Rows = dict[int, SignUp]
"""The people on a list by the number of their row, the line with the columns being row 1."""


@dataclass(frozen=True)
class ImportSignUps:
    """Takes a list of sign-ups."""

    begin: Begin
    clock: Clock
    post: Post
    defaults: Defaults
    platforms: Collection[str]

    async def __call__(self, circle_name: str, text: str) -> str:
        """Return in words who will be asked, who will not, and when; `text` is CSV.

        Raises:
            DomainError: the circle is not there or closed, or a row is wrong; nothing is written.
        """
        people = read_sign_ups(text, self.platforms)
        known = []
        async with self.begin() as work:
            circle = await Circles(work).named(circle_name)
            if circle is None:
                raise DomainError(f"There is no circle {circle_name}.")
            if circle.state is CircleState.CLOSED:
                raise DomainError(f"The circle {circle.name} is closed.")
            for number, signed in people.items():
                if await Members(work).of(circle.id, signed.person) is None:
                    await self._ask(circle, signed, work)
                else:
                    known.append(number)
            await work.commit()
        return words.signed_up(circle, len(people) - len(known), known)

    async def _ask(self, circle: Circle, signed: SignUp, work: UnitOfWork) -> None:
        member = await Members(work).put(
            Member(
                id=0,
                circle=circle.id,
                person=signed.person,
                name=signed.name or signed.id,
                roles=frozenset({"member"}),
                state=MemberState.INVITED,
                joined_at=self.clock.now(),
                goal=signed.goal,
                gives=signed.gives,
                needs=signed.needs,
                zone=signed.zone or circle.zone,
                consents=Consents(),
            )
        )
        said = words.invited(circle, self.defaults.prefix)
        await self.post([privately(member, circle, said, about=("-", "signed-up", 0))], work)


def decoded(content: bytes) -> str:
    """Return the text of a file that a spreadsheet saved: UTF-8, or UTF-16 that says so.

    Raises:
        DomainError: it is something else; the text says how to save it.
    """
    wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise DomainError(
            "I cannot read this file: it is no CSV in UTF-8. Save it anew: in Excel as “CSV "
            "UTF-8”, in LibreOffice as “Text CSV” with the character set Unicode (UTF-8)."
        )
    return text


def read_sign_ups(text: str, platforms: Collection[str]) -> Rows:
    """Return the people on a list whose first line names the columns; all are on `platforms`.

    Raises:
        DomainError: a column or a value is wrong; the text says in which rows.
    """
    table = dict(_rows(text))
    columns = [name.lower() for name in table.pop(min(table), [])] if table else []
    unknown = [name for name in columns if name not in COLUMNS]
    if "id" not in columns or unknown or len(set(columns)) < len(columns):
        wrong = f" I do not know {', '.join(unknown)}." if unknown else ""
        raise DomainError(
            f"The first line names the columns: {', '.join(COLUMNS)}; each at most once, and only "
            f"id must be there.{wrong}"
        )
    if not table:
        raise DomainError("Nobody is on the list: there is nothing below its first line.")
    return _people(columns, table, platforms)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows that hold something, numbered as a spreadsheet does."""
    separator = max(SEPARATORS, key=text.partition("\n")[0].count)
    number = 0
    try:
        table = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        for number, cells in enumerate(table, start=1):
            if any(cell.strip() for cell in cells):
                yield number, [cell.strip() for cell in cells]
    except csv.Error:
        raise DomainError(f"Row {number + 1}: its quotation marks do not match.") from None


def _people(
    columns: Sequence[str], table: dict[int, list[str]], platforms: Collection[str]
) -> Rows:
    people, faults = {}, []
    for number, cells in table.items():
        try:
            people[number] = _person(columns, cells, platforms)
        except DomainError as fault:
            faults.append(f"Row {number}{fault}")
    if faults:
        more = len(faults) - MOST_TOLD
        rest = [f"And {more} more rows."] if more > 0 else []
        raise DomainError("\n".join([*faults[:MOST_TOLD], *rest, "Nobody was signed up."]))
    return people


def _person(columns: Sequence[str], cells: Sequence[str], platforms: Collection[str]) -> SignUp:
    """Return one row; cells left out at its end are empty."""
    if any(cells[len(columns) :]):
        raise DomainError(
            " has more cells than there are columns: put words with a separator in quotation marks."
        )
    given = dict(zip(columns, cells, strict=False))
    if fault := _fault(given["id"], platforms):
        raise DomainError(f", column id: {fault}.")
    if given.get("zone"):
        try:
            given["zone"] = zone_named(given["zone"])
        except DomainError as fault:
            raise DomainError(f", column zone: {fault}") from None
    return SignUp(**given)


def _fault(person: str, platforms: Collection[str]) -> str:
    """Return what is wrong with an id, empty when nothing is."""
    platform = platform_of(person)
    if platform in platforms:
        return ""
    if platform is not None:
        return f"{person} is somebody on {LOOKS[platform].title}, where the bot is not set up"
    if _CUT.fullmatch(person):
        return (
            "the spreadsheet has cut this number. Format the column as text, and paste the id in "
            "once more"
        )
    return how_written(platforms) if person else "it is empty"
