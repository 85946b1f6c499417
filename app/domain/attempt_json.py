"""The attempt as JSON: the one shape that the command line prints and exports carry (the manual's page "json")."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from app.domain.descriptions import describe
from app.domain.model import Attempt, NoReply, Reply


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
