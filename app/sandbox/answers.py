"""What a call answers, before it is HTTP: a status, a body, and what the record of requests notes."""

from dataclasses import dataclass

from app.domain.wire import reply_body

JSON = b"application/json; charset=utf-8"
HTML = b"text/html; charset=utf-8"
TEXT = b"text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """One reply; `deduplicated` lists trigger ids that had been accepted before."""

    status: int
    body: bytes
    deduplicated: tuple[str, ...] = ()
    content_type: bytes = JSON


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not an error
    """Raised where a call finds that it must be refused; carries its code and text."""

    def __init__(self, code: int, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.code = code
        self.text = text
        self._status = status

    @property
    def answer(self) -> Answer:
        """The whole answer; only here, as in a batch it is not wanted."""
        return refused(self.code, self.text, self._status)


def ok(data: object, deduplicated: tuple[str, ...] = ()) -> Answer:
    """HTTP 200 with reply code 0."""
    return Answer(200, reply_body(0, "OK", data), deduplicated)


def refused(code: int, text: str, status: int = 400) -> Answer:
    """A refusal: `data` is the empty string, as it is in every published example."""
    return Answer(status, reply_body(code, text))


UNREADABLE = refused(1010, "Invalid request payload.")
WRONG_METHOD = refused(1009, "Invalid HTTP method.")
UNAUTHORIZED = refused(1, "Unauthorized", 401)
SKEWED = refused(1, "Unauthorized Time frame is invalid", 401)
TOO_MANY = refused(7003, "Too many requests for this account and resource within the last minute.", 429)
TOO_LARGE = refused(1001, "The request body is over 10 MB.", 413)
TOO_SLOW = refused(1001, "The request body did not arrive in time.", 408)
BROKEN = refused(1003, "Database connection error", 500)
OVERLOADED = Answer(503, b"The system is overloaded for this resource.", (), TEXT)
UNKNOWN_PATH = refused(1, "Not found.", 404)
"""The shape of this one is not known from any public source; the envelope is assumed."""
