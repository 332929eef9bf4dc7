"""The introduction: in a room of the two, or to each of them privately."""

from bot.circles.model import Member
from bot.conversation.model import (
    Block,
    Bullets,
    Document,
    Link,
    Paragraph,
    Text,
    document,
    line,
    paragraph,
    say,
)
from bot.mentoring.model import Pair, Way
from bot.mentoring.words.phrases import mention, platform_of, reasons, strong, switched, typed

_IN_TWO_WEEKS = "In two weeks I ask each of you once, privately, how it goes."


def kick_off(
    pair: Pair, mentor: Member, mentee: Member, circle: str, prefix: str, *, alone: bool
) -> Document:
    """Return the introduction with what to agree on; `alone` in a room of the two."""
    here = "This room is yours: I store nothing that you write here. " * alone
    return document(
        paragraph(
            mention(mentor),
            ", meet ",
            mention(mentee),
            f". You have both said yes to mentoring in {circle}. {reasons(pair.fit, yours=True)}",
        ),
        *_agreement(pair, circle, prefix),
        paragraph(
            mention(mentee),
            ", would you begin with what you hope for? ",
            mention(mentor),
            ", would you suggest two times for a first talk? ",
            f"{here}{_IN_TWO_WEEKS}",
        ),
        rings=True,
    )


def no_room(pair: Pair, mentor: Member, mentee: Member, circle: str, prefix: str) -> Document:
    """Return the introduction for a circle's room when no direct room can be opened."""
    return say(
        mention(mentor),
        " and ",
        mention(mentee),
        ", I wanted to introduce you to each other and could not open a room for you two. ",
        "Please accept my invitation, or write to each other directly.",
    ) + kick_off(pair, mentor, mentee, circle, prefix, alone=False)


def meet(pair: Pair, partner: Member, circle: str, prefix: str, way: Way, link: str) -> Document:
    """Return the introduction to one of the two alone; `link` leads to the partner's account."""
    begin = (
        "Would you suggest two times for a first talk? "
        if partner.id == pair.mentee
        else "Would you begin with what you hope for? "
    )
    who = mention(partner) if way is Way.APART else strong(partner)
    return document(
        paragraph(
            "Meet ",
            who,
            f". You have both said yes to mentoring in {circle}. {reasons(pair.fit, yours=True)}",
        ),
        *_reached(pair, partner, circle, prefix, way, link),
        *_agreement(pair, circle, prefix),
        paragraph(f"{begin}{_IN_TWO_WEEKS}"),
        rings=True,
    )


def _reached(
    pair: Pair, partner: Member, circle: str, prefix: str, way: Way, link: str
) -> list[Paragraph]:
    """Return how to write to the other one."""
    if way is Way.APART:
        return [
            paragraph(
                "Write to each other directly: the name above leads to the profile. I have no "
                "part in what you write there."
            )
        ]
    address = partner.person.id
    return [
        paragraph(
            strong(partner),
            f" is on {platform_of(partner)}: ",
            Link(address, link) if link else Text(address),
            ". Whoever of you has an account there, or makes one, can write to the other directly.",
        ),
        paragraph(
            "If that does not suit you, I can carry words between you, once both of you have said "
            "yes to it: ",
            switched(prefix, "on", circle, pair.id),
            ".",
        ),
    ]


def _agreement(pair: Pair, circle: str, prefix: str) -> list[Block]:
    """Return what to agree on."""
    return [
        paragraph("A good beginning is to agree on five things, each in a sentence:"),
        Bullets(
            (
                line(
                    Text("Goals: ", "strong"), "what should be different, and how will you see it?"
                ),
                line(Text("Rhythm: ", "strong"), "how often, how long, until when?"),
                line(Text("Channel: ", "strong"), "writing, voice or video, and where?"),
                line(Text("Confidence: ", "strong"), "what stays between you?"),
                line(
                    Text("Stopping: ", "strong"),
                    "either of you may stop without a reason and without fault; ",
                    typed(prefix, "decline", circle, pair.id),
                    " does it, and I tell the other kindly.",
                ),
            ),
            ordered=True,
        ),
    ]
