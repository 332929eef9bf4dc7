"""Bots that are born grown up: forked from a process that has imported everything already.

An interpreter takes seconds to import what the bot needs; a run of two hundred kills has no use
for them. A child has its own event loop, database and connections, as if it had started alone.
"""

import ctypes
import gc
import json
import os
import select
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[2]
PR_SET_PDEATHSIG = 1


def ending_with_us() -> list[str]:
    """Return the words before a command that make its process end with ours, where they exist."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


@dataclass(frozen=True, slots=True)
class Born:
    """A bot's process."""

    pid: int
    nursery: "Nursery"

    def poll(self) -> int | None:
        """Return the exit status, None while it runs."""
        return self.nursery.status_of(self.pid)

    def kill(self) -> None:
        """End it without a warning."""
        os.kill(self.pid, signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        os.kill(self.pid, signal.SIGTERM)


class Nursery:
    """The process that has imported everything, as seen from outside."""

    def __init__(self) -> None:
        self._statuses: dict[int, int] = {}
        self._rest = b""
        self._process = subprocess.Popen(  # noqa: S603 - our own words
            [*ending_with_us(), sys.executable, "-m", "tests.support.nursery"],
            cwd=ROOT,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def __enter__(self) -> Self:
        """Enter."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process; its children end with it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.kill()
        self._process.wait()

    def bear(self, given: Path, log: Path) -> Born:
        """Start a bot with what stands in the file `given`."""
        pipe = self._process.stdin
        if pipe is None:
            raise BrokenPipeError
        pipe.write(json.dumps({"given": str(given), "log": str(log)}).encode() + b"\n")
        pipe.flush()
        born: list[int] = []
        while not born:
            for kind, pid, status in self._news(wait=True):
                if kind == "born":
                    born.append(pid)
                    self._statuses.pop(pid, None)
                else:
                    self._statuses[pid] = status
        return Born(born[0], self)

    def status_of(self, pid: int) -> int | None:
        """Return how a child ended, None while it runs."""
        for _, ended, status in self._news(wait=False):
            self._statuses[ended] = status
        return self._statuses.get(pid)

    def _news(self, *, wait: bool) -> list[tuple[str, int, int]]:
        """Return what the process has told since the last time."""
        pipe = self._process.stdout
        if pipe is None:
            raise BrokenPipeError
        if not wait and not select.select([pipe], [], [], 0)[0]:
            return []
        read = os.read(pipe.fileno(), 65536)
        if not read:
            raise BrokenPipeError("the nursery ended")
        *lines, self._rest = (self._rest + read).split(b"\n")
        told = [line.decode().split() for line in lines]
        return [(kind, int(pid), int(status)) for kind, pid, status in told]


def _tell(kind: str, pid: int, status: int) -> None:
    os.write(1, f"{kind} {pid} {status}\n".encode())


def _grow_up(parent: int, asked: dict[str, str]) -> int:
    """Be the child: end with the parent, write to the log, run the bot."""
    from tests.support import driven_bot  # noqa: PLC0415 - imported by the parent before

    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return 1
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(asked["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for descriptor, stands_for in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(descriptor, stands_for)
    return driven_bot.main(Path(asked["given"]))


def _serve() -> None:
    """Fork a child for each line that comes in, and tell how each ended."""
    import nio  # type: ignore[import-untyped]  # noqa: F401, PLC0415 - so that children have it

    import tests.support.driven_bot  # noqa: F401, PLC0415 - as above

    gc.freeze()
    parent, rest = os.getpid(), b""
    while True:
        if select.select([0], [], [], 0.01)[0]:
            read = os.read(0, 65536)
            if not read:
                return
            *lines, rest = (rest + read).split(b"\n")
            for line in lines:
                _bear(parent, json.loads(line))
        _bury()


def _bear(parent: int, asked: dict[str, str]) -> None:
    pid = os.fork()
    if pid:
        _tell("born", pid, 0)
        return
    status = 70
    try:
        status = _grow_up(parent, asked)
        sys.stdout.flush()
    finally:
        os._exit(status)


def _bury() -> None:
    """Tell of the children that have ended."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if not pid:
            return
        _tell("ended", pid, os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    _serve()
