"""The calls that a client fills its cache from: whole replies, and each documented fault."""

import json
from typing import Any

import pytest

from tests.sandbox.asking import Asker


def data(sandbox: Asker, target: str) -> Any:
    got = sandbox.get(f"/api/v2/{target}")
    assert got.status == 200, got.body
    return json.loads(got.body)["data"]


def posted(sandbox: Asker, call: str, body: object) -> Any:
    got = sandbox.post(f"/api/v2/contact/{call}", json.dumps(body))
    assert got.status == 200, got.body
    return json.loads(got.body)["data"]


def refusal(code: int, text: str, status: int = 400) -> tuple[int, bytes]:
    return status, f'{{"replyCode":{code},"replyText":"{text}","data":""}}'.encode()


def test_events_are_listed_without_their_examples(sandbox: Asker) -> None:
    assert sandbox.get("/api/v2/event").plain == (
        200,
        b'{"replyCode":0,"replyText":"OK","data":['
        b'{"id":"100","name":"purchase","created":"2020-01-02 03:04:05"},'
        b'{"id":"101","name":"password reset"},{"id":"102","name":"draft"}]}',
    )


def test_one_event_is_an_object(sandbox: Asker) -> None:
    assert data(sandbox, "event/101") == {"id": "101", "name": "password reset"}


@pytest.mark.parametrize("target", ["event/9", "event/9/usages", "event/abc"])
def test_an_event_that_is_not_there_is_5001_in_other_words_than_a_trigger(
    sandbox: Asker, target: str
) -> None:
    assert sandbox.get(f"/api/v2/{target}").plain == refusal(5001, "No event found with the specified ID.")


def test_usages_say_what_a_trigger_would_find(sandbox: Asker) -> None:
    assert data(sandbox, "event/100/usages") == {
        "program_ids": [],
        "email_ids": ["100"],
        "interactions_program_ids": [],
    }
    assert data(sandbox, "event/102/usages") == {
        "program_ids": [],
        "email_ids": [],
        "interactions_program_ids": [],
    }


def test_fields_are_listed_in_any_language(sandbox: Asker) -> None:
    fields = data(sandbox, "field")
    assert fields[1] == {"id": "3", "name": "E-Mail", "application_type": "longtext", "string_id": "email"}
    assert [field["id"] for field in fields] == ["1", "3", "10142", "10143"]
    assert data(sandbox, "field/translate/de") == fields


def test_a_language_that_is_none_is_1002(sandbox: Asker) -> None:
    assert sandbox.get("/api/v2/field/translate/klingon").plain == refusal(1002, "Invalid language code")


def test_choices_are_none_and_of_known_fields_only(sandbox: Asker) -> None:
    assert data(sandbox, "field/3/choice") == []
    assert data(sandbox, "field/3/choice/translate/en") == []
    assert sandbox.get("/api/v2/field/9/choice").plain == refusal(2006, "Invalid field id: 9")


def test_getdata_gives_the_fields_asked_for(sandbox: Asker) -> None:
    body = b'{"keyId":"3","keyValues":["thor@example.com"],"fields":["1",3]}'
    assert sandbox.post("/api/v2/contact/getdata", body).plain == (
        200,
        b'{"replyCode":0,"replyText":"OK","data":{"errors":[],"result":['
        b'{"id":"11","uid":"uid-thor","1":"Thor","3":"thor@example.com"}]}}',
    )


def test_getdata_gives_every_field_by_contact_id_unless_told_otherwise(sandbox: Asker) -> None:
    got = posted(sandbox, "getdata", {"keyValues": [14, "15", "99"]})
    assert got == {
        "errors": [{"key": "99", "errorCode": 2008, "errorMsg": "No contact found with the external id: id"}],
        "result": [
            {"id": "14", "uid": "", "1": "Nameless", "3": None, "10142": "0", "10143": None},
            {
                "id": "15",
                "uid": "uid-c",
                "1": 'Quoted "Q", Name',
                "3": "Mixed.Case@Example.com",
                "10142": " ",
                "10143": None,
            },
        ],
    }


def test_getdata_gives_all_that_share_a_value_and_each_but_once(sandbox: Asker) -> None:
    got = posted(
        sandbox, "getdata", {"keyId": 3, "keyValues": ["twin@example.com", "TWIN@example.com"], "fields": []}
    )
    assert got == {"errors": [], "result": [{"id": "12", "uid": "uid-a"}, {"id": "13", "uid": "uid-b"}]}


def test_getdata_without_anybody_has_no_result(sandbox: Asker) -> None:
    got = posted(sandbox, "getdata", {"keyId": "10143", "keyValues": ["", None, "\ud800", "a\0b"]})
    assert got["result"] is False
    assert [error["key"] for error in got["errors"]] == ["", "\ud800", "a\0b"]


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({}, 10001, "Missing parameter: keyValues"),
        ({"keyValues": "x"}, 10001, "keyValues must be an array"),
        ({"keyValues": ["x"], "fields": "3"}, 10001, "Fields must be an array"),
        ({"keyValues": ["x"], "keyId": "email"}, 10001, "keyId must be an integer"),
        ({"keyValues": ["x"], "keyId": "77"}, 2004, "Invalid key field id: 77"),
        ({"keyValues": ["x"] * 1001}, 10001, "Max. number of contacts: 1000"),
        ({"keyValues": ["x"], "fields": ["77"]}, 2006, "Invalid field id: 77"),
    ],
)
def test_what_getdata_refuses(sandbox: Asker, body: object, code: int, text: str) -> None:
    assert sandbox.post("/api/v2/contact/getdata", json.dumps(body)).plain == refusal(code, text)


def test_query_pages_through_everybody_in_order(sandbox: Asker) -> None:
    pages = [
        data(sandbox, f"contact/query/?return=3&limit=2&offset={offset}")["result"] for offset in (0, 2, 4, 6)
    ]
    assert [[contact["id"] for contact in page] for page in pages] == [["11", "12"], ["13", "14"], ["15"], []]
    assert pages[1][1] == {"id": "14", "3": None}


def test_query_finds_by_value_and_can_leave_out_the_empty(sandbox: Asker) -> None:
    assert data(sandbox, "contact/query?return=1&3=TWIN%40example.com")["result"] == [
        {"id": "12", "1": "Tvilling"},
        {"id": "13", "1": "Tvilling"},
    ]
    assert [c["id"] for c in data(sandbox, "contact/query?return=3&excludeempty=true")["result"]] == [
        "11",
        "12",
        "13",
        "15",
    ]
    assert data(sandbox, "contact/query?return=10143&excludeempty=true")["result"] == []
    assert data(sandbox, "contact/query?return=3&1=Tvilling&10142=7&limit=1&offset=0")["result"] == [
        {"id": "12", "3": "twin@example.com"}
    ]
    assert data(sandbox, "contact/query?return=3&3=nobody")["result"] == []
    assert data(sandbox, "contact/query?return=id&uid=uid-a")["result"] == [{"id": "12"}]
    assert data(sandbox, "contact/query?return=3&10143=x")["result"] == []


@pytest.mark.parametrize(
    ("query", "code", "text"),
    [
        ("", 2014, "No field specified to return"),
        ("return=", 2014, "No field specified to return"),
        ("return=77", 2006, "Invalid field id: 77"),
        ("return=3&email=x", 2006, "Invalid field id: email"),
        ("return=3&limit=0", 2016, "Invalid limit"),
        ("return=3&limit=10001", 2016, "Invalid limit"),
        ("return=3&limit=x", 2016, "Invalid limit"),
        ("return=3&limit=99999999999999999999999", 2016, "Invalid limit"),
        ("return=3&offset=-1", 1001, "One or more parameters are invalid or missing."),
    ],
)
def test_what_query_refuses(sandbox: Asker, query: str, code: int, text: str) -> None:
    assert sandbox.get(f"/api/v2/contact/query/?{query}").plain == refusal(code, text)


def test_checkids_gives_ids_by_value(sandbox: Asker) -> None:
    body = {"key_id": "3", "external_ids": ["thor@example.com", "twin@example.com", "nix", ""]}
    assert posted(sandbox, "checkids", body) == {
        "ids": {"thor@example.com": "11"},
        "errors": {
            "twin@example.com": {"2010": "More contacts found with the external id: 3 - twin@example.com."},
            "nix": {"2008": "No contact found with the external id: 3"},
            "": {"2005": "No value provided for key field: 3"},
        },
    }
    assert posted(sandbox, "checkids", body | {"get_multiple_ids": True})["ids"] == {
        "thor@example.com": ["11"],
        "twin@example.com": ["12", "13"],
    }


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({"key_id": "77", "external_ids": []}, 2004, "Invalid key field id: 77"),
        (
            {"key_id": "3", "external_ids": "x"},
            2003,
            "Invalid datatype for the list of external ids. Array expected",
        ),
        (
            {"key_id": "3", "external_ids": ["x"] * 1001},
            2002,
            "The list of external ids exceeds the maximum size.",
        ),
    ],
)
def test_what_checkids_refuses(sandbox: Asker, body: object, code: int, text: str) -> None:
    assert sandbox.post("/api/v2/contact/checkids", json.dumps(body)).plain == refusal(code, text)


@pytest.mark.parametrize(
    "target",
    [
        "contact/3=thor@example.com",
        "contact/query/3=thor@example.com",
        "contact/?3=thor%40example.com",
        "contact?3=thor%40example.com&x=1",
    ],
)
def test_the_internal_id_is_found_by_a_field(sandbox: Asker, target: str) -> None:
    assert data(sandbox, target) == {"id": "11"}


@pytest.mark.parametrize(
    ("pair", "code", "text"),
    [
        ("77=x", 2004, "Invalid key field id: 77"),
        ("3=", 2005, "No value provided for key field: 3"),
        ("3=nix", 2008, "No contact found with the external id: 3 - nix"),
        ("3=twin@example.com", 2010, "More contacts found with the external id: 3 - twin@example.com."),
        ("id=99", 2012, "Invalid contact id for customer."),
    ],
)
def test_the_internal_id_is_refused_like_a_trigger(sandbox: Asker, pair: str, code: int, text: str) -> None:
    assert sandbox.get(f"/api/v2/contact/{pair}").plain == refusal(code, text)


def test_there_is_one_contact_list_with_everybody(sandbox: Asker) -> None:
    assert data(sandbox, "contactlist") == [
        {"id": "1", "name": "All contacts", "created": "2020-01-01 00:00:00", "type": 0}
    ]
    assert data(sandbox, "contactlist/1/") == ["11", "12", "13", "14", "15"]
    assert data(sandbox, "contactlist/1/contacts?limit=2&offset=1") == ["12", "13"]


def test_what_contact_lists_refuse(sandbox: Asker) -> None:
    assert sandbox.get("/api/v2/contactlist/2").status == 404
    assert json.loads(sandbox.get("/api/v2/contactlist/2").body)["replyCode"] == 3006
    assert sandbox.get("/api/v2/contactlist/1?limit=0").plain == refusal(2016, "Invalid limit")
    assert sandbox.get("/api/v2/contactlist/1?offset=x").plain == refusal(
        1001, "One or more parameters are invalid or missing."
    )


def test_settings_answer_whoever_is_signed_in(sandbox: Asker) -> None:
    assert data(sandbox, "settings")["environment"] == "sandbox"


@pytest.mark.parametrize("target", ["//api//v2//event/", "/api/v2/event//", "/api/v3/event"])
def test_slashes_more_or_fewer_and_version_3_are_the_same(sandbox: Asker, target: str) -> None:
    assert sandbox.get(target).body == sandbox.get("/api/v2/event").body


def test_the_body_of_a_get_is_not_looked_at(sandbox: Asker) -> None:
    for body in (b"{}", b"nix", b"[1"):
        assert sandbox.ask("GET", "/api/v2/event", [body]).status == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "event/100/usages"),
        ("DELETE", "contact/query"),
        ("PUT", "contact/getdata"),
        ("PUT", "contact/checkids"),
        ("PUT", "contact/getcontacthistory"),
    ],
)
def test_a_wrong_method_is_1009(sandbox: Asker, method: str, path: str) -> None:
    assert sandbox.ask(method, f"/api/v2/{path}", [b"{}"]).plain == refusal(1009, "Invalid HTTP method.")


def test_every_reply_tells_the_rate_limit(sandbox: Asker) -> None:
    for target in ("/api/v2/event", "/api/v2/nix", "/api/v2/event/9", "/api/v3/field"):
        headers = sandbox.get(target).headers
        assert headers["x-ratelimit-limit"] == "1000"
        assert headers["x-ratelimit-reset"] == "1700000060"
        assert headers["content-type"] == "application/json; charset=utf-8"


def test_the_liveness_call_answers(sandbox: Asker) -> None:
    assert sandbox.get("/healthcheck").status == 200


@pytest.mark.parametrize(
    ("method", "call"),
    [
        ("POST", "event"),
        ("POST", "field"),
        ("POST", "contact"),
        ("PUT", "contact"),
        ("GET", "contact"),
        ("GET", "contact/last_change"),
        ("POST", "contact/merge"),
        ("DELETE", "event/100"),
        ("POST", "event/100/delete"),
        ("POST", "contactlist/1/add"),
        ("POST", "email/7/launch"),
        ("GET", "segment"),
    ],
)
def test_a_call_that_is_not_served_is_named(sandbox: Asker, method: str, call: str) -> None:
    got = sandbox.ask(method, f"/api/v2/{call}", [b"{}"])
    assert got.plain == refusal(1, f"This sandbox does not serve {method} {call}.", 404)


@pytest.mark.parametrize("flag", ["1", "yes", "TRUE", "false", ""])
def test_query_leaves_out_the_empty_only_for_true(sandbox: Asker, flag: str) -> None:
    found = data(sandbox, f"contact/query?return=3&excludeempty={flag}")["result"]
    assert [contact["id"] for contact in found] == ["11", "12", "13", "14", "15"]


@pytest.mark.parametrize(
    ("query", "ids"), [("3=", ["14"]), ("10142=&1=Tvilling", ["13"]), ("uid=", ["14"]), ("10143=&3=", ["14"])]
)
def test_query_for_an_empty_value_finds_contacts_without_one(
    sandbox: Asker, query: str, ids: list[str]
) -> None:
    found = data(sandbox, f"contact/query?return=1&{query}")["result"]
    assert [contact["id"] for contact in found] == ids


def test_contact_ids_name_the_next_page_until_the_last(sandbox: Asker) -> None:
    target = "/api/v2/contactlist/1/contactIds"
    assert sandbox.get(f"{target}?$skiptoken=0&$top=3").plain == (
        200,
        b'{"replyCode":0,"replyText":"OK","data":{"value":["11","12","13"],'
        b'"next":"/contactlist/1/contactIds?$skiptoken=3&$top=3"}}',
    )
    assert sandbox.get(f"{target}?$skiptoken=3&$top=3").plain == (
        200,
        b'{"replyCode":0,"replyText":"OK","data":{"value":["14","15"],"next":null}}',
    )
    assert data(sandbox, "contactlist/1/contactIds") == {
        "value": ["11", "12", "13", "14", "15"],
        "next": None,
    }
    assert data(sandbox, "contactlist/1/contactIds?%24top=5")["next"] is None


@pytest.mark.parametrize("query", ["$top=0", "$top=100001", "$top=x", "$skiptoken=-1", "$skiptoken="])
def test_pages_of_contact_ids_must_be_numbers(sandbox: Asker, query: str) -> None:
    got = sandbox.get(f"/api/v2/contactlist/1/contactIds?{query}")
    assert got.plain == refusal(1001, "One or more parameters are invalid or missing.")


def test_a_contact_list_is_counted_in_text(sandbox: Asker) -> None:
    expected = (200, b'{"replyCode":0,"replyText":"OK","data":"5"}')
    assert sandbox.get("/api/v2/contactlist/1/count").plain == expected
    assert sandbox.get("/api/v2/contactlist/2/count").status == 404
