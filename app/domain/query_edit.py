"""Changes to the line of a query that do not need it retyped: presets, another order, a way out of a fault.

Separate from `query_text`, which says what a line means: here a line becomes another line.
"""

import difflib
from collections.abc import Collection, Iterable

from app.domain.history_query import SETTLEMENTS, Column, Order
from app.domain.query_text import FIELDS, QueryFaultError, terms

_DAYS = ("today", "yesterday")
_SPANS = ("1h", "1d", "1w")
_VALUES: dict[str, Collection[str]] = {
    "outcome": ("rejected", "unknown", "accepted", "partial", "not_sent", "sending"),
    "previous": ("accepted", "unknown", "rejected", "partial", "not_sent", "sending"),
    "settled": SETTLEMENTS,
    "sort": [*Column, *(f"-{column}" for column in Column)],
    "on": _DAYS,
    "since": [*_DAYS, *_SPANS],
    "until": [*_DAYS, *_SPANS],
    "code": ("2008", "none"),
    "status": ("400", "none"),
}
_FALLING_FIRST = (Column.TIME, Column.TOOK)


def replaced(line: str, fields: Collection[str], text: str) -> str:
    """The line without its terms of these fields, negated ones too, and with `text` at its end.

    Raises QueryFaultError for a line whose quotes are not closed.
    """
    kept = [line[term.at - 1 : term.end] for term in terms(line) if (term.field or "").lower() not in fields]
    return " ".join([*kept, text] if text else kept)


def with_order(line: str, column: Column) -> str:
    """The line sorted by this column; where it already is, the other way round. Raises QueryFaultError."""
    now = next((term.value.lower() for term in terms(line) if (term.field or "").lower() == "sort"), "-time")
    falling = now == column or (now != f"-{column}" and column in _FALLING_FIRST)
    default = Order()
    if (column, falling) == (default.column, default.descending):
        return replaced(line, ("sort",), "")
    return replaced(line, ("sort",), f"sort:{'-' if falling else ''}{column}")


def proposal(line: str, fault: QueryFaultError) -> str | None:
    """The line with what is faulty in it mended as it was probably meant; None where nothing comes to mind."""
    before, rest = line[: fault.position - 1], line[fault.position - 1 :]
    if rest.startswith('"'):
        return f'{line}"'
    wrong, blank, after = rest.partition(" ")
    field, colon, _ = wrong.partition(":")
    if colon and field.lower() not in FIELDS:
        near = _nearest(field, FIELDS)
        return None if near is None else f"{before}{near}{wrong[len(field) :]}{blank}{after}"
    asked = before.split()[-1].removeprefix("-").removesuffix(":").lower() if before.endswith(":") else ""
    parts = [part for part in wrong.split(",") if part] or [""]
    mended = [_mended(part, _VALUES.get(asked, ())) for part in parts]
    return (
        None if None in mended else f"{before}{','.join(filter(None, dict.fromkeys(mended)))}{blank}{after}"
    )


def completion(line: str) -> str | None:
    """The line with the word at its end written out, where it begins a field or a value; None where it does not."""
    start = line.rfind(" ") + 1
    word = line[start:].removeprefix("-")
    field, colon, value = word.partition(":")
    known: Iterable[str] = _VALUES.get(field.lower(), ()) if colon else (f"{one}:" for one in FIELDS)
    typed = value.rpartition(",")[2] if colon else word
    found = next((one for one in known if typed and one != typed and one.startswith(typed.lower())), None)
    return None if found is None else line[: len(line) - len(typed)] + found


def _mended(value: str, known: Collection[str]) -> str | None:
    return value if value.lower() in known else _nearest(value, known)


def _nearest(text: str, known: Collection[str]) -> str | None:
    lowered = text.lower()
    beginning = [one for one in known if one.startswith(lowered)]
    near = beginning or difflib.get_close_matches(lowered, known, 1, 0.5)
    return near[0] if near else None
