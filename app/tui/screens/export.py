"""Export: what to export in which format, then to a file or the clipboard, with progress and cancel."""

import asyncio
import io
import re
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import IO, Any, ClassVar

from textual import on, work
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Button, Input, Static
from textual.worker import Worker

from app.domain.errors import AppError
from app.domain.history_query import HistoryQuery
from app.domain.masking import NO_MASK
from app.domain.text import count, short_id
from app.service.files import FileExistsAlreadyError, new_file, typed_path
from app.service.history import OPEN_TICKET, TICKET, AttemptRow, in_thread
from app.service.session import Session
from app.tui.bindings import key_of
from app.tui.copying import copy
from app.tui.screens import Overlay, open_screen
from app.tui.screens.confirm import Confirm
from app.tui.screens.menu import Menu
from app.tui.text import sanitize
from app.tui.widgets.inputs import SafeInput

PROGRESS_EVERY_S = 0.2
MAX_COPIED = 2_000
"""Attempts that can be copied at once."""

FORMATS = {"csv": "CSV", "json": "JSON", "jsonl": "JSON Lines", "markdown": "Markdown"}
TICKETS = {TICKET: "a ticket, personal data hidden", OPEN_TICKET: "a ticket, nothing hidden"}
"""Each format with its name."""


@dataclass(frozen=True, slots=True)
class Export:
    """One attempt, or all that match a query, in a format; `total` is their number, None if unknown.

    `file` is a name without its ending.
    """

    title: str
    form: str
    file: str
    what: AttemptRow | HistoryQuery
    total: int | None


def offer_export(
    app: App[Any],
    session: Session,
    row: AttemptRow,
    *,
    masked: bool,
    query: HistoryQuery | None = None,
    total: int | None = None,
) -> None:
    """Asks what to export, the attempt of a row or all that match `query`, then where to."""
    reference = sanitize(short_id(row.attempt_id))
    file = re.sub(r"[^0-9A-Za-z-]+", "-", reference)[:40]
    choices: list[tuple[Content, Export] | None] = [
        (
            Content(f"This attempt as {name}"),
            Export(f"Attempt {reference} as {name}", form, f"attempt-{file}", row, 1),
        )
        for form, name in (TICKETS | FORMATS).items()
        if not (masked and form == OPEN_TICKET)
    ]
    if query is not None:
        file = f"attempts-{datetime.now():%Y%m%d-%H%M%S}"
        what = "All attempts shown" if total is None else count(total, "attempt")
        titles = {form: f"{what} as {name}" for form, name in FORMATS.items()}
        choices.append(None)
        choices += [
            (Content(title), Export(title, form, file, query, total)) for form, title in titles.items()
        ]
    screen = partial(ExportScreen, session, masked=masked)
    open_screen(app, Menu("Export", choices), lambda export: app.push_screen(screen(export)))


class ExportScreen(Overlay[None]):
    """Asks for the file; Esc cancels a running export, or goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", tooltip="Cancel the export, or go back", id="export.back"),
        Binding("ctrl+y", "copy", "Copy", tooltip="To the clipboard", id="export.copy"),
    ]

    def __init__(self, session: Session, export: Export, *, masked: bool) -> None:
        super().__init__()
        self._session = session
        self._export = export
        self._is_masked = masked
        self._working: Worker[None] | None = None
        self._done = 0

    def compose(self) -> ComposeResult:
        with Vertical(id="export") as pane:
            pane.border_title = "Export"
            hidden = ", personal data hidden" if self._is_masked and self._export.form != TICKET else ""
            yield Static(f"{self._export.title}{hidden}", markup=False)
            ending = "md" if self._export.form in (*TICKETS, "markdown") else self._export.form
            yield SafeInput(str(Path.cwd() / f"{self._export.file}.{ending}"), id="path", personal=False)
            copies = f", {key_of(self, 'export.copy')} copies" if self._can_be_copied else ""
            yield Static(f"Enter writes the file{copies}", markup=False, id="export-status")
            with Horizontal():
                yield Button("Cancel", compact=True, action="screen.back")
                if self._can_be_copied:
                    yield Button("Copy", compact=True, action="screen.copy")
                yield Button("Write file", compact=True, action="screen.write")

    @property
    def _can_be_copied(self) -> bool:
        total = self._export.total
        return total is not None and total <= MAX_COPIED

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return self._can_be_copied if action == "copy" else super().check_action(action, parameters)

    @on(Input.Submitted)
    def action_write(self) -> None:
        self._start()

    def action_back(self) -> None:
        if self._working is None:
            self.dismiss(None)
        else:
            self._working.cancel()

    def action_copy(self) -> None:
        if self._working is None:
            self._working = self._copy()

    def _start(self, *, replace: bool = False) -> None:
        typed = self.query_one("#path", Input).value
        if not typed.strip():
            self._show("Enter a file name.")
        elif self._working is None:
            self._working = self._write(typed_path(typed), replace)

    @work(group="export")
    async def _write(self, path: Path, replace: bool) -> None:
        try:
            with new_file(path, replace=replace) as file:
                written = await self._export_to(file)
            self._finish(f"{count(written, 'attempt')} written to {path}")
        except FileExistsAlreadyError as error:
            self._show(str(error))
            question = f"{sanitize(str(error), 1000)} Overwrite it?"
            overwrite = Confirm(question, yes="Overwrite")
            open_screen(self.app, overwrite, lambda _: self._start(replace=True))
        except AppError as error:
            self._show(str(error))
        except asyncio.CancelledError:
            self._show("Cancelled. Nothing was written.")
            raise
        finally:
            self._working = None

    @work(group="export")
    async def _copy(self) -> None:
        text = io.StringIO()
        try:
            await self._export_to(text)
            self._finish(copy(self.app, text.getvalue(), self._session.keep_copy))
        except AppError as error:
            self._show(str(error))
        finally:
            self._working = None

    async def _export_to(self, file: IO[str]) -> int:
        """Writes the export and returns the number of attempts."""
        history, form, what = self._session.history, self._export.form, self._export.what
        if isinstance(what, AttemptRow):
            file.write(history.written(what.attempt_id, form, masked=self._is_masked))
            return 1
        mask = history.mask() if self._is_masked else NO_MASK
        count_done = partial(setattr, self, "_done")  # called in the thread
        progress = self.set_interval(PROGRESS_EVERY_S, self._show_progress)
        try:
            return await in_thread(lambda stop: history.export(what, form, file, count_done, stop, mask=mask))
        finally:
            progress.stop()

    def _show_progress(self) -> None:
        total = self._export.total
        self._show(f"{self._done:,}{'' if total is None else f' of {total:,}'}   Esc cancels")

    def _finish(self, message: str) -> None:
        self.app.notify(sanitize(message, 1000), title="Exported", markup=False)
        self.dismiss(None)

    def _show(self, status: str) -> None:
        self.query_one("#export-status", Static).update(Content(sanitize(status, 1000)))
