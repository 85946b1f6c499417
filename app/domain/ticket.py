"""A support ticket about one attempt, in Markdown. The caller masks the attempt and the request beforehand."""

import json
import re
from collections.abc import Iterator, Mapping

from app.domain.account import Directory
from app.domain.attempt_export import (
    description_of,
    markdown_text,
    readable_body,
    readable_json,
    reply_parts,
    timestamp,
    warnings_of,
)
from app.domain.diagnosis import field_label
from app.domain.extras import extras_words
from app.domain.model import Attempt, NoReply, Reply
from app.domain.outcome import LABEL, MEANING
from app.domain.request_code import as_curl
from app.domain.sanitize import sanitize_block
from app.domain.short_id import short_id

MAX_BODY = 8000
"""The number of characters of a body that a ticket shows."""


def ticket(attempt: Attempt, directory: Directory, described: Mapping[str, object] | str) -> str:
    """The ticket; `described` is the request from `service.describe`, or the reason why there is none."""
    return "\n".join(_lines(attempt, directory, described)) + "\n"


def _lines(attempt: Attempt, directory: Directory, described: Mapping[str, object] | str) -> Iterator[str]:
    yield f"# {_plain(_title(attempt))}"
    yield from ("", "| | |", "|---|---|")
    for name, value in _facts(attempt, directory):
        yield f"| {name} | {_plain(value)} |"
    yield from ("", "## Request", "")
    yield from _request(attempt)
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


def _request(attempt: Attempt) -> Iterator[str]:
    if attempt.request.data is None:
        yield "No event data."
    else:
        yield from _fenced(readable_json(attempt.request.data), "json")


def _reply(attempt: Attempt) -> Iterator[str]:
    took = "" if attempt.elapsed_ms is None else f", after {attempt.elapsed_ms:,.0f} ms"
    match attempt.answer:
        case Reply() as reply:
            code = "no reply code" if reply.reply_code is None else f"reply code {reply.reply_code}"
            yield _plain(
                f"HTTP {reply.http_status}, {code}{took}: {reply.reply_text or 'no reply text'}"[:2000]
            )
            if reply.errors:
                yield from ("", *_fenced(readable_json(reply.errors), "json"))
            if reply.body:
                yield from (
                    "",
                    *_fenced(readable_body(reply.body), "json" if _is_json(reply.body) else "text"),
                )
        case NoReply(detail=detail):
            yield _plain(f"No reply{took}. {detail}")
        case None:
            yield "Nothing is recorded yet."


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except (ValueError, RecursionError):
        return False
    return True


def _meaning(attempt: Attempt) -> Iterator[str]:
    _, code, _ = reply_parts(attempt)
    description = description_of(attempt)
    if description and code != 0:
        yield description
    yield from (f"Warning: {text}" for text in warnings_of(attempt))
    yield MEANING[attempt.outcome]
    if attempt.remedy:
        yield attempt.remedy
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
