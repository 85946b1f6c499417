"""Export of attempts to a file or the clipboard, with progress and cancel."""

import asyncio
import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static
from textual.worker import Worker

from app.domain.errors import AppError
from app.service.files import FileExistsAlreadyError, new_file
from app.service.history import AttemptRow
from app.tui.bindings import key_of
from app.tui.copying import copy
from app.tui.past import TICKET, Past
from app.tui.screens.confirm import Confirm
from app.tui.text import count, sanitize
from app.tui.widgets.safe_input import SafeInput

TOLD_EVERY_S = 0.2
MOST_COPIED = 2_000
"""Attempts that can be copied at once."""


@dataclass(frozen=True, slots=True)
class Export:
    """What to export in which format: the attempt of a row, or (None) all that are shown.

    `total` is their number, None if unknown.
    """

    title: str
    form: str
    name: str
    row: AttemptRow | None
    total: int | None


class ExportScreen(ModalScreen[None]):
    """Asks for the file; Esc cancels the export, or goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", tooltip="Stop, or go back", id="export.back"),
        Binding("ctrl+y", "copy", "Copy", tooltip="To the clipboard", id="export.copy"),
    ]

    def __init__(self, past: Past, export: Export) -> None:
        super().__init__()
        self._past = past
        self._export = export
        self._working: Worker[None] | None = None
        self._done = 0

    def compose(self) -> ComposeResult:
        with Vertical(id="export") as pane:
            pane.border_title = "Export"
            masked = ", personal data masked" if self._past.is_masked and self._export.form != TICKET else ""
            yield Static(f"{self._export.title}{masked}", markup=False)
            yield SafeInput(str(Path.cwd() / self._export.name), id="path", personal=False)
            copies = f", {key_of(self, 'export.copy')} copies" if self._can_be_copied else ""
            yield Static(f"enter writes the file{copies}", markup=False, id="export-status")
            with Horizontal():
                yield Button("Cancel", id="back", compact=True)
                yield Button("Copy", id="copy", compact=True)
                yield Button("Write file", id="write", compact=True)

    def on_mount(self) -> None:
        self.query_one("#copy").display = self._can_be_copied

    @property
    def _can_be_copied(self) -> bool:
        total = self._export.total
        return total is not None and total <= MOST_COPIED

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Copying is for short exports."""
        return self._can_be_copied if action == "copy" else super().check_action(action, parameters)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "write":
                self._start()
            case "copy":
                self.action_copy()
            case _:
                self.action_back()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self._start()

    def action_back(self) -> None:
        if self._working is None:
            self.dismiss(None)
        else:
            self._working.cancel()

    def action_copy(self) -> None:
        if self._working is None:
            self._working = self._copy_it()

    def _start(self, *, replace: bool = False) -> None:
        typed = self.query_one("#path", Input).value
        if not typed.strip():
            self._say("Enter a file name.")
        elif self._working is None:
            path = Path(os.path.expanduser(typed)).absolute()  # noqa: PTH111 - Path's own raises where there is none
            self._working = self._write(path, replace)

    @work(group="export")
    async def _write(self, path: Path, replace: bool) -> None:
        try:
            with new_file(path, replace=replace) as file:
                written = await self._put(file)
        except FileExistsAlreadyError as error:
            self._say(str(error))
            self.app.push_screen(
                Confirm(f"{sanitize(str(error), 1000)} Overwrite it?", yes="Overwrite", no="Cancel"),
                self._overwrite,
            )
        except AppError as error:
            self._say(str(error))
        except asyncio.CancelledError:
            self._say("Stopped. Nothing was written.")
            raise
        else:
            self._finish(f"{count(written, 'attempt')} written to {path}")
        finally:
            self._working = None

    def _overwrite(self, yes: bool | None) -> None:
        if yes:
            self._start(replace=True)

    @work(group="export")
    async def _copy_it(self) -> None:
        text = io.StringIO()
        try:
            await self._put(text)
            self._finish(copy(self.app, text.getvalue(), self._past.keep_copy))
        except AppError as error:
            self._say(str(error))
        finally:
            self._working = None

    async def _put(self, file: IO[str]) -> int:
        """Writes the export and returns the number of attempts."""
        export = self._export
        if export.row is not None:
            file.write(self._past.written(export.row, export.form))
            return 1
        self._done = 0
        told = self.set_interval(TOLD_EVERY_S, self._tell)
        try:
            return await self._past.export(export.form, file, self._count)
        finally:
            told.stop()

    def _count(self, done: int) -> None:
        """Called in another thread."""
        self._done = done

    def _tell(self) -> None:
        total = self._export.total
        self._say(f"{self._done:,}{'' if total is None else f' of {total:,}'}   esc stops")

    def _finish(self, said: str) -> None:
        self.app.notify(sanitize(said, 1000), title="Exported", markup=False)
        self.dismiss(None)

    def _say(self, said: str) -> None:
        self.query_one("#export-status", Static).update(Content(sanitize(said, 1000)))
