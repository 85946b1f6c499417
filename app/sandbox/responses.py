"""The replies of the API: an envelope with a reply code, and the rejections that any call can get."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from app.domain.wire import reply_body

WRONG_METHOD = 1009, "Invalid HTTP method.", 400
UNREADABLE = 1010, "Invalid request payload.", 400
INVALID_PARAMETER = 1001, "One or more parameters are invalid or missing.", 400
UNAUTHORIZED = 1, "Unauthorized", 401
# GUESS: The shape of a reply past the rate limit
TOO_MANY = 7003, "Too many requests for this account and resource within the last minute.", 429
# GUESS: The reply to a body over 10 MB
TOO_LARGE = 1001, "The request body is over 10 MB.", 413
# GUESS: The reply to a body that does not arrive within 30 seconds
TOO_SLOW = 1001, "The request body did not arrive in time.", 408
DATABASE_FAILED = 1003, "Database connection error", 500

GATEWAY: Mapping[int, str] = {
    401: "Credentials are invalid.",
    429: "Rate limit exceeded",
    500: "An unexpected error occurred.",
}
"""What the gateway of the WSSE sign-in says before the service is asked, by HTTP status."""


class JsonReply(Response):
    """One envelope, with the trigger ids that were accepted before; `data` of a rejection is the empty string."""

    media_type = "application/json; charset=utf-8"

    def __init__(
        self, code: int, text: str, status: int, data: object = "", deduplicated: tuple[str, ...] = ()
    ) -> None:
        super().__init__(reply_body(code, text, data), status)
        self.deduplicated = deduplicated


class Rejected(Exception):  # noqa: N818 - a rejection is a reply, not an error
    """Raised if a call is rejected; `response` is given if it is no envelope."""

    def __init__(self, code: int, text: str, status: int = 400, response: Response | None = None) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self._status = status
        self._response = response

    def reply(self) -> Response:
        return self._response or JsonReply(self.code, self.text, self._status)


def not_served(request: Request) -> Rejected:
    call = request.url.path.removeprefix("/api/v2").removeprefix("/api/v3").strip("/")
    return Rejected(1, f"This sandbox does not serve {request.method} {call}.", 404)


def ok(data: object, deduplicated: tuple[str, ...] = ()) -> JsonReply:
    return JsonReply(0, "OK", 200, data, deduplicated)
