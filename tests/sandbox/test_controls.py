"""The controls: failures on demand, what was received, and a new beginning."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.sandbox.faults import SandboxCut
from tests.sandbox.asking import Asker

THOR = '{"key_id":"3","external_id":"thor@example.com","trigger_id":"t"}'
OK = (200, b'{"replyCode":0,"replyText":"OK","data":{}}')


def rehearse(sandbox: Asker, **fault: object) -> Any:
    got = sandbox.post("/_sandbox/faults", json.dumps(fault))
    assert got.status == 200, got.body
    return json.loads(got.body)


def recorded(sandbox: Asker) -> list[Any]:
    return [json.loads(line) for line in sandbox.get("/_sandbox/requests").body.decode().splitlines()]


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        ("401", 401, b'{"replyCode":1,"replyText":"Unauthorized","data":""}'),
        ("403", 403, b"Forbidden"),
        (
            "429",
            429,
            b'{"replyCode":7003,"replyText":"Too many requests for this account and resource within the last minute.","data":""}',
        ),
        ("500", 500, b'{"replyCode":1003,"replyText":"Database connection error","data":""}'),
        ("502", 502, b"<html><body><h1>502 Bad Gateway</h1></body></html>\n"),
        ("503", 503, b"The system is overloaded for this resource."),
    ],
)
def test_a_failure_instead_of_the_call_triggers_nothing(
    sandbox: Asker, kind: str, status: int, body: bytes
) -> None:
    rehearse(sandbox, kind=kind)
    got = sandbox.trigger(100, THOR)
    assert got.plain == (status, body)
    assert got.headers["x-ratelimit-remaining"] == ("0" if kind == "429" else "999")
    sandbox.ask("DELETE", "/_sandbox/faults")
    assert sandbox.trigger(100, THOR).plain == OK
    assert [line["deduplicated"] for line in recorded(sandbox)] == [[], []]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("truncated", b'{"replyCode":0,"reply'),
        ("wrong_type", b'{"replyCode":"OK","replyText":0,"data":true}'),
    ],
)
def test_a_spoilt_reply_comes_after_the_trigger_has_happened(sandbox: Asker, kind: str, body: bytes) -> None:
    rehearse(sandbox, kind=kind)
    assert sandbox.trigger(100, THOR).plain == (200, body)
    sandbox.trigger(100, THOR)
    assert [line["deduplicated"] for line in recorded(sandbox)] == [[], ["t"]]


def test_a_huge_reply_is_sound_and_four_megabytes_long(sandbox: Asker) -> None:
    rehearse(sandbox, kind="huge")
    got = sandbox.trigger(100, THOR)
    assert len(got.body) == int(got.headers["content-length"]) > 4_000_000
    assert json.loads(got.body)["replyCode"] == 0


def test_a_slow_reply_comes_in_the_end(sandbox: Asker) -> None:
    rehearse(sandbox, kind="slow", seconds=0.01)
    assert sandbox.trigger(100, THOR).plain == OK


@pytest.mark.parametrize("kind", ["cut_before", "cut_during"])
def test_in_process_a_cut_comes_through_as_a_lost_connection(sandbox: Asker, kind: str) -> None:
    rehearse(sandbox, kind=kind)
    with pytest.raises(SandboxCut) as caught:
        sandbox.trigger(100, THOR)
    assert isinstance(caught.value, ConnectionError)
    assert [(line["status"], line["fault"]) for line in recorded(sandbox)] == [(200, kind)]


def test_nothing_fails_until_asked_to(sandbox: Asker) -> None:
    assert json.loads(sandbox.get("/_sandbox/faults").body) == []
    assert sandbox.trigger(100, THOR).plain == OK


def test_a_failure_may_be_of_one_event(sandbox: Asker) -> None:
    rehearse(sandbox, kind=503, event=100)
    assert sandbox.trigger(100, THOR).status == 503
    assert sandbox.trigger(101, THOR).status == 200
    assert sandbox.get("/api/v2/event/100").status == 200


def test_a_failure_may_be_of_one_contact_also_in_a_batch(sandbox: Asker) -> None:
    rehearse(sandbox, kind="503", external_id="11")
    assert sandbox.trigger(100, '{"key_id":"id","external_id":11}').status == 503
    assert (
        sandbox.trigger(
            100, '{"key_id":"id","contacts":[1,{"external_id":"14"},{"external_id":"11"}]}'
        ).status
        == 503
    )
    assert sandbox.trigger(100, '{"key_id":"id","external_id":14}').status == 200
    assert sandbox.post("/api/v2/contact/getdata", '{"keyValues":["11"],"external_id":"11"}').status == 200


def test_a_failure_of_nothing_in_particular_meets_every_call(sandbox: Asker) -> None:
    rehearse(sandbox, kind="503")
    assert sandbox.get("/api/v2/event").status == 503
    assert sandbox.post("/api/v2/contact/getdata", '{"keyValues":[]}').status == 503
    assert sandbox.get("/_sandbox/health").status == 200


def test_a_share_of_the_requests_fails_and_the_same_seed_at_the_same_ones(
    open_sandbox: Callable[..., Asker],
) -> None:
    runs = []
    for seed in (1, 1, 2):
        sandbox = open_sandbox()
        rehearse(sandbox, kind="503", share=0.3, seed=seed)
        runs.append([sandbox.trigger(100, THOR).status for _ in range(100)])
    assert runs[0] == runs[1] != runs[2]
    assert 15 < runs[0].count(503) < 45


def test_a_failure_may_be_for_a_number_of_times(sandbox: Asker) -> None:
    rehearse(sandbox, kind="503", times=2)
    assert [sandbox.trigger(100, THOR).status for _ in range(4)] == [503, 503, 200, 200]


def test_failures_are_tried_in_the_order_they_were_set(sandbox: Asker) -> None:
    rehearse(sandbox, kind="503", times=1)
    assert rehearse(sandbox, kind="502") == [
        {"kind": "503", "share": 1.0, "seed": 0, "seconds": 10.0, "times": 1},
        {"kind": "502", "share": 1.0, "seed": 0, "seconds": 10.0},
    ]
    assert [sandbox.trigger(100, THOR).status for _ in range(3)] == [503, 502, 502]
    assert json.loads(sandbox.ask("DELETE", "/_sandbox/faults").body) == []


@pytest.mark.parametrize(
    "body",
    [
        "nix",
        "[]",
        "{}",
        '{"kind":"nix"}',
        '{"kind":"503","share":2}',
        '{"kind":"503","share":-0.1}',
        '{"kind":"503","share":true}',
        '{"kind":"503","seed":"x"}',
        '{"kind":"503","event":[]}',
        '{"kind":"slow","seconds":1e9}',
        '{"kind":"503","colour":1}',
    ],
)
def test_a_failure_that_cannot_be_set_is_refused_with_the_reason(sandbox: Asker, body: str) -> None:
    got = sandbox.post("/_sandbox/faults", body)
    assert got.status == 400
    assert json.loads(got.body)["error"]
    assert json.loads(sandbox.get("/_sandbox/faults").body) == []


def test_what_was_received_is_shown_as_it_came(sandbox: Asker) -> None:
    sandbox.trigger(100, THOR, {"Content-Type": "application/json"})
    sandbox.get("/api/v2/contact/query?return=3&limit=1")
    first, second = recorded(sandbox)
    assert first == {
        "at": "2023-11-14T22:13:20+00:00",
        "method": "POST",
        "path": "/api/v2/event/100/trigger",
        "query": "",
        "headers": {"host": "127.0.0.1:8042", "content-type": "application/json"},
        "body": THOR,
        "status": 200,
        "reply": '{"replyCode":0,"replyText":"OK","data":{}}',
        "deduplicated": [],
        "fault": None,
    }
    assert (second["method"], second["query"], second["status"]) == ("GET", "return=3&limit=1", 200)


def test_no_secret_is_shown(open_sandbox: Callable[..., Asker]) -> None:
    sandbox = open_sandbox(auth="oauth", user="customer001", secret="hush")
    headers = {
        "Authorization": "Basic Y3VzdG9tZXIwMDE6aHVzaA==",
        "X-WSSE": 'UsernameToken Username="u", PasswordDigest="hushhush=", Nonce="n", Created="c"',
        "Cookie": "hush",
    }
    got = sandbox.post("/oauth2/token", "grant_type=client_credentials&client_secret=hush&x=1", headers)
    token = json.loads(got.body)["access_token"]
    sandbox.get("/api/v3/event", headers | {"Authorization": f"Bearer {token}"})
    sandbox.get("/api/v3/event", headers | {"Authorization": "hush"})
    shown = sandbox.get("/_sandbox/requests").body.decode()
    for secret in ("hush", token, "Y3VzdG9tZXIwMDE6aHVzaA"):
        assert secret not in shown
    assert 'Username=\\"u\\"' in shown
    assert "Bearer ***" in shown


async def test_the_log_keeps_the_latest_thousand_requests(sandbox: Asker) -> None:
    for _ in range(1000):
        await sandbox.asked("GET", "/api/v2/settings")
    await sandbox.asked("POST", "/api/v2/event/100/trigger", [b"x" * 100_000])
    lines = (await sandbox.asked("GET", "/_sandbox/requests")).body.splitlines()
    assert len(lines) == 1000
    assert len(json.loads(lines[-1])["body"]) == 16_384


def test_a_reset_begins_anew(sandbox: Asker) -> None:
    rehearse(sandbox, kind="503", times=0)
    sandbox.trigger(100, THOR)
    assert sandbox.post("/_sandbox/reset", b"").plain == (200, b'{"reset":true}')
    assert recorded(sandbox) == []
    assert json.loads(sandbox.get("/_sandbox/faults").body) == []
    assert sandbox.trigger(100, THOR).headers["x-ratelimit-remaining"] == "999"
    assert recorded(sandbox)[0]["deduplicated"] == []


def test_health_says_that_it_answers(sandbox: Asker) -> None:
    assert sandbox.get("/_sandbox/health").plain == (200, b'{"status":"ok","events":3,"fields":4}')


@pytest.mark.parametrize("client", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "nix", "::ffff:192.0.2.1"])
def test_the_controls_answer_to_this_machine_only(sandbox: Asker, client: str) -> None:
    far = Asker(sandbox.app, client)
    for method, path in (
        ("POST", "faults"),
        ("GET", "faults"),
        ("POST", "reset"),
        ("GET", "requests"),
        ("GET", "health"),
    ):
        assert far.ask(method, f"/_sandbox/{path}", [b'{"kind":"503"}']).status == 403
    assert far.trigger(100, THOR).plain == OK


@pytest.mark.parametrize("client", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_every_loopback_address_is_this_machine(sandbox: Asker, client: str) -> None:
    assert Asker(sandbox.app, client).get("/_sandbox/health").status == 200


def test_a_page_of_another_site_may_not_use_the_controls(sandbox: Asker) -> None:
    assert sandbox.post("/_sandbox/reset", b"", {"Origin": "https://example.org"}).status == 403


@pytest.mark.parametrize(
    ("method", "path", "status"), [("PUT", "faults", 405), ("GET", "reset", 405), ("GET", "nix", 404)]
)
def test_what_is_no_control(sandbox: Asker, method: str, path: str, status: int) -> None:
    assert sandbox.ask(method, f"/_sandbox/{path}").status == status


@pytest.mark.parametrize(("event", "warned"), [("100", False), (101, False), ("999", True), ("x", True)])
def test_a_fault_for_an_unknown_event_carries_a_warning(sandbox: Asker, event: object, warned: bool) -> None:
    got = json.loads(sandbox.post("/_sandbox/faults", json.dumps({"kind": "503", "event": event})).body)
    assert got[-1].get("warning") == (f"This account has no event {event}." if warned else None)
