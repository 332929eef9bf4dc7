"""The command line. What is heavy is imported where it is used, so that --help comes at once."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from bot.demo.playing import Play

app = typer.Typer(
    help="A facilitator's partner for learning circles.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Config = Annotated[
    Path, typer.Option("--config", "-c", envvar="CIRCLEKEEPER_CONFIG", help="The config file.")
]
CONFIG = Path("config.toml")
NEEDS_A_PERSON = 2
"""The exit status of what trying again does not mend."""


def _play(word: str) -> Play:
    """Return who is meant, in our words: Typer's own hold those of a library."""
    try:
        return Play(word)
    except ValueError:
        raise typer.BadParameter(f"say {' or '.join(Play)}, not {word}.") from None


def _number(word: str) -> int:
    try:
        return int(word)
    except ValueError:
        raise typer.BadParameter(f"write a whole number, not {word}.") from None


def main() -> None:
    """Run the command that was typed; files that it makes are for their owner only."""
    os.umask(0o077)
    app()


@app.command()
def demo(
    seed: Annotated[
        int,
        typer.Option(parser=_number, metavar="NUMBER", help="Another number deals the parts anew."),
    ] = 7,
    out: Annotated[Path, typer.Option(help="Where the files go that it leaves.")] = Path(
        "circlekeeper-demo"
    ),
    step: Annotated[bool, typer.Option("--step", help="Wait for Enter between scenes.")] = False,
    plain: Annotated[
        bool, typer.Option("--plain", help="Plain lines, for screen readers; also with NO_COLOR.")
    ] = False,
    play: Annotated[
        Play | None,
        typer.Option(
            parser=_play, metavar="[facilitator|member]", help="Be one of the people yourself."
        ),
    ] = None,
) -> None:
    """Watch an invented circle live its six weeks; it needs no account."""
    from bot.demo.options import Options, run

    with plainly():
        raise typer.Exit(run(Options(seed, out, step=step, plain=plain, play=play)))


@app.command()
def init(
    context: typer.Context,
    config: Config = CONFIG,
    platform: Annotated[
        str | None, typer.Option(metavar="[discord|matrix|both]", help="Where the bot is to be.")
    ] = None,
    homeserver: Annotated[
        str | None,
        typer.Option(envvar="CIRCLEKEEPER_MATRIX__HOMESERVER", help="Like https://matrix.org"),
    ] = None,
    user_id: Annotated[
        str | None,
        typer.Option(envvar="CIRCLEKEEPER_MATRIX__USER_ID", help="The bot's own Matrix id."),
    ] = None,
    run_by: Annotated[
        str | None, typer.Option(envvar="CIRCLEKEEPER_RUN_BY", help="Who runs the bot.")
    ] = None,
    organiser: Annotated[
        list[str] | None,
        typer.Option(help="Your own id, on both platforms: who may start circles anywhere."),
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option(envvar="CIRCLEKEEPER_TIME_ZONE", help="Like Europe/Berlin.")
    ] = None,
    data_dir: Annotated[
        Path, typer.Option(envvar="CIRCLEKEEPER_DATA_DIR", help="For the database and the login.")
    ] = Path("data"),
    password_file: Annotated[
        Path | None,
        typer.Option(help="A file with the password; or set CIRCLEKEEPER_PASSWORD."),
    ] = None,
    access_token_file: Annotated[
        Path | None,
        typer.Option(help="A file with an access token; or set CIRCLEKEEPER_MATRIX__ACCESS_TOKEN."),
    ] = None,
    device_id: Annotated[
        str | None,
        typer.Option(envvar="CIRCLEKEEPER_MATRIX__DEVICE_ID", help="The device of the token."),
    ] = None,
    discord_token_file: Annotated[
        Path | None,
        typer.Option(help="A file with the bot's token; or set CIRCLEKEEPER_DISCORD__TOKEN."),
    ] = None,
    login: Annotated[
        bool, typer.Option("--login", help="Only log in again; the config stays as it is.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a config and a login that are there.")
    ] = False,
) -> None:
    """Log the bot in and write its config; asks only what flags and environment leave open."""
    from bot.config import ConfigError
    from bot.conversation.ids import platform_of
    from bot.init import Given, Stopped, again, anew, place

    mine = {platform_of(person) or "matrix": person for person in organiser or []}
    with plainly(ConfigError, Stopped):
        given = Given(
            where=place(platform) if platform else frozenset(),
            homeserver=homeserver,
            user_id=user_id,
            discord_token=_secret("CIRCLEKEEPER_DISCORD__TOKEN", discord_token_file),
            run_by=run_by,
            organiser=mine.get("matrix"),
            discord_organiser=mine.get("discord"),
            time_zone=time_zone,
            password=_secret("CIRCLEKEEPER_PASSWORD", password_file),
            access_token=_secret("CIRCLEKEEPER_MATRIX__ACCESS_TOKEN", access_token_file),
            device_id=device_id,
        )
        if login:
            again(given, config, _options(context), ask=not yes)
        else:
            anew(given, config, data_dir, _options(context), ask=not yes, force=force)


@app.command()
def check(
    context: typer.Context,
    config: Config = CONFIG,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Ask nothing of any network.")] = False,
) -> None:
    """Look everything over: what is, why it matters, what to do. Works while the bot runs."""
    from bot.check import as_text, failed, findings, to_json

    found = findings(config, _options(context), online=not offline)
    typer.echo(to_json(found) if as_json else as_text(found))
    raise typer.Exit(1 if failed(found) else 0)


@app.command()
def run(context: typer.Context, config: Config = CONFIG) -> None:
    """Run the bot until it is stopped."""
    import asyncio

    from bot import runtime
    from bot.config import ConfigError, load, require_login
    from bot.conversation.model import PlatformError
    from bot.lock import DatabaseInUse, lock
    from bot.store.migrate import NewerDatabase

    with plainly(ConfigError, DatabaseInUse, NewerDatabase, PlatformError):
        settings = load(config)
        require_login(settings, config)
        with lock(settings.data_dir):
            asyncio.run(runtime.run(settings, _options(context)))


@app.command()
def backup(
    file: Annotated[Path | None, typer.Argument(help="Where to; a new file each time.")] = None,
    config: Config = CONFIG,
) -> None:
    """Save a copy of the database. Works while the bot runs."""
    from bot.backup import NotSaved, backup_name, save
    from bot.config import ConfigError, load

    with plainly(ConfigError, NotSaved):
        settings = load(config, with_login=False)
        to = file or settings.data_dir / "backups" / backup_name()
        save(settings.database, to)
        typer.echo(f"Saved as {to}. It holds members' words: keep it as safe as the database.")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A backup.")],
    config: Config = CONFIG,
) -> None:
    """Put a backup in the database's place; the bot must not run."""
    from bot.backup import NotRestored, put_back
    from bot.config import ConfigError, load
    from bot.lock import DatabaseInUse, lock

    with plainly(ConfigError, DatabaseInUse, NotRestored):
        settings = load(config, with_login=False)
        with lock(settings.data_dir):
            kept = put_back(file, settings.database)
        typer.echo(f"Restored from {file}.")
        if kept is not None:
            typer.echo(f"The database that was there is kept as {kept}.")


@app.command("sign-ups")
def sign_ups(
    circle: Annotated[str, typer.Argument(help="The circle's name.")],
    file: Annotated[
        Path,
        typer.Argument(help="CSV; columns id, name, goal, gives, needs, zone; id is enough."),
    ],
    config: Config = CONFIG,
) -> None:
    """Ask everybody on a list, once and privately, to join. Works while the bot runs."""
    import asyncio

    from bot import runtime
    from bot.config import ConfigError, load
    from bot.conversation.model import DomainError

    with plainly(ConfigError, DomainError):
        listed = file.read_bytes()
        typer.echo(asyncio.run(runtime.import_sign_ups(load(config), circle, listed)))


@app.command()
def export(
    circle: Annotated[str, typer.Argument(help="The circle's name.")],
    out: Annotated[Path, typer.Option(help="A new folder for the files.")] = Path("export"),
    config: Config = CONFIG,
) -> None:
    """Write a circle as files, names only as agreed. Works while the bot runs."""
    import asyncio

    from bot import runtime
    from bot.config import ConfigError, load
    from bot.conversation.model import DomainError

    with plainly(ConfigError, DomainError):
        files = asyncio.run(runtime.export(load(config, with_login=False), circle))
        runtime.write_folder(out, files)
        typer.echo(f"Written to {out}: {', '.join(sorted(files))}.")


@app.command()
def version() -> None:
    """Say which version this is."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as installed

    try:
        typer.echo(installed("circlekeeper"))
    except PackageNotFoundError:
        typer.echo("not installed: run from a folder of source code")


@contextmanager
def plainly(*expected: type[Exception]) -> Iterator[None]:
    """Say what was expected to go wrong in its own words, and end."""
    try:
        yield
    except expected as error:
        typer.echo(str(error), err=True)
    except OSError as error:
        if error.filename is None:
            raise
        typer.echo(f"I cannot use {error.filename}: {error.strerror}.", err=True)
    else:
        return
    raise typer.Exit(NEEDS_A_PERSON)


def _options(context: typer.Context) -> Callable[[], Mapping[str, Any]]:
    """Return what makes the options of discord.py's clients: none, unless a caller brings them."""
    return context.obj or dict


def _secret(variable: str, file: Path | None) -> str | None:
    """Return a secret from its file or else from the environment; no flag ever shows it."""
    found = file.read_text(encoding="utf-8") if file else os.environ.get(variable, "")
    return found.strip("\r\n") or None
