"""The rows of bulk runs within the transactions of others: their states, and what an ended process or an erasure leaves."""

import json
import sqlite3
from collections.abc import Collection, Iterable, Sequence

from app.domain.recipient import EMAIL
from app.store.text import stored

READING = "reading"
"""The state of a run whose rows are still being added; it is not listed."""

INTERRUPTED = "The program ended during the run."
FORGOTTEN = "(forgotten)"
"""Replaces the external id of an erased person."""


def move(
    connection: sqlite3.Connection,
    run: int,
    states: tuple[str, str],
    where: str,
    values: Iterable[Sequence[object]],
) -> int:
    """Moves rows from one state to another, with the counts of the run; returns their number.

    `where` may have more columns to set before its WHERE; `values` are for one row each, or for several.
    """
    before, after = states
    changed = connection.executemany(
        f"UPDATE bulk_rows SET state = '{after}'{where} AND run = {run} AND state = '{before}'", values
    ).rowcount
    for state, by in ((before, -changed), (after, changed)):
        connection.execute(f"UPDATE bulk_runs SET {state} = {state} + ? WHERE number = ?", (by, run))
    return changed


def owners(connection: sqlite3.Connection) -> list[str]:
    """The processes that run or plan something."""
    return [
        row[0] for row in connection.execute("SELECT DISTINCT owner FROM bulk_runs WHERE owner IS NOT NULL")
    ]


def interrupt(connection: sqlite3.Connection, owner: str | None, attempt_ids: Sequence[str]) -> None:
    """Follows the attempts that were marked as interrupted, and pauses the runs of a process that has ended."""
    ids = json.dumps(attempt_ids)
    runs = connection.execute(
        "SELECT DISTINCT bulk_runs.number FROM json_each(?) JOIN attempts ON attempt_id = value JOIN bulk_runs USING (run_id)",
        (ids,),
    ).fetchall()
    among = " WHERE attempt_id IN (SELECT value FROM json_each(?))"
    for row in runs:
        move(connection, row["number"], ("sending", "unknown"), among, [(ids,)])
    delete_runs(connection, f"owner = ? AND state = '{READING}'", owner)
    connection.execute(
        "UPDATE bulk_runs SET state = 'paused', pause_reason = ?, owner = NULL WHERE owner = ?",
        (INTERRUPTED, owner),
    )


def forget(
    connection: sqlite3.Connection,
    account: str,
    keys: Collection[tuple[str, str]],
    texts: Collection[str],
) -> None:
    """Empties the rows of a person, by key or by a text in the row; those that were not sent are skipped."""
    for run in connection.execute("SELECT * FROM bulk_runs WHERE account = ?", (stored(account),)).fetchall():
        key_id = json.loads(run["plan"]).get("key_id", "")
        own = json.dumps([value for key, value in keys if key == key_id])
        form = "lower(external_id)" if key_id == EMAIL else "external_id"
        named = "".join(" OR instr(lower(coalesce(cells, '') || coalesce(data, '')), ?)" for _ in texts)
        where, values = f" WHERE ({form} IN (SELECT value FROM json_each(?)){named})", (own, *texts)
        move(connection, run["number"], ("planned", "skipped"), where, [values])
        connection.execute(
            f"UPDATE bulk_rows SET external_id = '{FORGOTTEN}', cells = NULL, data = NULL {where} AND run = ?",
            (*values, run["number"]),
        )
        for text in texts:
            connection.execute(
                "UPDATE bulk_runs SET plan = json_set(plan, '$.file', ?) WHERE number = ? AND instr(lower(plan), ?)",
                (FORGOTTEN, run["number"], text),
            )


def prune(connection: sqlite3.Connection, where: str, *values: object) -> None:
    """Deletes the runs that are over."""
    delete_runs(connection, f"state IN ('done', 'aborted') AND {where}", *values)


def delete_runs(connection: sqlite3.Connection, where: str, *values: object) -> None:
    connection.execute(
        f"DELETE FROM bulk_rows WHERE run IN (SELECT number FROM bulk_runs WHERE {where})", values
    )
    connection.execute(f"DELETE FROM bulk_runs WHERE {where}", values)
