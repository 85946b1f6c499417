"""The attempts of all members of a team, in a file with the schema of the history, so that it is searched alike.

A contact that the team does not tell is shown as the beginning of its mark, such as `#3fa9c2e10b77`.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from app.domain.fingerprint import contact_fingerprint
from app.domain.folding import search_text
from app.domain.model import Attempt, Outcome, Settlement
from app.domain.team import OPEN_S, Fact, TeamAttempt
from app.domain.wire import dumps
from app.store.attempt_rows import (
    NO_ANSWER,
    Value,
    answer_values,
    attempt_values,
    index_words,
    outcome_values,
    request_values,
    settlement_values,
)
from app.store.bulk_runs import FORGOTTEN
from app.store.database import transaction
from app.store.history_file import opened
from app.store.text import microseconds, moment, stored, stored_or_null

HIDDEN_LENGTH = 12
_CACHE_KILOBYTES = 65_536
_LOST = {"reason": "interrupted", "sent": "maybe", "detail": "The member's desk has not told the outcome."}

Row = dict[str, Value]
Rows = tuple[Row, Row, Row | None, str]
"""The columns of `attempts`, `requests` and `answers`, and the words."""


def hidden_contact(contacts: Sequence[str]) -> str:
    """What stands for the external id of a contact that only its mark is known of."""
    return f"#{contacts[0][:HIDDEN_LENGTH]}" if contacts else FORGOTTEN


class TeamHistory:
    """The team's attempts at `path`; `account` and `profile` are what its rows show. For one thread. Raises StoreError."""

    def __init__(self, path: Path, account: str, profile: str) -> None:
        self._path, self._account, self._profile = path, account, profile

    # State

    def state(self, name: str) -> str | None:
        """A value that was kept; None if there is none."""
        with opened(self._path) as connection:
            row = connection.execute("SELECT value FROM team_state WHERE name = ?", (name,)).fetchone()
        return None if row is None else row["value"]

    def keep(self, **values: object) -> None:
        with opened(self._path) as connection, transaction(connection):
            _keep(connection, values)

    def kept(self, prefix: str) -> Mapping[str, str]:
        """The values whose names begin so."""
        with opened(self._path) as connection:
            rows = connection.execute("SELECT name, value FROM team_state WHERE name GLOB ?", (f"{prefix}*",))
            return {row["name"]: row["value"] for row in rows}

    # Attempts

    def add(self, attempts: Sequence[TeamAttempt]) -> None:
        """Adds attempts of the log, and keeps its number; those that are there stay as they are."""
        with opened(self._path) as connection:
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")
            connection.execute("PRAGMA synchronous = NORMAL")  # the log can be read again
            with transaction(connection):
                self._add(
                    connection, (self._rows(one) for one in attempts), [one.attempt_id for one in attempts]
                )
                _keep(connection, {"attempt": attempts[-1].seq})

    def add_own(self, attempts: Sequence[Attempt], member: str) -> None:
        """Adds one's own attempts, or completes those of the log, with all that the desk knows of them."""
        with opened(self._path) as connection, transaction(connection):
            ids = [one.attempt_id for one in attempts]
            every = [self._own_rows(one, member) for one in attempts]
            self._add(connection, every, ids)
            for attempt_id, (values, request, answer, _) in zip(ids, every, strict=True):
                number = _number(connection, attempt_id)
                _update(connection, number, values)
                connection.execute("DELETE FROM requests WHERE attempt = ?", (number,))
                connection.execute("DELETE FROM answers WHERE attempt = ?", (number,))
                _insert(connection, "requests", [{"attempt": number, **request}])
                _insert(connection, "answers", [{"attempt": number, **answer}] if answer else [])
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

    def forget(self, marks: Iterable[str], last: int) -> None:
        """Empties the attempts on contacts with these marks, and keeps the number of the tombstone."""
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
                _keep(connection, {"tombstone": last})

    def _rows(self, one: TeamAttempt) -> Rows:
        detail = one.detail or {}
        external_id = str(detail.get("external_id") or hidden_contact(one.contacts))
        trigger_id, data = detail.get("trigger_id"), detail.get("data")
        body = b"" if not detail else dumps({**detail, "key_id": one.key_id})
        marks = {"account": self._account, "contacts": one.contacts, "data": one.data, "claimed": True}
        attempt: Row = {
            "attempt_id": stored(one.attempt_id), "parent_id": stored_or_null(one.parent_id),
            "profile": self._profile, "account": self._account, "event_id": stored(one.event_id),
            "event_name": stored_or_null(one.event_name), "key_id": stored(one.key_id),
            "external_id": stored(external_id), "trigger_id": stored(str(trigger_id)) if trigger_id else None,
            "started_at": one.at, "predicted_code": one.predicted_code, "team": json.dumps(marks),
            "member": stored(one.member), "contact_mark": self._mark(one.contacts), **_outcome(one.outcome or {}),
        }  # fmt: skip
        words = (one.event_id, one.event_name, external_id, one.member, _text(one.outcome or {}))
        return (
            attempt,
            {"body": body, "data": "null" if data is None else dumps(data).decode("ascii")},
            _answer(one.outcome) if one.outcome else None,
            stored(search_text(word for word in words if word)),
        )

    def _own_rows(self, one: Attempt, member: str) -> Rows:
        assert one.team is not None  # noqa: S101 - only attempts on the team's account are added
        attempt = {
            **attempt_values(one, ""),
            "member": stored(member),
            "send_mark": None,
            "contact_mark": self._mark(one.team.contacts),
            **settlement_values(one.settlement),
        }
        answer: Row | None = None
        if one.answer is not None:
            attempt |= outcome_values(one.answer, one.outcome, one.elapsed_ms)
            answer = {**NO_ANSWER, **answer_values(one.answer, one.remedy)}
        request = request_values(0, replace(one.request), b"")
        return attempt, {"body": b"", "data": request["data"]}, answer, ""

    def _mark(self, contacts: Sequence[str]) -> int | None:
        return contact_fingerprint(self._account, "#", contacts[0]) if contacts else None

    def _add(self, connection: sqlite3.Connection, every: Iterable[Rows], ids: Sequence[str]) -> None:
        sql = "SELECT attempt_id FROM attempts WHERE attempt_id IN (SELECT value FROM json_each(?))"
        there = {row[0] for row in connection.execute(sql, (json.dumps(ids),))}
        first = 1 + connection.execute("SELECT coalesce(max(number), 0) FROM attempts").fetchone()[0]
        new = [one for one in every if one[0]["attempt_id"] not in there]
        numbered = list(enumerate(new, start=first))
        _insert(connection, "attempts", [{"number": number, **one[0]} for number, one in numbered])
        _insert(connection, "requests", [{"attempt": number, **one[1]} for number, one in numbered])
        _insert(connection, "answers", [{"attempt": number, **one[2]} for number, one in numbered if one[2]])
        connection.execute(
            "UPDATE attempts SET previous = (SELECT outcome FROM attempts AS earlier WHERE earlier.number = (SELECT "
            "max(number) FROM attempts AS one WHERE one.contact_mark = attempts.contact_mark AND one.number < "
            "attempts.number)) WHERE number >= ?",
            (first,),
        )
        words = [(number, one[3]) for number, one in numbered]
        connection.executemany("INSERT INTO words (rowid, text) VALUES (?, ?)", words)


def _keep(connection: sqlite3.Connection, values: Mapping[str, object]) -> None:
    rows = [(name, str(value)) for name, value in values.items()]
    connection.executemany("INSERT OR REPLACE INTO team_state VALUES (?, ?)", rows)


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    if rows:
        columns = list(dict.fromkeys(chain.from_iterable(rows)))
        marks = ", ".join("?" * len(columns))
        values = [tuple(row.get(column) for column in columns) for row in rows]
        connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", values)


def _number(connection: sqlite3.Connection, attempt_id: str) -> int | None:
    sql = "SELECT number FROM attempts WHERE attempt_id = ?"
    row = connection.execute(sql, (stored(attempt_id),)).fetchone()
    return None if row is None else row["number"]


def _outcome(body: Mapping[str, Any]) -> Row:
    return {
        "outcome": Outcome(body.get("outcome", "sending")).value,
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


def _text(body: Mapping[str, Any]) -> str:
    return " ".join(
        str(body[name]) for name in ("reply_code", "reply_text", "detail") if body.get(name) is not None
    )


def _apply(connection: sqlite3.Connection, number: int, fact: Fact) -> None:
    body = fact.body
    match fact.kind:
        case "outcome":
            _record(connection, number, body)
        case "settled":
            note = f"{body.get('note', '')} ({fact.member})".strip()
            values = settlement_values(Settlement(bool(body["arrived"]), note, moment(fact.at)))
            _update(connection, number, values)
        case "noted":
            _update(connection, number, {"note": _noted(body)})
        case "handed_over":
            _update(connection, number, {"assigned": stored(str(body["to"]))})
        case "double":
            both = sorted((fact.attempt_id, str(body["other"])))
            _keep(connection, {f"double:{':'.join(both)}": json.dumps(dict(body))})
        case "evidence":
            pass


def _noted(body: Mapping[str, Any]) -> str | None:
    return stored_or_null(body.get("note"))


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
        _insert(connection, "answers", [{"attempt": number, **_answer(body)}])


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
