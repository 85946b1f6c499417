"""`trigger --event-time --attachment`: sent, kept, resent, exported, hidden in tickets, refused beforehand."""

import json
import urllib.request
from pathlib import Path

import pytest

from tests.cli.conftest import Desk
from tests.cli.test_check import profile

TRIGGER = ("trigger", "100", "--key", "3", "--external-id", "thor@example.com")
TIME = "2026-03-01T13:00:00Z"


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """Two files; the second has the longest content that fits into a request with the first."""
    (tmp_path / "invoice-thor.pdf").write_bytes(b"%PDF\x00\xff")
    (tmp_path / "note.txt").write_text("hello")
    return [str(tmp_path / name) for name in ("invoice-thor.pdf", "note.txt")]


def with_both(files: list[str]) -> tuple[str, ...]:
    return (*TRIGGER, "--event-time", TIME, "--attachment", files[0], "--attachment", files[1])


def test_the_service_receives_event_time_and_every_attachment(
    desk: Desk, home: Path, files: list[str], open_account: str
) -> None:
    profile(home, "shop", open_account)
    sent = desk("--profile", "shop", *with_both(files), "--json").json
    assert (sent["outcome"], sent["event_time"]) == ("accepted", TIME)
    assert sent["attachments"] == [
        {"filename": "invoice-thor.pdf", "bytes": 6},
        {"filename": "note.txt", "bytes": 5},
    ]
    with urllib.request.urlopen(f"{open_account}/_sandbox/requests") as reply:
        received = json.loads(json.loads(reply.read().splitlines()[-1])["body"])
    assert received["event_time"] == TIME
    assert received["attachment"] == [
        {"filename": "invoice-thor.pdf", "data": "JVBERgD/"},
        {"filename": "note.txt", "data": "aGVsbG8="},
    ]


def test_a_resend_carries_the_same(desk: Desk, files: list[str]) -> None:
    sent = desk(*with_both(files), "--json").json
    again = desk("history", "resend", sent["attempt_id"], "--json").json
    assert (again["event_time"], again["attachments"]) == (TIME, sent["attachments"])
    shown = desk("history", "show", again["attempt_id"]).out
    assert (
        f"event time: {TIME}\nattachment: invoice-thor.pdf, 6 bytes\nattachment: note.txt, 5 bytes\n" in shown
    )
    case = desk("history", "show", sent["attempt_id"], "--as-case").out
    assert 'attachment = [{ filename = "invoice-thor.pdf", data = "JVBERgD/" }, ' in case


def test_an_export_names_them_and_a_ticket_hides_them(desk: Desk, files: list[str]) -> None:
    sent = desk(*with_both(files), "--json").json
    assert f",{TIME},invoice-thor.pdf; note.txt\n" in desk("history", "--format", "csv").out
    ticket = desk("history", "ticket", sent["attempt_id"]).out
    assert f"| Event time | {TIME} |" in ticket
    for hidden in ("invoice-thor", "JVBERgD/", "note.txt"):
        assert hidden not in ticket
    assert "JVBERgD/" in desk("history", "ticket", sent["attempt_id"], "--unmasked").out
    assert "invoice-thor" not in desk("--mask", "history", "--json").out


def test_a_comparison_shows_what_differs_in_them(desk: Desk, files: list[str]) -> None:
    sent = [
        desk(*TRIGGER, "--event-time", TIME, "--attachment", file, "--json").json["attempt_id"]
        for file in files
    ]
    shown = desk("history", "diff", *sent).out
    assert '-       "filename": "invoice-thor.pdf"' in shown
    assert '+       "filename": "note.txt"' in shown
    assert f'- "event_time": "{TIME}"' not in shown


def test_a_dry_run_shows_the_request_with_them(desk: Desk, files: list[str]) -> None:
    ran = desk(*with_both(files), "--dry-run", "--json")
    assert json.loads(ran.json["request"]["body"])["attachment"][1]["data"] == "aGVsbG8="
    assert (ran.json["event_time"], desk("history", "--json").out) == (TIME, "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--event-time", "now"), "--event-time: 'now' is not an event time. Write it in UTC"),
        (("--event-time", ""), "--event-time: '' is not an event time."),
        (("--attachment", "/nowhere/a.pdf"), "/nowhere/a.pdf cannot be read: No such file"),
        (("--attachment", "/"), "/ cannot be read: Is a directory"),
    ],
)
def test_what_cannot_be_sent_is_refused_beforehand(desk: Desk, words: tuple[str, str], said: str) -> None:
    ran = desk(*TRIGGER, *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert desk("history", "--json").out == ""


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (7_600_000, "bytes long with its attachments; Emarsys accepts 10,000,000. Attach less."),
        (10_000_001, "is over 10,000,000 bytes, more than Emarsys accepts in a request."),
    ],
)
def test_more_than_ten_megabytes_with_all_else_is_refused(
    desk: Desk, tmp_path: Path, size: int, said: str
) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(b"\0" * size)
    ran = desk(*TRIGGER, "--attachment", str(large))
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert desk("history", "--json").out == ""
