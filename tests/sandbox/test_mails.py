"""Mails of events: which ones an event launches, and which ones reached a contact."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import FileFaultError
from app.domain.mails import Mail
from app.sandbox.accounts.folder import read_events
from tests.sandbox.asking import Asker
from tests.sandbox.conftest import Clock
from tests.sandbox.folders import write_folder

THOR = '{"key_id":"3","external_id":"thor@example.com","trigger_id":"t","data":{"a":1}}'


def history(sandbox: Asker, **body: object) -> Any:
    got = sandbox.post("/api/v2/contact/getcontacthistory", json.dumps(body))
    return json.loads(got.body)["data"] if got.status == 200 else got.plain


def test_an_accepted_trigger_launches_the_mail_in_the_account_s_own_time(sandbox: Asker) -> None:
    sandbox.trigger(100, THOR)
    sandbox.trigger(100, THOR)
    sandbox.trigger(102, THOR.replace('"t"', '"u"'))
    assert sandbox.post("/api/v2/contact/getcontacthistory", b'{"contacts":[11,"12"]}').plain == (
        200,
        b'{"replyCode":0,"replyText":"OK","data":[{"emailId":100,"contactId":"11",'
        b'"launch_date":"2023-11-14 23:13:20","delivery_status":"launched","bounce_status":""}]}',
    )


def test_contact_history_is_of_the_days_and_contacts_asked_for(sandbox: Asker, clock: Clock) -> None:
    sandbox.trigger(100, THOR)
    clock.now += 3600
    sandbox.trigger(101, THOR.replace('"t"', '"u"'))
    assert [one["emailId"] for one in history(sandbox, contacts=[11])] == [100, 101]
    assert [one["emailId"] for one in history(sandbox, contacts=[11], endDate="2023-11-14")] == [100]
    assert [one["emailId"] for one in history(sandbox, contacts=[11], startDate="2023-11-15")] == [101]
    assert history(sandbox, contacts=[12]) == history(sandbox, contacts=[]) == []


def test_a_reset_clears_contact_history(sandbox: Asker) -> None:
    sandbox.trigger(100, THOR)
    sandbox.post("/_sandbox/reset", b"")
    assert history(sandbox, contacts=[11]) == []


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({}, 10001, "Missing parameter: contacts"),
        ({"contacts": "11"}, 10001, "contacts must be an array"),
        ({"contacts": [1] * 1001}, 10001, "Max. number of contacts: 1000"),
        ({"contacts": [1], "startDate": "yesterday"}, 1001, "One or more parameters are invalid or missing."),
    ],
)
def test_faulty_questions_about_contact_history_are_rejected(
    sandbox: Asker, body: dict[str, object], code: int, text: str
) -> None:
    expected = f'{{"replyCode":{code},"replyText":"{text}","data":""}}'.encode()
    assert history(sandbox, **body) == (400, expected)


def test_a_mail_has_a_name_and_a_subject(sandbox: Asker) -> None:
    assert sandbox.get("/api/v2/email/100").plain == (
        200,
        b'{"replyCode":0,"replyText":"OK","data":{"id":"100","name":"purchase","subject":"purchase"}}',
    )
    for unknown in ("102", "9", "x"):
        assert sandbox.get(f"/api/v2/email/{unknown}").plain == (
            400,
            b'{"replyCode":6004,"replyText":"Invalid email ID","data":""}',
        )


def test_events_name_their_mails(tmp_path: Path) -> None:
    events = '[{"id":1,"name":"a","mails":[{"id":7,"name":"A","subject":"Hi"},{"id":"8","name":"B"}]}]'
    folder = write_folder(tmp_path, events)
    assert read_events(folder)[0].mails == (Mail("7", "A", "Hi"), Mail("8", "B", ""))


@pytest.mark.parametrize("mails", ['"x"', "[1]", '[{"name":"A"}]', '[{"id":"x","name":"A"}]', '[{"id":1}]'])
def test_faulty_mails_are_reported(tmp_path: Path, mails: str) -> None:
    with pytest.raises(FileFaultError, match=r"line 2: .*(mails|id|name)"):
        read_events(write_folder(tmp_path, f'[\n{{"id":1,"name":"a","mails":{mails}}}]'))


def test_triggers_are_listed_one_per_contact(sandbox: Asker) -> None:
    sandbox.trigger(100, THOR)
    sandbox.trigger(100, THOR)
    sandbox.trigger(101, '{"key_id":"id","contacts":[{"external_id":"12"},{"external_id":"9"}]}')
    first, second, third = map(json.loads, sandbox.get("/_sandbox/triggers").body.splitlines())
    assert first == {
        "at": "2023-11-14T22:13:20+00:00",
        "event_id": "100",
        "key_id": "3",
        "external_id": "thor@example.com",
        "contact_id": "11",
        "trigger_id": "t",
        "data": {"a": 1},
        "deduplicated": False,
    }
    assert second == {**first, "deduplicated": True}
    assert (third["contact_id"], third["trigger_id"], third["data"]) == ("12", None, None)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("event=100", 1),
        ("event=101&external_id=12", 1),
        ("external_id=thor%40example.com", 1),
        ("trigger_id=t", 1),
        ("trigger_id=t&event=101", 0),
    ],
)
def test_triggers_are_chosen_by_event_external_id_and_trigger_id(
    sandbox: Asker, query: str, count: int
) -> None:
    sandbox.trigger(100, THOR)
    sandbox.trigger(101, '{"key_id":"id","external_id":"12"}')
    assert len(sandbox.get(f"/_sandbox/triggers?{query}").body.splitlines()) == count


def test_an_unknown_filter_of_triggers_is_named(sandbox: Asker) -> None:
    got = sandbox.get("/_sandbox/triggers?event_id=100")
    assert got.plain == (400, b'{"error":"Unknown: event_id."}')
