"""Attempts as text: JSON, CSV, Markdown, and the lines of a terminal."""

import contextlib
import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, tzinfo

from app.domain.model import Attempt, NoReply, Reply
from app.domain.outcome import LABEL, SETTLED
from app.domain.reply_codes import describe
from app.domain.sanitize import sanitize
from app.domain.short_id import short_id

_UNCUT = 20_000_000
_MARKDOWN = re.compile(r"[\\`*\[\]<>|~]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)|^[#+-]|(?<=^\d)[.)]")
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""How a formula begins; spreadsheets take the wide signs for the narrow ones."""

_COLUMNS = (
    "attempt_id", "profile", "started_at", "elapsed_ms", "outcome", "event_id", "event_name", "key_id",
    "external_id", "data", "trigger_id", "http_status", "reply_code", "reply_text", "predicted_code",
    "description", "remedy",
)  # fmt: skip
HEADER = (
    "TIME",
    "REFERENCE",
    "OUTCOME",
    "EVENT",
    "KEY",
    "EXTERNAL ID",
    "HTTP",
    "CODE",
    "REPLY TEXT",
    "DESCRIPTION",
)


def as_jsonl(attempts: Iterable[Attempt]) -> Iterator[str]:
    """An attempt a line."""
    return (json_text(attempt_json(attempt)) for attempt in attempts)


def as_json(attempts: Iterable[Attempt]) -> Iterator[str]:
    """One array."""
    before = "["
    for attempt in attempts:
        yield before + json_text(attempt_json(attempt))
        before = ","
    yield "]" if before == "," else "[]"


def as_csv(attempts: Iterable[Attempt]) -> Iterator[str]:
    """RFC 4180 with a header; no cell becomes a formula, no control character survives."""
    yield _csv_line(_COLUMNS)
    for attempt in attempts:
        row = attempt_json(attempt)
        yield _csv_line([_csv_cell(row[column]) for column in _COLUMNS])


def as_markdown(attempts: Iterable[Attempt]) -> Iterator[str]:
    """A table for a ticket; it may be read in another time zone."""
    titles = [title if title == "HTTP" else title.capitalize() for title in HEADER]
    yield _markdown_line(["Time (UTC)", *titles[1:]])
    yield _markdown_line(["---"] * len(HEADER))
    for attempt in attempts:
        yield _markdown_line([markdown_text(cell) for cell in cells(attempt, UTC)])


def cells(attempt: Attempt, zone: tzinfo | None = None) -> tuple[str, ...]:
    """What a table shows of an attempt, under HEADER: its time in the zone, None for this machine's."""
    request = attempt.request
    status, code, text = reply_parts(attempt)
    symbol, word = LABEL[attempt.outcome]
    if attempt.settlement is not None:
        word = SETTLED[attempt.settlement.arrived]
    return (
        attempt.started_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
        short_id(attempt.attempt_id),
        f"{symbol} {word}",
        f"{request.event_id} {attempt.event_name or ''}".rstrip(),
        request.key_id,
        request.external_id,
        "" if status is None else str(status),
        "" if code is None else str(code),
        text or "",
        describe(code) or "",
    )


def _csv_cell(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return json_text(value)
    text = sanitize(value, _UNCUT)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv_line(parts: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(parts)
    return line.getvalue()


def markdown_text(text: str, longest: int = _UNCUT) -> str:
    """A text as it stands, on one line: escaped only where Markdown would take a sign for its own."""
    return _MARKDOWN.sub(r"\\\g<0>", sanitize(text, longest))


def _markdown_line(parts: Iterable[str]) -> str:
    return f"| {' | '.join(parts)} |"


FORMATS: dict[str, Callable[[Iterable[Attempt]], Iterator[str]]] = {
    "json": as_json,
    "jsonl": as_jsonl,
    "csv": as_csv,
    "markdown": as_markdown,
}


def json_text(value: object, indent: int | None = None) -> str:
    """JSON in printable ASCII only."""
    return json.dumps(value, indent=indent).replace("\x7f", "\\u007f")


def readable_json(value: object) -> str:
    """JSON for a person to read, every letter as it is: it goes through `sanitize_block` before it is shown."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def attempt_json(attempt: Attempt) -> dict[str, object]:
    """All keys, always, in a fixed order; plain JSON values only."""
    request = attempt.request
    status, code, text = reply_parts(attempt)
    return {
        "attempt_id": attempt.attempt_id,
        "profile": attempt.profile,
        "started_at": _exact(attempt.started_at),
        "elapsed_ms": attempt.elapsed_ms,
        "event_id": request.event_id,
        "event_name": attempt.event_name,
        "key_id": request.key_id,
        "external_id": request.external_id,
        "data": request.data,
        "trigger_id": request.trigger_id,
        "outcome": attempt.outcome.value,
        "http_status": status,
        "reply_code": code,
        "reply_text": text,
        "predicted_code": attempt.predicted_code,
        "description": describe(code),
        "remedy": attempt.remedy,
    }


def whole_attempt_json(attempt: Attempt) -> dict[str, object]:
    """The same keys, and beside them what only one attempt is asked for: its past, its note, the bodies as text."""
    reply = attempt.answer if isinstance(attempt.answer, Reply) else None
    settled = attempt.settlement
    return {
        **attempt_json(attempt),
        "parent_id": attempt.parent_id,
        "note": attempt.note,
        "settlement": None
        if settled is None
        else {"arrived": settled.arrived, "note": settled.note, "settled_at": _exact(settled.settled_at)},
        "errors": {} if reply is None else {who: dict(codes) for who, codes in reply.errors.items()},
        "reply_body": None if reply is None else reply.body.decode("utf-8", "replace"),
        "reply_bytes": None if reply is None else reply.body_length,
        "no_reply": attempt.answer.detail if isinstance(attempt.answer, NoReply) else None,
    }


def planned_json(attempt: Attempt, exact_request: Mapping[str, object]) -> dict[str, object]:
    """The same keys for an attempt that was not made, and beside them the exact `request`."""
    planned = attempt_json(attempt)
    planned.update(attempt_id=None, outcome=None, started_at=None, elapsed_ms=None)
    return {**planned, "request": dict(exact_request)}


def reply_parts(attempt: Attempt) -> tuple[int | None, int | None, str | None]:
    """HTTP status, reply code and reply text; all None where there was no reply."""
    match attempt.answer:
        case Reply(http_status=status, reply_code=code, reply_text=text):
            return status, code, text
        case NoReply() | None:
            return None, None, None


def timestamp(moment: datetime) -> str:
    """ISO 8601 in UTC to the millisecond, ending in Z: for a person to read."""
    return _utc(moment, "milliseconds")


def _exact(moment: datetime) -> str:
    """The same to the microsecond, as it is stored: what is read back equals the row."""
    return _utc(moment, "microseconds")


def _utc(moment: datetime, to_the: str) -> str:
    return moment.astimezone(UTC).isoformat(timespec=to_the).replace("+00:00", "Z")


def readable_body(body: bytes) -> str:
    """JSON indented, anything else as it is; what is not UTF-8 is replaced."""
    text = body.decode("utf-8", "replace")
    with contextlib.suppress(ValueError, RecursionError):
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return text
