"""A served account from an empty home to the history, signed in both ways, and no secret anywhere on the way."""

import base64
import json
import logging
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from keyring.backends import fail

from app.settings.secrets import Secret
from tests.cli.conftest import Desk, Ran
from tests.cli.real import SECRET, Account, account, everything_in
from tests.keyrings import in_place


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    with in_place(fail.Keyring()):
        yield


@pytest.fixture(autouse=True)
def log_files() -> Iterator[None]:
    yield
    logger = logging.getLogger("app")
    for handler in logger.handlers[:]:
        handler.close()
        logger.removeHandler(handler)


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TRIGGERDESK_SHOP_SECRET", SECRET)
    return SECRET


@pytest.mark.parametrize("auth", ["oauth", "wsse"])
def test_from_an_empty_home_to_the_history(desk: Desk, home: Path, auth: str, secret: str) -> None:
    with account(desk, home, auth) as shop:
        assert shop.add(auth, "--refresh-contacts", "query:0").code == 0
        checked = shop("profile", "check")
        assert checked.code == 0, checked.out
        assert "✗" not in checked.out
        assert f"{auth} accepted" in checked.out
        refreshed = shop("refresh")
        assert refreshed.code == 0, refreshed.err
        assert "250 contacts" in refreshed.out
        sent = shop("trigger", "100", "--key", "3", "--external-id", "thor@example.com", "--json")
        assert (sent.code, sent.json["outcome"], sent.json["http_status"]) == (0, "accepted", 200)
        refused = shop("trigger", "100", "--key", "3", "--external-id", "twin@example.com", "--json")
        assert (refused.code, refused.json["reply_code"], refused.json["predicted_code"]) == (1, 2010, 2010)
        rows = shop("history", "--json").lines
        assert [row["reply_code"] for row in rows] == [2010, 0]
        assert {row["profile"] for row in rows} == {"shop"}


@pytest.mark.parametrize("auth", ["oauth", "wsse"])
def test_no_secret_and_no_token_is_in_any_file_or_output(
    desk: Desk, home: Path, auth: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIGGERDESK_SHOP_SECRET", SECRET)
    tokens = _watched_tokens(monkeypatch)
    said: list[Ran] = []
    trigger = ("trigger", "100", "--key", "3", "--external-id", "thor@example.com")
    with account(desk, home, auth) as shop:
        said.append(shop.add(auth, "--refresh-contacts", "list:1"))
        said += [
            desk("--profile", "shop", "--verbose", *words)
            for words in (
                ("profile", "check"), ("profile", "list"), ("refresh",), ("locate",), trigger, (*trigger, "--json"),
                (*trigger, "--dry-run"), (*trigger, "--dry-run", "--json"), ("history", "--json"),
            )
        ]  # fmt: skip
        assert not any(ran.code for ran in said), said
        monkeypatch.setenv("TRIGGERDESK_SHOP_SECRET", f"wrong-{SECRET}")
        said += [shop("refresh"), shop("profile", "check"), shop(*trigger)]
    assert bool(tokens) == (auth == "oauth")
    basic = base64.b64encode(f"shop001:{SECRET}".encode()).decode()
    kept = everything_in(home) + "".join(ran.out + ran.err for ran in said).encode()
    for word in (SECRET, base64.b64encode(SECRET.encode()).decode().rstrip("="), basic, *tokens):
        assert word.encode() not in kept
    assert (home / "triggerdesk.log").exists()


def _watched_tokens(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    tokens: set[str] = set()

    def watched(text: str) -> Secret:
        tokens.add(text)
        return Secret(text)

    monkeypatch.setattr("app.client.auth.Secret", watched)
    return tokens


@pytest.mark.parametrize("auth", ["oauth", "wsse"])
def test_a_wrong_secret_is_told_by_each_verb(
    desk: Desk, home: Path, auth: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIGGERDESK_SHOP_SECRET", "wrong")
    with account(desk, home, auth) as shop:
        shop.add(auth)
        checked = shop("profile", "check")
        assert checked.code == 1
        assert "sign-in" in next(line for line in checked.out.splitlines() if "✗ failed" in line)
        assert shop("refresh").code == 4
        sent = shop("trigger", "100", "--key", "3", "--external-id", "thor@example.com", "--json")
        # Without a token nothing leaves; a signature is judged by the reply.
        assert (sent.code, sent.json["outcome"]) == ((4, "not_sent") if auth == "oauth" else (1, "rejected"))


def test_without_a_secret_the_variable_is_named_and_nothing_is_recorded(desk: Desk, home: Path) -> None:
    with account(desk, home, "oauth") as shop:
        added = shop.add("oauth")
        assert "TRIGGERDESK_SHOP_SECRET" in added.err
        for words in (
            ("trigger", "100", "--key", "3", "--external-id", "thor@example.com"),
            ("refresh",),
            ("profile", "check"),
        ):
            ran = shop(*words)
            assert (ran.code, ran.out) == (2, "")
            assert "TRIGGERDESK_SHOP_SECRET" in ran.err
        assert shop("history", "--json").lines == []


def test_an_account_that_does_not_answer_is_told(desk: Desk, home: Path) -> None:
    with account(desk, home, "none") as shop:
        shop.add("none")
    checked = shop("profile", "check", "shop")
    assert checked.code == 1
    assert "refused the connection" in checked.out
    assert "not asked" in checked.out
    refreshed = shop("refresh")
    assert (refreshed.code, refreshed.out) == (4, "")


def test_a_missing_permission_is_named(desk: Desk, home: Path) -> None:
    with account(desk, home, "none") as shop:
        shop.add("none")
        _fail(shop, "403")
        checked = shop("profile", "check")
    assert checked.code == 1
    assert "externalevent.list" in checked.out
    assert "lacks the permission externalevent.list" in checked.out
    assert "externalevent.trigger  ? unknown" in checked.out


MOVED = """
# The shop
[profiles.shop]
base_url = "{url}/api/{version}" # its address
auth = "{auth}"
{more}
production = true
test_contacts = ["@example.com"]
"""


def test_a_wsse_profile_is_moved_to_oauth_and_keeps_everything_else(
    desk: Desk, home: Path, secret: str
) -> None:
    with account(desk, home, "oauth") as shop:
        config, token_url = home / "config.toml", f"{shop.url}/oauth2/token"
        home.mkdir()
        config.write_text(MOVED.format(url=shop.url, version="v2", auth="wsse", more='user = "shop001"'))
        listed = shop("history")
        assert listed.err.count("X-WSSE on 2026-12-31") == 1
        moved = desk("profile", "move", "shop", "--client-id", "shop001", "--token-url", token_url)
        assert moved.code == 0, moved
        assert "oauth accepted" in moved.out
        assert "signs in by OAuth 2 now" in moved.err
        assert (
            config.read_text()
            == MOVED.format(url=shop.url, version="v3", auth="oauth", more="").replace(
                "\n\nproduction", "\nproduction"
            )
            + f'client_id = "shop001"\ntoken_url = "{token_url}"\n'
        )
        assert "X-WSSE" not in shop("history").err


@pytest.mark.parametrize("client_id", ["shop001", "shop002"])
def test_a_profile_whose_new_sign_in_fails_stays_as_it_was(
    desk: Desk, home: Path, monkeypatch: pytest.MonkeyPatch, client_id: str
) -> None:
    monkeypatch.setenv("TRIGGERDESK_SHOP_SECRET", SECRET if client_id == "shop002" else "wrong")
    with account(desk, home, "oauth") as shop:
        home.mkdir()
        before = MOVED.format(url=shop.url, version="v2", auth="wsse", more='user = "shop001"')
        (home / "config.toml").write_text(before)
        words = ("--client-id", client_id, "--token-url", f"{shop.url}/oauth2/token")
        moved = desk("profile", "move", "shop", *words)
    assert moved.code == 1
    assert "The profile 'shop' is unchanged." in moved.err
    assert (home / "config.toml").read_text() == before


def _fail(shop: Account, kind: str) -> None:
    body = json.dumps({"kind": kind}).encode()
    request = urllib.request.Request(
        f"{shop.url}/_sandbox/faults", body, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as reply:
        assert reply.status in (200, 201)
