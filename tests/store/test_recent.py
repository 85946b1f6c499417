"""What was sent last, found from indexes: by event, to a contact, and the same before."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.domain.model import Answer, Attempt, JsonObject, NoReply, Outcome, Reply, Settlement, TriggerRequest
from app.domain.recipient import canonical_json, contact_fingerprint, request_fingerprint
from app.store.attempts import History, SameSend
from tests.store.conftest import STARTED

OK = Reply(200, 0, "OK")
REFUSED = Reply(400, 2008, "x")
LOST = NoReply("deadline", "maybe", "x")
NOTHING_LEFT = NoReply("refused", "no", "x")
SINCE = STARTED - timedelta(minutes=10)


class Sent:
    """Attempts, a second apart."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.now = STARTED

    def __call__(
        self,
        event_id: str = "100",
        key_id: str = "3",
        external_id: str = "thor@example.com",
        data: JsonObject | None = None,
        answer: Answer | None = OK,
        account: str = "here",
        event_name: str | None = None,
    ) -> str:
        self.now += timedelta(seconds=1)
        attempt_id = f"a{(self.now - STARTED).seconds}"
        request = TriggerRequest(event_id, key_id, external_id, data, attempt_id)
        self.history.begin(Attempt(attempt_id, "sandbox", account, request, event_name, self.now, 0), b"{}")
        if answer is not None:
            self.history.finish(attempt_id, answer, 1.0, None)
        return attempt_id


@pytest.fixture
def sent(history: History) -> Sent:
    return Sent(history)


def again(history: History, since: datetime = SINCE, **changes: object) -> str | None:
    request = replace(TriggerRequest("100", "3", "thor@example.com"), **changes)  # type: ignore[arg-type]
    contact = contact_fingerprint("here", request.key_id, request.external_id)
    mark = request_fingerprint("here", request, canonical_json(request.data))
    found = history.recent.sent(SameSend([contact], [mark], since))
    return found.attempt_id if found else None


def last_to(history: History, *keys: tuple[str, str]) -> str | None:
    marks = [contact_fingerprint("here", *key) for key in keys]
    found = history.recent.with_contact(marks, [one for one in Outcome if one is not Outcome.REJECTED])
    return found.attempt_id if found else None


def test_events_come_by_last_use_each_once_of_one_account(history: History, sent: Sent) -> None:
    for event_id in ("100", "101", "100", "102", "\ud800", "101"):
        sent(event_id)
    sent("200", account="there")
    assert history.recent.events("here", 10) == ("101", "\ufffd", "102", "100")
    assert history.recent.events("here", 2) == ("101", "\ufffd")
    assert history.recent.events("nowhere", 10) == ()


def test_the_last_key_of_an_event(history: History, sent: Sent) -> None:
    sent("100", "10142")
    sent("100", "uid", answer=REFUSED)
    sent("101", "3")
    assert history.recent.key("here", "100") == "uid"
    assert history.recent.key("here", "999") is None
    assert history.recent.key("there", "100") is None


def test_the_last_data_of_an_event_are_those_of_the_last_attempt_that_had_any(
    history: History, sent: Sent
) -> None:
    sent(data={"a": 1})
    sent(data={"a": 2})
    sent()
    sent("101", data={"a": 3})
    assert history.recent.data("here", "100") == {"a": 2}
    assert history.recent.data("here", "102") is None


def test_an_event_is_known_by_the_name_it_had_elsewhere(history: History, sent: Sent) -> None:
    sent("700", account="there", event_name="old name")
    sent("700", account="there", event_name="welcome")
    sent("700", account="here", event_name=None)
    assert history.recent.name_elsewhere("700") == "welcome"
    assert history.recent.name_elsewhere("701") is None


def test_the_last_attempt_to_a_contact_by_any_of_its_keys(history: History, sent: Sent) -> None:
    by_mail = sent(external_id="THOR@example.com")
    assert last_to(history, ("3", "thor@example.com")) == by_mail
    by_id = sent(key_id="id", external_id="11", answer=LOST)
    assert last_to(history, ("3", "thor@example.com"), ("id", "11")) == by_id
    assert last_to(history, ("3", "sif@example.com")) is None
    assert last_to(history) is None


def test_outcomes_that_are_not_asked_for_are_passed_over(history: History, sent: Sent) -> None:
    earlier = sent()
    sent(answer=REFUSED)
    assert last_to(history, ("3", "thor@example.com")) == earlier


def test_the_same_again_is_found_whatever_the_order_of_its_keys_and_the_case_of_the_address(
    history: History, sent: Sent
) -> None:
    first = sent(data={"a": 1, "b": {"c": 2, "d": 3}})
    assert again(history, data={"b": {"d": 3, "c": 2}, "a": 1}, external_id="Thor@Example.com") == first
    assert again(history, data={"a": 1}) is None
    assert again(history, data={"a": 1, "b": {"c": 2, "d": 3}}, event_id="101") is None


@pytest.mark.parametrize("answer", [OK, Reply(200, 0, "OK", {"x": {"2008": "y"}}), None])
def test_what_was_received_or_is_under_way_counts_within_its_time(
    history: History, sent: Sent, answer: Answer | None
) -> None:
    first = sent(answer=answer)
    assert again(history) == first
    assert again(history, since=STARTED + timedelta(minutes=1)) is None


@pytest.mark.parametrize("answer", [REFUSED, NOTHING_LEFT])
def test_what_triggered_nothing_never_counts(history: History, sent: Sent, answer: Answer) -> None:
    sent(answer=answer)
    assert again(history) is None


def test_an_unknown_outcome_counts_always_until_somebody_settles_that_it_did_not_arrive(
    history: History, sent: Sent
) -> None:
    late = STARTED + timedelta(days=300)
    lost = sent(answer=LOST)
    sent()
    assert again(history, since=late) == lost
    history.resolve(lost, Settlement(arrived=True, note="", settled_at=late))
    assert again(history, since=late) == lost
    history.resolve(lost, Settlement(arrived=False, note="", settled_at=late))
    assert again(history, since=late) is None


def test_the_newest_of_both_kinds_is_named(history: History, sent: Sent) -> None:
    sent(answer=LOST)
    newer = sent()
    assert again(history) == newer
    newest = sent(answer=LOST)
    assert again(history) == newest


def test_the_last_key_of_an_event_is_not_a_contact_id(history: History, sent: Sent) -> None:
    sent("100", "10142")
    sent("100", "id")
    sent("101", "id")
    assert history.recent.key("here", "100") == "10142"
    assert history.recent.key("here", "101") is None


def test_attempts_with_the_same_data_are_found_whoever_they_went_to(history: History, sent: Sent) -> None:
    first = sent("100", "3", data={"a": 1, "b": 2})
    sent("100", "3", data={"a": 2})
    sent("101", "3", data={"a": 1, "b": 2})
    sent("100", "3", data={"a": 1, "b": 2}, account="there")
    last = sent("100", "id", data={"b": 2, "a": 1})
    found = history.recent.with_data("here", "100", canonical_json({"a": 1, "b": 2}))
    assert [row.attempt_id for row in found] == [last, first]
    for number in range(10):
        sent("100", "3", data={"n": number})
    assert history.recent.with_data("here", "100", canonical_json({"a": 1, "b": 2})) == ()
