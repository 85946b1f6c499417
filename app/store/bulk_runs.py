"""Bulk runs: their rows, the batches that are claimed from them, and what became of each row.

A batch is claimed in one transaction, which records its attempts as `sending`, and finished in one. Every function opens
a connection of its own, for use in a worker thread. Raises StoreError.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from json.encoder import encode_basestring
from pathlib import Path

from app.domain.bulk import (
    MAX_BODY,
    MAX_CONTACTS,
    BulkError,
    BulkRow,
    Duplicates,
    RowState,
    Run,
    RunState,
    Template,
    typed_data,
)
from app.domain.model import Answer, Attempt, Outcome, Reply, TriggerRequest
from app.domain.recipient import canonical_json, request_fingerprint
from app.domain.text import id_prefixes
from app.domain.wire import trigger_body
from app.store.attempt_rows import (
    NO_ANSWER,
    answer_values,
    attempt_values,
    index_words,
    outcome_values,
)
from app.store.bulk_attempts import previous_renewed
from app.store.database import transaction
from app.store.history_file import opened
from app.store.outbox import enqueue, enqueue_outcomes
from app.store.text import Stored, microseconds, moment, restored, restored_or_none, stored

READING = "reading"
"""The state of a run whose rows are still being added; it is not listed."""

INTERRUPTED = "The program ended during the run."
FORGOTTEN = "(forgotten)"
"""Replaces the external id of an erased person."""

_CHUNK = 5000
_CACHE_KILOBYTES = 32_768
_ENTRY_BYTES = 100
_PLAN = (
    "file", "fingerprint", "header", "template", "per_second", "unique", "duplicates", "empty", "predicted",
    "already_sent", "batches", "profile", "event_id", "event_name", "key_id",
)  # fmt: skip
_STATES = {
    Outcome.ACCEPTED: RowState.ACCEPTED,
    Outcome.REJECTED: RowState.REJECTED,
    Outcome.UNKNOWN: RowState.UNKNOWN,
}
_ROW = "wave, number, line, external_id, cells, data, parent_id"


class NotRunningError(BulkError):
    """The run was paused or aborted in another window, or is not this process's; its rows stay as they are."""


class RowsChangedError(BulkError):
    """A row of the batch was forgotten meanwhile. Nothing was claimed."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The result of one contact of a batch."""

    row: BulkRow
    attempt_id: str
    outcome: Outcome
    answer: Answer
    elapsed_ms: float
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class ReportLine:
    """What became of one row; `code` and `text` are None without a reply, `description` is for `answer_of`."""

    row: BulkRow
    state: RowState
    code: int | None
    text: str | None
    attempt_id: str | None
    http_status: int | None
    detail: str | None


@contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    with opened(path) as connection:
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")
        with transaction(connection):
            yield connection


# Planning


def add_plan(
    path: Path,
    run: Run,
    owner: str,
    rows: Iterable[BulkRow],
    *,
    judging: tuple[Path, Callable[[int, bool], int | None]],
    duplicates: Duplicates,
    since: datetime,
) -> Run:
    """Adds a run with its rows, and returns the plan.

    `judging` is the path of the cache, and what predicts the reply code from the number of contacts found (2: several)
    and whether there can be no other. `since` is from when an accepted attempt counts as already sent. Commits in chunks,
    so that other windows can send meanwhile; on any exception the run is gone. Raises BulkError for duplicates.
    """
    with opened(path) as connection:
        connection.execute("PRAGMA temp_store = FILE")  # a million rows are sorted
        number = _add_run(connection, run, owner)
        try:
            size = _add_rows(connection, number, rows)
            _judge(connection, number, run, judging[0])
            planned = _counted(connection, number, run, judging[1], duplicates)
            planned = replace(planned, already_sent=_already_sent(connection, number, run, since))
            planned = replace(planned, batches=_batches(connection, number, run, size))
            with transaction(connection):
                _save(connection, number, planned)
            return planned
        except BaseException:  # also ctrl+c: clean up, then re-raise
            with transaction(connection):
                _delete(connection, "number = ?", number)
            raise


def _add_run(connection: sqlite3.Connection, run: Run, owner: str) -> int:
    with transaction(connection):
        values = (run.run_id, stored(run.account), microseconds(run.planned_at), READING, owner, "{}")
        cursor = connection.execute(
            "INSERT INTO bulk_runs (run_id, account, planned_at, state, owner, plan) VALUES (?, ?, ?, ?, ?, ?)",
            values,
        )
    return cursor.lastrowid or 0


def _add_rows(connection: sqlite3.Connection, run: int, rows: Iterable[BulkRow]) -> int:
    """Adds the rows; returns about how many bytes their cells and their own event data have."""
    remaining, size = iter(rows), 0
    while chunk := list(islice(remaining, _CHUNK)):
        values = [
            (number, line, who, f"[{','.join(map(encode_basestring, cells))}]", data, parent)
            for number, line, who, cells, data, _, parent in chunk
        ]
        size += sum(len(who) + len(cells) + len(data or "") for _, _, who, cells, data, _ in values)
        with transaction(connection):
            _insert(connection, run, [one for one in values if one[2]], 0, RowState.PLANNED)
            _insert(connection, run, [one for one in values if not one[2]], -1, RowState.SKIPPED)
    return size


def _insert(
    connection: sqlite3.Connection, run: int, values: Sequence[Sequence[object]], wave: int, state: RowState
) -> None:
    connection.executemany(
        "INSERT INTO bulk_rows (run, wave, number, line, external_id, cells, data, parent_id, state) "
        f"VALUES ({run}, {wave}, ?, ?, ?, ?, ?, ?, '{state}')",
        values,
    )


def _judge(connection: sqlite3.Connection, number: int, run: Run, cache: Path) -> None:
    """Fills the temporary table `judged`: the place of each row among those of its contact, and whom the cache finds."""
    connection.execute("ATTACH ? AS cache", (f"{cache.absolute().as_uri()}?mode=ro",))
    own = "external_id COLLATE NOCASE" if run.key_id == "3" else "external_id"
    exact = "" if run.key_id == "3" else "AND value = external_id COLLATE BINARY"
    looked_up = "lower(external_id)" if run.key_id == "3" else "external_id"
    connection.execute(
        f"CREATE TEMP TABLE judged AS SELECT number, wave, "
        "(SELECT count(*) FROM (SELECT 1 FROM cache.field_values "
        f"WHERE field_id = ?2 AND value = external_id {exact} LIMIT 2)) AS found, "
        "(SELECT complete FROM cache.state) OR EXISTS "
        f"(SELECT 1 FROM cache.looked_up WHERE key_id = ?2 AND value = {looked_up}) AS known "
        f"FROM (SELECT number, external_id, row_number() OVER (PARTITION BY {own} ORDER BY number) - 1 AS wave "
        "FROM bulk_rows WHERE run = ?1 AND wave = 0)",
        (number, stored(run.key_id)),
    )
    connection.execute("DETACH cache")


def _counted(
    connection: sqlite3.Connection,
    number: int,
    run: Run,
    predict: Callable[[int, bool], int | None],
    duplicates: Duplicates,
) -> Run:
    """The run with its counts, its later rows of a contact in waves of their own, or skipped."""
    later = connection.execute("SELECT count(*) FROM judged WHERE wave > 0").fetchone()[0]
    unique = connection.execute("SELECT count(*) FROM judged WHERE wave = 0").fetchone()[0]
    empty = connection.execute(
        "SELECT count(*) FROM bulk_rows WHERE run = ? AND wave < 0", (number,)
    ).fetchone()[0]
    if later and duplicates is Duplicates.REFUSE:
        raise BulkError(_duplicate_words(connection, number, later))
    each = duplicates is Duplicates.EACH
    with transaction(connection):
        connection.execute(
            f"UPDATE bulk_rows SET wave = {'judged.wave' if each else '-1'}, state = '{'planned' if each else 'skipped'}' "
            "FROM judged WHERE judged.wave > 0 AND run = ? AND bulk_rows.wave = 0 AND bulk_rows.number = judged.number",
            (number,),
        )
        counted: Counter[str] = Counter()
        kept = "" if each else "WHERE wave = 0"
        for found, known, count in connection.execute(
            f"SELECT found, known, count(*) FROM judged {kept} GROUP BY 1, 2"
        ).fetchall():
            code = predict(found, bool(known))
            counted["none" if code is None else str(code)] += count
            if code:
                connection.execute(
                    "UPDATE bulk_rows SET predicted = ?1 FROM judged WHERE found = ?2 AND known = ?3 AND run = ?4 "
                    "AND bulk_rows.wave = iif(?5, judged.wave, 0) AND bulk_rows.number = judged.number",
                    (code, found, known, number, each),
                )
    planned = unique + (later if each else 0)
    counts = {RowState.PLANNED: planned, RowState.SKIPPED: unique + later + empty - planned}
    return replace(
        run,
        unique=unique,
        duplicates=later,
        empty=empty,
        predicted=dict(sorted(counted.items())),
        counts=counts,
    )


def _duplicate_words(connection: sqlite3.Connection, number: int, later: int) -> str:
    rows = connection.execute(
        "SELECT line FROM judged JOIN bulk_rows USING (number) WHERE judged.wave > 0 AND run = ? ORDER BY number LIMIT 10",
        (number,),
    )
    lines = ", ".join(str(row["line"]) for row in rows)
    more = f" and {later - 10:,} more" if later > 10 else ""
    named = "row names" if later == 1 else "rows name"
    return (
        f"{later:,} {named} a contact a second time: line{'s' if later > 1 else ''} {lines}{more}. Remove them, or plan "
        "with --duplicates first (skips them) or each (sends them all)."
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
    connection.executemany(
        "INSERT INTO earlier VALUES (?, ?, ?, ?)",
        (
            (value, one["key_id"], one["external_id"], one["send_mark"])
            for one in earlier
            for value in {one["external_id"], *(one["contact_keys"] or "").split("\n")}
        ),
    )
    connection.execute("CREATE INDEX temp.earlier_by_id ON earlier (external_id)")
    template = Template(run.template or "", run.header)
    found = connection.execute(
        f"SELECT {_ROW.replace('external_id', 'bulk_rows.external_id')}, sent_to, key_id, send_mark FROM bulk_rows CROSS JOIN earlier ON earlier.external_id = bulk_rows.external_id "
        "WHERE run = ? AND state = 'planned'",
        (number,),
    )
    return len({row["number"] for row in found if _is_same(run, template, row)})


def _is_same(run: Run, template: Template, row: sqlite3.Row) -> bool:
    data = typed_data(row["data"] or template.fill(json.loads(row["cells"])))
    request = TriggerRequest(run.event_id, row["key_id"], restored(row["sent_to"]), data)
    return bool(request_fingerprint(run.account, request, canonical_json(data)) == row["send_mark"])


def _batches(connection: sqlite3.Connection, number: int, run: Run, size: int) -> int:
    """The number of requests, each of one wave and within the limits."""
    waves = connection.execute(
        "SELECT count(*) FROM bulk_rows WHERE run = ? AND wave >= 0 GROUP BY wave", (number,)
    ).fetchall()
    total = sum(row[0] for row in waves)
    size += total * (_ENTRY_BYTES + len(run.template or ""))
    in_one = min(MAX_CONTACTS, max(1, MAX_BODY * total // size)) if size else MAX_CONTACTS
    return sum(-(-row[0] // in_one) for row in waves)


def _save(connection: sqlite3.Connection, number: int, run: Run) -> None:
    plan = json.dumps({name: getattr(run, name) for name in _PLAN})
    counts = [run.count(state) for state in RowState]
    columns = ", ".join(f"{state} = ?" for state in RowState)
    connection.execute(
        f"UPDATE bulk_runs SET state = 'planned', owner = NULL, plan = ?, {columns} WHERE number = ?",
        (stored(plan), *counts, number),
    )


# Finding runs


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
    found = [
        run
        for run in runs(path, account)
        if run.run_id == wanted
        or run.run_id.startswith((*id_prefixes(wanted), *([wanted] if len(wanted) > 3 else [])))
    ]
    if len(found) != 1:
        what = f"Several runs begin with {reference!r}" if found else f"There is no run {reference!r}"
        raise BulkError(f"{what}. `triggerdesk bulk list` lists them.")
    return found[0]


def get_run(path: Path, run_id: str) -> Run:
    """The run with this id. Raises BulkError if there is none."""
    with opened(path) as connection:
        row = connection.execute("SELECT * FROM bulk_runs WHERE run_id = ?", (run_id,)).fetchone()
        if row is None:
            raise BulkError(f"The run {run_id} no longer exists.")
        return _run(row)


def _run(row: sqlite3.Row) -> Run:
    plan = json.loads(row["plan"])
    return Run(
        run_id=row["run_id"],
        account=restored(row["account"]),
        planned_at=moment(row["planned_at"]),
        state=RunState(row["state"]),
        pause_reason=restored_or_none(row["pause_reason"]),
        counts={state: row[state.value] for state in RowState},
        **{**plan, "header": tuple(plan["header"])},
    )


def _number(connection: sqlite3.Connection, run_id: str) -> int:
    row = connection.execute("SELECT number FROM bulk_runs WHERE run_id = ?", (run_id,)).fetchone()
    if row is None:
        raise BulkError(f"The run {run_id} no longer exists.")
    return int(row[0])


def _row(row: sqlite3.Row) -> BulkRow:
    return BulkRow(
        row["number"],
        row["line"],
        restored(row["external_id"]),
        tuple(json.loads(row["cells"] or "[]")),
        row["data"],
        row["wave"],
        row["parent_id"],
    )


def rows_left(path: Path, run_id: str, limit: int, state: RowState = RowState.PLANNED) -> list[BulkRow]:
    """The next rows to send, all of one wave; or the first `unknown` ones."""
    with opened(path) as connection:
        run = connection.execute("SELECT * FROM bulk_runs WHERE run_id = ?", (run_id,)).fetchone()
        if run is None:
            return []
        place = (run["next_wave"], run["next_row"]) if state is RowState.PLANNED else (0, 0)
        again = "attempt_id AS " if state is RowState.UNKNOWN else ""
        columns = _ROW.replace("parent_id", f"{again}parent_id")
        found = connection.execute(
            f"SELECT {columns} FROM bulk_rows WHERE run = ?1 AND (run, wave, number) >= (?1, ?2, ?3) AND state = ?4 "
            "ORDER BY wave, number LIMIT ?5",
            (run["number"], *place, state.value, limit),
        ).fetchall()
        return [_row(row) for row in found if row["wave"] == found[0]["wave"]]


def predicted_rejected(path: Path, run_id: str, limit: int) -> list[tuple[BulkRow, int]]:
    """The first planned rows that will be rejected, each with the predicted reply code."""
    with opened(path) as connection:
        found = connection.execute(
            f"SELECT {_ROW}, predicted FROM bulk_rows WHERE run = ? AND predicted > 0 LIMIT ?",
            (_number(connection, run_id), limit),
        )
        return [(_row(row), row["predicted"]) for row in found]


def report(path: Path, run_id: str, *, rejected: bool) -> Iterator[ReportLine]:
    """What became of every row, or of the rejected ones, in the order of the file."""
    only = "AND state = 'rejected'" if rejected else ""
    with opened(path) as connection:
        connection.execute("PRAGMA temp_store = FILE")
        found = connection.execute(
            "SELECT wave, bulk_rows.number, line, bulk_rows.external_id, cells, bulk_rows.data, bulk_rows.parent_id, state, code, "
            "bulk_rows.attempt_id, reply_text, http_status, (SELECT detail FROM answers WHERE attempt = attempts.number) AS detail "
            "FROM bulk_rows LEFT JOIN attempts ON attempts.attempt_id = bulk_rows.attempt_id "
            f"WHERE run = ? {only} ORDER BY bulk_rows.number",
            (_number(connection, run_id),),
        )
        for row in found:
            yield ReportLine(
                _row(row),
                RowState(row["state"]),
                row["code"],
                restored_or_none(row["reply_text"]),
                row["attempt_id"],
                row["http_status"],
                restored_or_none(row["detail"]),
            )


# Running


def start(path: Path, run_id: str, owner: str, is_gone: Callable[[str | None], bool]) -> Run:
    """Marks a run as running by this process. Raises BulkError while another runs it, and for an aborted one."""
    with _writing(path) as connection:
        row = connection.execute("SELECT * FROM bulk_runs WHERE run_id = ?", (run_id,)).fetchone()
        if row is None:
            raise BulkError(f"The run {run_id} no longer exists.")
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
    return get_run(path, run_id)


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
    batch: Sequence[tuple[BulkRow, Attempt]],
    state: RowState = RowState.PLANNED,
) -> None:
    """Records the attempts of a batch as `sending` and claims its rows, which are in `state`, in one transaction.

    Raises NotRunningError, and RowsChangedError. Nothing is claimed then.
    """
    with _writing(path) as connection:
        run = connection.execute(
            "SELECT number FROM bulk_runs WHERE run_id = ? AND state = 'running' AND owner = ?",
            (run_id, owner),
        ).fetchone()
        if run is None:
            raise NotRunningError("The run was paused or aborted in another window.")
        changed = connection.executemany(
            "UPDATE bulk_rows SET state = 'sending', attempt_id = ? "
            "WHERE run = ? AND wave = ? AND number = ? AND state = ? AND external_id = ?",
            [
                (attempt.attempt_id, run["number"], row.wave, row.number, state.value, row.external_id)
                for row, attempt in batch
            ],
        ).rowcount
        if changed != len(batch):
            raise RowsChangedError("A row of the batch was changed.")
        _shift(connection, run["number"], Counter({state: -changed, RowState.SENDING: changed}))
        if state is RowState.PLANNED:
            last = batch[-1][0]
            _set_next(connection, run["number"], last.wave, last.number + 1)
        _begin(connection, owner, [attempt for _, attempt in batch])


def _begin(connection: sqlite3.Connection, owner: str, attempts: Sequence[Attempt]) -> None:
    first = connection.execute("SELECT coalesce(max(number), 0) + 1 FROM attempts").fetchone()[0]
    rows = [
        {"number": number, **attempt_values(one, owner)} for number, one in enumerate(attempts, start=first)
    ]
    marks = ", ".join(f":{column}" for column in rows[0])
    connection.executemany(f"INSERT INTO attempts ({', '.join(rows[0])}) VALUES ({marks})", rows)
    connection.executemany(
        "INSERT INTO requests (attempt, body) VALUES (?, ?)",
        [(number, trigger_body(one.request)) for number, one in enumerate(attempts, start=first)],
    )
    for one in attempts:
        if one.team is not None:
            enqueue(connection, one.account, "attempt", one.attempt_id)
    connection.execute(
        "UPDATE attempts SET previous = (SELECT outcome FROM attempts AS earlier WHERE earlier.number = (SELECT "
        "max(number) FROM attempts AS one WHERE one.contact_mark = attempts.contact_mark AND one.number < attempts.number)) "
        "WHERE number >= ?",
        (first,),
    )


def skip(path: Path, run_id: str, rows: Sequence[tuple[BulkRow, str]]) -> None:
    """Skips planned rows that a colleague sent; the report gives the id of the colleague's attempt."""
    with _writing(path) as connection:
        number = _number(connection, run_id)
        changed = connection.executemany(
            "UPDATE bulk_rows SET state = 'skipped', attempt_id = ? "
            "WHERE run = ? AND wave = ? AND number = ? AND state = 'planned'",
            [(attempt_id, number, row.wave, row.number) for row, attempt_id in rows],
        ).rowcount
        _shift(connection, number, {RowState.PLANNED: -changed, RowState.SKIPPED: changed})


def finish(path: Path, run_id: str, batch: Sequence[Sent]) -> None:
    """Records what the reply says about each contact of a batch, which is of one wave, in one transaction.

    Also of those that another process has meanwhile marked as interrupted.
    """
    with _writing(path) as connection:
        numbers = _record(connection, batch)
        number = _number(connection, run_id)
        ids = {one.attempt_id for one in batch}
        places = [one.row.number for one in batch]
        was = Counter(
            RowState(row["state"])
            for row in connection.execute(
                "SELECT state, attempt_id FROM bulk_rows WHERE run = ? AND wave = ? AND number BETWEEN ? AND ?",
                (number, batch[0].row.wave, min(places), max(places)),
            )
            if row["attempt_id"] in ids
        )
        connection.executemany(
            "UPDATE bulk_rows SET state = ?, code = ? WHERE run = ? AND wave = ? AND number = ? AND attempt_id = ?",
            [
                (
                    _STATES[one.outcome].value,
                    _code(one.answer),
                    number,
                    one.row.wave,
                    one.row.number,
                    one.attempt_id,
                )
                for one in batch
            ],
        )
        now = Counter(_STATES[one.outcome] for one in batch)
        _shift(connection, number, {state: now[state] - was[state] for state in RowState})
        index_words(connection, "number IN (SELECT value FROM json_each(?))", json.dumps(numbers))


def _code(answer: Answer) -> int | None:
    return answer.reply_code if isinstance(answer, Reply) else None


def _record(connection: sqlite3.Connection, batch: Sequence[Sent]) -> list[int]:
    """Records the answers of attempts that are under way or interrupted; returns their row numbers."""
    ids = json.dumps([one.attempt_id for one in batch])
    numbers = {
        row["attempt_id"]: row["number"]
        for row in connection.execute(
            "SELECT attempts.attempt_id, number FROM json_each(?) JOIN attempts ON attempts.attempt_id = value "
            "LEFT JOIN answers ON attempt = number WHERE outcome = 'sending' OR (outcome = 'unknown' AND reason = 'interrupted')",
            (ids,),
        )
    }
    known = [one for one in batch if one.attempt_id in numbers]
    outcomes = [
        {"number": numbers[one.attempt_id], **outcome_values(one.answer, one.outcome, one.elapsed_ms)}
        for one in known
    ]
    answers = [
        {"attempt": numbers[one.attempt_id], **NO_ANSWER, **answer_values(one.answer, one.remedy)}
        for one in known
    ]
    if known:
        columns = ", ".join(f"{column} = :{column}" for column in outcomes[0] if column != "number")
        connection.executemany(f"UPDATE attempts SET {columns} WHERE number = :number", outcomes)
        marks = ", ".join(f":{column}" for column in answers[0])
        connection.executemany(
            f"INSERT OR REPLACE INTO answers ({', '.join(answers[0])}) VALUES ({marks})", answers
        )
        connection.executemany(
            "UPDATE attempts SET previous = this.outcome FROM attempts AS this WHERE this.number = ?1 AND attempts.number = "
            "(SELECT min(number) FROM attempts WHERE contact_mark = this.contact_mark AND number > ?1)",
            [(number,) for number in numbers.values()],
        )
        enqueue_outcomes(connection, list(numbers.values()))
    return list(numbers.values())


def release(
    path: Path, run_id: str, batch: Sequence[tuple[BulkRow, Attempt]], state: RowState = RowState.PLANNED
) -> None:
    """Takes back the claim of a batch of which nothing was triggered: its attempts go, its rows are in `state` again."""
    with _writing(path) as connection:
        number = _number(connection, run_id)
        first = batch[0][0]
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
        changed = connection.executemany(
            "UPDATE bulk_rows SET state = ?, attempt_id = NULL WHERE run = ? AND wave = ? AND number = ? AND attempt_id = ?",
            [(state.value, number, row.wave, row.number, attempt.attempt_id) for row, attempt in batch],
        ).rowcount
        _shift(connection, number, Counter({RowState.SENDING: -changed, state: changed}))
        if state is RowState.PLANNED:
            _set_next(connection, number, first.wave, first.number)


def _shift(connection: sqlite3.Connection, number: int, moved: Mapping[RowState, int]) -> None:
    for state, by in moved.items():
        connection.execute(f"UPDATE bulk_runs SET {state} = {state} + ? WHERE number = ?", (by, number))


def _set_next(connection: sqlite3.Connection, number: int, wave: int, row: int) -> None:
    connection.execute(
        "UPDATE bulk_runs SET next_wave = ?, next_row = ? WHERE number = ?", (wave, row, number)
    )


# Within the transactions of others


def owners(connection: sqlite3.Connection) -> list[str]:
    """The processes that run or plan something."""
    return [
        row[0] for row in connection.execute("SELECT DISTINCT owner FROM bulk_runs WHERE owner IS NOT NULL")
    ]


def interrupt(connection: sqlite3.Connection, owner: str | None, attempt_ids: Sequence[str]) -> None:
    """Follows the attempts that were marked as interrupted, and pauses the runs of a process that has ended."""
    runs = connection.execute(
        "SELECT DISTINCT bulk_runs.number FROM json_each(?) JOIN attempts ON attempt_id = value JOIN bulk_runs USING (run_id)",
        (json.dumps(attempt_ids),),
    ).fetchall()
    for row in runs:
        changed = connection.execute(
            "UPDATE bulk_rows SET state = 'unknown' WHERE run = ? AND state = 'sending' "
            "AND attempt_id IN (SELECT value FROM json_each(?))",
            (row["number"], json.dumps(attempt_ids)),
        ).rowcount
        _shift(connection, row["number"], {RowState.SENDING: -changed, RowState.UNKNOWN: changed})
    _delete(connection, f"owner = ? AND state = '{READING}'", owner)
    connection.execute(
        "UPDATE bulk_runs SET state = 'paused', pause_reason = ?, owner = NULL WHERE owner = ?",
        (INTERRUPTED, owner),
    )


def forget(
    connection: sqlite3.Connection,
    account: str,
    keys: Collection[tuple[Stored, Stored]],
    texts: Collection[Stored],
) -> None:
    """Empties the rows of a person, by key or by a text in the row; those that were not sent are skipped."""
    for run in connection.execute("SELECT * FROM bulk_runs WHERE account = ?", (stored(account),)).fetchall():
        key_id = json.loads(run["plan"]).get("key_id", "")
        own = json.dumps([restored(value) for key, value in keys if key == key_id])
        form = "lower(external_id)" if key_id == "3" else "external_id"
        named = "".join(" OR instr(lower(coalesce(cells, '') || coalesce(data, '')), ?)" for _ in texts)
        where = f"run = ? AND ({form} IN (SELECT value FROM json_each(?)){named})"
        values = (run["number"], own, *texts)
        skipped = connection.execute(
            f"UPDATE bulk_rows SET state = 'skipped' WHERE state = 'planned' AND {where}", values
        ).rowcount
        _shift(connection, run["number"], {RowState.PLANNED: -skipped, RowState.SKIPPED: skipped})
        connection.execute(
            f"UPDATE bulk_rows SET external_id = '{FORGOTTEN}', cells = NULL, data = NULL WHERE {where}",
            values,
        )
        for text in texts:
            connection.execute(
                "UPDATE bulk_runs SET plan = json_set(plan, '$.file', ?) WHERE number = ? AND instr(lower(plan), ?)",
                (FORGOTTEN, run["number"], text),
            )


def prune(connection: sqlite3.Connection, where: str, *values: object) -> None:
    """Deletes the runs that are over."""
    _delete(connection, f"state IN ('done', 'aborted') AND {where}", *values)


def _delete(connection: sqlite3.Connection, where: str, *values: object) -> None:
    connection.execute(
        f"DELETE FROM bulk_rows WHERE run IN (SELECT number FROM bulk_runs WHERE {where})", values
    )
    connection.execute(f"DELETE FROM bulk_runs WHERE {where}", values)
