"""The line in which a query is written, read and written: `outcome:rejected code:2008,2010 since:1d -thor "two words"`.

A word stands for text; `field:value` for a filter; several values, by commas or by naming the field again, for any of
them; a hyphen before for none of them. What is in double quotes is taken as it stands, `\\"` and `\\\\` in it being a
quote and a backslash.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import AppError
from app.domain.history_query import (
    NO_VALUE,
    NUMERIC,
    OUTCOMES,
    SETTLEMENTS,
    Column,
    Filter,
    HistoryQuery,
    Order,
    QueryField,
    Value,
    Word,
)
from app.domain.query_times import KNOWN, KNOWN_DAYS, Clock

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
