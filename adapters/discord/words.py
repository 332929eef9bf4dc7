"""What is said when an interaction itself goes wrong; everything else the core says."""

from bot.conversation.model import Document, say


def changed() -> Document:
    """Return that a command looks different by now."""
    return say(
        "I was changed a moment ago, and Discord still showed you that command as it was. "
        "Please give it once more."
    )


def slow() -> Document:
    """Return that a form could not be made in time."""
    return say("I am slow just now and could not open the form in time. Please try once more.")


def not_noted() -> Document:
    """Return that what was asked could not be stored."""
    return say("I could not take that in just now, and nothing was changed. Please try again soon.")


def broken() -> Document:
    """Return that something went wrong."""
    return say("Something went wrong on my side. Please try again in a minute.")
