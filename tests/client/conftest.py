"""A fault server and an httpx client without sign-in, for every test of the wire."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.client.connection import open_http
from tests.client.fault_server import FaultServer, fault_server


@pytest.fixture
async def server() -> AsyncIterator[FaultServer]:
    async with fault_server() as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    client = open_http()
    yield client
    await client.aclose()
