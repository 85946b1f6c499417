"""Converts attempts to rows and back, and indexes their words."""

import contextlib
import json
import re
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from app.domain.attempt_export import ENDED
from app.domain.identifiers import search_forms, search_text
from app.domain.json_text import TypedObject, member
from app.domain.model import (
    NO_EXTRAS,
    Answer,
    Attempt,
    Extras,
    KeptContact,
    NoReply,
    Outcome,
    Reply,
    Settlement,
    TeamMarks,
    TriggerRequest,
    parse_extras,
)
from app.domain.recipient import canonical_json, contact_fingerprint, request_fingerprint
from app.domain.reply_codes import describe_reply
from app.domain.wire import dumps, sent_json, trigger_body
from app.store.text import microseconds, moment, stored, stored_or_null

SHOWN_REPLY_TEXT = 1000
"""The number of characters of the reply text in `attempts`; `answers` has the whole text of a longer one."""

Value = str | bytes | int | float | None

LATEST_NAME = """
WITH RECURSIVE known (account) AS (
    SELECT min(account) FROM attempts
    UNION ALL
    SELECT (SELECT min(account) FROM attempts WHERE account > known.account) FROM known WHERE account IS NOT NULL
)
SELECT event_name FROM attempts WHERE number = (
    SELECT max((
        SELECT number FROM attempts WHERE account = known.account AND event_id = ?1 AND event_name IS NOT NULL
        ORDER BY number DESC LIMIT 1
    )) FROM known
)
"""
"""The latest recorded name of an event on any account."""


class AttemptRow(NamedTuple):
    """One attempt in a list; `reply_text` is cut at 1,000 characters.

    `arrived` is the resolution of an unknown outcome; None if it is unresolved. `contact_name` names the contact that
    the key found, or is ''. `description` is one sentence about the reply or failure, '' while it is being sent. `member`
    is who sent it, in a team's history.
    """

    attempt_id: str
    profile: str
    started_at: datetime
    outcome: Outcome
    event_id: str
    event_name: str | None
    key_id: str
    external_id: str
    http_status: int | None
    reply_code: int | None
    reply_text: str | None
    elapsed_ms: float | None
    arrived: bool | None = None
    contact_name: str = ""
    description: str = ""
    member: str = ""


NARROW = (
    "number, attempt_id, profile, started_at, outcome, event_id, event_name, key_id, external_id, "
    "http_status, reply_code, reply_text, elapsed_ms, settlement, contact_name, member, assigned, "
    "(SELECT detail FROM answers WHERE attempt = number) AS detail, "
    "(SELECT substr(body, 1, 100) FROM answers WHERE attempt = number AND reply_code IS NULL) AS body"
)
WHOLE = """
    number, attempt_id, parent_id, profile, account, event_id, event_name, key_id, external_id, trigger_id, started_at,
    predicted_code, outcome, http_status, reply_code, attempts.reply_text, elapsed_ms, note, settlement, settlement_note,
    settled_at, contact_id, contact_name, contact_keys, run_id, team, member, assigned,
    requests.body AS request_body, requests.data, answers.remedy, answers.reason, answers.sent,
    answers.detail, answers.body, answers.body_length, answers.reply_text AS whole_text, answers.errors,
    answers.location, answers.date, answers.retry_after, answers.limit_reset
    FROM attempts JOIN requests ON requests.attempt = number LEFT JOIN answers ON answers.attempt = number
"""


def attempt_values(attempt: Attempt, owner: str) -> dict[str, Value]:
    """The columns of `attempts` that have a value before sending."""
    request = attempt.request
    return {
        "attempt_id": stored(attempt.attempt_id),
        "parent_id": stored_or_null(attempt.parent_id),
        "profile": stored(attempt.profile),
        "account": stored(attempt.account),
        "event_id": stored(request.event_id),
        "event_name": stored_or_null(attempt.event_name),
        "key_id": stored(request.key_id),
        "external_id": stored(request.external_id),
        "trigger_id": stored_or_null(request.trigger_id),
        "started_at": microseconds(attempt.started_at),
        "predicted_code": attempt.predicted_code,
        "outcome": Outcome.SENDING.value,
        "owner": owner,
        "note": stored_or_null(attempt.note),
        **_contact_values(attempt.contact),
        "run_id": attempt.run_id,
        "team": None if attempt.team is None else json.dumps(attempt.team._asdict()),
        "contact_mark": contact_fingerprint(attempt.account, request.key_id, request.external_id),
        "send_mark": request_fingerprint(attempt.account, request, canonical_json(request.data)),
    }


def _contact_values(contact: KeptContact | None) -> dict[str, Value]:
    if contact is None:
        return dict.fromkeys(("contact_id", "contact_name", "contact_keys"))
    keys = dict.fromkeys((contact.id, contact.name, *contact.keys))
    return {
        "contact_id": stored(contact.id),
        "contact_name": stored(contact.name),
        "contact_keys": stored("\n".join(("", *filter(None, keys), ""))),
    }


def request_values(number: int, request: TriggerRequest, body: bytes) -> dict[str, Value]:
    """The columns of `requests`; `data` is None if the body in its usual form already contains the event data."""
    usual = body == trigger_body(request)
    return {"attempt": number, "body": body, "data": None if usual else sent_json(request.data)}


NO_ANSWER: dict[str, Value] = dict.fromkeys((
    "remedy", "reason", "sent", "detail", "body", "body_length", "reply_text", "errors", "location", "date",
    "retry_after", "limit_reset",
))  # fmt: skip


_REPLY_TEXTS = ("location", "date", "retry_after", "limit_reset")


def answer_values(answer: Answer, remedy: str | None) -> dict[str, Value]:
    """The columns of `answers`."""
    values: dict[str, Value] = {"remedy": stored_or_null(remedy)}
    if isinstance(answer, NoReply):
        return {
            **values,
            "reason": stored(answer.reason),
            "sent": answer.sent,
            "detail": stored(answer.detail),
        }
    text = answer.reply_text
    return {
        **values,
        "body": answer.body,
        "body_length": answer.body_length,
        "reply_text": stored(text) if text is not None and len(text) > SHOWN_REPLY_TEXT else None,
        "errors": dumps(answer.errors).decode("ascii") if answer.errors else None,
        **{column: stored_or_null(getattr(answer, column)) for column in _REPLY_TEXTS},
    }


def outcome_values(answer: Answer, outcome: Outcome, elapsed_ms: float | None) -> dict[str, Value]:
    """The columns of `attempts` that the answer fills."""
    status = code = text = None
    if isinstance(answer, Reply):
        status, code, text = answer.http_status, answer.reply_code, answer.reply_text
    return {
        "outcome": outcome.value,
        "http_status": status,
        "reply_code": code,
        "reply_text": None if text is None else stored(text[:SHOWN_REPLY_TEXT]),
        "elapsed_ms": elapsed_ms,
    }


def settlement_values(settlement: Settlement | None) -> dict[str, Value]:
    """The columns of `attempts` that the resolution of an unknown outcome fills."""
    if settlement is None:
        return dict.fromkeys(("settlement", "settlement_note", "settled_at"))
    return {
        "settlement": "arrived" if settlement.arrived else "did_not",
        "settlement_note": stored(settlement.note),
        "settled_at": microseconds(settlement.settled_at),
    }


def narrow_row(row: sqlite3.Row) -> AttemptRow:
    """An AttemptRow from the columns NARROW."""
    return AttemptRow(
        attempt_id=row["attempt_id"],
        profile=row["profile"],
        started_at=moment(row["started_at"]),
        outcome=Outcome(row["outcome"]),
        event_id=row["event_id"],
        event_name=row["event_name"],
        key_id=row["key_id"],
        external_id=row["external_id"],
        http_status=row["http_status"],
        reply_code=row["reply_code"],
        reply_text=row["reply_text"],
        elapsed_ms=row["elapsed_ms"],
        arrived=_arrived(row),
        contact_name=row["contact_name"] or "",
        description=_description(row),
        member=_member(row),
    )


def _description(row: sqlite3.Row) -> str:
    detail: str | None = row["detail"]
    if detail is not None:
        return detail
    if row["http_status"] is not None:
        return describe_reply(row["http_status"], row["reply_code"], row["body"] or b"")
    return "" if row["outcome"] == Outcome.SENDING else ENDED


def whole_attempt(row: sqlite3.Row) -> Attempt:
    """An Attempt from the columns WHOLE."""
    return Attempt(
        attempt_id=row["attempt_id"],
        profile=row["profile"],
        account=row["account"],
        request=_request(row),
        event_name=row["event_name"],
        started_at=moment(row["started_at"]),
        predicted_code=row["predicted_code"],
        outcome=Outcome(row["outcome"]),
        answer=_answer(row),
        elapsed_ms=row["elapsed_ms"],
        remedy=row["remedy"],
        parent_id=row["parent_id"],
        settlement=_settlement(row),
        note=row["note"],
        contact=_contact(row),
        run_id=row["run_id"],
        team=team_marks(row["team"]),
        member=_member(row),
    )


def team_marks(text: str | None) -> TeamMarks | None:
    """The marks in the column `team`."""
    if text is None:
        return None
    found = json.loads(text)
    return TeamMarks(found["account"], tuple(found["contacts"]), found["data"], found["claimed"])


def _member(row: sqlite3.Row) -> str:
    """Who sent it, and who took its unknown outcome over."""
    return " → ".join(filter(None, (row["member"], row["assigned"])))


def _contact(row: sqlite3.Row) -> KeptContact | None:
    if row["contact_id"] is None:
        return None
    keys = row["contact_keys"].strip("\n").split("\n")
    return KeptContact(row["contact_id"], row["contact_name"], tuple(keys))


def _request(row: sqlite3.Row) -> TriggerRequest:
    return TriggerRequest(
        event_id=row["event_id"],
        key_id=row["key_id"],
        external_id=row["external_id"],
        data=_data(row),
        trigger_id=row["trigger_id"],
        extras=_extras(row["request_body"]),
    )


def _extras(body: bytes) -> Extras:
    if b'"event_time"' not in body and b'"attachment"' not in body:
        return NO_EXTRAS  # most attempts: their bodies need no parsing
    with contextlib.suppress(ValueError, RecursionError):
        return parse_extras(json.loads(body))
    return NO_EXTRAS


def _data(row: sqlite3.Row) -> TypedObject | None:
    """The event data as it was sent, with its numbers as they were typed."""
    text = row["data"]
    if text is None:
        text = member(row["request_body"].decode(), "data") or "null"
    data = json.loads(text)
    return TypedObject(data, text) if isinstance(data, dict) else None


def _settlement(row: sqlite3.Row) -> Settlement | None:
    arrived = _arrived(row)
    if arrived is None:
        return None
    return Settlement(arrived, row["settlement_note"], moment(row["settled_at"]))


def _arrived(row: sqlite3.Row) -> bool | None:
    return None if row["settlement"] is None else row["settlement"] == "arrived"


def _answer(row: sqlite3.Row) -> Answer | None:
    if row["reason"] is not None:
        return NoReply(row["reason"], row["sent"], row["detail"])
    if row["http_status"] is None:
        return None
    whole = row["whole_text"]
    return Reply(
        http_status=row["http_status"],
        reply_code=row["reply_code"],
        reply_text=row["reply_text"] if whole is None else whole,
        errors=json.loads(row["errors"]) if row["errors"] is not None else {},
        body=row["body"],
        body_length=row["body_length"],
        **{column: row[column] for column in _REPLY_TEXTS},
    )


# The full-text index


_AT_ONCE = 100
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
    # Every statement lets go of the interpreter's lock, too shortly for a key to get it: one for many rows.
    while some := rows.fetchmany(_AT_ONCE):
        connection.execute(
            "INSERT OR REPLACE INTO words (rowid, text) "
            "SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]') FROM json_each(?)",
            (json.dumps([(row["number"], _text(row)) for row in some], ensure_ascii=False),),
        )


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


_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def _text(row: sqlite3.Row) -> str:
    data = row["data"] or member(row["request_body"].decode(), "data") or "null"
    trigger_id: str | None = row["trigger_id"]
    if trigger_id is not None and _UUID.fullmatch(trigger_id):
        trigger_id = trigger_id.replace("-", "")  # one word: five would cost a large batch much more
    texts = (
        row["event_id"],
        row["event_name"],
        row["external_id"],
        None if row["trigger_id"] == row["attempt_id"] else trigger_id,
        None if data == "null" else _spoken(data),
        None if row["reply_code"] is None else str(row["reply_code"]),
        row["said"],
        _reply_text(row["reply_body"]) if row["reply_body"] else None,
        row["detail"],
        row["location"],
        row["note"],
        row["settlement_note"],
        row["contact_keys"],
    )
    return stored(search_text(text for text in texts if text)).replace("\0", " ")


@lru_cache(maxsize=16)  # the contacts of a batch have the same reply
def _reply_text(body: bytes) -> str | None:
    """The texts of a reply without its code and text, which are at hand; None if there are none."""
    try:
        reply = json.loads(body)
        if isinstance(reply, Mapping):
            reply = {name: value for name, value in reply.items() if value and name not in _REPLY_HAS}
        return None if reply == {} else _spoken(json.dumps(reply, ensure_ascii=False))
    except (ValueError, RecursionError):
        return body.decode("utf-8", "replace")


def _spoken(text: str) -> str:
    """The texts in JSON. Its punctuation may stay, since it separates words; its escapes may not."""
    return "\n".join(_leaves(json.loads(text))) if "\\" in text else text


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
