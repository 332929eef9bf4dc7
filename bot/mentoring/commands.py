"""The commands of the mentoring room."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from babel import Locale

from bot.conversation.model import Caller, Clock, Document, DomainError, Form, Role
from bot.conversation.platform import Platform
from bot.conversation.registry import Arg, Bound, Command
from bot.delivery.usecases import Compose, Post
from bot.mentoring.model import Side, understand_hours, understand_topics
from bot.mentoring.rows import CHECKIN
from bot.mentoring.usecases import (
    AcceptPair,
    Background,
    CarryWords,
    ComposeCheckin,
    DeclinePair,
    NoteWish,
    PreviewPairs,
    SendPairs,
    SwitchRelay,
    Wish,
)
from bot.mentoring.usecases.scene import KnowAccounts, one_account_each
from bot.store.work import Begin

_CODES = Locale("en").languages
_BY_NAME = {name.casefold(): code for code, name in _CODES.items()}

Topics = Annotated[
    str, Arg("Topics, the most important first, with commas between; or stop", rest=True)
]
Languages = Annotated[str, Arg("Languages you can do it in, like en,de; else the circle's")]
Hours = Annotated[str, Arg('When you usually can, like "mon-fri 17-20"; else weekday evenings')]
Number = Annotated[int | None, Arg("The proposal's number, where you have several", 1)]


@dataclass(frozen=True, slots=True)
class Offer:
    """Offer to be a mentor."""

    topics: Topics
    capacity: Annotated[int, Arg("How many people at a time", 1, 5)] = 1
    languages: Languages = ""
    hours: Hours = ""


@dataclass(frozen=True, slots=True)
class Seek:
    """Ask for a mentor."""

    topics: Topics
    languages: Languages = ""
    hours: Hours = ""


@dataclass(frozen=True, slots=True)
class Accept:
    """Say yes to a mentoring match that I suggested to you."""

    number: Number = None


@dataclass(frozen=True, slots=True)
class Decline:
    """Say no to a suggested match, or end one that has begun; nobody asks why."""

    number: Number = None


@dataclass(frozen=True, slots=True)
class Relay:
    """Let me carry words between you and a match on another platform, or end that."""

    switch: Annotated[
        str, Arg("on or off; words are carried when both of you said on", choices=("on", "off"))
    ]
    number: Annotated[int | None, Arg("The match's number, where you have several", 1)] = None


@dataclass(frozen=True, slots=True)
class Tell:
    """Write to a match on another platform; I carry the words and keep nothing of them."""

    words: Annotated[str, Arg("Your words", rest=True)]
    number: Annotated[int | None, Arg("The match's number, where you have several", 1)] = None


@dataclass(frozen=True, slots=True)
class Preview:
    """See which mentoring pairs I would propose, and why; nothing is sent."""


@dataclass(frozen=True, slots=True)
class Send:
    """Propose the mentoring pairs of this moment, privately, to those concerned."""


def understand_languages(text: str) -> tuple[str, ...]:
    """Return the ISO codes that `text` names, by code or by English name, each once.

    Raises:
        DomainError: one is not known.
    """
    found: dict[str, None] = {}
    for word in text.replace(";", ",").replace(" ", ",").split(","):
        plain = word.casefold().replace("_", "-")
        code = _BY_NAME.get(plain) or plain.partition("-")[0]
        if word and code not in _CODES:
            raise DomainError(
                f"I do not know the language “{word[:30]}”. Use codes, like languages=en,de."
            )
        found |= {code: None} if word else {}
    return tuple(found)


def _wish(ask: Offer | Seek) -> Wish | None:
    if ask.topics.strip().casefold() == "stop":
        return None
    return Wish(
        topics=understand_topics(ask.topics),
        languages=understand_languages(ask.languages),
        hours=understand_hours(ask.hours),
        capacity=ask.capacity if isinstance(ask, Offer) else 1,
    )


async def wish(verb: NoteWish, ask: Offer | Seek, caller: Caller) -> Document:
    """Note an offer or a wish."""
    return await verb(caller, _wish(ask))


async def accept(verb: AcceptPair, ask: Accept, caller: Caller) -> Document:
    """Take a yes."""
    return await verb(caller, ask.number)


async def decline(verb: DeclinePair, ask: Decline, caller: Caller) -> Document:
    """Take a no."""
    return await verb(caller, ask.number)


async def relay(verb: SwitchRelay, ask: Relay, caller: Caller) -> Document:
    """Take a yes or a no to carrying words."""
    return await verb(caller, ask.number, on=ask.switch == "on")


async def tell(verb: CarryWords, ask: Tell, caller: Caller) -> Document:
    """Carry words."""
    return await verb(caller, ask.words, ask.number)


async def tell_form(verb: CarryWords, given: Mapping[str, str], caller: Caller) -> Form:
    """Ask for the words to carry."""
    return await verb.form(given, caller)


async def preview(verb: PreviewPairs, _: Preview, caller: Caller) -> Document:
    """Show a round."""
    return await verb(caller)


async def send(verb: SendPairs, _: Send, caller: Caller) -> Document:
    """Propose a round."""
    return await verb(caller)


_TOPICS = 'facilitation, evaluation hours="mon-fri 17-20"'

OFFER = Command("mentor offer", Offer, wish, Role.MEMBER, circle=True, example=_TOPICS)
SEEK = Command("mentor seek", Seek, wish, Role.MEMBER, circle=True, example=_TOPICS)
ACCEPT = Command("mentor accept", Accept, accept, role=Role.MEMBER, circle=True)
DECLINE = Command("mentor decline", Decline, decline, role=Role.MEMBER, circle=True)
RELAY = Command("mentor relay", Relay, relay, Role.MEMBER, circle=True, example="on")
TELL = Command(
    "mentor tell",
    Tell,
    tell,
    Role.MEMBER,
    circle=True,
    form=tell_form,
    example="Shall we talk on Friday?",
)
PREVIEW = Command("pairs preview", Preview, preview, role=Role.FACILITATOR, circle=True)
SEND = Command("pairs send", Send, send, role=Role.FACILITATOR, circle=True)


def mentoring_commands(
    *,
    begin: Begin,
    look: Begin,
    clock: Clock,
    post: Post,
    background: Background,
    platforms: Mapping[str, Platform],
    prefix: str = "!",
    accounts: KnowAccounts = one_account_each,
) -> list[Bound]:
    """Return the room's commands, each tied to its verb."""
    return [
        OFFER.using(NoteWish(begin, clock, Side.OFFER)),
        SEEK.using(NoteWish(begin, clock, Side.SEEK)),
        ACCEPT.using(AcceptPair(begin, clock, post, platforms, prefix)),
        DECLINE.using(DeclinePair(begin, clock, post, prefix)),
        RELAY.using(SwitchRelay(begin, clock, post, platforms, prefix)),
        TELL.using(CarryWords(begin, look, clock, post, platforms, prefix)),
        PREVIEW.using(PreviewPairs(look, clock, background, prefix, accounts)),
        SEND.using(SendPairs(begin, clock, post, background, platforms, prefix, accounts)),
    ]


def mentoring_composers(*, clock: Clock, prefix: str = "!") -> Mapping[str, Compose]:
    """Return what the room's due schedules say, by their kind."""
    return {CHECKIN: ComposeCheckin(clock, prefix)}
