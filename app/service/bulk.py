"""One event for many contacts: plan a file or a filter of the history, send it, and report every row.

The rows are in the history, so that a run is resumed on the same home by any window, whatever ended the last one.
"""

import asyncio
import hashlib
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from json.encoder import encode_basestring
from pathlib import Path

from app.domain.attempt_export import csv_cell, csv_line, json_text
from app.domain.bulk import (
    CANARY,
    INTERACTIONS_PER_S,
    BulkError,
    BulkRow,
    Duplicates,
    RowState,
    RowTemplate,
    Run,
    RunState,
)
from app.domain.csv_rows import CsvFile, open_csv
from app.domain.errors import AppError
from app.domain.event_data import placeholder_value
from app.domain.history_query import HistoryQuery
from app.domain.masking import NO_MASK, Mask
from app.domain.model import NO_EXTRAS, Attempt, Settlement, TriggerRequest
from app.domain.reply_codes import describe_reply
from app.domain.text import short_id
from app.domain.wire import contact_entry, sent_json, trigger_many_body
from app.service.attempts import check_note
from app.service.bulk_sending import STOPPED, PausedError, RowRequests, Runner, Sending, predictor
from app.service.guard import GuardError, check_production, check_test_contacts
from app.service.live import LiveAccount
from app.store import bulk_runs
from app.store.bulk_rows import FORGOTTEN, INTERRUPTED
from app.store.bulk_runs import NewRow, NotRunningError, ReportLine
from app.store.catalog import Cache
from app.store.database import StoreError

MAX_FAULTS = 10
PROGRESS_EVERY = 10_000
REPORT = ("line", "external_id", "state", "code", "text", "description", "attempt_id")

Progress = Callable[[int, int], object]
RowCheck = Callable[[str, Sequence[str]], str | None]


@dataclass(frozen=True, slots=True)
class Planning:
    """What a plan is made of; `id_column` None: the column of the key field."""

    event_id: str
    key_id: str
    file: Path
    id_column: str | None = None
    template: str | None = None
    duplicates: Duplicates = Duplicates.REFUSE


class BulkRuns:
    """The bulk runs of the live account. Raises StoreError and BulkError.

    `sleep` waits some seconds; `clock` gives the time of this machine.
    """

    def __init__(
        self,
        account: LiveAccount,
        wait_s: float,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._live = account
        self._path = account.history.path
        self._wait_s = wait_s
        self._sleep = sleep
        self._clock = clock

    # Planning

    async def plan(self, planning: Planning, progress: Progress = lambda *_: None) -> Run:
        """Reads and checks a CSV file and keeps its rows; sends nothing.

        `progress` gets the bytes read and their number, in another thread. Raises AppError, EventDataError, and BulkError
        with the numbers of the faulty lines.
        """
        run = await self._new(planning.event_id, planning.key_id, str(planning.file))
        owner = self._live.history.owner
        return await asyncio.to_thread(self._plan_file, planning, run, owner, progress)

    async def plan_again(self, line: str, query: HistoryQuery) -> Run:
        """Plans to send the attempts of a query again as new triggers, each with its own event data; `line` is the query.

        Of several attempts on a contact the first counts. Raises BulkError if they are of several events or key fields.
        """
        first = next(self._attempts(query), None)
        if first is None:
            raise BulkError("No attempts match. Change the filter.")
        run = await self._new(first.request.event_id, first.request.key_id, line)
        rows, owner = self._again_rows(run, query), self._live.history.owner
        return await asyncio.to_thread(self._add_plan, run, owner, rows, Duplicates.FIRST)

    def _attempts(self, query: HistoryQuery) -> Iterator[Attempt]:
        return self._live.history.search.attempts(query, self._live.key)

    def _again_rows(self, run: Run, query: HistoryQuery) -> Iterator[NewRow]:
        for number, attempt in enumerate(self._attempts(query), start=1):
            request = attempt.request
            if (request.event_id, request.key_id) != (run.event_id, run.key_id):
                raise BulkError(
                    "These attempts are of several events or key fields. Filter for one, such as "
                    f"event:{run.event_id} key:{run.key_id}."
                )
            if request.extras != NO_EXTRAS:
                raise BulkError(
                    f"Attempt {short_id(attempt.attempt_id)} has an event time or attachments, which a bulk run does "
                    "not send. Resend it by itself, and filter it out here."
                )
            data = None if request.data is None else sent_json(request.data)
            who = "" if request.external_id == FORGOTTEN else request.external_id
            yield number, number, who, "[]", data, attempt.attempt_id

    async def _new(self, event_id: str, key_id: str, file: str) -> Run:
        return Run(
            str(uuid.uuid4()),
            self._live.key,
            self._live.profile.name,
            event_id,
            self._live.cache.event_name(event_id),
            key_id,
            file,
            self._clock(),
            per_second=INTERACTIONS_PER_S if await self._feeds_interactions(event_id) else None,
        )

    async def _feeds_interactions(self, event_id: str) -> bool:
        with suppress(AppError):  # a plan needs no account; the limit is only known with one
            return bool((await self._live.client.usages(event_id)).interactions)
        return False

    def _plan_file(self, planning: Planning, run: Run, owner: str, progress: Progress) -> Run:
        fingerprint = _file_fingerprint(planning.file)
        with open_csv(planning.file) as file, closing(Cache(self._live.cache.path)) as cache:
            column = _id_column(file, planning, cache)
            template = RowTemplate(planning.template or "", file.header)
            run = replace(run, fingerprint=fingerprint, header=file.header, template=planning.template)
            checks_all = self._live.profile.test_contacts is not None or bool(template.placeholders)
            surely_good = -1 if checks_all else template.longest_cells
            rows = _file_rows(file, column, self._row_check(run, template, cache), surely_good, progress)
            return self._add_plan(run, owner, rows, planning.duplicates)

    def _row_check(self, run: Run, template: RowTemplate, cache: Cache) -> RowCheck:
        """What checks a row, and returns its event data if that depends on the contact."""

        def check(external_id: str, cells: Sequence[str]) -> str | None:
            if external_id and self._live.profile.test_contacts is not None:
                request = TriggerRequest(run.event_id, run.key_id, external_id)
                check_test_contacts(self._live.profile, request, cache.contacts.find)
            if external_id and template.placeholders:
                return template.fill(cells, lambda name: value(external_id, name))
            template.fill(cells)
            return None

        def value(external_id: str, name: str) -> str:
            found = cache.contacts.find(run.key_id, external_id, 2)
            why = "several contacts share the value" if found else "this contact is not in the local list"
            contact = found[0] if len(found) == 1 else None
            text, why = placeholder_value(name, contact, run.event_name, cache, why)
            if not text:
                raise BulkError(f"{{{{{name}}}}}: {why}.")
            return text

        return check

    def _add_plan(self, run: Run, owner: str, rows: Iterable[NewRow], duplicates: Duplicates) -> Run:
        with closing(Cache(self._live.cache.path)) as cache:
            predicted = predictor(cache, run)
        return bulk_runs.add_plan(
            self._path,
            run,
            owner,
            rows,
            cache=self._live.cache.path,
            predict=predicted,
            duplicates=duplicates,
            since=self._clock() - timedelta(seconds=self._live.profile.second_send_s),
        )

    # Looking

    def runs(self) -> list[Run]:
        """All runs, the newest first."""
        return bulk_runs.runs(self._path, self._live.key)

    def find(self, reference: str) -> Run:
        """The run with this id, beginning of an id, or short id."""
        return bulk_runs.find_run(self._path, self._live.key, reference)

    def rejected(self, run: Run, limit: int = 100) -> list[tuple[BulkRow, int]]:
        """The first rows that will be rejected, each with the predicted reply code."""
        return bulk_runs.predicted_rejected(self._path, run.run_id, limit)

    def preview(
        self,
        run: Run,
        masked: Callable[[TriggerRequest], TriggerRequest] = NO_MASK.request,
        contacts: int = CANARY,
    ) -> Mapping[str, object]:
        """The next request exactly as it will be sent, with at most so many contacts."""
        requests, rows = RowRequests(run), bulk_runs.rows_left(self._path, run.run_id, contacts)
        entries = [contact_entry(masked(requests.of(row))) for row in rows]
        return self._live.client.describe_many(run.event_id, trigger_many_body(run.key_id, entries))

    def report(
        self, run: Run, format_name: str, *, rejected: bool = False, mask: Mask = NO_MASK
    ) -> Iterator[str]:
        """The lines of the report as `csv` or `jsonl`; the `rejected` rows in the columns of the file, as CSV."""
        found = bulk_runs.report(self._path, run.run_id, rejected=rejected)
        if rejected and format_name == "csv":
            yield csv_line(run.header or ("external_id",))
            for one in found:
                cells = one.row.cells or (one.row.external_id,)
                yield csv_line([mask.value(cell) for cell in cells])
            return
        if format_name == "csv":
            yield csv_line(REPORT)
        for one in found:
            row = _reported(one, mask)
            yield (
                csv_line(csv_cell(row[column]) for column in REPORT)
                if format_name == "csv"
                else json_text(row)
            )

    def abort(self, run: Run) -> Run:
        """Ends a run for good; a batch under way is finished, also in another window. Raises BulkError if it is over."""
        if run.state in (RunState.DONE, RunState.ABORTED):
            raise BulkError(f"The run is {run.state} already.")
        bulk_runs.stop(self._path, run.run_id, RunState.ABORTED)
        return self.find(run.run_id)

    def pause(self, run: Run) -> None:
        """Pauses a run that is under way in any window, after its batch."""
        bulk_runs.stop(self._path, run.run_id, RunState.PAUSED, STOPPED)

    def settle(self, run: Run, *, arrived: bool, note: str = "") -> int:
        """Resolves every unknown attempt of a run; returns their number. Raises AttemptError for a bad note."""
        check_note(note)
        settlement = Settlement(arrived, note, self._clock())
        ids = [
            one.attempt_id
            for one in bulk_runs.report(self._path, run.run_id, rejected=False)
            if one.state is RowState.UNKNOWN
        ]
        for attempt_id in filter(None, ids):
            self._live.history.resolve(attempt_id, settlement)
        return len(ids)

    # Sending

    async def run(self, run: Run, sending: Sending) -> Run:
        """Sends the rows that were not sent yet, and returns the run as it is then.

        Raises GuardError, SettingsError, and BulkError if another window runs it or the file was changed before anything
        was sent: nothing is sent then.
        """
        if (
            run.sent == 0
            and run.fingerprint
            and _file_fingerprint(Path(run.file)) not in (None, run.fingerprint)
        ):
            raise BulkError(f"{run.file} was changed since it was planned. Plan it again.")
        return await self._under_way(run, sending, RowState.PLANNED)

    async def resend_unknown(self, run: Run, sending: Sending) -> Run:
        """Sends the unknown rows again, as new attempts with the same trigger ids. Raises what `run` raises."""
        return await self._under_way(run, sending, RowState.UNKNOWN)

    async def _under_way(self, run: Run, sending: Sending, state: RowState) -> Run:
        check_production(self._live.profile, sending.permit())
        _ = self._live.client  # its secret may be missing: then nothing changes
        owner = self._live.history.owner
        started = bulk_runs.start(self._path, run.run_id, owner, self._live.history.is_gone)
        runner = Runner(self._live, started, sending, state, self._wait_s, self._sleep, self._clock)
        ended, reason = RunState.PAUSED, None
        try:
            await runner.send_all()
            if not bulk_runs.get_run(self._path, run.run_id).count(RowState.PLANNED):
                ended = RunState.DONE
        except NotRunningError:
            return bulk_runs.get_run(self._path, run.run_id)
        except (PausedError, GuardError, StoreError, BulkError) as error:
            reason = str(error)
        except BaseException:  # ctrl+c too; it is raised again
            reason = INTERRUPTED
            raise
        finally:
            with suppress(StoreError):  # of a full disk the next start learns, and pauses the run
                bulk_runs.stop(self._path, run.run_id, ended, reason, owner)
        return replace(bulk_runs.get_run(self._path, run.run_id), state=ended, pause_reason=reason)


def _file_rows(
    file: CsvFile, column: int, check: RowCheck, surely_good: float, progress: Progress
) -> Iterator[NewRow]:
    """The rows of a file; those of at most `surely_good` characters need no check. Raises BulkError at the end."""
    faults: list[str] = []

    def fault(line: int, reason: str) -> None:
        faults.append(f"line {line}: {reason}")

    for number, (line, cells) in enumerate(file.rows(fault), start=1):
        external_id, data = cells[column], None
        written = f"[{','.join(map(encode_basestring, cells))}]"
        if len(written) > surely_good:
            try:
                data = check(external_id, cells)
            except GuardError as refused:
                fault(line, refused.why)
            except BulkError as error:
                fault(line, str(error))
        row = number, line, external_id, written
        yield (*row, data, None) if surely_good < 0 else row
        if number % PROGRESS_EVERY == 0:
            progress(file.done, file.size)
    if faults:
        more = f"; and {len(faults) - MAX_FAULTS:,} more lines" if len(faults) > MAX_FAULTS else ""
        raise BulkError(f"{file.name} cannot be planned. {'; '.join(faults[:MAX_FAULTS])}{more}")


def _id_column(file: CsvFile, planning: Planning, cache: Cache) -> int:
    """The place of the external id among the columns. Raises BulkError and FileFaultError."""
    if planning.id_column is not None:
        found = [place for place, name in enumerate(file.header) if name == planning.id_column]
        wanted = f"{planning.id_column!r}"
    else:
        found = [place for place, key in enumerate(file.keys(cache.fields())) if key == planning.key_id]
        found = found or [place for place, name in enumerate(file.header) if name.casefold() == "external_id"]
        wanted = f"of the key field {planning.key_id}, or external_id"
    if len(found) != 1:
        problem = "several columns" if found else "no column"
        raise BulkError(
            f"{file.name} has {problem} {wanted}. Name the column of the external ids; "
            f"the columns are {', '.join(file.header)}."
        )
    return found[0]


def _file_fingerprint(path: Path) -> str | None:
    """The fingerprint of a file; None if it cannot be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None


def _reported(one: ReportLine, mask: Mask) -> dict[str, object]:
    who, text, description = one.row.external_id, one.text, one.detail
    if description is None and one.http_status is not None:
        description = describe_reply(one.http_status, one.code, b"")
    return {
        "line": one.row.line,
        "external_id": mask.value(who),
        "state": one.state.value,
        "code": one.code,
        "text": None if text is None else mask.text(text, who),
        "description": None if description is None else mask.text(description, who),
        "attempt_id": one.attempt_id,
    }
