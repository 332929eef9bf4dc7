"""What is said about carrying words between two people, and around the words themselves."""

from bot.circles.model import Member
from bot.conversation.model import (
    Action,
    Actions,
    Bullets,
    Document,
    Form,
    FormField,
    Quote,
    Text,
    document,
    line,
    paragraph,
    say,
    typed,
)
from bot.mentoring.model import LONGEST_RELAYED, Pair
from bot.mentoring.words.phrases import given, platform_of, strong, switched

_TERMS = (
    f"Only text, up to {LONGEST_RELAYED:,} characters at a time, and each time under the name of "
    "who wrote it. Once it has arrived I keep nothing of it, and either of you can end it at any "
    "moment."
)


def told(prefix: str, circle: str, pair: Pair, *, several: bool) -> Text:
    """Return how words to the other one are typed; `several` where more than one can be meant."""
    if not several:
        return typed(f"{prefix}mentor tell {circle} your words", circle=circle, words="your words")
    return typed(
        f"{prefix}mentor tell {circle} number={pair.id} your words",
        circle=circle,
        number=str(pair.id),
        words="your words",
    )


def may_i(pair: Pair, asker: Member, circle: str, prefix: str) -> Document:
    """Return the question to the other one, after the first yes."""
    return document(
        paragraph(
            strong(asker),
            f" (your match in {circle}) asks whether I may carry words between you two, as you are "
            "on two platforms.",
        ),
        paragraph(_TERMS),
        Bullets(
            (
                line("To say yes: ", switched(prefix, "on", circle, pair.id)),
                line("To say no: ", switched(prefix, "off", circle, pair.id)),
            )
        ),
        paragraph("Both answers are fine, and I do not ask again."),
        Actions(
            (
                Action("Say yes", "mentor relay", (("switch", "on"), *given(circle, pair.id))),
                Action("Say no", "mentor relay", (("switch", "off"), *given(circle, pair.id))),
            )
        ),
        rings=True,
    )


def asked(partner: Member) -> Document:
    """Return the answer to the first yes."""
    return say(
        "Noted. I ask ",
        strong(partner),
        " once, privately. As soon as they say yes too, I tell you. Until then I carry nothing.",
    )


def begins(pair: Pair, partner: Member, circle: str, prefix: str, *, several: bool) -> Document:
    """Return that words are carried from now on."""
    return document(
        paragraph(
            "You have both said yes: from now on I carry words between you and ",
            strong(partner),
            ". ",
            _TERMS,
        ),
        Bullets(
            (
                line("To write: ", told(prefix, circle, pair, several=several)),
                line("To end it: ", switched(prefix, "off", circle, pair.id)),
            )
        ),
        buttons(pair, circle, "Write"),
    )


def buttons(pair: Pair, circle: str, write: str) -> Actions:
    """Return the buttons with which words are written, and the carrying is ended."""
    about = given(circle, pair.id)
    return Actions(
        (
            Action(write, "mentor tell", about, form=True),
            Action("Stop carrying words", "mentor relay", (("switch", "off"), *about)),
        )
    )


def ended(partner: Member) -> Document:
    """Return the answer to who ended it."""
    return say(
        "Done: I carry nothing any more between you and ",
        strong(partner),
        ", whom I tell. What had not arrived yet does not arrive.",
    )


def not_now(partner: Member) -> Document:
    """Return the answer to a no."""
    return say("That is fine: I carry nothing between you and ", strong(partner), ".")


def nothing_to_end(partner: Member) -> Document:
    """Return the answer where nothing is carried anyway."""
    return say("I carry nothing between you and ", strong(partner), ", so it stays as it is.")


def over_now(partner: Member) -> Document:
    """Return what the other one is told when it was ended."""
    return say(
        "I carry no words any more between you and ",
        strong(partner),
        ". What had not arrived yet does not arrive. Your match goes on as it is.",
    )


def rather_not(partner: Member) -> Document:
    """Return what the one who asked is told after a no."""
    return say(
        strong(partner),
        " would rather not have words carried by me. Your match goes on as it is; you know each "
        "other's addresses.",
    )


def relayed(
    pair: Pair, author: Member, said: str, circle: str, prefix: str, *, several: bool
) -> Document:
    """Return somebody's words, marked as carried; nothing in them means anything but words."""
    return document(
        paragraph(
            strong(author),
            f" writes to you from {platform_of(author)}, and I only carry it:",
        ),
        Quote(line(said)),
        paragraph("To answer: ", told(prefix, circle, pair, several=several), "."),
        buttons(pair, circle, "Answer"),
        rings=True,
    )


def carried(partner: Member) -> Document:
    """Return the answer to who wrote."""
    return say(
        "I carry it to ",
        strong(partner),
        " and keep nothing of it. In their quiet hours it waits; if it cannot arrive, I tell you.",
    )


def not_arrived(partner: Member, why: str) -> Document:
    """Return what is told to who wrote words that did not arrive; without the words."""
    reason = {
        "closed": "they take no messages from me at present, so I carry nothing any more.",
        "late": "I could not reach their platform for too long.",
        "ambiguous": "I cannot tell whether it arrived before something broke.",
    }.get(why, "their platform did not take it.")
    return say(
        "Something that you had me carry to ",
        strong(partner),
        f" did not arrive: {reason} I have not kept it.",
    )


def tell_form(partner: Member, circle: str, pair: Pair) -> Form:
    """Return the form in which words to the other one are written."""
    return Form(
        f"To {partner.name}",
        "mentor tell",
        (
            FormField(
                "words",
                "Your words",
                about=f"Text, up to {LONGEST_RELAYED:,} characters. I carry it and keep nothing.",
                required=True,
                long=True,
            ),
        ),
        given=given(circle, pair.id),
    )


# --- refusals ---------------------------------------------------------------------------------


def write_privately(prefix: str) -> str:
    """Return why nothing is carried from where others read."""
    return (
        "Others can read what is written there, so I carried nothing of it. "
        f"Write it to me here, between us: {prefix}mentor tell, and your words behind it."
    )


def too_long(count: int) -> str:
    """Return that words are too long."""
    return (
        f"That is {count:,} characters, and I carry up to {LONGEST_RELAYED:,} at a time. "
        "Nothing was sent. You can send it in parts."
    )


def on_one_platform(partner: Member) -> str:
    """Return why nothing is carried between people who can write to each other."""
    return (
        f"You and {partner.name} are on the same platform and can write to each other directly, "
        "so I carry nothing between you."
    )


def both_first(pair: Pair, partner: Member, circle: str, prefix: str, *, mine: bool) -> str:
    """Return that both have to say yes before words are carried; `mine` when the asker did."""
    if mine:
        return f"I carry words once {partner.name} has said yes to it too. Nothing was sent."
    on = switched(prefix, "on", circle, pair.id).text
    return f"I carry words once both of you have said yes to it. Nothing was sent. Yours: {on}."


def not_there(partner: Member) -> str:
    """Return that the other one cannot be written to now."""
    return f"{partner.name} takes no part in the circle at present, so I carry nothing. Sorry."


NO_SUCH_MATCH = (
    "I carry words only between two people who were introduced as mentor and mentee and are on "
    "two platforms. You have no such match here."
)
