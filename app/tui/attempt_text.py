"""Labels of one attempt on its screen. Pure, like `text`, and separate from it because only that screen needs them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from textual.content import Content

from app.domain.model import Attempt, NoReply, Reply
from app.domain.short_id import short_id
from app.domain.wire import trigger_path
from app.service.history import AttemptRow
from app.tui.notices import settled
from app.tui.text import (
    answer_code,
    answer_description,
    answer_head,
    compared,
    key_label,
    lines,
    outcome_label,
    remedy,
    sanitize,
)

_NAME_CELLS = 13


def outcome_lines(attempt: Attempt) -> Content:
    """What came of it, what that means, what to do; what somebody found out or noted about it."""
    return lines(
        [
            answer_head(attempt),
            answer_code(attempt),
            answer_description(attempt),
            remedy(attempt.remedy),
            compared(attempt),
            settled(attempt.settlement),
            Content.assemble(("note ", "bold $primary"), sanitize(attempt.note, 10_000))
            if attempt.note
            else None,
        ]
    )


def fact_lines(attempt: Attempt, field_name: Callable[[str], str | None]) -> Content:
    """What was asked, by whom and when, one fact a line."""
    request = attempt.request
    own_id = request.trigger_id == attempt.attempt_id
    facts = {
        "Event": f"{request.event_id}  {attempt.event_name or 'not known here'}",
        "Key field": key_label(request.key_id, field_name),
        "External id": request.external_id,
        "Attempt": f"{short_id(attempt.attempt_id)}, {attempt.attempt_id}",
        "Trigger id": "the attempt's id" if own_id else request.trigger_id or "none",
        "Profile": attempt.profile,
        "Started": _when(attempt.started_at),
        "Predicted": "nothing" if attempt.predicted_code is None else str(attempt.predicted_code),
    }
    return lines(
        Content.assemble((f"{name:<{_NAME_CELLS}}", "$quiet"), sanitize(value, 2000))
        for name, value in facts.items()
    )


def _when(moment: datetime) -> str:
    here, there = moment.astimezone(), moment.astimezone(UTC)
    if not here.utcoffset():
        return f"{there:%Y-%m-%d %H:%M:%S} UTC"
    return f"{here:%Y-%m-%d %H:%M:%S} here, {there:%H:%M:%S} UTC"


def chain_lines(chain: Sequence[AttemptRow], attempt_id: str) -> Content:
    """The attempts of one chain of re-sends, the first one first; the one that is shown is marked."""
    return lines(
        Content.assemble(
            ("▸ " if link.attempt_id == attempt_id else "  ", "bold $primary"),
            f"{short_id(link.attempt_id)}  {link.started_at.astimezone():%Y-%m-%d %H:%M:%S}  ",
            outcome_label(link.outcome),
            f"  {'' if link.reply_code is None else link.reply_code}",
        )
        for link in chain
    )


def request_heading(attempt: Attempt) -> str:
    """What stands above the body of the request."""
    return f"Request body of POST {sanitize(trigger_path(attempt.request.event_id))}"


def reply_heading(attempt: Attempt) -> str:
    """What stands above the body of the reply."""
    match attempt.answer:
        case Reply(body=body, body_length=length) if length > len(body) > 0:
            return f"Reply body, the first {len(body):,} of {length:,} bytes"
        case _:
            return "Reply body"


def reply_body(attempt: Attempt, *, masked: bool) -> bytes | None:
    """The bytes of the reply; None where there are none to be read."""
    match attempt.answer:
        case Reply(body=body) if not masked:
            return body
        case _:
            return None


def no_body(attempt: Attempt) -> Content:
    """Why there is no body of a reply to be read."""
    match attempt.answer:
        case NoReply(detail=detail):
            return Content(sanitize(detail, 2000))
        case Reply():
            return Content.styled("masked: left out", "$quiet")
        case None:
            return Content("No reply was recorded.")
