"""What is said around an answer."""

from bot.conversation.model import Document, Mention, PersonRef, Text, say


def offer_to_tidy(prefix: str) -> Document:
    """Return the offer to remove a private command from a shared room."""
    return say(
        "You typed this where others can read it, so I answer you here. If you like, I remove "
        "your command from that room: write ",
        Text(f"{prefix}my tidy", "code"),
        ".",
    )


def answered_here() -> Document:
    """Return what is said to the author alone when the answer stands in the room."""
    return say("I have answered in the room, where everybody can read it.")


def only_you() -> Document:
    """Return what stands before an answer for the room that its author alone sees."""
    return say("I may not write in that room, so you alone see this:")


def answered_elsewhere(person: PersonRef, name: str) -> Document:
    """Return what is said in the room to somebody who takes no direct messages."""
    return say(
        Mention(person, name or person.id),
        ", I have a private answer for you, and cannot reach you directly. "
        "Please accept messages from me (or my invitation, where there is one), or write to me "
        "directly.",
    )
