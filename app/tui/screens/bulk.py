"""Bulk: the runs of the account, the plan or the progress of one, and the questions before it is sent."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Footer, Input, OptionList, ProgressBar, Select, Static
from textual.widgets.option_list import Option

from app.domain.attempt_export import readable_body
from app.domain.bulk import CANARY, BulkRow, Duplicates, RowState, Run, RunState, plan_lines
from app.domain.errors import AppError
from app.domain.history_query import HistoryQuery
from app.domain.masking import NO_MASK
from app.domain.model import Outcome
from app.domain.text import count, duration, short_id
from app.resources import style
from app.service.bulk import BulkRuns, Planning
from app.service.files import new_file, typed_path
from app.service.history import in_thread
from app.service.session import Session
from app.tui.privacy import PrivacyMode
from app.tui.screens import Overlay, open_screen
from app.tui.screens.confirm import Ask, Confirm
from app.tui.text import outcome_label, sanitize
from app.tui.widgets.inputs import SafeInput

LOOK_EVERY_S = 1.0
SHOWN_REJECTED = 20
DUPLICATES = {
    Duplicates.REFUSE: "Refuse the file if a contact is in it twice",
    Duplicates.FIRST: "Send the first row of each contact, skip the others",
    Duplicates.EACH: "Send every row",
}
_OUTCOMES = (Outcome.ACCEPTED, Outcome.REJECTED, Outcome.UNKNOWN)
ABORT = "Abort the run? The contacts that are left get nothing. A batch under way is finished."
SETTLE = "Mark all unknown contacts of this run as {}arrived? How do you know? (optional)"
UNKNOWN_LEFT = "Unknown contacts are never resent automatically. Check the account, then mark them as arrived (a) or not (d), or resend them (u)."
AGAIN = "Plan to send the attempts that the history shows again, as new triggers? Contacts that got them may get them twice."


class BulkScreen(Screen[None]):
    """Follows every run of the account, also those of other windows."""

    DEFAULT_CSS = style("bulk")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "Back", tooltip="To the dashboard; a run goes on", id="bulk.back"),
        Binding("r", "run(False)", "Send", tooltip="Send the canary, or what is left", id="bulk.run"),
        Binding("p", "pause", "Pause", tooltip="Pause after the batch under way", id="bulk.pause"),
        Binding("u", "run(True)", "Resend unknown", tooltip="With the same trigger ids", id="bulk.resend"),
        Binding("a", "settle(True)", "Arrived", tooltip="Resolve all unknown contacts", id="bulk.arrived"),
        Binding("d", "settle(False)", "Not arrived", tooltip="Resolve them all", id="bulk.did_not"),
        Binding("w", "report('csv')", "Report", tooltip="Write what became of each row", id="bulk.report"),
        Binding("e", "report('rejected')", "Rejected rows", tooltip="Write them as CSV", id="bulk.rejected"),
        Binding("x", "abort", "Abort", tooltip="End the run for good", id="bulk.abort"),
        Binding("n", "new", "Plan a file", tooltip="Read and check a CSV file; sends nothing", id="bulk.new"),
        Binding(
            "h", "again", "Send these again", tooltip="Plan the attempts of the history", id="bulk.again"
        ),
    ]
    AUTO_FOCUS = "#bulk-runs"

    def __init__(
        self,
        session: Session,
        privacy: PrivacyMode,
        planning: Planning,
        shown: tuple[str, HistoryQuery],
        send: Callable[[Run, bool], object],
    ) -> None:
        """`planning` has no file; `shown` is what the history shows, as typed and as a query.

        `send` sends what is left of a run, or its unknown contacts again.
        """
        super().__init__()
        self._bulk, self._mask = session.bulk, session.history.mask
        self._privacy = privacy
        self._planning = planning
        self._shown = shown
        self._send = send
        self._runs: list[Run] = []
        self._run: Run | None = None
        self._begun: dict[str, tuple[float, int]] = {}
        self._rejected: dict[str, list[tuple[BulkRow, int]]] = {}
        self._preview: dict[str, list[str]] = {}

    def compose(self) -> ComposeResult:
        runs = OptionList(markup=False, compact=True, id="bulk-runs")
        runs.border_title = "Bulk runs"
        yield runs
        with VerticalScroll(id="bulk-run"):
            yield ProgressBar(show_eta=False, id="bulk-progress")
            yield Static(markup=False, id="bulk-text")
        yield Footer(compact=True, show_command_palette=False)

    def on_mount(self) -> None:
        self.look()
        self.set_interval(LOOK_EVERY_S, self.look)

    def look(self, chosen: str | None = None) -> None:
        """Shows the runs as they are now, and the chosen one."""
        try:
            self._runs = self._bulk.runs()
        except AppError as error:
            self._say(str(error))
            return
        known = self.query_one("#bulk-runs", OptionList)
        # Another window may have planned a newer run, which is listed above the chosen one.
        chosen = chosen or (self._run.run_id if self._run is not None else "")
        place = next((number for number, run in enumerate(self._runs) if run.run_id == chosen), 0)
        with known.prevent(OptionList.OptionHighlighted):
            known.clear_options()
            known.add_options([Option(self._line(run)) for run in self._runs])
            known.highlighted = place if self._runs else None
        self._show(self._runs[place] if place < len(self._runs) else None)

    @on(OptionList.OptionHighlighted)
    def _chosen(self, event: OptionList.OptionHighlighted) -> None:
        self._show(self._runs[event.option_index])

    def _line(self, run: Run) -> Content:
        event = f"{sanitize(run.event_id)} {sanitize(run.event_name or '')}".rstrip()
        name = sanitize(self._privacy.mask.text(Path(run.file).name), 60)
        return Content(
            f"{short_id(run.run_id)}  {run.state:8}  {count(run.rows, 'row'):>12}  {event}, {name}"
        )

    def _show(self, run: Run | None) -> None:
        self._run = run
        bar = self.query_one("#bulk-progress", ProgressBar)
        bar.display = run is not None and run.sent > 0
        text = self.query_one("#bulk-text", Static)
        if run is None:
            text.update("No runs yet. Plan a file to send one event to many contacts.")
        else:
            bar.update(
                total=run.rows - run.count(RowState.SKIPPED), progress=run.sent - run.count(RowState.SENDING)
            )
            parts = [Content(sanitize(line, 2000)) for line in self._lines(run)]
            text.update(Content("\n").join([self._counts(run), *parts]))
            if run.state is not RunState.RUNNING:
                self._begun.pop(run.run_id, None)  # the rate of a run leaves out its pauses
            if run.run_id not in self._preview:
                self._read_plan(run)
        self.refresh_bindings()

    def _counts(self, run: Run) -> Content:
        shown = [
            Content.assemble(f"{number:,} ", outcome_label(outcome))
            for outcome in _OUTCOMES
            if (number := run.count(RowState(outcome.value)))
        ]
        under_way, left = run.count(RowState.SENDING), run.count(RowState.PLANNED)
        if under_way:
            shown.append(Content(f"{under_way:,} being sent"))
        rest = "not sent" if run.state is RunState.ABORTED else "left"
        return Content("   ").join([*shown, Content(f"{left:,} {rest}" if left else "nothing left")])

    def _lines(self, run: Run) -> Iterator[str]:
        yield f"{run.state.capitalize()}. {self._privacy.mask.text(run.pause_reason or '')}".rstrip()
        if run.state is RunState.RUNNING:
            yield self._pace(run)
        elif run.count(RowState.UNKNOWN):
            yield UNKNOWN_LEFT
        yield ""
        yield from plan_lines(run, self._rejected.get(run.run_id, ()), self._privacy.mask.value)
        if run.state is RunState.PLANNED:
            yield from self._preview.get(run.run_id, ())

    def _pace(self, run: Run) -> str:
        if run.sent <= CANARY:
            return "Sending…"  # the time of the question after the canary does not count
        now, under_way = time.monotonic(), run.count(RowState.SENDING)
        finished, left = run.sent - under_way, run.count(RowState.PLANNED) + under_way
        began, before = self._begun.setdefault(run.run_id, (now, finished))
        if finished <= before:  # also where unknown contacts are sent again
            return "Sending…"
        rate = (finished - before) / (now - began)
        return f"{rate:,.0f} contacts a second, about {duration(left / rate)} left"

    @work(group="bulk-plan", exclusive=True)
    async def _read_plan(self, run: Run) -> None:
        try:
            self._rejected[run.run_id] = await in_thread(lambda _: self._bulk.rejected(run, SHOWN_REJECTED))
            exact = await in_thread(lambda _: self._bulk.preview(run, self._privacy.mask.request))
            body = readable_body(str(exact["body"]).encode())
            self._preview[run.run_id] = ["", f"{exact['method']} {exact['url']}", *body.split("\n")]
        except AppError as error:
            self._preview[run.run_id] = [str(error)]
        if self._run is not None and self._run.run_id == run.run_id:
            self._show(run)

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hides what the chosen run does not allow."""
        run = self._run
        if run is None:
            return action in ("dismiss", "new", "again")
        over = run.state in (RunState.DONE, RunState.ABORTED)
        allowed: dict[tuple[object, ...], bool] = {
            ("run", False): run.state in (RunState.PLANNED, RunState.PAUSED),
            ("run", True): run.count(RowState.UNKNOWN) > 0 and run.state is not RunState.RUNNING,
            ("pause",): run.state is RunState.RUNNING,
            ("abort",): not over,
            ("report", "rejected"): run.count(RowState.REJECTED) > 0,
            ("settle", True): run.count(RowState.UNKNOWN) > 0,
            ("settle", False): run.count(RowState.UNKNOWN) > 0,
        }
        return allowed.get((action, *parameters), True)

    def action_new(self) -> None:
        open_screen(self.app, PlanScreen(self._bulk, self._planning), lambda run: self.look(run.run_id))

    def action_again(self) -> None:
        open_screen(self.app, Confirm(AGAIN, yes="Plan"), lambda _: self._plan_history())

    @work(group="bulk-again", exclusive=True)
    async def _plan_history(self) -> None:
        try:
            self.look((await self._bulk.plan_again(*self._shown)).run_id)
        except AppError as error:
            self._say(str(error))

    def action_run(self, again: bool) -> None:
        if self._run is not None:
            self._send(self._run, again)

    def action_pause(self) -> None:
        self._do(self._bulk.pause)

    def action_abort(self) -> None:
        question = Confirm(ABORT, yes="Abort")
        open_screen(self.app, question, lambda _: self._do(self._bulk.abort))

    def action_settle(self, arrived: bool) -> None:
        def settle(note: str) -> None:
            self._do(lambda run: self._bulk.settle(run, arrived=arrived, note=note))

        question = SETTLE.format("" if arrived else "not ")
        open_screen(self.app, Ask(question, covered=self._privacy.is_on), settle)

    def _do(self, work: Callable[[Run], object]) -> None:
        try:
            if self._run is not None:
                work(self._run)
        except AppError as error:
            self._say(str(error))
        self.look()

    def action_report(self, which: str) -> None:
        if self._run is not None:
            name = f"bulk-{short_id(self._run.run_id)}{'-rejected' if which == 'rejected' else ''}.csv"
            ask = Ask("Write the report to which file?", yes="Write file", value=str(Path.cwd() / name))
            open_screen(self.app, ask, partial(self._write, self._run, which))

    @work(group="bulk-report", exclusive=True)
    async def _write(self, run: Run, which: str, typed: str) -> None:
        path = typed_path(typed)

        def write(_: object) -> int:
            mask = self._mask() if self._privacy.is_on else NO_MASK
            lines = list(self._bulk.report(run, "csv", rejected=which == "rejected", mask=mask))
            with new_file(path) as file:
                file.writelines(f"{line}\n" for line in lines)
            return len(lines) - 1

        try:
            self._say(f"{count(await in_thread(write), 'row')} written to {path}")
        except AppError as error:
            self._say(str(error))

    def _say(self, sentence: str) -> None:
        self.app.notify(sanitize(sentence, 1000), title="Bulk", markup=False)


class PlanScreen(Overlay[Run]):
    """Asks for a file and plans it; returns the run, None on Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Back", tooltip="Go back, nothing changes", id="plan.back"),
    ]
    AUTO_FOCUS = "#plan-file"

    def __init__(self, runs: BulkRuns, planning: Planning) -> None:
        super().__init__()
        self._bulk = runs
        self._planning = planning

    def compose(self) -> ComposeResult:
        planning = self._planning
        data = "the form's; {{column:NAME}} stands for a cell" if planning.template else "none"
        with Vertical(id="plan") as pane:
            pane.border_title = "Plan a file"
            yield Static(
                f"Event {sanitize(planning.event_id) or '(pick one in the form)'}, key field "
                f"{sanitize(planning.key_id)}, event data: {data}",
                markup=False,
            )
            yield SafeInput(placeholder="CSV file", id="plan-file", personal=False)
            yield SafeInput(
                placeholder="Column of the external ids (if not the key field's)",
                id="plan-column",
                personal=False,
            )
            choices = [(words, value) for value, words in DUPLICATES.items()]
            yield Select(
                choices, allow_blank=False, value=Duplicates.REFUSE, compact=True, id="plan-duplicates"
            )
            yield Static("Reads and checks the file. Sends nothing.", markup=False, id="plan-status")
            with Horizontal():
                yield Button("Cancel", action="screen.dismiss(None)", compact=True)
                yield Button("Plan", id="plan-now", compact=True)

    @on(Input.Submitted)
    @on(Button.Pressed, "#plan-now")
    def _plan(self) -> None:
        file, column = (self.query_one(f"#plan-{name}", Input).value for name in ("file", "column"))
        duplicates = Duplicates(str(self.query_one("#plan-duplicates", Select).value))
        if not self._planning.event_id or not file:
            self._show("Pick an event in the form first." if file else "Type the path of a CSV file.")
        else:
            path = typed_path(file)
            self._make(replace(self._planning, file=path, id_column=column or None, duplicates=duplicates))

    @work(group="plan", exclusive=True)
    async def _make(self, planning: Planning) -> None:
        self._show("Reading the file…")
        try:
            run = await self._bulk.plan(planning)
        except (AppError, ValueError) as error:  # ValueError: the event data is no JSON
            self._show(str(error))
        else:
            self.dismiss(run)

    def _show(self, words: str) -> None:
        self.query_one("#plan-status", Static).update(Content(sanitize(words, 1000)))
