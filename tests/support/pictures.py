"""Small pictures, with and without what programs write beside them."""

import struct
import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png(*secret: bytes, beside: dict[bytes, bytes] | None = None) -> bytes:
    """Return a PNG file of one dot, told apart by `secret` bytes in its data.

    `beside` are chunks that say more than is to be seen.
    """
    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    data = zlib.compress(b"\0\0") + b"".join(secret)
    chunks = {b"IHDR": head, **(beside or {}), b"IDAT": data, b"IEND": b""}
    return SIGNATURE + b"".join(_chunk(kind, inside) for kind, inside in chunks.items())


def _chunk(kind: bytes, inside: bytes) -> bytes:
    return (
        struct.pack(">I", len(inside))
        + kind
        + inside
        + struct.pack(">I", zlib.crc32(kind + inside))
    )


def jpeg(
    *segments: tuple[int, bytes], scan: bytes = b"\x11\xff\x00\x22", after: bytes = b""
) -> bytes:
    """Return what is shaped like a JPEG file: segments by their kind, a scan, and what follows."""
    parts = [b"\xff\xd8"]
    parts += [
        struct.pack(">BBH", 0xFF, kind, len(inside) + 2) + inside for kind, inside in segments
    ]
    parts += [struct.pack(">BBH", 0xFF, 0xDA, 4) + b"\0\0", scan, b"\xff\xd9", after]
    return b"".join(parts)


def exif(order: str, turned: int, where: bytes) -> bytes:
    """Return what a camera writes beside a photograph: which side is up, and where it was taken."""
    mark = b"II*\0" if order == "<" else b"MM\0*"
    entries = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, turned, 0)
    inside = mark + struct.pack(f"{order}IH", 8, 1) + entries + struct.pack(f"{order}I", 0)
    return b"Exif\0\0" + inside + where
