"""`profile add`, `list`, `remove`, and `locate`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from keyring.backends import fail

from tests.cli.conftest import Desk
from tests.keyrings import MemoryKeyring, in_place

SHOP = (
    "profile",
    "add",
    "shop",
    "--base-url",
    "https://api.example.com/api/v2",
    "--auth",
    "wsse",
    "--user",
    "shop001",
)


@pytest.fixture(autouse=True)
def ring() -> Iterator[MemoryKeyring]:
    ring = MemoryKeyring()
    with in_place(ring):
        yield ring


@pytest.fixture
def at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.cli.output.at_terminal", lambda: True)
    monkeypatch.setattr("app.cli.profile.at_terminal", lambda: True)


def test_a_profile_is_added_listed_and_removed(desk: Desk, home: Path) -> None:
    added = desk(*SHOP, "--test-contact", "@example.com", "--test-contact", "x@example.org", "--default")
    assert added.code == 0
    assert "--production shop" in added.err
    assert "X-WSSE on 2026-12-31" in added.err
    assert "next API" not in added.err
    text = (home / "config.toml").read_text()
    assert 'test_contacts = ["@example.com", "x@example.org"]' in text
    assert desk("profile", "list", "--json").lines == [
        {
            "name": "sandbox",
            "base_url": None,
            "account": None,
            "auth": "none",
            "production": False,
            "default": False,
        },
        {
            "name": "shop",
            "base_url": "https://api.example.com/api/v2",
            "account": None,
            "auth": "wsse",
            "production": True,
            "default": True,
        },
    ]
    assert desk("profile", "list").out.splitlines()[2].split() == [
        "shop", "https://api.example.com/api/v2", "wsse", "live", "default",
    ]  # fmt: skip
    removed = desk("profile", "remove", "shop", "--yes")
    assert removed.code == 0
    assert "history" in removed.out
    assert [row["name"] for row in desk("profile", "list", "--json").lines] == ["sandbox"]


def test_the_secret_is_asked_for_hidden_and_kept_in_the_keyring(
    desk: Desk, home: Path, ring: MemoryKeyring, at_a_terminal: None
) -> None:
    added = desk(*SHOP, stdin="hunter2\n")
    assert "in the keyring" in added.err
    assert ring.held == {("triggerdesk", "shop"): "hunter2"}
    assert "hunter2" not in added.out + added.err + (home / "config.toml").read_text()
    assert "removed from the keyring" in desk("profile", "remove", "shop", "--yes").out
    assert ring.held == {}


def test_without_a_keyring_the_other_ways_are_told_after_asking(desk: Desk, at_a_terminal: None) -> None:
    with in_place(fail.Keyring()):
        added = desk(*SHOP, stdin="hunter2\n")
    assert added.code == 0
    assert "no keyring" in added.err
    assert "TRIGGERDESK_SHOP_SECRET" in added.err
    assert "hunter2" not in added.out + added.err


@pytest.mark.parametrize("more", [("--secret-command", "pass shop"), ()])
def test_a_secret_that_comes_from_elsewhere_is_not_asked_for(
    desk: Desk, at_a_terminal: None, more: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIGGERDESK_SHOP_SECRET", "" if more else "hunter2")
    added = desk(*SHOP, *more)
    assert added.code == 0
    assert "Secret" not in added.err


def test_a_secret_that_is_left_out_is_told(desk: Desk, ring: MemoryKeyring, at_a_terminal: None) -> None:
    assert "still missing" in desk(*SHOP, stdin="\n").err
    assert ring.held == {}


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("shop",), "exactly one of base_url and account"),
        (("shop", "--base-url", "http://api.example.com/api/v2"), "this machine only"),
        (("shop", "--base-url", "https://h/api/v3", "--auth", "oauth"), "client_id: is missing"),
        (("sandbox", "--account", "x"), "built in"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_written(
    desk: Desk, home: Path, words: tuple[str, ...], reason: str
) -> None:
    ran = desk("profile", "add", *words)
    assert (ran.code, ran.out) == (2, "")
    assert reason in ran.err
    assert not (home / "config.toml").exists()


def test_the_host_of_the_next_api_is_said_to_have_no_events(desk: Desk) -> None:
    added = desk("profile", "add", "next", "--base-url", "https://api.sap.emarsys.net/api/v3")
    assert added.code == 0
    assert "the next API, which has no external events" in added.err


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("shop", "--client-id", "a:b"), "client_id"),
        (("shop", "--client-id", "id", "--token-url", "http://example.com"), "this machine only"),
        (("other", "--client-id", "id"), "There is no profile 'other'"),
        (("plain", "--client-id", "id"), "does not sign in by X-WSSE"),
        (("shop", "--client-id", "id"), "The client secret is missing"),
    ],
)
def test_a_profile_that_cannot_be_moved_stays(
    desk: Desk, home: Path, words: tuple[str, ...], reason: str
) -> None:
    desk(*SHOP)
    desk("profile", "add", "plain", "--account", "mine")
    before = (home / "config.toml").read_text()
    ran = desk("profile", "move", *words)
    assert (ran.code, ran.out) == (2, "")
    assert reason in ran.err
    assert (home / "config.toml").read_text() == before


def test_a_removal_is_confirmed(desk: Desk, home: Path, at_a_terminal: None) -> None:
    desk("profile", "add", "shop", "--account", "mine")
    kept = desk("profile", "remove", "shop", stdin="n\n")
    assert (kept.code, kept.out) == (2, "")
    assert desk("profile", "remove", "shop", stdin="y\n").code == 0
    gone = desk("profile", "remove", "shop")
    assert (gone.code, gone.err) == (2, "triggerdesk: There is no profile 'shop'. Profiles: sandbox.\n")


def test_nobody_can_be_asked_without_a_terminal(desk: Desk) -> None:
    desk("profile", "add", "shop", "--account", "mine")
    ran = desk("profile", "remove", "shop")
    assert (ran.code, ran.out) == (2, "")
    assert "--yes" in ran.err


def test_the_places_are_told(desk: Desk, home: Path) -> None:
    places = desk("locate", "--json").json
    assert places["config"] == str(home / "config.toml")
    assert places["cache"] == str(home / "accounts" / "sandbox" / "cache.db")
    assert str(home / "history.db") in desk("locate").out
