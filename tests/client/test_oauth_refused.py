"""Signing in by OAuth 2: without a token nothing is sent; and no secret shows anywhere."""

import base64

import pytest

from app.client.api import ApiClient
from app.client.auth import ClientCredentials
from app.client.exchange import open_http
from app.domain.errors import ClientError
from app.domain.model import NoReply, TriggerRequest
from app.domain.reply_codes import PROXY_SIGN_IN, web_page
from app.settings.secrets import Secret
from tests.client.fault_server import (
    ACCEPTED,
    Fault,
    FaultServer,
    envelope,
    fault_server,
    nobody_listening,
    redirect,
    reply,
    reset,
    silence,
    without_end,
)
from tests.client.oauth import Sign, asked, in_turn, token

REQUEST = TriggerRequest("100", "3", "thor@example.com")
UNAUTHORIZED = reply("401 Unauthorized", envelope(1, "Unauthorized"))


REJECTED: list[tuple[Fault, str]] = [
    (
        reply("401 Unauthorized", b'{"error":"invalid_client"}'),
        "127.0.0.1 did not accept the client id and secret.",
    ),
    (reply("500 Error"), "127.0.0.1 answered with HTTP 500."),
    (reply("200 OK", b"<!DOCTYPE html><html>Sign in</html>"), f"{web_page(200)}"),
    (reply("403 Forbidden", b"<html>blocked</html>"), f"{web_page(403)}"),
    (reply("407 Proxy Authentication Required"), PROXY_SIGN_IN),
    (redirect("302 Found", "http://127.0.0.1:9/token"), "127.0.0.1 answered with HTTP 302."),
    (token(""), "127.0.0.1 sent no valid token."),
    (token(None), "127.0.0.1 sent no valid token."),
    (token("a\r\nX-Evil: 1"), "127.0.0.1 sent no valid token."),
    (token("tøken"), "127.0.0.1 sent no valid token."),
    (reply("200 OK", b"[" * 50_000), "127.0.0.1 sent no valid token."),
    (reply("200 OK", b"[]"), "127.0.0.1 sent no valid token."),
    (without_end(b"HTTP/1.1 200 OK\r\n\r\n", bytes(65536)), "127.0.0.1 sent no valid token."),
    (reset, "127.0.0.1 broke the connection before it replied."),
    (b"", "127.0.0.1 closed the connection without a reply."),
]


async def test_without_a_token_nothing_is_sent(sign: Sign, server: FaultServer) -> None:
    for tokens, sentence in REJECTED:
        server.received.clear()
        answer = await sign(ACCEPTED, tokens).trigger(REQUEST)
        assert answer == NoReply("no_token", "no", f"No access token: {sentence}")
        assert asked(server) == ["token"]


async def test_no_credential_reaches_the_host_that_a_redirect_points_to(sign: Sign) -> None:
    for status in ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"]:
        async with fault_server() as other:
            away = redirect(status, other.url("token", token()))
            await sign(away, token()).trigger(REQUEST)
            await sign(ACCEPTED, away).trigger(REQUEST)

            assert other.connections == 0, status


async def test_a_token_service_that_cannot_be_reached_is_named(server: FaultServer) -> None:
    with nobody_listening() as origin:
        auth = ClientCredentials(f"{origin}/token", "desk", Secret("mjolnir"), open_http())
        api = ApiClient("http://api.example.com/api/v3", open_http(auth=auth), 5)
        answer = await api.trigger(REQUEST)
        await api.aclose()

    assert answer == NoReply("no_token", "no", "No access token: 127.0.0.1 refused the connection.")


async def test_a_token_address_that_cannot_be_used_is_not_sent() -> None:
    auth = ClientCredentials("nonsense", "desk", Secret("mjolnir"), open_http())
    api = ApiClient("http://api.example.com/api/v3", open_http(auth=auth), 5)

    answer = await api.trigger(REQUEST)

    await api.aclose()
    assert isinstance(answer, NoReply)
    assert (answer.reason, answer.sent) == ("no_token", "no")


async def test_waiting_for_a_token_is_within_the_deadline_and_nothing_is_sent(server: FaultServer) -> None:
    auth = ClientCredentials(server.url("token", silence), "desk", Secret("mjolnir"), open_http())
    api = ApiClient(server.url("api", ACCEPTED), open_http(auth=auth), 0.3)

    answer = await api.trigger(REQUEST)

    await api.aclose()
    assert isinstance(answer, NoReply)
    assert (answer.reason, answer.sent) == ("deadline", "no")
    assert asked(server) == ["token"]


async def test_a_read_without_a_token_is_one_sentence(sign: Sign) -> None:
    with pytest.raises(ClientError, match="No access token"):
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
        assert secret not in caplog.text, secret
        assert secret not in str(answer), secret


async def test_a_401_speaks_of_the_client_id(sign: Sign) -> None:
    with pytest.raises(ClientError, match=r"Check the profile's client id and secret\."):
        await sign(UNAUTHORIZED, token("t1")).external_events()
