"""CSV files as spreadsheets and people write them: what is read, what is named, what is refused."""

import gzip
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from app.domain.attempt_export import csv_line
from app.domain.csv_rows import MAX_LINES, CsvFile, open_csv
from app.domain.errors import FileFaultError
from app.domain.model import Field

FIELDS = (Field("3", "E-Mail", "email"), Field("1", "First Name", "first_name"), Field("7", "Größe"))


def read(raw: bytes) -> tuple[tuple[str, ...], list[tuple[int, list[str]]], list[tuple[int, str]]]:
    faults: list[tuple[int, str]] = []
    file = CsvFile(io.BytesIO(raw), "people.csv")
    rows = [(line, list(cells)) for line, cells in file.rows(lambda *fault: faults.append(fault))]
    return file.header, rows, faults


def refusal(raw: bytes) -> FileFaultError:
    with pytest.raises(FileFaultError) as caught:
        read(raw)
    return caught.value


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_encoding_delimiter_and_line_end_reads_the_same(
    encoding: str, delimiter: str, end: str
) -> None:
    lines = ["id;E-Mail;name", "1;zoë@example.com;Zoë", "", '2;two@example.com;"Two ""II"""']
    raw = (end.join(lines).replace(";", delimiter) + end).encode(encoding)
    assert read(raw) == (
        ("id", "E-Mail", "name"),
        [(2, ["1", "zoë@example.com", "Zoë"]), (4, ["2", "two@example.com", 'Two "II"'])],
        [],
    )


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_named(encoding: str) -> None:
    assert "UTF-16 text without a byte order mark" in refusal("id,3\n1,a\n".encode(encoding)).reason


@pytest.mark.parametrize(
    ("first", "cells"),
    [
        ("sep=;", "1;a,b"),
        ("SEP=|", "1|a,b"),
        ("sep=\t", "1\ta,b"),
        ('"sep=;"', "1;a,b"),
        ("\ufeffsep=;", "1;a,b"),
    ],
)
def test_a_first_line_may_name_the_separator(first: str, cells: str) -> None:
    header, rows, faults = read(f"{first}\r\nid{cells[1]}3\r\n{cells}\r\n".encode())
    assert (header, rows, faults) == (("id", "3"), [(3, ["1", "a,b"])], [])


def test_a_delimiter_inside_quotes_of_the_header_does_not_count() -> None:
    assert read(b'"name, first; or, last";id\nThor;1\n')[1] == [(2, ["Thor", "1"])]


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("  1 ,\ta b  ", ["1", "a b"]),
        ('1, " a "', ["1", " a "]),
        ('1,"a\t"  ', ["1", "a\t"]),
        ("1,\u00a0a\u2003", ["1", "a"]),
        ('1,5" screen', ["1", '5" screen']),
        ('1,""', ["1", ""]),
    ],
)
def test_blanks_around_a_cell_go_but_not_those_in_quotes(line: str, cells: list[str]) -> None:
    assert read(f"id,3\n{line}\n".encode())[1:] == ([(2, cells)], [])


@pytest.mark.parametrize(
    ("lines", "rows", "faults"),
    [
        ('1,"open\n2,b\n3,c\n', [(3, ["2", "b"]), (4, ["3", "c"])], [2]),
        ('1,"open\n2,"b"\n3,"c"\n', [(3, ["2", "b"]), (4, ["3", "c"])], [2]),
        ('1,a\n2,"open', [(2, ["1", "a"])], [3]),
        ('"1,a\n"2,b\n3,"two\nlines"\n', [(4, ["3", "two\nlines"])], [2, 3]),
        ('1,"two\r\n\r\nlines"\r\n2,b', [(2, ["1", "two\r\n\r\nlines"]), (5, ["2", "b"])], []),
    ],
)
def test_a_quote_that_is_never_closed_costs_its_own_line(
    lines: str, rows: Sequence[tuple[int, list[str]]], faults: Sequence[int]
) -> None:
    _, found, told = read(b"id,3\n" + lines.encode())
    assert (found, [line for line, _ in told]) == (rows, faults)
    assert all("never closed" in reason for _, reason in told)


def test_a_quote_that_stays_open_for_long_counts_as_never_closed() -> None:
    lines = "".join(f"{number},x\n" for number in range(MAX_LINES + 5))
    _, rows, faults = read(f'id,3\n0,"\n{lines}9,"\n'.encode())
    assert (len(rows), [line for line, _ in faults]) == (MAX_LINES + 5, [2, MAX_LINES + 8])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('1,"a"b', "Text follows a closing quote"),
        ("1", "1 cell, but the header has 2."),
        ("1,a,b", "3 cells, but the header has 2."),
    ],
)
def test_a_line_that_is_no_row_is_named_and_skipped(line: str, reason: str) -> None:
    _, rows, ((number, told),) = read(f"id,3\n1,a\n{line}\n,\n2,b\n".encode())
    assert (rows, number) == ([(2, ["1", "a"]), (5, ["2", "b"])], 3)
    assert reason in told


def _zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return file.getvalue()


@pytest.mark.parametrize(
    ("raw", "line", "reason"),
    [
        ("id,3\n1,a\n2,café\n".encode("cp1252"), 3, "not UTF-8. Save it as"),
        ("id;Größe\r1;2\r".encode("cp1252"), 1, "not UTF-8. Save it as"),
        (b"id,3\n1,a\xe2\x82", 2, "not UTF-8. Save it as"),
        (b"\xff\xfei\0d\0\n\0\x00\xd8\n\0", 2, "not UTF-16. Save it as"),
        (b"id,3\r\n1,a\r\n2,b\0c\r\n", 3, "NUL"),
        ("id,3\n\0,a\n".encode("utf-16"), 2, "NUL"),
        (b"id,3\n" + b"1,a\n" * 300_000 + b"2,\0\n", 300_002, "NUL"),
        (_zipped(), None, "spreadsheet (.xlsx) or a zip file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", None, "spreadsheet (.xls)"),
        (b"%PDF-1.7\n%\xe2\xe3", None, "PDF"),
        (gzip.compress(b"id,3\n1,a\n"), None, "binary"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0", None, "binary"),
        (b"\x7fELF\2\1\1\0", None, "binary"),
        (b"", None, "empty"),
        (b"\xef\xbb\xbf\r\n \r\n", None, "empty"),
        (b"sep=;\n", None, "empty"),
        (b'id,"3\n1,a\n', 1, "never closed"),
    ],
    ids=lambda value: "file" if isinstance(value, bytes) else None,
)  # fmt: skip
def test_what_is_no_csv_is_said_and_nothing_is_read(raw: bytes, line: int | None, reason: str) -> None:
    error = refusal(raw)
    assert error.line == line
    assert reason in error.reason
    assert str(error).startswith(f"people.csv{f', line {line}' if line else ''}: ")


@pytest.mark.parametrize(
    ("header", "keys"),
    [
        ("id,uid,3", ("id", "uid", "3")),
        (" ID , e-mail,FIRST NAME", ("id", "3", "1")),
        ("Id,EMAIL,FirstName,shoe size", ("id", "3", "1", None)),
        ("\u200bid,E-Mail\u00a0,first_name,GRÖSSE", ("id", "3", "1", "7")),
        ("name", (None,)),
    ],
)
def test_a_column_is_named_by_id_string_id_or_name(header: str, keys: tuple[str | None, ...]) -> None:
    assert CsvFile(io.BytesIO(header.encode()), "people.csv").keys(FIELDS) == keys


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("id,3,e-mail", "Several columns name the same field: 3."),
        ("id,ID", "Several columns name the same field: id."),
        ("id,PHONE", "matches the fields 5, 6. Use the field id."),
    ],
)
def test_columns_that_name_one_field_twice_or_several_at_once_are_refused(header: str, reason: str) -> None:
    file = CsvFile(io.BytesIO(f"\n{header}\n".encode()), "people.csv")
    with pytest.raises(FileFaultError, match=reason) as caught:
        file.keys([*FIELDS, Field("5", "Phone"), Field("6", "phone"), Field("8", "x", "5")])
    assert caught.value.line == 2


def test_a_file_is_opened_by_its_path_and_says_how_much_is_read(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"id,3\n1,a\n")
    with open_csv(path) as file:
        assert [list(cells) for _, cells in file.rows(lambda *_: None)] == [["1", "a"]]
        assert (file.done, file.size) == (9, 9)
    with pytest.raises(FileFaultError, match="cannot be read: No such file"), open_csv(tmp_path / "none.csv"):
        pass


@pytest.mark.parametrize(
    "cells",
    [[" x", "y"], ["x", "y\u00a0"], [" ", ""], ["a,b", 'say "hi"'], ["two\nlines", "\tx"], ["", "007"]],
)
def test_a_row_that_the_program_writes_is_read_as_it_was(cells: list[str]) -> None:
    raw = f"one,two\n{csv_line(cells)}\n".encode()
    assert read(raw) == (("one", "two"), [(2, cells)], [])
