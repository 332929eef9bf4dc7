"""What is said about commands: how they are typed, and which may have been meant."""

from collections.abc import Sequence
from datetime import date

from bot.conversation.model import (
    Action,
    Actions,
    Block,
    Bullets,
    Document,
    Inline,
    Line,
    Paragraph,
    Quote,
    Text,
    document,
    line,
    paragraph,
    say,
    typed,
)
from bot.conversation.registry import Bound, Parameter

_FEW = 3
"""As many commands can stand in one question."""


def _code(text: str) -> Text:
    return Text(text, "code")


def _listed(bounds: Sequence[Bound], prefix: str, day: date) -> Bullets:
    return Bullets(
        tuple(line(_code(b.example(prefix, day)), f" - {b.command.about}") for b in bounds)
    )


def help_for(bounds: Sequence[Bound], prefix: str, day: date) -> Document:
    """Return commands, each with words that can be typed as they stand."""
    return document(
        paragraph(
            "This is what you can ask me. For more about one of these, write for example ",
            _code(f"{prefix}help {bounds[-1].command.name}"),
            ". Where more than one circle can be meant, name it first of all.",
        ),
        _listed(bounds, prefix, day),
    )


def may_make_a_circle(new: Bound, prefix: str, day: date) -> Document:
    """Return the hint for those who are no organisers."""
    return say(
        "Whoever may manage a room can make a circle there: ", _code(new.example(prefix, day))
    )


def help_about(bound: Bound, prefix: str, day: date) -> Document:
    """Return what one command is, an example, its pattern, and each part of it."""
    parts: list[Line] = []
    if bound.command.circle:
        about = " - The circle's name; leave it out where only one can be meant"
        parts.append(line(_code("[circle]"), about))
    parts += [_part(parameter) for parameter in bound.parameters]
    return document(
        bound.command.about,
        *_how(bound, prefix, day),
        *([Bullets(tuple(parts))] if parts else []),
    )


def _part(parameter: Parameter) -> Line:
    choices = ", ".join(filter(None, parameter.arg.choices))
    one_of = f" (one of: {choices})" if choices else ""
    return line(_code(parameter.typed), f" - {parameter.arg.about}{one_of}")


def _how(bound: Bound, prefix: str, day: date) -> list[Paragraph]:
    return [
        paragraph("For example: ", _code(bound.example(prefix, day))),
        *([paragraph("In general: ", _code(bound.usage(prefix)))] if bound.parameters else []),
    ]


def misread(fault: str, bound: Bound, prefix: str, day: date) -> Document:
    """Return what was not understood, and how it is typed: an example first, then the pattern."""
    more = paragraph("Each part is explained by ", _code(f"{prefix}help {bound.command.name}"), ".")
    explained = [more] if len(bound.parameters) > _FEW else []
    return document(fault, *_how(bound, prefix, day), *explained)


def held(bound: Bound, given: Sequence[tuple[str, str]]) -> Document:
    """Return what a refused form held, so that nobody has to write it twice."""
    free = {p.name: p.said for p in bound.parameters if p.is_free}
    written = [(free[name], value) for name, value in given if name in free and value.strip()]
    if not written:
        return Document()
    shown: list[Block] = [paragraph("This is what you wrote:")]
    for said, value in written:
        shown += [paragraph(Text(said, "strong"))] if len(written) > 1 else []
        shown.append(Quote(line(value)))
    again = Action("Open the form again", bound.command.name, tuple(given), form=True)
    return document(*shown, Actions((again,)))


def no_circle(word: str, mine: Sequence[str], prefix: str) -> str:
    """Return that there is no circle of a name; `mine` are those that the caller may name."""
    known = (
        f"You can name: {', '.join(mine)}."
        if mine
        else f"{prefix}my circles lists yours; in a circle's room its name may be left out."
    )
    return f"There is no circle called {word[:40]}. {known}"


def not_known(near: Sequence[Bound], prefix: str, day: date) -> Document:
    """Return that a command is not known, and which may be meant."""
    if not near:
        return say(
            "I do not know that command. To answer a prompt, reply to it, or write ",
            typed(f"{prefix}answer your words", words="your words"),
            ". ",
            _code(f"{prefix}help"),
            " lists what I can do.",
        )
    if len(near) > _FEW:
        return document("I do not know that command. These are near:", _listed(near, prefix, day))
    names: list[str | Inline] = []
    for number, bound in enumerate(near):
        names += [", " if number < len(near) - 1 else " or "] if number else []
        names.append(_code(f"{prefix}{bound.command.name}"))
    return say("I do not know that command. Did you mean ", *names, "?")
