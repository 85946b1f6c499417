"""`refresh`: what it fetches, what it tells meanwhile, and that stopping or failing leaves the cache whole."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Desk
from tests.cli.real import Account
from tests.cli.terminal import printed_at
from tests.cli.test_sandbox import served


@pytest.fixture
def shop(desk: Desk, home: Path, open_account: str) -> Account:
    shop = Account(desk, open_account, home)
    shop.configure("")
    return shop


def ids(shop: Account) -> list[str]:
    return [row["id"] for row in shop("contacts", "--limit", "0", "--json").lines]


def test_events_and_fields_always_and_no_contacts_by_default(shop: Account) -> None:
    ran = shop("refresh")
    assert (ran.code, ran.out) == (0, "22 events, 21 fields, 0 contacts\n")
    assert "refresh: events\nrefresh: fields\n" in ran.err
    assert shop("events", "--json").lines[0] == {"id": "100", "name": "purchase_confirmation"}


def test_contacts_by_list_or_by_query(shop: Account) -> None:
    for which, number in (("list:1", 250), ("query:7", 7), ("query:0", 250)):
        shop.configure(f'refresh_contacts = "{which}"')
        assert shop("refresh").code == 0
        assert len(ids(shop)) == number


def test_a_list_that_is_not_there_leaves_the_cache_as_it_was(shop: Account) -> None:
    shop.configure('refresh_contacts = "query:7"')
    shop("refresh")
    before = ids(shop)
    shop.configure('refresh_contacts = "list:77"')
    ran = shop("refresh")
    assert (ran.code, ran.out) == (4, "")
    assert "contact list" in ran.err
    assert ids(shop) == before


def test_the_sandbox_can_be_refreshed_too(desk: Desk) -> None:
    assert desk("refresh").out == "22 events, 21 fields, 250 contacts\n"


def test_a_folder_that_has_become_faulty_is_told_and_changes_nothing(desk: Desk, tmp_path: Path) -> None:
    folder = large(tmp_path / "account", 3)
    assert desk("--account", str(folder), "refresh").out == "1 event, 1 field, 3 contacts\n"
    file = folder / "contacts.csv"
    good = file.read_text()
    file.write_text(f"{good}nobody\n")
    ran = desk("--account", str(folder), "refresh")
    assert (ran.code, ran.out) == (2, "")
    assert "contacts.csv, line 5: " in ran.err
    file.write_text(good.replace("p1@", "q1@"))
    assert desk("--account", str(folder), "refresh").code == 0
    assert "q1@example.com" in desk("--account", str(folder), "contacts", "--json").out


def large(folder: Path, contacts: int) -> Path:
    folder.mkdir()
    (folder / "events.json").write_text('[{"id": 1, "name": "one"}]')
    (folder / "fields.json").write_text('[{"id": 3, "name": "E-Mail"}]')
    lines = (f"{n},u{n},p{n}@example.com\n" for n in range(1, contacts + 1))
    (folder / "contacts.csv").write_text(f"id,uid,3\n{''.join(lines)}")
    return folder


def test_a_refresh_waits_for_the_rate_limit_and_says_so(desk: Desk, home: Path) -> None:
    with served(home.with_name("there"), "--rate-limit", "3") as (url, _):
        shop = Account(desk, url, home)
        shop.configure('refresh_contacts = "query:1"')
        process = subprocess.Popen(
            [sys.executable, "-m", "app", "--profile", "shop", "refresh"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TRIGGERDESK_HOME": str(home)},
        )
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if "rate limit" in line:
                process.send_signal(signal.SIGINT)
                break
        out, err = process.communicate(timeout=20)
        assert "waiting" in said[-1]
        assert (process.returncode, out) == (4, "")
        assert err.endswith("triggerdesk: Stopped. The cache is unchanged.\n")


@pytest.mark.slow
def test_contacts_of_several_pages_arrive_under_a_moving_bar(
    desk: Desk, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRIGGERDESK_ACCOUNT", str(large(tmp_path / "account", 20_000)))
    with served(home.with_name("there")) as (url, _):
        shop = Account(desk, url, home)
        monkeypatch.delenv("TRIGGERDESK_ACCOUNT")
        shop.configure('refresh_contacts = "list:1"')
        screen = printed_at(80, home, "--profile", "shop", "refresh")
        assert re.search(r"refresh: contacts  \[#+-+\]   50%", screen)
        assert shop("contacts", "--filter", "p19999@", "--json").json["id"] == "19999"
