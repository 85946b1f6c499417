"""The guard: what it refuses has no row, leaves nothing, and ends with 2."""

from pathlib import Path

import pytest

from tests.cli.conftest import Desk
from tests.cli.real import Account

THOR = ("trigger", "100", "--key", "3", "--external-id", "thor@example.com")


@pytest.fixture
def shop(desk: Desk, home: Path, open_account: str) -> Account:
    account = Account(desk, open_account, home)
    account.configure("")
    return account


def test_a_loopback_profile_asks_for_nothing_unless_it_says_production(shop: Account) -> None:
    shop.configure("")
    assert shop(*THOR).code == 0
    shop.configure("production = true")
    refused = shop(*THOR)
    assert (refused.code, refused.out) == (2, "")
    assert "--production shop" in refused.err
    assert shop(*THOR, "--production", "shop").code == 0
    assert len(shop("history", "--json").lines) == 2


def test_the_named_account_must_be_the_one_that_is_live(shop: Account) -> None:
    shop.configure("production = true")
    assert shop(*THOR, "--production", "other").code == 2
    assert shop.desk(*THOR, "--production", "shop").code == 2
    assert shop.desk(*THOR, "--production", "sandbox").code == 0


def test_other_hosts_are_production_unless_the_profile_says_otherwise(desk: Desk, home: Path) -> None:
    home.mkdir()
    profile = '[profiles.shop]\nbase_url = "https://nowhere.invalid/api/v2"\ndeadline_s = 5\n'
    (home / "config.toml").write_text(profile)
    assert desk("--profile", "shop", *THOR).code == 2
    assert desk("--profile", "shop", "history", "--json").lines == []
    (home / "config.toml").write_text(f"{profile}production = false\n")
    assert desk("--profile", "shop", *THOR).code == 4


def test_only_listed_test_contacts_are_triggered(shop: Account) -> None:
    shop.configure('test_contacts = ["THOR@example.com", "@example.org"]')
    assert shop(*THOR).code == 0
    refused = shop("trigger", "100", "--key", "3", "--external-id", "twin@example.com")
    assert (refused.code, refused.out) == (2, "")
    assert "test contacts" in refused.err
    assert shop("trigger", "100", "--key", "3", "--external-id", "no@Example.ORG").code == 1
    assert shop("trigger", "100", "--key", "3", "--external-id", "thor@example.com@evil.example").code == 2
    assert len(shop("history", "--json").lines) == 2


def test_by_another_key_the_cache_must_know_a_listed_address(shop: Account) -> None:
    shop.configure('test_contacts = ["thor@example.com"]')
    by_id = ("trigger", "100", "--key", "id", "--external-id")
    unknown = shop(*by_id, "11")
    assert unknown.code == 2
    assert "this contact is not in the local list" in unknown.err
    assert shop("contacts", "lookup", "11", "--key", "id").code == 0
    assert shop("contacts", "lookup", "12", "--key", "id").code == 0
    assert shop(*by_id, "11").code == 0
    assert shop(*by_id, "12").code == 2


def test_a_dry_run_is_never_refused(shop: Account) -> None:
    shop.configure('production = true\ntest_contacts = ["@example.org"]')
    assert shop(*THOR, "--dry-run").code == 0
