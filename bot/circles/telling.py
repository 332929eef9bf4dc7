"""Posts to one person or to every room of a circle, with what they always carry."""

from collections.abc import Iterable, Sequence

from bot.circles.model import Circle, Member, ThreadUse
from bot.conversation.model import (
    DeliveryKey,
    Document,
    Mention,
    People,
    RoomRef,
    say,
)
from bot.delivery.model import Outgoing, Quiet
from bot.delivery.rows import Outbox
from bot.store.work import UnitOfWork


def privately(
    member: Member,
    circle: Circle,
    document: Document,
    *,
    about: tuple[str, str, int],
    rooms: Sequence[RoomRef] = (),
    at_once: bool = False,
) -> Outgoing:
    """Return a private post to a member, held back in quiet hours on the member's clocks.

    `about` is the phase, the prompt and the occurrence of its key. Somebody who takes no direct
    messages is told so once in the circle's first room, without a word of what it is about.
    """
    phase, prompt, occurrence = about
    target = People.of(member.person)
    return Outgoing(
        key=DeliveryKey(str(circle.id), phase, prompt, occurrence, str(target)),
        to=target,
        document=document,
        circle=circle.id,
        quiet=None if at_once else Quiet(circle.quiet_since, circle.quiet_until, member.zone),
        instead=_instead(member, rooms),
    )


async def withdraw_from(member: Member, work: UnitOfWork, prompt: str = "") -> None:
    """Take back what waits for a member in a circle, or of that what one prompt says."""
    for account in member.accounts:
        await Outbox(work).withdraw_from(member.circle, People.of(account), prompt)


def to_facilitators(
    facilitators: Iterable[Member],
    circle: Circle,
    document: Document,
    *,
    about: tuple[str, str, int],
    at_once: bool = False,
) -> list[Outgoing]:
    """Return the same private post to every facilitator."""
    return [
        privately(each, circle, document, about=about, at_once=at_once) for each in facilitators
    ]


def to_rooms(
    rooms: Iterable[RoomRef], circle: Circle, document: Document, *, about: tuple[str, str, int]
) -> list[Outgoing]:
    """Return a post into every room, held back in quiet hours on the circle's clocks."""
    phase, prompt, occurrence = about
    return [
        Outgoing(
            key=DeliveryKey(str(circle.id), phase, prompt, occurrence, str(room)),
            to=room,
            document=document,
            circle=circle.id,
            quiet=Quiet(circle.quiet_since, circle.quiet_until, circle.zone),
            threaded=circle.threads is not ThreadUse.NONE,
        )
        for room in rooms
    ]


def _instead(member: Member, rooms: Sequence[RoomRef]) -> tuple[RoomRef, Document] | None:
    mine = [room for room in rooms if room.platform == member.person.platform]
    if not mine:
        return None
    words = say(
        Mention(member.person, member.name, member.others),
        ", I have a note for you and cannot reach you directly. When you like, write to me "
        "directly, or accept messages from me.",
        rings=True,
    )
    return mine[0], words
