"""`triggerdesk history`: the attempts, newest first, in each format, harmless wherever they are opened."""

import csv
import io
import json
import re
import time
from pathlib import Path

import pytest

from app.cli.output import open_output
from tests.cli.conftest import Desk


def send(desk: Desk, value: str, *more: str, event: str = "100") -> str:
    attempt_id: str = desk("trigger", event, "--key", "3", "--external-id", value, "--json", *more).json[
        "attempt_id"
    ]
    return attempt_id


def test_attempts_are_listed_newest_first(desk: Desk) -> None:
    sent = [send(desk, value) for value in ("thor@example.com", "sif@example.com", "nobody@example.com")]
    listed = [row["attempt_id"] for row in desk("history", "--json").lines]
    assert listed == sent[::-1]
    assert [row["attempt_id"] for row in desk("history", "--limit", "1", "--json").lines] == sent[2:]
    assert len(desk("history", "--limit", "0", "--json").lines) == 3


def test_an_empty_history_is_no_failure(desk: Desk) -> None:
    assert desk("history", "--json").code == 0
    assert desk("history", "--format", "json").json == []
    assert desk("history").out == "No matching attempts.\n"
    send(desk, "thor@example.com")
    assert desk("history", "--query", "outcome:unknown").out == "No matching attempts.\n"


def test_a_row_of_the_history_is_the_attempt_that_was_printed(desk: Desk) -> None:
    printed = desk(
        "trigger", "100", "--key", "3", "--external-id", "twin@example.com", "--data", '{"a": [1]}', "--json"
    ).json
    assert desk("history", "--json").lines == [printed]
    assert desk("history", "--format", "json").json == [printed]


def test_the_table_shows_what_a_person_looks_for(desk: Desk) -> None:
    send(desk, "loki@example.com")
    out = desk("history").out
    for word in (
        "100 purchase_confirmation",
        "loki@example.com",
        "✗ rejected",
        "400",
        "2008",
        "No contact found",
    ):
        assert word in out
    (reference,) = re.findall(r"  (\w{3}-\w{4})  ", out)
    assert desk("history", "--query", reference).out == out
    assert "loki@example.com" in desk("history", "show", reference).out


def test_no_cell_of_a_csv_becomes_a_formula_or_a_control_character(desk: Desk) -> None:
    for value in ("=1+1", "+1", "-1", "@x", "a\nb", "\x1b[31m", 'say "hi", you'):
        send(desk, value)
    out = desk("history", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert [row["external_id"] for row in rows][::-1] == [
        "'=1+1", "'+1", "'-1", "'@x", "a␊b", "␛[31m", 'say "hi", you',
    ]  # fmt: skip
    assert "\x1b" not in out


def test_markdown_cells_cannot_break_their_table(desk: Desk) -> None:
    send(desk, "a|b`c*[x](y)<i>")
    header, rule, row = desk("history", "--format", "markdown").out.splitlines()
    assert "| HTTP |" in header
    assert header.count("|") == rule.count("|") == row.replace("\\|", "").count("|")
    assert r"a\|b\`c\*\[x\](y)\<i\>" in row


def test_markdown_tells_a_time_that_holds_wherever_it_is_read(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(desk, "thor@example.com")
    started_at = desk("history", "--json").lines[0]["started_at"]
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Kathmandu")
        time.tzset()
        markdown = desk("history", "--format", "markdown").out
    time.tzset()
    assert "| Time (UTC) |" in markdown
    assert f"| {started_at[:19].replace('T', ' ')} |" in markdown


def test_the_output_may_go_to_a_file(desk: Desk, tmp_path: Path) -> None:
    send(desk, "thor@example.com")
    file = tmp_path / "out.json"
    ran = desk("history", "--format", "json", "--output", str(file))
    assert (ran.code, ran.out) == (0, "")
    assert len(json.loads(file.read_text(encoding="utf-8"))) == 1
    assert len(desk("history", "--format", "json", "--output", "-").json) == 1
    ran = desk("history", "--output", str(tmp_path / "no" / "such" / "folder"))
    assert ran.code == 2
    assert "There is no folder" in ran.err


def test_an_output_that_is_stopped_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "out.json"
    file.write_text("whole", encoding="utf-8")

    def stopped() -> None:
        with open_output(file) as half:
            print("half", file=half)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert file.read_text(encoding="utf-8") == "whole"
    assert [*tmp_path.glob("*out*")] == [file]


def test_each_account_has_its_own_history_unless_all_are_asked_for(desk: Desk, account: Path) -> None:
    send(desk, "thor@example.com")
    other = desk(
        "--account", str(account), "trigger", "1", "--key", "3", "--external-id", "a@example.org", "--json"
    )
    assert other.json["outcome"] == "accepted"
    assert len(desk("history", "--json").lines) == 1
    assert len(desk("--account", str(account), "history", "--json").lines) == 1
    assert len(desk("history", "--all-accounts", "--json").lines) == 2


@pytest.fixture
def account(tmp_path: Path) -> Path:
    folder = tmp_path / "account"
    folder.mkdir()
    (folder / "events.json").write_text('[{"id": 1, "name": "[/] hello"}]')
    (folder / "fields.json").write_text('[{"id": 3, "name": "E-Mail"}]')
    (folder / "contacts.csv").write_text("id,uid,3\n5,u5,a@example.org\n")
    return folder


def test_an_attempt_by_contact_id_is_found_by_the_address_of_the_contact(desk: Desk) -> None:
    desk("trigger", "100", "--key", "id", "--external-id", "11")
    row = desk("history", "--query", "thor@example.com", "--json").json
    assert row["contact"] == {"id": "11", "name": "Thor Odinson"}
    assert row["reference"] == desk("history", "show", row["attempt_id"], "--json").json["reference"]
    assert "Thor Odinson" in desk("history").out
    assert (row["parent_id"], row["note"], row["settlement"], row["warnings"]) == (None, None, None, [])
    masked = desk("history", "--mask", "--format", "csv").out
    assert "Odinson" not in masked


def test_a_value_of_two_contacts_keeps_no_contact(desk: Desk) -> None:
    send(desk, "twin@example.com")
    assert desk("history", "--json").json["contact"] is None


def test_csv_may_begin_with_a_byte_order_mark(desk: Desk, tmp_path: Path) -> None:
    send(desk, "thor@example.com")
    file = tmp_path / "out.csv"
    assert desk("history", "--format", "csv", "--bom", "--output", str(file)).code == 0
    assert file.read_bytes().startswith(b"\xef\xbb\xbfattempt_id,")
    refused = desk("history", "--json", "--bom")
    assert (refused.code, refused.out, refused.err) == (2, "", "triggerdesk: --bom is for --format csv.\n")


@pytest.mark.parametrize("more", [("--format", "json"), ("--output", "x.csv")])
def test_what_never_ends_is_not_followed(desk: Desk, more: tuple[str, ...]) -> None:
    refused = desk("history", "--follow", *more)
    assert (refused.code, refused.out) == (2, "")


@pytest.mark.parametrize(
    "words",
    [
        ("history", "--profile", "nobody"),
        ("history", "stats", "--profile", "nobody"),
        ("events", "--profile", "nobody"),
    ],
)
def test_the_profile_may_be_named_after_the_verb(desk: Desk, words: tuple[str, ...]) -> None:
    ran = desk(*words)
    assert ran.code == 2
    assert "nobody" in ran.err
