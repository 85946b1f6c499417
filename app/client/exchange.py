"""One request and its reply, with a deadline, a stop signal, a cap on the body, and its progress; or why there is none.

The reasons are `address`, `request`, `too_large`, `refused`, `dns`, `tls`, `proxy`, `unreachable`, `no_token` (nothing
left this machine); `reset`, `no_reply`, `cut`, `protocol`, `crashed` (something may have); `deadline`, `stopped`
(either).
"""

import asyncio
import os
import re
import socket
import ssl
from ast import literal_eval
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

import httpx

from app import __version__
from app.domain import wire
from app.domain.errors import ClientError
from app.domain.model import NoReply, Reply
from app.domain.reply_codes import OWN_AUTHORITY, PROXY_SIGN_IN
from app.domain.text import sanitize, whole_number

T = TypeVar("T")

_NAMES_A_HOST = {"connect_tcp": "host", "start_tls": "server_hostname"}
_AFTERWARDS = ("response_closed", "close")
_GRACE_S = 0.25


class RejectedError(ClientError):
    """A call that the account answered with another HTTP status than 2xx, or with another reply code than 0."""

    def __init__(self, sentence: str, http_status: int) -> None:
        self.http_status = http_status
        super().__init__(sentence)


class UnsendableError(ClientError):
    """A request that cannot be sent; `reason` is a word listed above, the message one sentence."""

    def __init__(self, reason: str, sentence: str) -> None:
        self.reason = reason
        super().__init__(sentence)


class WaitStoppedError(Exception):
    """The caller stopped waiting before the exchange ended."""


class Received(NamedTuple):
    """An HTTP reply: `length` is the declared length of the body, or the length read; `body` is its beginning."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    length: int

    @property
    def coded(self) -> bool:
        """Whether the body is compressed or otherwise encoded, although the request does not accept that."""
        return self.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity")

    @property
    def whole(self) -> bool:
        return self.length == len(self.body)

    @property
    def readable(self) -> bytes:
        return self.body if self.whole and not self.coded else b""

    def reply(self) -> Reply:
        reply = wire.parse_reply(self.status, self.readable, self.headers)
        return replace(reply, body=self.body, body_length=self.length)


@dataclass(slots=True)
class Progress:
    """The progress of one exchange.

    `asked` is the host in the URL, `host` the one connected at this stage, which may be a proxy; `sent` says that bytes of
    the request may have left this machine; `stage` is the last step begun.
    """

    asked: str
    host: str = ""
    sent: bool = False
    stage: str = ""
    _tcp: Any = None

    @property
    def who(self) -> str:
        """The name of the connected host, for the beginning of a sentence."""
        return self.asked if self.host in ("", self.asked) else f"The proxy {self.host}"

    async def __call__(self, event: str, info: Mapping[str, Any]) -> None:
        """Receives a trace event of httpcore, such as `http11.send_request_headers.started`."""
        _, step, moment = event.split(".")
        if step == "connect_tcp" and moment == "complete":
            self._tcp = info["return_value"]
        if moment != "started" or step in _AFTERWARDS:
            return
        self.stage = step
        if step in _NAMES_A_HOST:
            self.host = str(info[_NAMES_A_HOST[step]])
        opens_tunnel = getattr(info.get("request"), "method", None) == b"CONNECT"
        if step == "send_request_headers" and not opens_tunnel:
            self.sent = True

    async def abandon(self) -> None:
        """Closes a connection with an unfinished TLS handshake, which httpcore leaves open when cancelled."""
        if self._tcp and self.stage == "start_tls":
            await self._tcp.aclose()


async def exchange(http: httpx.AsyncClient, request: httpx.Request, cap: int, progress: Progress) -> Received:
    """Sends the request and reads at most `cap` bytes of the reply's body. Raises any error of httpx."""
    request.extensions["trace"] = progress
    try:
        response = await http.send(request, stream=True)
    finally:
        await progress.abandon()
    try:
        return await receive(response, cap)
    finally:
        await response.aclose()


async def receive(response: httpx.Response, cap: int) -> Received:
    """Reads at most `cap` bytes of the body of a reply; the caller closes the reply."""
    headers = reply_headers(response)
    body = bytearray()
    async for chunk in cast("httpx.AsyncByteStream", response.stream):
        body += chunk
        if len(body) > cap:
            length = max(len(body), whole_number(headers.get("content-length")) or 0)
            return Received(response.status_code, headers, bytes(body[:cap]), length)
    return Received(response.status_code, headers, bytes(body), len(body))


async def within(
    work: Coroutine[Any, Any, T], deadline_s: float, stop: asyncio.Event | None = None
) -> T | Exception:
    """Returns the result or the exception of `work`, or TimeoutError or WaitStoppedError if that ended it first.

    `work` runs as its own task, so that the wait for its end has a limit: a task that ignores cancellation is abandoned.
    """
    if stop and stop.is_set():
        work.close()
        return WaitStoppedError()
    task = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait()) if stop else None
    running = {task, stopping} if stopping else {task}
    try:
        await asyncio.wait(running, timeout=deadline_s, return_when=asyncio.FIRST_COMPLETED)
        stopped = stopping is not None and stopping.done()
    finally:
        await _end(running)
    return _ending(task, WaitStoppedError() if stopped else TimeoutError())


async def _end(running: Collection[asyncio.Future[Any]]) -> None:
    for future in running:
        future.cancel()
        # Retrieve the exception; otherwise Python prints it when it collects the task.
        future.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    await asyncio.wait(running, timeout=_GRACE_S)


def _ending(task: asyncio.Future[T], otherwise: Exception) -> T | Exception:
    if not task.done() or task.cancelled():
        return otherwise
    error = task.exception()
    if error is None:
        return task.result()
    if not isinstance(error, Exception):
        raise error
    return error


# Why there is no reply


_LONGEST_QUOTE = 120
_SAID = {
    "illegal status line: ": "it begins ",
    "illegal header line: ": "one of its headers is ",
    "Receive buffer too long": "its headers are too long",
    "Received server _SWITCH_UPGRADE event without a pending proposal": "it switches to another protocol",
}
_BYTES = r"""bytearray\((b(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))\)"""


def no_reply(error: Exception, progress: Progress, deadline_s: float) -> NoReply:
    """Why there is no reply. The sentence names the host, never the URL, which may contain a password."""
    reason, sentence = _reason(error, progress, deadline_s)
    return NoReply(reason, "maybe" if progress.sent else "no", sentence)


def _reason(error: Exception, progress: Progress, deadline_s: float) -> tuple[str, str]:
    match error:
        case UnsendableError(reason=reason):
            return reason, str(error)
        case WaitStoppedError():
            return "stopped", f"Waiting for {progress.asked} was stopped."
        case httpx.TimeoutException() | TimeoutError():
            return "deadline", f"{progress.who} sent no complete reply within {deadline_s:g} s (timeout)."
        case _ if progress.sent:
            return _broken(error, progress)
        case _:
            return _unconnected(error, progress)


def _unconnected(error: Exception, progress: Progress) -> tuple[str, str]:
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return (
            "address",
            "The address cannot be used: it must begin with http:// or https:// and name a host.",
        )
    if progress.stage not in ("", "connect_tcp"):
        return _insecure(error, progress)
    causes = list(_causes(error))
    if any(isinstance(cause, socket.gaierror | UnicodeError) for cause in causes):
        name = progress.host or progress.asked
        return "dns", f"The name {name} could not be resolved to an address."
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return "refused", f"{progress.who} refused the connection."
    return "unreachable", f"{progress.who} could not be reached: {_innermost(error)}."


def _insecure(error: Exception, progress: Progress) -> tuple[str, str]:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = sanitize(cause.verify_message, _LONGEST_QUOTE).rstrip(".")
            fix = _missing_authorities() or OWN_AUTHORITY
            return "tls", f"The certificate of {progress.host} is not trusted: {why}. {fix}"
    if progress.stage == "start_tls":
        return "tls", f"No secure connection to {progress.host}: {_innermost(error)}."
    if isinstance(error, httpx.ProxyError) and str(error).startswith("407"):
        return "proxy", PROXY_SIGN_IN
    return "proxy", f"{progress.who} did not connect onwards to {progress.asked}: {_innermost(error)}."


def _missing_authorities() -> str:
    """A sentence if the environment names authorities that do not exist, which OpenSSL passes over in silence."""
    for name, exists in (("SSL_CERT_FILE", Path.is_file), ("SSL_CERT_DIR", Path.is_dir)):
        named = os.environ.get(name)
        if named and not exists(Path(named)):
            return f"{name} is {sanitize(named, _LONGEST_QUOTE)}, which does not exist. Correct it."
    return ""


def _broken(error: Exception, progress: Progress) -> tuple[str, str]:
    who = progress.who
    if isinstance(error, ConnectionError):
        # An application in this process simulates a cut connection.
        return "reset", f"{who} broke the connection before it replied."
    if not isinstance(error, httpx.TransportError):
        return (
            "crashed",
            f"The exchange with {progress.asked} broke off in this program: {type(error).__name__}.",
        )
    if progress.stage == "receive_response_body":
        return "cut", f"{who} broke off in the middle of its reply."
    if isinstance(error, httpx.NetworkError):
        return "reset", f"{who} broke the connection before it replied."
    if "without sending a response" in str(error):
        return "no_reply", f"{who} closed the connection without a reply."
    return "protocol", f"{who} answered with something that is not HTTP: {_innermost(error)}."


def _innermost(error: BaseException) -> str:
    # The text of an error may quote bytes of the reply.
    said = re.sub(_BYTES, _readable, str(list(_causes(error))[-1]) or type(error).__name__)
    for theirs, ours in _SAID.items():
        said = said.replace(theirs, ours)
    return sanitize(said, _LONGEST_QUOTE).rstrip(".")


def _readable(found: re.Match[str]) -> str:
    """The text of a bytes literal that an error quotes; bytes that are not UTF-8 stay escaped, such as `\\xff`."""
    quoted: bytes = literal_eval(found[1])
    return f"“{quoted.decode('utf-8', 'backslashreplace')}”"


def _causes(error: BaseException) -> Iterator[BaseException]:
    yield error
    inside = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    for cause in (*inside, error.__cause__ or error.__context__):
        if cause is not None:
            yield from _causes(cause)


# The httpx client of one profile, without keep-alive, redirects, decoding and settings from the environment. It removes the
# headers that httpx would act on before httpx sees them: httpx builds the request for a redirect, keeps cookies, and
# decompresses bodies.


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
    sandbox: Callable[..., Awaitable[None]] | None = None,
    proxy: str | None = None,
    auth: httpx.Auth | None = None,
    trust: Callable[[], ssl.SSLContext] | None = None,
    refuses: Callable[[], bool] = lambda: False,
) -> httpx.AsyncClient:
    """A client for one profile, which the caller closes; cheap, since it sets TLS up on first use.

    `transport`, or the application `sandbox`, replaces the network; a request that has begun on it counts as sent.
    `trust` makes the TLS context, by default one that trusts the certificate authorities of certifi and of this machine.
    """
    if sandbox is not None:
        transport = httpx.ASGITransport(sandbox)
    inner = transport or NetworkTransport(proxy, trust or trusted)
    return httpx.AsyncClient(
        transport=_Guarded(inner, traces=transport is None, refuses=refuses),
        auth=auth,
        headers=HEADERS,
        timeout=None,  # noqa: S113  one deadline covers the whole exchange instead
        follow_redirects=False,
        trust_env=False,
    )


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
