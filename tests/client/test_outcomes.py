"""What is said of a trigger for each way in which its exchange can end: the table stands here by hand."""

import httpx

from app.client.api import ApiClient
from app.domain.model import NoReply
from tests.client.fault_server import (
    ACCEPTED,
    MIB,
    REFUSED,
    Fault,
    FaultServer,
    drip,
    envelope,
    gzip_bomb,
    redirect,
    reply,
    reset,
    reset_in_the_reply,
    silence,
    without_end,
)
from tests.client.said import REQUEST, said

DEADLINE_S = 0.4
ENOUGH_S = 10.0

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
    "gzip_bomb": (gzip_bomb(2), "unknown", 200, None),
    "bad_gzip": (reply("200 OK", envelope(0), "Content-Encoding: gzip"), "unknown", 200, None),
    "unknown_coding": (reply("200 OK", envelope(0), "Content-Encoding: zz"), "unknown", 200, None),
    "invalid_utf8": (reply("200 OK", b'{"replyCode":0,"replyText":"\xff\xfe"}'), "unknown", 200, None),
    "nested_arrays": (reply("200 OK", b"[" * 100_000 + b"]" * 100_000), "unknown", 200, None),
    "nested_in_errors": (
        reply("200 OK", b'{"replyCode":0,"data":{"errors":' + b"[" * 100_000 + b"]" * 100_000 + b"}}"),
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
    "307_with_0": (reply("307 Temporary Redirect", envelope(0), f"Location: {ELSEWHERE}"), "unknown", 307, 0),
    "308": (redirect("308 Permanent Redirect", ELSEWHERE), "rejected", 308, None),
    "302_to_a_file": (redirect("302 Found", "file:///etc/passwd"), "rejected", 302, None),
    "302_to_nonsense": (redirect("302 Found", "http://[x"), "rejected", 302, None),
    "302_to_nowhere": (b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n", "rejected", 302, None),
}


async def test_each_end_of_an_exchange_has_its_outcome(server: FaultServer, http: httpx.AsyncClient) -> None:
    for name, (fault, *expected) in TABLE.items():
        deadline_s = DEADLINE_S if "deadline" in expected else ENOUGH_S
        answer = await ApiClient(server.url(name, fault), http, deadline_s).trigger(REQUEST)
        assert said(answer) == tuple(expected), name
    assert server.connections == len(server.received) == len(TABLE)


async def test_what_is_not_http_is_told_as_text(server: FaultServer, http: httpx.AsyncClient) -> None:
    for fault, why in [
        (b"SSH-2.0-OpenSSH_9.6 \xff'\"\x1b\r\n\r\n", "it begins “SSH-2.0-OpenSSH_9.6 \\xff'\"␛”."),
        ("220 müller ESMTP\r\n\r\n".encode(), "it begins “220 müller ESMTP”."),
        (b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n", "one of its headers is “no colon here”."),
        (reply("200 OK", envelope(0), "X: " + "x" * MIB), "its headers are too long."),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "it switches to another protocol."),
    ]:
        answer = await ApiClient(server.url("fault", fault), http, ENOUGH_S).trigger(REQUEST)
        assert isinstance(answer, NoReply), fault
        assert answer.detail == f"127.0.0.1 answered with something that is not HTTP: {why}", fault
