"""`--mask`: no value of a person in any output of any verb."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Desk

THOR = ("trigger", "100", "--key", "3", "--external-id", "thor@example.com")
DATA = ("--data", '{"global": {"to": "Thor Odinson", "itemName": "hammer"}}')


@pytest.mark.parametrize("more", [(), ("--json",), ("--dry-run",), ("--dry-run", "--json")])
@pytest.mark.parametrize("value", ["thor@example.com", "twin@example.com", "loki@example.com"])
def test_a_trigger_shows_no_value(desk: Desk, more: tuple[str, ...], value: str) -> None:
    ran = desk("--mask", *THOR[:-1], value, *DATA, *more)
    assert value.partition("@")[0] not in ran.out
    for word in ("Odinson", "hammer", "12, 13"):
        assert word not in ran.out
    assert "masked.example" in ran.out


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "markdown"])
def test_the_history_shows_and_exports_no_value(desk: Desk, tmp_path: Path, form: str) -> None:
    desk(*THOR, *DATA)
    desk("trigger", "100", "--key", "3", "--external-id", "loki@example.com")
    file = tmp_path / "out"
    ran = desk("--mask", "history", "--format", form, "--output", str(file))
    text = ran.out + file.read_text(encoding="utf-8")
    for word in ("thor", "loki", "Odinson", "hammer"):
        assert word not in text
    assert "purchase" in text
    assert desk("history", "--json").lines[1]["external_id"] == "thor@example.com"


def test_contacts_show_masks_that_the_history_shares(desk: Desk) -> None:
    sent = desk("--mask", *THOR, "--json").json
    rows = desk("--mask", "contacts", "--limit", "0", "--json").lines
    thor = [row for row in rows if row["fields"].get("3") == sent["external_id"]]
    assert len(thor) == 1
    assert "example.com" not in json.dumps(rows)
    assert "thor" not in desk("--mask", "contacts", "--filter", "thor@example.com").out
