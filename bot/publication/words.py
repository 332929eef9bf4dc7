"""What is said about marks, drafts, reviews and publications."""

from collections.abc import Iterable, Sequence

from babel.dates import format_date

from bot.circles.model import Circle
from bot.conversation.model import (
    Block,
    Bullets,
    Document,
    File,
    Heading,
    Inline,
    Line,
    Link,
    Paragraph,
    Quote,
    Text,
    bullets,
    document,
    line,
    paragraph,
    say,
    typed,
)
from bot.publication.choosing import Stock, day_of, words_shown
from bot.publication.model import (
    Kept,
    Mark,
    MarkKind,
    QuoteState,
    Source,
    Summary,
    is_published,
    shows_name,
)
from bot.publication.model import Quote as QuotedLine

NOTHING_APPROVED = (
    "Nothing can be published yet: none of those quoted has approved a line. Silence counts as "
    "not yet."
)
STATES = {
    QuoteState.ASKED: "waits for your word",
    QuoteState.APPROVED: "approved",
    QuoteState.UNNAMED: "approved, without your name",
    QuoteState.WITHDRAWN: "taken back",
}


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"


def _code(text: str) -> Text:
    return Text(text, "code")


def marked(kind: MarkKind, prefix: str) -> Document:
    """Return the answer to a mark: the same whether its author agreed to be quoted or not."""
    return say(
        f"Noted, marked as {kind.value}. What its author agreed to decides whether it is used. ",
        _code(f"{prefix}unmark"),
        " as a reply to it, or the message's own menu, takes your mark away again.",
    )


USE_THE_MENU = (
    "I am not shown what is written there. Open the message's own menu instead and choose "
    "“Mark for the publication”: its words come along with that."
)


def ask_to_mark(circle: Circle, link: str) -> Document:
    """Return the question to somebody whose words were marked, and are not shown to the bot."""
    return document(
        paragraph(
            "Somebody in ",
            circle.name,
            " would like to keep ",
            Link("something that you wrote", link),
            " for the publication. I am not shown what it says, so nothing is kept of it.",
        ),
        "If you want it kept, open that message's menu and choose “Mark for the publication”: its "
        "words come along with that. If not, you need not do anything, and I do not ask again.",
    )


def left_out() -> Document:
    """Return the answer to an author who leaves a message out."""
    return say(
        "That message is left out of the publication, whoever marks it, and I keep no words of it "
        "beyond your answers. If you want it in after all, mark it yourself."
    )


def not_yours() -> Document:
    """Return the answer to somebody who wants words of others left out."""
    return say(
        "Only who wrote a message can leave it out. If you had marked it, your mark is gone; a "
        "message that nobody marks is not kept."
    )


def unmarked() -> Document:
    """Return the answer to a mark taken away, and to one that never was kept."""
    return say("No mark of yours is on that message now. A message that nobody marks is not kept.")


# --- review ------------------------------------------------------------------------------------


def lines(stock: Stock, sources: Iterable[Source]) -> list[Block]:
    """Return lines as their author sees them: number, day, state, and the words as shown."""
    blocks: list[Block] = []
    for source in sources:
        quote, author = stock.quotes[source.message], stock.members[source.member]
        day = format_date(day_of(source.sent_at, stock.circle.zone), "d MMMM yyyy", locale="en")
        name = f"as {author.name}" if shows_name(quote, author) else "without your name"
        head = f" ({day}, {name}): {STATES[quote.state]}"
        blocks.append(Paragraph(line(Text(f"Line {quote.number}", "strong"), head)))
        blocks.append(Quote(line(words_shown(stock, source))))
    return blocks


def how_to_review(prefix: str, circle: Circle) -> list[Block]:
    """Return the commands of the review."""
    verbs = {
        "approve": "the line may be published as shown",
        "unname": "it may be published, without your name",
        "withdraw": "it is not published, and I keep no words of it beyond your answers",
    }
    return [
        paragraph("Use one of these, with the number of a line or the word all:"),
        Bullets(
            tuple(
                line(
                    typed(f"{prefix}review {verb} {circle.name} 1", circle=circle.name, line="1"),
                    f" - {what}",
                )
                for verb, what in verbs.items()
            )
        ),
    ]


def asking(stock: Stock, sources: Sequence[Source], prefix: str) -> Document:
    """Return the private question to somebody who would be quoted."""
    return document(
        paragraph(
            f"The circle {stock.circle.name} prepares its publication, and would like to quote "
            "you. Only what you approve is published; if you say nothing, the line is left out. "
            "Other people who are not named stand as [a member]."
        ),
        *lines(stock, sources),
        *how_to_review(prefix, stock.circle),
    )


def listed(stock: Stock, sources: Sequence[Source], withdrawn: int, prefix: str) -> Document:
    """Return a member's own lines."""
    back = [f"{_count(withdrawn, 'line')} you have taken back."] if withdrawn else []
    if not sources:
        none = f"No words of yours wait to be quoted in {stock.circle.name}."
        return document(none, *back)
    return document(*lines(stock, sources), *back, *how_to_review(prefix, stock.circle))


def reviewed(verdict: QuoteState, numbers: Sequence[int]) -> Document:
    """Return the answer to a verdict."""
    what = f"Line {numbers[0]} is" if len(numbers) == 1 else f"{len(numbers)} lines are"
    said = {
        QuoteState.APPROVED: "approved. Thank you.",
        QuoteState.UNNAMED: "approved, without your name. Thank you.",
        QuoteState.WITHDRAWN: "taken back and will not be published.",
    }
    return say(f"{what} {said[verdict]}")


def edited(stock: Stock, sources: Sequence[Source]) -> Document:
    """Return lines that an author decided about, and edited since they were shown."""
    return document(
        "You have edited this since I showed it to you, so nothing is decided yet. It reads now:",
        *lines(stock, sources),
        "Give the same command again to decide about these words.",
    )


# --- draft and publication ---------------------------------------------------------------------


def drafted(
    stock: Stock, summary: Summary, missed: int, asked: int, prefix: str, unread: Sequence[str]
) -> Document:
    """Return the overview for a facilitator: counts, and what is missing; never who is behind.

    `unread` are the links of rooms whose words are not shown to the bot.
    """
    quotes = [stock.quotes[source.message] for source in stock.sources]
    approved = sum(is_published(quote) for quote in quotes)
    waiting = sum(quote.state is QuoteState.ASKED for quote in quotes)
    items = [
        f"{_count(approved, 'line')} approved by those quoted",
        f"{_count(waiting, 'line')} still waiting for their authors; they are left out until then",
    ]
    if asked:
        items.append(f"{_count(asked, 'person', 'people')} asked privately just now")
    if missed:
        items.append(f"{_count(missed, 'message')} that I could not look at, and left out")
    return document(
        Heading(line(f"The draft of {stock.circle.name}"), 3),
        bullets(items),
        *_phases(stock, summary),
        *([_unread(unread)] if unread else []),
        paragraph("When you are content: ", _code(f"{prefix}summary publish {stock.circle.name}")),
    )


def _unread(links: Sequence[str]) -> Paragraph:
    """Return what of a circle's talk cannot be in the draft, and how it can come in."""
    rooms: list[Inline] = []
    for link in links:
        rooms += [Text(", ")] if rooms else []
        rooms.append(Link("a room", link))
    return paragraph(
        "I am not shown what members write in ",
        *rooms,
        ", except what they say to me. What is missing here comes in when somebody opens a "
        "message's menu and chooses “Mark for the publication”.",
    )


def _phases(stock: Stock, summary: Summary) -> list[Block]:
    """Return how many lines each phase has, approved and all."""
    there = {q.number: s.phase for s in stock.sources if (q := stock.quotes[s.message])}
    known = {phase.title: phase.key for phase in stock.circle.calendar.phases}
    found: list[Line] = []
    empty = []
    for chapter in summary.chapters:
        every = sum(phase == known.get(chapter.title) for phase in there.values())
        if every or chapter.lines:
            shown = f"{len(chapter.lines)} of {max(every, len(chapter.lines))}"
            found.append(line(f"{chapter.title}: {shown} lines approved"))
        else:
            empty.append(chapter.title)
    missing = [paragraph(f"No line yet from: {', '.join(empty)}.")] if empty else []
    return [*([Bullets(tuple(found))] if found else []), *missing]


def published(version: int, summary: Summary, rooms: int, waiting: int) -> Document:
    """Return the answer to a facilitator who published."""
    left = f" {_count(waiting, 'line')} without an approval stayed out." if waiting else ""
    return say(
        f"Version {version} with {_count(len(summary.lines), 'line')} goes to "
        f"{_count(rooms, 'room')}.{left}"
    )


def unchanged(version: int) -> Document:
    """Return the answer to publishing what is published already."""
    return say(f"Nothing has changed since version {version}, so I post nothing anew.")


def contents(summary: Summary, version: int) -> Document:
    """Return what is posted beside the files: the title and what is inside."""
    inside = [
        f"{chapter.title} ({_count(len(chapter.lines), 'line')})"
        for chapter in summary.chapters
        if chapter.lines
    ]
    return document(
        Heading(line(f"The publication of {summary.circle}, version {version}"), 2),
        paragraph("Every line in it was approved by the member who wrote it. Inside:"),
        bullets(inside),
        paragraph("The files follow: one web page, and the same as Markdown."),
    )


def files(summary: Summary, markdown: str, html: str) -> tuple[File, File]:
    """Return both files."""
    what = f"the publication of {summary.circle}: {_count(len(summary.lines), 'quoted line')}"
    return (
        File(f"{summary.circle}.md", "text/markdown", markdown.encode(), f"Markdown, {what}"),
        File(f"{summary.circle}.html", "text/html", html.encode(), f"A web page, {what}"),
    )


def republish(circle: Circle, prefix: str) -> Document:
    """Return what facilitators are told when published words were taken back."""
    return say(
        f"Something in the publication of {circle.name} was taken back or changed. I have taken it "
        "out of the copy that I keep; the files in the rooms are still the old ones. Please remove "
        "them there, and post a new version with ",
        _code(f"{prefix}summary publish {circle.name}"),
        ".",
    )


# --- what is stored of a person ----------------------------------------------------------------


def held(
    kept: Sequence[Kept], marks: Sequence[Mark], quotes: Sequence[QuotedLine], published: int
) -> tuple[Block, ...]:
    """Return all that this room keeps of somebody; empty when it keeps nothing."""
    items: list[Line] = [line(f"A marked message of yours: “{each.text}”") for each in kept]
    items += [line(f"Your mark on a message, as {each.kind.value}") for each in marks]
    items += [line(f"Line {each.number}: {STATES[each.state]}") for each in quotes]
    if published:
        items.append(line(f"{_count(published, 'line')} of yours in publications"))
    if not items:
        return ()
    return (Heading(line("Marks, quotes and publications"), 3), Bullets(tuple(items)))
