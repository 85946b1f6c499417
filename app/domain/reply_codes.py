"""The texts, descriptions and advice for each HTTP status and reply code.

The first seven rows are the documented error table of the trigger call, word for word. The advice on six of them
depends on the request; `app.domain.diagnosis` gives it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from app.domain.model import Reply, TriggerRequest
from app.domain.text import duration, sanitize, whole_number

ALLOWED_SKEW_S = 240
"""Seconds; the service accepts five minutes, and a skew close to that already deserves a warning."""

MAX_ADDRESS = 200

TRIGGER_PERMISSION = "externalevent.trigger"


class ReplyCode(NamedTuple):
    """One row of the table; `text` and `advice` are templates for the fields of the request."""

    http_status: int
    code: int
    text: str
    description: str
    advice: str = ""


# fmt: off
_DOCUMENTED = (
    ReplyCode(200, 0, "OK", "OK"),
    ReplyCode(400, 2004, "Invalid key field id: {key_id}", "The field ID does not exist."),
    ReplyCode(400, 2005, "No value provided for key field: {key_id}",
              "The value of the key field was not provided or is empty."),
    ReplyCode(400, 2008, "No contact found with the external id: {key_id} - {external_id}",
              "No match for the specified [key_id] - [external_id] pair."),
    ReplyCode(400, 2010, "More contacts found with the external id: {key_id} - {external_id}.",
              "More than one contacts selected."),
    ReplyCode(400, 5001, "Invalid event id for customer.",
              "The customer doesn't have an external event with the specified [id]."),
    ReplyCode(400, 2012, "Invalid contact id for customer.",
              "The customer doesn't have a contact with the specified [external_id]."),
)
# fmt: on
_PUBLISHED: Mapping[str, Mapping[tuple[int, int], str]] = {
    "Too many requests. Wait a minute, then try again.": {
        (429, 7003): "Too many requests for this account and resource within the last minute."
    },
    "Check the profile's user and secret.": {(401, 1): "The credentials are invalid."},
    "The address answers, but not as the trigger call. Check the base URL of the profile.": {
        (404, 1): "The address does not exist.",
        (400, 1002): "The language is not valid.",
        (400, 1009): "The HTTP method is not valid for this call.",
        (400, 2003): "The list of external ids has the wrong type.",
        (400, 2013): "The source is not valid.",
        (400, 2014): "No field was specified to return.",
        (400, 2016): "The limit is not valid.",
    },
    "Wait a minute and check whether the event arrived before you send again.": {
        (500, 1): "The service had an internal error.",
        (500, 1003): "The service had a database error.",
        (500, 2011): "The service had an internal error.",
        (500, 7003): "The service had a database error.",
    },
    "The request named more than 1,000 contacts. Send fewer at once.": {
        (400, 1000): "The request exceeded the maximum batch size of 1,000."
    },
    "A parameter is missing or not valid. Read the reply text; check event id, key field and external id.": {
        (400, 1001): "One or more parameters are invalid or missing."
    },
    "A parameter is empty. The reply text names it: fill it in.": {(400, 1006): "Empty parameter(s)."},
    "The service could not read the request. Check whether a proxy changed it on the way.": {
        (400, 1010): "The request payload cannot be decoded."
    },
    "The request named too many contacts. Send fewer at once.": {
        (400, 2002): "The list of external ids exceeds the maximum size."
    },
    "This reply is about a contact field. Refresh, then pick the key field from the list.": {
        (400, 2006): "The field ID is not valid.",
        **{(400, code): "The field is not valid." for code in range(9001, 9007)},
    },
    "The external id does not fit the key field. Check its format.": {
        (400, 2007): "The field value is not valid."
    },
    "A contact with this value exists already, and nothing was triggered. Read the reply text.": {
        (400, 2009): "A contact with the external id already exists."
    },
    "Contacts cannot be found by this key field: it has no index. Pick another one, or have it indexed.": {
        (400, 2015): "There is no index on the column."
    },
    "This reply is about contact lists, which a trigger does not name. Check the base URL of the profile.": {
        (400, 2020): "The contact list id is not valid.",
        (400, 3002): "The contact list is too long for one call.",
        **{(400, code): "The contact list is not valid." for code in (3003, 3004, 3005)},
        (404, 3006): "The contact list does not exist.",
    },
    "This reply is about naming an event, which a trigger does not do. Check the base URL of the profile.": {
        (400, 5002): "The parameter name is required.",
        (400, 5003): "An external event with this name already exists.",
    },
    "Pick the event from the list.": {(400, 5004): "The event ID is not valid."},
    "No active program or campaign uses event {event_id}. Activate one in the account, then send again.": {
        (400, 5005): "No program or campaign is triggered."
    },
    "The event data is too long: shorten it. Over 100 kB it no longer reaches Interactions programs.": {
        (400, 5008): "The event data is over the size limit."
    },
    "The event data cannot be used. It must be a JSON object of at most 1,000,000 bytes.": {
        (400, 5009): "The event data is not valid JSON.",
        (400, 5011): "The event data is not an object.",
    },
    "The event time must look like 2026-03-01T13:00:00Z. Correct it, or leave it out.": {
        (400, 5010): "The event time has an invalid format."
    },
    "This reply is about deleting an event, which a trigger does not do. Check the base URL of the profile.": {
        (400, 5012): "The external event is in use."
    },
    "A parameter is missing or not valid. The reply text names it.": {
        (400, 10001): "A parameter is missing or not valid."
    },
}
"""The reply codes of which only the text is published, by the advice on them."""

REPLY_CODES = (
    *_DOCUMENTED,
    *(
        ReplyCode(status, code, text, text, advice)
        for advice, rows in _PUBLISHED.items()
        for (status, code), text in rows.items()
    ),
)
_ROWS = {code: [row for row in REPLY_CODES if row.code == code] for code in {row.code for row in REPLY_CODES}}


def find_reply(code: int | None, http_status: int | None = None) -> ReplyCode | None:
    """The row for a reply code and its HTTP status; None if its meaning is not published.

    A code with a single row means the same under any status. Without a status the first row of the code counts.
    """
    rows = [] if code is None else _ROWS.get(code, [])
    if http_status is None or len(rows) == 1:
        return next(iter(rows), None)
    return next((row for row in rows if row.http_status == http_status), None)


def reply_text(code: int, request: TriggerRequest) -> str:
    """The documented text of a reply code, with the values of the request. Raises KeyError for other codes."""
    return _ROWS[code][0].text.format(key_id=request.key_id, external_id=request.external_id)


def describe(code: int | None, http_status: int | None = None) -> str | None:
    row = find_reply(code, http_status)
    return row.description if row else None


def describe_reply(http_status: int, code: int | None, body: bytes = b"") -> str:
    """One sentence about any reply, also one without a reply code; `body` may be its beginning."""
    if code is not None:
        return describe(code, http_status) or f"Reply code {code} is not documented."
    if 300 <= http_status < 400:
        return f"HTTP {http_status} without a reply code: the address was redirected."
    return f"HTTP {http_status} without a reply code{_kind_of_body(body)}."


def _kind_of_body(body: bytes) -> str:
    start = body.lstrip()[:1]
    if start == b"<":
        return ": a web page, not a reply of the API"
    if not body:
        return ": the reply is empty"
    return "" if start == b"{" else ": the reply is not the JSON of the API"


def advise_code(code: int | None, http_status: int | None, event_id: str) -> str | None:
    row = find_reply(code, http_status)
    return row.advice.format(event_id=event_id) if row and row.advice else None


def advise_status(
    reply: Reply, now: datetime, permission: str = TRIGGER_PERMISSION, user: str = "user"
) -> str | None:
    """The advice on a 3xx or 4xx reply; None if the status alone explains nothing.

    `permission` is the one that the call needs, `user` the profile's word for its user.
    """
    if on_the_way := _advise_about_proxy(reply):
        return on_the_way
    match reply.http_status:
        case 401:
            return _advise_sign_in(reply, now, user)
        case 403:
            return _PERMISSION.format(permission=permission)
        case 429:
            effect = " Nothing was triggered." if permission == TRIGGER_PERMISSION else ""
            return f"Rate limit reached.{effect} Try again in {_wait(retry_after_s(reply, now))}."
        case status if 300 <= status < 400:
            where = f" to {sanitize(reply.location, MAX_ADDRESS)}" if reply.location else ""
            return f"The address was redirected{where}. Correct the base URL of the profile."
        case status:
            return _BY_STATUS.get(status)


def _wait(seconds: int | None) -> str:
    if seconds is None:
        return "a minute"
    return f"{seconds} s" if seconds < 120 else duration(seconds)


OWN_AUTHORITY = (
    "If your company signs such certificates itself, add its authority to the system's store, or name its file in "
    "SSL_CERT_FILE or its folder in SSL_CERT_DIR."
)
PROXY_SIGN_IN = "The proxy wants a user and a password (HTTP 407). Put them into `proxy` of the profile: http://USER:PASSWORD@HOST:PORT."


def _advise_about_proxy(reply: Reply) -> str | None:
    if reply.http_status == 407:
        return PROXY_SIGN_IN
    if reply.http_status // 100 == 4 and reply.http_status != 404 and is_web_page(reply):
        return f"{web_page(reply.http_status)} Check the network and the base URL of the profile."
    return None


def is_web_page(reply: Reply) -> bool:
    return reply.body[:200].lstrip().lower().startswith((b"<!doctype", b"<html", b"<head", b"<body"))


def web_page(status: int) -> str:
    return f"A web page with HTTP {status} came back instead of a reply of the API, perhaps from a proxy or firewall."


_PERMISSION = (
    "The API user lacks the permission {permission}. Have it switched on under Management, Security Settings, "
    "API Credentials."
)
_BY_STATUS = {
    404: "The address is not that of the API. Check the base URL of the profile.",
    413: "The request is too large. Shorten the event data.",
}


def _advise_sign_in(reply: Reply, now: datetime, user: str) -> str:
    text = (reply.reply_text or "").lower()
    skew = clock_skew_s(reply.date, now)
    if "authentication header is missing" in text:
        return (
            "This address accepts X-WSSE only. Use an OAuth profile with a base URL that ends in /api/v3, "
            "not /api/v2, or a profile with auth = wsse."
        )
    if skew is not None and abs(skew) > ALLOWED_SKEW_S:
        clock = f"is {duration(skew)} {'behind' if skew > 0 else 'ahead of'}"
    elif "timeframe is invalid" in text or "time frame is invalid" in text:
        clock = "differs from"
    else:
        return f"The credentials were not accepted. Check the profile's {user} and secret."
    return (
        f"The clock of this machine {clock} the service's, which rejects more than five minutes. "
        "Set the clock, then try again."
    )


_UNSENT = {
    "address": "Correct it, then send again.",
    "request": "Correct the event data, then send again.",
    "too_large": "Shorten the event data, then send again.",
    "refused": "Check the base URL of the profile, and that the service runs; then send again.",
    "dns": "Check the base URL of the profile and the network, then send again.",
    "unreachable": "Check the base URL of the profile and the network, then send again.",
    "deadline": "Check the network, then send again.",
    "tls": "Check the base URL of the profile, and that nothing intercepts the connection.",
    "proxy": "Check the proxy of the profile, its user and its password; then send again.",
    "no_token": "Check the client id, the secret and the token URL of the profile; then send again.",
}


def advise_unsent(reason: str) -> str | None:
    """The advice on a trigger that was not sent; `reason` is the client's word for it. None if there is none."""
    return _UNSENT.get(reason)


# Headers; invalid ones count as absent


MAX_WAIT_S = 3600
_NONSENSE_S = 86_400


def clock_skew_s(date_header: str | None, now: datetime) -> float | None:
    """Seconds that the clock of the service is ahead of `now` (negative: behind); None without a valid Date."""
    told = _http_date(date_header)
    return (told - now).total_seconds() if told else None


def retry_after_s(reply: Reply, now: datetime) -> int | None:
    """Seconds until the rate limit resets, 0 to 3600; None without valid headers.

    Retry-After (seconds or a date) takes precedence over X-RateLimit-Reset (Unix seconds). Times are compared with the
    Date of the reply, so that a wrong clock on this machine does no harm.
    """
    here = _http_date(reply.date) or now
    seconds = whole_number(reply.retry_after)
    if seconds is None:
        until = _http_date(reply.retry_after) or _unix_time(reply.limit_reset)
        seconds = round((until - here).total_seconds()) if until else None
    if seconds is None or abs(seconds) > _NONSENSE_S:
        return None
    return max(0, min(seconds, MAX_WAIT_S))


def _http_date(text: str | None) -> datetime | None:
    try:
        told = parsedate_to_datetime(text or "")
        # The offset of a time zone can push a date beyond the calendar.
        return told.replace(tzinfo=told.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _unix_time(text: str | None) -> datetime | None:
    seconds = whole_number(text)
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None
