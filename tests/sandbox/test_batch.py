"""The trigger with many contacts: who was triggered and who was not, in one reply."""

import json
from collections.abc import Callable

import pytest

from tests.sandbox.asking import Asker


def batch(*contacts: object, key: object = "3", **more: object) -> str:
    return json.dumps({"key_id": key, "contacts": contacts, **more})


def to(value: object, **more: object) -> dict[str, object]:
    return {"external_id": value, **more}


def refusal(code: int, text: str) -> tuple[int, bytes]:
    return 400, f'{{"replyCode":{code},"replyText":"{text}","data":""}}'.encode()


def test_everybody_is_triggered(sandbox: Asker) -> None:
    body = b'{"key_id":"id","contacts":[{"external_id":"11"},{"external_id":14}]}'
    assert sandbox.trigger(100, body).plain == (
        200,
        b'{"replyCode":0,"replyText":"OK","data":{"ids":["11","14"],"errors":[]}}',
    )


def test_some_are_refused_within_a_good_reply(sandbox: Asker) -> None:
    body = b"""{"key_id":3,"contacts":[
        {"external_id":"thor@example.com","data":{"global":{"itemName":"x"}},"trigger_id":"t1"},
        {"external_id":"nobody@example.com"},{"external_id":"twin@example.com"},{"external_id":""}]}"""
    assert sandbox.trigger(100, body).plain == (
        200,
        b'{"replyCode":0,"replyText":"OK","data":{"ids":["11"],"errors":{'
        b'"nobody@example.com":{"2008":"No contact found with the external id: 3 - nobody@example.com"},'
        b'"twin@example.com":{"2010":"More contacts found with the external id: 3 - twin@example.com."},'
        b'"":{"2005":"No value provided for key field: 3"}}}}',
    )


def test_nobody_is_triggered_and_the_reply_is_still_good(sandbox: Asker) -> None:
    assert sandbox.trigger(100, batch(to("9"), key="uid")).plain == (
        200,
        b'{"replyCode":0,"replyText":"OK","data":{"ids":[],"errors":{"9":{"2012":"Invalid contact id for customer."}}}}',
    )


def test_a_value_given_twice_is_not_two_contacts(sandbox: Asker) -> None:
    got = sandbox.trigger(100, batch(to("thor@example.com"), to("THOR@example.com"), to("thor@example.com")))
    assert json.loads(got.body)["data"] == {"ids": ["11", "11", "11"], "errors": []}


@pytest.mark.parametrize(
    ("contact", "code"),
    [
        (to("11", data="{"), "5009"),
        (to("11", data=1), "5011"),
        (to("11", event_time="x"), "5010"),
        (to("11", data={"a": "x" * 1_000_001}), "5008"),
        (to(None), "2005"),
        ({}, "2005"),
        ("text", "2005"),
    ],
)
def test_each_contact_is_checked_for_itself(sandbox: Asker, contact: object, code: str) -> None:
    got = json.loads(sandbox.trigger(100, batch(contact, to("14"), key="id")).body)["data"]
    assert got["ids"] == ["14"]
    assert [list(errors) for errors in got["errors"].values()] == [[code]]


@pytest.mark.parametrize(
    "extra", [{"external_id": ""}, {"data": None}, {"external_id": "", "data": None}, {"data": 1}]
)
def test_single_fields_left_empty_beside_contacts_are_ignored(
    sandbox: Asker, extra: dict[str, object]
) -> None:
    assert json.loads(sandbox.trigger(100, batch(to("thor@example.com"), **extra)).body)["data"]["ids"] == [
        "11"
    ]


def test_an_unknown_key_field_refuses_the_whole(sandbox: Asker) -> None:
    assert sandbox.trigger(999, batch(to("x"), key="77")).plain == refusal(2004, "Invalid key field id: 77")


def test_an_unknown_event_refuses_the_whole(sandbox: Asker) -> None:
    assert sandbox.trigger(999, batch(to("x"))).plain == refusal(5001, "Invalid event id for customer.")


def test_an_event_that_nothing_uses_refuses_the_whole_unless_nobody_was_found_anyway(sandbox: Asker) -> None:
    unused = refusal(5005, "No program or campaign is triggered.")
    assert sandbox.trigger(102, batch(to("11"), to("9"), key="id")).plain == unused
    assert sandbox.trigger(102, batch(to("9"), key="id")).status == 200


@pytest.mark.parametrize(
    ("contacts", "code", "text"),
    [
        ("[]", 10001, "Missing parameter: contacts"),
        ("{}", 10001, "contacts must be an array"),
        ('"x"', 10001, "contacts must be an array"),
        ("[" + ",".join(["{}"] * 1001) + "]", 1000, "The request exceeded the maximum batch size of 1,000"),
    ],
)
def test_contacts_that_are_no_list_of_one_to_a_thousand_are_refused(
    sandbox: Asker, contacts: str, code: int, text: str
) -> None:
    assert sandbox.trigger(100, f'{{"key_id":"3","contacts":{contacts}}}').plain == refusal(code, text)


def test_a_thousand_contacts_are_answered(sandbox: Asker) -> None:
    got = json.loads(sandbox.trigger(100, batch(*[to(str(n)) for n in range(1000)], key="id")).body)["data"]
    assert got["ids"] == ["11", "12", "13", "14", "15"]
    assert len(got["errors"]) == 995


def test_ids_are_found_whatever_stands_in_the_values(sandbox: Asker) -> None:
    hostile = ["\0", "thor@example.com\0", "\ud800", '"', "[/]", "' OR 1=1 --", "x" * 100_000]
    got = json.loads(sandbox.trigger(100, batch(*map(to, hostile), to("thor@example.com"))).body)["data"]
    assert got["ids"] == ["11"]
    assert len(got["errors"]) == len(hostile)


def test_with_interactions_a_batch_says_what_the_event_is_connected_to(
    open_sandbox: Callable[..., Asker],
) -> None:
    got = json.loads(open_sandbox(interactions=True).trigger(102, batch(to("11"), key="id")).body)
    assert got["data"] == {"ids": ["11"], "errors": [], "connectedTo": False}
