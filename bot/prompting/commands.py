"""The commands about prompts and answers, declared once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated

from bot.conversation.model import Caller, Document, Form, Role
from bot.conversation.registry import Arg, Bound, Command
from bot.prompting import words
from bot.prompting.usecases import reading
from bot.prompting.usecases.giving import GiveAnswer, Given
from bot.prompting.usecases.looking import LookAtPrompts, SendPrompt


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the prompt you reply to, or the latest question."""

    words: Annotated[str, Arg("Your answer", rest=True)]
    show: Annotated[
        str,
        Arg("With your name, without it, or only counted", choices=("", *map(str, words.SHOWN))),
    ] = ""
    prompt: Annotated[
        str, Arg("The prompt's key, if it is not the latest question", suggest="prompt")
    ] = ""


async def _answer(verb: GiveAnswer, ask: Answer, caller: Caller) -> Document:
    return await verb(Given(ask.words, ask.show, ask.prompt), caller)


async def _answer_form(verb: GiveAnswer, given: Mapping[str, str], caller: Caller) -> Form:
    return await verb.form(given, caller)


@dataclass(frozen=True, slots=True)
class PromptList:
    """Show the prompts that are to come."""


async def _list(verb: LookAtPrompts, _ask: PromptList, caller: Caller) -> Document:
    return await verb.to_come(caller)


@dataclass(frozen=True, slots=True)
class PromptPreview:
    """Show you how a prompt would read."""

    prompt: Annotated[str, Arg("The prompt's key, as prompt list shows it", suggest="prompt")]


async def _preview(verb: LookAtPrompts, ask: PromptPreview, caller: Caller) -> Document:
    return await verb.preview(ask.prompt, caller)


@dataclass(frozen=True, slots=True)
class PromptSend:
    """Post a prompt now."""

    prompt: Annotated[str, Arg("The prompt's key, as prompt list shows it", suggest="prompt")]


async def _send(verb: SendPrompt, ask: PromptSend, caller: Caller) -> Document:
    return await verb.now(ask.prompt, caller)


@dataclass(frozen=True, slots=True)
class PromptSkip:
    """Leave the next coming of a prompt out."""

    prompt: Annotated[str, Arg("The prompt's key, as prompt list shows it", suggest="prompt")]


async def _skip(verb: SendPrompt, ask: PromptSkip, caller: Caller) -> Document:
    return await verb.skip(ask.prompt, caller)


ANSWER = Command(
    reading.ANSWER,
    Answer,
    _answer,
    Role.MEMBER,
    circle=True,
    open=True,
    form=_answer_form,
    example="I bring a loaf of bread.",
)
LIST = Command("prompt list", PromptList, _list, Role.FACILITATOR, circle=True)
PREVIEW = Command(
    "prompt preview", PromptPreview, _preview, Role.FACILITATOR, circle=True, example="roll-call"
)
SEND = Command("prompt send", PromptSend, _send, Role.FACILITATOR, circle=True, example="roll-call")
SKIP = Command("prompt skip", PromptSkip, _skip, Role.FACILITATOR, circle=True, example="roll-call")


def prompt_commands(answer: GiveAnswer, look: LookAtPrompts, send: SendPrompt) -> Iterable[Bound]:
    """Return the commands, tied to their verbs."""
    yield ANSWER.using(answer)
    yield LIST.using(look)
    yield PREVIEW.using(look)
    yield SEND.using(send)
    yield SKIP.using(send)
