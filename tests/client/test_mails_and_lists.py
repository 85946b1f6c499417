"""The calls about lists, usages and mails: what they ask, and what they make of every shape of answer."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from urllib.parse import unquote

import httpx
import pytest

from app.client.errors import ClientError
from app.domain.mails import Launch, Mail, Usages
from tests.client.test_account_calls import account, ok, said

ROWS = {"errors": [], "result": [{"id": "1"}]}
IDS = "/api/v2/contactlist/330/contactIds"


async def listed(answer: Callable[[httpx.Request], httpx.Response]) -> tuple[list[str], list[str]]:
    """The targets of the list's calls, and the ids that were asked for in the end."""
    targets, ids = [], []

    def answering(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            values = json.loads(request.content)["keyValues"]
            ids.extend(values)
            return ok({"errors": [], "result": [{"id": value} for value in values]})
        targets.append(f"{request.url.path}?{unquote(request.url.query.decode())}")
        return answer(request)

    async with account(answering) as api:
        async for _ in api.list_contacts("330"):
            pass
    return targets, ids


@pytest.mark.parametrize("envelope", [True, False])
async def test_a_list_is_read_page_by_page_in_an_envelope_or_without(envelope: bool) -> None:
    pages = {
        "0": {"value": ["1", 2], "next": "/contactlist/330/contactIds?$skiptoken=750&$top=1000"},
        "750": {"value": ["3"], "next": None},
    }

    def answer(request: httpx.Request) -> httpx.Response:
        page = pages[request.url.params["$skiptoken"]]
        return ok(page) if envelope else said(200, page)

    targets, ids = await listed(answer)
    assert ids == ["1", "2", "3"]
    assert targets == [f"{IDS}?$skiptoken={token}&$top=100000" for token in ("0", "750")]


@pytest.mark.parametrize(
    "following",
    [
        "https://elsewhere.example.com/api/v2/contactlist/330/contactIds?$skiptoken=9",
        "//elsewhere.example.com/contactlist/330/contactIds?$skiptoken=9",
        "/contactlist/331/contactIds?$skiptoken=9",
        "/contactlist/330/contactIds?$skiptoken=../../event",
        "/contactlist/330/contactIds",
        "/contactlist/330/contactIds?$skiptoken=0",
        "http://[",
    ],
)
async def test_a_next_page_elsewhere_or_once_more_is_not_followed(following: str) -> None:
    with pytest.raises(ClientError, match="did not name the next page"):
        await listed(lambda _: ok({"value": ["1"], "next": following}))


@pytest.mark.parametrize(
    "refusal",
    [
        (404, {"replyCode": 1, "replyText": "Not found", "data": ""}),
        (405, ""),
        (403, "Forbidden"),
        (400, {"replyCode": 1009, "replyText": "Invalid HTTP method.", "data": ""}),
        (200, {"replyCode": 1, "replyText": "Unknown", "data": ""}),
    ],
)
async def test_an_account_without_the_new_call_is_asked_by_the_old_one(refusal: tuple[int, object]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return said(*refusal) if request.url.path == IDS else ok(["7"])

    targets, ids = await listed(answer)
    assert ids == ["7"]
    assert targets[1:] == ["/api/v2/contactlist/330/?limit=100000&offset=0"]


@pytest.mark.parametrize("status", [401, 429, 500, 503])
async def test_a_failure_is_no_reason_to_ask_by_the_old_call(status: int) -> None:
    targets: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        targets.append(request.url.path)
        return said(status, "")

    with pytest.raises(ClientError, match=f"HTTP {status}"):
        await listed(answer)
    assert targets == [IDS]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (
            {"program_ids": [1], "email_ids": ["7", 8], "interactions_program_ids": ["2"]},
            Usages(("7", "8"), ("1",), ("2",)),
        ),
        ({"program_ids": None, "email_ids": []}, Usages()),
    ],
)
async def test_usages_are_ids_of_mails_and_programs(data: object, found: object) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("GET", "/api/v2/event/100/usages")
        return ok(data)

    async with account(answer) as api:
        assert await api.usages("100") == found


async def test_a_mail_has_a_name_and_a_subject() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("GET", "/api/v2/email/7")
        return ok({"id": 7, "name": "Order shipped", "subject": None, "language": "en"})

    async with account(answer) as api:
        assert await api.mail("7") == Mail("7", "Order shipped", "")


async def test_launches_are_the_launched_mails_in_the_account_s_time() -> None:
    row = {"emailId": 7, "contactId": "11", "launch_date": "2026-07-01 12:00:05", "bounce_status": ""}

    def answer(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("POST", "/api/v2/contact/getcontacthistory")
        assert json.loads(request.content) == {
            "contacts": [11],
            "startDate": "2026-06-30",
            "endDate": "2026-07-01",
        }
        statuses = ("scheduled", "canceled", "prepared", "launched")
        return ok([row | {"delivery_status": status} for status in statuses])

    async with account(answer) as api:
        found = await api.launches("11", date(2026, 6, 30), date(2026, 7, 1))
    assert found == (Launch("7", "11", datetime(2026, 7, 1, 10, 0, 5, tzinfo=UTC)),)


@pytest.mark.parametrize("data", [[], "", None, False])
async def test_a_contact_without_mails_has_none(data: object) -> None:
    async with account(lambda _: ok(data)) as api:
        assert await api.launches("11", date.min, date.max) == ()


@pytest.mark.parametrize(
    "data", [{"x": 1}, ["x"], [{"delivery_status": "launched", "launch_date": "yesterday"}], [[]]]
)
async def test_a_mail_history_that_is_none_is_one_sentence(data: object) -> None:
    async with account(lambda _: ok(data)) as api:
        with pytest.raises(ClientError, match="Check that the base URL is that of the API"):
            await api.launches("11", date.min, date.max)
