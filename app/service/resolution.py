"""What may follow an attempt: somebody settles whether an unknown one arrived, or it is sent again.

Separate from `desk` because it is about attempts that are over; nothing here sends.
"""

from dataclasses import replace
from datetime import UTC, datetime

from app.domain.errors import AppError
from app.domain.model import Attempt, Outcome, Settlement, TriggerRequest
from app.domain.outcome import LABEL
from app.domain.short_id import id_prefixes
from app.store.attempts import History

SHORTEST_REFERENCE = 4
"""Characters of an attempt id that must be given at least."""

LONGEST_NOTE = 10_000

_LISTED = 3


class AttemptError(AppError):
    """An attempt that is not there, or with which this cannot be done; the message says why."""


def find(history: History, reference: str) -> Attempt:
    """The one attempt with this id or reference, or whose id begins so. Raises AttemptError and StoreError."""
    wanted = reference.strip().lower()
    if exact := history.get(wanted) or history.get(reference):
        return exact
    if len(wanted) < SHORTEST_REFERENCE or not wanted.isascii():
        raise AttemptError(
            f"There is no attempt {reference!r}. Give its id or its reference, or at least the first "
            f"{SHORTEST_REFERENCE} characters of the id."
        )
    found = {
        attempt.attempt_id: attempt
        for beginning in (wanted, *id_prefixes(wanted))
        for attempt in history.beginning_with(beginning, _LISTED)
    }
    if not found:
        raise AttemptError(f"There is no attempt whose id begins with {reference!r}, or with this reference.")
    if len(found) > 1:
        raise AttemptError(
            f"Several attempts are meant by {reference!r}: {', '.join(found)}. Give more of the id."
        )
    return next(iter(found.values()))


def settle(history: History, attempt_id: str, *, arrived: bool, note: str) -> Attempt:
    """The attempt with its settlement beside the outcome, which stays unknown; a later one replaces it.

    Raises AttemptError for any other outcome and for too long a note, and StoreError.
    """
    attempt = ended(history, attempt_id)
    if attempt.outcome is not Outcome.UNKNOWN:
        _, word = LABEL[attempt.outcome]
        raise AttemptError(
            f"The outcome of the attempt {attempt.attempt_id} is {word}: there is nothing to settle."
        )
    check_note(note)
    settlement = Settlement(arrived, note, datetime.now(UTC))
    history.resolve(attempt.attempt_id, settlement)
    return replace(attempt, settlement=settlement)


def check_note(text: str) -> None:
    """Raises AttemptError for a note that is too long."""
    if len(text) > LONGEST_NOTE:
        raise AttemptError(f"The note is longer than {LONGEST_NOTE} characters. Shorten it.")


def ended(history: History, attempt_id: str) -> Attempt:
    """The attempt, once nobody is sending it any more. Raises AttemptError while somebody is, and StoreError."""
    attempt = find(history, attempt_id)
    if attempt.outcome is Outcome.SENDING and history.recover():
        attempt = find(history, attempt.attempt_id)
    if attempt.outcome is Outcome.SENDING:
        raise AttemptError(f"The attempt {attempt.attempt_id} is still under way. Wait for its outcome.")
    return attempt


def offers_same_trigger(attempt: Attempt) -> bool:
    """Whether sending again should be the same trigger unless told otherwise: it may have arrived, and nobody knows."""
    known_to_have_arrived = attempt.settlement is not None and attempt.settlement.arrived
    return (
        attempt.outcome is Outcome.UNKNOWN
        and attempt.request.trigger_id is not None
        and not known_to_have_arrived
    )


def request_again(
    attempt: Attempt, account: str, *, same_trigger: bool, new_attempt_id: str
) -> TriggerRequest:
    """The request as it was: with its trigger id, or with the new attempt's id as one of its own.

    What was sent without a trigger id goes without one again. Raises AttemptError where it cannot
    be sent to this account, or not as the same trigger.
    """
    if attempt.account != account:
        raise AttemptError(
            f"The attempt {attempt.attempt_id} was made with the profile {attempt.profile!r} on another account. "
            "Choose that profile to send it again."
        )
    request = attempt.request
    if same_trigger:
        if request.trigger_id is None:
            raise AttemptError(
                f"The attempt {attempt.attempt_id} had no trigger id, so the account could not know it for the same. "
                "Send it as a new trigger."
            )
        return request
    return replace(request, trigger_id=request.trigger_id and new_attempt_id)
