"""What the desks of a team tell each other: a desk pushes its outbox, and pulls what the others pushed.

With `team_share = "outcome"` no contact, event data, reply text or address leaves the desk. With `all` templates are
shared too, by version, without event time and attachments.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from app.domain.attempt_export import description_of, reply_parts
from app.domain.model import (
    NO_EXTRAS,
    Attempt,
    KeptContact,
    NoReply,
    Outcome,
    Settlement,
    TeamMarks,
    Template,
    TriggerRequest,
)
from app.domain.team import Fact, TeamKey, without_addresses
from app.domain.wire import dumps
from app.service.live import LiveAccount
from app.store.attempts import INTERRUPTED
from app.store.notes import Notes
from app.store.outbox import Outbox, Pending, read_attempts, settle_from_team
from app.store.team_history import TeamHistory
from app.team.server import Log, TeamServer

MINE = " (my draft)"
_TEMPLATE = "template:"
_AT_ONCE = 500
_APART_S = 3600


@dataclass(frozen=True, slots=True)
class TeamSettings:
    """How this desk takes part: `path` is the file of the team's attempts, `password` finds the one of the database."""

    uri: str
    account: str
    member: str
    key: TeamKey
    path: Path
    password: Callable[[], str | None]
    share: Literal["outcome", "all"] = "outcome"
    required: bool = True
    approve: bool = False

    def marks(self, request: TriggerRequest, contact: KeptContact | None) -> TeamMarks:
        return self.key.marks(self.account, request, contact)

    def shared(self, text: str, attempt: Attempt | None = None) -> str:
        """The text as it may be told: of a note on an attempt also without the contact's values."""
        if self.share == "all" or attempt is None:
            return text if self.share == "all" else without_addresses(text)
        keys = attempt.contact.keys if attempt.contact is not None else ()
        return without_addresses(text, (attempt.request.external_id, *keys))


class TeamSync:
    """Brings one desk and its team together. For one thread at a time. Raises TeamError and StoreError."""

    def __init__(
        self,
        account: LiveAccount,
        settings: TeamSettings,
        server: TeamServer,
        outbox: Outbox,
        kept: TeamHistory,
    ) -> None:
        self._path = account.history.path
        self._drafts = account.notes.path
        self._window_s = max(_APART_S, account.profile.second_send_s)
        self._settings = settings
        self._server = server
        self._outbox = outbox
        self._kept = kept
        self._own_facts = f":{server.desk.desk_id[:8]}:"

    def run(self) -> None:
        server, kept = self._server, self._kept
        server.join(self._settings.key)
        ahead_s = server.clock_ahead_s(time.time)
        own: dict[str, Attempt] = {}
        while pending := self._outbox.pending(_AT_ONCE):
            own |= self._push(pending, ahead_s)
            self._outbox.done(pending[-1].number)
        with server.pull() as log:
            self._pull(log)
        self._mirror(own)
        if self._settings.share == "all":
            self._sync_templates()
        now = datetime.fromtimestamp(time.time() + ahead_s, UTC)
        kept.give_up(now)
        kept.keep(synced=now.isoformat(timespec="milliseconds").replace("+00:00", "Z"), ahead=ahead_s)

    def mirror_pending(self) -> None:
        self._mirror(self._own(self._outbox.pending(_AT_ONCE)))

    def _mirror(self, own: Mapping[str, Attempt]) -> None:
        shared = [one for one in own.values() if one.team is not None]
        if shared:
            self._kept.add_own(shared, self._settings.member)

    def _own(self, pending: Sequence[Pending]) -> Mapping[str, Attempt]:
        return read_attempts(self._path, [one.about for one in pending])

    # Push

    def _push(self, pending: Sequence[Pending], ahead_s: float) -> Mapping[str, Attempt]:
        own = self._own(pending)
        attempts = [
            self._attempt(own[one.about], ahead_s)
            for one in pending
            if one.kind == "attempt" and one.about in own
        ]
        facts = [fact for one in pending if (fact := self._fact(one, own.get(one.about))) is not None]
        # A release is void if the attempt was sent after all.
        released = [one.about for one in pending if one.kind == "release" and one.about not in own]
        self._server.push(attempts, facts, released, self._window_s)
        for one in pending:
            if one.kind == "forget":
                self._server.forget(one.body["marks"])
        return own

    def _attempt(self, one: Attempt, ahead_s: float) -> Mapping[str, Any]:
        """An attempt for the log, as `TeamServer.push` takes it."""
        request, marks, shared = one.request, one.team, self._settings.shared
        detail = None
        if self._settings.share == "all" and marks is not None:
            data = None if request.data is None else json.loads(dumps(request.data))
            detail = {"external_id": request.external_id, "data": data, "trigger_id": request.trigger_id}
        return {
            "attempt_id": one.attempt_id,
            "event_id": shared(request.event_id),
            "event_name": one.event_name and shared(one.event_name),
            "key_id": shared(request.key_id),
            "contacts": marks.contacts if marks else (),
            "data": marks.data if marks else "",
            "parent_id": one.parent_id,
            "predicted_code": one.predicted_code,
            "at": int((one.started_at.timestamp() + ahead_s) * 1_000_000),
            "detail": detail,
            "outcome": None if one.outcome is Outcome.SENDING else one.outcome,
            "is_claimed": marks is None or marks.claimed,
        }

    def _fact(self, one: Pending, attempt: Attempt | None) -> Fact | None:
        shared = self._settings.shared
        body: Mapping[str, object] = one.body
        match one.kind:
            case "outcome" if attempt is not None:
                answer = attempt.answer
                is_lost = isinstance(answer, NoReply) and answer.reason == INTERRUPTED.reason
                name = "interrupted" if is_lost else "outcome"
                return Fact(f"{one.about}:{name}", one.about, "outcome", self._outcome(attempt))
            case "settled" if attempt is not None and (found := attempt.settlement) is not None:
                body = {"arrived": found.arrived, "note": shared(found.note, attempt)}
            case "noted" if attempt is not None:
                body = {"note": attempt.note and shared(attempt.note, attempt)}
        if one.kind in ("settled", "noted", "handed_over") and body:
            return Fact(f"{one.about}:{one.kind}{self._own_facts}{one.number}", one.about, one.kind, body)
        return None

    def _outcome(self, one: Attempt) -> Mapping[str, object]:
        status, code, text = reply_parts(one)
        body: dict[str, object] = {
            "outcome": one.outcome.value, "http_status": status, "reply_code": code, "elapsed_ms": one.elapsed_ms
        }  # fmt: skip
        if isinstance(one.answer, NoReply):
            detail = self._settings.shared(description_of(one) or "", one)
            body |= {"reason": one.answer.reason, "sent": one.answer.sent, "detail": detail}
        return body | {"reply_text": text} if self._settings.share == "all" else body

    # Pull

    def _pull(self, log: Log) -> None:
        kept = self._kept
        attempt, fact, tombstone = (int(kept.state(name) or 0) for name in ("attempt", "fact", "tombstone"))
        kept.add(log.attempts(attempt))
        for facts in log.facts(fact, attempt):
            kept.apply(facts)
            self._settle_own(facts)
        if gone := log.tombstones(tombstone):
            kept.forget([mark for _, mark in gone], gone[-1][0])

    def _settle_own(self, facts: Sequence[Fact]) -> None:
        """Shows on this desk what a colleague found out about its unknown outcomes."""
        for fact in facts:
            if fact.kind == "settled" and self._own_facts not in fact.fact_id:
                note = f"{fact.body.get('note') or ''} ({fact.member})".strip()
                at = datetime.fromtimestamp(fact.at / 1_000_000, UTC)
                settle_from_team(
                    self._path, fact.attempt_id, Settlement(bool(fact.body["arrived"]), note, at)
                )

    def _sync_templates(self) -> None:
        """Brings the templates of the desk and the team together; the later of two edits is saved as a draft."""
        base = {
            name.removeprefix(_TEMPLATE): json.loads(text)
            for name, text in self._kept.kept(_TEMPLATE).items()
        }
        theirs = self._server.templates()
        with closing(Notes(self._drafts)) as notes:
            ours = {one.name: one for one in notes.templates() if not one.name.endswith(MINE)}
            for name in sorted(ours.keys() | theirs.keys()):
                version, *content = base.get(name, [0])
                newest, shared = theirs.get(name, (0, []))
                mine = ours.get(name)
                own = None if mine is None else [mine.event_id, mine.data_text]
                if newest > version:
                    if mine is not None and own not in (content, shared):
                        notes.save_template(mine._replace(name=name + MINE))
                    notes.save_template(
                        Template(name, shared[0], shared[1], mine.extras if mine else NO_EXTRAS)
                    )
                elif (
                    own is not None and own != content and self._server.save_template(name, version + 1, *own)
                ):
                    newest, shared = version + 1, own
                if newest > version:
                    self._kept.keep(**{_TEMPLATE + name: json.dumps([newest, *shared])})
