"""Signing in by X-WSSE: the digest by published vectors, the header by its parts, a new one for each request."""

import re
from datetime import UTC, datetime

import pytest

from app.client.api import ApiClient
from app.client.auth import Wsse, wsse_digest, wsse_header
from app.client.exchange import open_http
from app.domain.errors import ClientError
from app.domain.model import Reply, TriggerRequest
from app.settings.secrets import Secret
from tests.client.fault_server import ACCEPTED, FaultServer, envelope, reply
from tests.crashes import with_locals

REQUEST = TriggerRequest("100", "3", "thor@example.com")
UNAUTHORIZED = reply("401 Unauthorized", envelope(1, "Unauthorized"))
HEADER = re.compile(
    rb'x-wsse: UsernameToken Username="thor001", PasswordDigest="([A-Za-z0-9+/]{54}==)", '
    rb'Nonce="([0-9a-f]{32})", Created="(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"\r\n',
    re.IGNORECASE,
)


def test_the_digest_is_that_of_the_published_vectors() -> None:
    for nonce, created, secret, digest in [
        (
            "d36e316282959a9ed4c89851497a717f",
            "2010-12-27T13:14:15Z",
            "secret",
            "NzYyYTZjMmE0NTRiYzFmYWI0ZTE1OWVkMDlhNmQ0MTBhMjk1NDE5Zg==",
        ),
        (
            "d36e316282959a9ed4c89851497a717f",
            "2014-03-20T12:51:45Z",
            "customersecret",
            "YWQyNWE5Y2JkOTY2ZTU1ODg2M2QzNzVhNDZlZGQwZjg5YjZlZTk4Yw==",
        ),
        (
            "00000000000000000000000000000000",
            "2020-01-01T00:00:00Z",
            "mock-secret",
            "NTdhMWU4YWVlMWE3ZDE4MjQ1NmMwOTZkZmU1MDc3YjI0MzQzZmJkNg==",
        ),
        (
            "asdfa3rasd",
            "2018-07-23T16:06:53+00:00",
            "testSecret",
            "MzUzYTEzMTgzZTM2YzY0Y2RhYTg1OTE5ZmVhNzMxMDNmZGQ2ZWY1OQ==",
        ),
    ]:
        assert wsse_digest(nonce, created, Secret(secret)) == digest


def test_the_header_is_the_documented_line() -> None:
    assert wsse_header(
        "customer001", Secret("secret"), "d36e316282959a9ed4c89851497a717f", "2010-12-27T13:14:15Z"
    ) == (
        'UsernameToken Username="customer001", '
        'PasswordDigest="NzYyYTZjMmE0NTRiYzFmYWI0ZTE1OWVkMDlhNmQ0MTBhMjk1NDE5Zg==", '
        'Nonce="d36e316282959a9ed4c89851497a717f", Created="2010-12-27T13:14:15Z"'
    )


async def test_each_request_is_signed_anew_and_now(server: FaultServer) -> None:
    http = open_http(auth=Wsse("thor001", Secret("mjolnir")))
    api = ApiClient(server.url("ok", ACCEPTED), http, 5)

    await api.trigger(REQUEST)
    await api.trigger(REQUEST)

    await api.aclose()
    signatures = [found.groups() for raw in server.received if (found := HEADER.search(raw))]
    assert len(signatures) == 2
    assert signatures[0][1] != signatures[1][1]
    for digest, nonce, created in signatures:
        assert wsse_digest(nonce.decode(), created.decode(), Secret("mjolnir")) == digest.decode()
        age = datetime.now(UTC) - datetime.fromisoformat(created.decode())
        assert abs(age.total_seconds()) < 60


async def test_a_401_is_not_repeated(server: FaultServer) -> None:
    api = ApiClient(server.url("no", UNAUTHORIZED), open_http(auth=Wsse("thor001", Secret("mjolnir"))), 5)

    answer = await api.trigger(REQUEST)

    await api.aclose()
    assert isinstance(answer, Reply)
    assert (answer.http_status, answer.reply_code) == (401, 1)
    assert len(server.received) == 1


async def test_the_description_masks_the_credentials() -> None:
    api = ApiClient("http://127.0.0.1", open_http(auth=Wsse("thor001", Secret("mjolnir"))), 5)

    described = api.describe(REQUEST)

    await api.aclose()
    assert described["headers"]["X-WSSE"] == "***"  # type: ignore[index]
    assert "thor001" not in str(described)


def test_a_secret_beyond_utf8_is_taken_as_the_environment_holds_it() -> None:
    Wsse("thor001", Secret(b"\xff".decode("utf-8", "surrogateescape")))


def test_a_secret_that_is_no_text_is_refused_without_being_shown() -> None:
    with pytest.raises(ClientError) as caught:
        Wsse("thor001", Secret("mjolnir\ud800"))
    assert "mjolnir" not in with_locals(caught.value)
