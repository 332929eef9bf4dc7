"""What is said about participation; to the facilitator, and never as a rank."""

from collections.abc import Sequence
from datetime import datetime

from bot.circles.model import Circle, Member
from bot.conversation.model import (
    Bullets,
    Document,
    Inline,
    Line,
    Moment,
    Text,
    document,
    line,
    say,
)


def quiet(circle: Circle, found: Sequence[tuple[Member, datetime | None]], days: int) -> Document:
    """Return who has not been heard from, and what may help."""
    if not found:
        return say(
            f"Everyone of {circle.name} whom I may count was heard from in the last {days} days, "
            "is new, or is away."
        )
    items = tuple(_one(circle, member, last) for member, last in found)
    return document(
        f"Not heard from in {circle.name} for {days} days:",
        Bullets(items),
        "They may be well and reading. A private, friendly word helps more than a public one: a "
        "small question, an easy first step, or simply that they are missed. This counts only "
        "members who agreed to be counted, and leaves out who is away or new.",
    )


def _one(circle: Circle, member: Member, last: datetime | None) -> Line:
    when: list[Inline] = [Text("not heard from yet")]
    if last is not None:
        when = [Text("last heard from on "), Moment(last, circle.zone, "date")]
    return line(f"{member.name}: ", *when)
