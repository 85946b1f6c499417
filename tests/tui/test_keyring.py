"""A keyring that fails or hangs is a message in the dashboard, and keeps nobody in it."""

from pathlib import Path

from app.bootstrap import Profiles
from app.settings import load_settings
from app.tui.app import TriggerDeskApp
from tests.keyrings import in_place, raising, talking
from tests.profiles import Opening
from tests.terminal import run_in_terminal
from tests.tui.conftest import WIDE, Desk

CONFIG = """
[profiles.shop]
base_url = "http://127.0.0.1:9/api/v2"
auth = "wsse"
user = "shop001"
"""
HANGING = """
from threading import Event
from keyring.backend import KeyringBackend

class Ring(KeyringBackend):
    priority = 9

    def set_password(self, service, username, password):
        pass

    def get_password(self, service, username):
        Event().wait()
"""


async def test_a_profile_whose_keyring_fails_sends_nothing_and_can_be_gone_to_and_left(home: Path) -> None:
    (home / "config.toml").write_text(CONFIG)
    profiles = Profiles(load_settings({"TRIGGERDESK_HOME": str(home)}))
    service = profiles.open("sandbox")
    app = TriggerDeskApp(Opening(lambda: service, profiles))
    async with app.run_test(size=WIDE) as pilot:
        desk = Desk(pilot, service)
        await desk.settle()
        with in_place(raising(SystemExit("hunter2"))):
            await desk.press("ctrl+o", "down", "enter")
            assert "shop" in desk.screen().splitlines()[0]
            await desk.press("f4", *"100", "tab", "tab", *"thor@example.com", "f9")
            assert "No secret was found for the profile 'shop'" in desk.text_of("#reply")
            assert "hunter2" not in desk.screen()
            await desk.press("f5")
            assert "TRIGGERDESK_SHOP_SECRET" in desk.said
            assert desk.form.request().event_id == "100"
        with in_place(talking(None)):
            await desk.press("ctrl+l")
            assert "hunter2" not in desk.screen()
            await desk.press("ctrl+o", "up", "enter")
            assert "sandbox" in desk.screen().splitlines()[0]
        again = profiles.open("shop")
        assert list(again.history.list_attempts(0)) == []
        await again.close()


def test_quitting_does_not_wait_for_a_keyring_that_hangs(home: Path, tmp_path: Path) -> None:
    (home / "config.toml").write_text(f'default_profile = "shop"\n{CONFIG}')
    (tmp_path / "hanging.py").write_text(HANGING)
    environment = {
        "TRIGGERDESK_HOME": str(home),
        "PYTHON_KEYRING_BACKEND": "hanging.Ring",
        "PYTHONPATH": str(tmp_path),
    }
    with run_in_terminal(environment=environment) as terminal:
        terminal.wait_for("Waiting for the secret")
