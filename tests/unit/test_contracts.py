"""The import rules hold, and each of them breaks on a planted bad import."""

import shutil
import subprocess
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

import grimp
import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sysconfig.get_path("scripts")) / "lint-imports"
LOADED_BY_PATH = "bot/store/migrations/"
"""Alembic reads these scripts itself: nothing imports them, and import-linter need not see them."""

EDGES = {"backup", "bootstrap", "check", "cli", "config", "demo", "init", "lock", "runtime"}
"""What is no room, and names its files as it likes."""

USUAL = {"commands", "model", "rows", "usecases", "words"}
"""The files of a room."""

OWN = {
    "circles": {"methods", "telling"},
    "conversation": {
        "dispatch",
        "ids",
        "markdown",
        "plain",
        "platform",
        "registry",
        "typed",
        "zones",
    },
    "delivery": {"clockwork"},
    "mentoring": {"matching"},
    "participation": {"measures"},
    "publication": {"choosing", "pictures", "rendering"},
    "rights": {"exporting", "holders"},
    "store": {"columns", "driver", "engine", "migrate", "migrations", "work"},
}
"""The files that one room has beside the usual ones; a further name is a decision."""

PLANTS = [
    ("rooms", "bot.store.columns", "import bot.circles.model"),
    ("rooms", "bot.delivery.model", "import bot.intake.words"),
    ("rooms", "bot.intake.rows", "def later():\n    import bot.circles.rows"),
    ("rooms", "bot.circles.rows", "import bot.config"),
    ("rooms", "bot.gossip", "# a room that nobody placed"),
    ("files", "bot.delivery.model", "import bot.delivery.rows"),
    ("files", "bot.intake.rows", "import bot.intake.words"),
    ("files", "bot.circles.methods", "import bot.circles.rows"),
    ("models", "bot.circles.model", "import asyncio"),
    ("models", "bot.circles.model", "import random"),
    ("models", "bot.delivery.model", "import numpy"),
    ("models", "bot.delivery.model", "from bot.store import work"),
    ("models", "bot.circles.model", "import bot.circles.methods"),
    ("words", "bot.intake.words", "import bot.delivery.rows"),
    ("words", "bot.intake.words", "import bot.delivery.usecases"),
    ("usecases", "bot.intake.usecases", "import bot.delivery.commands"),
    ("usecases", "bot.delivery.usecases", "import adapters.matrix"),
    ("rows", "bot.circles.rows", "import bot.delivery.usecases"),
    ("rows", "bot.circles.rows", "import bot.intake.words"),
    ("adapters", "adapters.matrix.raw", "import bot.delivery.model"),
    ("adapters", "adapters.matrix.raw", "import bot.store.work"),
    ("adapters-apart", "adapters.other.client", "import adapters.matrix.raw"),
    ("cycles", "bot.conversation.platform", "import bot.conversation.dispatch"),
    ("cycles", "adapters.matrix.errors", "import adapters.matrix.client"),
    ("libraries", "bot.intake.usecases", "import sqlalchemy"),
    ("libraries", "bot.intake.usecases", "import asyncio"),
    ("libraries", "bot.intake.words", "import threading"),
    ("libraries", "bot.delivery.usecases", "from apscheduler.schedulers import asyncio"),
    ("libraries", "bot.conversation.dispatch", "import aiohttp"),
    ("libraries", "bot.lock", "import adapters.matrix"),
    ("libraries", "adapters.other.client", "import nio"),
    ("libraries", "adapters.matrix.raw", "import discord"),
]
"""A contract, a module (made when it is not there), and what is added to it."""


def contracts() -> dict[str, str]:
    """Return the name of every contract under its id."""
    told: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {each["id"]: each["name"] for each in told["tool"]["importlinter"]["contracts"]}


def lint(tree: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Return what import-linter says of a tree."""
    command = [LINT, "--no-cache", *options]
    return subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)  # noqa: S603 - our own words


def plant(tree: Path, module: str, lines: str) -> None:
    """Add lines at the end of a module; it and its packages are made when they are not there."""
    path = tree.joinpath(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    for folder in reversed(file.relative_to(tree).parents[:-1]):
        (tree / folder).mkdir(exist_ok=True)
        (tree / folder / "__init__.py").touch()
    with file.open("a") as text:
        text.write(f"\n{lines}\n")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Give a copy of what import-linter reads."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in ("bot", "adapters"):
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    return tmp_path


def test_the_tree_keeps_every_contract() -> None:
    told = lint(ROOT)

    assert told.returncode == 0, told.stdout
    assert f"Contracts: {len(contracts())} kept, 0 broken." in told.stdout


def test_every_contract_has_a_planted_fault() -> None:
    assert {contract for contract, _, _ in PLANTS} == set(contracts())


@pytest.mark.parametrize(("contract", "module", "lines"), PLANTS)
def test_a_contract_breaks_on_a_bad_import(
    contract: str, module: str, lines: str, copy: Path
) -> None:
    if lines.startswith("import bot."):  # what is imported may not be there yet
        plant(copy, lines.removeprefix("import "), "")
    plant(copy, module, lines)

    told = lint(copy, "--contract", contract)

    assert told.returncode == 1, told.stdout + told.stderr
    assert f"{contracts()[contract]} BROKEN" in told.stdout


def test_import_linter_knows_every_file() -> None:
    graph = grimp.build_graph("bot", "adapters", cache_dir=None)
    files = [path.relative_to(ROOT) for name in ("bot", "adapters") for path in files_in(name)]
    on_disk = {
        ".".join(file.with_suffix("").parts).removesuffix(".__init__")
        for file in files
        if not file.as_posix().startswith(LOADED_BY_PATH)
    }

    assert graph.modules == on_disk


def test_every_file_of_a_room_has_a_known_name() -> None:
    assert unplaced(ROOT) == set()


def test_a_file_with_another_name_is_noticed(copy: Path) -> None:
    plant(copy, "bot.delivery.helpers", "# nobody knows what goes in here")

    assert unplaced(copy) - unplaced(ROOT) == {"bot/delivery/helpers.py"}


def test_every_folder_of_code_is_a_package() -> None:
    folders = {path.parent for name in ("bot", "adapters", "tests") for path in files_in(name)}
    bare = {
        folder.relative_to(ROOT).as_posix()
        for folder in folders
        if not (folder / "__init__.py").exists()
    }

    assert {name for name in bare if not f"{name}/".startswith(LOADED_BY_PATH)} == set()


def test_the_top_level_holds_three_packages_and_the_tests() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."}
    with_code = {name for name in folders if files_in(name)}

    assert with_code == {"bot", "adapters", "prompts", "tests"}
    assert list(ROOT.glob("*.py")) == []


def unplaced(tree: Path) -> set[str]:
    """Return the files and folders of the rooms whose names nobody has agreed on."""
    return {
        f"bot/{room.name}/{item.name}"
        for room in (tree / "bot").iterdir()
        if (room / "__init__.py").exists() and room.name not in EDGES
        for item in room.iterdir()
        if item.suffix == ".py" or (item / "__init__.py").exists()
        if item.stem not in {"__init__"} | USUAL | OWN.get(room.name, set())
    }


def files_in(name: str) -> list[Path]:
    """Return the Python files in a folder of the top level, those of a venv left out."""
    folder = ROOT / name
    return [] if (folder / "pyvenv.cfg").exists() else list(folder.rglob("*.py"))
