"""One trigger: what leaves, how often, to whom; how waiting ends; what a reply keeps."""

import asyncio
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from app.client.api import ApiClient
from app.client.auth import Wsse
from app.client.exchange import open_http
from app.domain.errors import ClientError
from app.domain.model import Reply
from app.settings.secrets import Secret
from tests.client.fault_server import (
    ACCEPTED,
    MIB,
    FaultServer,
    envelope,
    fault_server,
    gzip_bomb,
    redirect,
    reply,
    without_end,
)
from tests.client.said import REQUEST

BODY = b'{"key_id":"3","external_id":"thor@example.com","data":{"global":{"itemName":"hammer"}},"trigger_id":"t-1"}'


async def test_what_leaves_is_one_post_with_these_bytes(server: FaultServer, http: httpx.AsyncClient) -> None:
    await ApiClient(server.url("ok", ACCEPTED), http, 5).trigger(REQUEST)

    head, _, body = server.received[0].partition(b"\r\n\r\n")
    first, *headers = head.decode("ascii").split("\r\n")
    assert first == "POST /ok/event/100/trigger HTTP/1.1"
    assert {line.partition(": ")[0].lower(): line.partition(": ")[2] for line in headers} == {
        "host": server.origin.removeprefix("http://"),
        "accept": "application/json",
        "accept-encoding": "identity",
        "connection": "close",
        "content-type": "application/json",
        "content-length": str(len(BODY)),
        "user-agent": "triggerdesk/0.1.0",
    }
    assert body == BODY
    assert len(server.received) == 1


async def test_the_description_of_a_request_is_what_leaves(
    server: FaultServer, http: httpx.AsyncClient
) -> None:
    api = ApiClient(server.url("ok", ACCEPTED), http, 5)
    described = api.describe(REQUEST)

    await api.trigger(REQUEST)

    lines = server.received[0].partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")[1:]
    assert described == {
        "method": "POST",
        "url": f"{server.origin}/ok/event/100/trigger",
        "headers": {line.partition(": ")[0].lower(): line.partition(": ")[2] for line in lines},
        "body": BODY.decode("ascii"),
    }


async def test_a_request_that_cannot_be_sent_cannot_be_described(http: httpx.AsyncClient) -> None:
    with pytest.raises(ClientError, match="base URL of the profile is invalid"):
        ApiClient("http://[::1", http, 5).describe(REQUEST)


async def test_a_base_url_may_end_in_a_slash(server: FaultServer, http: httpx.AsyncClient) -> None:
    await ApiClient(server.url("ok", ACCEPTED) + "/", http, 5).trigger(REQUEST)

    assert server.received[0].startswith(b"POST /ok/event/100/trigger ")


async def test_an_event_id_stays_one_part_of_the_path(server: FaultServer, http: httpx.AsyncClient) -> None:
    for event_id in ["1/2", "ä", "100?x=1", "100#x", "100%2F", " "]:
        await ApiClient(server.url("ok", ACCEPTED), http, 5).trigger(replace(REQUEST, event_id=event_id))

        path = server.received[-1].split(b" ")[1]
        assert path.count(b"/") == 4, event_id
        assert b"?" not in path, event_id


async def test_a_second_answer_on_a_connection_is_no_answer_to_the_next_trigger(
    server: FaultServer, http: httpx.AsyncClient
) -> None:
    two = reply("400 Bad Request", envelope(2008, "first")) + ACCEPTED
    api = ApiClient(server.url("two", two), http, 5)

    answers = [await api.trigger(REQUEST), await api.trigger(REQUEST)]

    assert [(a.http_status, a.reply_text) for a in answers if isinstance(a, Reply)] == [(400, "first")] * 2
    assert server.connections == 2


async def test_nothing_reaches_the_host_that_a_redirect_points_to(server: FaultServer) -> None:
    for status in ["301 M", "302 F", "303 S", "307 T", "308 P"]:
        http = open_http(auth=Wsse("thor001", Secret("mjolnir")))
        async with fault_server() as other:
            location = other.url("ok", ACCEPTED) + "/event/100/trigger"
            answer = await ApiClient(server.url("moved", redirect(status, location)), http, 5).trigger(
                REQUEST
            )

            assert other.connections == 0, status
        await http.aclose()
        assert isinstance(answer, Reply), status
        assert (answer.http_status, answer.location) == (int(status[:3]), location)
        assert b"X-WSSE" in server.received[-1], status


async def test_cookies_are_not_kept(server: FaultServer, http: httpx.AsyncClient) -> None:
    api = ApiClient(server.url("ok", reply("200 OK", envelope(0), "Set-Cookie: session=1; Path=/")), http, 5)

    await api.trigger(REQUEST)
    await api.trigger(REQUEST)

    assert b"cookie" not in server.received[1].lower()


async def test_credentials_of_the_environment_are_not_used(
    server: FaultServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login thor password mjolnir\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    http = open_http()

    answer = await ApiClient(server.url("ok", ACCEPTED), http, 5).trigger(REQUEST)

    await http.aclose()
    assert isinstance(answer, Reply)
    assert b"authorization" not in server.received[0].lower()


async def test_many_triggers_at_once_are_as_many_requests(
    server: FaultServer, http: httpx.AsyncClient
) -> None:
    api = ApiClient(server.url("ok", ACCEPTED), http, 10)

    answers = await asyncio.gather(*(api.trigger(REQUEST) for _ in range(40)))

    assert all(isinstance(answer, Reply) and answer.reply_code == 0 for answer in answers)
    assert len(server.received) == 40


# What a reply keeps


async def test_a_reply_keeps_its_body_and_the_headers_that_matter(
    server: FaultServer, http: httpx.AsyncClient
) -> None:
    headers = ("Date: Sun, 06 Nov 1994 08:49:37 GMT", "RETRY-AFTER: 7", "X-Ratelimit-Reset: 784111777")
    api = ApiClient(server.url("limit", reply("429 Too Many Requests", b"Too many", *headers)), http, 5)

    assert await api.trigger(REQUEST) == Reply(
        http_status=429,
        reply_code=None,
        reply_text=None,
        body=b"Too many",
        body_length=8,
        date="Sun, 06 Nov 1994 08:49:37 GMT",
        retry_after="7",
        limit_reset="784111777",
    )


async def test_a_body_is_kept_up_to_a_mebibyte_with_its_full_length(
    server: FaultServer, http: httpx.AsyncClient
) -> None:
    for fault, kept, length in [
        (reply("200 OK", b"x" * MIB), MIB, MIB),
        (reply("200 OK", b"x" * (MIB + 1)), MIB, MIB + 1),
        (reply("200 OK", envelope(0) + b" " * MIB), MIB, len(envelope(0)) + MIB),
        (without_end(b"HTTP/1.1 200 OK\r\nContent-Length: 8589934592\r\n\r\n", bytes(65536)), MIB, 2**33),
        (reply("200 OK", envelope(0), "Content-Encoding: gzip"), len(envelope(0)), len(envelope(0))),
    ]:
        answer = await ApiClient(server.url("long", fault), http, 10).trigger(REQUEST)

        assert isinstance(answer, Reply), fault
        assert (len(answer.body), answer.body_length, answer.reply_code) == (kept, length, None), fault


async def test_a_packed_body_is_kept_packed(server: FaultServer, http: httpx.AsyncClient) -> None:
    bomb = gzip_bomb(2)

    answer = await ApiClient(server.url("bomb", bomb), http, 5).trigger(REQUEST)

    assert isinstance(answer, Reply)
    assert answer.body == bomb.partition(b"\r\n\r\n")[2]


async def test_a_coding_that_changes_nothing_is_read(server: FaultServer, http: httpx.AsyncClient) -> None:
    fault = reply("200 OK", envelope(0), "Content-Encoding: Identity")

    answer = await ApiClient(server.url("ok", fault), http, 5).trigger(REQUEST)

    assert isinstance(answer, Reply)
    assert answer.reply_code == 0


async def test_an_early_reply_to_a_long_request_is_read(server: FaultServer, http: httpx.AsyncClient) -> None:
    api = ApiClient(server.url("large", reply("413 Payload Too Large")), http, 5)

    answer = await api.trigger(replace(REQUEST, data={"text": "x" * 900_000}))

    assert isinstance(answer, Reply)
    assert answer.http_status == 413
