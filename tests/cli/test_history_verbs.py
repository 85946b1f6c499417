"""`triggerdesk history`: queries, and what is done with one attempt or two, as a shell meets them."""

import csv
import io
import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from app.domain.attempt_export import attempt_json
from app.domain.model import Attempt, Reply, TriggerRequest, outcome_of
from app.domain.text import short_id
from app.store.bulk_attempts import add_finished
from tests.cli.conftest import Desk
from tests.cli.test_history import send
from tests.store.conftest import STARTED

HOSTILE = (
    "=1+1",
    "+1",
    "-1",
    "@x",
    "＝1",
    "\x1b]0;x\x07\x1b[31m",
    "a\r\n| b |",
    "[/][@click=app.quit]",
    "\u202eevil",
    "\0",
)


@pytest.fixture
def hostile(home: Path) -> list[Attempt]:
    """Attempts with what is hostile in every place, and a reply of a megabyte."""
    made = []
    for number, text in enumerate(HOSTILE):
        attempt_id = f"{number:08}-0000-4000-8000-000000000000"
        body = json.dumps(
            {"replyCode": 2008, "replyText": text, "more": "x" * (1_000_000 if not number else 1)}
        ).encode()
        answer = Reply(400, 2008, text * 2000, {text: {"2008": text}}, body, len(body))
        request = TriggerRequest(text, text, text, {text: [text, {"a": text}]}, text)
        made.append(
            Attempt(
                attempt_id,
                "sandbox",
                "sandbox",
                request,
                text,
                STARTED.replace(microsecond=123_456),
                0,
                outcome_of(answer),
                answer,
                1.5,
                text,
                note=text,
            )
        )
    list(add_finished(home / "history.db", made, "made up"))
    return made


def test_what_is_hostile_is_taken_out_faithfully_and_harmlessly(desk: Desk, hostile: list[Attempt]) -> None:
    assert desk("history", "--format", "jsonl", "--limit", "0").lines == [
        json.loads(json.dumps(attempt_json(one))) for one in reversed(hostile)
    ]
    moments = [
        datetime.fromisoformat(line["started_at"]) for line in desk("history", "--format", "jsonl").lines
    ]
    assert moments == [one.started_at for one in reversed(hostile)]
    assert desk("history", "--format", "json", "--query", "sort:contact").code == 0
    rows = list(csv.reader(io.StringIO(desk("history", "--format", "csv", "--query", "sort:-time").out)))
    assert len(rows) == len(HOSTILE) + 1
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "＝"))]
    first, last = hostile[0].attempt_id, hostile[5].attempt_id
    printed = [
        desk(*words)
        for words in (
            ("history", "--format", "markdown"),
            ("history", "--query", "code:2008 sort:text"),
            ("history", "show", first),
            ("history", "show", last),
            ("history", "show", last, "--json"),
            ("history", "diff", first, last),
            ("history", "diff", first, last, "--json"),
            ("history", "ticket", last, "--unmasked"),
            ("history", "stats"),
            ("history", "stats", "--json"),
            ("--mask", "history", "show", last),
            ("--mask", "history", "diff", first, last),
        )
    ]
    for ran in printed:
        assert (ran.code, ran.err) == (0, "")
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", ran.out)
        assert len(ran.out) < 3_000_000


def test_a_query_finds_sorts_and_counts(desk: Desk) -> None:
    sent = [
        send(desk, "thor@example.com", "--data", '{"item": "hammer"}'),
        send(desk, "loki@example.com", "--note", "asked Odin"),
        send(desk, "sif@example.com"),
        send(desk, "thor@example.com", event="999"),
    ]

    def found(line: str) -> list[int]:
        rows = desk("history", "--json", "--query", line).lines
        return [sent.index(row["attempt_id"]) for row in rows]

    assert found("outcome:rejected") == [3, 1]
    assert found("code:2008,0 sort:contact") == [1, 2, 0]
    assert found("hamm") == [0]
    assert found("asked") == found("note:odin") == [1]
    assert found("odinson") == found("person:11 code:0,5001") == [3, 0]
    assert found("contact:11") == [3, 0]
    assert found("outcome:failed code:2004-2010") == [1]
    assert found("status:4xx took:>0") == [3, 1]
    assert found("contact:thor* -event:999") == [0]
    assert found("purchase sort:time") == [0, 1, 2]
    assert found("on:yesterday") == []
    figures = desk("history", "stats", "--query", "-event:999", "--json").json
    assert (figures["attempts"], figures["outcomes"]["rejected"]) == (3, 1)
    assert figures["events"][0]["rejected"] == 1
    assert {code["reply_code"]: code["attempts"] for code in figures["codes"]} == {0: 2, 2008: 1}
    assert desk("history", "stats", "--query", "on:yesterday").out == "No matching attempts.\n"
    assert "33%" in desk("history", "stats", "--query", "-event:999").out


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("cod:2008", 'at character 1: unknown field "cod".'),
        ("cod:2008", "Did you mean: code:2008"),
        ("outcome:rejectd", "Did you mean: outcome:rejected"),
        ('"abc', "is not closed"),
        ("x " * 101, "at most 100 terms"),
        ("x" * 10_001, "at most 10,000 characters"),
        ("--", "a word must follow"),
    ],
)
def test_a_faulty_query_explains_itself_and_prints_nothing(desk: Desk, line: str, says: str) -> None:
    for words in (("history", "--query", line), ("history", "stats", "--query", line)):
        ran = desk(*words)
        assert (ran.code, ran.out) == (2, "")
        assert says in ran.err
        assert ran.err.count("\n") == 1


def test_an_attempt_is_shown_compared_noted_and_sent_again_by_its_reference(desk: Desk) -> None:
    one = send(desk, "loki@example.com", "--data", '{"a": {"b": 1, "c": 2}}')
    again = desk("history", "resend", short_id(one), "--json")
    assert again.code == 1
    second = again.json["attempt_id"]
    assert again.json["data"] == {"a": {"b": 1, "c": 2}}
    assert again.json["trigger_id"] == second
    same = desk("history", "resend", one[:13], "--same-trigger", "--json").json
    assert same["trigger_id"] == one
    shown = desk("history", "show", second, "--json").json
    assert shown["parent_id"] == one
    assert "(this one)" in desk("history", "show", one).out
    assert desk("history", "note", short_id(one).lower(), "called back").code == 0
    assert desk("history", "show", one, "--json").json["note"] == "called back"
    assert desk("history", "note", one, "").out.endswith("note removed.\n")
    third = send(desk, "thor@example.com", "--data", '{"a": {"c": 2, "b": 3}}')
    warned = desk("history", "resend", third)
    assert (warned.code, short_id(third) in warned.err) == (0, True)
    compared = desk("history", "diff", one, third).out
    assert '  -       "b": 1,\n' in compared
    assert '  +       "b": 3,\n' in compared
    lines = desk("history", "diff", one, third, "--json").json["request"]["lines"]
    assert {"side": "-", "text": '      "b": 1,'} in lines
    assert {"side": "=", "text": '      "c": 2'} in lines
    assert desk("history", "diff", one, second).out.count("no difference") == 2
    alone = desk("history", "diff", one).out.splitlines()
    assert alone[0].endswith(" of this event for anybody; none for this contact was accepted.")
    assert alone[1].startswith(f"- {short_id(one)} ")


@pytest.mark.parametrize(
    "words",
    [("show", "ffff0000"), ("diff", "ffff0000", "ffff0001"), ("note", "ffff0000", "x"), ("ticket", "ffff0000"), ("resend", "ffff0000"), ("show", "ab")],
)  # fmt: skip
def test_an_attempt_that_is_not_there_ends_with_2(desk: Desk, words: tuple[str, ...]) -> None:
    ran = desk("history", *words)
    assert (ran.code, ran.out) == (2, "")
    assert "There is no attempt" in ran.err


def test_a_ticket_is_masked_unless_told_otherwise(desk: Desk, tmp_path: Path) -> None:
    one = send(desk, "loki@example.com", "--data", '{"name": "Loki Laufeyson"}', "--note", "x" * 9)
    text = desk("history", "ticket", one).out
    assert "loki" not in text.lower()
    assert "@masked.example" in text
    file = tmp_path / "ticket.md"
    assert desk("history", "ticket", one, "--unmasked", "--output", str(file)).out == ""
    assert "Loki Laufeyson" in file.read_text(encoding="utf-8")
    assert "loki@example.com" not in desk("--mask", "history", "ticket", one, "--unmasked").out
    assert desk("history", "ticket", one, "--output", str(tmp_path)).code == 2


def test_a_note_that_is_too_long_lets_nothing_be_sent(desk: Desk, home: Path) -> None:
    ran = desk("trigger", "100", "--key", "3", "--external-id", "thor@example.com", "--note", "x" * 10_001)
    assert (ran.code, ran.out) == (2, "")
    assert desk("history", "--json").lines == []


def test_sending_again_to_another_account_is_refused(desk: Desk, home: Path) -> None:
    one = send(desk, "thor@example.com")
    (home / "config.toml").write_text('[profiles.shop]\nbase_url = "http://127.0.0.1:1/api/v2"\n')
    ran = desk("--profile", "shop", "history", "resend", one)
    assert (ran.code, ran.out) == (2, "")
    assert "on another account" in ran.err
    assert "is not the live one" in desk("--profile", "shop", "history", "ticket", one).out
    assert len(desk("--profile", "shop", "history", "--json", "--query", "profile:sandbox").lines) == 1
