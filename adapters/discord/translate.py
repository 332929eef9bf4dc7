"""Discord's messages as the core's events: pure, over what discord.py made of them.

A person who is mentioned stays `<@id>` in the words. It is what the core compares with the people
whom it knows, and puts their names or "a member" for: a name of that day might be another one than
that which it knows to keep back. What is no person is put in words: the bot itself, roles,
channels, emoji and commands. Without the intent for words Discord leaves them out; they are
unknown then (`readable`), but for direct messages and those that mention the bot.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime

import discord
from discord import MessageType

from adapters.discord import places
from adapters.discord.markup import PLATFORM
from bot.conversation.model import Event, Kind
from bot.conversation.plain import tame_name

SAID = frozenset({MessageType.default, MessageType.reply})
"""What people say; the other types tell of pins, boosts, threads and the like."""

_TOKEN = re.compile(
    r"<(?:@!?(?P<user>\d+)|@&(?P<role>\d+)|#(?P<channel>\d+)"
    r"|a?(?P<emoji>:\w+:)\d+|(?P<command>/[-\w ]+):\d+)>"
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a message stands: the room's channel, and the thread within it."""

    guild: int | None
    channel: int
    thread: int | None = None

    @property
    def room(self) -> str:
        """The room's id."""
        return places.room(self.guild, self.channel).id

    def id_of(self, message: int) -> str:
        """Return the id of a message here; a thread's first message is named like the thread."""
        return places.message_id(message, None if message == self.thread else self.thread)


@dataclass(frozen=True, slots=True)
class Scene:
    """Who the bot is, whether it may read what is not said to it, and the present moment."""

    me: int
    name: str
    reads: bool
    now: datetime


def place_of(channel: object) -> Place | None:
    """Return the place that a channel is; None when discord.py does not know the channel."""
    if isinstance(channel, discord.DMChannel):
        return Place(None, channel.id)
    if isinstance(channel, discord.Thread):
        return Place(channel.guild.id, channel.parent_id, channel.id)
    if isinstance(channel, discord.abc.GuildChannel):
        return Place(channel.guild.id, channel.id)
    return None


def said(message: discord.Message, place: Place, scene: Scene) -> Event | None:
    """Return what a person said; None for bots, for the bot itself and for Discord's own notes.

    Discord's histories may hold words that the bot on this installation is not to read: they stay
    as unknown as they are when they are told.
    """
    told = _by_a_person(message, place, scene)
    if told is None or scene.reads or told.direct or str(scene.me) in told.mentions:
        return told
    answers = told.addressed and not told.called
    return replace(told, text="", files=(), called="", addressed=answers, readable=False)


def _by_a_person(message: discord.Message, place: Place, scene: Scene) -> Event | None:
    if message.author.bot or message.webhook_id is not None or message.type not in SAID:
        return None
    return _read(message, place, scene)


def edited(message: discord.Message, place: Place, scene: Scene) -> Event | None:
    """Return how a message reads now; None where its words did not change."""
    told = said(message, place, scene)
    if told is None or message.edited_at is None:
        return None
    moment = int(message.edited_at.timestamp() * 1000)
    return replace(
        told,
        id=f"{told.id}-edit-{moment}",
        at=message.edited_at,
        kind=Kind.EDIT,
        target=told.id,
    )


def as_it_reads(message: discord.Message, place: Place, scene: Scene) -> Event | None:
    """Return a message as it is shown, also the bot's own; None for other bots and notes."""
    if message.author.id != scene.me:
        return _by_a_person(message, place, scene)
    return replace(_read(message, place, scene), kind=Kind.POST, bot=True)


def deleted(message: int, author: int | None, place: Place, scene: Scene) -> Event:
    """Return a message's end; Discord tells its author only while discord.py remembers it."""
    target = place.id_of(message)
    bare = _bare(f"{target}-delete", place, scene.now, "" if author is None else str(author))
    return replace(bare, kind=Kind.DELETE, target=target)


def reacted(event: discord.RawReactionActionEvent, place: Place, scene: Scene) -> Event | None:
    """Return a person's reaction; None for bots."""
    if event.user_id == scene.me or (event.member is not None and event.member.bot):
        return None
    target = place.id_of(event.message_id)
    moment = int(scene.now.timestamp() * 1000)
    sign = event.emoji.id or event.emoji.name
    id_ = f"{target}-by-{event.user_id}-{sign}-{moment}"
    bare = _bare(id_, place, scene.now, str(event.user_id))
    return replace(
        bare,
        kind=Kind.REACTION,
        text=_sign(event),
        target=target,
        name=tame_name(event.member.display_name) if event.member else "",
    )


def unreacted(event: discord.RawReactionActionEvent, place: Place, scene: Scene) -> Event:
    """Return that a person's reaction was taken away again."""
    target = place.id_of(event.message_id)
    moment = int(scene.now.timestamp() * 1000)
    bare = _bare(f"{target}-not-by-{event.user_id}-{moment}", place, scene.now, str(event.user_id))
    return replace(bare, kind=Kind.UNREACTION, text=_sign(event), target=target)


def _sign(event: discord.RawReactionActionEvent) -> str:
    return f":{event.emoji.name}:" if event.emoji.id else event.emoji.name


def _bare(id_: str, place: Place, moment: datetime, author: str) -> Event:
    return Event(
        id=id_,
        at=moment,
        platform=PLATFORM,
        room=place.room,
        kind=Kind.MESSAGE,
        author=author,
        direct=place.guild is None,
    )


def _read(message: discord.Message, place: Place, scene: Scene) -> Event:
    replied = message.reference
    answers = replied is not None and message.type is MessageType.reply and replied.message_id
    mentioned = tuple(dict.fromkeys(person.id for person in message.mentions))
    words = _text(message, scene)
    named = scene.me in mentioned or _own_role(message) in message.raw_role_mentions
    called = _called(message, scene)
    return replace(
        _bare(place.id_of(message.id), place, message.created_at, str(message.author.id)),
        text=words,
        thread=None if place.thread is None else str(place.thread),
        reply_to=place.id_of(answers) if answers else None,
        mentions=tuple(map(str, mentioned)),
        name=tame_name(message.author.display_name),
        addressed=named or bool(called) or _answers_the_bot(message, scene),
        called=called,
        readable=bool(words) or scene.reads or place.guild is None or scene.me in mentioned,
        edited_at=message.edited_at,
        files=files(message),
    )


def files(message: discord.Message) -> tuple[str, ...]:
    """Return what is attached: its description where it has one, else its name."""
    return tuple(file.description or file.filename for file in message.attachments)


def _answers_the_bot(message: discord.Message, scene: Scene) -> bool:
    """Return whether a message replies to one of the bot's, where Discord shows that one."""
    answered = message.reference and message.reference.resolved
    return isinstance(answered, discord.Message) and answered.author.id == scene.me


def _own_role(message: discord.Message) -> int | None:
    """Return the role that Discord made for the bot: people often pick it instead of the bot."""
    role = message.guild.self_role if message.guild is not None else None
    return None if role is None else role.id


def _called(message: discord.Message, scene: Scene) -> str:
    """Return what follows the bot's mention or name where the words begin with it."""
    words = message.content.lstrip()
    found = _TOKEN.match(words)
    if found and (found["user"] == str(scene.me) or found["role"] == str(_own_role(message))):
        return _in_words(words[found.end() :], message, scene).lstrip(" :,\n")
    bare = words.removeprefix("@")
    for name in (str(scene.me), scene.name):
        rest = bare[len(name) :]
        if name and bare[: len(name)].casefold() == name.casefold() and not rest[:1].isalnum():
            return _in_words(rest, message, scene).lstrip(" :,\n") or name
    return ""


def _text(message: discord.Message, scene: Scene) -> str:
    """Return the words; where there are none, the names of the files or stickers."""
    if message.content:
        return _in_words(message.content, message, scene)
    files = [file.filename for file in message.attachments]
    return ", ".join(files or [sticker.name for sticker in message.stickers])


def _in_words(content: str, message: discord.Message, scene: Scene) -> str:
    def spelled(found: re.Match[str]) -> str:
        guild = message.guild
        if found["user"]:
            own = int(found["user"]) == scene.me and scene.name
            return f"@{scene.name}" if own else f"<@{found['user']}>"
        if found["role"]:
            role = guild and guild.get_role(int(found["role"]))
            return f"@{role.name}" if role else "@role"
        if found["channel"]:
            channel = guild and guild.get_channel_or_thread(int(found["channel"]))
            return f"#{channel.name}" if channel else "#channel"
        return found["emoji"] or found["command"]

    return _TOKEN.sub(spelled, content)
