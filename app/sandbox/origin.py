"""Checks the origin of a request: this machine, by a loopback name, and no page of another site."""

import ipaddress
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK_HOST = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d*)?", re.ASCII | re.IGNORECASE)


class Guard:
    """Middleware: answers 403 with the reason unless `allows` accepts the request."""

    def __init__(self, app: ASGIApp, allows: Callable[[HTTPConnection], bool], reason: str) -> None:
        self._app = app
        self._allows = allows
        self._reason = reason

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        allowed = self._allows(HTTPConnection(scope))
        app = self._app if allowed else PlainTextResponse(f"{self._reason}\n", 403)
        await app(scope, receive, send)


def is_same_origin(request: HTTPConnection) -> bool:
    """Whether the request has no Origin, or this host as its Origin: no page of another site sent it."""
    origin, host = request.headers.get("origin"), request.headers.get("host", "")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == host.lower() != ""
    except ValueError:
        return False


def has_loopback_host(request: HTTPConnection) -> bool:
    """Whether the Host is localhost, 127.0.0.0/8 or [::1], on any port.

    A site can point its own name to this machine (DNS rebinding), but none of these names.
    """
    return _LOOPBACK_HOST.fullmatch(request.headers.get("host", "")) is not None


def has_loopback_client(request: HTTPConnection) -> bool:
    """Whether the request comes from this machine."""
    return request.client is None or is_loopback_address(request.client.host)


def is_loopback_address(text: str) -> bool:
    """Whether this is an IP address of this machine alone; IPv4 in IPv6 form counts."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
