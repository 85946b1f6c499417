"""The words of the screen, from the values alone."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest
from textual.content import Content

from app.domain.mails import EventUse, Mail
from app.domain.model import Attempt, Contact, FieldNames, NoReply, Outcome, Reply, TriggerRequest
from app.domain.recipient import DataUse, Recipient
from app.domain.rules import Verdict
from app.service.preflight import Preflight
from app.tui.text import (
    account_labels,
    answer_code,
    answer_description,
    answer_head,
    compared,
    contact_name,
    fit_line,
    outcome_label,
    reply_lines,
    send_question,
    use_label,
    visible,
)

NOW = datetime(2026, 6, 18, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Live:
    name: str = "sandbox"
    base_url: str | None = None
    folder: object | None = None
    is_sandbox: bool = False
    is_loopback: bool = False
    is_production: bool = False


def _attempt(answer: Reply | NoReply | None, outcome: Outcome, predicted: int | None = 0) -> Attempt:
    request = TriggerRequest("100", "3", "thor@example.com")
    return Attempt("a", "sandbox", "sandbox", request, None, NOW, predicted, outcome, answer, 12.4)


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        (Live(is_sandbox=True), "◆ sandbox · built-in, nothing leaves this machine"),
        (
            Live("demo", folder="/a/my shop/", is_sandbox=True),
            "◆ demo · folder my shop, nothing leaves this machine",
        ),
        (
            Live("local", "http://127.0.0.1:8042/api/v2", is_loopback=True),
            "◇ local · 127.0.0.1:8042, on this machine",
        ),
        (Live("test", "https://api.example.com/api/v3"), "◇ test · api.example.com, Test account"),
        (
            Live("near", "http://127.0.0.1:8042/api/v2", is_loopback=True, is_production=True),
            "▲ near · 127.0.0.1:8042, LIVE: real customers",
        ),
        (
            Live("live", "https://api.example.com/api/v3", is_production=True),
            "▲ live · api.example.com, LIVE: real customers",
        ),
    ],
)
def test_the_account_is_told_by_symbol_and_word(profile: Live, said: str) -> None:
    assert account_labels(profile)[0].plain == said


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome.SENDING, "… sending"),
        (Outcome.ACCEPTED, "✓ accepted"),
        (Outcome.PARTIAL, "◐ partial"),
        (Outcome.REJECTED, "✗ rejected"),
        (Outcome.NOT_SENT, "○ not sent"),
        (Outcome.UNKNOWN, "? unknown"),
    ],
)
def test_each_outcome_has_a_symbol_and_a_word(outcome: Outcome, said: str) -> None:
    assert outcome_label(outcome).plain == said


def test_an_answer_without_a_reply_says_why() -> None:
    attempt = _attempt(NoReply("refused", "no", "The connection was refused."), Outcome.NOT_SENT)
    assert answer_head(attempt).plain == "○ not sent   12 ms"
    code, description = answer_code(attempt), answer_description(attempt)
    assert code is not None
    assert code.plain == "No reply."
    assert description is not None
    assert "safe to send again" in description.plain
    assert compared(attempt) is None


@pytest.mark.parametrize(
    ("predicted", "reply", "said"),
    [
        (0, Reply(200, 0, "OK"), "as predicted"),
        (2008, Reply(200, 0, "OK"), "predicted 2008, got 0: the local list is out of date, refresh it"),
        (0, Reply(502, None, None), None),
        (0, Reply(429, 7003, "Too many requests"), None),
        (0, Reply(400, 5005, "No program or campaign is triggered."), None),
        (None, Reply(200, 0, "OK"), None),
    ],
)
def test_only_a_verdict_of_the_rules_can_tell_that_the_cache_is_stale(
    predicted: int | None, reply: Reply, said: str | None
) -> None:
    shown = compared(replace(_attempt(reply, Outcome.UNKNOWN), predicted_code=predicted))
    assert (shown and shown.plain) == said


def test_a_reply_that_cannot_be_read_says_so() -> None:
    code = answer_code(_attempt(Reply(502, None, None), Outcome.UNKNOWN))
    assert code is not None
    assert code.plain == "No readable reply code."


def test_a_reply_text_without_a_code_is_shown() -> None:
    code = answer_code(_attempt(Reply(401, None, "[/] Unauthorized"), Outcome.REJECTED))
    assert code is not None
    assert code.plain == "no code  [/] Unauthorized"


def test_a_contact_is_named_by_what_is_known() -> None:
    assert contact_name(Contact("1", "u", {"1": "Thor", "2": "Odinson"})) == "Thor Odinson"
    assert contact_name(Contact("1", "u", {"3": "thor@example.com"})) == "thor@example.com"
    assert contact_name(Contact("1", "u")) == ""


def test_a_line_leaves_out_what_does_not_fit() -> None:
    choices = [(Content("long name"), Content("facts")), (Content("name"), Content(""))]
    assert fit_line(choices, 20).plain == "long name      facts"
    assert fit_line(choices, 8).plain.rstrip() == "name"
    assert fit_line(choices, 3).plain == "na…"


def test_unsafe_characters_are_drawn_one_for_one() -> None:
    assert visible("a\x1b[31mb") == "a␛[31mb"
    assert visible("a\u202eb\u200d") == "a\ufffdb\ufffd"
    assert visible("Źrebiński 🇳🇴") == "Źrebiński 🇳🇴"


@dataclass(frozen=True)
class Account:
    profile: Live
    contacts: FieldNames


class Fields:
    def field_name(self, field_id: str) -> str | None:
        return {"3": "E-Mail"}.get(field_id)


THOR = TriggerRequest("100", "3", "thor@example.com")
SHOP = Account(Live("shop", "https://api.example.com/api/v3", is_production=True), Fields())


def test_the_question_before_sending_names_recipient_account_prediction_and_carried_data() -> None:
    found = Recipient((Contact("11", "u", {"1": "Thor", "2": "Odinson"}),), 1, complete=True)
    known = Preflight(Verdict(0, "OK"), (), found, example_data=True)
    assert send_question(THOR, "purchase_confirmation", SHOP, known, NOW).splitlines() == [
        "event 100 purchase_confirmation",
        "to E-Mail (3) thor@example.com",
        "Thor Odinson · contact 11",
        "▲ shop: LIVE, real customers",
        "✓ Will be accepted (0 OK)",
        "! Example data, unchanged",
        "",
        "Send it?",
    ]


def test_the_question_names_the_contact_that_the_event_data_was_for() -> None:
    use = DataUse("{}", "3", "sif@example.com", Contact("15", "u", {"1": "Sif"}), NOW - timedelta(minutes=1))
    asked = send_question(THOR, None, SHOP, Preflight(None, (), same_data=use), NOW)
    assert "! Same event data as for Sif (" in asked
    assert "? Cannot predict the reply" in asked


def test_what_the_reply_warned_of_is_shown_with_it() -> None:
    body = b'{"replyCode":0,"replyText":"OK","data":{},"warnings":["Too large for Interactions.","a\\u001b[31m"]}'
    shown = [
        part.plain for part in reply_lines(_attempt(Reply(200, 0, "OK", body=body), Outcome.ACCEPTED)) if part
    ]
    assert shown[3:5] == ["! Too large for Interactions.", "! a␛[31m"]


SHIPPED = EventUse((Mail("7", "Order shipped", "On its way"),))


@pytest.mark.parametrize(
    ("use", "predicted", "said"),
    [
        (
            SHIPPED,
            None,
            "Sends the mail “Order shipped” (subject: On its way). Triggered mails ignore opt-in.",
        ),
        (
            SHIPPED,
            Verdict(0, "OK"),
            "Sends the mail “Order shipped” (subject: On its way). Triggered mails ignore opt-in.",
        ),
        (SHIPPED, Verdict(2008, "No contact"), None),
        (EventUse(), None, "! No active program or mail uses this event."),
        (None, None, None),
    ],
)
def test_what_the_event_starts_is_said_unless_it_is_rejected(
    use: EventUse | None, predicted: Verdict | None, said: str | None
) -> None:
    label = use_label(use, predicted)
    assert (label and label.plain) == said


def test_the_question_names_the_mail_before_it_is_sent() -> None:
    question = send_question(THOR, "order", SHOP, Preflight(None, ()), NOW, use=SHIPPED)
    assert "\nSends the mail “Order shipped”. Triggered mails ignore opt-in.\n" in question
