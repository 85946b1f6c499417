"""The calls about lists, usages and mails: what they ask, and what they make of every shape of answer."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from urllib.parse import unquote

import httpx
import pytest

from app.domain.errors import ClientError
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


async def failure(data: object) -> str:
    """Why a list is not read to its end after a page of this data."""
    with pytest.raises(ClientError) as caught:
        await listed(lambda _: ok(data))
    return str(caught.value)


async def test_a_list_is_read_page_by_page_in_an_envelope_or_without() -> None:
    pages = {
        "0": {"value": ["1", 2], "next": "/contactlist/330/contactIds?$skiptoken=750&$top=1000"},
        "750": {"value": ["3"], "next": None},
    }
    for envelope in [True, False]:

        def answer(request: httpx.Request, envelope: bool = envelope) -> httpx.Response:
            page = pages[request.url.params["$skiptoken"]]
            return ok(page) if envelope else said(200, page)

        targets, ids = await listed(answer)
        assert ids == ["1", "2", "3"], envelope
        assert targets == [f"{IDS}?$skiptoken={token}&$top=100000" for token in ("0", "750")], envelope


async def test_a_next_page_elsewhere_or_once_more_is_not_followed() -> None:
    for following in [
        "https://elsewhere.example.com/api/v2/contactlist/330/contactIds?$skiptoken=9",
        "//elsewhere.example.com/contactlist/330/contactIds?$skiptoken=9",
        "/contactlist/331/contactIds?$skiptoken=9",
        "/contactlist/330/contactIds?$skiptoken=../../event",
        "/contactlist/330/contactIds",
        "/contactlist/330/contactIds?$skiptoken=0",
        "http://[",
    ]:
        assert "did not name the next page" in await failure({"value": ["1"], "next": following})


async def test_an_account_without_the_new_call_is_asked_by_the_old_one() -> None:
    for refusal in [
        (404, {"replyCode": 1, "replyText": "Not found", "data": ""}),
        (405, ""),
        (403, "Forbidden"),
        (400, {"replyCode": 1009, "replyText": "Invalid HTTP method.", "data": ""}),
        (200, {"replyCode": 1, "replyText": "Unknown", "data": ""}),
    ]:

        def answer(request: httpx.Request, refusal: tuple[int, object] = refusal) -> httpx.Response:
            return said(*refusal) if request.url.path == IDS else ok(["7"])

        targets, ids = await listed(answer)
        assert ids == ["7"], refusal
        assert targets[1:] == ["/api/v2/contactlist/330/?limit=100000&offset=0"], refusal


async def test_a_failure_is_no_reason_to_ask_by_the_old_call() -> None:
    for status in [401, 429, 500, 503]:
        targets: list[str] = []

        def answer(
            request: httpx.Request, status: int = status, targets: list[str] = targets
        ) -> httpx.Response:
            targets.append(request.url.path)
            return said(status, "")

        with pytest.raises(ClientError, match=f"HTTP {status}"):
            await listed(answer)
        assert targets == [IDS], status


async def test_usages_are_ids_of_mails_and_programs() -> None:
    for data, found in [
        (
            {"program_ids": [1], "email_ids": ["7", 8], "interactions_program_ids": ["2"]},
            Usages(("7", "8"), ("1",), ("2",)),
        ),
        ({"program_ids": None, "email_ids": []}, Usages()),
    ]:

        def answer(request: httpx.Request, data: object = data) -> httpx.Response:
            assert (request.method, request.url.path) == ("GET", "/api/v2/event/100/usages"), data
            return ok(data)

        async with account(answer) as api:
            assert await api.usages("100") == found, data


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


async def test_a_contact_without_mails_has_none() -> None:
    for data in [[], "", None, False]:
        async with account(lambda _, data=data: ok(data)) as api:
            assert await api.launches("11", date.min, date.max) == (), data


async def test_a_mail_history_that_is_none_is_one_sentence() -> None:
    async def failure(data: object) -> str:
        async with account(lambda _: ok(data)) as api:
            with pytest.raises(ClientError) as caught:
                await api.launches("11", date.min, date.max)
        return str(caught.value)

    for data in [{"x": 1}, ["x"], [{"delivery_status": "launched", "launch_date": "yesterday"}], [[]]]:
        assert "Check that the base URL is that of the API" in await failure(data)
