"""Sends the batches of a run: the canary, the pauses, the rate limit.

A batch is recorded as being sent before its first byte leaves, and its outcome afterwards. Nothing that may have arrived is
sent again.
"""

import asyncio
import functools
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from app.domain.bulk import (
    CANARY,
    ENTRY_BYTES,
    LONGEST_ESCAPE,
    MAX_BODY,
    MAX_CONTACTS,
    BulkRow,
    RowState,
    RowTemplate,
    Run,
    pause_after,
    share_out,
    typed_data,
)
from app.domain.diagnosis import diagnose
from app.domain.errors import AppError
from app.domain.json_text import TypedObject
from app.domain.model import (
    Answer,
    Attempt,
    Matches,
    NoReply,
    Outcome,
    Reply,
    TriggerRequest,
    new_attempt_ids,
)
from app.domain.reply_codes import clock_skew_s
from app.domain.rules import predict
from app.domain.team import TeamError
from app.domain.text import count
from app.domain.wire import contact_entry, trigger_many_body
from app.service.guard import check_test_contacts
from app.service.live import LiveAccount
from app.service.preflight import AccountClues
from app.store import bulk_runs
from app.store.attempts import RecentAttempts
from app.store.bulk_contacts import FoundContacts, look_up
from app.store.bulk_runs import Batch, RowsChangedError, Sent
from app.store.catalog import Cache
from app.store.database import BusyError, StoreError, UnwritableError
from app.store.history_file import HistoryFile

if TYPE_CHECKING:
    from app.service.team import BatchClaims, Team

MAX_TRIES = 10
"""How often in a row a batch is sent that the rate limit rejects."""

TOO_MANY = 429
LEFT_FOR_OTHERS = 0.05
"""The share of the rate limit that a run leaves for other programs."""

STOPPED = "You paused the run."
UNANSWERED = "The other contacts wait for your confirmation."
LOCKED = "Sending is locked again. Unlock it to go on."
NO_FAULT = (STOPPED, UNANSWERED, LOCKED)
"""The reasons of a pause that are no failure."""

_RETRY_S = 0.2
_MINUTE_S = 60


class PausedError(AppError):
    """The run pauses; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """How a run is sent.

    `confirm` is asked once the canary was sent, with the number of contacts that are left, if any; `stop` ends the run
    after the batch under way; `permit` names the profile while sending is unlocked. `watch` gets the run after each
    batch, and each second of a wait the seconds that are left. While `keep_trying` says so, a reply waits for a history
    that cannot be written.
    """

    confirm: Callable[[Run, int], Awaitable[bool]]
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    permit: Callable[[], str | None] = lambda: None
    watch: Callable[[Run, float], object] = lambda *_: None
    canary: int = CANARY
    keep_trying: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class Known:
    """An account in which one contact was looked up; implements app.domain.model.Account."""

    event: bool | None
    field: bool | None
    found: Matches

    def has_event(self, _: str) -> bool | None:
        return self.event

    def has_field(self, _: str) -> bool | None:
        return self.field

    def matches(self, *_: str) -> Matches:
        return self.found


def predictor(cache: Cache, run: Run) -> Callable[[int, bool], int | None]:
    """Gives the predicted reply code for the number of contacts that the cache finds (2: several), and whether there can be
    no other.
    """
    known = cache.has_event(run.event_id), cache.has_field(run.key_id)

    @functools.cache
    def predicted(found: int, complete: bool) -> int | None:
        account = Known(*known, Matches(("",) * found, complete))
        verdict = predict(TriggerRequest(run.event_id, run.key_id, "-"), account)
        return verdict.code if verdict else None

    return predicted


def _most_bytes(request: TriggerRequest) -> int:
    """The most bytes that a contact takes in a request."""
    data = request.data.text if isinstance(request.data, TypedObject) else ""
    return len(data) + LONGEST_ESCAPE * len(request.external_id) + ENTRY_BYTES


class RowRequests:
    """The triggers of the rows of a run."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._run_id = UUID(run.run_id)
        self._template = RowTemplate(run.template or "", run.header)

    def of(self, row: BulkRow) -> TriggerRequest:
        run, data = self._run, typed_data(self._template.fill(row.cells) if row.data is None else row.data)
        return TriggerRequest(run.event_id, run.key_id, row.external_id, data, row.trigger_id(self._run_id))


@dataclass(eq=False)
class Runner:
    """Sends what is left of a run that this process has started: its rows in `state`."""

    live: LiveAccount
    run: Run
    sending: Sending
    state: RowState
    wait_s: float
    sleep: Callable[[float], Awaitable[object]]
    clock: Callable[[], datetime]

    def __post_init__(self) -> None:
        self._path = self.live.history.path
        self._owner = self.live.history.owner
        self._requests = RowRequests(self.run)
        self._done: Counter[Outcome] = Counter()
        self._unknown = 0

    @property
    def _left(self) -> int:
        if self.state is RowState.PLANNED:
            return self.run.count(RowState.PLANNED)
        return self._unknown - self._done.total() + self._done[Outcome.UNKNOWN]

    async def send_all(self) -> None:
        """Sends the canary, asks, and sends all other rows. Raises PausedError, NotRunningError and StoreError."""
        if self.state is RowState.UNKNOWN:
            self._unknown = await asyncio.to_thread(bulk_runs.unknown_left, self._path, self.run.run_id)
        elif not self.run.sent and self.sending.canary:
            await self._send(self.sending.canary, is_canary=True)
        if (left := self._left) and not await self.sending.confirm(self.run, left):
            raise PausedError(UNANSWERED)
        while self._left and await self._send(MAX_CONTACTS):
            pass

    async def _send(self, limit: int, *, is_canary: bool = False) -> bool:
        """Sends one batch; returns whether there was one."""
        for _ in range(MAX_TRIES):
            self._check()
            batch = await self._claim(limit)
            if not batch:
                return False
            began = time.monotonic()
            body = await asyncio.to_thread(self._body, batch)
            answer, headers = await self.live.client.trigger_many(self.run.event_id, body)
            if isinstance(answer, Reply) and answer.http_status == TOO_MANY and answer.reply_code != 0:
                await self._release(batch)
                await self._wait(self._next_minute_s(answer))
                continue
            if isinstance(answer, NoReply) and answer.sent == "no":
                await self._release(batch)
                raise PausedError(f"The batch was not sent. {answer.detail}")
            await self._finish(batch, answer, time.monotonic() - began, is_canary=is_canary)
            await self._keep_pace(headers, answer, len(batch), time.monotonic() - began)
            return True
        raise PausedError(
            f"The rate limit rejected the batch {MAX_TRIES} times. Nothing of it was triggered."
        )

    def _body(self, batch: Batch) -> bytes:
        return trigger_many_body(self.run.key_id, [contact_entry(one.request) for _, one in batch])

    async def _release(self, batch: Batch) -> None:
        await asyncio.to_thread(bulk_runs.release, self._path, self.run.run_id, batch, self.state)

    def _check(self) -> None:
        if self.sending.stop.is_set():
            raise PausedError(STOPPED)
        if self.live.profile.is_production and self.sending.permit() is None:
            raise PausedError(LOCKED)

    # One batch

    async def _claim(self, limit: int) -> Batch:
        """Claims the next rows, in the team and in the history; none are left if there is no batch."""
        give_up = time.monotonic() + self.wait_s
        while batch := await asyncio.to_thread(self._next, limit):
            try:
                return await asyncio.to_thread(self._claimed, batch)
            except RowsChangedError:
                continue
            except BusyError:
                if time.monotonic() >= give_up:
                    raise
            await asyncio.sleep(_RETRY_S)
        return batch

    def _claimed(self, batch: Batch) -> Batch:
        """The batch as it is claimed. Raises RowsChangedError if nothing is left of it, and GuardError."""
        team = self.live.team
        if team is None:
            bulk_runs.claim(self._path, self.run.run_id, self._owner, batch, self.state)
            return batch
        team.follow()
        given = {attempt.attempt_id: (attempt.request, attempt.contact) for _, attempt in batch}
        try:
            found = team.claim_batch(self.run.event_id, given, asks=self.state is RowState.PLANNED)
        except TeamError as error:
            raise PausedError(str(error)) from error
        try:
            batch = self._without_colleagues(team, batch, found)
            bulk_runs.claim(self._path, self.run.run_id, self._owner, batch, self.state)
        except BaseException:  # ctrl+c too; it is raised again
            team.release(*found.claimed)
            raise
        return batch

    def _next(self, limit: int) -> Batch:
        """The next rows with their attempts, within the limit of a request."""
        run, cache_path = self.run, self.live.cache.path
        rows = bulk_runs.rows_left(self._path, run.run_id, limit, self.state)
        batch, size = list[tuple[BulkRow, Attempt]](), 0
        with closing(Cache(cache_path)) as cache:
            event_name, predicted = cache.event_name(run.event_id), predictor(cache, run)
        found = look_up(cache_path, run.key_id, [row.external_id for row in rows])
        # Each try has ids of its own, so that a claim that is given back late is not that of the next try.
        for attempt_id, row, contacts in zip(new_attempt_ids(len(rows)), rows, found, strict=True):
            code = predicted(min(2, len(contacts.contacts)), contacts.complete)
            attempt = self._attempt(attempt_id, row, contacts, event_name, code)
            size += _most_bytes(attempt.request)
            if batch and size > MAX_BODY:
                break
            batch.append((row, attempt))
        return batch

    def _without_colleagues(self, team: "Team", batch: Batch, found: "BatchClaims") -> Batch:
        """The claimed part of a batch; the contacts that a colleague sent or is sending to are skipped."""
        skipped = [
            (row, found.questions[one.attempt_id].attempt_id)
            for row, one in batch
            if one.attempt_id in found.questions
        ]
        if skipped:
            bulk_runs.skip(self._path, self.run.run_id, skipped)
            members = ", ".join(sorted({row.member for row in found.questions.values()}))
            team.say(f"{count(len(skipped), 'contact')} skipped: {members} sent this to them already.")
        if len(skipped) == len(batch):
            raise RowsChangedError("A colleague sent all of the batch.")
        return [
            (row, replace(one, team=found.claimed[one.attempt_id]))
            for row, one in batch
            if one.attempt_id in found.claimed
        ]

    def _attempt(
        self,
        attempt_id: str,
        row: BulkRow,
        found: FoundContacts,
        event_name: str | None,
        predicted: int | None,
    ) -> Attempt:
        request = self._requests.of(row)
        check_test_contacts(self.live.profile, request, lambda *_: found.contacts)
        return Attempt(
            attempt_id=attempt_id,
            profile=self.live.profile.name,
            account=self.live.key,
            request=request,
            event_name=event_name,
            started_at=self.clock(),
            predicted_code=predicted,
            parent_id=row.parent_id,
            contact=found.kept,
            run_id=self.run.run_id,
        )

    async def _finish(self, batch: Batch, answer: Answer, took_s: float, *, is_canary: bool) -> None:
        sent = await asyncio.to_thread(self._sent, batch, answer, took_s)
        await self._record(sent)
        outcomes: Counter[Outcome] = Counter()
        for one in sent:
            outcomes[one.outcome] += len(one.batch)
        self._done += outcomes
        self.sending.watch(self.run, 0)
        reason = pause_after(answer, outcomes, self._done[Outcome.REJECTED], self._done.total())
        if is_canary:
            reason = reason or _canary_fault(sent)
        if reason and self._left:
            raise PausedError(reason)

    def _sent(self, batch: Batch, answer: Answer, took_s: float) -> list[Sent]:
        """What the answer says about each contact, and what to do about it."""
        by_id = {one[0].external_id: one for one in batch}
        shares = share_out(answer, self.run.key_id, list(by_id))
        sent = [
            Sent([by_id[one] for one in share.external_ids], share.outcome, share.answer, took_s * 1000)
            for share in shares
        ]
        try:
            with closing(Cache(self.live.cache.path)) as cache, closing(HistoryFile(self._path)) as file:
                clues = AccountClues(cache, RecentAttempts(file), self.live.profile.user_word)
                return [self._with_remedy(one, cache, clues) for one in sent]
        except StoreError:  # the replies are recorded even if the cache is gone by now
            return sent

    def _with_remedy(self, sent: Sent, cache: Cache, clues: AccountClues) -> Sent:
        request = sent.batch[0][1].request
        advice = diagnose(sent.answer, request, cache, self.clock(), clues)
        return replace(sent, remedy=advice.words if advice else None)

    async def _record(self, sent: list[Sent]) -> None:
        give_up = time.monotonic() + self.wait_s
        while True:
            try:
                self.run = await asyncio.to_thread(bulk_runs.finish, self._path, self.run.run_id, sent)
            except UnwritableError as error:
                waits = isinstance(error, BusyError) and time.monotonic() < give_up
                if not waits and not self.sending.keep_trying():
                    raise PausedError(
                        f"The reply to the last batch could not be recorded: {error}"
                    ) from error
                await asyncio.sleep(_RETRY_S)
            else:
                break
        if self.live.team is not None:
            self.live.team.wake()

    # Pace

    async def _keep_pace(
        self, headers: Mapping[str, str], answer: Answer, contacts: int, took_s: float
    ) -> None:
        if not self._left or not isinstance(answer, Reply):
            return
        limit, left = (_whole(headers.get(f"x-ratelimit-{name}")) for name in ("limit", "remaining"))
        if limit and left is not None and left <= LEFT_FOR_OTHERS * limit:
            await self._wait(self._next_minute_s(answer))
        elif self.run.per_second:
            await self._wait(contacts / self.run.per_second - took_s)

    def _next_minute_s(self, reply: Reply) -> float:
        """Seconds until the next full minute of the server, in which its limit begins again."""
        now = self.clock()
        server_s = now.timestamp() + (clock_skew_s(reply.date, now) or 0.0)
        return _MINUTE_S - server_s % _MINUTE_S

    async def _wait(self, seconds: float) -> None:
        while seconds > 0 and not self.sending.stop.is_set():
            self.sending.watch(self.run, seconds)
            await self.sleep(min(1.0, seconds))
            seconds -= 1


def _canary_fault(sent: list[Sent]) -> str | None:
    """Why a run pauses after its canary: a rejection that was not predicted, or nothing but rejections."""
    rejected = [
        (attempt, one.answer.reply_code)
        for one in sent
        if one.outcome is Outcome.REJECTED and isinstance(one.answer, Reply)
        for _, attempt in one.batch
    ]
    contacts = sum(len(one.batch) for one in sent)
    if len(rejected) == contacts or any(attempt.predicted_code != code for attempt, code in rejected):
        return f"The account rejected {len(rejected)} of the first {contacts} contacts. Look at the report before you go on."
    return None


def _whole(text: str | None) -> int | None:
    stripped = (text or "").strip()
    return int(stripped) if stripped.isascii() and stripped.isdigit() and len(stripped) < 16 else None
