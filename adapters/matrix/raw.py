"""Reading JSON that anybody may have written: what is not as it should be reads as empty."""

from typing import Any

Json = dict[str, Any]
LONGEST_NUMBER = 20


def at(of: object, *path: str) -> object:
    """Return what stands at `path`, None when there is no such place."""
    for step in path:
        if not isinstance(of, dict):
            return None
        of = of.get(step)
    return of


def words(of: object, *path: str) -> str:
    """Return the string at `path`, else an empty one; what no file could hold is replaced."""
    found = at(of, *path)
    if not isinstance(found, str):
        return ""
    whole = found if found.isascii() else found.encode(errors="replace").decode()
    return whole.replace("\0", "")


def mapping(of: object, *path: str) -> Json:
    """Return the object at `path`, else an empty one."""
    found = at(of, *path)
    return found if isinstance(found, dict) else {}


def items(of: object, *path: str) -> list[Any]:
    """Return the list at `path`, else an empty one."""
    found = at(of, *path)
    return found if isinstance(found, list) else []


def strings(of: object, *path: str) -> tuple[str, ...]:
    """Return the strings of the list at `path`."""
    return tuple(entry for entry in items(of, *path) if isinstance(entry, str))


def number(of: object, *path: str, default: int = 0) -> int:
    """Return the whole number at `path`, also one in a string as old rooms hold them."""
    found = at(of, *path)
    if (
        isinstance(found, str)
        and len(found) < LONGEST_NUMBER
        and found.strip().lstrip("+-").isdecimal()
    ):
        return int(found)
    return found if isinstance(found, int) and not isinstance(found, bool) else default
