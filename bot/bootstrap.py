"""The only place that wires: a database, platforms and a clock become the application."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from importlib import metadata
from pathlib import Path
from secrets import choice, token_hex
from typing import Any, Protocol, runtime_checkable

from bot.circles.commands import circle_commands
from bot.circles.methods import BUILT_IN, Method, available, load_method
from bot.circles.usecases.admitting import Admit
from bot.circles.usecases.hearing import FollowLeaves, HearRooms, TellRefused
from bot.circles.usecases.joining import BeginJoining, GoOnJoining
from bot.circles.usecases.life import (
    AttachRoom,
    ChangeDates,
    ChangeState,
    GiveRole,
    MakeCircle,
    ShowMine,
    ShowStatus,
)
from bot.circles.usecases.linking import LinkAccounts, accounts_of
from bot.circles.usecases.membership import ChangeMembership, EndMembership
from bot.circles.usecases.ports import Defaults, Methods
from bot.circles.usecases.signups import ImportSignUps
from bot.circles.usecases.standing import CircleStanding
from bot.circles.usecases.threads import ChangeThreads
from bot.circles.usecases.undoing import UndoStep
from bot.config import Discord, Matrix, Settings
from bot.conversation.commands import HELP, ShowHelp
from bot.conversation.dispatch import Dispatch
from bot.conversation.model import Clock
from bot.conversation.platform import Platform
from bot.conversation.registry import Registry
from bot.delivery.model import CATCH_UP
from bot.delivery.usecases import Compose, Drain, Post, Tick
from bot.intake.usecases import (
    AnswerCommand,
    AnswerInbox,
    DoubtAfterRestore,
    Hear,
    Respond,
    Take,
)
from bot.mentoring.commands import mentoring_commands, mentoring_composers
from bot.mentoring.usecases.following import MentoringData, PairsEnd
from bot.mentoring.usecases.linking import HandOverMentoring
from bot.mentoring.usecases.relaying import TellWhoWrote
from bot.participation.commands import participation_commands
from bot.participation.usecases import (
    CountAnswer,
    CountedNoMore,
    FindQuiet,
    HearContributions,
    QuotedNoMore,
)
from bot.prompting.commands import prompt_commands
from bot.prompting.usecases.answering import HearAnswers
from bot.prompting.usecases.asking import (
    PROMPT,
    REMINDER,
    ComposePrompt,
    ComposeReminder,
    PlanPrompts,
    TellMissed,
)
from bot.prompting.usecases.giving import AnswerReminder, GiveAnswer
from bot.prompting.usecases.keeping import KeepThreads
from bot.prompting.usecases.linking import HandOverAnswers
from bot.prompting.usecases.looking import LookAtPrompts, SendPrompt, question_title
from bot.prompting.usecases.needing import NotArrived
from bot.prompting.usecases.placing import AskedUnder
from bot.prompting.usecases.reading import ReadAnswer
from bot.prompting.usecases.showing import ShowAnswer, ShownNoMore
from bot.prompting.words import opening_of
from bot.publication.commands import publication_commands
from bot.publication.usecases.drafting import Compose as ComposeSummary
from bot.publication.usecases.drafting import DraftSummary, PublishSummary
from bot.publication.usecases.following import FollowUnheard
from bot.publication.usecases.gathering import LookAgain
from bot.publication.usecases.hearing import PublicationHears
from bot.publication.usecases.illustrating import FetchPictures
from bot.publication.usecases.leaving import LeaveOut
from bot.publication.usecases.marking import AnswerMark, KeepMessage, MarkMessage, UnmarkMessage
from bot.publication.usecases.reviewing import ListLines, ReviewLines
from bot.publication.usecases.rights import PublicationRights
from bot.publication.usecases.settling import Settle
from bot.publication.usecases.taking import TakeBack
from bot.rights.commands import rights_commands
from bot.rights.holders import AnswersHeld, ContributionsHeld, PostsHeld, StepsHeld
from bot.rights.usecases import ForgetMe, KeepNoLonger, ShowHealth, ShowMyData, Tidy
from bot.store.engine import Database

Options = Callable[[], Mapping[str, Any]]
"""Makes options for a client of a platform's library, anew for each client."""


@dataclass(frozen=True)
class Installation:
    """What the people who run the bot decided."""

    defaults: Defaults = field(default_factory=Defaults)
    contact: str = ""
    organisers: frozenset[str] = frozenset()
    admins: frozenset[str] = frozenset()
    prompts: tuple[Path, ...] = ()
    catch_up: timedelta = CATCH_UP
    languages: tuple[str, ...] = ("en",)
    version: str = ""


@dataclass(frozen=True)
class Application:
    """The wired application: what is called from outside."""

    database: Database
    clock: Clock
    platforms: Mapping[str, Platform]
    registry: Registry
    dispatch: Dispatch
    take: Take
    answer: AnswerInbox
    tick: Tick
    drain: Drain
    import_sign_ups: ImportSignUps
    keep_no_longer: KeepNoLonger
    follow_unheard: FollowUnheard
    keep_threads: KeepThreads
    methods: Methods = field(repr=False)


def read_methods(folders: Sequence[Path], languages: Sequence[str]) -> Methods:
    """Return every method there is, in every language asked for.

    Raises:
        MethodFault: a file of a method is wrong; it names file and line.
    """
    layers = (BUILT_IN, *folders)
    known: dict[tuple[str, str], Method] = {
        (key, language): load_method(folder, language, beneath=layers)
        for key, folder in available(layers).items()
        for language in languages
    }
    return Methods(known)


def installation_of(settings: Settings) -> Installation:
    """Return what the settings say of the installation."""
    mine = settings.circlekeeper
    return Installation(
        defaults=Defaults(
            zone=mine.time_zone,
            language=mine.language,
            licence=mine.licence,
            run_by=mine.run_by,
            prefix=mine.command_prefix,
        ),
        contact=mine.contact,
        organisers=frozenset(mine.organisers),
        admins=frozenset(mine.admins),
        prompts=(settings.prompts_dir,) if settings.prompts_dir else (),
        catch_up=timedelta(hours=mine.catch_up_hours),
        languages=tuple(dict.fromkeys(("en", mine.language))),
        version=_version(),
    )


def _version() -> str:
    try:
        return metadata.version("circlekeeper")
    except metadata.PackageNotFoundError:
        return "from a folder"


@asynccontextmanager
async def platforms_of(
    settings: Settings, clock: Clock, instance: str, discord: Options = dict
) -> AsyncIterator[Mapping[str, Platform]]:
    """Open the platforms that are set up; nothing is asked of them before they are used.

    `discord` makes more options for discord.py's clients.
    """
    async with AsyncExitStack() as opened:
        platforms: dict[str, Platform] = {}
        if settings.matrix is not None:
            here = _matrix(settings, settings.matrix, clock, instance)
            platforms["matrix"] = await opened.enter_async_context(here)
        if settings.discord is not None:
            there = _discord(settings, settings.discord, clock, discord)
            platforms["discord"] = await opened.enter_async_context(there)
        yield platforms


def unread_by(settings: Settings) -> frozenset[str]:
    """Return the platforms that keep the words of rooms from the bot, as it is set up."""
    mine = settings.discord
    return frozenset({"discord"}) if mine is not None and not mine.read_rooms else frozenset()


def _matrix(
    settings: Settings, mine: Matrix, clock: Clock, instance: str
) -> "AbstractAsyncContextManager[Platform]":
    from adapters.matrix.platform import MatrixPlatform
    from adapters.matrix.settings import NOT_INVITED, Credentials, MatrixSettings

    credentials = Credentials(
        homeserver=mine.homeserver,
        user_id=mine.user_id,
        device_id=mine.device_id or "",
        access_token=mine.access_token.get_secret_value() if mine.access_token else "",
    )
    wanted = MatrixSettings(
        credentials=credentials,
        clock=clock,
        invites_from=mine.invites_from,
        not_invited=f"{NOT_INVITED} {whom_to_ask(settings)}",
        instance=instance,
    )
    return MatrixPlatform(wanted)


def _discord(
    settings: Settings, mine: Discord, clock: Clock, options: Options
) -> "AbstractAsyncContextManager[Platform]":
    from adapters.discord.platform import DiscordPlatform
    from adapters.discord.settings import DiscordSettings

    wanted = DiscordSettings(
        token=mine.token.get_secret_value() if mine.token else "",
        clock=clock,
        reads=mine.read_rooms,
        prefix=settings.circlekeeper.command_prefix,
        options=options,
    )
    return DiscordPlatform(wanted)


@runtime_checkable
class ShowsCommands(Protocol):
    """A platform that shows the commands itself, as Discord does, and not only hears them."""

    def serve(self, dispatch: Dispatch) -> None:
        """Show these commands, before anybody listens."""
        ...


def whom_to_ask(settings: Settings) -> str:
    """Return who runs the bot, in a sentence for somebody who may not invite it."""
    mine = settings.circlekeeper
    contact = f" ({mine.contact})" if mine.contact else ""
    return f"I am run by {mine.run_by or 'the people of this server'}{contact}: please ask there."


def wire(
    database: Database,
    clock: Clock,
    platforms: Mapping[str, Platform],
    installation: Installation,
) -> Application:
    """Return the application; platforms that show its commands themselves know them then."""
    application = _Wiring(database, clock, platforms, installation).application()
    for platform in platforms.values():
        if isinstance(platform, ShowsCommands):
            platform.serve(application.dispatch)
    return application


class _Wiring:
    """The parts that several others share, and then the whole."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        platforms: Mapping[str, Platform],
        installation: Installation,
    ) -> None:
        self.database, self.clock, self.platforms = database, clock, platforms
        self.given, self.defaults = installation, installation.defaults
        self.prefix = installation.defaults.prefix
        self.unread = frozenset(n for n, p in platforms.items() if not p.capabilities.reads)
        self.methods = read_methods(installation.prompts, installation.languages)
        self.post = Post(clock, platforms)
        self.plan = PlanPrompts(clock, self.methods, installation.catch_up)
        self.compose = ComposePrompt(self.methods, self.prefix, self.unread)
        self.take_back = TakeBack(self.post, self.prefix)
        self.rights = PublicationRights(self.take_back)
        self.under = AskedUnder(self.methods)
        self.show = ShowAnswer(self.methods, self.post)
        self.hears = PublicationHears(self.take_back)
        answered = (CountAnswer(), self.hears.answered)
        self.give = GiveAnswer(
            database.begin, database.look, clock, self.methods, self.under, self.show, answered
        )
        self.keep = KeepMessage(database.begin, platforms)
        self.pairs_end = PairsEnd(clock, self.post)
        self.consent_changed = (
            ShownNoMore(self.show),
            CountedNoMore(),
            QuotedNoMore(),
            self.rights.consent_changed,
        )
        self.end = EndMembership(clock, self.post, (self.pairs_end,))
        self.admit = Admit(clock, self.post, self.end, self.consent_changed, self.prefix)
        self.registry = Registry()
        standing = CircleStanding(
            database.look, self.methods, installation.organisers, installation.admins
        )
        self.dispatch = Dispatch(
            self.registry, standing, platforms, self.prefix, lambda: token_hex(4), clock
        )
        self.read = ReadAnswer(self.dispatch)

    def application(self) -> Application:
        """Return the whole."""
        begin, look = self.database.begin, self.database.look
        dispatch = self.dispatch
        self._register()
        responders: list[Respond] = [
            AnswerMark(self.keep, self.platforms),
            GoOnJoining(begin, self.clock, self.defaults, self.admit),
            FollowLeaves(begin, look, self.platforms, self.end),
            AnswerReminder(self.give, self.prefix),
            AnswerCommand(dispatch, look),
        ]
        hearers: list[Hear] = [
            HearRooms(
                self.post,
                self.end,
                self.defaults,
                self.methods,
                self.given.contact,
                self.given.catch_up,
            ),
            HearAnswers(self.clock, self.methods, self.read, self.under, self.show),
            HearContributions(self.read),
            self.hears,
        ]
        refused = TellWhoWrote(self.clock, TellRefused(self.methods))
        doubt = DoubtAfterRestore(look, self.given.catch_up)
        take = Take(begin, self.clock, hearers, responders)
        return Application(
            database=self.database,
            clock=self.clock,
            platforms=self.platforms,
            registry=self.registry,
            dispatch=dispatch,
            take=take,
            answer=AnswerInbox(
                begin,
                look,
                self.database.together,
                self.clock,
                responders,
                self.post,
                self.database.after_erasure,
            ),
            tick=self._tick(),
            drain=Drain(begin, look, self.clock, self.platforms, refused, self.post, doubt),
            keep_no_longer=KeepNoLonger(begin, self.clock),
            keep_threads=KeepThreads(look, self.clock, self.methods, self.platforms),
            follow_unheard=FollowUnheard(look, self.clock, self.platforms, self.read, take.late),
            import_sign_ups=ImportSignUps(
                begin, self.clock, self.post, self.defaults, tuple(self.platforms)
            ),
            methods=self.methods,
        )

    def _tick(self) -> Tick:
        composers: dict[str, Compose] = {
            PROMPT: self.compose,
            REMINDER: ComposeReminder(self.methods, self.platforms, self.prefix),
            **mentoring_composers(clock=self.clock, prefix=self.prefix),
        }
        missed = TellMissed(self.methods, self.prefix)
        return Tick(
            self.database.begin, self.database.look, self.clock, composers, missed, self.post
        )

    def _register(self) -> None:
        self._register_circles()
        begin, look = self.database.begin, self.database.look
        self.registry.add(
            prompt_commands(
                self.give,
                LookAtPrompts(look, self.clock, self.methods, self.prefix, self.unread),
                SendPrompt(begin, self.clock, self.methods, self.compose, self.post),
            )
        )
        self.registry.add(participation_commands(FindQuiet(look, self.clock)))
        self.registry.add(
            mentoring_commands(
                begin=begin,
                look=look,
                clock=self.clock,
                post=self.post,
                background=asyncio.to_thread,
                platforms=self.platforms,
                prefix=self.prefix,
                accounts=accounts_of,
            )
        )
        self._register_publication()
        holders = (
            self.rights,
            MentoringData(self.pairs_end),
            AnswersHeld(self.clock),
            ContributionsHeld(self.unread),
            StepsHeld(),
            PostsHeld(),
        )
        self.registry.add(
            rights_commands(
                ShowMyData(look, holders, self.platforms, self.prefix),
                ForgetMe(begin, holders, self.database.erased, self.prefix),
                Tidy(begin, look, self.platforms),
                ShowHealth(look, self.platforms, self.database.facts, self.given.version),
            )
        )
        self.registry.add([HELP.using(ShowHelp(self.registry, self.prefix, self.clock))])

    def _register_publication(self) -> None:
        begin, look, platforms = self.database.begin, self.database.look, self.platforms
        again = LookAgain(look, platforms, self.read)
        settle = Settle(self.take_back)
        compose = ComposeSummary(
            settle,
            lambda circle, asked: question_title(circle, self.methods, asked),
            lambda circle: opening_of(circle, self.methods.of(circle.method)).span.starts_on,
            platforms,
        )
        self.registry.add(
            publication_commands(
                mark=MarkMessage(self.keep, self.prefix),
                unmark=UnmarkMessage(begin),
                leave_out=LeaveOut(begin, platforms, self.take_back),
                list_lines=ListLines(begin, again, settle, self.prefix),
                review=ReviewLines(begin, again, settle, self.take_back),
                draft=DraftSummary(begin, again, compose, self.post, self.prefix, platforms),
                publish=PublishSummary(
                    begin,
                    self.clock,
                    again,
                    compose,
                    self.post,
                    platforms,
                    FetchPictures(look, platforms),
                ),
            )
        )

    def _register_circles(self) -> None:
        begin, look, clock, post = self.database.begin, self.database.look, self.clock, self.post
        prompts = LookAtPrompts(look, clock, self.methods, self.prefix, self.unread)
        quiet = FindQuiet(look, clock)
        not_arrived = NotArrived(clock, self.methods, self.platforms, self.prefix)
        self.registry.add(
            circle_commands(
                make=MakeCircle(begin, clock, self.methods, self.defaults, self.platforms),
                attach=AttachRoom(begin, self.platforms),
                status=ShowStatus(look, clock, prompts.coming, (not_arrived, quiet.needs)),
                mine=ShowMine(look, clock),
                state=ChangeState(begin, clock, post, self.plan, self.prefix),
                dates=ChangeDates(begin, clock, post, self.plan),
                roles=GiveRole(begin, clock),
                threads=ChangeThreads(begin, self.prefix),
                undo=UndoStep(begin, clock, self.methods, post, self.plan, self.prefix),
                joining=BeginJoining(begin, look, clock, self.defaults, self.platforms, self.admit),
                membership=ChangeMembership(
                    begin, clock, self.end, self.consent_changed, self.prefix
                ),
                linking=LinkAccounts(
                    begin,
                    clock,
                    post,
                    choice,
                    self.consent_changed,
                    (HandOverAnswers(self.show), HandOverMentoring()),
                    self.prefix,
                ),
            )
        )
