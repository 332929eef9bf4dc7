"""The run that decides passes over nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SKIPS = {
    "by a mark": "@pytest.mark.skip(reason='no')\ndef test_it(): ...",
    "in the test": "def test_it():\n    pytest.skip('no')",
    "in a fixture": "@pytest.fixture\ndef thing():\n    pytest.skip('no')\ndef test_it(thing): ...",
    "a whole file": "pytest.skip('no', allow_module_level=True)",
}


def run(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Return what pytest makes of a file of tests, one of them sound."""
    (folder / "test_sound.py").write_text("def test_sound(): ...")
    (folder / "test_planted.py").write_text(f"import pytest\n{text}\n")
    command = [sys.executable, "-m", "pytest", *options, f"--rootdir={folder}", str(folder)]
    around = {key: value for key, value in os.environ.items() if key != "PYTEST_ADDOPTS"}
    around["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # quicker
    return subprocess.run(  # noqa: S603 - our own words
        command, cwd=ROOT, env=around, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("text", SKIPS.values(), ids=SKIPS)
def test_a_skip_fails_the_run(text: str, tmp_path: Path) -> None:
    told = run(tmp_path, text, "-p", "tests.support.no_skips")

    assert told.returncode == 1, told.stdout + told.stderr
    assert "which this run forbids: " in told.stdout


def test_a_skip_passes_without_the_plugin(tmp_path: Path) -> None:
    assert run(tmp_path, SKIPS["by a mark"]).returncode == 0


def test_a_run_without_a_skip_passes(tmp_path: Path) -> None:
    told = run(tmp_path, "def test_it(): ...", "-p", "tests.support.no_skips")

    assert told.returncode == 0, told.stdout + told.stderr
