"""Every reply and failure of the built-in account on demand, for demonstrations, and a reset."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from app.domain.mails import Mail
from app.domain.model import Outcome, TriggerRequest
from app.store.attempts import History

if TYPE_CHECKING:
    from app.sandbox.app import Sandbox

SLOW_S = 6.0
MAX_MAILS = 200
_DATA = {"global": {"itemName": "hammer", "itemPrice": "123"}}


class SimulatedFailure(NamedTuple):
    kind: str
    name: str
    title: str
    outcome: Outcome


REPLIES: dict[int, TriggerRequest] = {
    0: TriggerRequest("100", "3", "thor@example.com", _DATA),
    2004: TriggerRequest("100", "4711", "thor@example.com", _DATA),
    2005: TriggerRequest("100", "3", "", _DATA),
    2008: TriggerRequest("100", "3", "loki@example.com", _DATA),
    2010: TriggerRequest("100", "3", "twin@example.com", _DATA),
    5001: TriggerRequest("999", "3", "thor@example.com", _DATA),
    2012: TriggerRequest("100", "id", "999999", _DATA),
}
"""A request, yet without a trigger id, for each documented reply: the README's table of replies."""

FAILURES: tuple[SimulatedFailure, ...] = (
    SimulatedFailure("refused", "not sent", "The connection is refused", Outcome.NOT_SENT),
    SimulatedFailure("partial", "partial", "Accepted, but not for the contact", Outcome.PARTIAL),
    SimulatedFailure("cut_before", "connection cut", "No reply comes", Outcome.UNKNOWN),
    SimulatedFailure("cut_during", "reply cut", "The mail goes out, but the reply breaks off", Outcome.UNKNOWN),
    SimulatedFailure("slow", "slow", f"The reply takes {SLOW_S:.0f} s; Esc stops waiting, as a timeout does", Outcome.ACCEPTED),
    SimulatedFailure("401", "401", "The credentials are not accepted", Outcome.REJECTED),
    SimulatedFailure("403", "403", "The permission is missing", Outcome.REJECTED),
    SimulatedFailure("429", "429", "Too many requests", Outcome.REJECTED),
    SimulatedFailure("500", "500", "The database of the account fails", Outcome.UNKNOWN),
    SimulatedFailure("502", "502", "A gateway fails", Outcome.UNKNOWN),
    SimulatedFailure("503", "503", "The account is overloaded", Outcome.UNKNOWN),
    SimulatedFailure("truncated", "truncated reply", "The reply ends too early", Outcome.UNKNOWN),
    SimulatedFailure("wrong_type", "wrong reply", "The reply is not as documented", Outcome.UNKNOWN),
    SimulatedFailure("huge", "huge reply", "The reply is 4 MB long", Outcome.UNKNOWN),
)  # fmt: skip


class SentMail(NamedTuple):
    at: datetime
    mail: Mail
    external_id: str


class Scenarios:
    def __init__(self, sandbox: "Callable[[], Sandbox]", history: History, account: str) -> None:
        self._sandbox = sandbox
        self._history = history
        self._account = account

    def fail_next(self, failure: SimulatedFailure) -> TriggerRequest:
        """Makes the next trigger fail, once; returns a request that would be accepted otherwise."""
        self._sandbox().faults.fail_next(failure.kind, REPLIES[0].event_id, SLOW_S)
        return REPLIES[0]

    def sent_mails(self) -> list[SentMail]:
        return [
            SentMail(datetime.fromtimestamp(launch.at, UTC), mail, launch.external_id)
            for mail, launch in self._sandbox().sent_mails(MAX_MAILS)
        ]

    def reset(self, *, with_history: bool) -> None:
        """Clears accepted trigger ids and faults, and the attempts of the account if asked to. Raises StoreError."""
        self._sandbox().reset()
        if with_history:
            self._history.forget(self._account)
