"""Any Python text, and moments, in and out of SQLite without loss.

Replies and typed values may hold lone surrogates, which SQLite refuses as text. Such a text is stored as the
bytes of its lossless encoding: equal texts stay equal, and different ones different.
"""

import sys
from datetime import UTC, datetime, timedelta

from app.domain.fingerprint import normalize

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Stored = str | bytes


def stored(text: str) -> Stored:
    """The text itself, or its bytes where SQLite could not hold it as text."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def stored_or_null(text: str | None) -> Stored | None:
    """The same, with None for None."""
    return None if text is None else stored(text)


def restored(value: Stored) -> str:
    """The text that `stored` was given."""
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value


def restored_or_none(value: Stored | None) -> str | None:
    """The same, with None for None."""
    return None if value is None else restored(value)


def comparable(key_id: str, value: str) -> Stored:
    """The form in which a value of this field is compared: field 3 ignores ASCII case, all else is exact."""
    return stored(normalize(key_id, value))


def searchable(text: str) -> str:
    """The text for the word index; what SQLite cannot hold as text becomes a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def numeric_order(identifier: str) -> tuple[int, str, str]:
    """A sort key: numbers by value, of any length, then everything else by text."""
    if identifier.isascii() and identifier.isdigit():
        digits = identifier.lstrip("0")
        return len(digits), digits, identifier
    return sys.maxsize, identifier, identifier


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970, UTC."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    """The time of day in UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)
