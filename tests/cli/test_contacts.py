"""`contacts`: still a list, and look-up, import and forget beside it."""

import asyncio
import shutil
from functools import partial
from pathlib import Path

import pytest

from app.bootstrap import open_service
from app.domain.model import Draft
from app.resources import sample_data
from app.settings import load_settings
from tests.cli.conftest import Desk
from tests.cli.real import Account, everything_in

TRIGGER = ("trigger", "100", "--key", "3", "--external-id")


@pytest.fixture
def shop(new_desk: Desk, home: Path, open_account: str) -> Account:
    account = Account(new_desk, open_account, home)
    account.configure("")
    return account


def test_a_looked_up_contact_joins_the_cache_and_is_predicted(shop: Account) -> None:
    shop("refresh")
    assert shop(*TRIGGER, "thor@example.com", "--dry-run", "--json").json["predicted_code"] is None
    found = shop("contacts", "lookup", "thor@example.com", "--key", "3", "--json")
    assert (found.code, found.json["id"], found.json["fields"]["1"]) == (0, "11", "Thor")
    assert shop(*TRIGGER, "thor@example.com", "--dry-run", "--json").json["predicted_code"] == 0
    assert [row["id"] for row in shop("contacts", "--json").lines] == ["11"]
    nobody = shop("contacts", "lookup", "loki@example.com", "--key", "3")
    assert (nobody.code, nobody.out) == (1, "")
    assert shop(*TRIGGER, "loki@example.com", "--dry-run", "--json").json["predicted_code"] == 2008


def test_several_contacts_are_found_together(shop: Account) -> None:
    shop("refresh")
    found = shop("contacts", "lookup", "twin@example.com", "--key", "3", "--json")
    assert [row["id"] for row in found.lines] == ["12", "13"]
    assert shop(*TRIGGER, "twin@example.com", "--dry-run", "--json").json["predicted_code"] == 2010


def test_looked_up_and_imported_contacts_survive_a_refresh(shop: Account, tmp_path: Path) -> None:
    shop("refresh")
    shop("contacts", "lookup", "11", "--key", "id")
    file = tmp_path / "more.csv"
    file.write_text("id,3\n900001,new@example.org\n")
    assert shop("contacts", "import", str(file)).code == 0
    shop.configure('refresh_contacts = "query:3"')
    assert shop("refresh").code == 0
    ids = [row["id"] for row in shop("contacts", "--json").lines]
    assert len(ids) == 5
    assert {"11", "900001"} < set(ids)


def test_columns_are_fields_by_id_string_id_or_name(shop: Account, tmp_path: Path) -> None:
    shop("refresh")
    file = tmp_path / "contacts.csv"
    file.write_text(
        "\ufeffEmail;ID;First name;2;Shoe size;uid\r\na@example.org;7001;Ann;O'Hara;39;u7\r\n",
        encoding="utf-8",
    )
    ran = shop("contacts", "import", str(file))
    assert (ran.code, ran.out) == (0, "1 contact imported, 0 lines skipped\n")
    assert "Shoe size" in ran.err
    (row,) = shop("contacts", "--json").lines
    assert row == {"id": "7001", "uid": "u7", "fields": {"1": "Ann", "2": "O'Hara", "3": "a@example.org"}}


def test_bad_lines_are_told_by_number_and_left_out(shop: Account, tmp_path: Path) -> None:
    shop("refresh")
    file = tmp_path / "contacts.csv"
    file.write_bytes(
        b"id,3\n1,a@example.org\n2\n,b@example.org\nx7,c@example.org\n\n"
        b"4,\"d\"e\n5,\"two\nlines\"\n6,f@example.org,more\n7,\"open\n8,g@example.org\n"
    )  # fmt: skip
    ran = shop("contacts", "import", str(file))
    assert ran.code == 0
    told = [line.split(": ")[1] for line in ran.err.splitlines() if ": line " in line]
    assert told == [f"line {number}" for number in (3, 4, 5, 7, 10, 11)]
    assert ran.out == "3 contacts imported, 6 lines skipped\n"
    assert [row["id"] for row in shop("contacts", "--json").lines] == ["1", "5", "8"]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("id;3;1\n1;a@example.org;Ann\n2;b@example.org;Zoë\n".encode("cp1252"), "line 3: This line is not UTF-8"),
        (b"id,3\n1,a@example.org\n2,b\0@example.org\n", "line 3: This line contains a NUL"),
        (b"PK\x03\x04\x14\0\6\0", "spreadsheet"),
    ],
)  # fmt: skip
def test_nothing_is_imported_of_a_file_that_is_not_all_text(
    shop: Account, tmp_path: Path, raw: bytes, reason: str
) -> None:
    shop("refresh")
    file = tmp_path / "contacts.csv"
    file.write_bytes(raw)
    ran = shop("contacts", "import", str(file))
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert reason in ran.err
    assert shop("contacts", "--json").lines == []


def test_of_lines_with_one_id_the_later_one_counts_and_it_is_counted_once(
    shop: Account, tmp_path: Path
) -> None:
    shop("refresh")
    file = tmp_path / "contacts.csv"
    file.write_bytes("sep=;\r\nID;E-Mail\r\n7;a@example.org\r\n8;b@example.org\r\n 7 ;c@example.org\r\n".encode("utf-16"))  # fmt: skip
    ran = shop("contacts", "import", str(file))
    assert (ran.code, ran.out) == (0, "2 contacts imported, 0 lines skipped\n")
    assert ran.err == "triggerdesk: 1 line with the id of an earlier line: the later one counts.\n"
    rows = shop("contacts", "--json").lines
    assert [(row["id"], row["fields"]) for row in rows] == [("7", {"3": "c@example.org"}), ("8", {"3": "b@example.org"})]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "reason"),
    [("name,3", "no column `id`"), ("id,3,e-mail", "Several columns"), ("", "no column `id`")],
)
def test_a_header_that_cannot_be_used_is_refused(
    shop: Account, tmp_path: Path, header: str, reason: str
) -> None:
    shop("refresh")
    file = tmp_path / "contacts.csv"
    file.write_text(f"{header}\n1,2,3\n")
    ran = shop("contacts", "import", str(file))
    assert (ran.code, ran.out) == (2, "")
    assert reason in ran.err


def test_nothing_is_imported_before_the_fields_are_known_nor_into_a_sandbox(
    shop: Account, tmp_path: Path
) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("id,3\n1,a@example.org\n")
    assert "Refresh first" in shop("contacts", "import", str(file)).err
    assert "contacts.csv" in shop.desk("contacts", "import", str(file)).err
    assert shop("contacts", "import", str(tmp_path / "none.csv")).code == 2


def test_a_forgotten_person_is_in_no_byte_of_the_home(shop: Account, home: Path) -> None:
    shop("refresh")
    shop("contacts", "lookup", "thor@example.com", "--key", "3")
    shop("contacts", "lookup", "12", "--key", "id")
    shop(*TRIGGER, "Thor@example.com", "--data", '{"global": {"to": "thor@example.com"}}')
    shop("trigger", "100", "--key", "id", "--external-id", "11", "--data", '{"name": "Odinson"}')
    shop("trigger", "999", "--key", "id", "--external-id", "12", "--data", '{"name": "Twin"}')
    shop("history", "--query", "thor@example.com")
    _keep_notes(home)
    traces = (b"thor@example.com", b"odinson")
    assert all(trace in everything_in(home).lower() for trace in traces)
    assert shop("contacts", "forget", "thor@example.com", "--key", "3").code == 2
    forgotten = shop("contacts", "forget", "thor@example.com", "--key", "3", "--yes")
    assert (forgotten.code, forgotten.err) == (0, "")
    assert "2 attempts" in forgotten.out
    assert not [trace for trace in traces if trace in everything_in(home).lower()]
    rows = shop("history", "--json").lines
    assert [(row["external_id"], row["data"]) for row in rows] == [
        ("12", {"name": "Twin"}), ("(forgotten)", None), ("(forgotten)", None),
    ]  # fmt: skip
    assert [row["reply_code"] for row in rows] == [5001, 0, 0]
    assert [row["id"] for row in shop("contacts", "--json").lines] == ["12"]


def _keep_notes(home: Path) -> None:
    """A draft, a template and a copied text that name the person."""
    service = open_service(load_settings({"TRIGGERDESK_HOME": str(home)}, "shop"))
    service.drafts.save_draft(Draft("100", "id", "11", '{"to": "thor@example.com", "name": "Odinson"}'))
    service.drafts.save_template("to thor", '{"to": "THOR@example.com"}')
    service.keep_copy("to Thor@example.com")
    asyncio.run(service.close())


def test_what_came_by_itself_survives_a_refresh_and_is_told_apart(shop: Account, tmp_path: Path) -> None:
    shop("refresh")
    shop("contacts", "lookup", "thor@example.com", "--key", "3")
    file = tmp_path / "contacts.csv"
    file.write_text("id,3\n900001,a@example.org\n900002,b@example.org\n")
    shop("contacts", "import", str(file))
    assert shop("refresh").out == "22 events, 21 fields, 3 contacts, of them 1 looked up and 2 imported\n"
    assert [row["id"] for row in shop("contacts", "--json").lines] == ["11", "900001", "900002"]
    shop("contacts", "forget", "900001", "--key", "id", "--yes")
    assert shop("refresh").out.endswith("2 contacts, of them 1 looked up and 1 imported\n")


def test_forgetting_asks_for_one_person(shop: Account) -> None:
    shop("refresh")
    shop("contacts", "lookup", "twin@example.com", "--key", "3")
    ran = shop("contacts", "forget", "twin@example.com", "--key", "3", "--yes")
    assert (ran.code, ran.out) == (2, "")
    assert "12, 13" in ran.err


def test_who_stands_in_the_account_folder_would_come_back_and_who_is_built_in_is_nobody(
    desk: Desk, tmp_path: Path
) -> None:
    thor = ("contacts", "forget", "thor@example.com", "--key", "3", "--yes")
    folder = str(shutil.copytree(sample_data(), tmp_path / "account"))
    for ran, said in (
        (desk("--account", folder, *thor), "This contact is in contacts.csv of the account folder."),
        (desk(*thor), "The people of the built-in account are invented: there is nobody to forget."),
    ):
        assert (ran.code, ran.out) == (2, "")
        assert said in ran.err


def test_somebody_whom_only_the_history_knows_is_forgotten_too(desk: Desk, home: Path) -> None:
    desk("trigger", "100", "--key", "3", "--external-id", "loki@example.com")
    assert desk("contacts", "forget", "loki@example.com", "--key", "3", "--yes").code == 0
    assert b"loki@example.com" not in everything_in(home)


def test_who_left_the_account_folder_is_forgotten_by_its_sandbox_too(
    new_desk: Desk, home: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(sample_data(), tmp_path / "account")
    at = partial(new_desk, "--account", str(folder))
    for who in ("thor@example.com", "lukaszz@example.com"):
        at("trigger", "100", "--key", "3", "--external-id", who, "--data", f'{{"to": "{who}"}}')
    contacts = folder / "contacts.csv"
    left = [line for line in contacts.read_text("utf-8").splitlines() if "thor@example.com" not in line]
    contacts.write_text("\n".join(left), "utf-8")
    at("refresh")
    assert at("contacts", "forget", "thor@example.com", "--key", "3", "--yes").code == 0
    assert b"thor@example.com" not in everything_in(home)
    assert b"lukaszz@example.com" in everything_in(home)


def test_forgetting_is_asked_for_at_a_terminal(
    shop: Account, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cli.output.at_terminal", lambda: True)
    shop("refresh")
    shop("contacts", "lookup", "thor@example.com", "--key", "3")
    forget = ("contacts", "forget", "thor@example.com", "--key", "3")
    kept = shop.desk("--profile", "shop", *forget, stdin="n\n")
    assert (kept.code, kept.out) == (2, "")
    assert "contact 11" in kept.err
    assert b"thor@example.com" in everything_in(home)
    assert shop.desk("--profile", "shop", *forget, stdin="y\n").code == 0
    assert b"thor@example.com" not in everything_in(home)


def test_only_the_first_bad_lines_are_told_one_by_one(shop: Account, tmp_path: Path) -> None:
    shop("refresh")
    file = tmp_path / "contacts.csv"
    file.write_text("id,3\n" + "x,y\n" * 50)
    ran = shop("contacts", "import", str(file))
    assert ran.err.count(": line ") == 20
    assert "30 more lines skipped" in ran.err
    assert (ran.code, ran.out) == (1, "0 contacts imported, 50 lines skipped\n")
    assert "Nothing was imported" in ran.err
