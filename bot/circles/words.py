"""What is said about a circle's life."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from babel.dates import format_date, format_timedelta

from bot.circles.model import (
    CONSENTS,
    DAY,
    Circle,
    CircleState,
    Consents,
    Course,
    Joining,
    LeftOut,
    Member,
    Placed,
    RolesChange,
    Step,
    StepKind,
    ThreadUse,
    changed_phase,
)
from bot.conversation.model import (
    Action,
    Actions,
    Block,
    Bullets,
    Code,
    Document,
    Form,
    FormField,
    Inline,
    Line,
    Link,
    Mention,
    Moment,
    Paragraph,
    Table,
    Text,
    bullets,
    document,
    line,
    paragraph,
    say,
)

MOST_ROWS = 20
HOUR = timedelta(hours=1)


def day(when: date, language: str = "en") -> str:
    """Return a date in words, as 'Monday, 2 March 2026'."""
    return format_date(when, "EEEE, d MMMM yyyy", locale=language)


def code(text: str) -> Text:
    """Return words to type."""
    return Text(text, "code")


def calendar_table(circle: Circle) -> Table:
    """Return the phases and breaks with their dates."""
    rows = [(phase.span.starts_on, phase.title, phase.last_day) for phase in circle.calendar.phases]
    rows += [(each.starts_on, "A break", each.ends_on - DAY) for each in circle.calendar.breaks]
    return Table(
        ("What", "From", "To"),
        tuple((title, day(start), day(end)) for start, title, end in sorted(rows)),
    )


def made(circle: Circle, prefix: str, *, here: bool) -> Document:
    """Return the answer to a circle that was made."""
    attach = code(f"{prefix}circle attach {circle.name}")
    where: tuple[str | Inline, ...] = ("This room belongs to it.",)
    if not here:
        where = ("Use ", attach, " in the room where it should meet.")
    return document(
        paragraph("The circle ", Text(circle.name, "strong"), " is made. ", *where),
        f"Its dates, on clocks in {circle.zone}:",
        calendar_table(circle),
        paragraph(
            "Members join with ",
            code(f"{prefix}join {circle.name}"),
            ". When you are ready, ",
            code(f"{prefix}circle open {circle.name}"),
            " starts the prompts. ",
            code(f"{prefix}prompt list {circle.name}"),
            " shows them with their moments.",
        ),
        join_button(circle),
    )


def join_button(circle: Circle) -> Actions:
    """Return the button that opens the form in which people join."""
    return Actions((Action("Join", "join", (("circle", circle.name),), form=True),))


def opened(circle: Circle, prefix: str) -> Document:
    """Return what the rooms are told when a circle opens."""
    purpose = [paragraph(circle.purpose)] if circle.purpose else []
    question = (
        [paragraph("Our question: ", Text(circle.question, "emph"))] if circle.question else []
    )
    return document(
        paragraph("The circle ", Text(circle.name, "strong"), " is open."),
        *purpose,
        *question,
        calendar_table(circle),
        paragraph("You are welcome to join: ", code(f"{prefix}join {circle.name}"), "."),
        join_button(circle),
    )


def paused(circle: Circle, prefix: str) -> Document:
    """Return what the rooms are told when a circle pauses."""
    return say(
        f"The circle {circle.name} pauses. No prompt comes until it goes on with ",
        code(f"{prefix}circle resume {circle.name}"),
        ".",
    )


def resumed(circle: Circle) -> Document:
    """Return what the rooms are told when a circle goes on."""
    return document(f"The circle {circle.name} goes on.", calendar_table(circle))


def moved(circle: Circle) -> Document:
    """Return what the rooms are told when dates change."""
    return document(
        f"The dates of {circle.name} have changed. These are the new ones:", calendar_table(circle)
    )


def closed(circle: Circle) -> Document:
    """Return what the rooms are told when a circle closes."""
    return say(
        f"The circle {circle.name} is closed. Thank you, everyone, for what you brought. "
        "No more prompts will come; what you said stays yours to correct or remove."
    )


def put_away(circle: Circle) -> Document:
    """Return what is said when a circle is closed that never opened."""
    return say(f"The circle {circle.name} is put away without having been opened.")


def attached(circle: Circle) -> Document:
    """Return the answer in a room that now belongs to a circle."""
    return say(f"This room now belongs to the circle {circle.name}. Its prompts come here too.")


def threads(circle: Circle, prefix: str) -> Document:
    """Return which posts open a thread, and how to change that."""
    return document(
        f"In {circle.name}, {_THREADS[circle.threads]}.",
        paragraph(
            "To change that: ",
            code(f"{prefix}circle threads {circle.name} week"),
            "; instead of week also prompt, none, or auto for what suits the platform.",
        ),
    )


def threads_changed(circle: Circle) -> Document:
    """Return that it is so from now on."""
    return say(
        f"From the next prompt on, {_THREADS[circle.threads]} in {circle.name}. What is posted "
        "already stays where it is."
    )


_THREADS = {
    ThreadUse.AUTO: "each question opens a thread of its own where the platform has threads",
    ThreadUse.PROMPT: "each question opens a thread of its own",
    ThreadUse.WEEK: "each week has one thread, in which its prompts stand",
    ThreadUse.NONE: "prompts open no threads",
}


def status(
    circle: Circle, now: datetime, coming: Sequence[tuple[str, datetime]], needs: Sequence[Line]
) -> Document:
    """Return where a circle is, what comes next and, for facilitators, what needs them."""
    blocks = [paragraph(Text(circle.name, "strong"), f": {_where(circle, now)}")]
    after = circle.calendar.after(circle.today(now))
    if after is not None and circle.state is not CircleState.CLOSED:
        blocks.append(paragraph(f"Next phase: {after.title}, from {day(after.span.starts_on)}."))
    said = document(*blocks)
    if coming:
        items = tuple(
            line(f"{title}: ", Moment(moment, circle.zone)) for title, moment in coming[:3]
        )
        said += document("Coming prompts:", Bullets(items))
    if needs:
        said += document("This needs you:", Bullets(tuple(needs)))
    return said


_STANDING = {
    CircleState.PAUSED: "paused.",
    CircleState.CLOSED: "closed.",
}


def _where(circle: Circle, now: datetime) -> str:
    if circle.state is CircleState.DRAFT:
        return f"not open yet; its dates begin on {day(circle.calendar.opens_on)}."
    return _STANDING.get(circle.state) or _when(circle, circle.today(now))


def _when(circle: Circle, today: date) -> str:
    phase = circle.calendar.on(today)
    if phase is not None:
        return f"in the phase {phase.title}, until {day(phase.last_day)}."
    if circle.calendar.in_break(today):
        return "in its break week."
    if today < circle.calendar.opens_on:
        return f"open; the first phase begins on {day(circle.calendar.opens_on)}."
    return "past its last phase; it can be closed."


def mine(circles: Iterable[tuple[Circle, Member]], now: datetime) -> Document:
    """Return the caller's circles."""
    items = [
        line(
            Text(circle.name, "strong"),
            f" ({', '.join(sorted(member.roles))}): {_where(circle, now)}",
        )
        for circle, member in circles
    ]
    if not items:
        return say("You are in no circle that I know of.")
    return document("Your circles:", Bullets(tuple(items)))


def roles(members: Iterable[Member]) -> Document:
    """Return who has a part to play."""
    items = [f"{m.name}: {', '.join(sorted(m.roles))}" for m in members if m.roles - {"member"}]
    return document("Who does what in this circle:", bullets(items))


# --- undoing --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Undoing:
    """A step to undo: in which circle, who took it, whom it concerned, and when it is undone."""

    circle: Circle
    step: Step
    who: str
    member: Member | None
    now: datetime

    @property
    def taken(self) -> str:
        """Who did what, and how long ago."""
        return f"{self.who} {_did(self)}, {ago(self.now - self.step.at)}."

    @property
    def change(self) -> tuple[Placed, Placed]:
        """The phase that was moved or lengthened, as it was and as it is."""
        if not isinstance(self.step.before, Course):
            raise TypeError("only a change of dates changes a phase")
        return changed_phase(self.step.before.calendar, self.circle.calendar, self.step.kind)


def ago(since: timedelta, language: str = "en") -> str:
    """Return how long ago something was, as '20 minutes ago'."""
    return format_timedelta(-since, add_direction=True, threshold=1.5, locale=language)


def _did(about: Undoing) -> str:
    """Return what somebody did, to stand after their name."""
    name, before = about.circle.name, about.step.before
    if isinstance(before, LeftOut):
        return f"left out “{before.title}”"
    if isinstance(before, RolesChange) and about.member is not None:
        now = ", ".join(before.after)
        return f"changed what {about.member.name} does from {', '.join(before.before)} to {now}"
    if about.step.kind in (StepKind.MOVED, StepKind.EXTENDED):
        old, new = about.change
        if about.step.kind is StepKind.MOVED:
            return f"moved {old.title} from {day(old.span.starts_on)} to {day(new.span.starts_on)}"
        return f"made {old.title} end on {day(new.last_day)} instead of {day(old.last_day)}"
    return {
        StepKind.PAUSED: f"paused {name}",
        StepKind.RESUMED: f"let {name} go on",
        StepKind.CLOSED: f"closed {name}",
    }[about.step.kind]


def _again(about: Undoing) -> str:
    """Return what is so again when the step is undone."""
    name, before = about.circle.name, about.step.before
    if isinstance(before, LeftOut):
        return f"“{before.title}” comes at its moment, or at once if that is past"
    if isinstance(before, RolesChange) and about.member is not None:
        return f"{about.member.name} is {', '.join(before.before)} again"
    if about.step.kind in (StepKind.MOVED, StepKind.EXTENDED):
        old, _ = about.change
        begins, ends = f"begins on {day(old.span.starts_on)}", f"ends on {day(old.last_day)}"
        edge = begins if about.step.kind is StepKind.MOVED else ends
        return f"{old.title} {edge} again, and prompts that were not posted yet move with it"
    late = "prompts whose moment came meanwhile are posted late"
    if about.step.kind is StepKind.CLOSED and isinstance(before, Course):
        lost = "what was written meanwhile was not counted"
        more = f"{lost}, and {late}" if before.state is CircleState.OPEN else lost
        return f"{name} is {_STATES[before.state]} again; {more}"
    paused = about.step.kind is StepKind.PAUSED
    return f"{name} goes on, and {late}" if paused else f"{name} pauses again"


_STATES = {
    CircleState.DRAFT: "not open yet",
    CircleState.OPEN: "open",
    CircleState.PAUSED: "paused",
}


def would_undo(about: Undoing, stays: Sequence[str], prefix: str) -> Document:
    """Return what undoing would do, and how to have it done."""
    typed = f"{prefix}circle undo {about.circle.name} yes"
    told = paragraph(
        "Rooms that were told hear that it is undone. ",
        code(f"{typed} redact"),
        " also removes what told them.",
    )
    return document(
        about.taken,
        paragraph(code(typed), f" undoes that: {_again(about)}."),
        *_stays(stays),
        *([told] if about.step.told else []),
    )


def undone(about: Undoing, stays: Sequence[str], *, shown: int, redacted: bool) -> Document:
    """Return that a step is undone; `shown` rooms know of it."""
    told = "Rooms that were told hear it now"
    removed = f"{told}, and what told them is removed." if redacted else f"{told}."
    return document(
        f"{about.taken} That is undone: {_again(about)}.",
        *_stays(stays),
        *([removed] if shown else []),
    )


def _stays(titles: Sequence[str]) -> list[Paragraph]:
    """Return what cannot be taken back."""
    if not titles:
        return []
    names = ", ".join(f"“{title}”" for title in titles)
    return [paragraph(f"Posted since then, or on its way, and not taken back: {names}.")]


def taken_back(circle: Circle, kind: StepKind) -> Document:
    """Return what rooms are told that knew of a step which is undone."""
    name = circle.name
    if kind in (StepKind.MOVED, StepKind.EXTENDED):
        said = f"The last change to the dates of {name} is undone. These are its dates again:"
        return document(said, calendar_table(circle))
    if kind is StepKind.RESUMED:
        return say(f"{name} does not go on yet: it pauses again.")
    if kind is StepKind.PAUSED:
        return say(f"The pause of {name} is undone: it goes on.")
    return say(f"{name} is not closed after all: it is {_STATES[circle.state]} again.")


# --- joining --------------------------------------------------------------------------------


def joining_begins(circle: Circle, run_by: str, prefix: str) -> Document:
    """Return the first words of the exchange: what the circle is, and where words may go."""
    return document(
        paragraph("Welcome. You are about to join ", Text(circle.name, "strong"), "."),
        *([circle.purpose] if circle.purpose else []),
        f"It goes from {day(circle.calendar.opens_on)} to {day(circle.calendar.closes_on)}. "
        f"{_publication(circle)}",
        _kept(run_by),
        paragraph(
            "I ask five short things. Write ",
            code("-"),
            " to pass, ",
            code("stop"),
            " to leave it. Later, ",
            code(f"{prefix}my data"),
            " shows you what I keep and ",
            code(f"{prefix}my forget yes"),
            " removes it.",
        ),
        paragraph(question("goal", "")),
    )


def what_is_kept(circle: Circle, run_by: str, prefix: str) -> Document:
    """Return where words may go, for somebody who joined without being told so before."""
    return document(
        _publication(circle),
        paragraph(
            f"{_kept(run_by)} ",
            code(f"{prefix}my data"),
            " shows you what I keep and ",
            code(f"{prefix}my forget yes"),
            " removes it.",
        ),
    )


def _publication(circle: Circle) -> str:
    return (
        "At its end there is a publication, a document posted in the circle's rooms, under the "
        f"licence {circle.licence}. Nobody's words are in it unless they agree, to each of them."
    )


def _kept(run_by: str) -> str:
    return (
        f"I am run by {run_by or 'the people of this server'}. As far as you agree, I keep your "
        "answers, and when you wrote and how many words; other talk I do not keep. 90 days after "
        "the circle closes I let go of that too."
    )


def question(asked: str, zone: str) -> str:
    """Return one of the questions before the consents."""
    return {
        "goal": "1 of 5. What would you like to learn or to make in this circle?",
        "gives": "2 of 5. What can you give: something you know, do or have?",
        "needs": "3 of 5. What do you need from others?",
        "zone": f"4 of 5. Which time zone do your clocks show? For example Europe/Berlin. "
        f"Pass, and I take {zone}.",
    }[asked]


def next_question(joining: Joining, zone: str) -> Document:
    """Return what is asked next."""
    if joining.asks in (None, "consents"):
        return document("5 of 5. Four things, for you to agree to or not:", *_four_things())
    return say(question(joining.asks, zone))


def consents_unclear() -> Document:
    """Return the fifth question again, for an answer that does not say all four."""
    return document(
        "I need four words, each yes or no, because each of these is for you to decide:",
        *_four_things(),
        paragraph("If you would rather not join after all: ", code("stop"), "."),
    )


_CONSENTS = {
    "part": "take part in the circle",
    "counted": "be counted: I note when and how many words you write, to see who may need a hand",
    "quoted": "be quoted: your answers may be asked for in the publication",
    "named": "be named there",
}
"""The four things to agree to, in words, by the word that people say for each."""


def _four_things() -> tuple[Block, ...]:
    how = paragraph(
        "Answer with four words in this order. For example, yes to the first two: ",
        code("yes yes no no"),
        ". All four: ",
        code("yes yes yes yes"),
        ".",
    )
    return Bullets(tuple(line(each) for each in _CONSENTS.values()), ordered=True), how


def joining_form(circle: Circle, member: Member | None, given: Mapping[str, str]) -> Form:
    """Return the form in which somebody joins; a member finds what they said before."""
    there = member is not None and member.consents.takes_part
    agreed = [word for word, name in CONSENTS.items() if member and getattr(member.consents, name)]
    before = {
        "goal": member.goal if member else "",
        "gives": member.gives if member else "",
        "needs": member.needs if member else "",
        "zone": member.zone if member and there else circle.zone,
        "consents": " ".join(agreed),
    } | {name: word for name, word in given.items() if word}
    asked = {
        "goal": ("What would you like to learn or to make?", ""),
        "gives": ("What can you give?", "Something you know, do or have"),
        "needs": ("What do you need from others?", ""),
        "zone": ("Which time zone do your clocks show?", "For example Europe/Berlin"),
    }
    agree = FormField(
        "consents",
        "What do you agree to?",
        "What you do not tick is a no. You can change it at any time.",
        before["consents"],
        required=True,
        choices=tuple((word, f"{said[0].upper()}{said[1:]}") for word, said in _CONSENTS.items()),
        many=True,
    )
    words = tuple(
        FormField(name, label, about, before[name], long=name != "zone")
        for name, (label, about) in asked.items()
    )
    return Form(f"Join {circle.name}", "join", (*words, agree), (("circle", circle.name),))


def consents_missing(circle: Circle, prefix: str) -> str:
    """Return the refusal of who says everything at once but what they agree to."""
    return (
        f'Say what you agree to as well, as in consents="{" ".join(CONSENTS)}"; what you leave '
        f"out is a no. Or write only {prefix}join {circle.name}, and I ask you one after the other."
    )


def joined(circle: Circle, member: Member, prefix: str, back: date) -> Document:
    """Return the end of the exchange; `back` is the day in the example of going away."""
    return document(
        paragraph("You are in. Welcome to ", Text(circle.name, "strong"), "."),
        consents(member.consents),
        paragraph(
            "You can change this at any time: ",
            code(f"{prefix}my consent"),
            ". If you go away for a while: ",
            code(f"{prefix}my away {back}"),
            ". To leave: ",
            code(f"{prefix}leave {circle.name}"),
            ".",
        ),
    )


def consents(given: Consents) -> Bullets:
    """Return the four consents in words."""
    said = {True: "yes", False: "no"}
    return bullets(
        [
            f"take part: {said[given.takes_part]}",
            f"be counted: {said[given.counted]}",
            f"be quoted: {said[given.quoted]}",
            f"be named: {said[given.named]}",
        ]
    )


def newcomer(circle: Circle, member: Member) -> Document:
    """Return what the rooms are told of somebody new."""
    return say(
        "Please welcome ",
        Mention(member.person, member.name, member.others),
        f", who has joined {circle.name}.",
    )


def invited(circle: Circle, prefix: str) -> Document:
    """Return the note to somebody whom a sign-up list names."""
    return document(
        paragraph("You were signed up for the circle ", Text(circle.name, "strong"), "."),
        paragraph(
            "If that is right, write ",
            code(f"{prefix}join {circle.name}"),
            ", and I ask you five short things. If not, you need not do anything.",
        ),
        join_button(circle),
        rings=True,
    )


def signed_up(circle: Circle, new: int, known: Sequence[int]) -> str:
    """Return what became of a list of sign-ups; `known` are the rows of who is not asked."""
    asked = {0: "Nobody new", 1: "1 person"}.get(new, f"{new} people")
    told = [f"{asked} will be asked to join {circle.name}."]
    if known:
        told.append(
            "Not asked, being in the circle or signed up already, or twice on the list: "
            f"{some_rows(known)}."
        )
    if new:
        told.append(
            "The bot writes to them while it runs, but not between "
            f"{circle.quiet_since:%H:%M} and {circle.quiet_until:%H:%M} on their clocks."
        )
    return " ".join(told)


def some_rows(rows: Sequence[int]) -> str:
    """Return rows of a list as in 'row 2' or 'rows 2, 3'; of very many, the first."""
    first = ", ".join(str(row) for row in rows[:MOST_ROWS])
    more = len(rows) - MOST_ROWS
    return f"row{'s' if len(rows) > 1 else ''} {first}" + (f" and {more} more" if more > 0 else "")


# --- what facilitators are told -------------------------------------------------------------


def left(circle: Circle, name: str, *, banned: bool) -> Document:
    """Return the word that somebody is gone."""
    how = "was removed from" if banned else "has left"
    return say(
        f"{name} {how} {circle.name}. Reminders to them stop; what they had agreed to keep stays "
        "until they ask me to forget it."
    )


def you_left(circle: Circle, prefix: str) -> Document:
    """Return the answer to somebody who leaves."""
    return say(
        f"You have left {circle.name}. What you agreed to keep stays: ",
        code(f"{prefix}my consent {circle.name}"),
        " shows what that is, and changes it; ",
        code(f"{prefix}my forget"),
        " removes it.",
    )


def removed(circle: Circle, where: Inline, window: timedelta, *, banned: bool) -> Document:
    """Return the word that the bot is out of a room; `window` is how late prompts may come."""
    how, lift = ("banned", "Lift the ban, and invite") if banned else ("removed", "Invite")
    return say(
        f"I was {how} from ",
        where,
        f" of {circle.name}. Its prompts wait. {lift} me there again, and I go on: what was due in "
        f"the {window // HOUR} hours before comes then, and I tell you what was too late. If the "
        "room was deleted, “circle attach” brings another one into the circle.",
    )


def back(circle: Circle, *, waiting: int, quiet: bool) -> Document:
    """Return what a circle's room is told when the bot is in it again."""
    if circle.state is CircleState.DRAFT:
        return say(f"I am back. {circle.name} is not open yet.")
    if circle.state is not CircleState.OPEN:
        return say(f"I am back. {circle.name} is {_STANDING[circle.state]}")
    when = "when the quiet hours are over" if quiet else "now"
    meanwhile = f"; what was due meanwhile comes {when}" if waiting else ""
    return say(f"I am back. {circle.name} goes on{meanwhile}.")


def came_too_late(circle: Circle, what: Iterable[str], prefix: str) -> Document:
    """Return the word that posts were left out while the bot was out of a room."""
    return document(
        f"I am back in {circle.name}. While I was out, this became too late, and I left it out:",
        bullets(what),
        paragraph(
            "If you still want one of the prompts, ",
            code(f"{prefix}prompt send {circle.name}"),
            " and its name posts it.",
        ),
    )


def what(prompt: str, title: str) -> str:
    """Return what a post is, in words; `title` is its prompt's, empty if it is none."""
    if title:
        return f"“{title}”"
    return _POSTS.get(prompt.partition("-")[0], "a note")


_POSTS = {
    "welcome": "the welcome of a new member",
    "thread": "the word about a thread",
    "week": "the opening of a week's thread",
    "opened": "the word that the circle is open",
    "paused": "the word that the circle pauses",
    "resumed": "the word that the circle goes on",
    "closed": "the word that the circle is closed",
    "moved": "the word about the new dates",
    "extended": "the word about the new dates",
    "contents": "the publication",
    "markdown": "the publication",
    "html": "the publication",
    "answer": "what I show of a member's answer",
}


def a_room(link: str) -> Link:
    """Return a room, as clients show it that know the address."""
    return Link("a room", link)


def not_there(where: Inline, waiting: int) -> Line:
    """Return the line that the bot is not in a room."""
    posts = {0: "", 1: " One post waits for that."}.get(waiting, f" {waiting} posts wait for that.")
    return line(
        "I am not in ",
        where,
        " of this circle: invite me there again, or, if it was deleted, attach another room."
        f"{posts}",
    )


def lost(what: str, when: Moment, where: Inline, *, refused: bool, send: str) -> Line:
    """Return the line that a post did not arrive; `send` is the command that posts it after all."""
    why = "I may not write there; please look at my rights." if refused else "it was too late."
    again = (" If you still want it: ", code(send), ".") if send else ()
    return line(
        f"{what[0].upper()}{what[1:]}, of ", when, ", did not go into ", where, f": {why}", *again
    )


def unreachable(circle: Circle, name: str) -> Document:
    """Return the word that somebody takes no direct messages."""
    return say(
        f"I cannot reach {name} of {circle.name} directly: what I write to them alone does not "
        "arrive. You may want to ask how they would like to be reached."
    )


def not_sent(circle: Circle, what: str, why: str) -> Document:
    """Return the word that a post did not arrive."""
    return say(f"In {circle.name}, {what} was not posted: {why}")


def thread_lost(circle: Circle) -> Document:
    """Return the word that a thread takes no more posts."""
    return say(
        f"In {circle.name}, a thread that I wanted to post in is locked or was deleted. I post in "
        "the room itself instead; if the thread is only locked, unlock it and I use it again for "
        "what comes next."
    )


def introduction(run_by: str, contact: str, prefix: str) -> Document:
    """Return what the bot says when it comes into a room."""
    by: list[Inline] = [Text(run_by or "the people of this server")]
    by += [Text(f" ({contact})")] if contact else []
    return document(
        paragraph("Hello. I am Circlekeeper, and I help learning circles. I am run by ", *by, "."),
        "I keep nothing of what is said here unless a circle meets in this room, and then only of "
        "its members, as each of them agrees.",
        paragraph(
            code(f"{prefix}help"),
            " says what I can do. To stop me, remove me from the room.",
        ),
    )


# --- linked accounts ----------------------------------------------------------------------------


def link_in_private(prefix: str) -> str:
    """Return why a code is neither given nor taken where others read."""
    return (
        "That is between you and me: a code would let others be taken for you. Write "
        f"{prefix}my link to me directly, or choose the command where only you see the answer."
    )


def link_code(code: str, prefix: str, lasting: timedelta) -> Document:
    """Return a new code and what to do with it."""
    minutes = int(lasting.total_seconds() // 60)
    return document(
        paragraph("This code makes your account here and one elsewhere one person for me:"),
        Code(f"{prefix}my link {code}"),
        f"Give me just that from your account on the other platform, privately, within {minutes} "
        "minutes. It works once. Tell it to nobody: whoever gives it is taken for you.",
        "Then I count, ask and remind you once, whichever account you use. Where your two accounts "
        "agreed to different things, I keep to the stricter. Nobody learns from me that they are "
        "one.",
    )


def link_code_wrong(prefix: str) -> str:
    """Return the answer to a code that is none, or none any more."""
    return (
        "I do not know that code. It may be older than ten minutes, or used. A new one comes with "
        f"{prefix}my link, from your other account."
    )


def link_too_often(lasting: timedelta) -> str:
    """Return the answer to somebody who guesses."""
    minutes = int(lasting.total_seconds() // 60)
    return f"That were too many wrong codes. Please try again in {minutes} minutes."


def link_same_platform() -> str:
    """Return why two accounts on one platform stay two."""
    return "Both accounts are on the same platform; I link one here with one on another."


def linked_already(prefix: str) -> str:
    """Return the answer to a third account."""
    return (
        "One of the two accounts is linked already, and two is all I can do. "
        f"{prefix}my unlink parts them again."
    )


def not_linked(prefix: str) -> str:
    """Return the answer to somebody who has nothing to part."""
    return f"Your account is linked with no other. {prefix}my link does that."


def _undo(prefix: str) -> Paragraph:
    return paragraph(
        "If that was not you, or you think better of it: ", Text(f"{prefix}my unlink", "code"), "."
    )


def linked(prefix: str) -> Document:
    """Return the answer in the account that gave the code."""
    return document(
        "Your two accounts are one person for me now: one member of each circle, with the stricter "
        "of what you agreed to.",
        _undo(prefix),
    )


def linked_elsewhere(prefix: str) -> Document:
    """Return what the account is told that the code came from."""
    return document(
        "Your code was used: this account is linked with one on another platform now, and both are "
        "one person for me.",
        _undo(prefix),
        rings=True,
    )


def unlinked(prefix: str) -> Document:
    """Return what both accounts are told."""
    return document(
        "Your accounts are no longer linked. What you wrote in each place belongs to the account "
        "there again, and neither agrees to more than before.",
        paragraph("To link them again: ", Text(f"{prefix}my link", "code"), "."),
    )
