"""What never left this machine, or may not have: connecting, TLS, addresses, names, sizes."""

import asyncio
import socket
import ssl
import sys
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from app.client.api import ApiClient
from app.client.exchange import open_http
from app.domain.event_data import parse_event_data
from app.domain.model import NoReply
from tests.client.fault_server import (
    ACCEPTED,
    FaultServer,
    Reader,
    Writer,
    authority,
    backlog_full,
    fault_server,
    listening,
    nobody_listening,
    reset,
    silence,
    tls_context,
    trusting,
)
from tests.client.said import REQUEST, said

DEADLINE_S = 0.4
ENOUGH_S = 10.0


async def test_a_refused_connection_is_not_sent(http: httpx.AsyncClient) -> None:
    with nobody_listening() as origin:
        answer = await ApiClient(origin, http, ENOUGH_S).trigger(REQUEST)

    assert said(answer) == ("not_sent", None, "refused")


async def test_a_name_of_several_addresses_that_all_refuse_is_refused(http: httpx.AsyncClient) -> None:
    with nobody_listening() as origin:
        answer = await ApiClient(origin.replace("127.0.0.1", "localhost"), http, ENOUGH_S).trigger(REQUEST)

    assert answer == NoReply("refused", "no", "localhost refused the connection.")


@pytest.mark.skipif(sys.platform != "linux", reason="a full backlog is met with silence on Linux alone")
async def test_a_connection_that_is_never_made_is_not_sent(http: httpx.AsyncClient) -> None:
    with backlog_full() as origin:
        answer = await ApiClient(origin, http, DEADLINE_S).trigger(REQUEST)

    assert said(answer) == ("not_sent", None, "deadline")


async def test_a_connection_reset_as_soon_as_it_is_accepted_leaves_the_outcome_unknown(
    http: httpx.AsyncClient,
) -> None:
    async def accept(_: Reader, writer: Writer) -> None:
        await reset(writer)

    async with listening(accept) as origin:
        answer = await ApiClient(origin, http, ENOUGH_S).trigger(REQUEST)

    assert said(answer) == ("unknown", None, "reset")


async def test_an_untrusted_certificate_is_not_sent_to(http: httpx.AsyncClient) -> None:
    async with fault_server(tls_context()) as secure:
        answer = await ApiClient(secure.url("tls", ACCEPTED), http, 5).trigger(REQUEST)

        assert said(answer) == ("not_sent", None, "tls")
        assert secure.received == []
    assert isinstance(answer, NoReply)
    assert answer.detail.startswith("The certificate of 127.0.0.1 is not trusted: unable to get local issuer")
    assert "SSL_CERT_FILE" in answer.detail
    assert "the system's store" in answer.detail


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
async def test_an_authority_named_in_the_environment_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    file = tmp_path / "company.pem"
    authority().cert_pem.write_to_path(str(file))
    if variable == "SSL_CERT_DIR":
        hashed = await asyncio.create_subprocess_exec("openssl", "rehash", str(tmp_path))
        assert await hashed.wait() == 0
    monkeypatch.setenv(variable, str(file if variable == "SSL_CERT_FILE" else tmp_path))
    async with fault_server(tls_context()) as secure, open_http() as http:
        answer = await ApiClient(secure.url("tls", ACCEPTED), http, 5).trigger(REQUEST)
    assert said(answer) == ("accepted", 200, 0)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
async def test_an_authority_that_does_not_exist_is_named(
    http: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "none.pem"))
    async with fault_server(tls_context()) as secure:
        answer = await ApiClient(secure.url("tls", ACCEPTED), http, 5).trigger(REQUEST)
    assert isinstance(answer, NoReply)
    assert answer.detail.endswith(f"{variable} is {tmp_path / 'none.pem'}, which does not exist. Correct it.")


async def test_a_trusted_certificate_is_sent_to() -> None:
    http = open_http(trust=trusting)
    async with fault_server(tls_context()) as secure:
        answer = await ApiClient(secure.url("tls", ACCEPTED), http, 5).trigger(REQUEST)

    await http.aclose()
    assert said(answer) == ("accepted", 200, 0)


async def test_where_no_certificates_can_be_had_nothing_is_sent() -> None:
    def none() -> ssl.SSLContext:
        raise OSError("The list of certificates is missing.")

    http = open_http(trust=none)
    answer = await ApiClient("https://127.0.0.1:9", http, 5).trigger(REQUEST)

    await http.aclose()
    assert answer == NoReply(
        "unreachable", "no", "127.0.0.1 could not be reached: The list of certificates is missing."
    )


async def test_a_plain_address_needs_no_certificates(server: FaultServer) -> None:
    http = open_http(trust=lambda: pytest.fail("Certificates were read."))

    answer = await ApiClient(server.url("ok", ACCEPTED), http, 5).trigger(REQUEST)

    await http.aclose()
    assert said(answer) == ("accepted", 200, 0)


async def test_a_port_that_does_not_speak_tls_is_not_sent_to(http: httpx.AsyncClient) -> None:
    async def accept(_: Reader, writer: Writer) -> None:
        writer.write(ACCEPTED)
        await writer.drain()

    async with listening(accept) as origin:
        answer = await ApiClient(origin.replace("http:", "https:"), http, 5).trigger(REQUEST)

    assert said(answer) == ("not_sent", None, "tls")


async def test_a_tls_handshake_that_never_ends_is_not_sent(http: httpx.AsyncClient) -> None:
    async def accept(_: Reader, writer: Writer) -> None:
        await silence(writer)

    async with listening(accept) as origin:
        answer = await ApiClient(origin.replace("http:", "https:"), http, DEADLINE_S).trigger(REQUEST)

    assert said(answer) == ("not_sent", None, "deadline")


async def test_an_address_that_cannot_be_used_is_not_sent(http: httpx.AsyncClient) -> None:
    for base_url in (
        "", "nonsense", "http://[::1", "http://127.0.0.1:x", "http://exa\x00mple.com", "http://\ud800.example.com",
        "ftp://example.com",
    ):  # fmt: skip
        answer = await ApiClient(base_url, http, ENOUGH_S).trigger(REQUEST)
        assert said(answer) == ("not_sent", None, "address"), base_url
    answer = await ApiClient(f"http://{'a' * 64}.example.com", http, ENOUGH_S).trigger(REQUEST)
    assert said(answer) == ("not_sent", None, "dns")


async def test_a_name_that_nobody_knows_is_not_sent_to(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    answer = await ApiClient("http://api.example.com", http, ENOUGH_S).trigger(REQUEST)

    assert answer == NoReply("dns", "no", "The name api.example.com could not be resolved to an address.")


async def test_what_is_longer_than_any_body_the_service_takes_is_not_sent(
    server: FaultServer, http: httpx.AsyncClient
) -> None:
    api = ApiClient(server.url("ok", ACCEPTED), http, ENOUGH_S)

    answer = await api.trigger(replace(REQUEST, data={"text": "x" * 10_000_000}))

    assert said(answer) == ("not_sent", None, "too_large")
    assert server.connections == 0


async def test_event_data_at_its_limit_is_sent_in_whatever_script(
    server: FaultServer, http: httpx.AsyncClient
) -> None:
    data = parse_event_data('{"text": "' + "ü" * 499_994 + '"}')

    answer = await ApiClient(server.url("ok", ACCEPTED), http, ENOUGH_S).trigger(replace(REQUEST, data=data))

    assert said(answer) == ("accepted", 200, 0)


async def test_what_is_no_json_is_not_sent(server: FaultServer, http: httpx.AsyncClient) -> None:
    for data in [{"nan": float("nan")}, {"set": {1}}]:
        answer = await ApiClient(server.url("ok", ACCEPTED), http, ENOUGH_S).trigger(
            replace(REQUEST, data=data)
        )

        assert said(answer) == ("not_sent", None, "request"), data
        assert server.connections == 0, data
