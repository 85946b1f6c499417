"""`triggerdesk trigger` on the built-in account: every reply, every key of the JSON, every refusal of bad input."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Desk

THOR = ("trigger", "100", "--key", "3", "--external-id", "thor@example.com")
KEYS = {
    "attempt_id", "profile", "event_id", "event_name", "key_id", "external_id", "data", "trigger_id",
    "started_at", "elapsed_ms", "outcome", "http_status", "reply_code", "reply_text", "predicted_code",
    "description", "remedy", "reference", "parent_id", "note", "settlement", "contact", "warnings", "run_id",
    "event_time", "attachments",
}  # fmt: skip


def test_the_documented_example_is_accepted(desk: Desk) -> None:
    data = {"global": {"itemName": "hammer", "itemPrice": "123"}}
    ran = desk(*THOR, "--data", json.dumps(data), "--json")
    assert (ran.code, ran.err) == (0, "")
    attempt = ran.json
    assert set(attempt) == KEYS
    assert attempt["data"] == data
    assert attempt["trigger_id"] == attempt["attempt_id"]
    assert attempt["started_at"].endswith("Z")
    assert attempt["elapsed_ms"] > 0
    assert (attempt["outcome"], attempt["http_status"], attempt["reply_code"]) == ("accepted", 200, 0)
    assert (attempt["reply_text"], attempt["description"], attempt["remedy"]) == ("OK", "OK", None)
    assert (attempt["profile"], attempt["event_name"]) == ("sandbox", "purchase_confirmation")


@pytest.mark.parametrize(
    ("event_id", "key", "value", "code", "text"),
    [
        ("100", "3", "THOR@example.com", 0, "OK"),
        ("100", "4711", "thor@example.com", 2004, "Invalid key field id: 4711"),
        ("100", "", "thor@example.com", 2004, "Invalid key field id: "),
        ("100", "3", "", 2005, "No value provided for key field: 3"),
        ("100", "3", "loki@example.com", 2008, "No contact found with the external id: 3 - loki@example.com"),
        ("100", "10142", "07", 2008, "No contact found with the external id: 10142 - 07"),
        (
            "100",
            "3",
            "twin@example.com",
            2010,
            "More contacts found with the external id: 3 - twin@example.com.",
        ),
        ("999", "3", "thor@example.com", 5001, "Invalid event id for customer."),
        ("100", "id", "999999", 2012, "Invalid contact id for customer."),
    ],
)
def test_each_documented_reply_can_be_had_was_predicted_and_is_explained(
    desk: Desk, event_id: str, key: str, value: str, code: int, text: str
) -> None:
    ran = desk("trigger", event_id, "--key", key, "--external-id", value, "--json")
    attempt = ran.json
    assert ran.code == (0 if code == 0 else 1)
    assert (attempt["reply_code"], attempt["reply_text"]) == (code, text)
    assert attempt["predicted_code"] == code
    assert attempt["description"]
    assert attempt["http_status"] == (200 if code == 0 else 400)
    assert (attempt["remedy"] is None) == (code == 0)


def test_the_reply_is_told_in_words(desk: Desk) -> None:
    ran = desk("trigger", "100", "--key", "3", "--external-id", "twin@example.com")
    assert ran.code == 1
    assert ran.out.startswith("✗ rejected  HTTP 400  2010 More contacts found")
    assert "Contacts 12, 13 share this value of E-Mail (3)" in ran.out
    assert "as predicted" in ran.out


def test_an_event_that_nothing_is_attached_to_is_explained(desk: Desk) -> None:
    ran = desk("trigger", "121", "--key", "3", "--external-id", "thor@example.com", "--json")
    assert ran.json["reply_code"] == 5005
    assert "No active program" in ran.json["remedy"]


def test_data_comes_from_a_file_or_from_standard_input(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "data.json"
    file.write_text('\ufeff{"global": {"a": "é"}}', encoding="utf-8")
    assert desk(*THOR, "--data", f"@{file}", "--json").json["data"] == {"global": {"a": "é"}}
    assert desk(*THOR, "--data", "-", "--json", stdin='{"b": 1}').json["data"] == {"b": 1}


def test_an_empty_read_from_a_pipe_is_refused(desk: Desk) -> None:
    ran = desk(*THOR, "--data", "-", stdin="")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "triggerdesk: --data: standard input is empty. Give the event data, or leave --data out.\n"
    )
    assert desk("history", "--json").lines == []


def test_a_standard_input_that_is_closed_is_refused(home: Path) -> None:
    command = " ".join([sys.executable, "-m", "app", *THOR, "--data", "-", "<&-"])
    ran = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("triggerdesk: --data: standard input ")
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_data_is_read_up_to_its_limit(desk: Desk, tmp_path: Path, bom: bytes) -> None:
    file = tmp_path / "data.json"
    file.write_bytes(bom + b'{ "a":"' + b"x" * 999_992 + b'"}')
    assert len(desk(*THOR, "--data", f"@{file}", "--dry-run", "--json").json["data"]["a"]) == 999_992
    file.write_bytes(bom + b'{ "a":"' + b"x" * 999_993 + b'"}')
    ran = desk(*THOR, "--data", f"@{file}", "--dry-run")
    assert (ran.code, ran.out) == (2, "")
    assert "over 1,000,000 bytes" in ran.err


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="a device of Unix")
@pytest.mark.parametrize("source", ["@/dev/zero", "-"])
def test_data_without_end_is_refused_at_the_limit(desk: Desk, source: str) -> None:
    ran = desk(*THOR, "--data", source, stdin=b" " * 10_000_000)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "triggerdesk: --data: The event data is over 1,000,000 bytes. Shorten it.\n"


@pytest.mark.parametrize("data", ["", "  ", "null"])
def test_blank_data_is_no_data(desk: Desk, data: str) -> None:
    assert desk(*THOR, "--data", data, "--json").json["data"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("trigger", "zebra", "--key", "3", "--external-id", "x"), "must be digits"),
        (("trigger", "10 0", "--key", "3", "--external-id", "x"), "must be digits"),
        (("trigger", "١٠٠", "--key", "3", "--external-id", "x"), "must be digits"),
        ((*THOR, "--data", '{"a": }'), "line 1, column 7"),
        ((*THOR, "--data", "[1]"), "must be a JSON object"),
        ((*THOR, "--data", "@nowhere.json"), "nowhere.json cannot be read"),
        ((*THOR, "--trigger-id", "a", "--no-trigger-id"), "exclude each other"),
        ((*THOR, "--production", "shop"), "--production names 'shop'"),
        (("--profile", "nowhere", *THOR), "no profile 'nowhere'"),
        (("trigger", "100", "--key", "3"), "--external-id"),
        (("trigger", "100", "--key", "3", "--external-id", "\udcff"), "not valid UTF-8"),
        (("--account", "nowhere", *THOR), "nowhere"),
    ],
)
def test_bad_input_is_one_sentence_nothing_on_standard_output_and_no_attempt(
    desk: Desk, words: tuple[str, ...], said: str
) -> None:
    ran = desk(*words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert desk("history", "--json").out == ""


def test_data_that_is_not_utf_8_is_refused(desk: Desk, tmp_path: Path) -> None:
    file = tmp_path / "latin.json"
    file.write_bytes(b'{"a": "\xe9"}')
    ran = desk(*THOR, "--data", f"@{file}")
    assert ran.code == 2
    assert "not valid UTF-8" in ran.err


def test_a_trigger_id_may_be_named_or_left_out(desk: Desk) -> None:
    assert desk(*THOR, "--trigger-id", "order-7", "--json").json["trigger_id"] == "order-7"
    assert desk(*THOR, "--no-trigger-id", "--json").json["trigger_id"] is None


def test_a_dry_run_shows_the_exact_request_and_sends_nothing(desk: Desk) -> None:
    ran = desk("trigger", "100", "--key", "3", "--external-id", "twin@example.com", "--dry-run", "--json")
    assert ran.code == 0
    plan = ran.json
    assert set(plan) == KEYS | {"request"}
    assert [plan[key] for key in ("attempt_id", "outcome", "started_at", "elapsed_ms")] == [None] * 4
    assert plan["predicted_code"] == 2010
    assert set(plan["request"]) == {"method", "url", "headers", "body"}
    assert plan["request"]["method"] == "POST"
    assert plan["request"]["url"].endswith("/api/v2/event/100/trigger")
    assert '"external_id":"twin@example.com"' in plan["request"]["body"]
    assert desk("history", "--json").out == ""


def test_a_dry_run_in_words_names_the_prediction(desk: Desk) -> None:
    ran = desk(*THOR, "--dry-run")
    assert ran.out.startswith("Dry run: nothing was sent\nPOST http://")
    assert "Will be accepted (0 OK)" in ran.out


def test_json_is_printable_ascii_whatever_is_sent(desk: Desk) -> None:
    ran = desk("trigger", "100", "--key", "3", "--external-id", "\x1b]0;x\x07é\x7f\u202e", "--json")
    assert ran.code == 1
    assert all(" " <= character <= "~" for character in ran.out.rstrip("\n"))
    assert ran.json["external_id"] == "\x1b]0;x\x07é\x7f\u202e"


def test_words_hold_no_control_character_from_data(desk: Desk) -> None:
    ran = desk("trigger", "100", "--key", "3", "--external-id", "\x1b[31m[/]\u202e" + "x" * 100_000)
    assert ran.code == 1
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out


def test_a_production_account_needs_its_name(desk: Desk, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[profiles.shop]\nbase_url = "https://api.example.com/api/v2"\n')
    ran = desk("--profile", "shop", *THOR)
    assert ran.code == 2
    assert "--production shop" in ran.err
    assert desk("--profile", "shop", "history", "--json").out == ""


def test_an_address_where_nothing_listens_is_not_sent(desk: Desk, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[profiles.local]\nbase_url = "http://127.0.0.1:9/api/v2"\n')
    ran = desk("--profile", "local", *THOR, "--json")
    assert ran.code == 4
    assert ran.json["outcome"] == "not_sent"
    assert ran.json["http_status"] is None
    assert ran.json["predicted_code"] is None


def test_what_cannot_be_recorded_first_is_not_sent(desk: Desk, home: Path) -> None:
    home.mkdir()
    (home / "history.db").write_bytes(b"this is no database, " * 100)
    before = (home / "history.db").read_bytes()
    ran = desk(*THOR)
    assert (ran.code, ran.out) == (4, "")
    assert "history" in ran.err
    assert (home / "history.db").read_bytes() == before


def test_a_reader_that_has_gone_changes_no_exit_code(ready_home: Path) -> None:
    def unread(*words: str) -> tuple[int, str]:
        reads, writes = os.pipe()
        os.close(reads)
        environment = {**os.environ, "TRIGGERDESK_HOME": str(ready_home)}
        ran = subprocess.run(
            [sys.executable, "-m", "app", *words],
            stdout=writes, stderr=subprocess.PIPE, text=True, check=False, env=environment,
        )  # fmt: skip
        os.close(writes)
        return ran.returncode, ran.stderr

    asked = ("trigger", "100", "--key", "3", "--external-id")
    assert unread(*asked, "nobody@example.com", "--json") == (1, "")
    assert unread("history") == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_words_that_find_no_room_change_no_exit_code_either(ready_home: Path) -> None:
    words = ("trigger", "100", "--key", "3", "--external-id", "loki@example.com")
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(
            [sys.executable, "-m", "app", *words],
            env={**os.environ, "TRIGGERDESK_HOME": str(ready_home)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ran.returncode == 1
    assert "cannot be written: the disk is full; free some space. Attempt " in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.skipif(os.name != "posix", reason="streams are closed by a shell")
@pytest.mark.parametrize(
    "closed", [">&- 2>&- <&-", *(pytest.param(one, marks=pytest.mark.slow) for one in (">&-", "2>&-", "<&-"))]
)
def test_closed_streams_change_nothing(ready_home: Path, closed: str) -> None:
    command = f"'{sys.executable}' -m app trigger 100 --key 3 --external-id thor@example.com {closed}"
    ran = subprocess.run(
        ["/bin/sh", "-c", command],
        env={**os.environ, "TRIGGERDESK_HOME": str(ready_home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("thor@exmaple.com", "contact 11 has nearly the same"),
        ("Thor Odinson <thor@example.com>", "is more than an e-mail address"),
        ("thor\u200b@example.com", "1 U+200B (zero width space) at character 5"),
    ],
)
def test_a_dry_run_names_the_fix_of_an_external_id(desk: Desk, value: str, said: str) -> None:
    ran = desk("trigger", "100", "--key", "3", "--external-id", value, "--dry-run")
    assert said in ran.out
    assert "Fix: use thor@example.com (Thor Odinson, contact 11)" in ran.out
    as_json = desk("trigger", "100", "--key", "3", "--external-id", value, "--dry-run", "--json")
    assert said in as_json.json["remedy"]
    masked = desk("--mask", "trigger", "100", "--key", "3", "--external-id", value, "--dry-run")
    assert "thor" not in masked.out.lower().replace("authorization", "")


def test_a_contact_with_nearly_the_value_is_named_before_the_trigger_is_sent(desk: Desk) -> None:
    ran = desk("trigger", "100", "--key", "3", "--external-id", "thro@example.com")
    assert ran.code == 1
    assert ran.err.startswith(
        "triggerdesk: --external-id: No contact has this value in E-Mail (3), but contact 11"
    )
    assert desk("trigger", "100", "--key", "3", "--external-id", "loki@example.com").err == ""
