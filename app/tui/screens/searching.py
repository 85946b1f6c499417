"""What the dashboard does with its whole history: filters it, sorts it, gives it the screen, compares, pictures, takes out."""

import contextlib
from datetime import UTC, datetime
from functools import partial

from textual import on, work
from textual.content import Content

from app.domain.errors import DeskError
from app.domain.history_query import Column
from app.domain.model import TriggerRequest
from app.service import StoppedError, TriggerService
from app.tui.notices import counts_label
from app.tui.screens.following import FollowUpScreen
from app.tui.screens.sending import Send
from app.tui.veil import Veil
from app.tui.widgets.history_table import HistoryPane
from app.tui.widgets.query_line import QueryLine
from app.tui.widgets.windowed_table import WindowedTable

WHOLE = "-whole"
TOLD_EVERY_S = 0.2


class SearchingScreen(FollowUpScreen):
    """A screen whose history can be searched."""

    def __init__(self, service: TriggerService, veil: Veil | None = None) -> None:
        super().__init__(service, veil)
        self._read = (0, 0)
        self._is_reading = False

    @property
    def history(self) -> HistoryPane:
        """The pane of the history."""
        return self.query_one(HistoryPane)

    # What the filter leaves

    def show_history(self) -> None:
        """Shows the attempts as they are now; the cursor stays on its row."""
        self._show_attempts(keep_cursor=True)
        self.status.unsettled = self._service.past.unsettled()

    @on(QueryLine.Asked)
    def _asked(self, message: QueryLine.Asked) -> None:
        message.stop()
        self._show_attempts(keep_cursor=False)

    def _show_attempts(self, *, keep_cursor: bool) -> None:
        try:
            if self._past.lacking():
                self._read_on(keep_cursor=keep_cursor)
                return
            self.history.show(self._past.window(), self._past.query, keep_cursor=keep_cursor)
        except DeskError as error:
            self.tell_fault(str(error))
        else:
            if self.history.is_complete:
                self.count_attempts()

    @work(group="count")
    async def count_attempts(self) -> None:
        """Shows how many attempts the filter leaves, and the share of each outcome, once that is found out."""
        slow = self.set_timer(TOLD_EVERY_S, self.history.show_counting)
        try:
            counts = await self._past.counts()
            if counts is not None:
                nothing_yet = not counts and self._past.query.is_everything
                said = Content("") if nothing_yet else counts_label(counts, words=False)
                self.history.show_counts(said, sum(counts.values()))
            await self._past.settle()
            total = self._past.total
            if counts is None and total is not None and not self._is_reading:
                self.history.show_counts(Content(f"{total:,}"), total)
        except StoppedError:
            return  # another query holds by now, and counts for itself
        except DeskError as error:
            self.tell_fault(str(error))
        else:
            self.history.table.window_changed()
        finally:
            slow.stop()

    @work(group="read")
    async def _read_on(self, *, keep_cursor: bool) -> None:
        """Reads what the filter cannot be asked without, and shows how far that is; then the filter of that moment."""
        if self._is_reading:
            return
        self._is_reading = True
        told = self.set_interval(TOLD_EVERY_S, self._tell_reading)
        try:
            await self._past.read_on(self._reading)
        except DeskError as error:
            self.tell_fault(str(error))
        else:
            self.call_later(self._show_attempts, keep_cursor=keep_cursor)
        finally:
            self._is_reading = False
            told.stop()

    def _reading(self, done: int, there_are: int) -> None:
        """Called in another thread."""
        self._read = (done, there_are)

    def _tell_reading(self) -> None:
        done, there_are = self._read
        self.history.show_counts(Content(f"reading {done:,} of {there_are:,}, once"))

    @on(WindowedTable.HeaderSelected, "#history-table")
    def _header_clicked(self, message: WindowedTable.HeaderSelected) -> None:
        if message.column.key in list(Column):
            from app.domain.query_edit import with_order

            self._write(with_order(self._past.line, Column(message.column.key)))

    def _write(self, line: str | None) -> None:
        if line is not None:
            self.history.line.write(line)

    def _write_time(self, line: str | None) -> None:
        self._write(line)
        if line and "until:" in line:
            self.history.line.begin()  # from … to is there to be changed

    # What the pane has no room for

    @on(HistoryPane.Wanted)
    def _history_wants(self, message: HistoryPane.Wanted) -> None:
        message.stop()
        self.app.clear_notifications()  # they would lie on what is opened
        match message.what:
            case "whole":
                self._switch_whole()
            case "compare":
                self._compare(message)
            case "take_out":
                self._take_out(message)
            case "picture":
                self._picture()
            case menu:
                self._offer(menu, message)

    def _offer(self, menu: str, message: HistoryPane.Wanted) -> None:
        from app.tui.screens import history_menus as menus
        from app.tui.screens.menu import Menu

        line = self._past.line
        title, choices = {
            "filters": ("Show", partial(menus.filter_choices, line, message.row, masked=self._veil.is_on)),
            "times": ("Sent", partial(menus.time_choices, line, datetime.now(UTC))),
            "orders": ("Sort by", partial(menus.order_choices, line, self._past.query.order)),
        }[menu]
        self.app.push_screen(Menu(title, choices()), self._write_time if menu == "times" else self._write)

    def watch_pane(self, old: str, new: str) -> None:
        """Who comes to look at the history wants its shares and its chains too."""
        super().watch_pane(old, new)
        if new == "history":
            self._read_the_rest()

    def _read_the_rest(self) -> None:
        with contextlib.suppress(DeskError):
            if self._past.unread():
                self._read_on(keep_cursor=True)

    # The whole screen

    def enter_history(self) -> None:
        """The focus on the attempts; where it is there, the whole screen for them, or no longer."""
        table = self.history.table
        if table.has_focus:
            self._switch_whole()
        else:
            table.focus()

    def begin(self, request: TriggerRequest, send: Send) -> None:
        """Sends, with the reply in view."""
        self._set_whole(False)
        super().begin(request, send)

    def tell_fault(self, fault: str) -> None:
        """Says why something was not done, also where the reply panel is not in view."""
        super().tell_fault(fault)
        if self.history.whole:
            self.say("Not done", fault)

    def action_go(self, pane: str) -> None:
        """Show this pane, and no longer the history alone."""
        if pane != "history":
            self._set_whole(False)
        super().action_go(pane)

    def _switch_whole(self) -> None:
        self._set_whole(not self.history.whole)

    def _set_whole(self, whole: bool) -> None:
        if whole != self.history.whole:
            self.history.whole = whole
            self.set_class(whole, WHOLE)

    def _compare(self, message: HistoryPane.Wanted) -> None:
        """The two that are marked; the marked one and the one under the cursor; or that and the one before it."""
        try:
            attempts = self._past.compared(message.marked, message.row)
        except DeskError as error:
            self.say("Not compared", str(error))
            return
        from app.tui.screens.compare import CompareScreen

        self.app.push_screen(CompareScreen(*attempts))

    def _picture(self) -> None:
        from app.tui.screens.picture import PictureScreen

        self.app.push_screen(PictureScreen(self._past))

    def _take_out(self, message: HistoryPane.Wanted) -> None:
        from app.tui.screens.history_menus import offer_to_take_out

        if message.row is not None:
            offer_to_take_out(self.app, self._past, message.row, many=True)
