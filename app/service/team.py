"""The team of a profile: claims before a send, and what the desks tell each other afterwards.

Claims are made while a send waits, within a second and a half. All else waits in the outbox of the history, and `sync`
brings it to the team's database and back.
"""

import asyncio
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Lock
from typing import Literal, TypeVar

from app.domain.attempt_export import description_of, reply_parts
from app.domain.errors import AppError
from app.domain.history_query import HistoryQuery, QueryField, Value
from app.domain.model import (
    Attempt,
    KeptContact,
    NoReply,
    Outcome,
    Settlement,
    TeamMarks,
    TriggerRequest,
    new_attempt_id,
)
from app.domain.team import (
    Approval,
    Claim,
    Claims,
    Fact,
    FactKind,
    TeamAttempt,
    TeamError,
    TeamKey,
    UnreachableError,
    without_addresses,
)
from app.domain.text import short_id
from app.domain.wire import dumps
from app.service.catalog import Contacts, ForgetRefusedError
from app.service.guard import EMAIL, GuardError, other_data_words
from app.service.history import AttemptError, AttemptHistory, check_note, settle
from app.service.live import LiveAccount
from app.service.team_templates import sync_templates
from app.settings.secrets import in_daemon_thread
from app.store.attempts import INTERRUPTED, AttemptRow, History, SentMeanwhileError
from app.store.database import UnwritableError
from app.store.outbox import Outbox, Pending, attempts_on, read_attempts, settle_from_team
from app.store.team_history import TeamHistory, hidden_contact
from app.team.server import Desk, Late, Push, TeamServer

Result = TypeVar("Result")
Share = Literal["outcome", "all"]

WAIT_S = 1.5
SYNC_WAIT_S = 5.0
_STATEMENT_S = 5.0
SYNC_S = 30.0
_TRIES = 20
_AT_ONCE = 500
_APART_S = 3600
_OFFLINE = "The team is not reachable."
NOT_SENT = f"{_OFFLINE} This profile sends only with its team. Try again later, or set team_required = false."
SENT_LATER = f"{_OFFLINE} This is sent without asking it, and pushed later."


@dataclass(frozen=True, slots=True)
class TeamSettings:
    """How this desk takes part: `path` is the file of the team's attempts, `password` finds the one of the database."""

    uri: str
    account: str
    member: str
    key: TeamKey
    path: Path
    password: Callable[[], str | None]
    share: Share = "outcome"
    required: bool = True
    approve: bool = False


@dataclass(frozen=True, slots=True)
class TeamStatus:
    """Whether the team answers, who is in it, what is not pushed yet, and when it was last synced."""

    reachable: bool
    member: str
    members: Sequence[str]
    pending: int
    last_sync: str | None


@dataclass(frozen=True, slots=True)
class _Looked:
    """What other desks did with an event and a contact: a claim to ask about, else a send with other data."""

    question: Claim | None
    line: Claim | None


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
        self._live = account
        self._outbox = Outbox(account.history.path, account.key)
        self._kept = TeamHistory(settings.path, account.key, account.profile.name)
        self.desk = Desk(settings.account, settings.member, self._desk_id())
        self._claiming = self._server(_STATEMENT_S)
        self._syncing = Lock()
        self._log = self._server(None)
        self._listening = self._server(None)
        self._closed, self._due, self._follows = Event(), Event(), False
        self._history: TeamAttempts | None = None
        self.waiting: Sequence[Approval] = ()
        """The requests that wait for a yes, as of the last sync of `follow`."""
        self.is_reachable: bool | None = None
        """Whether the last call reached the team; None before the first."""
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
        """The attempts of all members, as of the last sync."""
        if self._history is None:
            self._history = TeamAttempts(self._live, self)
        return self._history

    def close(self) -> None:
        self._closed.set()
        self._due.set()
        for one in (self._claiming, self._log, self._listening):
            one.close()
        if self._history is not None:
            self._history.close()

    # Before a send

    async def look(self, request: TriggerRequest) -> AttemptRow | None:
        """A colleague's attempt to ask about before a send; None too if the team is not reachable."""
        contact = self._live.cache.contacts.kept(request.key_id, request.external_id)
        marks = self._marks(request, contact)

        try:
            claims = await self._within(lambda: self._claiming.claims(request.event_id, marks.contacts))
        except UnreachableError:
            return None
        return self._row(self._looked(claims, marks).question, request)

    async def claim(self, attempt: Attempt, seen: str | None = None, *, asks: bool = True) -> Attempt:
        """Claims the contact for an attempt, and returns it with its marks. `seen` was asked about.

        Without `asks` it is claimed whatever other desks did.

        Raises SentMeanwhileError with the colleague's attempt to ask about, and GuardError if nothing may be sent.
        """
        request, marks = attempt.request, self._marks(attempt.request, attempt.contact)
        try:
            await self._within(lambda: self._check_approval(attempt))
            found = await self._within(lambda: self._claim(attempt, marks, seen, asks))
        except UnreachableError as error:
            if self.settings.required or self._needs_approval:
                self._outbox.add("release", attempt.attempt_id)
                raise GuardError(NOT_SENT) from error
            self.say(SENT_LATER)
            return replace(attempt, team=replace(marks, claimed=False))
        if (colleague := self._row(found.question if asks else None, request)) is not None:
            raise SentMeanwhileError(colleague)
        if (told := self._row(found.line, request)) is not None:
            self.say(other_data_words(told, datetime.now(UTC)))
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
        marks = {attempt_id: self._marks(*given) for attempt_id, given in attempts.items()}
        try:
            return self._claim_all(event_id, attempts, marks, asks)
        except UnreachableError as error:
            if self.settings.required:
                raise GuardError(NOT_SENT) from error
            self.say(SENT_LATER)
            return BatchClaims({one: replace(mark, claimed=False) for one, mark in marks.items()}, {})

    def release(self, *attempt_ids: str) -> None:
        """Gives claims back whose attempts are not sent, at the next sync."""
        self._outbox.add("release", *attempt_ids)

    def _claim(self, attempt: Attempt, marks: TeamMarks, seen: str | None, asks: bool) -> "_Looked":
        """Claims the contact, unless there is a claim to ask about."""
        event_id = attempt.request.event_id
        for _ in range(_TRIES):
            claims = self._claiming.claims(event_id, marks.contacts)
            found = self._looked(claims, marks, seen)
            if asks and found.question is not None:
                return found
            if self._claiming.claim(event_id, {attempt.attempt_id: marks}, claims.generations):
                return found
        raise TeamError("Other desks keep claiming this contact. Nothing was sent. Try again.")

    def _claim_all(
        self,
        event_id: str,
        attempts: Mapping[str, tuple[TriggerRequest, KeptContact | None]],
        marks: Mapping[str, TeamMarks],
        asks: bool,
    ) -> BatchClaims:
        left, questions = dict(marks), dict[str, AttemptRow]()
        for _ in range(_TRIES):
            claims = self._claiming.claims(
                event_id, sorted({mark for one in left.values() for mark in one.contacts})
            )
            by_mark: dict[str, list[Claim]] = {}
            for row in claims.rows:
                by_mark.setdefault(row.contact, []).append(row)
            for attempt_id, own in marks.items() if asks else ():
                known = Claims(tuple(row for mark in own.contacts for row in by_mark.get(mark, ())))
                colleague = self._row(self._looked(known, own).question, attempts[attempt_id][0])
                if attempt_id in left and colleague is not None:
                    del left[attempt_id]
                    questions[attempt_id] = colleague
            for attempt_id in self._claiming.claim(event_id, left, claims.generations) if left else ():
                del left[attempt_id]
            if not left:
                return BatchClaims(
                    {one: mark for one, mark in marks.items() if one not in questions}, questions
                )
        raise TeamError("Other desks keep claiming these contacts. Nothing was sent. Try again.")

    def _looked(self, claims: Claims, marks: TeamMarks, seen: str | None = None) -> "_Looked":
        """What the claims of other desks mean for a send."""
        desk_id = self.desk.desk_id
        asks = claims.question(marks, desk_id, self._second_send_s, seen)
        return _Looked(asks, None if asks else claims.with_other_data(marks, desk_id))

    @property
    def _second_send_s(self) -> int:
        return self._live.profile.second_send_s

    def _marks(self, request: TriggerRequest, contact: KeptContact | None) -> TeamMarks:
        return self.settings.key.marks(self.settings.account, request, contact)

    def _row(self, claim: Claim | None, request: TriggerRequest) -> AttemptRow | None:
        if claim is None:
            return None
        at = datetime.now(UTC) - timedelta(seconds=claim.age_s)
        return AttemptRow(
            claim.attempt_id, self._live.profile.name, at, claim.state, request.event_id, None, request.key_id,
            request.external_id, None, None, None, None, claim.arrived, member=claim.member,
        )  # fmt: skip

    async def _within(self, work: Callable[[], Result], more_s: float = 0) -> Result:
        """The result of `work` in a thread. Raises UnreachableError if that takes more than `wait_s` and `more_s`."""
        seconds = self.wait_s + more_s
        try:
            result = await asyncio.wait_for(asyncio.wrap_future(in_daemon_thread(work)), seconds)
        except TimeoutError:
            self._claiming = self._server(_STATEMENT_S)  # the old one may hang for long
            self.is_reachable = False
            raise UnreachableError(f"{_OFFLINE} It did not answer within {seconds:g} s.") from None
        except UnreachableError:
            self.is_reachable = False
            raise
        self.is_reachable = True
        return result

    # Approvals

    @property
    def _needs_approval(self) -> bool:
        return self.settings.approve and self._live.profile.is_production

    def _check_approval(self, attempt: Attempt) -> None:
        if not self._needs_approval:
            return
        request = attempt.request
        mark = self.settings.key.request(self.settings.account, request)
        if self._claiming.use_approval(mark, attempt.attempt_id):
            return
        contact = hidden_contact(self._marks(request, attempt.contact).contacts)
        if self.settings.share == "all":
            contact = request.external_id
        asked = Approval(
            new_attempt_id(), self._shared(request.event_id), attempt.event_name, contact, self.desk.member, 0
        )
        self._claiming.ask_approval(asked, mark)
        raise GuardError(
            f"Another member must approve this first: `triggerdesk team approve {self._live.profile.name}` on "
            "their desk. Then send it again within an hour."
        )

    def approvals(self) -> Sequence[Approval]:
        """The requests that wait for a yes."""
        return self._log.approvals()

    def approve(self, reference: str) -> Approval:
        """Approves the request whose id begins so. Raises TeamError, also for one's own."""
        found = [one for one in self._log.approvals() if one.approval_id.startswith(reference)]
        if len(found) != 1:
            raise TeamError(
                f"{len(found) or 'No'} requests that wait have an id that begins with {reference!r}."
            )
        self._log.approve(found[0].approval_id)
        return found[0]

    # Unknown outcomes of the team

    def take_over(self, reference: str) -> Attempt:
        """Assigns an attempt to this member, for every desk to see. Raises AttemptError and StoreError."""
        attempt = self.history.find_attempt(reference)
        self._tell("handed_over", attempt.attempt_id, {"to": self.desk.member})
        return attempt

    def note(self, attempt_id: str, text: str) -> None:
        """Tells the team a note on a colleague's attempt."""
        self._tell("noted", attempt_id, {"note": self._shared(text) or None})

    def settle(self, reference: str, *, arrived: bool, note: str) -> Attempt:
        """Resolves an unknown outcome of any member. Raises AttemptError and StoreError."""
        attempt = self.history.find_attempt(reference)
        check_note(note)
        if attempt.outcome is not Outcome.UNKNOWN:
            raise AttemptError(
                f"The attempt {attempt.attempt_id} is {attempt.outcome}. Only unknown outcomes can be resolved."
            )
        if self._live.history.get(attempt.attempt_id) is not None:
            return settle(self._live.history, attempt.attempt_id, arrived=arrived, note=note)
        self._tell("settled", attempt.attempt_id, {"arrived": arrived, "note": self._shared(note)})
        return replace(attempt, settlement=Settlement(arrived, note, datetime.now(UTC)))

    def _tell(
        self, kind: Literal["settled", "noted", "handed_over"], attempt_id: str, body: Mapping[str, object]
    ) -> None:
        self._outbox.add(kind, attempt_id, body=body)
        fact = Fact(
            "", attempt_id, kind, body, self.desk.member, int(self._kept.state("fact") or 0), _now_us()
        )
        self._kept.apply([fact])
        self.wake()

    # Push and pull

    def status(self) -> TeamStatus:
        """Never raises UnreachableError."""
        members: Sequence[str] = ()
        try:
            members = self._log.members()
            self.is_reachable = True
        except UnreachableError:
            self.is_reachable = False
        last = self._kept.state("synced")
        return TeamStatus(self.is_reachable, self.desk.member, members, self._outbox.count(), last)

    def join(self) -> None:
        """Registers the desk. Raises TeamError if the key is not the team's."""
        self._log.join(self.settings.key)

    async def sync_soon(self) -> None:
        """Pushes and pulls for a short time; the rest waits in the outbox."""
        try:
            await self._within(self.sync, SYNC_WAIT_S)
        except TeamError:
            self.is_reachable = False
            self._mirror(self._own(self._outbox.pending(_AT_ONCE)))

    def sync(self) -> None:
        """Pushes and pulls everything. Raises TeamError and StoreError."""
        with self._syncing:
            self._log.join(self.settings.key)
            ahead_s = self._log.clock_ahead_s(time.time)
            own: dict[str, Attempt] = {}
            while pending := self._outbox.pending(_AT_ONCE):
                own |= self._push(pending, ahead_s)
                self._outbox.done(pending[-1].number)
            self._pull()
            self._mirror(own)
            if self.settings.share == "all":
                sync_templates(self._log, self._kept, self._live.notes.path)
            now = datetime.now(UTC) + timedelta(seconds=ahead_s)
            self._kept.give_up(now)
            self._kept.keep(
                synced=now.isoformat(timespec="milliseconds").replace("+00:00", "Z"), ahead=ahead_s
            )

    def follow(self) -> None:
        """Syncs from now on until `close`: after `wake`, when another desk pushes, and every half minute."""
        if self._follows:
            return
        self._follows = True
        in_daemon_thread(lambda: self._repeat(self._sync_when_due))
        in_daemon_thread(lambda: self._repeat(self._listen))

    def wake(self) -> None:
        """Lets `follow` sync now."""
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
        self.waiting = self._log.approvals() if self.settings.approve else ()
        self._due.wait(SYNC_S)

    def _listen(self) -> None:
        if self._listening.wait(SYNC_S):
            self._due.set()

    def _own(self, pending: Sequence[Pending]) -> Mapping[str, Attempt]:
        return read_attempts(self._live.history.path, [one.about for one in pending])

    def _mirror(self, own: Mapping[str, Attempt]) -> None:
        """Shows one's own attempts in the team's history with all that this desk knows of them."""
        shared = [one for one in own.values() if one.team is not None]
        if shared:
            self._kept.add_own(shared, self.desk.member)

    def _push(self, pending: Sequence[Pending], ahead_s: float) -> Mapping[str, Attempt]:
        own = self._own(pending)
        attempts: list[TeamAttempt] = []
        late: list[Late] = []
        facts: list[Fact] = []
        for one in pending:
            attempt = own.get(one.about)
            if one.kind == "attempt" and attempt is not None:
                attempts.append(self._team_attempt(attempt, ahead_s))
                if attempt.team is not None and not attempt.team.claimed:
                    outcome = None if attempt.outcome is Outcome.SENDING else attempt.outcome
                    late.append(Late(attempts[-1], outcome))
            elif (fact := self._fact(one, attempt)) is not None:
                facts.append(fact)
        released = [
            one.about for one in pending if one.kind == "release" and one.about not in own
        ]  # or sent after all
        window_s = max(_APART_S, self._second_send_s)
        self._log.push(Push(attempts, facts, late, released, window_s))
        for one in pending:
            if one.kind == "forget":
                self._log.forget(one.body["marks"])
        return own

    def _team_attempt(self, one: Attempt, ahead_s: float) -> TeamAttempt:
        request, marks = one.request, one.team
        at = int((one.started_at.timestamp() + ahead_s) * 1_000_000)
        detail = None
        if self.settings.share == "all" and marks is not None:
            data = None if request.data is None else json.loads(dumps(request.data))
            detail = {"external_id": request.external_id, "data": data, "trigger_id": request.trigger_id}
        return TeamAttempt(
            0, one.attempt_id, self.desk.member, self.desk.desk_id, self._shared(request.event_id),
            one.event_name and self._shared(one.event_name), self._shared(request.key_id),
            marks.contacts if marks else (), marks.data if marks else "", one.parent_id, one.predicted_code, at, detail,
        )  # fmt: skip

    def _fact(self, one: Pending, attempt: Attempt | None) -> Fact | None:
        own_id = f"{one.about}:{one.kind}:{self.desk.desk_id[:8]}:{one.number}"
        if one.kind == "outcome" and attempt is not None:
            interrupted = isinstance(attempt.answer, NoReply) and attempt.answer.reason == INTERRUPTED.reason
            name = "interrupted" if interrupted else "outcome"
            return Fact(f"{one.about}:{name}", one.about, "outcome", self._outcome(attempt))
        if one.kind in ("settled", "noted", "handed_over"):
            kind: FactKind = one.kind
            body: Mapping[str, object] = one.body
            if attempt is not None and kind == "settled" and attempt.settlement is not None:
                note = self._shared(attempt.settlement.note, attempt)
                body = {"arrived": attempt.settlement.arrived, "note": note}
            elif attempt is not None and kind == "noted":
                body = {"note": attempt.note and self._shared(attempt.note, attempt)}
            return Fact(own_id, one.about, kind, body) if body else None
        return None

    def _outcome(self, one: Attempt) -> Mapping[str, object]:
        status, code, text = reply_parts(one)
        body: dict[str, object] = {
            "outcome": one.outcome.value, "http_status": status, "reply_code": code, "elapsed_ms": one.elapsed_ms
        }  # fmt: skip
        if isinstance(one.answer, NoReply):
            detail = self._shared(description_of(one) or "", one)
            body |= {"reason": one.answer.reason, "sent": one.answer.sent, "detail": detail}
        if self.settings.share == "all":
            body["reply_text"] = text
        return body

    def _shared(self, text: str, attempt: Attempt | None = None) -> str:
        """The text as it may be told."""
        if self.settings.share == "all":
            return text
        contact = attempt.contact.keys if attempt is not None and attempt.contact is not None else ()
        return without_addresses(text, (attempt.request.external_id, *contact) if attempt is not None else ())

    def _pull(self) -> None:
        kept = self._kept
        last = {name: int(kept.state(name) or 0) for name in ("attempt", "fact", "tombstone")}
        with self._log.pull(last["attempt"], last["fact"]) as log:
            for page in log.attempts():
                kept.add(page)
            for facts in log.facts():
                kept.apply(facts)
                self._settle_own(facts)
            gone = log.tombstones(last["tombstone"])
        if gone:
            earlier = json.loads(kept.state("to_forget") or "[]")
            kept.keep(to_forget=json.dumps([*earlier, *(mark for _, mark in gone)]))
            kept.forget([mark for _, mark in gone], gone[-1][0])

    def _settle_own(self, facts: Sequence[Fact]) -> None:
        """Shows on this desk what a colleague found out about its unknown outcomes."""
        for fact in facts:
            if fact.kind == "settled" and f":{self.desk.desk_id[:8]}:" not in fact.fact_id:
                note = f"{fact.body.get('note') or ''} ({fact.member})".strip()
                at = datetime.fromtimestamp(fact.at / 1_000_000, UTC)
                settle_from_team(
                    self._live.history.path, fact.attempt_id, Settlement(bool(fact.body["arrived"]), note, at)
                )

    # What a sync leaves to do on the thread of the session

    def news(self) -> Sequence[str]:
        """Sentences about sends that two desks made while apart, and about the clock, each one once."""
        told = self._kept.kept("told:")
        said = []
        for name, text in self._kept.kept("double:").items():
            _, one, other = name.split(":", 2)
            own = [attempt for attempt in (one, other) if self._live.history.get(attempt) is not None]
            if own and f"told:{name}" not in told:
                said.append(self._double(one, other))
                self._kept.keep(**{f"told:{name}": text})
        ahead_s = float(self._kept.state("ahead") or 0)
        if ahead_s and "told:clock" not in told:
            way = "behind" if ahead_s > 0 else "ahead of"
            said.append(f"The clock of this machine is {abs(ahead_s):.0f} s {way} the team's. Set it right.")
            self._kept.keep(**{"told:clock": ahead_s})
        return said

    def _double(self, one: str, other: str) -> str:
        members = {attempt_id: self._member_of(attempt_id) for attempt_id in (one, other)}
        named = [f"{short_id(attempt_id)} ({member})" for attempt_id, member in members.items()]
        return f"Two desks sent the same to one contact while they were apart: {' and '.join(named)}."

    def _member_of(self, attempt_id: str) -> str:
        found = self.history.attempt(attempt_id)
        return found.member if found is not None else "another member"

    def forget_here(self) -> int:
        """Erases on this desk the persons that another desk has forgotten; returns their number."""
        marks = set(json.loads(self._kept.state("to_forget") or "[]"))
        if not marks:
            return 0
        keys = {("id", one.id) for one in self._live.cache.contacts.containing("", 0)}
        keys |= attempts_on(self._live.history.path, self._live.key)
        found = sorted(key for key in keys if self.settings.key.contact(self.settings.account, *key) in marks)
        contacts, done = Contacts(self._live), 0
        self._live.on_forget = None  # the team knows already
        try:
            for key in found:
                with suppress(ForgetRefusedError):
                    contacts.forget(contacts.whom_to_forget(*key))
                    done += 1
        finally:
            self._live.on_forget = self._forgotten
        self._kept.keep(to_forget="[]")
        return done

    def _forgotten(self, keys: Sequence[tuple[str, str]]) -> None:
        marks = sorted({self.settings.key.contact(self.settings.account, *key) for key in keys})
        self._outbox.add("forget", "", body={"marks": marks})


def _now_us() -> int:
    return int(datetime.now(UTC).timestamp() * 1_000_000)


class TeamAttempts(AttemptHistory):
    """The history of a whole team. A contact that is not told is found by its mark."""

    def __init__(self, account: LiveAccount, team: Team) -> None:
        self._all = History(team.settings.path)
        super().__init__(account, self._all)
        self._team = team

    def close(self) -> None:
        self._all.close()

    def is_own(self, attempt_id: str) -> bool:
        """Whether this desk sent it, and has all of it."""
        return self._live.history.get(attempt_id) is not None

    def note(self, attempt_id: str, text: str) -> Attempt:
        attempt = self.find_attempt(attempt_id)
        check_note(text)
        if self.is_own(attempt.attempt_id):
            return self._live.history.note(attempt.attempt_id, text or None)
        self._team.note(attempt.attempt_id, text)
        return replace(attempt, note=text or None)

    def _meant(self, query: HistoryQuery) -> HistoryQuery:
        """The query with the marks of the contacts that it names."""
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
