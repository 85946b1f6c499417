"""How results are printed: tables that fit a terminal and are whole in a pipe, questions, progress."""

import re
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import Desk
from tests.cli.terminal import printed_at
from tests.cli.test_history import send

LONG = "a-long-name-of-a-customer-that-nobody-shortens@subdomain.example.com"
DESCRIPTION = "No match for the specified [key_id] - [external_id] pair."
TRIGGER = ("trigger", "100", "--key", "3", "--external-id", "thor@example.com")


def columns(table: str) -> dict[str, str]:
    """The text of each column of a table of one row, its wrapped lines joined."""
    header, *lines = table.rstrip("\n").split("\n")
    starts = [found.start() for found in re.finditer(r"(?<!\S)\S+(?: \S+)*", header)]
    ends = [*starts[1:], None]
    names = [header[start:end].strip() for start, end in zip(starts, ends, strict=True)]
    texts = [[line[start:end].strip() for line in lines] for start, end in zip(starts, ends, strict=True)]
    return {name: "".join(text) for name, text in zip(names, texts, strict=True)}


def test_a_table_fits_the_terminal_and_cuts_no_value(desk: Desk, home: Path) -> None:
    send(desk, LONG)
    table = printed_at(80, home, "history")
    assert max(map(len, table.splitlines())) <= 80
    shown = columns(table)
    assert shown["EXTERNAL ID"] == LONG
    assert shown["CODE"] == "2008"
    assert shown["EVENT"].replace(" ", "") == "100purchase_confirmation"
    assert shown["DESCRIPTION"].replace(" ", "") == DESCRIPTION.replace(" ", "")


def test_a_wide_terminal_and_a_pipe_show_every_column_on_one_line(desk: Desk, home: Path) -> None:
    send(desk, LONG)
    piped = desk("history").out
    assert printed_at(400, home, "history") == piped
    header, row = piped.splitlines()
    assert header.split()[:3] == ["TIME", "REFERENCE", "OUTCOME"]
    assert "REPLY TEXT" in header
    assert LONG in row
    assert DESCRIPTION in row


def test_a_table_in_a_file_is_as_wide_as_it_has_to_be(desk: Desk, home: Path, tmp_path: Path) -> None:
    send(desk, LONG)
    file = tmp_path / "table.txt"
    printed_at(80, home, "history", "--output", str(file))
    assert file.read_text(encoding="utf-8") == desk("history").out


def test_blanks_around_a_value_are_shown(desk: Desk) -> None:
    send(desk, "  x")
    row = desk("history").out.splitlines()[1]
    assert "  3      x  " in row


def test_wide_letters_keep_the_columns_aligned(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "events.json").write_text('[{"id": 1, "name": "注文確認"}, {"id": 2, "name": "order"}]')
    (tmp_path / "fields.json").write_text('[{"id": 3, "name": "E-Mail"}]')
    (tmp_path / "contacts.csv").write_text("id,uid,3\n1,u1,a@example.com\n")
    for event in ("1", "2"):
        desk("--account", str(tmp_path), "trigger", event, "--key", "3", "--external-id", "a@example.com")
    _, second, first = desk("--account", str(tmp_path), "history").out.splitlines()
    assert second.index("a@example.com") - first.index("a@example.com") == 4


def test_no_verb_loads_the_dashboard_and_each_no_more_than_it_needs(desk: Desk, home: Path) -> None:
    desk("events")
    dashboard, table = {"textual", "rich"}, {"tabulate", "wcwidth"}
    network = {"httpx", "starlette", "sqlite_utils"}
    runs = [
        (("help", "form"), dashboard | table | network),
        (("--help",), dashboard | table | network),
        (("version",), dashboard | table | network),
        (("history", "--json"), dashboard | table),
        (TRIGGER, dashboard | table),
        (("history",), dashboard),
    ]
    program = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from app.cli.main import program\n"
        f"for words, heavy in {runs!r}:\n"
        "    assert CliRunner().invoke(program, words).exit_code == 0, words\n"
        "    print(*words, heavy & {*sys.modules})\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("".join(f"{' '.join(words)} set()\n" for words, _ in runs), "")


def test_progress_is_a_line_for_each_step_in_a_pipe_and_a_bar_on_a_terminal(desk: Desk, home: Path) -> None:
    made = ("demo-data", "--contacts", "300", "--attempts", "20")
    lines = desk(*made).err.splitlines()
    assert lines[0] == "demo-data"
    assert "demo-data: inventing attempts" in lines
    assert "\x1b" not in "".join(lines)
    assert re.search(r"demo-data: inventing attempts  \[#+-*\]", printed_at(80, home, *made))
