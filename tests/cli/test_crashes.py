"""A dashboard that crashes: the terminal is restored, the exit code says so, and no secret is shown."""

import sys
from pathlib import Path

import pytest

from tests.cli.real import SECRET
from tests.cli.terminal import on_a_terminal
from tests.journal.processes import environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no such terminal there")

CONFIG = """\
default_profile = "shop"
[profiles.shop]
base_url = "http://127.0.0.1:1/api/v2"
auth = "wsse"
user = "shop001"
"""
F1 = b"\x1bOP"
FOCUS_EVENT = b"\x1b[I"
CAUSES = {"worker thread": F1, "message handler": FOCUS_EVENT}


@pytest.mark.parametrize(
    "place", ["compose", "worker thread", pytest.param("message handler", marks=pytest.mark.slow)]
)
def test_a_crash_exits_1_and_shows_neither_the_secret_nor_locals(place: str, tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    told = {"TRIGGERDESK_SHOP_SECRET": SECRET, "CRASH_AT": place}
    with on_a_terminal({**environment(tmp_path), **told}, module="tests.cli.crashing") as desk:
        before = desk.modes
        if place in CAUSES:
            desk.until("Trigger")
            desk.send(CAUSES[place])
        assert desk.end() == 1
        assert desk.modes == before
    drawn = desk.drawn.decode("utf-8", "replace")
    assert "a fault where the secret is a local" in drawn
    assert SECRET not in drawn
    assert "locals " not in drawn
