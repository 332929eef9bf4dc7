"""The licence gate lets permissive packages through and stops the others."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).parents[2] / ".ci" / "licences.py"
OURS = {"Name": "circlekeeper", "Version": "0.1.0", "License": "Apache-2.0"}


@pytest.fixture
def gate() -> ModuleType:
    """Give the script as a module."""
    spec = importlib.util.spec_from_file_location("licences", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "licence",
    [
        "MIT",
        "MIT License",
        "Apache-2.0 AND MIT",
        "AGPL-3.0-or-later OR MIT",
        "BSD License; Apache Software License",
        "Internet Systems Consortium license\n===========\n\nCopyright (c) 2018, Somebody\n",
    ],
)
def test_a_permissive_licence_passes(gate: ModuleType, licence: str) -> None:
    assert gate.faults([OURS, {"Name": "thing", "License": licence}]) == []


@pytest.mark.parametrize(
    "licence",
    [
        "GPL-3.0-or-later",
        "GNU Affero General Public License v3",
        "GNU Lesser General Public License v3 (LGPLv3)",
        "MIT License; GNU General Public License (GPL)",
        "LGPL-2.1-only AND MIT",
        "MIT OR GPL-2.0-only AND Apache-2.0",
        "(MIT OR GPL-2.0-only) AND Apache-2.0",
        "MPL-2.0",
        "Proprietary",
        "UNKNOWN",
        "",
    ],
)
def test_any_other_licence_is_refused(gate: ModuleType, licence: str) -> None:
    (fault,) = gate.faults([OURS, {"Name": "thing", "License": licence}])

    assert fault.startswith("thing: ")


def test_an_exception_counts_for_the_licence_that_it_names_only(gate: ModuleType) -> None:
    assert gate.faults([OURS, {"Name": "vodozemac", "License": "UNKNOWN"}]) == []
    assert gate.faults([OURS, {"Name": "vodozemac", "License": "GPL-3.0-only"}]) != []


def test_an_environment_without_the_application_proves_nothing(gate: ModuleType) -> None:
    (fault,) = gate.faults([{"Name": "thing", "License": "MIT"}])

    assert "wrong environment" in fault


@pytest.mark.parametrize(("licence", "status"), [("MIT", 0), ("GPL-3.0-only", 1)])
def test_the_script_ends_in_a_status_that_stops_the_run(licence: str, status: int) -> None:
    told = json.dumps([OURS, {"Name": "planted", "License": licence}])

    run = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, SCRIPT], input=told, capture_output=True, text=True, check=False
    )

    assert run.returncode == status
    assert ("licence refused: planted: GPL-3.0-only" in run.stdout) is (status == 1)
