"""Copying: to the clipboard where the terminal has one, into a file of the home where not, and it says which."""

import stat
from collections.abc import Mapping
from pathlib import Path

import pytest

from app.domain.errors import AppError
from app.service.files import keep_copy
from app.tui.app import TriggerDeskApp
from app.tui.copying import MAX_BYTES, copy
from tests.profiles import Opening

TERMINAL = {"TERM": "xterm-256color"}


@pytest.fixture
def app() -> TriggerDeskApp:
    def closed() -> None:
        raise AssertionError

    return TriggerDeskApp(Opening(closed))  # type: ignore[arg-type]


def copied(app: TriggerDeskApp, home: Path, text: str, environment: Mapping[str, str]) -> tuple[str, bool]:
    said = copy(app, text, lambda kept: keep_copy(home, kept), environment)
    return said, (home / "copied.txt").exists()


def test_a_terminal_is_asked_for_its_clipboard_and_the_second_time_there_is_a_file_too(
    app: TriggerDeskApp, tmp_path: Path
) -> None:
    said, is_file = copied(app, tmp_path, "curl … ü\ud800", TERMINAL)
    assert said.startswith("To the clipboard. If")
    assert not is_file
    assert app.clipboard == "curl … ü?"
    said, is_file = copied(app, tmp_path, "curl … ü\ud800", TERMINAL)
    assert said == f"To the clipboard again and to {tmp_path / 'copied.txt'}."
    assert (tmp_path / "copied.txt").read_text("utf-8") == "curl … ü?"
    assert stat.S_IMODE((tmp_path / "copied.txt").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("environment", "text", "reason"),
    [
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "Apple_Terminal"}, "a", "Terminal.app"),
        ({"TERM": "screen.xterm-256color", "STY": "1.pts"}, "a", "GNU screen has no"),
        ({"TERM": "linux"}, "a", "This terminal has no clipboard"),
        (TERMINAL, "a" * (MAX_BYTES + 1), "Longer than the 74,994 bytes"),
        (
            {"TERM": "screen-256color", "TMUX": "/tmp/tmux-0/default,1,0"},
            "a",
            "To the clipboard and to",
        ),
    ],
)
def test_a_file_is_written_where_the_clipboard_is_not_to_be_had(
    app: TriggerDeskApp, tmp_path: Path, environment: Mapping[str, str], text: str, reason: str
) -> None:
    (tmp_path / "copied.txt").write_text("before")
    said, _ = copied(app, tmp_path, text, environment)
    assert said.startswith(reason)
    assert str(tmp_path / "copied.txt") in said
    assert (tmp_path / "copied.txt").read_text() == text


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(AppError, match="There is no folder"):
        keep_copy(tmp_path / "gone", "a")
