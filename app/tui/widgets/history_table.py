"""The pane of the history: one attempt a line, newest first."""

from collections.abc import Callable
from datetime import UTC, datetime

from textual.content import Content

from app.domain.descriptions import describe
from app.service import AttemptRow
from app.tui.text import clean, clock, elapsed, key_label, label, outcome_label
from app.tui.widgets.table_columns import Column
from app.tui.widgets.windowed_table import WindowedTable


class HistoryTable(WindowedTable[AttemptRow]):
    """Attempts with what was asked and what came back."""

    def __init__(self, field_name: Callable[[str], str | None]) -> None:
        columns = [
            Column[AttemptRow]("time", "Time", _time, 8, max_width=12),
            Column[AttemptRow]("outcome", "Outcome", lambda row: outcome_label(row.outcome), 10),
            Column[AttemptRow]("event", "Event", _event, 12, flex=3, max_width=34, rank=2),
            Column[AttemptRow](
                "key", "Key field", lambda row: key_label(row.key_id, field_name), 10, 18, rank=3
            ),
            Column[AttemptRow](
                "external_id", "External id", lambda row: row.external_id, 16, flex=3, max_width=34
            ),
            Column[AttemptRow](
                "status", "HTTP", lambda row: _number(row.http_status), 4, rank=5, justify="right"
            ),
            Column[AttemptRow](
                "code", "Code", lambda row: _number(row.reply_code), 5, rank=1, justify="right"
            ),
            Column[AttemptRow]("text", "Reply text", lambda row: row.reply_text or "", 14, flex=6, rank=6),
            Column[AttemptRow]("description", "Description", _description, 24, flex=5, rank=8),
            Column[AttemptRow](
                "took", "Took", lambda row: elapsed(row.elapsed_ms), 7, rank=7, justify="right"
            ),
        ]
        super().__init__(
            columns,
            empty_text="Nothing was sent yet. What you send appears here, with its reply.",
            choose_on_click=True,
            id="history",
            classes="pane",
        )
        self.border_title = "History"


def _time(row: AttemptRow) -> str:
    return clock(row.started_at, datetime.now(UTC))


def _event(row: AttemptRow) -> Content:
    return Content.assemble((clean(row.event_id), "$text-muted"), " ", clean(row.event_name or ""))


def _number(number: int | None) -> str:
    return "" if number is None else str(number)


def _description(row: AttemptRow) -> Content:
    return label(describe(row.reply_code) or "", "$text-muted")
