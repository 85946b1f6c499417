"""An account folder that is none is refused with file, line and reason."""

from pathlib import Path

import pytest

from app.domain.errors import FileFaultError
from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.accounts.folder import examples
from tests.sandbox.folders import CONTACTS, EVENTS, FIELDS, write_folder


def refused(folder: Path, **files: str) -> FileFaultError:
    with pytest.raises(FileFaultError) as caught:
        SandboxAccount(write_folder(folder, **files), folder / "sandbox.db")
    assert not list(folder.glob("sandbox.db*"))
    return caught.value


@pytest.mark.parametrize(
    ("contacts", "line", "reason"),
    [
        ("uid,3\n", 1, "The header has no column `id`. Every contact needs an id."),
        ("id,uid,9\n", 1, "The column '9' is not a field of fields.json."),
        ("id,uid,\n", 1, "The column '' is not a field of fields.json."),
        ("id,uid,3,1,e-mail\n", 1, "Several columns name the same field: 3. Keep one."),
        ("id,uid,3\n1,a,x\n2,b\n", 3, "2 cells, but the header has 3."),
        ("id,uid,3\r\n1,a,x\r\n2,b,y,z\r\n", 3, "4 cells, but the header has 3."),
        ('id,uid,3\n1,a,"two\nlines"\n2,b\n', 4, "2 cells, but the header has 3."),
        ("id,uid,3\n1,a,x\n7,b,y\n1,c,z\n", 4, "Duplicate contact id 1."),
        ('id,uid,3\n1,a,"x\n\n"\n2,a,y\n', 5, "Duplicate contact uid a."),
        ("id,uid,3\nx1,a,b\n", 2, "The contact id must be digits, not 'x1'."),
        ("id,uid,3\n,a,b\n", 2, "The contact id must be digits, not ''."),
        ("id,uid,3\n-1,a,b\n", 2, "The contact id must be digits, not '-1'."),
        ("id,uid,3\n²,a,b\n", 2, "The contact id must be digits, not '²'."),
    ],
)
def test_a_faulty_line_of_contacts_is_named(tmp_path: Path, contacts: str, line: int, reason: str) -> None:
    error = refused(tmp_path, contacts=contacts)
    assert (error.line, error.reason) == (line, reason)
    assert str(error) == f"{tmp_path / 'contacts.csv'}, line {line}: {reason}"


def test_a_quote_out_of_place_is_named(tmp_path: Path) -> None:
    error = refused(tmp_path, contacts='id,uid,3\n1,a,"x"y\n')
    assert error.line == 2


def test_contacts_that_are_not_utf_8_are_refused_at_the_first_such_line(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    (folder / "contacts.csv").write_bytes(b"id,uid,3\n1,a,x\n2,b,\xe9\n")
    with pytest.raises(FileFaultError) as caught:
        SandboxAccount(folder, tmp_path / "sandbox.db")
    assert (caught.value.line, caught.value.reason) == (
        3,
        'This line is not UTF-8. Save it as "CSV UTF-8" in the spreadsheet program.',
    )


@pytest.mark.parametrize(
    ("events", "line", "reason"),
    [
        ("{}", 1, "The file must be a JSON array of objects."),
        ('[\n{"id": 1, "name": "a"},\n 5]', 3, "An entry must be a JSON object."),
        ('[\n{"id": 1,\n"name" "a"}]', 3, "Invalid JSON: Expecting ':' delimiter."),
        ('[{"name": "a"}]', 1, '"id" must be a number, written as digits.'),
        ('[{"id": true, "name": "a"}]', 1, '"id" must be a number, written as digits.'),
        ('[{"id": "purchase", "name": "a"}]', 1, '"id" must be a number, written as digits.'),
        ('[{"id": -1, "name": "a"}]', 1, '"id" must be a number, written as digits.'),
        ('[{"id": 1}]', 1, '"name" is missing.'),
        ('[{"id": 1, "name": 2}]', 1, '"name" must be text.'),
        ('[{"id": 1, "name": "\\ud800"}]', 1, '"name" holds half a surrogate pair, which is no text.'),
        (
            '[{"id": 1, "name": "a"},\n{"id": "1", "name": "b"}]',
            2,
            "Duplicate event id 1.",
        ),
        ('[{"id": 1, "name": "a", "attached": "no"}]', 1, '"attached" must be true or false.'),
        ('[{"id": 1, "name": "a", "example_data": [1]}]', 1, '"example_data" must be a JSON object.'),
    ],
)
def test_a_faulty_event_is_named(tmp_path: Path, events: str, line: int, reason: str) -> None:
    error = refused(tmp_path, events=events)
    assert (error.line, error.reason) == (line, reason)


def test_a_faulty_field_is_named(tmp_path: Path) -> None:
    error = refused(tmp_path, fields='[{"id": 3, "name": "a"},\n\n{"id": "3", "name": "b"}]')
    assert error.line == 3


def test_json_nested_without_end_is_refused(tmp_path: Path) -> None:
    assert "nested too deeply" in refused(tmp_path, events="[" * 100_000).reason


@pytest.mark.parametrize("missing", ["events.json", "fields.json", "contacts.csv"])
def test_a_missing_file_is_named(tmp_path: Path, missing: str) -> None:
    (write_folder(tmp_path) / missing).unlink()
    with pytest.raises(FileFaultError) as caught:
        SandboxAccount(tmp_path, tmp_path / "sandbox.db")
    assert str(caught.value) == f"{tmp_path / missing}: The file cannot be read: No such file or directory."


def test_marks_line_ends_empty_lines_and_empty_uids_are_allowed(tmp_path: Path) -> None:
    contacts = "\ufeffid,uid,10142,3\r\n1,,C-1,x@example.com\r\n\r\n2,,,\r\n"
    write_folder(tmp_path, "\ufeff" + EVENTS, "\ufeff" + FIELDS, contacts)
    account = SandboxAccount(tmp_path, tmp_path / "sandbox.db")
    assert account.matches("3", "X@EXAMPLE.COM").ids == ("1",)
    assert account.matches("10142", "C-1").ids == ("1",)
    assert account.matches("uid", "").ids == ()
    account.close()


@pytest.mark.parametrize(
    "contacts",
    [
        "id;E-Mail;uid\r\n1;x@example.com;u1\r\n",
        "sep=|\nuid|ID|email\nu1| 1 |x@example.com\n",
        "E-MAIL\tUID\tId\rx@example.com\tu1\t1\r",
    ],
)
def test_columns_are_read_in_any_order_by_any_name(tmp_path: Path, contacts: str) -> None:
    write_folder(tmp_path, contacts=contacts)
    account = SandboxAccount(tmp_path, tmp_path / "sandbox.db")
    assert account.matches("3", "x@example.com").ids == account.matches("uid", "u1").ids == ("1",)
    account.close()


def test_contacts_need_no_uid(tmp_path: Path) -> None:
    write_folder(tmp_path, contacts="id,3\n1,x@example.com\n2,y@example.com\n")
    account = SandboxAccount(tmp_path, tmp_path / "sandbox.db")
    assert account.matches("3", "y@example.com").ids == ("2",)
    account.close()


def test_a_contacts_file_without_a_header_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, contacts="").reason == "The file is empty."


def test_examples_are_read_from_the_folder_alone(tmp_path: Path) -> None:
    assert examples(write_folder(tmp_path)) == {"100": {"global": {"a": "b"}}}


def test_other_keys_and_files_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    write_folder(tmp_path, '[{"id": 1, "name": "a", "colour": [1]}]', FIELDS, CONTACTS)
    SandboxAccount(tmp_path, tmp_path / "sandbox.db").close()
