"""Keep as check: asks for the file that an attempt is added to as a case."""

from pathlib import Path
from typing import Any

from textual.app import App

from app.domain.errors import AppError
from app.domain.model import Attempt
from app.service.checks import keep_as_case
from app.service.files import typed_path
from app.tui.screens.confirm import Ask
from app.tui.text import sanitize

FILE = "checks.toml"
QUESTION = "Keep as check. Add it to the cases in this file, which is made if there is none:"
HIDDEN = "A check holds the contact's value. Show personal data first."


def keep_as_check(app: App[Any], attempt: Attempt, *, masked: bool) -> None:
    """Asks for the file and adds the attempt; says what went wrong, and changes nothing then."""

    def keep(typed: str | None) -> None:
        if typed is None:
            return
        path = typed_path(typed.strip() or FILE)
        try:
            name = keep_as_case(path, attempt)
        except AppError as error:
            app.notify(sanitize(str(error), 1000), title="Not kept", severity="warning", markup=False)
        else:
            app.notify(
                f"{sanitize(name)}, in {sanitize(str(path), 500)}", title="Kept as check", markup=False
            )

    if masked:
        app.notify(HIDDEN, title="Not kept", severity="warning", markup=False)
    else:
        app.push_screen(Ask(QUESTION, value=str(Path.cwd() / FILE), yes="Add"), keep)
