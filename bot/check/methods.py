"""The methods: everything in their folders that facilitators will trip over."""

from collections.abc import Iterator
from pathlib import Path

from bot.check.findings import Finding, fail, ok
from bot.circles.methods import BUILT_IN, available, lint


def method_findings(own: Path | None) -> Iterator[Finding]:
    """Yield what is wrong with the methods that come along, and with those in the folder `own`."""
    if own is not None and not own.is_dir():
        why = "Your own methods and wordings should be there."
        yield fail("methods", f"There is no folder {own}.", why, "Make it, or change prompts_dir.")
    roots = [BUILT_IN] if own is None else [BUILT_IN, own]
    methods = available(roots)
    for name, folder in methods.items():
        faults = [*lint(folder, roots)]
        for fault in faults:
            where = f"{fault.file}:{fault.line}"
            yield fail(f"method {name}", f"{where}: {fault.what}", _WHY, fault.fix)
        if not faults:
            yield ok(f"method {name}", f"{folder} can be used.")


_WHY = "A circle cannot use the method before this is mended."
