"""The history on the dashboard: the attempts that its filter leaves, their counts, and what the pane has no room for."""

from datetime import UTC, datetime
from functools import partial

from textual.content import Content

from app.domain.errors import AppError
from app.domain.history_query import Column, HistoryQuery, with_order
from app.service.stored import FIRST_ROWS, AttemptRow, RowIds, StoppedError
from app.tui.screens.desk import Desk
from app.tui.widgets.history_table import HistoryPane
from app.tui.widgets.windowed_table import WindowedTable

TOLD_EVERY_S = 0.2


class Searching:
    """Shows them, and what is asked about them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._past = desk.past

    def show(self, *, keep_cursor: bool = True) -> None:
        """Shows the attempts as they are now; with `keep_cursor` the cursor stays on its row."""
        try:
            self._desk.status.unsettled = self._desk.service.history.unsettled()
            if self._past.query == HistoryQuery() and self._desk.history.table.cursor < FIRST_ROWS:
                window = self._past.window()
                window.prepare(self._desk.history.table.row if keep_cursor else None)
                self._put(window, keep_cursor=keep_cursor)
                return
        except AppError as error:
            # Else it is said when they are shown again, once all panes are there.
            if self._desk.history.is_complete:
                self._tell(error)
        else:
            self._desk.screen.run_worker(self._find(keep_cursor), group="find")

    async def _find(self, keep_cursor: bool) -> None:
        """Shows what may take long to be found; until it is, the attempts before it stay."""
        history = self._desk.history
        slow = self._desk.screen.set_timer(TOLD_EVERY_S, lambda: history.show_counts(Content("looking…")))
        try:
            window = await self._past.find(history.table.row if keep_cursor else None)
            if window is not None:
                self._put(window, keep_cursor=keep_cursor)
        except AppError as error:
            self._tell(error)
        finally:
            slow.stop()

    def _put(self, window: RowIds[AttemptRow], *, keep_cursor: bool) -> None:
        history = self._desk.history
        history.show(window, self._past.query, keep_cursor=keep_cursor)
        if history.is_complete:
            self._desk.screen.run_worker(self._count(), group="count")

    async def _count(self) -> None:
        """Shows how many attempts the filter leaves, and the share of each outcome, once that is found out."""
        from app.tui.notices import counts_label

        history, past = self._desk.history, self._past
        slow = self._desk.screen.set_timer(TOLD_EVERY_S, history.show_counting)
        try:
            counts = await past.counts()
            nothing_yet = not counts and past.query.is_everything
            said = Content("") if nothing_yet else counts_label(counts, words=False)
            history.show_counts(said, sum(counts.values()))
            await past.settle()
        except StoppedError:
            return  # another query holds by now, and counts for itself
        except AppError as error:
            self._tell(error)
        else:
            history.table.window_changed()
        finally:
            slow.stop()

    def _tell(self, error: AppError) -> None:
        """Beside what the reply panel shows, never in its place: how a trigger was answered matters more."""
        if self._desk.told is None:
            self._desk.tell_fault(str(error))
        else:
            self._desk.say("History", str(error), unasked=True)

    # What is done with them

    def enter(self) -> None:
        """The focus on the attempts; where it is there, the whole screen for them, or no longer."""
        table = self._desk.history.table
        if table.has_focus:
            self._switch_whole()
        else:
            table.focus()

    def show_unsettled(self) -> None:
        """Only what is unknown and nobody has settled, with the focus on it."""
        from app.tui.screens.history_menus import UNSETTLED

        self._write(UNSETTLED)
        self._desk.screen.pane = "history"
        self._desk.history.table.focus()

    def sort(self, message: WindowedTable.HeaderSelected) -> None:
        """Sorts by the column whose title was clicked."""
        if message.column.key in list(Column):
            self._write(with_order(self._past.line, Column(message.column.key)))

    def fulfil(self, message: HistoryPane.Wanted) -> None:
        """Shows what is wanted."""
        match message.what:
            case "whole":
                self._switch_whole()
            case "compare":
                self._compare(message)
            case "export":
                self._take_out(message)
            case "statistics":
                self._picture()
            case menu:
                self._offer(menu, message)

    def _write(self, line: str | None) -> None:
        if line is not None:
            self._desk.history.line.write(line)

    def _write_time(self, line: str | None) -> None:
        self._write(line)
        if line and "until:" in line:
            self._desk.history.line.begin()  # from … to is there to be changed

    def _switch_whole(self) -> None:
        self._desk.show_whole(not self._desk.history.whole)

    def _offer(self, menu: str, message: HistoryPane.Wanted) -> None:
        from app.tui.screens import history_menus as menus
        from app.tui.screens.menu import Menu

        line, masked = self._past.line, self._desk.veil.is_on
        title, choices = {
            "filters": ("Show", partial(menus.filter_choices, line, message.row, masked=masked)),
            "times": ("Sent", partial(menus.time_choices, line, datetime.now(UTC))),
            "orders": ("Sort by", partial(menus.order_choices, line, self._past.query.order)),
        }[menu]
        self._desk.push(Menu(title, choices()), self._write_time if menu == "times" else self._write)

    def _compare(self, message: HistoryPane.Wanted) -> None:
        """The two that are marked; the marked one and the one under the cursor; or that and the one before it."""
        from app.tui.screens.compare import CompareScreen

        try:
            attempts = self._past.compared(message.marked, message.row)
        except AppError as error:
            self._desk.say("Not compared", str(error))
        else:
            self._desk.push(CompareScreen(*attempts))

    def _picture(self) -> None:
        from app.tui.screens.statistics import StatisticsScreen

        self._desk.push(StatisticsScreen(self._past), self._write)

    def _take_out(self, message: HistoryPane.Wanted) -> None:
        from app.tui.screens.history_menus import offer_export

        if message.row is not None:
            offer_export(self._desk.screen.app, self._past, message.row, many=True)
