"""Whatever bytes come back: never an exception, and accepted only where HTTP, reply code and errors all say so."""

import json

import httpx
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from app.client.api import ApiClient
from app.domain.model import NoReply, Outcome, Reply, TriggerRequest, outcome_of
from tests.client.fault_server import FaultServer, reply

REQUEST = TriggerRequest("100", "3", "thor@example.com")
DEADLINE_S = 5.0
SERVER_PER_RUN = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)

STATUSES = st.sampled_from(
    [
        "200 OK",
        "201 Created",
        "204 No",
        "299 X",
        "302 Found",
        "400 Bad",
        "401 No",
        "429 Many",
        "500 Error",
        "999 X",
    ]
)
HEADER_VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"))
HEADERS = st.lists(
    st.builds(
        "{}: {}".format,
        st.sampled_from(
            ["Location", "Retry-After", "Date", "X-RateLimit-Reset", "Set-Cookie", "Content-Type"]
        ),
        HEADER_VALUES,
    ),
    max_size=3,
)
SCALARS = (
    st.sampled_from([0, "0", "00", 2008, "2008", "²", "-0", True, False, None, 0.0, -1, 2**70, "9" * 30, ""])
    | st.integers()
    | st.text()
    | st.floats()
)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)
DATA = JSON | st.fixed_dictionaries({"errors": JSON}) | st.just({"ids": ["1"], "errors": []})
ENVELOPES = st.fixed_dictionaries({}, optional={"replyCode": SCALARS, "replyText": JSON, "data": DATA})
BODIES = (
    ENVELOPES.map(json.dumps).map(str.encode)
    | st.tuples(ENVELOPES.map(json.dumps), st.integers(0, 60)).map(lambda cut: cut[0][: cut[1]].encode())
    | JSON.map(json.dumps).map(str.encode)
    | st.binary()
)
WELL_FORMED = st.builds(
    lambda status, headers, body: reply(status, body, *headers), STATUSES, HEADERS, BODIES
)
NEARLY_ACCEPTED = st.builds(
    lambda status, code, data: reply(status, json.dumps({"replyCode": code, "data": data}).encode()),
    st.sampled_from(["200 OK", "201 Created", "400 Bad", "500 Error"]),
    st.sampled_from([0, "0", "00", True, False, 0.0, None, [0], 2008]),
    st.sampled_from([{}, "", None, [], 0, {"errors": []}, {"errors": {}}, {"errors": None}])
    | st.fixed_dictionaries({"errors": JSON}),
)
STATUS_LINES = st.sampled_from(
    [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 100 C\r\n\r\n", b"HTTP/1.1 "]
)
REPLIES = NEARLY_ACCEPTED | WELL_FORMED | st.builds(bytes.__add__, STATUS_LINES, st.binary() | BODIES)


def says_accepted(raw: bytes) -> bool:
    """Whether these bytes, read as leniently as can be, hold HTTP 2xx, reply code 0 and no errors."""
    head, _, body = raw.partition(b"\r\n\r\n")
    if head.startswith(b"HTTP/1.1 1"):
        return says_accepted(body)
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return False
    if not head.startswith(b"HTTP/1.1 2") or not isinstance(said, dict):
        return False
    code, data = said.get("replyCode"), said.get("data")
    zero = (type(code) is int and code == 0) or (type(code) is str and code != "" and set(code) == {"0"})
    return zero and not (isinstance(data, dict) and data.get("errors"))


async def check(raw: bytes, server: FaultServer, http: httpx.AsyncClient) -> None:
    answer = await ApiClient(server.url("fuzz", raw), http, DEADLINE_S).trigger(REQUEST)

    outcome = outcome_of(answer)
    event(outcome)
    assert isinstance(answer, Reply | NoReply)
    assert outcome is not Outcome.NOT_SENT
    assert outcome is not Outcome.ACCEPTED or says_accepted(raw)


@settings(max_examples=20, deadline=None, suppress_health_check=SERVER_PER_RUN)
@given(raw=REPLIES)
async def test_a_reply_of_any_bytes_is_read_or_refused(
    raw: bytes, server: FaultServer, http: httpx.AsyncClient
) -> None:
    await check(raw, server, http)


@pytest.mark.slow
@settings(max_examples=2_000, deadline=None, suppress_health_check=SERVER_PER_RUN)
@given(raw=REPLIES)
async def test_a_reply_of_any_bytes_is_read_or_refused_at_length(
    raw: bytes, server: FaultServer, http: httpx.AsyncClient
) -> None:
    await check(raw, server, http)
