"""Attempts of the journal as rows of the index: by what they are found and sorted, and the words in them."""

import contextlib
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from app.domain.fingerprint import normalize
from app.domain.history_query import SETTLEMENTS
from app.domain.model import JsonObject, Outcome
from app.store.journal.rows import Value, data_of
from app.store.text import Stored, numeric_order, restored, searchable

OUTCOMES = {outcome.value: number for number, outcome in enumerate(Outcome)}
"""What stands in the index for each outcome: its place in the order of outcomes."""

SETTLED = {word: number for number, word in enumerate(SETTLEMENTS)}
"""What stands in the index for each settlement, by the word that a query has for it."""

_SURROGATE = re.compile("[\ud800-\udfff]")

NUMBERS = ("status", "code")
"""The kinds of names that are numbers in the reply."""

SORTED_TEXT = 100
"""Characters of the reply text that count in sorting."""

_EVERY_REPLY_HAS = ("replyCode", "replyText")
_USUAL_BODY = '{"key_id":"'
_DATA = '"data":'


class JournalRow(NamedTuple):
    """What the index reads of an attempt, in the order of JOURNAL_ROW."""

    number: int
    attempt_id: Stored
    parent_id: Stored | None
    profile: Stored
    account: Stored
    event_id: Stored
    event_name: Stored | None
    key_id: Stored
    external_id: Stored
    trigger_id: Stored | None
    started_at: int
    outcome: str
    http_status: int | None
    reply_code: int | None
    reply_text: Stored | None
    elapsed_ms: float | None
    note: Stored | None
    settlement: str | None
    settlement_note: Stored | None
    contact_mark: int | None
    request_body: bytes
    data: str | None
    detail: Stored | None
    body: bytes | None
    whole_text: Stored | None
    location: Stored | None


JOURNAL_ROW = """
    number, attempt_id, parent_id, profile, account, event_id, event_name, key_id, external_id, trigger_id, started_at,
    outcome, http_status, reply_code, attempts.reply_text, elapsed_ms, note, settlement, settlement_note, contact_mark,
    requests.body, requests.data, answers.detail, answers.body, answers.reply_text, answers.location
    FROM journal.attempts JOIN journal.requests ON requests.attempt = number
    LEFT JOIN journal.answers ON answers.attempt = number
"""


def folded(text: str) -> str:
    """A text as it is compared: ASCII case ignored; lone surrogates are moved to where SQLite can hold them."""
    lowered = normalize("3", text)
    return lowered if lowered.isascii() else _SURROGATE.sub(_moved, lowered)


def _moved(found: re.Match[str]) -> str:
    return chr(ord(found[0]) - 0xD800 + 0x10F800)


class Names:
    """What has few different values, each a small number in the index: accounts, profiles, events, keys, codes.

    `rank` is where a name stands among those of its kind.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._numbers: dict[tuple[object, ...], int] = {}
        self._rows: dict[tuple[object, ...], tuple[int | None, ...]] = {}

    def of(self, row: JournalRow) -> tuple[int | None, ...]:
        """The numbers of a row's outcome, account, profile, event, key, status and code, in this order."""
        few = (
            row.outcome, row.account, row.profile, row.event_id, row.event_name, row.key_id, row.http_status, row.reply_code
        )  # fmt: skip
        if few not in self._rows:
            self._rows[few] = (
                OUTCOMES[row.outcome],
                self._number("account", row.account),
                self._number("profile", row.profile),
                self._number("event", row.event_id, row.event_name or ""),
                self._number("key", row.key_id),
                *(
                    None if value is None else self._number(kind, str(value))
                    for kind, value in zip(NUMBERS, few[6:], strict=True)
                ),
            )
        return self._rows[few]

    def _number(self, kind: str, text: Stored, more: Stored = "") -> int:
        """The number of a name, which it gets at its first appearance."""
        key = (kind, text, more)
        if key not in self._numbers:
            self._numbers[key] = self._found(key) or self._added(key)
        return self._numbers[key]

    def _found(self, key: tuple[object, ...]) -> int | None:
        row = self._connection.execute(
            "SELECT id FROM names WHERE kind = ? AND text = ? AND more = ?", key
        ).fetchone()
        return None if row is None else row["id"]

    def _added(self, key: tuple[object, ...]) -> int:
        self._connection.execute("INSERT INTO names (kind, text, more) VALUES (?, ?, ?)", key)
        rows = self._connection.execute("SELECT id, text, more FROM names WHERE kind = ?", key[:1]).fetchall()
        rows.sort(key=lambda row: (_in_order(key[0], restored(row["text"])), restored(row["more"])))
        self._connection.executemany(
            "UPDATE names SET rank = ? WHERE id = ?", [(rank, row["id"]) for rank, row in enumerate(rows)]
        )
        number = self._found(key)
        assert number is not None  # noqa: S101 - it was added above
        return number


def _in_order(kind: object, text: str) -> tuple[object, ...]:
    return (int(text),) if kind in NUMBERS else numeric_order(text)


def settled(row: JournalRow) -> int | None:
    """What was settled about an unknown outcome, by its number; None for any other."""
    if row.outcome != Outcome.UNKNOWN:
        return None
    return SETTLED[(row.settlement or SETTLEMENTS[0]).replace("_", "-")]


def sorted_values(row: JournalRow) -> tuple[Value, ...]:
    """The texts by which an attempt is found and sorted: its contact, its contact backwards, its reply text."""
    contact = folded(restored(row.external_id))
    text = row.reply_text
    return contact, contact[::-1], None if text is None else folded(restored(text)[:SORTED_TEXT])


def words_of(row: JournalRow) -> str:
    """The text of an attempt that words are looked for in: of request, reply, and what somebody noted."""
    texts = (
        row.event_id,
        row.event_name,
        row.external_id,
        None if row.trigger_id == row.attempt_id else row.trigger_id,
        _data_text(row),
        None if row.reply_code is None else str(row.reply_code),
        row.whole_text or row.reply_text,
        _reply_text(row.body) if row.body else None,
        row.detail,
        row.location,
        row.note,
        row.settlement_note,
    )
    said = "\n".join([text if isinstance(text, str) else restored(text) for text in texts if text])
    return searchable(said).replace("\0", " ")


def _data_text(row: JournalRow) -> str | None:
    if row.data is None and b"\\" not in row.request_body:
        body = row.request_body.decode("utf-8", "replace")
        end = f',"trigger_id":"{restored(row.trigger_id or "")}"}}'
        if body.startswith(_USUAL_BODY) and body.endswith(end):
            # Without escapes no text in it holds a quote: what stands between these signs is the event data.
            return body.removesuffix(end).partition(_DATA)[2]
    data: JsonObject | None = json.loads(row.data) if row.data else data_of(row.request_body)
    return None if data is None else _spoken(data)


def _reply_text(body: bytes) -> str | None:
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
    if isinstance(reply, Mapping):
        reply = {name: value for name, value in reply.items() if value and name not in _EVERY_REPLY_HAS}
    return None if reply == {} else _spoken(reply)


def _spoken(value: object) -> str:
    """What is said in a JSON value. Its signs separate words and may stay; its escapes may not."""
    with contextlib.suppress(RecursionError):
        written = json.dumps(value, ensure_ascii=False)
        if "\\" not in written:
            return written
    return "\n".join(_leaves(value))


def _leaves(value: object) -> Iterator[str]:
    waiting = [value]
    while waiting:
        match waiting.pop():
            case Mapping() as members:
                for name, member in reversed(list(members.items())):
                    waiting += (member, name)
            case list() as entries:
                waiting.extend(reversed(entries))
            case str() as text:
                yield text
            case bool() | None:
                pass
            case number:
                yield str(number)
