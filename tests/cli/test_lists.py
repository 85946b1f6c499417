"""`events`, `fields`, `contacts`, `version`, the options before the verb, and what is not loaded."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Desk


def test_the_first_verb_fills_the_cache_of_the_sandbox(new_desk: Desk) -> None:
    events = new_desk("events", "--json").lines
    assert events[0] == {"id": "100", "name": "purchase_confirmation"}
    assert [int(event["id"]) for event in events] == sorted(int(event["id"]) for event in events)
    assert len(new_desk("contacts", "--limit", "0", "--json").lines) == 250


def test_rows_have_exactly_the_promised_keys(desk: Desk) -> None:
    field = next(field for field in desk("fields", "--json").lines if field["id"] == "3")
    assert field == {"id": "3", "name": "E-Mail", "string_id": "email", "application_type": "longtext"}
    (thor,) = desk("contacts", "--filter", "THOR@EXAMPLE.COM", "--json").lines
    assert set(thor) == {"id", "uid", "fields"}
    assert thor["id"] == "11"
    assert thor["fields"]["1"] == "Thor"


def test_a_filter_is_a_substring_of_any_value_case_ignored(desk: Desk) -> None:
    assert [row["name"] for row in desk("events", "--filter", "PURCHASE_C", "--json").lines] == [
        "purchase_confirmation"
    ]
    assert [row["id"] for row in desk("contacts", "--filter", "WIN@Example.com", "--json").lines] == [
        "12",
        "13",
    ]
    assert [row["id"] for row in desk("contacts", "--filter", "C-10014", "--json").lines] == ["14"]
    ran = desk("contacts", "--filter", "nobody has this")
    assert (ran.code, ran.out) == (0, "")


def test_the_limit_is_a_hundred_unless_told_otherwise(desk: Desk) -> None:
    assert len(desk("contacts", "--json").lines) == 100
    assert len(desk("contacts", "--limit", "3", "--json").lines) == 3


def test_the_table_is_readable_and_harmless(desk: Desk, hostile_account: Path) -> None:
    for verb in ("events", "fields", "contacts"):
        ran = desk("--account", str(hostile_account), verb)
        assert ran.code == 0
        assert not set(ran.out) & set("\x1b\x00\x07\u202e")
        assert "[/]" in ran.out


def test_changed_account_files_are_served_at_the_next_verb(desk: Desk, hostile_account: Path) -> None:
    account = ("--account", str(hostile_account))
    assert len(desk(*account, "contacts", "--json").lines) == 1
    with (hostile_account / "contacts.csv").open("a", encoding="utf-8") as file:
        file.write("6,u6,new@example.org\n")
    assert len(desk(*account, "contacts", "--json").lines) == 2
    assert (
        desk(*account, "trigger", "1", "--key", "3", "--external-id", "new@example.org", "--json").json[
            "predicted_code"
        ]
        == 0
    )


def test_a_faulty_account_folder_is_refused_with_file_line_and_reason(
    desk: Desk, hostile_account: Path
) -> None:
    (hostile_account / "contacts.csv").write_text("id,uid,3\n5,u5,a@example.org\n5,u6,b@example.org\n")
    ran = desk("--account", str(hostile_account), "contacts")
    assert (ran.code, ran.out) == (2, "")
    assert "contacts.csv" in ran.err
    assert "3" in ran.err


def test_a_real_account_is_never_filled_by_itself(desk: Desk, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[profiles.shop]\nbase_url = "https://api.example.com/api/v2"\n')
    ran = desk("--profile", "shop", "events")
    assert (ran.code, ran.out) == (0, "")
    assert "empty" in ran.err


def test_the_version_is_printed(desk: Desk) -> None:
    assert desk("version").out == desk("--version").out == "0.1.0\n"


def test_without_a_terminal_the_dashboard_names_the_headless_verb(desk: Desk) -> None:
    ran = desk()
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("triggerdesk: The dashboard needs a terminal")
    assert "triggerdesk trigger" in ran.err
    assert ran.err.count("\n") == 1


def test_the_dashboard_says_that_it_draws_on_standard_error_where_only_that_is_no_terminal(
    home: Path,
) -> None:
    ours, theirs = pty.openpty()
    ran = subprocess.run(
        [sys.executable, "-m", "app"],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )
    os.close(theirs)
    os.close(ours)
    assert ran.returncode == 2
    assert "standard error, on which it draws" in ran.stderr
    assert ran.stderr.count("\n") == 1


@pytest.fixture
def hostile_account(tmp_path: Path) -> Path:
    folder = tmp_path / "account"
    folder.mkdir()
    name = "[/] [@click=app.quit]x \\u001b]0;t\\u0007 \\u0000 \\u202e 🎉"
    (folder / "events.json").write_text(f'[{{"id": 1, "name": "{name}"}}]', encoding="utf-8")
    (folder / "fields.json").write_text(f'[{{"id": 3, "name": "{name}"}}]', encoding="utf-8")
    (folder / "contacts.csv").write_text("id,uid,3\n5,u5,[/]\u202e\x1b[31mx\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[keymap]\nsent = "f12"\n', "keymap.sent"),
        ('theme = "midnight"\n', "theme"),
        (
            '[profiles.shop]\naccount = "x"\nsecond_send_s = 1000000000000000000\n',
            "profiles.shop.second_send_s",
        ),
        ('[profiles.shop]\nbase_url = "https://h/api/v2"\nproxy = "socks5://h"\n', "profiles.shop.proxy"),
    ],
)
def test_a_wrong_configuration_is_told_headless_with_its_key(
    desk: Desk, home: Path, text: str, key: str
) -> None:
    home.mkdir(exist_ok=True)
    (home / "config.toml").write_text(text)
    ran = desk("events")
    assert (ran.code, ran.out) == (2, "")
    assert f"config.toml: {key}: " in ran.err
