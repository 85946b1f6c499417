"""A ticket says all of one attempt, and nothing in the attempt can break out of it."""

import re
from datetime import UTC, datetime

from app.domain.attempt_export import ticket
from app.domain.masking import Mask
from app.domain.model import Attempt, NoReply, Outcome, Reply, Settlement, TriggerRequest
from tests.domain.accounts import HandMadeAccount

ACCOUNT = HandMadeAccount()
MOMENT = datetime(2026, 3, 1, 10, 31, 2, tzinfo=UTC)
DESCRIBED = {
    "method": "POST", "url": "https://api.example.com/api/v3/event/100/trigger",
    "headers": {"authorization": "***", "host": "api.example.com"}, "body": '{"key_id":"3"}',
}  # fmt: skip
HOSTILE = "a|b`c*[x](y)<script>\x1b[31m\n```\n# no heading\u202e"


def refused(external_id: str, body: bytes = b'{"replyCode":2008}', note: str | None = None) -> Attempt:
    return Attempt(
        "d34243f9-2dc9-4da5-b16f-12ae2eefb17a", "shop", "shop",
        TriggerRequest("100", "3", external_id, {"name": "Thor"}, "own"), "purchase", MOMENT, 0, Outcome.REJECTED,
        Reply(400, 2008, f"No contact found with the external id: 3 - {external_id}", body=body, body_length=len(body)),
        12.4, "Check the spelling.", "852da474-9660-4840-a8c7-f810f526da4d", None, note,
    )  # fmt: skip


def test_it_says_what_was_sent_what_came_back_and_what_that_means() -> None:
    text = ticket(refused("loki@example.com"), ACCOUNT, DESCRIBED)
    for said in (
        "# TD1-47Y9 ✗ rejected: 2008 No contact found with the external id: 3 - loki@example.com",
        "| Time | 2026-03-01T10:31:02.000Z |",
        "| Resend of | GMP-T8X4, 852da474-9660-4840-a8c7-f810f526da4d |",
        '"name": "Thor"',
        "HTTP 400, reply code 2008, after 12 ms:",
        "No match for the specified",
        "Rejected. Nothing was triggered.",
        "Check the spelling.",
        "Predicted: 0.",
        "```sh\ncurl",
        "authorization: ***",
    ):
        assert said in text, said
    assert "host" not in text


def test_masked_it_names_nobody() -> None:
    mask = Mask(b"k" * 32)
    text = ticket(
        mask.attempt(refused("loki@example.com", note="called loki@example.com")), ACCOUNT, "no address"
    )
    assert not re.search("(?i)loki|Thor", text)
    assert "no address" in text


def test_nothing_in_an_attempt_breaks_out_of_its_place() -> None:
    attempt = refused(HOSTILE, body=HOSTILE.encode() + b"`" * 9 + b"x" * 1_000_000, note=HOSTILE)
    text = ticket(attempt, ACCOUNT, HOSTILE)
    assert len(text) < 40_000
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", text)
    outside = re.sub(r"(?ms)^(`{3,})\w+\n.*?^\1$", "", text)
    assert "# no heading" not in outside.replace("␊# no heading", "")
    assert "<script" not in outside.replace("\\<script", "")
    assert all(
        line.count("|") - line.count("\\|") == 3 for line in outside.splitlines() if line.startswith("|")
    )


def test_an_attempt_without_a_reply_has_a_ticket_too() -> None:
    request = TriggerRequest("100", "id", "11")
    settled = Settlement(False, "asked", MOMENT)
    answer = NoReply("reset", "maybe", "The connection broke.")
    unknown = Attempt(
        "x", "shop", "shop", request, None, MOMENT, None, Outcome.UNKNOWN, answer, settlement=settled
    )
    text = ticket(unknown, ACCOUNT, DESCRIBED)
    assert "No event data." in text
    assert "No reply. The connection broke." in text
    assert "it did not arrive: asked" in text
    assert "Nothing is recorded yet." in ticket(
        Attempt("x", "s", "s", request, None, MOMENT, None), ACCOUNT, ""
    )
