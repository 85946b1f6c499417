"""What an attempt says about itself, whatever came back."""

from datetime import UTC, datetime

import pytest

from app.domain.attempt_export import attempt_json, readable_body
from app.domain.model import Answer, Attempt, NoReply, Outcome, Reply, TriggerRequest


@pytest.mark.parametrize(
    ("answer", "outcome", "description"),
    [
        (Reply(200, 0, "OK"), Outcome.ACCEPTED, "OK"),
        (
            Reply(400, 2008, "x"),
            Outcome.REJECTED,
            "No match for the specified [key_id] - [external_id] pair.",
        ),
        (Reply(500, 7003, "x"), Outcome.UNKNOWN, "The service had a database error."),
        (Reply(400, 4242, "x"), Outcome.REJECTED, "Reply code 4242 is not documented."),
        (Reply(502, None, None), Outcome.UNKNOWN, "HTTP 502 without a reply code: the reply is empty."),
        (
            Reply(403, None, None, body=b"\r\n<html>Blocked"),
            Outcome.REJECTED,
            "HTTP 403 without a reply code: a web page, not a reply of the API.",
        ),
        (
            Reply(200, None, None, body=b"fine"),
            Outcome.UNKNOWN,
            "HTTP 200 without a reply code: the reply is not the JSON of the API.",
        ),
        (Reply(200, None, None, body=b'{"ok": true}'), Outcome.UNKNOWN, "HTTP 200 without a reply code."),
        (
            Reply(302, None, None, location="/login"),
            Outcome.REJECTED,
            "HTTP 302 without a reply code: the address was redirected.",
        ),
        (Reply(404, 1, "x"), Outcome.REJECTED, "The address does not exist."),
        (Reply(500, 1, "x"), Outcome.UNKNOWN, "The service had an internal error."),
        (NoReply("reset", "maybe", "127.0.0.1 hung up."), Outcome.UNKNOWN, "127.0.0.1 hung up."),
        (None, Outcome.UNKNOWN, "The program ended before a reply came."),
        (None, Outcome.SENDING, None),
    ],
)
def test_every_attempt_that_is_over_has_a_description(
    answer: Answer | None, outcome: Outcome, description: str | None
) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    request = TriggerRequest("100", "3", "thor@example.com")
    attempt = Attempt("a", "shop", "key", request, None, now, None, outcome, answer)
    assert attempt_json(attempt)["description"] == description


def test_a_body_is_indented_where_it_is_json_and_kept_where_it_is_not() -> None:
    assert readable_body(b'{"a":[1]}') == '{\n  "a": [\n    1\n  ]\n}'
    assert readable_body(b"<html>") == "<html>"
    assert readable_body(b"\xff") == "\ufffd"
    assert readable_body(b"[" * 100_000) == "[" * 100_000
