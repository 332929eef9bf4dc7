"""One running bot a database: a lock that ends with the process that holds it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class DatabaseInUse(Exception):
    """A bot runs on this database, so that nobody else may write to it."""


@contextmanager
def lock(data_dir: Path) -> Iterator[None]:
    """Hold the database in `data_dir` alone; the folder is made if need be.

    Raises:
        DatabaseInUse: another process holds it.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _take(descriptor, data_dir)
        yield
    finally:
        os.close(descriptor)


def _take(descriptor: int, data_dir: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip()
        named = f" (process {holder})" if holder.isdecimal() else ""
        raise DatabaseInUse(
            f"A bot already runs on the database in {data_dir}{named}. Stop that one first."
        ) from None
    os.truncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
