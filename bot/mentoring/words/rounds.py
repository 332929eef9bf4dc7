"""What a facilitator sees of a round."""

from collections.abc import Mapping

from bot.circles.model import Member
from bot.conversation.model import (
    Block,
    Bullets,
    Document,
    Line,
    Text,
    document,
    line,
    paragraph,
    say,
)
from bot.mentoring.matching import Matching
from bot.mentoring.words.phrases import listed, reasons, why


def preview(matching: Matching, members: Mapping[int, Member], prefix: str) -> Document:
    """Return the pairs that would be proposed, each with its reasons, by the mentees' names."""
    if not matching.pairs and not matching.waiting:
        return nobody(prefix)
    count = len(matching.pairs)
    blocks: list[Block] = [paragraph(f"I would propose {_pairs(count)}. Nothing is sent yet.")]
    blocks += _round(matching, members)
    if count:
        blocks.append(
            paragraph(Text(f"{prefix}pairs send", "code"), " asks each of them privately.")
        )
    return document(*blocks)


def sent(matching: Matching, members: Mapping[int, Member], prefix: str) -> Document:
    """Return what was proposed to whom."""
    if not matching.pairs and not matching.waiting:
        return nobody(prefix)
    asked = f"I ask the people of {_pairs(len(matching.pairs))} privately, in their own day hours."
    told = "There is no new pair to propose." if not matching.pairs else asked
    blocks: list[Block] = [paragraph(told), *_round(matching, members)]
    closed = [
        members[who].name
        for pair in matching.pairs
        for who in (pair.mentor, pair.mentee)
        if members[who].unreachable
    ]
    if closed:
        blocks.append(
            paragraph(
                f"I may not reach {listed(sorted(set(closed)))} directly. "
                "Perhaps you can ask them to open a direct room with me."
            )
        )
    return document(*blocks)


def nobody(prefix: str) -> Document:
    """Return what is said when no one waits for a mentor."""
    return say(
        "Nobody waits for a mentor just now. Members type ",
        Text(f"{prefix}mentor seek facilitation, evaluation", "code"),
        " or ",
        Text(f"{prefix}mentor offer facilitation", "code"),
        ".",
    )


def _pairs(count: int) -> str:
    return f"{count} pair" if count == 1 else f"{count} pairs"


def _round(matching: Matching, members: Mapping[int, Member]) -> list[Block]:
    def name(member: int) -> str:
        return members[member].name

    pairs = [
        line(
            Text(name(pair.mentee), "strong"),
            " with ",
            Text(name(pair.mentor), "strong"),
            f" as mentor. {reasons(pair.fit, yours=False)}",
        )
        for pair in sorted(matching.pairs, key=lambda pair: (name(pair.mentee), pair.mentee))
    ]
    left = sorted((*matching.waiting, *matching.idle), key=lambda each: name(each.profile.member))
    others: list[Line] = [
        line(Text(name(each.profile.member), "strong"), f": {why(each, you=False)}")
        for each in left
    ]
    blocks: list[Block] = [Bullets(tuple(pairs))] if pairs else []
    return blocks + ([paragraph("Not in a pair this time:"), Bullets(tuple(others))] * bool(others))
