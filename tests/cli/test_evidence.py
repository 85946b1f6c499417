"""`history evidence` and `settle`, and what a dry run says about the mails of an event."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.domain.text import short_id
from tests.cli.conftest import Desk
from tests.cli.real import Account, failing

KEYS = [
    "attempt_id", "contact_id", "result", "mail", "launched_at", "other_attempt_id", "checked_at", "sentence",
]  # fmt: skip
THOR = ("--key", "3", "--external-id", "thor@example.com")
PURCHASE = {"id": "2000", "name": "Purchase confirmation", "subject": "Thank you for your order"}


def send(desk: Desk, *words: str) -> str:
    return str(desk("trigger", *words, "--json").json["attempt_id"])


def test_a_launched_mail_is_evidence(desk: Desk) -> None:
    attempt = send(desk, "100", *THOR)
    said = desk("history", "evidence", short_id(attempt))
    assert said.code == 0
    assert said.out.startswith("The mail “Purchase confirmation” was launched at ")
    assert said.out.endswith(": it arrived.\n")
    found = desk("history", "evidence", attempt, "--json").json
    assert list(found) == KEYS
    assert (found["attempt_id"], found["contact_id"], found["result"]) == (attempt, "11", "found")
    assert (found["mail"], found["other_attempt_id"]) == (PURCHASE, None)
    assert found["sentence"] + "\n" == said.out


def test_another_attempt_that_may_have_sent_the_mail_is_named(desk: Desk) -> None:
    other = send(desk, "100", *THOR)
    ran = desk("history", "evidence", send(desk, "100", *THOR), "--json")
    assert (ran.code, ran.json["result"], ran.json["other_attempt_id"]) == (1, "ambiguous", other)
    assert (
        f"but the attempt {short_id(other)} on the same event and contact may have sent it."
        in ran.json["sentence"]
    )


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("100", "--key", "3", "--external-id", "nobody@example.com"), "triggered nothing (rejected)"),
        (("999", *THOR), "triggered nothing (rejected)"),
    ],
)
def test_an_attempt_that_triggered_nothing_has_no_evidence(
    desk: Desk, words: tuple[str, ...], reason: str
) -> None:
    ran = desk("history", "evidence", send(desk, *words))
    assert (ran.code, ran.out) == (2, "")
    assert reason in ran.err
    assert desk("history", "evidence", "no-such-attempt").code == 2


def test_a_trigger_whose_reply_was_cut_is_proved_and_stays_unknown(account: Callable[[str], Account]) -> None:
    shop = account("none")
    shop.add("none")
    with failing(shop.url, "cut_during"):
        attempt = send(shop, "100", *THOR)
        ran = shop("history", "evidence", attempt)
        assert (ran.code, ran.out) == (4, "")
    ran = shop("history", "evidence", attempt, "--json")
    assert (ran.code, ran.json["result"]) == (0, "found")
    (row,) = shop("history", "--json").lines
    assert (row["outcome"], row["settlement"]) == ("unknown", None)

    settled = shop("history", "settle", attempt[:8], "did-not", "--note", "no trace of it")
    assert (settled.code, settled.err) == (0, "")
    assert settled.out == f"Attempt {attempt} is resolved: did not arrive. Its outcome stays unknown.\n"
    (row,) = shop("history", "--json").lines
    assert (row["outcome"], row["settlement"]["arrived"]) == ("unknown", False)
    assert row["settlement"]["note"] == "no trace of it"
    assert "? resolved: did not arrive" in shop("history").out
    refused = shop("history", "settle", "00000000", "arrived")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("triggerdesk: There is no attempt")


def test_a_dry_run_says_which_mails_the_event_sends(desk: Desk) -> None:
    sends = (
        "Sends the mail “Purchase confirmation” (subject: Thank you for your order). "
        "Triggered mails ignore opt-in.\n"
    )
    assert desk("trigger", "100", *THOR, "--dry-run").out.endswith(sends)
    assert desk("trigger", "100", *THOR, "--dry-run", "--json").err.endswith(sends)


def test_a_dry_run_warns_of_an_event_that_nothing_uses(desk: Desk) -> None:
    assert desk("trigger", "121", *THOR, "--dry-run").out.endswith(
        "! No active program or mail uses this event.\n"
    )


def test_a_dry_run_says_nothing_of_mails_without_an_account_that_answers(desk: Desk, home: Path) -> None:
    home.mkdir()
    (home / "config.toml").write_text('[profiles.shop]\nbase_url = "http://127.0.0.1:1/api/v2"\n')
    ran = desk("--profile", "shop", "trigger", "100", *THOR, "--dry-run")
    assert ran.code == 0
    assert "opt-in" not in ran.out
    assert "uses this event" not in ran.out
