"""Queries of the history: as a value, and as the line that people write."""

import difflib
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from app.domain.errors import AppError
from app.domain.model import Outcome


class QueryField(StrEnum):
    """What can be asked of an attempt by `field:value`."""

    OUTCOME = "outcome"
    CODE = "code"
    STATUS = "status"
    EVENT = "event"
    """Its id or its name."""
    KEY = "key"
    CONTACT = "contact"
    PROFILE = "profile"
    PREVIOUS = "previous"
    """The outcome of the attempt recorded before it on the same external id, by the same key field, on its account."""
    SETTLED = "settled"
    """What somebody settled about its outcome, where that is unknown; no other has it."""


class Column(StrEnum):
    """What attempts can be sorted by."""

    TIME = "time"
    OUTCOME = "outcome"
    EVENT = "event"
    KEY = "key"
    CONTACT = "contact"
    STATUS = "status"
    CODE = "code"
    TEXT = "text"
    TOOK = "took"


class Order(NamedTuple):
    """A column, and which way; what has no value in that column stands last either way.

    Outcomes in the order of `Outcome`, events and keys by numeric id, texts with ASCII case ignored; equal ones by time.
    """

    column: Column = Column.TIME
    descending: bool = True


class Value(NamedTuple):
    """One value as it is compared, ASCII case ignored; in a `pattern` every `*` stands for any characters, also none."""

    text: str
    pattern: bool = False


class Filter(NamedTuple):
    """An attempt has one of these values in this field; or, where `negated`, none of them."""

    field: QueryField
    values: tuple[Value, ...]
    negated: bool = False


class Word(NamedTuple):
    """What stands in request, reply or note; or, where `negated`, does not.

    Compared are runs of letters and digits, upper and lower case and accents ignored: those of the text follow one
    another, and the last one may go on.
    """

    text: str
    negated: bool = False


class HistoryQuery(NamedTuple):
    """Attempts that pass every filter, contain every word, and began from `since` on and before `until`."""

    filters: tuple[Filter, ...] = ()
    words: tuple[Word, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    order: Order = Order()

    @property
    def is_everything(self) -> bool:
        """Whether every attempt is meant."""
        return not (self.filters or self.words or self.since or self.until)

    @property
    def names_profile(self) -> bool:
        """Whether it asks for profiles, and so may mean other accounts than the live one."""
        return any(one.field is QueryField.PROFILE and not one.negated for one in self.filters)


NO_VALUE = "none"
"""How a query asks for attempts without a reply code or HTTP status."""

SETTLEMENTS = ("no", "arrived", "did-not")
"""How a query asks for unknown outcomes: nobody settled them, or somebody did, in the words of `history settle`."""

OUTCOMES = {outcome.value: outcome for outcome in Outcome}
NUMERIC = (QueryField.CODE, QueryField.STATUS)


KNOWN = "a span back from now (30m, 1h, 1d, 2w), today, yesterday, a date (2026-03-01) or a time (2026-03-01T10:31)"
KNOWN_DAYS = "today, yesterday or a date (2026-03-01)"

_SPAN = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is, and in which zone days begin; without a zone that of this machine."""

    now: datetime
    zone: tzinfo | None = None

    def since(self, text: str) -> datetime | None:
        """The first moment that is meant; None for a text that means none."""
        return self._moment(text, 0)

    def until(self, text: str) -> datetime | None:
        """The moment up to which is meant: of a day, its end."""
        return self._moment(text, 1)

    def day(self, text: str) -> tuple[datetime, datetime] | None:
        """Where a day begins and ends."""
        day = self._day(text)
        try:
            return None if day is None else (self._midnight(day), self._midnight(day + timedelta(days=1)))
        except (OverflowError, ValueError, OSError):
            return None

    def _moment(self, text: str, days: int) -> datetime | None:
        try:
            if span := _SPAN.fullmatch(text.lower()):
                return (self.now - timedelta(**{_UNITS[span[2]]: int(span[1])})).astimezone(UTC)
            if day := self._day(text):
                return self._midnight(day + timedelta(days=days))
            return self._at(datetime.fromisoformat(text))
        except (OverflowError, ValueError, OSError):
            return None

    def _day(self, text: str) -> date | None:
        today = self.now.astimezone(self.zone).date()
        named = {"today": today, "yesterday": today - timedelta(days=1)}
        if text.lower() in named:
            return named[text.lower()]
        try:
            return date.fromisoformat(text)
        except ValueError:
            return None

    def _midnight(self, day: date) -> datetime:
        return self._at(datetime.combine(day, time()))

    def _at(self, moment: datetime) -> datetime:
        if moment.tzinfo is None and self.zone is not None:
            moment = moment.replace(tzinfo=self.zone)
        return moment.astimezone(UTC)


_TERM = re.compile(
    r'(?P<not>-?)(?:(?P<field>[A-Za-z_]+):)?(?P<value>"(?:[^"\\]|\\.)*(?P<end>"?)|\S*)', re.DOTALL
)
_NEXT = re.compile(r"\s*(?=\S)")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_PLAIN = re.compile(r'[^\s"*,:-][^\s"*,:]*')
TIMES = ("since", "until", "on")
_SORT = "sort"
FIELDS = (*QueryField, *TIMES, _SORT)
_SHOWN = 40
_LONGEST_TERM = 10_000
_MOST_TERMS = 100


class QueryFaultError(AppError):
    """A query that cannot be understood: `position` is the character, from 1, at which that begins."""

    def __init__(self, reason: str, position: int) -> None:
        self.reason = reason
        self.position = position
        super().__init__(f"The query is not understood at character {position}: {reason}")


@dataclass(frozen=True, slots=True)
class Term:
    """One term of the line: it begins `at`, its value at `value_at`, both from 1; the next may begin at `end`."""

    at: int
    value_at: int
    negated: bool
    field: str | None
    value: str
    quoted: bool
    end: int

    def fault(self, reason: str) -> QueryFaultError:
        return QueryFaultError(reason, self.value_at)


def parse_query(line: str, clock: Clock) -> HistoryQuery:
    """The query that a line means; an empty one means every attempt, newest first. Raises QueryFaultError."""
    query = HistoryQuery()
    for number, term in enumerate(terms(line), start=1):
        if number > _MOST_TERMS:
            raise QueryFaultError(f"a query has at most {_MOST_TERMS} terms.", term.at)
        if len(term.value) > _LONGEST_TERM:
            raise term.fault(f"a term has at most {_LONGEST_TERM:,} characters.")
        query = _with_term(query, term, clock)
    return query


def filter_text(field: QueryField, value: str, *, negated: bool = False) -> str:
    """How a filter for exactly this value is written."""
    plain = _PLAIN.fullmatch(value) or (field in NUMERIC and _NUMBER.fullmatch(value))
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f"{'-' if negated else ''}{field}:{value if plain else f'{chr(34)}{escaped}{chr(34)}'}"


def terms(line: str) -> Iterator[Term]:
    """The terms of a line, from left to right. Raises QueryFaultError where a quote is not closed."""
    at = 0
    while found := _NEXT.match(line, at):
        term = _term(line, found.end())
        yield term
        at = term.end


def _term(line: str, start: int) -> Term:
    found = _TERM.match(line, start)
    assert found is not None  # noqa: S101 - the pattern matches anything, also nothing
    value = found["value"]
    at, value_at = start + 1, found.start("value") + 1
    quoted = value.startswith('"')
    if quoted:
        if not found["end"]:
            raise QueryFaultError('the quote that opens here is not closed; add " at its end.', value_at)
        value = _ESCAPED.sub(r"\1", value[1:-1])
    return Term(at, value_at, found["not"] == "-", found["field"], value, quoted, found.end())


def _with_term(query: HistoryQuery, term: Term, clock: Clock) -> HistoryQuery:
    if term.field is None:
        return _with_word(query, term)
    name = term.field.lower()
    if name not in FIELDS:
        raise QueryFaultError(
            f"there is no field {_shown(term.field)}. Known are {', '.join(FIELDS)}; to find it as text, put it in "
            "double quotes.",
            term.at + term.negated,
        )
    if not term.value and not term.quoted:
        raise term.fault(f"a value must follow {name}: without a blank.")
    if name in TIMES or name == _SORT:
        return _with_setting(query, name, term, clock)
    return _with_filter(query, _filter(QueryField(name), term))


def _with_word(query: HistoryQuery, term: Term) -> HistoryQuery:
    if not any(character.isalnum() for character in term.value):
        raise term.fault("a word must follow, with a letter or a digit in it.")
    return query._replace(words=(*query.words, Word(term.value, term.negated)))


def _with_setting(query: HistoryQuery, name: str, term: Term, clock: Clock) -> HistoryQuery:
    if term.negated:
        raise QueryFaultError(f"{name}: cannot be negated; leave the hyphen out.", term.at)
    match name:
        case "since":
            return _within(query, _moment(clock.since, term), None)
        case "until":
            return _within(query, None, _moment(clock.until, term))
        case "on":
            day = clock.day(term.value)
            if day is None:
                raise term.fault(f"{_shown(term.value)} is no day. Known are {KNOWN_DAYS}.")
            return _within(query, *day)
        case _:
            return query._replace(order=_order(term))


def _moment(read: Callable[[str], datetime | None], term: Term) -> datetime:
    moment = read(term.value)
    if moment is None:
        raise term.fault(f"{_shown(term.value)} is no time. Known are {KNOWN}.")
    return moment


def _within(query: HistoryQuery, since: datetime | None, until: datetime | None) -> HistoryQuery:
    starts = [moment for moment in (query.since, since) if moment]
    ends = [moment for moment in (query.until, until) if moment]
    return query._replace(since=max(starts, default=None), until=min(ends, default=None))


def _order(term: Term) -> Order:
    name = term.value.lower()
    column = name.removeprefix("-")
    if column not in list(Column):
        raise term.fault(
            f"{_shown(term.value)} is no column. Known are {', '.join(Column)}; a hyphen before means falling."
        )
    return Order(Column(column), name.startswith("-"))


def _with_filter(query: HistoryQuery, added: Filter) -> HistoryQuery:
    for index, one in enumerate(query.filters):
        if (one.field, one.negated) == (added.field, added.negated):
            merged = one._replace(values=tuple(dict.fromkeys((*one.values, *added.values))))
            return query._replace(filters=(*query.filters[:index], merged, *query.filters[index + 1 :]))
    return query._replace(filters=(*query.filters, added))


def _filter(field: QueryField, term: Term) -> Filter:
    # An external id may hold a comma; the values of the other fields do not.
    whole = term.quoted or field is QueryField.CONTACT
    parts = [term.value] if whole else term.value.split(",")
    if not (whole or all(parts)):
        raise term.fault(f"between the commas after {field}: a value is missing.")
    return Filter(field, tuple(_value(field, part, term) for part in parts), term.negated)


def _value(field: QueryField, text: str, term: Term) -> Value:
    if field in (QueryField.OUTCOME, QueryField.PREVIOUS):
        return Value(_outcome(text, term))
    if field is QueryField.SETTLED:
        return Value(_settlement(text, term))
    if field in NUMERIC:
        return Value(_number(field, text, term))
    return Value(text, not term.quoted and "*" in text)


def _outcome(text: str, term: Term) -> str:
    name = text.lower().replace("-", "_").replace(" ", "_")
    if name not in OUTCOMES:
        raise term.fault(f"there is no outcome {_shown(text)}. Known are {', '.join(OUTCOMES)}.")
    return name


def _settlement(text: str, term: Term) -> str:
    name = text.lower().replace("_", "-").replace(" ", "-")
    if name not in SETTLEMENTS:
        raise term.fault(f"there is no settlement {_shown(text)}. Known are {', '.join(SETTLEMENTS)}.")
    return name


def _number(field: QueryField, text: str, term: Term) -> str:
    if text.lower() == NO_VALUE:
        return NO_VALUE
    if not _NUMBER.fullmatch(text):
        what = "reply code" if field is QueryField.CODE else "HTTP status"
        raise term.fault(f"{_shown(text)} is no {what}. Known are numbers, and {NO_VALUE}.")
    return str(int(text))


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")


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
