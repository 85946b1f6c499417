"""What to do about the reply codes that the error table of the trigger does not list, but the public registry does.

Separate from `code_advice` because these are not found in the request: each has the same words every time.
"""

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
