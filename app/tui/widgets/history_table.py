"""The pane of the history: one attempt a line, newest first."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from app.domain.descriptions import describe
from app.service import AttemptRow, RowWindow
from app.tui.text import clean, clock, elapsed, key_label, label, lines, outcome_label
from app.tui.veil import Veil
from app.tui.widgets.follow_up import Choice, follow_up_bindings
from app.tui.widgets.table_columns import Column
from app.tui.widgets.windowed_table import WindowedTable


class HistoryPane(Vertical):
    """Attempts with what was asked and what came back; below them what does not fit into the row."""

    BINDINGS: ClassVar[list[BindingType]] = follow_up_bindings("history", show=False)

    class Chosen(Message):
        """Something is to be done about the attempt in this row."""

        def __init__(self, row: AttemptRow, choice: Choice) -> None:
            super().__init__()
            self.row = row
            self.choice = choice

    def __init__(self, field_name: Callable[[str], str | None], veil: Veil) -> None:
        super().__init__(id="history", classes="pane")
        self._veil = veil
        self.border_title = "History"
        self._columns = [
            Column[AttemptRow]("time", "Time", _time, 8, max_width=12),
            Column[AttemptRow]("outcome", "Outcome", _outcome, 10, max_width=20),
            Column[AttemptRow]("event", "Event", _event, 14, flex=6, max_width=34, rank=2),
            Column[AttemptRow](
                "key", "Key field", lambda row: key_label(row.key_id, field_name), 10, 18, rank=3
            ),
            Column[AttemptRow](
                "external_id",
                "External id",
                lambda row: veil.value(row.external_id),
                16,
                flex=3,
                max_width=34,
            ),
            Column[AttemptRow](
                "status", "HTTP", lambda row: _number(row.http_status), 4, rank=5, justify="right"
            ),
            Column[AttemptRow](
                "code", "Code", lambda row: _number(row.reply_code), 5, rank=1, justify="right"
            ),
            Column[AttemptRow](
                "text", "Reply text", lambda row: veil.row(row).reply_text or "", 14, flex=4, rank=6
            ),
            Column[AttemptRow]("description", "Description", _description, 24, flex=3, rank=8),
            Column[AttemptRow](
                "took", "Took", lambda row: elapsed(row.elapsed_ms), 7, rank=7, justify="right"
            ),
        ]

    def compose(self) -> ComposeResult:
        yield WindowedTable[AttemptRow](
            self._columns, empty_text=EMPTY, choose_on_click=True, id="history-table"
        )
        yield Static(markup=False, id="history-detail")

    def show(self, window: RowWindow[AttemptRow]) -> None:
        """These attempts; the cursor stays on its row."""
        self.query_one(WindowedTable).show(window, keep_cursor=True)

    def veil_changed(self) -> None:
        """Draw everything again: the mask was put on or taken off."""
        table = self.query_one(WindowedTable)
        table.refresh()
        self._show_detail(table.row)

    def action_choose(self, name: str) -> None:
        if (row := self.query_one(WindowedTable).row) is not None:
            self.post_message(self.Chosen(row, Choice[name]))

    @on(WindowedTable.Highlighted)
    def _highlighted(self, message: WindowedTable.Highlighted[AttemptRow]) -> None:
        message.stop()
        self._show_detail(message.row)

    def _show_detail(self, row: AttemptRow | None) -> None:
        said = (
            ""
            if row is None
            else lines([_reply(self._veil.row(row)), label(describe(row.reply_code) or "", "$quiet")])
        )
        self.query_one("#history-detail", Static).update(said)


EMPTY = "Nothing was sent yet. What you send appears here, with its reply."


def _time(row: AttemptRow) -> str:
    return clock(row.started_at, datetime.now(UTC))


def _outcome(row: AttemptRow) -> Content:
    if row.arrived is None:
        return outcome_label(row.outcome)
    return Content.assemble(outcome_label(row.outcome), (" arrived" if row.arrived else " did not", "$quiet"))


def _event(row: AttemptRow) -> Content:
    return Content.assemble((clean(row.event_id), "$quiet"), " ", clean(row.event_name or ""))


def _number(number: int | None) -> str:
    return "" if number is None else str(number)


def _description(row: AttemptRow) -> Content:
    return label(describe(row.reply_code) or "", "$quiet")


def _reply(row: AttemptRow) -> Content:
    status = f"HTTP {row.http_status}" if row.http_status is not None else "no reply"
    said = f"{_number(row.reply_code)} {clean(row.reply_text or '')}".strip()
    return Content.assemble(
        (status, "$quiet"), f"  {said}  ", (f"{elapsed(row.elapsed_ms)}   enter opens it", "$quiet")
    )
