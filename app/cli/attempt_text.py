"""An attempt in words, for a person at a terminal: what was sent, what came back, what to do."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.cli.output import table
from app.domain.attempt_export import (
    HEADER,
    cells,
    json_text,
    readable_body,
    readable_json,
    reply_parts,
    timestamp,
)
from app.domain.diagnosis import field_label
from app.domain.model import Attempt, Reply, TriggerRequest
from app.domain.outcome import LABEL, MEANING
from app.domain.reply_codes import describe
from app.domain.sanitize import sanitize, sanitize_block
from app.domain.short_id import short_id
from app.service.preflight import Preflight
from app.service.session import Session
from app.service.stored import AttemptRow

_LONGEST = 2000
_LONGEST_BODY = 65_536


def attempt_lines(attempt: Attempt, service: Session) -> list[str]:
    """The attempt, a line each; the first says the outcome."""
    return [sanitize(line, _LONGEST) for line in _attempt_lines(attempt, service)]


def whole_lines(attempt: Attempt, chain: Sequence[AttemptRow]) -> list[str]:
    """What else one attempt is asked for, a line each: when, trigger id, data, reply, note, what was sent again."""
    return [
        shown
        for line in _whole_lines(attempt, chain)
        for shown in sanitize_block(line, _LONGEST_BODY).split("\n")
    ]


def as_table(attempts: Iterable[Attempt]) -> Iterator[str]:
    """Aligned columns for reading."""
    rows = [cells(attempt) for attempt in attempts]
    return iter(table(HEADER, rows) if rows else ["No attempts are found."])


def plan_lines(preflight: Preflight, exact: Mapping[str, object]) -> list[str]:
    """What would be sent and what would be answered, a line each."""
    lines = [
        "dry run: nothing was sent",
        f"{exact['method']} {exact['url']}",
        *(f"{name}: {value}" for name, value in _headers(exact)),
        json_text(exact["body"]),
        _prediction(preflight),
    ]
    if preflight.remedy:
        lines.append(preflight.remedy)
    return [sanitize(line, _LONGEST) for line in lines]


def _attempt_lines(attempt: Attempt, service: Session) -> Iterator[str]:
    symbol, word = LABEL[attempt.outcome]
    status, code, text = reply_parts(attempt)
    reply = "no reply" if status is None else f"HTTP {status}  {_code(code)} {text or ''}".rstrip()
    yield f"{symbol} {word}  {reply}"
    yield f"{_event(attempt)}, {_contact(attempt.request, service)}"
    description = describe(code, status)
    if description and code:
        yield description
    yield MEANING[attempt.outcome]
    if attempt.remedy:
        yield attempt.remedy
    yield f"attempt {attempt.attempt_id} ({short_id(attempt.attempt_id)}), {_took(attempt)}, {_compared(attempt.predicted_code, code)}"


def _whole_lines(attempt: Attempt, chain: Sequence[AttemptRow]) -> Iterator[str]:
    yield f"sent {timestamp(attempt.started_at)} with profile {attempt.profile}"
    yield f"trigger id: {attempt.request.trigger_id or 'none'}"
    if attempt.settlement is not None:
        found = "it arrived" if attempt.settlement.arrived else "it did not arrive"
        yield f"settled {timestamp(attempt.settlement.settled_at)}: {found} {attempt.settlement.note}".rstrip()
    if attempt.note:
        yield f"note: {attempt.note}"
    if len(chain) > 1:
        yield "sent again: " + ", then ".join(_link(row, attempt) for row in chain)
    if attempt.request.data is not None:
        yield f"event data:\n{readable_json(attempt.request.data)}"
    if isinstance(attempt.answer, Reply) and attempt.answer.body:
        yield f"reply body, {attempt.answer.body_length:,} bytes:\n{readable_body(attempt.answer.body)}"


def _link(row: AttemptRow, attempt: Attempt) -> str:
    symbol, word = LABEL[row.outcome]
    this = " (this one)" if row.attempt_id == attempt.attempt_id else ""
    return f"{short_id(row.attempt_id)} {symbol} {word}{this}"


def _headers(exact: Mapping[str, object]) -> list[tuple[str, object]]:
    headers = exact["headers"]
    return list(headers.items()) if isinstance(headers, Mapping) else []


def _prediction(preflight: Preflight) -> str:
    if preflight.prediction is None:
        return "will be answered: the cache cannot know"
    return f"will be answered: {preflight.prediction.code} {preflight.prediction.text}"


def _event(attempt: Attempt) -> str:
    return f"event {attempt.request.event_id} {attempt.event_name or '(not in the cache)'}"


def _contact(request: TriggerRequest, service: Session) -> str:
    return f"{field_label(request.key_id, service.contacts)} {request.external_id!r}"


def _took(attempt: Attempt) -> str:
    return "no time taken" if attempt.elapsed_ms is None else f"{attempt.elapsed_ms:.0f} ms"


def _code(code: int | None) -> str:
    return "no reply code" if code is None else str(code)


def _compared(predicted: int | None, code: int | None) -> str:
    if predicted is None:
        return "not predicted"
    return "as predicted" if predicted == code else f"{predicted} was predicted"
