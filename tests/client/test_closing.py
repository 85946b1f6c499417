"""What a client has opened is closed, each of it even where another cannot be."""

import ssl

import httpx
import pytest

from app.client.api import ApiClient
from app.client.auth import SignIn
from app.client.exchange import NetworkTransport


async def test_of_two_ways_both_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []

    class Broken(httpx.AsyncBaseTransport):
        def __init__(self, name: str) -> None:
            self.name = name

        async def aclose(self) -> None:
            closed.append(self.name)
            raise OSError(self.name)

    transport = NetworkTransport(None, ssl.create_default_context)
    monkeypatch.setattr(transport, "_plain", Broken("plain"))
    monkeypatch.setattr(transport, "_secure", Broken("secure"))
    with pytest.raises(OSError, match=r"plain|secure"):
        await transport.aclose()
    assert sorted(closed) == ["plain", "secure"]


async def test_the_sign_in_is_closed_where_the_way_to_the_endpoint_cannot_be() -> None:
    closed: list[str] = []

    class Broken(httpx.MockTransport):
        async def aclose(self) -> None:
            raise OSError("the way")

    class Signing(SignIn):
        async def aclose(self) -> None:
            closed.append("sign-in")

    http = httpx.AsyncClient(transport=Broken(lambda _: httpx.Response(200)), auth=Signing())
    with pytest.raises(OSError, match="the way"):
        await ApiClient("http://127.0.0.1/api/v2", http, 1.0).aclose()
    assert closed == ["sign-in"]
