"""The publication's HTML as a browser and axe-core see it: WCAG A and AA, light, dark, printed."""

import json
import os
import re
import shutil
import subprocess
from datetime import date
from html import unescape
from pathlib import Path

import pytest

from bot.publication.model import Chapter, Harvest, MarkKind, Question, Said, Summary
from bot.publication.rendering import html

ON = date(2026, 3, 20)


def summary() -> Summary:
    """Return a summary with everything that a page can show."""
    named = Said(
        number=1,
        text="A line with <b>signs</b> & a name",
        on=ON,
        author="Ana",
        link="https://matrix.to/#/!r/$1",
    )
    unnamed = Said(number=2, text="I agree with [a member]", on=ON)
    chapters = (
        Chapter(
            title="Opening",
            since=date(2026, 3, 16),
            until=date(2026, 3, 22),
            questions=(Question("Who are you?", (named, unnamed)),),
            harvests=(Harvest(MarkKind.INSIGHT, (unnamed,)),),
        ),
    )
    return Summary(
        circle="north",
        purpose="To learn from one another",
        question="How do newcomers find their voice?",
        language="en",
        zone="Europe/Berlin",
        licence="CC BY 4.0",
        since=date(2026, 3, 16),
        until=date(2026, 4, 26),
        named=("Ana", "Ben"),
        others=6,
        chapters=chapters,
    )


@pytest.fixture(scope="module")
def axe() -> str:
    """Give the source of axe-core, from the npm package of that name."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed (Debian package npm), so axe-core cannot be found")
    root = subprocess.run([npm, "root", "--global"], capture_output=True, text=True, check=True)  # noqa: S603 - npm's own path
    script = Path(root.stdout.strip()) / "axe-core" / "axe.min.js"
    if not script.exists():
        pytest.skip("the npm package axe-core is not installed (npm install --global axe-core)")
    return script.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def chromium() -> str:
    """Give the path of a browser."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("the Debian package chromium is not installed")
    return found


def violations(page: str, axe: str, chromium: str, folder: Path, *flags: str) -> list[str]:
    """Return what axe-core finds wrong with a page: rule and element."""
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    run = (
        "<script>"
        + axe
        + "</script><script>axe.run(document, {runOnly: "
        + json.dumps(tags)
        + "}).then(r => { const p = document.createElement('pre'); p.id = 'found'; p.textContent ="
        " JSON.stringify({passes: r.passes.length, violations: r.violations.map(v => v.id + ': '"
        " + v.nodes.map(n => n.html).join(' '))}); document.body.appendChild(p); })</script>"
    )
    file = folder / "page.html"
    file.write_text(page.replace("</body>", run + "</body>"), encoding="utf-8")
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"]
    command += ["--no-first-run", "--disable-background-networking", "--disable-sync"]
    command += ["--disable-component-update", f"--user-data-dir={folder / 'profile'}", *flags]
    command += ["--virtual-time-budget=20000", "--dump-dom", file.as_uri()]
    done = subprocess.run(  # noqa: S603 - the browser's own path
        command, capture_output=True, text=True, check=True, timeout=120, env=dict(os.environ)
    )
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stdout[-500:]
    result = json.loads(unescape(found[1]))
    assert result["passes"] > 10
    return list(result["violations"])


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_publication_has_no_fault_that_axe_finds(
    axe: str, chromium: str, tmp_path: Path, scheme: str
) -> None:
    flags = ["--blink-settings=preferredColorScheme=0"] if scheme == "dark" else []
    assert violations(html(summary()), axe, chromium, tmp_path, *flags) == []


def test_axe_finds_a_fault_that_is_put_in(axe: str, chromium: str, tmp_path: Path) -> None:
    broken = html(summary()).replace(
        "</main>", '<img src="data:,"><p style="color:#999">x</p></main>'
    )
    found = violations(broken, axe, chromium, tmp_path)
    assert any(each.startswith("image-alt") for each in found)


def test_the_publication_runs_nothing_and_loads_nothing() -> None:
    page = html(summary())
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?!#|https://matrix\.to/)', page)
