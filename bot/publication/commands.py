"""The commands about marks, reviews and publications, declared once."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from bot.conversation.model import Caller, Document, Role
from bot.conversation.registry import Arg, Bound, Command
from bot.publication.model import MarkKind, QuoteState
from bot.publication.usecases.drafting import DraftSummary, PublishSummary
from bot.publication.usecases.leaving import LeaveOut
from bot.publication.usecases.marking import MarkMessage, UnmarkMessage
from bot.publication.usecases.reviewing import ListLines, ReviewLines

_KIND = Arg("What it is", choices=tuple(kind.value for kind in MarkKind))
_WHICH = Arg("The line's number, or all", rest=True)


@dataclass(frozen=True, slots=True)
class MarkThis:
    """Mark the message you reply to as worth keeping."""

    kind: Annotated[str, Arg("What it is", choices=tuple(kind.value for kind in MarkKind))] = (
        MarkKind.INSIGHT.value
    )


async def _mark(verb: MarkMessage, ask: MarkThis, caller: Caller) -> Document:
    return await verb(MarkKind(ask.kind), caller)


@dataclass(frozen=True, slots=True)
class UnmarkThis:
    """Take your mark away from the message you reply to."""


async def _unmark(verb: UnmarkMessage, _ask: UnmarkThis, caller: Caller) -> Document:
    return await verb(caller)


@dataclass(frozen=True, slots=True)
class Omit:
    """Leave the message you reply to out of the publication."""


async def _omit(verb: LeaveOut, _ask: Omit, caller: Caller) -> Document:
    return await verb(caller)


@dataclass(frozen=True, slots=True)
class ReviewList:
    """Show you the lines in which you would be quoted."""


async def _list(verb: ListLines, _ask: ReviewList, caller: Caller) -> Document:
    return await verb(caller)


@dataclass(frozen=True, slots=True)
class ReviewApprove:
    """Let a line of yours be published as it is shown to you."""

    line: Annotated[str, _WHICH] = ""


async def _approve(verb: ReviewLines, ask: ReviewApprove, caller: Caller) -> Document:
    return await verb(QuoteState.APPROVED, ask.line, caller)


@dataclass(frozen=True, slots=True)
class ReviewUnname:
    """Let a line of yours be published without your name."""

    line: Annotated[str, _WHICH] = ""


async def _unname(verb: ReviewLines, ask: ReviewUnname, caller: Caller) -> Document:
    return await verb(QuoteState.UNNAMED, ask.line, caller)


@dataclass(frozen=True, slots=True)
class ReviewWithdraw:
    """Take a line of yours back, so that it is not published."""

    line: Annotated[str, _WHICH] = ""


async def _withdraw(verb: ReviewLines, ask: ReviewWithdraw, caller: Caller) -> Document:
    return await verb(QuoteState.WITHDRAWN, ask.line, caller)


@dataclass(frozen=True, slots=True)
class SummaryDraft:
    """Draft the publication, and ask those quoted."""


async def _draft(verb: DraftSummary, _ask: SummaryDraft, caller: Caller) -> Document:
    return await verb(caller)


@dataclass(frozen=True, slots=True)
class SummaryPublish:
    """Publish what was approved, in the circle's rooms."""


async def _publish(verb: PublishSummary, _ask: SummaryPublish, caller: Caller) -> Document:
    return await verb(caller)


MARK = Command(
    "mark",
    MarkThis,
    _mark,
    Role.MEMBER,
    circle=True,
    open=True,
    menu="Mark for the publication",
)
OMIT = Command("omit", Omit, _omit, circle=True, open=True, menu="Leave out of the publication")
UNMARK = Command(
    "unmark",
    UnmarkThis,
    _unmark,
    Role.MEMBER,
    circle=True,
    open=True,
    menu="Take my mark away",
)
LIST = Command("review list", ReviewList, _list, Role.MEMBER, circle=True)
APPROVE = Command("review approve", ReviewApprove, _approve, Role.MEMBER, circle=True, example="2")
UNNAME = Command("review unname", ReviewUnname, _unname, Role.MEMBER, circle=True, example="2")
WITHDRAW = Command(
    "review withdraw", ReviewWithdraw, _withdraw, Role.MEMBER, circle=True, example="2"
)
DRAFT = Command("summary draft", SummaryDraft, _draft, Role.FACILITATOR, circle=True)
PUBLISH = Command("summary publish", SummaryPublish, _publish, Role.FACILITATOR, circle=True)


def publication_commands(
    mark: MarkMessage,
    unmark: UnmarkMessage,
    leave_out: LeaveOut,
    list_lines: ListLines,
    review: ReviewLines,
    draft: DraftSummary,
    publish: PublishSummary,
) -> Iterator[Bound]:
    """Yield the commands, tied to their verbs."""
    yield MARK.using(mark)
    yield UNMARK.using(unmark)
    yield OMIT.using(leave_out)
    yield LIST.using(list_lines)
    for command in (APPROVE, UNNAME, WITHDRAW):
        yield command.using(review)
    yield DRAFT.using(draft)
    yield PUBLISH.using(publish)
