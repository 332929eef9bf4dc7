"""A circle as files: tables for spreadsheets, and the record of what was said, as consented."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

from bot.circles.model import Member, MemberState, Step
from bot.circles.rows import Circles, Members, Steps
from bot.conversation.model import DomainError
from bot.participation.model import Contribution
from bot.participation.rows import Contributions
from bot.participation.usecases import counts_words
from bot.prompting.model import PromptAnswer, Shown
from bot.prompting.rows import Answers
from bot.publication.choosing import Names
from bot.publication.rows import Publications
from bot.store.work import Begin


@dataclass(frozen=True)
class ExportCircle:
    """Reads a circle and returns it as files; it may run beside the bot.

    `unread` are the platforms that keep words from the bot: then no words are counted.
    """

    look: Begin
    unread: frozenset[str] = frozenset()

    async def __call__(self, name: str) -> dict[str, str]:
        """Return the files' texts by their names.

        Who did not agree to be named is a number that means nothing outside the export, also
        inside the words of others; who did not agree to be counted or quoted is not in those
        tables. Whose an answer is that was given without a name is told nowhere.

        Raises:
            DomainError: there is no such circle.
        """
        async with self.look() as work:
            circle = await Circles(work).named(name)
            if circle is None:
                raise DomainError(f"There is no circle {name}.")
            members = await Members(work).in_circle(circle.id)
            answers = await Answers(work).in_circle(circle.id)
            contributions = await Contributions(work).in_circle(circle.id)
            if not await counts_words(circle.id, self.unread, work):
                contributions = [replace(each, words=None) for each in contributions]
            steps = await Steps(work).in_circle(circle.id)
            published = await Publications(work).last(circle.id)
        heard = [(a.answered_at, a.member) for a in answers if a.text is not None]
        heard += [(c.sent_at, c.member) for c in contributions]
        shown, names = shown_names(members, heard), Names.of(members, {})
        answers = [_as_told(a, a.text, names) for a in answers if a.text is not None]
        named = frozenset(m.id for m in members if m.consents.named)
        files = {
            "members.csv": _members(members, shown),
            "answers.csv": _answers(answers, shown),
            "steps.csv": _steps(steps, members, shown),
            "contributions.csv": _contributions(contributions, shown),
            "record.jsonl": _record(answers, shown, named),
        }
        if published is not None:
            files |= {"publication.md": published.markdown, "publication.html": published.html}
        return files


def _as_told(answer: PromptAnswer, text: str, names: Names) -> PromptAnswer:
    """Return an answer as everybody may read it.

    One whose author did not want to be known for it has no more than its day: the table of
    contributions would tell whose it is by the minute.
    """
    if answer.shown is not Shown.UNNAMED:
        return replace(answer, text=names.masked(text))
    day = datetime.combine(answer.answered_at.date(), time(), UTC)
    return replace(answer, text=names.masked(text, without=answer.member), answered_at=day)


def _author(answer: PromptAnswer, shown: Mapping[int, str]) -> str:
    return "a member" if answer.shown is Shown.UNNAMED else shown[answer.member]


def shown_names(members: Sequence[Member], heard: Iterable[tuple[datetime, int]]) -> dict[int, str]:
    """Return how each member appears: by name if they agreed to be named, else by a number.

    The numbers follow who was `heard` first, as the other tables show it: in the order of joining
    the first would be known to all, as the one who made the circle.
    """
    first = {member: moment for moment, member in sorted(heard, reverse=True)}
    last = datetime.max.replace(tzinfo=UTC)
    hidden = [m for m in members if not m.consents.named]
    hidden.sort(key=lambda m: (first.get(m.id, last), m.state.value))
    numbered = {m.id: f"member {number}" for number, m in enumerate(hidden, start=1)}
    return {m.id: numbered.get(m.id, m.name) for m in members}


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return CSV; a cell that a spreadsheet would take for a formula is quoted with a mark."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return out.getvalue()


def _harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@")) else cell


def _members(members: Sequence[Member], shown: Mapping[int, str]) -> str:
    """Return who is in the circle, those with a name first.

    Who is not named has no role there and no day of joining: all know who facilitates.
    """
    rows = [
        (shown[m.id], " ".join(sorted(m.roles)), m.state.value, m.joined_at.isoformat())
        if m.consents.named
        else (shown[m.id], "", m.state.value, "")
        for m in sorted(members, key=lambda m: (not m.consents.named, shown[m.id]))
        if m.state is not MemberState.INVITED
    ]
    return _table(("member", "roles", "state", "joined_at"), rows)


def _answers(answers: Sequence[PromptAnswer], shown: Mapping[int, str]) -> str:
    return _table(
        ("phase", "prompt", "occurrence", "member", "answered_at", "text"),
        (
            (
                a.asked.phase,
                a.asked.prompt,
                a.asked.occurrence,
                _author(a, shown),
                a.answered_at.isoformat(),
                a.text,
            )
            for a in answers
        ),
    )


def _steps(steps: Sequence[Step], members: Sequence[Member], shown: Mapping[int, str]) -> str:
    """Return what was done with the circle; only who is in it and named stands there.

    What somebody did would tell who they are.
    """
    named = {member.id for member in members if member.consents.named}
    people = {member.person: shown[member.id] for member in members if member.id in named}
    return _table(
        ("at", "by", "what", "about", "undone_at"),
        (
            (
                step.at.isoformat(),
                people.get(step.by, "") if step.by else "",
                step.kind.value,
                shown[step.about] if step.about in named else "",
                step.undone_at.isoformat() if step.undone_at else "",
            )
            for step in steps
        ),
    )


def _contributions(found: Sequence[Contribution], shown: Mapping[int, str]) -> str:
    return _table(
        ("member", "phase", "kind", "sent_at", "words"),
        ((shown[c.member], c.phase, c.kind.value, c.sent_at.isoformat(), c.words) for c in found),
    )


def _record(
    answers: Sequence[PromptAnswer], shown: Mapping[int, str], by_name: frozenset[int]
) -> str:
    """Return the answers as a record of the conversation, one JSON object a line.

    The place of a message is left out for who is not named: it would lead back to them.
    """
    lines: list[dict[str, object]] = []
    for number, answer in enumerate(answers, start=1):
        named = answer.member in by_name and answer.shown is not Shown.UNNAMED
        lines.append(
            {
                "id": answer.message.id if named else str(number),
                "at": answer.answered_at.isoformat(),
                "platform": answer.message.room.platform,
                "room": answer.message.room.id,
                "thread": None,
                "kind": "answer",
                "author": _author(answer, shown),
                "text": answer.text,
                "reply_to": None,
                "target": None,
                "mentions": [],
            }
        )
    return "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in lines)
