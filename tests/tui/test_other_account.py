"""The desk on an account that is not the sandbox: nothing is known before, and the address may not answer."""

import socket
from pathlib import Path

import pytest
from textual.widgets import Input

from app.bootstrap import open_service
from app.settings import load_settings
from app.tui.app import TriggerDeskApp
from tests.profiles import Opening
from tests.tui.conftest import WIDE, Desk


@pytest.fixture
def unserved(tmp_path: Path) -> Path:
    """A home whose profile points at a port of this machine on which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    (tmp_path / "config.toml").write_text(f'[profiles.shop]\nbase_url = "http://127.0.0.1:{port}/api/v2"\n')
    return tmp_path


async def test_what_cannot_be_known_is_not_predicted_and_what_did_not_leave_is_safe(unserved: Path) -> None:
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(unserved)}, profile="shop"))
    app = TriggerDeskApp(Opening(lambda: service))
    async with app.run_test(size=WIDE) as pilot:
        desk = Desk(pilot, service)
        await desk.settle()
        assert "◇ shop · 127.0.0.1:" in desk.text_of("#status")
        assert "on this machine" in desk.text_of("#status")
        assert "No events here." in " ".join(desk.screen().split())
        app.screen.query_one("#event-id", Input).value = "100"
        app.screen.query_one("#external-id", Input).value = "thor@example.com"
        await desk.settle()
        assert "? Cannot predict the reply" in desk.text_of("#preflight")
        await desk.press("f9")
        assert "○ not sent" in desk.text_of("#reply")
        assert "safe to send again" in desk.text_of("#reply")
