"""What people did in circles, and whether rooms and database agree with it, once each."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.bootstrap import read_methods
from bot.circles.methods import Audience
from bot.circles.rows import Circles
from bot.delivery.model import due_at
from bot.prompting.usecases.asking import planned
from bot.store.engine import Database
from tests.support.bot_process import BotProcess
from tests.support.human import Human
from tests.support.life import KEY


@dataclass(slots=True)
class Ledger:
    """What people did: messages by room and id with their words; commands with their answer's."""

    said: dict[tuple[str, str], int] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)

    def note(self, room: str, event: str, text: str = "") -> str:
        """Note a message (or, without words, a reaction) that is to be counted."""
        self.said[room, event] = len(text.split())
        return event


@dataclass(frozen=True, slots=True)
class Seen:
    """A message of the bot, as people see it."""

    key: str
    text: str


@dataclass(slots=True)
class Audit:
    """What was found, and what is wrong with it."""

    posts: int = 0
    prompts: int = 0
    messages: int = 0
    answers: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    out_of_order: list[str] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Everything that is wrong, as a failing test shows it."""
        named = (("lost", self.lost), ("doubled", self.doubled), ("order", self.out_of_order))
        return [f"{name}: {what}" for name, found in named for what in found]


async def audited(
    bot: BotProcess, ledger: Ledger, people: Sequence[Human], circles: Iterable[tuple[str, str]]
) -> Audit:
    """Compare everything; `circles` are names and rooms. The bot has nothing left to do."""
    audit = Audit()
    shown = await _shown(bot, people)
    posts = [post for room in shown.values() for post in room]
    audit.posts = len(posts)
    audit.doubled += [
        key for key, count in Counter(post.key for post in posts).items() if count > 1
    ]
    _outbox(bot, shown, audit)
    for name, room in circles:
        expected = await due_prompts(bot, name)
        _prompts(name, expected, [post.key for post in shown[room]], audit)
    _answers(ledger, posts, audit)
    _messages(bot, ledger, audit)
    return audit


async def _shown(bot: BotProcess, people: Sequence[Human]) -> dict[str, list[Seen]]:
    """Return the bot's messages in every room that these people are in, in order."""
    shown: dict[str, list[Seen]] = {}
    for person in people:
        for room in await person.joined_rooms():
            if room not in shown:
                events = await person.messages(room)
                mine = [e["content"] for e in events if e["sender"] == bot.user_id]
                shown[room] = [Seen(str(each.get(KEY)), str(each["body"])) for each in mine]
    return shown


def _outbox(bot: BotProcess, shown: dict[str, list[Seen]], audit: Audit) -> None:
    """Whatever the bot holds for sent is there, in the order in which it was written."""
    sent: dict[str, list[str]] = {}
    due = set(bot.waiting())
    for key, state, room in bot.rows("SELECT key, state, room FROM outbox ORDER BY id"):
        if state == "sent":
            sent.setdefault(room, []).append(key)
        elif state != "waiting" or f"post {key}" in due:
            audit.lost.append(f"{key} is {state}")
    for room, keys in sent.items():
        there = [post.key for post in shown.get(room, []) if post.key in set(keys)]
        audit.lost += sorted(set(keys) - set(there))
        if list(dict.fromkeys(there)) != [key for key in keys if key in there]:
            audit.out_of_order.append(f"{room}: {there} for {keys}")


def _prompts(circle: str, expected: Sequence[str], shown: Sequence[str], audit: Audit) -> None:
    """What the calendar says was due is in the room, in the calendar's order, and no more."""
    parts = [key.split("/") for key in shown if key.endswith("/0")]
    there = ["/".join(key[1:4]) for key in parts if key[0] != "-" and key[1][:1] != "-"]
    audit.prompts += len(there)
    audit.lost += [f"{circle} {asked}" for asked in expected if asked not in there]
    audit.doubled += [f"{circle} {asked}, early" for asked in there if asked not in expected]
    if list(dict.fromkeys(there)) != [asked for asked in expected if asked in there]:
        audit.out_of_order.append(f"{circle}: {there}")


async def due_prompts(bot: BotProcess, circle: str) -> list[str]:
    """Return the prompts for everybody that are due by now, as phase/prompt/occurrence."""
    methods = read_methods((), ("en",))
    database = Database.at(Path(bot.database))
    try:
        async with database.look() as work:
            found = await Circles(work).named(circle)
    finally:
        await database.aclose()
    if found is None:
        return []
    due = [
        (due_at(wall, found.zone), str(asked))
        for asked, prompt, wall in planned(found, methods.of(found.method))
        if prompt.audience is not Audience.FACILITATOR
    ]
    now = bot.clock.now()
    return [asked for when, asked in sorted(due, key=lambda each: each[0]) if when <= now]


def _answers(ledger: Ledger, posts: Iterable[Seen], audit: Audit) -> None:
    """Every command was answered, once, and as it is answered the first time.

    A long answer comes in several parts; the first one counts.
    """
    given: dict[str, list[str]] = {}
    for post in posts:
        if post.key.startswith("-/answer/") and post.key.endswith("/0"):
            given.setdefault(post.key.split("/")[2], []).append(post.text)
    audit.answers = len(ledger.asked)
    for asked, words in ledger.asked.items():
        texts = given.get(asked, [])
        if not texts:
            audit.lost.append(f"no answer to {asked}")
        if len(texts) > 1:
            audit.doubled.append(f"{len(texts)} answers to {asked}")
        if texts and words not in texts[0]:
            audit.doubled.append(f"carried out twice: {texts[0][:100]}")


def _messages(bot: BotProcess, ledger: Ledger, audit: Audit) -> None:
    """What members said is counted, each message once with its words, and nothing else is."""
    counted = bot.rows("SELECT room, message, words FROM contribution")
    found = {(room, message): words for room, message, words in counted}
    audit.messages = len(ledger.said)
    audit.doubled += [f"counted: {each}" for each in found if each not in ledger.said]
    audit.lost += [f"not counted: {each}" for each in ledger.said if each not in found]
    audit.lost += [
        f"{each} has {found[each]} words of {words}"
        for each, words in ledger.said.items()
        if found.get(each, words) != words
    ]
    if len(counted) != len(found):
        audit.doubled.append(f"{len(counted)} rows for {len(found)} messages")
