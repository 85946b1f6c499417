"""What to do about a refusal that its HTTP status explains: sign-in, permission, address, size, rate.

Separate from `advice`, which explains reply codes by the request; here the headers of the reply tell.
"""

from collections.abc import Callable
from datetime import datetime

from app.domain.headers import clock_skew_s, in_words, retry_after_s
from app.domain.model import Reply
from app.domain.sanitize import sanitize

LONGEST_ADDRESS = 200
ALLOWED_SKEW_S = 240
"""The service accepts five minutes; what is near that is already worth saying."""


def remedy_for_status(reply: Reply, now: datetime, permission: str = "externalevent.trigger") -> str | None:
    """What to do about a 3xx or 4xx; None where the status alone explains nothing.

    `permission` is the one that the call needs.
    """
    if 300 <= reply.http_status < 400:
        where = f" to {sanitize(reply.location, LONGEST_ADDRESS)}" if reply.location else ""
        return f"The address was redirected{where}; correct the base URL of the profile."
    if reply.http_status == 403:
        return (
            f"The API user lacks the permission {permission}: have it switched on under "
            "Management, Security Settings, API Credentials."
        )
    advise = _BY_STATUS.get(reply.http_status)
    return advise(reply, now) if advise else None


def _credentials(reply: Reply, now: datetime) -> str:
    skew = clock_skew_s(reply.date, now)
    if skew is not None and abs(skew) > ALLOWED_SKEW_S:
        side = "behind" if skew > 0 else "ahead of"
        return (
            f"The clock of this machine is {in_words(skew)} {side} the service's, which refuses more than "
            "five minutes: set the clock, then try again."
        )
    return "The credentials were not accepted: check the profile's user and secret."


def _address(_: Reply, __: datetime) -> str:
    return "The address is not that of the API: check the base URL of the profile."


def _size(_: Reply, __: datetime) -> str:
    return "The request is too large: shorten the event data."


def _rate(reply: Reply, now: datetime) -> str:
    seconds = retry_after_s(reply, now)
    wait = "wait a minute" if seconds is None else f"the limit resets in {in_words(seconds)}: wait as long"
    return f"Too many requests; {wait}, then try again."


_BY_STATUS: dict[int, Callable[[Reply, datetime], str]] = {
    401: _credentials,
    404: _address,
    413: _size,
    429: _rate,
}
