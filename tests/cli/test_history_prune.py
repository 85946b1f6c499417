"""`history prune`: shown first, asked for, and off unless the profile names a retention."""

from pathlib import Path

import pytest

from tests.cli.conftest import Desk


@pytest.fixture
def kept(desk: Desk, home: Path, tmp_path: Path) -> Desk:
    """A desk on an account folder that keeps two attempts, with three made."""
    folder = tmp_path / "account"
    folder.mkdir()
    (folder / "events.json").write_text('[{"id": 1, "name": "one"}]')
    (folder / "fields.json").write_text('[{"id": 3, "name": "E-Mail"}]')
    (folder / "contacts.csv").write_text("id,uid,3\n1,u1,a@example.com\n")
    home.mkdir()
    (home / "config.toml").write_text(
        f'default_profile = "mine"\n[profiles.mine]\naccount = "{folder}"\nretention_rows = 2\n'
    )
    for _ in range(3):
        assert desk("trigger", "1", "--key", "3", "--external-id", "a@example.com").code == 0
    return desk


def test_nothing_goes_by_itself(kept: Desk) -> None:
    assert len(kept("history", "--json").lines) == 3


def test_what_goes_is_shown_and_asked_for(kept: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = kept("history", "prune")
    assert (shown.code, shown.out) == (2, "")
    assert "Delete 1 attempt" in shown.err
    monkeypatch.setattr("app.cli.output.at_terminal", lambda: True)
    assert kept("history", "prune", stdin="n\n").code == 2
    assert len(kept("history", "--json").lines) == 3
    assert kept("history", "prune", stdin="y\n").code == 0
    assert len(kept("history", "--json").lines) == 2
    assert kept("history", "prune", "--yes").out == "No attempt is past the profile's retention.\n"


def test_without_a_retention_all_are_kept(desk: Desk) -> None:
    desk("trigger", "100", "--key", "3", "--external-id", "thor@example.com")
    assert "No attempt" in desk("history", "prune", "--yes").out
    assert len(desk("history", "--json").lines) == 1
