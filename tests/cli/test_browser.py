"""The dashboard in a browser: a web server starts it without a terminal, for accounts that reach nobody real."""

from pathlib import Path

import pytest

from app.bootstrap import Profiles
from app.settings import SettingsError, load_settings
from tests.cli.conftest import Desk

LIVE = '[profiles.shop]\nbase_url = "https://api.example.com/api/v2"\n'


def profiles(home: Path, name: str | None = None) -> Profiles:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(LIVE)
    return Profiles(load_settings({"TRIGGERDESK_HOME": str(home)}, name), in_browser=True)


async def test_the_sandbox_opens_in_a_browser(tmp_path: Path) -> None:
    service = profiles(tmp_path / "home").open()
    assert service.profile.name == "sandbox"
    await service.close()


@pytest.mark.parametrize(("started_with", "then"), [("shop", None), (None, "shop")])
def test_a_live_account_is_not_opened_in_a_browser(
    tmp_path: Path, started_with: str | None, then: str | None
) -> None:
    with pytest.raises(
        SettingsError, match="'shop' reaches real customers, so it is not opened in a browser"
    ):
        profiles(tmp_path / "home", started_with).open(then)


def test_the_driver_of_a_web_server_needs_no_terminal(
    desk: Desk, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    (home / "config.toml").write_text(LIVE)
    monkeypatch.setenv("TEXTUAL_DRIVER", "textual.drivers.web_driver:WebDriver")
    ran = desk("--profile", "shop")
    assert ran.code == 2
    assert "not opened in a browser" in ran.err + ran.out
