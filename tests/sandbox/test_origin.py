"""Where a request may come from: pages of other sites, and names that only seem to be this machine, get nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.sandbox.asking import Asker
from tests.sandbox.serving import OK, THOR, Served

TARGETS = ["/api/v2/event/100/trigger", "/api/v3/contact/getdata", "/oauth2/token", "/_sandbox/faults"]
READ = [
    "/",
    "/openapi.json",
    "/healthcheck",
    "/api/v2/event",
    "/_sandbox/requests",
    "/_sandbox/health",
    "/nix",
]
FOREIGN = [
    "evil.example.com",
    "evil.example.com:8042",
    "localhost.example.com",
    "127.0.0.1.example.com",
    "localhost@example.com",
    "example.com@localhost",
    "foo.localhost",
    "192.0.2.1",
    "0.0.0.0",  # noqa: S104 - asked for, not bound
    "[::]",
    "[::2]:80",
    "::1",
    "2130706433",
    "localhost:80:80",
    "localhost:x",
    "local host",
    "",
]
LOOPBACK = ["localhost", "LOCALHOST:1", "127.0.0.1", "127.9.8.7:65535", "[::1]", "[::1]:8042", "localhost:"]


def asked(served: Served, target: str, *headers: str, method: str = "GET", body: bytes = b"") -> bytes:
    head = "\r\n".join([f"{method} {target} HTTP/1.1", f"Content-Length: {len(body)}", "Connection: close"])
    return served.exchange("\r\n".join([head, *headers, "", ""]).encode() + body)


def status(reply: bytes) -> int:
    return int(reply.split(b" ")[1])


@pytest.mark.parametrize("host", FOREIGN)
def test_a_host_that_is_no_loopback_name_is_403(served: Served, host: str) -> None:
    reply = asked(served, "/api/v2/event/100/trigger", f"Host: {host}", method="POST", body=THOR)
    assert status(reply) == 403
    assert b"purchase" not in asked(served, "/api/v2/event", f"Host: {host}")


@pytest.mark.parametrize("target", READ)
def test_no_page_and_no_control_is_read_under_a_foreign_name(served: Served, target: str) -> None:
    reply = asked(served, target, "Host: evil.example.com")
    assert status(reply) == 403
    assert b"purchase" not in reply


@pytest.mark.parametrize("host", LOOPBACK)
def test_every_loopback_name_is_answered_on_any_port(served: Served, host: str) -> None:
    reply = asked(served, "/api/v2/event/100/trigger", f"Host: {host}", method="POST", body=THOR)
    assert reply.endswith(OK)
    assert status(asked(served, "/_sandbox/health", f"Host: {host}")) == 200


ORIGINS = ["https://example.org", "null", "http://localhost:9", "http://localhost.example.com", "", "nix"]


@pytest.mark.parametrize(
    ("target", "origin"),
    [*((TARGETS[0], origin) for origin in ORIGINS), *((target, "null") for target in TARGETS[1:])],
)
def test_a_page_of_another_site_is_refused_and_triggers_nothing(
    served: Served, target: str, origin: str
) -> None:
    headers = (f"Host: localhost:{served.port}", f"Origin: {origin}")
    assert status(asked(served, target, *headers, method="POST", body=THOR)) == 403
    assert status(asked(served, "/_sandbox/requests", *headers)) == 403


def test_a_page_of_the_sandbox_itself_may_use_all_of_it(served: Served) -> None:
    headers = (f"Host: localhost:{served.port}", f"Origin: http://localhost:{served.port}")
    assert asked(served, TARGETS[0], *headers, method="POST", body=THOR).endswith(OK)
    assert status(asked(served, "/_sandbox/health", *headers)) == 200


def test_a_refused_request_is_not_read_to_its_end(served: Served) -> None:
    head = (
        b"POST /api/v2/event/100/trigger HTTP/1.1\r\nHost: evil.example.com\r\nContent-Length: 1000\r\n\r\n{"
    )
    with served.connect() as connection:
        connection.sendall(head)
        assert connection.recv(1000).startswith(b"HTTP/1.1 403")


def test_in_process_the_account_has_a_name_of_its_own(sandbox: Asker) -> None:
    assert sandbox.trigger(100, THOR, {"Host": "sandbox.localhost"}).plain == (200, OK)
    got = sandbox.trigger(100, THOR, {"Host": "sandbox.localhost", "Origin": "https://example.org"})
    assert got.status == 403


@pytest.mark.parametrize("host", ["evil.example.com", "192.0.2.1:8042", ""])
def test_the_controls_answer_to_loopback_names_alone_wherever_the_sandbox_listens(
    sandbox: Asker, host: str
) -> None:
    assert sandbox.get("/_sandbox/requests", {"Host": host}).status == 403
    assert sandbox.trigger(100, THOR, {"Host": host}).plain == (200, OK)


@contextmanager
def open_to_all(folder: Path) -> Iterator[Served]:
    served = Served(folder, host="0.0.0.0")  # noqa: S104 - for a moment
    yield served
    served.end()


def test_a_sandbox_that_others_can_reach_is_called_by_any_name(tmp_path: Path) -> None:
    with open_to_all(tmp_path) as served:
        reply = asked(served, TARGETS[0], "Host: sandbox.example.com", method="POST", body=THOR)
        assert reply.endswith(OK)
        assert status(asked(served, "/_sandbox/health", "Host: sandbox.example.com")) == 403
        assert status(asked(served, "/_sandbox/health", "Host: localhost")) == 200
