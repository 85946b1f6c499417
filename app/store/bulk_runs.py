"""Bulk runs: their rows, the batches that are claimed from them, and what became of each row.

A batch is claimed in one transaction, which records its attempts as `sending`, and finished in one. Every function opens
a connection of its own, for use in a worker thread. Raises StoreError.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path

from app.domain.bulk import (
    ENTRY_BYTES,
    MAX_BODY,
    MAX_CONTACTS,
    BulkError,
    BulkRow,
    Duplicates,
    RowState,
    RowTemplate,
    Run,
    RunState,
    typed_data,
)
from app.domain.model import Answer, Attempt, Outcome, Reply, TriggerRequest
from app.domain.recipient import EMAIL, canonical_json, request_fingerprint
from app.domain.text import id_prefixes
from app.store.bulk_attempts import add, opened_for_many, previous_renewed, record
from app.store.bulk_rows import READING, delete_runs, move
from app.store.database import transaction
from app.store.history_file import opened
from app.store.outbox import enqueue
from app.store.text import microseconds, moment, stored

_CHUNK = 10_000
_PLAN = (
    "file", "fingerprint", "header", "template", "per_second", "unique", "duplicates", "empty", "predicted",
    "already_sent", "batches", "profile", "event_id", "event_name", "key_id",
)  # fmt: skip
_STATES = {
    Outcome.ACCEPTED: RowState.ACCEPTED,
    Outcome.REJECTED: RowState.REJECTED,
    Outcome.UNKNOWN: RowState.UNKNOWN,
}
_CLAIMED = "WHERE wave = ? AND number = ? AND attempt_id = ?"
_TO_SEND = """state = 'planned' OR state = 'unknown' AND NOT EXISTS (
    SELECT 1 FROM attempts AS one LEFT JOIN attempts AS later ON later.parent_id = one.attempt_id
    WHERE one.attempt_id = bulk_rows.attempt_id
    AND (one.settlement = 'arrived' OR later.outcome IN ('accepted', 'partial', 'sending')))"""
_ROW = "wave, bulk_rows.number, line, bulk_rows.external_id, cells, bulk_rows.data"

_NEW = ("number", "line", "external_id", "cells", "data", "parent_id")
NewRow = tuple[int, int, str, str] | tuple[int, int, str, str, str | None, str | None]
"""A row to plan: its number, line, external id, cells as JSON; and its own event data, the attempt that it sends again.

All rows of a plan have as many members.
"""


class NotRunningError(BulkError):
    """The run was paused or aborted in another window, or is not this process's; its rows stay as they are."""


class RowsChangedError(BulkError):
    """A row of the batch was forgotten meanwhile. Nothing was claimed."""


Batch = Sequence[tuple[BulkRow, Attempt]]


@dataclass(frozen=True, slots=True)
class Sent:
    """The contacts of a batch that share an answer."""

    batch: Batch
    outcome: Outcome
    answer: Answer
    elapsed_ms: float
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class ReportLine:
    """What became of one row; `code` and `text` are None without a reply, `detail` says why there is none."""

    row: BulkRow
    state: RowState
    code: int | None
    text: str | None
    attempt_id: str | None
    http_status: int | None
    detail: str | None


@contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    with opened_for_many(path) as connection, transaction(connection):
        yield connection


# Planning


def add_plan(
    path: Path,
    run: Run,
    owner: str,
    rows: Iterable[NewRow],
    *,
    cache: Path,
    predict: Callable[[int, bool], int | None],
    duplicates: Duplicates,
    since: datetime,
) -> Run:
    """Adds a run with its rows, and returns the plan.

    `predict` gives the reply code for the number of contacts that the cache finds (2: several), and whether there can be
    no other. `since` is from when an accepted attempt counts as already sent. Commits in chunks, so that other windows can
    send meanwhile; on any exception the run is gone. Raises BulkError for duplicates.
    """
    with opened(path) as connection:
        connection.execute("PRAGMA temp_store = FILE")  # a million rows are sorted
        with transaction(connection):
            values = (run.run_id, stored(run.account), microseconds(run.planned_at), READING, owner)
            number = connection.execute(
                "INSERT INTO bulk_runs (run_id, account, planned_at, state, owner, plan) VALUES (?, ?, ?, ?, ?, '{}')",
                values,
            ).lastrowid
            assert number is not None  # noqa: S101 - it was inserted
        try:
            run = replace(run, empty=_add_rows(connection, number, rows))
            _judge(connection, number, run, cache)
            run = _counted(connection, number, run, predict, duplicates)
            run = replace(
                run,
                already_sent=_already_sent(connection, number, run, since),
                batches=_batches(connection, number, run),
            )
            with transaction(connection):
                _save(connection, number, run)
            return run
        except BaseException:  # also ctrl+c: clean up, then re-raise
            with transaction(connection):
                delete_runs(connection, "number = ?", number)
            raise


def _add_rows(connection: sqlite3.Connection, run: int, rows: Iterable[NewRow]) -> int:
    """Adds the rows; returns the number of those without an external id, which are skipped."""
    remaining, empty = iter(rows), 0
    while chunk := list(islice(remaining, _CHUNK)):
        columns = _NEW[: len(chunk[0])]  # a value costs as much as a third of the row
        sql = (
            f"INSERT INTO bulk_rows (run, wave, state, {', '.join(columns)}) "
            f"VALUES ({run}, 0, 'planned', {', '.join('?' * len(columns))})"
        )
        with transaction(connection):
            connection.executemany(sql, chunk)
        empty += sum(not row[2] for row in chunk)
    if empty:
        with transaction(connection):
            connection.execute(
                "UPDATE bulk_rows SET wave = -1, state = 'skipped' WHERE run = ? AND external_id = ''", (run,)
            )
    return empty


def _judge(connection: sqlite3.Connection, number: int, run: Run, cache: Path) -> None:
    """Fills the temporary table `people`: the first row of each external id, their number, and whom the cache finds."""
    connection.execute("ATTACH ? AS cache", (f"{cache.absolute().as_uri()}?mode=ro",))
    exact = "" if run.key_id == EMAIL else "AND value = external_id COLLATE BINARY"
    known = f"EXISTS (SELECT 1 FROM cache.looked_up WHERE key_id = ?2 AND value = {_person(run)})"
    if connection.execute("SELECT complete FROM cache.state").fetchone()[0]:
        known = "1"
    connection.execute(
        "CREATE TEMP TABLE people AS SELECT min(number) AS first, count(*) AS times, "
        "(SELECT count(*) FROM (SELECT 1 FROM cache.field_values "
        f"WHERE field_id = ?2 AND value = external_id {exact} LIMIT 2)) AS found, {known} AS known "
        f"FROM bulk_rows WHERE run = ?1 AND wave = 0 GROUP BY {_person(run)}",
        (number, stored(run.key_id)),
    )
    connection.execute("DETACH cache")


def _person(run: Run) -> str:
    return "lower(external_id)" if run.key_id == EMAIL else "external_id"


def _counted(
    connection: sqlite3.Connection,
    number: int,
    run: Run,
    predict: Callable[[int, bool], int | None],
    duplicates: Duplicates,
) -> Run:
    """The run with its counts, its later rows of a contact in waves of their own, or skipped."""
    groups = connection.execute(
        "SELECT found, known, count(*) AS contacts, sum(times) AS rows FROM people GROUP BY found, known"
    ).fetchall()
    unique = sum(group["contacts"] for group in groups)
    later = sum(group["rows"] for group in groups) - unique
    each = duplicates is Duplicates.EACH
    predicted: Counter[str] = Counter()
    with transaction(connection):
        for found, known, contacts, rows in groups:
            code = predict(found, bool(known))
            predicted["none" if code is None else str(code)] += rows if each else contacts
            if code:
                connection.execute(
                    "UPDATE bulk_rows SET predicted = ? FROM people WHERE found = ? AND known = ? "
                    "AND run = ? AND wave = 0 AND number = first",
                    (code, found, known, number),
                )
        if later:
            _move_later(connection, number, run, duplicates)
    planned = unique + (later if each else 0)
    return replace(
        run,
        unique=unique,
        duplicates=later,
        predicted=dict(sorted(predicted.items())),
        counts={RowState.PLANNED: planned, RowState.SKIPPED: unique + later + run.empty - planned},
    )


def _move_later(connection: sqlite3.Connection, number: int, run: Run, duplicates: Duplicates) -> None:
    """Gives the later rows of a contact waves of their own, or skips them. Raises BulkError where they are refused."""
    connection.execute(
        "CREATE TEMP TABLE later AS SELECT * FROM (SELECT number, line, min(number) OVER person AS first, "
        "row_number() OVER person - 1 AS wave FROM bulk_rows WHERE run = ? AND wave = 0 "
        f"WINDOW person AS (PARTITION BY {_person(run)} ORDER BY number)) WHERE wave > 0",
        (number,),
    )
    if duplicates is Duplicates.REFUSE:
        lines = connection.execute("SELECT line FROM later ORDER BY line")
        raise BulkError(_duplicate_words([row["line"] for row in lines]))
    first = "(SELECT predicted FROM bulk_rows AS one WHERE run = ?1 AND wave = 0 AND number = first)"
    moved = {
        Duplicates.FIRST: "wave = -1, state = 'skipped'",
        Duplicates.EACH: f"wave = later.wave, predicted = {first}",
    }
    connection.execute(
        f"UPDATE bulk_rows SET {moved[duplicates]} FROM later "
        "WHERE run = ?1 AND bulk_rows.wave = 0 AND bulk_rows.number = later.number",
        (number,),
    )


def _duplicate_words(lines: Sequence[int]) -> str:
    more = f" and {len(lines) - 10:,} more" if len(lines) > 10 else ""
    names = "row names" if len(lines) == 1 else "rows name"
    return (
        f"{len(lines):,} {names} a contact a second time: line{'s' if len(lines) > 1 else ''} "
        f"{', '.join(map(str, lines[:10]))}{more}. Remove them, or plan to send the first row of each contact, or every row."
    )


def _already_sent(connection: sqlite3.Connection, number: int, run: Run, since: datetime) -> int:
    """The number of planned rows whose event and data went to the contact before, by the key of the run or another."""
    earlier = connection.execute(
        "SELECT external_id, key_id, send_mark, contact_keys FROM attempts WHERE account = ? AND event_id = ? "
        "AND send_mark IS NOT NULL AND (outcome IN ('accepted', 'partial', 'sending') AND started_at >= ? "
        "OR outcome = 'unknown' AND settlement IS NOT 'did_not')",
        (stored(run.account), stored(run.event_id), microseconds(since)),
    )
    connection.execute(
        "CREATE TEMP TABLE earlier (external_id TEXT COLLATE NOCASE, key_id TEXT, sent_to TEXT, send_mark INTEGER)"
    )
    added = connection.executemany(
        "INSERT INTO earlier VALUES (?, ?, ?, ?)",
        (
            (value, one["key_id"], one["external_id"], one["send_mark"])
            for one in earlier
            for value in {one["external_id"], *(one["contact_keys"] or "").split("\n")}
        ),
    )
    if added.rowcount < 1:
        return 0
    connection.execute("CREATE INDEX temp.earlier_by_id ON earlier (external_id)")
    template = RowTemplate(run.template or "", run.header)
    found = connection.execute(
        "SELECT bulk_rows.number, data, cells, sent_to, key_id, send_mark FROM bulk_rows "
        "CROSS JOIN earlier ON earlier.external_id = bulk_rows.external_id WHERE run = ? AND state = 'planned'",
        (number,),
    )
    return len({row["number"] for row in found if _is_same(run, template, row)})


def _is_same(run: Run, template: RowTemplate, row: sqlite3.Row) -> bool:
    data = typed_data(row["data"] or template.fill(json.loads(row["cells"])))
    request = TriggerRequest(run.event_id, row["key_id"], row["sent_to"], data)
    return bool(request_fingerprint(run.account, request, canonical_json(data)) == row["send_mark"])


def _batches(connection: sqlite3.Connection, number: int, run: Run) -> int:
    """About how many requests it takes, each of one wave and within the limits."""
    waves = connection.execute(
        "SELECT count(*) AS rows, sum(length(external_id) + length(cells) + length(coalesce(data, ''))) AS size "
        "FROM bulk_rows WHERE run = ? AND wave >= 0 GROUP BY wave",
        (number,),
    ).fetchall()
    total = sum(wave["rows"] for wave in waves)
    size = sum(wave["size"] for wave in waves) + total * (ENTRY_BYTES + len(run.template or ""))
    in_one = min(MAX_CONTACTS, max(1, MAX_BODY * total // size)) if size else MAX_CONTACTS
    return sum(-(-wave["rows"] // in_one) for wave in waves)


def _save(connection: sqlite3.Connection, number: int, run: Run) -> None:
    plan = json.dumps({name: getattr(run, name) for name in _PLAN})
    connection.execute(
        f"UPDATE bulk_runs SET state = 'planned', owner = NULL, plan = ?, {', '.join(f'{one} = ?' for one in RowState)} "
        "WHERE number = ?",
        (stored(plan), *(run.count(state) for state in RowState), number),
    )


# Finding runs and rows


def runs(path: Path, account: str) -> list[Run]:
    """The runs of an account, the newest first."""
    with opened(path) as connection:
        rows = connection.execute(
            "SELECT * FROM bulk_runs WHERE account = ? AND state != ? ORDER BY number DESC",
            (stored(account), READING),
        )
        return [_run(row) for row in rows]


def find_run(path: Path, account: str, reference: str) -> Run:
    """The run with this id, beginning of an id, or short id. Raises BulkError."""
    wanted = reference.strip().lower()
    prefixes = (*id_prefixes(wanted), *([wanted] if len(wanted) > 3 else []))
    found = [run for run in runs(path, account) if run.run_id.startswith(prefixes)]
    if len(found) != 1:
        what = f"Several runs begin with {reference!r}" if found else f"There is no run {reference!r}"
        raise BulkError(f"{what}. `triggerdesk bulk list` lists them.")
    return found[0]


def get_run(path: Path, run_id: str) -> Run:
    """The run with this id. Raises BulkError if there is none."""
    with opened(path) as connection:
        return _run(_run_row(connection, run_id))


def _run_row(connection: sqlite3.Connection, run_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute(
        "SELECT * FROM bulk_runs WHERE run_id = ?", (run_id,)
    ).fetchone()
    if row is None:
        raise BulkError(f"The run {run_id} no longer exists.")
    return row


def _number(connection: sqlite3.Connection, run_id: str) -> int:
    return int(_run_row(connection, run_id)["number"])


def _run(row: sqlite3.Row) -> Run:
    plan = json.loads(row["plan"])
    return Run(
        run_id=row["run_id"],
        account=row["account"],
        planned_at=moment(row["planned_at"]),
        state=RunState(row["state"]),
        pause_reason=row["pause_reason"],
        counts={state: row[state.value] for state in RowState},
        **{**plan, "header": tuple(plan["header"])},
    )


def _row(row: sqlite3.Row) -> BulkRow:
    return BulkRow(
        row["number"],
        row["line"],
        row["external_id"],
        tuple(json.loads(row["cells"] or "[]")),
        row["data"],
        row["wave"],
        row["parent_id"],
    )


def rows_left(path: Path, run_id: str, limit: int, state: RowState = RowState.PLANNED) -> list[BulkRow]:
    """The next rows to send, all of one wave; or the first `unknown` ones, whose attempt is the `parent_id`.

    Not those that were marked as arrived, or resent one by one.
    """
    with opened(path) as connection:
        run = _run_row(connection, run_id)
        is_next = state is RowState.PLANNED
        place = (run["next_wave"], run["next_row"]) if is_next else (0, 0)
        found = connection.execute(
            f"SELECT {_ROW}, {'parent_id' if is_next else 'attempt_id AS parent_id'} FROM bulk_rows "
            f"WHERE run = ?1 AND (run, wave, number) >= (?1, ?2, ?3) AND state = ?4 AND ({_TO_SEND}) "
            "ORDER BY wave, number LIMIT ?5",
            (run["number"], *place, state.value, limit),
        ).fetchall()
        return [_row(row) for row in found if row["wave"] == found[0]["wave"]]


def unknown_left(path: Path, run_id: str) -> int:
    """The number of unknown rows that `rows_left` gives."""
    with opened(path) as connection:
        row = connection.execute(
            f"SELECT count(*) FROM bulk_rows WHERE run = ? AND state = 'unknown' AND ({_TO_SEND})",
            (_number(connection, run_id),),
        ).fetchone()
        return int(row[0])


def predicted_rejected(path: Path, run_id: str, limit: int) -> list[tuple[BulkRow, int]]:
    """The first planned rows that will be rejected, each with the predicted reply code."""
    with opened(path) as connection:
        found = connection.execute(
            f"SELECT {_ROW}, parent_id, predicted FROM bulk_rows WHERE run = ? AND wave >= 0 AND predicted > 0 LIMIT ?",
            (_number(connection, run_id), limit),
        )
        return [(_row(row), row["predicted"]) for row in found]


def report(path: Path, run_id: str, *, rejected: bool) -> Iterator[ReportLine]:
    """What became of every row, or of the rejected ones, in the order of the file."""
    only = "AND state = 'rejected'" if rejected else ""
    with opened(path) as connection:
        connection.execute("PRAGMA temp_store = FILE")
        found = connection.execute(
            f"SELECT {_ROW}, bulk_rows.parent_id, state, code, bulk_rows.attempt_id, reply_text, http_status, "
            "(SELECT detail FROM answers WHERE attempt = attempts.number) AS detail "
            "FROM bulk_rows LEFT JOIN attempts ON attempts.attempt_id = bulk_rows.attempt_id "
            f"WHERE run = ? {only} ORDER BY bulk_rows.number",
            (_number(connection, run_id),),
        )
        for row in found:
            yield ReportLine(
                _row(row),
                RowState(row["state"]),
                row["code"],
                row["reply_text"],
                row["attempt_id"],
                row["http_status"],
                row["detail"],
            )


# Running


def start(path: Path, run_id: str, owner: str, is_gone: Callable[[str | None], bool]) -> Run:
    """Marks a run as running by this process. Raises BulkError while another runs it, and for an aborted one."""
    with _writing(path) as connection:
        row = _run_row(connection, run_id)
        if row["state"] == RunState.RUNNING and not is_gone(row["owner"]):
            raise BulkError(
                "This run is under way in another window. Watch it there, or with `triggerdesk bulk status`."
            )
        if row["state"] == RunState.ABORTED:
            raise BulkError(
                "This run was aborted. Plan the file again to send to the contacts that are left."
            )
        connection.execute(
            "UPDATE bulk_runs SET state = 'running', owner = ?, pause_reason = NULL WHERE run_id = ?",
            (owner, run_id),
        )
        return _run(_run_row(connection, run_id))


def stop(
    path: Path, run_id: str, state: RunState, reason: str | None = None, owner: str | None = None
) -> None:
    """Marks a run as paused, done or aborted; with an `owner`, only while that one runs it."""
    with _writing(path) as connection:
        connection.execute(
            "UPDATE bulk_runs SET state = ?1, pause_reason = ?2, owner = NULL WHERE run_id = ?3 "
            "AND (?4 IS NULL OR owner = ?4)",
            (state.value, reason and stored(reason), run_id, owner),
        )


def claim(
    path: Path,
    run_id: str,
    owner: str,
    batch: Batch,
    state: RowState = RowState.PLANNED,
) -> None:
    """Records the attempts of a batch as `sending` and claims its rows, which are in `state`, in one transaction.

    Raises NotRunningError, and RowsChangedError. Nothing is claimed then.
    """
    with _writing(path) as connection:
        run = _run_row(connection, run_id)
        if (run["state"], run["owner"]) != (RunState.RUNNING, owner):
            raise NotRunningError("The run was paused or aborted in another window.")
        rows = [(one.attempt_id, row.wave, row.number, row.external_id) for row, one in batch]
        to_attempts = ", attempt_id = ? WHERE wave = ? AND number = ? AND external_id = ?"
        claimed = move(connection, run["number"], (state, RowState.SENDING), to_attempts, rows)
        if claimed < len(batch):
            raise RowsChangedError("A row of the batch was changed.")
        if state is RowState.PLANNED:
            last = batch[-1][0]
            _set_next(connection, run["number"], last.wave, last.number + 1)
        add(connection, [attempt for _, attempt in batch], owner)
        for _, one in batch:
            if one.team is not None:
                enqueue(connection, one.account, "attempt", one.attempt_id)


def skip(path: Path, run_id: str, rows: Sequence[tuple[BulkRow, str]]) -> None:
    """Skips planned rows that a colleague sent; the report gives the id of the colleague's attempt."""
    with _writing(path) as connection:
        values = [(attempt_id, row.wave, row.number) for row, attempt_id in rows]
        to_theirs = ", attempt_id = ? WHERE wave = ? AND number = ?"
        move(connection, _number(connection, run_id), (RowState.PLANNED, RowState.SKIPPED), to_theirs, values)


def finish(path: Path, run_id: str, sent: Sequence[Sent]) -> Run:
    """Records what the reply says about each contact of a batch, in one transaction; returns the run as it is then.

    Also of those that another process has meanwhile marked as interrupted.
    """
    with _writing(path) as connection:
        number = _number(connection, run_id)
        for one in sent:
            ids = [attempt.attempt_id for _, attempt in one.batch]
            record(connection, ids, one.answer, one.outcome, elapsed_ms=one.elapsed_ms, remedy=one.remedy)
            code = one.answer.reply_code if isinstance(one.answer, Reply) else None
            rows = [(code, row.wave, row.number, attempt.attempt_id) for row, attempt in one.batch]
            to_outcome, after = f", code = ? {_CLAIMED}", _STATES[one.outcome]
            if move(connection, number, (RowState.SENDING, after), to_outcome, rows) < len(rows):
                move(connection, number, (RowState.UNKNOWN, after), to_outcome, rows)
        return _run(_run_row(connection, run_id))


def release(path: Path, run_id: str, batch: Batch, state: RowState = RowState.PLANNED) -> None:
    """Takes back the claim of a batch of which nothing was triggered: its attempts go, its rows are in `state` again."""
    with _writing(path) as connection:
        number = _number(connection, run_id)
        ids = {"ids": json.dumps([attempt.attempt_id for _, attempt in batch])}
        here = "attempt_id IN (SELECT value FROM json_each(:ids))"
        connection.execute(
            "DELETE FROM outbox WHERE kind = 'attempt' AND about IN (SELECT value FROM json_each(:ids))", ids
        )
        with previous_renewed(connection, here, ids):
            connection.execute(
                f"DELETE FROM words WHERE rowid IN (SELECT number FROM attempts WHERE {here})", ids
            )
            connection.execute(
                "INSERT INTO outbox (account, kind, about) SELECT account, 'release', attempt_id FROM attempts "
                f"WHERE team IS NOT NULL AND {here}",
                ids,
            )
            connection.execute(f"DELETE FROM attempts WHERE {here}", ids)
        is_planned = state is RowState.PLANNED
        rows = [
            (None if is_planned else row.parent_id, row.wave, row.number, one.attempt_id)
            for row, one in batch
        ]
        move(connection, number, (RowState.SENDING, state), f", attempt_id = ? {_CLAIMED}", rows)
        if is_planned:
            _set_next(connection, number, batch[0][0].wave, batch[0][0].number)


def _set_next(connection: sqlite3.Connection, number: int, wave: int, row: int) -> None:
    connection.execute(
        "UPDATE bulk_runs SET next_wave = ?, next_row = ? WHERE number = ?", (wave, row, number)
    )
