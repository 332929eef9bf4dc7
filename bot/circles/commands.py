"""The commands of a circle's life, declared once."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Annotated

from bot.circles import words
from bot.circles.model import CONSENTS, ROLES, ThreadUse
from bot.circles.usecases.joining import BeginJoining
from bot.circles.usecases.life import (
    AttachRoom,
    ChangeDates,
    ChangeState,
    GiveRole,
    MakeCircle,
    ShowMine,
    ShowStatus,
)
from bot.circles.usecases.linking import LinkAccounts
from bot.circles.usecases.membership import ChangeMembership
from bot.circles.usecases.ports import NewCircle
from bot.circles.usecases.threads import ChangeThreads
from bot.circles.usecases.undoing import UndoStep
from bot.conversation.model import Audience, Caller, Document, Form, Role
from bot.conversation.registry import Arg, Bound, Command

THREADS = tuple(use.value for use in ThreadUse)


@dataclass(frozen=True, slots=True)
class CircleNew:
    """Make a circle; the room you write in belongs to it."""

    name: Annotated[str, Arg("One word of letters, digits and hyphens")]
    first_day: Annotated[date, Arg("The first day of the opening, as year-month-day")]
    preset: Annotated[str, Arg("How long: 6-week, 10-week or 16-week", like=r"\d+(-weeks?)?")] = ""
    zone: Annotated[str, Arg("The circle's time zone, like Europe/Berlin", like=r"\w+/\S+|UTC")] = (
        ""
    )
    question: Annotated[str, Arg("The guiding question, in quotes", named=True)] = ""
    rest: Annotated[date | None, Arg("The first day of a week of rest", named=True)] = None
    threads: Annotated[
        str, Arg("A thread for each prompt, each week, or none", choices=THREADS, named=True)
    ] = "auto"
    method: Annotated[str, Arg("The method", named=True)] = "learning-circle"
    licence: Annotated[str, Arg("The licence of what is published, in quotes", named=True)] = ""
    purpose: Annotated[str, Arg("What the circle is for", rest=True)] = ""


async def _new(verb: MakeCircle, ask: CircleNew, caller: Caller) -> Document:
    new = NewCircle(
        name=ask.name,
        opens_on=ask.first_day,
        purpose=ask.purpose,
        question=ask.question,
        method=ask.method,
        preset=ask.preset,
        zone=ask.zone,
        break_on=ask.rest,
        threads=ask.threads,
        licence=ask.licence,
    )
    circle, here = await verb(new, caller)
    return words.made(circle, verb.defaults.prefix, here=here)


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing more is asked."""


@dataclass(frozen=True, slots=True)
class CircleAttach(Nothing):
    """Make this room one of the circle's."""


async def _attach(verb: AttachRoom, _ask: CircleAttach, caller: Caller) -> Document:
    return words.attached(await verb(caller))


@dataclass(frozen=True, slots=True)
class CircleStatus(Nothing):
    """Show where the circle is and what comes next."""


async def _status(verb: ShowStatus, _ask: CircleStatus, caller: Caller) -> Document:
    return await verb(caller)


@dataclass(frozen=True, slots=True)
class MyCircles(Nothing):
    """Show the circles you are in."""


async def _mine(verb: ShowMine, _ask: MyCircles, caller: Caller) -> Document:
    return await verb(caller)


@dataclass(frozen=True, slots=True)
class CircleOpen(Nothing):
    """Open the circle; its prompts begin."""


async def _open(verb: ChangeState, _ask: CircleOpen, caller: Caller) -> Document:
    return await verb.open(caller)


@dataclass(frozen=True, slots=True)
class CirclePause(Nothing):
    """Let the prompts rest."""


async def _pause(verb: ChangeState, _ask: CirclePause, caller: Caller) -> Document:
    return await verb.pause(caller)


@dataclass(frozen=True, slots=True)
class CircleResume(Nothing):
    """Let the prompts go on."""


async def _resume(verb: ChangeState, _ask: CircleResume, caller: Caller) -> Document:
    return await verb.resume(caller)


@dataclass(frozen=True, slots=True)
class CircleClose(Nothing):
    """End the circle; the publication can still be finished."""


async def _close(verb: ChangeState, _ask: CircleClose, caller: Caller) -> Document:
    return await verb.close(caller)


@dataclass(frozen=True, slots=True)
class CircleExtend:
    """Make the present phase longer, and all after it later."""

    weeks: Annotated[int, Arg("How many weeks", 1, 12)]


async def _extend(verb: ChangeDates, ask: CircleExtend, caller: Caller) -> Document:
    return await verb.extend(ask.weeks, caller)


@dataclass(frozen=True, slots=True)
class CircleMove:
    """Let a phase begin on another day, and the rest with it."""

    phase: Annotated[str, Arg("The phase, like planning", suggest="phase")]
    date: Annotated[date, Arg("Its new first day, as year-month-day")]
    what: Annotated[str, Arg("This date only, or the rest too", choices=("rest", "only"))] = "rest"


async def _move(verb: ChangeDates, ask: CircleMove, caller: Caller) -> Document:
    return await verb.move(ask.phase, ask.date, rest=ask.what == "rest", caller=caller)


@dataclass(frozen=True, slots=True)
class CircleRoles:
    """Show who does what, or give somebody a role."""

    who: Annotated[str, Arg("The member's name or address", suggest="member")] = ""
    role: Annotated[str, Arg("The role", choices=("", *ROLES))] = ""
    take: Annotated[bool, Arg("Take the role away instead")] = False


async def _roles(verb: GiveRole, ask: CircleRoles, caller: Caller) -> Document:
    return await verb(ask.who, ask.role, caller, take=ask.take)


@dataclass(frozen=True, slots=True)
class CircleThreads:
    """Show or change where answers go: a thread for each prompt, each week, or none."""

    use: Annotated[str, Arg("Which posts open a thread", choices=("", *THREADS))] = ""


async def _threads(verb: ChangeThreads, ask: CircleThreads, caller: Caller) -> Document:
    return await verb(ask.use, caller)


@dataclass(frozen=True, slots=True)
class CircleUndo:
    """Undo the last step with the circle; without yes, I only say what that would do."""

    sure: Annotated[bool, Arg("yes, to do it")] = False
    what: Annotated[str, Arg("Remove the posts that told of it too?", choices=("", "redact"))] = ""


async def _undo(verb: UndoStep, ask: CircleUndo, caller: Caller) -> Document:
    return await verb(caller, sure=ask.sure, redact=ask.what == "redact")


@dataclass(frozen=True, slots=True)
class Join:
    """Join a circle; I ask you five short things, privately."""

    goal: Annotated[str, Arg("What you would like to learn or to make", named=True)] = ""
    gives: Annotated[str, Arg("What you can give", named=True)] = ""
    needs: Annotated[str, Arg("What you need from others", named=True)] = ""
    zone: Annotated[str, Arg("Your time zone, like Europe/Berlin", named=True)] = ""
    consents: Annotated[
        str, Arg(f"What you agree to, in quotes: {', '.join(CONSENTS)}", named=True)
    ] = ""


async def _join(verb: BeginJoining, ask: Join, caller: Caller) -> Document:
    given = {name: word for name, word in asdict(ask).items() if word}
    return await (verb.at_once(given, caller) if given else verb(caller))


async def _join_form(verb: BeginJoining, given: Mapping[str, str], caller: Caller) -> Form:
    return await verb.form(given, caller)


@dataclass(frozen=True, slots=True)
class Leave(Nothing):
    """Leave a circle."""


async def _leave(verb: ChangeMembership, _ask: Leave, caller: Caller) -> Document:
    return await verb.leave(caller)


@dataclass(frozen=True, slots=True)
class MyAway:
    """Be excused until a day; without a day, be back."""

    until: Annotated[date | None, Arg("The day you are back, as year-month-day")] = None


async def _away(verb: ChangeMembership, ask: MyAway, caller: Caller) -> Document:
    return await verb.away(ask.until, caller)


@dataclass(frozen=True, slots=True)
class MyLink:
    """Link your account here with one on another platform."""

    code: Annotated[
        str, Arg("The code that your other account got; without it you get one", rest=True)
    ] = ""


async def _link(verb: LinkAccounts, ask: MyLink, caller: Caller) -> Document:
    return await verb(ask.code, caller)


@dataclass(frozen=True, slots=True)
class MyUnlink(Nothing):
    """Part your linked accounts again."""


async def _unlink(verb: LinkAccounts, _ask: MyUnlink, caller: Caller) -> Document:
    return await verb.unlink(caller)


@dataclass(frozen=True, slots=True)
class MyZone:
    """Say which time zone your clocks show."""

    zone: Annotated[str, Arg("A zone like Europe/Berlin", rest=True)]


async def _zone(verb: ChangeMembership, ask: MyZone, caller: Caller) -> Document:
    return await verb.zone(ask.zone, caller)


@dataclass(frozen=True, slots=True)
class MyConsent:
    """Show or change what you agreed to."""

    what: Annotated[str, Arg("Which", choices=("", *CONSENTS))] = ""
    answer: Annotated[bool, Arg("yes or no")] = False


async def _consent(verb: ChangeMembership, ask: MyConsent, caller: Caller) -> Document:
    if not ask.what:
        return await verb.show_consents(caller)
    return await verb.consent(CONSENTS[ask.what], ask.answer, caller)


_FACILITATOR = Role.FACILITATOR
_ROOM = Audience.ROOM

NEW = Command(
    "circle new", CircleNew, _new, role=Role.ORGANISER, audience=_ROOM, example="north {date}"
)
ATTACH = Command("circle attach", CircleAttach, _attach, _FACILITATOR, _ROOM, circle=True)
STATUS = Command("circle status", CircleStatus, _status, Role.MEMBER, circle=True)
MINE = Command("my circles", MyCircles, _mine)
OPEN = Command("circle open", CircleOpen, _open, _FACILITATOR, _ROOM, circle=True)
PAUSE = Command("circle pause", CirclePause, _pause, _FACILITATOR, _ROOM, circle=True)
RESUME = Command("circle resume", CircleResume, _resume, _FACILITATOR, _ROOM, circle=True)
CLOSE = Command("circle close", CircleClose, _close, _FACILITATOR, _ROOM, circle=True)
EXTEND = Command(
    "circle extend", CircleExtend, _extend, _FACILITATOR, _ROOM, circle=True, example="1"
)
MOVE = Command(
    "circle move", CircleMove, _move, _FACILITATOR, _ROOM, circle=True, example="planning {date}"
)
ROLES_COMMAND = Command(
    "circle roles", CircleRoles, _roles, _FACILITATOR, circle=True, example="Ana carer"
)
THREADS_COMMAND = Command(
    "circle threads", CircleThreads, _threads, _FACILITATOR, circle=True, example="week"
)
UNDO = Command("circle undo", CircleUndo, _undo, _FACILITATOR, circle=True)
JOIN = Command("join", Join, _join, circle=True, open=True, form=_join_form)
LEAVE = Command("leave", Leave, _leave, Role.MEMBER, circle=True)
AWAY = Command("my away", MyAway, _away, Role.MEMBER, circle=True, example="{date}")
LINK = Command("my link", MyLink, _link)
UNLINK = Command("my unlink", MyUnlink, _unlink)
ZONE = Command("my zone", MyZone, _zone, example="Europe/Berlin")
CONSENT = Command("my consent", MyConsent, _consent, circle=True, example="named no")


def circle_commands(
    make: MakeCircle,
    attach: AttachRoom,
    status: ShowStatus,
    mine: ShowMine,
    state: ChangeState,
    dates: ChangeDates,
    roles: GiveRole,
    threads: ChangeThreads,
    undo: UndoStep,
    joining: BeginJoining,
    membership: ChangeMembership,
    linking: LinkAccounts,
) -> Iterable[Bound]:
    """Return the commands, tied to their verbs."""
    yield NEW.using(make)
    yield ATTACH.using(attach)
    yield STATUS.using(status)
    yield from (each.using(state) for each in (OPEN, PAUSE, RESUME, CLOSE))
    yield EXTEND.using(dates)
    yield MOVE.using(dates)
    yield ROLES_COMMAND.using(roles)
    yield THREADS_COMMAND.using(threads)
    yield UNDO.using(undo)
    yield JOIN.using(joining)
    yield LEAVE.using(membership)
    yield MINE.using(mine)
    yield from (each.using(membership) for each in (AWAY, CONSENT))
    yield ZONE.using(membership)
    yield LINK.using(linking)
    yield UNLINK.using(linking)
