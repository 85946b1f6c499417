"""The dashboard in a terminal: how it leaves, and what it leaves behind."""

import re
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.bootstrap import open_service
from app.domain.model import NoReply, Outcome
from app.settings import load_settings
from tests.cli.terminal import Terminal, on_a_terminal
from tests.journal.processes import environment
from tests.journal.truth import recovered

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such terminal there")

RESTORED = {
    "alternate screen": b"\x1b[?1049l",
    "mouse": b"\x1b[?1000l",
    "mouse movements": b"\x1b[?1003l",
    "mouse by SGR": b"\x1b[?1006l",
    "bracketed paste": b"\x1b[?2004l",
    "kitty keys": b"\x1b[<u",
    "focus reports": b"\x1b[?1004l",
    "cursor": b"\x1b[?25h",
}


ALTERNATE_SCREEN = r"\x1b\[\?1049h"


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """An endpoint that takes requests and never replies."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        yield server


@pytest.fixture
def home(tmp_path: Path, silent: socket.socket) -> Path:
    """A home whose profile is that endpoint."""
    url = f"http://127.0.0.1:{silent.getsockname()[1]}/api/v2"
    (tmp_path / "config.toml").write_text(
        f'default_profile = "silent"\n[profiles.silent]\nbase_url = "{url}"\n'
    )
    return tmp_path


def check_restored(desk: Terminal, before: list[object]) -> None:
    assert [name for name, sequence in RESTORED.items() if sequence not in desk.drawn] == []
    assert desk.modes == before
    assert b"Traceback" not in desk.drawn


def fill(desk: Terminal, *typed: str) -> None:
    """Chooses event 1 in the form and types the external id."""
    desk.until("Trigger")
    desk.press("f4", "1", "enter")
    desk.until("not in the local list")
    for text in typed:
        desk.press(text)
        desk.until(re.escape(text))


async def draft(home: Path) -> str | None:
    service = open_service(load_settings(environment(home)))
    kept = service.drafts.draft()
    await service.close()
    return None if kept is None else kept.draft.external_id


@pytest.mark.parametrize("by", [signal.SIGTERM, pytest.param(signal.SIGHUP, marks=pytest.mark.slow)])
async def test_bytes_that_are_not_utf_8_do_no_harm_and_a_signal_restores_the_terminal_and_keeps_the_draft(
    by: signal.Signals, home: Path
) -> None:
    pasted, latin_1, never_in_utf_8 = b"\x1b[200~caf\xe9\x1b[201~", b"\xfc", b"\xff\xfe"
    half_a_letter, old_mouse_report = "ü".encode()[:1], b"\x1b[M \xc8\xe1"
    with on_a_terminal(environment(home)) as desk:
        before = desk.modes
        fill(desk)
        for typed in (pasted, latin_1, never_in_utf_8, half_a_letter, old_mouse_report):
            desk.send(typed)
            desk.press("Grüße")
            desk.until("Grüße")
        desk.press("f4")
        desk.press("thor@example.com")
        desk.until("thor@example.com")
        desk.process.send_signal(by)
        assert desk.end() == 128 + by
        check_restored(desk, before)
    assert await draft(home) == "thor@example.com"


@pytest.mark.parametrize("by", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow), None])
async def test_a_trigger_under_way_at_a_signal_or_when_the_window_closes_is_recorded_as_unknown(
    by: signal.Signals | None, home: Path, silent: socket.socket
) -> None:
    with on_a_terminal(environment(home)) as desk:
        before = desk.modes
        fill(desk, "thor@example.com")
        desk.press("f9")
        desk.until("Waiting for the reply")
        connection, _ = silent.accept()
        with connection:
            assert connection.recv(1), "the request has left"
            desk.press("x")
            desk.until("comx")
            if by is None:
                desk.close()
                assert desk.end() == 128 + signal.SIGHUP
            else:
                desk.process.send_signal(by)
                desk.process.send_signal(by)
                assert desk.end() == 128 + by
                check_restored(desk, before)
    (attempt,) = recovered(home)
    assert attempt.outcome is Outcome.UNKNOWN
    assert isinstance(attempt.answer, NoReply)
    assert attempt.answer.reason == "stopped"
    assert await draft(home) == "thor@example.comx"


def test_a_signal_before_the_first_frame_restores_the_terminal(home: Path) -> None:
    with on_a_terminal(environment(home)) as desk:
        before = desk.modes
        desk.until(ALTERNATE_SCREEN, raw=True)
        desk.process.send_signal(signal.SIGHUP)
        assert desk.end() == 128 + signal.SIGHUP
        check_restored(desk, before)


@pytest.mark.parametrize("module", ["app.tui.dashboard", pytest.param("textual.app", marks=pytest.mark.slow)])
def test_ctrl_c_during_the_imports_of_the_dashboard_ends_it_without_a_traceback(
    module: str, home: Path
) -> None:
    with on_a_terminal({**environment(home), "PYTHONPROFILEIMPORTTIME": "1"}) as desk:
        before = desk.modes
        desk.until(rf" {module}\s")
        desk.press("\x03")
        desk.process.send_signal(signal.SIGINT)
        assert desk.end() == 130
        assert desk.modes == before
        assert b"Traceback" not in desk.drawn
        assert b"Exception ignored" not in desk.drawn
