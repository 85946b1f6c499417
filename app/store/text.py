"""Converts texts and times for SQLite and back.

SQLite rejects lone surrogates in text, so they are replaced.
"""

import sys
from datetime import UTC, datetime, timedelta

from app.domain.recipient import normalize
from app.domain.text import replace_surrogates

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def stored(text: str) -> str:
    """The text with U+FFFD for each lone surrogate."""
    return replace_surrogates(text)


def stored_or_null(text: str | None) -> str | None:
    return None if text is None else stored(text)


def comparable(key_id: str, value: str) -> str:
    """The value in the form used for comparison: lower case (ASCII) for field 3, unchanged for other fields."""
    return stored(normalize(key_id, value))


def numeric_order(identifier: str) -> tuple[int, str, str]:
    """A sort key: numbers of any length by value, then everything else as text."""
    if identifier.isascii() and identifier.isdigit():
        digits = identifier.lstrip("0")
        return len(digits), digits, identifier
    return sys.maxsize, identifier, identifier


def microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
