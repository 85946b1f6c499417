"""Where each rule and each message of the sandbox comes from: documented, seen in public clients, or assumed.

As data, so that the README's table is made from it and cannot say anything else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """How much may be built on a rule."""

    DOCUMENTED = "documented"
    OBSERVED = "observed in public clients"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Provenance:
    """One row: what the sandbox does or says, with the HTTP status and reply code it says it by."""

    what: str
    source: Source
    status: int | None = None
    code: int | None = None


DOCUMENTED, OBSERVED, ASSUMED = Source.DOCUMENTED, Source.OBSERVED, Source.ASSUMED

TABLE: tuple[Provenance, ...] = (
    Provenance("`OK`", DOCUMENTED, 200, 0),
    Provenance("`Invalid key field id: [field_id]`", DOCUMENTED, 400, 2004),
    Provenance("`No value provided for key field: [field_id]`", DOCUMENTED, 400, 2005),
    Provenance("`No contact found with the external id: [key_id] - [external_id]`", DOCUMENTED, 400, 2008),
    Provenance(
        "`More contacts found with the external id: [key_id] - [external_id].`", DOCUMENTED, 400, 2010
    ),
    Provenance("`Invalid event id for customer.`", DOCUMENTED, 400, 5001),
    Provenance("`Invalid contact id for customer.`", DOCUMENTED, 400, 2012),
    Provenance(
        "`No program or campaign is triggered.`, where nothing uses the event and Interactions are off",
        DOCUMENTED,
        400,
        5005,
    ),
    Provenance("`Event data is not valid JSON.`", DOCUMENTED, 400, 5009),
    Provenance("`Event data is not an object.`", DOCUMENTED, 400, 5011),
    Provenance("`Invalid event time format.`", DOCUMENTED, 400, 5010),
    Provenance(
        "`Event data size above limit for interactions program triggering.` for more than 1,000,000 bytes: the limit is documented, this code for it is not",
        ASSUMED,
        400,
        5008,
    ),
    Provenance("`The request exceeded the maximum batch size of 1,000`", DOCUMENTED, 400, 1000),
    Provenance("`Missing parameter: contacts` for an empty list", ASSUMED, 400, 10001),
    Provenance("`contacts must be an array`", ASSUMED, 400, 10001),
    Provenance("`Invalid HTTP method.`", DOCUMENTED, 400, 1009),
    Provenance("`Invalid request payload.`, also for JSON that is no object", DOCUMENTED, 400, 1010),
    Provenance("A body over 10 MB: the limit is documented, the reply is not", ASSUMED, 413, 1001),
    Provenance("A body that does not arrive within 30 seconds", ASSUMED, 408, 1001),
    Provenance("`Unauthorized`", OBSERVED, 401, 1),
    Provenance("`Unauthorized Time frame is invalid`, more than five minutes off", OBSERVED, 401, 1),
    Provenance(
        "`Too many requests for this account and resource within the last minute.`: the text is documented, the body around it is not",
        ASSUMED,
        429,
        7003,
    ),
    Provenance(
        "`No event found with the specified ID.`, for the calls that read an event", DOCUMENTED, 400, 5001
    ),
    Provenance("`Invalid language code`", DOCUMENTED, 400, 1002),
    Provenance(
        "`Missing parameter: keyValues`, `keyValues must be an array`, `Fields must be an array`, `keyId must be an integer`, `Max. number of contacts: 1000`",
        DOCUMENTED,
        400,
        10001,
    ),
    Provenance("`The list of external ids exceeds the maximum size.`", DOCUMENTED, 400, 2002),
    Provenance("`Invalid datatype for the list of external ids. Array expected`", DOCUMENTED, 400, 2003),
    Provenance("`Invalid field id: [field_id]`", DOCUMENTED, 400, 2006),
    Provenance("`No field specified to return`", DOCUMENTED, 400, 2014),
    Provenance("`Invalid limit`", DOCUMENTED, 400, 2016),
    Provenance(
        "`One or more parameters are invalid or missing.`, for an offset that is no number",
        ASSUMED,
        400,
        1001,
    ),
    Provenance("`No contact list found with the specified ID.`", DOCUMENTED, 404, 3006),
    Provenance("`Not found.`, for a path that does not exist", ASSUMED, 404, 1),
    Provenance(
        "`Database connection error`, only as a rehearsed failure or where the sandbox's own disk fails",
        DOCUMENTED,
        500,
        1003,
    ),
    Provenance(
        "The order of judging: sign-in, rate, JSON, then 2004, 2005, 2008, 2010, 5001, 2012 as in the documented table, then the data, then 5005",
        ASSUMED,
    ),
    Provenance("The first broken rule alone is told", ASSUMED),
    Provenance(
        "With key id `id` or `uid` no field is looked up, so that an unknown contact is 2012", ASSUMED
    ),
    Provenance("A key id is a field id, `id` or `uid`; a field's name is 2004", ASSUMED),
    Provenance("Key ids and external ids may be JSON integers", DOCUMENTED),
    Provenance(
        "The e-mail address ignores ASCII case; all else is compared exactly and nothing is trimmed", ASSUMED
    ),
    Provenance("`data` may be null, and `[]` is taken for an empty object", OBSERVED),
    Provenance("`data` may be JSON text, which is decoded", ASSUMED),
    Provenance("`attachment` is accepted beside `data`", DOCUMENTED),
    Provenance("A repeated `trigger_id` is processed once", DOCUMENTED),
    Provenance(
        "A repeated `trigger_id` is answered 200 `OK`, for the whole account and without end", ASSUMED
    ),
    Provenance("A batch answers 200 with `ids` as text and `errors` by external id", DOCUMENTED),
    Provenance("`errors` is `[]` where nobody was refused", OBSERVED),
    Provenance("A batch that is refused for everybody is still 200", ASSUMED),
    Provenance("An empty `external_id` and a `data` of null beside `contacts` are ignored", OBSERVED),
    Provenance(
        "`connectedTo` for an account with Interactions, `false` where nothing uses the event", DOCUMENTED
    ),
    Provenance("Trailing and double slashes, and a body in a GET, are accepted", OBSERVED),
    Provenance("X-WSSE: the digest is base64 of the hexadecimal SHA-1", DOCUMENTED),
    Provenance(
        "X-WSSE: any order, case and spacing of its parts, any nonce, the header name `WSSE`", OBSERVED
    ),
    Provenance("X-WSSE: a nonce may be used again", OBSERVED),
    Provenance("X-WSSE: `Created` without a zone is in the service's own", DOCUMENTED),
    Provenance("OAuth 2 client credentials with HTTP Basic; bearer tokens for /api/v3", DOCUMENTED),
    Provenance("Tokens are good for an hour", OBSERVED),
    Provenance("A thousand requests a minute, told by three headers on every reply", DOCUMENTED),
    Provenance("Ids in lists are text", DOCUMENTED),
    Provenance("getdata: `result` is `false` where nobody was found", DOCUMENTED),
    Provenance("getdata: at most 100 contacts for one value", ASSUMED),
    Provenance(
        "One contact list, with everybody; settings of an invented account; fields without choices", ASSUMED
    ),
)


def provenance_rows() -> Iterator[str]:
    """The README's table, line by line."""
    yield "| HTTP | code | what | source |"
    yield "|---|---|---|---|"
    for row in TABLE:
        status, code = ("" if number is None else str(number) for number in (row.status, row.code))
        yield f"| {status} | {code} | {row.what} | {row.source} |"
