"""The sentence for each reply code: of the documented error table, and of the public registry for the others."""

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
