"""`bulk` on the command line: its JSON, its exit codes, its questions."""

import csv
import io
from pathlib import Path

import pytest

from tests.cli.conftest import Desk

PEOPLE = ["thor@example.com", "sif@example.com", "lukaszz@example.com", "sakura.hoshimi@example.com"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "customers.csv"
    rows = [
        *(f"{one};{one[:4]}" for one in PEOPLE),
        "twin@example.com;Twin",
        "THOR@example.com;again",
        ";empty",
    ]
    path.write_text("\n".join(["E-Mail;name", *rows, ""]), encoding="utf-16")
    return path


def planned(desk: Desk, file: Path, *words: str) -> str:
    run_id: str = desk("bulk", "plan", "100", str(file), "--key", "3", "--json", *words).json["run_id"]
    return run_id


def test_a_plan_a_run_and_its_report(desk: Desk, file: Path) -> None:
    words = ("--duplicates", "first", "--data", '{"global": {"name": "{{column:name}} {{contact.id}}"}}')
    refused = desk("bulk", "plan", "100", str(file), "--key", "3", "--json", *words)
    assert (refused.code, refused.out) == (2, "")
    assert "line 6: {{contact.id}}: several contacts share the value." in refused.err
    plan = desk("bulk", "plan", "100", str(file), "--key", "3", "--json", "--duplicates", "first").json
    run_id = plan["run_id"]
    assert plan == {
        "run_id": run_id,
        "event_id": "100",
        "key_id": "3",
        "file": str(file),
        "rows": 7,
        "unique": 5,
        "duplicates": 1,
        "empty": 1,
        "predicted": {"0": 4, "2010": 1},
        "already_sent": 0,
        "batches": 1,
    }
    status = {"run_id": run_id, "event_id": "100", "key_id": "3", "file": str(file), "rows": 7, "sending": 0}
    paused = desk("bulk", "run", run_id, "--canary", "2", "--json")
    waiting = "The other contacts wait for your confirmation."
    assert (paused.code, paused.json) == (5, {**status, "state": "paused", "planned": 3, "accepted": 2, "rejected": 0,
        "unknown": 0, "skipped": 2, "pause_reason": waiting})  # fmt: skip
    assert "2 of 2 accepted. Send the other 3 to sandbox?" in paused.err
    wrong = desk("bulk", "run", run_id, "--yes", "4")
    assert (wrong.code, "3 contacts are left, not 4." in wrong.err) == (5, True)
    done = desk("bulk", "run", run_id[:8], "--yes", "3", "--json")
    assert (done.code, done.json) == (1, {**status, "state": "done", "planned": 0, "accepted": 4, "rejected": 1,
        "unknown": 0, "skipped": 2, "pause_reason": None})  # fmt: skip
    assert desk("bulk", "status", run_id, "--json").json == done.json
    assert desk("bulk", "list", "--json").lines == [done.json]
    assert desk("bulk", "run", run_id).code == 1
    rows = list(csv.DictReader(io.StringIO(desk("bulk", "report", run_id).out)))
    assert [(row["line"], row["state"], row["code"]) for row in rows] == [
        ("2", "accepted", "0"), ("3", "accepted", "0"), ("4", "accepted", "0"), ("5", "accepted", "0"),
        ("6", "rejected", "2010"), ("7", "skipped", ""), ("8", "skipped", ""),
    ]  # fmt: skip
    assert desk("bulk", "report", run_id, "--rejected").out == "E-Mail,name\ntwin@example.com,Twin\n"
    (rejected,) = desk("bulk", "report", run_id, "--rejected", "--format", "jsonl").lines
    assert (rejected["external_id"], rejected["description"]) == (
        "twin@example.com", "More than one contacts selected."
    )  # fmt: skip
    found = desk("history", "--query", f"run:{run_id} outcome:rejected", "--json").lines
    assert [(one["run_id"], one["attempt_id"]) for one in found] == [(run_id, rejected["attempt_id"])]
    assert found[0]["remedy"].startswith("Contacts 12, 13 share this value of E-Mail (3).")


def test_nothing_is_planned_where_the_history_cannot_be_written(desk: Desk, home: Path, file: Path) -> None:
    desk("events")
    (home / "owners").touch()
    ran = desk("bulk", "plan", "100", str(file), "--key", "3", "--duplicates", "each", "--json")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith("Choose a home folder that can be written, or correct its permissions.\n")


def test_a_run_is_aborted_for_good(desk: Desk, file: Path) -> None:
    run_id = planned(desk, file, "--duplicates", "each")
    assert desk("bulk", "abort", run_id, "--json").json["state"] == "aborted"
    again = desk("bulk", "run", run_id, "--yes", "5")
    assert (again.code, again.out) == (2, "")
    assert desk("bulk", "abort", run_id).code == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("run", "nothing"), "There is no run 'nothing'"),
        (("plan", "100", "missing.csv", "--key", "3"), "missing.csv: The file cannot be read"),
        (("plan", "100", "{file}", "--key", "3"), "1 row names a contact a second time: line 7."),
        (("plan", "nothing", "{file}", "--key", "3"), "'nothing'"),
        (("plan", "100", "{file}", "--key", "3", "--data", "[1]"), "--data: "),
        (("plan", "100", "{file}", "--key", "3", "--data", "@missing.json"), "missing.json cannot be read"),
        (("plan", "100", "{file}", "--key", "3", "--id-column", "mail"), "no column 'mail'"),
    ],
)
def test_bad_input_ends_with_2_and_prints_nothing(
    words: tuple[str, ...], sentence: str, desk: Desk, file: Path
) -> None:
    ran = desk("bulk", *(word.format(file=file) if word == "{file}" else word for word in words))
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err


def test_a_plan_for_a_reader_shows_what_will_be_rejected_and_hides_persons_behind_the_mask(
    desk: Desk, file: Path
) -> None:
    ran = desk("--mask", "bulk", "plan", "100", str(file), "--key", "3", "--duplicates", "each")
    assert "Will be rejected: 2010 More than one contacts selected: 1 contact" in ran.out
    assert "thor@example.com" not in ran.out
    assert "twin@example.com" not in ran.out
    data = '{"a": "{{colum:name}} {{column:E-Mail}}"}'
    shown = desk("bulk", "plan", "100", str(file), "--key", "3", "--duplicates", "each", "--data", data).out
    assert shown.count(" is sent as typed: it is no placeholder.") == shown.count("! {{colum:name}} is") == 1
    assert "  line 6: twin@example.com\n" in shown
    assert '"external_id": "thor@example.com"' in shown


def test_an_account_that_is_not_there_gets_nothing(desk: Desk, file: Path, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text(
        '[profiles.local]\nbase_url = "http://127.0.0.1:9/api/v2"\n', encoding="utf-8"
    )
    plan = desk("--profile", "local", "bulk", "plan", "100", str(file), "--key", "3", "--id-column", "E-Mail",
        "--duplicates", "first", "--json").json  # fmt: skip
    assert plan["predicted"] == {"none": 5}
    ran = desk("--profile", "local", "bulk", "run", plan["run_id"], "--canary", "0", "--yes", "5", "--json")
    assert (ran.code, ran.json["planned"]) == (4, 5)
    assert ran.json["pause_reason"] == "The batch was not sent. 127.0.0.1 refused the connection."
