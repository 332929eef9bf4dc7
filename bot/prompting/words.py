"""What is said around prompts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from bot.circles.methods import Answer, Kind, Method, Prompt, fill
from bot.circles.model import Circle, CircleState, Member, Placed
from bot.circles.words import code, day
from bot.conversation.markdown import from_markdown
from bot.conversation.model import (
    Action,
    Actions,
    Bullets,
    Document,
    Form,
    FormField,
    Heading,
    Inline,
    Link,
    Mention,
    Moment,
    Quote,
    Text,
    document,
    line,
    paragraph,
    say,
    typed,
)
from bot.prompting.model import Asked, PromptAnswer, Shown


def prompt(
    circle: Circle,
    method: Method,
    asked: Prompt,
    placed: Placed,
    *,
    moment: datetime,
    facilitators: Sequence[Member],
    mentioned: Sequence[Member],
    prefix: str,
    reads: bool,
) -> Document:
    """Return a prompt as it is posted, its placeholders filled; `reads` as in `Capabilities`."""
    values = placeholders(circle, method, placed, moment, facilitators, prefix)
    values["how_to_answer"] = how_to_answer(circle, prefix, reads=reads)
    body = from_markdown(fill(asked.body, values))
    title = Heading(line(from_heading(fill(asked.title, values))), 3)
    blocks = (title, *body.blocks)
    if mentioned:
        blocks = (*blocks, paragraph("For ", *_names(mentioned)))
    asks = asked.answer is not Answer.NONE
    return Document(
        blocks,
        rings=asked.kind is Kind.QUESTION,
        language=asked.language,
        opens=from_heading(fill(asked.title, values)) if asks and circle.threads.each else "",
    )


def week(placed: Placed, number: int) -> Document:
    """Return the post whose thread a week's prompts stand in; `number` counts from the opening."""
    title = f"Week {number}: {placed.title}" if number > 0 else placed.title
    said = document(
        Heading(line(title), 3),
        "What comes this week stands in this thread. To answer a question, reply to it.",
    )
    return replace(said, opens=title)


def from_heading(text: str) -> str:
    """Return a filled title as plain words."""
    inside = from_markdown(text).inlines()
    return "".join(getattr(part, "text", "") for part in inside)


def placeholders(
    circle: Circle,
    method: Method,
    placed: Placed,
    moment: datetime,
    facilitators: Sequence[Member],
    prefix: str,
) -> dict[str, str]:
    """Return what stands in for each placeholder."""
    opening = opening_of(circle, method)
    after = circle.calendar.after(placed.span.starts_on)
    week = week_of(circle, method, moment)
    return {
        "circle": circle.name,
        "phase": placed.title,
        "phase_ends": day(placed.last_day, circle.language),
        "next_phase": after.title if after else "the end",
        "guiding_question": circle.question or "the question we chose",
        "purpose": circle.purpose or "to learn from one another",
        "opens_on": day(opening.span.starts_on, circle.language),
        "closes_on": day(circle.calendar.closes_on, circle.language),
        "week": str(max(1, week)),
        "facilitator": ", ".join(m.name for m in facilitators) or "the facilitator",
        "how_to_answer": how_to_answer(circle, prefix, reads=True),
        "commands_prefix": prefix,
    }


def how_to_answer(circle: Circle, prefix: str, *, reads: bool) -> str:
    """Return the sentence that says how to answer in a room, the words of which the bot `reads`."""
    if not reads:
        return (
            f"Answer with the button, with {prefix}answer, or as a reply to this very message: "
            "other words are not shown to me here."
        )
    where = "in this thread" if circle.threads.each else "to this message"
    return f"Reply {where}, or write {prefix}answer followed by your words."


def opening_of(circle: Circle, method: Method) -> Placed:
    """Return the phase with which the circle's weeks begin to count."""
    ahead = {phase.key for phase in method.phases if phase.before_opening}
    return next(placed for placed in circle.calendar.phases if placed.key not in ahead)


def week_of(circle: Circle, method: Method, moment: datetime) -> int:
    """Return which week of the circle it is, from its opening; 0 or less before that."""
    return (circle.today(moment) - opening_of(circle, method).span.starts_on).days // 7 + 1


def _names(members: Sequence[Member]) -> list[Inline]:
    parts: list[Inline] = []
    for member in members:
        parts += [Text(", ")] if parts else []
        parts.append(Mention(member.person, member.name, member.others))
    return parts


def reminder(
    circle: Circle, asked: Asked, title: str, link: str | None, prefix: str, back: date
) -> Document:
    """Return the one private reminder of a question; `back` is the day in an example."""
    where: list[Inline] = [Text(f"“{title}”")] if link is None else [Link(f"“{title}”", link)]
    return document(
        paragraph(
            f"In {circle.name} there is a question that you may still like to answer: ", *where, "."
        ),
        paragraph(
            "Answer there, or here with ",
            typed(
                f"{prefix}answer {circle.name} your words", circle=circle.name, words="your words"
            ),
            ". Passing is fine, and I do not ask again. If you are away for a while: ",
            typed(
                f"{prefix}my away {circle.name} {back}", circle=circle.name, until=back.isoformat()
            ),
            ".",
        ),
        answer_button(circle, asked),
        rings=True,
    )


def listed(coming: Sequence[tuple[str, str, datetime]], zone: str) -> Document:
    """Return the prompts that are still to come: key, title, moment."""
    if not coming:
        return say("No prompt is waiting. Prompts are scheduled when the circle is opened.")
    items = [line(code(key), f" {title}: ", Moment(moment, zone)) for key, title, moment in coming]
    return document("These prompts are to come:", Bullets(tuple(items)))


def missed(circle: Circle, title: str, key: str, why: str, prefix: str) -> Document:
    """Return what facilitators are told of a prompt that was not posted."""
    reason = {
        "late": "I was not running, or could not post, when it was due, and now it is too late "
        "for it to help by itself",
        "failed": "putting it together failed each time; whoever runs me finds more in my log",
    }[why]
    return say(
        f"The prompt “{title}” of {circle.name} was not posted: {reason}. If you still want it: ",
        code(f"{prefix}prompt send {circle.name} {key}"),
        ".",
    )


# --- answers by command -----------------------------------------------------------------------

SHOWN = {
    Shown.NAMED: "With my name, in this circle's rooms only",
    Shown.UNNAMED: "Without my name: the bot knows it is mine, others do not",
    Shown.COUNTED: "Only counted: nobody reads it, and it is not kept",
}
"""The ways in which a member can have an answer shown, in words."""

_TITLE = 45
"""The most characters that a form's title has room for."""


def answer_button(circle: Circle, asked: Asked) -> Actions:
    """Return the button that opens the form in which a prompt is answered."""
    given = (("circle", circle.name), ("prompt", asked.short))
    return Actions((Action("Answer", "answer", given, form=True),))


def answer_form(circle: Circle, title: str, text: str, show: str, asked: str) -> Form:
    """Return the form in which a prompt is answered; `asked` is what a button carries of it."""
    short = title if len(title) <= _TITLE else f"{title[: _TITLE - 1].rstrip()}…"
    return Form(
        short,
        "answer",
        (
            FormField("words", "Your answer", value=text, required=True, long=True),
            FormField(
                "show",
                "How the others see it",
                value=show,
                required=True,
                choices=tuple((each.value, said) for each, said in SHOWN.items()),
            ),
        ),
        given=(("circle", circle.name), ("prompt", asked)),
    )


def shown(name: str, text: str, title: str, language: str) -> Document:
    """Return an answer as the bot shows it; `title` where it does not stand under its prompt."""
    who = (Text(name, "strong"), Text(" answers")) if name else (Text("A member answers"),)
    about = f" “{title}”:" if title else ":"
    return Document((paragraph(*who, about), Quote(line(text))), language=language)


def answered(title: str, answer: PromptAnswer, *, kept: bool, there: bool) -> Document:
    """Return the thanks for an answer given by command; `there` when the bot shows it somewhere."""
    how = {
        Shown.HERE: "",
        Shown.NAMED: " I show it under the prompt, with your name.",
        Shown.UNNAMED: " I show it under the prompt, without your name: I know that it is yours, "
        "others do not.",
        Shown.COUNTED: " I show it nowhere, and keep that you answered, not what.",
    }[answer.shown]
    if answer.by_bot and not there:
        how = " The prompt stands in no room that I am in, so I cannot show it."
    if not kept and answer.shown is not Shown.COUNTED:
        how += " You did not agree to be quoted, so I keep that you answered, not what."
    return say(f"Thank you. That is your answer to “{title}”.{how}")


EMPTY = "Your answer has no words yet. What you answered before stays as it was."


def too_long(length: int, most: int) -> str:
    """Return the refusal of an answer that is too long to be shown."""
    return (
        f"Your answer has {length:,} characters, and I can show {most:,} at most. Please make it "
        "shorter. What you answered before stays as it was."
    )


def too_late(circle: Circle) -> str:
    """Return the refusal of an answer to a circle that takes none."""
    if circle.state is CircleState.PAUSED:
        return (
            f"The circle {circle.name} pauses, so I do not take your answer now. Give it again "
            "when it goes on. What you answered before stays as it was."
        )
    return (
        f"The circle {circle.name} is closed, so I take no more answers. What you answered before "
        "stays as it was."
    )


def no_such_question(name: str) -> str:
    """Return the refusal of an answer to a prompt that was not asked, or is gone."""
    return f"There is no question “{name}” that was asked and takes answers, so nothing is changed."


def read_already(show: str) -> str:
    """Return the refusal of an answer that stands in the room with its author's name."""
    return (
        f"Everybody here has read your answer with your name by now. For show={show}, delete it, "
        "and write the same to me alone."
    )
