"""Every command comes through here: who asks, may they, what is the answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.conversation.model import (
    Answer,
    Audience,
    Bullets,
    Caller,
    Document,
    DomainError,
    Event,
    Form,
    Kind,
    PersonRef,
    PlatformUnavailable,
    Role,
    RoomRef,
    Text,
    document,
    line,
    paragraph,
    say,
)
from bot.conversation.platform import Platform
from bot.conversation.registry import Bound, Registry
from bot.conversation.typed import (
    Typed,
    Unknown,
    filled,
    first_word,
    meant,
    recognise,
    understand,
)

log = structlog.get_logger()


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
        return called if isinstance(recognise(self.registry, called), Typed) else None

    async def __call__(self, event: Event) -> Answer:
        """Return the answer to a command; every fault has become a sentence."""
        found = self._asked(event)
        if not isinstance(found, Typed):
            text = self.command_text(event) or event.text.strip()
            near = found.near if isinstance(found, Unknown) else meant(self.registry, text)
            return Answer(self._not_known(near))
        command = found.bound.command
        open_here = event.direct or command.open
        try:
            said = await self._carry_out(found, event)
        except DomainError as refusal:
            return Answer(say(str(refusal)), private_in_public=not open_here)
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
            ask = understand(found.bound, words, self.prefix)
        elif words.strip():
            raise DomainError(f"There is no circle called {words.strip()[1:-1]}.")
        else:
            given = {name: word for name, word in event.given if name != "circle"}
            ask = filled(found.bound, given)
        return await found.bound.run(ask, caller)

    async def _caller(self, found: Typed, event: Event) -> tuple[str, Caller]:
        """Return the words that are left, and who asks, in which circle."""
        command, words = found.bound.command, found.words
        circle = None
        if command.circle:
            circle, words = await self._circle(command.role, words, event)
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
            zone=await self.standing.zone(event.person, circle),
        )
        return words, caller

    async def _circle(self, role: Role, words: str, event: Event) -> tuple[int, str]:
        """Return the circle that is meant, named first or the only one there is.

        A word that is by chance the name of a circle in which the caller has no part stays a word.
        """
        word, rest = first_word(words)
        named = await self.standing.named(word) if word else None
        usual = await self.standing.usual(event.person, event.where)
        if named is not None:
            may = role in await self.standing.roles(event.person, named)
            if may or len(usual) != 1 or not rest:
                return named, rest
        if len(usual) == 1:
            return usual[0][0], words
        if not usual:
            raise DomainError(
                "I do not know which circle you mean. Name it after the command; "
                f"{self.prefix}my circles lists yours."
            )
        names = ", ".join(name for _, name in usual)
        raise DomainError(f"You are in several circles ({names}). Name one after the command.")

    def _check(self, bound: Bound, caller: Caller) -> None:
        if not caller.may(bound.command.role):
            raise DomainError(_REFUSALS[bound.command.role])

    def _not_known(self, near: Sequence[Bound]) -> Document:
        if not near:
            return say(
                "I do not know that command. To answer a prompt, reply to it, or write ",
                Text(f"{self.prefix}answer your words", "code"),
                ". ",
                Text(f"{self.prefix}help", "code"),
                " lists what I can do.",
            )
        uses = [
            line(Text(bound.usage(self.prefix), "code"), f" - {bound.command.about}")
            for bound in near
        ]
        return document("I do not know that command. Perhaps you mean:", Bullets(tuple(uses)))


_REFUSALS = {
    Role.MEMBER: "That is for members of the circle. You can join it first.",
    Role.CARER: "That is for the circle's facilitators and carers.",
    Role.FACILITATOR: "That is for the circle's facilitators. Ask one of them to do it for you.",
    Role.ORGANISER: "That needs somebody who may manage this room, or whom the people who run me "
    "named as an organiser. Type it in the room where the circle should meet.",
    Role.ADMIN: "That is for the people who run me.",
}


def help_for(registry: Registry, caller: Caller, prefix: str) -> Document:
    """Return the commands that the caller may give, grouped by their first word."""
    mine = [bound for bound in registry if caller.may(bound.command.role)]
    uses = [line(Text(bound.usage(prefix), "code"), f" - {bound.command.about}") for bound in mine]
    new = registry.get("circle new")
    hint = (
        ()
        if new is None or new in mine
        else (
            paragraph(
                "Whoever may manage a room can make a circle there: ",
                Text(new.usage(prefix), "code"),
            ),
        )
    )
    return document(
        "This is what you can ask me. A circle's name may be left out where only one is meant.",
        Bullets(tuple(uses)),
        *hint,
    )
