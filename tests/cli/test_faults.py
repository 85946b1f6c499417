"""What the network does to `triggerdesk trigger`: outcome, exit code, what is said, and the row, in words."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from tests.cli.conftest import Desk
from tests.cli.real import Account
from tests.client.fault_server import (
    ACCEPTED,
    REFUSED,
    Fault,
    FaultServer,
    drip,
    envelope,
    fault_server,
    nobody_listening,
    redirect,
    reply,
    reset,
    reset_in_the_reply,
    silence,
)

CHECK_FIRST = "Check in the account whether the event arrived"

# name: (what the server does, exit code, outcome, HTTP status, reply code, a part of the remedy)
TABLE: dict[str, tuple[Fault, int, str, int | None, int | None, str]] = {
    "accepted": (ACCEPTED, 0, "accepted", 200, 0, ""),
    "refused": (REFUSED, 1, "rejected", 400, 2008, "contact"),
    "reset": (reset, 3, "unknown", None, None, CHECK_FIRST),
    "reset_in_the_reply": (reset_in_the_reply, 3, "unknown", None, None, CHECK_FIRST),
    "no_reply": (b"", 3, "unknown", None, None, CHECK_FIRST),
    "silence": (silence, 3, "unknown", None, None, CHECK_FIRST),
    "drip": (drip, 3, "unknown", None, None, CHECK_FIRST),
    "not_json": (reply("200 OK", b"<html>"), 3, "unknown", 200, None, "A web page with HTTP 200 came back"),
    "500": (reply("500 Internal Server Error"), 3, "unknown", 500, None, "HTTP 500"),
    "502": (reply("502 Bad Gateway", b"<html>"), 3, "unknown", 502, None, CHECK_FIRST),
    "400_with_0": (reply("400 Bad Request", envelope(0)), 3, "unknown", 400, 0, "contradicts itself"),
    "401": (reply("401 Unauthorized", envelope(1, "Unauthorized")), 1, "rejected", 401, 1, "credentials"),
    "403": (reply("403 Forbidden", b"Forbidden"), 1, "rejected", 403, None, "externalevent.trigger"),
    "429": (reply("429 Too Many", b"", "Retry-After: 17"), 1, "rejected", 429, None, "17 s"),
    "302": (redirect("302 Found", "https://example.org/"), 1, "rejected", 302, None, "https://example.org/"),
    "partial": (
        reply("200 OK", envelope(0, "OK", {"errors": {"a@example.com": {"2008": "No"}}})),
        1,
        "partial",
        200,
        0,
        "a@example.com",
    ),
}


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    """A fault server that runs in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    opened = fault_server()
    try:
        yield asyncio.run_coroutine_threadsafe(opened.__aenter__(), loop).result(20)
        asyncio.run_coroutine_threadsafe(opened.__aexit__(None, None, None), loop).result(20)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.mark.parametrize("name", TABLE)
def test_each_end_of_an_exchange_has_its_exit_code_its_words_and_its_row(
    desk: Desk, home: Path, server: FaultServer, name: str
) -> None:
    fault, code, outcome, status, reply_code, remedy = TABLE[name]
    local = Account(desk, server.url(name, fault), home)
    local.configure(f"deadline_s = {1 if name in ('silence', 'drip', 'no_reply') else 20}")
    before = len(server.received)
    ran = local("trigger", "100", "--key", "3", "--external-id", "thor@example.com", "--json")
    attempt = ran.json
    assert (ran.code, ran.err) == (code, "")
    assert (attempt["outcome"], attempt["http_status"]) == (outcome, status)
    assert attempt["reply_code"] == reply_code
    assert remedy in (attempt["remedy"] or "")
    assert len(server.received) - before == 1
    assert local("history", "--json").lines == [attempt]


def test_an_address_that_refuses_is_not_sent(desk: Desk, home: Path) -> None:
    with nobody_listening() as origin:
        local = Account(desk, origin, home)
        local.configure("")
        ran = local("trigger", "100", "--key", "3", "--external-id", "thor@example.com", "--json")
    assert (ran.code, ran.json["outcome"]) == (4, "not_sent")
    assert ran.json["remedy"]
