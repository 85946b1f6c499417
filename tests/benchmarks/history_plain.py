"""Queries of the history as they are typed and as plain SQL, and their answers from the journal alone.

The plain rows are read once, in one pass over all bodies; nothing here knows the index that is held against them.
"""

import re
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from app.domain.history_query import Clock, HistoryQuery, parse_query
from app.domain.model import Outcome

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
CODES = "reply_code IS NULL, reply_code"
TEXT = "reply_text IS NULL, lower(substr(reply_text, 1, 100))"


@dataclass(frozen=True)
class Asked:
    """A query as it is typed, and the same in plain SQL."""

    line: str
    where: str = "1"
    order: str = "number DESC"

    @property
    def query(self) -> HistoryQuery:
        return parse_query(self.line, Clock(NOW))


FILTERS = (
    Asked("outcome:unknown", "outcome = 'unknown'"),
    Asked("outcome:accepted", "outcome = 'accepted'"),
    Asked("-outcome:accepted", "outcome != 'accepted'"),
    Asked("code:2008", "reply_code = 2008"),
    Asked("code:2008,2010", "reply_code IN (2008, 2010)"),
    Asked("code:none", "reply_code IS NULL"),
    Asked("status:200", "http_status = 200"),
    Asked("event:100", "event_id = '100'"),
    Asked("event:purchase*", "event_name GLOB 'purchase*'"),
    Asked("key:id", "key_id = 'id'"),
    Asked("contact:thor@example.com", "contact = 'thor@example.com'"),
    Asked("contact:a*", "contact GLOB 'a*'"),
    Asked("contact:*a*", "contact GLOB '*a*'"),
    Asked("-contact:*example*", "contact NOT GLOB '*example*'"),
    Asked("contact:*9@example.com", "contact GLOB '*9@example.com'"),
    Asked("contact:*@nowhere.example", "0"),
    Asked("profile:sandbox", "profile = 'sandbox'"),
    Asked("since:1d", "started_at >= strftime('%s', '2026-11-19 12:00') * 1000000"),
    Asked("since:2026-08-20T00:00Z", "started_at >= strftime('%s', '2026-08-20') * 1000000"),
    Asked("until:2026-08-20T00:00Z", "started_at < strftime('%s', '2026-08-20') * 1000000"),
    Asked("previous:accepted", "previous = 'accepted'"),
    Asked("previous:not_sent", "previous = 'not_sent'"),
    Asked("-previous:rejected", "previous IS NOT 'rejected'"),
    Asked("settled:no", "outcome = 'unknown' AND settlement IS NULL"),
    Asked("settled:arrived", "settlement = 'arrived'"),
    Asked("settled:arrived,did-not", "settlement IS NOT NULL"),
    Asked("-settled:no", "NOT (outcome = 'unknown' AND settlement IS NULL)"),
    Asked("outcome:rejected previous:accepted", "outcome = 'rejected' AND previous = 'accepted'"),
)
SORTS = (
    Asked("sort:time", order="number"),
    Asked("sort:took", order="elapsed_ms IS NULL, elapsed_ms, number"),
    Asked("sort:-took", order="elapsed_ms IS NULL, elapsed_ms DESC, number DESC"),
    Asked("sort:code", order=f"{CODES}, number"),
    Asked("sort:-code", order=f"{CODES} DESC, number DESC"),
    Asked("sort:status", order="http_status IS NULL, http_status, number"),
    Asked("sort:contact", order="contact, number"),
    Asked("sort:-contact", order="contact DESC, number DESC"),
    Asked("sort:key", order="key_id GLOB '*[^0-9]*', CAST(key_id AS INTEGER), key_id, number"),
    Asked("sort:event", order="CAST(event_id AS INTEGER), number"),
    Asked("sort:text", order=f"{TEXT}, number"),
)
SAID = ("hammer", "thor@example.com", "no contact found", "example", "com")
"""What the plain rows know of the text of an attempt: whether these stand in it at the beginning of a word."""

WORDS = (
    Asked("hammer", "said_0"),
    Asked("thor@example.com", "said_1"),
    Asked('"no contact found"', "said_2"),
    Asked("example", "said_3"),
    Asked("-example", "NOT said_3"),
    Asked("example com", "said_3 AND said_4"),
    Asked("outcome:rejected example", "outcome = 'rejected' AND said_3"),
    Asked("gateway", "http_status = 502"),
    Asked("nobodyhasthis", "0"),
)
BOTH = (
    Asked("outcome:unknown sort:-took", "outcome = 'unknown'", "elapsed_ms DESC, number DESC"),
    Asked("outcome:accepted sort:took", "outcome = 'accepted'", "elapsed_ms, number"),
    Asked("status:200 sort:-code", "http_status = 200", f"{CODES} DESC, number DESC"),
    Asked("code:2008 sort:contact", "reply_code = 2008", "contact, number"),
    Asked("outcome:rejected event:100 sort:event", "outcome = 'rejected' AND event_id = '100'", "number"),
    Asked("outcome:rejected code:0 sort:took", "outcome = 'rejected' AND reply_code = 0", "number"),
    Asked("outcome:accepted sort:text", "outcome = 'accepted'", f"{TEXT}, number"),
    Asked("previous:rejected sort:-took", "previous = 'rejected'", "elapsed_ms DESC, number DESC"),
    Asked("settled:no sort:contact", "outcome = 'unknown' AND settlement IS NULL", "contact, number"),
    Asked("gateway sort:took", "http_status = 502", "elapsed_ms, number"),
    Asked("example sort:-took", "said_3", "elapsed_ms DESC, number DESC"),
    Asked("-outcome:accepted -example sort:code", "outcome != 'accepted' AND NOT said_3", f"{CODES}, number"),
    Asked("key:3 since:2026-10-01T00:00Z sort:-took", "key_id = '3' AND started_at >= strftime('%s', '2026-10-01') * 1000000", "elapsed_ms DESC, number DESC"),
)  # fmt: skip

_TEXT = "external_id || ' ' || coalesce(event_name, '') || ' ' || coalesce(reply_text, '') || ' ' || coalesce(body, '')"
_SAME_CONTACT = "account, key_id, CASE key_id WHEN '3' THEN lower(external_id) ELSE external_id END"
_PLAIN_ROWS = f"""
CREATE TEMP TABLE plain AS SELECT number, attempt_id, outcome, http_status, reply_code, event_id,
    lower(event_name) AS event_name, key_id, lower(external_id) AS contact, profile, started_at, elapsed_ms, reply_text, settlement,
    lag(outcome) OVER (PARTITION BY {_SAME_CONTACT} ORDER BY number) AS previous,
    {", ".join(f"(said >> {place}) & 1 AS said_{place}" for place in range(len(SAID)))}
FROM (
    SELECT attempts.*, said({_TEXT}) AS said
    FROM attempts JOIN (SELECT attempt, CAST(body AS TEXT) AS body FROM requests) ON attempt = number
) WHERE account = ? ORDER BY number
"""


class PlainRows:
    """The attempts on one account as rows without any index, to be closed after use."""

    def __init__(self, path: Path, account: str) -> None:
        self._connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        self._connection.create_function("said", 1, _said, deterministic=True)
        self._connection.execute(_PLAIN_ROWS, (account,))

    def close(self) -> None:
        """Lets go of them."""
        self._connection.close()

    def first(self, asked: Asked, count: int) -> list[str]:
        """The ids of the first that a query finds."""
        sql = f"SELECT attempt_id FROM plain WHERE {asked.where} ORDER BY {asked.order} LIMIT {count}"
        return [row[0] for row in self._connection.execute(sql)]

    def counts(self, all_asked: Sequence[Asked]) -> list[Counter[Outcome]]:
        """How many of each outcome the queries find, each counted in the same pass over the rows."""
        sums = ", ".join(f"sum({asked.where})" for asked in all_asked)
        rows = self._connection.execute(f"SELECT outcome, {sums} FROM plain GROUP BY outcome").fetchall()
        return [
            Counter({Outcome(row[0]): row[place] for row in rows if row[place]})
            for place in range(1, len(all_asked) + 1)
        ]

    def codes(self, asked: Asked) -> dict[int | None, int]:
        """How many replies of each code."""
        sql = f"SELECT reply_code, count(*) FROM plain WHERE {asked.where} GROUP BY reply_code"
        return dict(self._connection.execute(sql).fetchall())

    def spans(self, asked: Asked, seconds: int) -> dict[datetime, int]:
        """How many began in each span of time; without those in which none did."""
        sql = f"SELECT started_at / 1000000 / {seconds}, count(*) FROM plain WHERE {asked.where} GROUP BY 1"
        return {
            datetime.fromtimestamp(span * seconds, UTC): count
            for span, count in self._connection.execute(sql)
        }

    def took(self, asked: Asked, percents: Sequence[int]) -> list[float]:
        """The milliseconds that so many in a hundred took at most, for each of `percents`; none where none is known."""
        known = f"elapsed_ms IS NOT NULL AND ({asked.where})"
        rows = self._connection.execute(f"SELECT elapsed_ms FROM plain WHERE {known} ORDER BY elapsed_ms")
        times = [row[0] for row in rows]
        return [times[(len(times) * percent + 99) // 100 - 1] for percent in percents if times]


def _said(text: str) -> int:
    """A bit for each of SAID that stands in a text."""
    lowered = text.lower()
    return sum(
        1 << place
        for place, pattern in enumerate(_PATTERNS)
        if SAID[place] in lowered and pattern.search(lowered)
    )


_PATTERNS = [re.compile(rf"(?<![a-z0-9]){re.escape(words)}") for words in SAID]
