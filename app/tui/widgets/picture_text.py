"""The parts of the picture of many attempts as text: charts, with the sign of each outcome in its colour. Pure."""

import re
from collections.abc import Sequence
from datetime import datetime

from rich.cells import cell_len
from textual.content import Content

from app.domain.attempt_statistics import AttemptStatistics, EventShare
from app.domain.counting import count, percent, span
from app.domain.descriptions import describe
from app.domain.outcome import LABEL
from app.tui.notices import STACKED
from app.tui.text import clean, elapsed, lines, outcome_style
from app.tui.widgets.plots import bars, stacked
from app.tui.widgets.table_columns import fit_text

SHOWN_ROWS = 8
_SHORTEST_BAR = 4
_DAY_S = 86_400
_SIGNS = {LABEL[outcome][0]: outcome for outcome in STACKED}
_RUN = re.compile("|".join(f"{re.escape(sign)}+" for sign in _SIGNS))


def over_time(picture: AttemptStatistics, width: int, height: int) -> Content:
    """Attempts over time, a column a span, stacked by outcome."""
    starts = [bucket.start.astimezone() for bucket in picture.buckets]
    if len(starts) == 1:
        return Content(f"All within {span(picture.bucket_s)} from {starts[0]:%d %b %Y %H:%M} on.")
    present = [outcome for outcome in STACKED if picture.counts.get(outcome)]
    series = {
        LABEL[outcome][0]: [bucket.counts.get(outcome, 0) for bucket in picture.buckets]
        for outcome in present
    }
    return _coloured(stacked(_named(starts, picture.bucket_s), series, width, height))


def codes(picture: AttemptStatistics, width: int) -> Content:
    """The most frequent reply codes, with what they mean."""
    shown = picture.codes[:SHOWN_ROWS]
    digits = _digits([number for _, number in shown])
    labels = [
        f"{'none' if code is None else code!s:>5}  {number:>{digits},} {percent(number, picture.total):>5}  "
        f"{describe(code) or ('no reply code' if code is None else '')}"
        for code, number in shown
    ]
    more = picture.codes[SHOWN_ROWS:]
    said = f"… {count(len(more), 'reply code')} more, {count(sum(one for _, one in more), 'attempt')}"
    return _rows(labels, [number for _, number in shown], width, said if more else "")


def events(picture: AttemptStatistics, width: int) -> Content:
    """The events with the largest share of refusals."""
    refused = [event for event in picture.events if event.refused]
    if not refused:
        return Content("No attempt was refused.")
    shown, more = refused[:SHOWN_ROWS], refused[SHOWN_ROWS:]
    digits = _digits([event.attempts for event in shown])
    said = (
        f"… {count(len(more), 'event')} more, each with at most {percent(more[0].refused, more[0].attempts)}"
        if more
        else ""
    )
    return _rows([_event(event, digits) for event in shown], [event.share for event in shown], width, said)


def took(picture: AttemptStatistics, width: int) -> Content:
    """Within how many milliseconds half of the replies, and 95 % of them, came."""
    if picture.p50_ms is None or picture.p95_ms is None:
        return Content("Nothing was replied.")
    rows = (("p50", picture.p50_ms, "half"), ("p95", picture.p95_ms, "95 %"))
    labels = [
        f"{name} {elapsed(value):>7}  {part} of the replies had come by then" for name, value, part in rows
    ]
    return _rows(labels, [value for _, value, _ in rows], width)


def _event(event: EventShare, digits: int) -> str:
    share = f"{percent(event.refused, event.attempts):>5} of {event.attempts:>{digits},}"
    return f"{share}  {clean(event.event_id)} {clean(event.event_name or 'not known here')}"


def _digits(numbers: Sequence[int]) -> int:
    return max(len(f"{number:,}") for number in numbers)


def _rows(labels: Sequence[str], values: Sequence[float], width: int, more: str = "") -> Content:
    """Labels of one width, each with its bar, drawn apart, so that what stands in a label moves no bar; then `more`."""
    cells = min(max(map(cell_len, labels)), width - max(_SHORTEST_BAR + 2, width // 5))
    drawn = bars(values, max(_SHORTEST_BAR, width - cells - 2))
    rows = [
        Content.assemble(f"{fit_text(label, cells)}  ", (bar, "$primary"))
        for label, bar in zip(labels, drawn, strict=True)
    ]
    return lines((*rows, Content.styled(fit_text(more, width), "$quiet") if more else None))


def _named(starts: Sequence[datetime], bucket_s: int) -> list[str]:
    if bucket_s >= _DAY_S:
        several_years = starts[0].year != starts[-1].year
        return [f"{start:%d %b %Y}" if several_years else f"{start:%d %b}" for start in starts]
    within_a_day = starts[0].date() == starts[-1].date()
    return [f"{start:%H:%M}" if within_a_day else f"{start:%d %b %H:%M}" for start in starts]


def _coloured(chart: str) -> Content:
    content = Content(chart)
    for run in _RUN.finditer(chart):
        content = content.stylize(outcome_style(_SIGNS[run[0][0]]), run.start(), run.end())
    return content
