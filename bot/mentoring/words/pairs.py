"""What is said to one of a pair, from the proposal to the end."""

from collections.abc import Sequence

from bot.circles.model import Member
from bot.conversation.model import (
    Action,
    Actions,
    Bullets,
    Document,
    bullets,
    document,
    line,
    paragraph,
    say,
)
from bot.mentoring.matching import Left
from bot.mentoring.model import Pair, PairState, Way
from bot.mentoring.words.phrases import (
    given,
    listed,
    mention,
    platform_of,
    reasons,
    strong,
    typed,
    why,
)


def knock(member: Member) -> Document:
    """Return what is said in a room to somebody who takes no direct messages."""
    return say(
        mention(member),
        ", I have a private message for you and cannot reach you directly. Please accept "
        "messages from me (or my invitation, where there is one), or write to me directly.",
    )


def proposal(pair: Pair, partner: Member, circle: str, prefix: str, way: Way) -> Document:
    """Return the question to one of the two, with how they would come together."""
    mentor = partner.id == pair.mentee
    idea = "you could be a mentor to " if mentor else "a mentor for you could be "
    again = " You have worked together before; there was nobody new for both." * pair.fit.again
    return document(
        paragraph(f"A suggestion for mentoring in {circle}: {idea}", strong(partner), "."),
        paragraph(reasons(pair.fit, yours=True) + again),
        Bullets(
            (
                line("To say yes: ", typed(prefix, "accept", circle, pair.id)),
                line("To say no: ", typed(prefix, "decline", circle, pair.id)),
            )
        ),
        paragraph(
            "Both answers are fine, and nobody asks why. When you have both said yes, I introduce "
            f"you to each other. {_how(way, partner)}"
        ),
        Actions(
            (
                Action("Say yes", "mentor accept", given(circle, pair.id)),
                Action("Say no", "mentor decline", given(circle, pair.id)),
            )
        ),
        rings=True,
    )


def _how(way: Way, partner: Member) -> str:
    """Return what each of the two would learn of the other, before anybody says yes."""
    if way is Way.ROOM:
        return "That is in a room of your own."
    if way is Way.APART:
        return (
            "That is privately, to each of you alone: you see each other's name, which leads to "
            "the profile, so that you can write to each other."
        )
    return (
        f"You are on two platforms ({platform_of(partner)} is theirs), so that is privately, to "
        "each of you where you are: you see each other's name and the address of the account "
        "there, so that you can write to each other."
    )


def no_match(left: Left, circle: str) -> Document:
    """Return what somebody is told for whom there is no mentor yet."""
    return say(
        f"There is no mentor for you in {circle} yet: {why(left, you=True)} You stay on the "
        "list, and I look again with every round."
    )


def half_way(partner: Member) -> Document:
    """Return the answer to the first yes."""
    return say(
        "Thank you. As soon as ", strong(partner), " says yes too, I introduce you to each other."
    )


def both_said_yes(partner: Member) -> Document:
    """Return the answer to the second yes."""
    return say("You have both said yes. I introduce you and ", strong(partner), " now.")


def said_no(pair: Pair, partner: Member) -> Document:
    """Return the answer to a no; `pair` is as it was before."""
    if pair.state is PairState.INTRODUCED:
        return say("It is over, and that is fine. I tell ", strong(partner), " kindly.")
    return say("That is fine; you need no reason, and I do not suggest this match again.")


def not_this_match(partner: Member) -> Document:
    """Return what the other one is told after a no."""
    return say(
        "The match with ",
        strong(partner),
        " does not come about this time. That happens, often for reasons of time, and says "
        "nothing about you. The next round may bring another.",
    )


def over(partner: Member) -> Document:
    """Return what the other one is told when a match ends after it began."""
    return say(
        "The match with ",
        strong(partner),
        " has come to its end. That is part of how it was agreed: without a reason and without "
        "fault. Thank you for what you gave to it. The next round may bring another.",
    )


def left_the_circle(partner: Member | None) -> Document:
    """Return what the other one is told when somebody left; without a name where none is kept."""
    who = (strong(partner), ", who has left the circle,") if partner else ("somebody who left",)
    return say(
        "The match with ",
        *who,
        " is over. It has nothing to do with you. The next round may bring another.",
    )


def checkin(
    pair: Pair, partner: Member, circle: str, helpers: Sequence[str], prefix: str
) -> Document:
    """Return the one question, after two weeks, to one of the two."""
    help_from = f" {listed(helpers, 'or')} will gladly help." if helpers else ""
    return document(
        paragraph("Two weeks ago I introduced you and ", strong(partner), "."),
        bullets(["Have you met?", "What would help?"]),
        paragraph(
            "These are for you to think about: you need not answer, I keep nothing, and I do not "
            f"ask again. If something is in the way, talk to each other first.{help_from}"
        ),
        paragraph(
            "If it does not suit you, ",
            typed(prefix, "decline", circle, pair.id),
            " ends it without a reason.",
        ),
    )
