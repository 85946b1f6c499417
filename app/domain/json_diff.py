"""The differences between two attempts, as lines of JSON."""

import difflib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.domain.model import Attempt, NoReply, Reply, extras_json

MAX_LINES = 2_000
CONTEXT = 2
_OWN_ID = "same as attempt id"
_BRACKETS = "{}[],"


class Side(StrEnum):
    BOTH = "="
    LEFT = "-"
    RIGHT = "+"


@dataclass(frozen=True, slots=True)
class DiffLine:
    side: Side
    text: str


@dataclass(frozen=True, slots=True)
class JsonDiff:
    """All lines of both sides, in order; `left_out` is the number of lines beyond MAX_LINES."""

    lines: tuple[DiffLine, ...]
    left_out: int = 0

    @property
    def is_equal(self) -> bool:
        return all(line.side is Side.BOTH for line in self.lines)

    @property
    def identical(self) -> int:
        return sum(line.side is Side.BOTH and _holds_value(line.text) for line in self.lines)

    def around_differences(self) -> Iterator[DiffLine | None]:
        """The lines that differ, with a little context; None represents the identical lines in between."""
        differ = [number for number, line in enumerate(self.lines) if line.side is not Side.BOTH]
        shown = {near for number in differ for near in range(number - CONTEXT, number + CONTEXT + 1)}
        skipped = False
        for number, line in enumerate(self.lines):
            if number in shown:
                yield line
            elif not skipped:
                yield None
            skipped = number not in shown


@dataclass(frozen=True, slots=True)
class AttemptDiff:
    request: JsonDiff
    reply: JsonDiff

    @property
    def is_equal(self) -> bool:
        return self.request.is_equal and self.reply.is_equal


def diff_attempts(left: Attempt, right: Attempt) -> AttemptDiff:
    """The differences between two attempts; trigger ids that equal their attempt ids count as equal."""
    return AttemptDiff(diff_json(_request(left), _request(right)), diff_json(_reply(left), _reply(right)))


def diff_json(left: object, right: object) -> JsonDiff:
    """Compares two JSON values without regard to the order of keys."""
    ours, theirs = (
        json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False).splitlines()
        for value in (left, right)
    )
    left_out = max(len(ours), len(theirs)) - MAX_LINES
    return JsonDiff(tuple(_compare(ours[:MAX_LINES], theirs[:MAX_LINES])), max(0, left_out))


def _compare(left: Sequence[str], right: Sequence[str]) -> Iterator[DiffLine]:
    # Commas do not count: they only say that a line is not the last one.
    matcher = difflib.SequenceMatcher(
        None, [line.rstrip(",") for line in left], [line.rstrip(",") for line in right], autojunk=False
    )
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        if tag == "equal":
            yield from (DiffLine(Side.BOTH, line) for line in left[start:end])
        else:
            yield from (DiffLine(Side.LEFT, line) for line in left[start:end])
            yield from (DiffLine(Side.RIGHT, line) for line in right[other_start:other_end])


def _holds_value(line: str) -> bool:
    return not line.strip().endswith(("{", "[")) and line.strip(f" {_BRACKETS}") != ""


def _request(attempt: Attempt) -> dict[str, object]:
    request = attempt.request
    facts: dict[str, object] = {
        "event_id": request.event_id,
        "key_id": request.key_id,
        "external_id": request.external_id,
        "data": request.data,
        "trigger_id": _OWN_ID if request.trigger_id == attempt.attempt_id else request.trigger_id,
        **extras_json(request.extras),
    }
    return _present(facts)


def _reply(attempt: Attempt) -> dict[str, object]:
    facts: dict[str, object] = {"outcome": attempt.outcome.value}
    match attempt.answer:
        case Reply(body=b"") as reply:
            facts |= {
                "http_status": reply.http_status,
                "reply_code": reply.reply_code,
                "reply_text": reply.reply_text,
                "errors": reply.errors or None,
            }
        case Reply() as reply:
            facts |= {"http_status": reply.http_status, "body": _body(reply.body)}
        case NoReply() as none:
            facts |= {"reason": none.reason, "detail": none.detail}
        case None:
            pass
    return _present(facts)


def _present(facts: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in facts.items() if value is not None}


def _body(body: bytes) -> object:
    """The JSON in a body, or its lines if it is not JSON or is nested too deeply to write again."""
    text = body.decode("utf-8", "replace")
    try:
        value: object = json.loads(text)
        json.dumps(value, indent=2, sort_keys=True)
    except (ValueError, RecursionError):
        return text.splitlines()
    return value
