"""What is no call at all, and what is none of the caller's fault: refused in the words of the service, never a crash."""

import json
from collections.abc import Callable

import pytest

from app.sandbox.accounts.account import SandboxAccount
from app.sandbox.app import create_sandbox
from app.sandbox.idempotency import AcceptedTriggers
from tests.sandbox.asking import Asker

THOR = '{"key_id":"3","external_id":"thor@example.com"}'
TOO_LONG = b" " * 10_000_001


def refusal(code: int, text: str, status: int = 400) -> tuple[int, bytes]:
    return status, json.dumps(
        {"replyCode": code, "replyText": text, "data": ""}, separators=(",", ":")
    ).encode()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nix",
        b"[]",
        b'"x"',
        b"1",
        b"null",
        b'{"key_id":NaN}',
        b"\xff\xfe",
        b'{"a":"\xff"}',
        b"[" * 200_000,
        b'{"key_id":' + b"1" * 5000 + b"}",
    ],
)
def test_a_body_that_is_no_json_object_is_1010(sandbox: Asker, body: bytes) -> None:
    assert sandbox.trigger(100, body).plain == refusal(1010, "Invalid request payload.")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "BREW"])
def test_a_wrong_method_is_1009(sandbox: Asker, method: str) -> None:
    got = sandbox.ask(method, "/api/v2/event/100/trigger")
    assert got.plain == refusal(1009, "Invalid HTTP method.")


def test_an_unknown_path_is_404(sandbox: Asker) -> None:
    for target in ("/api/v2/nix", "/api/v1/event", "/nix"):
        assert sandbox.get(target).status == 404


def test_a_disk_that_fails_is_500_as_the_service_s_own_would_be(
    own_account: SandboxAccount,
) -> None:
    sandbox = create_sandbox(own_account, accepted=AcceptedTriggers(None))
    own_account.close()
    assert Asker(sandbox).trigger(100, THOR).plain == refusal(1003, "Database connection error", 500)
    sandbox.close()


@pytest.mark.parametrize("target", ["/oauth2/token", "/_sandbox/faults", "/api/v3/event/100/trigger"])
def test_no_path_reads_a_body_without_end(open_sandbox: Callable[..., Asker], target: str) -> None:
    assert open_sandbox(auth="oauth").post(target, TOO_LONG).status == 413


def test_event_data_nested_beyond_measure_is_refused_and_nothing_breaks(sandbox: Asker) -> None:
    padding = "x" * 1_000_001
    for depth in (500, 990, 1000, 100_000):
        nested = '{"a":' * depth + "1" + "}" * depth
        padded = [f'{{"a":"{padding}","b":{nested}}}'] if depth == 990 else []
        for data in (nested, json.dumps(nested), *padded):
            assert sandbox.trigger(100, f'{THOR[:-1]},"data":{data}}}').status in (200, 400)
