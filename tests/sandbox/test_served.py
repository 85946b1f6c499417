"""The sandbox on a port: whatever arrives, it answers or closes, goes on for others, and says nothing on stderr."""

import json
import random
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.errors import AppError
from app.sandbox.serve import listen, url_of
from tests.sandbox.serving import HEAD, OK, THOR, Served, read_all


@pytest.fixture
def clean(served: Served) -> Iterator[Served]:
    """The server without faults and logged requests, before and after."""
    served.ask("POST", "/_sandbox/reset")
    yield served
    served.ask("POST", "/_sandbox/reset")


def test_it_answers_at_the_url_that_it_announced(served: Served) -> None:
    assert served.url == f"http://127.0.0.1:{served.port}"
    assert served.triggered()


def test_a_reply_says_when_it_was_made_and_not_by_what(served: Served) -> None:
    reply = served.exchange(b"GET /api/v2/event HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
    assert b"\r\ndate: " in reply
    assert b"server:" not in reply.lower()


def test_a_cut_before_the_reply_leaves_nothing_at_all(clean: Served) -> None:
    clean.ask("POST", "/_sandbox/faults", b'{"kind":"cut_before","times":1}')
    with clean.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(THOR) + THOR)
        assert read_all(connection) == b""
    assert clean.triggered()


def test_a_cut_during_the_reply_leaves_half_of_it(clean: Served) -> None:
    clean.ask("POST", "/_sandbox/faults", b'{"kind":"cut_during","times":1}')
    with clean.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(THOR) + THOR)
        head, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert b"content-length: 42" in head
    assert body == OK[:21]


def test_a_huge_reply_is_cut_off_by_a_reader_who_has_seen_enough(clean: Served) -> None:
    clean.ask("POST", "/_sandbox/faults", b'{"kind":"huge","times":1}')
    with clean.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(THOR) + THOR)
        assert connection.recv(1000)
    assert clean.triggered()


def test_a_slow_reply_keeps_nobody_else_waiting(clean: Served) -> None:
    clean.ask("POST", "/_sandbox/faults", b'{"kind":"slow","seconds":600,"times":1}')
    with clean.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(THOR) + THOR)
        while len(clean.ask("GET", "/_sandbox/requests")[1].splitlines()) == 0:
            pass
        assert clean.triggered()


@pytest.mark.parametrize(
    "sent",
    [
        b"\0" * 1000,
        b"nix\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /%ff%00%0d%0a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET //////// HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"* / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        b"CONNECT example.org:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"A: " + b"x" * 1_000_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 10_000 + b"\r\n",
        b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: 99999999999999999999\r\n\r\n{",
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n{",
        HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Content-Length: 10\r\n\r\n{",
        HEAD + b"Content-Length: 3\r\nConnection: close\r\n\r\n\xff\xfe\xfd",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}",
        HEAD + b"Content-Length: 200000\r\nConnection: close\r\n\r\n" + b"[" * 200_000,
    ],
    ids=lambda sent: repr(sent[:50]),
)
def test_bytes_that_are_no_request_are_refused_or_dropped(served: Served, sent: bytes) -> None:
    reply = served.exchange(sent)
    assert not reply.startswith(b"HTTP/1.1 5")
    assert b"Traceback" not in reply
    assert served.triggered()


def test_random_bytes_do_no_harm(served: Served) -> None:
    chance = random.Random(7)  # noqa: S311 - the same noise each time
    for _ in range(50):
        noise = chance.randbytes(chance.randrange(1, 2000))
        for sent in (
            noise,
            HEAD + noise,
            HEAD + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(noise) + noise,
        ):
            assert not served.exchange(sent).startswith(b"HTTP/1.1 5")
    assert served.triggered()


def test_two_hundred_connections_opened_and_dropped_leave_no_trace(served: Served) -> None:
    before = len(list(Path(f"/proc/{served.process.pid}/fd").iterdir()))
    connections = [served.connect() for _ in range(200)]
    for number, connection in enumerate(connections):
        connection.sendall((b"", b"POST", HEAD, HEAD + b"Content-Length: 50\r\n\r\n{")[number % 4])
    assert served.triggered()
    for connection in connections:
        connection.close()
    assert served.triggered()
    deadline = time.monotonic() + 10
    while len(list(Path(f"/proc/{served.process.pid}/fd").iterdir())) > before + 5:
        assert time.monotonic() < deadline


def test_two_hundred_requests_at_once_are_all_answered(served: Served) -> None:
    connections = [served.connect() for _ in range(200)]
    for connection in connections:
        connection.sendall(HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(THOR) + THOR)
    assert all(read_all(connection).endswith(OK) for connection in connections)
    for connection in connections:
        connection.close()


def test_a_body_without_end_is_refused_and_not_kept(served: Served) -> None:
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    with served.connect() as connection:
        connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
        for _ in range(160):
            connection.sendall(piece)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413")
        try:
            for _ in range(10_000):
                connection.sendall(piece)
        except ConnectionError:
            pass
    assert served.triggered()
    assert served.memory_mb() < 120


def test_a_body_that_trickles_is_given_up(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: 50\r\n\r\n{")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 408")


def test_requests_on_one_connection_are_answered_in_turn(served: Served) -> None:
    request = HEAD + b"Content-Length: %d\r\n\r\n" % len(THOR) + THOR
    last = request.replace(b"Host: localhost", b"Host: localhost\r\nConnection: close")
    with served.connect() as connection:
        connection.sendall(request * 3 + last)
        assert read_all(connection).count(OK) == 4


def test_ctrl_c_ends_it_while_somebody_waits(tmp_path: Path) -> None:
    served = Served(tmp_path)
    served.ask("POST", "/_sandbox/faults", b'{"kind":"slow","seconds":600}')
    with served.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(THOR) + THOR)
        assert served.end() == (0, "ended\n", "")


def test_a_taken_port_is_one_sentence() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AppError) as caught:
            listen("127.0.0.1", port)
    assert str(caught.value) == (
        f"The sandbox cannot listen on 127.0.0.1 port {port}: Address already in use. Choose another --port."
    )


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70_000), ("127.0.0.1", -1), ("192.0.2.1", 0)])
def test_an_address_that_cannot_be_had_is_one_sentence(host: str, port: int) -> None:
    with pytest.raises(AppError):
        listen(host, port)


def test_an_address_for_everybody_is_told_as_one_that_works_here() -> None:
    with listen("0.0.0.0", 0) as listener:  # noqa: S104 - for a moment
        assert url_of(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_replies_are_sent_without_waiting_for_more() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


def test_controls_are_used_over_the_wire_like_anything_else(clean: Served) -> None:
    status, body = clean.ask("POST", "/_sandbox/faults", b'{"kind":"503","times":1}')
    assert (status, json.loads(body)[0]["kind"]) == (200, "503")
    assert clean.ask("POST", "/api/v2/event/100/trigger", THOR)[0] == 503


@pytest.mark.parametrize("length", [10_000_001, 10**12, 10**18])
def test_a_declared_length_over_the_limit_is_refused_before_the_body_comes(
    served: Served, length: int
) -> None:
    with served.connect() as connection:
        connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % length)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 413 ")
