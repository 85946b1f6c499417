"""Erases a person from cache and history, down to the bytes of the files, and attempts past the profile's retention.

Deleted rows survive in free pages, the write-ahead log and the word index. So this module overwrites free pages, merges
the index, rebuilds the file and empties its log.
"""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from app.domain.model import Contact
from app.domain.recipient import EMAIL, normalize
from app.store import bulk_rows, contacts
from app.store.attempt_rows import index_words, merge_words
from app.store.bulk_attempts import delete, previous_renewed
from app.store.bulk_rows import FORGOTTEN
from app.store.cache_file import CacheFile, opened, refresh_lock
from app.store.database import StoreError, compact, transaction
from app.store.history_file import opened as opened_history
from app.store.text import comparable, microseconds, moment, stored

_SHORTEST_NAME = 6
_KEY = "(key_id, CASE key_id WHEN '3' THEN lower(external_id) ELSE external_id END)"
_MENTIONS = (
    "attempts.external_id", "attempts.trigger_id", "attempts.reply_text", "attempts.note", "attempts.settlement_note",
    "attempts.contact_keys", "requests.body", "requests.data", "answers.remedy", "answers.detail", "answers.body", "answers.reply_text",
    "answers.errors", "answers.location",
)  # fmt: skip
_DOOMED = """
    account = :account AND outcome != 'sending' AND NOT (outcome = 'unknown' AND settlement IS NULL)
    AND ((:before IS NOT NULL AND started_at < :before) OR (:rows > 0 AND number <=
        (SELECT number FROM attempts WHERE account = :account ORDER BY number DESC LIMIT 1 OFFSET :rows)))
"""
_ROWS = "attempts JOIN requests ON requests.attempt = number LEFT JOIN answers ON answers.attempt = number"


@dataclass(frozen=True, slots=True)
class Person:
    """The keys that find a person, and the texts that identify the person anywhere."""

    keys: frozenset[tuple[str, str]]
    texts: frozenset[str] = field(default_factory=frozenset)

    def mentions(self, text: str, key: tuple[str, str] | None = None) -> bool:
        """Whether a text contains a text of this person, or `key` (key id and value) finds this person."""
        own = {(key_id, normalize(key_id, value)) for key_id, value in self.keys}
        if key is not None and (key[0], normalize(*key)) in own:
            return True
        lowered = normalize(EMAIL, text)
        forms = (form for named in self.texts for form in (named, json.dumps(named)[1:-1]))
        return any(normalize(EMAIL, form) in lowered for form in forms)


def person(key_id: str, value: str, found: Iterable[Contact]) -> Person:
    """The person with this value of `key_id`, with the keys and texts of the contacts `found`."""
    known = tuple(found)
    keys = {(key_id, value)}
    for contact in known:
        keys |= {("id", contact.id), ("uid", contact.uid), *contact.fields.items()}
    texts = {value for _, value in keys if "@" in value}
    texts |= {text for text in (value, *(contact.uid for contact in known)) if _means_nobody_else(text)}
    return Person(frozenset(key for key in keys if key[1]), frozenset(texts))


def forget_in_cache(path: Path, person: Person, contact_ids: Iterable[str]) -> None:
    """Deletes contacts and their look-ups from a cache. Raises StoreError."""
    with refresh_lock(path), opened(path) as file:
        _empty_cache(file, person, contact_ids)


def attempts_on(path: Path, account: str, person: Person) -> int:
    """The number of attempts that `forget_in_history` would empty. Raises StoreError."""
    with opened_history(path) as connection:
        return len(_attempts(connection, account, person))


def forget_in_history(path: Path, account: str, person: Person) -> int:
    """Empties the attempts on an account that concern a person; returns their number.

    The attempts keep event, time, outcome and reply code, and lose external id, event data, bodies and texts. Raises
    StoreError, also while such an attempt is being sent.
    """
    with opened_history(path) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        with transaction(connection):
            numbers = _attempts(connection, account, person)
            listed = {"numbers": json.dumps(numbers)}
            with previous_renewed(connection, "number IN (SELECT value FROM json_each(:numbers))", listed):
                for number in numbers:
                    _empty_attempt(connection, number)
                    index_words(connection, "number = ?", number)
            texts = [form for text in person.texts for form in _forms(text)]
            bulk_rows.forget(connection, account, _keys(person), texts)
            merge_words(connection)
        compact(connection, path)
    return len(numbers)


def _means_nobody_else(text: str) -> bool:
    return len(text) >= _SHORTEST_NAME and not text.isdigit()


def _empty_cache(file: CacheFile, person: Person, contact_ids: Iterable[str]) -> None:
    with file.guarded() as connection:
        connection.execute("PRAGMA secure_delete = ON")
        with transaction(connection):
            for contact_id in contact_ids:
                contacts.remove(connection, contacts.number_of(connection, contact_id))
            connection.executemany("DELETE FROM looked_up WHERE key_id = ? AND value = ?", _keys(person))
            connection.execute("INSERT INTO contacts_fts (contacts_fts) VALUES ('optimize')")
        compact(connection, file.path)


def _attempts(connection: sqlite3.Connection, account: str, person: Person) -> list[int]:
    """The row numbers of attempts sent to the person or containing a text of the person."""
    keys = _keys(person)
    patterns = sorted({form for text in person.texts for form in _forms(text)})
    named = " OR ".join(f"instr(lower(CAST({column} AS TEXT)), ?) > 0" for column in _MENTIONS)
    ids = [value for key_id, value in keys if key_id == "id"]
    conditions = [
        f"{_KEY} IN (VALUES {', '.join(['(?, ?)'] * len(keys))})",
        "contact_id IN (SELECT value FROM json_each(?))",
        *[f"({named})"] * len(patterns),
    ]
    rows = connection.execute(
        f"SELECT number, outcome FROM {_ROWS} WHERE account = ? AND ({' OR '.join(conditions)})",
        (
            stored(account),
            *(part for key in keys for part in key),
            json.dumps(ids),
            *(pattern for pattern in patterns for _ in _MENTIONS),
        ),
    ).fetchall()
    if any(row["outcome"] == "sending" for row in rows):
        raise StoreError("A trigger for this person is under way. Wait for its outcome, then try again.")
    return [row["number"] for row in rows]


def _keys(person: Person) -> list[tuple[str, str]]:
    return sorted(
        ((stored(key_id), comparable(key_id, value)) for key_id, value in person.keys),
        key=repr,
    )


def _forms(text: str) -> tuple[str, ...]:
    """A text in plain and in JSON form, in lower case."""
    escaped = json.dumps(text)[1:-1]
    return tuple(comparable(EMAIL, form) for form in (text, escaped))


def _empty_attempt(connection: sqlite3.Connection, number: int) -> None:
    connection.execute(
        "UPDATE attempts SET external_id = ?, contact_mark = NULL, previous = NULL, send_mark = NULL, reply_text = NULL, "
        "note = NULL, settlement_note = NULL, contact_id = NULL, contact_name = NULL, contact_keys = NULL, team = NULL, trigger_id = "
        "(SELECT attempt_id FROM attempts AS made WHERE made.attempt_id = attempts.trigger_id) WHERE number = ?",
        (FORGOTTEN, number),
    )
    connection.execute("UPDATE requests SET body = x'', data = 'null' WHERE attempt = ?", (number,))
    connection.execute(
        "UPDATE answers SET remedy = NULL, body = CASE WHEN body IS NULL THEN NULL ELSE x'' END, "
        "reply_text = NULL, errors = NULL, location = NULL WHERE attempt = ?",
        (number,),
    )


# Attempts past the profile's retention


@dataclass(frozen=True, slots=True)
class Retention:
    """How long to keep the attempts of one account: at most `days` days, and at most `rows` rows; 0 means no limit."""

    account: str
    days: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Doomed:
    """The number of attempts that would be deleted, and the times of the oldest and the newest."""

    attempts: int
    oldest: datetime
    newest: datetime


def doomed(path: Path, retention: Retention, now: datetime) -> Doomed | None:
    """The attempts that `let_go` would delete; None if there are none. Raises StoreError."""
    with opened_history(path) as connection:
        row = connection.execute(
            "SELECT count(*) AS attempts, min(started_at) AS oldest, max(started_at) AS newest "
            f"FROM attempts WHERE {_DOOMED}",
            _values(retention, now),
        ).fetchone()
    if not row["attempts"]:
        return None
    return Doomed(row["attempts"], moment(row["oldest"]), moment(row["newest"]))


def let_go(path: Path, retention: Retention, now: datetime) -> int:
    """Deletes expired attempts with their requests and replies; returns their number. Raises StoreError."""
    with opened_history(path) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        with transaction(connection):
            values = _values(retention, now)
            gone = delete(connection, _DOOMED, values)
            bulk_rows.prune(connection, "account = ? AND planned_at < ?", values["account"], values["before"])
        if gone:
            merge_words(connection)
    return gone


def _values(retention: Retention, now: datetime) -> dict[str, object]:
    before = microseconds(now - timedelta(days=retention.days)) if retention.days else None
    return {"account": stored(retention.account), "before": before, "rows": retention.rows}
