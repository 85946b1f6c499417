"""A served account from an empty home to the history, signed in both ways, and no secret anywhere on the way."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from keyring.backends import fail

from app.settings.secrets import Secret
from tests.cli.conftest import Desk, Ran
from tests.cli.real import SECRET, Account, everything_in, failing
from tests.keyrings import in_place


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    with in_place(fail.Keyring()):
        yield


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TRIGGERDESK_SHOP_SECRET", SECRET)
    return SECRET


Open = Callable[[str], Account]
TRIGGER = ("trigger", "100", "--key", "3", "--external-id", "thor@example.com")


@pytest.mark.parametrize("auth", ["oauth", "wsse"])
def test_from_an_empty_home_to_the_history_without_a_secret_in_any_file_or_output(
    account: Open, home: Path, auth: str, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = _watched_tokens(monkeypatch)
    shop = account(auth)
    said: list[Ran] = []

    def run(*words: str) -> Ran:
        said.append(shop("--verbose", *words))
        return said[-1]

    said.append(shop.add(auth, "--refresh-contacts", "list:1"))
    checked = run("profile", "check")
    assert checked.code == 0, checked.out
    assert "✗" not in checked.out
    assert f"{auth} accepted" in checked.out
    assert "250 contacts" in run("refresh").out
    sent = run(*TRIGGER, "--json")
    assert (sent.code, sent.json["outcome"], sent.json["http_status"]) == (0, "accepted", 200)
    refused = run(*TRIGGER[:-1], "twin@example.com", "--json")
    assert (refused.code, refused.json["reply_code"], refused.json["predicted_code"]) == (1, 2010, 2010)
    rows = run("history", "--json").lines
    assert [row["reply_code"] for row in rows] == [2010, 0]
    assert {row["profile"] for row in rows} == {"shop"}
    for words in (
        ("profile", "list"),
        ("locate",),
        (*TRIGGER, "--dry-run"),
        (*TRIGGER, "--dry-run", "--json"),
    ):
        assert run(*words).code == 0

    monkeypatch.setenv("TRIGGERDESK_SHOP_SECRET", f"wrong-{SECRET}")
    checked = run("profile", "check")
    assert checked.code == 1
    assert "sign-in" in next(line for line in checked.out.splitlines() if "✗ failed" in line)
    assert run("refresh").code == 4
    sent = run(*TRIGGER, "--json")
    # Without a token nothing leaves; a signature is judged by the reply.
    assert (sent.code, sent.json["outcome"]) == ((4, "not_sent") if auth == "oauth" else (1, "rejected"))

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


def test_without_a_secret_the_variable_is_named_and_nothing_is_recorded(account: Open) -> None:
    shop = account("oauth")
    assert "TRIGGERDESK_SHOP_SECRET" in shop.add("oauth").err
    for words in (TRIGGER, ("refresh",), ("profile", "check")):
        ran = shop(*words)
        assert (ran.code, ran.out) == (2, "")
        assert "TRIGGERDESK_SHOP_SECRET" in ran.err
    assert shop("history", "--json").lines == []


def test_an_account_that_does_not_answer_is_told(desk: Desk, home: Path) -> None:
    shop = Account(desk, "http://127.0.0.1:9", home)
    shop.add("none")
    checked = shop("profile", "check", "shop")
    assert checked.code == 1
    assert "refused the connection" in checked.out
    assert "not asked" in checked.out
    refreshed = shop("refresh")
    assert (refreshed.code, refreshed.out) == (4, "")


def test_a_missing_permission_is_named(account: Open) -> None:
    shop = account("none")
    shop.add("none")
    with failing(shop.url, "403"):
        checked = shop("profile", "check")
    assert checked.code == 1
    assert "lacks the permission externalevent.list" in checked.out
    assert "Without it mails have an id" in checked.out
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
    account: Open, home: Path, secret: str
) -> None:
    shop = account("oauth")
    config, token_url = home / "config.toml", f"{shop.url}/oauth2/token"
    home.mkdir()
    config.write_text(MOVED.format(url=shop.url, version="v2", auth="wsse", more='user = "shop001"'))
    assert shop("history").err.count("X-WSSE on 2026-12-31") == 1
    moved = shop.desk("profile", "move", "shop", "--client-id", "shop001", "--token-url", token_url)
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
    account: Open, home: Path, monkeypatch: pytest.MonkeyPatch, client_id: str
) -> None:
    monkeypatch.setenv("TRIGGERDESK_SHOP_SECRET", SECRET if client_id == "shop002" else "wrong")
    shop = account("oauth")
    home.mkdir()
    before = MOVED.format(url=shop.url, version="v2", auth="wsse", more='user = "shop001"')
    (home / "config.toml").write_text(before)
    words = ("--client-id", client_id, "--token-url", f"{shop.url}/oauth2/token")
    moved = shop.desk("profile", "move", "shop", *words)
    assert moved.code == 1
    assert "The profile 'shop' is unchanged." in moved.err
    assert (home / "config.toml").read_text() == before
