"""Through a proxy: what it is told, and that what fails on the way to the service was not sent."""

import asyncio
from datetime import UTC, datetime

from app.client.api import ApiClient
from app.client.exchange import open_http
from app.domain.model import Answer, NoReply, Reply, TriggerRequest
from app.domain.reply_codes import advise_status
from tests.client.fault_server import (
    ACCEPTED,
    Reader,
    Writer,
    fault_server,
    listening,
    nobody_listening,
    reply,
    silence,
    tls_context,
    trusting,
)

REQUEST = TriggerRequest("100", "3", "thor@example.com")
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


async def through(proxy: str, base_url: str, deadline_s: float = 5) -> Answer:
    http = open_http(proxy=proxy, trust=trusting)
    api = ApiClient(base_url, http, deadline_s)
    answer = await api.trigger(REQUEST)
    await api.aclose()
    return answer


def with_credentials(origin: str) -> str:
    return origin.replace("http://", "http://thor:mjolnir@")


async def pump(source: Reader, target: Writer) -> None:
    while data := await source.read(65536):
        target.write(data)
        await target.drain()
    target.close()


async def tunnel(reader: Reader, writer: Writer) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    host, port = head.split(b" ")[1].decode("ascii").split(":")
    onward_reader, onward_writer = await asyncio.open_connection(host, int(port))
    writer.write(ESTABLISHED)
    try:
        await asyncio.gather(pump(reader, onward_writer), pump(onward_reader, writer))
    finally:
        onward_writer.close()


async def test_a_secure_address_is_reached_through_a_tunnel() -> None:
    async with fault_server(tls_context()) as secure, listening(tunnel) as proxy:
        answer = await through(proxy, secure.url("ok", ACCEPTED))

        assert isinstance(answer, Reply)
        assert answer.reply_code == 0
        assert len(secure.received) == 1


async def test_a_plain_address_is_asked_of_the_proxy_itself() -> None:
    received = []

    async def forward(reader: Reader, writer: Writer) -> None:
        received.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(ACCEPTED)

    async with listening(forward) as proxy:
        answer = await through(with_credentials(proxy), "http://127.0.0.1:9/api/v2")

    assert isinstance(answer, Reply)
    assert received[0].startswith(b"POST http://127.0.0.1:9/api/v2/event/100/trigger HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic dGhvcjptam9sbmly\r\n" in received[0]


async def test_a_proxy_that_does_not_answer_after_it_got_the_trigger_leaves_it_unknown() -> None:
    async def forward(reader: Reader, writer: Writer) -> None:
        await reader.readuntil(b"\r\n\r\n")

    async with listening(forward) as proxy:
        answer = await through(proxy, "http://127.0.0.1:9/api/v2")

    assert isinstance(answer, NoReply)
    assert (answer.reason, answer.sent) == ("no_reply", "maybe")


async def test_a_tunnel_that_is_not_made_is_not_sent() -> None:
    for said, reason in [
        (reply("407 Proxy Authentication Required"), "proxy"),
        (reply("502 Bad Gateway"), "proxy"),
        (b"", "proxy"),
        (b"nonsense\r\n\r\n", "proxy"),
        (ESTABLISHED + b"no TLS at all", "tls"),
    ]:

        async def refuse(reader: Reader, writer: Writer, said: bytes = said) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(said)
            await writer.drain()

        async with listening(refuse) as proxy:
            answer = await through(with_credentials(proxy), "https://api.example.com/api/v3")

        assert isinstance(answer, NoReply), said
        assert (answer.reason, answer.sent) == (reason, "no"), said
        assert "mjolnir" not in answer.detail, said


async def test_a_proxy_that_wants_a_sign_in_is_named_as_the_proxy() -> None:
    for head in ["407 Proxy Authentication Required", "407 ", "407 authenticationrequired"]:

        async def refuse(reader: Reader, writer: Writer, head: str = head) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(reply(head, b"<html>Sign in</html>"))
            await writer.drain()

        async with listening(refuse) as proxy:
            tunnelled = await through(proxy, "https://api.example.com/api/v3")
            plain = await through(proxy, "http://127.0.0.1:9/api/v2")

        assert isinstance(tunnelled, NoReply), head
        assert tunnelled.detail.startswith("The proxy wants a user and a password (HTTP 407)."), head
        assert isinstance(plain, Reply), head
        assert (advise_status(plain, datetime.now(UTC)) or "").startswith(
            "The proxy wants a user and a password"
        ), head


async def test_a_tunnel_that_hangs_is_not_sent() -> None:
    async def hang(reader: Reader, writer: Writer) -> None:
        await silence(writer)

    async with listening(hang) as proxy:
        answer = await through(proxy, "https://api.example.com/api/v3", deadline_s=0.3)

    assert isinstance(answer, NoReply)
    assert (answer.reason, answer.sent) == ("deadline", "no")


async def test_a_proxy_that_refuses_the_connection_is_not_sent_to() -> None:
    with nobody_listening() as proxy:
        answer = await through(with_credentials(proxy), "https://api.example.com/api/v3")

    assert answer == NoReply("refused", "no", "The proxy 127.0.0.1 refused the connection.")
