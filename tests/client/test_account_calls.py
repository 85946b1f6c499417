"""The calls that fill the cache: what they ask, how they page, what they make of every shape of answer."""

import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest

from app.client.api import ApiClient
from app.client.exchange import open_http
from app.domain.errors import ClientError
from app.domain.model import Contact, ExternalEvent, Field
from tests.client.fault_server import FaultServer, nobody_listening, silence

BASE = "http://account.example.com/api/v2"
Answer = Callable[[httpx.Request], httpx.Response]


def said(status: int, body: object, headers: dict[str, str] | None = None) -> httpx.Response:
    """A reply that is still to be read, as it is over the network."""
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(raw))


def ok(data: object) -> httpx.Response:
    return said(200, {"replyCode": 0, "replyText": "OK", "data": data})


@asynccontextmanager
async def account(answer: Answer) -> AsyncIterator[ApiClient]:
    http = open_http(transport=httpx.MockTransport(answer))
    api = ApiClient(BASE, http, 5)
    yield api
    await api.aclose()


async def test_events_come_with_ids_as_text() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("GET", "/api/v2/event")
        return ok([{"id": "100", "name": "purchase"}, {"id": 101, "name": "reset", "created": "2026-01-01"}])

    async with account(answer) as api:
        assert await api.external_events() == (
            ExternalEvent("100", "purchase"),
            ExternalEvent("101", "reset"),
        )


async def test_fields_come_with_what_is_told_of_them() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("GET", "/api/v2/field")
        return ok(
            [
                {"id": 3, "name": "E-Mail", "application_type": "longtext", "string_id": "email"},
                {"id": "10142", "name": "Customer number"},
            ]
        )

    async with account(answer) as api:
        assert await api.fields() == (
            Field("3", "E-Mail", "email", "longtext"),
            Field("10142", "Customer number"),
        )


class Account:
    """Contacts 1 to `count`, by contact/query and contact/getdata as they are documented."""

    def __init__(self, count: int) -> None:
        self.ids = range(1, count + 1)
        self.queries: list[dict[str, str]] = []
        self.batches: list[Sequence[str]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/api/v2/contact/query/":
            return self._query(dict(request.url.params))
        assert (request.method, request.url.path) == ("POST", "/api/v2/contact/getdata")
        asked = json.loads(request.content)
        assert asked["keyId"] == "id"
        assert set(asked) == {"keyId", "keyValues"}
        self.batches.append(asked["keyValues"])
        rows = [{"id": n, "uid": f"u{n}", "3": f"c{n}@example.com", "1": None} for n in asked["keyValues"]]
        return ok({"errors": [], "result": rows})

    def _query(self, query: dict[str, str]) -> httpx.Response:
        self.queries.append(query)
        start = int(query["offset"])
        rows = [{"id": str(n), "3": None} for n in self.ids[start : start + int(query["limit"])]]
        return ok({"errors": [], "result": rows})


async def test_contacts_are_asked_for_page_by_page_and_a_thousand_at_a_time() -> None:
    remote = Account(11_345)
    async with account(remote) as api:
        sizes, ids = [], []
        async for contacts in api.contacts():
            sizes.append(len(contacts))
            ids += [int(contact.id) for contact in contacts]

    assert ids == list(range(1, 11_346))
    assert sizes == [1000] * 11 + [345]
    assert remote.queries == [
        {"return": "3", "limit": "10000", "offset": "0"},
        {"return": "3", "limit": "10000", "offset": "10000"},
    ]
    assert max(map(len, remote.batches)) == 1000


async def test_a_contact_has_every_field_that_has_a_value() -> None:
    async with account(Account(1)) as api:
        assert [batch async for batch in api.contacts()] == [(Contact("1", "u1", {"3": "c1@example.com"}),)]


async def test_contacts_up_to_a_limit_ask_for_no_more() -> None:
    remote = Account(2_000)
    async with account(remote) as api:
        count = sum([len(contacts) async for contacts in api.contacts(limit=1_500)])

    assert count == 1_500
    assert [query["limit"] for query in remote.queries] == ["1500"]


async def test_any_field_can_be_the_one_that_is_asked_for() -> None:
    remote = Account(1)
    async with account(remote) as api:
        assert [len(contacts) async for contacts in api.contacts(return_field="1")] == [1]

    assert remote.queries[0]["return"] == "1"


async def test_an_account_without_contacts_has_none() -> None:
    for data in [{"result": []}, {"result": False}, {"errors": []}, {}, "", None]:
        async with account(lambda _, data=data: ok(data)) as api:
            assert [batch async for batch in api.contacts()] == [], data


# One value looked up

ROW = {"id": 12, "uid": "u12", "3": "twin@example.com"}
TWIN = Contact("12", "u12", {"3": "twin@example.com"})
NOBODY = {"key": "x@example.com", "errorCode": "2008", "errorMsg": "No contact found with the external id: 3"}


async def test_a_value_finds_its_contacts_or_nobody() -> None:
    for data, found in [
        ({"errors": [], "result": [ROW]}, (TWIN,)),
        ({"errors": [], "result": [ROW, ROW | {"id": 13}]}, (TWIN, Contact("13", "u12", TWIN.fields))),
        ({"errors": [NOBODY], "result": False}, ()),
        ({"errors": [NOBODY]}, ()),
        ({"errors": {"x@example.com": {"2008": "No contact found"}}, "result": []}, ()),
    ]:

        def answer(request: httpx.Request, data: object = data) -> httpx.Response:
            assert json.loads(request.content) == {"keyId": "3", "keyValues": ["twin@example.com"]}, data
            return ok(data)

        async with account(answer) as api:
            assert await api.lookup("3", "twin@example.com") == found, data


async def test_a_value_that_several_share_is_resolved_by_query() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            assert dict(request.url.params) == {"return": "3", "3": "a+b&c@example.com", "limit": "1000"}
            return ok({"errors": [], "result": [{"id": "12", "3": "x"}, {"id": "13", "3": "x"}]})
        asked = json.loads(request.content)
        if asked["keyId"] == "3":
            several = {"key": "x", "errorCode": 2010, "errorMsg": "More contacts found"}
            return ok({"errors": [several], "result": False})
        return ok({"errors": [], "result": [ROW | {"id": value} for value in asked["keyValues"]]})

    async with account(answer) as api:
        assert [contact.id for contact in await api.lookup("3", "a+b&c@example.com")] == ["12", "13"]


# What goes wrong


async def failure(response: httpx.Response) -> str:
    async with account(lambda _: response) as api:
        with pytest.raises(ClientError) as caught:
            await api.external_events()
    return str(caught.value)


async def test_an_answer_that_is_not_the_list_is_one_sentence() -> None:
    for response, sentence in [
        (
            said(401, {"replyCode": 1, "replyText": "Unauthorized", "data": ""}),
            "The account did not answer with its events (HTTP 401, reply code 1, Unauthorized). "
            "The credentials were not accepted. Check the profile's user and secret.",
        ),
        (
            said(403, "Forbidden"),
            "The account did not answer with its events (HTTP 403). The API user lacks the permission "
            "externalevent.list. Have it switched on under Management, Security Settings, API Credentials.",
        ),
        (
            said(429, "Too many", headers={"Retry-After": "42"}),
            "The account did not answer with its events (HTTP 429). Rate limit reached. Try again in 42 s.",
        ),
        (
            said(302, "", headers={"Location": "https://login.example.com/"}),
            "The account did not answer with its events (HTTP 302). The address was redirected to "
            "https://login.example.com/. Correct the base URL of the profile.",
        ),
        (said(500, "<html>"), "The account did not answer with its events (HTTP 500). Try again later."),
        (
            said(200, {"replyCode": 2011, "replyText": "Internal \x1b[31merror"}),
            "The account did not answer with its events (HTTP 200, reply code 2011, Internal ␛[31merror). "
            "Try again later.",
        ),
        (said(200, "<html>"), "The account did not answer with its events (HTTP 200). Try again later."),
        (
            ok("nothing"),
            "The account did not answer with a list of events. Check that the base URL is that of the API.",
        ),
    ]:
        assert await failure(response) == sentence


async def test_no_connection_is_one_sentence(http: httpx.AsyncClient) -> None:
    with nobody_listening() as origin, pytest.raises(ClientError) as caught:
        await ApiClient(origin, http, 5).fields()

    assert str(caught.value) == "127.0.0.1 refused the connection. Check the connection and try again."


async def test_an_address_that_cannot_be_used_is_one_sentence(http: httpx.AsyncClient) -> None:
    with pytest.raises(ClientError, match="must begin with http:// or https://"):
        await ApiClient("nonsense", http, 5).fields()


async def test_each_page_has_its_deadline(server: FaultServer, http: httpx.AsyncClient) -> None:
    with pytest.raises(ClientError, match=r"sent no complete reply within 0\.3 s \(timeout\)"):
        await ApiClient(server.url("slow", silence), http, 0.3).fields()
