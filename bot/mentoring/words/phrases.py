"""The small words that all the rest is made of."""

from collections.abc import Iterable, Sequence

from babel import Locale

from bot.circles.model import Member
from bot.conversation.model import Mention, Text
from bot.conversation.model import typed as command
from bot.mentoring.matching import Left, Why
from bot.mentoring.model import DAYS, Fit, Side, spans

_NAMES = Locale("en").languages


def listed(words: Iterable[str], last: str = "and") -> str:
    """Return `a, b and c`."""
    *most, end = words
    return f"{', '.join(most)} {last} {end}" if most else end


def language_names(codes: Iterable[str]) -> str:
    """Return the languages by name."""
    return listed(_NAMES.get(code, code) for code in codes)


def spoken_hours(hours: Iterable[int]) -> str:
    """Return hours of a week as people say them: `Mon-Fri 17-21, Sat 10-12`."""
    days: list[tuple[str, list[tuple[int, int]]]] = []
    for number, day in enumerate(DAYS):
        held = spans(hour % 24 for hour in hours if hour // 24 == number)
        days.append((day[:3].title(), held))
    runs: list[list[int]] = []
    for number, (_, held) in enumerate(days):
        if runs and days[runs[-1][-1]][1] == held:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(_run(days, run) for run in runs if days[run[0]][1])


def _run(days: Sequence[tuple[str, list[tuple[int, int]]]], run: Sequence[int]) -> str:
    first, last = days[run[0]][0], days[run[-1]][0]
    when = first if first == last else f"{first}-{last}"
    return f"{when} {' and '.join(f'{since}-{until}' for since, until in days[run[0]][1])}"


def typed(prefix: str, verb: str, circle: str, pair: int) -> Text:
    """Return how a command about a pair is typed, the circle named so that it is always clear."""
    text = f"{prefix}mentor {verb} {circle} {pair}"
    return command(text, circle=circle, number=str(pair))


def switched(prefix: str, switch: str, circle: str, pair: int) -> Text:
    """Return how carrying words is switched on or off."""
    text = f"{prefix}mentor relay {circle} {switch} {pair}"
    return command(text, circle=circle, switch=switch, number=str(pair))


def given(circle: str, pair: int) -> tuple[tuple[str, str], ...]:
    """Return what a button about a pair carries."""
    return ("circle", circle), ("number", str(pair))


def platform_of(member: Member) -> str:
    """Return the name of the platform that a member is on."""
    return member.person.platform.title()


def mention(member: Member) -> Mention:
    """Return the member's name so that it rings for them."""
    return Mention(member.person, member.name, member.others)


def strong(member: Member) -> Text:
    """Return the member's name, which rings for nobody."""
    return Text(member.name, "strong")


def reasons(fit: Fit, *, yours: bool) -> str:
    """Return why a pair fits: said to the two (`yours`) or to who looks at the round."""
    you, both = ("you", "you both") if yours else ("they", "both")
    hours = f"{fit.hours} usable hour{'s' if fit.hours > 1 else ''} a week"
    meet = f"{you} share {hours}" if fit.hours else f"{you} share no usable hour, so rather write"
    said = [
        f"{both} named {listed(fit.topics)}",
        meet,
        f"{both} speak {language_names(fit.languages)}",
    ]
    text = "; ".join(said)
    return f"{text[0].upper()}{text[1:]}."


def why(left: Left, *, you: bool) -> str:
    """Return why there is nobody for somebody this time, with no blame and no numbers."""
    topics, whose = listed(left.profile.topics, "or"), "you" if you else "they"
    offer = left.profile.side is Side.OFFER
    if left.why is Why.AWAY:
        return "away at present, and still on the list."
    if left.why is Why.NO_TOPIC:
        return f"nobody {'seeks' if offer else 'offers'} {topics} yet."
    if left.why is Why.NO_LANGUAGE:
        return f"nobody who {'seeks' if offer else 'offers'} this shares a language with {whose}."
    if offer:
        return "there is no match this time."
    return "nobody who offers this was free for a new match this time."
