"""The attempts of all members of a team, in a file with the schema of the history, so that it is searched alike.

A contact that the team does not tell is shown as the beginning of its mark, such as `#3fa9c2e10b77`.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.domain.identifiers import search_text
from app.domain.model import Attempt, Outcome, Settlement
from app.domain.team import OPEN_S, PULLED, Fact
from app.domain.wire import sent_json
from app.store.attempt_rows import (
    NO_ANSWER,
    Value,
    answer_values,
    attempt_values,
    index_words,
    outcome_values,
    settlement_values,
)
from app.store.bulk_attempts import insert
from app.store.bulk_rows import FORGOTTEN
from app.store.database import transaction
from app.store.history_file import opened
from app.store.text import microseconds, moment, stored, stored_or_null

_CACHE_KILOBYTES = 65_536
_MANY = 10_000
_LOST = {"reason": "interrupted", "sent": "maybe", "detail": "The member's desk has not told the outcome."}

_OUTCOMES = frozenset(Outcome)

Row = dict[str, Value]

_COPIED = PULLED[1:-5]
_ADD = (
    f"INSERT INTO attempts (number, profile, account, {', '.join(_COPIED)}, previous) VALUES (?, ?, ?, "
    f"{', '.join('?' * len(_COPIED))}, (SELECT outcome FROM attempts "
    f"WHERE contact_mark = ?{4 + _COPIED.index('contact_mark')} ORDER BY number DESC LIMIT 1))"
)
_ADD_EMPTY = (
    "INSERT INTO requests (attempt, body, data) SELECT number, x'', 'null' FROM attempts WHERE number > ?",
    "INSERT INTO answers (attempt, body, body_length) SELECT number, x'', 0 FROM attempts "
    "WHERE number > ? AND outcome != 'sending'",
)
_ADD_REQUEST = "UPDATE requests SET body = coalesce(?, body), data = coalesce(?, data) WHERE attempt = ?"
_ADD_ANSWER = (
    "UPDATE answers SET reason = ?1, sent = iif(?1 IS NULL, NULL, coalesce(?2, 'maybe')), detail = ?3, "
    "body = iif(?1 IS NULL, body, NULL), body_length = iif(?1 IS NULL, 0, NULL) WHERE attempt = ?4"
)
_ADD_WORDS = (
    "INSERT INTO words (rowid, text) SELECT number, words_of(event_id, event_name, member, reply_code, "
    "attempts.reply_text, detail) FROM attempts LEFT JOIN answers ON attempt = number WHERE number > ?"
)


class TeamHistory:
    """The team's attempts at `path`; `account` and `profile` are what its rows show. For one thread. Raises StoreError."""

    def __init__(self, path: Path, account: str, profile: str) -> None:
        self._path, self._account, self._profile = path, account, profile

    # State

    def state(self, name: str) -> str | None:
        """A value that was kept; None if there is none."""
        with opened(self._path) as connection:
            return _state(connection, name)

    def keep(self, **values: object) -> None:
        with opened(self._path) as connection, transaction(connection):
            _keep(connection, values)

    def kept(self, prefix: str) -> Mapping[str, str]:
        """The values whose names begin so."""
        with opened(self._path) as connection:
            rows = connection.execute("SELECT name, value FROM team_state WHERE name GLOB ?", (f"{prefix}*",))
            return {row["name"]: row["value"] for row in rows}

    # Attempts

    def add(self, pages: Iterable[Sequence[tuple[Any, ...]]]) -> None:
        """Adds attempts of the log, which are rows of PULLED; those that are there stay as they are.

        Each page is kept together with its last number. The first attempts of a large log get their indexes afterwards.
        """
        with opened(self._path) as connection:
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")
            connection.execute("PRAGMA synchronous = NORMAL")  # the log can be read again
            connection.create_function("words_of", -1, _words, deterministic=True)
            for page in pages:
                with transaction(connection):
                    self._add(connection, page)
            _restore_indexes(connection)

    def add_own(self, attempts: Sequence[Attempt], member: str) -> None:
        """Adds one's own attempts, or completes those of the log, with all that the desk knows of them."""
        with opened(self._path) as connection, transaction(connection):
            for one in attempts:
                values, request, answer = self._own_rows(one, member)
                number = _number(connection, one.attempt_id)
                if number is None:
                    insert(connection, "attempts", [values])
                    number = _number(connection, one.attempt_id)
                else:
                    _update(connection, number, values)
                    connection.execute("DELETE FROM requests WHERE attempt = ?", (number,))
                    connection.execute("DELETE FROM answers WHERE attempt = ?", (number,))
                insert(connection, "requests", [{"attempt": number, **request}])
                if answer is not None:
                    insert(connection, "answers", [{"attempt": number, **answer}])
                index_words(connection, "number = ?", number)

    def apply(self, facts: Sequence[Fact]) -> None:
        """Adds facts to their attempts, and keeps the number of the last one."""
        with opened(self._path) as connection, transaction(connection):
            for fact in facts:
                number = _number(connection, fact.attempt_id)
                if number is not None:
                    _apply(connection, number, fact)
            _keep(connection, {"fact": facts[-1].seq})

    def give_up(self, now: datetime) -> None:
        """Marks attempts without an outcome as unknown after ten minutes; a late outcome replaces that."""
        before = microseconds(now) - OPEN_S * 1_000_000
        with opened(self._path) as connection, transaction(connection):
            sql = "SELECT number FROM attempts WHERE outcome = 'sending' AND started_at < ?"
            for row in connection.execute(sql, (before,)).fetchall():
                _record(connection, row["number"], {"outcome": "unknown", **_LOST})

    def to_forget(self) -> set[str]:
        """The marks of the contacts that this desk has still to forget."""
        return set(json.loads(self.state("to_forget") or "[]"))

    def forgot(self, marks: Collection[str]) -> None:
        """Takes contacts off `to_forget`."""
        with opened(self._path) as connection, transaction(connection):
            left = json.loads(_state(connection, "to_forget") or "[]")
            _keep(connection, {"to_forget": json.dumps([one for one in left if one not in marks])})

    def forget(self, marks: Sequence[str], last: int) -> None:
        """Empties the attempts on contacts with these marks, and keeps the number of the tombstone.

        Adds the marks to `to_forget`.
        """
        with opened(self._path) as connection:
            connection.execute("PRAGMA secure_delete = ON")
            with transaction(connection):
                wanted = json.dumps([stored(mark) for mark in marks])
                rows = connection.execute(
                    "SELECT number FROM attempts WHERE team IS NOT NULL AND EXISTS (SELECT 1 FROM "
                    "json_each(team, '$.contacts') AS has JOIN json_each(?) AS gone ON gone.value = has.value)",
                    (wanted,),
                ).fetchall()
                for row in rows:
                    _empty(connection, row["number"])
                earlier = json.loads(_state(connection, "to_forget") or "[]")
                _keep(connection, {"tombstone": last, "to_forget": json.dumps([*earlier, *marks])})

    def _add(self, connection: sqlite3.Connection, page: Sequence[tuple[Any, ...]]) -> None:
        if len(page) >= _MANY and _state(connection, "attempt") is None:
            _drop_indexes(connection)
        last = connection.execute("SELECT coalesce(max(number), 0) FROM attempts").fetchone()[0]
        sql = "SELECT attempt_id FROM attempts WHERE attempt_id IN (SELECT value FROM json_each(?))"
        known = {row[0] for row in connection.execute(sql, (json.dumps([one[1] for one in page]),))}
        new = list(enumerate((one for one in page if one[1] not in known), last + 1))
        fixed = self._profile, self._account
        connection.executemany(_ADD, [(number, *fixed, *one[1:-5]) for number, one in new])
        for sql in _ADD_EMPTY:
            connection.execute(sql, (last,))
        told = [(*one[-2:], number) for number, one in new if one[-1] or one[-2]]
        connection.executemany(_ADD_REQUEST, told)
        told = [(*one[-5:-2], number) for number, one in new if one[-5] or one[-3]]
        connection.executemany(_ADD_ANSWER, told)
        connection.execute(_ADD_WORDS, (last,))
        _keep(connection, {"attempt": page[-1][0]})

    def _own_rows(self, one: Attempt, member: str) -> tuple[Row, Row, Row | None]:
        """The columns of `attempts`, `requests` and `answers`."""
        values = {
            **attempt_values(one, ""),
            "member": stored(member),
            "send_mark": None,
            "contact_mark": _mark(one.team.contacts if one.team else ()),
            **settlement_values(one.settlement),
        }
        answer: Row | None = None
        if one.answer is not None:
            values |= outcome_values(one.answer, one.outcome, one.elapsed_ms)
            answer = {**NO_ANSWER, **answer_values(one.answer, one.remedy)}
        return values, {"body": b"", "data": sent_json(one.request.data)}, answer


def _mark(contacts: Sequence[str]) -> int | None:
    """The fingerprint of a contact: the beginning of its mark."""
    return int.from_bytes(bytes.fromhex(contacts[0][:16]), "big", signed=True) if contacts else None


@lru_cache(maxsize=1000)
def _words(*texts: str | int | None) -> str:
    return stored(search_text(str(text) for text in texts if text is not None))


def _drop_indexes(connection: sqlite3.Connection) -> None:
    """Drops the indexes that adding does not use until `_restore_indexes`, after a crash by the next call of `add`."""
    rows = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'attempts' AND sql IS NOT NULL "
        "AND name != 'by_mark'"
    ).fetchall()
    for row in rows:
        connection.execute(f"DROP INDEX {row['name']}")
    _keep(connection, {"indexes": json.dumps([row["sql"] for row in rows])})


def _restore_indexes(connection: sqlite3.Connection) -> None:
    if (dropped := _state(connection, "indexes")) is None:
        return
    for sql in json.loads(dropped):
        with transaction(connection):  # each on its own, so that the file's log stays small
            connection.execute(sql.replace(" INDEX ", " INDEX IF NOT EXISTS ", 1))
    connection.execute("DELETE FROM team_state WHERE name = 'indexes'")


def _state(connection: sqlite3.Connection, name: str) -> str | None:
    row = connection.execute("SELECT value FROM team_state WHERE name = ?", (name,)).fetchone()
    return None if row is None else row["value"]


def _keep(connection: sqlite3.Connection, values: Mapping[str, object]) -> None:
    rows = [(name, str(value)) for name, value in values.items()]
    connection.executemany("INSERT OR REPLACE INTO team_state VALUES (?, ?)", rows)


def _number(connection: sqlite3.Connection, attempt_id: str) -> int | None:
    sql = "SELECT number FROM attempts WHERE attempt_id = ?"
    row = connection.execute(sql, (stored(attempt_id),)).fetchone()
    return None if row is None else row["number"]


def _outcome(body: Mapping[str, Any]) -> Row:
    return {
        "outcome": body["outcome"] if body["outcome"] in _OUTCOMES else "unknown",
        "http_status": body.get("http_status"),
        "reply_code": body.get("reply_code"),
        "reply_text": body.get("reply_text"),
        "elapsed_ms": body.get("elapsed_ms"),
    }


def _answer(body: Mapping[str, Any]) -> Row:
    is_reply = body.get("reason") is None
    return {
        **NO_ANSWER,
        "reason": body.get("reason"),
        "sent": None if is_reply else body.get("sent", "maybe"),
        "detail": body.get("detail"),
        "body": b"" if is_reply else None,
        "body_length": 0 if is_reply else None,
    }


def _apply(connection: sqlite3.Connection, number: int, fact: Fact) -> None:
    body: Mapping[str, Any] = fact.body
    match fact.kind:
        case "outcome":
            _record(connection, number, body)
        case "settled":
            note = f"{body.get('note', '')} ({fact.member})".strip()
            values = settlement_values(Settlement(bool(body["arrived"]), note, moment(fact.at)))
            _update(connection, number, values)
        case "noted":
            _update(connection, number, {"note": stored_or_null(body.get("note"))})
        case "handed_over":
            _update(connection, number, {"assigned": stored(str(body["to"]))})
        case "double":
            both = sorted((fact.attempt_id, str(body["other"])))
            _keep(connection, {f"double:{':'.join(both)}": json.dumps(dict(body))})
        case "evidence":
            pass


def _record(connection: sqlite3.Connection, number: int, body: Mapping[str, Any]) -> None:
    """Records an outcome if there is none yet, or only the guess that the desk was interrupted."""
    open_row = connection.execute(
        "SELECT 1 FROM attempts LEFT JOIN answers ON attempt = number "
        "WHERE number = ? AND (outcome = 'sending' OR (outcome = 'unknown' AND reason = 'interrupted'))",
        (number,),
    ).fetchone()
    if open_row is not None:
        _update(connection, number, _outcome(body))
        connection.execute("DELETE FROM answers WHERE attempt = ?", (number,))
        insert(connection, "answers", [{"attempt": number, **_answer(body)}])


def _update(connection: sqlite3.Connection, number: int | None, values: Row) -> None:
    columns = ", ".join(f"{column} = ?" for column in values)
    connection.execute(f"UPDATE attempts SET {columns} WHERE number = ?", (*values.values(), number))


def _empty(connection: sqlite3.Connection, number: int) -> None:
    gone: Row = dict.fromkeys(
        ("team", "contact_mark", "previous", "trigger_id", "reply_text", "note", "settlement_note", "contact_id",
         "contact_name", "contact_keys")
    )  # fmt: skip
    _update(connection, number, {**gone, "external_id": FORGOTTEN})
    connection.execute("UPDATE requests SET body = x'', data = 'null' WHERE attempt = ?", (number,))
    connection.execute("UPDATE answers SET remedy = NULL, reply_text = NULL WHERE attempt = ?", (number,))
    connection.execute("DELETE FROM words WHERE rowid = ?", (number,))
