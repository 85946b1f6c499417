"""What `profile check` makes of every answer."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime

import httpx

from app.client.api import ApiClient
from app.client.exchange import open_http
from app.service.profile_check import check_account
from app.settings import Profile

WSSE = Profile("shop", "https://api.example.com/api/v2", auth="wsse")
OK = b'{"replyCode":0,"replyText":"OK","data":[]}'


def said(status: int, body: bytes = OK, **headers: str) -> httpx.Response:
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


async def found(
    answer: Callable[[httpx.Request], httpx.Response], profile: Profile = WSSE
) -> dict[str, tuple[str, str]]:
    http = open_http(transport=httpx.MockTransport(answer))
    client = ApiClient("https://api.example.com/api/v2", http, 5)
    findings = await check_account(profile, client)
    await client.aclose()
    return {finding.what: (finding.state, finding.detail) for finding in findings}


async def test_a_working_profile_asks_reading_calls_only() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(f"{request.method} {request.url.path}")
        return said(200, Date=format_datetime(datetime.now(UTC)))

    states = await found(answer)
    assert {what: state for what, (state, _) in states.items()} == {
        "address": "ok",
        "sign-in": "ok",
        "clock": "ok",
        "externalevent.list": "ok",
        "field.list": "ok",
        "contact.getdata": "ok",
        "contact.list": "ok",
        "externalevent.usages": "ok",
        "campaign.get": "ok",
        "mail history": "ok",
        "externalevent.trigger": "unknown",
    }
    assert asked == [
        "GET /api/v2/event", "GET /api/v2/field", "POST /api/v2/contact/getdata", "GET /api/v2/contact/query/",
        "GET /api/v2/event/0/usages", "GET /api/v2/email/0", "POST /api/v2/contact/getcontacthistory",
    ]  # fmt: skip


async def test_contact_lists_are_asked_for_where_the_profile_needs_them() -> None:
    profile = Profile("shop", "https://api.example.com/api/v2", refresh_contacts="list:7")
    assert (await found(lambda _: said(200), profile))["contactlist.list"][0] == "ok"


async def test_a_wrong_clock_is_told() -> None:
    for ahead, state, words in [
        (timedelta(), "ok", "agrees"),
        (timedelta(seconds=90), "ok", "behind"),
        (timedelta(minutes=9), "failed", "9 minutes behind the account's: set the clock"),
        (timedelta(hours=-3), "failed", "3 hours ahead of"),
    ]:
        date = format_datetime(datetime.now(UTC) + ahead)
        told = (await found(lambda _, date=date: said(200, Date=date)))["clock"]
        assert told[0] == state, ahead
        assert words in told[1], ahead


async def test_what_an_answer_says_of_a_permission() -> None:
    for response, state, words in [
        ((403, b"Forbidden"), "failed", "lacks the permission field.list"),
        ((401, b""), "unknown", "not signed in"),
        ((400, b'{"replyCode":10001,"replyText":"Missing parameter","data":""}'), "ok", "10001"),
        ((429, b'{"replyCode":7003,"replyText":"Too many","data":""}'), "unknown", "429"),
        ((404, b"<html>"), "unknown", "Check the base URL"),
        ((502, b"<html>"), "unknown", "HTTP 502"),
    ]:

        def answer(request: httpx.Request, response: tuple[int, bytes] = response) -> httpx.Response:
            return said(*response) if request.url.path.endswith("/field") else said(200)

        told = (await found(answer))["field.list"]
        assert told[0] == state, response
        assert words in told[1], response


async def test_a_permission_that_only_some_verbs_need_says_what_works_less_without_it() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        may_not = request.url.path.endswith(("/usages", "/email/0", "/getcontacthistory"))
        return said(403, b"Forbidden") if may_not else said(200)

    told = await found(answer)
    for what, words, less in (
        ("externalevent.usages", "lacks the permission externalevent.usages", "what an event starts"),
        ("campaign.get", "lacks the permission campaign.get", "no name and no subject"),
        ("mail history", "lacks the permission for the e-mail history", "`history evidence` does not work"),
    ):
        assert told[what][0] == "failed", what
        assert words in told[what][1], what
        assert less in told[what][1], what


async def test_a_refused_sign_in_is_told_as_such() -> None:
    told = await found(lambda _: said(401, b'{"replyCode":1,"replyText":"Unauthorized","data":""}'))
    assert told["address"][0] == "ok"
    assert told["sign-in"][0] == "failed"
    assert "credentials were not accepted" in told["sign-in"][1]


async def test_after_no_answer_nothing_more_is_asked() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise httpx.ConnectError("nobody there")

    told = await found(answer)
    assert len(asked) == 1
    assert told["address"][0] == "failed"
    assert {told[what][0] for what in told if what != "address"} == {"unknown"}


def test_the_end_of_wsse_is_said_and_the_way_out() -> None:
    for today, ends in [("2026-12-31", "ends"), ("2027-01-01", "ended")]:
        notice = WSSE.notice(date.fromisoformat(today))
        assert notice is not None, today
        assert notice.label == f"WSSE {ends} 2026-12-31", today
        assert notice.sentence == (
            f"Emarsys {ends} X-WSSE on 2026-12-31. "
            "`triggerdesk profile move shop --client-id ID` moves this profile to OAuth 2."
        ), today


def test_other_sign_ins_do_not_end() -> None:
    for auth in ["none", "oauth"]:
        assert Profile("shop", auth=auth).notice(date(2027, 1, 1)) is None  # type: ignore[arg-type]
