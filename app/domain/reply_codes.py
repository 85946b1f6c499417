"""Reply codes and HTTP statuses: what each means and what to do about it."""

from collections.abc import Callable
from datetime import datetime

from app.domain.formatting import duration
from app.domain.headers import clock_skew_s, retry_after_s
from app.domain.model import Reply
from app.domain.sanitize import sanitize

_TRIGGER = {
    0: "OK",
    2004: "The field ID does not exist.",
    2005: "The value of the key field was not provided or is empty.",
    2008: "No match for the specified [key_id] - [external_id] pair.",
    2010: "More than one contacts selected.",
    5001: "The customer doesn't have an external event with the specified [id].",
    2012: "The customer doesn't have a contact with the specified [external_id].",
}
"""Word for word the column "Description" of the documentation of the trigger endpoint."""

_OTHERS = {
    1: "The credentials are invalid.",
    1000: "The request exceeded the maximum batch size of 1,000.",
    1001: "One or more parameters are invalid or missing.",
    1002: "The language is not valid.",
    1003: "The service had a database error.",
    1006: "Empty parameter(s).",
    1009: "The HTTP method is not valid for this call.",
    1010: "The request payload cannot be decoded.",
    2002: "The list of external ids exceeds the maximum size.",
    2003: "The list of external ids has the wrong type.",
    2006: "The field ID is not valid.",
    2007: "The field value is not valid.",
    2009: "A contact with the external id already exists.",
    2011: "The service had an internal error.",
    2013: "The source is not valid.",
    2014: "No field was specified to return.",
    2015: "There is no index on the column.",
    2016: "The limit is not valid.",
    2020: "The contact list id is not valid.",
    3002: "The contact list is too long for one call.",
    3003: "The contact list is not valid.",
    3004: "The contact list is not valid.",
    3005: "The contact list is not valid.",
    3006: "The contact list does not exist.",
    5002: "The parameter name is required.",
    5003: "An external event with this name already exists.",
    5004: "The event ID is not valid.",
    5005: "No program or campaign is triggered.",
    5008: "The event data is over the size limit.",
    5009: "The event data is not valid JSON.",
    5010: "The event time has an invalid format.",
    5011: "The event data is not an object.",
    5012: "The external event is in use.",
    7003: "Too many requests for this account and resource within the last minute.",
    9001: "The field is not valid.",
    9002: "The field is not valid.",
    9003: "The field is not valid.",
    9004: "The field is not valid.",
    9005: "The field is not valid.",
    9006: "The field is not valid.",
    10001: "A parameter is missing or not valid.",
}


def describe(reply_code: int | None) -> str | None:
    """The description of a reply code; None where nothing is published about it."""
    if reply_code is None:
        return None
    return _TRIGGER.get(reply_code) or _OTHERS.get(reply_code)


_ADDRESS = "The address answers, but not as the trigger of this API: check the base URL of the profile."
_SERVICE = "The service failed inside: wait a minute, check whether the event arrived, then send again."
_LISTS = "The reply is about contact lists, which a trigger does not name: check the base URL of the profile."
_FIELDS = "The reply is about a contact field: choose the key field from the list, after a refresh."
_DATA = "Correct the event data: it must be a JSON object of at most 1,000,000 bytes."

_WORDS = {
    1: "The credentials were not accepted, or the service failed inside: check the profile's user and secret.",
    1000: "The request named more than 1,000 contacts: send fewer at once.",
    1001: "A parameter is missing or not valid: read the reply text, and check event id, key field and external id.",
    1002: _ADDRESS,
    1003: _SERVICE,
    1006: "A parameter is empty: the reply text names it; fill it in.",
    1009: _ADDRESS,
    1010: "The service could not read the request: check whether a proxy changed it on its way.",
    2002: "The request named too many contacts: send fewer at once.",
    2003: _ADDRESS,
    2006: _FIELDS,
    2007: "The external id does not fit the key field: check its format.",
    2009: "A contact with this value exists already; nothing was triggered. Read the reply text.",
    2011: _SERVICE,
    2013: _ADDRESS,
    2014: _ADDRESS,
    2015: "Contacts cannot be found by this key field, as it has no index: choose another one, or have it indexed.",
    2016: _ADDRESS,
    2020: _LISTS,
    3002: _LISTS,
    3003: _LISTS,
    3004: _LISTS,
    3005: _LISTS,
    3006: _LISTS,
    5002: "The reply is about naming an event, which a trigger does not: check the base URL of the profile.",
    5003: "The reply is about naming an event, which a trigger does not: check the base URL of the profile.",
    5004: "The event id is not valid: choose the event from the list.",
    5005: "No active program or campaign uses event {event_id}: activate one in the account, then send again.",
    5008: "The event data is over the size limit: shorten it. At 100 kB it no longer reaches Interactions programs.",
    5009: _DATA,
    5010: "The event time must look like 2026-03-01T13:00:00Z: correct it, or leave it out.",
    5011: _DATA,
    5012: "The reply is about deleting an event, which a trigger does not: check the base URL of the profile.",
    7003: "Too many requests; wait a minute, then try again.",
    9001: _FIELDS,
    9002: _FIELDS,
    9003: _FIELDS,
    9004: _FIELDS,
    9005: _FIELDS,
    9006: _FIELDS,
    10001: "A parameter is missing or not valid: the reply text names it.",
}


def words_for_other_code(code: int, event_id: str) -> str | None:
    """What to do about this reply code; None for a code of which nothing is published."""
    words = _WORDS.get(code)
    return None if words is None else words.format(event_id=event_id)


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
            f"The clock of this machine is {duration(skew)} {side} the service's, which refuses more than "
            "five minutes: set the clock, then try again."
        )
    return "The credentials were not accepted: check the profile's user and secret."


def _address(_: Reply, __: datetime) -> str:
    return "The address is not that of the API: check the base URL of the profile."


def _size(_: Reply, __: datetime) -> str:
    return "The request is too large: shorten the event data."


def _rate(reply: Reply, now: datetime) -> str:
    seconds = retry_after_s(reply, now)
    wait = "wait a minute" if seconds is None else f"the limit resets in {duration(seconds)}: wait as long"
    return f"Too many requests; {wait}, then try again."


_BY_STATUS: dict[int, Callable[[Reply, datetime], str]] = {
    401: _credentials,
    404: _address,
    413: _size,
    429: _rate,
}


_BY_REASON = {
    "address": "Correct it, then send again.",
    "request": "Correct the event data, then send again.",
    "too_large": "Shorten the event data, then send again.",
    "refused": "Check the base URL of the profile, and that the service runs; then send again.",
    "dns": "Check the base URL of the profile and the network, then send again.",
    "unreachable": "Check the base URL of the profile and the network, then send again.",
    "deadline": "Check the network, then send again.",
    "tls": "Check the base URL of the profile, and that nothing stands between this machine and the service.",
    "proxy": "Check the proxy of the profile, its user and its password; then send again.",
    "no_token": "Check the client id, the secret and the token URL of the profile; then send again.",
}


def remedy_for_reason(reason: str) -> str | None:
    """What to do about a trigger that was not sent; None where nothing needs doing."""
    return _BY_REASON.get(reason)
