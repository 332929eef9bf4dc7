"""Pictures as a publication may hold them: without what a camera or a program wrote beside them.

A photograph often says where and when it was taken, and with whose camera. All that is left of it
is which side is up.
"""

import struct
from collections.abc import Iterator

_JPEG, _PNG = b"\xff\xd8", b"\x89PNG\r\n\x1a\n"
_END, _SCAN, _EXIF, _COMMENT = 0xD9, 0xDA, 0xE1, 0xFE
_APPS = range(0xE0, 0xF0)
_KEPT_APPS = frozenset({0xE0, 0xE2, 0xEE})  # how it is coded, and its colours
_TOLD = frozenset({b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"tIME"})
_TURNED = 0x0112


def bare(content: bytes) -> tuple[str, bytes] | None:
    """Return the media type of a picture and what is to be seen in it.

    None stands for what is no picture, or of a kind that is not known well enough to clean it.
    """
    try:
        if content.startswith(_JPEG):
            return "image/jpeg", _JPEG + b"".join(_segments(content))
        if content.startswith(_PNG):
            return "image/png", _PNG + b"".join(_chunks(content))
    except (IndexError, struct.error):
        return None
    return None


def _segments(content: bytes) -> Iterator[bytes]:
    """Yield what a JPEG file needs, up to its end: behind it other pictures may be hidden."""
    at = len(_JPEG)
    while True:
        if content[at] != 0xFF:  # noqa: PLR2004 - with it every part of the file begins
            raise IndexError(at)
        kind = content[at + 1]
        if kind == _END:
            yield content[at : at + 2]
            return
        (length,) = struct.unpack_from(">H", content, at + 2)
        end = at + 2 + length
        if kind == _EXIF and (turned := _turned(content[at + 4 : end])):
            yield _upright(turned)
        if kind == _SCAN:
            end = _scanned(content, end)
        if kind != _COMMENT and (kind not in _APPS or kind in _KEPT_APPS):
            yield content[at:end]
        at = end


def _scanned(content: bytes, at: int) -> int:
    """Return where the lines of a picture that begin at `at` end."""
    while content[at] != 0xFF or content[at + 1] == 0 or content[at + 1] in range(0xD0, 0xD8):  # noqa: PLR2004 - see above
        at += 1
    return at


def _turned(exif: bytes) -> int:
    """Return which side of a photograph is up, 0 when it does not say."""
    if not exif.startswith(b"Exif\0\0"):
        return 0
    inside = exif[6:]
    order = "<" if inside[:2] == b"II" else ">"
    (first,) = struct.unpack_from(f"{order}I", inside, 4)
    (count,) = struct.unpack_from(f"{order}H", inside, first)
    for number in range(count):
        tag, _, _, value = struct.unpack_from(f"{order}HHIH", inside, first + 2 + 12 * number)
        if tag == _TURNED:
            return value if value in range(1, 9) else 0
    return 0


def _upright(turned: int) -> bytes:
    """Return the part of a JPEG file that says this alone."""
    inside = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _TURNED, 3, 1, turned, 0, 0)
    return struct.pack(">BBH", 0xFF, _EXIF, 8 + len(inside)) + b"Exif\0\0" + inside


def _chunks(content: bytes) -> Iterator[bytes]:
    """Yield what a PNG file needs, up to its end."""
    at = len(_PNG)
    while True:
        length, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + length
        if end > len(content):
            raise IndexError(end)
        if kind not in _TOLD:
            yield content[at:end]
        if kind == b"IEND":
            return
        at = end
