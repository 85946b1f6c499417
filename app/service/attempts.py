"""One attempt of the history: find it, resolve it, send it again."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

from app.domain.errors import AppError
from app.domain.model import LABEL, Attempt, Outcome, Settlement, TriggerRequest
from app.domain.text import has_surrogates, id_prefixes, short_id
from app.settings import Settings
from app.store.attempts import History

MIN_REFERENCE = 4
MAX_NOTE = 10_000
MAX_COMPLETED = 200
_LISTED = 3


class AttemptError(AppError):
    """There is no such attempt, or it does not allow this; the message says why."""


def find_attempt(history: History, reference: str) -> Attempt:
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


def settle(history: History, attempt_id: str, *, arrived: bool, note: str = "") -> Attempt:
    """Resolves an unknown outcome, which stays unknown; returns the attempt. Raises AttemptError."""
    attempt = ended_attempt(history, attempt_id)
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
    if has_surrogates(text):
        raise AttemptError("The note holds half a character. Type the whole character.")
    if len(text) > MAX_NOTE:
        raise AttemptError(f"The note is longer than {MAX_NOTE} characters. Shorten it.")


def ended_attempt(history: History, attempt_id: str) -> Attempt:
    """A finished attempt. Raises AttemptError while it is being sent, and StoreError."""
    attempt = find_attempt(history, attempt_id)
    if attempt.outcome is Outcome.SENDING and history.recover():
        attempt = find_attempt(history, attempt.attempt_id)
    if attempt.outcome is Outcome.SENDING:
        raise AttemptError(f"The attempt {attempt.attempt_id} is still being sent. Wait for its outcome.")
    return attempt


def offers_same_trigger(attempt: Attempt) -> bool:
    known_to_have_arrived = attempt.settlement is not None and attempt.settlement.arrived
    return (
        attempt.outcome is Outcome.UNKNOWN
        and attempt.request.trigger_id is not None
        and not known_to_have_arrived
    )


def request_again(
    attempt: Attempt, account: str, *, same_trigger: bool, new_attempt_id: str
) -> TriggerRequest:
    """The request of a resend, with its trigger id or with the new attempt's id. Raises AttemptError."""
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


def attempt_choices(settings: Settings, typed: str) -> list[tuple[str, str]]:
    """References of the latest attempts on the account, the newest first, without personal data. Raises StoreError."""
    if not settings.history.exists():
        return []
    with closing(History(settings.history)) as history:
        rows = history.recent.latest(settings.profile.account_key, MAX_COMPLETED)
    return [
        (
            short_id(row.attempt_id),
            f"{row.started_at.astimezone():%d %b %H:%M} {LABEL[row.outcome][1]} {row.event_id}",
        )
        for row in rows
        if short_id(row.attempt_id).startswith(typed.upper())
    ]
