"""`trigger --ask`: one line at a time, for screen readers and terminals that cannot move a cursor."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Desk
from tests.cli.test_check import profile

ASK = ("trigger", "--ask")
EXAMPLE = ("100", "", "thor@example.com", "example")
"""The documentation's example."""


def lines(*answers: str) -> str:
    return "".join(f"{answer}\n" for answer in answers)


def test_the_documentation_s_example_is_sent_on_a_terminal_without_cursor_addressing(
    ready_home: Path,
) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "app", *ASK],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "dumb", "TRIGGERDESK_HOME": str(ready_home)},
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    try:
        for question, answer in (
            ("Event?", "100"),
            ("Key field?", "?"),
            ("Key field?", ""),
            ("External id, E-Mail (3)?", "thor@example.com"),
            ("Event data?", "example"),
            ("Send it? yes or no:", "yes"),
        ):
            start = len(shown)
            while question.encode() not in shown[start:]:
                shown += os.read(ours, 65536)
            os.write(ours, f"{answer}\n".encode())
        while b"as predicted" not in shown:
            shown += os.read(ours, 65536)
        assert process.wait(timeout=60) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)
    text = shown.decode()
    assert "\x1b" not in text
    assert "\r" not in text.replace("\r\n", "\n")
    assert "Recipient: Thor Odinson (contact 11)" in text
    assert "Will be accepted (0 OK)" in text
    assert "✓ accepted  HTTP 200  0 OK" in text


def test_what_the_command_line_has_is_not_asked_for(desk: Desk) -> None:
    ran = desk(*ASK, "100", "--key", "3", "--external-id", "thor@example.com", "--data", "null", "--json",
               stdin=lines("yes"))  # fmt: skip
    assert (ran.code, ran.json["outcome"]) == (0, "accepted")
    assert "Event?" not in ran.err
    assert "External id" not in ran.err


def test_a_question_mark_explains_and_asks_again(desk: Desk) -> None:
    answers = [text for answer in (*EXAMPLE, "yes") for text in ("?", answer)]
    ran = desk(*ASK, stdin=lines(*answers))
    assert ran.code == 0
    for help_text in (
        "101 password_reset",
        "3 E-Mail",
        "Emarsys rejects with 2005",
        "`example` the event's example",
        "no, or an empty line, ends without sending",
    ):
        assert help_text in ran.err


def test_an_answer_that_is_not_understood_is_asked_for_again(desk: Desk) -> None:
    answers = (
        "order",
        "110",
        "sender",
        "email",
        "thor@example.com",
        "-",
        "{",
        '{"a": "{{field:4711}}"}',
        "",
        "maybe",
        "y",
    )
    ran = desk(*ASK, "--json", stdin=lines(*answers))
    assert (ran.json["event_id"], ran.json["key_id"], ran.json["data"]) == ("110", "3", None)
    for said in (
        "'order' may be any of 104 (order_shipped)",
        "No fields are called 'sender'. Give the id",
        "Standard input has the answers.",
        "This { is never closed",
        "{{field:4711}}",
        "Type yes or no, or ? for help.",
    ):
        assert said in ran.err


def test_bytes_that_are_not_utf_8_are_asked_for_again(desk: Desk) -> None:
    ran = desk(*ASK, stdin=b"\xff\xfe\n")
    assert (ran.code, ran.out) == (4, "")
    assert "That is not valid UTF-8. Type it again." in ran.err


def test_a_rejection_is_predicted_and_then_told_with_its_cause_and_what_to_do(desk: Desk) -> None:
    ran = desk(*ASK, stdin=lines("100", "3", "twin@example.com", "", "yes"))
    assert ran.code == 1
    assert "Will be rejected: 2010 More contacts found" in ran.err
    assert "✗ rejected  HTTP 400  2010 More contacts found" in ran.out
    assert "More than one contacts selected." in ran.out
    assert "12" in ran.out


@pytest.mark.parametrize("answers", [("no",), ("",), ()])
def test_anything_but_yes_sends_nothing(desk: Desk, answers: tuple[str, ...]) -> None:
    ran = desk(*ASK, stdin=lines(*EXAMPLE, *answers))
    assert (ran.code, ran.out) == (4, "")
    assert "Nothing was sent." in ran.err
    assert desk("history", "--json").out == ""


def test_a_second_send_is_asked_about(desk: Desk) -> None:
    desk(*ASK, stdin=lines(*EXAMPLE, "yes"))
    declined = desk(*ASK, stdin=lines(*EXAMPLE, "?", "no"))
    assert declined.code == 4
    assert "You sent this " in declined.err
    assert "Send it again? yes or no:" in declined.err
    assert "--same-trigger" in declined.err
    assert desk(*ASK, stdin=lines(*EXAMPLE, "yes")).code == 0
    assert len(desk("history", "--json").lines) == 2


def test_a_live_account_wants_its_name_typed(desk: Desk, home: Path, open_account: str) -> None:
    profile(home, "shop", open_account, "production = true")
    answers = ("100", "3", "sif@example.com", "")
    ran = desk("--profile", "shop", *ASK, stdin=lines(*answers, "yes", "?", "shop"))
    assert ran.code == 0
    assert "Real customers. Type shop to send:" in ran.err
    assert "That is not shop." in ran.err
    cancelled = desk("--profile", "shop", *ASK, stdin=lines("101", *answers[1:], ""))
    assert (cancelled.code, cancelled.out) == (4, "")


def test_a_contact_that_is_no_test_contact_is_refused_before_the_last_question(
    desk: Desk, home: Path, open_account: str
) -> None:
    profile(home, "shop", open_account, 'test_contacts = ["sif@example.com"]')
    ran = desk("--profile", "shop", *ASK, stdin=lines("100", "3", "thor@example.com", ""))
    assert (ran.code, ran.out) == (2, "")
    assert "limited to test contacts" in ran.err
    assert "Send it?" not in ran.err


def test_a_dry_run_asks_and_sends_nothing(desk: Desk) -> None:
    ran = desk(*ASK, "--dry-run", stdin=lines(*EXAMPLE))
    assert ran.code == 0
    assert "Dry run: nothing was sent" in ran.out
    assert desk("history", "--json").out == ""


def test_mask_hides_the_recipient(desk: Desk) -> None:
    ran = desk("--mask", *ASK, stdin=lines(*EXAMPLE, "yes"))
    assert ran.code == 0
    assert "Odinson" not in ran.err + ran.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Missing argument 'EVENT_ID'."),
        (("100", "--external-id", "x"), "Missing option '--key'."),
        (("100", "--key", "3"), "Missing option '--external-id'."),
    ],
)
def test_without_ask_nothing_may_be_missing(desk: Desk, words: tuple[str, ...], said: str) -> None:
    ran = desk("trigger", *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
