"""Terminals that cannot draw and locales that are not UTF-8: one sentence, or UTF-8 all the same."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}


def drawn(home: Path, **environment: str | None) -> tuple[int, str]:
    """Starts the dashboard on a terminal; returns its exit code and what it printed."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "TRIGGERDESK_HOME": str(home), "TERM": "xterm-256color", **environment}
    known = {name: value for name, value in env.items() if value is not None}
    command = [sys.executable, "-m", "app"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=known) as process:
        code = process.wait(60)
    os.close(theirs)
    printed = os.read(ours, 65_536).decode()
    os.close(ours)
    return code, printed


@pytest.mark.parametrize("term", ["dumb", None])
def test_a_terminal_that_cannot_draw_is_named(tmp_path: Path, term: str | None) -> None:
    code, printed = drawn(tmp_path, TERM=term)
    assert code == 2
    assert printed.count("\n") == 1
    assert f"cannot draw on this terminal (TERM is {term or 'not set'})" in printed
    assert "\x1b" not in printed


def test_a_locale_that_cannot_draw_is_named(tmp_path: Path) -> None:
    code, printed = drawn(tmp_path, **ASCII)
    assert code == 2
    assert printed.count("\n") == 1
    assert "The dashboard draws in UTF-8, but this locale is " in printed
    assert "Set LC_ALL" in printed


@pytest.mark.parametrize("locale", [ASCII, {"PYTHONIOENCODING": "cp1252"}])
def test_files_and_pipes_are_utf_8_in_every_locale(ready_home: Path, locale: dict[str, str]) -> None:
    env = {**os.environ, **locale, "TRIGGERDESK_HOME": str(ready_home)}
    command = [sys.executable, "-m", "app", "contacts", "--limit", "3"]
    ran = subprocess.run(command, capture_output=True, env=env, check=False)
    assert ran.returncode == 0
    assert "Ελένη" in ran.stdout.decode("utf-8")
