"""Attempts as text: JSON, CSV, Markdown, the cells of a table, a support ticket, and the request to copy."""

import csv
import io
import json
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, tzinfo
from itertools import chain

from app.domain.diagnosis import field_label
from app.domain.json_text import indented, parsed, written
from app.domain.model import (
    LABEL,
    MEANING,
    RESOLVED,
    Attempt,
    Directory,
    NoReply,
    Outcome,
    Reply,
    Settlement,
    extras_words,
)
from app.domain.reply_codes import describe_reply
from app.domain.text import sanitize, sanitize_block, short_id
from app.domain.wire import json_object

HEADER = (
    "TIME", "REFERENCE", "OUTCOME", "EVENT", "KEY", "EXTERNAL ID", "CONTACT", "HTTP", "CODE", "REPLY TEXT",
    "DESCRIPTION", "NOTE", "RESEND OF",
)  # fmt: skip

ENDED = "The program ended before a reply came."
_UNCUT = 20_000_000
_MARKDOWN = r"[\\`*\[\]<>|~]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)|^[#+-]|(?<=^\d)[.)]"
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
"""The characters that start a formula; spreadsheets treat the wide ones like the narrow ones."""


def reply_parts(attempt: Attempt) -> tuple[int | None, int | None, str | None]:
    """HTTP status, reply code and reply text; all None if there was no reply."""
    match attempt.answer:
        case Reply(http_status=status, reply_code=code, reply_text=text):
            return status, code, text
        case NoReply() | None:
            return None, None, None


def description_of(attempt: Attempt) -> str | None:
    """One sentence about the reply or failure; None while the attempt is being sent."""
    match attempt.answer:
        case Reply(http_status=status, reply_code=code, body=body):
            return describe_reply(status, code, body)
        case NoReply(detail=detail):
            return detail
        case None if attempt.outcome is Outcome.SENDING:
            return None
        case None:
            return ENDED


# JSON


def json_text(value: object, indent: int | None = None) -> str:
    return json.dumps(value, indent=indent).replace("\x7f", "\\u007f")


def readable_body(body: bytes) -> str:
    """A body with its JSON indented, and any other text unchanged; bytes that are not UTF-8 become U+FFFD."""
    text = body.decode("utf-8", "replace")
    return text if parsed(text) is None else indented(text, unescaped=True)


def attempt_json(attempt: Attempt) -> dict[str, object]:
    """The attempt as the command line and exports write it: all keys, in a fixed order."""
    request = attempt.request
    status, code, text = reply_parts(attempt)
    contact, settled = attempt.contact, attempt.settlement
    return {
        "attempt_id": attempt.attempt_id,
        "profile": attempt.profile,
        "started_at": _utc(attempt.started_at, "microseconds"),
        "elapsed_ms": None if attempt.elapsed_ms is None else round(attempt.elapsed_ms, 3),
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
        "description": description_of(attempt),
        "remedy": attempt.remedy,
        "reference": short_id(attempt.attempt_id) if attempt.attempt_id else None,
        "parent_id": attempt.parent_id,
        "note": attempt.note,
        "settlement": settled
        and {"arrived": settled.arrived, "note": settled.note, "at": _settled_at(settled)},
        "contact": contact and {"id": contact.id, "name": contact.name},
        "warnings": warnings_of(attempt),
        "run_id": attempt.run_id,
        "event_time": request.extras.event_time,
        "attachments": [{"filename": one.filename, "bytes": one.size} for one in request.extras.attachments],
        **({"member": attempt.member} if attempt.member else {}),
    }


def _settled_at(settlement: Settlement) -> str:
    return _utc(settlement.settled_at, "microseconds")


def warnings_of(attempt: Attempt) -> list[str]:
    reply = attempt.answer
    if not isinstance(reply, Reply) or reply.http_status // 100 != 2 or b"warnings" not in reply.body:
        return []
    found = json_object(reply.body)
    data = found.get("data")
    lists = [one.get("warnings") for one in (found, data) if isinstance(one, Mapping)]
    entries = [entry for some in lists if isinstance(some, list) for entry in some]
    return [entry if isinstance(entry, str) else json_text(entry) for entry in entries]


def whole_attempt_json(attempt: Attempt) -> dict[str, object]:
    """The keys of `attempt_json`, and the bodies, which only the view of one attempt shows."""
    reply = attempt.answer if isinstance(attempt.answer, Reply) else None
    return {
        **attempt_json(attempt),
        "errors": {} if reply is None else {who: dict(codes) for who, codes in reply.errors.items()},
        "reply_body": None if reply is None else reply.body.decode("utf-8", "replace"),
        "reply_bytes": None if reply is None else reply.body_length,
        "no_reply": attempt.answer.detail if isinstance(attempt.answer, NoReply) else None,
    }


def planned_json(attempt: Attempt, exact_request: Mapping[str, object]) -> dict[str, object]:
    unknown = dict.fromkeys(("attempt_id", "outcome", "started_at", "elapsed_ms"))
    return {**attempt_json(attempt), **unknown, "request": dict(exact_request)}


def timestamp(moment: datetime) -> str:
    return _utc(moment, "milliseconds")


def _utc(moment: datetime, timespec: str) -> str:
    return moment.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


# Exports: each format yields one line at a time, so that any number of attempts fits in memory


def _jsonl(attempts: Iterable[Attempt]) -> Iterator[str]:
    return (json_text(attempt_json(attempt)) for attempt in attempts)


def _json_array(attempts: Iterable[Attempt]) -> Iterator[str]:
    before = "["
    for line in _jsonl(attempts):
        yield before + line
        before = ","
    yield "]" if before == "," else "[]"


def _csv(attempts: Iterable[Attempt]) -> Iterator[str]:
    columns: tuple[str, ...] = (
        "attempt_id", "profile", "started_at", "elapsed_ms", "outcome", "event_id", "event_name", "key_id",
        "external_id", "data", "trigger_id", "http_status", "reply_code", "reply_text", "predicted_code",
        "description", "remedy", "reference", "parent_id", "note", "settlement", "settlement_note", "settled_at",
        "contact_id", "contact_name", "warnings", "run_id", "event_time", "attachments",
    )  # fmt: skip
    attempts = iter(attempts)
    first = next(attempts, None)
    columns += ("member",) if first is not None and first.member else ()
    yield csv_line(columns)
    for attempt in chain([first] if first else [], attempts):
        row = {**attempt_json(attempt), **_flat(attempt)}
        yield csv_line(csv_cell(row[column]) for column in columns)


def _flat(attempt: Attempt) -> dict[str, object]:
    settled, contact = attempt.settlement, attempt.contact
    return {
        "settlement": settled and RESOLVED[settled.arrived].removeprefix("resolved: "),
        "settlement_note": settled and settled.note,
        "settled_at": settled and _settled_at(settled),
        "contact_id": contact and contact.id,
        "contact_name": contact and contact.name,
        "warnings": "; ".join(warnings_of(attempt)),
        "attachments": "; ".join(one.filename for one in attempt.request.extras.attachments),
    }


def csv_cell(value: object) -> str:
    """A value as text that no spreadsheet takes for a formula."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return json_text(value)
    text = sanitize(value, _UNCUT)
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_line(cells_of_line: Iterable[str]) -> str:
    """One line of CSV, without its end; `csv_rows` reads the same cells from it."""
    row, line = list(cells_of_line), io.StringIO()
    # A blank at the end of a cell counts only within quotes.
    has_blanks = any(cell != cell.strip() for cell in row)
    write = csv.writer(line, lineterminator="", quoting=csv.QUOTE_ALL if has_blanks else csv.QUOTE_MINIMAL)
    write.writerow(row)
    return line.getvalue()


def _markdown(attempts: Iterable[Attempt]) -> Iterator[str]:
    """A table with times in UTC, since its readers may be in other time zones."""
    rows = (cells(attempt, UTC) for attempt in attempts)
    first = next(rows, ())
    titles = [title if title == "HTTP" else title.capitalize() for title in header(first)]
    yield _markdown_line(["Time (UTC)", *titles[1:]])
    yield _markdown_line(["---"] * len(titles))
    for row in chain([first] if first else [], rows):
        yield _markdown_line(map(markdown_text, row))


def _markdown_line(parts: Iterable[str]) -> str:
    return f"| {' | '.join(parts)} |"


def markdown_text(text: str, limit: int = _UNCUT) -> str:
    """One line of text, with the characters escaped that have a meaning in Markdown."""
    return re.sub(_MARKDOWN, r"\\\g<0>", sanitize(text, limit))


FORMATS: dict[str, Callable[[Iterable[Attempt]], Iterator[str]]] = {
    "json": _json_array,
    "jsonl": _jsonl,
    "csv": _csv,
    "markdown": _markdown,
}


def header(row: Sequence[str]) -> Sequence[str]:
    return HEADER if len(row) <= len(HEADER) else (*HEADER, "MEMBER")


def cells(attempt: Attempt, zone: tzinfo | None = None) -> tuple[str, ...]:
    """The cells of a table row under HEADER, with the time in `zone`; None means the zone of this machine."""
    request = attempt.request
    status, code, text = reply_parts(attempt)
    symbol, word = LABEL[attempt.outcome]
    if attempt.settlement is not None:
        word = RESOLVED[attempt.settlement.arrived]
    return (
        attempt.started_at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S"),
        short_id(attempt.attempt_id),
        f"{symbol} {word}",
        f"{request.event_id} {attempt.event_name or ''}".rstrip(),
        request.key_id,
        request.external_id,
        attempt.contact.name if attempt.contact else "",
        "" if status is None else str(status),
        "" if code is None else str(code),
        text or "",
        "; ".join((description_of(attempt) or "", *warnings_of(attempt))),
        "; ".join(filter(None, (attempt.note, attempt.settlement.note if attempt.settlement else ""))),
        short_id(attempt.parent_id) if attempt.parent_id else "",
        *([attempt.member] if attempt.member else []),
    )


# The request to copy: each function takes method, url, headers and body


# curl and httpx set these themselves, and wrong ones break the request.
_BY_THE_PROGRAM = ("host", "content-length", "connection", "transfer-encoding")
_LONGEST_ARGUMENT = 100_000
"""The longest body passed as an argument, in characters; Linux accepts at most 128 KiB in one argument."""

_TIMEOUT_S = 30
_END = "END_OF_BODY"


def as_curl(described: Mapping[str, object]) -> str:
    """A shell command that sends the request with cURL; a very long body comes from a here-document."""
    body = str(described["body"])
    parts = [["curl", "--globoff", "--request", str(described["method"]), str(described["url"])]]
    parts += [["--header", f"{name}: {value}"] for name, value in _headers(described).items()]
    if len(body) <= _LONGEST_ARGUMENT:
        return _command([*parts, ["--data-raw", body]])
    return f"{_command([*parts, ['--data', '@-']])} <<'{_END}'\n{body}\n{_END}"


def _command(parts: Iterable[list[str]]) -> str:
    return " \\\n  ".join(map(shlex.join, parts))


def as_httpx(described: Mapping[str, object]) -> str:
    """A Python program that sends the request with httpx and prints the reply; printable ASCII."""
    headers = "".join(f"        {name!a}: {value!a},\n" for name, value in _headers(described).items())
    return (
        "import httpx\n\n"
        "reply = httpx.request(\n"
        f"    {described['method']!a},\n"
        f"    {described['url']!a},\n"
        f"    headers={{\n{headers}    }},\n"
        f"    content={str(described['body'])!a},\n"
        f"    timeout={_TIMEOUT_S},\n"
        ")\n"
        "print(reply.status_code, reply.text)\n"
    )


def as_json(described: Mapping[str, object]) -> str:
    """Method, url, headers and body, with the body as a JSON object; printable ASCII."""
    body = str(described["body"])
    shown = {**described, "headers": _headers(described), "body": parsed(body) or body}
    return json_text(shown, indent=2)


def _headers(described: Mapping[str, object]) -> dict[str, str]:
    headers = described["headers"]
    if not isinstance(headers, Mapping):
        return {}
    return {name: str(value) for name, value in headers.items() if name.lower() not in _BY_THE_PROGRAM}


# Tickets; the caller masks attempt and request beforehand


MAX_BODY = 8000


def ticket(attempt: Attempt, directory: Directory, described: Mapping[str, object] | str) -> str:
    return "".join(f"{line}\n" for line in _lines(attempt, directory, described))


def _lines(attempt: Attempt, directory: Directory, described: Mapping[str, object] | str) -> Iterator[str]:
    yield f"# {_plain(_title(attempt))}"
    yield from ("", "| | |", "|---|---|")
    for name, value in _facts(attempt, directory):
        yield f"| {name} | {_plain(value)} |"
    yield from ("", "## Request", "")
    data = attempt.request.data
    yield from ["No event data."] if data is None else _fenced(written(data), "json")
    yield from ("", "## Reply", "")
    yield from _reply(attempt)
    yield from ("", "## Meaning", "")
    yield from (f"{_plain(line)}  " for line in _meaning(attempt))
    if attempt.note:
        yield from ("", "## Note", "", *_fenced(attempt.note, "text"))
    yield from ("", "## Request as cURL", "")
    if isinstance(described, str):
        yield _plain(described)
    else:
        yield from _fenced(as_curl(described), "sh")


def _title(attempt: Attempt) -> str:
    _, code, text = reply_parts(attempt)
    symbol, word = LABEL[attempt.outcome]
    said = f"{'' if code is None else code} {text or description_of(attempt) or ''}".strip()
    return f"{short_id(attempt.attempt_id)} {symbol} {word}{': ' if said else ''}{said[:200]}"


def _facts(attempt: Attempt, directory: Directory) -> Iterator[tuple[str, str]]:
    request = attempt.request
    yield "Attempt", f"{short_id(attempt.attempt_id)}, {attempt.attempt_id}"
    yield "Time", timestamp(attempt.started_at)
    yield "Profile", attempt.profile
    yield "Event", f"{request.event_id} {attempt.event_name or ''}".rstrip()
    yield "Key field", field_label(request.key_id, directory)
    yield "External id", request.external_id
    if attempt.contact is not None:
        yield "Contact", f"{attempt.contact.name} ({attempt.contact.id})".lstrip()
    yield "Trigger id", "none" if request.trigger_id is None else request.trigger_id
    for name, value in extras_words(request.extras):
        yield name.capitalize(), value
    if attempt.parent_id is not None:
        yield "Resend of", f"{short_id(attempt.parent_id)}, {attempt.parent_id}"


def _reply(attempt: Attempt) -> Iterator[str]:
    took = "" if attempt.elapsed_ms is None else f", after {attempt.elapsed_ms:,.0f} ms"
    match attempt.answer:
        case Reply() as reply:
            code = "no reply code" if reply.reply_code is None else f"reply code {reply.reply_code}"
            yield _plain(
                f"HTTP {reply.http_status}, {code}{took}: {reply.reply_text or 'no reply text'}"[:2000]
            )
            if reply.errors:
                yield from ("", *_fenced(written(reply.errors), "json"))
            if reply.body:
                text = readable_body(reply.body)
                yield from ("", *_fenced(text, "text" if parsed(text) is None else "json"))
        case NoReply(detail=detail):
            yield _plain(f"No reply{took}. {detail}")
        case None:
            yield "Nothing is recorded yet."


def meaning_lines(attempt: Attempt) -> Iterator[str]:
    """What the reply means, what it warned of, and what to do about it."""
    _, code, _ = reply_parts(attempt)
    description = description_of(attempt)
    if description and code != 0:
        yield description
    yield from (f"Warning: {text}" for text in warnings_of(attempt))
    yield MEANING[attempt.outcome]
    if attempt.remedy:
        yield attempt.remedy


def _meaning(attempt: Attempt) -> Iterator[str]:
    _, code, _ = reply_parts(attempt)
    yield from meaning_lines(attempt)
    if attempt.predicted_code is not None and attempt.predicted_code != code:
        yield f"Predicted: {attempt.predicted_code}."
    if attempt.settlement is not None:
        found = "arrived" if attempt.settlement.arrived else "did not arrive"
        note = f": {attempt.settlement.note}" if attempt.settlement.note else "."
        yield f"Resolved on {timestamp(attempt.settlement.settled_at)}: it {found}{note}"


def _plain(text: str) -> str:
    return markdown_text(text, MAX_BODY)


def _fenced(text: str, language: str) -> Iterator[str]:
    """A code block with a fence longer than any in the text."""
    shown = sanitize_block(text, MAX_BODY)
    longest = max((len(run) for run in re.findall("`+", shown)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}{language}"
    yield shown
    yield fence
