"""What differs between two attempts, in request and reply: by JSON path, the order of keys ignored, equal parts folded.

Any two bodies can be compared: JSON with repeated names, nested without end, or no JSON at all.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain.body_value import Lines, Name, body_value, inside, read_json
from app.domain.model import Attempt, NoReply, Reply

MOST_PARTS = 1000
"""Parts of a comparison that are told; of more, how many they are."""

_OWN_ID = "(the attempt id)"
_ABSENT = object()


class Sameness(StrEnum):
    """How a part of the one stands to that of the other."""

    EQUAL = "equal"
    CHANGED = "changed"
    ONLY_LEFT = "only_left"
    ONLY_RIGHT = "only_right"


@dataclass(frozen=True, slots=True)
class Part:
    """One part: where it is, and what is there as text (JSON, or as it stands), None where it is absent.

    An equal part is told once, however much is in it: `left` and `right` are None then, and `values` says how many
    values it has.
    """

    path: str
    sameness: Sameness
    left: str | None = None
    right: str | None = None
    values: int = 1


@dataclass(frozen=True, slots=True)
class Comparison:
    """All parts in the order of the left one; `left_out` more than could be told."""

    parts: tuple[Part, ...]
    left_out: int = 0

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs."""
        return all(part.sameness is Sameness.EQUAL for part in self.parts)


@dataclass(frozen=True, slots=True)
class AttemptDifference:
    """What differs between two attempts in what was sent, and in what came back."""

    request: Comparison
    reply: Comparison

    @property
    def is_equal(self) -> bool:
        """Whether nothing differs."""
        return self.request.is_equal and self.reply.is_equal


def difference(left: Attempt, right: Attempt) -> AttemptDifference:
    """What differs; a trigger id that is the attempt's own counts as equal to another's own."""
    return AttemptDifference(
        compared(_named(_request(left)), _named(_request(right))),
        compared(_named(_reply(left)), _named(_reply(right))),
    )


def _request(attempt: Attempt) -> dict[str, object]:
    request = attempt.request
    own = request.trigger_id == attempt.attempt_id
    facts: dict[str, object] = {
        "event_id": request.event_id,
        "key_id": request.key_id,
        "external_id": request.external_id,
        "data": None if request.data is None else read_json(json.dumps(request.data)),
        "trigger_id": _OWN_ID if own else request.trigger_id,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _reply(attempt: Attempt) -> dict[str, object]:
    outcome = attempt.outcome.value
    match attempt.answer:
        case Reply(body=b"") as reply:
            said: dict[str, object] = {
                "outcome": outcome,
                "http_status": reply.http_status,
                "reply_code": reply.reply_code,
                "reply_text": reply.reply_text,
                "errors": read_json(json.dumps(reply.errors)) if reply.errors else None,
            }
        case Reply() as reply:
            said = {"outcome": outcome, "http_status": reply.http_status, "body": body_value(reply.body)}
        case NoReply() as none:
            said = {"outcome": outcome, "reason": none.reason, "detail": none.detail}
        case None:
            said = {"outcome": outcome}
    return {name: value for name, value in said.items() if value is not None}


def _named(facts: Mapping[str, object]) -> dict[Name, object]:
    return {(name, 0): value for name, value in facts.items()}


def compared(left: object, right: object) -> Comparison:
    parts: list[Part] = []
    left_out = 0
    for part in _parts("$", left, right):
        if len(parts) < MOST_PARTS:
            parts.append(part)
        else:
            left_out += 1
    return Comparison(tuple(parts), left_out)


def _parts(path: str, left: object, right: object) -> Iterator[Part]:
    if left is _ABSENT:
        yield Part(path, Sameness.ONLY_RIGHT, right=_text(right))
    elif right is _ABSENT:
        yield Part(path, Sameness.ONLY_LEFT, left=_text(left))
    elif _are_equal(left, right):
        yield Part(path, Sameness.EQUAL, values=_values(left))
    elif isinstance(left, dict) and isinstance(right, dict):
        for name in dict.fromkeys((*left, *right)):
            yield from _parts(_member(path, name), left.get(name, _ABSENT), right.get(name, _ABSENT))
    elif isinstance(left, list) and isinstance(right, list):
        yield from _entries(path, left, right)
    elif isinstance(left, Lines) and isinstance(right, Lines):
        yield from _lines(path, left.splitlines(), right.splitlines())
    else:
        yield Part(path, Sameness.CHANGED, _text(left), _text(right))


def _entries(path: str, left: list[object], right: list[object]) -> Iterator[Part]:
    """Entry by entry; where one list has more of them, those that are equal at the end stand beside each other."""
    tail = 0 if len(left) == len(right) else _ends(left, right)[1]
    ours, theirs = len(left) - tail, len(right) - tail
    yield from _one_by_one(path, left[:ours], right[:theirs])
    if tail:
        yield Part(_span(path, ours, len(left)), Sameness.EQUAL, values=_values(left[ours:]))


def _ends(left: Sequence[object], right: Sequence[object]) -> tuple[int, int]:
    """How many are equal at the beginning, and how many of the others at the end."""
    shorter = min(len(left), len(right))
    head = next((at for at in range(shorter) if not _are_equal(left[at], right[at])), shorter)
    tail = next(
        (at for at in range(shorter - head) if not _are_equal(left[-1 - at], right[-1 - at])), shorter - head
    )
    return head, tail


def _span(path: str, start: int, end: int) -> str:
    return f"{path}[{start}]" if end - start == 1 else f"{path}[{start}:{end}]"


def _one_by_one(path: str, left: list[object], right: list[object]) -> Iterator[Part]:
    """Those that are equal one after another are one part."""
    start = 0
    for index in range(max(len(left), len(right)) + 1):
        both = index < min(len(left), len(right))
        if both and _are_equal(left[index], right[index]):
            continue
        if start < index:
            yield Part(_span(path, start, index), Sameness.EQUAL, values=_values(left[start:index]))
        start = index + 1
        if index < max(len(left), len(right)):
            yield from _parts(
                f"{path}[{index}]",
                left[index] if index < len(left) else _ABSENT,
                right[index] if index < len(right) else _ABSENT,
            )


def _lines(path: str, left: Sequence[str], right: Sequence[str]) -> Iterator[Part]:
    """The lines between those that are equal at the beginning and at the end."""
    head, tail = _ends(left, right)
    if head:
        yield Part(f"{path} lines 1 to {head}", Sameness.EQUAL, values=head)
    ours, theirs = ("\n".join(lines[head : len(lines) - tail]) for lines in (left, right))
    yield Part(f"{path} line {head + 1}", Sameness.CHANGED, ours, theirs)
    if tail:
        yield Part(f"{path} the last {tail} lines", Sameness.EQUAL, values=tail)


def _are_equal(left: object, right: object) -> bool:
    """Equal as JSON: 1 and 1.0 are, 1 and true are not."""
    match left, right:
        case dict(), dict():
            return left.keys() == right.keys() and all(_are_equal(left[name], right[name]) for name in left)
        case list(), list():
            return len(left) == len(right) and all(map(_are_equal, left, right))
        case float(), float() if left != left:  # noqa: PLR0124 - no number, which is equal to nothing
            return right != right  # noqa: PLR0124
        case _:
            return isinstance(left, bool) is isinstance(right, bool) and left == right


def _values(value: object) -> int:
    within = inside(value)
    return sum(map(_values, within)) if within else 1


def _member(path: str, name: Name) -> str:
    text, occurrence = name
    again = f"#{occurrence + 1}" if occurrence else ""
    if text.isidentifier():
        return f"{path}.{text}{again}"
    return f"{path}[{_quoted(text)}]{again}"


def _text(value: object) -> str:
    return str(value) if isinstance(value, Lines) else _json(value)


def _json(value: object) -> str:
    """JSON with repeated names as often as they were there."""
    match value:
        case dict():
            return (
                f"{{{', '.join(f'{_quoted(name)}: {_json(member)}' for (name, _), member in value.items())}}}"
            )
        case list():
            return f"[{', '.join(map(_json, value))}]"
        case _:
            return _quoted(value)


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
