"""A session with one account, for the dashboard and the command line: it sends; its parts do the rest."""

import asyncio
import logging
import math
import time
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from app.domain.errors import AppError
from app.domain.model import Answer, Attempt, NoReply, Reply, TriggerRequest, outcome_of
from app.domain.rules import predict
from app.domain.wire import trigger_body
from app.service.attempts import ended_attempt, request_again, settle
from app.service.catalog import AccountMails, Contacts, Events
from app.service.drafts import Drafts
from app.service.files import keep_copy, new_file
from app.service.guard import GuardError, check_production, check_test_contacts, check_text
from app.service.live import LiveAccount
from app.service.preflight import PreflightChecks
from app.service.refresh import Refresh
from app.service.scenarios import Scenarios
from app.settings import Notice, Profile
from app.store.attempts import DamagedHistoryError, HistoryReplacedError, SameSend, SentMeanwhileError
from app.store.database import BusyError, StoreError, UnwritableError, set_aside

if TYPE_CHECKING:
    from app.client.api import ApiClient
    from app.service.bulk import BulkRuns
    from app.service.history import AttemptHistory
    from app.service.team import Team

__all__ = [
    "DamagedHistoryError",
    "HistoryReplacedError",
    "NotRecordedError",
    "Notice",
    "Profile",
    "SentMeanwhileError",
    "Session",
    "StoreError",
    "set_aside",
]

_log = logging.getLogger(__name__)

Result = TypeVar("Result")
Unrecorded = Callable[[Attempt, StoreError], object]

WAIT_S = 5.0
_BUSY_S = 0.05
_RETRY_S = 0.1


class NotRecordedError(AppError):
    """The reply came, but the history cannot be written; `attempt` holds the reply."""

    def __init__(self, attempt: Attempt, cause: StoreError) -> None:
        self.attempt = attempt
        super().__init__(f"The reply could not be recorded: {cause}")


def _in_short(answer: Answer) -> str:
    match answer:
        case Reply(http_status=status, reply_code=code):
            return f"{outcome_of(answer)}, HTTP {status}, reply code {code}"
        case NoReply(reason=reason):
            return f"{outcome_of(answer)}, {reason}"


class Session:
    """Everything the screens and the command line do with the account of one profile.

    Only the built-in account has `scenarios`; `team` is None for a profile without one. Recording an attempt or a
    reply waits up to `wait_s` seconds for a history that another program has locked.
    """

    def __init__(
        self,
        account: LiveAccount,
        scenarios: Scenarios | None = None,
        wait_s: float = WAIT_S,
        team: "Team | None" = None,
    ) -> None:
        self.account = account
        self._wait_s = wait_s
        self._cache = account.cache
        self._history = account.history
        self.profile = account.profile
        self.scenarios = scenarios
        self.team = team
        self.events = Events(account)
        self.contacts = Contacts(account)
        self.refresh = Refresh(account)
        self.preflight = PreflightChecks(account)
        self.drafts = Drafts(account)
        self.mails = AccountMails(account)
        self.open_client = account.open_client
        self.reopen_history = account.reopen_history
        self.settle = partial(settle, account.history)
        self.keep_copy = partial(keep_copy, account.history.path.parent)

    @property
    def client(self) -> "ApiClient":
        """The client of the account. Raises SettingsError if the profile's secret is not available."""
        return self.account.client

    @cached_property
    def bulk(self) -> "BulkRuns":
        from app.service.bulk import BulkRuns  # noqa: PLC0415 - a single trigger needs none of it

        return BulkRuns(self.account, self._wait_s)

    @cached_property
    def history(self) -> "AttemptHistory":
        from app.service.history import AttemptHistory  # noqa: PLC0415 - the same

        return AttemptHistory(self.account)

    async def close(self) -> None:
        if self.team is not None:
            self.team.close()
        await self.account.close()

    def in_team(self) -> "Session":
        """This session with the attempts of the whole team as its history; itself without a team."""
        if self.team is None:
            return self
        other = copy(self)
        other.history = self.team.history
        return other

    # Sending

    def guard(self, request: TriggerRequest, production: str | None) -> None:
        """Raises GuardError if `send` would."""
        check_text(request)
        check_production(self.profile, production)
        check_test_contacts(self.profile, request, self._cache.contacts.find)

    def refusal(self, request: TriggerRequest) -> str | None:
        """Why this profile must not send a request, because of its text or contact; None if it may."""
        try:
            self.guard(request, self.profile.name)
        except GuardError as refused:
            return refused.why
        return None

    async def send(
        self,
        request: TriggerRequest,
        attempt_id: str,
        stop: asyncio.Event | None = None,
        *,
        parent_id: str | None = None,
        production: str | None = None,
        note: str | None = None,
        asked_about: str | None = None,
        claim_seen: str | None = None,
        repeats: bool = False,
        unrecorded: Unrecorded | None = None,
    ) -> Attempt:
        """Records the attempt, sends the trigger, records the reply, and returns the finished attempt.

        `parent_id` is the attempt that is resent; `note` is recorded with it; `production` must name the
        profile of a production account; `asked_about` is the attempt from `second_send` that the user was
        asked about, `claim_seen` a colleague's; `repeats` skips that check. If the history cannot be written,
        `unrecorded` is called with the finished attempt, and writing is retried until it succeeds.

        Raises GuardError, SettingsError, SentMeanwhileError if another window sent the same meanwhile, and
        StoreError if the attempt cannot be recorded: nothing is sent then. Raises NotRecordedError if the
        reply cannot be recorded.
        """
        self.guard(request, production)
        client = self.client
        attempt = replace(self._attempt(request, attempt_id), parent_id=parent_id, note=note)
        same = None if repeats else self.preflight.same_send(request, asked_about)
        if self.team is None:
            await self._begin(attempt, same)
        else:
            attempt = await self._begin_in_team(self.team, attempt, same, claim_seen)
        _log.info("attempt %s: event %s on %s, recorded", attempt_id, request.event_id, self.profile.name)
        started = time.perf_counter()
        answer = await client.trigger(request, stop)
        finished = await self._finish(attempt, answer, (time.perf_counter() - started) * 1000, unrecorded)
        if self.team is not None:
            self.team.wake()
        return finished

    async def resend(
        self,
        attempt_id: str,
        *,
        same_trigger: bool,
        new_attempt_id: str,
        stop: asyncio.Event | None = None,
        production: str | None = None,
        asked_about: str | None = None,
        claim_seen: str | None = None,
        unrecorded: Unrecorded | None = None,
    ) -> Attempt:
        """Sends an attempt's request again, with the same or a new trigger id; returns the new attempt.

        Raises AttemptError, with nothing sent, and what `send` raises.
        """
        earlier = ended_attempt(self._history, attempt_id)
        request = request_again(
            earlier, self.profile.account_key, same_trigger=same_trigger, new_attempt_id=new_attempt_id
        )
        return await self.send(
            request,
            new_attempt_id,
            stop,
            parent_id=earlier.attempt_id,
            production=production,
            asked_about=asked_about,
            claim_seen=claim_seen,
            unrecorded=unrecorded,
        )

    def planned(self, request: TriggerRequest) -> Attempt:
        """The attempt that `send` would make; records and sends nothing."""
        return self._attempt(request, "")

    def describe(self, request: TriggerRequest) -> Mapping[str, object]:
        """The HTTP request as method, url, headers and body; credentials masked."""
        return self.client.describe(request)

    def keep_screenshot(self, svg: str) -> Path:
        """Writes a picture of the screen to a new file in the home and returns its path. Raises AppError."""
        path = self._history.path.parent / f"screenshot-{datetime.now():%Y%m%d-%H%M%S-%f}.svg"
        with new_file(path) as file:
            file.write(svg)
        return path

    def _attempt(self, request: TriggerRequest, attempt_id: str) -> Attempt:
        prediction = predict(request, self._cache)
        return Attempt(
            attempt_id=attempt_id,
            profile=self.profile.name,
            account=self.profile.account_key,
            request=request,
            event_name=self._cache.event_name(request.event_id),
            started_at=datetime.now(UTC),
            predicted_code=prediction.code if prediction else None,
            contact=self._cache.contacts.kept(request.key_id, request.external_id),
        )

    def _remedy(self, answer: Answer, attempt: Attempt) -> str | None:
        try:
            advice = self.preflight.diagnose(answer, attempt.request)
        except StoreError as error:
            # The reply is recorded even if the cache is gone by now.
            _log.error("attempt %s: no advice: %s", attempt.attempt_id, error)
            return None
        return advice.words if advice else None

    async def _begin_in_team(
        self, team: "Team", attempt: Attempt, same: SameSend | None, claim_seen: str | None
    ) -> Attempt:
        """Claims the contact, then records the attempt; a claim that is not used is given back."""
        if same is not None and (earlier := self._history.recent.sent(same)) is not None:
            raise SentMeanwhileError(earlier)
        claimed = await team.claim(attempt, claim_seen, asks=same is not None)
        try:
            await self._begin(claimed, same)
        except BaseException:  # ctrl+c too; it is raised again
            team.release(attempt.attempt_id)
            raise
        return claimed

    async def _begin(self, attempt: Attempt, same: SameSend | None) -> None:
        body, give_up = trigger_body(attempt.request), time.monotonic() + self._wait_s
        while True:
            try:
                self._history.begin(attempt, body, same)
            except BusyError:
                if time.monotonic() >= give_up:
                    raise
            else:
                return
            await asyncio.sleep(_RETRY_S)

    async def _finish(
        self, attempt: Attempt, answer: Answer, elapsed_ms: float, unrecorded: Unrecorded | None
    ) -> Attempt:
        remedy = self._remedy(answer, attempt)
        _log.info("attempt %s: %s after %.1f ms", attempt.attempt_id, _in_short(answer), elapsed_ms)
        answered = replace(
            attempt, outcome=outcome_of(answer), answer=answer, elapsed_ms=elapsed_ms, remedy=remedy
        )
        passing, wait_s = (UnwritableError, math.inf) if unrecorded else (BusyError, self._wait_s)
        give_up = time.monotonic() + wait_s
        while True:
            try:
                # Short waits keep the screen responsive.
                return self._history.finish(attempt.attempt_id, answer, elapsed_ms, remedy, _BUSY_S)
            except StoreError as error:
                _log.error("attempt %s: not recorded: %s", attempt.attempt_id, error)
                if not isinstance(error, passing) or time.monotonic() >= give_up:
                    raise NotRecordedError(answered, error) from error
                if unrecorded is not None:
                    unrecorded(answered, error)
                    unrecorded = None  # reported once
            await asyncio.sleep(_RETRY_S)
