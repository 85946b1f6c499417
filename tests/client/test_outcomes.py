"""What is said of a trigger for each way in which its exchange can end: the table stands here by hand."""

import socket
import ssl
import sys
import time
from dataclasses import replace

import httpx
import pytest

from app.client.api import ApiClient
from app.client.connection import open_http
from app.domain.model import Answer, NoReply, TriggerRequest
from app.domain.outcome import outcome_of
from tests.client.fault_server import (
    ACCEPTED,
    CERTIFICATE,
    MIB,
    REFUSED,
    Fault,
    FaultServer,
    Reader,
    Writer,
    backlog_full,
    drip,
    envelope,
    fault_server,
    gzip_bomb,
    listening,
    nobody_listening,
    redirect,
    reply,
    reset,
    reset_in_the_reply,
    silence,
    tls_context,
    without_end,
)

REQUEST = TriggerRequest("100", "3", "thor@example.com", {"global": {"itemName": "hammer"}}, "t-1")
DEADLINE_S = 0.4
LATEST_S = DEADLINE_S + 0.5

ELSEWHERE = "http://elsewhere.example.com/api/v2"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK_64K = b"10000\r\n" + bytes(65536) + b"\r\n"
PARTIAL = envelope(0, "OK", {"ids": [], "errors": {"a@example.com": {"2008": "No contact found"}}})

# name: (what the server does, the outcome, the HTTP status, the reply code or the reason)
TABLE: dict[str, tuple[Fault, str, int | None, int | str | None]] = {
    "reset_after_the_request": (reset, "unknown", None, "reset"),
    "reset_in_the_reply": (reset_in_the_reply, "unknown", None, "cut"),
    "closed_without_a_reply": (b"", "unknown", None, "no_reply"),
    "silence": (silence, "unknown", None, "deadline"),
    "drip": (drip, "unknown", None, "deadline"),
    "endless_100_continue": (without_end(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), "unknown", None, "deadline"),
    "garbage_status_line": (b"\x00\xff nonsense\r\n\r\n", "unknown", None, "protocol"),
    "header_of_1_mib": (reply("200 OK", envelope(0), "X: " + "x" * MIB), "unknown", None, "protocol"),
    "short_content_length": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n" + envelope(0),
        "unknown",
        None,
        "cut",
    ),
    "slow_endless_chunks": (without_end(CHUNKED, b"1\r\nx\r\n", 0.05), "unknown", None, "deadline"),
    "bad_chunk": (CHUNKED + b"zz\r\n", "unknown", None, "cut"),
    # what came is a reply, but cannot be read
    "endless_chunks": (without_end(CHUNKED, CHUNK_64K), "unknown", 200, None),
    "8_gib": (
        without_end(b"HTTP/1.1 200 OK\r\nContent-Length: 8589934592\r\n\r\n", bytes(65536)),
        "unknown",
        200,
        None,
    ),
    "gzip_bomb": (gzip_bomb(), "unknown", 200, None),
    "bad_gzip": (reply("200 OK", envelope(0), "Content-Encoding: gzip"), "unknown", 200, None),
    "unknown_coding": (reply("200 OK", envelope(0), "Content-Encoding: zz"), "unknown", 200, None),
    "invalid_utf8": (reply("200 OK", b'{"replyCode":0,"replyText":"\xff\xfe"}'), "unknown", 200, None),
    "nested_arrays": (reply("200 OK", b"[" * 100_000 + b"]" * 100_000), "unknown", 200, None),
    "nested_in_errors": (
        reply("200 OK", b'{"replyCode":0,"data":{"errors":' + b"[" * 5000 + b"]" * 5000 + b"}}"),
        "unknown",
        200,
        None,
    ),
    "null": (reply("200 OK", b"null"), "unknown", 200, None),
    "empty": (reply("200 OK"), "unknown", 200, None),
    "no_content": (b"HTTP/1.1 204 No Content\r\n\r\n", "unknown", 204, None),
    "switching_protocols": (b"HTTP/1.1 101 Switching\r\n\r\n", "unknown", None, "protocol"),
    "no_reply_code": (reply("200 OK", b'{"replyText":"OK"}'), "unknown", 200, None),
    "reply_code_true": (reply("200 OK", envelope(True)), "unknown", 200, None),
    "reply_code_false": (reply("200 OK", envelope(False)), "unknown", 200, None),
    "reply_code_0.0": (reply("200 OK", envelope(0.0)), "unknown", 200, None),
    "reply_code_null": (reply("200 OK", envelope(None)), "unknown", 200, None),
    # what can be read
    "accepted": (ACCEPTED, "accepted", 200, 0),
    "accepted_as_text_html": (reply("200 OK", envelope(0), "Content-Type: text/html"), "accepted", 200, 0),
    "accepted_until_close": (b"HTTP/1.1 200 OK\r\n\r\n" + envelope(0), "accepted", 200, 0),
    "accepted_after_100": (b"HTTP/1.1 100 Continue\r\n\r\n" + ACCEPTED, "accepted", 200, 0),
    "reply_code_text_0": (reply("200 OK", envelope("0")), "accepted", 200, 0),
    "reply_code_text_2008": (reply("200 OK", envelope("2008")), "rejected", 200, 2008),
    "200_with_2008": (reply("200 OK", envelope(2008)), "rejected", 200, 2008),
    "partial": (reply("200 OK", PARTIAL), "partial", 200, 0),
    "refused": (REFUSED, "rejected", 400, 2008),
    "400_with_0": (reply("400 Bad Request", envelope(0)), "unknown", 400, 0),
    "400_packed": (reply("400 Bad Request", b"\x1f\x8b", "Content-Encoding: gzip"), "rejected", 400, None),
    "400_without_end": (
        without_end(b"HTTP/1.1 400 Bad\r\nTransfer-Encoding: chunked\r\n\r\n", CHUNK_64K),
        "rejected",
        400,
        None,
    ),
    "401": (reply("401 Unauthorized", envelope(1, "Unauthorized")), "rejected", 401, 1),
    "404": (reply("404 Not Found", b"<html>"), "rejected", 404, None),
    "413": (reply("413 Payload Too Large"), "rejected", 413, None),
    "429_junk": (reply("429 Too Many", b"Too many", "Retry-After: soon \xff"), "rejected", 429, None),
    "500": (reply("500 Internal Server Error", envelope(2011)), "unknown", 500, 2011),
    "502": (reply("502 Bad Gateway", b"<html>Bad Gateway</html>"), "unknown", 502, None),
    "503": (reply("503 Service Unavailable"), "unknown", 503, None),
    "504": (reply("504 Gateway Timeout"), "unknown", 504, None),
    "302": (redirect("302 Found", ELSEWHERE), "rejected", 302, None),
    "307": (redirect("307 Temporary Redirect", ELSEWHERE), "rejected", 307, None),
    "308": (redirect("308 Permanent Redirect", ELSEWHERE), "rejected", 308, None),
    "302_to_a_file": (redirect("302 Found", "file:///etc/passwd"), "rejected", 302, None),
    "302_to_nonsense": (redirect("302 Found", "http://[x"), "rejected", 302, None),
    "302_to_nowhere": (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "rejected", 302, None),
}


def said(answer: Answer) -> tuple[str, int | None, int | str | None]:
    outcome = outcome_of(answer).value
    if isinstance(answer, NoReply):
        return outcome, None, answer.reason
    return outcome, answer.http_status, answer.reply_code


@pytest.mark.parametrize("name", TABLE)
async def test_each_end_of_an_exchange_has_its_outcome(
    name: str, server: FaultServer, http: httpx.AsyncClient
) -> None:
    fault, *expected = TABLE[name]
    api = ApiClient(server.url("fault", fault), http, DEADLINE_S)
    started = time.perf_counter()

    answer = await api.trigger(REQUEST)

    assert said(answer) == tuple(expected)
    assert time.perf_counter() - started < LATEST_S
    assert server.connections == len(server.received) == 1


async def test_a_refused_connection_is_not_sent(http: httpx.AsyncClient) -> None:
    with nobody_listening() as origin:
        answer = await ApiClient(origin, http, DEADLINE_S).trigger(REQUEST)

    assert said(answer) == ("not_sent", None, "refused")


@pytest.mark.skipif(sys.platform != "linux", reason="a full backlog is met with silence on Linux alone")
async def test_a_connection_that_is_never_made_is_not_sent(http: httpx.AsyncClient) -> None:
    started = time.perf_counter()
    with backlog_full() as origin:
        answer = await ApiClient(origin, http, DEADLINE_S).trigger(REQUEST)

    assert said(answer) == ("not_sent", None, "deadline")
    assert time.perf_counter() - started < LATEST_S


async def test_a_connection_reset_as_soon_as_it_is_accepted_leaves_the_outcome_unknown(
    http: httpx.AsyncClient,
) -> None:
    async def accept(_: Reader, writer: Writer) -> None:
        await reset(writer)

    async with listening(accept) as origin:
        answer = await ApiClient(origin, http, DEADLINE_S).trigger(REQUEST)

    assert said(answer) == ("unknown", None, "reset")


async def test_an_untrusted_certificate_is_not_sent_to(http: httpx.AsyncClient) -> None:
    async with fault_server(tls_context()) as secure:
        answer = await ApiClient(secure.url("tls", ACCEPTED), http, 5).trigger(REQUEST)

        assert said(answer) == ("not_sent", None, "tls")
        assert secure.received == []
    assert isinstance(answer, NoReply)
    assert answer.detail.startswith("No secure connection to 127.0.0.1: ")
    assert "certificate verify failed" in answer.detail


async def test_a_trusted_certificate_is_sent_to() -> None:
    http = open_http(trust=lambda: ssl.create_default_context(cafile=CERTIFICATE))
    async with fault_server(tls_context()) as secure:
        answer = await ApiClient(secure.url("tls", ACCEPTED), http, 5).trigger(REQUEST)

    await http.aclose()
    assert said(answer) == ("accepted", 200, 0)


async def test_a_port_that_does_not_speak_tls_is_not_sent_to(http: httpx.AsyncClient) -> None:
    async def accept(_: Reader, writer: Writer) -> None:
        writer.write(ACCEPTED)
        await writer.drain()

    async with listening(accept) as origin:
        answer = await ApiClient(origin.replace("http:", "https:"), http, 5).trigger(REQUEST)

    assert said(answer) == ("not_sent", None, "tls")


async def test_a_tls_handshake_that_never_ends_is_not_sent(http: httpx.AsyncClient) -> None:
    async def accept(_: Reader, writer: Writer) -> None:
        await silence(writer)

    async with listening(accept) as origin:
        answer = await ApiClient(origin.replace("http:", "https:"), http, DEADLINE_S).trigger(REQUEST)

    assert said(answer) == ("not_sent", None, "deadline")


@pytest.mark.parametrize(
    ("base_url", "reason"),
    [
        ("", "address"),
        ("nonsense", "address"),
        ("http://", "address"),
        ("http:///api/v2", "address"),
        ("http://[::1", "address"),
        ("http://127.0.0.1:99999", "address"),
        ("http://127.0.0.1:x", "address"),
        ("http://exa\x00mple.com", "address"),
        ("ftp://example.com", "address"),
        ("file:///etc/passwd", "address"),
        ("http://thor:mjolnir@127.0.0.1", "address"),
        ("http://127.0.0.1/#x", "address"),
        ("http://exa mple.com", "address"),
        (f"http://{'a' * 64}.example.com", "dns"),
        ("http://127.0.0.1:0", "address"),
        ("http://\ud800.example.com", "address"),
        ("http://xn--\u00fc.example.com", "address"),
    ],
)
async def test_an_address_that_cannot_be_used_is_not_sent(
    base_url: str, reason: str, http: httpx.AsyncClient
) -> None:
    answer = await ApiClient(base_url, http, DEADLINE_S).trigger(REQUEST)

    assert said(answer) == ("not_sent", None, reason)
    assert isinstance(answer, NoReply)
    assert "mjolnir" not in answer.detail


async def test_a_name_that_nobody_knows_is_not_sent_to(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    answer = await ApiClient("http://api.example.com", http, DEADLINE_S).trigger(REQUEST)

    assert answer == NoReply("dns", "no", "The name api.example.com could not be resolved to an address.")


async def test_what_would_take_more_than_a_mebibyte_is_not_sent(
    server: FaultServer, http: httpx.AsyncClient
) -> None:
    api = ApiClient(server.url("ok", ACCEPTED), http, DEADLINE_S)

    answer = await api.trigger(replace(REQUEST, data={"text": "x" * MIB}))

    assert said(answer) == ("not_sent", None, "too_large")
    assert server.connections == 0


@pytest.mark.parametrize("data", [{"nan": float("nan")}, {"set": {1}}], ids=["nan", "set"])
async def test_what_is_no_json_is_not_sent(
    data: dict[str, object], server: FaultServer, http: httpx.AsyncClient
) -> None:
    answer = await ApiClient(server.url("ok", ACCEPTED), http, DEADLINE_S).trigger(
        replace(REQUEST, data=data)
    )

    assert said(answer) == ("not_sent", None, "request")
    assert server.connections == 0
