"""A fault server and clients of it, without sign-in and with OAuth 2, for every test of the wire."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.client.api import ApiClient
from app.client.auth import ClientCredentials
from app.client.exchange import open_http
from app.settings.secrets import Secret
from tests.client.fault_server import Fault, FaultServer, fault_server
from tests.client.oauth import Clock, Sign


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with fault_server() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    client = open_http()
    yield client
    await client.aclose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def sign(server: FaultServer, clock: Clock) -> AsyncIterator[Sign]:
    opened = []

    def signed(trigger: Fault, tokens: Fault) -> ApiClient:
        auth = ClientCredentials(server.url("token", tokens), "desk", Secret("mjolnir"), open_http(), clock)
        opened.append(ApiClient(server.url("api", trigger), open_http(auth=auth), 2))
        return opened[-1]

    yield signed
    for api in opened:
        await api.aclose()
