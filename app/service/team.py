"""The team of a profile: what happens before a send, and what its members do with each other's attempts.

Claims are made while a send waits, within a second and a half. All else waits in the outbox of the history until a sync.
"""

import asyncio
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from getpass import getuser
from threading import Event, Lock
from typing import Literal, TypeVar

from app.domain.errors import AppError
from app.domain.history_query import HistoryQuery, QueryField, Value
from app.domain.model import (
    Attempt,
    KeptContact,
    Outcome,
    Settlement,
    TeamMarks,
    TriggerRequest,
    new_attempt_id,
)
from app.domain.recipient import EMAIL
from app.domain.team import (
    Approval,
    Claim,
    Claims,
    Fact,
    TeamError,
    TeamKey,
    UnreachableError,
    hidden_contact,
)
from app.domain.text import short_id
from app.service.attempts import AttemptError, check_note, settle
from app.service.erasure import ForgetRefusedError, forget, whom_to_forget
from app.service.guard import GuardError, other_data_words
from app.service.history import AttemptHistory
from app.service.live import LiveAccount
from app.service.team_sync import TeamSettings, TeamSync
from app.settings import Settings, SettingsError
from app.settings.secrets import in_daemon_thread, team_secret
from app.store.attempts import AttemptRow, History, SentMeanwhileError
from app.store.database import UnwritableError
from app.store.outbox import Outbox, attempts_on
from app.store.team_history import TeamHistory
from app.team.server import Desk, TeamServer

Result = TypeVar("Result")

WAIT_S = 1.5
SYNC_WAIT_S = 5.0
SYNC_S = 30.0
_STATEMENT_S = 5.0
_TRIES = 20
_OFFLINE = "The team is not reachable."
NOT_SENT = f"{_OFFLINE} This profile sends only with its team. Try again later, or set team_required = false."
SENT_LATER = f"{_OFFLINE} This is sent without asking it, and pushed later."


def open_team(settings: Settings, account: LiveAccount, terminal: Callable[[str], None] | None) -> "Team":
    """The team of the live profile. Raises SettingsError without the team's key."""
    profile = settings.profile
    try:
        key = TeamKey(settings.team_key.read_text(encoding="ascii").strip())
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"The team's key {settings.team_key} cannot be read. `triggerdesk team join` writes it."
        ) from error

    def password() -> str | None:
        found = team_secret(profile.name, os.environ, terminal)
        return None if found is None else found.reveal()

    given = TeamSettings(
        profile.team or "",
        profile.team_account or profile.name,
        settings.member or getuser(),
        key,
        settings.team_history,
        cache(password),
        profile.team_share,
        profile.requires_team,
        profile.approve,
    )
    return Team(account, given, terminal or (lambda _: None))


@dataclass(frozen=True, slots=True)
class TeamStatus:
    reachable: bool
    member: str
    members: Sequence[str]
    pending: int
    last_sync: str | None


@dataclass(frozen=True, slots=True)
class BatchClaims:
    """The claimed attempts with their marks, and for the others the attempt of the desk that was first."""

    claimed: Mapping[str, TeamMarks]
    questions: Mapping[str, AttemptRow]


class Team:
    """The team of the live account. `say` gets a sentence for the user; `sync` may run in any thread."""

    def __init__(self, account: LiveAccount, settings: TeamSettings, say: Callable[[str], object]) -> None:
        self.say = say
        self.wait_s = WAIT_S
        """How long a send waits for the team."""
        self.settings = settings
        self.is_reachable: bool | None = None
        """Whether the last call reached the team; None before the first."""
        self.waiting: Sequence[Approval] = ()
        """The requests of other members that wait for a yes, as of the last sync of `follow`."""
        self._told = set[str]()
        self._live = account
        self._outbox = Outbox(account.history.path, account.key)
        self._kept = TeamHistory(settings.path, account.key, account.profile.name)
        self.desk = Desk(settings.account, settings.member, self._desk_id())
        self._claiming = self._server(_STATEMENT_S)
        self.server = self._server(None)
        self._listening = self._server(None)
        self._sync = TeamSync(account, settings, self.server, self._outbox, self._kept)
        self._syncing = Lock()
        self._closed, self._due, self._follows = Event(), Event(), False
        self._unreleased = deque[str]()
        self._history: TeamAttempts | None = None
        account.on_forget = self._forgotten
        account.team = self

    def _desk_id(self) -> str:
        if (known := self._kept.state("desk")) is None:
            known = new_attempt_id().replace("-", "")
            with suppress(UnwritableError):  # nothing can be sent then, only read
                self._kept.keep(desk=known)
        return known

    def _server(self, statement_s: float | None) -> TeamServer:
        return TeamServer(self.settings.uri, self.settings.password, self.desk, statement_s)

    @property
    def history(self) -> "TeamAttempts":
        if self._history is None:
            self._history = TeamAttempts(self._live, self)
        return self._history

    def close(self) -> None:
        self._closed.set()
        self._due.set()
        for one in (self._claiming, self.server, self._listening):
            one.close()
        if self._history is not None:
            self._history.close()

    def status(self) -> TeamStatus:
        members: Sequence[str] = ()
        try:
            members = self.server.members()
            self.is_reachable = True
        except UnreachableError:
            self.is_reachable = False
        last = self._kept.state("synced")
        return TeamStatus(self.is_reachable, self.desk.member, members, self._outbox.count(), last)

    # Before a send

    async def look(self, request: TriggerRequest) -> AttemptRow | None:
        """A colleague's attempt to ask about before a send; None too if the team is not reachable."""
        contact = self._live.cache.contacts.kept(request.key_id, request.external_id)
        marks = self.settings.marks(request, contact)
        try:
            claims = await self._within(lambda: self._claiming.claims(request.event_id, marks.contacts))
        except UnreachableError:
            return None
        question = claims.question(marks, self.desk.desk_id, self._live.profile.second_send_s)
        return None if question is None else self._row(question, request)

    async def claim(self, attempt: Attempt, seen: str | None = None, *, asks: bool = True) -> Attempt:
        """Claims the contact for an attempt, and returns it with its marks. `seen` was asked about.

        Without `asks` it is claimed whatever other desks did.

        Raises SentMeanwhileError with the colleague's attempt to ask about, and GuardError if nothing may be sent.
        """
        request, marks = attempt.request, self.settings.marks(attempt.request, attempt.contact)
        is_over, is_given_back = Event(), Event()

        def work() -> tuple[Mapping[str, Claim], Claims]:
            permit = partial(self._permit, attempt, is_over)
            try:
                return self._claim(request.event_id, {attempt.attempt_id: marks}, seen, asks, permit)
            finally:
                if is_given_back.is_set():
                    self.release(attempt.attempt_id)

        try:
            questions, claims = await self._within(work)
            if not questions and (other := claims.with_other_data(marks, self.desk.desk_id)) is not None:
                self.say(other_data_words(self._row(other, request), datetime.now(UTC)))
        except BaseException as error:  # Esc too; the work may go on for a while
            is_over.set()
            if self._needs_claim(error):
                is_given_back.set()
                self._give_back(error, attempt.attempt_id)
                raise
            return replace(attempt, team=marks._replace(claimed=False))
        if (question := questions.get(attempt.attempt_id)) is not None:
            raise SentMeanwhileError(self._row(question, request))
        return replace(attempt, team=marks)

    def claim_batch(
        self,
        event_id: str,
        attempts: Mapping[str, tuple[TriggerRequest, KeptContact | None]],
        *,
        asks: bool = True,
    ) -> BatchClaims:
        """Claims many contacts in one statement, sorted by mark; `attempts` are by id. For any thread.

        Raises GuardError if the team is required and not reachable; without it the marks say that nothing is claimed.
        """
        if self._needs_approval:
            raise GuardError(
                "Each send of this profile needs another member's yes, so it sends no bulk runs."
            )
        marks = {attempt_id: self.settings.marks(*given) for attempt_id, given in attempts.items()}
        try:
            questions, _ = self._claim(event_id, marks, None, asks, lambda _: None)
        except BaseException as error:
            if self._needs_claim(error):
                self._give_back(error, *marks)
                raise
            return BatchClaims({one: mark._replace(claimed=False) for one, mark in marks.items()}, {})
        asked = {one: self._row(claim, attempts[one][0]) for one, claim in questions.items()}
        return BatchClaims({one: mark for one, mark in marks.items() if one not in asked}, asked)

    def release(self, *attempt_ids: str) -> None:
        """Gives claims back, at the next sync. Their attempts are not sent, now or later under the same ids."""
        try:
            self._outbox.add("release", *attempt_ids)
        except UnwritableError:  # the next sync tries again
            self._unreleased.extend(attempt_ids)

    def _needs_claim(self, error: BaseException) -> bool:
        """Whether nothing is sent after this error; if it is sent all the same, says so."""
        if isinstance(error, UnreachableError) and not (self.settings.required or self._needs_approval):
            self.say(SENT_LATER)
            return False
        return True

    def _give_back(self, error: BaseException, *attempt_ids: str) -> None:
        """Releases what may be claimed. Raises GuardError if `error` says that the team is not reachable."""
        self.release(*attempt_ids)
        if isinstance(error, UnreachableError):
            raise GuardError(NOT_SENT) from error

    def _claim(
        self,
        event_id: str,
        marks: Mapping[str, TeamMarks],
        seen: str | None,
        asks: bool,
        permit: Callable[[TeamServer], None],
    ) -> tuple[Mapping[str, Claim], Claims]:
        """The claims to ask about instead, and all that were there before. Calls `permit` before anything is claimed."""
        server, left, questions = self._claiming, dict(marks), dict[str, Claim]()
        second_send_s = self._live.profile.second_send_s
        for _ in range(_TRIES):
            contacts = sorted({mark for one in left.values() for mark in one.contacts})
            claims = server.claims(event_id, contacts)
            for attempt_id, own in tuple(left.items()) if asks else ():
                if (found := claims.question(own, self.desk.desk_id, second_send_s, seen)) is not None:
                    questions[attempt_id] = found
                    del left[attempt_id]
            if left:
                permit(server)
                for attempt_id in server.claim(event_id, left, claims.generations):
                    del left[attempt_id]
            if not left:
                return questions, claims
        raise TeamError("Other desks keep claiming the same. Nothing was sent. Try again.")

    def _row(self, claim: Claim, request: TriggerRequest) -> AttemptRow:
        at = datetime.now(UTC) - timedelta(seconds=claim.age_s)
        return AttemptRow(
            claim.attempt_id, self._live.profile.name, at, claim.state, request.event_id, None, request.key_id,
            request.external_id, None, None, None, None, claim.arrived, member=claim.member,
        )  # fmt: skip

    async def _within(self, work: Callable[[], Result], more_s: float = 0) -> Result:
        """The result of `work` in a thread. Raises UnreachableError if that takes more than `wait_s` and `more_s`."""
        seconds = self.wait_s + more_s
        # A slow keyring is not the team's: it has a time of its own, and what is said meanwhile would be lost.
        await asyncio.wrap_future(in_daemon_thread(self.settings.password))
        try:
            result = await asyncio.wait_for(asyncio.wrap_future(in_daemon_thread(work)), seconds)
        except (TimeoutError, UnreachableError) as error:
            self.is_reachable = False
            if isinstance(error, UnreachableError):
                raise
            self._claiming = self._server(_STATEMENT_S)  # the old one may hang for long
            raise UnreachableError(f"{_OFFLINE} It did not answer within {seconds:g} s.") from None
        self.is_reachable = True
        return result

    # Approvals

    @property
    def _needs_approval(self) -> bool:
        return self.settings.approve and self._live.profile.is_production

    def _permit(self, attempt: Attempt, is_over: Event, server: TeamServer) -> None:
        """Uses another member's yes. Raises GuardError after it has asked for one, and if the wait `is_over`."""
        if is_over.is_set():
            raise GuardError(NOT_SENT)
        if not self._needs_approval:
            return
        settings, request = self.settings, attempt.request
        mark = settings.key.request(settings.account, request)
        if server.use_approval(mark, attempt.attempt_id):
            return
        contact = request.external_id
        if settings.share == "outcome":
            contact = hidden_contact(settings.marks(request, attempt.contact).contacts)
        event = settings.shared(request.event_id), attempt.event_name and settings.shared(attempt.event_name)
        server.ask_approval(Approval(new_attempt_id(), *event, contact, self.desk.member), mark)
        raise GuardError(
            f"Another member must approve this first: `triggerdesk team approve {self._live.profile.name}` on "
            "their desk. Then send it again within an hour."
        )

    def requests(self) -> Sequence[str]:
        """Sentences about the requests that wait for a yes, each one once."""
        new = [one for one in self.waiting if one.approval_id not in self._told]
        self._told |= {one.approval_id for one in new}
        return [f"{one.asked_by} asks for approval of {one.label}. Approve it in the palette." for one in new]

    # What members do with attempts

    def take_over(self, reference: str) -> Attempt:
        attempt = self.history.find_attempt(reference)
        self._tell("handed_over", attempt.attempt_id, {"to": self.desk.member})
        return attempt

    def settle(self, reference: str, *, arrived: bool, note: str) -> Attempt:
        attempt = self.history.find_attempt(reference)
        if self.history.is_own(attempt.attempt_id):
            return settle(self._live.history, attempt.attempt_id, arrived=arrived, note=note)
        check_note(note)
        if attempt.outcome is not Outcome.UNKNOWN:
            raise AttemptError(
                f"The attempt {attempt.attempt_id} is {attempt.outcome}. Only unknown outcomes can be resolved."
            )
        self._tell("settled", attempt.attempt_id, {"arrived": arrived, "note": self.settings.shared(note)})
        return replace(attempt, settlement=Settlement(arrived, note, datetime.now(UTC)))

    def note(self, attempt_id: str, text: str) -> None:
        self._tell("noted", attempt_id, {"note": self.settings.shared(text) or None})

    def _tell(
        self, kind: Literal["settled", "noted", "handed_over"], attempt_id: str, body: Mapping[str, object]
    ) -> None:
        self._outbox.add(kind, attempt_id, body=body)
        now = int(datetime.now(UTC).timestamp() * 1_000_000)
        last = int(self._kept.state("fact") or 0)
        self._kept.apply([Fact("", attempt_id, kind, body, self.desk.member, last, now)])
        self.wake()

    # Sync

    async def sync_soon(self) -> None:
        """Pushes and pulls for a short time; the rest waits in the outbox."""
        try:
            await self._within(self.sync, SYNC_WAIT_S)
        except TeamError:
            self.is_reachable = False
            self._sync.mirror_pending()

    def sync(self) -> None:
        with self._syncing:
            while self._unreleased:
                self._outbox.add("release", self._unreleased[0])
                self._unreleased.popleft()
            self._sync.run()

    def follow(self) -> None:
        """Syncs from now on until `close`: after `wake`, when another desk pushes, and every half minute."""
        if not self._follows:
            self._follows = True
            in_daemon_thread(lambda: self._repeat(self._sync_when_due))
            in_daemon_thread(lambda: self._repeat(self._listen))

    def wake(self) -> None:
        self._due.set()

    def _repeat(self, step: Callable[[], object]) -> None:
        while not self._closed.is_set():
            try:
                step()
            except AppError:
                self.is_reachable = False
                self._closed.wait(SYNC_S)

    def _sync_when_due(self) -> None:
        self._due.clear()
        self.sync()
        self.is_reachable = True
        if self.settings.approve:
            self.waiting = [one for one in self.server.approvals() if one.asked_by != self.desk.member]
        self._due.wait(SYNC_S)

    def _listen(self) -> None:
        if self._listening.wait(SYNC_S):
            self._due.set()

    # What a sync leaves to do on the thread of the session

    def news(self) -> Sequence[str]:
        """Sentences about sends that two desks made while apart, and about the clock, each one once."""
        told = self._kept.kept("told:")
        said: dict[str, str] = {}
        for name in self._kept.kept("double:"):
            both = name.split(":")[1:]
            if any(self.history.is_own(one) for one in both):
                found = [(one, self.history.attempt(one)) for one in both]
                named = " and ".join(
                    f"{short_id(one)} ({'another member' if attempt is None else attempt.member})"
                    for one, attempt in found
                )
                said[f"told:{name}"] = (
                    f"Two desks sent the same to one contact while they were apart: {named}."
                )
        if ahead_s := float(self._kept.state("ahead") or 0):
            way = "behind" if ahead_s > 0 else "ahead of"
            said["told:clock"] = (
                f"The clock of this machine is {abs(ahead_s):.0f} s {way} the team's. Set it right."
            )
        new = {name: sentence for name, sentence in said.items() if name not in told}
        if new:
            self._kept.keep(**new)
        return list(new.values())

    def forget_here(self) -> int:
        """Erases on this desk the persons that another desk has forgotten; returns their number."""
        marks = self._kept.to_forget()
        if not marks:
            return 0
        keys = {("id", one.id) for one in self._live.cache.contacts.containing("", 0)}
        keys |= attempts_on(self._live.history.path, self._live.key)
        found = sorted(key for key in keys if self.settings.key.contact(self.settings.account, *key) in marks)
        done = 0
        self._live.on_forget = None  # the team knows already
        try:
            for key in found:
                with suppress(ForgetRefusedError):
                    forget(self._live, whom_to_forget(self._live, *key))
                    done += 1
        finally:
            self._live.on_forget = self._forgotten
        self._kept.forgot(marks)
        return done

    def _forgotten(self, keys: Sequence[tuple[str, str]]) -> None:
        marks = sorted({self.settings.key.contact(self.settings.account, *key) for key in keys})
        self._outbox.add("forget", "", body={"marks": marks})


class TeamAttempts(AttemptHistory):
    """The history of a whole team. A contact that is not told is found by its mark."""

    def __init__(self, account: LiveAccount, team: Team) -> None:
        self._all = History(team.settings.path)
        super().__init__(account, self._all)
        self._team = team

    def close(self) -> None:
        self._all.close()

    def is_own(self, attempt_id: str) -> bool:
        return self._live.history.get(attempt_id) is not None

    def note(self, attempt_id: str, text: str) -> Attempt:
        attempt = self.find_attempt(attempt_id)
        check_note(text)
        if self.is_own(attempt.attempt_id):
            return self._live.history.note(attempt.attempt_id, text or None)
        self._team.note(attempt.attempt_id, text)
        return replace(attempt, note=text or None)

    def _meant(self, query: HistoryQuery) -> HistoryQuery:
        filters = [
            replace(one, values=(*one.values, *self._marks(one.values)))
            if one.field in (QueryField.PERSON, QueryField.CONTACT)
            else one
            for one in query.filters
        ]
        return replace(query, filters=tuple(filters))

    def _marks(self, values: Iterable[object]) -> Iterator[Value]:
        account, key = self._team.settings.account, self._team.settings.key
        for value in values:
            if isinstance(value, Value) and not value.pattern:
                keys = {(key_id, value.text) for key_id in ("id", "uid", EMAIL)}
                for key_id, text in tuple(keys):
                    for contact in self._live.cache.contacts.find(key_id, text, 1):
                        keys |= {("id", contact.id), ("uid", contact.uid), *contact.fields.items()}
                yield from (Value(hidden_contact((key.contact(account, *one),))) for one in sorted(keys))
