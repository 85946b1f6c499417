"""The desk on an account that is not the sandbox: nothing is known before, and the address may not answer."""

import re
import socket
from pathlib import Path

import pytest
from textual.widgets import TextArea

from tests.tui.conftest import OpenDesk


@pytest.fixture
def unserved() -> str:
    """An address of this machine at which nobody listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}/api/v2"


async def test_what_cannot_be_known_is_not_predicted_and_what_did_not_leave_is_safe(
    open_desk: OpenDesk, home: Path, unserved: str
) -> None:
    (home / "config.toml").write_text(f'[profiles.shop]\nbase_url = "{unserved}"\n')
    async with open_desk(profile="shop") as desk:
        assert "◇ shop · 127.0.0.1:" in desk.text_of("#status")
        assert "on this machine" in desk.text_of("#status")
        assert "No events here." in " ".join(desk.screen().split())
        await desk.press("f4", *"100", "f4", *"thor@example.com  ")
        assert desk.form.request().external_id == "thor@example.com  "
        assert "2 spaces after it" in desk.text_of("#preflight")
        await desk.press("ctrl+g")
        assert desk.form.request().external_id == "thor@example.com"
        assert "spaces" not in desk.text_of("#preflight")
        assert "? Cannot predict the reply" in desk.text_of("#preflight")
        assert desk.text_of("#recipient") == "This contact is not in the local list"

        editor = desk.dashboard.query_one("#event-data", TextArea)
        editor.text = '{"global": {"itemName": "hammer", "itemPrice": "123"}}'
        await desk.settle()
        assert "! Example data, unchanged" in desk.text_of("#preflight")
        editor.text = '{"global": {"itemName": "hammer", "itemPrice": "124"}}'
        await desk.settle()
        assert "Example data" not in desk.text_of("#preflight")
        await desk.press("f4", *"sif@example.com")
        same = r"! Same event data as for thor@example\.com \(\d\d:\d\d\)"
        assert re.search(same, desk.text_of("#preflight"))

        await desk.press("f9")
        assert "○ not sent" in desk.text_of("#reply")
        assert "safe to send again" in desk.text_of("#reply")
