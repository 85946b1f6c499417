"""What goes over the wire and what is read from it, byte for byte."""

import pytest

from app.domain.model import Contact, ExternalEvent, Field, TriggerRequest
from app.domain.wire import (
    WireError,
    parse_contacts,
    parse_errors,
    parse_events,
    parse_fields,
    parse_reply,
    parse_trigger,
    reply_body,
    trigger_body,
    trigger_path,
)


def test_the_single_form_has_exactly_the_documented_keys() -> None:
    request = TriggerRequest(
        "100", "3", "thor@example.com", {"global": {"itemName": "hammer", "itemPrice": "123"}}, "t-1"
    )
    assert trigger_path(request.event_id) == "event/100/trigger"
    assert trigger_body(request) == (
        b'{"key_id":"3","external_id":"thor@example.com",'
        b'"data":{"global":{"itemName":"hammer","itemPrice":"123"}},"trigger_id":"t-1"}'
    )


def test_without_data_and_trigger_id_neither_key_is_sent() -> None:
    assert trigger_body(TriggerRequest("1", "", "")) == b'{"key_id":"","external_id":""}'


def test_any_text_survives_in_ascii_also_a_lone_surrogate() -> None:
    assert (
        trigger_body(TriggerRequest("1", "3", "é\ud800")) == b'{"key_id":"3","external_id":"\\u00e9\\ud800"}'
    )


def test_a_key_id_counts_as_text_or_integer_and_is_given_back_otherwise() -> None:
    for value, text in [
        ("3", "3"),
        (3, "3"),
        (-0, "0"),
        (None, ""),
        ("", ""),
        (True, "true"),
        (3.0, "3.0"),
        ([3], "[3]"),
    ]:
        assert parse_trigger("100", {"key_id": value, "external_id": "x"}).key_id == text


def test_an_external_id_is_text_or_integer_and_otherwise_no_value() -> None:
    for value, text in [
        ("0", "0"),
        (0, "0"),
        (" ", " "),
        (None, ""),
        (True, ""),
        (1.5, ""),
        ([], ""),
        ({"a": 1}, ""),
    ]:
        assert parse_trigger("100", {"key_id": "3", "external_id": value}).external_id == text


def test_missing_keys_are_no_value() -> None:
    request = parse_trigger("100", {})
    assert (request.key_id, request.external_id, request.trigger_id) == ("", "", None)


def test_a_refusal_carries_the_documented_envelope() -> None:
    assert reply_body(2008, "No contact found with the external id: 3 - a") == (
        b'{"replyCode":2008,"replyText":"No contact found with the external id: 3 - a","data":""}'
    )


def test_a_reply_code_is_an_integer_or_a_text_of_digits() -> None:
    for value, code in [
        ("0", 0),
        ('"0"', 0),
        ('"2008"', 2008),
        ("2008", 2008),
        ("true", None),
        ("0.0", None),
        ("null", None),
        ('""', None),
        ('"-1"', None),
        ('"٣"', None),
        ("99999999999999999999", None),
        ("[0]", None),
    ]:
        body = f'{{"replyCode":{value},"replyText":"OK","data":""}}'.encode()
        assert parse_reply(200, body).reply_code == code, value


def test_a_body_that_is_no_envelope_has_neither_code_nor_text() -> None:
    for body in [
        b"",
        b"null",
        b"[]",
        b"<html>",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"replyCode":' + b"9" * 5000 + b"}",
    ]:
        reply = parse_reply(200, body)
        assert (reply.reply_code, reply.reply_text, reply.errors) == (None, None, {}), body
        assert reply.body == body, body


def test_headers_that_advice_needs_are_kept() -> None:
    reply = parse_reply(
        429, b"", {"x-ratelimit-reset": "17", "retry-after": "3", "location": "/x", "date": "d"}
    )
    assert (reply.limit_reset, reply.retry_after, reply.location, reply.date) == ("17", "3", "/x", "d")


def test_no_errors_come_in_several_shapes() -> None:
    for errors in [None, [], {}, False, ""]:
        assert parse_errors(errors) == {}


def test_errors_are_read_in_all_three_published_shapes() -> None:
    assert parse_errors({"a@example.com": {"2008": "No"}}) == {"a@example.com": {"2008": "No"}}
    assert parse_errors({"a@example.com": "No"}) == {"a@example.com": {"": "No"}}
    assert parse_errors([{"key": "a", "errorCode": "2008", "errorMsg": "No"}]) == {"a": {"2008": "No"}}


def test_errors_of_an_unknown_shape_are_errors_all_the_same() -> None:
    assert parse_errors("no") == {"": {"": "no"}}
    assert parse_errors([1]) == {"": {"": "[1]"}}
    assert parse_reply(200, b'{"replyCode":0,"data":{"errors":7}}').errors == {"": {"": "7"}}


def test_ids_are_read_as_numbers_and_as_text() -> None:
    assert parse_events([{"id": 1, "name": None}]) == (ExternalEvent("1", ""),)
    assert parse_events([{"id": 1, "name": "a"}, {"id": "2", "name": "b"}]) == (
        ExternalEvent("1", "a"),
        ExternalEvent("2", "b"),
    )
    assert parse_fields([{"id": 3, "name": "E-Mail", "string_id": "email", "application_type": None}]) == (
        Field("3", "E-Mail", "email", ""),
    )


def test_contacts_keep_only_values_that_are_there() -> None:
    rows = [{"id": 11, "uid": "u", "1": "Thor", "2": "", "3": None, "31": 1}]
    assert parse_contacts(rows) == (Contact("11", "u", {"1": "Thor", "31": "1"}),)
    assert parse_contacts(False) == parse_contacts(None) == parse_contacts([]) == ()


def test_a_list_that_is_none_is_said_to_be_none() -> None:
    def fault(data: object) -> str:
        with pytest.raises(WireError) as caught:
            parse_events(data)
        return str(caught.value)

    for data in ["", {"a": 1}, 7]:
        assert fault(data) == "The account did not answer with a list of events."
    assert fault([1]) == "The account's list of events contains an unreadable entry."
    for rows in [[{"name": "no id"}], [{"id": True}]]:
        assert fault(rows) == "The account listed one event without an id."


def test_half_a_character_in_a_reply_is_replaced_and_the_bytes_are_kept() -> None:
    body = b'{"replyCode":2008,"replyText":"a\\ud800","data":{"errors":{"b\\udfff":{"2008":"c\\ud800"}}}}'
    reply = parse_reply(400, body)
    assert reply.reply_text == "a\ufffd"
    assert reply.errors == {"b\ufffd": {"2008": "c\ufffd"}}
    assert reply.body == body


def test_half_a_character_in_a_list_is_replaced() -> None:
    assert parse_events([{"id": "1\ud800", "name": "a\ud800"}]) == (ExternalEvent("1\ufffd", "a\ufffd"),)
    assert parse_contacts([{"id": "1", "uid": "\ud800", "3": "\udfff"}]) == (
        Contact("1", "\ufffd", {"3": "\ufffd"}),
    )


def test_the_text_of_a_gateway_is_the_reply_text_where_the_service_gave_none() -> None:
    for body, text in [
        (b'{"message":"Timeframe is invalid."}', "Timeframe is invalid."),
        (b'{"error":{"message":"Rate limit exceeded"}}', "Rate limit exceeded"),
        (b'{"replyText":"OK","message":"no"}', "OK"),
        (b'{"replyText":"","message":"no"}', ""),
        (b'{"message":7,"error":"no"}', None),
        (b'{"message":"half \\ud800"}', "half \ufffd"),
    ]:
        assert parse_reply(401, body).reply_text == text
