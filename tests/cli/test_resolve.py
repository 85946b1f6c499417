"""`trigger` resolves an event by its name, fills placeholders and warns of a second send, each on standard error."""

import json
from pathlib import Path

import pytest

from app.domain.text import short_id
from tests.cli.conftest import Desk

TO_THOR = ("--key", "3", "--external-id", "thor@example.com")


@pytest.mark.parametrize("text", ["purchase_confirmation", "Purchase Confirmation"])
def test_an_event_name_is_sent_as_its_id_and_reported(desk: Desk, text: str) -> None:
    ran = desk("trigger", text, *TO_THOR, "--json")
    assert ran.code == 0
    assert ran.json["event_id"] == "100"
    assert ran.err == f"triggerdesk: {text!r} was read as event 100 (purchase_confirmation).\n"


def test_spaces_and_thousands_separators_are_ignored_and_reported(desk: Desk) -> None:
    ran = desk("trigger", "1\u00a0000,", *TO_THOR)
    assert ran.code == 2
    ran = desk("trigger", "100,257", *TO_THOR, "--json")
    assert (ran.code, ran.json["event_id"], ran.json["reply_code"]) == (1, "100257", 5001)
    assert "read as event id 100257" in ran.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("purchace_confirmation", "Is it 100 (purchase_confirmation)"),
        ("purchase_conf", "Is it 100 (purchase_confirmation)"),
        ("e", "may be any of"),
        ("", "The event id is missing."),
    ],
)
def test_what_cannot_be_resolved_names_the_candidates_and_sends_nothing(
    desk: Desk, text: str, said: str
) -> None:
    ran = desk("trigger", text, *TO_THOR)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert desk("history", "--json").out == ""


def test_an_event_id_that_is_no_text_is_refused(desk: Desk) -> None:
    assert "EVENT_ID is not valid UTF-8" in desk("trigger", "\udcff", *TO_THOR).err


def test_a_dry_run_resolves_too(desk: Desk) -> None:
    ran = desk("trigger", "purchase_confirmation", *TO_THOR, "--dry-run", "--json")
    assert ran.code == 0
    assert "/event/100/trigger" in ran.json["request"]["url"]
    assert "was read as event 100" in ran.err


def test_placeholders_are_filled_from_the_contact(desk: Desk) -> None:
    data = {"global": {"hello": "Dear {{field:1}}", "who": "{{contact.id}}", "kept": "{{name}}"}}
    ran = desk("trigger", "100", *TO_THOR, "--data", json.dumps(data), "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json["data"] == {"global": {"hello": "Dear Thor", "who": "11", "kept": "{{name}}"}}


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("thor@example.com", "{{field:9999}}: contact 11 has no value in field 9999"),
        ("twin@example.com", "several contacts share the value"),
        ("loki@example.com", "this contact is not in the local list"),
    ],
)
def test_a_placeholder_without_a_value_is_named_and_nothing_is_sent(desk: Desk, value: str, why: str) -> None:
    ran = desk("trigger", "100", "--key", "3", "--external-id", value, "--data", '{"a": "{{field:9999}}"}')
    assert (ran.code, ran.out) == (2, "")
    assert why in ran.err
    assert desk("history", "--json").out == ""


def test_a_second_send_is_warned_of_and_sent(desk: Desk) -> None:
    first = desk("trigger", "100", *TO_THOR, "--data", '{"a": 1, "b": 2}', "--json")
    assert first.err == ""
    again = desk(
        "trigger", "100", "--key", "id", "--external-id", "11", "--data", '{"b": 2, "a": 1}', "--json"
    )
    assert (again.code, again.json["outcome"]) == (0, "accepted")
    assert f"(accepted, {short_id(first.json['attempt_id'])})." in again.err
    assert desk("trigger", "100", *TO_THOR, "--data", '{"a": 2}').err == ""


def test_there_is_no_warning_after_a_rejection(desk: Desk) -> None:
    for _ in range(2):
        ran = desk("trigger", "999", *TO_THOR)
        assert (ran.code, ran.err) == (1, "")


def test_no_time_set_for_second_sends_means_no_warning(desk: Desk, home: Path) -> None:
    account = Path("sample_data").absolute()
    home.mkdir()
    (home / "config.toml").write_text(f'[profiles.mine]\naccount = "{account}"\nsecond_send_s = 0\n')
    for _ in range(2):
        assert desk("--profile", "mine", "trigger", "100", *TO_THOR).err == ""


def test_an_attempt_is_printed_with_its_reference_and_found_by_it(desk: Desk) -> None:
    ran = desk("trigger", "100", *TO_THOR)
    attempt_id = desk("history", "--json").lines[0]["attempt_id"]
    assert f"attempt {attempt_id} ({short_id(attempt_id)})" in ran.out
    said = desk("history", "settle", short_id(attempt_id).lower(), "arrived")
    assert f"The attempt {attempt_id} is accepted" in said.err
