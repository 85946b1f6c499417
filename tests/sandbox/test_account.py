"""The account in its database: rebuilt when, and only when, the content of the folder is another."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.sandbox.accounts.account import AccountDatabaseError, SandboxAccount
from tests.sandbox.folders import CONTACTS, EVENTS, write_folder


def opened(folder: Path) -> SandboxAccount:
    account = SandboxAccount(folder, folder.parent / "home" / "sandbox.db")
    account.close()
    return account


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path / "folder")


def test_it_is_built_once(folder: Path) -> None:
    assert opened(folder).changed
    assert not opened(folder).changed


@pytest.mark.parametrize("name", ["events.json", "fields.json", "contacts.csv"])
def test_it_is_built_anew_when_a_file_has_another_content(folder: Path, name: str) -> None:
    before = opened(folder).fingerprint
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    account = opened(folder)
    assert account.changed
    assert account.fingerprint != before


def test_it_is_built_anew_when_the_content_changed_but_neither_size_nor_time(folder: Path) -> None:
    file = folder / "contacts.csv"
    opened(folder)
    before = file.stat()
    file.write_text(CONTACTS.replace("thor@", "loki@"), encoding="utf-8")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert opened(folder).changed


def test_touching_a_file_changes_nothing(folder: Path) -> None:
    opened(folder)
    (folder / "events.json").touch()
    assert not opened(folder).changed


def test_a_faulty_change_leaves_the_account_that_was_there(folder: Path) -> None:
    opened(folder)
    (folder / "contacts.csv").write_text("nix", encoding="utf-8")
    with pytest.raises(Exception, match="header"):
        opened(folder)
    (folder / "contacts.csv").write_text(CONTACTS, encoding="utf-8")
    assert not opened(folder).changed


def test_a_damaged_database_is_built_anew(folder: Path) -> None:
    opened(folder)
    (folder.parent / "home" / "sandbox.db").write_bytes(b"no database at all" * 100)
    account = SandboxAccount(folder, folder.parent / "home" / "sandbox.db")
    assert account.changed
    assert account.matches("3", "thor@example.com").ids == ("11",)
    account.close()


def test_an_open_account_goes_on_as_it_was_while_another_is_built_in_its_place(folder: Path) -> None:
    account = SandboxAccount(folder, folder.parent / "home" / "sandbox.db")
    (folder / "contacts.csv").write_text(CONTACTS.replace("thor@", "loki@"), encoding="utf-8")
    assert opened(folder).changed
    assert account.matches("3", "thor@example.com").ids == ("11",)
    account.close()


def test_two_processes_that_build_at_once_do_not_meet(folder: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from app.sandbox.accounts.account import SandboxAccount as A;"
        "a = A(Path(sys.argv[1]), Path(sys.argv[2])); print(a.matches('3', 'thor@example.com').ids)"
    )
    command = [sys.executable, "-c", program, str(folder), str(folder.parent / "home" / "sandbox.db")]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    assert [process.communicate()[0].strip() for process in processes] == ["('11',)"] * 4
    assert not list((folder.parent / "home").glob("*.building"))


def test_a_place_that_cannot_be_written_is_one_sentence(folder: Path) -> None:
    (folder.parent / "home").write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(AccountDatabaseError, match="The sandbox cannot write"):
        opened(folder)


def test_only_its_owner_may_read_it(folder: Path) -> None:
    opened(folder)
    assert (folder.parent / "home" / "sandbox.db").stat().st_mode & 0o777 == 0o600
    assert (folder.parent / "home").stat().st_mode & 0o777 == 0o700


def test_values_looked_up_at_once_are_found_as_one_by_one(folder: Path) -> None:
    account = SandboxAccount(folder, folder.parent / "home" / "sandbox.db")
    values = [
        "thor@example.com",
        "THOR@example.com",
        "twin@example.com",
        "",
        "nix",
        "\ud800",
        "thor@example.com\0",
    ]
    found = account.matches_of_many("3", values)
    assert {value: found[value].ids for value in found} == {
        value: account.matches("3", value).ids for value in values if value in found
    }
    assert found["twin@example.com"].ids == ("12", "13")
    assert "" not in found
    assert account.matches_of_many("10143", ["x"]) == {}
    account.close()


def test_example_data_is_nowhere_in_the_database(folder: Path) -> None:
    write_folder(folder, EVENTS.replace('"a": "b"', '"a": "unmistakable"'))
    opened(folder)
    assert b"unmistakable" not in (folder.parent / "home" / "sandbox.db").read_bytes()


def test_loading_tells_how_far_it_is(tmp_path: Path) -> None:
    rows = "".join(f"{n},u{n},p{n}@example.com,N,\n" for n in range(12_000))
    folder = write_folder(tmp_path / "folder", contacts=f"id,uid,3,1,10142\n{rows}")
    told: list[tuple[int, int]] = []
    SandboxAccount(folder, tmp_path / "sandbox.db", lambda done, total: told.append((done, total))).close()
    size = (folder / "contacts.csv").stat().st_size
    assert len(told) == 3
    assert told == sorted(told)
    assert told[-1] == (size, size)
