"""The full-text index of attempts."""

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from itertools import islice

from app.domain.folding import search_forms, search_text
from app.domain.model import JsonObject
from app.store.text import restored, stored

_AT_ONCE = 1000
_REPLY_HAS = ("replyCode", "replyText")
_READ = """
    SELECT number, attempt_id, event_id, event_name, external_id, trigger_id, requests.body AS request_body, requests.data,
    reply_code, coalesce(answers.reply_text, attempts.reply_text) AS said, answers.body AS reply_body, answers.detail,
    answers.location, note, settlement_note, contact_keys
    FROM attempts JOIN requests ON requests.attempt = number LEFT JOIN answers ON answers.attempt = number
    WHERE outcome != 'sending'
"""


def index_words(connection: sqlite3.Connection, where: str = "1", *values: object) -> None:
    """Indexes the words of finished attempts; replaces their earlier entries."""
    rows = connection.cursor()
    rows.row_factory = sqlite3.Row
    rows.execute(f"{_READ} AND {where}", values)
    while some := [(row["number"], _text(row)) for row in islice(rows, _AT_ONCE)]:
        connection.executemany("INSERT OR REPLACE INTO words (rowid, text) VALUES (?, ?)", some)


def merge_words(connection: sqlite3.Connection) -> None:
    """Removes deleted entries from the pages of the word index."""
    connection.execute("INSERT INTO words (words) VALUES ('optimize')")


def beginning(word: str) -> str:
    """The MATCH expression for words that begin with `word`, however it is written."""
    return f"({' OR '.join(f'{phrase(form)} *' for form in search_forms(word))})"


def phrase(text: str) -> str:
    """The MATCH expression for exactly these words."""
    quoted = stored(text).replace("\0", " ").replace('"', '""')
    return f'"{quoted}"'


def data_of(body: bytes) -> JsonObject | None:
    """The event data in the body of a request; None if there is none."""
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return None
    data = payload.get("data") if isinstance(payload, Mapping) else None
    return data if isinstance(data, Mapping) else None


def _text(row: sqlite3.Row) -> str:
    data = json.loads(row["data"]) if row["data"] else data_of(row["request_body"])
    texts = (
        row["event_id"],
        row["event_name"],
        row["external_id"],
        None if row["trigger_id"] == row["attempt_id"] else row["trigger_id"],
        None if data is None else _spoken(data),
        None if row["reply_code"] is None else str(row["reply_code"]),
        row["said"],
        _reply_text(row["reply_body"]) if row["reply_body"] else None,
        row["detail"],
        row["location"],
        row["note"],
        row["settlement_note"],
        row["contact_keys"],
    )
    return stored(search_text(restored(text) for text in texts if text)).replace("\0", " ")


def _reply_text(body: bytes) -> str | None:
    try:
        reply = json.loads(body)
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")
    if isinstance(reply, Mapping):
        reply = {name: value for name, value in reply.items() if value and name not in _REPLY_HAS}
    return None if reply == {} else _spoken(reply)


def _spoken(value: object) -> str:
    """The texts in a JSON value. Its punctuation may stay, since it separates words; its escapes may not."""
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
