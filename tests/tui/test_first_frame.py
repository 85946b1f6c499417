"""What the first frame does without, and what a key does before and after."""

import subprocess
import sys

from app.tui.screens.actions import Action

LATER = (
    "app.tui.screens.parts",
    "app.tui.screens.confirm",
    "app.tui.notices",
    "app.tui.widgets.trigger_form",
    "app.sandbox",
    "httpx",
    "sqlite_utils",
)


def test_what_the_first_frame_does_without_is_not_imported_with_the_dashboard() -> None:
    program = f"import sys, app.bootstrap, app.tui.app; print(*{{*{LATER!r}}} & {{*sys.modules}})"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []


def test_an_action_that_is_off_is_dimmed_or_not_shown() -> None:
    assert Action(list).works
    assert Action(list, lambda: "Not now.").works is None
    assert Action(list, lambda: "Not now.", is_hidden=True).works is False
