"""What the network does to `triggerdesk trigger`: outcome, exit code, what is said, and the row, by hand."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from app.domain.attempt_export import attempt_json
from app.store.attempts import History
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


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with fault_server() as running:
        yield running


def configured(home: Path, base_url: str, deadline_s: float = 20) -> None:
    home.mkdir()
    (home / "config.toml").write_text(
        f'[profiles.local]\nbase_url = "{base_url}"\ndeadline_s = {deadline_s}\n'
    )


async def trigger(home: Path, base_url: str, deadline_s: float = 20) -> tuple[int, str, str]:
    configured(home, base_url, deadline_s)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", "--profile", "local",
        "trigger", "100", "--key", "3", "--external-id", "thor@example.com", "--json",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "TRIGGERDESK_HOME": str(home)},
    )  # fmt: skip
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


@pytest.mark.parametrize("name", TABLE)
async def test_each_end_of_an_exchange_has_its_exit_code_its_words_and_its_row(
    home: Path, server: FaultServer, name: str
) -> None:
    fault, code, outcome, status, reply_code, remedy = TABLE[name]
    url = server.url(name, fault) + "/api/v2"
    ended, out, err = await trigger(home, url, 2 if name in ("silence", "drip", "no_reply") else 20)
    attempt = json.loads(out)
    assert (ended, err) == (code, "")
    assert (attempt["outcome"], attempt["http_status"], attempt["reply_code"]) == (
        outcome,
        status,
        reply_code,
    )
    assert remedy in (attempt["remedy"] or "")
    assert len(server.received) == 1
    with closing(History(home / "history.db")) as history:
        assert [attempt_json(row) for row in history.attempts(None, 0)] == [attempt]


async def test_an_address_that_refuses_is_not_sent(home: Path) -> None:
    with nobody_listening() as origin:
        ended, out, _ = await trigger(home, f"{origin}/api/v2")
    assert ended == 4
    assert json.loads(out)["outcome"] == "not_sent"
    assert json.loads(out)["remedy"]
