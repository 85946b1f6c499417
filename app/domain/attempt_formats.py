"""What attempts are taken out as: each format turns them into lines, one at a time, so that any number fits in memory."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, tzinfo

from app.domain.attempt_json import attempt_json, json_text, reply_parts
from app.domain.descriptions import describe
from app.domain.model import Attempt
from app.domain.outcome import LABEL, SETTLED
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
