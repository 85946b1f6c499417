"""Presenting on the built-in account: every reply and every failure on demand, and a fresh start."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from app.bootstrap import open_service
from app.domain.attempt_export import reply_parts
from app.domain.model import Attempt, NoReply, TriggerRequest, new_attempt_id
from app.service.scenarios import FAILURES, REPLIES, Scenarios
from app.service.session import Session
from app.settings import load_settings


@pytest.fixture
def scenarios(service: Session) -> Scenarios:
    assert service.scenarios is not None
    return service.scenarios


async def send(service: Session, request: TriggerRequest) -> Attempt:
    attempt_id = new_attempt_id()
    return await service.send(replace(request, trigger_id=attempt_id), attempt_id, repeats=True)


def test_the_seven_documented_replies_are_on_offer() -> None:
    assert list(REPLIES) == [0, 2004, 2005, 2008, 2010, 5001, 2012]


async def test_each_reply_is_had_and_was_predicted(service: Session, scenarios: Scenarios) -> None:
    for code in REPLIES:
        attempt = await send(service, REPLIES[code])
        assert (reply_parts(attempt)[1], attempt.predicted_code) == (code, code)


async def test_the_mails_that_went_out_are_listed_newest_first(
    service: Session, scenarios: Scenarios
) -> None:
    assert scenarios.sent_mails() == []
    for event in ("100", "121", "101"):
        await send(service, TriggerRequest(event, "3", "thor@example.com"))
    found = [(one.mail.name, one.external_id) for one in scenarios.sent_mails()]
    assert found == [("Password reset", "thor@example.com"), ("Purchase confirmation", "thor@example.com")]
    scenarios.reset(with_history=False)
    assert scenarios.sent_mails() == []


OUTCOMES = {
    "refused": "not_sent",
    "partial": "partial",
    "cut_before": "unknown",
    "cut_during": "unknown",
    "401": "rejected",
    "403": "rejected",
    "429": "rejected",
    "500": "unknown",
    "502": "unknown",
    "503": "unknown",
    "truncated": "unknown",
    "wrong_type": "unknown",
    "huge": "unknown",
}
"""The outcome of every failure but the slow reply, which takes its time."""


async def test_each_failure_happens_once_with_the_outcome_it_names(
    service: Session, scenarios: Scenarios
) -> None:
    assert {one.kind for one in FAILURES} - set(OUTCOMES) == {"slow"}
    for failure in FAILURES:
        if failure.kind in OUTCOMES:
            request = scenarios.fail_next(failure)
            assert (await send(service, request)).outcome == OUTCOMES[failure.kind] == failure.outcome
            assert (await send(service, request)).outcome == "accepted"


async def test_a_reset_may_keep_or_take_the_history(service: Session, scenarios: Scenarios) -> None:
    await send(service, REPLIES[0])
    scenarios.reset(with_history=False)
    assert sum(service.history.counts().values()) == 1
    scenarios.reset(with_history=True)
    assert service.history.counts() == {}


async def test_another_account_folder_has_no_stage(tmp_path: Path) -> None:
    folder = tmp_path / "account"
    folder.mkdir()
    for name, text in (("events.json", "[]"), ("fields.json", "[]"), ("contacts.csv", "id,uid\n")):
        (folder / name).write_text(text)
    settings = load_settings({"TRIGGERDESK_HOME": str(tmp_path / "home")}, account=folder)
    service = open_service(settings)
    assert service.scenarios is None
    await service.close()


async def test_a_cut_connection_is_told_as_one(service: Session, scenarios: Scenarios) -> None:
    cut = next(failure for failure in FAILURES if failure.kind == "cut_before")
    attempt = await send(service, scenarios.fail_next(cut))
    assert isinstance(attempt.answer, NoReply)
    assert attempt.answer.reason == "reset"
    assert attempt.answer.detail == "sandbox.localhost broke the connection before it replied."


async def test_threads_that_open_the_way_at_once_find_one_endpoint(tmp_path: Path) -> None:
    opened = open_service(load_settings({"TRIGGERDESK_HOME": str(tmp_path)}))
    ways = await asyncio.gather(*(asyncio.to_thread(lambda: opened.client) for _ in range(4)))
    assert len(set(map(id, ways))) == 1
    await opened.close()
