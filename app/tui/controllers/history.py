"""The history on the dashboard: the matching attempts, their counts, and the follow-ups on an attempt."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from textual.content import Content

from app.domain.errors import AppError
from app.domain.history_query import SortColumn, with_order
from app.domain.model import Attempt
from app.domain.short_id import short_id
from app.service.history import AttemptRow, RowIds, StoppedError
from app.service.session import Session
from app.tui.controllers import View
from app.tui.past import Past
from app.tui.privacy import PrivacyMode
from app.tui.screens import history_menus as menus
from app.tui.screens.attempt import AttemptScreen
from app.tui.screens.compare import CompareScreen
from app.tui.screens.confirm import Ask
from app.tui.screens.export import offer_export
from app.tui.screens.menu import Menu
from app.tui.screens.statistics import StatisticsScreen
from app.tui.text import counts_label, sanitize
from app.tui.widgets.follow_up import Choice, Followed
from app.tui.widgets.history import HistoryPane
from app.tui.widgets.status import StatusLine

PROGRESS_S = 0.2
GONE = "This attempt is no longer in the history."


@dataclass(eq=False, kw_only=True)
class HistoryController:
    """Searches the history, and follows up on its attempts."""

    view: View
    session: Session
    privacy: PrivacyMode
    past: Past
    pane: HistoryPane
    status: StatusLine
    resend: Callable[[Attempt, bool], None]
    """Sends an attempt again; the flag keeps its trigger id."""
    edit: Callable[[Attempt], None]
    """Opens an attempt in the form."""
    preview: Callable[[Attempt], None]
    resolved: Callable[[Attempt], None]

    # Searching

    def show(self, *, keep_cursor: bool = True) -> None:
        """Shows the current attempts; with `keep_cursor` the cursor stays on its row."""
        try:
            self.status.unresolved = self.session.history.unsettled()
        except AppError as error:
            self._show_error(error)
        else:
            self.view.screen.run_worker(self._find(keep_cursor), group="find")

    async def _find(self, keep_cursor: bool) -> None:
        """Searches and shows the rows; the old rows stay until then."""
        pane = self.pane
        slow = self.view.screen.set_timer(PROGRESS_S, lambda: pane.show_counts(Content("searching…")))
        try:
            window = await self.past.find(pane.table.row if keep_cursor else None)
            if window is not None:
                self._put(window, keep_cursor=keep_cursor)
        except AppError as error:
            self._show_error(error)
        finally:
            slow.stop()

    def _put(self, window: RowIds[AttemptRow], *, keep_cursor: bool) -> None:
        self.pane.show(window, self.past.query, keep_cursor=keep_cursor)
        self.view.screen.run_worker(self._count(), group="count")

    async def _count(self) -> None:
        """Shows the number of matching attempts and the share of each outcome."""
        pane, past = self.pane, self.past
        slow = self.view.screen.set_timer(PROGRESS_S, pane.show_counting)
        try:
            counts = await past.counts()
            nothing_yet = not counts and past.query.is_everything
            label = Content("") if nothing_yet else counts_label(counts, words=False)
            pane.show_counts(label, sum(counts.values()))
            await past.settle()
        except StoppedError:
            return  # a newer query counts for itself
        except AppError as error:
            self._show_error(error)
        else:
            pane.table.rows_changed()
        finally:
            slow.stop()

    def _show_error(self, error: AppError) -> None:
        self.view.show_problem("History", str(error))

    # Filter, order, full screen

    def show_unresolved(self) -> None:
        """Filters for unresolved outcomes and moves the focus to the first."""
        self._write(menus.UNSETTLED)
        self.view.go("history")

    def sort(self, column: str) -> None:
        """Sorts by the column with this key, or reverses its order."""
        if column in list(SortColumn):
            self._write(with_order(self.past.line, SortColumn(column)))

    def _write(self, line: str | None) -> None:
        if line is not None:
            self.pane.line.write(line)

    def _write_time(self, line: str | None) -> None:
        self._write(line)
        if line and "until:" in line:
            self.pane.line.begin()  # the user fills in the two dates

    # Menus and screens

    def open(self, message: HistoryPane.Wanted) -> None:
        """Opens the menu or screen that the message names."""
        match message.what:
            case "whole":
                self.view.show_history_alone(not self.pane.whole)
            case "compare":
                self._compare(message)
            case "export" if message.row is not None:
                offer_export(self.view.screen.app, self.past, message.row, many=True)
            case "statistics":
                self.view.push(StatisticsScreen(self.past), self._write)
            case "filters":
                choices = menus.filter_choices(self.past.line, message.row, masked=self.privacy.is_on)
                self.view.push(Menu("Show", choices), self._write)
            case "times":
                choices = menus.time_choices(self.past.line, datetime.now(UTC))
                self.view.push(Menu("Sent", choices), self._write_time)
            case "orders":
                choices = menus.order_choices(self.past.line, self.past.query.order)
                self.view.push(Menu("Sort by", choices), self._write)
            case _:
                pass

    def _compare(self, message: HistoryPane.Wanted) -> None:
        """Compares the two marked attempts, the marked one and the row, or the row and the one before."""
        try:
            attempts = self.past.compared(message.marked, message.row)
        except AppError as error:
            self.view.say("Cannot compare", str(error))
        else:
            self.view.push(CompareScreen(*attempts))

    # One attempt

    def open_attempt(self, row: AttemptRow) -> None:
        """Opens the attempt of a row."""
        opened = self.past.opened(row)
        if opened is not None:
            self.view.push(AttemptScreen(self.past, opened, self._preview_by_id), self._followed)

    def _preview_by_id(self, attempt_id: str) -> None:
        attempt = self.session.history.attempt(attempt_id)
        if attempt is None:
            self.view.say("Cannot preview", GONE)
        else:
            self.preview(attempt)

    def _followed(self, followed: Followed | None) -> None:
        if followed is None:
            return
        self.pane.go_to(followed.row)
        if followed.choice is not None:
            self._follow(self.session.history.attempt(followed.row.attempt_id), followed.choice)

    def choose(self, row: AttemptRow, choice: Choice) -> None:
        """Does what the user chose for the attempt of a row, or says why it is not possible."""
        attempt = self.session.history.attempt(row.attempt_id)
        if attempt is None:
            return
        if choice.fits(attempt):
            self._follow(attempt, choice)
        else:
            self.view.say("Not possible", choice.unfit)

    def _follow(self, attempt: Attempt | None, choice: Choice) -> None:
        if attempt is None:
            self.view.say("Not possible", GONE)
            return
        match choice:
            case Choice.ARRIVED | Choice.DID_NOT:
                self._ask_how(attempt, arrived=choice is Choice.ARRIVED)
            case Choice.SAME_TRIGGER | Choice.NEW_TRIGGER:
                self.resend(attempt, choice is Choice.SAME_TRIGGER)
            case Choice.IN_FORM:
                self.edit(attempt)

    def _ask_how(self, attempt: Attempt, *, arrived: bool) -> None:
        mark = f"Mark {sanitize(short_id(attempt.attempt_id))} as {'' if arrived else 'not '}arrived?"
        question = Ask(mark, "How do you know? (optional)", yes="Save", covered=self.privacy.is_on)
        self.view.push(question, partial(self._resolve, attempt, arrived))

    def _resolve(self, attempt: Attempt, arrived: bool, note: str | None) -> None:
        if note is None:
            return
        try:
            resolved = self.session.settle(attempt.attempt_id, arrived=arrived, note=note)
        except AppError as error:
            self.view.show_fault(str(error))
        else:
            self.resolved(resolved)
        self.show()
