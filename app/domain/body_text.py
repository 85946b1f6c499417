"""A body for reading: formatted where it is JSON, or byte for byte; long ones in parts, so that no screen freezes."""

import contextlib
import json
from collections.abc import Iterator, Sequence

PART = 65_536
"""Characters of a formatted part, at most."""

RAW_PART = 4_096
"""Bytes of a raw part: 256 lines of it."""

_LINE = 16
_NEAREST = 2_000


def formatted(body: bytes) -> str:
    """JSON indented, anything else as it is; what is not UTF-8 is replaced."""
    text = body.decode("utf-8", "replace")
    with contextlib.suppress(ValueError, RecursionError):
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return text


def split(text: str, limit: int = PART) -> Sequence[str]:
    """The text in parts of at most `limit` characters, cut at the end of a line where one is near; '' is one part."""
    parts = []
    start = 0
    while len(text) - start > limit:
        line_end = text.rfind("\n", start + max(1, limit - _NEAREST), start + limit)
        end = start + limit if line_end < 0 else line_end + 1
        parts.append(text[start:end])
        start = end
    return (*parts, text[start:])


def raw_parts(body: bytes) -> int:
    """In how many parts the bytes of a body are read; one also for an empty one."""
    return max(1, -(-len(body) // RAW_PART))


def raw_lines(body: bytes, part: int) -> Iterator[str]:
    """The lines of one raw part, from 0: offset, sixteen bytes in hexadecimal, and the same as ASCII where it is."""
    start = part * RAW_PART
    for at in range(start, min(len(body), start + RAW_PART), _LINE):
        line = body[at : at + _LINE]
        shown = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in line)
        yield f"{at:05x} {line.hex(' '):<47} {shown}"
