"""A body as a value that can be compared: JSON whose names may be repeated, or its lines."""

import json
from collections.abc import Sequence

_DEEPEST = 100

Name = tuple[str, int]
"""A name in a JSON object, and which of its occurrences there this is, from 0."""


class Lines(str):
    """A text that is not JSON."""

    __slots__ = ()


def body_value(body: bytes) -> object:
    """The JSON in a body; Lines where it is none, or nested too deeply."""
    text = body.decode("utf-8", "replace")
    try:
        return read_json(text)
    except (ValueError, RecursionError):
        return Lines(text)


def read_json(text: str) -> object:
    """JSON, every object by its names and their occurrences. Raises ValueError also for what is nested too deeply."""
    value: object = json.loads(text, object_pairs_hook=_members)
    if _is_deeper(value, _DEEPEST):
        raise ValueError("nested too deeply")
    return value


def _members(pairs: Sequence[tuple[str, object]]) -> dict[Name, object]:
    members: dict[Name, object] = {}
    seen: dict[str, int] = {}
    for name, value in pairs:
        members[name, seen.get(name, 0)] = value
        seen[name] = seen.get(name, 0) + 1
    return members


def _is_deeper(value: object, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [inner for one in level for inner in inside(one)]
        if not level:
            return False
    return True


def inside(value: object) -> Sequence[object]:
    """The members of an object, the entries of a list; nothing of what has neither."""
    match value:
        case dict():
            return list(value.values())
        case list():
            return value
        case _:
            return ()
