"""Commands as data: declared once, rendered by each platform in its own way."""

import types
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, replace
from datetime import date
from typing import Annotated, Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from bot.conversation.model import Audience, Caller, Document, Form, Role

Verb = TypeVar("Verb")
Ask = TypeVar("Ask")


@dataclass(frozen=True, slots=True)
class Arg:
    """What a command's field is: words for a person, bounds, choices.

    `rest` makes a typed command take everything that follows, as it was written. `named` means
    that it is typed as `name=value` only, and `like` is how a word looks (a regular expression)
    that is meant for this field; any other word is left to the next one. `suggest` is what the
    field names (circle, prompt, member, phase), so that platforms can offer what there is.
    """

    about: str
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()
    rest: bool = False
    named: bool = False
    like: str = ""
    suggest: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One field of a command, as platforms show it."""

    name: str
    kind: type
    arg: Arg
    required: bool
    default: Any

    @property
    def said(self) -> str:
        """Its name in words."""
        return self.name.replace("_", " ")

    @property
    def is_free(self) -> bool:
        """Whether it takes words of any kind, not those that are offered."""
        return self.kind is str and not self.arg.choices and not self.arg.suggest

    @property
    def typed(self) -> str:
        """How it stands in the pattern of a command."""
        if self.arg.named:
            return f"[{self.name}=...]"
        return f"<{self.said}>" if self.required else f"[{self.said}]"


@dataclass(frozen=True, slots=True)
class Command(Generic[Verb, Ask]):
    """One command: its name, what it asks, who may give it, who sees the answer.

    `circle` tells that it is about a circle, which people name first or leave out where only one
    can be meant. `open` tells that it belongs where others read it: nobody offers to tidy it away.
    `form` returns the form in which platforms that have forms ask for it, from what was given
    already; `menu` is its name in a message's own menu, where platforms have one. `example` is
    what somebody may type behind the name; `{date}` in it stands for a day that lies ahead.
    """

    name: str
    ask: type[Ask]
    handler: Callable[[Verb, Ask, Caller], Awaitable[Document]]
    role: Role = Role.ANYONE
    audience: Audience = Audience.CALLER
    circle: bool = False
    open: bool = False
    form: Callable[[Verb, Mapping[str, str], Caller], Awaitable[Form]] | None = None
    menu: str = ""
    example: str = ""

    @property
    def about(self) -> str:
        """One line for a person: the first line of what it asks."""
        return (self.ask.__doc__ or "").strip().splitlines()[0]

    def using(self, verb: Verb) -> "Bound":
        """Return the command tied to the verb that carries it out."""

        async def run(ask: Any, caller: Caller) -> Document:  # noqa: ANN401 - checked by `using`
            return await self.handler(verb, ask, caller)

        async def form(given: Mapping[str, str], caller: Caller) -> Form | None:
            return None if self.form is None else await self.form(verb, given, caller)

        return Bound(self, run, tuple(parameters(self.ask)), form)


@dataclass(frozen=True, slots=True)
class Bound:
    """A command that can be called."""

    command: Command[Any, Any]
    run: Callable[[Any, Caller], Awaitable[Document]]
    parameters: tuple[Parameter, ...]
    form: Callable[[Mapping[str, str], Caller], Awaitable[Form | None]]

    def usage(self, prefix: str) -> str:
        """Return the pattern after which the command is typed."""
        words = [f"{prefix}{self.command.name}"]
        words += ["[circle]"] if self.command.circle else []
        words += [parameter.typed for parameter in self.parameters]
        return " ".join(words)

    def example(self, prefix: str, day: date) -> str:
        """Return words that can be typed as they stand; `day` is where they need a date."""
        words = self.command.example.replace("{date}", day.isoformat())
        return f"{prefix}{self.command.name} {words}".rstrip()


def parameters(ask: type) -> Iterator[Parameter]:
    """Yield a command's fields in order; behind one that takes the rest, all are named."""
    hints = get_type_hints(ask, include_extras=True)
    rest = False
    for item in fields(ask):
        hint = hints[item.name]
        if get_origin(hint) is not Annotated:
            raise TypeError(f"{ask.__name__}.{item.name} needs Annotated[..., Arg(...)]")
        kind, arg, *_ = get_args(hint)
        required = item.default is MISSING and item.default_factory is MISSING
        yield Parameter(
            item.name, _plain(kind), replace(arg, named=arg.named or rest), required, item.default
        )
        rest = rest or arg.rest


def _plain(kind: Any) -> type:  # noqa: ANN401 - any form of type
    """Return the type inside `X | None`."""
    if get_origin(kind) in (types.UnionType, Union):
        (plain,) = (each for each in get_args(kind) if each is not type(None))
        return plain  # type: ignore[no-any-return]
    return kind  # type: ignore[no-any-return]


class Registry:
    """Every command there is, by name."""

    def __init__(self, commands: Iterable[Bound] = ()) -> None:
        self._commands: dict[str, Bound] = {}
        self.add(commands)

    def add(self, commands: Iterable[Bound]) -> None:
        """Take more commands in.

        Raises:
            ValueError: a name is there twice.
        """
        for bound in commands:
            if bound.command.name in self._commands:
                raise ValueError(f"the command {bound.command.name} is declared twice")
            self._commands[bound.command.name] = bound

    def __iter__(self) -> Iterator[Bound]:
        return iter(self._commands.values())

    def __len__(self) -> int:
        return len(self._commands)

    def get(self, name: str) -> Bound | None:
        """Return the command of this name."""
        return self._commands.get(name)

    @property
    def first_words(self) -> frozenset[str]:
        """The words with which a command can begin."""
        return frozenset(name.split()[0] for name in self._commands)

    def beginning(self, word: str) -> list[Bound]:
        """Return the commands whose name begins with `word`."""
        return [bound for name, bound in self._commands.items() if name.split()[0] == word]
