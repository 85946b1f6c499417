"""The httpx client of one profile, without keep-alive, redirects, decoding and settings from the environment.

It removes the headers that httpx would act on before httpx sees them: httpx builds the request for a redirect, keeps
cookies, and decompresses bodies.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack

import httpx

from app import __version__

HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "identity",
    "Connection": "close",
    "Content-Type": "application/json",
    "User-Agent": f"triggerdesk/{__version__}",
}

_ACTED_UPON = ("location", "set-cookie", "content-encoding")
_LONGEST_VALUE = 2048
_NO_REUSE = httpx.Limits(max_connections=None, max_keepalive_connections=0)


def open_http(
    *,
    transport: httpx.AsyncBaseTransport | None = None,
    proxy: str | None = None,
    auth: httpx.Auth | None = None,
    trust: Callable[[], ssl.SSLContext] | None = None,
    refuses: Callable[[], bool] = lambda: False,
) -> httpx.AsyncClient:
    """A client for one profile, which the caller closes; cheap, since it sets TLS up on first use.

    `transport` replaces the network; a request that has begun on it counts as sent. `trust` makes the TLS context, by
    default one that trusts the certificate authorities of certifi and of this machine.
    """
    inner = transport or NetworkTransport(proxy, trust or trusted)
    return httpx.AsyncClient(
        transport=_Guarded(inner, traces=transport is None, refuses=refuses),
        auth=auth,
        headers=HEADERS,
        timeout=None,  # noqa: S113  one deadline covers the whole exchange instead
        follow_redirects=False,
        trust_env=False,
    )


def open_in_process(
    application: Callable[..., Awaitable[None]], refuses: Callable[[], bool] = lambda: False
) -> httpx.AsyncClient:
    return open_http(transport=httpx.ASGITransport(application), refuses=refuses)


def trusted() -> ssl.SSLContext:
    """A TLS context that trusts the public certificate authorities and those installed on this machine. Takes 80 ms."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


def reply_headers(response: httpx.Response) -> Mapping[str, str]:
    """The unprocessed headers of a reply, with names in lower case and values cut at 2048 characters."""
    headers: Mapping[str, str] = response.extensions["reply_headers"]
    return headers


class _Guarded(httpx.AsyncBaseTransport):
    """Removes the headers that httpx would act on, and reports when a request begins to a transport in this process."""

    def __init__(self, inner: httpx.AsyncBaseTransport, *, traces: bool, refuses: Callable[[], bool]) -> None:
        self._inner = inner
        self._traces = traces
        self._refuses = refuses

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._refuses():
            raise httpx.ConnectError("refused") from ConnectionRefusedError()
        if not self._traces:
            await request.extensions["trace"]("inside.send_request_headers.started", {})
        response = await self._inner.handle_async_request(request)
        response.extensions["reply_headers"] = {
            name: value[:_LONGEST_VALUE] for name, value in response.headers.items()
        }
        for name in _ACTED_UPON:
            response.headers.pop(name, None)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class NetworkTransport(httpx.AsyncBaseTransport):
    """The network, with one TLS context, made in a thread for the first TLS connection."""

    def __init__(self, proxy: str | None, trust: Callable[[], ssl.SSLContext]) -> None:
        self._proxy = proxy
        self._trust = trust
        self._plain: httpx.AsyncHTTPTransport | None = None
        self._secure: httpx.AsyncHTTPTransport | None = None
        self._making = asyncio.Lock()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return await (await self._transport(request)).handle_async_request(request)

    async def _transport(self, request: httpx.Request) -> httpx.AsyncHTTPTransport:
        if request.url.scheme != "https" and not (self._proxy or "").startswith("https"):
            # A context that trusts no authority takes 2 ms; a TLS connection with it would fail.
            self._plain = self._plain or self._make(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
            return self._plain
        async with self._making:
            self._secure = self._secure or self._make(await asyncio.to_thread(self._trust))
            return self._secure

    def _make(self, context: ssl.SSLContext) -> httpx.AsyncHTTPTransport:
        tls = context if (self._proxy or "").startswith("https") else None
        proxy = httpx.Proxy(self._proxy, ssl_context=tls) if self._proxy else None
        return httpx.AsyncHTTPTransport(verify=context, trust_env=False, limits=_NO_REUSE, proxy=proxy)

    async def aclose(self) -> None:
        async with AsyncExitStack() as closing:
            for transport in filter(None, (self._plain, self._secure)):
                closing.push_async_callback(transport.aclose)
