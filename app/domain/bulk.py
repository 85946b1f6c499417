"""Bulk runs: one event for many contacts. Their plan, their event data, and what a reply says about each contact."""

import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID, uuid5

from app.domain.errors import AppError
from app.domain.event_data import MAX_BYTES, PLACEHOLDER, data_hints, parse_event_data
from app.domain.json_text import TOKEN, TypedObject, ascii_json
from app.domain.model import Answer, JsonObject, NoReply, Outcome, Reply, outcome_of
from app.domain.recipient import normalize
from app.domain.reply_codes import describe
from app.domain.text import count, duration
from app.domain.wire import json_object, reply_code

MAX_CONTACTS = 1000
"""The most contacts of one request."""

MAX_BODY = 8_000_000
"""The most bytes of one request."""

ENTRY_BYTES = 100
"""About what a contact takes in a request beside its external id and event data."""

LONGEST_ESCAPE = 12
"""The most characters of a JSON escape: for a character beyond the first 65,536."""

CANARY = 5
"""How many contacts are sent before the user is asked."""

INTERACTIONS_PER_S = 50
"""How many contacts a second an Interactions program takes."""

LONG_RUN_S = 6 * 3600
"""From how many seconds a plan warns of its duration."""

REJECTED_SHARE, REJECTED_OF = 0.05, 200
"""A run pauses at this share of rejected contacts, once it has sent so many."""

STOPPING_CODES = (5001, 5005)
STOPPING_STATUSES = (401, 403)

_COLUMN = r"\{\{\s*column:([^{}]*?)\s*\}\}"
_NAMED = f"{_COLUMN}|{PLACEHOLDER.pattern}"
_COLON = re.compile(r"\s*:")


class BulkError(AppError):
    """The run cannot be planned, or does not allow this; the message says why."""


class Duplicates(StrEnum):
    """What a plan does with the later rows of a contact."""

    REFUSE = "refuse"
    FIRST = "first"
    EACH = "each"


class RunState(StrEnum):
    """What becomes of a run."""

    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    ABORTED = "aborted"


class RowState(StrEnum):
    """What is known about one row of a run; every row is counted under exactly one."""

    PLANNED = "planned"
    SENDING = "sending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Run:
    """A run as it was planned, and how far it is.

    `file` is the path of the CSV file, or the query of the history; `fingerprint` is that of the file, None without one.
    `predicted` counts the planned rows by predicted reply code, `none` where there is no prediction. `per_second` is the
    limit of contacts a second, if the event has one.
    """

    run_id: str
    account: str
    profile: str
    event_id: str
    event_name: str | None
    key_id: str
    file: str
    planned_at: datetime
    fingerprint: str | None = None
    header: tuple[str, ...] = ()
    template: str | None = None
    per_second: int | None = None
    unique: int = 0
    duplicates: int = 0
    empty: int = 0
    predicted: Mapping[str, int] | None = None
    already_sent: int = 0
    batches: int = 0
    state: RunState = RunState.PLANNED
    pause_reason: str | None = None
    counts: Mapping[RowState, int] | None = None

    def count(self, state: RowState) -> int:
        return (self.counts or {}).get(state, 0)

    @property
    def rows(self) -> int:
        return sum((self.counts or {}).values())

    @property
    def sent(self) -> int:
        """The number of contacts that were sent, or are being sent."""
        return self.rows - self.count(RowState.PLANNED) - self.count(RowState.SKIPPED)

    @property
    def takes_s(self) -> float:
        """About how many seconds the rows that are left take: a second a request, or what the event's limit allows."""
        left = self.count(RowState.PLANNED)
        return max(1.0, left / (self.per_second or MAX_CONTACTS))


class BulkRow(NamedTuple):
    """One row of a run: `number` counts from 1, `line` is that of the file; `cells` are the file's own.

    `data` is its event data as JSON, if the template does not make it. `wave` is 0 for the first row of a contact, 1 for
    the second, and so on: no request has rows of two waves. `parent_id` is the attempt that the row sends again.
    """

    number: int
    line: int
    external_id: str
    cells: tuple[str, ...] = ()
    data: str | None = None
    wave: int = 0
    parent_id: str | None = None

    def trigger_id(self, run_id: UUID) -> str:
        """The same however often the run is resumed."""
        return str(uuid5(run_id, str(self.number)))


_PLAN_JSON = (
    "run_id", "event_id", "key_id", "file", "rows", "unique", "duplicates", "empty", "predicted", "already_sent",
    "batches",
)  # fmt: skip
_STATUS_JSON = ("run_id", "event_id", "key_id", "file", "state", "rows")


def plan_json(run: Run) -> dict[str, object]:
    """The plan as the command line writes it."""
    return {name: getattr(run, name) for name in _PLAN_JSON}


def status_json(run: Run) -> dict[str, object]:
    """The state of a run as the command line writes it; the counts add up to `rows`."""
    named = {name: getattr(run, name) for name in _STATUS_JSON}
    counts = {state.value: run.count(state) for state in RowState}
    return {**named, **counts, "pause_reason": run.pause_reason}


def plan_lines(
    run: Run, rejected: Iterable[tuple[BulkRow, int]], shown: Callable[[str], str]
) -> Iterator[str]:
    """The plan for a reader, with the rows that will be rejected; `shown` hides an external id where it must."""
    by_code: dict[str, list[BulkRow]] = {}
    for row, predicted in rejected:
        by_code.setdefault(str(predicted), []).append(row)
    counted = f"{run.unique:,} unique, {count(run.duplicates, 'duplicate')}, {run.empty:,} empty"
    yield f"{count(run.rows, 'row')}: {counted}"
    for code, number in (run.predicted or {}).items():
        yield f"{_prediction_words(code, run.state)}: {count(number, 'contact')}"
        listed = by_code.get(code, [])
        yield from (f"  line {row.line}: {shown(row.external_id)}" for row in listed)
        if listed and number > len(listed):
            yield f"  and {number - len(listed):,} more"
    if run.already_sent:
        yield f"Already sent with the same data: {count(run.already_sent, 'contact')}"
    yield from (f"! {hint}" for hint in data_hints(parse_event_data(re.sub(_COLUMN, "", run.template or ""))))
    goes_on = run.count(RowState.PLANNED) and run.state is not RunState.ABORTED
    takes = f", about {duration(run.takes_s)} for what is left" if goes_on else ""
    yield f"{count(run.batches, 'request')}{takes}"
    if run.takes_s > LONG_RUN_S:
        yield f"An Interactions program uses the event; it takes {run.per_second} contacts a second. Consider a smaller file."


def _prediction_words(code: str, state: RunState) -> str:
    if code == "none":
        return "Cannot predict the reply"
    begin = "Will be" if state is RunState.PLANNED else "Predicted as"
    if code == "0":
        return f"{begin} accepted"
    return f"{begin} rejected: {code} {describe(int(code)) or ''}".rstrip(" .")


def accepted_question(run: Run, left: int, profile: str, *, again: bool = False) -> str:
    """The question before the other contacts of a run are sent, or its unknown ones again."""
    if again:
        return (
            f"It is unknown whether {left:,} contacts got the event. Send it again to {profile}, "
            "with the same trigger ids?"
        )
    if not run.sent:
        return f"Send {left:,} to {profile}?"
    return f"{run.count(RowState.ACCEPTED):,} of {run.sent:,} accepted. Send the other {left:,} to {profile}?"


# Event data


class RowTemplate:
    """JSON with `{{column:NAME}}` and the placeholders of the form in its texts, filled row by row.

    Values are filled in once, as text: a cell that looks like a placeholder, or has quotes, changes nothing else.
    """

    def __init__(self, text: str, header: Sequence[str]) -> None:
        """Raises EventDataError for invalid JSON, and BulkError for a column that the file does not have."""
        self.data = parse_event_data(text)
        self._header = header
        self._parts: list[str | int | tuple[str]] = []
        """JSON, the place of a column, or the name of a placeholder."""
        self._mark_up("" if self.data is None else self.data.text)
        self.placeholders = [part[0] for part in self._parts if isinstance(part, tuple)]

    def _mark_up(self, text: str) -> None:
        for found in TOKEN.finditer(text):
            token = found[0]
            if "{{" not in token or _COLON.match(text, found.end()):
                self._add(ascii_json(token))
                continue
            value, place = json.loads(token), 0
            self._add('"')
            for named in re.finditer(_NAMED, value):
                self._add(_escaped(value[place : named.start()]))
                column = named[1]
                self._parts.append((named[2],) if column is None else self._place(column))
                place = named.end()
            self._add(_escaped(value[place:]) + '"')

    def _add(self, text: str) -> None:
        if self._parts and isinstance(self._parts[-1], str):
            self._parts[-1] += text
        else:
            self._parts.append(text)

    def _place(self, column: str) -> int:
        if self._header.count(column) != 1:
            problem = "Several columns are called" if column in self._header else "The file has no column"
            raise BulkError(
                f"{problem} {column!r}, which the event data names. Its columns are {', '.join(self._header)}."
            )
        return self._header.index(column)

    def fill(self, cells: Sequence[str], value: Callable[[str], str] = lambda _: "") -> str | None:
        """Compact ASCII JSON with the cells of one row filled in; `value` gives that of a placeholder of the form.

        None without event data. Raises BulkError if it is over the limit.
        """
        if self.data is None:
            return None
        text = "".join(
            part
            if isinstance(part, str)
            else _escaped(cells[part] if isinstance(part, int) else value(part[0]))
            for part in self._parts
        )
        if len(text) > MAX_BYTES and len(_as_sent(text)) > MAX_BYTES:
            raise BulkError(f"The event data is over {MAX_BYTES:,} bytes. Shorten it.")
        return text

    @property
    def longest_cells(self) -> float:
        """Cells of at most so many characters together surely stay within the limit."""
        columns = sum(isinstance(part, int) for part in self._parts)
        fixed = sum(len(part) for part in self._parts if isinstance(part, str))
        return (MAX_BYTES - fixed) / (LONGEST_ESCAPE * columns) if columns else math.inf


def _escaped(text: str) -> str:
    return json.dumps(text)[1:-1]


def _as_sent(text: str) -> bytes:
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":")).encode()


def typed_data(text: str | None) -> JsonObject | None:
    """The event data in a text of `RowTemplate.fill`."""
    return None if text is None else TypedObject(json.loads(text), text)


# Replies


class Share(NamedTuple):
    """What an answer says about some contacts of its batch."""

    outcome: Outcome
    answer: Answer
    external_ids: Sequence[str]


def share_out(answer: Answer, key_id: str, external_ids: Sequence[str]) -> list[Share]:
    """What the answer to a batch says about its contacts.

    A contact that `errors` names is rejected, the others are accepted. If `errors` names a contact that was not sent, and
    the number of `ids` does not tell that it is none of these, the others are unknown.
    """
    outcome = outcome_of(answer)
    if isinstance(answer, NoReply) or outcome not in (Outcome.ACCEPTED, Outcome.PARTIAL):
        return [Share(outcome, answer, external_ids)]
    errors = _by_contact(answer.errors, key_id, external_ids)
    others = [one for one in external_ids if one not in errors]
    data = json_object(answer.body).get("data")
    ids = data.get("ids") if isinstance(data, Mapping) else None
    is_told = len(errors) == len(answer.errors) or (isinstance(ids, list) and len(ids) == len(others))
    rest = _part(answer, {})
    rejected = [Share(Outcome.REJECTED, _rejected(rest, one, errors[one]), [one]) for one in errors]
    accepted = Share(Outcome.ACCEPTED if is_told else Outcome.UNKNOWN, rest, others)
    return [accepted, *rejected] if others else rejected


def _by_contact(
    errors: Mapping[str, Mapping[str, str]], key_id: str, external_ids: Sequence[str]
) -> dict[str, Mapping[str, str]]:
    """The errors by the external id as it was sent, which a reply may write in another case or without blanks."""
    exact = set(external_ids)
    alike: dict[str, str | None] = {}
    for one in external_ids:
        form = normalize(key_id, one).strip().casefold()
        alike[form] = None if form in alike else one
    found: dict[str, Mapping[str, str]] = {}
    for who, codes in errors.items():
        sent = who if who in exact else alike.get(who.strip().casefold())
        if sent is not None:
            found[sent] = codes
    return found


def _rejected(reply: Reply, who: str, codes: Mapping[str, str]) -> Reply:
    code, text = next(iter(codes.items()), ("", ""))
    return replace(_part(reply, {who: dict(codes)}), reply_code=reply_code(code), reply_text=text)


def _part(reply: Reply, errors: Mapping[str, Mapping[str, str]]) -> Reply:
    """The part of a reply that is about one contact."""
    payload = json_object(reply.body)
    data = payload.get("data")
    members = data.items() if isinstance(data, Mapping) else ()
    kept = {name: value for name, value in members if name not in ("ids", "errors")}
    body = json.dumps({**payload, "data": kept | ({"errors": errors} if errors else {})}).encode()
    return replace(reply, errors=errors, body=body, body_length=len(body))


# When a run stops by itself


def pause_after(answer: Answer, outcomes: Collection[Outcome], rejected: int, sent: int) -> str | None:
    """Why a run pauses after a batch, or None; `rejected` of the contacts `sent` since its start were rejected."""
    if Outcome.UNKNOWN in outcomes:
        detail = answer.detail if isinstance(answer, NoReply) else f"The reply was HTTP {answer.http_status}."
        return (
            f"It is unknown whether the last batch arrived. {detail} Check in the account before you go on."
        )
    if isinstance(answer, Reply) and (
        answer.http_status in STOPPING_STATUSES or answer.reply_code in STOPPING_CODES
    ):
        code = "" if answer.reply_code is None else f", reply code {answer.reply_code}"
        text = f": {answer.reply_text}" if answer.reply_text else "."
        return f"The account rejected the whole batch (HTTP {answer.http_status}{code}){text}"
    if sent >= REJECTED_OF and rejected >= REJECTED_SHARE * sent:
        return f"{rejected:,} of {sent:,} contacts were rejected. Look at the report before you go on."
    return None
