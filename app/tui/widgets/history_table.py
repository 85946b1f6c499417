"""The pane of the history: the line that filters it, one attempt a line, and what may follow the one under the cursor."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.screen import Screen
from textual.widgets import Static

from app.domain.history_query import HistoryQuery, Order
from app.domain.model import Outcome
from app.domain.reply_codes import describe
from app.service.stored import AttemptRow
from app.tui.privacy import PrivacyMode
from app.tui.text import label, lines
from app.tui.widgets.follow_up import Choice, follow_up_bindings
from app.tui.widgets.history_columns import history_columns, row_in_short
from app.tui.widgets.label_line import Label, LabelLine
from app.tui.widgets.query_line import QueryLine
from app.tui.widgets.row_window import RowWindow
from app.tui.widgets.windowed_table import WindowedTable

MARKS = 2
"""As many attempts as can be compared."""


def _binding(key: str, action: str, name: str, tooltip: str) -> Binding:
    return Binding(
        key, action, name, tooltip=tooltip, show=False, id=f"history.{name.lower().replace(' ', '_')}"
    )


class HistoryPane(Vertical):
    """Attempts with what was asked and what came back, as far as the filter leaves them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        _binding(
            "slash", "filter", "Filter", "Type a query, such as outcome:rejected code:2008 since:1d hammer"
        ),
        _binding(
            "f", "offer('filters')", "Choose a filter", "Filter by outcome, or by what stands in this row"
        ),
        _binding("t", "offer('times')", "Choose a time", "Filter by when: today, yesterday, from … to"),
        _binding("r", "offer('orders')", "Sort", "Sort by a column; the same one again turns it round"),
        _binding("m", "mark", "Mark", "Mark this attempt to compare it; two at most"),
        _binding(
            "c",
            "compare",
            "Compare",
            "What differs between the two marked, the marked and this one, or this one and the contact's one before",
        ),
        _binding("x", "export", "Export", "These attempts, or this one, to a file or the clipboard"),
        _binding(
            "p",
            "statistics",
            "Statistics",
            "These attempts over time, by code and by event, and their duration",
        ),
        _binding(
            "u",
            "screen.do('unsettled')",
            "Unsettled",
            "Only unknown outcomes that nobody has settled; on all of this account",
        ),
        _binding("z", "whole", "Whole screen", "The history on the whole screen, and back"),
        Binding("escape", "back", "Back", tooltip="Back to the desk", show=False),
        *follow_up_bindings("history", show=False),
    ]

    class Chosen(Message):
        """Something is to be done about the attempt in this row."""

        def __init__(self, row: AttemptRow, choice: Choice) -> None:
            super().__init__()
            self.row = row
            self.choice = choice

    class Wanted(Message):
        """Something is to be shown that the pane has no room for: `what` is the name of the action."""

        def __init__(self, what: str, row: AttemptRow | None, marked: Sequence[str]) -> None:
            super().__init__()
            self.what = what
            self.row = row
            self.marked = marked

    def __init__(
        self, field_name: Callable[[str], str | None], veil: PrivacyMode, ask: Callable[[str], None]
    ) -> None:
        """`ask` takes a line as the query from now on, as QueryLine wants it."""
        super().__init__(id="history", classes="pane")
        self._veil = veil
        self.border_title = "History"
        self._marked: list[str] = []
        self._columns = history_columns(field_name, veil, self._marked)
        self._ask = ask
        self._window: RowWindow[AttemptRow] | None = None
        self._order = Order()
        self._said = Content("")
        self._total: int | None = None
        self._seen: int | None = None
        self._keys: list[tuple[Binding, str]] = []

    def compose(self) -> ComposeResult:
        """The rows; what is around them is mounted by `complete`, for the first frame does without it."""
        yield WindowedTable[AttemptRow](
            self._columns, empty_text=EMPTY, choose_on_click=True, id="history-table"
        )

    async def complete(self) -> None:
        """Mounts the line that filters, and what is told below the rows."""
        await self.mount(QueryLine(self._ask), before=self.table)
        await self.mount(Static(markup=False, id="history-detail"), LabelLine(id="history-keys"))
        self._show_detail(self.table.row)
        self.screen.bindings_updated_signal.subscribe(self, self._show_keys)

    @property
    def is_complete(self) -> bool:
        """Whether the line that filters is there."""
        return bool(self.query(QueryLine))

    @property
    def line(self) -> QueryLine:
        """The line that filters."""
        return self.query_one(QueryLine)

    @property
    def table(self) -> WindowedTable[AttemptRow]:
        """The attempts."""
        return self.query_one(WindowedTable)

    def show(self, window: RowWindow[AttemptRow], query: HistoryQuery, *, keep_cursor: bool = True) -> None:
        """These attempts; with `keep_cursor` the cursor stays on its row."""
        self.table.empty_text = EMPTY if query.is_everything else NONE_LEFT
        self.table.show_sort(query.order.column, descending=query.order.descending)
        self._window, self._order = window, query.order
        if not keep_cursor:
            self._total = self._seen = None
        self.table.show(window, keep_cursor=keep_cursor)

    def go_to(self, row: AttemptRow) -> None:
        """The cursor on this attempt, where the filter leaves it."""
        if self._window is not None and (position := self._window.position(row)) is not None:
            self.table.move_cursor(position)

    def show_counts(self, said: Content, total: int | None = None) -> None:
        """How many attempts there are, and the share of each outcome; nothing where there is nothing to say.

        Where their number is known, what has come since one was on top is told as new.
        """
        self._said, self._total = said, total
        self._show_title()

    def show_counting(self) -> None:
        """That the number which is shown was another filter's, where it was."""
        if self._total is None and self._said:
            self.show_counts(Content("counting…"))

    def _show_title(self) -> None:
        if self._seen is None or not self.table.cursor:
            self._seen = self._total
        new = Content("")
        if (number := (self._total or 0) - (self._seen or 0)) > 0:
            above = "↑ " if self._order == Order() else ""
            new = Content.styled(f"  {above}{number:,} new", "bold $accent")
        self.border_title = Content.assemble("History", "  " if self._said else "", self._said, new).markup

    whole: reactive[bool] = reactive(False)
    """Whether the pane has the whole screen."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is done about a row needs one."""
        needs_row = action in ("choose", "mark", "compare", "export", "statistics")
        if needs_row and self.is_mounted and self.table.row is None:
            return False
        return self.whole if action == "back" else super().check_action(action, parameters)

    def action_choose(self, name: str) -> None:
        if (row := self.table.row) is not None:
            self.post_message(self.Chosen(row, Choice[name]))

    def action_filter(self) -> None:
        self.line.begin()

    def action_mark(self) -> None:
        if (row := self.table.row) is None:
            return
        if row.attempt_id in self._marked:
            self._marked.remove(row.attempt_id)
        else:
            self._marked.append(row.attempt_id)
            del self._marked[:-MARKS]
        self.table.refresh()

    def action_offer(self, menu: str) -> None:
        self._want(menu)

    def action_compare(self) -> None:
        self._want("compare")
        if len(self._marked) == MARKS:  # else they would be compared again, out of sight
            self._marked.clear()
            self.table.refresh()

    def action_export(self) -> None:
        self._want("export")

    def action_statistics(self) -> None:
        self._want("statistics")

    def action_back(self) -> None:
        self._want("whole")

    def action_whole(self) -> None:
        self._want("whole")

    def _want(self, what: str) -> None:
        self.post_message(self.Wanted(what, self.table.row, tuple(self._marked)))

    def veil_changed(self) -> None:
        """Draw everything again: the mask was put on or taken off."""
        self.table.refresh()
        self._show_detail(self.table.row)

    @on(WindowedTable.Highlighted)
    def _highlighted(self, message: WindowedTable.Highlighted[AttemptRow]) -> None:
        message.stop()
        self._show_detail(message.row)
        if self.is_complete:
            self._show_keys(self.screen)
        if not self.table.cursor and self._seen is not None:
            self._show_title()

    def _show_detail(self, row: AttemptRow | None) -> None:
        said = Content("")
        if row is not None:
            said = lines([row_in_short(self._veil.row(row)), label(describe(row.reply_code) or "", "$quiet")])
        for detail in self.query("#history-detail").results(Static):
            detail.update(said)

    def _show_keys(self, screen: Screen[Any]) -> None:
        """The keys as they are now; what cannot be done without a row, or about this one, is left out.

        While the filter is being typed they stay as they were: there is still the mouse.
        """
        if self._keys and not self.table.has_focus:
            return
        active = (one.binding for one in screen.active_bindings.values() if one.node is self)
        every = (one for one in self.BINDINGS if isinstance(one, Binding))
        bound = {one.id: one for one in (active if self.table.has_focus else every)}
        row = self.table.row
        if row is None or row.outcome is not Outcome.UNKNOWN:
            bound = {name: one for name, one in bound.items() if name not in SETTLING}
        shown = [(bound[name], word) for name, word in KEYS.items() if name in bound]
        if shown != self._keys:
            self._keys = shown
            self.query_one(LabelLine).labels = tuple(self._label(*one) for one in shown)

    def _label(self, binding: Binding, word: str) -> Label:
        key = self.app.get_key_display(binding)
        return Label(Content.assemble((key, "bold $accent"), (f" {word}", "$quiet")), binding.action)

    @on(LabelLine.Picked)
    async def _picked(self, message: LabelLine.Picked) -> None:
        message.stop()
        await self.run_action(message.target)

    @on(QueryLine.Left)
    def _to_rows(self, message: QueryLine.Left) -> None:
        message.stop()
        self.table.focus()


KEYS = {
    "history.filter": "filter",
    "history.choose_a_filter": "outcome",
    "history.choose_a_time": "time",
    "history.sort": "sort",
    "history.mark": "mark",
    "history.arrived": "arrived",
    "history.did_not": "did not",
    "history.compare": "compare",
    "history.export": "export",
    "history.statistics": "statistics",
    "history.whole_screen": "screen",
    "history.in_the_form": "in the form",
    "history.new_trigger": "send again",
}
"""What is offered below the rows, with the word for it, by the name of its binding."""

SETTLING = ("history.arrived", "history.did_not")
"""What is offered only where the outcome is unknown."""

EMPTY = "Nothing was sent yet. What you send appears here, with its reply."
NONE_LEFT = "No attempt passes this filter. Esc in it shows all."
