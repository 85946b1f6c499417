"""The columns of the history, and the cells in them. Their keys are those by which a query sorts."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime

from textual.content import Content

from app.domain.formatting import clock, elapsed
from app.domain.outcome import SETTLED
from app.domain.reply_codes import describe
from app.domain.short_id import short_id
from app.service.stored import AttemptRow
from app.tui.privacy import PrivacyMode
from app.tui.text import key_label, label, outcome_label, sanitize
from app.tui.widgets.table_columns import Column

MARK = "●"


def history_columns(
    field_name: Callable[[str], str | None], veil: PrivacyMode, marked: Collection[str]
) -> list[Column[AttemptRow]]:
    """From left to right; `marked` holds the ids of the attempts that are marked just now."""

    def outcome(row: AttemptRow) -> Content:
        said = _outcome(row)
        return Content.assemble((f"{MARK} ", "bold $accent"), said) if row.attempt_id in marked else said

    return [
        Column("time", "Time", _time, 12),
        Column("outcome", "Outcome", outcome, 12, flex=1, max_width=20),
        Column("event", "Event", _event, 14, flex=8, max_width=34, rank=2),
        Column("key", "Key field", lambda row: key_label(row.key_id, field_name), 11, 18, rank=3),
        Column(
            "contact",
            "External id",
            lambda row: veil.value(row.external_id),
            16,
            flex=5,
            max_width=34,
            rank=1,
        ),
        Column("status", "HTTP", lambda row: _number(row.http_status), 6, rank=5, justify="right"),
        Column("code", "Code", lambda row: _number(row.reply_code), 6, justify="right"),
        Column("text", "Reply text", lambda row: veil.row(row).reply_text or "", 14, flex=1, rank=6),
        Column("description", "Description", _description, 24, flex=3, rank=8),
        Column("took", "Took", lambda row: elapsed(row.elapsed_ms), 7, rank=7, justify="right"),
    ]


def row_in_short(row: AttemptRow) -> Content:
    """What does not fit into the row: reference, status, code, reply text and time, and how to read on."""
    status = f"HTTP {row.http_status}" if row.http_status is not None else "no reply"
    said = f"{_number(row.reply_code)} {sanitize(row.reply_text or '')}".strip()
    between = [one for one in (said, elapsed(row.elapsed_ms)) if one]
    return Content.assemble(
        f"{sanitize(short_id(row.attempt_id))}  ",
        (status, "$quiet"),
        *(f"  {one}" for one in between),
        ("   enter opens it", "$quiet"),
    )


def _time(row: AttemptRow) -> str:
    return clock(row.started_at, datetime.now(UTC))


def _outcome(row: AttemptRow) -> Content:
    if row.arrived is None:
        return outcome_label(row.outcome)
    sign = outcome_label(row.outcome)[:1]  # the outcome stays unknown
    return Content.assemble(sign, (f" {SETTLED[row.arrived]}", "$quiet"))


def _event(row: AttemptRow) -> Content:
    return Content.assemble((sanitize(row.event_id), "$quiet"), " ", sanitize(row.event_name or ""))


def _number(number: int | None) -> str:
    return "" if number is None else str(number)


def _description(row: AttemptRow) -> Content:
    return label(describe(row.reply_code, row.http_status) or "", "$quiet")
