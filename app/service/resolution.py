"""Resolving an unknown outcome, and the request of a resend. Nothing here sends."""

from dataclasses import replace
from datetime import UTC, datetime

from app.domain.errors import AppError
from app.domain.model import Attempt, Outcome, Settlement, TriggerRequest
from app.domain.outcome import LABEL
from app.domain.sanitize import has_surrogates
from app.domain.short_id import id_prefixes
from app.store.attempts import History

MIN_REFERENCE = 4
"""The least number of characters of an attempt id to search for."""

MAX_NOTE = 10_000

_LISTED = 3


class AttemptError(AppError):
    """There is no such attempt, or it does not allow this; the message says why."""


def find(history: History, reference: str) -> Attempt:
    """The attempt with this id, beginning of an id, or reference. Raises AttemptError and StoreError."""
    wanted = reference.strip().lower()
    if exact := history.get(wanted) or history.get(reference):
        return exact
    if len(wanted) < MIN_REFERENCE or not wanted.isascii():
        raise AttemptError(
            f"There is no attempt {reference!r}. Give its id, its reference or at least the first "
            f"{MIN_REFERENCE} characters of the id."
        )
    found = {
        attempt.attempt_id: attempt
        for beginning in (wanted, *id_prefixes(wanted))
        for attempt in history.beginning_with(beginning, _LISTED)
    }
    if not found:
        raise AttemptError(
            f"There is no attempt with the reference {reference!r}, or with an id that begins so."
        )
    if len(found) > 1:
        raise AttemptError(
            f"{reference!r} matches several attempts: {', '.join(found)}. Give more of the id."
        )
    return next(iter(found.values()))


def settle(history: History, attempt_id: str, *, arrived: bool, note: str) -> Attempt:
    """Resolves an unknown outcome and returns the attempt; the outcome stays unknown.

    A later resolution replaces an earlier one. Raises AttemptError if the outcome is not unknown or the note
    is too long, and StoreError.
    """
    attempt = ended(history, attempt_id)
    if attempt.outcome is not Outcome.UNKNOWN:
        _, word = LABEL[attempt.outcome]
        raise AttemptError(
            f"The attempt {attempt.attempt_id} is {word}. Only unknown outcomes can be resolved."
        )
    check_note(note)
    settlement = Settlement(arrived, note, datetime.now(UTC))
    history.resolve(attempt.attempt_id, settlement)
    return replace(attempt, settlement=settlement)


def check_note(text: str) -> None:
    """Raises AttemptError for a note that is too long or that no encoding can carry."""
    if has_surrogates(text):
        raise AttemptError("The note holds half a character. Type the whole character.")
    if len(text) > MAX_NOTE:
        raise AttemptError(f"The note is longer than {MAX_NOTE} characters. Shorten it.")


def ended(history: History, attempt_id: str) -> Attempt:
    """A finished attempt. Raises AttemptError while it is being sent, and StoreError."""
    attempt = find(history, attempt_id)
    if attempt.outcome is Outcome.SENDING and history.recover():
        attempt = find(history, attempt.attempt_id)
    if attempt.outcome is Outcome.SENDING:
        raise AttemptError(f"The attempt {attempt.attempt_id} is still being sent. Wait for its outcome.")
    return attempt


def offers_same_trigger(attempt: Attempt) -> bool:
    """Whether a resend should keep the trigger id: the first may have arrived, and it is unresolved."""
    known_to_have_arrived = attempt.settlement is not None and attempt.settlement.arrived
    return (
        attempt.outcome is Outcome.UNKNOWN
        and attempt.request.trigger_id is not None
        and not known_to_have_arrived
    )


def request_again(
    attempt: Attempt, account: str, *, same_trigger: bool, new_attempt_id: str
) -> TriggerRequest:
    """The request of a resend: with its trigger id, or with the new attempt's id as trigger id.

    A request without a trigger id stays without one. Raises AttemptError if the attempt is of another
    account, or has no trigger id to keep.
    """
    if attempt.account != account:
        raise AttemptError(
            f"The attempt {attempt.attempt_id} was sent on another account. "
            f"Switch to the profile {attempt.profile!r} to resend it."
        )
    request = attempt.request
    if same_trigger:
        if request.trigger_id is None:
            raise AttemptError(
                f"The attempt {attempt.attempt_id} has no trigger id to repeat. Send it as new."
            )
        return request
    return replace(request, trigger_id=request.trigger_id and new_attempt_id)
