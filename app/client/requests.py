"""Requests, made but not sent: address and size checked, and shown as they would be sent."""

from collections.abc import Mapping

import httpx

from app.client.auth import SignIn
from app.client.errors import UnsendableError
from app.domain import wire
from app.domain.model import TriggerRequest

REQUEST_CAP = 10_000_000
"""Bytes of the largest body that the service takes. Event data at its own limit takes up to 4,000,000, as ASCII."""

MASK = "***"


class RequestMaker:
    """Requests to one base URL."""

    def __init__(self, base_url: str, http: httpx.AsyncClient) -> None:
        self._base_url = base_url.rstrip("/")
        self._http = http

    def trigger(self, request: TriggerRequest) -> httpx.Request:
        """POST /event/<id>/trigger in the single form. Raises UnsendableError."""
        try:
            path, body = wire.trigger_path(request.event_id), wire.trigger_body(request)
        except (ValueError, TypeError, RecursionError) as error:
            raise UnsendableError("request", f"The request cannot be written as JSON: {error}.") from None
        return self.make("POST", path, body)

    def make(
        self, method: str, path: str, body: bytes | None = None, query: Mapping[str, str | int] | None = None
    ) -> httpx.Request:
        """Any call below the base URL. Raises UnsendableError."""
        if body and len(body) > REQUEST_CAP:
            raise UnsendableError(
                "too_large", f"The request is {len(body):,} bytes long; at most {REQUEST_CAP:,} are sent."
            )
        try:
            url = httpx.URL(f"{self._base_url}/{path}", params=query)
        except (httpx.InvalidURL, ValueError) as error:
            raise UnsendableError(
                "address", f"The base URL of the profile cannot be read: {error}."
            ) from None
        _check(url)
        return self._http.build_request(method, url, content=body)

    def describe(self, request: TriggerRequest) -> dict[str, object]:
        """Method, url, headers and body (as text) of a trigger; credentials as `***`."""
        made = self.trigger(request)
        auth = self._http.auth
        signed = dict.fromkeys(auth.signs_with, MASK) if isinstance(auth, SignIn) else {}
        return {
            "method": made.method,
            "url": str(made.url),
            "headers": dict(made.headers) | signed,
            "body": made.content.decode("ascii"),
        }


def _check(url: httpx.URL) -> None:
    fault = None
    if url.scheme not in ("http", "https"):
        fault = "must begin with http:// or https://"
    elif not url.host or "%" in url.host:
        fault = "must name a host"
    elif url.port is not None and not 0 < url.port < 65536:
        fault = "must name a port between 1 and 65535"
    elif url.userinfo:
        fault = "must not hold a user or a password"
    elif url.fragment:
        fault = "must not hold a #"
    if fault:
        raise UnsendableError("address", f"The base URL of the profile {fault}.")
