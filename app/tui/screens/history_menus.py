"""The menus of the history: each entry with the query that it writes."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from textual.content import Content

from app.domain.history_query import (
    NO_VALUE,
    SETTLEMENTS,
    TIMES,
    AttemptStatistics,
    CodeCount,
    Order,
    QueryField,
    SortColumn,
    filter_text,
    replaced,
    with_order,
)
from app.domain.model import Outcome
from app.service.history import AttemptRow
from app.tui.text import outcome_label, sanitize
from app.tui.widgets.charts import SHOWN_ROWS

Choices = Sequence[tuple[Content, str] | None]

_OUTCOMES = (
    Outcome.REJECTED,
    Outcome.UNKNOWN,
    Outcome.PARTIAL,
    Outcome.NOT_SENT,
    Outcome.ACCEPTED,
    Outcome.SENDING,
)
_OUTCOME_FIELDS = (QueryField.OUTCOME, QueryField.PREVIOUS, QueryField.SETTLED)
_AFTER_SUCCESS = f"outcome:{Outcome.REJECTED} previous:{Outcome.ACCEPTED}"
UNSETTLED = f"{QueryField.SETTLED}:{SETTLEMENTS[0]}"
REJECTIONS = f"outcome:{Outcome.REJECTED},{Outcome.PARTIAL}"
_TIMES = (
    ("Any time", ""),
    ("The last hour", "since:1h"),
    ("Today", "on:today"),
    ("Yesterday", "on:yesterday"),
    ("The last 24 hours", "since:1d"),
    ("The last 7 days", "since:1w"),
    ("The last 30 days", "since:30d"),
)
_TITLES = {
    SortColumn.TIME: "Time",
    SortColumn.OUTCOME: "Outcome",
    SortColumn.EVENT: "Event",
    SortColumn.KEY: "Key field",
    SortColumn.CONTACT: "External id",
    SortColumn.STATUS: "HTTP status",
    SortColumn.CODE: "Reply code",
    SortColumn.TEXT: "Reply text",
    SortColumn.TOOK: "Duration",
}


def filter_choices(line: str, row: AttemptRow | None, *, masked: bool) -> Choices:
    """The outcomes and the values of a row; no personal value while personal data is hidden."""
    outcomes = [
        (Content.assemble("Only ", outcome_label(one)), replaced(line, _OUTCOME_FIELDS, f"outcome:{one}"))
        for one in _OUTCOMES
    ]
    return [
        (Content("Any outcome"), replaced(line, _OUTCOME_FIELDS, "")),
        *outcomes,
        (Content("Rejected after an earlier success"), replaced(line, _OUTCOME_FIELDS, _AFTER_SUCCESS)),
        (Content("Unresolved only"), replaced(line, _OUTCOME_FIELDS, UNSETTLED)),
        None,
        *([] if row is None else _row_choices(line, row, masked=masked)),
        (Content("Clear the filter"), ""),
    ]


def _row_choices(line: str, row: AttemptRow, *, masked: bool) -> Choices:
    code = _code_value(row.reply_code)
    named = f" {sanitize(row.event_name)}" if row.event_name else ""
    choices = [
        (Content(f"Only event {sanitize(row.event_id)}{named}"), _only(line, QueryField.EVENT, row.event_id)),
        (Content(_code_words("Only", row.reply_code)), _only(line, QueryField.CODE, code)),
        (
            Content(_code_words("All but", row.reply_code)),
            f"{line} {filter_text(QueryField.CODE, code, negated=True)}".strip(),
        ),
    ]
    if not masked and row.external_id:
        contact = filter_text(QueryField.CONTACT, row.external_id)
        choices += [
            (
                Content(f"Only {sanitize(row.external_id, 40)}"),
                replaced(line, (QueryField.CONTACT,), contact),
            ),
            (Content(f"Only {sanitize(row.external_id, 40)} (clear other filters)"), contact),
        ]
    return [*choices, None]


def _code_value(code: int | None) -> str:
    return NO_VALUE if code is None else str(code)


def _code_words(which: str, code: int | None) -> str:
    return f"{which} attempts without a reply code" if code is None else f"{which} reply code {code}"


def _only(line: str, field: QueryField, value: str) -> str:
    return replaced(line, (field,), filter_text(field, value))


def time_choices(line: str, now: datetime) -> Choices:
    """Spans and days, and a span between two days to edit."""
    week = f"since:{(now - timedelta(days=7)).astimezone():%Y-%m-%d} until:{now.astimezone():%Y-%m-%d}"
    return [
        *((Content(words), replaced(line, TIMES, term)) for words, term in _TIMES),
        (Content(f"From … to …   {week}"), replaced(line, TIMES, week)),
    ]


def statistics_choices(line: str, statistics: AttemptStatistics) -> Choices:
    """The rejections of each event in the chart, and every reply code."""
    rejected = replaced(line, _OUTCOME_FIELDS, REJECTIONS)
    shown = [event for event in statistics.events if event.rejected][:SHOWN_ROWS]
    events = [
        (
            Content(
                f"Rejections of event {sanitize(one.event_id)} {sanitize(one.event_name or '')}".rstrip()
            ),
            _only(rejected, QueryField.EVENT, one.event_id),
        )
        for one in shown
    ]
    times = Counter(one.code for one in statistics.codes)
    codes = [_code_choice(line, one, is_alone=times[one.code] == 1) for one in statistics.codes]
    return [*events, None, *codes]


def _code_choice(line: str, one: CodeCount, *, is_alone: bool) -> tuple[Content, str]:
    words, only = _code_words("Only", one.code), _only(line, QueryField.CODE, _code_value(one.code))
    if is_alone:
        return Content(words), only
    return Content(f"{words}, HTTP {one.status}"), _only(only, QueryField.STATUS, str(one.status))


def order_choices(line: str, order: Order) -> Choices:
    """The columns to sort by; the present one is marked and reverses the order."""
    sign = "▼" if order.descending else "▲"
    return [
        (Content(f"{sign if column is order.column else ' '} {title}"), with_order(line, column))
        for column, title in _TITLES.items()
    ]
