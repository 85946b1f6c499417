"""Attempts of the journal as rows of the index: by what they are found and sorted, and the words in them."""

import contextlib
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping

from app.domain.canonical import same_value
from app.domain.model import JsonObject, Outcome
from app.store.history_rows import Value, data_of
from app.store.text import numeric_order, restored, restored_or_none, searchable

OUTCOMES = {outcome.value: number for number, outcome in enumerate(Outcome)}
"""What stands in the index for each outcome: its place in the order of outcomes."""

_SURROGATE = re.compile("[\ud800-\udfff]")

NUMBERS = ("status", "code")
"""The kinds of names that are numbers in the reply."""

SORTED_TEXT = 100
"""Characters of the reply text that count in sorting."""

JOURNAL_ROW = """
    attempts.*, requests.body AS request_body, requests.data, answers.reason, answers.detail, answers.body,
    answers.reply_text AS whole_text, answers.errors, answers.location
    FROM journal.attempts JOIN journal.requests ON requests.attempt = number
    LEFT JOIN journal.answers ON answers.attempt = number
"""

_EVERY_REPLY_HAS = ("replyCode", "replyText")


def folded(text: str) -> str:
    """A text as it is compared: ASCII case ignored; lone surrogates are moved to where SQLite can hold them."""
    lowered = same_value("3", text)
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

    def number(self, kind: str, text: str | bytes, more: str | bytes = "") -> int:
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


def index_values(row: sqlite3.Row, names: Names) -> tuple[Value, ...]:
    """The columns of `attempts` in the index, in their order there."""
    text = restored_or_none(row["reply_text"])
    contact = folded(restored(row["external_id"]))
    return (
        row["number"],
        row["started_at"],
        OUTCOMES[row["outcome"]],
        names.number("account", row["account"]),
        names.number("profile", row["profile"]),
        names.number("event", row["event_id"], row["event_name"] or ""),
        names.number("key", row["key_id"]),
        _number(names, "status", row["http_status"]),
        _number(names, "code", row["reply_code"]),
        row["elapsed_ms"],
        contact,
        contact[::-1],
        None if text is None else folded(text[:SORTED_TEXT]),
    )


def _number(names: Names, kind: str, value: int | None) -> int | None:
    return None if value is None else names.number(kind, str(value))


def _in_order(kind: object, text: str) -> tuple[object, ...]:
    return (int(text),) if kind in NUMBERS else numeric_order(text)


def words_of(row: sqlite3.Row) -> str:
    """The text of an attempt that words are looked for in: of request, reply, and what somebody noted."""
    texts = [
        row["event_id"],
        row["event_name"],
        row["external_id"],
        None if row["trigger_id"] == row["attempt_id"] else row["trigger_id"],
        _data_text(row),
        None if row["reply_code"] is None else str(row["reply_code"]),
        row["whole_text"] or row["reply_text"],
        _reply_text(row["body"]),
        row["detail"],
        row["location"],
        row["note"],
        row["settlement_note"],
    ]
    return searchable("\n".join(restored(text) for text in texts if text)).replace("\0", " ")


def _data_text(row: sqlite3.Row) -> str | None:
    data: JsonObject | None = json.loads(row["data"]) if row["data"] else data_of(row["request_body"])
    return None if data is None else _spoken(data)


def _reply_text(body: bytes | None) -> str | None:
    if not body:
        return None
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
    if isinstance(reply, Mapping):
        reply = {name: value for name, value in reply.items() if value and name not in _EVERY_REPLY_HAS}
    return _spoken(reply)


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
