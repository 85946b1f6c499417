"""The history on the dashboard: the matching attempts, their counts, and the follow-ups on an attempt."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from threading import Event

from textual.content import Content

from app.domain.errors import AppError
from app.domain.history_query import (
    NOTHING,
    SETTLEMENTS,
    Clock,
    Filter,
    HistoryQuery,
    QueryField,
    SortColumn,
    Value,
    filter_text,
    parse_query,
    with_order,
)
from app.domain.model import RESOLVED, Attempt, Outcome
from app.domain.text import short_id
from app.service.catalog import ContactRow
from app.service.history import EVERYTHING, AttemptRow, RowIds, StoppedError, in_thread
from app.service.session import Session
from app.tui.controllers import View
from app.tui.privacy import PrivacyMode
from app.tui.screens import history_menus as menus
from app.tui.screens.attempt import AttemptScreen
from app.tui.screens.compare import CompareScreen, compare_with_accepted
from app.tui.screens.confirm import Ask
from app.tui.screens.export import offer_export
from app.tui.screens.menu import Menu
from app.tui.screens.statistics import StatisticsScreen
from app.tui.text import counts_label, request_label, sanitize
from app.tui.widgets.follow_up import Choice, Followed
from app.tui.widgets.history import HistoryPane
from app.tui.widgets.status import StatusLine

PROGRESS_S = 0.2
PAIR = 2
GONE = "This attempt is no longer in the history."
COLLEAGUE = "Only the member who sent it can send it again."


@dataclass(eq=False, kw_only=True)
class HistoryController:
    """Searches the history, and follows up on its attempts."""

    view: View
    session: Session
    privacy: PrivacyMode
    pane: HistoryPane
    status: StatusLine
    resend: Callable[[Attempt, bool], None]
    """Sends an attempt again; the flag keeps its trigger id."""
    edit: Callable[[Attempt], None]
    """Opens an attempt in the form."""
    preview: Callable[[Attempt], None]
    resolved: Callable[[Attempt], None]

    shown: Session = field(init=False)
    """The session whose history is shown: one's own, or with that of the whole team."""

    _query: HistoryQuery = EVERYTHING
    _rows: RowIds[AttemptRow] | None = None
    _stop: Event = field(default_factory=Event)
    _asked_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self.shown = self.session

    # Searching

    @property
    def filter(self) -> tuple[str, HistoryQuery]:
        """The query, as typed and as a value."""
        return self.pane.line.asked, self._query

    def ask(self) -> None:
        """Shows the attempts that match the typed query."""
        self._asked_at = datetime.now(UTC)
        self.show(keep_cursor=False)

    def show(self, *, keep_cursor: bool = True) -> None:
        """Shows the current attempts; with `keep_cursor` the cursor stays on its row."""
        self._stop.set()
        self._stop = Event()
        history = self.shown.history
        try:
            self.status.unresolved = history.unsettled()
            # The start of a span such as 1h moves on.
            line = self.pane.line
            self._query = NOTHING if line.is_faulty else parse_query(line.asked, Clock(datetime.now(UTC)))
            rows = history.attempts(self._query, stop=self._stop)
        except AppError as error:
            self._show_error(error)
        else:
            work = partial(self._search, rows, self._query, self._stop, keep_cursor)
            # Textual leaves the type of the result open.
            self.view.screen.run_worker(work, group="history", exclusive=True)  # type: ignore[arg-type]

    async def _search(
        self, rows: RowIds[AttemptRow], query: HistoryQuery, stop: Event, keep_cursor: bool
    ) -> None:
        """Shows the rows, then their number and the share of each outcome; the old rows stay until then."""
        pane, start_timer = self.pane, self.view.screen.set_timer
        slow = start_timer(PROGRESS_S, lambda: pane.show_counts(Content("searching…")))
        try:
            await in_thread(lambda _: rows.read_first(pane.table.row if keep_cursor else None), stop)
            self._rows = rows
            pane.show(rows, query, keep_cursor=keep_cursor)
            slow.stop()
            slow = start_timer(PROGRESS_S, pane.show_counting)
            counts = await in_thread(lambda _: self.shown.history.counts(query, stop=stop), stop)
            hidden = await in_thread(lambda _: self._hidden(query, stop), stop)
            nothing_yet = not counts and query.is_everything
            resolved = await in_thread(lambda _: self._resolved_number(counts, query, stop), stop)
            label = Content("") if nothing_yet else counts_label(counts, words=False, resolved=resolved)
            pane.show_counts(label, sum(counts.values()), hidden)
            await in_thread(lambda _: rows.count(), stop)
            pane.table.rows_changed()
        except StoppedError:
            pass  # a newer query was asked
        except AppError as error:
            self._show_error(error)
        finally:
            slow.stop()

    def _resolved_number(self, counts: Mapping[Outcome, int], query: HistoryQuery, stop: Event) -> int:
        """The number of matching attempts whose unknown outcome was resolved."""
        if Outcome.UNKNOWN not in counts:
            return 0
        settled = Filter(QueryField.SETTLED, tuple(map(Value, SETTLEMENTS[1:])))
        found = replace(query, filters=(*query.filters, settled))
        return sum(self.session.history.counts(found, stop=stop).values())

    def _hidden(self, query: HistoryQuery, stop: Event) -> int:
        """The number of attempts made since the filter was typed that do not match it."""
        if query.is_everything:
            return 0
        counts, since = self.shown.history.counts, self._asked_at
        new = sum(counts(HistoryQuery(since=since), stop=stop).values())
        matching = replace(query, since=max(since, query.since or since))
        return new and max(0, new - sum(counts(matching, stop=stop).values()))

    def _show_error(self, error: AppError) -> None:
        self.view.show_problem("History", str(error))

    # Filter, order, full screen

    def show_unresolved(self) -> None:
        """Filters for unresolved outcomes and moves the focus to the first."""
        self._write(menus.UNSETTLED)
        self.view.go("history")

    def show_contact(self, contact: ContactRow) -> None:
        """Filters for all attempts on a contact, by any key, and moves the focus to the newest."""
        # Attempts whose contact was not known then have only the value they were sent with.
        keys = filter(None, (contact.id, contact.email))
        self._write(" ".join(filter_text(QueryField.PERSON, key) for key in keys))
        self.view.go("history")

    def sort(self, column: str) -> None:
        """Sorts by the column with this key, or reverses its order."""
        if column in list(SortColumn):
            self._write(with_order(self.pane.line.asked, SortColumn(column)))

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
                self._compare(message.row, message.marked)
            case "export" if message.row is not None:
                total = None if self._rows is None else self._rows.total
                offer_export(
                    self.view.screen.app,
                    self.shown,
                    message.row,
                    masked=self.privacy.is_on,
                    query=self._query,
                    total=total,
                )
            case "statistics":
                screen = StatisticsScreen(
                    self.shown.history, self.pane.line.asked, self._query, masked=self.privacy.is_on
                )
                self.view.push(screen, self._write)
            case "filters":
                choices = menus.filter_choices(self.pane.line.asked, message.row, masked=self.privacy.is_on)
                self.view.push(Menu("Show", choices), self._write)
            case "times":
                choices = menus.time_choices(self.pane.line.asked, datetime.now(UTC))
                self.view.push(Menu("Sent", choices), self._write_time)
            case "orders":
                choices = menus.order_choices(self.pane.line.asked, self._query.order)
                self.view.push(Menu("Sort by", choices), self._write)
            case _:
                pass

    def _compare(self, row: AttemptRow | None, marked: Sequence[str]) -> None:
        """Compares the two marked attempts, the marked one and the row, or the row and the last accepted one."""
        ids = list(dict.fromkeys([*marked, *([] if row is None else [row.attempt_id])]))[:PAIR]
        attempts = [one for one in map(self.shown.history.attempt, ids) if one is not None]
        if len(attempts) != len(ids):
            self.view.say("Cannot compare", GONE)
        elif len(attempts) == PAIR:
            self.view.push(CompareScreen(partial(self._marked, *attempts)))
        elif attempts:
            find = partial(compare_with_accepted, self.shown, self.privacy, *attempts)
            self.view.push(CompareScreen(find))

    async def _marked(self, one: Attempt, other: Attempt) -> tuple[Attempt, Attempt, str]:
        return self.privacy.attempt(one), self.privacy.attempt(other), ""

    # Mine or the team's

    def switch_team(self) -> None:
        """Shows the attempts of the whole team, or one's own again."""
        self.pane.is_team = not self.pane.is_team
        self.shown = self.session.in_team() if self.pane.is_team else self.session
        self.show(keep_cursor=False)

    def take_over(self) -> None:
        """Takes the current attempt over, for the team to see."""
        row, team = self.pane.table.row, self.session.team
        if row is None or team is None or not self.pane.is_team:
            self.view.say("Not possible", "Show the team's history and go to an attempt first.")
            return
        team.take_over(row.attempt_id)
        self.view.say("", f"{short_id(row.attempt_id)} is assigned to you.", "information")
        self.show()

    # One attempt

    def _whole(self, attempt_id: str) -> Attempt | None:
        """An attempt, from one's own history if it is there: the team's may know less of it."""
        return self.session.history.attempt(attempt_id) or self.shown.history.attempt(attempt_id)

    def open_attempt(self, row: AttemptRow) -> None:
        """Opens the attempt of a row."""
        attempt = self.shown.history.attempt(row.attempt_id)
        if attempt is not None and self._rows is not None:
            screen = AttemptScreen(self.shown, self.privacy, self._rows, (row, attempt), self.preview)
            self.view.push(screen, self._followed)

    def _followed(self, followed: Followed | None) -> None:
        if followed is None:
            return
        self.pane.go_to(followed.row)
        if followed.choice is not None:
            self._follow(self._whole(followed.row.attempt_id), followed.choice)

    def choose(self, row: AttemptRow, choice: Choice) -> None:
        """Does what the user chose for the attempt of a row, or says why it is not possible."""
        attempt = self._whole(row.attempt_id)
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
        if attempt.member and choice not in (Choice.ARRIVED, Choice.DID_NOT):
            self.view.say("Not possible", COLLEAGUE)
            return
        match choice:
            case Choice.EVIDENCE:
                self.view.screen.run_worker(self._find_mail(attempt), group="evidence", exclusive=True)
            case Choice.ARRIVED | Choice.DID_NOT:
                self._ask_how(attempt, arrived=choice is Choice.ARRIVED)
            case Choice.SAME_TRIGGER | Choice.NEW_TRIGGER:
                self.resend(attempt, choice is Choice.SAME_TRIGGER)
            case Choice.IN_FORM:
                self.edit(attempt)

    async def _find_mail(self, attempt: Attempt) -> None:
        """Says what the account's mail history shows, and offers to mark an unknown attempt as arrived."""
        view = self.view
        try:
            await view.connect()
            found = await self.session.evidence(attempt.attempt_id)
        except AppError as error:
            view.say("Mail history", str(error), unasked=True)
            return
        if found.result == "found" and attempt.outcome is Outcome.UNKNOWN:
            named = request_label(self.privacy.request(attempt.request), self.session.contacts.field_name)
            question = f"{found.words}\n\nMark {sanitize(short_id(attempt.attempt_id))}, {named}, as arrived?"
            view.ask(question, "Mark arrived", partial(self._resolve, attempt, True, found.words))
        else:
            view.say("Mail history", found.words, "information", unasked=True)

    def _ask_how(self, attempt: Attempt, *, arrived: bool) -> None:
        named = request_label(self.privacy.request(attempt.request), self.session.contacts.field_name)
        what = f"{sanitize(short_id(attempt.attempt_id))}, {named}"
        mark = f"Mark {what}, as {'' if arrived else 'not '}arrived?"
        question = Ask(mark, "How do you know? (optional)", yes="Save", covered=self.privacy.is_on)
        self.view.push(question, partial(self._resolve, attempt, arrived))

    def _resolve(self, attempt: Attempt, arrived: bool, note: str | None) -> None:
        if note is None:
            return
        try:
            settle = self.session.team.settle if attempt.member and self.session.team else self.session.settle
            resolved = settle(attempt.attempt_id, arrived=arrived, note=note)
        except AppError as error:
            self.view.show_fault(str(error))
        else:
            self.resolved(resolved)
            self.view.say("", f"{short_id(attempt.attempt_id)} is {RESOLVED[arrived]}.", "information")
        self.show()
