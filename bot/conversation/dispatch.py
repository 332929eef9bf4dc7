"""Every command comes through here: who asks, may they, what is the answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import structlog

from bot.conversation import words as said_of
from bot.conversation.model import (
    Answer,
    Audience,
    Caller,
    Clock,
    Document,
    DomainError,
    Event,
    Form,
    Kind,
    PersonRef,
    PlatformUnavailable,
    Role,
    RoomRef,
    say,
)
from bot.conversation.platform import Platform
from bot.conversation.registry import Bound, Registry
from bot.conversation.typed import (
    Typed,
    Unknown,
    filled,
    first_word,
    fits,
    meant,
    names_a_circle,
    recognise,
    understand,
)
from bot.conversation.zones import day_ahead

log = structlog.get_logger()

_CALLED = 2
"""The most words behind the bot's name in which a slip of the fingers is looked for."""


class Misread(DomainError):
    """The words behind a command are not understood; `said` shows how it is typed."""

    def __init__(self, fault: str, said: Document) -> None:
        super().__init__(fault)
        self.said = said


class Standing(Protocol):
    """Who the caller is for a circle; filled by the room that knows circles."""

    async def named(self, name: str) -> int | None:
        """Return the circle of this name."""
        ...

    async def usual(self, person: PersonRef, room: RoomRef) -> Sequence[tuple[int, str]]:
        """Return the circles that may be meant: the room's, else those of the person."""
        ...

    async def roles(self, person: PersonRef, circle: int | None) -> frozenset[Role]:
        """Return what the person is: in the circle, and in the installation."""
        ...

    async def zone(self, person: PersonRef, circle: int | None) -> str:
        """Return the person's time zone."""
        ...

    async def names(
        self, kind: str, person: PersonRef, room: RoomRef, circle: str
    ) -> Sequence[str]:
        """Return the names of one kind (circle, prompt, member, phase) that the person may use.

        `circle` is the name of the circle that is meant, empty for the one that may be.
        """
        ...


@dataclass(frozen=True)
class Dispatch:
    """Answers commands. `registry` is filled when every room has declared its own."""

    registry: Registry
    standing: Standing
    platforms: Mapping[str, Platform]
    prefix: str
    incident: Callable[[], str]
    clock: Clock

    def recognises(self, event: Event) -> bool:
        """Return whether the words are meant for the bot.

        In a direct room all are. Elsewhere a command of ours is; one of another bot's is not,
        unless this bot is named with it.
        """
        if event.kind is Kind.COMMAND:
            return True
        text = self.command_text(event)
        if event.direct:
            return bool(event.text.strip())
        return text is not None and (event.addressed or recognise(self.registry, text) is not None)

    def given(self, event: Event) -> Typed | Unknown | None:
        """Return the command that an event gives; bare words are one to the bot alone only."""
        bare = event.text.strip() if event.direct and not (event.reply_to or event.thread) else ""
        return recognise(self.registry, self.command_text(event) or bare)

    def command_text(self, event: Event) -> str | None:
        """Return the command without its prefix, or after the bot's name; None when it is none."""
        text = event.text.strip()
        for prefix in (self.prefix, "/"):
            if text.startswith(prefix) and text[len(prefix) :].strip():
                return text[len(prefix) :].strip()
        called = event.called.strip().removeprefix(self.prefix)
        slip = len(called.split()) <= _CALLED and meant(self.registry, called)
        return called if slip or isinstance(recognise(self.registry, called), Typed) else None

    async def __call__(self, event: Event) -> Answer:
        """Return the answer to a command; every fault has become a sentence."""
        found = self._asked(event)
        if not isinstance(found, Typed):
            text = self.command_text(event) or event.text.strip()
            near = found.near if isinstance(found, Unknown) else meant(self.registry, text)
            day = day_ahead(self.clock.now(), "UTC")
            return Answer(said_of.not_known(near, self.prefix, day))
        command = found.bound.command
        open_here = event.direct or command.open or bool(event.answer_at)
        try:
            said = await self._carry_out(found, event)
        except DomainError as refusal:
            told = refusal.said if isinstance(refusal, Misread) else say(str(refusal))
            if event.kind is Kind.COMMAND and command.form:
                told += said_of.held(found.bound, event.given)
            return Answer(told, private_in_public=not open_here)
        except PlatformUnavailable:
            log.warning("platform away", action="command_failed", command=command.name)
            return Answer(say("The chat service did not answer me. Please try again in a minute."))
        except Exception:
            number = self.incident()
            log.exception("command failed", action="command_failed", incident=number)
            return Answer(
                say(
                    f"Something went wrong on my side, and nothing was changed. If it stays so, "
                    f"tell whoever runs me: incident {number}."
                )
            )
        private = command.audience is Audience.CALLER and not open_here
        return Answer(said, command.audience, private_in_public=private)

    async def form(self, event: Event) -> Form | None:
        """Return the form in which the command of a COMMAND event is asked for, None without one.

        Raises:
            DomainError: the caller may not give the command, or not now.
        """
        found = self._asked(event)
        if not isinstance(found, Typed):
            return None
        _, caller = await self._allowed(found, event)
        return await found.bound.form(dict(event.given), caller)

    async def allows(self, event: Event) -> bool:
        """Return whether the command of an event would be let through to its handler."""
        found = self._asked(event)
        try:
            return isinstance(found, Typed) and bool(await self._allowed(found, event))
        except DomainError:
            return False

    async def suggest(self, event: Event, field: str, text: str) -> list[str]:
        """Return what a field of a COMMAND event's command may name, the fitting ones first."""
        found = self._asked(event)
        if not isinstance(found, Typed):
            return []
        kinds = {p.name: p.arg.suggest for p in found.bound.parameters} | {"circle": "circle"}
        given = dict(event.given).get("circle", "") if field != "circle" else ""
        names = await self.standing.names(kinds.get(field, ""), event.person, event.where, given)
        typed = text.strip().lower()
        fitting = [name for name in names if typed in name.lower()]
        return sorted(fitting, key=lambda name: not name.lower().startswith(typed))

    def _asked(self, event: Event) -> Typed | Unknown | None:
        """Return the command that an event gives, its circle's name as the words behind it."""
        if event.kind is not Kind.COMMAND:
            return recognise(self.registry, self.command_text(event) or event.text.strip())
        bound = self.registry.get(event.text)
        circle = dict(event.given).get("circle", "")
        return Typed(bound, f'"{circle}"' if circle else "") if bound else None

    async def _allowed(self, found: Typed, event: Event) -> tuple[str, Caller]:
        words, caller = await self._caller(found, event)
        self._check(found.bound, caller)
        return words, caller

    async def _carry_out(self, found: Typed, event: Event) -> Document:
        words, caller = await self._allowed(found, event)
        if event.kind is not Kind.COMMAND:
            ask = self._understood(found, words, caller)
        elif words.strip():
            raise DomainError(said_of.no_circle(words.strip()[1:-1], (), self.prefix))
        else:
            given = {name: word for name, word in event.given if name != "circle"}
            ask = filled(found.bound, given)
        return await found.bound.run(ask, caller)

    def _understood(self, found: Typed, words: str, caller: Caller) -> object:
        """Return the request; a word that may be a wrong circle's name is told to be none."""
        try:
            return understand(found.bound, words)
        except DomainError as misread:
            fault, (word, _) = str(misread), first_word(words)
            if found.bound.command.circle and words == found.words and word[:1].isalpha():
                unknown = f" If a circle is meant: there is none called {word[:40]}."
                fault += "" if fits(found.bound, word) else unknown
            said = said_of.misread(fault, found.bound, self.prefix, self._day(caller))
            raise Misread(fault, said) from None

    def _day(self, caller: Caller) -> date:
        """Return a day that lies ahead of the caller, for examples."""
        return day_ahead(self.clock.now(), caller.zone)

    async def _caller(self, found: Typed, event: Event) -> tuple[str, Caller]:
        """Return the words that are left, and who asks, in which circle."""
        command, words = found.bound.command, found.words
        circle = None
        if command.circle:
            circle, words = await self._circle(found.bound, words, event)
        roles = await self.standing.roles(event.person, circle)
        if command.role is Role.ORGANISER and Role.ORGANISER not in roles:
            platform = self.platforms[event.platform]
            if not event.direct and await platform.may_manage(event.person, event.where):
                roles |= {Role.ORGANISER}
        caller = Caller(
            person=event.person,
            name=event.name or event.author,
            room=event.where,
            direct=event.direct,
            roles=roles,
            circle=circle,
            message=event.id,
            thread=event.thread,
            reply_to=event.reply_to,
            said_at=event.at,
            subject=event.subject,
            typed=event.kind is not Kind.COMMAND,
            zone=await self.standing.zone(event.person, circle),
        )
        return words, caller

    async def _circle(self, bound: Bound, words: str, event: Event) -> tuple[int, str]:
        """Return the circle that is meant, named first or the only one there is.

        A word that is by chance the name of a circle in which the caller has no part stays a word.

        Raises:
            DomainError: there is no circle of the name, or it is not clear which one is meant.
        """
        word, rest = first_word(words)
        named = await self.standing.named(word) if word else None
        usual = await self.standing.usual(event.person, event.where)
        if named is not None:
            may = bound.command.role in await self.standing.roles(event.person, named)
            if may or len(usual) != 1 or not rest:
                return named, rest
        elif word and names_a_circle(bound, words):
            mine = [name for _, name in usual]
            raise DomainError(said_of.no_circle(word, mine, self.prefix))
        if len(usual) == 1:
            return usual[0][0], words
        if not usual:
            raise DomainError(
                "I do not know which circle you mean. Name it with the command; "
                f"{self.prefix}my circles lists yours."
            )
        names = ", ".join(name for _, name in usual)
        raise DomainError(f"You are in several circles ({names}). Name one with the command.")

    def _check(self, bound: Bound, caller: Caller) -> None:
        if not caller.may(bound.command.role):
            raise DomainError(_REFUSALS[bound.command.role])


_REFUSALS = {
    Role.MEMBER: "That is for members of the circle. You can join it first.",
    Role.CARER: "That is for the circle's facilitators and carers.",
    Role.FACILITATOR: "That is for the circle's facilitators. Ask one of them to do it for you.",
    Role.ORGANISER: "That needs somebody who may manage this room, or whom the people who run me "
    "named as an organiser. Use it in the room where the circle should meet.",
    Role.ADMIN: "That is for the people who run me.",
}
