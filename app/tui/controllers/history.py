"""The history on the dashboard: the matching attempts, their counts, and the follow-ups on an attempt."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event

from textual.content import Content

from app.domain.errors import AppError
from app.domain.history_query import (
    NO_VALUE,
    NOTHING,
    SETTLEMENTS,
    TIMES,
    Clock,
    Filter,
    HistoryQuery,
    QueryField,
    SortColumn,
    Value,
    filter_text,
    parse_query,
    replaced,
    with_order,
)
from app.domain.model import RESOLVED, Attempt, Contact, Outcome
from app.domain.recipient import EMAIL
from app.domain.text import short_id
from app.service.history import EVERYTHING, AttemptRow, RowIds, StoppedError, in_thread
from app.tui.controllers import View
from app.tui.screens.attempt import AttemptScreen
from app.tui.screens.compare import CompareScreen
from app.tui.screens.confirm import Ask
from app.tui.screens.export import offer_export
from app.tui.screens.menu import Menu
from app.tui.screens.statistics import OUTCOME_FIELDS, StatisticsScreen, code_words, only
from app.tui.text import STACKED, counts_label, outcome_label, request_label, sanitize
from app.tui.widgets.history import MAX_MARKS, Choice
from app.tui.widgets.table import Column

PROGRESS_S = 0.2
GONE = "This attempt is no longer in the history."
UNSETTLED = f"{QueryField.SETTLED}:{SETTLEMENTS[0]}"

Choices = Sequence[tuple[Content, str] | None]
"""The entries of a menu, each with the query that it writes."""


class HistoryController:
    """Searches the history, and follows up on its attempts."""

    def __init__(self, view: View) -> None:
        self.view, self.session, self.privacy = view, view.session, view.privacy
        self.pane = view.history_pane
        self.found = asyncio.Event()
        """Set once attempts are shown, or why there are none."""
        self.shown = self.session
        """The session whose history is shown: one's own, or with that of the whole team."""
        self._query: HistoryQuery = EVERYTHING
        self._stop = Event()
        self._asked_at = datetime.now(UTC)

    # Searching

    @property
    def filter(self) -> tuple[str, HistoryQuery]:
        return self.pane.line.asked, self._query

    def ask(self) -> None:
        self._asked_at = datetime.now(UTC)
        self.show(keep_cursor=False)

    def show(self, *, keep_cursor: bool = True) -> None:
        """Shows the current attempts; with `keep_cursor` the cursor stays on its row."""
        self._stop.set()
        self._stop = Event()
        history = self.shown.history
        try:
            self.view.status_line.unresolved = history.unsettled()
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
            pane.show(rows, query, keep_cursor=keep_cursor)
            self.found.set()
            slow.stop()
            slow = start_timer(PROGRESS_S, pane.show_counting)
            pane.show_counts(*await in_thread(partial(self._counted, query), stop))
            await in_thread(lambda _: rows.count(), stop)
            pane.table.rows_changed()
        except StoppedError:
            pass  # a newer query was asked
        except AppError as error:
            self._show_error(error)
        finally:
            slow.stop()

    def _counted(self, query: HistoryQuery, stop: Event) -> tuple[Content, int, int]:
        """The share of each outcome, the number of attempts, and how many new ones do not match."""
        counts = self.shown.history.counts(query, stop=stop)
        resolved = hidden = 0
        if Outcome.UNKNOWN in counts:
            settled = Filter(QueryField.SETTLED, tuple(map(Value, SETTLEMENTS[1:])))
            found = replace(query, filters=(*query.filters, settled))
            resolved = sum(self.shown.history.counts(found, stop=stop).values())
        if not query.is_everything:
            hidden = self._hidden(query, stop)
        nothing_yet = not counts and query.is_everything
        label = Content("") if nothing_yet else counts_label(counts, words=False, resolved=resolved)
        return label, sum(counts.values()), hidden

    def _hidden(self, query: HistoryQuery, stop: Event) -> int:
        """The number of attempts made since the filter was typed that do not match it."""
        counts, since = self.shown.history.counts, self._asked_at
        new = sum(counts(HistoryQuery(since=since), stop=stop).values())
        matching = replace(query, since=max(since, query.since or since))
        return new and max(0, new - sum(counts(matching, stop=stop).values()))

    def _show_error(self, error: AppError) -> None:
        self.found.set()
        self.view.show_problem("History", str(error))

    # Filter, order, full screen

    def show_unresolved(self) -> None:
        self.pane.line.write(UNSETTLED)
        self.view.go("history")

    def show_contact(self, contact: Contact) -> None:
        """Filters for all attempts on a contact, by any key, and moves the focus to the newest."""
        # Attempts whose contact was not known then have only the value they were sent with.
        keys = filter(None, (contact.id, contact.value(EMAIL)))
        self.pane.line.write(" ".join(filter_text(QueryField.PERSON, key) for key in keys))
        self.view.go("history")

    def sort(self, column: Column[AttemptRow]) -> None:
        if column.is_sorted:
            self.pane.line.write(with_order(self.pane.line.asked, SortColumn(column.key)))

    def _write_time(self, line: str) -> None:
        self.pane.line.write(line)
        if "until:" in line:
            self.pane.line.begin()  # the user fills in the two dates

    # Menus and screens

    def open(self, what: str, row: AttemptRow | None) -> None:
        """Opens the menu or screen of this name; `row` is the current attempt."""
        match what:
            case "team":
                self._switch_team()
            case "whole" | "back":
                self.view.show_history_alone(not self.pane.whole)
            case "compare":
                self._compare(row)
            case "export":
                self._export(row)
            case _:
                self._open_menu(what, row)

    def _open_menu(self, what: str, row: AttemptRow | None) -> None:
        line, masked, open_ = self.pane.line.asked, self.privacy.is_on, self.view.open
        write = self.pane.line.write
        match what:
            case "statistics":
                open_(StatisticsScreen(self.shown.history, line, self._query, masked=masked), write)
            case "filters":
                open_(Menu("Show", filter_choices(line, row, masked=masked)), write)
            case "times":
                open_(Menu("Sent", time_choices(line, datetime.now(UTC))), self._write_time)
            case _:
                titles = self.pane.table.titles()
                orders = [(title, with_order(line, SortColumn(key))) for key, title in titles]
                open_(Menu("Sort by", orders), write)

    def _export(self, row: AttemptRow | None) -> None:
        if row is not None and self.pane.rows is not None:
            app, total = self.view.screen.app, self.pane.rows.total
            masked = self.privacy.is_on
            offer_export(app, self.shown, row, masked=masked, query=self._query, total=total)

    def _compare(self, row: AttemptRow | None) -> None:
        """Compares the two marked attempts, the marked one and the row, or the row and the last accepted one."""
        marked = self.pane.marked
        ids = list(dict.fromkeys([*marked, *([] if row is None else [row.attempt_id])]))[:MAX_MARKS]
        if len(marked) == MAX_MARKS:  # else c would compare them again, out of sight
            self.pane.mark(())
        attempts = [one for one in map(self.shown.history.attempt, ids) if one is not None]
        if len(attempts) != len(ids):
            self.view.say("Cannot compare", GONE)
        elif attempts:
            self.view.open(CompareScreen(self.shown, self.privacy, *attempts))

    # Mine or the team's

    def _switch_team(self) -> None:
        self.pane.is_team = not self.pane.is_team
        self.shown = self.session.in_team() if self.pane.is_team else self.session
        self.show(keep_cursor=False)

    def take_over(self) -> None:
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
        attempt = self.shown.history.attempt(row.attempt_id)
        if attempt is not None and self.pane.rows is not None:
            screen = AttemptScreen(
                self.shown, self.privacy, self.pane.rows, (row, attempt), self.view.preview_attempt
            )
            self.view.open(screen, self._followed)

    def _followed(self, followed: tuple[AttemptRow, Choice | None]) -> None:
        row, choice = followed
        self.pane.go_to(row)
        if choice is not None:
            self._follow(self._whole(row.attempt_id), choice)

    def follow_up(self, row: AttemptRow | None, choice: Choice) -> None:
        """Does what the user chose for the attempt of a row, or says why it is not possible."""
        attempt = None if row is None else self._whole(row.attempt_id)
        if attempt is None or choice.fits(attempt):
            self._follow(attempt, choice)
        else:
            self.view.say("Not possible", choice.unfit(attempt))

    def _follow(self, attempt: Attempt | None, choice: Choice) -> None:
        if attempt is None:
            self.view.say("Not possible", GONE)
            return
        match choice:
            case Choice.EVIDENCE:
                self.view.screen.run_worker(self._find_mail(attempt), group="evidence", exclusive=True)
            case Choice.ARRIVED | Choice.DID_NOT:
                self._ask_how(attempt, arrived=choice is Choice.ARRIVED)
            case Choice.SAME_TRIGGER | Choice.NEW_TRIGGER:
                self.view.resend(attempt, choice is Choice.SAME_TRIGGER)
            case Choice.IN_THE_FORM:
                self.view.edit(attempt)

    async def _find_mail(self, attempt: Attempt) -> None:
        """Says what the account's mail history shows, and offers to mark an unknown attempt as arrived."""
        view = self.view
        with view.saying("Mail history", unasked=True):
            await view.connect()
            found = await self.session.history.evidence(attempt.attempt_id)
            if found.result == "found" and attempt.outcome is Outcome.UNKNOWN:
                question = f"{found.words}\n\nMark {self._named(attempt)}, as arrived?"
                view.ask(question, "Mark arrived", partial(self._resolve, attempt, True, found.words))
            else:
                view.say("Mail history", found.words, "information", unasked=True)

    def _named(self, attempt: Attempt) -> str:
        request = request_label(self.privacy.mask.request(attempt.request), self.session.contacts)
        return f"{sanitize(short_id(attempt.attempt_id))}, {request}"

    def _ask_how(self, attempt: Attempt, *, arrived: bool) -> None:
        mark = f"Mark {self._named(attempt)}, as {'' if arrived else 'not '}arrived?"
        question = Ask(mark, "How do you know? (optional)", yes="Save", covered=self.privacy.is_on)
        self.view.open(question, partial(self._resolve, attempt, arrived))

    def _resolve(self, attempt: Attempt, arrived: bool, note: str) -> None:
        try:
            settle = self.session.team.settle if attempt.member and self.session.team else self.session.settle
            resolved = settle(attempt.attempt_id, arrived=arrived, note=note)
        except AppError as error:
            self.view.show_fault(str(error))
        else:
            self.view.resolved(resolved)
            self.view.say("", f"{short_id(attempt.attempt_id)} is {RESOLVED[arrived]}.", "information")
        self.show()


# Menus

_AFTER_SUCCESS = f"outcome:{Outcome.REJECTED} previous:{Outcome.ACCEPTED}"
_TIMES = (
    ("Any time", ""),
    ("The last hour", "since:1h"),
    ("Today", "on:today"),
    ("Yesterday", "on:yesterday"),
    ("The last 24 hours", "since:1d"),
    ("The last 7 days", "since:1w"),
    ("The last 30 days", "since:30d"),
)


def filter_choices(line: str, row: AttemptRow | None, *, masked: bool) -> Choices:
    """The outcomes and the values of a row; no personal value while personal data is hidden."""
    outcomes = [
        (Content.assemble("Only ", outcome_label(one)), replaced(line, OUTCOME_FIELDS, f"outcome:{one}"))
        for one in STACKED
    ]
    return [
        (Content("Any outcome"), replaced(line, OUTCOME_FIELDS, "")),
        *outcomes,
        (Content("Rejected after an earlier success"), replaced(line, OUTCOME_FIELDS, _AFTER_SUCCESS)),
        (Content("Unresolved only"), replaced(line, OUTCOME_FIELDS, UNSETTLED)),
        None,
        *([] if row is None else _row_choices(line, row, masked=masked)),
        (Content("Clear the filter"), ""),
    ]


def _row_choices(line: str, row: AttemptRow, *, masked: bool) -> Choices:
    event = " ".join(map(sanitize, filter(None, (row.event_id, row.event_name))))
    code = NO_VALUE if row.reply_code is None else str(row.reply_code)
    without_code = f"{line} {filter_text(QueryField.CODE, code, negated=True)}".strip()
    choices = [
        (Content(f"Only event {event}"), only(line, QueryField.EVENT, row.event_id)),
        (Content(code_words("Only", row.reply_code)), only(line, QueryField.CODE, code)),
        (Content(code_words("All but", row.reply_code)), without_code),
    ]
    if not masked and row.external_id:
        contact = f"Only {sanitize(row.external_id, 40)}"
        choices += [
            (Content(contact), only(line, QueryField.CONTACT, row.external_id)),
            (Content(f"{contact} (clear other filters)"), only("", QueryField.CONTACT, row.external_id)),
        ]
    return [*choices, None]


def time_choices(line: str, now: datetime) -> Choices:
    week = f"since:{(now - timedelta(days=7)).astimezone():%Y-%m-%d} until:{now.astimezone():%Y-%m-%d}"
    return [
        *((Content(words), replaced(line, TIMES, term)) for words, term in _TIMES),
        (Content(f"From … to …   {week}"), replaced(line, TIMES, week)),
    ]
