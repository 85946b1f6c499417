"""Signing in by OAuth 2: one token for many requests, one new token and one repeat after a 401, never more."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable

import pytest

from app.client.api import ApiClient
from app.client.auth import ClientCredentials
from app.client.connection import open_http
from app.client.errors import ClientError
from app.domain.model import NoReply, Reply, TriggerRequest
from tests.client.fault_server import (
    ACCEPTED,
    Fault,
    FaultServer,
    Writer,
    envelope,
    nobody_listening,
    redirect,
    reply,
    reset,
    silence,
    without_end,
)

REQUEST = TriggerRequest("100", "3", "thor@example.com")
UNAUTHORIZED = reply("401 Unauthorized", envelope(1, "Unauthorized"))
ENDLESS_401 = b"HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"10000\r\n" + bytes(65536) + b"\r\n"


def token(text: object = "t1", expires_in: object = 3600) -> bytes:
    body = {"access_token": text, "token_type": "Bearer", "expires_in": expires_in}
    return reply("200 OK", json.dumps(body).encode())


def in_turn(*replies: bytes) -> Fault:
    """One reply after the other; the last one for ever."""
    left = list(replies)

    async def fault(writer: Writer) -> None:
        writer.write(left.pop(0) if len(left) > 1 else left[0])
        await writer.drain()

    return fault


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


Sign = Callable[[Fault, Fault], ApiClient]


@pytest.fixture
async def sign(server: FaultServer, clock: Clock) -> AsyncIterator[Sign]:
    opened = []

    def signed(trigger: Fault, tokens: Fault) -> ApiClient:
        auth = ClientCredentials(server.url("token", tokens), "desk", "mjolnir", open_http(), clock)
        opened.append(ApiClient(server.url("api", trigger), open_http(auth=auth), 2))
        return opened[-1]

    yield signed
    for api in opened:
        await api.aclose()


def asked(server: FaultServer) -> list[str]:
    """Which way each request went, with the token that it carried."""
    return [
        ("token" if raw.startswith(b"POST /token") else "trigger " + bearer(raw)).strip()
        for raw in server.received
    ]


def bearer(raw: bytes) -> str:
    lines = raw.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
    return next(line.split(" ")[2] for line in lines if line.lower().startswith("authorization: bearer "))


async def test_a_token_is_asked_for_once_and_used_again(sign: Sign, server: FaultServer) -> None:
    api = sign(ACCEPTED, token("t1"))

    answers = [await api.trigger(REQUEST), await api.trigger(REQUEST)]

    assert [answer.reply_code for answer in answers if isinstance(answer, Reply)] == [0, 0]
    assert asked(server) == ["token", "trigger t1", "trigger t1"]


async def test_the_token_is_asked_for_as_documented(sign: Sign, server: FaultServer) -> None:
    await sign(ACCEPTED, token()).trigger(REQUEST)

    head, _, body = server.received[0].partition(b"\r\n\r\n")
    lines = head.decode("ascii").lower().split("\r\n")
    assert body == b"grant_type=client_credentials"
    assert "content-type: application/x-www-form-urlencoded" in lines
    assert f"authorization: basic {base64.b64encode(b'desk:mjolnir').decode()}".lower() in lines


async def test_triggers_at_once_share_one_token(sign: Sign, server: FaultServer) -> None:
    api = sign(ACCEPTED, token())

    await asyncio.gather(*(api.trigger(REQUEST) for _ in range(8)))

    assert asked(server).count("token") == 1


async def test_a_token_is_renewed_before_it_expires(sign: Sign, server: FaultServer, clock: Clock) -> None:
    api = sign(ACCEPTED, in_turn(token("t1", 3600), token("t2", 3600)))

    await api.trigger(REQUEST)
    clock.now += 3569
    await api.trigger(REQUEST)
    clock.now += 1
    await api.trigger(REQUEST)

    assert asked(server) == ["token", "trigger t1", "trigger t1", "token", "trigger t2"]


@pytest.mark.parametrize("expires_in", [None, "soon", True, -1, 0, 1e999, 10**12])
async def test_a_life_that_makes_no_sense_is_taken_to_be_short(
    expires_in: object, sign: Sign, server: FaultServer, clock: Clock
) -> None:
    api = sign(ACCEPTED, token("t1", expires_in))

    await api.trigger(REQUEST)
    clock.now += 269
    await api.trigger(REQUEST)
    clock.now += 1
    await api.trigger(REQUEST)

    assert asked(server).count("token") == 2


# A 401


async def test_a_401_leads_to_one_new_token_and_one_repeat(sign: Sign, server: FaultServer) -> None:
    api = sign(in_turn(UNAUTHORIZED, ACCEPTED), in_turn(token("t1"), token("t2")))

    answer = await api.trigger(REQUEST)

    assert isinstance(answer, Reply)
    assert answer.reply_code == 0
    assert asked(server) == ["token", "trigger t1", "token", "trigger t2"]


async def test_a_second_401_is_the_answer(sign: Sign, server: FaultServer) -> None:
    answer = await sign(UNAUTHORIZED, in_turn(token("t1"), token("t2"))).trigger(REQUEST)

    assert isinstance(answer, Reply)
    assert (answer.http_status, answer.reply_text) == (401, "Unauthorized")
    assert asked(server) == ["token", "trigger t1", "token", "trigger t2"]


async def test_a_401_stands_where_no_new_token_can_be_had(sign: Sign, server: FaultServer) -> None:
    answer = await sign(UNAUTHORIZED, in_turn(token("t1"), reply("503 Down"))).trigger(REQUEST)

    assert isinstance(answer, Reply)
    assert (answer.http_status, answer.reply_text) == (401, "Unauthorized")
    assert asked(server) == ["token", "trigger t1", "token"]


async def test_a_401_without_end_is_not_read_before_the_repeat(sign: Sign, server: FaultServer) -> None:
    first = [without_end(ENDLESS_401, CHUNK)]

    async def trigger(writer: Writer) -> None:
        if first:
            endless = first.pop()
            assert not isinstance(endless, bytes)
            await endless(writer)
        writer.write(ACCEPTED)
        await writer.drain()

    answer = await sign(trigger, in_turn(token("t1"), token("t2"))).trigger(REQUEST)

    assert isinstance(answer, Reply)
    assert answer.reply_code == 0


async def test_other_refusals_are_not_repeated(sign: Sign, server: FaultServer) -> None:
    await sign(reply("403 Forbidden"), token()).trigger(REQUEST)

    assert asked(server) == ["token", "trigger t1"]


async def test_a_repeat_that_breaks_off_leaves_the_outcome_unknown(sign: Sign, server: FaultServer) -> None:
    first = [UNAUTHORIZED]

    async def trigger(writer: Writer) -> None:
        if first:
            writer.write(first.pop())
            await writer.drain()
        else:
            await reset(writer)

    answer = await sign(trigger, in_turn(token("t1"), token("t2"))).trigger(REQUEST)

    assert isinstance(answer, NoReply)
    assert (answer.reason, answer.sent) == ("reset", "maybe")


# No token


@pytest.mark.parametrize(
    ("tokens", "sentence"),
    [
        (
            reply("401 Unauthorized", b'{"error":"invalid_client"}'),
            "127.0.0.1 did not accept the client id and secret.",
        ),
        (reply("500 Error"), "127.0.0.1 answered with HTTP 500."),
        (redirect("302 Found", "http://127.0.0.1:9/token"), "127.0.0.1 answered with HTTP 302."),
        (token(""), "127.0.0.1 answered without one that can be used."),
        (token(None), "127.0.0.1 answered without one that can be used."),
        (token("a\r\nX-Evil: 1"), "127.0.0.1 answered without one that can be used."),
        (token("tøken"), "127.0.0.1 answered without one that can be used."),
        (reply("200 OK", b"[" * 50_000), "127.0.0.1 answered without one that can be used."),
        (reply("200 OK", b"[]"), "127.0.0.1 answered without one that can be used."),
        (
            without_end(b"HTTP/1.1 200 OK\r\n\r\n", bytes(65536)),
            "127.0.0.1 answered without one that can be used.",
        ),
        (reset, "127.0.0.1 broke the connection before it replied."),
        (b"", "127.0.0.1 closed the connection without a reply."),
    ],
)
async def test_without_a_token_nothing_is_sent(
    tokens: Fault, sentence: str, sign: Sign, server: FaultServer
) -> None:
    answer = await sign(ACCEPTED, tokens).trigger(REQUEST)

    assert answer == NoReply("no_token", "no", f"No access token could be had: {sentence}")
    assert asked(server) == ["token"]


async def test_a_token_service_that_cannot_be_reached_is_named(server: FaultServer) -> None:
    with nobody_listening() as origin:
        auth = ClientCredentials(f"{origin}/token", "desk", "mjolnir", open_http())
        api = ApiClient("http://api.example.com/api/v3", open_http(auth=auth), 5)
        answer = await api.trigger(REQUEST)
        await api.aclose()

    assert answer == NoReply(
        "no_token", "no", "No access token could be had: 127.0.0.1 refused the connection."
    )


async def test_a_token_address_that_cannot_be_used_is_not_sent() -> None:
    auth = ClientCredentials("nonsense", "desk", "mjolnir", open_http())
    api = ApiClient("http://api.example.com/api/v3", open_http(auth=auth), 5)

    answer = await api.trigger(REQUEST)

    await api.aclose()
    assert isinstance(answer, NoReply)
    assert (answer.reason, answer.sent) == ("no_token", "no")


async def test_waiting_for_a_token_is_within_the_deadline_and_nothing_is_sent(server: FaultServer) -> None:
    auth = ClientCredentials(server.url("token", silence), "desk", "mjolnir", open_http())
    api = ApiClient(server.url("api", ACCEPTED), open_http(auth=auth), 0.3)

    answer = await api.trigger(REQUEST)

    await api.aclose()
    assert isinstance(answer, NoReply)
    assert (answer.reason, answer.sent) == ("deadline", "no")
    assert asked(server) == ["token"]


async def test_a_read_without_a_token_is_one_sentence(sign: Sign) -> None:
    with pytest.raises(ClientError, match="No access token could be had"):
        await sign(ACCEPTED, reply("500 Error")).fields()


async def test_the_description_masks_the_token(sign: Sign, server: FaultServer) -> None:
    described = sign(ACCEPTED, token()).describe(REQUEST)

    assert described["headers"]["Authorization"] == "***"  # type: ignore[index]
    assert server.connections == 0


async def test_neither_secret_nor_token_is_in_any_text(
    sign: Sign, server: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    api = sign(
        in_turn(UNAUTHORIZED, redirect("307 T", "http://127.0.0.1:9/")), in_turn(token("t1-x"), token("t2-x"))
    )

    answer = await api.trigger(REQUEST)

    basic = base64.b64encode(b"desk:mjolnir").decode()
    for secret in ("mjolnir", basic, "t1-x", "t2-x"):
        assert secret not in caplog.text
        assert secret not in str(answer)
