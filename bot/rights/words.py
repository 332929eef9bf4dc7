"""What members are told about their data."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime

from bot.circles.model import Circle, Joining, Member
from bot.circles.words import consents, day
from bot.conversation.model import (
    Block,
    Code,
    Document,
    File,
    Heading,
    Moment,
    PersonRef,
    Text,
    bullets,
    document,
    line,
    paragraph,
    say,
)


def accounts(linked: Sequence[PersonRef]) -> list[Block]:
    """Return which other account is linked with the one that asks."""
    return [
        paragraph(f"linked with your account on {other.platform.title()}: {other.id}")
        for other in linked[1:]
    ]


def membership(circle: Circle, member: Member) -> list[Block]:
    """Return what a circle keeps of a member."""
    facts = [
        line(f"name: {member.name}"),
        line(f"address: {member.person.id}"),
        line(f"roles: {', '.join(sorted(member.roles))}; {member.state.value}"),
        line("since: ", Moment(member.joined_at, member.zone)),
        line(f"goal: {member.goal or '-'}"),
        line(f"gives: {member.gives or '-'}"),
        line(f"needs: {member.needs or '-'}"),
        line(f"time zone: {member.zone}"),
    ]
    if member.away_until is not None:
        facts.append(line(f"away until: {day(member.away_until)}"))
    if member.unreachable:
        facts.append(line("direct messages to you did not arrive"))
    return [Heading(line(circle.name), 3), bullets(facts), consents(member.consents)]


def joining(held: Joining) -> list[Block]:
    """Return what an unfinished exchange holds."""
    return [paragraph("You are in the middle of joining; so far you said:"), bullets(held.answers)]


def data(
    blocks: Sequence[Block],
    shown: int,
    full: Mapping[str, Sequence[object]],
    prefix: str,
    *,
    as_file: bool,
) -> Document:
    """Return everything, or that there is nothing; `shown` counts commands typed in a room."""
    held = any(full.values())
    if not (blocks or shown or held):
        return say("I keep nothing about you.")
    where = f"the places of {shown} of your commands" if shown > 1 else "the place of one command"
    note = f"I note {where} that you typed in a room, so that I can tidy it away." if shown else ""
    text = json.dumps(_plain(full), ensure_ascii=False, indent=1)
    about = "Everything that is kept about you, every row in full."
    file = File("my-data.json", "application/json", text.encode(), about)
    return document(
        "This is everything that I keep about you." + (" In full it stands at the end." * held),
        *blocks,
        *([note] if note else []),
        paragraph("To remove it all: ", Text(f"{prefix}my forget yes", "code")),
        *([file if as_file else Code(text)] if held else []),
    )


def _plain(value: object) -> object:
    """Return a value in what JSON knows."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, frozenset):
        return sorted((_plain(each) for each in value), key=str)
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value if isinstance(value, int | float | None) else str(value)


def what_would_go(prefix: str) -> Document:
    """Return what forgetting does, before it is done."""
    return document(
        "I would remove your membership of every circle, your answers, what I counted, your "
        "mentoring profile and pairs, your lines in drafts, and your name on what you did with a "
        "circle, like moving its dates. A publication that is out already "
        "stays where people saved it; I tell its facilitators to publish it again without you.",
        paragraph("To do it: ", Text(f"{prefix}my forget yes", "code")),
    )


def gone() -> Document:
    """Return that all is removed."""
    return say(
        "It is done: I keep nothing about you any more. What you wrote in the rooms is still "
        "there; you can delete it yourself. Thank you for having been here."
    )


def tidied(count: int) -> Document:
    """Return how many commands are removed."""
    if not count:
        return say("There is no command of yours to remove.")
    return say("Your command is removed." if count == 1 else f"{count} commands are removed.")


def health(
    version: str,
    heard: Sequence[tuple[str, str, datetime | None]],
    database: tuple[int, str],
    waiting: tuple[int, int],
    circles: Mapping[str, int],
) -> Document:
    """Return how the bot does: accounts by platform, the database, what waits, the circles."""
    size, revision = database
    posts, events = waiting
    states = ", ".join(f"{count} {state}" for state, count in sorted(circles.items())) or "none"
    accounts = [
        line(f"{name}: {account}, last heard something ", Moment(at) if at else "never")
        for name, account, at in heard
    ]
    facts = [
        f"database: {size / 1_000_000:.1f} MB, revision {revision}",
        f"waiting to be sent: {posts}; waiting for an answer: {events}",
        f"circles: {states}",
    ]
    return document(f"Circlekeeper {version}", bullets([*accounts, *facts]))
