"""The rate limit, told on every reply and enforced where it was asked for; and the limits of a body."""

import asyncio
from collections.abc import Callable
from typing import Any

from app.sandbox.context import RateLimit
from tests.sandbox.asking import Asker
from tests.sandbox.conftest import Clock

TOO_MANY = (
    429,
    b'{"replyCode":7003,"replyText":"Too many requests for this account and resource within the last minute.","data":""}',
)
THOR = '{"key_id":"3","external_id":"thor@example.com"}'


def told(sandbox: Asker) -> tuple[int, str, str, str]:
    got = sandbox.get("/api/v2/settings")
    return (got.status, *(got.headers[f"x-ratelimit-{name}"] for name in ("limit", "remaining", "reset")))


def test_the_limit_is_a_thousand_and_not_enforced(sandbox: Asker) -> None:
    assert told(sandbox) == (200, "1000", "999", "1700000060")


def test_past_a_limit_that_is_not_enforced_none_is_left(clock: Clock) -> None:
    limit = RateLimit(None, clock)
    for _ in range(1001):
        limit.count()
    assert limit.headers()[1] == (b"x-ratelimit-remaining", b"0")


def test_past_an_enforced_limit_there_is_429_until_the_minute_ends(
    open_sandbox: Callable[..., Asker], clock: Clock
) -> None:
    sandbox = open_sandbox(rate_limit=2)
    assert told(sandbox) == (200, "2", "1", "1700000060")
    assert told(sandbox) == (200, "2", "0", "1700000060")
    assert told(sandbox) == (429, "2", "0", "1700000060")
    assert sandbox.trigger(999, b"nix").plain == TOO_MANY
    clock.now = 1_700_000_040.0
    assert told(sandbox) == (200, "2", "1", "1700000100")


def test_a_clock_that_is_set_back_does_not_lock_anybody_out(
    open_sandbox: Callable[..., Asker], clock: Clock
) -> None:
    sandbox = open_sandbox(rate_limit=1)
    assert [told(sandbox)[0], told(sandbox)[0]] == [200, 429]
    clock.now -= 86_400
    assert told(sandbox)[0] == 200


def test_who_is_not_signed_in_does_not_count(open_sandbox: Callable[..., Asker]) -> None:
    sandbox = open_sandbox(rate_limit=1, auth="wsse")
    assert [told(sandbox)[:3] for _ in range(3)] == [(401, "1", "1")] * 3


def test_a_body_may_have_ten_million_bytes(sandbox: Asker) -> None:
    body = THOR.encode() + b" " * (10_000_000 - len(THOR))
    assert sandbox.trigger(100, body).status == 200
    got = sandbox.trigger(100, body + b" ")
    assert got.plain == (413, b'{"replyCode":1001,"replyText":"The request body is over 10 MB.","data":""}')
    assert got.headers["connection"] == "close"


def test_a_body_that_comes_in_pieces_is_put_together(sandbox: Asker) -> None:
    parts = [bytes([byte]) for byte in THOR.encode()]
    assert sandbox.ask("POST", "/api/v2/event/100/trigger", parts).status == 200


def test_a_body_without_end_is_not_read_to_its_end(open_sandbox: Callable[..., Asker]) -> None:
    status, pieces = asyncio.run(_endless(open_sandbox(drain_s=0.05), b"x" * 65_536))
    assert status == 413
    assert pieces > 150


def test_a_body_that_never_comes_times_out(open_sandbox: Callable[..., Asker]) -> None:
    assert asyncio.run(_endless(open_sandbox(body_timeout_s=0.01, drain_s=0.01), None))[0] == 408


def test_who_hangs_up_before_the_end_is_not_answered(sandbox: Asker) -> None:
    assert asyncio.run(_hanging_up(sandbox)) == []


async def _endless(sandbox: Asker, piece: bytes | None) -> tuple[int, int]:
    sent: list[Any] = []
    pieces = 0

    async def receive() -> Any:
        nonlocal pieces
        pieces += 1
        await asyncio.sleep(10 if piece is None else 0)
        return {"type": "http.request", "body": piece, "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    await sandbox.app(sandbox._scope("POST", "/api/v2/event/100/trigger", {}), receive, send)
    return sent[0]["status"], pieces


async def _hanging_up(sandbox: Asker) -> list[Any]:
    waiting: list[Any] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list[Any] = []

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    await sandbox.app(sandbox._scope("POST", "/api/v2/event/100/trigger", {}), receive, send)
    return sent
