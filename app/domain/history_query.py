"""Queries of the history, as values and as the lines that people type.

`outcome:rejected code:2008,2010 since:1d -thor "two words"`: a word searches the text, `field:value` filters.
Several values, separated by commas or in several terms, mean any of them; a leading hyphen means none of them.
Double quotes take their content literally, with `\\"` and `\\\\` for a quote and a backslash.

A new filter is a row of `QueryField` here, of `store.history_search.COLUMNS`, and of the help page `queries`.
"""

import difflib
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import NamedTuple

from app.domain.errors import AppError
from app.domain.model import Outcome
from app.domain.reply_codes import describe
from app.domain.text import id_prefixes

MAX_TERMS = 100
MAX_TERM_LENGTH = 10_000
MAX_SHOWN = 40
ID_LENGTH = 36


class SortColumn(StrEnum):
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
    """A column and a direction; attempts without a value in the column come last either way.

    Outcomes sort in the order of `Outcome`, events and keys by numeric id, texts without regard to ASCII case, and
    equal values by time.
    """

    column: SortColumn = SortColumn.TIME
    descending: bool = True


class Value(NamedTuple):
    """One value, compared without regard to ASCII case; in a `pattern` each `*` matches any characters, or none."""

    text: str
    pattern: bool = False


class Range(NamedTuple):
    low: float | None
    high: float | None


Values = tuple[Value | Range, ...]
NEWEST_FIRST = Order()


# Times


KNOWN_TIMES = "a span back from now (30m, 1h, 1d, 2w), today, yesterday, a date (2026-03-01) or a time (2026-03-01T10:31)"
KNOWN_DAYS = "today, yesterday or a date (2026-03-01)"

_SPAN = re.compile(r"([0-9]{1,9})([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Clock(NamedTuple):
    """The current time, and the time zone in which days begin; None for the zone of this machine."""

    now: datetime
    zone: tzinfo | None = None

    def day(self, text: str) -> tuple[datetime, datetime] | None:
        """The beginning and end of a day, 23 or 25 hours apart when daylight saving time changes; None if it is no day."""
        day = self._day(text)
        try:
            return None if day is None else (self._midnight(day), self._midnight(day + timedelta(days=1)))
        except (OverflowError, ValueError, OSError):
            return None

    def moment(self, text: str, *, end: bool = False) -> datetime | None:
        """The moment, or the beginning or `end` of the day; None if the text is not a time."""
        try:
            if span := _SPAN.fullmatch(text.lower()):
                return (self.now - timedelta(**{_UNITS[span[2]]: int(span[1])})).astimezone(UTC)
            if day := self._day(text):
                return self._midnight(day + timedelta(days=end))
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


# The terms of a line


class QueryFaultError(AppError):
    """A query with a syntax error; `position` is the character, from 1, where the error begins."""

    def __init__(self, reason: str, position: int) -> None:
        self.reason = reason
        self.position = position
        super().__init__(f"Error in the query at character {position}: {reason}")


class Term(NamedTuple):
    """One term, which begins `at`, with its value at `value_at`, both counted from 1; the next may begin at `end`."""

    at: int
    value_at: int
    negated: bool
    field: str | None
    value: str
    quoted: bool
    end: int

    def fault(self, reason: str) -> QueryFaultError:
        return QueryFaultError(reason, self.value_at)


_TERM = re.compile(
    r'(?P<not>-?)(?:(?P<field>[A-Za-z_]+):)?(?P<value>"(?:[^"\\]|\\.)*(?P<end>"?)|\S*)', re.DOTALL
)
_NEXT = re.compile(r"\s*(?=\S)")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def terms(line: str) -> Iterator[Term]:
    at = 0
    while found := _NEXT.match(line, at):
        term = _term(line, found.end())
        yield term
        at = term.end


def _term(line: str, start: int) -> Term:
    found = _TERM.match(line, start)
    assert found is not None  # noqa: S101 - the pattern matches any text, even an empty one
    value = found["value"]
    at, value_at = start + 1, found.start("value") + 1
    quoted = value.startswith('"')
    if quoted:
        if not found["end"]:
            raise QueryFaultError('a quote is not closed. Add " at the end.', value_at)
        value = _ESCAPED.sub(r"\1", value[1:-1])
    return Term(at, value_at, found["not"] == "-", found["field"], value, quoted, found.end())


# The fields


NO_VALUE = "none"
"""The value that finds attempts without a reply code or HTTP status."""

SETTLEMENTS = ("no", "arrived", "did-not")
"""The values of `settled`: unresolved, or the resolution as `history settle` names it."""

FAILED = "failed"

_FAILURES = (Outcome.REJECTED, Outcome.NOT_SENT, Outcome.UNKNOWN)
_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_LIMIT = re.compile(r"([<>]=?)([0-9]{1,12}(?:\.[0-9]{1,6})?)", re.ASCII)
_SPAN_OF_NUMBERS = re.compile(r"([0-9]{1,12})-([0-9]{1,12})", re.ASCII)
_CLASS = re.compile(r"([1-9])xx", re.ASCII | re.IGNORECASE)


def _read_text(text: str, term: Term) -> Values:
    return (Value(text, not term.quoted and "*" in text),)


def _read_note(text: str, term: Term) -> Values:
    if text.lower() == NO_VALUE and not term.quoted:
        return (Value(NO_VALUE),)
    return (Value(f"*{text}*", True),)


def _read_run(text: str, term: Term) -> Values:
    if len(text) >= ID_LENGTH or "*" in text:
        return _read_text(text, term)
    return tuple(Value(f"{prefix}*", True) for prefix in (text, *id_prefixes(text)))


def _read_outcome(text: str, term: Term) -> Values:
    if text.lower() == FAILED:
        return tuple(Value(outcome) for outcome in _FAILURES)
    return _read_known(text.lower().replace("-", "_").replace(" ", "_"), "outcome", list(Outcome), text, term)


def _read_settlement(text: str, term: Term) -> Values:
    return _read_known(
        text.lower().replace("_", "-").replace(" ", "-"), "resolution", SETTLEMENTS, text, term
    )


def _read_known(name: str, what: str, known: Collection[str], text: str, term: Term) -> Values:
    if name not in known:
        raise term.fault(f"unknown {what} {_shown(text)}. Use {_listed(known)}.")
    return (Value(name),)


def _read_number(text: str, term: Term) -> Values:
    if text.lower() == NO_VALUE:
        return (Value(NO_VALUE),)
    if _NUMBER.fullmatch(text):
        return (Value(str(int(text))),)
    found = _range(text)
    if found is None:
        raise term.fault(
            f"{_shown(text)} is not a number. Use a number, a range (2004-2012, 5xx, >1000), or {NO_VALUE}."
        )
    return (found,)


def _range(text: str) -> Range | None:
    if limit := _LIMIT.fullmatch(text):
        sign, number = limit[1], float(limit[2])
        # Without an equals sign the range begins or ends with the number next to this one.
        if sign.startswith(">"):
            return Range(number if sign == ">=" else math.nextafter(number, math.inf), None)
        return Range(None, number if sign == "<=" else math.nextafter(number, -math.inf))
    if span := _SPAN_OF_NUMBERS.fullmatch(text):
        return Range(int(span[1]), int(span[2]))
    if hundreds := _CLASS.fullmatch(text):
        return Range(int(hundreds[1]) * 100, int(hundreds[1]) * 100 + 99)
    return None


class QueryField(StrEnum):
    OUTCOME = "outcome"
    CODE = "code"
    STATUS = "status"
    EVENT = "event"
    KEY = "key"
    CONTACT = "contact"
    """The external id, or any key, the id or the name of the contact that it found."""
    PERSON = "person"
    NOTE = "note"
    TOOK = "took"
    PROFILE = "profile"
    PREVIOUS = "previous"
    """The outcome of the previous attempt on the same account with the same key field and external id."""
    SETTLED = "settled"
    """The resolution of an unknown outcome; other attempts have none."""
    RUN = "run"


TIMES = ("since", "until", "on")
FIELDS = (*QueryField, *TIMES, "sort")

_READERS: Mapping[QueryField, Callable[[str, Term], Values]] = {
    QueryField.OUTCOME: _read_outcome,
    QueryField.CODE: _read_number,
    QueryField.STATUS: _read_number,
    QueryField.NOTE: _read_note,
    QueryField.TOOK: _read_number,
    QueryField.PREVIOUS: _read_outcome,
    QueryField.SETTLED: _read_settlement,
    QueryField.RUN: _read_run,
}
_WITH_COMMAS = (QueryField.CONTACT, QueryField.PERSON, QueryField.NOTE)
_DAYS = ("today", "yesterday")
_OFFERED: Mapping[str, tuple[str, ...]] = {
    "outcome": ("rejected", "failed", "unknown", "accepted", "partial", "not_sent", "sending"),
    "code": ("2008", NO_VALUE),
    "status": ("400", "5xx", NO_VALUE),
    "note": (NO_VALUE,),
    "took": (">1000", NO_VALUE),
    "previous": ("accepted", "unknown", "rejected", "partial", "not_sent", "sending"),
    "settled": SETTLEMENTS,
    "sort": (*SortColumn, *(f"-{column}" for column in SortColumn)),
    "on": _DAYS,
    "since": (*_DAYS, "1h", "1d", "1w"),
    "until": (*_DAYS, "1h", "1d", "1w"),
}


# The queries


@dataclass(frozen=True, slots=True)
class Filter:
    """Matches attempts with one of these values in this field or, if `negated`, with none of them."""

    field: QueryField
    values: Values
    negated: bool = False


class Word(NamedTuple):
    """Matches attempts with this text in request, reply or note or, if `negated`, without it.

    Compares runs of letters and digits without regard to case and accents: they must follow one another, and the last
    one may be longer in the text.
    """

    text: str
    negated: bool = False


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """Attempts that pass every filter, contain every word, and started in `since` <= time < `until`."""

    filters: tuple[Filter, ...] = ()
    words: tuple[Word, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    order: Order = NEWEST_FIRST

    @property
    def is_everything(self) -> bool:
        return not (self.filters or self.words or self.since or self.until)

    @property
    def names_profile(self) -> bool:
        return any(one.field is QueryField.PROFILE and not one.negated for one in self.filters)


EVERYTHING = HistoryQuery()

NOTHING = HistoryQuery(until=datetime(1, 1, 1, tzinfo=UTC))
"""Finds no attempt, as a line with an error does."""


# From a line to a query


def parse_query(line: str, clock: Clock) -> HistoryQuery:
    """The query in a line; an empty line means every attempt, newest first. Raises QueryFaultError."""
    query = HistoryQuery()
    for number, term in enumerate(terms(line), start=1):
        if number > MAX_TERMS:
            raise QueryFaultError(f"a query has at most {MAX_TERMS} terms.", term.at)
        if len(term.value) > MAX_TERM_LENGTH:
            raise term.fault(f"a term has at most {MAX_TERM_LENGTH:,} characters.")
        query = _with_term(query, term, clock)
    return query


def _with_term(query: HistoryQuery, term: Term, clock: Clock) -> HistoryQuery:
    if term.field is None:
        return _with_word(query, term)
    name = term.field.lower()
    if name not in FIELDS:
        raise QueryFaultError(
            f"unknown field {_shown(term.field)}. Use {_listed(FIELDS)}; to find it as text, put it in double quotes.",
            term.at + term.negated,
        )
    if not term.value and not term.quoted:
        raise term.fault(f"a value must follow {name}: without a space.")
    if name in TIMES or name == "sort":
        return _with_setting(query, name, term, clock)
    return _with_filter(query, _filter(QueryField(name), term))


def _with_word(query: HistoryQuery, term: Term) -> HistoryQuery:
    if not any(character.isalnum() for character in term.value):
        raise term.fault("a word must follow, with a letter or a digit in it.")
    return replace(query, words=(*query.words, Word(term.value, term.negated)))


def _with_setting(query: HistoryQuery, name: str, term: Term, clock: Clock) -> HistoryQuery:
    if term.negated:
        raise QueryFaultError(f"{name}: cannot be negated. Leave the hyphen out.", term.at)
    match name:
        case "since":
            return _within(query, _moment(clock, term), None)
        case "until":
            return _within(query, None, _moment(clock, term, end=True))
        case "on":
            day = clock.day(term.value)
            if day is None:
                raise term.fault(f"{_shown(term.value)} is not a day. Use {KNOWN_DAYS}.")
            return _within(query, *day)
        case _:
            return replace(query, order=_order(term))


def _moment(clock: Clock, term: Term, *, end: bool = False) -> datetime:
    moment = clock.moment(term.value, end=end)
    if moment is None:
        raise term.fault(f"{_shown(term.value)} is not a time. Use {KNOWN_TIMES}.")
    return moment


def _within(query: HistoryQuery, since: datetime | None, until: datetime | None) -> HistoryQuery:
    starts = [moment for moment in (query.since, since) if moment]
    ends = [moment for moment in (query.until, until) if moment]
    return replace(query, since=max(starts, default=None), until=min(ends, default=None))


def _order(term: Term) -> Order:
    name = term.value.lower()
    column = name.removeprefix("-")
    if column not in list(SortColumn):
        raise term.fault(
            f"unknown column {_shown(term.value)}. Use {_listed(SortColumn)}; a hyphen before it sorts descending."
        )
    return Order(SortColumn(column), name.startswith("-"))


def _filter(field: QueryField, term: Term) -> Filter:
    whole = term.quoted or field in _WITH_COMMAS
    parts = [term.value] if whole else term.value.split(",")
    if not (whole or all(parts)):
        raise term.fault(f"a value is missing between the commas after {field}:")
    read = _READERS.get(field, _read_text)
    values = tuple(value for part in parts for value in read(part, term))
    return Filter(field, values, term.negated)


def _with_filter(query: HistoryQuery, added: Filter) -> HistoryQuery:
    for index, one in enumerate(query.filters):
        if (one.field, one.negated) == (added.field, added.negated):
            merged = replace(one, values=tuple(dict.fromkeys((*one.values, *added.values))))
            return replace(query, filters=(*query.filters[:index], merged, *query.filters[index + 1 :]))
    return replace(query, filters=(*query.filters, added))


def _shown(text: str) -> str:
    return f'"{text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"}"'


def _listed(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}"


# From one line to another


_PLAIN = re.compile(r'[^\s"*,:-][^\s"*,:]*')
_DESCENDING_FIRST = (SortColumn.TIME, SortColumn.TOOK)


def filter_text(field: QueryField, value: str, *, negated: bool = False) -> str:
    is_number = _READERS.get(field) is _read_number and _NUMBER.fullmatch(value)
    is_plain = is_number or _PLAIN.fullmatch(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f"{'-' if negated else ''}{field}:{value if is_plain else f'{chr(34)}{escaped}{chr(34)}'}"


def replaced(line: str, fields: Collection[str], text: str) -> str:
    """The line without its terms of these fields, and with `text` at its end. Raises QueryFaultError."""
    kept = [line[term.at - 1 : term.end] for term in terms(line) if (term.field or "").lower() not in fields]
    return " ".join([*kept, text] if text else kept)


def with_order(line: str, column: SortColumn) -> str:
    """The line sorted by this column, or in reverse if it already is. Raises QueryFaultError."""
    now = next((term.value.lower() for term in terms(line) if (term.field or "").lower() == "sort"), "-time")
    descending = now == column or (now != f"-{column}" and column in _DESCENDING_FIRST)
    if Order(column, descending) == NEWEST_FIRST:
        return replaced(line, ("sort",), "")
    return replaced(line, ("sort",), f"sort:{'-' if descending else ''}{column}")


def proposal(line: str, fault: QueryFaultError) -> str | None:
    """The line with its error corrected to the likely intention; None if there is no good guess."""
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
    corrected = [_nearest(part, _OFFERED.get(asked, ())) for part in parts]
    if None in corrected:
        return None
    return f"{before}{','.join(filter(None, dict.fromkeys(corrected)))}{blank}{after}"


def completion(line: str) -> str | None:
    """The line with its last word completed to a field or a value; None if no field or value begins with it."""
    start = line.rfind(" ") + 1
    word = line[start:].removeprefix("-")
    field, colon, value = word.partition(":")
    known: Iterable[str] = _OFFERED.get(field.lower(), ()) if colon else (f"{one}:" for one in FIELDS)
    typed = value.rpartition(",")[2] if colon else word
    found = next((one for one in known if typed and one != typed and one.startswith(typed.lower())), None)
    return None if found is None else line[: len(line) - len(typed)] + found


def _nearest(text: str, known: Collection[str]) -> str | None:
    lowered = text.lower()
    if lowered in known:
        return text
    beginning = [one for one in known if one.startswith(lowered)]
    near = beginning or difflib.get_close_matches(lowered, known, 1, 0.5)
    return near[0] if near else None


# Statistics


class Bucket(NamedTuple):
    start: datetime
    counts: Mapping[Outcome, int]


class CodeCount(NamedTuple):
    """The number of attempts with one reply code and HTTP status; without a code the status is None too."""

    code: int | None
    status: int | None
    attempts: int

    @property
    def title(self) -> str:
        return "none" if self.code is None else str(self.code)

    @property
    def words(self) -> str:
        return describe(self.code, self.status) or ("no reply code" if self.code is None else "")


class EventShare(NamedTuple):
    """The number of attempts with one event, and how many of them Emarsys rejected, at least in part."""

    event_id: str
    event_name: str | None
    attempts: int
    rejected: int

    @property
    def share(self) -> float:
        return self.rejected / self.attempts


@dataclass(frozen=True, slots=True)
class AttemptStatistics:
    """Statistics of all attempts that a query finds.

    `buckets` follow one another without gaps, each `bucket_s` seconds long. `codes` starts with the most frequent
    one. `events` starts with the highest rejection rate. `durations` are the percentiles p50, p95 and p99 and the longest,
    max, in milliseconds, timeouts included; None if no duration is known.
    """

    counts: Mapping[Outcome, int]
    bucket_s: int
    buckets: tuple[Bucket, ...]
    codes: tuple[CodeCount, ...]
    events: tuple[EventShare, ...]
    durations: Mapping[str, float | None]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


SPANS_S = (60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400, 7 * 86_400, 28 * 86_400, 364 * 86_400)


def bucket_seconds(first: datetime, last: datetime, most: int) -> int:
    """The shortest span in SPANS_S of which at most `most` buckets cover the time from `first` to `last`."""
    whole = (last - first).total_seconds()
    return next((span for span in SPANS_S if whole / span < most - 1), SPANS_S[-1])
