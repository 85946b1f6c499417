"""The calls about the account as a whole: contact lists and settings.

An account folder has neither, so both are invented: one list with every contact.
"""

from urllib.parse import parse_qs

from app.sandbox.answers import Answer, Refused, ok
from app.sandbox.calls.call import Call, Ground

ALL_CONTACTS = "1"
MAX_PAGE = 1_000_000


def contact_lists(_: Ground, __: Call) -> Answer:
    """GET contactlist: the one list there is."""
    return ok([{"id": ALL_CONTACTS, "name": "All contacts", "created": "2020-01-01 00:00:00"}])


def contact_list(ground: Ground, call: Call) -> Answer:
    """GET contactlist/<id> and contactlist/<id>/contacts: contact ids, by limit and offset. Raises Refused (3006)."""
    if call.path["list_id"] != ALL_CONTACTS:
        raise Refused(3006, "No contact list found with the specified ID.", 404)
    limit = _number(call, "limit", MAX_PAGE)
    if not 1 <= limit <= MAX_PAGE:
        raise Refused(2016, "Invalid limit")
    return ok(ground.account.rows.ids(limit, _number(call, "offset", 0)))


def _number(call: Call, name: str, default: int) -> int:
    try:
        text = parse_qs(call.query.decode("ascii", "replace"), max_num_fields=100).get(name, [str(default)])[
            -1
        ]
    except ValueError:
        text = ""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Refused(1001, "One or more parameters are invalid or missing.")
    return int(text)


def settings(_: Ground, __: Call) -> Answer:
    """GET settings: what clients call to see whether they are signed in."""
    return ok(
        {"id": "1", "environment": "sandbox", "timezone": "Europe/Berlin", "name": "sandbox", "country": "de"}
    )
