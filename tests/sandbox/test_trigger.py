"""The single form of the trigger: bytes in, whole replies out."""

import json
from collections.abc import Callable

import pytest

from tests.sandbox.asking import Asker

THOR = '{"key_id":"3","external_id":"thor@example.com"}'
OK = (200, b'{"replyCode":0,"replyText":"OK","data":{}}')


def refusal(code: int, text: str) -> tuple[int, bytes]:
    return 400, json.dumps({"replyCode": code, "replyText": text, "data": ""}, separators=(",", ":")).encode()


def test_a_good_trigger_is_received(sandbox: Asker) -> None:
    assert sandbox.trigger(100, THOR).plain == OK


def test_the_example_of_the_documentation_is_received(sandbox: Asker) -> None:
    body = """{"key_id": "3", "external_id": "thor@example.com",
               "data": {"global": {"itemName": "hammer", "itemPrice": "123"}}}"""
    assert sandbox.trigger(100, body).plain == OK


def test_an_unknown_key_field_is_2004(sandbox: Asker) -> None:
    assert sandbox.trigger(100, '{"key_id":"77","external_id":"x"}').plain == (
        400,
        b'{"replyCode":2004,"replyText":"Invalid key field id: 77","data":""}',
    )


def test_an_empty_value_is_2005(sandbox: Asker) -> None:
    assert sandbox.trigger(100, '{"key_id":"3","external_id":""}').plain == (
        400,
        b'{"replyCode":2005,"replyText":"No value provided for key field: 3","data":""}',
    )


def test_a_value_that_no_contact_has_is_2008(sandbox: Asker) -> None:
    assert sandbox.trigger(100, '{"key_id":"3","external_id":"a"}').plain == (
        400,
        b'{"replyCode":2008,"replyText":"No contact found with the external id: 3 - a","data":""}',
    )


def test_a_value_that_two_contacts_share_is_2010_with_a_full_stop(sandbox: Asker) -> None:
    assert sandbox.trigger(100, '{"key_id":"3","external_id":"twin@example.com"}').plain == (
        400,
        b'{"replyCode":2010,"replyText":"More contacts found with the external id: 3 - twin@example.com.","data":""}',
    )


def test_an_unknown_event_is_5001(sandbox: Asker) -> None:
    assert sandbox.trigger(999, THOR).plain == (
        400,
        b'{"replyCode":5001,"replyText":"Invalid event id for customer.","data":""}',
    )


@pytest.mark.parametrize("key", ["id", "uid"])
def test_an_unknown_contact_id_or_uid_is_2012(sandbox: Asker, key: str) -> None:
    assert sandbox.trigger(100, f'{{"key_id":"{key}","external_id":"999999"}}').plain == (
        400,
        b'{"replyCode":2012,"replyText":"Invalid contact id for customer.","data":""}',
    )


def test_an_event_that_nothing_uses_is_5005(sandbox: Asker) -> None:
    assert sandbox.trigger(102, THOR).plain == refusal(5005, "No program or campaign is triggered.")


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ('"email"', "email"),
        ('"eid"', "eid"),
        ('"ID"', "ID"),
        ('"03"', "03"),
        ('""', ""),
        ("null", ""),
        ("true", "true"),
        ("3.0", "3.0"),
        ('["3"]', '["3"]'),
        ('" 3"', " 3"),
        ('"[/]\\u001b"', "[/]\u001b"),
    ],
)
def test_a_key_id_that_is_no_field_is_2004_with_the_text_as_given(
    sandbox: Asker, key: str, shown: str
) -> None:
    got = sandbox.trigger(100, f'{{"key_id":{key},"external_id":"x"}}')
    assert got.plain == refusal(2004, f"Invalid key field id: {shown}")


def test_a_missing_key_id_is_2004_even_where_nothing_else_is_given(sandbox: Asker) -> None:
    assert sandbox.trigger(999, "{}").plain == refusal(2004, "Invalid key field id: ")


@pytest.mark.parametrize(
    "value", ["", ',"external_id":null', ',"external_id":true', ',"external_id":1.5', ',"external_id":[]']
)
@pytest.mark.parametrize("key", ["3", "id", "uid"])
def test_a_value_that_is_none_is_2005_which_names_the_key(sandbox: Asker, key: str, value: str) -> None:
    got = sandbox.trigger(999, f'{{"key_id":"{key}"{value}}}')
    assert got.plain == refusal(2005, f"No value provided for key field: {key}")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("3", '"thor@example.com"'),
        ('"3"', '"THOR@EXAMPLE.COM"'),
        ('"3"', '"mixed.case@example.com"'),
        ('"10142"', '"007"'),
        ('"10142"', '"7"'),
        ('"10142"', "7"),
        ('"10142"', "0"),
        ('"10142"', '"0"'),
        ('"10142"', '" "'),
        ('"id"', "14"),
        ('"id"', '"14"'),
        ('"uid"', '"uid-thor"'),
    ],
)
def test_text_and_integers_find_the_one_contact_that_has_them(sandbox: Asker, key: str, value: str) -> None:
    assert sandbox.trigger(101, f'{{"key_id":{key},"external_id":{value}}}').plain == OK


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("3", "thor@example.com "),
        ("3", "ThÖr@example.com"),
        ("1", "thor"),
        ("10142", "07"),
        ("10142", "+7"),
        ("10143", "x"),
        ("3", "thor@example.com\0"),
        ("3", "\ud800"),
    ],
)
def test_nothing_is_trimmed_and_only_the_e_mail_ignores_case(sandbox: Asker, key: str, value: str) -> None:
    got = sandbox.trigger(100, json.dumps({"key_id": key, "external_id": value}))
    assert got.plain == refusal(2008, f"No contact found with the external id: {key} - {value}")


def test_a_uid_is_compared_exactly(sandbox: Asker) -> None:
    got = sandbox.trigger(100, '{"key_id":"uid","external_id":"UID-THOR"}')
    assert got.plain == refusal(2012, "Invalid contact id for customer.")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"key_id":"77","external_id":"","data":1}', 2004),
        ('{"key_id":"3","external_id":"","data":1}', 2005),
        ('{"key_id":"3","external_id":"a","data":1}', 2008),
        ('{"key_id":"3","external_id":"twin@example.com","data":1}', 2010),
        ('{"key_id":"id","external_id":"999","data":1}', 5001),
        ('{"key_id":"3","external_id":"thor@example.com","data":1}', 5001),
    ],
)
def test_the_first_broken_rule_of_the_table_is_the_one_told(sandbox: Asker, body: str, code: int) -> None:
    assert json.loads(sandbox.trigger(999, body).body)["replyCode"] == code


def test_an_unknown_contact_comes_before_faulty_data(sandbox: Asker) -> None:
    got = sandbox.trigger(102, '{"key_id":"id","external_id":"999","data":1}')
    assert got.plain == refusal(2012, "Invalid contact id for customer.")


@pytest.mark.parametrize("event", ["abc", "0100", "100 ", "1e2", "%00", "ü", "-100", "trigger", "a/b"])
def test_an_event_id_that_is_no_number_is_5001_at_its_place(sandbox: Asker, event: str) -> None:
    assert sandbox.trigger(event, THOR).plain == refusal(5001, "Invalid event id for customer.")
    assert sandbox.trigger(event, '{"key_id":"9"}').plain == refusal(2004, "Invalid key field id: 9")


@pytest.mark.parametrize(
    "data", ["{}", "[]", "null", '"{}"', '"[]"', '{"ems_event_time":1,"group":[{"a":1}]}', '" {\\"a\\": 1} "']
)
def test_event_data_may_be_an_object_json_text_or_a_list_without_anything(sandbox: Asker, data: str) -> None:
    assert sandbox.trigger(100, f'{THOR[:-1]},"data":{data}}}').plain == OK


@pytest.mark.parametrize("data", ['""', '"{"', '"nix"'])
def test_event_data_as_text_that_is_no_json_is_5009(sandbox: Asker, data: str) -> None:
    got = sandbox.trigger(100, f'{THOR[:-1]},"data":{data}}}')
    assert got.plain == refusal(5009, "Event data is not valid JSON.")


@pytest.mark.parametrize("data", ["1", "true", "[1]", '"1"', '"null"', '"[1]"', "0", "false"])
def test_event_data_that_is_no_object_is_5011(sandbox: Asker, data: str) -> None:
    got = sandbox.trigger(100, f'{THOR[:-1]},"data":{data}}}')
    assert got.plain == refusal(5011, "Event data is not an object.")


@pytest.mark.parametrize(("length", "code"), [(1_000_000, 0), (1_000_001, 5008)])
def test_event_data_may_have_a_million_bytes_and_not_one_more(sandbox: Asker, length: int, code: int) -> None:
    data = '{"a":"' + "x" * (length - 8) + '"}'
    got = sandbox.trigger(100, f'{THOR[:-1]},"data":{data}}}')
    if code:
        assert got.plain == refusal(5008, "Event data size above limit for interactions program triggering.")
    else:
        assert got.plain == OK


@pytest.mark.parametrize("time", ['"2007-03-01T13:00:00Z"', '"2007-03-01T13:00:00.000Z"', "null"])
def test_an_event_time_is_utc_to_the_second(sandbox: Asker, time: str) -> None:
    assert sandbox.trigger(100, f'{THOR[:-1]},"event_time":{time}}}').plain == OK


@pytest.mark.parametrize(
    "time",
    [
        '"2007-03-01T13:00:00"',
        '"2007-03-01 13:00:00Z"',
        '"2007-03-01T13:00:00+00:00"',
        '"2007-03-01T13:00:00.001Z"',
        '"2007-13-01T13:00:00Z"',
        '"2007-03-01T24:00:00Z"',
        '"2007-03-01T13:00:00Z\\n"',
        '"٢٠٠٧-03-01T13:00:00Z"',
        '""',
        "1172754000",
    ],
)
def test_any_other_event_time_is_5010(sandbox: Asker, time: str) -> None:
    got = sandbox.trigger(100, f'{THOR[:-1]},"event_time":{time}}}')
    assert got.plain == refusal(5010, "Invalid event time format.")


def test_faulty_data_is_told_before_a_faulty_time_and_both_before_an_event_that_nothing_uses(
    sandbox: Asker,
) -> None:
    assert sandbox.trigger(102, f'{THOR[:-1]},"data":1,"event_time":1}}').plain == refusal(
        5011, "Event data is not an object."
    )
    assert sandbox.trigger(102, f'{THOR[:-1]},"event_time":1}}').plain == refusal(
        5010, "Invalid event time format."
    )


def test_attachments_and_whatever_else_is_sent_are_accepted(sandbox: Asker) -> None:
    body = f'{THOR[:-1]},"attachment":[{{"filename":"a.pdf","data":"QQ=="}}],"contacts":null,"other":1}}'
    assert sandbox.trigger(100, body).plain == OK


def test_with_interactions_the_reply_says_what_the_event_is_connected_to(open_sandbox) -> None:  # type: ignore[no-untyped-def]
    sandbox = open_sandbox(interactions=True)
    used = b'{"email":true,"acProgram":false,"interactionsProgram":false}'
    assert (
        sandbox.trigger(100, THOR).body
        == b'{"replyCode":0,"replyText":"OK","data":{"connectedTo":' + used + b"}}"
    )
    assert sandbox.trigger(102, THOR).body == b'{"replyCode":0,"replyText":"OK","data":{"connectedTo":false}}'


@pytest.mark.parametrize(
    "path", ["/api/v2/event/100/trigger/", "//api//v2///event//100//trigger//", "/api/v3/event/100/trigger"]
)
def test_slashes_more_or_fewer_and_version_3_are_the_same_call(sandbox: Asker, path: str) -> None:
    assert sandbox.post(path, THOR).plain == OK


def test_a_byte_order_mark_and_any_content_type_are_read(sandbox: Asker) -> None:
    assert sandbox.trigger(100, b"\xef\xbb\xbf" + THOR.encode(), {"Content-Type": "text/plain"}).plain == OK


@pytest.mark.parametrize("key_id", ["email", "3", 3])
def test_a_field_s_name_is_a_key_if_asked_for(open_sandbox: Callable[..., Asker], key_id: object) -> None:
    sandbox = open_sandbox(field_names=True)
    one = {"key_id": key_id, "external_id": "thor@example.com"}
    many = {"key_id": key_id, "contacts": [{"external_id": "thor@example.com"}]}
    assert sandbox.trigger(100, json.dumps(one)).status == 200
    assert json.loads(sandbox.trigger(100, json.dumps(many)).body)["data"]["ids"] == ["11"]


@pytest.mark.parametrize("key_id", ["E-Mail", "eid", ""])
def test_no_other_name_is_a_key(open_sandbox: Callable[..., Asker], key_id: str) -> None:
    sandbox = open_sandbox(field_names=True)
    got = sandbox.trigger(100, json.dumps({"key_id": key_id, "external_id": "thor@example.com"}))
    assert json.loads(got.body)["replyCode"] == 2004
